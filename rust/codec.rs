//! All of it put together: text -> segments -> pieces -> ids, and back.
//!
//! By hand, with `cl100k_base`: `Hi there<|endoftext|>` with the special token allowed -> the segment `Hi there` and the id
//! 100257; the segment -> the pieces `Hi` and ` there`; the pieces -> the ids 13347 and 1070.
//!
//! Invariants: decoding the ids of a text gives its bytes (E6). Nothing here depends on what was encoded before.
//!
//! Costs: those of the parts; O(n log n) in all for n bytes.
//!
//! Implements SPEC E3, E5 and E6.

use crate::decode;
use crate::encode::encode_piece;
use crate::error::{Error, Result};
use crate::pretokenize::Pattern;
use crate::special::{Finder, SpecialTokens};
use crate::trace::{Event, trace_piece};
use crate::vocab::{Vocab, show};
use std::sync::Arc;

/// A vocabulary, a split pattern and special tokens: everything that ids depend on.
#[derive(Debug)]
pub struct Codec {
    pub vocab: Arc<Vocab>,
    pub pattern: Pattern,
    pub special: SpecialTokens,
}

impl Codec {
    pub fn new(vocab: Arc<Vocab>, pattern: Pattern, special: SpecialTokens) -> Result<Codec> {
        for (name, id) in &special.ids {
            if let Some(token) = vocab.token_bytes(*id)
                && token != name.as_bytes()
            {
                let token = show(token);
                let reason = format!("the special token '{name}' has the id {id} of the token {token}");
                return Err(Error::Vocabulary(reason));
            }
        }
        Ok(Codec { vocab, pattern, special })
    }

    /// Encodes a text. The finder's special tokens are found in it; everything else is text.
    pub fn encode(&self, text: &[u8], allowed: &Finder) -> Result<Vec<u32>> {
        let mut ids = Vec::new();
        allowed.split(text, |start, end, id| {
            match id {
                None => {
                    self.pattern.split(&text[start..end], &mut |piece| encode_piece(&self.vocab, piece, &mut ids))?;
                }
                Some(id) => ids.push(id),
            }
            Ok(())
        })?;
        Ok(ids)
    }

    /// Fails if the text contains one of the finder's special tokens.
    pub fn check(text: &[u8], disallowed: &Finder) -> Result<()> {
        match disallowed.find(text).next() {
            Some((start, _, name, _)) => Err(Error::DisallowedSpecial { token: name.into(), position: start }),
            None => Ok(()),
        }
    }

    /// Encodes a text and emits an event for each piece, merge and special token.
    pub fn trace(&self, text: &[u8], allowed: &Finder, emit: &mut dyn FnMut(Event) -> Result<()>) -> Result<Vec<u32>> {
        let mut ids = Vec::new();
        let mut number = 0;
        allowed.split(text, |mut start, end, id| {
            if let Some(id) = id {
                emit(Event::Special { start, end, id })?;
                ids.push(id);
                return Ok(());
            }
            let mut pieces = Vec::new();
            self.pattern.split(&text[start..end], &mut |piece| pieces.push(piece))?;
            for piece in pieces {
                ids.extend(trace_piece(&self.vocab, piece, number, start, emit)?);
                start += piece.len();
                number += 1;
            }
            Ok(())
        })?;
        Ok(ids)
    }

    /// Returns the last offset at which a cut changes no id, whatever text follows; 0 if none is known.
    pub fn safe_cut(&self, text: &[u8], allowed: &Finder) -> usize {
        let cut = self.pattern.safe_cut(&text[..text.len().saturating_sub(allowed.longest())]);
        if allowed.crosses(text, cut) { 0 } else { cut }
    }

    /// Returns the bytes of an id, special tokens included; None if there is no such token.
    pub fn token_bytes(&self, id: u32) -> Option<&[u8]> {
        self.vocab.token_bytes(id).or_else(|| self.special.names.get(&id).map(String::as_bytes))
    }

    /// Returns the bytes of the ids.
    pub fn decode_bytes(&self, ids: &[u32]) -> Result<Vec<u8>> {
        decode::decode_bytes(|id| self.token_bytes(id), ids)
    }
}
