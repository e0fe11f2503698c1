//! Calls from a long computation back into Python: progress, Ctrl-C, streams that are read.

use crate::error::{Error, Result};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use std::io::Read;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How often a long computation lets Python look for Ctrl-C and shows its progress.
const POLL: Duration = Duration::from_millis(50);

/// What a Python object gives by `read(size)`. Its exception is kept among the calls, and raised when they end.
pub struct Stream<'c> {
    source: Py<PyAny>,
    calls: &'c Mutex<Calls>,
}

impl<'c> Stream<'c> {
    pub fn new(source: Py<PyAny>, calls: &'c Mutex<Calls>) -> Stream<'c> {
        Stream { source, calls }
    }
}

impl Read for Stream<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let read = Calls::now(self.calls, |py| {
            let chunk = self.source.call_method1(py, "read", (buffer.len(),))?;
            let bytes: &[u8] = chunk.extract(py)?;
            let room = buffer
                .get_mut(..bytes.len())
                .ok_or_else(|| PyValueError::new_err("read() returned more than was requested"))?;
            room.copy_from_slice(bytes);
            Ok(bytes.len())
        });
        read.map_err(|_| std::io::Error::other("the stream raised an exception"))
    }
}

/// Calls from a long computation back into Python. The first exception ends the computation and is raised after it.
pub struct Calls {
    last: Instant,
    failure: Option<PyErr>,
}

impl Calls {
    pub fn new() -> Calls {
        Calls { last: Instant::now(), failure: None }
    }

    /// Calls if the last call was long enough ago.
    pub fn poll(calls: &Mutex<Calls>, call: impl FnOnce(Python<'_>) -> PyResult<()>) -> Result<()> {
        let due = calls.lock().unwrap_or_else(PoisonError::into_inner).last.elapsed() >= POLL;
        if due { Calls::now(calls, call) } else { Ok(()) }
    }

    /// Looks for Ctrl-C, then calls.
    pub fn now<T>(calls: &Mutex<Calls>, call: impl FnOnce(Python<'_>) -> PyResult<T>) -> Result<T> {
        let called = Python::attach(|py| py.check_signals().and_then(|()| call(py)));
        let mut calls = calls.lock().unwrap_or_else(PoisonError::into_inner);
        calls.last = Instant::now();
        called.map_err(|error| {
            calls.failure = Some(error);
            Error::Interrupted
        })
    }

    pub fn result<T>(calls: Mutex<Calls>, computed: PyResult<T>) -> PyResult<T> {
        let failure = calls.into_inner().unwrap_or_else(PoisonError::into_inner).failure;
        failure.map_or(computed, Err)
    }
}
