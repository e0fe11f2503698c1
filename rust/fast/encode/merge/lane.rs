//! What [`short`](super::short) merges pieces in, many side by side.

// The hot loops are made of one-line helpers that must vanish into them.
#![allow(clippy::inline_always)]

use super::pair_table::PairTable;
use crate::fast::simd::vector::Vectors;
use crate::reference::more::dropout::Draws;

/// The longest piece that is merged in the narrowest lane.
pub const LANE: usize = 16;

/// Whether the next candidate is passed over (dropout): never, or as random numbers say.
pub trait Passing: Clone {
    const NEVER: Self;
    fn passes_over(&mut self) -> bool;
}

impl Passing for () {
    const NEVER: () = ();

    #[inline(always)]
    fn passes_over(&mut self) -> bool {
        false
    }
}

impl Passing for Draws {
    const NEVER: Draws = Draws::NONE;

    #[inline(always)]
    fn passes_over(&mut self) -> bool {
        Draws::passes_over(self)
    }
}

/// A piece that is being merged.
pub trait Lane {
    const IDLE: Self;
    const IN_512_BITS: bool;
    type Passing: Passing;
    fn load<V: Vectors>(&mut self, vectors: V, table: &PairTable, piece: u32, bytes: &[u8], passing: Self::Passing);
    /// Takes in what the last step asked for and merges once; false if nothing merges.
    fn step<V: Vectors>(&mut self, vectors: V, table: &PairTable) -> bool;
    /// Passes the number of the piece and its symbols on, and what decides about the candidates after it.
    fn emit(&self, to: impl FnOnce(u32, &[u32], Self::Passing));
}
