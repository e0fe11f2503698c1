use super::*;
use crate::fast::codec::FastCodec;
use crate::reference::published::codecs::Codec;
use crate::reference::published::found_tokens::SpecialTokens;
use crate::reference::published::normalize::{Normalizer, Step};
use crate::reference::published::patterns::Pattern;
use crate::reference::published::vocabs::Vocab;
use proptest::prelude::*;
use std::sync::Arc;

/// Tokens of spaces, of a space between letters, of characters between which a long piece may be cut, one that begins as others do,
/// and one whose id is no value of a cache. The last two are late ones.
const NAMES: [(&str, u32); 8] = [
    ("  ", 300),
    ("    ", 301),
    ("a b", 302),
    ("日本", 303),
    ("<s>", 304),
    ("<s>a", u32::MAX >> 1),
    ("b", 306),
    ("\n ", 307),
];

fn codec(pattern: &str) -> FastCodec {
    normalizing(pattern, &[])
}

fn normalizing(pattern: &str, forms: &[&str]) -> FastCodec {
    let merges = [(97, 98), (256, 32), (32, 97), (0xE6, 0x97), (259, 0xA5), (98, 98)];
    let vocab = Vocab::from_merges(&(0..=255).collect::<Vec<u8>>(), &merges).unwrap();
    let names: Vec<String> = NAMES.iter().map(|(name, _)| (*name).into()).collect();
    let ids = names.iter().cloned().zip(NAMES.map(|(_, id)| id)).collect();
    let special = SpecialTokens::new(ids).unwrap().with(Vec::new(), names[6..].to_vec(), Vec::new()).unwrap();
    let (pattern, normalizer) = (Pattern::new(pattern).unwrap(), normalizer(forms));
    FastCodec::new(Codec::new(Arc::new(vocab), pattern, special, normalizer, None, None).unwrap()).unwrap()
}

fn normalizer(forms: &[&str]) -> Normalizer {
    Normalizer::new(forms.iter().map(|form| Step::new(form, &[]).unwrap()).collect()).unwrap()
}

fn search(codec: &FastCodec, names: &[usize]) -> TokenFinder {
    codec.core().finder(Some(&names.iter().map(|&name| NAMES[name].0).collect::<Vec<_>>())).unwrap()
}

fn pieces(between: &Between, text: &[u8], most: usize) -> Vec<(usize, Option<u32>)> {
    let (mut blocks, mut ends, mut marks, mut found) = (between.blocks(text), vec![7; 3], Vec::new(), Vec::new());
    while blocks.next_block(&mut ends, &mut marks, most).unwrap() {
        let id = |index: usize| marks.iter().find(|mark| mark.index == index).map(|mark| mark.id);
        found.extend(ends.iter().enumerate().map(|(index, &end)| (end, id(index))));
    }
    assert!(ends.is_empty() && marks.is_empty());
    found
}

#[test]
fn by_hand() {
    let codec = codec("gpt2");
    let search = search(&codec, &[0, 4]);
    let tier = codec.core().pattern.scanner().unwrap();
    let between = Between::new(tier, &search, None).unwrap();
    assert_eq!(pieces(&between, b"a  b", 2048), [(1, None), (3, Some(300)), (4, None)]);
    // Between two tokens stands a text by itself: its spaces do not wait for a word.
    assert_eq!(pieces(&between, b" <s> a", 2048), [(1, None), (4, Some(304)), (6, None)]);
    assert_eq!(pieces(&between, b"", 2048), []);
    let rewinds = Tier::new(&["a*b|a"]).unwrap().unwrap();
    assert!(Between::new(&rewinds, &search, None).is_none());
}

fn names() -> impl Strategy<Value = Vec<usize>> {
    prop::collection::btree_set(0..NAMES.len(), 1..NAMES.len()).prop_map(|names| names.into_iter().collect())
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof!["[ab \n<s>日本é]{0,60}", "(a b|<s>|  | |日本|日|本|[ab\n]){0,300}"]
}

proptest! {
    #[test]
    fn the_ids_are_those_of_the_mirror(names in names(), text in text(), pattern in 0..4_usize) {
        // By masks, by a table, by one before a regular expression, and by a search that goes back, which takes no tokens.
        let patterns = ["gpt2", r"[a-z]+|\s|日本+", r"[a-z]+|\s(?#then)(?<=ab)a", "a*b|a"];
        let codec = codec(patterns[pattern]);
        let search = search(&codec, &names);
        let expected = codec.core().encode(text.as_bytes(), &search, false).unwrap();
        // Twice: by then all are cached.
        for _ in 0..2 {
            prop_assert_eq!(&codec.encode(1, text.as_bytes(), &search, false).unwrap(), &expected);
        }
        prop_assert_eq!(codec.count(text.as_bytes(), &search, false).unwrap(), expected.len());
    }

    #[test]
    fn a_cut_changes_nothing_whatever_is_around(names in names(), text in text(), window in any::<[prop::sample::Index; 2]>()) {
        let codec = codec("gpt2");
        let search = search(&codec, &names);
        let between = Between::new(codec.core().pattern.scanner().unwrap(), &search, None).unwrap();
        let mut window = window.map(|end| end.index(text.len() + 1));
        window.sort_unstable();
        let part = &text.as_bytes()[window[0]..window[1]];
        let of = |text: &[u8], start: usize| -> Vec<_> {
            pieces(&between, text, 2048).into_iter().map(|(end, id)| (start + end, id)).collect()
        };
        let all = of(text.as_bytes(), 0);
        for at in (1..part.len()).filter(|&at| between.is_cut(part, at)).map(|at| window[0] + at) {
            let (left, right) = text.as_bytes().split_at(at);
            prop_assert_eq!(&[of(left, 0), of(right, at)].concat(), &all, "at {}", at);
        }
    }

    #[test]
    fn the_ids_of_text_in_a_form_are_those_of_the_mirror_in_parts_too(
        names in prop::collection::btree_set(0..6_usize, 1..6),
        text in "([ab \n<s>日本é]|a b|<s>|\u{301}|\u{212B}|ﬁ|K|\u{37E}|\u{1FEF}){0,60}",
        forms in prop::sample::select(vec![&["NFC"][..], &["NFKC"], &["NFD", "NFC"]]),
        pattern in 0..3_usize,
    ) {
        let codec = normalizing(["gpt2", "cl100k", r"[a-z]+|\s|日本+"][pattern], forms);
        let (search, forms) = (search(&codec, &names.into_iter().collect::<Vec<_>>()), FastNormalizer::new(normalizer(forms)).unwrap());
        let between = Between::new(codec.core().pattern.scanner().unwrap(), &search, Some(&forms)).unwrap();
        let expected = codec.core().encode(text.as_bytes(), &search, false).unwrap();
        let encode = |text| codec.encode(1, text, &search, false).unwrap();
        prop_assert_eq!(&encode(text.as_bytes()), &expected);
        for at in (1..text.len()).filter(|&at| between.is_cut(text.as_bytes(), at)) {
            let parts = [&text[..at], &text[at..]].map(|part| encode(part.as_bytes()));
            prop_assert_eq!(&parts.concat(), &expected, "at {}", at);
        }
    }

    #[test]
    fn blocks_are_as_large_as_was_asked_for(names in names(), text in text(), most in 64..200_usize, pattern in 0..2_usize) {
        let codec = codec(["gpt2", "[a-z]|é"][pattern]);
        let search = search(&codec, &names);
        let between = Between::new(codec.core().pattern.scanner().unwrap(), &search, None).unwrap();
        prop_assert_eq!(pieces(&between, text.as_bytes(), most), pieces(&between, text.as_bytes(), 2048));
    }
}

#[test]
fn threads_find_the_tokens_of_a_long_text() {
    let codec = codec("gpt2");
    let search = search(&codec, &[0, 1, 4, 5, 6]);
    let text = "if a:\n    return <s>a, ab  b\n".repeat(200_000);
    let one = codec.encode(1, text.as_bytes(), &search, false).unwrap();
    assert!(one == codec.encode(3, text.as_bytes(), &search, false).unwrap());
    let line = codec.core().encode(&text.as_bytes()[..29], &search, false).unwrap();
    assert!(one.len() == 200_000 * line.len() && one.starts_with(&line) && one.ends_with(&line));
}

#[test]
fn a_long_text_is_in_its_form_but_for_some_parts() {
    let codec = normalizing("gpt2", &["NFC"]);
    let search = search(&codec, &[0, 2, 4]);
    let usual = "if “a b”:\n    return <s>a, ab  b\n".repeat(2500);
    let text = [&usual, "e\u{301} <s>\u{301}, e\u{301}\n", &usual, "\u{212B}", &usual].concat();
    let expected = codec.core().encode(text.as_bytes(), &search, false).unwrap();
    for threads in [1, 3] {
        assert!(codec.encode(threads, text.as_bytes(), &search, false).unwrap() == expected);
    }
    assert_eq!(codec.count(text.as_bytes(), &search, false).unwrap(), expected.len());
}
