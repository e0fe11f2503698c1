//! The vocabulary that training starts from: the 256 single bytes, or one that is extended.

use std::sync::Arc;

use crate::error::Result;
use crate::fast::encode::encoder::Encoder;
use crate::fast::encode::split::Split;
use crate::fast::pystr::source::Source;
use crate::pretokenize::Pattern;
use crate::vocab::Vocab;

pub(super) struct StartVocab {
    pub vocab: Arc<Vocab>,
    /// Encodes pieces; None where the ids of a piece are its bytes.
    encoder: Option<(Encoder, Pattern)>,
}

impl StartVocab {
    pub fn new(vocab: Arc<Vocab>) -> Self {
        // A vocabulary without merges may still have tokens that a whole piece can be, or characters of several bytes.
        let larger = vocab.whole_pieces || vocab.alphabet.fallback.is_some();
        let bytes_only = vocab.merges().is_empty() && !larger && vocab.byte_ids.iter().all(|&id| id < 256);
        let whole = || Pattern::new("none").expect("a named pattern");
        let encoder = (!bytes_only).then(|| (Encoder::new(Arc::clone(&vocab)), whole()));
        Self { vocab, encoder }
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
            return encoder.encode(Source::Bytes(piece), Split::Pattern(whole), ids);
        }
        ids.extend(piece.iter().map(|&byte| self.vocab.byte_ids[byte as usize]));
        Ok(())
    }
}
