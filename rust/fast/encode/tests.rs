//! The encoder against the mirror, on vocabularies and texts that are made to break it.

use super::analysis::made_by_merges::tests::made_by_merging;
use super::analysis::merges_from_ranks::merges_from_ranks;
use super::block::Workspace;
use super::block::tests::encode_from;
use super::cut::split_by::SplitBy;
use super::encoder::Encoder;
use super::lookup::piece_cache::Size;
use super::merge::long::tests::every_way;
use super::merge::pair_table::PairTable;
use super::tables::Tables;
use crate::fast::scan::{Grammar, Tier};
use crate::fast::train::small_scope::cases;
use crate::reference::encode::encode_piece;
use crate::reference::merging::merge_parts;
use crate::reference::published::patterns::{Pattern, THEN, scanner_of};
use crate::reference::published::vocabs::single_bytes;
use crate::reference::published::vocabs::{Alphabet, Merge, Tokens, Vocab};
use crate::support::interrupt;
use proptest::prelude::*;
use std::cell::Cell;
use std::sync::Arc;
use std::time::Duration;

const TINY: Size = Size::TINY;
const SMALL: Size = Size { log_buckets: 8, max_log_buckets: 8, first_record: 1 << 19, records: 2800 };

fn mirror(vocab: &Vocab, pattern: &Pattern, text: &[u8]) -> Vec<u32> {
    let mut ids = Vec::new();
    pattern.split(text, &mut |piece| encode_piece(vocab, piece, &mut ids)).unwrap();
    ids
}

/// Pairs of ids learned from a text without splitting it: the most frequent first, then by ids.
fn learn(text: &[u8], n_merges: usize) -> Vec<(u32, u32)> {
    let mut ids: Vec<u32> = text.iter().map(|&byte| u32::from(byte)).collect();
    let mut merges = Vec::new();
    while merges.len() < n_merges {
        let mut counts = std::collections::BTreeMap::new();
        ids.windows(2).for_each(|pair| *counts.entry((pair[0], pair[1])).or_insert(0) += 1);
        let Some((&pair, _)) = counts.iter().max_by_key(|(pair, count)| (**count, std::cmp::Reverse(**pair))) else {
            break;
        };
        let made = 256 + merges.len() as u32;
        merges.push(pair);
        let mut shorter = Vec::new();
        let mut at = 0;
        while at < ids.len() {
            let here = ids.get(at + 1) == Some(&pair.1) && ids[at] == pair.0;
            shorter.push(if here { made } else { ids[at] });
            at += 1 + usize::from(here);
        }
        ids = shorter;
    }
    merges
}

/// What else to do to a vocabulary: permute its ids and leave holes, take whole pieces, or know its ranks only.
#[derive(Debug, Clone, Copy)]
enum Form {
    Merges,
    Scattered {
        whole_pieces: bool,
        stride: u32,
    },
    Ranks,
    /// Ranks with some tokens left out, so that others cannot be reached by merges of two.
    BrokenRanks,
}

impl Form {
    fn has_ranks(self) -> bool {
        matches!(self, Form::Ranks | Form::BrokenRanks)
    }
}

/// The tables of all merges of a vocabulary.
fn all_tables(vocab: &Arc<Vocab>) -> Arc<Tables> {
    Arc::new(Tables::new(Arc::clone(vocab)).unwrap())
}

/// The tables of one merge a token, of a vocabulary of ranks.
fn recovered_tables(vocab: &Arc<Vocab>) -> Arc<Tables> {
    let recovered = merges_from_ranks(&vocab.tokens).unwrap().unwrap();
    Arc::new(Tables::of_ranks(Arc::clone(vocab), recovered).unwrap())
}

fn make(text: &[u8], n_merges: usize, form: Form) -> Vocab {
    let order: Vec<u8> = (0..=255).collect();
    let pairs = learn(text, n_merges);
    let plain = Vocab::from_merges(&order, &pairs).unwrap();
    let mut seen = std::collections::BTreeSet::new();
    let mut tokens: Vec<(Vec<u8>, u32)> = plain.tokens.iter().map(|(id, token)| (token.to_vec(), id)).collect();
    tokens.retain(|(token, _)| seen.insert(token.clone()));
    match form {
        Form::Merges => plain,
        Form::Ranks => Vocab::from_ranks(&tokens).unwrap(),
        Form::BrokenRanks => {
            tokens.retain(|(token, id)| token.len() != 2 || id % 3 != 0);
            Vocab::from_ranks(&tokens).unwrap()
        }
        Form::Scattered { whole_pieces, stride } => {
            // Odd strides are invertible modulo a power of two: a permutation with holes.
            let scatter = |id: u32| id.wrapping_mul(2 * stride + 1) % (1 << 21);
            let ids: Vec<(Vec<u8>, u32)> = tokens.iter().map(|(token, id)| (token.clone(), scatter(*id))).collect();
            let mut merges: Vec<Merge> = plain.merges().to_vec();
            for merge in &mut merges {
                let scattered = |id: u32| scatter(plain.token_id(plain.token_bytes(id).unwrap()).unwrap());
                (merge.left, merge.right) = (scattered(merge.left), scattered(merge.right));
            }
            let mut pairs: Vec<(u32, u32)> = merges.iter().map(|merge| (merge.left, merge.right)).collect();
            let mut known = std::collections::BTreeSet::new();
            pairs.retain(|pair| known.insert(*pair));
            Vocab::from_tokens(&ids, &pairs, whole_pieces, Alphabet::default()).unwrap()
        }
    }
}

fn forms() -> impl Strategy<Value = Form> {
    prop_oneof![
        Just(Form::Merges),
        Just(Form::Ranks),
        Just(Form::BrokenRanks),
        (any::<bool>(), prop_oneof![0u32..4, 1000u32..400_000])
            .prop_map(|(whole_pieces, stride)| Form::Scattered { whole_pieces, stride }),
    ]
}

/// Text that repeats itself, in scripts of every width, with pieces of the lengths at which something changes.
fn texts() -> impl Strategy<Value = Vec<u8>> {
    let word = prop_oneof![
        4 => "[a-e]{1,6}".prop_map(String::into_bytes),
        2 => "[абвг]{1,12}".prop_map(String::into_bytes),
        2 => "[日本語中文。]{1,12}".prop_map(String::into_bytes),
        1 => "[👍🏽🇪🇺\u{200d}e\u{301}]{1,5}".prop_map(String::into_bytes),
        1 => prop::collection::vec(any::<u8>(), 1..20),
        1 => Just(vec![0; 14]),
        2 => (prop::sample::select(vec![12usize, 13, 14, 15, 16, 17, 31, 32, 33, 63, 64, 65, 130, 257, 300]), "[ab]|é|日")
            .prop_map(|(len, unit)| unit.into_bytes().into_iter().cycle().take(len).collect()),
        1 => "[a-c]{40,90}".prop_map(String::into_bytes),
        1 => "[0-9\r\n\t'!]{1,5}".prop_map(String::into_bytes),
    ];
    prop::collection::vec((word, 1usize..4), 0..40)
        .prop_map(|words| words.iter().flat_map(|(word, times)| [&b" "[..], word].concat().repeat(*times)).collect())
}

fn named(index: usize) -> (Tier, Pattern) {
    let (grammar, name) = [(Grammar::Gpt2, "gpt2"), (Grammar::Cl100k, "cl100k"), (Grammar::O200k, "o200k")][index];
    (Tier::Masks(grammar), Pattern::new(name).unwrap())
}

/// Also after a call that is stopped at the first question, or at a later one.
fn check(encoder: &Encoder, text: &[u8], split: SplitBy, expected: &[u32]) {
    let left = Cell::new(text.len() % 4);
    let stop = move || left.replace(left.get().saturating_sub(1)) == 0;
    if let Ok(count) = interrupt::run_every(Duration::ZERO, stop, || encoder.count(text, split)) {
        assert_eq!(count, expected.len());
    }
    let mut ids = vec![7];
    encoder.encode(text, split, &mut ids).unwrap();
    assert_eq!(&ids[1..], expected);
    assert_eq!(encoder.count(text, split).unwrap(), expected.len());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(cases(300)))]

    #[test]
    fn equals_the_mirror(
        corpus in texts(), text in texts(), n_merges in 0usize..120, form in forms(), grammar in 0usize..3, seeded: bool,
    ) {
        let vocab = Arc::new(make(&corpus, n_merges, form));
        let (grammar, pattern) = named(grammar);
        let none = Pattern::new("none").unwrap();
        let expected = mirror(&vocab, &pattern, &text);
        let expected_whole = mirror(&vocab, &none, &text);
        let recovered = if form.has_ranks() { recovered_tables(&vocab) } else { all_tables(&vocab) };
        for (tables, size) in [(all_tables(&vocab), TINY), (all_tables(&vocab), SMALL), (recovered, SMALL)] {
            let mut encoder = Encoder::with_size(tables, size);
            encoder.seed_after = if seeded { 0 } else { usize::MAX };
            for _ in 0..3 {
                check(&encoder, &text, SplitBy::Scan(&grammar), &expected);
                check(&encoder, &text, SplitBy::Pattern(&pattern), &expected);
                check(&encoder, &text, SplitBy::Pattern(&none), &expected_whole);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(cases(200)))]

    #[test]
    fn pieces_that_are_cut_further_equal_the_mirror(
        corpus in texts(), text in texts(), n_merges in 0usize..120, form in forms(), steps in 0usize..4,
    ) {
        let (first, rest) =
            [(r"\p{L}+", "[ab]"), (r"\s?\p{L}+", r"\s?[日語0-9]+(?#then)a+$"), ("gpt2", r"(?=b)b"), (r"\d", "none")][steps];
        let vocab = Arc::new(make(&corpus, n_merges, form));
        let pattern = Pattern::with(&[first, rest].join(THEN), false).unwrap();
        let expected = mirror(&vocab, &pattern, &text);
        let tier = scanner_of(first).unwrap().unwrap();
        for size in [TINY, SMALL] {
            let mut encoder = Encoder::with_size(all_tables(&vocab), size).then(Pattern::new(rest).unwrap());
            encoder.seed_after = if size.records == TINY.records { 0 } else { usize::MAX };
            for _ in 0..2 {
                check(&encoder, &text, SplitBy::Scan(&tier), &expected);
            }
        }
    }

    #[test]
    fn every_way_to_merge_a_long_piece_agrees(corpus in texts(), text in texts(), n_merges in 0usize..120, form in forms()) {
        let vocab = Arc::new(make(&corpus, n_merges, form));
        let table = PairTable::new(&vocab).unwrap().unwrap();
        for piece in [&text[..], &corpus[..]].into_iter().filter(|piece| !piece.is_empty()) {
            let expected = merge_parts(|left, right| vocab.merge_of(left, right), single_bytes(&vocab, piece).unwrap()).unwrap();
            for ids in every_way(&table, piece) {
                assert_eq!(ids, expected);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(cases(30)))]

    #[test]
    fn equals_the_mirror_over_many_blocks(corpus in texts(), parts in prop::collection::vec(texts(), 8), form in forms()) {
        let vocab = Arc::new(make(&corpus, 80, form));
        let text = parts.concat().repeat(9);
        let (grammar, pattern) = named(1);
        let expected = mirror(&vocab, &pattern, &text);
        for size in [TINY, SMALL] {
            let encoder = Encoder::with_size(all_tables(&vocab), size);
            std::thread::scope(|scope| {
                for _ in 0..2 {
                    scope.spawn(|| (0..3).for_each(|_| check(&encoder, &text, SplitBy::Scan(&grammar), &expected)));
                }
            });
        }
    }
}

#[test]
fn one_piece_of_many_parts_gets_a_large_cache() {
    let encoder = Encoder::new(Arc::new(make("\u{4e00}".as_bytes(), 2, Form::Merges))).unwrap();
    let text: String = (0..20_000u32).filter_map(|k| char::from_u32(0x4e00 + k * 7919 % 20_902)).collect();
    assert!(text.len() < super::encoder::SEED_AFTER);
    encoder.encode(text.as_bytes(), SplitBy::Scan(&Tier::Masks(Grammar::Cl100k)), &mut Vec::new()).unwrap();
    assert!(encoder.workspace().unwrap().seeded);
}

#[test]
fn what_the_pair_table_refuses_is_left_to_the_mirror() {
    let order: Vec<u8> = (0..=255).collect();
    let vocab = Vocab::from_merges(&order, &[(97, 98), (98, 99), (256, 99)]).unwrap();
    let mut merges = vocab.merges().to_vec();
    merges[1].rank = 0;
    let vocab = Arc::new(Vocab::new(Tokens::clone(&vocab.tokens), merges, false, Alphabet::default()).unwrap());
    let (grammar, pattern) = named(0);
    let text = b"abcbc bcabc cbabab";
    check(&Encoder::new(Arc::clone(&vocab)).unwrap(), text, SplitBy::Scan(&grammar), &mirror(&vocab, &pattern, text));
}

#[test]
fn merges_make_all_is_said_of_the_published_vocabularies_and_true() {
    for file in ["p50k", "cl100k", "o200k", "whisper"] {
        let path = format!("{}/python/minitok/encodings/data/{file}.vocab", env!("CARGO_MANIFEST_DIR"));
        let vocab =
            Arc::new(crate::reference::published::packed_vocab::unpack(&std::fs::read(path).unwrap(), None).unwrap());
        assert!(vocab.merges_make_all);
        let made = made_by_merging(&vocab, &PairTable::new(&vocab).unwrap().unwrap());
        assert!(vocab.tokens.iter().all(|(id, token)| token.is_empty() || made[id as usize]), "{file}");
    }
}

#[test]
fn what_was_encoded_once_is_known() {
    let learned = b"low lower lowest, the lowest of the low; a rather lengthy example of lengthy examples";
    let vocab = Arc::new(make(learned, 40, Form::Merges));
    let tables = all_tables(&vocab);
    for (lengths, count) in [(vec![3], 5), (vec![1, 2, 14, 3], 16), (vec![14, 1, 5], 17), (vec![2, 40, 13], 400)] {
        let lengths = lengths.into_iter().cycle().take(count);
        let ends: Vec<usize> = lengths
            .scan(0, |end, length| {
                *end += length;
                Some(*end)
            })
            .collect();
        let size = *ends.last().unwrap();
        let text: Vec<u8> = learned.iter().copied().cycle().take(size + 20).collect();
        let pieces = || ends.iter().scan(0, |start, &end| Some(&text[std::mem::replace(start, end)..end]));
        let mut expected = Vec::new();
        pieces().for_each(|piece| encode_piece(&vocab, piece, &mut expected).unwrap());
        let different: std::collections::HashSet<&[u8]> = pieces().collect();
        // The end of the text is the end of the last piece, or far after it.
        for text in [&text[..size], &text] {
            let mut work =
                Workspace::new(Size { log_buckets: 10, max_log_buckets: 10, first_record: 300, records: 9000 })
                    .unwrap();
            for misses in [different.len()..=count, 0..=0] {
                assert_eq!(encode_from(&mut work, &tables, text, &ends, 0), expected);
                let n_misses = work.found.misses.len();
                assert!(misses.contains(&n_misses), "{n_misses} of {misses:?}");
            }
            // From another piece on, what stands before it does not matter.
            encode_from(&mut work, &tables, text, &ends, 2);
            assert!(work.found.misses.is_empty());
        }
    }
}

#[test]
fn a_call_leaves_no_long_buffers() {
    let mut work = Workspace::new(TINY).unwrap();
    assert!(!work.pieces_are_short(0));
    work.ends.extend([32, 64]);
    assert!(work.pieces_are_short(0));
    work.ends.push(97);
    assert!(!work.pieces_are_short(0) && work.pieces_are_short(1));
    work.ends.resize(1 << 20, 100);
    work.end_call();
    assert!(work.ends.is_empty() && work.ends.capacity() < 1 << 20);
}
