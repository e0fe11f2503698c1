//! minitok: byte-level BPE, written to be read beside its Python reference and run at the speed of the hardware.
//!
//! Read the files in this order; each has a twin of the same name under `python/minitok/reference/`.
//!
//! 1. [`unicode`]: which characters are letters, digits, white space
//! 2. [`regexes`]: the regular expressions that mean the same in both languages
//! 3. [`pretokenize`]: text -> pieces
//! 4. [`special`]: text -> segments and special tokens
//! 5. [`pairs`]: count pairs, merge a pair, the deltas it causes
//! 6. [`vocab`]: ids <-> bytes, merges, ranks
//! 7. [`packed`]: the vocabularies inside the package -> ids and merges
//! 8. [`encode`]: piece -> ids
//! 9. [`decode`]: ids -> bytes -> text
//! 10. [`trace`]: what training and encoding did, step by step, as data
//! 11. [`count`]: text -> words with counts
//! 12. [`train`]: words with counts -> merges
//! 13. [`codec`]: all of it put together
//!
//! [`fast`] computes the same results sooner. `python` (feature `python`) is the boundary; it holds no algorithm.

pub mod codec;
pub mod count;
pub mod decode;
pub mod encode;
pub mod error;
pub mod fast;
pub mod packed;
pub mod pairs;
pub mod pretokenize;
#[cfg(feature = "python")]
mod python;
pub mod regexes;
pub mod special;
pub mod trace;
pub mod train;
pub mod unicode;
pub mod vocab;
