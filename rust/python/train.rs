//! `PieceCounter` and `train` for Python.

use super::text::{Text, texts};
use super::trace::event_dict;
use super::vocab::{Pattern, SpecialTokens};
use crate::error::{Error, Result};
use crate::fast;
use crate::fast::corpus::CorpusCounter;
use crate::fast::count::PieceCounts;
use crate::trace::Event;
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
pub struct PieceCounter(Mutex<Counter>);

/// What counts: the fast counter, its mirror where that is switched off, nothing after the pieces have been trained on.
enum Counter {
    Fast(CorpusCounter),
    Mirror(core::PieceCounter),
    Spent,
}

#[pymethods]
impl PieceCounter {
    /// `threads`: how many to use at most.
    #[new]
    #[pyo3(signature = (pattern, special, threads = 1))]
    fn new(pattern: &Bound<'_, Pattern>, special: &Bound<'_, SpecialTokens>, threads: usize) -> PieceCounter {
        let (pattern, special) = (pattern.get().0.clone(), &special.get().0);
        let counter = if fast::enabled() {
            Counter::Fast(CorpusCounter::new(pattern, special, threads))
        } else {
            Counter::Mirror(core::PieceCounter::new(pattern, special))
        };
        PieceCounter(Mutex::new(counter))
    }

    /// Count some documents.
    fn add(&self, py: Python<'_>, documents: Vec<Bound<'_, PyAny>>) -> PyResult<()> {
        let documents = texts(&documents)?;
        let documents: Vec<_> = documents.iter().map(Text::bytes).collect();
        let documents: Vec<&[u8]> = documents.iter().map(AsRef::as_ref).collect();
        let calls = Mutex::new(Calls::new());
        let done = py.detach(|| match &mut *self.lock() {
            Counter::Fast(counter) => counter.add(&documents, &mut |_| Calls::poll(&calls, |_| Ok(()))),
            Counter::Mirror(counter) => counter.add(documents.iter().copied()),
            Counter::Spent => Err(spent()),
        });
        Calls::result(calls, done)
    }

    /// Count a text file; `on_chunk` hears of bytes read.
    #[pyo3(signature = (path, separator, on_chunk))]
    fn add_file(&self, py: Python<'_>, path: PathBuf, separator: Option<&[u8]>, on_chunk: Py<PyAny>) -> PyResult<()> {
        let calls = Mutex::new(Calls::new());
        let mut read = 0;
        let mut hear = |bytes| {
            read += bytes;
            Calls::poll(&calls, |py| on_chunk.call1(py, (std::mem::take(&mut read),)).map(drop))
        };
        let done = py.detach(|| match &mut *self.lock() {
            Counter::Fast(counter) => counter.add_file(&path, separator, &mut hear),
            Counter::Mirror(counter) => counter.add_file(&path, separator, &mut hear),
            Counter::Spent => Err(spent()),
        });
        Calls::result(calls, done)?;
        on_chunk.call1(py, (read,)).map(drop)
    }

    /// Each distinct piece with its count, in the order in which they were first seen.
    #[getter]
    fn pieces<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let counted = py.detach(|| match &*self.lock() {
            Counter::Fast(counter) => Ok(owned(&counter.pieces)),
            Counter::Mirror(counter) => Ok(counter.pieces.clone()),
            Counter::Spent => Err(spent()),
        })?;
        let pieces = PyDict::new(py);
        for (piece, count) in &counted {
            pieces.set_item(PyBytes::new(py, piece), count)?;
        }
        Ok(pieces)
    }
}

impl PieceCounter {
    /// Only ever called without the GIL: a holder of the lock may wait for the GIL to make a call.
    fn lock(&self) -> MutexGuard<'_, Counter> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn spent() -> Error {
    Error::Training("the pieces of this counter have been trained on and are gone; count anew".into())
}

fn owned(pieces: &PieceCounts) -> Vec<(Vec<u8>, i64)> {
    pieces.iter().map(|(piece, count)| (piece.to_vec(), count)).collect()
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
///
/// It takes the pieces from the counter, so that their memory is free while merges are learnt.
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
    let mut hear = |merges: usize| {
        Calls::poll(&calls, |py| on_merge.as_ref().map_or(Ok(()), |hear| hear.call1(py, (merges,)).map(drop)))
    };
    let trained = py.detach(|| {
        let taken = std::mem::replace(&mut *counter.lock(), Counter::Spent);
        let pieces = match (taken, &trace) {
            (Counter::Fast(counter), None) => return fast::merge::train(counter.pieces, &options, &mut hear),
            (Counter::Fast(counter), Some(_)) => owned(&counter.pieces),
            (Counter::Mirror(counter), _) => counter.pieces,
            (Counter::Spent, _) => return Err(spent()),
        };
        let mut emit = |event| {
            Calls::now(&calls, |py| match &trace {
                Some(trace) => trace.call1(py, (event_dict(py, &event)?,)).map(drop),
                None => Ok(()),
            })
        };
        let trace = trace.as_ref().map(|_| &mut emit as &mut dyn FnMut(Event) -> Result<()>);
        core::train(&pieces, &options, &mut core::Observer { on_merge: &mut hear, trace })
    });
    let trained = Calls::result(calls, trained)?;
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

    /// Call if the last call was long enough ago.
    fn poll(calls: &Mutex<Calls>, call: impl FnOnce(Python<'_>) -> PyResult<()>) -> Result<()> {
        let due = calls.lock().unwrap_or_else(PoisonError::into_inner).last.elapsed() >= POLL;
        if due { Calls::now(calls, call) } else { Ok(()) }
    }

    /// Look for Ctrl-C, then call.
    fn now(calls: &Mutex<Calls>, call: impl FnOnce(Python<'_>) -> PyResult<()>) -> Result<()> {
        let called = Python::attach(|py| py.check_signals().and_then(|()| call(py)));
        let mut calls = calls.lock().unwrap_or_else(PoisonError::into_inner);
        calls.last = Instant::now();
        called.map_err(|error| {
            calls.failure = Some(error);
            Error::Interrupted
        })
    }

    fn result<T>(calls: Mutex<Calls>, computed: Result<T>) -> PyResult<T> {
        match calls.into_inner().unwrap_or_else(PoisonError::into_inner).failure {
            Some(error) => Err(error),
            None => Ok(computed?),
        }
    }
}
