//! Encoding: text -> ids. Must equal `encode.rs` of the mirror over the pieces of `pretokenize.rs`.
//!
//! Read in this order:
//!
//! 1. [`encoder`]: the loop over blocks of pieces; [`block`]: a block of pieces in phases.
//! 2. [`cut`]: text -> where pieces end.
//! 3. [`lookup`]: pieces met before -> ids.
//! 4. [`merge`]: all other pieces -> ids; [`drawn`]: at random; [`low_level`]: lines and other long pieces; [`two_levels`],
//!    [`high_level`]: vocabularies with tokens of several words.
//! 5. [`analysis`]: what is found out when a vocabulary is opened; [`tables`]: what threads share of it.
//! 6. [`parallel`]: batches over threads; [`id_buffer`]: memory for ids, used again.
//!
//! Imports go one way: `cut` imports `analysis`, which imports `merge`, which imports `lookup`.

pub mod analysis;
pub mod cut;
pub mod drawn;
pub mod encoder;
pub mod high_level;
pub mod id_buffer;
pub mod low_level;
pub mod parallel;
pub mod tables;
pub mod two_levels;

mod block;
pub mod lookup;
pub mod merge;
#[cfg(test)]
mod small_scope;
#[cfg(test)]
mod tests;
