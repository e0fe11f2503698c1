use super::text::{HUGE, NEAR_HUGE};
use super::*;
use crate::error::Error;
use crate::fast::encode::block::{BLOCK, FIRST_BLOCK};
use crate::fast::encode::cut::ends::Ends;
use crate::fast::scan::{Grammar, Tier};
use crate::reference::encode::encode_piece;
use crate::reference::published::vocabs::{Alphabet, Tokens};
use std::sync::atomic::AtomicUsize;

const CL100K: Tier = Tier::Masks(Grammar::Cl100k);

fn encoder(merges: &[(u32, u32)]) -> Encoder {
    let order: Vec<u8> = (0..=255).collect();
    Encoder::new(Arc::new(Vocab::from_merges(&order, merges).unwrap())).unwrap()
}

fn wide(count: u32) -> String {
    (0..count).map(|number| char::from_u32(0x4E00 + number).unwrap()).collect()
}

fn blocks(encoder: &Encoder, text: &[u8], split: SplitBy) -> (Vec<usize>, Vec<u32>) {
    let (mut lengths, mut ids) = (Vec::new(), Vec::new());
    let keep = |block: BlockOutput| {
        lengths.push(block.values.len());
        block.append_to(&mut ids)
    };
    encoder.each_block(text, split, keep).unwrap();
    (lengths, ids)
}

#[test]
fn a_long_text_in_parts_is_the_whole() {
    let encoder = encoder(&[(97, 98), (32, 256), (256, 99), (33, 10)]);
    let text = b"ab abc!\n\n abab don't  abcab\r\n  x1234 abc!\n".repeat(60_000);
    for tier in [Grammar::Gpt2, Grammar::Cl100k, Grammar::O200k].map(Tier::Masks) {
        let text = &text;
        assert!(parts(tier.cuts(), text).unwrap().len() > 3);
        let mut one = Vec::new();
        encoder.encode(text, SplitBy::Scan(&tier), &mut one).unwrap();
        assert!(encoder.encode_on(3, text, SplitBy::Scan(&tier)).unwrap() == Some(one));
        assert!(encoder.encode_on(1, text, SplitBy::Scan(&tier)).unwrap().is_none());
    }
}

#[test]
fn blocks_are_all_pieces_in_order_and_end_with_an_error() {
    let (encoder, pattern) = (encoder(&[]), Pattern::new("cl100k").unwrap());
    for count in [0, 1, BLOCK - 1, BLOCK, BLOCK + 1, 3 * BLOCK, 3 * BLOCK + 7] {
        let text: Vec<u8> = (0..count).flat_map(|word| [b' ', b"abc"[word % 3]]).collect();
        let ends: Vec<usize> = (1..=count).map(|word| 2 * word).collect();
        let ids: Vec<u32> = text.iter().copied().map(u32::from).collect();
        for (by, n_pieces) in [
            (SplitBy::Scan(&CL100K), count),
            (SplitBy::Pattern(&pattern), count),
            (SplitBy::Ends(Ends::new(&ends).unwrap()), count),
            // No byte is joined to another.
            (SplitBy::Characters(Spaces::default()), 2 * count),
        ] {
            // A block that has more bytes than `HUGE` is encoded piece by piece.
            let (lengths, found) = blocks(&encoder, &text, by);
            assert_eq!((lengths.iter().sum::<usize>(), &found), (n_pieces, &ids));
            assert!(lengths.iter().all(|length| (1..=BLOCK).contains(length)));
            let mut calls = 0;
            let failed = encoder.each_block(&text, by, |_| {
                calls += 1;
                Err(Error::Interrupted)
            });
            assert_eq!((failed, calls), if count == 0 { (Ok(()), 0) } else { (Err(Error::Interrupted), 1) });
        }
    }
}

#[test]
fn a_block_of_many_bytes_is_encoded_piece_by_piece() {
    let encoder = encoder(&[(97, 98)]);
    let words = |count: usize| b" abcd".repeat(count);
    let most = HUGE / 5;
    assert_eq!(blocks(&encoder, &words(most), SplitBy::Scan(&CL100K)).0, [most]);
    assert_eq!(blocks(&encoder, &words(most + 1), SplitBy::Scan(&CL100K)).0, vec![1; most + 1]);
    // What stands before a block does not count: a table gives at a time the pieces of some number of bytes.
    let table = Tier::new(&["[a-z]| "]).unwrap().unwrap();
    let (lengths, _) = blocks(&encoder, &words(most), SplitBy::Scan(&table));
    assert!(lengths.len() > 2 && lengths[..lengths.len() - 1].iter().all(|&length| length > 1), "{lengths:?}");
}

#[test]
fn a_piece_of_many_parts_is_more_than_one_block() {
    let (encoder, text) = (encoder(&[(97, 98)]), wide(700));
    let (mut lengths, mut ids) = (Vec::new(), Vec::new());
    let mut work = encoder.workspace().unwrap();
    work.ends.push(text.len());
    let mut keep = |block: BlockOutput| {
        lengths.push(block.values.len());
        block.append_to(&mut ids)
    };
    encoder.encode_block(text.as_bytes(), 0, false, None, &mut work, &mut keep).unwrap();
    assert_eq!(lengths, [FIRST_BLOCK, 700 - FIRST_BLOCK], "nothing stands across any place between two characters");
    assert!(ids.iter().copied().eq(text.bytes().map(u32::from)));
}

#[test]
fn huge_pieces_are_cut_again_and_again() {
    let (plain, text) = (encoder(&[(97, 98)]), wide(700));
    let rest = encoder(&[(97, 98)]).then(Pattern::new("gpt2").unwrap());
    let ends = [900, 930, text.len()];
    for encoder in [&plain, &rest] {
        let mut work = encoder.workspace().unwrap();
        work.ends.extend(ends);
        let parts = encoder.parts_of(text.as_bytes(), 0, &mut work).unwrap();
        if encoder.later.is_some() {
            assert_eq!(parts, ends, "a pattern that cuts further has to see the whole");
            continue;
        }
        assert!(ends.iter().all(|end| parts.contains(end)) && parts.last() == Some(&text.len()));
        assert!(parts.iter().all(|end| end % 3 == 0) && parts.is_sorted());
        let lengths = parts.iter().zip([0].iter().chain(&parts)).map(|(end, start)| end - start);
        assert!(
            lengths.clone().max().unwrap() <= HUGE + NEAR_HUGE && lengths.filter(|&length| length < HUGE).count() <= 3
        );
    }
}

#[test]
fn what_is_cut_further_is_not_cut_before() {
    // 二三 is a token, and 一二 is in none. The second pattern cuts 二 off where it stands after 一.
    let (second, third) = ("二".as_bytes(), "三".as_bytes());
    let mut merges = Vec::new();
    let mut left = u32::from(second[0]);
    for &byte in second[1..].iter().chain(third) {
        merges.push((left, u32::from(byte)));
        left = 255 + u32::try_from(merges.len()).unwrap();
    }
    let encoder = encoder(&merges);
    let text = "一二三".as_bytes();
    assert_eq!(blocks(&encoder, text, SplitBy::Scan(&CL100K)), (vec![2], vec![0xE4, 0xB8, 0x80, left]));
    let rest = Pattern::new("(?<=一)二").unwrap();
    let mut expected = Vec::new();
    let vocab = Arc::clone(encoder.tables.vocab());
    rest.split(text, &mut |piece| encode_piece(&vocab, piece, &mut expected)).unwrap();
    assert!(!expected.contains(&left));
    assert_eq!(blocks(&encoder.then(rest), text, SplitBy::Scan(&CL100K)), (vec![1], expected));
}

#[test]
fn a_long_text_of_words_gets_a_large_cache_at_once() {
    let (words, lines) = (" ab".repeat(9), format!(" {}", "a".repeat(60)));
    for (text, seed_after, expected) in
        [(&words, 27, true), (&words, 28, false), (&lines, 0, false), (&lines, usize::MAX, false)]
    {
        let mut encoder = encoder(&[(97, 98), (32, 256)]);
        encoder.seed_after = seed_after;
        blocks(&encoder, text.as_bytes(), SplitBy::Scan(&CL100K));
        let work = encoder.workspace().unwrap();
        assert_eq!((work.seeded, work.found.misses.is_empty()), (expected, expected), "{text} {seed_after}");
        assert!(work.ends.is_empty());
    }
}

#[test]
fn a_cache_of_pieces_that_are_cut_further_is_not_filled_with_tokens() {
    let bytes = (0..=255u8).map(|byte| vec![byte]);
    let tokens: Vec<(Vec<u8>, u32)> = [b"ab".to_vec()].into_iter().chain(bytes).zip(0..).collect();
    let vocab = Vocab::from_tokens(&tokens, &[(98, 99)], false, Alphabet::default()).unwrap();
    let mut encoder = Encoder::new(Arc::new(vocab)).unwrap().then(Pattern::new("b").unwrap());
    encoder.seed_after = 0;
    assert_eq!(blocks(&encoder, b"ab", SplitBy::Scan(&CL100K)), (vec![1], vec![98, 99]));
    assert!(encoder.workspace().unwrap().seeded);
}

#[test]
fn a_large_cache_grows_with_what_it_knows() {
    let size = Size { log_buckets: 2, max_log_buckets: 12, first_record: 300, records: 9000 };
    let mut encoder = Encoder::with_size(Arc::clone(&encoder(&[(97, 98)]).tables), size);
    let letters = |number: usize| [" ", &["a", "b", "c", "d", "e"][number % 5].repeat(1 + number / 5)].concat();
    let text: String = (0..500).map(letters).collect();
    encoder.seed_after = 0;
    for round in 0..2 {
        blocks(&encoder, text.as_bytes(), SplitBy::Scan(&CL100K));
        let work = encoder.workspace().unwrap();
        assert!(work.seeded && !work.cache.is_full());
        assert!(round == 0 || work.found.misses.is_empty());
    }
}

#[test]
fn an_error_is_not_that_of_the_next_call() {
    let mut tokens = Tokens::default();
    (0..255).for_each(|byte| tokens.set(u32::from(byte), &[byte]).unwrap());
    let vocab = Vocab::new(tokens, Vec::new(), false, Alphabet::default()).unwrap();
    let encoder = Encoder::new(Arc::new(vocab)).unwrap();
    let encode = |text: &[u8], result: Result<()>| encoder.each_block(text, SplitBy::Scan(&CL100K), |_| result.clone());
    assert!(matches!(encode(b"ab \xFF", Ok(())), Err(Error::MissingByte { byte: 255, .. })));
    assert_eq!(encode(b"ab \xFF", Err(Error::Interrupted)), Err(Error::Interrupted));
    assert_eq!(encode(b"ab", Ok(())), Ok(()));
}

#[test]
fn a_workspace_rests_without_the_ends_of_pieces() {
    let encoder = encoder(&[(97, 98)]);
    assert_eq!(blocks(&encoder, b"ab ab", SplitBy::Scan(&CL100K)).0, [2]);
    assert!(encoder.workspace().unwrap().ends.is_empty());
}

#[test]
fn a_text_that_found_no_memory_for_a_large_cache_is_not_the_last_to_ask() {
    let too_large = Size { log_buckets: 44, max_log_buckets: 44, first_record: 300, records: 9000 };
    let large = encoder(&[]).large;
    let mut encoder = Encoder::with_size(Arc::clone(&encoder(&[(97, 98)]).tables), too_large);
    encoder.seed_after = 0;
    for (size, seeded) in [(too_large, false), (too_large, false), (large, true)] {
        encoder.large = size;
        assert_eq!(blocks(&encoder, b"ab ab", SplitBy::Scan(&CL100K)).1, [256, 32, 256]);
        assert_eq!(encoder.workspace().unwrap().seeded, seeded);
    }
}

#[test]
fn what_there_was_no_memory_for_is_made_for_a_long_text_later() {
    static TRIES: AtomicUsize = AtomicUsize::new(0);
    let make: MakeLong = |_| if TRIES.fetch_add(1, Ordering::Relaxed) < 2 { Err(Error::Memory) } else { Ok(None) };
    let mut encoder = encoder(&[(97, 98)]).with_long_pieces(make);
    encoder.seed_after = 4;
    let none = Pattern::new("none").unwrap();
    for (text, tries) in [("ab", 1), ("ab", 1), ("abab", 2), ("ab", 2), ("abab", 3), ("ab", 3), ("abab", 3)] {
        let ids = vec![256; text.len() / 2];
        assert_eq!(blocks(&encoder, text.as_bytes(), SplitBy::Pattern(&none)).1, ids);
        assert_eq!(TRIES.load(Ordering::Relaxed), tries, "{text}");
    }
}
