//! Text -> ids, block by block. Must equal the inner loop of `Codec::encode` of `rust/codec.rs`.
//!
//! The tables of an encoder never change once it is built, and are shared by all threads. What changes, above all the cache
//! of pieces, is a [`Workspace`] that one thread takes from a pool for one call and puts back after it.
//!
//! A new cache is empty. It costs the memory pages that are touched, so a first short call pays next to nothing. Once a
//! workspace has seen [`SEED_AFTER`] bytes, or is given a text as long at once, its cache is filled with the vocabulary:
//! that takes some milliseconds and saves more on the words to come.

use super::block::{BLOCK, Workspace};
use super::key::{INLINE, key_of};
use super::pair_table::PairTable;
use super::piece_cache::{RECORDS, Size};
use super::pool::Pool;
use super::scan::{Grammar, Scanner};
use super::values::Values;
use crate::error::Result;
use crate::pretokenize::Pattern;
use crate::vocab::Vocab;
use std::sync::Arc;

/// How many bytes make seeding worth its time.
const SEED_AFTER: usize = 1 << 20;
const ARENA: usize = 1 << 20;

/// How text is cut into pieces.
#[derive(Debug, Clone, Copy)]
pub enum Split<'p> {
    /// By the hand-written scanner of a named pattern.
    Scan(Grammar),
    /// By the mirror: `none`, and patterns of one's own.
    Pattern(&'p Pattern),
}

/// The tables of a vocabulary, made for speed.
#[derive(Debug)]
pub struct Encoder {
    vocab: Arc<Vocab>,
    pairs: Option<PairTable>,
    size: Size,
    /// How many bytes a workspace sees before its cache is seeded.
    pub(super) seed_after: usize,
    pool: Pool<Workspace>,
}

impl Encoder {
    pub fn new(vocab: Arc<Vocab>) -> Encoder {
        let tokens = vocab.tokens.n_ids().clamp(1 << 15, 1 << 18);
        // Four entries a line, and twice to four times as many entries as tokens.
        let size = Size { log_lines: (tokens - 1).ilog2(), arena: ARENA };
        Encoder::with_size(vocab, size)
    }

    pub(super) fn with_size(vocab: Arc<Vocab>, size: Size) -> Encoder {
        let pairs = PairTable::new(&vocab);
        Encoder { vocab, pairs, size, seed_after: SEED_AFTER, pool: Pool::new() }
    }

    /// Append the ids of a text without special tokens.
    pub fn encode(&self, text: &[u8], split: Split, out: &mut Vec<u32>) -> Result<()> {
        self.each_block(text, split, |values| values.append_to(out))
    }

    /// Hand the ids of a text to `emit`, some thousands at a time.
    pub fn encode_blocks(&self, text: &[u8], split: Split, mut emit: impl FnMut(&[u32])) -> Result<()> {
        let mut ids = Vec::new();
        self.each_block(text, split, |values| {
            ids.clear();
            values.append_to(&mut ids);
            emit(&ids);
        })
    }

    /// The number of ids of a text, which are not built.
    pub fn count(&self, text: &[u8], split: Split) -> Result<usize> {
        let mut count = 0;
        self.each_block(text, split, |values| count += values.count())?;
        Ok(count)
    }

    fn each_block(&self, text: &[u8], split: Split, mut sink: impl FnMut(Values<'_>)) -> Result<()> {
        if text.is_empty() {
            return Ok(());
        }
        let mut work = self.pool.take().unwrap_or_else(|| Box::new(Workspace::new(self.size)));
        work.seen = work.seen.saturating_add(text.len());
        if work.seen >= self.seed_after && !work.seeded {
            work.seeded = true;
            self.seed(&mut work);
        }
        let mut block = |work: &mut Workspace, start| {
            sink(work.encode(self, text, start));
            work.finish();
        };
        let result = match split {
            Split::Scan(grammar) => {
                let mut scanner = Scanner::new(grammar, text);
                let mut start = 0;
                while scanner.next_block(&mut work.ends, BLOCK) {
                    block(&mut work, start);
                    start = scanner.position();
                }
                Ok(())
            }
            Split::Pattern(pattern) => {
                work.ends.clear();
                let (mut start, mut end) = (0, 0);
                let result = pattern.split(text, &mut |piece| {
                    end += piece.len();
                    work.ends.push(end);
                    if work.ends.len() == BLOCK {
                        block(&mut work, start);
                        work.ends.clear();
                        start = end;
                    }
                });
                if result.is_ok() && start < end {
                    block(&mut work, start);
                }
                result
            }
        };
        self.pool.put(work);
        result
    }

    fn seed(&self, work: &mut Workspace) {
        if !self.vocab.whole_pieces {
            return;
        }
        let pieces: Vec<(u128, u32)> = (self.vocab.tokens.iter())
            .take_while(|(id, _)| *id < RECORDS)
            .filter(|(_, token)| !token.is_empty() && token.len() <= INLINE)
            .map(|(id, token)| (key_of(token, 0, token.len()), id))
            .collect();
        work.cache.seed(&pieces);
    }

    pub(super) fn vocab(&self) -> &Vocab {
        &self.vocab
    }

    pub(super) fn pairs(&self) -> Option<&PairTable> {
        self.pairs.as_ref()
    }

    /// The token that a piece is as it stands, whatever merges make of it.
    #[inline]
    pub(super) fn whole(&self, piece: &[u8]) -> Option<u32> {
        if self.vocab.whole_pieces { self.vocab.token_id(piece) } else { None }
    }
}
