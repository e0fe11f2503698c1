use super::super::lookup::look_up::{FEW, LookUp, piece_at};
use super::super::lookup::piece_key::{MAX_KEY_BYTES, MEMORABLE, key_of};
use super::*;
use crate::fast::encode::cut::ends::Ends;
use crate::fast::encode::tables::Tables;
use crate::fast::simd::Isa;
use crate::reference::encode::encode_piece;
use crate::reference::published::vocabs::Vocab;
use std::sync::Arc;

const SIZE: Size = Size { log_buckets: 10, max_log_buckets: 10, first_record: 300, records: 9000 };

fn tables() -> Tables {
    let order: Vec<u8> = (0..=255).collect();
    let merges = [(97, 98), (256, 99), (32, 97), (49, 48), (257, 256), (259, 259)];
    Tables::new(Arc::new(Vocab::from_merges(&order, &merges).unwrap())).unwrap()
}

fn ends(lengths: impl IntoIterator<Item = usize>) -> Vec<usize> {
    let mut end = 0;
    let next = |length| {
        end += length;
        end
    };
    lengths.into_iter().map(next).collect()
}

fn pieces<'t>(text: &'t [u8], ends: &[usize]) -> Vec<&'t [u8]> {
    (0..).zip(ends).map(|(index, _)| piece_at(text, 0, ends, index)).collect()
}

fn mirror(tables: &Tables, pieces: &[&[u8]]) -> Vec<u32> {
    let mut ids = Vec::new();
    for piece in pieces {
        encode_piece(tables.vocab(), piece, &mut ids).unwrap();
    }
    ids
}

pub(in crate::fast::encode) fn encode_from(
    work: &mut Workspace,
    tables: &Tables,
    text: &[u8],
    ends: &[usize],
    first: usize,
) -> Vec<u32> {
    let (mut ids, start) = (Vec::new(), if first == 0 { 0 } else { ends[first - 1] });
    work.ends = ends.to_vec();
    let (found, cache) = (&mut work.found, work.cache.view());
    LookUp { found, cache, text, start, ends: Ends::of_block(&ends[first..]) }.run(Isa::fastest());
    work.merge_misses(Merging { tables, later: None, long: None }, text, start, first..ends.len())
        .append_to(&mut ids)
        .unwrap();
    ids
}

fn encode(work: &mut Workspace, tables: &Tables, text: &[u8], ends: &[usize]) -> Vec<u32> {
    encode_from(work, tables, text, ends, 0)
}

#[test]
fn pieces_of_all_lengths_are_encoded_and_the_spill_is_of_one_block() {
    let tables = tables();
    let ends = ends((1..=70).chain(MEMORABLE - 5..MEMORABLE + 5));
    let text: Vec<u8> = b"abcab abca ".iter().copied().cycle().take(*ends.last().unwrap()).collect();
    let expected = mirror(&tables, &pieces(&text, &ends));
    let mut work = Workspace::new(SIZE).unwrap();
    let spilled = [0; 3].map(|_| {
        assert_eq!(encode(&mut work, &tables, &text, &ends), expected);
        work.spill.len()
    });
    assert!(spilled[0] > 0 && spilled == [spilled[0]; 3], "{spilled:?}");
    let unknown = work.found.misses.iter().map(|&index| piece_at(&text, 0, &ends, index).len());
    assert!(unknown.eq(MEMORABLE + 1..MEMORABLE + 5), "only what is not worth remembering is merged again");
}

/// Numbers of 14 to 18 digits and of 1 to 13 in turn, the last one of `last` digits, and more text after them.
fn numbers(count: usize, last: usize) -> (Vec<u8>, Vec<usize>) {
    let digits = |index: usize| if index.is_multiple_of(2) { 14 + index % 5 } else { 1 + index % 13 };
    let digits = |index: usize| if index + 1 == count { last } else { digits(index) };
    let numbers: Vec<String> = (0..count).map(|index| format!("{index:0>0$}", digits(index))).collect();
    let ends = ends(numbers.iter().map(String::len));
    (format!("{}{}", numbers.concat(), "1".repeat(20)).into_bytes(), ends)
}

#[test]
fn a_long_piece_is_told_from_another_of_the_same_key() {
    let tables = tables();
    for (count, last) in [(1, 14), (FEW, 15), (FEW + 1, 13), (FEW + 1, 14), (90, 15), (90, 16), (90, 17)] {
        let (text, ends) = numbers(count, last);
        for text in [&text[..], &text[..*ends.last().unwrap()]] {
            let pieces = pieces(text, &ends);
            let mut work = Workspace::new(SIZE).unwrap();
            for piece in pieces.iter().filter(|piece| piece.len() > MAX_KEY_BYTES) {
                let other: Vec<u8> = piece.iter().map(|byte| byte ^ 1).collect();
                work.cache.insert(key_of(piece, 0, piece.len()), &other, &[7, 8]).unwrap();
            }
            for _ in 0..2 {
                assert_eq!(encode(&mut work, &tables, text, &ends), mirror(&tables, &pieces), "{count}");
            }
        }
    }
}

#[test]
fn the_first_look_finds_what_is_known() {
    let tables = tables();
    for (count, last) in [(1, 9), (FEW, 15), (FEW + 1, 12), (FEW + 1, 13), (FEW + 1, 14), (400, 15), (400, 16)] {
        let (text, ends) = numbers(count, last);
        for text in [&text[..], &text[..*ends.last().unwrap()]] {
            let mut work = Workspace::new(SIZE).unwrap();
            encode(&mut work, &tables, text, &ends);
            for first in 0..count.min(3) {
                let start = if first == 0 { 0 } else { ends[first - 1] };
                let (found, cache) = (&mut work.found, work.cache.view());
                LookUp { found, cache, text, start, ends: Ends::of_block(&ends[first..]) }.run(Isa::fastest());
                assert!(work.found.misses.is_empty(), "{:?} of {count} from {first}", work.found.misses);
                let long = pieces(text, &ends)[first..].iter().filter(|piece| piece.len() > MAX_KEY_BYTES).count();
                assert_eq!(work.found.longs.len(), long);
            }
        }
    }
}

#[test]
fn a_call_gives_back_a_long_spill() {
    let mut work = Workspace::new(SIZE).unwrap();
    work.spill.resize(8 * KEPT, 0);
    work.end_call();
    assert!(work.spill.is_empty() && work.spill.capacity() < 8 * KEPT);
}

#[test]
fn a_token_that_a_new_block_has_twice_is_found_both_times() {
    let words = [b"ab".to_vec(), b"abc".to_vec(), b"abcabcabcabcabcabc".to_vec()];
    let ranks: Vec<(Vec<u8>, u32)> = (0..=255u8).map(|byte| vec![byte]).chain(words.clone()).zip(0..).collect();
    let tables = Tables::new(Arc::new(Vocab::from_ranks(&ranks).unwrap())).unwrap();
    for count in [1, 2, FEW, 40] {
        let ends = ends(words.iter().map(Vec::len).cycle().take(3 * count));
        let mut work = Workspace::new(SIZE).unwrap();
        assert_eq!(encode(&mut work, &tables, &words.concat().repeat(count), &ends), [256, 257, 258].repeat(count));
    }
}
