//! Counting: a corpus -> its distinct pieces with their counts. Must equal `count.rs` of the mirror.
//!
//! Read in this order:
//!
//! 1. [`pieces`]: what counting gives and training takes. [`table`]: distinct pieces with their counts, under the
//!    hashes of [`hasher`].
//! 2. [`splitter`]: documents cut into parts, and parts into pieces; [`runs`]: pieces as ids.
//! 3. [`file_chunks`]: the parts of a file, read as they are needed.
//! 4. [`combine`]: the tables of several threads made one.
//! 5. [`spill`]: tables that outgrow the memory allowed, on disk.
//! 6. [`corpus_counter`]: all of it put together.

pub mod corpus_counter;
pub mod pieces;
pub mod runs;
pub mod spill;
pub mod table;

mod combine;
mod file_chunks;
mod hasher;
mod splitter;
#[cfg(test)]
mod tests;
