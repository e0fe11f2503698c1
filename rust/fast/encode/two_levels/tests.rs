use super::*;
use crate::fast::encode::cut::split_by::SplitBy;
use crate::fast::encode::encoder::Encoder;
use crate::fast::scan::Tier;
use crate::fast::train::{extend, train};
use crate::reference::encode::encode_piece;
use crate::reference::published::patterns::Pattern;
use crate::reference::train::TrainOptions;
use proptest::prelude::*;

const LINES: &str = r"\p{N}{1,3}|[^\p{N}\r\n]+|[\r\n]+";

fn vocab(merges: &[(u32, u32)]) -> Arc<Vocab> {
    let order: Vec<u8> = (0..=255).collect();
    Arc::new(Vocab::from_merges(&order, merges).unwrap())
}

fn tables(vocab: &Arc<Vocab>) -> Arc<Tables> {
    Arc::new(Tables::new(Arc::clone(vocab)).unwrap())
}

/// The ids of some pieces, which end at these places.
fn ids(levels: &TwoLevels, text: &[u8], ends: &[usize]) -> Vec<u32> {
    let mut ids = Vec::new();
    let mut numbers = Vec::new();
    let piece = |number: u32| {
        let number = number as usize;
        &text[if number == 0 { 0 } else { ends[number - 1] }..ends[number]]
    };
    levels.merge(&(0..ends.len() as u32).collect::<Vec<_>>(), &piece, &mut |number, of_piece| {
        numbers.push(number);
        ids.extend(of_piece.unwrap());
    });
    assert!((0..ends.len() as u32).eq(numbers));
    ids
}

/// The same, of the mirror.
fn expected(vocab: &Vocab, text: &[u8], ends: &[usize]) -> Vec<u32> {
    let (mut ids, mut start) = (Vec::new(), 0);
    for &end in ends {
        encode_piece(vocab, &text[start..end], &mut ids).unwrap();
        start = end;
    }
    ids
}

/// Lists of merges of a few bytes, each of two tokens that there are before it. Half of them take tokens made late, so that
/// some are long.
fn merges() -> impl Strategy<Value = Vec<(u32, u32)>> {
    prop::collection::vec((0..60_usize, 0..60_usize, any::<bool>()), 0..50).prop_map(|pairs| {
        let mut ids: Vec<u32> = b"ab .\n".iter().map(|&byte| u32::from(byte)).collect();
        let mut merges = Vec::new();
        for (left, right, late) in pairs {
            let at = |number: usize| if late { ids.len() - 1 - number % ids.len() } else { number % ids.len() };
            let pair = (ids[at(left)], ids[at(right)]);
            if !merges.contains(&pair) {
                ids.push(256 + u32::try_from(merges.len()).unwrap());
                merges.push(pair);
            }
        }
        merges
    })
}

#[test]
fn by_hand() {
    let vocab = vocab(&[(98, 121), (32, 97), (256, 257)]);
    let levels = TwoLevels::new(&tables(&vocab)).unwrap().unwrap();
    let (mut parts, mut low) = (Vec::new(), Vec::new());
    levels.low.encode(b"by a by", 0, &[7], &mut parts, &mut low).unwrap();
    assert_eq!((parts, low), (vec![2, 4, 5, 7], vec![256, 257, 32, 256]));
    assert_eq!(ids(&levels, b"by a by", &[7]), [258, 32, 256]);
    assert_eq!(ids(&levels, b"by a by", &[2, 7]), [256, 257, 32, 256]);
}

#[test]
fn only_lists_whose_last_merges_go_from_word_to_word_have_two_levels() {
    let has = |merges: &[(u32, u32)]| TwoLevels::new(&tables(&vocab(merges))).unwrap().is_some();
    assert!(has(&[(97, 32)]) && has(&[(97, 98), (256, 32), (32, 98)]));
    assert!(!has(&[]) && !has(&[(97, 98), (32, 256)]));
    // White space before a space is no word.
    assert!(!has(&[(32, 32), (10, 32), (9, 257)]));
    let mut many: Vec<_> = (0..9).map(|byte| (97 + byte, 32)).collect();
    many.extend((64..128).map(|byte| (98, byte)));
    assert!(!has(&many) && has(&many[..17]));
    // One among them that goes from a word to a space, as tokens with other white space do, makes no second level in a list that goes on.
    let within: Vec<_> = (33..128).map(|byte| (98, byte)).collect();
    let late = [&within[..31], &[(97, 32)], &within[31..]].concat();
    assert!(has(&late[..32]) && has(&late[..95]) && !has(&late[..96]));
}

#[test]
fn a_few_crossing_merges_of_the_first_stage_change_nothing() {
    // Most merges of a second stage may be within words, or of signs.
    let second: Vec<bool> = (0..1000).map(|number| number % 10 == 0).collect();
    let list = |first: &[bool]| [first, &second].concat();
    assert_eq!([1, CROSSING].map(|weight| weighed_level(&list(&[false; 300]), weight)), [1300, 300]);
    let mut first = [false; 300];
    (first[40], first[150]) = (true, true);
    assert_eq!(weighed_level(&list(&first), CROSSING), 300);
    assert_eq!(weighed_level(&[], CROSSING), 0);
}

/// How often each piece of a text comes.
fn count_pieces(pattern: &Pattern, text: &[u8]) -> Vec<(Vec<u8>, i64)> {
    let mut counts = std::collections::BTreeMap::new();
    let count = &mut |piece: &[u8]| {
        *counts.entry(piece.to_vec()).or_insert(0) += 1;
        Ok(())
    };
    pattern.split(text, count).unwrap();
    counts.into_iter().collect()
}

/// The end of the first stage is found although few merges of the second go from word to word, and unseen text is cut into words there.
#[test]
fn the_level_is_where_the_first_stage_ends() {
    let read = |files: &str| {
        let path = |file| format!("{}/{file}", env!("CARGO_MANIFEST_DIR"));
        files.split(' ').flat_map(|file| std::fs::read(path(file)).unwrap()).collect::<Vec<u8>>()
    };
    let (words, lines) = (Pattern::new("gpt2").unwrap(), Pattern::new(LINES).unwrap());
    for (seen, unseen, n_merges) in [
        ("docs/algorithms.md notes/proofs.md", "docs/spec.md", [900, 900]),
        ("docs/algorithms.md notes/proofs.md", "docs/spec.md", [300, 1200]),
        ("rust/fast/codec.rs", "rust/fast/encode/encoder.rs", [300, 300]),
    ] {
        let [first, second] = n_merges.map(TrainOptions::new);
        let text = read(seen);
        let learnt = train(&count_pieces(&words, &text)[..], &first, &mut |_| Ok(())).unwrap().merges;
        let stage = vocab(&learnt);
        let second =
            extend((stage, 256 + learnt.len() as u32), &count_pieces(&lines, &text)[..], &second, &mut |_| Ok(()));
        let merges = [&learnt[..], &second.unwrap().merges].concat();
        let vocab = vocab(&merges);
        let level = level(&vocab).unwrap().unwrap();
        assert!(level.abs_diff(learnt.len()) <= learnt.len() / 20, "{level} of {}", learnt.len());
        let (text, mut parts, mut ids) = (read(unseen), Vec::new(), Vec::new());
        let levels = TwoLevels::new(&tables(&vocab)).unwrap().unwrap();
        levels.low.encode(&text, 0, &[text.len()], &mut parts, &mut ids).unwrap();
        let mut n_words = 0;
        let count = &mut |_: &[u8]| {
            n_words += 1;
            Ok(())
        };
        words.split(&text, count).unwrap();
        assert!(10 * parts.len() > 8 * n_words, "{} parts, {n_words} words", parts.len());
    }
}

#[test]
fn merges_that_are_not_in_the_order_of_learning_have_one_level() {
    let list = vocab(&[(97, 32), (256, 98), (98, 32)]);
    for [first, second] in [[0, 1], [1, 2]] {
        let mut merges = list.merges().to_vec();
        let ranks = [merges[first].rank, merges[second].rank];
        (merges[first].rank, merges[second].rank) = (ranks[1], ranks[0]);
        merges.swap(first, second);
        let changed = Vocab::assemble(Arc::clone(&list.tokens), merges, false, Alphabet::default()).unwrap();
        // (256, b) needs 256, which (a, space) makes; the other two do not depend on each other.
        let in_order = first == 1;
        assert_eq!(in_order_of_learning(&changed).unwrap(), in_order);
        assert_eq!(TwoLevels::new(&tables(&Arc::new(changed))).unwrap().is_some(), in_order);
    }
}

#[test]
fn pieces_that_are_tokens_as_they_stand_have_one_level() {
    let list = vocab(&[(97, 32), (256, 98)]);
    let whole = Vocab::assemble(Arc::clone(&list.tokens), list.merges().to_vec(), true, Alphabet::default()).unwrap();
    assert!(TwoLevels::new(&tables(&Arc::new(whole))).unwrap().is_none());
}

#[test]
fn a_byte_without_a_token_is_an_error() {
    let tokens: Vec<_> = (0..=254_u8).map(|byte| vec![byte]).chain([b"a ".to_vec()]).zip(0..).collect();
    let vocab = Arc::new(Vocab::from_tokens(&tokens, &[(97, 32)], false, Alphabet::default()).unwrap());
    let levels = TwoLevels::new(&tables(&vocab)).unwrap().unwrap();
    assert_eq!(ids(&levels, b"a a", &[3]), [255, 97]);
    let mut kept = Vec::new();
    let pieces = [&b"a "[..], b" \xFF"];
    levels.merge(&[0, 1], &|number| pieces[number as usize], &mut |number, ids| kept.push((number, ids.is_err())));
    assert_eq!(kept, [(0, true)]);
}

proptest! {
    #[test]
    fn any_level_gives_the_ids_of_the_mirror(
        merges in merges(),
        level in any::<prop::sample::Index>(),
        text in "[ab .\n]{1,80}",
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..4),
    ) {
        let (vocab, text) = (vocab(&merges), text.as_bytes());
        let mut ends: Vec<usize> = cuts.iter().map(|cut| cut.index(text.len()) + 1).chain([text.len()]).collect();
        ends.sort_unstable();
        ends.dedup();
        let levels = TwoLevels::at(&tables(&vocab), level.index(merges.len() + 1)).unwrap().unwrap();
        prop_assert_eq!(ids(&levels, text, &ends), expected(&vocab, text, &ends));
        let (mut of_one, one) = (Vec::new(), LowLevel::new(Arc::clone(&vocab)).unwrap());
        one.encode(text, 0, &ends, &mut Vec::new(), &mut of_one).unwrap();
        prop_assert_eq!(of_one, expected(&vocab, text, &ends));
    }

    #[test]
    fn texts_by_patterns_are_those_of_the_mirror(merges in merges(), text in "[ab .\n1é中]{0,200}") {
        // The last merge goes from a word to a space, so there are two levels.
        let pair = (u32::from(b'.'), u32::from(b' '));
        let merges = if merges.contains(&pair) { merges } else { [merges, vec![pair]].concat() };
        let vocab = vocab(&merges);
        let encoder = Encoder::of(tables(&vocab)).with_long_pieces(two_levels);
        for source in [LINES, "none"] {
            let pattern = Pattern::new(source).unwrap();
            let by = pattern.scanner().map_or(SplitBy::Pattern(&pattern), |tier: &Arc<Tier>| SplitBy::Scan(tier));
            let mut expected = Vec::new();
            pattern.split(text.as_bytes(), &mut |piece| encode_piece(&vocab, piece, &mut expected)).unwrap();
            let mut ids = Vec::new();
            encoder.encode(text.as_bytes(), by, &mut ids).unwrap();
            prop_assert_eq!(&ids, &expected);
            prop_assert_eq!(encoder.count(text.as_bytes(), by).unwrap(), expected.len());
        }
    }
}

#[test]
fn a_long_text_in_parts_is_the_whole() {
    let vocab = vocab(&[(97, 98), (32, 256), (98, 99), (256, 257), (259, 32), (260, 258), (258, 257)]);
    let tables = tables(&vocab);
    let encoder = Encoder::of(Arc::clone(&tables)).with_long_pieces(two_levels);
    let pattern = Pattern::new(LINES).unwrap();
    let tier = pattern.scanner().unwrap();
    let text = "ab ab bc ab abbc 12 ab\nbc ab ab abc".repeat(40_000);
    let (mut one, mut expected) = (Vec::new(), Vec::new());
    encoder.encode(text.as_bytes(), SplitBy::Scan(tier), &mut one).unwrap();
    let many = encoder.encode_on(3, text.as_bytes(), SplitBy::Scan(tier)).unwrap().unwrap();
    pattern.split(text.as_bytes(), &mut |piece| encode_piece(&vocab, piece, &mut expected)).unwrap();
    assert!(one == expected && many == expected);
    assert!(encoder.tables_memory() > tables.memory());
    encoder.drop_workspaces();
}
