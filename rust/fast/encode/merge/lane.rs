//! The interface of the lanes in which [`short`](super::short) merges pieces side by side.

// The hot loops are made of one-line helpers that must vanish into them.
#![allow(clippy::inline_always)]

use super::pair_table::PairTable;
use crate::fast::simd::vector::Vectors;

/// The longest piece that is merged in the narrowest lane.
pub const LANE: usize = 16;

pub trait Lane {
    const IDLE: Self;
    const IN_512_BITS: bool;
    fn load<V: Vectors>(&mut self, vectors: V, table: &PairTable, piece: u32, bytes: &[u8]);
    /// Takes in what the last step asked for and merges once; false if nothing merges.
    fn step<V: Vectors>(&mut self, vectors: V, table: &PairTable) -> bool;
    /// Passes the number of the piece and its symbols on.
    fn emit(&self, to: impl FnOnce(u32, &[u32]));
}
