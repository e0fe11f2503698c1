//! What a thread needs to turn blocks of pieces into ids. Must equal `encode_piece` of `rust/encode.rs`.

use super::cut::static_cuts::Cutting;
use super::lookup::block_output::BlockOutput;
use super::lookup::look_up::Found;
use super::lookup::piece_cache::{PieceCache, Size};
use super::merge::misses::{Merging, Misses};
use crate::error::{Error, Result};
use crate::spent::Spent;
use std::ops::Range;

/// The most pieces of a block, and those while the cache is small: what is new in a block must find room in its records.
pub(super) const BLOCK: usize = 2048;
pub(super) const FIRST_BLOCK: usize = 512;
/// The mean length of pieces that may be words.
const SHORT: usize = 32;
/// What may stay allocated of a buffer between two calls, in words.
const KEPT: usize = 1 << 16;

/// What one thread needs to encode.
#[derive(Debug)]
pub(super) struct Workspace {
    pub(super) cache: PieceCache,
    /// Whether the cache is large and was filled with the vocabulary.
    pub(super) seeded: bool,
    /// The ends of the pieces of the block, ascending.
    pub(super) ends: Vec<usize>,
    /// The UTF-8 of a part of a Python str.
    pub(super) utf8: Vec<u8>,
    pub(super) cutting: Cutting,
    pub(super) found: Found,
    spill: Vec<u32>,
    /// What cutting pieces further has spent of what the text may spend.
    pub(super) spent: Spent,
    /// What went wrong: a byte without a token.
    pub(super) failure: Option<Error>,
}

impl Workspace {
    /// Fails if there is no memory for its cache.
    pub(super) fn new(size: Size) -> Result<Workspace> {
        Ok(Workspace {
            cache: PieceCache::new(size).ok_or(Error::Memory)?,
            seeded: false,
            ends: Vec::new(),
            utf8: Vec::new(),
            cutting: Cutting::default(),
            found: Found::default(),
            spill: Vec::new(),
            spent: Spent::of(0),
            failure: None,
        })
    }

    /// The most pieces that are looked up together.
    pub(super) fn block(&self) -> usize {
        if self.seeded { BLOCK } else { FIRST_BLOCK }
    }

    /// Merges the pieces of a range that were looked up and not found; the first of the range begins at `start`. Returns the values of all.
    pub(super) fn merge_misses(
        &mut self,
        how: Merging<'_>,
        text: &[u8],
        start: usize,
        range: Range<usize>,
    ) -> BlockOutput<'_> {
        let Workspace { cache, ends, found, spill, spent, failure, .. } = self;
        let n_pieces = range.len();
        spill.clear();
        if !found.misses.is_empty() {
            let misses = Misses { text, start, ends: &ends[range], cache, found, spill, failure };
            misses.merge(how, spent);
        }
        let (records, first_record) = self.cache.view().records();
        BlockOutput { values: &self.found.values[..n_pieces], records, first_record, spill: &self.spill }
    }

    /// Whether the pieces, the first of which begins at `start`, are on average no longer than words.
    pub(super) fn pieces_are_short(&self, start: usize) -> bool {
        self.ends.last().is_some_and(|&end| end - start <= SHORT * self.ends.len())
    }

    /// The bytes of memory that it takes.
    pub(super) fn memory(&self) -> usize {
        let ends = self.ends.capacity() * size_of::<usize>() + self.spill.capacity() * size_of::<u32>();
        self.cache.memory() + self.cutting.memory() + self.found.memory() + ends + self.utf8.capacity()
    }

    /// Ends a call, also one that failed: keeps the cache, and gives back the memory of unusually long texts.
    pub(super) fn end_call(&mut self) {
        self.failure = None;
        self.ends.clear();
        self.ends.shrink_to(KEPT);
        self.spill.clear();
        self.spill.shrink_to(KEPT);
        self.cutting.shrink_to(KEPT);
    }
}

#[cfg(test)]
pub(super) mod tests;
