//! Long pieces -> ids, for a vocabulary whose tokens are not longer than words.
//!
//! Lines and whole texts do not come again. But a piece may be cut between two bytes that no token of a merge holds side by side
//! (notes/proofs.md, "Cuts that no token stands across"), and the parts are words, as a rule: they are looked up as pieces are
//! elsewhere. Cost: that of the encoder; a byte an id.

use super::cut::ends::Ends;
use super::cut::split_by::SplitBy;
use super::encoder::Encoder;
use super::tables::Tables;
use crate::error::Result;
use crate::fast::util::fallible::{extend, filled};
use crate::reference::published::vocabs::{Tokens, Vocab};
use std::sync::Arc;

#[derive(Debug)]
pub struct LowLevel {
    encoder: Encoder,
    /// Whether a piece may be cut: merges alone decide what becomes of its bytes.
    cuts: bool,
    /// The length in bytes of each id's token; 0 if it does not fit a byte.
    lengths: Vec<u8>,
    tokens: Arc<Tokens>,
}

impl LowLevel {
    pub fn new(vocab: Arc<Vocab>) -> Result<LowLevel> {
        let mut lengths = filled(0, vocab.tokens.n_ids() as usize)?;
        for (id, token) in vocab.tokens.iter() {
            lengths[id as usize] = u8::try_from(token.len()).unwrap_or(0);
        }
        let tokens = Arc::clone(&vocab.tokens);
        let tables = Arc::new(Tables::new(vocab)?);
        let cuts = tables.is_list_of_bytes();
        Ok(LowLevel { encoder: Encoder::of(tables), cuts, lengths, tokens })
    }

    /// Replaces `ids` by those of the pieces of a text that end at `ends`, and `parts` by the ends of their parts, counted from `start`,
    /// where the first piece begins.
    pub fn encode(
        &self,
        text: &[u8],
        start: usize,
        ends: &[usize],
        parts: &mut Vec<usize>,
        ids: &mut Vec<u32>,
    ) -> Result<()> {
        ids.clear();
        parts.clear();
        let Some(&end) = ends.last() else { return Ok(()) };
        let text = &text[start..end];
        if self.cuts {
            self.encoder.byte_cuts().append_to(text, start, ends, parts)?;
        } else {
            extend(parts, ends.iter().map(|end| end - start))?;
        }
        self.encoder.encode(text, SplitBy::Ends(Ends::new(parts)?), ids)
    }

    #[inline]
    pub fn length(&self, id: u32) -> usize {
        match self.lengths[id as usize] {
            0 => self.tokens.get(id).map_or(0, <[u8]>::len),
            length => usize::from(length),
        }
    }

    pub fn tables_memory(&self) -> usize {
        self.lengths.capacity() + self.encoder.tables_memory()
    }

    /// In bytes, of what no thread uses.
    pub fn workspaces_memory(&self) -> usize {
        self.encoder.workspaces_memory()
    }

    pub fn drop_workspaces(&self) {
        self.encoder.drop_workspaces();
    }
}
