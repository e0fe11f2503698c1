//! Pieces that the cache does not hold -> ids. Read in this order:
//!
//! 1. [`misses`]: those of a block, which are remembered; [`pieces`]: each by the method for its length.
//! 2. [`pair_table`], [`pair_slots`]: two neighbours -> the rank of their merge; [`hidden_ids`]: characters as merges of bytes.
//! 3. [`short`]: pieces of up to 62 bytes, many side by side, each in a [`lane`]; [`dense_lane`]: one of up to 16; [`long`]: longer.
//! 4. [`cut_further`]: pieces that later patterns cut.

pub mod cut_further;
pub mod dense_lane;
pub mod hidden_ids;
pub mod lane;
pub mod long;
pub mod misses;
pub mod pair_slots;
pub mod pair_table;
pub mod pieces;
pub mod short;
