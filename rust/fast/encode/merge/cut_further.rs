//! Cuts pieces further before they are merged, where several patterns cut in turn (SPEC P8) and one scanner cannot run them all.
//! Must equal `encode_piece` of `rust/reference/encode.rs` over the pieces of `rust/reference/pretokenize.rs`.
//!
//! The ids of a piece of the first patterns depend on its bytes only (notes/proofs.md, "Compiled split patterns"), and are
//! remembered under these, so the later patterns run once for each new piece.
//!
//! By hand, with `\p{L}+` and then `[aeiou]`: `tea tea` is cut into `tea`, ` ` and `tea`; the first `tea` further into `t`, `e` and
//! `a`, whose ids are remembered as those of `tea`.
//!
//! A pattern that cuts bytes (SPEC P9) sees each as a character. Falcon's cut at digits only: every match has a byte of some set, and
//! a piece without such a byte is one part, which most words are.
//!
//! Cost: that of the later patterns, for each new piece that has a byte of the set. Buys: `DeepSeek` LLM's and Janus's text runs at
//! 570 MB/s instead of 25.

use super::pieces::merge_pieces;
use crate::error::Result;
use crate::fast::encode::tables::Tables;
use crate::fast::util::fallible::{append, collect, filled, push};
use crate::reference::published::byte_chars::CHARS;
use crate::reference::published::patterns::{BYTES, Pattern, expressions};
use crate::reference::published::regex_tree::{Node, width};
use crate::reference::published::regexes::parse;
use crate::reference::published::unicode::contains;
use crate::support::features::HAS_FILES;
use crate::support::interrupt;
use crate::support::spent::Spent;
use std::ops::Range;

#[derive(Debug)]
pub struct Later {
    pattern: Pattern,
    /// If all patterns cut bytes, those of which every match has one.
    matched: Option<[bool; 256]>,
}

impl Later {
    pub fn new(pattern: Pattern) -> Later {
        let matched = bytes_of_matches(&expressions(pattern.source()));
        Later { pattern, matched }
    }

    fn leaves_whole(&self, piece: &[u8]) -> bool {
        self.matched.is_some_and(|matched| !piece.iter().any(|&byte| matched[usize::from(byte)]))
    }
}

/// The bytes of the characters that matches consist of; None if a pattern does not cut bytes, or matches the empty text.
fn bytes_of_matches(steps: &[&str]) -> Option<[bool; 256]> {
    let mut matched = [false; 256];
    for step in steps {
        let node = parse(step.strip_prefix(BYTES).filter(|_| HAS_FILES)?).ok()?;
        if width(&node).0 == 0 {
            return None;
        }
        add_sets(&node, &mut matched);
    }
    Some(matched)
}

fn add_sets(node: &Node, matched: &mut [bool; 256]) {
    match node {
        Node::Set(chars) => {
            for (matched, &char) in matched.iter_mut().zip(&CHARS) {
                *matched |= contains(chars, char.into());
            }
        }
        Node::Sequence(parts) | Node::Choice(parts) => parts.iter().for_each(|part| add_sets(part, matched)),
        Node::Repeat { part, .. } | Node::Group { part, .. } => add_sets(part, matched),
        Node::Start | Node::End | Node::Edge { .. } => {}
    }
}

/// Cuts pieces by the later patterns, within what the text may spend, merges the parts side by side, and passes the number and the
/// ids of each piece to `emit`.
pub fn encode_pieces<'t>(
    tables: &Tables,
    later: &Later,
    spent: &mut Spent,
    pieces: impl Iterator<Item = (u32, &'t [u8])>,
    mut emit: impl FnMut(u32, Result<&[u32]>),
) {
    let (mut parts, mut owners) = (Vec::new(), Vec::new());
    for (number, piece) in pieces {
        let first = parts.len();
        let mut keep = |part| push(&mut parts, part);
        let cut =
            if later.leaves_whole(piece) { keep(piece) } else { later.pattern.split_within(piece, spent, &mut keep) };
        owners.push((number, first..parts.len(), cut));
    }
    // A stopped cut may end anywhere, and what that makes must not be remembered.
    let known = interrupt::check_now();
    let (ids, places) = match ids_of_parts(tables, &parts) {
        Ok(made) => made,
        Err(error) => return owners.into_iter().for_each(|(number, ..)| emit(number, Err(error.clone()))),
    };
    let mut joined = Vec::new();
    for (number, parts, cut) in owners {
        joined.clear();
        let found = known.clone().and(cut).and_then(|()| {
            places[parts].iter().try_for_each(|place| {
                let own = &ids[place.clone()?];
                append(&mut joined, own)
            })
        });
        emit(number, found.map(|()| &joined[..]));
    }
}

/// The ids of all parts, in no particular order, and the range of each part among them.
type Merged = (Vec<u32>, Vec<Result<Range<usize>>>);

fn ids_of_parts(tables: &Tables, parts: &[&[u8]]) -> Result<Merged> {
    let (mut ids, mut places) = (Vec::new(), filled(Ok(0..0), parts.len())?);
    let numbers: Vec<u32> = collect((0..).take(parts.len()))?;
    let piece = |number| parts[number as usize];
    merge_pieces(
        tables,
        &numbers,
        piece,
        |_| false,
        |number, found| {
            let start = ids.len();
            let done = found.and_then(|found| append(&mut ids, found));
            places[number as usize] = done.map(|()| start..ids.len());
        },
    );
    Ok((ids, places))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fast::codec::FastCodec;
    use crate::reference::published::codecs::Codec;
    use crate::reference::published::found_tokens::SpecialTokens;
    use crate::reference::published::normalize::Normalizer;
    use crate::reference::published::preprocess::TokenFinder;
    use crate::reference::published::vocabs::{Alphabet, Merge, Tokens, Vocab};
    use proptest::prelude::*;
    use std::cell::Cell;
    use std::sync::Arc;
    use std::time::Duration;

    #[test]
    fn work_that_was_stopped_leaves_nothing_wrong_behind() {
        let vocab = Vocab::from_merges(&(0..=255).collect::<Vec<u8>>(), &[(97, 97)]).unwrap();
        let pattern = Pattern::new(r"[a-z ]+(?#then)a*b|a").unwrap();
        let special = SpecialTokens::new(Vec::new()).unwrap();
        let codec =
            FastCodec::new(Codec::new(Arc::new(vocab), pattern, special, Normalizer::default(), None, None).unwrap())
                .unwrap();
        let none = TokenFinder::default();
        // No `a` is followed by a `b`, so each is a part by itself; were the word not cut to its end, they would merge.
        let word = |number: u32| {
            let letter = |place| char::from(b'c' + (number / 20_u32.pow(place) % 20) as u8);
            ["aaaaaa", &(0..3).map(letter).collect::<String>(), "aaaaaa"].concat()
        };
        let mut stopped = 0;
        for round in 0..30 {
            let words: Vec<String> = (0..40).map(|number| word(40 * round + number)).collect();
            let asked = Cell::new(0);
            let stop = move || asked.replace(asked.get() + 1) >= round;
            let all = words.join("1");
            let encode = || codec.encode(1, all.as_bytes(), &none, false);
            stopped += u32::from(interrupt::run_every(Duration::ZERO, stop, encode).is_err());
            for word in &words {
                let ids = codec.encode(1, word.as_bytes(), &none, false).unwrap();
                assert_eq!(ids, word.bytes().map(u32::from).collect::<Vec<_>>(), "{word}, stopped at {round}");
            }
        }
        assert!(stopped > 20);
    }

    #[test]
    fn a_piece_without_a_byte_of_any_match_is_one_part() {
        let matched = |source: &str| Later::new(Pattern::new(source).unwrap()).matched;
        let digits = matched(r"(?#bytes)\p{N}+(?#then)(?#bytes)[0-9]{3}(?=a)").unwrap();
        // As characters, B2, B3 and B9 are superior figures, and BC to BE fractions. What is looked at counts, too.
        let bytes: Vec<u8> = (0..=255).filter(|&byte| digits[usize::from(byte)]).collect();
        assert_eq!(bytes, b"0123456789a\xB2\xB3\xB9\xBC\xBD\xBE");
        // A match of no characters cuts where nothing of it stands; and what does not see bytes is not asked.
        for other in [r"(?#bytes)a*", r"(?#bytes)(?=a)", r"\d", r"(?#bytes)a(?#then)a"] {
            assert_eq!(matched(other), None, "{other}");
        }
    }

    proptest! {
        #[test]
        fn bytes_that_are_cut_further_have_the_ids_of_the_mirror(text in "[ab 1234²é]{0,40}", pattern in 0..3_usize) {
            let vocab = Vocab::from_merges(&(0..=255).collect::<Vec<u8>>(), &[(49, 49), (97, 98), (0xC2, 0xB2), (256, 97)]).unwrap();
            let later = [r"(?#bytes)\p{N}+(?#then)(?#bytes)[1-3][1-3]", r"(?#bytes)\x{C2}", r"(?#bytes)b|(?<=1)a"][pattern];
            let pattern = Pattern::new(&format!(r"[a-z1-9]+|\s(?#then){later}")).unwrap();
            let special = SpecialTokens::new(Vec::new()).unwrap();
            let codec = Codec::new(Arc::new(vocab), pattern, special, Normalizer::default(), None, None).unwrap();
            let codec = FastCodec::new(codec).unwrap();
            let none = TokenFinder::default();
            let expected = codec.core().encode(text.as_bytes(), &none, false).unwrap();
            prop_assert_eq!(codec.encode(1, text.as_bytes(), &none, false).unwrap(), expected);
        }
    }

    #[test]
    fn a_byte_without_a_token_is_dropped_from_a_part() {
        let mut tokens = Tokens::default();
        (0..=255u8).filter(|&byte| byte != b'?').for_each(|byte| tokens.set(u32::from(byte), &[byte]).unwrap());
        tokens.set(256, b"ab").unwrap();
        let merges = vec![Merge { left: 97, right: 98, id: 256, rank: 0 }];
        let alphabet = Alphabet { drops_bytes: true, ..Alphabet::default() };
        let tables = Tables::new(Arc::new(Vocab::assemble(tokens, merges, false, alphabet).unwrap())).unwrap();
        let pieces: [&[u8]; 4] = [b"ab?ab 1", b"ab 1", b"?", b"1?ab?"];
        let mut found = vec![Vec::new(); pieces.len()];
        let later = Later::new(Pattern::new(r"[a-z?]+|\d").unwrap());
        let spent = &mut Spent::of(1000);
        encode_pieces(&tables, &later, spent, (0..).zip(pieces), |number, ids| {
            found[number as usize] = ids.unwrap().to_vec();
        });
        let expected = [&[256, 256, 32, 49][..], &[256, 32, 49], &[], &[49, 256]];
        assert_eq!(found, expected);
    }
}
