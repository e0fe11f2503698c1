use super::*;
use crate::reference::published::found_tokens::SpecialTokens;
use crate::reference::published::metaspace::Metaspace;
use crate::reference::published::normalize::Step;
use crate::reference::published::patterns::Pattern;
use crate::reference::published::vocabs::Vocab;

fn plain(vocab: Arc<Vocab>, pattern: &str, special: SpecialTokens, metaspace: Option<Metaspace>) -> Codec {
    let pattern = Pattern::new(pattern).unwrap();
    Codec::new(vocab, pattern, special, Normalizer::default(), metaspace, None).unwrap()
}

fn codec(pattern: &str, prefix: Option<&str>) -> FastCodec {
    let order: Vec<u8> = (0..=255).collect();
    let vocab = Vocab::from_merges(&order, &[(97, 98), (99, 100), (32, 97)]).unwrap();
    let special = SpecialTokens::new(vec![("<s>".into(), 300)]).unwrap();
    let metaspace = prefix.map(|prefix| Metaspace::new(prefix).unwrap());
    FastCodec::new(plain(Arc::new(vocab), pattern, special, metaspace)).unwrap()
}

#[test]
fn a_short_text_is_quick_where_no_regular_expression_runs() {
    assert!(codec("gpt2", None).is_quick() && codec("[a-z]+", None).is_quick());
    assert!(!codec("none", None).is_quick() && !codec("(?<=ab)a", None).is_quick());
    // Text that no pattern cuts is one piece of bytes, but not one of characters.
    let vocab = Vocab::from_scores(&[(b"a".to_vec(), 256, 0.0)], (0..256).collect()).unwrap();
    let special = SpecialTokens::new(Vec::new()).unwrap();
    assert!(FastCodec::new(plain(Arc::new(vocab), "none", special, None)).unwrap().is_quick());
}

#[test]
fn a_text_is_cut_where_the_scanner_is_sure() {
    let (words, passes) = (r"[a-z]+|\s", r"[a-z]+|\s(?#then)(?<=ab)a");
    let (bytes, segments) = (None, Some("segment"));
    for (pattern, prefix, text, cut) in [
        (words, bytes, "ab cd", 3),
        (passes, bytes, "ab cd", 3),
        (words, segments, "▁ab cd", 6),
        (words, bytes, "abcd", 0),
        // Beside a marker, which becomes a space where markers do.
        (words, bytes, "ab▁cd", 5),
        (words, segments, "ab▁cd", 0),
        (words, bytes, "ab▁", 2),
        (words, segments, "ab▁", 0),
        // Behind a special token, and within one.
        (words, bytes, "ab<s>cdefg", 5),
        (words, segments, "ab<s>cdefg", 0),
        (words, bytes, "abcd<s>", 0),
    ] {
        let codec = codec(pattern, prefix);
        let allowed = codec.core.finder(Some(if text.contains('<') { &["<s>"] } else { &[] })).unwrap();
        assert_eq!(codec.safe_cut(text.as_bytes(), &allowed), cut, "{text} {prefix:?}");
        let ids = |text: &str, continues| codec.encode(1, text.as_bytes(), &allowed, continues).unwrap();
        let whole = codec.core.encode(text.as_bytes(), &allowed, false).unwrap();
        assert_eq!(ids(text, false), whole);
        assert_eq!([ids(&text[..cut], false), ids(&text[cut..], cut > 0)].concat(), whole);
    }
}

#[test]
fn tokens_are_found_without_segments_where_nothing_else_changes_a_text() {
    let found = |codec: &FastCodec| {
        let search = codec.core.finder(Some(&["<s>"])).unwrap();
        (codec.between(&search).is_some(), codec.between(&TokenFinder::default()).is_some())
    };
    for (pattern, prefix, expected) in [
        ("gpt2", None, true),
        ("[a-z]+", None, true),
        (r"[a-z]+|\s(?#then)(?<=ab)a", None, true),
        ("gpt2", Some("first"), false),
        ("(?<=ab)a", None, false),
        ("none", None, false),
    ] {
        assert_eq!(found(&codec(pattern, prefix)), (expected, false), "{pattern} {prefix:?}");
    }
    // A vocabulary need not have the bytes that no text has, but all others.
    for (lacking, drops_bytes, expected) in [(0xC0, false, true), (b'b', true, false)] {
        let tokens = (0..=255_u8).filter(|&byte| byte != lacking).map(|byte| vec![byte]).zip(0..).collect::<Vec<_>>();
        let alphabet = Alphabet { drops_bytes, ..Alphabet::default() };
        let vocab = Arc::new(Vocab::from_tokens(&tokens, &[], false, alphabet).unwrap());
        let special = || SpecialTokens::new(vec![("<s>".into(), 300)]).unwrap();
        let codec = FastCodec::new(plain(Arc::clone(&vocab), "gpt2", special(), None)).unwrap();
        assert_eq!(found(&codec), (expected, false), "{lacking}");
        // Early tokens are found before a text is normalized, late ones after it. A form is found part by part.
        let steps = || [Step::Lowercase, Step::new("NFC", &[]).unwrap()];
        for (step, late) in
            steps().into_iter().flat_map(|step| [(step.clone(), vec![]), (step, vec!["<s>".to_owned()])])
        {
            let (pattern, is_whole) = (Pattern::new("gpt2").unwrap(), step != Step::Lowercase || !late.is_empty());
            let special = special().with(Vec::new(), late, Vec::new()).unwrap();
            let normalizer = Normalizer::new(vec![step]).unwrap();
            let codec = Codec::new(Arc::clone(&vocab), pattern, special, normalizer, None, None).unwrap();
            assert_eq!(found(&FastCodec::new(codec).unwrap()), (expected && is_whole, false), "{lacking}");
        }
    }
}

#[test]
fn the_tables_of_a_vocabulary_make_a_codec_quick() {
    let vocab = FastVocab::new(Vocab::from_merges(&(0..=255).collect::<Vec<u8>>(), &[(97, 98)]).unwrap());
    let core = plain(Arc::clone(vocab.core()), "gpt2", SpecialTokens::new(Vec::new()).unwrap(), None);
    assert!(FastCodec::with_tables(core, &vocab).unwrap().is_quick());
}
