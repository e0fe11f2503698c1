//! The vocabulary that training starts from: the 256 single bytes, or one that is extended.

use std::sync::Arc;

use crate::error::{Error, Result};
use crate::fast::count::pieces::{Corpus, Pieces};
use crate::fast::count::runs::{Runs, are_needed, ids_of, width};
use crate::reference::published::vocabs::Vocab;

pub(super) struct StartVocab {
    pub vocab: Arc<Vocab>,
    /// The bytes that an id takes in a piece: one where the ids of a piece are its bytes; else pieces are runs (`count/runs.rs`).
    width: usize,
}

impl StartVocab {
    pub fn new(vocab: Arc<Vocab>) -> Self {
        let width = if are_needed(&vocab) { width(vocab.tokens.n_ids()) } else { 1 };
        Self { vocab, width }
    }

    /// One that is extended; refused where pieces may have bytes without an id.
    pub fn extended(vocab: Arc<Vocab>) -> Result<Self> {
        if vocab.alphabet.drops_bytes {
            let reason = "the vocabulary has no tokens for some bytes, so it cannot be extended";
            return Err(Error::Training(reason.into()));
        }
        Ok(Self::new(vocab))
    }

    /// Gives the new ids of merges their numbers from `first_id` on. Inside, they follow those of the vocabulary without a hole, so
    /// that tables by id stay small.
    pub fn number_from(&self, first_id: u32, merges: &mut [(u32, u32)]) {
        let outside = |id: u32| if id < self.n_ids() { id } else { id - self.n_ids() + first_id };
        for (left, right) in merges {
            (*left, *right) = (outside(*left), outside(*right));
        }
    }

    /// Whether the ids of every piece are its bytes, with ids below 256.
    pub fn is_bytes(&self) -> bool {
        self.width == 1
    }

    /// What writes pieces as runs.
    pub fn runs(&self) -> Result<Runs> {
        Runs::new(Arc::clone(&self.vocab))
    }

    /// Pieces whose ids are known: bytes, or runs.
    pub fn ready<'c>(&self, corpus: Corpus<'c>) -> Result<Box<dyn Pieces + 'c>> {
        let is_ready = corpus.are_runs || self.is_bytes();
        Ok(if is_ready { corpus.pieces } else { Box::new(self.runs()?.of(corpus.pieces.all())?) })
    }

    /// One past the highest id.
    pub fn n_ids(&self) -> u32 {
        self.vocab.tokens.n_ids()
    }

    /// How many ids a piece has, which is a run unless ids are bytes.
    #[inline]
    pub fn count(&self, piece: &[u8]) -> usize {
        if self.is_bytes() { piece.len() } else { piece.len() / self.width }
    }

    /// Calls `show` with each of its ids.
    #[inline]
    pub fn each_id(&self, piece: &[u8], mut show: impl FnMut(u32) -> Result<()>) -> Result<()> {
        match self.width {
            1 => piece.iter().try_for_each(|&byte| show(self.vocab.byte_ids[byte as usize])),
            // A constant, so that an id is one load.
            2 => ids_of(piece, 2).try_for_each(show),
            width => ids_of(piece, width).try_for_each(show),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fast::util::fallible::push;
    use crate::reference::encode::encode_piece;
    use crate::reference::published::vocabs::Alphabet;

    fn bytes_from(first: u32) -> Vec<(Vec<u8>, u32)> {
        (0..=255_u8).map(|byte| (vec![byte], first + u32::from(byte))).collect()
    }

    fn with_tokens(first: u32, more: &[(&str, u32)], whole_pieces: bool) -> Vocab {
        let more = more.iter().map(|(token, id)| (token.as_bytes().to_vec(), *id));
        let ids: Vec<(Vec<u8>, u32)> = bytes_from(first).into_iter().chain(more).collect();
        Vocab::from_tokens(&ids, &[], whole_pieces, Alphabet::default()).expect("well-formed")
    }

    fn check(vocab: &Vocab, is_bytes: bool) {
        let start = StartVocab::new(vocab.clone().into());
        assert_eq!(start.is_bytes(), is_bytes);
        assert_eq!(start.n_ids(), vocab.tokens.n_ids());
        for piece in ["a", "ab", "abc", "abab", "é\u{ff}"] {
            let mut expected = Vec::new();
            encode_piece(vocab, piece.as_bytes(), &mut expected).expect("a piece");
            let mut ids = Vec::new();
            let mut show = |piece: &[u8]| {
                start.each_id(piece, |id| push(&mut ids, id)).unwrap();
                assert_eq!(start.count(piece), ids.len());
            };
            if is_bytes {
                show(piece.as_bytes());
            } else {
                let (writer, mut spelt) = (start.runs().unwrap(), Vec::new());
                let runs = writer.of([(piece.as_bytes(), 2), (b"", 1), (b"b", 0)].into_iter()).unwrap();
                assert_eq!((runs.len(), runs.get(0).1), (1, 2));
                show(runs.get(0).0);
                writer.spell(runs.get(0).0, &mut spelt).unwrap();
                assert_eq!(spelt, piece.as_bytes());
            }
            assert_eq!(ids, expected, "{piece}");
        }
    }

    #[test]
    fn only_where_ids_are_bytes_no_encoder_is_needed() {
        let order: Vec<u8> = (0..=255).rev().collect();
        check(&Vocab::from_merges(&order, &[]).expect("bytes"), true);
        check(&with_tokens(0, &[("ab", 256)], false), true);
        check(&with_tokens(0, &[("ab", 256)], true), false);
        check(&with_tokens(1, &[], false), false);
        check(&with_tokens(300, &[], false), false);
        check(&with_tokens(1 << 16, &[], false), false);
        check(&Vocab::from_merges(&order, &[(0, 1)]).expect("well-formed"), false);
        let scores = [(b"a".to_vec(), 256, 0.0), ("é".into(), 257, 0.0), (b"b".to_vec(), 258, 0.0)];
        check(&Vocab::from_scores(&scores, (0..256).collect()).expect("well-formed"), false);
    }
}
