//! What training and encoding did, step by step, as data.
//!
//! Both languages share one schema; `python/minitok/reference/trace.py` documents every field. Renderers (terminal, notebook,
//! web page) replay the events; they never look inside an algorithm.
//!
//! Costs: a traced step looks at every pair again and sorts the candidates: O(n log n) for an encoding step of n parts, O(p
//! log p) for a training step of p pairs. Not for: long texts.
//!
//! Implements SPEC X1 and X2.

use crate::error::Result;
use crate::reference::encode::{Candidate, first_parts};
use crate::reference::pairs::Pair;
use crate::reference::vocab::Vocab;

pub const CANDIDATES: usize = 8;

/// One event. `formats/events.rs` makes it data whose fields have these names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    TrainMerge {
        step: usize,
        candidates: Vec<(Pair, i64)>,
        ties: Vec<Pair>,
        winner: Pair,
        count: i64,
        id: u32,
        words: Vec<usize>,
    },
    Special {
        start: usize,
        end: usize,
        id: u32,
    },
    Piece {
        piece: usize,
        start: usize,
        end: usize,
        ids: Vec<u32>,
        whole: Option<u32>,
    },
    EncodeMerge {
        piece: usize,
        step: usize,
        candidates: Vec<Candidate>,
        ties: Vec<usize>,
        winner: Candidate,
        ids: Vec<u32>,
    },
}

/// Returns the event of one merge of a training; `ranked` holds all pairs in the order of choice.
pub fn train_merge(step: usize, ranked: &[(Pair, i64)], winner: Pair, id: u32, words: Vec<usize>) -> Event {
    let count = ranked.first().map_or(0, |first| first.1);
    Event::TrainMerge {
        step,
        candidates: ranked.iter().take(CANDIDATES).copied().collect(),
        ties: ranked.iter().take_while(|(_, n)| *n == count).map(|(pair, _)| *pair).collect(),
        winner,
        count,
        id,
        words,
    }
}

/// Encodes one piece by looking at every pair again after each merge, and emits an event for each merge.
pub fn trace_piece(
    vocab: &Vocab,
    piece: &[u8],
    number: usize,
    start: usize,
    emit: &mut dyn FnMut(Event) -> Result<()>,
) -> Result<Vec<u32>> {
    let ids = first_parts(vocab, piece)?;
    let whole = if vocab.whole_pieces { vocab.token_id(piece) } else { None };
    emit(Event::Piece { piece: number, start, end: start + piece.len(), ids: ids.clone(), whole })?;
    if let Some(whole) = whole {
        return Ok(vec![whole]);
    }
    trace_merges(vocab, ids, number, emit)
}

/// Merges the parts of a piece until no two neighbours can merge, and emits an event for each merge.
pub fn trace_merges(
    vocab: &Vocab,
    mut ids: Vec<u32>,
    number: usize,
    emit: &mut dyn FnMut(Event) -> Result<()>,
) -> Result<Vec<u32>> {
    let mut step = 0;
    loop {
        let candidates = all_candidates(vocab, &ids);
        let Some(&winner) = candidates.first() else { return Ok(ids) };
        ids.splice(winner.place..winner.place + 2, [winner.id]);
        let ties = candidates.iter().take_while(|one| one.rank == winner.rank).map(|one| one.place).collect();
        emit(Event::EncodeMerge { piece: number, step, candidates, ties, winner, ids: ids.clone() })?;
        step += 1;
    }
}

/// Returns all neighbours that can merge, first choice first.
pub fn all_candidates(vocab: &Vocab, ids: &[u32]) -> Vec<Candidate> {
    let candidate = |(place, pair): (usize, &[u32])| {
        let (left, right) = (pair[0], pair[1]);
        vocab.merge_of(left, right).map(|(rank, id)| Candidate { rank, place, left, right, id })
    };
    let mut found: Vec<Candidate> = ids.windows(2).enumerate().filter_map(candidate).collect();
    found.sort_unstable();
    found
}
