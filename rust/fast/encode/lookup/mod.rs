//! Pieces -> the ids that were remembered for them. Read in this order:
//!
//! 1. [`look_up`]: the pieces of a block, in phases.
//! 2. [`piece_key`]: a piece as one number.
//! 3. [`piece_cache`]: keys, and a value for each, in buckets of four.
//! 4. [`id_ring`]: the ids of values that stand for several.
//! 5. [`block_output`]: the values of a block, written out as ids.

pub mod block_output;
pub mod id_ring;
pub mod look_up;
pub mod piece_cache;
pub mod piece_key;
