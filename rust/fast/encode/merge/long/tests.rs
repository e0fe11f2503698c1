use super::*;
use crate::reference::published::vocabs::{Alphabet, Vocab};
use std::sync::Arc;

fn merge_heap(table: &PairTable, piece: &[u8]) -> Result<Vec<u32>> {
    super::merge_heap(table, piece, || false)
}

/// The results of all algorithms that do not run out of patience.
pub(in crate::fast::encode) fn every_way(table: &PairTable, piece: &[u8]) -> Vec<Vec<u32>> {
    let mut ways = vec![merge_heap(table, piece).unwrap()];
    ways.extend(merge_rounds(table, piece, usize::MAX).unwrap());
    ways.extend(merge_chunks(table, piece).unwrap());
    if piece.len() <= WIDE_LANE {
        ways.push(Vec::new());
        merge_alone(table, piece, ways.last_mut().unwrap());
    }
    ways.iter().map(|way| way.iter().map(|&symbol| table.id(symbol)).collect()).collect()
}

/// Merges over the bytes in their order, each ranked after those that make its sides.
fn rising(merges: &[(u32, u32)]) -> PairTable {
    let order: Vec<u8> = (0..=255).collect();
    PairTable::new(&Arc::new(Vocab::from_merges(&order, merges).unwrap())).unwrap().unwrap()
}

fn words(length: u32) -> impl Iterator<Item = String> {
    (0..1usize << length).map(move |word| (0..length).map(|bit| if word >> bit & 1 == 0 { 'a' } else { 'b' }).collect())
}

/// Merges of bytes and of words of two to four letters, ranked as they are listed.
fn listed(merges: &[(&str, &str)]) -> PairTable {
    let bytes = (0..=255u8).map(|byte| vec![byte]);
    let tokens: Vec<(Vec<u8>, u32)> =
        bytes.chain((2..=4).flat_map(words).chain(["abc".into()]).map(String::into_bytes)).zip(0..).collect();
    let id = |word: &str| tokens.iter().find(|(token, _)| token == word.as_bytes()).unwrap().1;
    let pairs: Vec<(u32, u32)> = merges.iter().map(|(left, right)| (id(left), id(right))).collect();
    PairTable::new(&Arc::new(Vocab::from_tokens(&tokens, &pairs, false, Alphabet::default()).unwrap()))
        .unwrap()
        .unwrap()
}

/// Pseudo-random numbers below a bound.
fn chance(seed: u64) -> impl FnMut(usize) -> usize {
    let mut state = seed;
    move |bound| {
        state = state.wrapping_mul(0x5851_F42D_4C95_7F2D).wrapping_add(0x1405_7B7E_F767_814F);
        (state >> 33) as usize % bound
    }
}

#[test]
fn where_ranks_rise_rounds_and_chunks_suffice() {
    let lists: [&[(u32, u32)]; 4] = [
        &[],
        &[(97, 97), (256, 256), (257, 97), (98, 98)],
        &[(97, 98), (256, 99), (99, 97), (98, 97), (257, 256), (258, 98), (260, 260)],
        &[(98, 97), (97, 256), (99, 99), (257, 98), (258, 97), (256, 257), (97, 97)],
    ];
    let mut next = chance(1);
    for merges in lists {
        let table = rising(merges);
        for length in (1..200).chain([511, 512, 513, 2000]) {
            let letters = 2 + length % 2;
            let piece: Vec<u8> = (0..length).map(|_| b"abc"[next(letters)]).collect();
            let expected = merge_heap(&table, &piece).unwrap();
            assert_eq!(merge_rounds(&table, &piece, usize::MAX).unwrap().as_ref(), Some(&expected), "{merges:?}");
            assert_eq!(merge_chunks(&table, &piece).unwrap().as_ref(), Some(&expected), "{merges:?}");
            for before in [&[][..], &[7]] {
                let mut symbols = before.to_vec();
                merge_long(&table, &piece, &mut symbols).unwrap();
                assert_eq!(symbols, [before, &expected].concat());
            }
        }
    }
}

#[test]
fn rounds_are_right_or_given_up_and_halves_are_joined_to_the_whole() {
    let sides = ["a", "b", "aa", "ab", "ba", "bb"];
    let texts: Vec<String> = (1..=7).flat_map(words).collect();
    let (mut next, mut given_up) = (chance(2), 0);
    for _ in 0..60 {
        let mut listing = vec![("a", "b"), (["a", "b"][next(2)], "a")];
        listing.extend((0..3).map(|_| (sides[next(6)], sides[next(6)])));
        listing.sort_by_cached_key(|_| next(100));
        let mut known = std::collections::BTreeSet::new();
        listing.retain(|pair| known.insert(*pair));
        let table = listed(&listing);
        for text in &texts {
            let text = text.as_bytes();
            let expected = merge_heap(&table, text).unwrap();
            match merge_rounds(&table, text, usize::MAX).unwrap() {
                Some(merged) => assert_eq!(merged, expected, "{listing:?} {text:?}"),
                None => given_up += 1,
            }
            for seam in 1..text.len() {
                let (left, right) = text.split_at(seam);
                let (mut joined, right) = (merge_heap(&table, left).unwrap(), merge_heap(&table, right).unwrap());
                assert!(join(&table, text, seam, &mut joined, &right, &mut Vec::new(), &mut 1000).unwrap());
                assert_eq!(joined, expected, "{listing:?} {text:?} at {seam}");
            }
        }
    }
    assert!(given_up > 100);
}

#[test]
fn a_round_is_given_up_only_for_a_lower_rank_that_comes_up() {
    let rounds = |merges: &[(&str, &str)], text: &str| {
        let table = listed(merges);
        let expected = merge_heap(&table, text.as_bytes()).unwrap();
        let merged = merge_rounds(&table, text.as_bytes(), usize::MAX).unwrap();
        merged.map(|merged| assert_eq!(merged, expected, "{text}")).is_some()
    };
    // `ab` and the `a` of the next pair go before that pair.
    assert!(!rounds(&[("ab", "a"), ("a", "b")], "abab"));
    assert!(!rounds(&[("ab", "c"), ("a", "b")], "abcab"));
    assert!(rounds(&[("ab", "c"), ("a", "b")], "abdcab"), "`c` does not stand beside `ab`");
    assert!(rounds(&[("a", "b"), ("ab", "a"), ("ab", "ab")], "ababab"));
}

#[test]
fn patience_ends() {
    let table = rising(&[(97, 98), (256, 99)]);
    // Two rounds, over three runs and over two.
    assert!(merge_rounds(&table, b"abc", 5).unwrap().is_some());
    assert!(merge_rounds(&table, b"abc", 4).unwrap().is_none());
    // One region, of three bytes, and `ab` on the left.
    for (mut patience, expected) in [(3, true), (2, false)] {
        let mut left = vec![256];
        assert_eq!(join(&table, b"abc", 2, &mut left, &[99], &mut Vec::new(), &mut patience), Ok(expected));
        assert_eq!((left, patience), if expected { (vec![257], 0) } else { (vec![256], 2) });
    }
}

#[test]
fn a_first_round_that_merges_a_quarter_of_all_pairs_takes_much() {
    let table = rising(&[(97, 98), (99, 100)]);
    assert!(first_round_takes_much(&table, &b"abcd".repeat(20)));
    assert!(!first_round_takes_much(&table, &[&b"abcd".repeat(20)[..], b"x"].concat()));
    assert!(first_round_takes_much(&table, &b"cdxy".repeat(20)), "the lowest rank of those that are there");
    assert!(!first_round_takes_much(&table, &b"wxyz".repeat(20)), "nothing merges");
}

#[test]
fn a_seam_is_settled_where_the_two_tokens_alone_stay_as_they_are() {
    let table = rising(&[(97, 98), (256, 99), (99, 97), (98, 97), (257, 256), (258, 98), (260, 260)]);
    let (mut next, mut settled) = (chance(3), 0);
    for length in [1, LANE, LANE + 1, 2 * LANE, LANE * STRETCH - 1, LANE * STRETCH, LANE * (STRETCH + 1) + 1, 2000] {
        let piece: Vec<u8> = (0..length).map(|_| b"abc"[next(3)]).collect();
        let merge = |bytes: &[u8]| merge_heap(&table, bytes).unwrap();
        let chunks: Vec<Vec<u32>> = piece.chunks(LANE).map(merge).collect();
        let merged: Vec<Chunk> = chunks
            .iter()
            .map(|symbols| (symbols.len(), std::array::from_fn(|at| symbols.get(at).copied().unwrap_or(NO_SYMBOL))))
            .collect();
        let found = settled_seams(&table, &piece, &merged).unwrap();
        assert!(!found[0] && found.len() == chunks.len());
        for seam in 1..chunks.len() {
            let pair = [*chunks[seam - 1].last().unwrap(), chunks[seam][0]];
            let bytes = &piece[LANE * seam - table.length(&pair[..1])..LANE * seam + table.length(&pair[1..])];
            assert_eq!(found[seam], merge(bytes) == pair, "{length} bytes, seam {seam}");
            settled += usize::from(found[seam]);
        }
    }
    assert!(settled > 20);
}
