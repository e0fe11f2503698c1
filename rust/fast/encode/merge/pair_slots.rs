//! The flat table of [`pair_table`](super::pair_table): a pair of symbols -> a place, in one or two loads.
//!
//! Entries are 8 bytes: 20 bits of left symbol, 20 of right symbol and 24 of place, all inverted so that 0 is an empty slot. An
//! entry stands in one of two slots of its pair, both on one page of 4 KiB (*cuckoo hashing*: an insertion that finds both taken
//! moves one of the two entries to its other slot). A look-up is two independent loads and no branch, present or absent.
//!
//! Cost: 25 to 50 bytes a pair, twice that at most; building is O(pairs).

#![expect(
    clippy::cast_possible_truncation,
    reason = "tables have fewer than 2^32 slots, which `fill` and `empty` check; of hashes and entries some bits are meant"
)]
#![allow(clippy::inline_always)]

use crate::error::{Error, Result};
use crate::fast::util::prefetch::{ahead, prefetch};
use crate::fast::util::zeroed::Zeroed;
use crate::support::interrupt;
use foldhash::fast::RandomState;
use std::hash::BuildHasher;
use std::hint::select_unpredictable;

/// The symbol next to the ends of a piece; it merges with nothing.
pub const NO_SYMBOL: u32 = (1 << SYMBOL_BITS) - 1;
/// The place of a rank that no pair has.
pub const NO_PLACE: u32 = (1 << PLACE_BITS) - 1;

const SYMBOL_BITS: u32 = 20;
const PLACE_BITS: u32 = 24;
const PAIRS: u64 = (1 << (2 * SYMBOL_BITS)) - 1;
const EMPTY: u64 = 0;
/// Slots on a page.
const PAGE: usize = 512;
/// How often an insertion may move others before the table is made larger.
const MOVES: usize = 500;
/// At two, one page in fifty would overflow, and a large table has hundreds of pages.
const SLOTS_A_PAIR: usize = 3;
/// How often a table is doubled before another multiplier is tried, and how many are tried.
const DOUBLINGS: u32 = 1;
const RETRIES: u32 = 3;
const MULTIPLIER: u64 = 0x9E37_79B9_7F4A_7C15;
/// How many insertions ahead the slots are prefetched.
const AHEAD: usize = 16;

/// Left symbol, right symbol, place.
pub type Entry = (u32, u32, u32);

#[derive(Debug)]
pub struct PairSlots {
    /// A power of two in number.
    slots: Zeroed,
    hash: Hash,
}

impl PairSlots {
    /// Holds `count` pairs; None if a pair comes twice, or if there is no such table of a reasonable size.
    ///
    /// Whoever knows the hash can choose pairs that all want the same page. So a table that stays too full when doubled is begun anew with
    /// a random multiplier.
    pub fn new(count: usize, pairs: &(impl Iterator<Item = Entry> + Clone)) -> Result<Option<PairSlots>> {
        let random = RandomState::default();
        let mut multiplier = MULTIPLIER;
        for retry in 0..=RETRIES {
            for doubled in 0..=DOUBLINGS {
                let Some(mut table) = PairSlots::with_room(count, doubled, multiplier)? else { return Ok(None) };
                match table.insert_all(pairs.clone()) {
                    Inserted::All => return Ok(Some(table)),
                    Inserted::Twice => return Ok(None),
                    Inserted::Full => {}
                }
            }
            multiplier = random.hash_one(retry) | 1;
        }
        Ok(None)
    }

    /// An empty map with room for `count` pairs, at most a third full; None if it would be too large.
    pub fn empty(count: usize) -> Result<Option<PairSlots>> {
        PairSlots::with_room(count, 0, MULTIPLIER)
    }

    fn with_room(count: usize, doubled: u32, multiplier: u64) -> Result<Option<PairSlots>> {
        let len = (SLOTS_A_PAIR * count).next_power_of_two().max(PAGE) << doubled;
        // A probe keeps the numbers of its slots in 32 bits.
        if u32::try_from(len).is_err() {
            return Ok(None);
        }
        interrupt::check()?;
        let hash = Hash { multiplier, shift: 64 - len.trailing_zeros() };
        let slots = Zeroed::present(len).ok_or(Error::Memory)?;
        Ok(Some(PairSlots { slots, hash }))
    }

    pub fn memory(&self) -> usize {
        size_of_val(&*self.slots)
    }

    /// Inserts pairs until one comes twice or finds no room.
    pub fn insert_all(&mut self, pairs: impl Iterator<Item = Entry>) -> Inserted {
        let PairSlots { slots, hash } = self;
        let start = slots.as_ptr();
        let ask = |(left, right, _)| {
            let (slot, other) = hash.slots(hash.of(pair_of(left, right)));
            prefetch(start.wrapping_add(slot));
            prefetch(start.wrapping_add(other));
        };
        for (left, right, place) in ahead::<_, AHEAD>(pairs, ask) {
            let pair = pair_of(left, right);
            match insert(slots, *hash, !(pair << PLACE_BITS | u64::from(place))) {
                Inserted::All => {}
                stopped => return stopped,
            }
        }
        Inserted::All
    }

    /// Where to look for a pair; prefetches the lines, which are on one page.
    #[inline(always)]
    pub fn probe(&self, left: u32, right: u32) -> Probe {
        let pair = pair_of(left, right);
        let hash = self.hash.of(pair);
        let (slot, other) = self.hash.slots(hash);
        prefetch(self.slots.as_ptr().wrapping_add(slot));
        prefetch(self.slots.as_ptr().wrapping_add(other));
        Probe { pair: pair ^ PAIRS, slot: slot as u32, other: other as u32 }
    }

    /// The place found there, or [`NO_PLACE`].
    #[inline(always)]
    pub fn place_at(&self, Probe { pair, slot, other }: Probe) -> u32 {
        let (first, second) = (self.slots[slot as usize], self.slots[other as usize]);
        let in_first = if first >> PLACE_BITS == pair { first as u32 } else { 0 };
        let in_second = if second >> PLACE_BITS == pair { second as u32 } else { 0 };
        // At most one of the two is not 0.
        !(in_first | in_second) & NO_PLACE
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Inserted {
    All,
    Twice,
    Full,
}

#[derive(Debug, Clone, Copy)]
pub struct Probe {
    /// Inverted, as in the table.
    pair: u64,
    slot: u32,
    other: u32,
}

impl Probe {
    pub const NONE: Probe = Probe { pair: u64::MAX, slot: 0, other: 0 };
}

#[inline(always)]
fn pair_of(left: u32, right: u32) -> u64 {
    u64::from(left) << SYMBOL_BITS | u64::from(right)
}

/// A multiplication, whose high bits choose the first slot.
#[derive(Debug, Clone, Copy)]
struct Hash {
    multiplier: u64,
    /// 64 minus the bits of a slot number.
    shift: u32,
}

impl Hash {
    #[inline(always)]
    fn of(self, pair: u64) -> u64 {
        pair.wrapping_mul(self.multiplier)
    }

    /// The two slots of a pair, each the other's other, on one page.
    #[inline(always)]
    fn slots(self, hash: u64) -> (usize, usize) {
        let slot = (hash >> self.shift) as usize;
        let step = ((hash >> 20) as usize & (PAGE - 1)) | 1;
        (slot, slot ^ step)
    }
}

fn insert(slots: &mut [u64], hash: Hash, mut entry: u64) -> Inserted {
    let places = |entry: u64| hash.slots(hash.of(!entry >> PLACE_BITS));
    let (one, two) = places(entry);
    let same = |slot: usize| slots[slot] >> PLACE_BITS == entry >> PLACE_BITS;
    if same(one) | same(two) {
        return Inserted::Twice;
    }
    // As a rule one of the two is free; which one is unpredictable.
    let mut slot = select_unpredictable(slots[one] == EMPTY, one, two);
    for _ in 0..MOVES {
        std::mem::swap(&mut slots[slot], &mut entry);
        if entry == EMPTY {
            return Inserted::All;
        }
        let (one, two) = places(entry);
        slot ^= one ^ two;
    }
    Inserted::Full
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_that_all_want_one_page_cost_no_more_than_others() {
        // The pairs whose hashes begin with the same bits, by the multiplier that everybody can read here.
        let inverse =
            (0..6).fold(MULTIPLIER, |x: u64, _| x.wrapping_mul(2u64.wrapping_sub(MULTIPLIER.wrapping_mul(x))));
        assert_eq!(MULTIPLIER.wrapping_mul(inverse), 1);
        let wanted = (0u64..)
            .map(|low| low.wrapping_mul(inverse) & PAIRS)
            .filter(|&pair| pair.wrapping_mul(MULTIPLIER) >> 50 == 0);
        let pairs: Vec<Entry> = (wanted.take(2000).zip(0..))
            .map(|(pair, place)| ((pair >> SYMBOL_BITS) as u32, pair as u32 & NO_SYMBOL, place))
            .collect();
        let table = PairSlots::new(pairs.len(), &pairs.iter().copied()).unwrap().unwrap();
        assert!(
            table.slots.len() <= ((2 * SLOTS_A_PAIR) << DOUBLINGS) * pairs.len() && table.hash.multiplier != MULTIPLIER
        );
        let usual: Vec<Entry> = (0..2000).map(|k| (k, k * 7 % 600, k)).collect();
        let table = PairSlots::new(usual.len(), &usual.iter().copied()).unwrap().unwrap();
        assert_eq!(table.hash.multiplier, MULTIPLIER);
        assert!((SLOTS_A_PAIR * usual.len()..=2 * SLOTS_A_PAIR * usual.len()).contains(&table.slots.len()));
    }

    #[test]
    fn pairs_of_which_too_many_want_one_page_get_twice_the_room() {
        // 400 on the first of sixteen pages, and 100 on each of the others: of twice as many pages, none has too many.
        let mut wanted = [100; 16];
        wanted[0] = 400;
        let mut pairs: Vec<Entry> = Vec::new();
        for (left, right) in (0..400).flat_map(|left| (0..400).map(move |right| (left, right))) {
            let page = (pair_of(left, right).wrapping_mul(MULTIPLIER) >> 60) as usize;
            if wanted[page] > 0 {
                wanted[page] -= 1;
                pairs.push((left, right, pairs.len() as u32));
            }
        }
        assert_eq!(pairs.len(), 1900);
        let table = PairSlots::new(pairs.len(), &pairs.iter().copied()).unwrap().unwrap();
        assert_eq!((table.slots.len(), table.hash.multiplier), (2 * 16 * PAGE, MULTIPLIER));
        assert!(pairs.iter().all(|&(left, right, place)| table.place_at(table.probe(left, right)) == place));
    }

    #[test]
    fn a_pair_that_comes_twice_is_found() {
        let pairs: Vec<Entry> = (0..2000).map(|k| (k, k * 7 % 600, k)).collect();
        for again in [0, 999, 1999] {
            let (left, right, _) = pairs[again];
            let mut table = PairSlots::empty(pairs.len()).unwrap().unwrap();
            assert_eq!(table.insert_all(pairs.iter().copied()), Inserted::All);
            assert_eq!(table.insert_all(std::iter::once((left, right, 5000))), Inserted::Twice);
        }
        assert!(PairSlots::new(2, &std::iter::repeat_n((1, 2, 3), 2)).unwrap().is_none());
    }

    #[test]
    fn a_table_takes_no_more_than_is_said() {
        for count in (176..5000).step_by(8) {
            let table = PairSlots::empty(count).unwrap().unwrap();
            assert!((3 * count..6 * count).contains(&table.slots.len()), "{count}");
        }
    }

    #[test]
    fn what_is_there_is_found_and_nothing_else() {
        let pairs: Vec<Entry> = (0..2000).map(|k| (k, k * 7 % 600, k)).collect();
        let table = PairSlots::new(pairs.len(), &pairs.iter().copied()).unwrap().unwrap();
        let place = |left, right| table.place_at(table.probe(left, right));
        assert!(pairs.iter().all(|&(left, right, wanted)| place(left, right) == wanted));
        assert!((0..2000).all(|left| place(left, 700) == NO_PLACE && place(left, 700 + left) == NO_PLACE));
    }
}
