//! NumPy, imported before it is needed.
//!
//! The bindings fetch NumPy's tables at the first use of an array, and panic if that fails. Importing NumPy runs Python code,
//! in which a signal may come; so it is done here, where its exception is an error like any other.

use numpy::{PyArray1, PyArrayMethods, get_array_module};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;

/// Import what arrays need. To be called before anything that makes or reads one.
pub fn load(py: Python<'_>) -> PyResult<()> {
    static LOADED: PyOnceLock<()> = PyOnceLock::new();
    LOADED
        .get_or_try_init(py, || {
            get_array_module(py)?;
            // All modules are there now, and no Python code runs any more: the tables are looked up and kept.
            PyArray1::<u32>::zeros(py, 0, false).try_readonly()?;
            Ok(())
        })
        .copied()
}
