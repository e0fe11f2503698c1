#![doc = include_str!("README.md")]
//!
//! # Inside
//!
//! Everything that is not named above is public for the tests, the tools and the Python package of this repository only: it is hidden,
//! is not stable, and may change with any release. The source is written to be read.
//!
//! Read the files in this order, from the parts to the whole. Each has a twin of the same name under `python/minitok/reference/`,
//! except [`tokens`], which is a dict there. Two files there have none here: `basic.py` (text in, text out; short enough to retype)
//! and `text.py` (what a surrogate becomes).
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
//! 8. [`parity`]: words of several languages -> merges that are fair to all
//! 9. [`merging`]: the parts of a piece, of which the pair of lowest rank is merged first
//! 10. [`encode`]: piece -> ids
//! 11. [`dropout`]: piece -> ids at random
//! 12. [`decode`]: ids -> bytes -> text
//! 13. [`codec`]: all of it put together
//! 14. [`trace`]: what training and encoding did, step by step, as data
//! 15. [`session`]: a text that changes, and what that does to its ids
//! 16. [`tails`]: what may follow a text
//! 17. [`borders`]: where a text may end: behind a paragraph, a sentence, a word
//! 18. [`chunk`]: a text in parts of a limited number of tokens
//!
//! What published tokenizers do besides (`reference/published/`):
//!
//! 1. [`unicode`]: which characters are letters, digits, white space
//! 2. [`regexes`]: the regular expressions that mean the same in both languages
//! 3. [`regex_reader`]: their text -> symbols
//! 4. [`regex_tree`]: symbols -> a tree, and the tree as an engine reads it
//! 5. [`families`]: the patterns of open models, by name
//! 6. [`names`]: what names of patterns, encodings and models mean
//! 7. [`packed_vocab`]: the vocabularies inside the package -> ids and merges
//! 8. [`ranks`]: merges from ranks and from scores
//! 9. [`characters`]: vocabularies of characters, with byte fallback or an unknown token
//! 10. [`metaspace`]: the space as a marker, and the space before a text
//! 11. [`normal_forms`]: the normal forms of Unicode
//! 12. [`normalize`]: what is done to a text before it is cut
//! 13. [`words`]: pieces of words, where the text between words is dropped
//! 14. [`flags`]: what tokens that are found in text take of the text around them
//! 15. [`preprocess`]: text -> segments, by all of these steps
//! 16. [`markers`]: which tokens are control tokens
//!
//! [`engine`] runs regular expressions, on pages by `backtrack`; [`spent`] limits them; `features` says what a build leaves out. [`fast`] computes the same results faster; [`formats`] reads files. `api` is what the crate offers, `python` (feature `python`) the
//! boundary to Python, `wasm` (feature `wasm`) that to a web page; they hold no algorithm.

// `--cfg internals` shows all modules in the documentation, as the site of the project does.
#![cfg_attr(not(internals), warn(missing_docs))]
// Elsewhere each file with casts that could cut a number says what bounds them. What comes from Python is converted.
#![cfg_attr(test, allow(clippy::cast_possible_truncation, reason = "tests choose their numbers"))]
// Offsets and counts of Python objects are taken for 64 bits throughout the boundary.
#[cfg(all(feature = "python", not(target_pointer_width = "64")))]
compile_error!("minitok's Python extension is for 64-bit targets; the Python reference runs on all");

mod api;
#[cfg(any(target_family = "wasm", feature = "pages", test))]
#[cfg_attr(not(target_family = "wasm"), allow(dead_code, reason = "programs have another engine"))]
mod backtrack;
#[cfg_attr(not(internals), doc(hidden))]
pub mod borders;
#[cfg_attr(not(internals), doc(hidden))]
pub mod byte_chars;
#[cfg_attr(not(internals), doc(hidden))]
pub mod characters;
#[cfg_attr(not(internals), doc(hidden))]
pub mod chunk;
#[cfg_attr(not(internals), doc(hidden))]
pub mod codec;
#[cfg_attr(not(internals), doc(hidden))]
pub mod count;
#[cfg_attr(not(internals), doc(hidden))]
pub mod decode;
#[cfg_attr(not(internals), doc(hidden))]
pub mod dropout;
#[cfg_attr(not(internals), doc(hidden))]
pub mod encode;
#[cfg_attr(not(internals), doc(hidden))]
pub mod engine;
#[cfg_attr(not(internals), doc(hidden))]
pub mod error;
#[cfg_attr(not(internals), doc(hidden))]
pub mod families;
#[cfg_attr(not(internals), doc(hidden))]
pub mod fast;
mod features;
#[cfg_attr(not(internals), doc(hidden))]
pub mod flags;
#[cfg_attr(not(internals), doc(hidden))]
pub mod formats;
#[cfg_attr(not(internals), doc(hidden))]
pub mod interrupt;
#[cfg_attr(not(internals), doc(hidden))]
pub mod markers;
#[cfg_attr(not(internals), doc(hidden))]
pub mod merging;
#[cfg_attr(not(internals), doc(hidden))]
pub mod metaspace;
#[cfg_attr(not(internals), doc(hidden))]
pub mod names;
#[cfg_attr(not(internals), doc(hidden))]
pub mod normal_forms;
#[cfg_attr(not(internals), doc(hidden))]
pub mod normalize;
#[cfg_attr(not(internals), doc(hidden))]
pub mod once;
#[cfg_attr(not(internals), doc(hidden))]
pub mod packed_vocab;
#[cfg_attr(not(internals), doc(hidden))]
pub mod pairs;
#[cfg_attr(not(internals), doc(hidden))]
pub mod parity;
#[cfg_attr(not(internals), doc(hidden))]
pub mod preprocess;
#[cfg_attr(not(internals), doc(hidden))]
pub mod pretokenize;
#[cfg(feature = "python")]
mod python;
#[cfg_attr(not(internals), doc(hidden))]
pub mod ranks;
#[cfg_attr(not(internals), doc(hidden))]
pub mod regex_reader;
#[cfg_attr(not(internals), doc(hidden))]
pub mod regex_tree;
#[cfg_attr(not(internals), doc(hidden))]
pub mod regexes;
#[cfg_attr(not(internals), doc(hidden))]
pub mod session;
#[cfg_attr(not(internals), doc(hidden))]
pub mod special;
#[cfg_attr(not(internals), doc(hidden))]
pub mod spent;
mod sync;
#[cfg_attr(not(internals), doc(hidden))]
pub mod tails;
#[cfg_attr(not(internals), doc(hidden))]
pub mod tokens;
#[cfg_attr(not(internals), doc(hidden))]
pub mod trace;
#[cfg_attr(not(internals), doc(hidden))]
pub mod train;
#[cfg_attr(not(internals), doc(hidden))]
pub mod unicode;
#[cfg_attr(not(internals), doc(hidden))]
pub mod vocab;
#[cfg(feature = "wasm")]
mod wasm;
#[cfg_attr(not(internals), doc(hidden))]
pub mod words;

pub use api::chunks::{Chunk, Chunks};
pub use api::load::LoadOptions;
pub use api::session::Session;
pub use api::stream::StreamDecoder;
pub use api::tokenizer::{Special, Tokenizer};
pub use api::train::TrainOptions;
pub use borders::Border;
pub use error::{Error, Result};
pub use session::Splice;
pub use train::TieBreak;
