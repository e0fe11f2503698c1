//! Where a text may not be in a normal form.

use super::signals;
use super::text::Text;
use crate::fast::normal;
use pyo3::prelude::*;

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
