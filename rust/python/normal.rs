//! What is done to a text before it is cut.

use super::array::array_of;
use super::signals;
use super::text::{Text, new_bytes};
use crate::error::Error;
use crate::fast::normal::normalizer::FastNormalizer;
use crate::fast::util::fallible::try_collect;
use crate::reference::published::normalize::{Normalizer as Core, Step};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyTuple};

/// From how many bytes or units on the GIL is let go.
const LONG: usize = 1 << 14;

/// The bytes of a text, and of each the start and the end of the range that it comes from.
type Aligned<'py> = (Bound<'py, PyBytes>, Bound<'py, PyAny>, Bound<'py, PyAny>);

/// Steps as `minitok.reference.published.normalize` has them.
#[pyclass(frozen, module = "minitok._rust")]
pub struct Normalizer {
    fast: FastNormalizer,
    steps: Py<PyTuple>,
}

#[pymethods]
impl Normalizer {
    #[new]
    fn new(py: Python<'_>, steps: Vec<Bound<'_, PyAny>>) -> PyResult<Normalizer> {
        let read = |step: &Bound<'_, PyAny>| -> PyResult<Step> {
            if let Ok(name) = step.extract::<String>() {
                return Ok(Step::new(&name, &[])?);
            }
            let texts = step.extract::<Vec<String>>()?;
            let (name, texts) = texts.split_first().ok_or_else(|| Error::Vocabulary("a step has no name".into()))?;
            Ok(Step::new(name, texts)?)
        };
        let core = Core::new(try_collect(steps.iter().map(read))?)?;
        Ok(Normalizer { fast: FastNormalizer::new(core)?, steps: PyTuple::new(py, steps)?.unbind() })
    }

    #[getter]
    fn steps(&self, py: Python<'_>) -> Py<PyTuple> {
        self.steps.clone_ref(py)
    }

    fn is_local(&self) -> bool {
        self.fast.core().is_local()
    }

    fn apply<'py>(&self, text: Bound<'py, PyAny>) -> PyResult<Bound<'py, PyBytes>> {
        let py = text.py();
        let read: Text<'_> = text.extract()?;
        let work = || self.fast.apply(&read);
        let made = if read.len() < LONG { work()? } else { signals::detached(py, work)? };
        match (made, text.cast::<PyBytes>()) {
            (Some(made), _) => new_bytes(py, &made),
            (None, Ok(same)) => Ok(same.clone()),
            (None, Err(_)) => new_bytes(py, &read),
        }
    }

    fn aligned<'py>(&self, py: Python<'py>, text: Text<'_>) -> PyResult<Aligned<'py>> {
        let (made, starts, ends) = signals::detached(py, || {
            let aligned = self.fast.core().aligned(&text)?;
            let (mut starts, mut ends) = (Vec::new(), Vec::new());
            starts.try_reserve(aligned.spans.len())?;
            ends.try_reserve(aligned.spans.len())?;
            for (start, end) in aligned.spans {
                // Lengths of what is in memory.
                starts.push(i64::try_from(start).unwrap_or(i64::MAX));
                ends.push(i64::try_from(end).unwrap_or(i64::MAX));
            }
            Ok((aligned.text, starts, ends))
        })?;
        Ok((new_bytes(py, &made)?, array_of(py, starts)?, array_of(py, ends)?))
    }
}

impl Normalizer {
    pub fn core_steps(&self) -> Vec<Step> {
        #[allow(clippy::disallowed_methods, reason = "a normalizer has some steps")]
        self.fast.core().steps().to_vec()
    }
}
