//! A piece -> ids at random: at each step, each merge is passed over with some probability (BPE-dropout, arXiv 1910.13267).
//!
//! A model that sees a word cut in many ways learns what the word is made of. So training may encode a text anew in each epoch,
//! with another seed; otherwise, ids are those of `encode.rs`.
//!
//! By hand, with the merges 0: (a, b) -> X and 1: (X, c) -> Y, the piece `a b c` and the probability p: first (a, b) is the only
//! candidate. It is passed over with p, and then the piece is done: `a b c`. If not, (X, c) is the only one: `X c` with
//! (1 - p) p, and `Y` with (1 - p)^2.
//!
//! At each step, the candidates are tried in the order of E1, and the first that is not passed over is merged. Those that were
//! passed over are candidates again at the next step, once each: two other rules go by the same name, and give other
//! distributions. In one, a merge is passed over for good; in the other, one that is no longer possible is tried again.
//!
//! The numbers are those of `SplitMix64`. A text has a *key*, made of the seed and of the text's first bytes; the generator of a
//! piece begins with the key and the place of the piece. So the ids of a piece depend on the seed, its text and its place, and on
//! nothing else: not on threads, on batches, or on what is encoded before.
//!
//! Invariants: with the probability 0, `merge_with_dropout` is `merge_parts`; with 1, it returns the parts.
//!
//! Costs, n parts: O(n log n / (1 - p)) expected time, O(n) space; no recursion.
//!
//! Implements SPEC E11.

#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "a probability times 2^53 is a whole number of 53 bits"
)]

use crate::error::Result;
use crate::reference::merging::{Chain, push};
use crate::reference::published::codecs::Codec;
use crate::reference::published::preprocess::TokenFinder;
use crate::reference::published::vocabs::Vocab;
use crate::reference::published::vocabs::initial_parts;
use crate::support::interrupt;
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// How many bytes of a text its key is made of.
const HEAD: usize = 1024;
pub const STEP: u64 = 0x9E37_79B9_7F4A_7C15;

/// How texts are encoded at random.
#[derive(Debug, Clone)]
pub struct Dropout {
    /// A number of 53 bits below this passes a merge over.
    pub limit: u64,
    /// What the keys of texts are made of.
    pub seed: u64,
    /// The first bytes of the text, if it is a later part of one; None if each text is whole.
    pub head: Option<Vec<u8>>,
    /// Where the text begins in the whole one.
    pub start: u64,
}

impl Dropout {
    pub fn new(probability: f64, seed: u64, head: Option<Vec<u8>>, start: u64) -> Dropout {
        Dropout { limit: (probability * (1_u64 << 53) as f64) as u64, seed, head, start }
    }

    /// Returns the key of a text.
    pub fn key(&self, text: &[u8]) -> u64 {
        let head = self.head.as_deref().unwrap_or(text);
        let head = &head[..head.len().min(HEAD)];
        let mut key = mix(self.seed);
        for part in head.chunks(8) {
            key = mix(key ^ part.iter().rfold(0, |word, &byte| word << 8 | u64::from(byte)));
        }
        mix(key ^ head.len() as u64)
    }

    /// Returns the random numbers of a text.
    pub fn draws(&self, text: &[u8]) -> Draws {
        Draws::new(self.limit, self.key(text), self.start)
    }
}

/// The random numbers of a text: a generator for each place at which a piece begins.
#[derive(Debug, Clone)]
pub struct Draws {
    pub limit: u64,
    key: u64,
    start: u64,
    place: Option<usize>,
    pub state: u64,
}

impl Draws {
    pub fn new(limit: u64, key: u64, start: u64) -> Draws {
        Draws { limit, key, start, place: None, state: 0 }
    }

    /// Goes to a place in the text. Pieces that come from one place share its generator, one after the other.
    #[inline]
    pub fn go_to(&mut self, place: usize) {
        if self.place != Some(place) {
            self.place = Some(place);
            self.state = mix(self.key ^ self.start.wrapping_add(place as u64));
        }
    }

    /// Returns whether the next candidate is passed over.
    #[inline]
    pub fn passes_over(&mut self) -> bool {
        self.state = self.state.wrapping_add(STEP);
        scrambled(self.state) >> 11 < self.limit
    }
}

/// Returns the number that `SplitMix64` gives first when it begins with this one.
#[inline]
pub fn mix(number: u64) -> u64 {
    scrambled(number.wrapping_add(STEP))
}

/// Returns what `SplitMix64` makes of its state.
#[inline]
pub fn scrambled(mut number: u64) -> u64 {
    number = (number ^ number >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    number = (number ^ number >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
    number ^ number >> 31
}

/// Appends the ids of one piece to `out`, of which merges are passed over at random. No piece is taken whole.
pub fn encode_piece_with_dropout(vocab: &Vocab, piece: &[u8], draws: &mut Draws, out: &mut Vec<u32>) -> Result<()> {
    let parts = initial_parts(vocab, piece)?;
    let merged = merge_with_dropout(|left, right| vocab.merge_of(left, right), parts, || draws.passes_over())?;
    interrupt::append(out, merged.into_iter())
}

/// As `merge_parts`, but each candidate of each step is passed over where `passes_over` says so.
pub fn merge_with_dropout<P: Copy + Ord>(
    merge_of: impl Fn(P, P) -> Option<(u32, P)>,
    parts: Vec<P>,
    mut passes_over: impl FnMut() -> bool,
) -> Result<Vec<P>> {
    let mut chain = Chain::new(merge_of, parts)?;
    let mut heap = BinaryHeap::new();
    for place in 0..chain.end {
        push(&mut heap, chain.candidate(place))?;
    }
    let mut passed = Vec::new(); // the candidates that were passed over at this step
    while let Some(Reverse(entry)) = heap.pop() {
        if chain.is_stale(&entry) {
            continue;
        }
        if passes_over() {
            passed.try_reserve(1)?;
            passed.push(entry);
            interrupt::check()?;
            continue;
        }
        for changed in chain.merge(&entry) {
            push(&mut heap, chain.candidate(changed))?;
        }
        for entry in passed.drain(..) {
            push(&mut heap, Some(entry))?;
        }
    }
    Ok(chain.merged())
}

/// Returns what encodes the pieces of a text at random. The place of a piece is that of its first byte in the text.
pub fn with_dropout(
    codec: &Codec,
    text: &[u8],
    dropout: &Dropout,
) -> impl FnMut(&[u8], usize, &mut Vec<u32>) -> Result<()> {
    let mut draws = dropout.draws(text);
    move |piece, place, ids| {
        draws.go_to(place);
        encode_piece_with_dropout(&codec.vocab, piece, &mut draws, ids)
    }
}

/// As `Codec::encode`, with merges passed over at random.
pub fn encode_with_dropout(
    codec: &Codec,
    text: &[u8],
    finder: &TokenFinder,
    dropout: &Dropout,
    continues: bool,
) -> Result<Vec<u32>> {
    let mut ids = Vec::new();
    codec.placed_ids(text, finder, continues, Some(&mut with_dropout(codec, text, dropout)), &mut |id, _| {
        ids.try_reserve(1)?;
        ids.push(id);
        Ok(())
    })?;
    Ok(ids)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_generator_is_split_mix_64() {
        // The first numbers for the seed 1234567, of the reference implementation.
        let mut draws = Draws { limit: 0, key: 0, start: 0, place: None, state: 1_234_567 };
        let mut next = || {
            draws.passes_over();
            scrambled(draws.state)
        };
        assert_eq!([next(), next()], [6_457_827_717_110_365_317, 3_203_168_211_198_807_973]);
    }
}
