//! Pieces as runs of ids of a vocabulary, to train further from (SPEC T10, T13).
//!
//! A table of pieces takes runs as it takes text: an id is two bytes, little endian, or three or four where there are more. What the
//! pieces of words are to their bytes, lines and longer pieces are to the ids of words: half as long, and ready to be laid out.
//! Different pieces have different runs, and their order is that of the text, so the counts are those of the pieces.

use super::table::PieceCounts;
use crate::error::Result;
use crate::fast::encode::low_level::LowLevel;
use crate::fast::util::fallible::{append, push};
use crate::reference::published::vocabs::Vocab;
use std::sync::Arc;

/// Writes pieces as runs.
#[derive(Debug)]
pub struct Runs {
    vocab: Arc<Vocab>,
    low: LowLevel,
    width: usize,
}

/// What one thread needs.
#[derive(Default)]
pub(super) struct Buffers {
    parts: Vec<usize>,
    ids: Vec<u32>,
    runs: Vec<u8>,
    ends: Vec<usize>,
}

impl Runs {
    pub fn new(vocab: Arc<Vocab>) -> Result<Runs> {
        let width = width(vocab.tokens.n_ids());
        Ok(Runs { low: LowLevel::new(Arc::clone(&vocab))?, vocab, width })
    }

    /// The runs of pieces that are there already, in their order, without those that do not occur.
    pub fn of<'p>(&self, pieces: impl Iterator<Item = (&'p [u8], i64)>) -> Result<PieceCounts> {
        let (mut runs, mut buffers) = (PieceCounts::new(), Buffers::default());
        for (piece, n) in pieces.filter(|(piece, n)| *n > 0 && !piece.is_empty()) {
            self.add_block(piece, 0, &[piece.len()], n, &mut runs, &mut buffers)?;
        }
        Ok(runs)
    }

    /// Counts the pieces of `text` that begin at `start` and end at each of `ends`, `n` times more each.
    pub(super) fn add_block(
        &self,
        text: &[u8],
        start: usize,
        ends: &[usize],
        n: i64,
        pieces: &mut PieceCounts,
        buffers: &mut Buffers,
    ) -> Result<()> {
        let Buffers { parts, ids, runs, ends: run_ends } = buffers;
        self.low.encode(text, start, ends, parts, ids)?;
        runs.clear();
        runs.try_reserve(ids.len() * self.width)?;
        run_ends.clear();
        let (mut at, mut next) = (start, 0);
        for &id in ids.iter() {
            append(runs, &id.to_le_bytes()[..self.width])?;
            at += self.low.length(id);
            if at == ends[next] {
                push(run_ends, runs.len())?;
                next += 1;
            }
        }
        pieces.add_block(runs, 0, run_ends, n)
    }

    /// Replaces `piece` by the bytes of a run.
    pub fn spell(&self, run: &[u8], piece: &mut Vec<u8>) -> Result<()> {
        piece.clear();
        ids_of(run, self.width).try_for_each(|id| append(piece, self.vocab.token_bytes(id).unwrap_or_default()))
    }
}

/// Whether the ids of pieces are others than their bytes, with ids below 256.
pub fn are_needed(vocab: &Vocab) -> bool {
    // A vocabulary without merges may still have tokens that a whole piece can be, or characters of several bytes.
    let larger = vocab.whole_pieces || vocab.alphabet.fallback.is_some();
    larger || !vocab.merges().is_empty() || vocab.byte_ids.iter().any(|&id| id >= 256)
}

/// How many bytes an id takes in a vocabulary of `n_ids`.
pub fn width(n_ids: u32) -> usize {
    match n_ids {
        0..=0x1_0000 => 2,
        0x1_0001..=0x100_0000 => 3,
        _ => 4,
    }
}

/// The ids of a run.
#[inline]
pub fn ids_of(run: &[u8], width: usize) -> impl ExactSizeIterator<Item = u32> {
    run.chunks_exact(width).map(|id| id.iter().rfold(0, |all, &byte| all << 8 | u32::from(byte)))
}
