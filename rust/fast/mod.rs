//! Speed only: nothing in this folder changes a result. Each file names the mirror file that it must equal.

pub mod corpus;
pub mod count;
pub mod encoder;
pub mod merge;
pub mod scan;

mod block;
mod key;
mod long;
mod miss;
mod pair_table;
mod parts;
mod piece_cache;
mod pool;
mod prefetch;
mod values;

#[cfg(test)]
mod corpus_tests;
#[cfg(test)]
mod encoder_tests;
