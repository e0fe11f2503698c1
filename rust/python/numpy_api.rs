//! NumPy, imported before it is needed.
//!
//! The bindings fetch NumPy's tables at the first use of an array, and panic if that fails. Importing NumPy runs Python code,
//! in which a signal may come; so it is done here, where its exception is an error like any other.

use super::forks;
use numpy::{PyArray1, PyArrayMethods, get_array_module};
use pyo3::prelude::*;
use std::sync::atomic::{AtomicBool, Ordering};

/// Imports what arrays need. To be called before anything that makes or reads one.
#[inline]
pub fn load(py: Python<'_>) -> PyResult<()> {
    static LOADED: AtomicBool = AtomicBool::new(false);
    if LOADED.load(Ordering::Acquire) {
        return Ok(());
    }
    fetch(py)?;
    LOADED.store(true, Ordering::Release);
    Ok(())
}

#[cold]
fn fetch(py: Python<'_>) -> PyResult<()> {
    // Outside, since it takes long.
    py.import("numpy.lib")?;
    forks::guarded(py, || {
        get_array_module(py)?;
        PyArray1::<u32>::zeros(py, 0, false).try_readonly()?;
        Ok(())
    })
}
