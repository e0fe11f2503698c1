//! Every language-neutral vector of `tests/vectors`, in plain Rust. `tests/reference/test_vectors.py` and
//! `test_vectors_of_pieces.py` run the same files on both backends; each file says where the expected values come from. Files
//! (`files.json`) are read and written in Python only.

use minitok::error::{Error, Result};
use minitok::fast::codec::FastCodec;
use minitok::fast::normal::normalizer::FastNormalizer;
use minitok::reference::decode::decode_bytes;
use minitok::reference::more::dropout::{Dropout, encode_with_dropout};
use minitok::reference::published::codecs::{Codec, Refused};
use minitok::reference::published::flags::as_flagged;
use minitok::reference::published::normalize::Normalizer;
use minitok::reference::published::patterns::{DEFAULT_PATTERN, NAMED, Pattern, compile_pattern};
use minitok::reference::published::preprocess::{Preprocessor, TokenFinder};
use minitok::reference::published::streams::StreamDecoder;
use minitok::reference::published::vocabs::Alphabet;
use minitok::reference::{codec, pretokenize, special, vocab};
use serde_json::{Value, json};

#[path = "vectors/align.rs"]
mod align;
#[path = "vectors/chunks.rs"]
mod chunks;
#[path = "vectors/control.rs"]
mod control;
#[path = "vectors/names.rs"]
mod names;
#[path = "vectors/parity.rs"]
mod parity;
#[path = "vectors/preprocessing.rs"]
mod preprocessing;
#[path = "vectors/reading.rs"]
mod reading;
#[path = "vectors/sessions.rs"]
mod sessions;
#[path = "vectors/training.rs"]
mod training;

use reading::{
    bytes, codec, each, ends_with, list, names, normalizer, number, numbers, places, refused, special, text, words_of,
};

// -- splitting ---------------------------------------------------------------------------------------------------------

fn split(pattern: &Pattern, text: &[u8]) -> Result<Vec<Vec<u8>>> {
    let mut pieces = Vec::new();
    pattern.split(text, &mut |piece| {
        pieces.push(piece.to_vec());
        Ok(())
    })?;
    Ok(pieces)
}

#[test]
fn pieces() {
    for file in ["split", "regexes"] {
        each(file, "pieces", |case| {
            let expected: Vec<Vec<u8>> = list(&case["pieces"]).iter().map(bytes).collect();
            for fast in [true, false] {
                let pattern = Pattern::with(text(&case["pattern"]), fast).unwrap();
                assert_eq!(split(&pattern, &bytes(&case["text"])).unwrap(), expected);
            }
        });
    }
}

#[test]
fn pieces_by_default() {
    each("split", "by_default", |case| {
        let expected: Vec<Vec<u8>> = list(&case["by_default"]).iter().map(bytes).collect();
        assert_eq!(split(&Pattern::new(DEFAULT_PATTERN).unwrap(), &bytes(&case["text"])).unwrap(), expected);
    });
}

#[test]
fn refused_patterns() {
    each("regexes", "refused", |case| ends_with(&refused(Pattern::new(text(&case["pattern"]))), &case["refused"]));
}

#[test]
fn endless_searches() {
    each("split", "error", |case| {
        let pattern = Pattern::new(text(&case["pattern"])).unwrap();
        ends_with(&refused(split(&pattern, &bytes(&case["text"]))), &case["error"]);
    });
}

#[test]
fn safe_cuts() {
    each("split", "safe_cut", |case| {
        let (pattern, text) = (Pattern::new(text(&case["pattern"])).unwrap(), bytes(&case["text"]));
        assert_eq!(pattern.safe_cut(&text), number(&case["safe_cut"]) as usize);
    });
}

#[test]
fn special_tokens() {
    each("special", "parts", |case| {
        let mut parts = Vec::new();
        let tokens = special(case).unwrap();
        let allowed = case["allowed"].is_array().then(|| names(&case["allowed"]));
        let wanted = if case["wanted"].is_array() { names(&case["wanted"]) } else { tokens.wanted(allowed.as_deref()) };
        let (finder, text) = (tokens.finder(&wanted), bytes(&case["text"]));
        let emit = |start, end, id: Option<u32>| {
            parts.push(json!([start, end, id]));
            Ok(())
        };
        if case["trusted"].is_array() {
            finder
                .split_trusted(&text, &places(&case["trusted"]), &tokens.finder(&names(&case["everywhere"])), emit)
                .unwrap();
        } else {
            finder.split(&text, emit).unwrap();
        }
        assert_eq!(Value::from(parts), case["parts"]);
    });
    each("special", "flagged", |case| {
        let tokens = special(case).unwrap();
        let (marked, mut parts) = (case["marked"].is_boolean(), Vec::new());
        let text = bytes(&case["text"]);
        let emit = |start, end, id| {
            parts.push((start, end, id));
            Ok(())
        };
        tokens.finder_of_all().split(&text, emit).unwrap();
        let flags = Preprocessor::new(tokens, Normalizer::default(), None).flags;
        assert_eq!(json!(as_flagged(&text, &parts, &flags, marked).unwrap()), case["flagged"]);
    });
    each("special", "error", |case| ends_with(&refused(special(case)), &case["error"]));
}

// -- normalizing ---------------------------------------------------------------------------------------------------------

#[test]
fn normalizing() {
    each("normalize", "normal", |case| {
        let (core, text, normal) = (normalizer(case).unwrap(), bytes(&case["text"]), bytes(&case["normal"]));
        assert_eq!(*core.apply(&text).unwrap(), *normal);
        let aligned = core.aligned(&text).unwrap();
        if case["spans"].is_array() {
            assert_eq!(json!(aligned.spans), case["spans"]);
        }
        assert_eq!((&aligned.text, aligned.spans.len()), (&normal, normal.len()));
        let fast = FastNormalizer::new(core).unwrap();
        assert_eq!(fast.apply(&text).unwrap().unwrap_or_else(|| text.clone()), normal);
    });
    each("normalize", "steps", |case| {
        if case["error"].is_string() {
            let (core, text) = (normalizer(case).unwrap(), bytes(&case["text"]));
            ends_with(&refused(core.apply(&text)), &case["error"]);
            ends_with(&refused(core.aligned(&text)), &case["error"]);
            ends_with(&refused(FastNormalizer::new(core).unwrap().apply(&text)), &case["error"]);
        }
    });
}

#[test]
fn words() {
    each("normalize", "rules", |case| {
        if !case["steps"].is_null() {
            return;
        }
        let pattern = Pattern::new(case["pattern"].as_str().unwrap_or("none")).unwrap();
        let pieces = || {
            let mut found = Vec::new();
            words_of(case)?.pieces(&pattern, &bytes(&case["text"]), &mut |piece| {
                found.push(piece.to_vec());
                Ok(())
            })?;
            Ok::<_, Error>(found)
        };
        if case["error"].is_string() {
            ends_with(&refused(pieces()), &case["error"]);
        } else {
            assert_eq!(pieces().unwrap(), list(&case["pieces"]).iter().map(bytes).collect::<Vec<_>>());
        }
    });
}

// -- encoding and decoding ---------------------------------------------------------------------------------------------

/// The codec of the core, where that of published files needs nothing more.
fn core_of(codec: &Codec) -> Option<codec::Codec> {
    let special = &codec.preprocessor.special;
    let more = special.added.len() + special.late.len() + special.flags.len();
    let is_plain = more == 0 && codec.vocab.alphabet == Alphabet::default();
    let is_named = codec.pattern.source() == "none" || NAMED.iter().any(|(name, _)| *name == codec.pattern.source());
    (is_plain && is_named).then(|| {
        let pattern = pretokenize::Pattern::new(codec.pattern.source(), compile_pattern).unwrap();
        let special = special::SpecialTokens::new(special.ids.clone()).unwrap();
        codec::Codec::new(vocab::Vocab::clone(&codec.vocab), pattern, special)
    })
}

#[test]
fn encoding() {
    each("encode", "ids", |case| {
        let (codec, text, ids) = (codec(case).unwrap(), bytes(&case["text"]), numbers(&case["ids"]));
        let allowed = codec.finder(Some(&names(&case["allowed"]))).unwrap();
        assert_eq!(codec.encode(&text, &allowed, false).unwrap(), ids);
        assert_eq!(codec.decode_bytes(&ids).unwrap(), text);
        if let Some(core) = core_of(&codec) {
            assert_eq!(core.encode(&text, &names(&case["allowed"])).unwrap(), ids);
            assert_eq!(core.decode_bytes(&ids).unwrap(), text);
        }
        let (fast, source) = (FastCodec::new(codec).unwrap(), &text);
        assert_eq!(fast.encode(1, source, &allowed, false).unwrap(), ids);
        assert_eq!(fast.count(source, &allowed, false).unwrap(), ids.len());
        assert_eq!(fast.decoder().unwrap().unwrap().decode(&ids).unwrap(), text);
    });
}

#[test]
fn dropout() {
    each("encode", "drawn", |case| {
        let (codec, text, ids) = (codec(case).unwrap(), bytes(&case["text"]), numbers(&case["drawn"]));
        let allowed = codec.finder(Some(&names(&case["allowed"]))).unwrap();
        let seed = u64::from(number(&case["seed"]));
        let dropout = Dropout::new(case["dropout"].as_f64().unwrap(), seed, None, 0);
        assert_eq!(encode_with_dropout(&codec, &text, &allowed, &dropout, false).unwrap(), ids);
        let (fast, mut found) = (FastCodec::new(codec).unwrap(), Vec::new());
        fast.append_with_dropout(&text, &allowed, &dropout, false, &mut found).unwrap();
        assert_eq!(found, ids);
    });
}

#[test]
fn disallowed_special_tokens() {
    each("encode", "error", |case| {
        let special = special(case).unwrap();
        let finder = special.finder(&names(&case["disallowed"]));
        let found = Refused { finder, ..Refused::default() }.check_names(&bytes(&case["text"]));
        let Error::DisallowedSpecial { token, position } = refused(found) else { panic!("another error") };
        assert_eq!(json!({"token": token, "position": position}), case["error"]);
    });
}

#[test]
fn characters() {
    each("characters", "ids", |case| {
        let (codec, text, ids) = (codec(case).unwrap(), bytes(&case["text"]), numbers(&case["ids"]));
        let allowed = codec.finder(Some(&names(&case["allowed"]))).unwrap();
        let continues = case["continues"].is_boolean();
        assert_eq!(codec.encode(&text, &allowed, continues).unwrap(), ids);
        if case["decoded"].is_string() || case["decoded"].is_object() {
            let decoded = bytes(&case["decoded"]);
            assert_eq!(codec.decode_bytes(&ids).unwrap(), decoded);
            assert_eq!(stream(&codec, &ids, false).unwrap().concat(), String::from_utf8_lossy(&decoded));
        }
        if case["full_merges"].is_array() {
            let merges: Vec<Vec<u32>> = list(&case["full_merges"]).iter().map(numbers).collect();
            let found = codec.vocab.merges().iter().map(|merge| vec![merge.left, merge.right, merge.id, merge.rank]);
            assert_eq!(found.collect::<Vec<_>>(), merges);
        }
        let (fast, source) = (FastCodec::new(codec).unwrap(), &text);
        if case["safe_cut"].is_number() {
            let cut = number(&case["safe_cut"]) as usize;
            assert_eq!((fast.core().safe_cut(&text, &allowed), fast.safe_cut(&text, &allowed)), (cut, cut));
        }
        assert_eq!(fast.encode(1, source, &allowed, continues).unwrap(), ids);
        assert_eq!(fast.count(source, &allowed, continues).unwrap(), ids.len());
    });
    each("characters", "missing", |case| {
        let (fast, text) = (FastCodec::new(codec(case).unwrap()).unwrap(), bytes(&case["text"]));
        for error in [
            refused(fast.core().encode(&text, &TokenFinder::default(), false)),
            refused(fast.encode(1, &text, &TokenFinder::default(), false)),
            refused(fast.count(&text, &TokenFinder::default(), false)),
        ] {
            let Error::MissingByte { byte, position } = error else { panic!("another error") };
            assert_eq!(json!({"byte": byte, "position": position}), case["missing"]);
        }
    });
    each("characters", "error", |case| ends_with(&refused(codec(case)), &case["error"]));
}

/// All the answers of a streaming decoder, then what it says at the end.
fn stream(codec: &Codec, ids: &[u32], strict: bool) -> Result<Vec<String>> {
    stream_until(codec, ids, strict, &[]).map(|(said, _)| said)
}

/// The same with strings that end the stream, and which of them did.
fn stream_until(codec: &Codec, ids: &[u32], strict: bool, stop: &[String]) -> Result<(Vec<String>, Option<String>)> {
    let mut decoder = StreamDecoder::new(strict, codec.drops_space(), codec.joining().cloned(), stop);
    let mut answers = || -> Result<Vec<String>> {
        let mut said =
            ids.iter().map(|&id| decoder.push(codec.token_bytes(id).unwrap())).collect::<Result<Vec<_>>>()?;
        said.push(decoder.finish()?);
        Ok(said)
    };
    let said = answers()?;
    assert_eq!(answers()?, said); // a finished stream can be used again
    let tokens: Vec<&[u8]> = ids.iter().map(|&id| codec.token_bytes(id).unwrap()).collect();
    assert_eq!(decoder.push_all(&tokens)? + &decoder.finish()?, said.concat());
    Ok((said, decoder.stops.found))
}

#[test]
fn decoding() {
    each("decode", "bytes", |case| {
        let (codec, ids) = (codec(case).unwrap(), numbers(&case["ids"]));
        let decoded = codec.decode_bytes(&ids).unwrap();
        assert_eq!(decoded, bytes(&case["bytes"]));
        assert_eq!(String::from_utf8_lossy(&decoded), text(&case["text"]));
        assert_eq!(stream(&codec, &ids, false).unwrap().concat(), text(&case["text"]));
        assert_eq!(stream(&codec, &ids, true).is_err(), case["strict"].is_array());
        if case["strict"].is_array() {
            let mut strict = StreamDecoder::new(true, false, None, &[]);
            let Error::InvalidUtf8 { start, end, .. } = refused(strict.push(&decoded)) else { panic!("another error") };
            assert_eq!(json!([start, end]), case["strict"]);
        }
    });
}

#[test]
fn unknown_ids() {
    each("decode", "unknown", |case| {
        let codec = codec(case).unwrap();
        let error = refused(decode_bytes(|id| codec.token_bytes(id), &numbers(&case["ids"])));
        let Error::UnknownToken { id, position } = error else { panic!("another error") };
        assert_eq!(json!({"id": id, "position": position}), case["unknown"]);
    });
}

#[test]
fn streaming() {
    each("decode", "finish", |case| {
        let stop: Vec<String> = names(&case["stop"]).into_iter().map(str::to_owned).collect();
        let (mut answers, stopped) = stream_until(&codec(case).unwrap(), &numbers(&case["ids"]), false, &stop).unwrap();
        assert_eq!(answers.pop().unwrap(), text(&case["finish"]));
        assert_eq!(json!(answers), case["stream"]);
        assert_eq!(json!(stopped), case["stopped"]);
    });
}

// -- vocabularies ------------------------------------------------------------------------------------------------------

#[test]
fn vocabularies() {
    each("vocab", "error", |case| ends_with(&refused(codec(case)), &case["error"]));
    each("vocab", "name", |case| {
        let Ok(codec) = codec(case) else { return assert!(!case["error"].is_null()) };
        let whole = &codec.vocab;
        let cut = case["truncate"].as_u64().map(|n_merges| whole.truncate(usize::try_from(n_merges).unwrap()).unwrap());
        let vocab = cut.as_ref().unwrap_or(whole);
        for token in list(&case["tokens"]) {
            let expected = if token[1].is_null() { None } else { Some(bytes(&token[1])) };
            assert_eq!(vocab.token_bytes(number(&token[0])), expected.as_deref());
        }
        for token in list(&case["token_ids"]) {
            assert_eq!(json!(vocab.token_id(&bytes(&token[0]))), token[1]);
        }
        if case["full_merges"].is_array() {
            let merges = vocab.merges().iter().map(|merge| json!([merge.left, merge.right, merge.id, merge.rank]));
            assert_eq!(merges.collect::<Value>(), case["full_merges"]);
        }
        if case["n_ids"].is_number() {
            assert_eq!(vocab.tokens.n_ids(), number(&case["n_ids"]));
        }
        if let Some(known) = case["merges_make_all"].as_bool() {
            assert_eq!(vocab.merges_make_all, known);
        }
    });
}
