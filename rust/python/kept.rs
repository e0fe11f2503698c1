//! What is looked up in Python once.
//!
//! PyO3's own cells, `intern!` among them, let one thread fill a cell while the others wait, so a fork may leave a child that
//! waits forever; nobody waits for a [`Once`].

use crate::support::once::Once;
use pyo3::prelude::*;

/// An object that a module has by this name.
pub fn imported<'py>(
    kept: &'static Once<Py<PyAny>>,
    py: Python<'py>,
    module: &str,
    name: &str,
) -> PyResult<&'py Bound<'py, PyAny>> {
    if let Some(object) = kept.get() {
        return Ok(object.bind(py));
    }
    let object = py.import(module)?.getattr(name)?.unbind();
    Ok(kept.get_or_make(|| object).bind(py))
}

/// A string that is made once, such as the name of an attribute.
macro_rules! name {
    ($py:expr, $text:literal) => {{
        static NAME: $crate::support::once::Once<pyo3::Py<pyo3::types::PyString>> = $crate::support::once::Once::new();
        NAME.get_or_make(|| pyo3::types::PyString::intern($py, $text).unbind()).bind($py)
    }};
}
pub(super) use name;
