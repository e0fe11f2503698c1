//! Parts -> merged parts: the two neighbours of the lowest rank first, leftmost on ties.
//!
//! Parts are ids as a rule (`encode.rs`), but may be anything that can be compared: the parts of a token, say, whose merge is to
//! be found (`ranks.rs`). What merges is asked of a function.
//!
//! By hand, with the merges 0: (a, b) -> X and 1: (X, c) -> Y and the parts `a b c`: the heap holds (a, b), which becomes X; now
//! (X, c) merges, and the entry (b, c), had there been one, would be stale.
//!
//! The naive way looks at all pairs again after every merge. Here the parts form a linked list, so that a merge touches only
//! its two neighbours, and a heap holds every pair that can merge. A heap entry is *stale* if one of its parts has since been
//! merged away; it is recognised when it comes to the top, and dropped.
//!
//! At each step, the merge that is next may be passed over (`dropout.rs`); then the one after it is next, and so on. What was
//! passed over is back at the next step.
//!
//! Invariants: the parts, in list order, always spell the whole; every pair of neighbours that can merge has an entry in the
//! heap.
//!
//! Costs, n parts: O(n log n) time, O(n) space; no recursion.
//!
//! Implements SPEC E1, E7 and E11.

use crate::error::Result;
use crate::support::interrupt;
use std::cmp::Reverse;
use std::collections::BinaryHeap;

const GONE: usize = usize::MAX;

/// Merges the parts until no two neighbours can merge. `merge_of` gives the rank of two neighbours and the part that they make.
pub fn merge_parts<P: Copy + Ord>(merge_of: impl Fn(P, P) -> Option<(u32, P)>, parts: Vec<P>) -> Result<Vec<P>> {
    merge_with_dropout(merge_of, parts, || false)
}

/// As `merge_parts`, but each candidate of each step is passed over where `passes_over` says so.
pub fn merge_with_dropout<P: Copy + Ord>(
    merge_of: impl Fn(P, P) -> Option<(u32, P)>,
    mut parts: Vec<P>,
    mut passes_over: impl FnMut() -> bool,
) -> Result<Vec<P>> {
    let end = parts.len();
    // The place of the part to the left of each (`end` for none) and to the right of each (`end` for none).
    let (mut before, mut after) = (Vec::new(), Vec::new());
    interrupt::append(&mut before, (0..end).map(|place| place.checked_sub(1).unwrap_or(end)))?;
    interrupt::append(&mut after, (0..end).map(|place| place + 1))?;

    // The heap entry for the part at a place and the one after it, if they merge.
    let candidate = |parts: &[P], after: &[usize], place: usize| {
        if place == end || after[place] == end {
            return None;
        }
        let (left, right) = (parts[place], parts[after[place]]);
        let (rank, made) = merge_of(left, right)?;
        Some(Reverse((rank, place, left, right, made)))
    };

    let mut heap = BinaryHeap::new();
    let push = |heap: &mut BinaryHeap<_>, entry: Option<_>| {
        heap.try_reserve(1)?;
        heap.extend(entry);
        interrupt::check()
    };
    for place in 0..end {
        push(&mut heap, candidate(&parts, &after, place))?;
    }
    let mut passed = Vec::new(); // the candidates that were passed over at this step
    while let Some(entry) = heap.pop() {
        let Reverse((_, place, left, right, made)) = entry;
        let gone = after[place];
        if gone >= end || parts[place] != left || parts[gone] != right {
            continue; // stale
        }
        if passes_over() {
            passed.try_reserve(1)?;
            passed.push(entry);
            interrupt::check()?;
            continue;
        }
        parts[place] = made;
        after[place] = std::mem::replace(&mut after[gone], GONE);
        if after[place] < end {
            before[after[place]] = place;
        }
        for changed in [before[place], place] {
            push(&mut heap, candidate(&parts, &after, changed))?;
        }
        for entry in passed.drain(..) {
            push(&mut heap, Some(entry))?;
        }
    }
    let mut kept = after.iter();
    parts.retain(|_| kept.next() != Some(&GONE));
    Ok(parts)
}
