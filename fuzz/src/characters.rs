//! Text -> ids by characters with byte fallback: a textbook, the mirror and the fast codec agree, with every rule for spaces.

use crate::encoding::{pattern, sources};
use crate::input::Input;
use minitok::fast::codec::FastCodec;
use minitok::fast::vocab::FastVocab;
use minitok::reference::published::codecs::Codec;
use minitok::reference::published::found_tokens::SpecialTokens;
use minitok::reference::published::metaspace::{Metaspace, PREFIXES};
use minitok::reference::published::normalize::Normalizer;
use minitok::reference::published::vocabs::{Tokens, Vocab};
use std::sync::Arc;

/// The characters that texts and pieces are made of; the last three are no pieces.
const CHARACTERS: [&str; 12] = [" ", "a", "b", "c", "é", "中", "😀", "\n", "d", "\u{2581}", "ü", "𝄞"];
const PIECES: usize = 9;
const FIRST: u32 = 256;

fn text(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| CHARACTERS[usize::from(*byte) % CHARACTERS.len()]).collect()
}

/// The neighbours of the highest score are joined first, leftmost on ties; what is no piece becomes its bytes.
fn textbook(text: &str, pieces: &[(Vec<u8>, u32, f64)]) -> Vec<u32> {
    let find = |part: &str| pieces.iter().find(|(piece, _, _)| piece == part.as_bytes());
    let mut ends: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
    loop {
        let made = ends.windows(3).enumerate().filter_map(|(at, part)| Some((find(&text[part[0]..part[2]])?.2, at)));
        // Of equals, the first.
        let best = made.fold(
            None,
            |best: Option<(f64, usize)>, one| if best.is_some_and(|best| best.0 >= one.0) { best } else { Some(one) },
        );
        let Some((_, at)) = best else { break };
        ends.remove(at + 1);
    }
    let part = |range: &[usize]| match find(&text[range[0]..range[1]]) {
        Some((_, id, _)) => vec![*id],
        None => text[range[0]..range[1]].bytes().map(u32::from).collect(),
    };
    ends.windows(2).flat_map(part).collect()
}

pub fn run(data: &[u8]) {
    let mut input = Input::new(data);
    let mut pieces: Vec<(Vec<u8>, u32, f64)> = Vec::new();
    for char in &CHARACTERS[..PIECES] {
        pieces.push((char.as_bytes().to_vec(), FIRST + pieces.len() as u32, -1000.0));
    }
    for place in 0..input.below(40) {
        let equal = input.byte().is_multiple_of(4);
        let word: String = input.bytes(6).iter().map(|byte| CHARACTERS[usize::from(*byte) % PIECES]).collect();
        if word.chars().nth(1).is_some() && pieces.iter().all(|(piece, _, _)| *piece != word.as_bytes()) {
            let score = if equal { -3.0 } else { -(place as f64) };
            pieces.push((word.into_bytes(), FIRST + pieces.len() as u32, score));
        }
    }
    let prefix = if input.flip() { None } else { Some(input.pick(&PREFIXES)) };
    let allowed = input.flip();
    let continues = input.flip();
    let again = input.below(3);
    let bytes = input.rest();
    let raw = bytes.first().is_some_and(|byte| byte % 8 == 0);
    let text = if raw { bytes.to_vec() } else { text(bytes).into_bytes() };

    let fallback: Vec<u32> = (0..FIRST).collect();
    let mirror = Vocab::from_scores(&pieces, fallback.clone()).expect("pieces of characters");
    let scores: Vec<(u32, f64)> = pieces.iter().map(|(_, id, score)| (*id, *score)).collect();
    let fast = FastVocab::of_scores(Tokens::clone(&mirror.tokens), &scores, fallback).expect("small");
    if let Some(fast) = &fast {
        assert_eq!(fast.core().merges(), mirror.merges(), "other merges than the mirror's");
    }
    let fast = fast.unwrap_or_else(|| FastVocab::new(mirror));
    let special = SpecialTokens::new(vec![("bc".into(), 4000), ("中".into(), 4001)]).expect("names");
    let metaspace = prefix.map(|prefix| Metaspace::new(prefix).expect("a rule"));
    let vocab = Arc::clone(fast.core());
    let codec = Codec::new(vocab, pattern("none"), special, Normalizer::default(), metaspace, None).expect("plain");
    let search = codec.finder(Some(if allowed { &["bc", "中"] } else { &[] })).expect("names");
    let codec = FastCodec::with_tables(codec, &fast).expect("small");

    let expected = codec.core().encode(&text, &search, false).expect("bytes");
    if let (None, false, Ok(text)) = (prefix, allowed, str::from_utf8(&text)) {
        assert_eq!(expected, textbook(text, &pieces), "the mirror is not the textbook");
    }
    for _ in 0..=again {
        sources(&codec, &text, &search, &expected);
    }
    let mirrored = codec.core().encode(&text, &search, continues).expect("bytes");
    for threads in [1, 2] {
        let ids = codec.encode(threads, &text, &search, continues).expect("bytes");
        assert_eq!(ids, mirrored, "goes on: {continues}");
    }
    // A text may be cut there, whatever comes after.
    let cut = codec.safe_cut(&text, &search);
    let part = |part, continues| codec.encode(1, part, &search, continues).expect("bytes");
    let parts = [part(&text[..cut], false), part(&text[cut..], cut > 0)];
    assert_eq!(parts.concat(), expected, "cut at {cut}");
}
