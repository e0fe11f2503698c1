//! NumPy, imported before it is needed, where it is installed.
//!
//! The bindings fetch NumPy's tables at the first use of an array, and panic if that fails. Importing NumPy runs Python code,
//! in which a signal may come; so it is done here, where its exception is an error like any other.

use super::errors::raised;
use super::forks;
use numpy::{PyArray1, PyArrayMethods, get_array_module};
use pyo3::exceptions::PyModuleNotFoundError;
use pyo3::prelude::*;
use std::sync::atomic::{AtomicU8, Ordering};

const UNKNOWN: u8 = 0;
const LOADED: u8 = 1;
const ABSENT: u8 = 2;
static STATE: AtomicU8 = AtomicU8::new(UNKNOWN);

/// Whether there is NumPy; imports what arrays need. To be called before anything that makes or reads one.
#[inline]
pub fn load(py: Python<'_>) -> PyResult<bool> {
    match STATE.load(Ordering::Acquire) {
        LOADED => Ok(true),
        ABSENT => Ok(false),
        _ => fetch(py),
    }
}

/// As `load`, for what cannot do without: an error if there is none. Looks again for one that was not there.
#[inline]
pub fn need(py: Python<'_>) -> PyResult<()> {
    if STATE.load(Ordering::Acquire) == LOADED || fetch(py)? {
        return Ok(());
    }
    Err(raised("MissingExtraError", ("NumPy", "numpy")))
}

#[cold]
fn fetch(py: Python<'_>) -> PyResult<bool> {
    // Outside, since it takes long.
    match py.import("numpy.lib") {
        Ok(_) => forks::guarded(py, || {
            get_array_module(py)?;
            PyArray1::<u32>::zeros(py, 0, false).try_readonly()?;
            Ok(())
        })?,
        Err(error) if is_absent(py, &error)? => {
            STATE.store(ABSENT, Ordering::Release);
            return Ok(false);
        }
        Err(error) => return Err(error),
    }
    STATE.store(LOADED, Ordering::Release);
    Ok(true)
}

/// Whether it is NumPy itself that was not found, and not something that it imports.
fn is_absent(py: Python<'_>, error: &PyErr) -> PyResult<bool> {
    if !error.is_instance_of::<PyModuleNotFoundError>(py) {
        return Ok(false);
    }
    let name: Option<String> = error.value(py).getattr("name")?.extract()?;
    Ok(name.is_some_and(|name| name.split('.').next() == Some("numpy")))
}
