//! A lane of [`short`](super::short) whose parts always stand side by side: sixteen symbols and sixteen places of pairs.
//!
//! A step puts the two new places among the others, takes the least, writes the symbol that is made in its slot, and takes the
//! part after it out of both rows. With a register for a row, and instructions that take a slot out of one, that is some twenty
//! instructions. In the end the symbols are the result.
//!
//! By hand, `a b c` with the merge 0: (a, b) -> X: symbols a b c, places 0, none. Step: the least place is in slot 0; symbols X c,
//! places 0, none; the places of what is before X, of which there is nothing, and of (X, c) are asked for. Step: neither is there,
//! so the places are none: done.

#![expect(
    clippy::cast_possible_truncation,
    reason = "a piece of a lane has up to sixteen bytes; a mask has as many bits"
)]
#![allow(clippy::inline_always)]

use super::lane::{LANE, Lane};
use super::pair_table::{NO_PLACE, NO_SYMBOL, PairTable, Probe};
use crate::fast::simd::vector::{Sixteen, Vectors};

#[repr(align(64))]
pub struct DenseLane {
    symbols: [u32; LANE],
    places: [u32; LANE],
    /// The pairs of the part that was made last with the one before and the one after it.
    probes: [Probe; 2],
    /// The slot of that part; 31 if none was made yet.
    at: u32,
    count: u32,
    piece: u32,
}

impl Lane for DenseLane {
    const IDLE: Self = DenseLane {
        symbols: [NO_SYMBOL; LANE],
        places: [NO_PLACE; LANE],
        probes: [Probe::NONE; 2],
        at: 31,
        count: 0,
        piece: 0,
    };
    const IN_512_BITS: bool = true;

    #[inline(always)]
    fn load<V: Vectors>(&mut self, vectors: V, table: &PairTable, piece: u32, bytes: &[u8]) {
        V::Sixteen::of_bytes(vectors, bytes, NO_SYMBOL).store(&mut self.symbols);
        V::Sixteen::of_pairs(vectors, bytes, &table.bytes, NO_PLACE).store(&mut self.places);
        (self.at, self.count, self.piece, self.probes) = (31, bytes.len() as u32, piece, [Probe::NONE; 2]);
    }

    #[inline(always)]
    fn step<V: Vectors>(&mut self, vectors: V, table: &PairTable) -> bool {
        let places = self.take_in(vectors, table);
        let least = places.least();
        if least >= NO_PLACE {
            return false;
        }
        self.merge(vectors, table, places, least, places.first(least));
        true
    }

    #[inline(always)]
    fn emit(&self, to: impl FnOnce(u32, &[u32])) {
        to(self.piece, &self.symbols[..self.count as usize]);
    }
}

impl DenseLane {
    /// The places of all pairs, with those that the last step asked for.
    #[inline(always)]
    fn take_in<V: Vectors>(&self, vectors: V, table: &PairTable) -> V::Sixteen {
        let [before, behind] = self.probes.map(|probe| table.place_at(probe));
        let bit = 1u32 << self.at;
        V::Sixteen::load(vectors, &self.places).put((bit >> 1) as u16, before).put(bit as u16, behind)
    }

    /// Merges the pair that begins in a slot and has this place.
    #[inline(always)]
    fn merge<V: Vectors>(&mut self, vectors: V, table: &PairTable, places: V::Sixteen, place: u32, at: u32) {
        let symbol = table.made(place);
        let symbols = V::Sixteen::load(vectors, &self.symbols).put(1 << at, symbol);
        symbols.without(at + 1, NO_SYMBOL).store(&mut self.symbols);
        places.without(at + 1, NO_PLACE).store(&mut self.places);
        // Before slot 0 comes the last one, which is empty now.
        let [left, right] = [at.wrapping_sub(1), at + 1].map(|slot| self.symbols[slot as usize % LANE]);
        self.probes = [table.probe(left, symbol), table.probe(symbol, right)];
        self.at = at;
        self.count -= 1;
    }
}
