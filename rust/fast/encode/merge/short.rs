//! Pieces of up to 62 bytes -> symbols, many at a time. Must equal `merge_parts` of `rust/reference/merging.rs`.
//!
//! Merging a word is a chain of a few look-ups, each waiting for the one before it, with an unpredictable branch at every step. So up
//! to 32 pieces stand side by side, one *lane* each, and take one step in turn: the waits overlap. A step has no branch but
//! whether the lane is done:
//!
//! * `keys[p]` is the place of the rank of the pair that begins at part p, times 64, plus p. The least key is the lowest
//!   rank, leftmost on ties.
//! * `live` has bit p + 1 set while part p stands, and a bit at each end for the missing neighbours; so the neighbours of a part
//!   are the next set bits.
//!
//! By hand, `a b c` with the merge 0: (a, b) -> X: keys 0·64 + 0, none, none; live 11111. Step: p = 0, the part after it is
//! 1; symbols X . c; live 11011; the keys of 0 and of what is before it are looked up anew: (X, c) does not merge. Done.
//!
//! A step ends by probing the pair table for the two new pairs, and the lane's next step begins with the answers. The three keys
//! that change are not stored one by one but blended into all keys on the way to the least: a processor that stores four bytes and
//! soon loads thirty-two around them has to wait.
//!
//! Cost, a lane of N parts (16, or 64 with the two ends): at most N - 1 steps of N comparisons and two look-ups a piece; 8 or 20 KB.
//! With registers for sixteen numbers, [`dense_lane`](super::dense_lane) is quicker.

#![expect(clippy::cast_possible_truncation, reason = "positions are below ROOM")]
#![allow(clippy::inline_always)]

use super::dense_lane::DenseLane;
use super::lane::{LANE, Lane};
use super::pair_table::{NO_PLACE, NO_SYMBOL, PairTable, Probe};
use crate::fast::simd::vector::Vectors;
use crate::fast::simd::{Isa, Kernel};
use std::marker::PhantomData;

/// The longest piece that is merged in a lane.
pub const WIDE_LANE: usize = ROOM - 2;
const LANES: usize = 32;
/// Symbols of the widest lane.
const ROOM: usize = 64;
const POSITION_BITS: u32 = 6;
const DONE: u32 = NO_PLACE << POSITION_BITS;

/// A piece of at most N bytes, and of at most [`WIDE_LANE`]. S is a power of two, and at least the parts and the two ends.
struct SparseLane<const N: usize, const S: usize> {
    keys: [u32; N],
    /// The symbol of part p at p + 1; none at 0 and after the last.
    symbols: [u32; S],
    live: u64,
    /// The bits of the part that the last step made, of the one before it, and of the one that went; 0 if there is none.
    part: u32,
    before: u32,
    gone: u32,
    piece: u32,
    /// The pairs of the made part with the one before and the one after it.
    probes: [Probe; 2],
}

impl<const N: usize, const S: usize> Lane for SparseLane<N, S> {
    const IDLE: Self = SparseLane {
        keys: [DONE; N],
        symbols: [NO_SYMBOL; S],
        live: 0,
        part: 0,
        before: 0,
        gone: 0,
        piece: 0,
        probes: [Probe::NONE; 2],
    };
    const IN_512_BITS: bool = false;

    #[inline(always)]
    fn load<V: Vectors>(&mut self, _: V, table: &PairTable, piece: u32, bytes: &[u8]) {
        self.live = u64::MAX >> (WIDE_LANE - bytes.len());
        for (symbol, &byte) in self.symbols[1..].iter_mut().zip(bytes) {
            *symbol = u32::from(byte);
        }
        self.symbols[bytes.len() + 1] = NO_SYMBOL;
        let mut keys = [DONE; N];
        for (position, (key, pair)) in keys.iter_mut().zip(bytes.windows(2)).enumerate() {
            *key = table.place_of_bytes(pair[0], pair[1]) << POSITION_BITS | position as u32;
        }
        self.keys = keys;
        (self.part, self.before, self.gone) = (0, 0, 0);
        (self.piece, self.probes) = (piece, [Probe::NONE; 2]);
    }

    #[inline(always)]
    fn step<V: Vectors>(&mut self, _: V, table: &PairTable) -> bool {
        let [before, behind] = self.probes.map(|probe| table.place_at(probe));
        let least = self.change_keys(before, behind);
        if least >= DONE {
            return false;
        }
        let part = (least % (1 << POSITION_BITS)) + 1;
        let gone = following(self.live, part);
        self.live ^= 1 << gone;
        let (before, after) = ((self.live & ((1 << part) - 1)).ilog2(), following(self.live, part));
        let symbol = table.made(least >> POSITION_BITS);
        self.symbols[part as usize % S] = symbol;
        self.probes = [table.probe(self.symbol(before), symbol), table.probe(symbol, self.symbol(after))];
        (self.part, self.before, self.gone) = (part, before, gone);
        true
    }

    #[inline(always)]
    fn emit(&self, to: impl FnOnce(u32, &[u32])) {
        let (mut parts, mut symbols, mut count) = (self.live ^ 1 ^ 1 << self.live.ilog2(), [0; S], 0);
        while parts != 0 {
            symbols[count] = self.symbol(parts.trailing_zeros());
            count += 1;
            parts &= parts - 1;
        }
        to(self.piece, &symbols[..count]);
    }
}

impl<const N: usize, const S: usize> SparseLane<N, S> {
    #[inline(always)]
    fn change_keys(&mut self, before: u32, behind: u32) -> u32 {
        // The position of a missing part is none of those below.
        let [at_part, at_before, at_gone] = [self.part, self.before, self.gone].map(|bit| bit.wrapping_sub(1));
        let (before, behind) = (before << POSITION_BITS | at_before, behind << POSITION_BITS | at_part);
        let mut least = u32::MAX;
        for (position, key) in self.keys.iter_mut().enumerate() {
            let position = position as u32;
            let mut changed = *key;
            changed = if position == at_before { before } else { changed };
            changed = if position == at_part { behind } else { changed };
            changed = if position == at_gone { DONE } else { changed };
            *key = changed;
            least = least.min(changed);
        }
        least
    }

    #[inline(always)]
    fn symbol(&self, bit: u32) -> u32 {
        self.symbols[bit as usize % S]
    }
}

#[inline(always)]
fn following(live: u64, bit: u32) -> u32 {
    (live >> (bit + 1)).trailing_zeros() + bit + 1
}

pub fn merge_alone(table: &PairTable, piece: &[u8], out: &mut Vec<u32>) {
    merge_short(table, [(0, piece)].into_iter(), |_, symbols| out.extend_from_slice(symbols));
}

/// Passes the number and the symbols of each piece, of 1 to 62 bytes, to `emit`, in no particular order.
pub fn merge_short<'p>(
    table: &PairTable,
    pieces: impl Iterator<Item = (u32, &'p [u8])> + Clone,
    emit: impl FnMut(u32, &[u32]),
) {
    merge_new(table, pieces, |_, _| true, emit);
}

/// The same, but leaves out those that are not new when their turn comes.
pub fn merge_new<'p>(
    table: &PairTable,
    pieces: impl Iterator<Item = (u32, &'p [u8])> + Clone,
    is_new: impl Fn(u32, &[u8]) -> bool,
    mut emit: impl FnMut(u32, &[u32]),
) {
    let is_wide = |(_, piece): &(u32, &[u8])| piece.len() > LANE;
    let is_new = |&(number, piece): &(u32, &[u8])| is_new(number, piece);
    let narrow = pieces.clone().filter(|piece| !is_wide(piece)).filter(is_new);
    let isa = Isa::fastest();
    if isa.has_wide_numbers() {
        merge_in::<DenseLane>(isa, table, narrow, &mut emit);
    } else {
        merge_in::<SparseLane<LANE, { 2 * LANE }>>(isa, table, narrow, &mut emit);
    }
    if pieces.clone().any(|piece| is_wide(&piece)) {
        merge_in::<SparseLane<ROOM, ROOM>>(isa, table, pieces.filter(is_wide).filter(is_new), &mut emit);
    }
}

fn merge_in<'p, L: Lane>(
    isa: Isa,
    table: &PairTable,
    pieces: impl Iterator<Item = (u32, &'p [u8])>,
    emit: impl FnMut(u32, &[u32]),
) {
    isa.run(Lanes::<L, _, _> { table, pieces, emit, lane: PhantomData });
}

struct Lanes<'t, L, P, E> {
    table: &'t PairTable,
    pieces: P,
    emit: E,
    lane: PhantomData<L>,
}

impl<'p, L: Lane, P, E> Kernel for Lanes<'_, L, P, E>
where
    P: Iterator<Item = (u32, &'p [u8])>,
    E: FnMut(u32, &[u32]),
{
    type Output = ();
    const IN_512_BITS: bool = L::IN_512_BITS;

    #[inline(always)]
    fn run<V: Vectors>(self, vectors: V) {
        let Lanes { table, mut pieces, mut emit, .. } = self;
        #[allow(clippy::disallowed_methods, reason = "as many as there are lanes")]
        let mut lanes: Vec<L> = Vec::with_capacity(pieces.size_hint().1.map_or(LANES, |most| most.min(LANES)));
        while lanes.len() < LANES
            && let Some((piece, bytes)) = pieces.next()
        {
            lanes.push(L::IDLE);
            if let Some(lane) = lanes.last_mut() {
                lane.load(vectors, table, piece, bytes);
            }
        }
        while !lanes.is_empty() {
            let mut at = 0;
            while let Some(lane) = lanes.get_mut(at) {
                if lane.step(vectors, table) {
                    at += 1;
                    continue;
                }
                lane.emit(&mut emit);
                // The next piece waits for the lane's next turn: a load right after these stores would have to wait for them.
                if let Some((piece, bytes)) = pieces.next() {
                    lane.load(vectors, table, piece, bytes);
                    at += 1;
                } else {
                    lanes.swap_remove(at);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reference::merging::merge_parts;
    use crate::reference::published::vocabs::Vocab;
    use std::sync::Arc;

    type Merge<'a> = &'a dyn Fn(&mut dyn FnMut(u32, &[u32]));

    fn in_each_lane(table: &PairTable, pieces: &[(u32, &[u8])]) -> Vec<Vec<(u32, Vec<u32>)>> {
        let some = || pieces.iter().copied();
        let mut ways = Vec::new();
        let mut way = |merge: Merge<'_>| {
            let mut made = Vec::new();
            merge(&mut |number, symbols| made.push((number, symbols.to_vec())));
            made.sort();
            ways.push(made);
        };
        way(&|emit| merge_short(table, some(), emit));
        for isa in Isa::available() {
            way(&|emit| merge_in::<SparseLane<ROOM, ROOM>>(isa, table, some(), emit));
            if pieces.iter().all(|(_, piece)| piece.len() <= LANE) {
                way(&|emit| merge_in::<SparseLane<LANE, { 2 * LANE }>>(isa, table, some(), emit));
                way(&|emit| merge_in::<DenseLane>(isa, table, some(), emit));
            }
        }
        ways
    }

    #[test]
    fn each_piece_of_every_length_is_reported_once_as_the_mirror_merges_it() {
        let order: Vec<u8> = (0..=255).collect();
        let vocab = Vocab::from_merges(&order, &[(97, 98), (256, 97), (98, 98), (257, 256), (256, 256)]).unwrap();
        let table = PairTable::new(&Arc::new(vocab.clone())).unwrap().unwrap();
        let letters: Vec<u8> = (0..90u32).map(|at| b"ab"[(at * at % 11 % 2) as usize]).collect();
        // More pieces than lanes, and others of different lengths.
        let ranges = (1..=WIDE_LANE).flat_map(|length| [0, 5, 28].map(|start| start..start + length));
        let pieces: Vec<&[u8]> = ranges.map(|range| &letters[range]).collect();
        let merge = |piece: &[u8]| {
            merge_parts(|left, right| vocab.merge_of(left, right), piece.iter().map(|&byte| u32::from(byte)).collect())
        };
        for (least, most) in [1, LANE, 32, WIDE_LANE].into_iter().zip([WIDE_LANE; 4]).chain([(1, LANE), (5, LANE)]) {
            let some = (0..).zip(pieces.iter().copied()).filter(|(_, piece)| (least..=most).contains(&piece.len()));
            let some: Vec<(u32, &[u8])> = some.collect();
            let merged: Vec<_> = some.iter().map(|&(number, piece)| (number, merge(piece).unwrap())).collect();
            assert!(in_each_lane(&table, &some).iter().all(|made| *made == merged));
        }
    }
}
