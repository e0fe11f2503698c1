//! A text that changes, and its ids.

use super::tokenizer::{Shared, Tokenizer};
use crate::error::{Error, Result};
use crate::fast::session;
use crate::reference::more::session::Splice;
use crate::reference::more::tails::Cover;
use std::ops::Range;
use std::sync::Arc;

/// A text that changes, and its ids; [`Tokenizer::session`](crate::Tokenizer::session) makes one.
///
/// The ids are always those that [`Tokenizer::encode`](crate::Tokenizer::encode) gives for the whole text. Each change says what it
/// did to them. Places in the text are in bytes.
///
/// ```
/// use minitok::Tokenizer;
///
/// let tok = Tokenizer::encoding("o200k_base")?;
/// let mut session = tok.session()?;
/// let splice = session.append("hello")?;
/// assert_eq!((splice.start, splice.removed, splice.ids), (0, 0, vec![24912]));
/// let splice = session.append(" world")?;
/// assert_eq!((splice.start, splice.removed, splice.ids), (1, 0, vec![2375]));
/// assert_eq!((session.count(), session.len(), session.text()?), (2, 11, "hello world".to_owned()));
/// # Ok::<(), minitok::Error>(())
/// ```
#[derive(Debug)]
pub struct Session {
    inner: session::Session,
}

impl Session {
    pub(super) fn new(shared: &Shared) -> Result<Session> {
        let inner = session::Session::new(Arc::clone(&shared.codec), Arc::clone(&shared.added), Arc::default())?;
        Ok(Session { inner })
    }

    /// Puts a text at the end.
    pub fn append(&mut self, text: &str) -> Result<Splice> {
        let end = self.len();
        self.inner.edit(end, end, text.as_bytes())
    }

    /// Puts a text in place of a range of bytes.
    ///
    /// # Errors
    ///
    /// [`Error::Range`] if the range is not one of the text, or begins or ends within a character. On any error nothing changes.
    ///
    /// ```
    /// use minitok::{Error, Tokenizer};
    ///
    /// let mut session = Tokenizer::encoding("o200k_base")?.session()?;
    /// session.append("é")?;
    /// assert!(matches!(session.edit(1..2, ""), Err(Error::Range { .. })));
    /// assert!(matches!(session.edit(0..9, ""), Err(Error::Range { .. })));
    /// assert_eq!(session.text()?, "é");
    /// # Ok::<(), Error>(())
    /// ```
    pub fn edit(&mut self, range: Range<usize>, text: &str) -> Result<Splice> {
        let Range { start, end } = range;
        let length = self.len();
        if start > end || end > length || !self.inner.is_start(start) || !self.inner.is_start(end) {
            return Err(Error::Range { start, end, length });
        }
        self.inner.edit(start, end, text.as_bytes())
    }

    /// Makes the text another one; what both have at their beginnings and ends is kept.
    pub fn set(&mut self, text: &str) -> Result<Splice> {
        self.inner.set(text.as_bytes())
    }

    /// The text.
    pub fn text(&self) -> Result<String> {
        let mut bytes = Vec::new();
        self.inner.text_of(0, self.len(), &mut bytes)?;
        String::from_utf8(bytes).map_err(|error| {
            let start = error.utf8_error().valid_up_to();
            let bytes = error.into_bytes();
            Error::InvalidUtf8 { start, end: bytes.len(), bytes }
        })
    }

    /// The ids.
    pub fn ids(&self) -> Result<Vec<u32>> {
        let mut ids = Vec::new();
        self.inner.ids_of(0, self.count(), &mut ids)?;
        Ok(ids)
    }

    /// How many ids there are, which is known at any time.
    pub fn count(&self) -> usize {
        self.inner.size().ids
    }

    /// How many bytes the text has.
    pub fn len(&self) -> usize {
        self.inner.size().bytes
    }

    /// Whether the text is empty.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many of the ids every continuation of the text keeps. The others may become parts of other tokens when the text goes on, so
    /// that a cache keeps these only. Costs an encoding of the last words for each kind of character: with a published encoding 50 to
    /// 200 microseconds, and more where the last word has thousands of characters.
    ///
    /// # Errors
    ///
    /// [`Error::Vocabulary`] if that is not known: the tokenizer changes text.
    ///
    /// ```
    /// use minitok::Tokenizer;
    ///
    /// let mut session = Tokenizer::encoding("o200k_base")?.session()?;
    /// session.append("hello wo")?;
    /// assert_eq!((session.count(), session.stable()?), (2, 1));
    /// # Ok::<(), minitok::Error>(())
    /// ```
    pub fn stable(&self) -> Result<usize> {
        self.check_tails()?;
        self.inner.stable()
    }

    /// The tokens that may stand over the end of the text, for a model that is to go on from it: after the first `kept` ids of the
    /// session and then `extra`, any one of `ids`. Each begins in the text and ends after it. Costs some ten microseconds, and a
    /// millisecond where the pattern is in a new state; the first call makes tables, in about a tenth of a second.
    ///
    /// # Errors
    ///
    /// As for [`stable`](Self::stable).
    ///
    /// ```
    /// use minitok::Tokenizer;
    ///
    /// let tok = Tokenizer::encoding("o200k_base")?;
    /// let mut session = tok.session()?;
    /// session.append("hello wo")?;
    /// let cover = session.covers()?.into_iter().find(|cover| cover.ids.contains(&2375)).unwrap();
    /// assert_eq!((cover.kept, cover.extra), (1, vec![])); // `hello`, and then ` world`
    /// # Ok::<(), minitok::Error>(())
    /// ```
    pub fn covers(&self) -> Result<Vec<Cover>> {
        self.check_tails()?;
        self.inner.covers()
    }

    fn check_tails(&self) -> Result<()> {
        if self.inner.knows_tails() {
            return Ok(());
        }
        let reason = "what may follow is not known for this tokenizer, which changes text (SPEC L3)";
        Err(Error::Vocabulary(reason.into()))
    }

    /// A copy that changes by itself. What neither has changed is shared.
    pub fn fork(&self) -> Result<Session> {
        Ok(Session { inner: self.inner.fork()? })
    }
}

impl Tokenizer {
    /// A text that changes, and its ids: empty at first. An edit costs what it touches, not the whole text, where the tokenizer
    /// knows places at which a text can be cut; with a published encoding it does.
    ///
    /// ```
    /// use minitok::Tokenizer;
    ///
    /// let tok = Tokenizer::encoding("o200k_base")?;
    /// let mut session = tok.session()?;
    /// session.append("The cat sat.")?;
    /// session.edit(4..7, "dog")?;
    /// assert_eq!(session.ids()?, tok.encode("The dog sat.")?);
    /// # Ok::<(), minitok::Error>(())
    /// ```
    pub fn session(&self) -> Result<Session> {
        Session::new(&self.shared)
    }
}
