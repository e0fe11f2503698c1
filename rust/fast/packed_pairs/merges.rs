//! The merges of a packed vocabulary, read where they lie in it.
//!
//! A pair is read as one number: its two ids, as they lie in the file. By hand, with ids of 10 bits: the pair (116, 104) is
//! 104 * 1024 + 116.

use crate::error::{Error, Result};
use crate::fast::util::fallible::collect;

/// The most bits of an id: two of them, from any bit of a byte on, lie in eight bytes.
pub(super) const MOST_BITS: usize = 28;

/// A packed vocabulary, and where its merges are.
#[derive(Debug)]
pub(super) struct Merges {
    pub data: Vec<u8>,
    /// The bit at which the pairs begin, and how many bits an id has.
    start: usize,
    pub width: usize,
    /// How many merges there are, and one more than the greatest id of one.
    pub count: u32,
    end: u32,
    /// The first id and the number of the first merge of each run.
    runs: Vec<(u32, u32)>,
}

impl Merges {
    /// The merges of ids less than `end`. `runs`: first id, count; `length`: how many bytes the pairs have, at the end of the data.
    pub fn new(data: Vec<u8>, length: usize, width: usize, runs: &[(u32, u32)], end: u32) -> Result<Merges> {
        let count = runs.iter().map(|&(first, count)| (first + count).min(end).saturating_sub(first)).sum::<u32>();
        let mut before = 0;
        let runs = collect(runs.iter().map(|&(first, count)| {
            before += count;
            (first, before - count)
        }))?;
        Ok(Merges { start: 8 * (data.len() - length), data, width, count, end, runs })
    }

    /// Reads the pair of a merge: the left id in the lower `width` bits, then the right one. The eight bytes that are read begin with
    /// the byte of its first bit, or are the last of the data. Must equal `pair` of `rust/reference/published/packed_vocab.rs`.
    #[expect(
        clippy::inline_always,
        reason = "a call for each merge takes twice the time, before the module is optimized"
    )]
    #[inline(always)]
    pub fn pair(&self, number: usize) -> u64 {
        let bit = self.start + 2 * self.width * number;
        let byte = (bit / 8).min(self.data.len().saturating_sub(8));
        let near = self.data.get(byte..).and_then(<[u8]>::first_chunk).map_or(0, |near| u64::from_le_bytes(*near));
        near >> (bit - 8 * byte) & ((1 << (2 * self.width)) - 1)
    }

    /// The id that a merge makes.
    pub fn id(&self, number: u32) -> u32 {
        let (first, before) = self.runs[self.runs.partition_point(|&(_, start)| start <= number) - 1];
        first + number - before
    }

    /// The first id of each run, and how many there are.
    pub fn runs(&self) -> impl Iterator<Item = (u32, u32)> {
        let ends = self.runs.iter().skip(1).map(|&(_, before)| before).chain([self.count]);
        self.runs.iter().zip(ends).map(|(&(first, before), end)| (first, end.min(self.count).saturating_sub(before)))
    }

    /// An error if the largest left id is not that of a token.
    pub fn check(&self, largest: u64) -> Result<()> {
        if largest < u64::from(self.end) {
            return Ok(());
        }
        Err(Error::Vocabulary(format!("not a packed vocabulary: a merge joins {largest}, which is not a token")))
    }
}
