//! Pieces of up to 62 bytes -> symbols, many at a time. Must equal `merge_parts` of `rust/encode.rs`.
//!
//! A new word is short, and merging it is a chain of a few look-ups, each waiting for the one before it, with a branch at
//! every step that no processor can guess. So up to 32 pieces stand side by side, one *lane* each, and take one step in turn:
//! the waits overlap. A step has no branch but the question whether the lane is done:
//!
//! * `keys[p]` is the place of the rank of the pair that begins at part p, times 64, plus p. The least key is the lowest
//!   rank, leftmost on ties.
//! * `live` has bit p + 1 set while part p stands, and a bit at each end for the parts that are not there; so the
//!   neighbours of a part are the next set bits.
//!
//! By hand, `a b c` with the merge 0: (a, b) -> X: keys 0·64 + 0, none, none; live 11111. Step: p = 0, the part after it is 1;
//! symbols X . c; live 11011; the keys of 0 and of what is before it are looked up anew: (X, c) does not merge. Done.
//!
//! A step ends by asking for the lines of the pair table that it needs, and the next step of the lane begins by looking at
//! them; meanwhile the other lanes have moved.
//!
//! A lane is as wide as the longest piece asks: 16 parts, 32 or 64 (two bits of which are the ends).
//!
//! Costs, a lane of N parts: at most N - 1 steps of N comparisons and two look-ups a piece; 12 to 18 KB on the stack.

#![allow(unsafe_code)]
// The hot loops are made of one-line helpers that must vanish into them.
#![allow(clippy::inline_always)]

use super::pair_table::{NO_PLACE, NO_SYMBOL, PairTable};

/// The longest piece that is merged in the narrowest lane.
pub(super) const LANE: usize = 16;
const MIDDLE: usize = 32;
/// The longest piece that is merged in a lane at all.
pub(super) const WIDE_LANE: usize = ROOM - 2;
const LANES: usize = 32;
/// Symbols of a lane: two more than it has parts, and a power of two.
const ROOM: usize = 64;
const POSITION_BITS: u32 = 6;
const DONE: u32 = NO_PLACE << POSITION_BITS;

/// A piece of at most N bytes, and of at most [`WIDE_LANE`]; N is a power of two.
#[derive(Clone, Copy)]
struct Lane<const N: usize> {
    /// The symbol of part p at p + 1; none at 0 and behind the last.
    symbols: [u32; ROOM],
    keys: [u32; N],
    live: u64,
    /// Bits of the part whose keys are to be looked up, and of its neighbours.
    before: u32,
    part: u32,
    after: u32,
    piece: u32,
}

impl<const N: usize> Lane<N> {
    const IDLE: Lane<N> =
        Lane { symbols: [NO_SYMBOL; ROOM], keys: [DONE; N], live: 0, before: 0, part: 1, after: 2, piece: 0 };

    fn load(&mut self, table: &PairTable, piece: u32, bytes: &[u8]) {
        *self = Lane { piece, ..Self::IDLE };
        self.live = u64::MAX >> (WIDE_LANE - bytes.len());
        for (symbol, &byte) in self.symbols[1..].iter_mut().zip(bytes) {
            *symbol = u32::from(byte);
        }
        for (position, pair) in bytes.windows(2).enumerate() {
            self.keys[position] = table.place_of_bytes(pair[0], pair[1]) << POSITION_BITS | position as u32;
        }
        // The first step looks up the first pair once more, which is cheaper than a branch.
        table.fetch(self.symbol(1), self.symbol(2));
    }

    /// Look up what the last step asked for, and merge once; false if nothing merges.
    #[inline(always)]
    fn step(&mut self, table: &PairTable) -> bool {
        let (before, part, after) = (self.before, self.part, self.after);
        let symbol = self.symbol(part);
        // Before the first part there is none, and what is written in its place is overwritten at once.
        *self.key(before.max(1)) = table.place(self.symbol(before), symbol) << POSITION_BITS | (before.max(1) - 1);
        *self.key(part) = table.place(symbol, self.symbol(after)) << POSITION_BITS | (part - 1);

        let least = self.keys.iter().fold(u32::MAX, |least, &key| least.min(key));
        if least >= DONE {
            return false;
        }
        let part = (least % (1 << POSITION_BITS)) + 1;
        let gone = following(self.live, part);
        self.live ^= 1 << gone;
        let (before, after) = ((self.live & ((1 << part) - 1)).ilog2(), following(self.live, part));
        let symbol = table.made(least >> POSITION_BITS);
        self.symbols[part as usize % ROOM] = symbol;
        *self.key(gone) = DONE;
        table.fetch(self.symbol(before), symbol);
        table.fetch(symbol, self.symbol(after));
        (self.before, self.part, self.after) = (before, part, after);
        true
    }

    #[inline(always)]
    fn symbol(&self, bit: u32) -> u32 {
        self.symbols[bit as usize % ROOM]
    }

    /// The key of the part with this bit, which is at least 1.
    #[inline(always)]
    fn key(&mut self, bit: u32) -> &mut u32 {
        &mut self.keys[(bit as usize - 1) % N]
    }

    fn result(&self, out: &mut Vec<u32>) {
        let standing = |&position: &usize| self.live & 2 << position != 0 && self.symbols[position + 1] != NO_SYMBOL;
        out.extend((0..N).filter(standing).map(|position| self.symbols[position + 1]));
    }
}

/// The next set bit above one.
#[inline(always)]
fn following(live: u64, bit: u32) -> u32 {
    (live >> (bit + 1)).trailing_zeros() + bit + 1
}

/// Merge one piece of 1 to 62 bytes, and append its symbols.
pub(super) fn merge_alone(table: &PairTable, piece: &[u8], out: &mut Vec<u32>) {
    merge_short(table, [(0, piece)].into_iter(), |_, symbols| out.extend_from_slice(symbols));
}

/// Merge all pieces, each of 1 to 62 bytes; hand each one's number and symbols to `emit`, in no order.
pub(super) fn merge_short<'p>(
    table: &PairTable,
    pieces: impl Iterator<Item = (u32, &'p [u8])> + Clone,
    mut emit: impl FnMut(u32, &[u32]),
) {
    let longest = pieces.clone().map(|(_, piece)| piece.len()).max().unwrap_or(0);
    merge_lanes::<LANE>(table, pieces.clone().filter(|(_, piece)| piece.len() <= LANE), &mut emit);
    if longest > LANE {
        let middle = pieces.clone().filter(|(_, piece)| (LANE + 1..=MIDDLE).contains(&piece.len()));
        merge_lanes::<MIDDLE>(table, middle, &mut emit);
    }
    if longest > MIDDLE {
        merge_lanes::<ROOM>(table, pieces.filter(|(_, piece)| piece.len() > MIDDLE), &mut emit);
    }
}

/// The same in lanes of N parts.
fn merge_lanes<'p, const N: usize>(
    table: &PairTable,
    pieces: impl Iterator<Item = (u32, &'p [u8])>,
    emit: impl FnMut(u32, &[u32]),
) {
    #[cfg(target_arch = "x86_64")]
    {
        /// The same, compiled for processors that compare eight keys at once.
        #[target_feature(enable = "avx2,bmi1,bmi2,lzcnt")]
        fn with_avx2<'p, const N: usize>(
            table: &PairTable,
            pieces: impl Iterator<Item = (u32, &'p [u8])>,
            emit: impl FnMut(u32, &[u32]),
        ) {
            run_lanes::<N>(table, pieces, emit);
        }
        if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("bmi2") && is_x86_feature_detected!("lzcnt") {
            // SAFETY: the processor has what the function is compiled for; bmi1 comes with bmi2.
            return unsafe { with_avx2::<N>(table, pieces, emit) };
        }
    }
    run_lanes::<N>(table, pieces, emit);
}

#[inline(always)]
fn run_lanes<'p, const N: usize>(
    table: &PairTable,
    pieces: impl Iterator<Item = (u32, &'p [u8])>,
    mut emit: impl FnMut(u32, &[u32]),
) {
    let mut pieces = pieces.fuse();
    let Some(first) = pieces.next() else { return };
    let mut pieces = std::iter::once(first).chain(pieces);
    let mut lanes = [Lane::<N>::IDLE; LANES];
    let mut active = 0;
    let mut symbols = Vec::with_capacity(N);
    for lane in &mut lanes {
        let Some((piece, bytes)) = pieces.next() else { break };
        lane.load(table, piece, bytes);
        active += 1;
    }
    while active > 0 {
        let mut lane = 0;
        while lane < active {
            if lanes[lane].step(table) {
                lane += 1;
                continue;
            }
            symbols.clear();
            lanes[lane].result(&mut symbols);
            emit(lanes[lane].piece, &symbols);
            if let Some((piece, bytes)) = pieces.next() {
                lanes[lane].load(table, piece, bytes);
            } else {
                active -= 1;
                lanes.swap(lane, active);
            }
        }
    }
}
