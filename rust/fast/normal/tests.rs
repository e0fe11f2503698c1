//! The fast normalizer makes what the mirror makes.

use super::normalizer::FastNormalizer;
use crate::reference::published::normalize::{Normalizer, Step};
use proptest::prelude::*;

fn step(name: &str, texts: &[&str]) -> Step {
    Step::new(name, &texts.iter().map(|&text| text.into()).collect::<Vec<_>>()).unwrap()
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let patterns =
        [r"\s+", r"\p{M}", "a", "e\u{301}", "\u{FFFD}", r"[a\x{FFFD}]++", r"\w+?b", "x*", r"\b|\w+", "aa", r"[^a]"];
    let form = prop::sample::select(vec!["NFC", "NFD", "NFKC", "NFKD", "lowercase", "space_ideographs"]);
    let one = prop_oneof![
        3 => form.prop_map(|name| step(name, &[])),
        2 => (prop::sample::select(patterns.to_vec()), prop::sample::select(vec!["", " ", "a", "\u{301}x", "É"]))
            .prop_map(|(pattern, text)| step("replace", &[pattern, text])),
        1 => prop::sample::select(vec!["", "e", " \u{301}"]).prop_map(|text| step("prepend", &[text])),
    ];
    prop::collection::vec(one, 0..4)
}

const ODD: &str = "ae\u{301}\u{323}\u{345}\u{344}\u{F73}\u{E34}\u{E48}\u{5B0}\u{1100}\u{1161}각\u{11A8}漢\u{F900}\u{2F800}\u{1D165}\
    éậﬁ²İΣAZÀЖ𐐀“😀 \n\t\u{FFFD}\u{9C7}\u{9BE}\u{16D67}\u{113C2}ab\u{3046}\u{3099}\u{995}\u{915}\u{93C}\u{928}\u{94D}\u{B92}\u{BD7}\u{1112}\u{654}\u{627}\u{338}<";

/// Runs of characters and of bytes that are not UTF-8.
fn text() -> impl Strategy<Value = Vec<u8>> {
    let char = prop_oneof![
        6 => prop::sample::select(ODD.chars().map(|char| char.to_string().into_bytes()).collect::<Vec<_>>()),
        2 => any::<char>().prop_map(|char| char.to_string().into_bytes()),
        1 => prop::sample::select(vec![b"\xE5".to_vec(), b"\xFF".to_vec(), b"\xE4\xB8".to_vec(), b"\x80".to_vec(), b"\xCC".to_vec()]),
    ];
    let run = (char, prop_oneof![8 => 1..3usize, 1 => 20..80usize]).prop_map(|(char, times)| char.repeat(times));
    prop::collection::vec(run, 0..12).prop_map(|runs| runs.concat())
}

proptest! {
    #[test]
    fn the_fast_normalizer_makes_what_the_mirror_makes(steps in steps(), text in text()) {
        let core = Normalizer::new(steps).unwrap();
        let fast = FastNormalizer::new(core.clone()).unwrap();
        let expected = core.apply(&text).map(std::borrow::Cow::into_owned);
        let found = fast.apply(&text).map(|made| made.unwrap_or_else(|| text.clone()));
        prop_assert_eq!(&found, &expected);
        prop_assert_eq!(core.aligned(&text).map(|aligned| aligned.text), expected.clone());
    }

    #[test]
    fn each_byte_comes_from_within_the_text(steps in steps(), text in text()) {
        let core = Normalizer::new(steps).unwrap();
        if let Ok(aligned) = core.aligned(&text) {
            prop_assert_eq!(aligned.spans.len(), aligned.text.len());
            prop_assert!(aligned.spans.iter().all(|&(start, end)| start <= end && end <= text.len()));
        }
    }
}

#[test]
fn a_text_that_is_in_the_form_is_not_copied() {
    let fast =
        FastNormalizer::new(Normalizer::new(vec![step("NFC", &[]), step("replace", &[" ", " "])]).unwrap()).unwrap();
    for text in ["", "plain ASCII", "naïve “x” 漢字 한국 😀 Ж", "\u{E34}\u{E48}x"] {
        assert_eq!(fast.apply(text.as_bytes()).unwrap(), None);
    }
}

#[test]
fn a_place_is_found_wherever_it_stands() {
    let fast = FastNormalizer::new(Normalizer::new(vec![step("NFC", &[])]).unwrap()).unwrap();
    for inert in ["x", "é", "“", "漢", "😀", "\u{E000}"] {
        for before in 0..100 {
            let text = format!("{}e\u{301}{}", inert.repeat(before), inert.repeat(100));
            let made = fast.apply(text.as_bytes()).unwrap().unwrap();
            assert_eq!(made, text.replace("e\u{301}", "é").into_bytes());
        }
    }
}
