//! The tokens that merging their bytes does not make, so that only a whole piece can be one. Must not change what `encode_piece` of
//! `rust/reference/encode.rs` gives.
//!
//! By hand: with `bc` 256 and `abcd` 257, `abcd` merges to `a bc d`: it is an exception. A published vocabulary has none, or some
//! hundreds among a hundred thousand (Llama 3: 588). So where pieces that are tokens are taken whole, a new piece is looked up
//! among the exceptions only. Cuts that no token crosses make parts that are looked up as pieces: `static_cuts.rs` sees to it
//! that no part is an exception.
//!
//! Cost: one hash of a new piece no longer than the longest exception.

use crate::error::Result;
use crate::fast::util::fallible::concat;
use crate::reference::published::vocabs::{Tokens, Vocab};
use foldhash::HashMap;

/// By default, every token is made by merges.
#[derive(Debug, Default)]
pub struct Exceptions {
    /// Nothing is known: every token may be one.
    unknown: bool,
    /// By id, whether merges make the token of its bytes; empty if they make all of them, or if whole pieces are tokens.
    made: Vec<bool>,
    /// Tokens that only a whole piece can be, although merges do not make them; the lowest id if several share the bytes.
    whole: HashMap<Box<[u8]>, u32>,
    longest: usize,
}

impl Exceptions {
    pub fn unknown() -> Exceptions {
        Exceptions { unknown: true, ..Exceptions::default() }
    }

    /// For a vocabulary, and whether its merges make each token, by id.
    pub fn of_made(vocab: &Vocab, made: Vec<bool>) -> Result<Exceptions> {
        let mut found = Exceptions::default();
        let all = vocab.tokens.iter().filter(|(_, token)| !token.is_empty());
        let mut exceptions = all.filter(|(id, _)| !made[*id as usize]).peekable();
        if exceptions.peek().is_none() {
            return Ok(found);
        }
        if vocab.whole_pieces {
            exceptions
                .filter(|(id, token)| vocab.token_id(token) == Some(*id))
                .try_for_each(|(id, token)| found.add(id, token))?;
        }
        Ok(Exceptions { made, ..found })
    }

    /// For a vocabulary in which whole pieces are tokens, no two of the same bytes; `ids` are the exceptions.
    pub fn of_ids(tokens: &Tokens, ids: &[u32]) -> Result<Exceptions> {
        let mut found = Exceptions::default();
        ids.iter().filter_map(|&id| Some((id, tokens.get(id)?))).try_for_each(|(id, token)| found.add(id, token))?;
        Ok(found)
    }

    fn add(&mut self, id: u32, token: &[u8]) -> Result<()> {
        self.longest = self.longest.max(token.len());
        self.whole.try_reserve(1)?;
        self.whole.insert(concat(&[token])?.into(), id);
        Ok(())
    }

    pub fn memory(&self) -> usize {
        let whole: usize = self.whole.keys().map(|token| token.len() + size_of::<(Box<[u8]>, u32)>()).sum();
        self.made.capacity() + whole
    }

    pub fn are_known(&self) -> bool {
        !self.unknown
    }

    /// The id of a piece that is an exception.
    #[inline]
    pub fn find(&self, piece: &[u8]) -> Option<u32> {
        if piece.len() > self.longest { None } else { self.whole.get(piece).copied() }
    }

    /// Those that a whole piece can be, if they are known.
    pub fn tokens(&self) -> impl Iterator<Item = &[u8]> {
        self.whole.keys().map(|token| &**token)
    }

    /// True for all ids where whole pieces are tokens anyway.
    #[inline]
    pub fn is_made(&self, id: u32) -> bool {
        !self.unknown && (self.made.is_empty() || self.made[id as usize])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reference::published::vocabs::Alphabet;

    #[test]
    fn by_hand() {
        let words = ["a", "b", "c", "d", "bc", "abcd"];
        let tokens: Vec<(Vec<u8>, u32)> = (0..=255u8).map(|byte| vec![byte]).zip(1000..).collect();
        let tokens: Vec<(Vec<u8>, u32)> =
            tokens.into_iter().chain([(b"bc".to_vec(), 7), (b"abcd".to_vec(), 8)]).collect();
        let id = |word: &str| tokens.iter().find(|(token, _)| token == word.as_bytes()).unwrap().1;
        for whole_pieces in [true, false] {
            let vocab = Vocab::from_tokens(&tokens, &[(id("b"), id("c"))], whole_pieces, Alphabet::default()).unwrap();
            let made = (0..vocab.tokens.n_ids()).map(|id| id != 8).collect();
            let found = Exceptions::of_made(&vocab, made).unwrap();
            assert_eq!(found.find(b"abcd"), whole_pieces.then_some(8));
            assert_eq!(words.map(|word| found.is_made(id(word))), [true, true, true, true, true, false]);
            assert!(found.find(b"bc").is_none() && found.are_known());
        }
        assert!(!Exceptions::unknown().are_known() && !Exceptions::unknown().is_made(7));
        assert!(Exceptions::default().is_made(7) && Exceptions::default().find(b"abcd").is_none());
    }
}
