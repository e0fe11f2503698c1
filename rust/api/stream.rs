//! Ids that come one after the other.

use super::tokenizer::Tokenizer;
use crate::error::{Error, Result};
use crate::reference::published::streams as decode;

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
    /// The ids that give no text, ascending.
    skipped: Vec<u32>,
    /// Whether a token of whole characters is its text, if nothing is held back.
    is_plain: bool,
}

impl StreamDecoder {
    pub(super) fn new(tokenizer: Tokenizer) -> StreamDecoder {
        let core = tokenizer.shared.codec.core();
        let inner = decode::StreamDecoder::new(false, core.drops_space(), core.joining().cloned(), &[]);
        let is_plain = !core.drops_space() && core.joining().is_none();
        StreamDecoder { inner, position: 0, skipped: Vec::new(), is_plain, tokenizer }
    }

    /// The same, in which special tokens give no text. To be said before the first id.
    ///
    /// ```
    /// use minitok::Tokenizer;
    ///
    /// let mut stream = Tokenizer::encoding("o200k_base")?.stream_decoder().skip_special();
    /// assert_eq!((&*stream.push(24912)?, &*stream.push(199_999)?), ("hello", ""));
    /// # Ok::<(), minitok::Error>(())
    /// ```
    #[must_use]
    pub fn skip_special(mut self) -> StreamDecoder {
        self.skipped = self.tokenizer.special_tokens().map(|(_, id)| id).collect();
        self.skipped.sort_unstable();
        self
    }

    /// The same, which ends at the first of some strings, also where several tokens make it. Its text, and all that follows, is not
    /// given, and what may be its beginning is held back: [`stopped`](Self::stopped) says which it was. To be said before the first
    /// id. The time of each byte is linear in the number of strings.
    ///
    /// # Errors
    ///
    /// [`Error::Stop`] if a string is empty.
    ///
    /// ```
    /// use minitok::Tokenizer;
    ///
    /// let tok = Tokenizer::encoding("o200k_base")?;
    /// let mut stream = tok.stream_decoder().stop(&["</answer>", "\n\n"])?;
    /// let mut text = String::new();
    /// for id in tok.encode("It is 42.</answer> Also,")? {
    ///     text += &stream.push(id)?;
    /// }
    /// assert_eq!((&*text, stream.stopped()), ("It is 42.", Some("</answer>")));
    /// # Ok::<(), minitok::Error>(())
    /// ```
    pub fn stop(mut self, strings: &[impl AsRef<str>]) -> Result<StreamDecoder> {
        let strings: Vec<String> = strings.iter().map(|string| string.as_ref().to_owned()).collect();
        if let Some(number) = strings.iter().position(String::is_empty) {
            return Err(Error::Stop(format!("stop string {number} is empty")));
        }
        self.is_plain &= strings.is_empty();
        self.inner.stops = decode::StopStrings::new(&strings);
        Ok(self)
    }

    /// The string that the stream ended at, if it did.
    pub fn stopped(&self) -> Option<&str> {
        self.inner.stops.found.as_deref()
    }

    /// The text that is certain now that this id has come; often empty.
    ///
    /// # Errors
    ///
    /// [`Error::UnknownToken`] if the id has no token, with how many ids came before it. The stream can go on without it.
    pub fn push(&mut self, id: u32) -> Result<String> {
        let mut text = String::new();
        self.push_into(id, &mut text)?;
        Ok(text)
    }

    /// Appends the same to a text, which can be used again: where it has room, no memory is asked for.
    ///
    /// # Errors
    ///
    /// As for [`push`](Self::push); the text is as it was.
    ///
    /// ```
    /// use minitok::Tokenizer;
    ///
    /// let tok = Tokenizer::encoding("o200k_base")?;
    /// let (mut stream, mut text) = (tok.stream_decoder(), String::new());
    /// for id in tok.encode("naïve 😀")? {
    ///     stream.push_into(id, &mut text)?;
    /// }
    /// assert_eq!(text, "naïve 😀");
    /// # Ok::<(), minitok::Error>(())
    /// ```
    pub fn push_into(&mut self, id: u32, text: &mut String) -> Result<()> {
        let token = self.tokenizer.token_bytes(id).ok_or(Error::UnknownToken { id, position: self.position })?;
        self.position += 1;
        if self.skipped.binary_search(&id).is_ok() {
            return Ok(());
        }
        match str::from_utf8(token) {
            Ok(whole) if self.is_plain && self.inner.held().is_empty() => text.push_str(whole),
            _ => text.push_str(&self.inner.push(token)?),
        }
        Ok(())
    }

    /// Ends the stream: bytes that were held back, and can no longer become a character, become U+FFFD. A new stream may follow.
    pub fn finish(&mut self) -> Result<String> {
        self.position = 0;
        self.inner.finish()
    }
}

impl Tokenizer {
    /// What turns ids into text as they come, and never shows half a character. There may be many, each with what it holds back.
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
