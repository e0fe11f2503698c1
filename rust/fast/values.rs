//! What the pieces of a block became, in a form that costs nothing to count and little to write out.
//!
//! One word a piece: an id; or, from `first` on, a record of the cache ([`super::records`]); or, from [`SPILL`] on, a record
//! of the spill, which holds what the cache had no room for.
//!
//! Whether a piece is one token or several can hardly be guessed where there are many of both, so writing out does not ask:
//! for every piece it reads a count and four ids, those of any record if the piece is an id, writes four words, and goes on
//! by the true count.
//!
//! Costs: some 1.5 ns a piece of up to four ids.

#![allow(unsafe_code)]

use super::records::{PADDING, UNIT};
use std::hint::select_unpredictable;

/// A value from here on is a record of the spill.
pub(super) const SPILL: u32 = 1 << 31;
/// Up to how many ids are copied by fours: a call costs as much as that.
const FEW: usize = 16;

#[derive(Clone, Copy)]
pub(super) struct Values<'b> {
    pub(super) words: &'b [u32],
    /// The words of the cache's records, and the value that the first unit of them has.
    pub(super) records: &'b [u32],
    pub(super) first: u32,
    pub(super) spill: &'b [u32],
}

impl Values<'_> {
    /// The record of a value that is not an id: its count, and all words from its first id on.
    #[inline]
    fn record(&self, value: u32) -> (usize, &[u32]) {
        let record = if value < SPILL {
            &self.records[(value - self.first) as usize * UNIT..]
        } else {
            &self.spill[(value - SPILL) as usize..]
        };
        (record[0] as usize, &record[1..])
    }

    /// How many ids there are.
    pub(super) fn count(&self) -> usize {
        self.words.iter().map(|&value| if value < self.first { 1 } else { self.record(value).0 }).sum()
    }

    /// Append the ids.
    #[inline(never)]
    pub(super) fn append_to(&self, out: &mut Vec<u32>) {
        out.reserve(PADDING * self.words.len());
        let mut len = out.len();
        for (index, &value) in self.words.iter().enumerate() {
            let is_id = value < self.first;
            let unit = select_unpredictable(is_id, 0, value.wrapping_sub(self.first)) as usize;
            // The spill is beyond the records.
            if let Some(&[count, first, second, third, fourth]) =
                self.records[(unit * UNIT).min(self.records.len())..].first_chunk()
            {
                let count = select_unpredictable(is_id, 1, count as usize);
                if count <= PADDING {
                    let four = [select_unpredictable(is_id, value, first), second, third, fourth];
                    debug_assert!(len + PADDING <= out.capacity());
                    // SAFETY: there is room for four words for this value and for each after it.
                    unsafe { out.as_mut_ptr().add(len).cast::<[u32; PADDING]>().write_unaligned(four) };
                    len += count;
                    continue;
                }
            }
            let (count, ids) = self.record(value);
            // SAFETY: all words up to here have been written.
            unsafe { out.set_len(len) };
            out.reserve(count + PADDING * (self.words.len() - index));
            append_many(out, count, ids);
            len = out.len();
        }
        // SAFETY: as above.
        unsafe { out.set_len(len) };
    }
}

/// Append the first `count` ids; there is room for four more.
#[inline]
fn append_many(out: &mut Vec<u32>, count: usize, ids: &[u32]) {
    if count > FEW || ids.len() < FEW {
        out.extend_from_slice(&ids[..count]);
        return;
    }
    let len = out.len();
    debug_assert!(len + count + PADDING <= out.capacity());
    let fours = ids[..FEW].as_chunks::<PADDING>().0.iter().take(count.div_ceil(PADDING));
    for (index, four) in fours.enumerate() {
        // SAFETY: there is room for `count` words, and for four more, of which this is the last at most.
        unsafe { out.as_mut_ptr().add(len + PADDING * index).cast::<[u32; PADDING]>().write_unaligned(*four) };
    }
    // SAFETY: just written.
    unsafe { out.set_len(len + count) };
}
