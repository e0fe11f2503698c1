//! Ids -> bytes -> text, at once or as they come.
//!
//! Bytes are concatenated (D1), so nothing is lost. Text is another matter: a token may hold half a character, so bytes become
//! text only when a character is complete, and bytes that are not valid UTF-8 become U+FFFD or an error (D2).
//!
//! By hand: if `é` (bytes C3 A9) is two tokens, the streaming decoder answers the first with nothing, since C3 begins a
//! character, and the second with `é`. If the stream ends after the first, C3 is not a character, and becomes U+FFFD.
//!
//! Invariants: `decode_bytes` gives every byte. For valid UTF-8, what the streaming decoder has emitted and what it holds back are
//! together what it was given; otherwise U+FFFD stands in place of the invalid bytes (D2, D4). It holds back at most three bytes.
//!
//! Costs: O(b) for b bytes.
//!
//! Implements SPEC D1, D2, D3 and D4.

use crate::error::{Error, Result};
use crate::support::interrupt;

/// Returns the bytes of the tokens, one after the other.
pub fn decode_bytes<'v>(token_bytes: impl Fn(u32) -> Option<&'v [u8]>, ids: &[u32]) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    for token in tokens_of(token_bytes, ids) {
        let token = token?;
        bytes.try_reserve(token.len())?;
        bytes.extend_from_slice(token);
    }
    Ok(bytes)
}

/// Iterates over the bytes of each token. An id without one is an error that says where it stands.
pub fn tokens_of<'v>(
    token_bytes: impl Fn(u32) -> Option<&'v [u8]>,
    ids: &[u32],
) -> impl Iterator<Item = Result<&'v [u8]>> {
    ids.iter().enumerate().map(move |(position, &id)| {
        interrupt::check()?;
        token_bytes(id).ok_or(Error::UnknownToken { id, position })
    })
}

/// Turns the bytes of tokens into text as they come, and never shows half a character.
#[derive(Debug, Clone, Default)]
pub struct StreamDecoder {
    /// The beginning of a character.
    pub held: Vec<u8>,
    strict: bool,
}

impl StreamDecoder {
    /// `strict`: bytes that are not valid UTF-8 are an error, instead of becoming U+FFFD.
    pub fn new(strict: bool) -> StreamDecoder {
        StreamDecoder { held: Vec::new(), strict }
    }

    /// Returns the text that is certain now that this token has come.
    pub fn push(&mut self, token: &[u8]) -> Result<String> {
        self.held.extend_from_slice(token);
        self.emit(false)
    }

    /// Ends the stream: bytes held back can no longer become a character. A new stream may follow.
    pub fn finish(&mut self) -> Result<String> {
        self.emit(true)
    }

    /// Returns what is text by now.
    pub fn emit(&mut self, finished: bool) -> Result<String> {
        let mut text = String::new();
        let mut done = 0;
        while let Err(error) = std::str::from_utf8(&self.held[done..]) {
            let valid = done + error.valid_up_to();
            text.push_str(std::str::from_utf8(&self.held[done..valid]).unwrap_or_default());
            done = valid;
            let wrong = match error.error_len() {
                Some(len) => len,
                None if finished => self.held.len() - done,
                None => break, // the beginning of a character: held back
            };
            if self.strict {
                let bytes = std::mem::take(&mut self.held);
                return Err(Error::InvalidUtf8 { bytes, start: done, end: done + wrong });
            }
            text.push(char::REPLACEMENT_CHARACTER);
            done += wrong;
        }
        if let Ok(rest) = std::str::from_utf8(&self.held[done..]) {
            text.push_str(rest);
            done = self.held.len();
        }
        self.held.drain(..done);
        Ok(text)
    }
}
