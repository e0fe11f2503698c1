//! The engine of regular expressions.
//!
//! Programs have `fancy-regex` (`engine/fancy.rs`), which is fast; WebAssembly has `backtrack.rs`, which is small. Both run the same
//! trees (`regex_tree.rs`) with equal results, within what a text may spend (`spent.rs`).

#[cfg(not(target_family = "wasm"))]
mod fancy;

#[cfg(target_family = "wasm")]
pub use crate::support::backtrack::Backtracker as Engine;
#[cfg(not(target_family = "wasm"))]
pub use fancy::Engine;
