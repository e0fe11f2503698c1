//! Hand-written split scanners for the most used patterns: text -> where its pieces end.
//!
//! Must equal `rust/reference/pretokenize.rs`, which runs the regular expressions at some tens of megabytes a second. Read in this
//! order:
//!
//! 1. `grammar`: the patterns, and what differs between them. `classes`: what kind of character? One byte of flags.
//! 2. `scalar`: the patterns by hand, one character at a time. [`piece_end`] is the ground truth of the rest.
//! 3. `masks`: the patterns for 64 bytes at once, with one 64-bit mask for each class ([`simd`](super::simd)).
//! 4. `windows`: the loop, from masks to positions (`util::bits`).
//! 5. `wide_pairs`: where two characters of three bytes meet, by the same masks.
//! 6. `scanner`: [`Scanner`] hands out ends in blocks, so that its callers can work in phases (scan, hash and prefetch, look
//!    up, write out), each a small loop.
//! 7. `compiled`: any other pattern, by a table. `tier`, `same_grammar`: how a pattern is scanned. `cut`: where a text may be cut in
//!    two, for threads and streams.
//!
//! Cost: time linear in the text whatever it holds; no allocation but the caller's vector; no recursion. On one Zen 4 core, English /
//! many scripts: 3.1 / 1.0 GB/s with AVX2, 0.7 / 0.4 portable, 0.6 / 0.4 by [`piece_end`] (cl100k).

// The hot loops are made of one-line helpers that must vanish into them.
#![allow(clippy::inline_always)]

mod classes;
pub mod compiled;
mod cut;
mod grammar;
mod masks;
mod same_grammar;
mod scalar;
mod scanner;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod tests_by_grammar;
mod tier;
mod wide_pairs;
mod windows;

pub use compiled::{Unsupported, difference};
pub use cut::{Cuts, NoCuts};
pub use grammar::Grammar;
pub use same_grammar::or_masks;
pub use scalar::piece_end;
pub(crate) use scanner::fill;
pub use scanner::{Scanner, split};
pub use tier::{Tier, passes};
pub(crate) use wide_pairs::find_wide_pairs;
