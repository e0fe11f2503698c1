//! `Normalizer` for Python.

use super::signals;
use super::text::{Text, new_bytes};
use crate::normalize::{self, Step};
use numpy::{IntoPyArray, PyArray1};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyString};

/// The steps of a normalizer.
#[pyclass(frozen, module = "minitok._rust")]
pub struct Normalizer(normalize::Normalizer);

#[pymethods]
impl Normalizer {
    #[new]
    fn new(steps: &Bound<'_, PyAny>) -> PyResult<Normalizer> {
        let step = |step: PyResult<Bound<'_, PyAny>>| {
            let step = step?;
            if let Ok(name) = step.cast::<PyString>() {
                return Ok(Step::new(&name.to_string_lossy(), &[])?);
            }
            let mut texts: Vec<String> = step.try_iter()?.map(|text| text?.extract()).collect::<PyResult<_>>()?;
            let name = if texts.is_empty() { String::new() } else { texts.remove(0) };
            Ok(Step::new(&name, &texts)?)
        };
        let steps = steps.try_iter()?.map(step).collect::<PyResult<Vec<Step>>>()?;
        Ok(Normalizer(normalize::Normalizer::new(steps)?))
    }

    /// The text after all steps.
    fn apply<'py>(&self, py: Python<'py>, text: Text<'_>) -> PyResult<Bound<'py, PyBytes>> {
        let bytes = text.bytes()?;
        let made = signals::detached(py, || self.0.apply(&bytes))?;
        new_bytes(py, &made)
    }

    /// The text after all steps, and the starts and ends of the ranges that its bytes come from.
    #[allow(clippy::type_complexity)]
    fn aligned<'py>(
        &self,
        py: Python<'py>,
        text: Text<'_>,
    ) -> PyResult<(Bound<'py, PyBytes>, Bound<'py, PyArray1<i64>>, Bound<'py, PyArray1<i64>>)> {
        let bytes = text.bytes()?;
        let made = signals::detached(py, || self.0.aligned(&bytes))?;
        let (starts, ends): (Vec<i64>, Vec<i64>) = made.spans.iter().map(|&(start, end)| (start as i64, end as i64)).unzip();
        Ok((new_bytes(py, &made.text)?, starts.into_pyarray(py), ends.into_pyarray(py)))
    }
}

impl Normalizer {
    pub fn steps(&self) -> Vec<Step> {
        self.0.steps().to_vec()
    }
}
