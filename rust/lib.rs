#![doc = include_str!("README.md")]
//!
//! # Inside
//!
//! Everything that is not named above is public for the tests, the tools and the Python package of this repository only: it is hidden,
//! is not stable, and may change with any release. The source is written to be read.
//!
//! 1. [`mod@reference`]: what the ids are, file by file the mirror of `python/minitok/reference/`; start here
//! 2. [`fast`]: the same results, faster
//! 3. [`formats`]: the files of tokenizers
//! 4. [`support`]: regular expressions and their limits, interrupts, threads
//! 5. [`error`]: what can go wrong
//!
//! `api` is what the crate offers, `python` (feature `python`) the boundary to Python, `wasm` (feature `wasm`) the one to a web page,
//! `c` (feature `c`) the one to C; they hold no algorithm.

// `--cfg internals` shows all modules in the documentation, as the site of the project does.
#![cfg_attr(not(internals), warn(missing_docs))]
// Elsewhere each file with casts that could cut a number says what bounds them. What comes from Python is converted.
#![cfg_attr(test, allow(clippy::cast_possible_truncation, reason = "tests choose their numbers"))]
// Offsets and counts of Python objects are taken for 64 bits throughout the boundary.
#[cfg(all(feature = "python", not(target_pointer_width = "64")))]
compile_error!("minitok's Python extension is for 64-bit targets; the Python reference runs on all");

mod api;
#[cfg(feature = "c")]
mod c;
#[cfg_attr(not(internals), doc(hidden))]
pub mod error;
#[cfg_attr(not(internals), doc(hidden))]
pub mod fast;
#[cfg_attr(not(internals), doc(hidden))]
pub mod formats;
#[cfg(feature = "python")]
mod python;
#[cfg_attr(not(internals), doc(hidden))]
pub mod reference;
#[cfg_attr(not(internals), doc(hidden))]
pub mod support;
#[cfg(feature = "wasm")]
mod wasm;

#[cfg(feature = "chat")]
pub use api::chat::Chat;
pub use api::chunks::{Chunk, Chunks};
pub use api::load::LoadOptions;
pub use api::session::Session;
pub use api::stream::StreamDecoder;
pub use api::tokenizer::{Special, Tokenizer};
pub use api::train::TrainOptions;
pub use error::{Error, Result};
pub use reference::more::borders::Border;
pub use reference::more::session::Splice;
pub use reference::more::tails::Cover;
pub use reference::train::TieBreak;
