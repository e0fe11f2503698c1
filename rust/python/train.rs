//! `train` for Python.

use super::calls::Calls;
use super::counter::PieceCounter;
use super::trace::event_dict;
use super::vocab::Vocab;
use crate::error::Result;
use crate::fast;
use crate::fast::count::corpus_counter::Counted;
use crate::trace::Event;
use crate::train as core;
use crate::vocab;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use std::sync::{Arc, Mutex};

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

pub type Trained = (Vec<(u32, u32)>, Vec<i64>, usize, &'static str);

/// Learns the merges of the pieces counted. Returns the merges, the count of each, how many had rivals of equal count, and why
/// training stopped. With `base`, a vocabulary and the id of the first merge, goes on from there.
///
/// Unless it is to `keep` them, it takes the pieces from the counter, so that their memory is free while merges are learnt.
#[pyfunction]
#[pyo3(signature = (counter, options, on_merge = None, trace = None, base = None, keep = false))]
pub fn train(
    py: Python<'_>,
    counter: &Bound<'_, PieceCounter>,
    options: TrainOptions,
    on_merge: Option<Py<PyAny>>,
    trace: Option<Py<PyAny>>,
    base: Option<(Bound<'_, Vocab>, u32)>,
    keep: bool,
) -> PyResult<Trained> {
    let options = options.checked()?;
    let (vocab, first_id) = match base {
        Some((vocab, first_id)) => (Arc::clone(&vocab.get().0), first_id),
        None => (Arc::new(vocab::Vocab::from_merges(&options.byte_order, &[])?), 256),
    };
    let counter = counter.get();
    let calls = Mutex::new(Calls::new());
    let mut report = |merges: usize| {
        Calls::poll(&calls, |py| on_merge.as_ref().map_or(Ok(()), |call| call.call1(py, (merges,)).map(drop)))
    };
    let trained = py.detach(|| {
        if trace.is_none()
            && let Some(trained) = train_fast(counter, &vocab, first_id, &options, &mut report, keep)?
        {
            return Ok(trained);
        }
        let pieces = counter.to_vec()?;
        if !keep {
            counter.clear();
        }
        let mut emit = |event| {
            Calls::now(&calls, |py| match &trace {
                Some(trace) => trace.call1(py, (event_dict(py, &event)?,)).map(drop),
                None => Ok(()),
            })
        };
        let trace = trace.as_ref().map(|_| &mut emit as &mut dyn FnMut(Event) -> Result<()>);
        core::extend(&vocab, first_id, &pieces, &options, &mut core::Observer { on_merge: &mut report, trace })
    });
    let trained = Calls::result(calls, trained)?;
    let stop = match trained.stop {
        core::Stop::VocabSize => "vocab_size",
        core::Stop::MinFrequency => "min_frequency",
    };
    Ok((trained.merges, trained.counts, trained.ties, stop))
}

/// Trains by the fast trainer; None if the pieces were counted by the mirror, which then trains as well.
fn train_fast(
    counter: &PieceCounter,
    vocab: &Arc<vocab::Vocab>,
    first_id: u32,
    options: &core::TrainOptions,
    on_merge: &mut dyn FnMut(usize) -> Result<()>,
    keep: bool,
) -> Result<Option<core::Trained>> {
    let vocab = Arc::clone(vocab);
    if !keep && let Some(pieces) = counter.take_table()? {
        return fast::train::extend(vocab, first_id, pieces, options, on_merge).map(Some);
    }
    counter.with_pieces(|pieces| match pieces {
        Counted::Table(pieces) => fast::train::extend(vocab, first_id, pieces, options, on_merge).map(Some),
        Counted::Files(files) => fast::train::extend(vocab, first_id, files.load()?, options, on_merge).map(Some),
        Counted::List(_) => Ok(None),
    })
}
