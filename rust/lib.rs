//! minitok: byte-level BPE, written to be read beside its Python reference and run at the speed of the hardware.
//!
//! Read the files in this order; each has a twin of the same name under `python/minitok/reference/`.
//!
//! 1. `unicode`: which characters are letters, digits, white space
//! 2. [`regexes`]: the regular expressions that mean the same in both languages
//! 3. [`pretokenize`]: text -> pieces
//! 4. [`special`]: text -> segments and special tokens
//! 5. [`pairs`]: count pairs, merge a pair, the deltas it causes
//! 6. [`vocab`]: ids <-> bytes, merges, ranks
//! 7. [`train`]: words with counts -> merges
//! 8. [`encode`]: piece -> ids
//! 9. [`decode`]: ids -> bytes -> text
//! 10. [`codec`]: all of it put together
//!
//! [`fast`] computes the same results sooner. `python` (feature `python`) is the boundary; it holds no algorithm.

pub mod error;
pub mod fast;
