//! `preprocess.json`: what the preprocessor makes of a text, and that the fast codec encodes it the same.

use super::reading::{bytes, each, list, names, normalizer, number, places, special, words_of};
use minitok::fast::codec::FastCodec;
use minitok::reference::published::codecs::Codec;
use minitok::reference::published::metaspace::Metaspace;
use minitok::reference::published::patterns::Pattern;
use minitok::reference::published::preprocess::{Before, Segment, Trust};
use minitok::reference::published::vocabs::Vocab;
use serde_json::{Value, json};
use std::sync::Arc;

/// The preprocessor of a case, and a vocabulary of bytes in which two spaces, `ab` and ` a` are merged.
fn codec(case: &Value) -> Codec {
    let order: Vec<u8> = (0..=255).collect();
    let vocab = Vocab::from_merges(&order, &[(32, 32), (97, 98), (32, 97)]).unwrap();
    let pattern = Pattern::new(case["pattern"].as_str().unwrap_or("none")).unwrap();
    let metaspace = case["prefix"].as_str().map(|prefix| Metaspace::new(prefix).unwrap());
    let words = case["words"].is_string().then(|| words_of(case).unwrap());
    Codec::new(Arc::new(vocab), pattern, special(case).unwrap(), normalizer(case).unwrap(), metaspace, words).unwrap()
}

#[test]
fn preprocessing() {
    each("preprocess", "segments", |case| {
        let (codec, text) = (codec(case), bytes(&case["text"]));
        let allowed = case["allowed"].is_array().then(|| names(&case["allowed"]));
        let search = codec.finder(allowed.as_deref()).unwrap();
        let before = match case["before"].as_str() {
            None => Before::Nothing,
            Some("text") => Before::Text,
            Some("token") => Before::Token,
            Some(other) => panic!("before {other:?}"),
        };
        let everywhere = codec.preprocessor.finder(&names(&case["everywhere"]), &[]).unwrap();
        let stretches = places(&case["trusted"]);
        let trust = case["trusted"].is_array().then_some(Trust { stretches: &stretches, everywhere: &everywhere });
        let (mut segments, mut ids, mut pieces) = (Vec::new(), Vec::new(), Vec::new());
        let mut emit = |Segment { text, id }: Segment| {
            match id {
                Some(id) => ids.push(id),
                None => codec.encode_segment(&text.data, &mut ids)?,
            }
            if id.is_none() {
                codec.pieces(&text.data, &mut |piece| {
                    pieces.push(piece.to_vec());
                    Ok(())
                })?;
            }
            segments.push((text.data.to_vec(), json!([text.start, text.end, text.put, id, text.origins])));
            Ok(())
        };
        codec.preprocessor.segments(&text, &search, before, trust, &mut emit).unwrap();
        let expected = list(&case["segments"]).iter().map(|segment| {
            let origins = segment.get(5).cloned().unwrap_or_default();
            (bytes(&segment[0]), Value::from([&list(segment)[1..5], &[origins]].concat()))
        });
        assert_eq!(segments, expected.collect::<Vec<_>>());
        if case["pieces"].is_array() {
            assert_eq!(pieces, list(&case["pieces"]).iter().map(bytes).collect::<Vec<_>>());
        }
        if trust.is_none() && before != Before::Token {
            let (fast, source, continues) = (FastCodec::new(codec).unwrap(), &text, before == Before::Text);
            if case["safe_cut"].is_number() {
                let cut = number(&case["safe_cut"]) as usize;
                assert_eq!((fast.core().safe_cut(&text, &search), fast.safe_cut(&text, &search)), (cut, cut));
            }
            assert_eq!(fast.core().encode(&text, &search, continues).unwrap(), ids);
            assert_eq!(fast.encode(1, source, &search, continues).unwrap(), ids);
            assert_eq!(fast.count(source, &search, continues).unwrap(), ids.len());
        }
    });
}
