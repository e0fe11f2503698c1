//! The session compared with the mirror's, with chunks of a few bytes.

use super::*;
use crate::reference::more::session::Session as Mirror;
use crate::reference::published::codecs::Codec;
use crate::reference::published::found_tokens::SpecialTokens;
use crate::reference::published::metaspace::Metaspace;
use crate::reference::published::normalize::{Normalizer, Step};
use crate::reference::published::patterns::Pattern;
use crate::reference::published::vocabs::Vocab;
use proptest::prelude::*;

const PARTS: [&str; 16] = [
    "a", "b", "ab", " ", "  ", "\n", "1", "23", "<s>", "<", "s>", "\u{e9}", "\u{4e2d}\u{6587}", "\u{2581}",
    "\u{1f980}", "",
];

fn of_bytes(pattern: &str, steps: &[&str]) -> Codec {
    let order: Vec<u8> = (0..=255).collect();
    let merges = [(97, 98), (32, 256), (256, 256), (32, 97), (49, 50), (195, 169)];
    let vocab = Arc::new(Vocab::from_merges(&order, &merges).unwrap());
    let steps = steps.iter().map(|name| Step::new(name, &[]).unwrap()).collect();
    let special = SpecialTokens::new(vec![("<s>".into(), 300)]).unwrap();
    Codec::new(vocab, Pattern::new(pattern).unwrap(), special, Normalizer::new(steps).unwrap(), None, None).unwrap()
}

fn of_characters(prefix: Option<&str>) -> Codec {
    let tokens = ["a", "b", " ", "ab", " a", " ab", "  ", "\u{e9}"];
    let scores: Vec<_> =
        tokens.iter().zip(256..).map(|(token, id)| (token.as_bytes().to_vec(), id, -f64::from(id))).collect();
    let vocab = Arc::new(Vocab::from_scores(&scores, (0..256).collect()).unwrap());
    let special = SpecialTokens::new(vec![("<s>".into(), 300)]).unwrap();
    let metaspace = prefix.map(|prefix| Metaspace::new(prefix).unwrap());
    Codec::new(vocab, Pattern::new("none").unwrap(), special, Normalizer::default(), metaspace, None).unwrap()
}

fn codecs() -> Vec<Codec> {
    let patterns = ["gpt2", "cl100k", "none", r"[a-z]+|\s+(?!\S)|\s|[^a-z\s]+", "(?<=ab)a|."];
    let mut codecs: Vec<Codec> = patterns.iter().map(|pattern| of_bytes(pattern, &[])).collect();
    codecs.push(of_bytes("gpt2", &["NFC"]));
    codecs.extend(["never", "text", "segment", "first", "always"].map(|prefix| of_characters(Some(prefix))));
    codecs.push(of_characters(None));
    codecs
}

proptest! {
    #[test]
    fn after_every_change_it_is_the_mirror(
        number in 0..12_usize,
        allowed in any::<bool>(),
        forbidden in any::<bool>(),
        edits in prop::collection::vec((0..100_usize, 0..12_usize, prop::collection::vec(0..PARTS.len(), 0..9), any::<bool>()), 1..12),
    ) {
        let core = Arc::new(codecs().swap_remove(number));
        let fast = Arc::new(FastCodec::of(core.clone()).unwrap());
        let search = core.finder(Some(if allowed { &["<s>"] } else { &[] })).unwrap();
        let refused = core.refusing(if forbidden && !allowed { &["<s>"] } else { &[] });
        let mut mirror = Mirror::new(&core, search.clone(), refused.clone());
        let mut session = Session::new(fast.clone(), Arc::new(search.clone()), Arc::new(refused)).unwrap();
        for (place, length, parts, sets) in edits {
            let before = session.fork().unwrap();
            let held = String::from_utf8(mirror.text.clone()).unwrap();
            let places: Vec<usize> = held.char_indices().map(|(at, _)| at).chain([held.len()]).collect();
            let first = place * (places.len() - 1) / 99;
            let (start, end) = (places[first], places[(first + length).min(places.len() - 1)]);
            let new: String = parts.iter().map(|&part| PARTS[part]).collect();
            let expected = mirror.edit(start, end, new.as_bytes());
            if expected.is_err() {
                prop_assert_eq!(session.edit(start, end, new.as_bytes()), expected);
                prop_assert_eq!(session.size(), before.size());
                continue;
            }
            let found = if sets { session.set(&mirror.text) } else { session.edit(start, end, new.as_bytes()) };
            prop_assert_eq!(found, expected);
            let (mut text, mut ids) = (Vec::new(), Vec::new());
            session.text_of(0, session.size().bytes, &mut text).unwrap();
            session.ids_of(0, session.size().ids, &mut ids).unwrap();
            prop_assert_eq!((&text, &ids), (&mirror.text, &mirror.ids));
            let now = String::from_utf8(text).unwrap();
            let utf16 = now.encode_utf16().count();
            prop_assert_eq!(session.size(), Size { bytes: now.len(), chars: now.chars().count(), utf16, ids: ids.len() });
            for (number, (at, _)) in now.char_indices().enumerate() {
                prop_assert_eq!(session.byte_of(number), at);
                let units = now[..at].encode_utf16().count();
                prop_assert_eq!(session.byte_of_utf16(units), Some(at));
                let is_wide = now[at..].chars().next().is_some_and(|one| one.len_utf16() == 2);
                prop_assert!(!is_wide || session.byte_of_utf16(units + 1).is_none());
            }
            // A range is a text by itself, and a copy is not changed.
            let (from, until) = (start.min(now.len()), (start + new.len()).min(now.len()));
            for (from, until) in [(from, until), (0, until), (from, now.len())] {
                let mut ids = Vec::new();
                session.each_of_range(from, until, |part| append(&mut ids, part)).unwrap();
                let alone = fast.encode(1, &now.as_bytes()[from..until], &search, false).unwrap();
                prop_assert_eq!(ids, alone);
            }
            let mut kept = Vec::new();
            before.text_of(0, before.size().bytes, &mut kept).unwrap();
            prop_assert_eq!(kept, held.into_bytes());
        }
    }
}

#[test]
fn what_is_not_allowed_is_refused_wherever_it_comes_about_and_nothing_changes() {
    let fast = Arc::new(FastCodec::new(of_bytes("gpt2", &[])).unwrap());
    let refusing = Arc::new(fast.core().refusing(&["<s>"]));
    let mut session = Session::new(fast, Arc::default(), refusing).unwrap();
    session.edit(0, 0, b"ab ab ab ab ab ab < ab s> ab ab").unwrap();
    let size = session.size();
    let refused = Err(Error::DisallowedSpecial { token: "<s>".into(), position: 18 });
    assert_eq!((session.edit(19, 23, b""), session.size()), (refused, size));
    assert!(session.edit(19, 23, b"x").is_ok());
}

#[test]
fn without_a_pattern_chunks_end_at_seams() {
    let core = Arc::new(of_bytes("none", &[]));
    let fast = Arc::new(FastCodec::of(core.clone()).unwrap());
    let mut session = Session::new(fast, Arc::default(), Arc::default()).unwrap();
    let mut mirror = Mirror::new(&core, TokenFinder::default(), Refused::default());
    assert!(session.is_local());
    for (start, end, new) in
        [(0, 0, "ab".repeat(99)), (50, 51, String::new()), (1, 1, "b".into()), (90, 150, "a".into())]
    {
        assert_eq!(session.edit(start, end, new.as_bytes()), mirror.edit(start, end, new.as_bytes()));
    }
}

#[test]
fn an_edit_far_from_a_cut_is_local_all_the_same() {
    let local = |codec: Codec| {
        let fast = Arc::new(FastCodec::new(codec).unwrap());
        let search = Arc::new(fast.core().finder(Some(&["<s>"])).unwrap());
        Session::new(fast, search, Arc::default()).unwrap().is_local()
    };
    assert!(local(of_bytes("gpt2", &[])) && local(of_bytes("gpt2", &["NFC"])) && local(of_characters(Some("segment"))));
    assert!(!local(of_bytes("none", &[])) && !local(of_bytes("(?<=ab)a|.", &[])));
}

#[test]
fn of_a_chunk_only_what_is_between_two_cuts_is_encoded() {
    let fast = Arc::new(FastCodec::new(of_bytes("gpt2", &[])).unwrap());
    let mut session = Session::new(fast, Arc::default(), Arc::default()).unwrap();
    session.edit(0, 0, " a b a b a b a b a b a b a b a b".as_bytes()).unwrap();
    // The cuts after the letters, at 8 and at 26, are the nearest that are eight bytes away.
    session.edit(16, 17, b"xyz").unwrap();
    assert_eq!(session.encoded_bytes(), 20);
}
