//! What a thread needs to turn blocks of pieces into ids. Must equal `encode_piece` of `rust/reference/encode.rs`.

use super::cut::between::Mark;
use super::cut::static_cuts::Cutting;
use super::lookup::block_output::{BlockOutput, SPILL};
use super::lookup::id_ring::PADDING;
use super::lookup::look_up::Found;
use super::lookup::piece_cache::{PieceCache, Size};
use super::merge::misses::{LongPieces, Merging, Misses, spill_record, too_long};
use crate::error::{Error, Result};
use crate::fast::util::fallible::{append, push};
use crate::support::spent::Spent;
use std::ops::Range;

/// The most pieces of a block, and while the cache is small: its records must have room for what is new in a block.
pub(super) const BLOCK: usize = 2048;
pub(super) const FIRST_BLOCK: usize = 512;
/// The mean length of pieces that may be words.
const SHORT: usize = 32;
/// After a block of lines of which most bytes are new, this many are encoded without the cache.
const PASSED_BY: u32 = if cfg!(any(test, fuzzing)) { 2 } else { 15 };
/// How many words of a buffer may stay allocated between two calls.
const KEPT: usize = 1 << 16;

#[derive(Debug)]
pub(super) struct Workspace {
    pub(super) cache: PieceCache,
    /// Whether the cache is large and was filled with the vocabulary.
    pub(super) seeded: bool,
    /// Whether memory for such a cache was lacking while this text was encoded.
    pub(super) had_no_memory: bool,
    pub(super) ends: Vec<usize>,
    /// Those that are found tokens, ascending.
    pub(super) marks: Vec<Mark>,
    pub(super) cutting: Cutting,
    /// Whether two characters of three bytes may meet inside a piece of the block.
    pub(super) meet: bool,
    pub(super) found: Found,
    pub(super) spill: Vec<u32>,
    /// How many more blocks of long pieces are encoded without the cache.
    passed_by: u32,
    /// What cutting pieces further has used up of what the text may spend.
    pub(super) spent: Spent,
    pub(super) failure: Option<Error>,
}

impl Workspace {
    pub(super) fn new(size: Size) -> Result<Workspace> {
        Ok(Workspace {
            cache: PieceCache::new(size).ok_or(Error::Memory)?,
            seeded: false,
            had_no_memory: false,
            ends: Vec::new(),
            marks: Vec::new(),
            cutting: Cutting::default(),
            meet: true,
            found: Found::default(),
            spill: Vec::new(),
            passed_by: 0,
            spent: Spent::of(0),
            failure: None,
        })
    }

    pub(super) fn block(&self) -> usize {
        if self.seeded { BLOCK } else { FIRST_BLOCK }
    }

    /// Merges the pieces of a range that the look-up missed; the first of the range begins at `start`. Returns the values of all pieces of
    /// the range, with the ids of the marks for those that are marked.
    pub(super) fn merge_misses(
        &mut self,
        how: Merging<'_>,
        text: &[u8],
        start: usize,
        range: Range<usize>,
    ) -> BlockOutput<'_> {
        let Workspace { cache, ends, marks, found, spill, spent, failure, .. } = self;
        let n_pieces = range.len();
        spill.clear();
        if !found.misses.is_empty() {
            let misses = Misses { text, start, ends: &ends[range.clone()], cache, found, spill, failure };
            misses.merge(how, spent);
        }
        let (_, first_record) = cache.view().records();
        for mark in &marks[marks.partition_point(|mark| mark.index < range.start)..] {
            let Some(value) = found.values[..n_pieces].get_mut(mark.index - range.start) else { break };
            let id = if mark.id < first_record { Ok(mark.id) } else { spill_record(spill, &[mark.id]) };
            *value = id.unwrap_or_else(|error| {
                failure.get_or_insert(error);
                0
            });
        }
        let (records, first_record) = self.cache.view().records();
        BlockOutput { values: &self.found.values[..n_pieces], records, first_record, spill: &self.spill }
    }

    /// Whether the next block of long pieces is encoded without the cache: lines seldom come again, and looking one up costs as much as
    /// merging it.
    pub(super) fn passes_by(&mut self) -> bool {
        let passes_by = self.passed_by > 0;
        self.passed_by -= u32::from(passes_by);
        passes_by
    }

    pub(super) fn note_new(&mut self, start: usize, range: Range<usize>) {
        let ends = &self.ends[range];
        let length = |&index: &u32| match index.checked_sub(1) {
            Some(before) => ends[index as usize] - ends[before as usize],
            None => ends[0] - start,
        };
        let (new, all) =
            (self.found.misses.iter().map(length).sum::<usize>(), ends.last().map_or(0, |end| end - start));
        self.passed_by = if 2 * new > all { PASSED_BY } else { 0 };
    }

    pub(super) fn encode_long(&mut self, long: &dyn LongPieces, text: &[u8], start: usize) -> Result<BlockOutput<'_>> {
        self.spill.clear();
        push(&mut self.spill, 0)?;
        long.append(text, start, &self.ends, &mut self.spill)?;
        self.spill[0] = u32::try_from(self.spill.len() - 1).map_err(|_| too_long())?;
        append(&mut self.spill, &[0; PADDING])?;
        Ok(self.spilled())
    }

    /// The id of a token, as one value.
    pub(super) fn found(&mut self, id: u32) -> Result<BlockOutput<'_>> {
        self.spill.clear();
        spill_record(&mut self.spill, &[id])?;
        Ok(self.spilled())
    }

    /// The first record of the spill, as one value.
    fn spilled(&self) -> BlockOutput<'_> {
        let (records, first_record) = self.cache.view().records();
        BlockOutput { values: &[SPILL], records, first_record, spill: &self.spill }
    }

    /// Whether pieces are on average no longer than words; the first begins at `start`.
    pub(super) fn pieces_are_short(&self, start: usize) -> bool {
        self.ends.last().is_some_and(|&end| end - start <= SHORT * self.ends.len())
    }

    pub(super) fn memory(&self) -> usize {
        let ends = self.ends.capacity() * size_of::<usize>() + self.marks.capacity() * size_of::<Mark>();
        let ends = ends + self.spill.capacity() * size_of::<u32>();
        self.cache.memory() + self.cutting.memory() + self.found.memory() + ends
    }

    /// Ends a call, also one that failed: keeps the cache, and gives back the memory of unusually long texts.
    pub(super) fn end_call(&mut self) {
        self.failure = None;
        self.seeded &= !std::mem::take(&mut self.had_no_memory);
        self.ends.clear();
        self.ends.shrink_to(KEPT);
        self.marks.clear();
        self.marks.shrink_to(KEPT);
        self.spill.clear();
        self.spill.shrink_to(KEPT);
        self.cutting.shrink_to(KEPT);
    }
}

#[cfg(test)]
pub(super) mod tests;
