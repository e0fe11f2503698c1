//! The segments of a text for Python (`preprocess.rs`).

use super::array::array_of;
use super::list::int;
use super::signals;
use super::spans::tuple;
use super::text::{Text, new_bytes};
use crate::error::Error;
use crate::reference::published::preprocess::{Before, Preprocessor, Segment, TokenFinder, Trust};
use crate::support::interrupt::STRETCH;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyList;

/// What stands before a text, by its name.
pub fn before_of(name: &str) -> PyResult<Before> {
    match name {
        "nothing" => Ok(Before::Nothing),
        "text" => Ok(Before::Text),
        "token" => Ok(Before::Token),
        _ => Err(PyValueError::new_err(format!("before is {name:?}; it can be 'nothing', 'text' or 'token'"))),
    }
}

/// The segments as tuples: bytes, start, end, bytes put before, where each byte comes from, id.
pub fn segments<'py>(
    py: Python<'py>,
    preprocessor: &Preprocessor,
    text: &Text<'_>,
    search: &TokenFinder,
    before: Before,
    trust: Option<Trust>,
) -> PyResult<Bound<'py, PyList>> {
    let bytes = text.bytes()?;
    let mut found: Vec<Segment> = Vec::new();
    signals::detached(py, || {
        preprocessor.segments(&bytes, search, before, trust, &mut |segment| {
            found.try_reserve(1)?;
            found.push(segment);
            Ok(())
        })
    })?;
    let list = PyList::empty(py);
    for (number, Segment { text, id }) in found.into_iter().enumerate() {
        if number % 4096 == 0 {
            py.check_signals()?;
        }
        let number = |number: usize| Ok::<_, PyErr>(int(py, number.try_into()?)?.into_any());
        let data = new_bytes(py, &text.data)?.into_any().unbind();
        let places = text.origins.as_ref().map_or_else(|| Ok(py.None()), |origins| places(py, origins))?;
        let id = id.map_or_else(|| Ok(py.None()), |id| number(id as usize))?;
        list.append(tuple(py, [data, number(text.start)?, number(text.end)?, number(text.put)?, places, id])?)?;
    }
    Ok(list)
}

/// The starts and the ends of the ranges that bytes come from.
fn places(py: Python<'_>, origins: &[(usize, usize)]) -> PyResult<Py<PyAny>> {
    let (mut starts, mut ends) = (Vec::<i64>::new(), Vec::<i64>::new());
    starts.try_reserve_exact(origins.len()).map_err(Error::from)?;
    ends.try_reserve_exact(origins.len()).map_err(Error::from)?;
    for (number, &(start, end)) in origins.iter().enumerate() {
        if number % STRETCH == 0 {
            py.check_signals()?;
        }
        starts.push(start.try_into()?);
        ends.push(end.try_into()?);
    }
    Ok(tuple(py, [array_of(py, starts)?.unbind(), array_of(py, ends)?.unbind()])?.into_any())
}
