//! Hand-written split scanners for the three named patterns: text -> where its pieces end.
//!
//! Must equal `rust/pretokenize.rs`, which runs the regular expressions; `tests.rs` holds them together over every code
//! point, over strings made of traps and over random bytes. A regular-expression engine reads some tens of megabytes a second;
//! these read hundreds and thousands. Read in this order:
//!
//! 1. `classes`: what kind of character? One byte of flags, from two look-ups.
//! 2. `scalar`: the three patterns by hand, one character at a time. [`piece_end`] is the ground truth of the rest.
//! 3. `masks`: the same for 64 bytes at once. One 64-bit mask for each class; shifts compare neighbours, an addition
//!    floods a run by its carry, and what comes out is the mask of the places where pieces start.
//! 4. `windows`: the loop, from masks to positions. A window begins where a piece does, and so needs no state.
//! 5. `vector`, `vector_x86`, `vector_arm`: bytes to masks in the instructions of each processor.
//! 6. `wide_pairs`: where two characters of three bytes meet, by the same masks.
//! 7. `dispatch`: the loops in the instructions that this processor has; with `vector_*` the only `unsafe` code here.
//! 8. `cut`: where a text may be cut in two without changing a piece, for threads and streams.
//!
//! [`Scanner`] hands out ends in blocks, so that its callers can work in phases (scan, hash and prefetch, look up, write
//! out), each a small loop of its own.
//!
//! Costs: time linear in the text whatever it holds; no allocation but the caller's vector; no recursion. Measured on one
//! Zen 4 core, English / many scripts: 3.1 / 1.0 GB/s with AVX2, 0.7 / 0.4 portable, 0.6 / 0.4 by [`piece_end`] (cl100k).
//! Offsets are `usize`, so texts may be longer than 4 GiB.
//!
//! Not for: patterns other than these three, which the regular expressions cut.

// The hot loops are made of one-line helpers that must vanish into them.
#![allow(clippy::inline_always)]

mod classes;
mod cut;
mod dispatch;
mod masks;
mod scalar;
#[cfg(test)]
mod tests;
mod vector;
mod wide_pairs;
mod windows;

use std::ops::Range;
use std::sync::LazyLock;

pub use cut::safe_cut;
pub use dispatch::Isa;
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

impl Grammar {
    /// The grammar of a named pattern.
    pub fn named(name: &str) -> Option<Grammar> {
        match name {
            "gpt2" => Some(Grammar::Gpt2),
            "cl100k" => Some(Grammar::Cl100k),
            "o200k" => Some(Grammar::O200k),
            _ => None,
        }
    }
}

/// Hand the pieces of a text to `emit`, in order.
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

static FASTEST: LazyLock<Isa> = LazyLock::new(|| *Isa::available().last().expect("the portable one at least"));

/// Replaces `places` by all places inside the range, its ends left out, at which two characters of three bytes meet.
pub(super) fn meetings(text: &[u8], range: Range<usize>, places: &mut Vec<usize>) {
    FASTEST.find_meetings(text, range, places);
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
    /// A scanner at the start of `text`, any bytes of any length, with the fastest instructions there are.
    pub fn new(grammar: Grammar, text: &'t [u8]) -> Self {
        Self { grammar, text, position: 0, isa: *FASTEST }
    }

    /// The same with other instructions, to compare them; those that this processor lacks fall back to
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
        // What is left of the block before is written over, not cleared first: that would cost a tenth of the scan.
        // Short texts do not pay for a whole block either: each piece has a byte, and a window writes 64 ends.
        let left = self.text.len() - self.position;
        let most = if left < 64 { left } else { left + 64 };
        ends.resize(max_pieces.clamp(1, most), 0);
        let count = self.isa.fill(self.grammar, self.text, &mut self.position, ends);
        ends.truncate(count);
        true
    }
}
