//! Work without the GIL that stops at Ctrl-C, or at the exception of any signal handler.

use super::kept::{imported, name};
use super::memory;
use crate::error::{Error, Result};
use crate::support::interrupt;
use crate::support::once::Once;
use pyo3::prelude::*;
use std::cell::RefCell;
use std::rc::Rc;

/// Runs `work` without the GIL. Signals are checked at intervals; the exception of a handler ends the work and is
/// raised. Only the main thread has handlers to run, so work on another is left alone.
pub fn detached<T: Send>(py: Python<'_>, work: impl FnOnce() -> Result<T> + Send) -> PyResult<T> {
    let (mut work, mut result) = (Some(work), None);
    run_detached(py, &mut || {
        result = work.take().map(|work| work()).transpose()?;
        Ok(())
    })?;
    Ok(result.ok_or(Error::Interrupted)?)
}

/// As `detached`, compiled once for all work.
fn run_detached(py: Python<'_>, work: &mut (dyn FnMut() -> Result<()> + Send)) -> PyResult<()> {
    memory::set_aside();
    if !is_main_thread(py)? {
        return Ok(py.detach(work)?);
    }
    let (result, raised) = py.detach(|| watched(work));
    raised.map_or_else(|| Ok(result?), Err)
}

/// Runs `work` with the GIL held, as is best where it takes microseconds. Should it take longer, signals are checked, too.
pub fn attached<T>(_py: Python<'_>, work: impl FnOnce() -> Result<T>) -> PyResult<T> {
    memory::set_aside();
    let (result, raised) = watched(work);
    raised.map_or_else(|| Ok(result?), Err)
}

/// Runs `work`, and checks signals at intervals: its result, and the exception of a handler, if one has ended it.
fn watched<T>(work: impl FnOnce() -> Result<T>) -> (Result<T>, Option<PyErr>) {
    let raised = Rc::new(RefCell::new(None));
    let seen = Rc::clone(&raised);
    let stop = move || Python::attach(|py| py.check_signals().map_err(|error| seen.replace(Some(error))).is_err());
    let result = interrupt::run(stop, work);
    (result, raised.take())
}

fn is_main_thread(py: Python<'_>) -> PyResult<bool> {
    static MAIN_THREAD: Once<Py<PyAny>> = Once::new();
    static GET_IDENT: Once<Py<PyAny>> = Once::new();
    let main = imported(&MAIN_THREAD, py, "threading", "main_thread")?.call0()?.getattr(name!(py, "ident"))?;
    main.eq(imported(&GET_IDENT, py, "threading", "get_ident")?.call0()?)
}
