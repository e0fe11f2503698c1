//! Where a text may not be in a normal form.

use super::signals;
use super::text::{Text, new_bytes};
use crate::fast::normal;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyBytes;

/// From how many units on the GIL is let go.
const LONG: usize = 1 << 14;

/// The ranges of a text that may not be in the form NFC; none if it surely is. None if more than a look is needed.
#[pyfunction]
pub fn odd_places(py: Python<'_>, text: Text<'_>) -> PyResult<Option<Vec<(usize, usize)>>> {
    if text.size() < LONG {
        return Ok(normal::odd_places(&text.source())?);
    }
    signals::detached(py, || normal::odd_places(&text.source()))
}

/// The text as UTF-8 with other text in some places, which are ascending ranges as `odd_places` gives them.
#[pyfunction]
pub fn splice<'py>(
    py: Python<'py>,
    text: Text<'_>,
    places: Vec<(usize, usize, String)>,
) -> PyResult<Bound<'py, PyBytes>> {
    let Text::Units(units) = text else {
        return Err(PyValueError::new_err("only a long str has places"));
    };
    let mut done = 0;
    for &(start, end, _) in &places {
        if start < done || end < start || end > units.len() {
            return Err(PyValueError::new_err("the places are not ascending ranges of the text"));
        }
        done = end;
    }
    new_bytes(py, &signals::detached(py, || normal::splice(&units, &places))?)
}
