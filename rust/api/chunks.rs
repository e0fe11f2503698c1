//! A text in chunks.

use super::tokenizer::{Special, Tokenizer};
use crate::error::Result;
use crate::fast::chunk::chunker;
use crate::reference::more::borders::Border;
use crate::reference::more::chunk::{ChunkOptions, Chunker};
use std::fmt;

/// A part of a text, from [`Tokenizer::chunks`](crate::Tokenizer::chunks).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Chunk<'t> {
    /// The text of the chunk.
    pub text: &'t str,
    /// Where it begins, in bytes.
    pub start: usize,
    /// Where it ends, in bytes.
    pub end: usize,
    /// How many tokens it has when it is encoded on its own.
    pub tokens: usize,
    /// What it ends at.
    pub border: Border,
}

/// The chunks of a text, one after the other. The methods say how they are cut, and belong before the first chunk.
#[must_use = "nothing is cut until chunks are asked for"]
pub struct Chunks<'t> {
    tokenizer: &'t Tokenizer,
    text: &'t str,
    options: ChunkOptions,
    special: Special<'t>,
    /// None before the first chunk is asked for.
    begun: Option<Chunker<'t>>,
    failed: bool,
}

impl Tokenizer {
    /// Cuts a text into chunks of at most `max_tokens` tokens: before headings, after paragraphs, sentences, words.
    ///
    /// The limit holds for each chunk encoded on its own. Without an overlap, the chunks joined are the text. A chunk does not
    /// depend on what follows the line after it, so a document that grows keeps all but its last chunks. The time is linear in the
    /// text. An item is an error if the options cannot be met, a character has more than `max_tokens` tokens, or the
    /// text cannot be encoded; no item follows it.
    ///
    /// ```
    /// use minitok::{Border, Tokenizer};
    ///
    /// let tok = Tokenizer::encoding("o200k_base")?;
    /// let chunks = tok.chunks("One fish, two fish. Red fish, blue fish.", 8).collect::<Result<Vec<_>, _>>()?;
    /// assert_eq!(chunks[0].text, "One fish, two fish.");
    /// assert_eq!((chunks[1].start, chunks[1].tokens, chunks[1].border), (19, 6, Border::End));
    /// # Ok::<(), minitok::Error>(())
    /// ```
    pub fn chunks<'t>(&'t self, text: &'t str, max_tokens: usize) -> Chunks<'t> {
        let at = Border::TEXT.to_vec();
        let options = ChunkOptions { max_tokens, at, overlap: 0, overlap_sentences: 0, fill: 0.5 };
        Chunks { tokenizer: self, text, options, special: Special::Only(&[]), begun: None, failed: false }
    }
}

impl<'t> Chunks<'t> {
    /// The kinds of borders that a chunk may end at: [`Border::TEXT`], as if nothing is said; [`Border::CODE`]; or others. The best of
    /// them is taken, in their usual order. Where none fits, a chunk ends between two characters.
    ///
    /// ```
    /// use minitok::{Border, Tokenizer};
    ///
    /// let tok = Tokenizer::encoding("o200k_base")?;
    /// let mut chunks = tok.chunks("def f():\n    return 1. + 2\n\ndef g():\n    pass\n", 16).at(&Border::CODE);
    /// assert_eq!(chunks.next().unwrap()?.text, "def f():\n    return 1. + 2\n\n");
    /// # Ok::<(), minitok::Error>(())
    /// ```
    pub fn at(mut self, borders: &[Border]) -> Chunks<'t> {
        self.options.at = Border::TEXT.into_iter().filter(|border| borders.contains(border)).collect();
        self
    }

    /// How many tokens at the end of a chunk may be repeated at the beginning of the next; below `max_tokens`. What is repeated begins
    /// at a sentence, else a word.
    ///
    /// ```
    /// use minitok::Tokenizer;
    ///
    /// let tok = Tokenizer::encoding("o200k_base")?;
    /// let chunks = tok.chunks("One fish, two fish. Red fish, blue fish.", 8).overlap(3);
    /// assert_eq!(chunks.skip(1).next().unwrap()?.text, " two fish. Red fish,");
    /// # Ok::<(), minitok::Error>(())
    /// ```
    pub fn overlap(mut self, tokens: usize) -> Chunks<'t> {
        self.options.overlap = tokens;
        self
    }

    /// How many sentences at the end of a chunk are repeated, within half of `max_tokens`; in place of [`overlap`](Self::overlap).
    pub fn overlap_sentences(mut self, sentences: usize) -> Chunks<'t> {
        self.options.overlap_sentences = sentences;
        self
    }

    /// The best border is taken from after this part of what is new in a chunk, from 0 to 1: 0.5, if nothing is said. With less, chunks
    /// are smaller and end better.
    pub fn fill(mut self, part: f64) -> Chunks<'t> {
        self.options.fill = part;
        self
    }

    /// The special tokens that are found in the text: none, if nothing is said. No token that is found is cut.
    pub fn special(mut self, special: Special<'t>) -> Chunks<'t> {
        self.special = special;
        self
    }

    fn advance(&mut self) -> Result<Option<Chunk<'t>>> {
        let chunker = if let Some(begun) = &mut self.begun {
            begun
        } else {
            let search = self.tokenizer.shared.search(self.special)?;
            self.begun.insert(chunker(&self.tokenizer.shared.codec, search, self.text, self.options.clone())?)
        };
        let found = chunker.advance()?;
        Ok(found.map(|chunk| {
            let crate::reference::more::chunk::Chunk { start, end, tokens, kind } = chunk;
            Chunk { text: &self.text[start..end], start, end, tokens, border: kind }
        }))
    }
}

impl<'t> Iterator for Chunks<'t> {
    type Item = Result<Chunk<'t>>;

    fn next(&mut self) -> Option<Result<Chunk<'t>>> {
        if self.failed {
            return None;
        }
        let found = self.advance();
        self.failed = found.is_err();
        found.transpose()
    }
}

impl fmt::Debug for Chunks<'_> {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.debug_struct("Chunks").field("options", &self.options).finish_non_exhaustive()
    }
}
