//! Whether a text is in a normal form, by a look.

use super::signals;
use super::text::Text;
use crate::fast::normal;
use pyo3::prelude::*;

/// From how many units on the GIL is let go.
const LONG: usize = 1 << 14;

/// Whether a text is surely in the form NFC; False if that takes more than a look.
#[pyfunction]
pub fn is_surely_nfc(py: Python<'_>, text: Text<'_>) -> PyResult<bool> {
    if text.size() < LONG {
        return Ok(normal::is_surely_nfc(&text.source())?);
    }
    signals::detached(py, || normal::is_surely_nfc(&text.source()))
}
