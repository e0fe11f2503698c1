//! All of it put together: text -> segments -> pieces -> ids, and back.
//!
//! By hand, with `cl100k_base`: `Hi there<|endoftext|>` with the special token allowed -> the segment `Hi there` and the id
//! 100257; the segment -> the pieces `Hi` and ` there`; the pieces -> the ids 13347 and 1070.
//!
//! Files of models ask for more: normalization, a space before the text, tokens that text must not contain. [`codecs`](crate::reference::published::codecs) has that.
//!
//! Invariants: decoding the ids of a text gives its bytes (E6). Nothing here depends on what was encoded before.
//!
//! Costs: those of the parts; O(n log n) in all for n bytes.
//!
//! Implements SPEC E3, E5 and E6.

use crate::error::Result;
use crate::reference::decode;
use crate::reference::encode::encode_piece;
use crate::reference::pretokenize::{Pattern, Split};
use crate::reference::special::SpecialTokens;
use crate::reference::vocab::Vocab;

/// A vocabulary, a split pattern and special tokens: everything that ids depend on.
#[derive(Debug)]
pub struct Codec {
    pub vocab: Vocab,
    pub pattern: Pattern,
    pub special: SpecialTokens,
}

impl Codec {
    pub fn new(vocab: Vocab, pattern: Pattern, special: SpecialTokens) -> Codec {
        Codec { vocab, pattern, special }
    }

    /// Returns the ids of a text. The allowed special tokens are found in it; everything else is text.
    pub fn encode(&self, text: &[u8], allowed: &[&str]) -> Result<Vec<u32>> {
        let mut ids = Vec::new();
        self.special.finder(allowed).split(text, |start, end, id| match id {
            None => self.encode_segment(&text[start..end], &mut ids),
            Some(id) => {
                ids.try_reserve(1)?;
                ids.push(id);
                Ok(())
            }
        })?;
        Ok(ids)
    }

    /// Appends the ids of a text without special tokens.
    pub fn encode_segment(&self, segment: &[u8], ids: &mut Vec<u32>) -> Result<()> {
        self.pattern.split(segment, &mut |piece| encode_piece(&self.vocab, piece, ids))
    }

    /// Returns the bytes of an id, or the name of a special token; None if there is no such token.
    pub fn token_bytes(&self, id: u32) -> Option<&[u8]> {
        self.vocab.token_bytes(id).or_else(|| self.special.names.get(&id).map(String::as_bytes))
    }

    /// Returns the bytes of the ids.
    pub fn decode_bytes(&self, ids: &[u32]) -> Result<Vec<u8>> {
        decode::decode_bytes(|id| self.token_bytes(id), ids)
    }
}
