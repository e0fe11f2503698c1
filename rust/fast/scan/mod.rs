//! Hand-written split scanners for the three named patterns.

// The hot loops are made of one-line helpers that must vanish into them.
#![allow(clippy::inline_always)]

mod classes;
mod cut;
mod scalar;
#[cfg(test)]
mod tests;

pub use cut::safe_cut;
pub use scalar::piece_end;

/// One of the three patterns that have a scanner of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grammar {
    /// The pattern of GPT-2, r50k and p50k.
    Gpt2,
    /// The pattern of GPT-3.5 and GPT-4.
    Cl100k,
    /// The pattern of GPT-4o.
    O200k,
}

/// A resumable scanner: hands out the ends of pieces block by block.
///
/// ```
/// use minitok::fast::scan::{Grammar, Scanner};
/// let mut scanner = Scanner::new(Grammar::Gpt2, b"Hello there");
/// let mut ends = Vec::new();
/// while scanner.next_block(&mut ends, 4096) {
///     assert_eq!(ends, [5, 11]);
/// }
/// ```
#[derive(Debug, Clone)]
pub struct Scanner<'t> {
    grammar: Grammar,
    text: &'t [u8],
    position: usize,
}

impl<'t> Scanner<'t> {
    /// A scanner at the start of `text`, any bytes of any length.
    pub fn new(grammar: Grammar, text: &'t [u8]) -> Self {
        Self { grammar, text, position: 0 }
    }

    /// Where the next piece starts.
    pub fn position(&self) -> usize {
        self.position
    }

    /// Replaces the contents of `ends` by the ends of the next pieces, ascending offsets into the text, at least one and
    /// at most `max_pieces.max(1)`; false, and no ends, when the text is used up. The first piece starts at the
    /// [`position`](Self::position) before the call, each other where the one before it ends.
    ///
    /// How many pieces a block holds short of `max_pieces` says nothing about the text.
    pub fn next_block(&mut self, ends: &mut Vec<usize>, max_pieces: usize) -> bool {
        ends.clear();
        while self.position < self.text.len() && (ends.is_empty() || ends.len() < max_pieces) {
            self.position = piece_end(self.grammar, self.text, self.position);
            ends.push(self.position);
        }
        !ends.is_empty()
    }
}
