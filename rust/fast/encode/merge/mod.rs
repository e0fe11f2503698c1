//! Pieces that the cache does not hold -> ids. Read in this order:
//!
//! 1. [`pair_table`], [`pair_slots`]: two neighbours -> the rank of their merge; [`hidden_ids`]: characters as merges of bytes.
//! 2. [`short`]: pieces of up to 62 bytes, many side by side; [`long`]: all others.
//! 3. [`cut_further`]: pieces that later patterns cut.

pub mod cut_further;
pub mod hidden_ids;
pub mod long;
pub mod pair_slots;
pub mod pair_table;
pub mod short;
