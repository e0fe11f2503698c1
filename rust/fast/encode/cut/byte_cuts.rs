//! Text -> pieces that merge as they do in the whole, for vocabularies that cut no text themselves. Must not change what
//! `encode_piece` of `rust/encode.rs` gives.
//!
//! Vocabularies of `SentencePiece`'s kind have no split pattern: the whole text is one piece. But two bytes that stand side by
//! side in no token which a merge makes are never joined. So between them the text may be cut, and the parts are looked up and
//! remembered as words are elsewhere: a space, say, begins a token and never stands inside of one. A character is never cut.
//!
//! Costs: 8 KB; one look-up a byte.

// The hot loops are made of one-line helpers that must vanish into them.
#![allow(clippy::inline_always)]

use crate::error::Result;
use crate::fast::scan::Cuts;
use crate::fast::util::fallible::{push, resize};
use crate::interrupt;
use crate::vocab::Vocab;
use std::ops::Range;

/// How many places are looked at between two looks at the room.
const AT_ONCE: usize = if cfg!(any(test, fuzzing)) { 3 } else { 1 << 10 };

/// For a left byte and the upper three bits of a right one, the right ones that it is never cut from.
#[derive(Debug)]
pub struct ByteCuts {
    joined: Box<[u32; 256 * 8]>,
}

impl ByteCuts {
    pub fn new(vocab: &Vocab) -> ByteCuts {
        let mut joined = Box::new([0; 256 * 8]);
        for (left, rights) in vocab.joined().iter().enumerate() {
            for right in 0..256 {
                let goes_on = right & 0xC0 == 0x80;
                if goes_on || rights[right / 64] >> (right % 64) & 1 != 0 {
                    joined[left * 8 + right / 32] |= 1 << (right % 32);
                }
            }
        }
        ByteCuts { joined }
    }

    /// Appends the places inside a range of the text at which it may be cut, and the end of the range.
    pub fn append_to(&self, text: &[u8], range: Range<usize>, ends: &mut Vec<usize>) -> Result<()> {
        let mut at = range.start + 1;
        while at < range.end {
            // Every place is written, and written over if it is no cut: a branch could not be guessed.
            let (until, mut kept) = (range.end.min(at + AT_ONCE), ends.len());
            resize(ends, kept + until - at, 0)?;
            for (pair, place) in text[at - 1..until].windows(2).zip(at..) {
                ends[kept] = place;
                kept += usize::from(self.are_apart(pair[0], pair[1]));
            }
            ends.truncate(kept);
            at = until;
            interrupt::check()?;
        }
        push(ends, range.end)
    }

    /// Whether the text may be cut between two bytes.
    #[inline(always)]
    fn are_apart(&self, left: u8, right: u8) -> bool {
        let (left, right) = (usize::from(left), usize::from(right));
        self.joined[left * 8 + right / 32] >> (right % 32) & 1 == 0
    }
}

impl Cuts for ByteCuts {
    fn is_cut(&self, text: &[u8], at: usize) -> bool {
        self.are_apart(text[at - 1], text[at])
    }
}

/// Cuts a text block by block.
pub struct Cutter<'t> {
    cuts: &'t ByteCuts,
    text: &'t [u8],
    /// The next byte to look at, and the end of the last piece given.
    at: usize,
    done: usize,
}

impl<'t> Cutter<'t> {
    pub fn new(cuts: &'t ByteCuts, text: &'t [u8]) -> Cutter<'t> {
        Cutter { cuts, text, at: 1, done: 0 }
    }

    /// The ends of the next pieces, `count` at most; false where there are none.
    pub fn next_block(&mut self, ends: &mut Vec<usize>, count: usize) -> bool {
        // Every place is written, and written over if it is no cut: a branch could not be guessed.
        #[allow(clippy::disallowed_methods, reason = "callers ask for the pieces of a block")]
        ends.resize(count + 1, 0);
        let (mut kept, mut at) = (0, self.at);
        let mut left = self.text.get(at - 1).copied().unwrap_or_default();
        while kept < count && at < self.text.len() {
            let until = self.text.len().min(at + interrupt::STRETCH);
            while kept < count && at < until {
                let right = self.text[at];
                ends[kept] = at;
                kept += usize::from(self.cuts.are_apart(left, right));
                left = right;
                at += 1;
            }
            if interrupt::stopped() {
                break;
            }
        }
        if kept < count && self.done < self.text.len() {
            ends[kept] = self.text.len();
            kept += 1;
        }
        self.at = at;
        ends.truncate(kept);
        if let Some(&end) = ends.last() {
            self.done = end;
        }
        kept > 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::Codec;
    use crate::fast::codec::FastCodec;
    use crate::fast::pystr::source::Source;
    use crate::fast::pystr::str_to_utf8::Units;
    use crate::metaspace::{Metaspace, PREFIXES};
    use crate::normalize::Normalizer;
    use crate::preprocess::Search;
    use crate::pretokenize::Pattern;
    use crate::special::SpecialTokens;
    use proptest::prelude::*;
    use std::sync::Arc;

    const CHARS: [&str; 8] = [" ", "a", "b", ">", "é", "中", "丮", "😀"];

    /// A vocabulary of some of the characters, and pieces made of them with scores that may be equal.
    fn vocab(known: usize, pieces: &[(Vec<usize>, i8)]) -> Vocab {
        let mut scored: Vec<(Vec<u8>, u32, f64)> = Vec::new();
        let chars = CHARS[..known].iter().map(|char| (char.to_string(), 0));
        let joined = |piece: &[usize]| piece.iter().map(|&char| CHARS[char % known]).collect::<String>();
        for (piece, score) in chars.chain(pieces.iter().map(|(piece, score)| (joined(piece), *score))) {
            if scored.iter().all(|(other, ..)| other != piece.as_bytes()) {
                scored.push((piece.into_bytes(), 256 + scored.len() as u32, f64::from(score)));
            }
        }
        Vocab::from_scores(&scored, (0..256).collect()).unwrap()
    }

    #[test]
    fn text_is_cut_wherever_nothing_is_joined() {
        let cuts = ByteCuts::new(&vocab(6, &[(vec![0, 1], -1), (vec![1, 2], -2)]));
        // Not in " a", nor in "ab", nor within a character.
        let (text, expected) = (" ab é>a ab中".as_bytes(), [3, 4, 6, 7, 8, 11]);
        for from in 0..text.len() {
            assert_eq!(cuts.next(text, from), expected.into_iter().find(|&at| at >= from), "from {from}");
        }
        for count in [1, 2, 3, 6, 7, 100] {
            let (mut cutter, mut ends, mut all) = (Cutter::new(&cuts, text), Vec::new(), Vec::new());
            while cutter.next_block(&mut ends, count) {
                assert!(ends.len() == count || ends.last() == Some(&text.len()));
                all.append(&mut ends);
            }
            assert_eq!(all, [&expected[..], &[text.len()]].concat(), "{count} at a time");
        }
        for start in 0..text.len() {
            for end in start + 1..=text.len() {
                let (mut ends, inside) = (vec![99], expected.into_iter().filter(|at| (start + 1..end).contains(at)));
                cuts.append_to(text, start..end, &mut ends).unwrap();
                assert_eq!(ends, [vec![99], inside.collect(), vec![end]].concat());
            }
        }
    }

    #[test]
    fn every_two_bytes_are_cut_unless_a_token_or_a_character_joins_them() {
        let order: Vec<u8> = (0..=255).collect();
        let merges = [(0, 0), (97, 0), (0, 255), (256, 98), (255, 31), (31, 32)];
        let held = [[0, 0], [97, 0], [0, 255], [0, 98], [255, 31], [31, 32]];
        let cuts = ByteCuts::new(&Vocab::from_merges(&order, &merges).unwrap());
        for (left, right) in (0..=255).flat_map(|left| (0..=255).map(move |right| (left, right))) {
            let cut = !held.contains(&[left, right]) && right & 0xC0 != 0x80;
            let text = [left, right];
            assert_eq!(cuts.next(&text, 0), cut.then_some(1), "{left} {right}");
            let (mut cutter, mut ends) = (Cutter::new(&cuts, &text), Vec::new());
            assert!(cutter.next_block(&mut ends, 3));
            assert_eq!(ends, if cut { vec![1, 2] } else { vec![2] });
        }
    }

    proptest! {
        #[test]
        fn equals_the_mirror(
            known in 3..CHARS.len(),
            pieces in prop::collection::vec((prop::collection::vec(0usize..8, 2..5), any::<i8>()), 0..40),
            prefix in prop::sample::select(PREFIXES.to_vec()),
            chars in prop::collection::vec(prop::sample::select([&CHARS[..], &["▁", "x"]].concat()), 0..200),
            goes_on in any::<bool>(),
            junk in prop::collection::vec(any::<u8>(), 0..20),
        ) {
            let (pattern, special) = (Pattern::new("none").unwrap(), SpecialTokens::new(Vec::new()).unwrap());
            let metaspace = Some(Metaspace::new(prefix).unwrap());
            let (vocab, normalizer) = (Arc::new(vocab(known, &pieces)), Normalizer::default());
            let codec = Arc::new(Codec::new(vocab, pattern, special, normalizer, metaspace, None).unwrap());
            let text = chars.concat();
            let bytes = [text.as_bytes(), &junk].concat();
            for text in [text.as_bytes(), &bytes] {
                let expected = codec.encode(text, &Search::default(), goes_on).unwrap();
                let (fast, source) = (FastCodec::of(Arc::clone(&codec)).unwrap(), Source::Bytes(text));
                prop_assert_eq!(&fast.encode(1, source, &Search::default(), goes_on).unwrap(), &expected);
                prop_assert_eq!(fast.count(source, &Search::default(), goes_on).unwrap(), expected.len());
                let cut = codec.safe_cut(text, &Search::default());
                let parts = [
                    codec.encode(&text[..cut], &Search::default(), goes_on).unwrap(),
                    codec.encode(&text[cut..], &Search::default(), goes_on || cut > 0).unwrap(),
                ];
                prop_assert_eq!(parts.concat(), expected);
            }
            let units: Vec<u32> = text.chars().map(u32::from).collect();
            let expected = codec.encode(text.as_bytes(), &Search::default(), goes_on).unwrap();
            let (fast, source) = (FastCodec::of(codec).unwrap(), Source::Str(Units::Four(&units)));
            prop_assert_eq!(fast.encode(1, source, &Search::default(), goes_on).unwrap(), expected);
        }
    }

    #[test]
    fn a_long_text_in_parts_is_the_whole() {
        let pieces = [(vec![0, 1], 3), (vec![3, 0], 2), (vec![1, 2], 1), (vec![5, 5], 0), (vec![0, 0], -1)];
        let (pattern, special) = (Pattern::new("none").unwrap(), SpecialTokens::new(Vec::new()).unwrap());
        let metaspace = Some(Metaspace::new("always").unwrap());
        let (vocab, normalizer) = (Arc::new(vocab(7, &pieces)), Normalizer::default());
        let codec = Codec::new(vocab, pattern, special, normalizer, metaspace, None).unwrap();
        let text = "ab▁a>▁b  a中中丮 é😀>a▁".repeat(60_000);
        let expected = codec.encode(text.as_bytes(), &Search::default(), false).unwrap();
        let fast = FastCodec::new(codec).unwrap();
        let units: Vec<u32> = text.chars().map(u32::from).collect();
        for source in [Source::Bytes(text.as_bytes()), Source::Str(Units::Four(&units))] {
            for threads in [1, 3] {
                assert!(fast.encode(threads, source, &Search::default(), false).unwrap() == expected);
            }
            assert_eq!(fast.count(source, &Search::default(), false).unwrap(), expected.len());
        }
    }
}
