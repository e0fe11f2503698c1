//! The vocabulary that training starts from: the 256 single bytes, or one that is extended.

use std::sync::Arc;

use crate::error::Result;
use crate::fast::encode::cut::split_by::SplitBy;
use crate::fast::encode::encoder::Encoder;
use crate::fast::encode::two_levels::one_level;
use crate::fast::pystr::source::Source;
use crate::interrupt::append;
use crate::pretokenize::Pattern;
use crate::vocab::Vocab;

pub(super) struct StartVocab {
    pub vocab: Arc<Vocab>,
    /// Encodes pieces; None where the ids of a piece are its bytes.
    encoder: Option<(Encoder, Pattern)>,
}

impl StartVocab {
    pub fn new(vocab: Arc<Vocab>) -> Result<Self> {
        // A vocabulary without merges may still have tokens that a whole piece can be, or characters of several bytes.
        let larger = vocab.whole_pieces || vocab.alphabet.fallback.is_some();
        let bytes_only = vocab.merges().is_empty() && !larger && vocab.byte_ids.iter().all(|&id| id < 256);
        let whole = || Pattern::new("none").expect("a named pattern");
        let encoder = if bytes_only {
            None
        } else {
            Some((Encoder::new(Arc::clone(&vocab))?.with_long_pieces(one_level), whole()))
        };
        Ok(Self { vocab, encoder })
    }

    /// Whether the ids of every piece are its bytes, with ids below 256.
    pub fn is_bytes(&self) -> bool {
        self.encoder.is_none()
    }

    /// One past the highest id.
    pub fn n_ids(&self) -> u32 {
        self.vocab.tokens.n_ids()
    }

    /// Replaces `ids` by the ids of a piece.
    pub fn encode(&self, piece: &[u8], ids: &mut Vec<u32>) -> Result<()> {
        ids.clear();
        if let Some((encoder, whole)) = &self.encoder {
            return encoder.encode(Source::Bytes(piece), SplitBy::Pattern(whole), ids);
        }
        append(ids, piece.iter().map(|&byte| self.vocab.byte_ids[byte as usize]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encode::encode_piece;
    use crate::vocab::Alphabet;

    fn bytes_from(first: u32) -> Vec<(Vec<u8>, u32)> {
        (0..=255_u8).map(|byte| (vec![byte], first + u32::from(byte))).collect()
    }

    fn with_tokens(first: u32, more: &[(&str, u32)], whole_pieces: bool) -> Vocab {
        let more = more.iter().map(|(token, id)| (token.as_bytes().to_vec(), *id));
        let ids: Vec<(Vec<u8>, u32)> = bytes_from(first).into_iter().chain(more).collect();
        Vocab::from_tokens(&ids, &[], whole_pieces, Alphabet::default()).expect("well-formed")
    }

    fn check(vocab: &Vocab, is_bytes: bool) {
        let start = StartVocab::new(vocab.clone().into()).unwrap();
        assert_eq!(start.is_bytes(), is_bytes);
        assert_eq!(start.n_ids(), vocab.tokens.n_ids());
        let mut ids = vec![7];
        for piece in ["", "a", "ab", "abc", "abab", "é\u{ff}"] {
            let mut expected = Vec::new();
            encode_piece(vocab, piece.as_bytes(), &mut expected).expect("a piece");
            start.encode(piece.as_bytes(), &mut ids).expect("a piece");
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
        check(&Vocab::from_merges(&order, &[(0, 1)]).expect("well-formed"), false);
        let scores = [(b"a".to_vec(), 256, 0.0), ("é".into(), 257, 0.0), (b"b".to_vec(), 258, 0.0)];
        check(&Vocab::from_scores(&scores, (0..256).collect()).expect("well-formed"), false);
    }
}
