//! What the rest of the crate stands on, and no algorithm of tokenizers.
//!
//! [`engine`] runs regular expressions; [`spent`] limits them. [`interrupt`] stops long work, [`once`] is a
//! cell that no fork leaves half made, `sync` names threads and locks, and `features` says what a build leaves out.

pub mod engine;
pub(crate) mod features;
pub mod interrupt;
pub mod once;
pub mod spent;
pub(crate) mod sync;
