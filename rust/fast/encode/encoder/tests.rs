use super::*;
use crate::encode::encode_piece;
use crate::error::Error;
use crate::fast::scan::{Grammar, Tier};
use crate::vocab::{Alphabet, Tokens};

const CL100K: Tier = Tier::Masks(Grammar::Cl100k);

fn encoder(merges: &[(u32, u32)]) -> Encoder {
    let order: Vec<u8> = (0..=255).collect();
    Encoder::new(Arc::new(Vocab::from_merges(&order, merges).unwrap())).unwrap()
}

/// As many different characters of three bytes.
fn wide(count: u32) -> String {
    (0..count).map(|number| char::from_u32(0x4E00 + number).unwrap()).collect()
}

fn parts_of_str(encoder: &Encoder, text: &str, split: SplitBy) -> Vec<Vec<u8>> {
    let units: Vec<u16> = text.encode_utf16().collect();
    let mut parts = Vec::new();
    let keep = |part: &[u8]| {
        parts.push(part.to_vec());
        Ok(())
    };
    encoder.each_part(Units::Two(&units), split, keep).unwrap();
    parts
}

/// How many pieces each block has, and the ids.
fn blocks(encoder: &Encoder, text: &[u8], split: SplitBy) -> (Vec<usize>, Vec<u32>) {
    let (mut lengths, mut ids) = (Vec::new(), Vec::new());
    let keep = |block: BlockOutput| {
        lengths.push(block.words.len());
        block.append_to(&mut ids)
    };
    encoder.each_block(Source::Bytes(text), split, keep).unwrap();
    (lengths, ids)
}

#[test]
fn a_str_is_turned_into_utf8_part_by_part() {
    let encoder = encoder(&[(97, 98)]);
    let text = "a word\u{2581}or two, \u{e9}abc\n".repeat(5 * CHUNK / 20);
    let (plain, spaced) = (Spaces::default(), Spaces { markers: true, prefix: true });
    let with_spaces = format!(" {}", text.replace('\u{2581}', " "));
    for (split, expected) in [
        (SplitBy::Scan(&CL100K), &text),
        (SplitBy::Characters(plain), &text),
        (SplitBy::Characters(spaced), &with_spaces),
    ] {
        let parts = parts_of_str(&encoder, &text, split);
        assert!(parts.concat() == expected.as_bytes());
        assert!(parts.len() > 4 && parts.iter().all(|part| part.len() < 2 * CHUNK));
        let cuts = parts.iter().scan(0, |end, part| {
            *end += part.len();
            Some(*end)
        });
        let mut inner = cuts.filter(|&cut| cut < expected.len());
        assert!(inner.all(|cut| encoder.text_cut(split, expected.as_bytes(), cut) == Some(cut)));
    }
    let pattern = Pattern::new("cl100k").unwrap();
    assert!(parts_of_str(&encoder, &text, SplitBy::Pattern(&pattern)) == [text.as_bytes()]);
    let solid = "a".repeat(3 * CHUNK);
    assert!(
        parts_of_str(&encoder, &solid, SplitBy::Scan(&CL100K)) == [solid.as_bytes()],
        "a text without a safe cut is one part"
    );
    assert_eq!(parts_of_str(&encoder, "", SplitBy::Characters(spaced)), [b" "]);
    let parts = parts_of_str(&encoder, &[solid, text].concat(), SplitBy::Scan(&CL100K));
    assert!(parts.len() > 4 && parts[1..].iter().all(|part| part.len() < 2 * CHUNK));
    let buffer = std::mem::take(&mut encoder.workspace().unwrap().utf8);
    assert!(buffer.is_empty() && (1..=2 * CHUNK).contains(&buffer.capacity()), "{} bytes are kept", buffer.capacity());
}

#[test]
fn a_str_is_cut_as_often_as_it_can_be_however_far_apart_cuts_are() {
    let encoder = encoder(&[(97, 98)]);
    for apart in [CHUNK / 2, CHUNK - 7, CHUNK, 5 * CHUNK / 2] {
        let text = ("a".repeat(apart) + " ").repeat(40 * CHUNK / apart);
        let parts = parts_of_str(&encoder, &text, SplitBy::Scan(&CL100K));
        assert!(parts.concat() == text.as_bytes());
        let most = 2 * (apart + CHUNK);
        assert!(parts.iter().all(|part| part.len() <= most), "a cut each {apart} bytes");
    }
}

#[test]
fn a_block_of_many_bytes_is_encoded_piece_by_piece() {
    let encoder = encoder(&[(97, 98)]);
    let words = |count: usize| b" abcd".repeat(count);
    let most = HUGE / 5;
    assert_eq!(blocks(&encoder, &words(most), SplitBy::Scan(&CL100K)).0, [most]);
    assert_eq!(blocks(&encoder, &words(most + 1), SplitBy::Scan(&CL100K)).0, vec![1; most + 1]);
    let (mut work, mut lengths) = (encoder.workspace().unwrap(), Vec::new());
    work.ends.extend([3 * HUGE + 5, 4 * HUGE]);
    let mut keep = |block: BlockOutput| {
        lengths.push(block.words.len());
        Ok(())
    };
    encoder.encode_pieces(&words(5 * most), 3 * HUGE, false, &mut work, &mut keep).unwrap();
    assert_eq!(lengths, [2], "what stands before a block does not count");
}

#[test]
fn a_piece_of_many_parts_is_more_than_one_block() {
    let (encoder, text) = (encoder(&[(97, 98)]), wide(700));
    let (mut lengths, mut ids) = (Vec::new(), Vec::new());
    let mut work = encoder.workspace().unwrap();
    work.ends.push(text.len());
    let mut keep = |block: BlockOutput| {
        lengths.push(block.words.len());
        block.append_to(&mut ids)
    };
    encoder.encode_cut_pieces(text.as_bytes(), 0, false, &mut work, &mut keep).unwrap();
    assert_eq!(lengths, [BLOCK, 700 - BLOCK], "nothing stands across any place between two characters");
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
        if encoder.rest.is_some() {
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
    // 二三 is a token, and 一二 is in none. The second pattern cuts 二 off where it stands behind 一.
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
    rest.split(text, &mut |piece| encode_piece(&vocab, piece, &mut expected).unwrap()).unwrap();
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
        assert_eq!((work.seeded, work.misses.is_empty()), (expected, expected), "{text} {seed_after}");
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
        assert!(round == 0 || work.misses.is_empty());
    }
}

#[test]
fn an_error_is_not_that_of_the_next_call() {
    let mut tokens = Tokens::default();
    (0..255).for_each(|byte| tokens.set(u32::from(byte), &[byte]).unwrap());
    let vocab = Vocab::new(tokens, Vec::new(), false, Alphabet::default()).unwrap();
    let encoder = Encoder::new(Arc::new(vocab)).unwrap();
    let encode = |text: &[u8], result: Result<()>| {
        encoder.each_block(Source::Bytes(text), SplitBy::Scan(&CL100K), |_| result.clone())
    };
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
