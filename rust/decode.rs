//! Ids -> bytes -> text, at once or as they come.
//!
//! Bytes are concatenated (D1), so nothing is lost. Text is another matter: a token may hold half a character, so bytes
//! become text only when a character is complete, and bytes that are not valid UTF-8 become U+FFFD or an error (D2).
//!
//! By hand: if `é` (bytes C3 A9) is two tokens, the streaming decoder answers the first with nothing, since C3 begins a
//! character, and the second with `é`. If the stream ends after the first, C3 is not a character, and becomes U+FFFD.
//!
//! Invariants: `decode_bytes` gives every byte. For valid UTF-8, what the streaming decoder has emitted and what it holds
//! back are together what it was given; otherwise U+FFFD stands in place of the invalid bytes (D2, D4). It holds back at most
//! three bytes.
//!
//! Costs: O(b) for b bytes.
//!
//! Implements SPEC D1, D2, D3, D4 and S5.

use crate::error::{Error, Result};
use crate::interrupt;

/// Returns the bytes of the tokens, one after the other.
pub fn decode_bytes<'v>(token_bytes: impl Fn(u32) -> Option<&'v [u8]>, ids: &[u32]) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    for (position, &id) in ids.iter().enumerate() {
        interrupt::check()?;
        let token = token_bytes(id).ok_or(Error::UnknownToken { id, position })?;
        bytes.try_reserve(token.len())?;
        bytes.extend_from_slice(token);
    }
    Ok(bytes)
}

/// Turns the bytes of tokens into text as they come, and never shows half a character.
#[derive(Debug, Clone, Default)]
pub struct StreamDecoder {
    held: Vec<u8>,
    strict: bool,
    drops_space: bool,
    /// Whether any byte has come.
    begun: bool,
}

impl StreamDecoder {
    /// `strict`: bytes that are not valid UTF-8 are an error, instead of becoming U+FFFD. `drops_space`: one space is dropped from the start (S5).
    pub fn new(strict: bool, drops_space: bool) -> StreamDecoder {
        StreamDecoder { held: Vec::new(), strict, drops_space, begun: false }
    }

    /// Returns the text that is certain now that this token has come.
    pub fn push(&mut self, token: &[u8]) -> Result<String> {
        let dropped = self.drops_space && !self.begun;
        self.begun |= !token.is_empty();
        self.held.extend_from_slice(token.strip_prefix(b" ").filter(|_| dropped).unwrap_or(token));
        self.emit(false)
    }

    /// Ends the stream: bytes held back can no longer become a character. A new stream may follow.
    pub fn finish(&mut self) -> Result<String> {
        self.begun = false;
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
        let mut stream = StreamDecoder::new(false, false);
        assert_eq!(stream.push(b"\xC3").unwrap(), "");
        assert_eq!(stream.push(b"\xA9").unwrap(), "é");
        assert_eq!(stream.push(b"a\xF0\x9F").unwrap(), "a");
        assert_eq!(stream.push(b"b\xE2").unwrap(), "\u{FFFD}b");
        assert_eq!(stream.finish().unwrap(), "\u{FFFD}");
    }
}
