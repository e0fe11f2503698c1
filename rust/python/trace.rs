//! What explains ids: the pieces of a text, and trace events as the dicts that `minitok.reference.trace` documents.

use super::list::list_of;
use super::text::new_bytes;
use crate::error::{Error, Result};
use crate::fast::util::fallible::{push, try_collect};
use crate::reference::codec::Codec;
use crate::reference::encode::Candidate;
use crate::reference::trace::Event;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};

/// The pieces of a segment as the preprocessor has made it.
pub fn pieces<'py>(py: Python<'py>, core: &Codec, segment: &[u8]) -> PyResult<Bound<'py, PyList>> {
    let (mut pieces, mut failure) = (Vec::new(), None);
    let done = core.pieces(segment, &mut |piece| {
        if failure.is_none() {
            match new_bytes(py, piece) {
                Ok(piece) => return push(&mut pieces, piece.into_any()),
                Err(error) => failure = Some(error),
            }
        }
        Err(Error::Interrupted)
    });
    failure.map_or(Ok(()), Err)?;
    done?;
    list_of(py, pieces)
}

/// What `run` makes of a function that passes events on to a Python callable.
pub fn emitting<T>(
    emit: &Bound<'_, PyAny>,
    run: impl FnOnce(&mut dyn FnMut(Event) -> Result<()>) -> Result<T>,
) -> PyResult<T> {
    let mut failure = None;
    let made = run(&mut |event| {
        let emitted = event_dict(emit.py(), &event).and_then(|dict| emit.call1((dict,)));
        emitted.map(drop).map_err(|error| {
            failure = Some(error);
            Error::Interrupted
        })
    });
    failure.map_or_else(|| Ok(made?), Err)
}

pub fn event_dict<'py>(py: Python<'py>, event: &Event) -> PyResult<Bound<'py, PyDict>> {
    let dict = PyDict::new(py);
    match event {
        Event::TrainMerge { step, candidates, ties, winner, count, id, words } => {
            dict.set_item("event", "train_merge")?;
            dict.set_item("step", step)?;
            let candidates = candidates.iter().map(|&(pair, count)| {
                let candidate = PyDict::new(py);
                candidate.set_item("pair", pair_list(py, pair)?)?;
                candidate.set_item("count", count)?;
                Ok(candidate)
            });
            dict.set_item("candidates", try_collect::<_, PyErr>(candidates)?)?;
            dict.set_item("ties", try_collect(ties.iter().map(|&pair| pair_list(py, pair)))?)?;
            dict.set_item("winner", pair_list(py, *winner)?)?;
            dict.set_item("count", count)?;
            dict.set_item("id", id)?;
            dict.set_item("words", words)?;
        }
        Event::Special { start, end, id } => {
            dict.set_item("event", "special")?;
            dict.set_item("start", start)?;
            dict.set_item("end", end)?;
            dict.set_item("id", id)?;
        }
        Event::Piece { piece, start, end, ids, whole } => {
            dict.set_item("event", "piece")?;
            dict.set_item("piece", piece)?;
            dict.set_item("start", start)?;
            dict.set_item("end", end)?;
            dict.set_item("ids", ids)?;
            dict.set_item("whole", whole)?;
        }
        Event::EncodeMerge { piece, step, candidates, ties, winner, ids } => {
            dict.set_item("event", "encode_merge")?;
            dict.set_item("piece", piece)?;
            dict.set_item("step", step)?;
            let candidates = try_collect(candidates.iter().map(|one| candidate_dict(py, one)))?;
            dict.set_item("candidates", candidates)?;
            dict.set_item("ties", ties)?;
            dict.set_item("winner", winner.place)?;
            dict.set_item("pair", pair_list(py, (winner.left, winner.right))?)?;
            dict.set_item("rank", winner.rank)?;
            dict.set_item("id", winner.id)?;
            dict.set_item("ids", ids)?;
        }
    }
    Ok(dict)
}

fn pair_list(py: Python<'_>, pair: (u32, u32)) -> PyResult<Bound<'_, PyList>> {
    PyList::new(py, [pair.0, pair.1])
}

fn candidate_dict<'py>(py: Python<'py>, candidate: &Candidate) -> PyResult<Bound<'py, PyDict>> {
    let dict = PyDict::new(py);
    dict.set_item("place", candidate.place)?;
    dict.set_item("pair", pair_list(py, (candidate.left, candidate.right))?)?;
    dict.set_item("rank", candidate.rank)?;
    dict.set_item("id", candidate.id)?;
    Ok(dict)
}
