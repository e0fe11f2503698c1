//! A piece -> ids: lowest rank first, leftmost on ties.
//!
//! By hand, with the merges 0: (a, b) -> X, 1: (b, c) -> Y, 2: (X, c) -> Z and the piece `a b c b c`:
//!
//! * rank 0 stands at place 0: `X c b c`
//! * rank 1 stands at place 2: `X c Y`
//! * rank 2 stands at place 0: `Z Y`, and no two neighbours merge any more
//!
//! Trying the merges in the order of learning gives the same; this only avoids trying those that do not occur. Joining the
//! longest token from the left does not: it is another algorithm, with other ids.
//!
//! The naive way looks at all pairs again after every merge. Here the parts form a linked list, so that a merge touches its
//! two neighbours only, and a heap holds every pair that can merge. A heap entry is *stale* when one of its parts has since
//! been merged away; it is recognised when it comes up, and dropped.
//!
//! Invariants: the parts, in list order, always concatenate to the piece; every pair of neighbours that merges has an entry in
//! the heap.
//!
//! Costs, n bytes: O(n log n) time, O(n) space, whatever the piece; no recursion.
//!
//! Implements SPEC E1, E2 and E7.

use crate::vocab::Vocab;
use std::cmp::Reverse;
use std::collections::BinaryHeap;

const GONE: u32 = u32::MAX;

/// Two neighbours that merge. Sorted, the one to merge first comes first: lowest rank, then leftmost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Candidate {
    pub rank: u32,
    pub place: usize,
    pub left: u32,
    pub right: u32,
    pub id: u32,
}

/// The ids of one piece, appended to `out`.
pub fn encode_piece(vocab: &Vocab, piece: &[u8], out: &mut Vec<u32>) {
    if vocab.whole_pieces
        && let Some(whole) = vocab.token_id(piece)
    {
        out.push(whole);
        return;
    }
    out.extend(merge_parts(vocab, single_bytes(vocab, piece)));
}

/// The ids of the bytes of a piece, one by one.
pub fn single_bytes(vocab: &Vocab, piece: &[u8]) -> Vec<u32> {
    piece.iter().map(|&byte| vocab.byte_ids[byte as usize]).collect()
}

/// Merge the parts until no two neighbours merge.
pub fn merge_parts(vocab: &Vocab, mut ids: Vec<u32>) -> Vec<u32> {
    let end = ids.len();
    // The place of the part to the left of each (`end` for none) and to the right of each (`end` for none).
    let mut before: Vec<usize> = (0..end).map(|place| place.checked_sub(1).unwrap_or(end)).collect();
    let mut after: Vec<usize> = (1..=end).collect();

    // The heap entry for the part at a place and the one after it, if they merge.
    let candidate = |ids: &[u32], after: &[usize], place: usize| {
        if place == end || after[place] == end {
            return None;
        }
        let (left, right) = (ids[place], ids[after[place]]);
        let (rank, id) = vocab.merge_of(left, right)?;
        Some(Reverse(Candidate { rank, place, left, right, id }))
    };

    let entries: Vec<_> = (0..end).filter_map(|place| candidate(&ids, &after, place)).collect();
    let mut heap = BinaryHeap::from(entries);
    while let Some(Reverse(Candidate { place, left, right, id, .. })) = heap.pop() {
        let gone = after[place];
        if ids[place] != left || gone == end || ids[gone] != right {
            continue; // stale
        }
        (ids[place], ids[gone]) = (id, GONE);
        after[place] = after[gone];
        if after[place] < end {
            before[after[place]] = place;
        }
        for changed in [before[place], place] {
            heap.extend(candidate(&ids, &after, changed));
        }
    }
    ids.retain(|&id| id != GONE);
    ids
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_hand() {
        let order: Vec<u8> = (0..=255).collect();
        let vocab = Vocab::from_merges(&order, &[(97, 98), (98, 99), (256, 99)]).unwrap();
        let mut ids = Vec::new();
        encode_piece(&vocab, b"abcbc", &mut ids);
        assert_eq!(ids, [258, 257]);
    }
}
