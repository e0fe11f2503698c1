//! `PieceCounter` and `train` for Python.

use super::text::texts;
use super::trace::event_dict;
use super::vocab::{Pattern, SpecialTokens};
use crate::error::{Error, Result};
use crate::train as core;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict};
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How often a long computation lets Python look for Ctrl-C and shows its progress.
const POLL: Duration = Duration::from_millis(50);

/// Counts the pieces of a corpus, document by document, in the order in which they are first seen.
#[pyclass(frozen, module = "minitok._rust")]
pub struct PieceCounter(Mutex<core::PieceCounter>);

#[pymethods]
impl PieceCounter {
    #[new]
    fn new(pattern: &Bound<'_, Pattern>, special: &Bound<'_, SpecialTokens>) -> PieceCounter {
        PieceCounter(Mutex::new(core::PieceCounter::new(pattern.get().0.clone(), &special.get().0)))
    }

    /// Count some documents.
    fn add(&self, py: Python<'_>, documents: Vec<Bound<'_, PyAny>>) -> PyResult<()> {
        let documents = texts(&documents)?;
        Ok(py.detach(|| self.lock().add(documents.iter().map(|document| document.0.as_ref())))?)
    }

    /// Count a text file; `on_chunk` hears of bytes read.
    #[pyo3(signature = (path, separator, on_chunk))]
    fn add_file(&self, py: Python<'_>, path: PathBuf, separator: Option<&[u8]>, on_chunk: Py<PyAny>) -> PyResult<()> {
        let mut calls = Calls::new();
        let done = py.detach(|| {
            self.lock().add_file(&path, separator, &mut |read| calls.run(|py| on_chunk.call1(py, (read,)).map(drop)))
        });
        calls.result(done)
    }

    /// Each distinct piece with its count, in the order in which they were first seen.
    #[getter]
    fn pieces<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let counted = py.detach(|| self.lock().pieces.clone());
        let pieces = PyDict::new(py);
        for (piece, count) in &counted {
            pieces.set_item(PyBytes::new(py, piece), count)?;
        }
        Ok(pieces)
    }
}

impl PieceCounter {
    /// Only ever called without the GIL: a holder of the lock may wait for the GIL to make a call.
    fn lock(&self) -> MutexGuard<'_, core::PieceCounter> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The attributes of `minitok.reference.train.TrainOptions`.
#[derive(FromPyObject)]
pub struct TrainOptions {
    n_merges: usize,
    byte_order: Vec<u8>,
    tie_break: String,
    min_frequency: i64,
    max_token_length: Option<usize>,
}

impl TrainOptions {
    fn checked(self) -> PyResult<core::TrainOptions> {
        let tie_break = match self.tie_break.as_str() {
            "smallest_ids" => core::TieBreak::SmallestIds,
            "first_seen" => core::TieBreak::FirstSeen,
            "greatest_bytes" => core::TieBreak::GreatestBytes,
            other => return Err(PyValueError::new_err(format!("unknown tie_break {other:?}"))),
        };
        let byte_order =
            self.byte_order.try_into().map_err(|_| PyValueError::new_err("byte_order is not 256 bytes"))?;
        Ok(core::TrainOptions {
            n_merges: self.n_merges,
            byte_order,
            tie_break,
            min_frequency: self.min_frequency,
            max_token_length: self.max_token_length,
        })
    }
}

pub type Trained = (Vec<(u32, u32)>, Vec<i64>, &'static str);

/// Learn the merges of the pieces counted: the merges, the count of each, and why training stopped.
#[pyfunction]
#[pyo3(signature = (counter, options, on_merge = None, trace = None))]
pub fn train(
    py: Python<'_>,
    counter: &Bound<'_, PieceCounter>,
    options: TrainOptions,
    on_merge: Option<Py<PyAny>>,
    trace: Option<Py<PyAny>>,
) -> PyResult<Trained> {
    let options = options.checked()?;
    let counter = counter.get();
    let calls = Mutex::new(Calls::new());
    let call = |run: &mut dyn FnMut(Python<'_>) -> PyResult<()>, always| {
        let mut calls = calls.lock().unwrap_or_else(PoisonError::into_inner);
        if always || calls.due() { calls.run(run) } else { Ok(()) }
    };
    let trained = py.detach(|| {
        let mut emit = |event| {
            let emitted = |py: Python<'_>| match &trace {
                Some(trace) => trace.call1(py, (event_dict(py, &event)?,)).map(drop),
                None => Ok(()),
            };
            call(&mut { emitted }, true)
        };
        let mut observer = core::Observer {
            on_merge: &mut |merges| {
                call(&mut |py| on_merge.as_ref().map_or(Ok(()), |hear| hear.call1(py, (merges,)).map(drop)), false)
            },
            trace: if trace.is_some() { Some(&mut emit) } else { None },
        };
        core::train(&counter.lock().pieces, &options, &mut observer)
    });
    let trained = calls.into_inner().unwrap_or_else(PoisonError::into_inner).result(trained)?;
    let stop = match trained.stop {
        core::Stop::VocabSize => "vocab_size",
        core::Stop::MinFrequency => "min_frequency",
    };
    Ok((trained.merges, trained.counts, stop))
}

/// Calls from a long computation back into Python. The first exception ends the computation and is raised after it.
struct Calls {
    last: Instant,
    failure: Option<PyErr>,
}

impl Calls {
    fn new() -> Calls {
        Calls { last: Instant::now(), failure: None }
    }

    /// Whether the last call was long enough ago.
    fn due(&self) -> bool {
        self.last.elapsed() >= POLL
    }

    fn run(&mut self, call: impl FnOnce(Python<'_>) -> PyResult<()>) -> Result<()> {
        self.last = Instant::now();
        let called = Python::attach(|py| py.check_signals().and_then(|()| call(py)));
        called.map_err(|error| {
            self.failure = Some(error);
            Error::Interrupted
        })
    }

    fn result<T>(self, computed: Result<T>) -> PyResult<T> {
        match self.failure {
            Some(error) => Err(error),
            None => Ok(computed?),
        }
    }
}
