//! minitok: byte-level BPE, written to be read beside its Python reference and run at the speed of the hardware.
//!
//! Read the files in this order; each has a twin of the same name under `python/minitok/reference/`, except [`tokens`], which is a
//! dict there. Two files there have none here: `basic.py` (text in, text out; to be typed along) and `text.py` (what a surrogate
//! becomes).
//!
//! Byte-pair encoding:
//!
//! 1. [`pairs`]: count pairs, merge a pair, and what that changes
//! 2. [`pretokenize`]: text -> pieces
//! 3. [`byte_chars`]: bytes as characters, for patterns that cut these
//! 4. [`special`]: text -> segments and special tokens
//! 5. [`vocab`]: ids <-> bytes ([`tokens`]), merges, ranks
//! 6. [`count`]: text -> words with counts
//! 7. [`train`]: words with counts -> merges
//! 8. [`merging`]: the parts of a piece, of which the pair of lowest rank is merged first
//! 9. [`encode`]: piece -> ids
//! 10. [`dropout`]: piece -> ids at random
//! 11. [`decode`]: ids -> bytes -> text
//! 12. [`codec`]: all of it put together
//! 13. [`trace`]: what training and encoding did, step by step, as data
//! 14. [`session`]: a text that changes, and what that does to its ids
//! 15. [`tails`]: what may follow a text
//!
//! What published tokenizers do besides (`reference/published/`):
//!
//! 1. [`unicode`]: which characters are letters, digits, white space
//! 2. [`regexes`]: the regular expressions that mean the same in both languages
//! 3. [`regex_reader`]: their text -> symbols
//! 4. [`regex_tree`]: symbols -> a tree, and the tree as an engine reads it
//! 5. [`families`]: the patterns of open models, by name
//! 6. [`packed_vocab`]: the vocabularies inside the package -> ids and merges
//! 7. [`ranks`]: merges from ranks and from scores
//! 8. [`characters`]: vocabularies of characters, with byte fallback or an unknown token
//! 9. [`metaspace`]: the space as a marker, and the space before a text
//! 10. [`normal_forms`]: the normal forms of Unicode
//! 11. [`normalize`]: what is done to a text before it is cut
//! 12. [`words`]: pieces of words, where the text between words is dropped
//! 13. [`flags`]: what tokens that are found in text take of the text around them
//! 14. [`preprocess`]: text -> segments, by all of these steps
//!
//! [`fast`] computes the same results faster. `python` (feature `python`) is the boundary to Python, `wasm` (feature `wasm`) that to
//! a web page; they hold no algorithm.

// Elsewhere each file with casts that could cut a number says what bounds them. What comes from Python is converted.
#![cfg_attr(test, allow(clippy::cast_possible_truncation, reason = "tests choose their numbers"))]
// Offsets and counts of Python objects are taken for 64 bits throughout the boundary.
#[cfg(all(feature = "python", not(target_pointer_width = "64")))]
compile_error!("minitok's Python extension is for 64-bit targets; the Python reference runs on all");

pub mod byte_chars;
pub mod characters;
pub mod codec;
pub mod count;
pub mod decode;
pub mod dropout;
pub mod encode;
pub mod engine;
pub mod error;
pub mod families;
pub mod fast;
pub mod flags;
pub mod interrupt;
pub mod merging;
pub mod metaspace;
pub mod normal_forms;
pub mod normalize;
pub mod once;
pub mod packed_vocab;
pub mod pairs;
pub mod preprocess;
pub mod pretokenize;
#[cfg(feature = "python")]
mod python;
pub mod ranks;
pub mod regex_reader;
pub mod regex_tree;
pub mod regexes;
pub mod session;
pub mod special;
mod sync;
pub mod tails;
pub mod tokens;
pub mod trace;
pub mod train;
pub mod unicode;
pub mod vocab;
#[cfg(feature = "wasm")]
mod wasm;
pub mod words;
