//! Text -> pieces that merge as they do in the whole, for vocabularies without a split pattern (`SentencePiece`'s kind). Must not
//! change what `encode_piece` of `rust/reference/encode.rs` gives.
//!
//! Text may be cut between two bytes that stand side by side in no token which a merge makes (proof: notes/proofs.md, "Cuts that no
//! token stands across"), and the parts are cached as words are elsewhere: a space, say, begins a token and never stands inside of
//! one. A character is never cut.
//!
//! Cost: 8 KB; one look-up a byte.

// The hot loops are made of one-line helpers that must vanish into them.
#![allow(clippy::inline_always)]

use crate::error::Result;
use crate::fast::scan::Cuts;
use crate::fast::util::bits::write;
use crate::fast::util::fallible::{push, resize};
use crate::reference::published::vocabs::Vocab;
use crate::support::interrupt;

/// How many places are looked at together, and about how many bytes between two checks whether to stop.
const WINDOW: usize = 64;
const AT_ONCE: usize = if cfg!(any(test, fuzzing)) { 128 } else { 1 << 14 };

#[derive(Debug)]
pub struct ByteCuts {
    /// A bit for each two bytes, read as a number whose low byte is the left one.
    apart: Box<[u64; 1 << 10]>,
}

impl ByteCuts {
    pub fn new(vocab: &Vocab) -> ByteCuts {
        let mut apart = Box::new([0; 1 << 10]);
        for (left, rights) in vocab.inner_pairs().iter().enumerate() {
            for right in 0..256 {
                let continues = right & 0xC0 == 0x80;
                let is_joined = rights[right / 64] >> (right % 64) & 1 != 0;
                apart[right * 4 + left / 64] |= u64::from(!continues && !is_joined) << (left % 64);
            }
        }
        ByteCuts { apart }
    }

    /// Appends the ends of the pieces of a text, and the cuts inside of them. `ends` are counted from a place `start` bytes before the
    /// text; the last piece ends where it does.
    pub fn append_to(&self, text: &[u8], start: usize, ends: &[usize], out: &mut Vec<usize>) -> Result<()> {
        let (mut ends, mut at) = (ends.iter().map(|end| end - start).peekable(), 1);
        while at < text.len() {
            let (places, kept) = (WINDOW.min(text.len() - at), out.len());
            let mut cuts = self.window(text, at, places);
            while let Some(end) = ends.next_if(|&end| end < at + places) {
                cuts |= 1 << (end - at);
            }
            resize(out, kept + WINDOW, 0)?;
            write(cuts, at, &mut out[kept..]);
            out.truncate(kept + cuts.count_ones() as usize);
            at += places;
            if at % AT_ONCE < WINDOW {
                interrupt::check()?;
            }
        }
        push(out, text.len())
    }

    /// A bit for each place from `at` on, set if the text may be cut there.
    #[inline(always)]
    fn window(&self, text: &[u8], at: usize, places: usize) -> u64 {
        let cuts = match text[at - 1..].first_chunk() {
            Some(window) => self.apart(window),
            None => (0..places).fold(0, |bits, place| bits | u64::from(self.is_cut(text, at + place)) << place),
        };
        cuts & (u64::MAX >> (WINDOW - places))
    }

    /// A bit for each place between two bytes of a window, set if the text may be cut there.
    #[inline(always)]
    fn apart(&self, window: &[u8; WINDOW + 1]) -> u64 {
        (0..WINDOW).fold(0, |bits, place| bits | self.bit([window[place], window[place + 1]]) << place)
    }

    /// 1 if the text may be cut between two bytes.
    #[inline(always)]
    fn bit(&self, pair: [u8; 2]) -> u64 {
        let pair = usize::from(u16::from_le_bytes(pair));
        self.apart[pair / 64] >> (pair % 64) & 1
    }
}

impl Cuts for ByteCuts {
    fn is_cut(&self, text: &[u8], at: usize) -> bool {
        self.bit([text[at - 1], text[at]]) == 1
    }
}

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

    /// The ends of the next pieces, up to `count` (or a window's, if that is more); false at the end of the text.
    pub fn next_block(&mut self, ends: &mut Vec<usize>, count: usize) -> bool {
        let (len, mut kept) = (self.text.len(), 0);
        // A short text does not pay for a whole block: each piece has a byte.
        let most = count.max(WINDOW).min(len - self.done + WINDOW);
        #[allow(clippy::disallowed_methods, reason = "callers ask for the pieces of a block")]
        ends.resize(most + 1, 0);
        while self.at < len && most - kept >= WINDOW {
            let until = len.min(self.at + interrupt::STRETCH);
            while self.at < until && most - kept >= WINDOW {
                let places = WINDOW.min(until - self.at);
                let cuts = self.cuts.window(self.text, self.at, places);
                write(cuts, self.at, &mut ends[kept..]);
                kept += cuts.count_ones() as usize;
                self.at += places;
            }
            if interrupt::stopped() {
                // Any end will do.
                self.at = len;
            }
        }
        if self.at >= len && self.done < len {
            ends[kept] = len;
            kept += 1;
        }
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
    use crate::fast::codec::FastCodec;
    use crate::reference::published::codecs::Codec;
    use crate::reference::published::found_tokens::SpecialTokens;
    use crate::reference::published::metaspace::{Metaspace, PREFIXES};
    use crate::reference::published::normalize::Normalizer;
    use crate::reference::published::patterns::Pattern;
    use crate::reference::published::preprocess::TokenFinder;
    use proptest::prelude::*;
    use std::sync::Arc;

    const CHARS: [&str; 8] = [" ", "a", "b", ">", "é", "中", "丮", "😀"];

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
                assert!(
                    ends.len() <= count.max(WINDOW)
                        && (ends.len() > count.saturating_sub(WINDOW) || ends.last() == Some(&text.len()))
                );
                all.append(&mut ends);
            }
            assert_eq!(all, [&expected[..], &[text.len()]].concat(), "{count} at a time");
        }
        for start in 0..text.len() {
            for middle in start + 1..=text.len() {
                // Two pieces, or one.
                let ends = if middle < text.len() { vec![middle, text.len()] } else { vec![middle] };
                let mut all: Vec<usize> =
                    expected.into_iter().filter(|&at| at > start).chain(ends.iter().copied()).collect();
                all.sort_unstable();
                all.dedup();
                let mut out = vec![99];
                cuts.append_to(&text[start..], start, &ends, &mut out).unwrap();
                assert_eq!(out[0], 99);
                assert_eq!(out[1..].iter().map(|at| at + start).collect::<Vec<_>>(), all);
            }
        }
        let long = text.repeat(30);
        let within = (1..long.len()).filter(|&at| cuts.is_cut(&long, at));
        let (mut all, mut out): (Vec<usize>, _) = (within.chain([5, 64, 65, 130, long.len()]).collect(), Vec::new());
        all.sort_unstable();
        all.dedup();
        cuts.append_to(&long, 1000, &[1005, 1064, 1065, 1130, 1000 + long.len()], &mut out).unwrap();
        assert_eq!(out, all);
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
            continues in any::<bool>(),
            junk in prop::collection::vec(any::<u8>(), 0..20),
        ) {
            let (pattern, special) = (Pattern::new("none").unwrap(), SpecialTokens::new(Vec::new()).unwrap());
            let metaspace = Some(Metaspace::new(prefix).unwrap());
            let (vocab, normalizer) = (Arc::new(vocab(known, &pieces)), Normalizer::default());
            let codec = Arc::new(Codec::new(vocab, pattern, special, normalizer, metaspace, None).unwrap());
            let text = chars.concat();
            let bytes = [text.as_bytes(), &junk].concat();
            for text in [text.as_bytes(), &bytes] {
                let expected = codec.encode(text, &TokenFinder::default(), continues).unwrap();
                let fast = FastCodec::of(Arc::clone(&codec)).unwrap();
                prop_assert_eq!(&fast.encode(1, text, &TokenFinder::default(), continues).unwrap(), &expected);
                prop_assert_eq!(fast.count(text, &TokenFinder::default(), continues).unwrap(), expected.len());
                let cut = codec.safe_cut(text, &TokenFinder::default());
                let parts = [
                    codec.encode(&text[..cut], &TokenFinder::default(), continues).unwrap(),
                    codec.encode(&text[cut..], &TokenFinder::default(), continues || cut > 0).unwrap(),
                ];
                prop_assert_eq!(parts.concat(), expected);
            }
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
        let expected = codec.encode(text.as_bytes(), &TokenFinder::default(), false).unwrap();
        let fast = FastCodec::new(codec).unwrap();
        for threads in [1, 3] {
            assert!(fast.encode(threads, text.as_bytes(), &TokenFinder::default(), false).unwrap() == expected);
        }
        assert_eq!(fast.count(text.as_bytes(), &TokenFinder::default(), false).unwrap(), expected.len());
    }
}
