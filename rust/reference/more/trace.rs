//! What training and encoding did, step by step, as data.
//!
//! Both languages share one schema; `python/minitok/reference/more/trace.py` documents every field. Renderers (terminal, notebook,
//! web page) replay the events; they never look inside an algorithm.
//!
//! Costs: a traced step looks at every pair again and sorts the candidates: O(n log n) for an encoding step of n parts, O(p
//! log p) for a training step of p pairs. Not for: long texts.
//!
//! Implements SPEC X1 and X2.

use crate::error::Result;
use crate::reference::pairs::Pair;
use crate::reference::published::codecs::{Codec, with_offset};
use crate::reference::published::preprocess::{Before, TokenFinder};
use crate::reference::published::vocabs::Vocab;
use crate::reference::published::vocabs::initial_parts;
use crate::reference::train::Chosen;

pub const CANDIDATES: usize = 8;

/// Two neighbours that can merge. Candidates sort in the order of merging: lowest rank, then leftmost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Candidate {
    pub rank: u32,
    pub place: usize,
    pub left: u32,
    pub right: u32,
    pub id: u32,
}

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

/// Returns the event of one merge of a training.
pub fn train_merge(chosen: Chosen) -> Event {
    let Chosen { step, ranking, pair, id, words } = chosen;
    let count = ranking.first().map_or(0, |first| first.1);
    Event::TrainMerge {
        step,
        candidates: ranking.iter().take(CANDIDATES).copied().collect(),
        ties: ranking.iter().take_while(|(_, n)| *n == count).map(|(pair, _)| *pair).collect(),
        winner: pair,
        count,
        id,
        words,
    }
}

/// Encodes a text and emits an event for each piece, merge and token that is found in it.
///
/// Offsets refer to the text that is cut into pieces, with the spaces put before it.
pub fn trace(
    codec: &Codec,
    text: &[u8],
    finder: &TokenFinder,
    continues: bool,
    emit: &mut dyn FnMut(Event) -> Result<()>,
) -> Result<Vec<u32>> {
    let mut ids = Vec::new();
    let (mut at, mut number) = (0, 0);
    let before = if continues { Before::Text } else { Before::Nothing };
    let done = codec.preprocessor.segments(text, finder, before, None, &mut |segment| {
        if let Some(id) = segment.id {
            let end = at + codec.token_bytes(id).map_or(0, <[u8]>::len);
            emit(Event::Special { start: at, end, id })?;
            ids.push(id);
            at = end;
            return Ok(());
        }
        codec.pieces(&segment.text.data, &mut |piece| {
            ids.extend(trace_piece(&codec.vocab, piece, number, at, emit)?);
            at += piece.len();
            number += 1;
            Ok(())
        })
    });
    done.map_err(|error| with_offset(error, text)).map(|()| ids)
}

/// Encodes one piece by looking at every pair again after each merge, and emits an event for each merge.
pub fn trace_piece(
    vocab: &Vocab,
    piece: &[u8],
    number: usize,
    start: usize,
    emit: &mut dyn FnMut(Event) -> Result<()>,
) -> Result<Vec<u32>> {
    let ids = initial_parts(vocab, piece)?;
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
