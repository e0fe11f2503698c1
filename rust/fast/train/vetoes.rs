//! Which tokens are not made, whatever their counts. Must equal `TrainOptions::allows` of `rust/reference/train.rs`; lengths are compared
//! elsewhere.
//!
//! A merge makes hundreds of pairs, so a pair is judged by what is known of its two tokens: how many words each has and whether
//! it begins and ends within one; whether it holds a barred string; and whether it begins or ends with a part of one. Only where
//! both sides have parts of barred strings are bytes compared.
//!
//! Costs: nothing without such rules. With them, the bytes of all tokens, 24 bytes a token, and a comparison of each token with each
//! barred string.

#![expect(
    clippy::cast_possible_truncation,
    reason = "there are fewer words than bytes of a token, which are fewer than 2^32"
)]

use super::start_vocab::StartVocab;
use crate::error::Result;
use crate::fast::util::fallible::{append, concat, push, resize, try_collect};
use crate::reference::train::TrainOptions;
use crate::support::interrupt;

/// The rules, and what is known of each token.
pub(super) struct Vetoes {
    active: bool,
    max_words: u32,
    barred: Vec<Vec<u8>>,
    tokens: Vec<Token>,
    bytes: Vec<u8>,
}

#[derive(Clone, Copy, Default)]
struct Token {
    /// Where its bytes stand.
    start: usize,
    len: usize,
    words: u32,
    /// Whether its first and its last byte are of words.
    begins_in_word: bool,
    ends_in_word: bool,
    /// Whether a barred string is in it.
    holds: bool,
    /// A bit for each way to cut a barred string in two (of many, several share one): whether it ends with the first part, or
    /// begins with the second.
    ends_with: u64,
    begins_with: u64,
}

impl Vetoes {
    pub fn new(options: &TrainOptions, base: &StartVocab) -> Result<Vetoes> {
        let max_words = options.max_words.map_or(u32::MAX, |words| u32::try_from(words).unwrap_or(u32::MAX));
        let barred = try_collect(options.barred.iter().map(|string| concat(&[string])))?;
        let active = max_words < u32::MAX || !options.barred.is_empty();
        let mut vetoes = Vetoes { active, max_words, barred, tokens: Vec::new(), bytes: Vec::new() };
        if active {
            for (id, token) in base.vocab.tokens.iter() {
                vetoes.put(id, token)?;
            }
        }
        Ok(vetoes)
    }

    /// No rule at all.
    #[cfg(test)]
    pub fn none() -> Vetoes {
        Vetoes { active: false, max_words: u32::MAX, barred: Vec::new(), tokens: Vec::new(), bytes: Vec::new() }
    }

    /// Whether the token of two tokens may be made.
    #[inline]
    pub fn allow(&self, left: u32, right: u32) -> bool {
        !self.active || self.allow_by_rule(left, right)
    }

    fn allow_by_rule(&self, left: u32, right: u32) -> bool {
        let (left, right) = (&self.tokens[left as usize], &self.tokens[right as usize]);
        let words = left.words + right.words - u32::from(left.ends_in_word && right.begins_in_word);
        if words > self.max_words || left.holds || right.holds {
            return false;
        }
        left.ends_with & right.begins_with == 0 || !self.meet(left, right)
    }

    /// Whether a barred string stands across two tokens.
    #[cold]
    fn meet(&self, left: &Token, right: &Token) -> bool {
        let (left, right) = (self.bytes_of(left), self.bytes_of(right));
        let across = |string: &Vec<u8>| {
            (1..string.len())
                .take(left.len())
                .any(|at| left.ends_with(&string[..at]) && right.starts_with(&string[at..]))
        };
        self.barred.iter().any(|string| across(string) || interrupt::stopped())
    }

    /// A merge has made token `id`.
    pub fn learn(&mut self, id: u32, left: u32, right: u32) -> Result<()> {
        if !self.active {
            return Ok(());
        }
        let [left, right] = [left, right].map(|id| self.bytes_of(&self.tokens[id as usize]));
        let token = concat(&[left, right])?;
        self.put(id, &token)
    }

    fn put(&mut self, id: u32, token: &[u8]) -> Result<()> {
        let (mut ends_with, mut begins_with, mut cut) = (0, 0, 0);
        for string in &self.barred {
            // A longer part is at no end of the token.
            let (length, longest) = (string.len(), token.len());
            for at in (1..length).take(longest) {
                ends_with |= u64::from(token.ends_with(&string[..at])) << ((cut + at) % 64);
            }
            for at in (1..length).rev().take(longest) {
                begins_with |= u64::from(token.starts_with(&string[at..])) << ((cut + at) % 64);
            }
            cut += length;
            interrupt::check()?;
        }
        let in_word = |byte: Option<&u8>| byte.is_some_and(|&byte| byte != b' ');
        let made = Token {
            start: self.bytes.len(),
            len: token.len(),
            words: token.split(|&byte| byte == b' ').filter(|word| !word.is_empty()).count() as u32,
            begins_in_word: in_word(token.first()),
            ends_in_word: in_word(token.last()),
            holds: self
                .barred
                .iter()
                .any(|string| memchr::memmem::find(token, string).is_some() || interrupt::stopped()),
            ends_with,
            begins_with,
        };
        append(&mut self.bytes, token)?;
        if self.tokens.len() == id as usize {
            return push(&mut self.tokens, made);
        }
        if self.tokens.len() < id as usize {
            resize(&mut self.tokens, id as usize + 1, Token::default())?;
        }
        self.tokens[id as usize] = made;
        Ok(())
    }

    fn bytes_of(&self, token: &Token) -> &[u8] {
        &self.bytes[token.start..][..token.len]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reference::published::vocabs::Vocab;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn pairs_are_judged_as_their_tokens_are(
            merges in prop::collection::vec((0..30_usize, 0..30_usize), 0..30),
            max_words in prop::option::of(1..4_usize),
            barred in prop::collection::vec("[a: ]{1,4}", 0..3),
        ) {
            let order: Vec<u8> = (0..=255).collect();
            let vocab = Vocab::from_merges(&order, &[(97, 98)]).unwrap();
            let barred: Vec<Vec<u8>> = barred.into_iter().map(String::into_bytes).collect();
            let options = TrainOptions { max_words, barred, ..TrainOptions::new(0) };
            let mut vetoes = Vetoes::new(&options, &StartVocab::new(vocab.into())).unwrap();
            let mut tokens: Vec<(u32, Vec<u8>)> =
                b"ab: ".iter().map(|&byte| (u32::from(byte), vec![byte])).chain([(256, b"ab".to_vec())]).collect();
            for (left, right) in merges {
                let (left, right) = (tokens[left % tokens.len()].clone(), tokens[right % tokens.len()].clone());
                let made = [left.1, right.1].concat();
                prop_assert_eq!(vetoes.allow(left.0, right.0), options.allows(&made));
                if options.allows(&made) {
                    let id = 257 - 5 + tokens.len() as u32;
                    vetoes.learn(id, left.0, right.0).unwrap();
                    tokens.push((id, made));
                }
            }
        }
    }
}
