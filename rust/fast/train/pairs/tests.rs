//! The pool of positions: which list owns what, where new lists go, and when it is compacted.

use super::super::vetoes::Vetoes;
use super::*;
use crate::fast::train::arena::Layout;
use crate::fast::train::initial_pairs::initial_pairs;
use crate::fast::train::new_pairs::NewPairs;
use crate::fast::train::start_vocab::StartVocab;
use crate::reference::published::vocabs::Vocab;

const GAP: u32 = 300;

fn arena(pieces: &[(&str, i64)]) -> Arena<u16> {
    let pieces: Vec<(Vec<u8>, i64)> = pieces.iter().map(|(piece, count)| (piece.as_bytes().to_vec(), *count)).collect();
    let pieces = &pieces[..];
    let bytes: Vec<u8> = (0..=255).collect();
    let base = StartVocab::new(Vocab::from_merges(&bytes, &[]).expect("bytes").into());
    Arena::new(&Layout::new(&pieces, &base).expect("small"), &base, GAP, &pieces).expect("small")
}

/// The pairs of an arena before any merge.
fn pairs_of(arena: &Arena<u16>, dense: u32) -> (Pairs, Vec<u32>) {
    let mut pairs = Pairs::new(GAP as usize, dense).expect("small");
    let records = initial_pairs(
        arena,
        0..arena.last(),
        &mut pairs,
        &NewPairs::new(GAP, 1, u64::MAX, Vetoes::none()).expect("small"),
    )
    .expect("small");
    (pairs, records)
}

fn find(pairs: &Pairs, left: u32, right: u32) -> u32 {
    let is = |pair: &Pair| pair.len > 0 && (pair.left, pair.right) == (left, right);
    pairs.records.iter().position(is).expect("a pair") as u32
}

/// Adds a pair with these positions.
fn add(pairs: &mut Pairs, pair: (u32, u32), positions: &[u32]) -> u32 {
    let (index, place) = pairs.insert(pair.0, pair.1, 1, positions.len() as u32, 0).expect("small");
    (place..).zip(positions).for_each(|(place, &position)| pairs.write(place, position));
    index
}

/// What no list owns is counted, and no two lists own the same.
fn check(pairs: &Pairs) {
    let mut lists: Vec<Range<u32>> = pairs.records.iter().map(|pair| pair.start..pair.start + pair.len).collect();
    lists.retain(|list| !list.is_empty());
    lists.sort_by_key(|list| list.start);
    assert!(lists.windows(2).all(|two| two[0].end <= two[1].start), "{lists:?}");
    assert_eq!(pairs.positions.len() - lists.iter().map(ExactSizeIterator::len).sum::<usize>(), pairs.unowned);
}

#[test]
fn a_new_list_goes_where_a_merged_pair_left_space_for_it() {
    let mut pairs = Pairs::new(1000, 0).expect("small");
    let first = add(&mut pairs, (1, 2), &[10, 20, 30, 40, 50]);
    let last = add(&mut pairs, (3, 4), &[11]);
    check(&pairs);
    pairs.remove(first);
    check(&pairs);
    let lists: [&[u32]; 4] = [&[60, 70], &[80, 90, 100], &[], &[5]];
    let lengths = [6, 6, 6, 7];
    for (number, (list, length)) in (10..).zip(lists.into_iter().zip(lengths)) {
        let index = add(&mut pairs, (number, number), list);
        assert_eq!((pairs.positions(index), pairs.positions.len()), (list, length));
        check(&pairs);
    }
    assert_eq!(pairs.positions(last), [11]);
    // A list that does not fit goes to the end, and leaves the space to others.
    pairs.remove(last);
    add(&mut pairs, (20, 20), &[1, 2]);
    assert_eq!(pairs.positions.len(), 9);
    add(&mut pairs, (21, 21), &[3]);
    assert_eq!((pairs.positions.len(), pairs.unowned), (9, 0));
}

#[test]
fn all_records_that_are_given_back_are_used_again() {
    let mut pairs = Pairs::new(1000, 40).expect("small");
    let records: Vec<u32> = (0..20).map(|number| add(&mut pairs, (number, number), &[number])).collect();
    assert_eq!(records, (0..20).collect::<Vec<_>>());
    for &index in &[3, 17, 4, 0] {
        pairs.remove(index);
        check(&pairs);
    }
    let mut again: Vec<u32> = (0..4).map(|number| add(&mut pairs, (number, 30), &[7, 8])).collect();
    again.sort_unstable();
    assert_eq!(again, [0, 3, 4, 17]);
    assert_eq!(add(&mut pairs, (5, 31), &[]), 20);
    check(&pairs);
}

/// Of a text whose pairs of `a` and `b` are all gone, and some others.
fn with_stale_lists() -> (Arena<u16>, Pairs) {
    let mut arena = arena(&[(&"ab".repeat(40), 1), ("cdcd", 1)]);
    let (pairs, _) = pairs_of(&arena, 0);
    arena.slots.iter_mut().filter(|slot| **slot == u16::from(b'a')).for_each(|slot| *slot = 299);
    (arena, pairs)
}

#[test]
fn what_is_compacted_has_the_places_that_hold_and_no_others() {
    let (arena, mut pairs) = with_stale_lists();
    let (ab, cd, dc) = (find(&pairs, 97, 98), find(&pairs, 99, 100), find(&pairs, 100, 99));
    let kept = [cd, dc].map(|index| pairs.positions(index).to_vec());
    let gone = add(&mut pairs, (7, 8), &[1, 2, 3]);
    pairs.remove(gone);
    pairs.compact(&arena).expect("small");
    assert!(pairs.positions(ab).is_empty());
    assert_eq!([cd, dc].map(|index| pairs.positions(index).to_vec()), kept);
    assert_eq!((pairs.positions.len(), pairs.unowned), (3, 0));
    check(&pairs);
    // Compaction forgets the free space.
    let index = add(&mut pairs, (9, 9), &[50]);
    assert_eq!(pairs.positions(index), [50]);
    assert_eq!([cd, dc].map(|index| pairs.positions(index).to_vec()), kept);
    check(&pairs);
}

#[test]
fn the_pool_is_compacted_when_it_would_outgrow_the_first_lists() {
    let (arena, mut pairs) = with_stale_lists();
    let first = pairs.positions.len();
    pairs.reserve(100 * first, &arena).expect("small");
    assert_eq!(pairs.positions.len(), first, "the first lists are not there yet");
    pairs.settle();
    pairs.reserve(first / 16, &arena).expect("small");
    assert_eq!(pairs.positions.len(), first);
    pairs.reserve(first / 4, &arena).expect("small");
    assert_eq!(pairs.positions.len(), 3);
    check(&pairs);
}

#[test]
fn a_pool_that_is_all_in_use_may_grow_by_half() {
    let arena = arena(&[("ab", 1)]);
    let mut pairs = Pairs::new(1000, 0).expect("small");
    let list = |len: usize| vec![1; len];
    let ab = add(&mut pairs, (97, 98), &list(800));
    pairs.settle();
    add(&mut pairs, (97, 98), &list(90));
    pairs.reserve(90, &arena).expect("small");
    assert_eq!(pairs.positions.len(), 890);
    // From here on part of it is out of date, which only a walk finds.
    pairs.records[ab as usize].left = 120;
    pairs.reserve(360, &arena).expect("small");
    assert_eq!(pairs.positions.len(), 890, "one and a half times 890 is enough");
    pairs.reserve(600, &arena).expect("small");
    assert_eq!(pairs.positions.len(), 90);
    check(&pairs);
}

#[test]
fn a_pool_that_is_mostly_out_of_use_is_compacted() {
    let arena = arena(&[("ab", 1)]);
    for (unused, compacted) in [(0, false), (60, false), (72, true), (80, true)] {
        let mut pairs = Pairs::new(1000, 0).expect("small");
        let index = add(&mut pairs, (1, 2), &vec![1; unused]);
        add(&mut pairs, (97, 98), &vec![1; 80 - unused]);
        pairs.remove(index);
        pairs.reserve(0, &arena).expect("small");
        assert_eq!(pairs.positions.len(), if compacted { 80 - unused } else { 80 }, "{unused} of 80");
        check(&pairs);
    }
}

#[test]
fn a_count_is_exact_until_a_merge_takes_one_of_its_parts() {
    let mut arena = arena(&[("abcab", 2), ("xbcd", 3), ("cbcb", 1)]);
    let (mut pairs, records) = pairs_of(&arena, 0);
    let (mut exact, dense_records) = pairs_of(&arena, GAP);
    assert!(records.iter().all(|&index| pairs.is_exact(index)));
    let (ab, ca, cd, bc) = (find(&pairs, 97, 98), find(&pairs, 99, 97), find(&pairs, 99, 100), find(&pairs, 98, 99));
    assert_eq!((pairs.get(ab).count, pairs.get(bc).count), (4, 6));
    let mut joined = Vec::new();
    arena.lengths[256] = 2;
    pairs.join(bc, 256, 1, &mut arena, &mut joined).expect("small");
    pairs.remove(bc);
    // (a, b) lost a right part to the merge, (c, a) and (c, d) a left part, (b, c) is gone.
    assert!([ab, ca, cd].iter().all(|&index| !pairs.is_exact(index)));
    // A pair that this merge created is exact, though one of its parts was taken.
    let (created, _) = pairs.insert(99, 256, 1, 0, 1).expect("small");
    assert!(pairs.is_exact(created));
    for (index, count, positions) in [(ab, 2, 1), (ca, 0, 0), (cd, 0, 0)] {
        pairs.recount(index, &arena, 1);
        assert!(pairs.is_exact(index));
        assert_eq!((pairs.get(index).count, pairs.positions(index).len()), (count, positions));
    }
    check(&pairs);
    // Where losses are booked as they happen, each count is exact.
    exact.join(find(&exact, 98, 99), 256, 1, &mut arena, &mut joined).expect("small");
    assert!(dense_records.iter().all(|&index| exact.is_exact(index)));
    exact.lose(97, 98, 3);
    exact.lose(250, 251, 3);
    assert_eq!(exact.get(find(&exact, 97, 98)).count, 1);
    // A record that another pair has now is not touched.
    exact.remove(find(&exact, 97, 98));
    let (other, _) = exact.insert(200, 201, 9, 0, 1).expect("small");
    exact.lose(97, 98, 3);
    assert_eq!(exact.get(other).count, 9);
    exact.lose(200, 201, 3);
    assert_eq!(exact.get(other).count, 6);
}
