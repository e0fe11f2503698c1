//! The pairs that training starts with. They are pairs of bytes, so that two small tables count them without a hash; where a
//! vocabulary is extended, they are pairs of any of its tokens.

#![expect(clippy::cast_possible_truncation, reason = "more than 2^31 slots are refused by the trainer")]

use std::ops::Range;

use super::arena::{Arena, POLL_EVERY, Symbol};
use super::new_pairs::NewPairs;
use super::pairs::{NONE, Pairs};
use crate::error::Result;
use crate::fast::util::fallible::{filled, push};
use foldhash::{HashMap, HashMapExt};

/// The cells in which pairs are counted. A pair that holds the gap may have one; it is never merged.
trait Cells {
    fn of(&mut self, left: u32, right: u32) -> usize;

    /// How many cells there are by now, and the pair of each.
    fn len(&self) -> usize;
    fn pair(&self, cell: usize) -> (u32, u32);
}

/// The 256 bytes and the gap, which counts as one more.
const SIDE: usize = 257;

struct OfBytes;

impl Cells for OfBytes {
    #[inline]
    fn of(&mut self, left: u32, right: u32) -> usize {
        left.min(256) as usize * SIDE + right.min(256) as usize
    }

    fn len(&self) -> usize {
        SIDE * SIDE
    }

    fn pair(&self, cell: usize) -> (u32, u32) {
        ((cell / SIDE) as u32, (cell % SIDE) as u32)
    }
}

struct OfIds {
    cells: HashMap<(u32, u32), usize>,
    pairs: Vec<(u32, u32)>,
}

impl Cells for OfIds {
    fn of(&mut self, left: u32, right: u32) -> usize {
        let Self { cells, pairs } = self;
        *cells.entry((left, right)).or_insert_with(|| {
            pairs.push((left, right));
            pairs.len() - 1
        })
    }

    fn len(&self) -> usize {
        self.pairs.len()
    }

    fn pair(&self, cell: usize) -> (u32, u32) {
        self.pairs[cell]
    }
}

/// Adds to `pairs` every pair in a range of the arena that may be merged one day, and returns the indices of the records. Calls `working` now and
/// then.
pub(super) fn initial_pairs<S: Symbol>(
    arena: &Arena<S>,
    range: Range<u32>,
    pairs: &mut Pairs,
    new_pairs: &NewPairs,
    working: impl FnMut() -> Result<()>,
) -> Result<Vec<u32>> {
    if arena.bytes_only {
        return initial_pairs_in(OfBytes, arena, range, pairs, new_pairs, working);
    }
    initial_pairs_in(OfIds { cells: HashMap::new(), pairs: Vec::new() }, arena, range, pairs, new_pairs, working)
}

fn initial_pairs_in<S: Symbol>(
    mut cells: impl Cells,
    arena: &Arena<S>,
    range: Range<u32>,
    pairs: &mut Pairs,
    new_pairs: &NewPairs,
    mut working: impl FnMut() -> Result<()>,
) -> Result<Vec<u32>> {
    let mut counts = filled((0_u64, 0_u32), cells.len())?;
    let mut weights = arena.weights.cursor();
    let mut p = range.start;
    while p < range.end {
        working()?;
        p = arena.walk(p, range.end.min(p + POLL_EVERY as u32), |p, left, right| {
            let cell = cells.of(left, right);
            if cell == counts.len() {
                counts.push((0, 0));
            }
            counts[cell].0 += weights.at(p);
            counts[cell].1 += 1;
        });
    }
    let mut records = Vec::new();
    let mut places = filled(NONE, cells.len())?;
    for (cell, (&(count, positions), place)) in counts.iter().zip(&mut places).enumerate() {
        let (left, right) = cells.pair(cell);
        let length = |id: u32| u64::from(arena.lengths[id as usize]);
        let gap = left.max(right) >= if arena.bytes_only { 256 } else { arena.gap };
        if !gap && positions > 0 && new_pairs.may_merge((left, right), count, length(left) + length(right)) {
            let record;
            (record, *place) = pairs.insert(left, right, count, positions, 0)?;
            push(&mut records, record)?;
        }
    }
    let mut p = range.start;
    while p < range.end {
        working()?;
        p = arena.walk(p, range.end.min(p + POLL_EVERY as u32), |p, left, right| {
            let place = &mut places[cells.of(left, right)];
            if *place != NONE {
                pairs.write(*place, p);
                *place += 1;
            }
        });
    }
    Ok(records)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::super::arena::Layout;
    use super::super::start_vocab::StartVocab;
    use super::super::vetoes::Vetoes;
    use super::*;
    use crate::error::Error;
    use crate::vocab::Vocab;

    const GAP: u32 = 300;

    type Found = BTreeMap<(u32, u32), (u64, Vec<u32>)>;

    fn arena(merges: &[(u32, u32)]) -> Arena<u16> {
        let bytes: Vec<u8> = (0..=255).collect();
        let base = StartVocab::new(Vocab::from_merges(&bytes, merges).expect("well-formed").into()).unwrap();
        let pieces =
            [(b"abcabab".to_vec(), 3), (b"aaaa".to_vec(), 5), (b"\x00\xff\x00\xff".to_vec(), 1), (b"abc".to_vec(), 3)];
        Arena::new(&Layout::new(&&pieces[..]).expect("small"), &base, GAP, &&pieces[..]).expect("small")
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
            may_merge(*count, arena.lengths[*left as usize] + arena.lengths[*right as usize])
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
                    let records =
                        initial_pairs(&arena, 0..arena.last(), &mut pairs, &new_pairs, || Ok(())).expect("small");
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
    fn an_error_stops_the_first_walk_and_the_second() {
        for limit in 0..2 {
            let (mut pairs, mut calls) = (Pairs::new(GAP as usize, 0).expect("small"), 0);
            let stopped = initial_pairs(
                &arena(&[]),
                0..arena(&[]).last(),
                &mut pairs,
                &NewPairs::new(GAP, 1, u64::MAX, Vetoes::none()).expect("small"),
                || {
                    calls += 1;
                    if calls > limit { Err(Error::Interrupted) } else { Ok(()) }
                },
            );
            assert_eq!((stopped, calls), (Err(Error::Interrupted), limit + 1));
        }
    }
}
