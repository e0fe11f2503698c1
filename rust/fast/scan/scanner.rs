//! A text -> the ends of its pieces, block by block, with the fastest instructions of this processor.

use super::dispatch::Isa;
use super::grammar::Grammar;

/// Passes the pieces of a text to `emit`, in order.
pub fn split<'t>(grammar: Grammar, text: &'t [u8], emit: &mut dyn FnMut(&'t [u8])) {
    let mut scanner = Scanner::new(grammar, text);
    let mut ends = Vec::new();
    let mut start = 0;
    while scanner.next_block(&mut ends, 4096) {
        for &end in &ends {
            emit(&text[start..end]);
            start = end;
        }
    }
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
    isa: Isa,
}

impl<'t> Scanner<'t> {
    /// A scanner at the start of `text`, any bytes of any length, with the fastest instructions of this processor.
    pub fn new(grammar: Grammar, text: &'t [u8]) -> Self {
        Self { grammar, text, position: 0, isa: Isa::fastest() }
    }

    /// As [`new`](Self::new) with other instructions, to compare them; those that this processor lacks fall back to
    /// [`Isa::Portable`].
    pub fn with_isa(grammar: Grammar, text: &'t [u8], isa: Isa) -> Self {
        let isa = if Isa::available().contains(&isa) { isa } else { Isa::Portable };
        Self { isa, ..Self::new(grammar, text) }
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
        if self.position == self.text.len() {
            ends.clear();
            return false;
        }
        // The ends of the block before are overwritten, not cleared first: that would cost a tenth of the scan. A short text
        // does not pay for a whole block either: each piece has a byte, and a window writes 64 ends.
        let left = self.text.len() - self.position;
        let most = if left < 64 { left } else { left + 64 };
        ends.resize(max_pieces.clamp(1, most), 0);
        let count = self.isa.fill(self.grammar, self.text, &mut self.position, ends);
        ends.truncate(count);
        true
    }
}
