//! Ids that come one after the other.

use super::tokenizer::Tokenizer;
use crate::error::{Error, Result};
use crate::reference::decode;

/// Turns ids into text as they come; [`Tokenizer::stream_decoder`] makes one.
///
/// A token may end within a character: its bytes are held back until the rest of it comes. The texts, joined, are what
/// [`Tokenizer::decode`] gives for all the ids.
///
/// ```
/// use minitok::Tokenizer;
///
/// let tok = Tokenizer::train(["ab"], 256)?;
/// let mut stream = tok.stream_decoder();
/// assert_eq!((&*stream.push(0xC3)?, &*stream.push(0xA9)?), ("", "é"));
/// # Ok::<(), minitok::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct StreamDecoder {
    tokenizer: Tokenizer,
    inner: decode::StreamDecoder,
    position: usize,
}

impl StreamDecoder {
    pub(super) fn new(tokenizer: Tokenizer) -> StreamDecoder {
        let core = tokenizer.shared.codec.core();
        let inner = decode::StreamDecoder::new(false, core.drops_space(), core.joining().cloned(), &[]);
        StreamDecoder { tokenizer, inner, position: 0 }
    }

    /// The text that is certain now that this id has come; often empty.
    ///
    /// # Errors
    ///
    /// [`Error::UnknownToken`] if the id has no token, with how many ids came before it. The stream can go on without it.
    pub fn push(&mut self, id: u32) -> Result<String> {
        let token = self.tokenizer.token_bytes(id).ok_or(Error::UnknownToken { id, position: self.position })?;
        self.position += 1;
        self.inner.push(token)
    }

    /// Ends the stream: bytes that were held back, and can no longer become a character, become U+FFFD. A new stream may follow.
    pub fn finish(&mut self) -> Result<String> {
        self.position = 0;
        self.inner.finish()
    }
}

impl Tokenizer {
    /// What turns ids into text as they come, and never shows half a character.
    ///
    /// ```
    /// use minitok::Tokenizer;
    ///
    /// let tok = Tokenizer::encoding("o200k_base")?;
    /// let mut stream = tok.stream_decoder();
    /// let mut text = String::new();
    /// for id in tok.encode("naïve 😀")? {
    ///     text += &stream.push(id)?;
    /// }
    /// text += &stream.finish()?;
    /// assert_eq!(text, "naïve 😀");
    /// # Ok::<(), minitok::Error>(())
    /// ```
    pub fn stream_decoder(&self) -> StreamDecoder {
        StreamDecoder::new(self.clone())
    }
}
