//! `chunk.json`: borders of texts, and chunks, in the mirror and with the fast encoder.

use super::reading::{each, list, names, normalizer, number, numbers, refused, special, text};
use minitok::error::Result;
use minitok::fast::chunk::chunker;
use minitok::fast::codec::FastCodec;
use minitok::reference::more::borders::{Border, kind_within, kinds_of, line_borders};
use minitok::reference::more::chunk::{Chunk, ChunkOptions, Chunker, Tokens, tokens_of};
use minitok::reference::more::graphemes::{flag_runs, is_grapheme_border};
use minitok::reference::published::codecs::Codec;
use minitok::reference::published::metaspace::Metaspace;
use minitok::reference::published::patterns::Pattern;
use minitok::reference::published::vocabs::Vocab;
use serde_json::{Value, json};
use std::sync::Arc;

fn codec(case: &Value) -> Codec {
    let vocab = Vocab::from_merges(&(0..=255).collect::<Vec<u8>>(), &[]).unwrap();
    let metaspace = case["prefix"].as_str().map(|prefix| Metaspace::new(prefix).unwrap());
    let pattern = Pattern::new("none").unwrap();
    Codec::new(Arc::new(vocab), pattern, special(case).unwrap(), normalizer(case).unwrap(), metaspace, None).unwrap()
}

fn options(case: &Value) -> Result<ChunkOptions> {
    let count = |name: &str| case[name].as_u64().map_or(0, |number| usize::try_from(number).unwrap());
    let at = if case["at"].is_array() { names(&case["at"]) } else { vec!["text"] };
    let options = ChunkOptions {
        max_tokens: count("max_tokens"),
        at: kinds_of(&at)?,
        overlap: count("overlap"),
        overlap_sentences: count("overlap_sentences"),
        fill: case["fill"].as_f64().unwrap_or(0.5),
    };
    options.check()?;
    Ok(options)
}

fn all(mut chunker: Chunker) -> Result<Vec<Chunk>> {
    let mut found = Vec::new();
    while let Some(chunk) = chunker.advance()? {
        found.push(chunk);
    }
    Ok(found)
}

/// The chunks of a case by the mirror, which must be those of the fast encoder.
fn chunks(case: &Value) -> Result<Vec<Chunk>> {
    let (codec, options, whole) = (codec(case), options(case)?, text(&case["text"]));
    let search = codec.finder(Some(&names(&case["allowed"])))?;
    let tokens = tokens_of(&codec, &search, whole)?;
    let count =
        |_: &Tokens, start: usize, end: usize| Ok(codec.encode(&whole.as_bytes()[start..end], &search, false)?.len());
    let found = all(Chunker::new(whole, tokens, Box::new(count), options.clone())?);
    let fast = FastCodec::new(self::codec(case))?;
    assert_eq!(all(chunker(&fast, &search, whole, options)?), found);
    found
}

#[test]
fn kinds_behind_line_feeds() {
    each("chunk", "lines", |case| {
        let long =
            case["long"][0].as_str().map_or(String::new(), |line| line.repeat(number(&case["long"][1]) as usize));
        let whole = &[text(&case["text"]), &long, case["tail"].as_str().unwrap_or("")].concat();
        let found = line_borders(whole, case["plain"].is_null()).unwrap();
        let places: Vec<usize> =
            whole.match_indices('\n').map(|(at, _)| at + 1).filter(|&at| at < whole.len()).collect();
        assert_eq!(found.iter().map(|(place, _)| *place).collect::<Vec<_>>(), places);
        let kinds: Vec<&str> = found.iter().map(|(_, kind)| kind.name()).collect();
        let last = if long.is_empty() { 0 } else { kinds.len() - list(&case["lines"]).len() };
        assert_eq!(json!(kinds[last..]), case["lines"]);
    });
}

#[test]
fn kinds_within_lines() {
    each("chunk", "within", |case| {
        for place in list(&case["within"]) {
            let (left, right) = (text(&place[0]), text(&place[1]));
            assert_eq!(kind_within(&format!("{left}{right}"), left.len()).name(), place[2], "{left:?} {right:?}");
        }
    });
}

#[test]
fn graphemes() {
    each("chunk", "graphemes", |case| {
        let graphemes = names(&case["graphemes"]);
        let (whole, mut ends) = (graphemes.concat(), Vec::new());
        let flags = flag_runs(&whole).unwrap();
        for (place, _) in whole.char_indices().skip(1) {
            if is_grapheme_border(&whole, place, &flags) {
                ends.push(place);
            }
        }
        ends.push(whole.len());
        let parts: Vec<&str> =
            ends.iter().scan(0, |start, &end| Some(&whole[std::mem::replace(start, end)..end])).collect();
        assert_eq!(parts, graphemes);
    });
}

#[test]
fn chunks_of_texts() {
    each("chunk", "chunks", |case| {
        let (found, whole) = (chunks(case).unwrap(), text(&case["text"]));
        let shown: Vec<Value> =
            found.iter().map(|chunk| json!([whole[chunk.start..chunk.end], chunk.tokens, chunk.kind.name()])).collect();
        assert_eq!(Value::from(shown), case["chunks"]);
        if case["places"].is_array() {
            let places: Vec<usize> = numbers(&case["places"]).into_iter().map(|place| place as usize).collect();
            assert_eq!(found.iter().map(|chunk| chunk.start).collect::<Vec<_>>(), places);
        }
        assert!(found.iter().all(|chunk| (chunk.kind == Border::End) == (chunk.end == whole.len())));
    });
}

#[test]
fn refused_chunks() {
    each("chunk", "refused", |case| assert_eq!(json!(refused(chunks(case)).to_string()), case["refused"]));
}
