//! A short text -> its ids, by one pass over the merges of a packed vocabulary, without tables. Must equal `encode_piece` of
//! `rust/reference/encode.rs` for each piece.
//!
//! Merges stand in the order of their ranks, and what one makes is joined by later ones only. So to make each wherever its two ids are
//! neighbours, from the left, in all pieces at once, is to make the lowest rank first in each piece. By hand, with the merges
//! 0: (a, b) -> X, 1: (a, c) -> Y, 2: (X, c) -> Z and the pieces `abc` and `ac`: the first makes them `X c` and `a c`, the second `X c`
//! and `Y`, the third `Z` and `Y`.
//!
//! Costs: a bit is tested for each merge; one that joins two ids of the text costs O(n).

use super::merges::Merges;
use crate::error::Result;

/// Merges the ids of all pieces, between which something stands that is not an id.
#[expect(clippy::cast_possible_truncation, reason = "an id has 28 bits at most")]
pub(super) fn merge_all(merges: &Merges, ids: &mut Vec<u32>) -> Result<()> {
    let mut held = Held::default();
    for &id in ids.iter() {
        held.add(id);
    }
    let (mut number, left_bits, mut largest) = (0, (1 << merges.width) - 1, 0);
    for (first, count) in merges.runs() {
        for id in first..first + count {
            let pair = merges.pair(number);
            let (left, right) = ((pair & left_bits) as u32, (pair >> merges.width) as u32);
            number += 1;
            largest = largest.max(left);
            if held.has(left) && held.has(right) && join(ids, left, right, id) {
                held.add(id);
            }
        }
    }
    merges.check(largest.into())
}

/// Which ids the text has, but for some that it does not have: a bit for all ids that are alike in their lower twelve bits.
struct Held([u64; 64]);

impl Default for Held {
    fn default() -> Held {
        Held([0; 64])
    }
}

impl Held {
    fn add(&mut self, id: u32) {
        self.0[(id >> 6 & 63) as usize] |= 1 << (id & 63);
    }

    #[expect(
        clippy::inline_always,
        reason = "a call for each merge takes twice the time, before the module is optimized"
    )]
    #[inline(always)]
    fn has(&self, id: u32) -> bool {
        self.0[(id >> 6 & 63) as usize] >> (id & 63) & 1 != 0
    }
}

/// Replaces two ids by one wherever they are neighbours, from the left. Returns whether they are anywhere.
#[cold]
fn join(ids: &mut Vec<u32>, left: u32, right: u32, id: u32) -> bool {
    let (mut kept, mut at, length) = (0, 0, ids.len());
    while at < length {
        let joins = ids[at] == left && ids.get(at + 1) == Some(&right);
        ids[kept] = if joins { id } else { ids[at] };
        at += 1 + usize::from(joins);
        kept += 1;
    }
    ids.truncate(kept);
    kept < length
}
