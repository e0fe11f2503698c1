//! Encoding: text -> ids. Must equal `encode.rs` of the mirror over the pieces of `pretokenize.rs`.
//!
//! Read in this order:
//!
//! 1. [`encoder`]: the loop over blocks of pieces, and what is shared between threads; [`split`]: what the blocks are.
//! 2. [`block`]: a block of pieces in phases: keys, prefetching, look-ups, output.
//! 3. [`piece_key`], [`piece_cache`], [`bucket`], [`id_ring`]: pieces met before, and their ids.
//! 4. [`block_output`]: the ids of a block, written out.
//! 5. [`pair_table`], [`pair_slots`], [`merge_short`], [`merge_long`]: pieces that the cache does not hold.
//! 6. [`cut_further`]: pieces that later patterns cut.
//! 7. [`merges_from_ranks`], [`merges_from_scores`]: vocabularies of ranks or scores; [`made_by_merges`], [`exceptions`]: tokens
//!    that merges do not make.
//! 8. [`hidden_ids`]: vocabularies of characters as merges of bytes.
//! 9. [`static_cuts`], [`byte_cuts`]: where a long piece may be cut without changing its ids.
//! 10. [`parallel`], [`parts`]: batches and long texts over threads.
//! 11. [`id_buffer`]: memory for ids, used again.

pub mod encoder;
pub mod id_buffer;
pub mod merges_from_ranks;
pub mod merges_from_scores;
pub mod parallel;
pub mod split;
pub mod tables;

mod block;
mod block_output;
mod bucket;
mod byte_cuts;
mod cut_further;
mod exceptions;
mod hidden_ids;
mod id_ring;
mod made_by_merges;
mod merge_long;
mod merge_short;
mod pair_slots;
mod pair_table;
mod parts;
mod piece_cache;
mod piece_key;
#[cfg(test)]
mod small_scope;
mod static_cuts;
#[cfg(test)]
mod tests;
