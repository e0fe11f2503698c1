//! What the pieces of a block became, in a form that costs nothing to count and little to write out.
//!
//! One word a piece: an id; or, from [`RECORDS`] on, a record of the cache's arena; or, from [`SPILL`] on, a record of the
//! spill, which holds what the arena had no room for. A record is a count and that many ids; at least [`PADDING`] words
//! follow its first.
//!
//! Costs: writing out copies four words a piece, wanted or not, and goes on by the true count.

#![allow(unsafe_code)]

use super::piece_cache::{RECORDS, UNIT};

/// A value from here on is a record of the spill.
pub(super) const SPILL: u32 = 1 << 31;
/// Up to how many ids are copied by fours: a call costs as much as that.
const FEW: usize = 16;
/// How many words of a record may be read behind its count.
pub(super) const PADDING: usize = 4;

#[derive(Clone, Copy)]
pub(super) struct Values<'b> {
    pub(super) words: &'b [u32],
    pub(super) arena: &'b [u32],
    pub(super) spill: &'b [u32],
}

impl Values<'_> {
    /// The record of a value that is not an id: its count, and all words from its first id on.
    #[inline]
    fn record(&self, value: u32) -> (usize, &[u32]) {
        let record = if value < SPILL {
            &self.arena[(value - RECORDS) as usize * UNIT..]
        } else {
            &self.spill[(value - SPILL) as usize..]
        };
        (record[0] as usize, &record[1..])
    }

    /// How many ids there are.
    pub(super) fn count(&self) -> usize {
        self.words.iter().map(|&value| if value < RECORDS { 1 } else { self.record(value).0 }).sum()
    }

    /// Append the ids.
    #[inline(never)]
    pub(super) fn append_to(&self, out: &mut Vec<u32>) {
        out.reserve(PADDING * self.words.len());
        let mut len = out.len();
        for (index, &value) in self.words.iter().enumerate() {
            if value < RECORDS {
                debug_assert!(len < out.capacity());
                // SAFETY: there is room for four words for this value and for each after it.
                unsafe { out.as_mut_ptr().add(len).write(value) };
                len += 1;
                continue;
            }
            let (count, ids) = self.record(value);
            if count <= PADDING {
                let four: [u32; PADDING] = ids[..PADDING].try_into().unwrap_or_default();
                // SAFETY: there is room for four words for this value and for each after it.
                unsafe { out.as_mut_ptr().add(len).cast::<[u32; PADDING]>().write_unaligned(four) };
                len += count;
            } else {
                // SAFETY: all words up to here have been written.
                unsafe { out.set_len(len) };
                out.reserve(count + PADDING * (self.words.len() - index));
                if count <= FEW && ids.len() >= FEW {
                    let fours = ids[..FEW].as_chunks::<PADDING>().0.iter().take(count.div_ceil(PADDING));
                    for (index, four) in fours.enumerate() {
                        let place = out.as_mut_ptr().wrapping_add(len + PADDING * index);
                        // SAFETY: there is room for `count` words, and for four more, of which this is the last at most.
                        unsafe { place.cast::<[u32; PADDING]>().write_unaligned(*four) };
                    }
                    len += count;
                    continue;
                }
                out.extend_from_slice(&ids[..count]);
                len = out.len();
            }
        }
        // SAFETY: as above.
        unsafe { out.set_len(len) };
    }
}
