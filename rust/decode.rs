//! Ids -> bytes -> text, at once or as they come.
//!
//! Bytes are concatenated (D1); nothing is ever lost on the way back. Text is another matter: a token may hold half a
//! character, so bytes become text only when all of them are together.
//!
//! By hand: if `é` (bytes C3 A9) has been cut into two tokens, the streaming decoder answers the first with nothing, for C3
//! alone is the beginning of a character, and the second with `é`. If the stream ends after the first, what is left is no
//! character, and becomes U+FFFD.
//!
//! Invariants: what the streaming decoder has emitted, with what it holds back, is what it has been given (D4); it holds back
//! three bytes at the most.
//!
//! Costs: O(b) for b bytes.
//!
//! Implements SPEC D1, D2, D3 and D4.

use crate::error::{Error, Result};

/// The bytes of the tokens, one after the other.
pub fn decode_bytes<'v>(token_bytes: impl Fn(u32) -> Option<&'v [u8]>, ids: &[u32]) -> Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(ids.len() * 4);
    for (position, &id) in ids.iter().enumerate() {
        bytes.extend_from_slice(token_bytes(id).ok_or(Error::UnknownToken { id, position })?);
    }
    Ok(bytes)
}

/// Turns the bytes of tokens into text as they come, and never shows half a character.
#[derive(Debug, Clone, Default)]
pub struct StreamDecoder {
    held: Vec<u8>,
    strict: bool,
}

impl StreamDecoder {
    /// `strict`: bytes that are no text are an error instead of U+FFFD.
    pub fn new(strict: bool) -> StreamDecoder {
        StreamDecoder { held: Vec::new(), strict }
    }

    /// The text that is certain now that this token has come.
    pub fn push(&mut self, token: &[u8]) -> Result<String> {
        self.held.extend_from_slice(token);
        self.emit(false)
    }

    /// The end of the stream: what was held back is no character any more. The decoder starts anew after it.
    pub fn finish(&mut self) -> Result<String> {
        self.emit(true)
    }

    fn emit(&mut self, finished: bool) -> Result<String> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_a_character_waits() {
        let mut stream = StreamDecoder::new(false);
        assert_eq!(stream.push(b"\xC3").unwrap(), "");
        assert_eq!(stream.push(b"\xA9").unwrap(), "é");
        assert_eq!(stream.push(b"a\xF0\x9F").unwrap(), "a");
        assert_eq!(stream.push(b"b\xE2").unwrap(), "\u{FFFD}b");
        assert_eq!(stream.finish().unwrap(), "\u{FFFD}");
    }
}
