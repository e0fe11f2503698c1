//! All of it put together: text -> segments -> pieces -> ids, and back.
//!
//! By hand, with `cl100k_base`: `Hi there<|endoftext|>` with the special token allowed -> the segment `Hi there` and the id
//! 100257; the segment -> the pieces `Hi` and ` there`; the pieces -> the ids 13347 and 1070.
//!
//! Invariants: decoding the ids of a text gives its bytes (E6). Nothing here depends on what was encoded before.
//!
//! Costs: those of the parts; O(n log n) in all for n bytes.
//!
//! Implements SPEC E3, E5, E6, S4, S6 and S9.

use crate::decode;
use crate::encode::encode_piece;
use crate::error::{Error, Result};
use crate::metaspace::{Metaspace, spaced};
use crate::pretokenize::Pattern;
use crate::special::{Finder, SpecialTokens};
use crate::trace::{Event, trace_piece};
use crate::vocab::{Vocab, show};
use std::borrow::Cow;
use std::sync::Arc;

/// A vocabulary, a split pattern, special tokens and the rule of the space marker: everything that ids depend on.
#[derive(Debug)]
pub struct Codec {
    pub vocab: Arc<Vocab>,
    pub pattern: Pattern,
    pub special: SpecialTokens,
    pub metaspace: Option<Metaspace>,
}

impl Codec {
    pub fn new(
        vocab: Arc<Vocab>,
        pattern: Pattern,
        special: SpecialTokens,
        metaspace: Option<Metaspace>,
    ) -> Result<Codec> {
        for (name, id) in &special.ids {
            if let Some(token) = vocab.token_bytes(*id)
                && token != name.as_bytes()
                && (metaspace.is_none() || token != &*spaced(name.as_bytes()))
            {
                let token = show(token);
                let reason = format!("the special token '{name}' has the id {id} of the token {token}");
                return Err(Error::Vocabulary(reason));
            }
        }
        Ok(Codec { vocab, pattern, special, metaspace })
    }

    /// Encodes a text. The finder's special tokens are found in it; everything else is text.
    ///
    /// `goes_on`: the text continues another, so that no space is put before it (S4).
    pub fn encode(&self, text: &[u8], allowed: &Finder, goes_on: bool) -> Result<Vec<u32>> {
        let mut ids = Vec::new();
        let done = allowed.split(text, |start, end, id| {
            let Some(id) = id else {
                let segment = self.segment(text, start, end, goes_on);
                let mut done = Ok(());
                self.pattern.split(&segment, &mut |piece| {
                    if done.is_ok() {
                        done = encode_piece(&self.vocab, piece, &mut ids);
                    }
                })?;
                return done;
            };
            ids.try_reserve(1)?;
            ids.push(id);
            Ok(())
        });
        done.map_err(|error| placed(error, text)).map(|()| ids)
    }

    /// A segment of the text as it is cut into pieces.
    pub fn segment<'t>(&self, text: &'t [u8], start: usize, end: usize, goes_on: bool) -> Cow<'t, [u8]> {
        let segment = &text[start..end];
        match self.metaspace {
            None => segment.into(),
            Some(_) if goes_on && start == 0 => spaced(segment),
            Some(metaspace) => metaspace.prepare(segment, start == 0),
        }
    }

    /// Fails if the text contains one of the finder's special tokens.
    pub fn check(text: &[u8], disallowed: &Finder) -> Result<()> {
        match disallowed.find(text).next().transpose()? {
            Some(found) => Err(Error::DisallowedSpecial { token: found.name.into(), position: found.start }),
            None => Ok(()),
        }
    }

    /// Encodes a text and emits an event for each piece, merge and special token.
    ///
    /// Offsets refer to the text that is cut into pieces, with the spaces put before it.
    pub fn trace(
        &self,
        text: &[u8],
        allowed: &Finder,
        goes_on: bool,
        emit: &mut dyn FnMut(Event) -> Result<()>,
    ) -> Result<Vec<u32>> {
        let mut ids = Vec::new();
        let (mut at, mut number) = (0, 0);
        let done = allowed.split(text, |start, end, id| {
            if let Some(id) = id {
                emit(Event::Special { start: at, end: at + end - start, id })?;
                ids.push(id);
                at += end - start;
                return Ok(());
            }
            let segment = self.segment(text, start, end, goes_on);
            let mut pieces = Vec::new();
            self.pattern.split(&segment, &mut |piece| pieces.push(piece))?;
            for piece in pieces {
                ids.extend(trace_piece(&self.vocab, piece, number, at, emit)?);
                at += piece.len();
                number += 1;
            }
            Ok(())
        });
        done.map_err(|error| placed(error, text)).map(|()| ids)
    }

    /// Returns the last offset at which a cut changes no id, whatever text follows; 0 if none is known.
    ///
    /// The second part then continues the first (`goes_on`).
    pub fn safe_cut(&self, text: &[u8], allowed: &Finder) -> usize {
        let known = &text[..text.len().saturating_sub(allowed.longest())];
        let cut = if self.vocab.alphabet.fallback.is_none() || self.pattern.source() != "none" {
            self.pattern.safe_cut(known)
        } else {
            self.vocab.safe_cut(known)
        };
        // Behind a special token a segment begins, which may want a space before it.
        if allowed.crosses(text, cut) || (self.metaspace.is_some() && allowed.ends_at(text, cut)) { 0 } else { cut }
    }

    /// Returns the bytes of an id, special tokens included; None if there is no such token.
    pub fn token_bytes(&self, id: u32) -> Option<&[u8]> {
        self.vocab.token_bytes(id).or_else(|| self.special.names.get(&id).map(String::as_bytes))
    }

    /// Whether decoding drops one space from the start.
    pub fn drops_space(&self) -> bool {
        self.metaspace.is_some_and(Metaspace::drops_space)
    }

    /// How tokens are joined to text; None if they are concatenated.
    pub fn joining(&self) -> Option<&decode::Joining> {
        self.vocab.alphabet.symbols.as_ref()?.joining.as_ref()
    }

    /// Returns the bytes of the ids.
    pub fn decode_bytes(&self, ids: &[u32]) -> Result<Vec<u8>> {
        let mut bytes = decode::decode_bytes(|id| self.token_bytes(id), ids, self.joining())?;
        if self.drops_space() && bytes.first() == Some(&b' ') {
            bytes.remove(0);
        }
        Ok(bytes)
    }
}

/// Returns the error with its offset in the text.
pub fn placed(error: Error, text: &[u8]) -> Error {
    let Error::MissingByte { byte, .. } = error else { return error };
    Error::MissingByte { byte, position: memchr::memchr(byte, text).unwrap_or(0) }
}
