//! `train` for Python.

use super::calls::Calls;
use super::counter::PieceCounter;
use super::list::{int, list_of_numbers, list_of_tuples};
use super::signals;
use super::spans::tuple;
use super::trace::event_dict;
use super::vocab::Vocab;
use crate::error::Result;
use crate::fast;
use crate::fast::count::corpus_counter::{CorpusCounter, Counted};
use crate::fast::count::pieces::Corpus;
use crate::fast::count::table::PieceCounts;
use crate::fast::read::token_table::MAX_ID;
use crate::fast::util::fallible::{concat, try_collect};
use crate::reference::more::trace::train_merge;
use crate::reference::published::vocabs as vocab;
use crate::reference::train as core;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyList;
use std::sync::{Arc, Mutex};

/// The attributes of `minitok.reference.train.TrainOptions`.
pub struct TrainOptions(pub core::TrainOptions);

impl<'py> FromPyObject<'_, 'py> for TrainOptions {
    type Error = PyErr;

    fn extract(options: Borrowed<'_, 'py, PyAny>) -> PyResult<TrainOptions> {
        let (tie_break, byte_order) = (options.getattr("tie_break")?, options.getattr("byte_order")?);
        let tie_break: &str = tie_break.extract()?;
        let known = core::TieBreak::ALL.into_iter().find(|known| known.name() == tie_break);
        let unknown = || PyValueError::new_err(format!("unknown tie_break {tie_break:?}"));
        let wrong = |_| PyValueError::new_err("byte_order is not 256 bytes");
        Ok(TrainOptions(core::TrainOptions {
            n_merges: options.getattr("n_merges")?.extract()?,
            byte_order: byte_order.extract::<Vec<u8>>()?.try_into().map_err(wrong)?,
            tie_break: known.ok_or_else(unknown)?,
            min_frequency: options.getattr("min_frequency")?.extract()?,
            max_token_length: options.getattr("max_token_length")?.extract()?,
            max_words: options.getattr("max_words")?.extract()?,
            barred: options.getattr("barred")?.extract()?,
        }))
    }
}

pub type Trained<'py> = (Bound<'py, PyList>, Bound<'py, PyList>, usize, &'static str);

/// Learns the merges of the pieces counted. Returns the merges, the count of each, how many had rivals of equal count, and why
/// training stopped. With `base`, a vocabulary and the id of the first merge, goes on from there.
///
/// Unless it is to `keep` them, it takes the pieces from the counter, so that their memory is free while merges are learnt.
#[pyfunction]
#[pyo3(signature = (counter, options, on_merge = None, trace = None, base = None, keep = false))]
pub fn train<'py>(
    py: Python<'py>,
    counter: &Bound<'_, PieceCounter>,
    options: TrainOptions,
    on_merge: Option<Py<PyAny>>,
    trace: Option<Py<PyAny>>,
    base: Option<(Bound<'_, Vocab>, u32)>,
    keep: bool,
) -> PyResult<Trained<'py>> {
    let TrainOptions(options) = options;
    let (vocab, first_id) = match base {
        Some((vocab, first_id)) => (Arc::clone(vocab.get().0.core()), checked_first_id(first_id)?),
        None => (Arc::new(vocab::Vocab::from_merges(&options.byte_order, &[])?), 256),
    };
    let counter = counter.get();
    let calls = Mutex::new(Calls::new());
    let mut report = |merges: usize| {
        Calls::poll(&calls, |py| on_merge.as_ref().map_or(Ok(()), |call| call.call1(py, (merges,)).map(drop)))
    };
    let mut pieces = pieces_of(py, counter, keep, trace.is_none())?;
    let mut emit = |chosen| {
        Calls::now(&calls, |py| match &trace {
            Some(trace) => trace.call1(py, (event_dict(py, &train_merge(chosen))?,)).map(drop),
            None => Ok(()),
        })
    };
    let trained = signals::detached(py, || {
        let Pieces::List(list) = &pieces else {
            return fast::train::extend((vocab, first_id), pieces.corpus()?, &options, &mut report);
        };
        let trace = trace.as_ref().map(|_| &mut emit as &mut dyn FnMut(core::Chosen) -> Result<()>);
        let mut observer = core::Observer { on_merge: &mut report, trace };
        core::extend(&vocab, first_id, list, &options, &mut observer)
    });
    let trained = Calls::result(calls, trained)?;
    let counts = list_of_numbers(py, &trained.counts)?;
    Ok((list_of_pairs(py, &trained.merges)?, counts, trained.ties, trained.stop.name()))
}

/// The id of the first merge, if there are ids for as many merges as can be learnt.
pub fn checked_first_id(id: u32) -> PyResult<u32> {
    if id > MAX_ID {
        return Err(PyValueError::new_err(format!("the id of the first merge is {id}, above {MAX_ID}")));
    }
    Ok(id)
}

/// The merges as a list.
pub fn list_of_pairs<'py>(py: Python<'py>, merges: &[(u32, u32)]) -> PyResult<Bound<'py, PyList>> {
    list_of_tuples(py, merges, |&(left, right)| tuple(py, [int(py, left.into())?, int(py, right.into())?]))
}

/// The pieces to train on.
pub enum Pieces {
    /// The fast trainer's own, whose memory is free when it has laid them out; and whether they are runs of ids.
    Table(PieceCounts, bool),
    /// Those of a counter that keeps them, or has them on the disk.
    Counted(Arc<CorpusCounter>),
    /// For the mirror.
    List(Vec<(Vec<u8>, i64)>),
}

impl Pieces {
    /// As the fast trainers take them; a table is taken out.
    pub fn corpus(&mut self) -> Result<Corpus<'_>> {
        Ok(match self {
            Pieces::Table(table, are_runs) => Corpus { pieces: Box::new(std::mem::take(table)), are_runs: *are_runs },
            Pieces::Counted(shared) => Corpus { pieces: shared.pieces().load()?, are_runs: shared.runs().is_some() },
            Pieces::List(list) => Corpus::from(&list[..]),
        })
    }

    /// As the mirror takes them.
    pub fn list(&self) -> Result<Vec<(Vec<u8>, i64)>> {
        match self {
            Pieces::Table(table, _) => Counted::Table(table).to_vec(),
            Pieces::Counted(shared) => shared.to_vec(),
            Pieces::List(list) => try_collect(list.iter().map(|(piece, n)| Ok((concat(&[piece])?, *n)))),
        }
    }
}

/// The pieces of a counter, which keeps none unless it shall; a list for the mirror, which shows each step.
pub fn pieces_of(py: Python<'_>, counter: &PieceCounter, keep: bool, fast: bool) -> PyResult<Pieces> {
    if fast
        && !keep
        && let (are_runs, Some(table)) = (counter.finished(py)?.runs().is_some(), counter.take_table(py)?)
    {
        return Ok(Pieces::Table(table, are_runs));
    }
    let shared = counter.finished(py)?;
    if fast {
        return Ok(Pieces::Counted(shared));
    }
    let pieces = signals::detached(py, || shared.to_vec())?;
    if !keep {
        counter.clear(py);
    }
    Ok(Pieces::List(pieces))
}
