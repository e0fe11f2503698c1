//! What the rest of the crate stands on, and no algorithm of tokenizers.
//!
//! [`engine`] runs regular expressions, on pages by `backtrack`; [`spent`] limits them. [`interrupt`] stops long work, [`once`] is a
//! cell that no fork leaves half made, `sync` names threads and locks, and `features` says what a build leaves out.

#[cfg(any(target_family = "wasm", feature = "pages", test))]
#[cfg_attr(not(target_family = "wasm"), allow(dead_code, reason = "programs have another engine"))]
pub(crate) mod backtrack;
pub mod engine;
pub(crate) mod features;
pub mod interrupt;
pub mod once;
pub mod spent;
pub(crate) mod sync;
