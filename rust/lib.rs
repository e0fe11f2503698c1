#![doc = include_str!("README.md")]
//!
//! # Inside
//!
//! The modules are private: the feature `internals`, which is for the tests and the tools of this repository, makes them public, and
//! what it shows may change with any release. The source is written to be read.
//!
//! 1. [`mod@reference`]: what the ids are, file by file the mirror of `python/minitok/reference/`; start here
//! 2. [`fast`]: the same results, faster
//! 3. [`formats`]: the files of tokenizers
//! 4. [`support`]: regular expressions and their limits, interrupts, threads
//! 5. [`error`]: what can go wrong
//!
//! `api` is what the crate offers, `python` (feature `python`) the boundary to Python, `wasm` (feature `wasm`) the one to a web page,
//! `c` (feature `c`) the one to C; they hold no algorithm.

// What is public must be documented; what only some features use is not dead in the others.
#![cfg_attr(not(feature = "internals"), warn(missing_docs), allow(dead_code, unused_imports))]
// Elsewhere each file with casts that could cut a number says what bounds them. What comes from Python is converted.
#![cfg_attr(test, allow(clippy::cast_possible_truncation, reason = "tests choose their numbers"))]
// Offsets and counts of Python objects are taken for 64 bits throughout the boundary.
#[cfg(all(feature = "python", not(target_pointer_width = "64")))]
compile_error!("minitok's Python extension is for 64-bit targets; the Python reference runs on all");

mod api;
#[cfg(feature = "c")]
mod c;
#[cfg(not(feature = "internals"))]
mod error;
#[cfg(feature = "internals")]
pub mod error;
#[cfg(not(feature = "internals"))]
mod fast;
#[cfg(feature = "internals")]
pub mod fast;
#[cfg(not(feature = "internals"))]
mod formats;
#[cfg(feature = "internals")]
pub mod formats;
#[cfg(feature = "python")]
mod python;
#[cfg(not(feature = "internals"))]
mod reference;
#[cfg(feature = "internals")]
pub mod reference;
#[cfg(not(feature = "internals"))]
mod support;
#[cfg(feature = "internals")]
pub mod support;
#[cfg(feature = "wasm")]
mod wasm;

// The vectors are a test of the library, so that one program is compiled and not two.
#[cfg(all(test, feature = "internals"))]
extern crate self as minitok;
#[cfg(all(test, feature = "internals"))]
#[path = "../tests/vectors.rs"]
mod vectors;

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
