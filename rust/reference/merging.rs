//! Parts -> merged parts: the two neighbours of the lowest rank first, leftmost on ties.
//!
//! Parts are ids as a rule (`encode.rs`), or byte strings: the parts of a token whose merge is to be found (`ranks.rs`). A
//! function says what merges.
//!
//! By hand, with the merges 0: (a, b) -> X, 1: (b, c) -> Y and 2: (X, c) -> Z and the parts `a b c`: the heap holds (a, b) and
//! (b, c). The first becomes X, and (X, c) is put on the heap. Then (b, c) comes to the top: its b is gone, so it is dropped.
//!
//! The naive way looks at all pairs again after every merge. Here the parts form a linked list, so that a merge touches only
//! its two neighbours, and a heap holds every pair that can merge. A heap entry is *stale* if one of its parts has since been
//! merged away; it is recognised when it comes to the top, and dropped.
//!
//! Invariants: the parts, in list order, always spell the whole; every pair of neighbours that can merge has an entry in the heap.
//!
//! Costs, n parts: O(n log n) time, O(n) space; no recursion.
//!
//! Implements SPEC E1 and E7.

use crate::error::Result;
use crate::support::interrupt;
use std::cmp::Reverse;
use std::collections::BinaryHeap;

const GONE: usize = usize::MAX;

/// Rank, place, the two parts and what they make: the order of merging.
pub type Entry<P> = (u32, usize, P, P, P);

/// Merges the parts until no two neighbours can merge. `merge_of` gives the rank of two neighbours and the part that they make.
pub fn merge_parts<P: Copy + Ord>(merge_of: impl Fn(P, P) -> Option<(u32, P)>, parts: Vec<P>) -> Result<Vec<P>> {
    let mut chain = Chain::new(merge_of, parts)?;
    let mut heap = BinaryHeap::new();
    for place in 0..chain.end {
        push(&mut heap, chain.candidate(place))?;
    }
    while let Some(Reverse(entry)) = heap.pop() {
        if chain.is_stale(&entry) {
            continue;
        }
        for changed in chain.merge(&entry) {
            push(&mut heap, chain.candidate(changed))?;
        }
    }
    Ok(chain.merged())
}

/// Puts an entry on a heap, if there is one.
pub fn push<P: Ord>(heap: &mut BinaryHeap<Reverse<Entry<P>>>, entry: Option<Entry<P>>) -> Result<()> {
    heap.try_reserve(1)?;
    heap.extend(entry.map(Reverse));
    interrupt::check()
}

/// Parts as a linked list, of which two neighbours can become one.
pub struct Chain<P, F> {
    merge_of: F,
    parts: Vec<P>,
    pub end: usize,
    /// The place of the part to the left of each; `end` for none.
    before: Vec<usize>,
    /// The place of the part to the right of each; `end` for none, and `GONE` for a part that was merged away.
    after: Vec<usize>,
}

impl<P, F> Chain<P, F>
where
    P: Copy + Ord,
    F: Fn(P, P) -> Option<(u32, P)>,
{
    pub fn new(merge_of: F, parts: Vec<P>) -> Result<Chain<P, F>> {
        let end = parts.len();
        let (mut before, mut after) = (Vec::new(), Vec::new());
        interrupt::append(&mut before, (0..end).map(|place| place.checked_sub(1).unwrap_or(end)))?;
        interrupt::append(&mut after, (0..end).map(|place| place + 1))?;
        Ok(Chain { merge_of, parts, end, before, after })
    }

    /// Returns the heap entry for the part at a place and the one after it, if they can merge.
    pub fn candidate(&self, place: usize) -> Option<Entry<P>> {
        if place == self.end || self.after[place] == self.end {
            return None;
        }
        let (left, right) = (self.parts[place], self.parts[self.after[place]]);
        let (rank, made) = (self.merge_of)(left, right)?;
        Some((rank, place, left, right, made))
    }

    /// Returns whether a part of an entry has been merged away since.
    pub fn is_stale(&self, entry: &Entry<P>) -> bool {
        let &(_, place, left, right, _) = entry;
        let following = self.after[place];
        following >= self.end || self.parts[place] != left || self.parts[following] != right
    }

    /// Merges the parts of an entry, and returns the places of the two that have a new neighbour to the right.
    pub fn merge(&mut self, entry: &Entry<P>) -> [usize; 2] {
        let place = entry.1;
        let gone = self.after[place];
        self.parts[place] = entry.4;
        self.after[place] = std::mem::replace(&mut self.after[gone], GONE);
        if self.after[place] < self.end {
            self.before[self.after[place]] = place;
        }
        [self.before[place], place]
    }

    /// Returns the parts that are left, in order.
    pub fn merged(mut self) -> Vec<P> {
        let mut kept = self.after.iter();
        self.parts.retain(|_| kept.next() != Some(&GONE));
        self.parts
    }
}
