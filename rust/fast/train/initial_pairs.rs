//! The pairs that training starts with. They are pairs of bytes, so that two small tables count them without a hash; where a
//! vocabulary is extended, they are pairs of any of its tokens, which sorting all places brings together. Few places are sorted, too.

#![expect(clippy::cast_possible_truncation, reason = "more than 2^31 slots are refused by the trainer")]

use std::ops::Range;

use super::arena::{Arena, Symbol};
use super::new_pairs::NewPairs;
use super::pairs::{NONE, Pairs};
use crate::error::Result;
use crate::fast::util::fallible::{filled, push, room};
use crate::support::interrupt;

/// How far ahead in a list the slots are prefetched.
const AHEAD: usize = 16;

/// The 256 bytes and the gap, which counts as one more.
const SIDE: usize = 257;

/// Below how many places and ids sorting takes less time than clearing and reading the square.
const FEW: usize = if cfg!(test) { 64 } else { SIDE * SIDE };

/// Adds to `pairs` every pair in a range of the arena that may be merged one day, and returns the indices of the records.
pub(super) fn initial_pairs<S: Symbol>(
    arena: &Arena<S>,
    range: Range<u32>,
    pairs: &mut Pairs,
    new_pairs: &NewPairs,
) -> Result<Vec<u32>> {
    let few = range.len() + (arena.gap as usize) < FEW;
    if arena.bytes_only && !few {
        of_bytes(arena, range, pairs, new_pairs)
    } else {
        of_ids(arena, range, pairs, new_pairs)
    }
}

/// Counts in a square, then puts each place where it belongs.
fn of_bytes<S: Symbol>(
    arena: &Arena<S>,
    range: Range<u32>,
    pairs: &mut Pairs,
    new_pairs: &NewPairs,
) -> Result<Vec<u32>> {
    let cell = |left: u32, right: u32| left.min(256) as usize * SIDE + right.min(256) as usize;
    let mut counts = filled((0_u64, 0_u32), SIDE * SIDE)?;
    let mut weights = arena.weights.cursor();
    arena.walk(&range, |p, left, right| {
        let (count, positions) = &mut counts[cell(left, right)];
        *count += weights.at(p);
        *positions += 1;
    })?;
    let mut records = Vec::new();
    let mut places = filled(NONE, SIDE * SIDE)?;
    for (cell, (&(count, positions), place)) in counts.iter().zip(&mut places).enumerate() {
        let (left, right) = ((cell / SIDE) as u32, (cell % SIDE) as u32);
        let is_pair = left.max(right) < 256 && positions > 0;
        if is_pair && new_pairs.may_merge((left, right), count, size(arena, left, right))? {
            let record;
            (record, *place) = pairs.insert(left, right, count, positions, 0)?;
            push(&mut records, record)?;
        }
    }
    arena.walk(&range, |p, left, right| {
        let place = &mut places[cell(left, right)];
        if *place != NONE {
            pairs.write(*place, p);
            *place += 1;
        }
    })?;
    Ok(records)
}

/// Sorts all places by the left id, so that the pairs of one left id are counted at a time, by their right ids.
fn of_ids<S: Symbol>(arena: &Arena<S>, range: Range<u32>, pairs: &mut Pairs, new_pairs: &NewPairs) -> Result<Vec<u32>> {
    let is_pair = |left: u32, right: u32| left != arena.gap && right != arena.gap;
    // For each left id where its places end, at last.
    let mut ends = filled(0_u32, arena.gap as usize + 1)?;
    arena.walk(&range, |_, left, right| ends[left as usize] += u32::from(is_pair(left, right)))?;
    let mut end = 0;
    for place in &mut ends {
        end += std::mem::replace(place, end);
    }
    let mut sorted = filled(0_u32, end as usize)?;
    arena.walk(&range, |p, left, right| {
        if is_pair(left, right) {
            let place = &mut ends[left as usize];
            sorted[*place as usize] = p;
            *place += 1;
        }
    })?;
    let (mut records, mut start) = (Vec::new(), 0);
    let mut rights = filled(Right::default(), arena.gap as usize)?;
    let mut touched = room(arena.gap as usize)?;
    for (left, &end) in ends[..arena.gap as usize].iter().enumerate() {
        let (left, positions) = (left as u32, &sorted[start as usize..end as usize]);
        start = end;
        interrupt::check()?;
        let mut weights = arena.weights.cursor();
        for (at, &p) in positions.iter().enumerate() {
            if let Some(&ahead) = positions.get(at + AHEAD) {
                arena.prefetch(ahead);
            }
            let id = arena.at(p + 1);
            let right = &mut rights[id as usize];
            if right.positions == 0 {
                touched.push(id);
            }
            right.count += weights.at(p);
            right.positions += 1;
        }
        let known = records.len();
        for &id in &touched {
            let right = &mut rights[id as usize];
            right.place = NONE;
            if new_pairs.may_merge((left, id), right.count, size(arena, left, id))? {
                let record;
                (record, right.place) = pairs.insert(left, id, right.count, right.positions, 0)?;
                push(&mut records, record)?;
            }
        }
        if records.len() > known {
            for &p in positions {
                let place = &mut rights[arena.at(p + 1) as usize].place;
                if *place != NONE {
                    pairs.write(*place, p);
                    *place += 1;
                }
            }
        }
        touched.drain(..).for_each(|id| rights[id as usize] = Right::default());
    }
    Ok(records)
}

/// What is known of a pair while those of its left id are counted, by its right id.
#[derive(Clone, Copy, Default)]
struct Right {
    count: u64,
    positions: u32,
    /// Where its next position goes; [`NONE`] if the pair is not kept.
    place: u32,
}

/// The bytes of the token that a pair would make.
fn size<S: Symbol>(arena: &Arena<S>, left: u32, right: u32) -> u64 {
    u64::from(arena.sizes[left as usize]) + u64::from(arena.sizes[right as usize])
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::super::arena::Layout;
    use super::super::start_vocab::StartVocab;
    use super::super::vetoes::Vetoes;
    use super::*;
    use crate::error::Error;
    use crate::reference::published::vocabs::Vocab;
    use std::time::Duration;

    const GAP: u32 = 300;

    type Found = BTreeMap<(u32, u32), (u64, Vec<u32>)>;

    fn arena(merges: &[(u32, u32)]) -> Arena<u16> {
        let bytes: Vec<u8> = (0..=255).collect();
        let base = StartVocab::new(Vocab::from_merges(&bytes, merges).expect("well-formed").into());
        let pieces =
            [(b"abcabab".to_vec(), 3), (b"aaaa".to_vec(), 5), (b"\x00\xff\x00\xff".to_vec(), 1), (b"abc".to_vec(), 3)];
        if base.is_bytes() {
            return Arena::new(&Layout::new(&&pieces[..], &base).expect("small"), &base, GAP, &&pieces[..])
                .expect("small");
        }
        let runs = base.runs().unwrap().of(pieces.iter().map(|(piece, n)| (&piece[..], *n))).expect("few");
        Arena::new(&Layout::new(&runs, &base).expect("small"), &base, GAP, &runs).expect("small")
    }

    /// Every two tokens side by side, found by a look at each slot in which a token begins.
    fn oracle(arena: &Arena<u16>, may_merge: impl Fn(u64, u32) -> bool) -> Found {
        let mut found = Found::new();
        let mut p = 0;
        while p + 1 < arena.slots.len() {
            let left = u32::from(arena.slots[p]);
            let next = p + arena.lengths[left as usize].max(1) as usize;
            let right = u32::from(arena.slots[next]);
            if left != GAP && right != GAP {
                let (count, positions) = found.entry((left, right)).or_default();
                *count += arena.weights.get(p as u32).1;
                positions.push(p as u32);
            }
            p = next;
        }
        found.retain(|(left, right), (count, _)| {
            may_merge(*count, arena.sizes[*left as usize] + arena.sizes[*right as usize])
        });
        found
    }

    #[test]
    fn each_pair_has_its_count_and_all_its_places_in_order() {
        for merges in [&[][..], &[(97, 98)], &[(97, 98), (256, 99), (97, 97)]] {
            let arena = arena(merges);
            for (min_frequency, max_length) in [(1, u64::MAX), (6, u64::MAX), (1, 2), (1, 3), (4, 4)] {
                for dense in [0, GAP] {
                    let mut pairs = Pairs::new(GAP as usize, dense).expect("small");
                    let new_pairs = NewPairs::new(GAP, min_frequency, max_length, Vetoes::none()).expect("small");
                    let records = initial_pairs(&arena, 0..arena.last(), &mut pairs, &new_pairs).expect("small");
                    let found: Found = records
                        .iter()
                        .map(|&index| {
                            let pair = pairs.get(index);
                            ((pair.left, pair.right), (pair.count, pairs.positions(index).to_vec()))
                        })
                        .collect();
                    let may_merge = |count, length| count >= min_frequency && u64::from(length) <= max_length;
                    assert_eq!(found, oracle(&arena, may_merge));
                    assert_eq!(records.len(), found.len());
                }
            }
        }
    }

    #[test]
    fn a_walk_is_stopped() {
        for merges in [&[][..], &[(97, 98)]] {
            let (arena, mut pairs) = (arena(merges), Pairs::new(GAP as usize, 0).expect("small"));
            let new_pairs = NewPairs::new(GAP, 1, u64::MAX, Vetoes::none()).expect("small");
            let work =
                || (0..99).try_for_each(|_| initial_pairs(&arena, 0..arena.last(), &mut pairs, &new_pairs).map(drop));
            assert_eq!(interrupt::run_every(Duration::ZERO, || true, work), Err(Error::Interrupted));
        }
    }
}
