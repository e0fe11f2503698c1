//! Speed only: nothing in this folder changes a result. Each file names the mirror file that it must equal.

pub mod decoder;
pub mod encoder;
pub mod parallel;
pub mod scan;
pub mod transcode;

mod block;
mod key;
mod line;
mod long;
mod miss;
mod pair_table;
mod piece_cache;
mod pool;
mod prefetch;
mod static_cuts;
mod values;

#[cfg(test)]
mod encoder_tests;
