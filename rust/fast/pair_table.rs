//! Two neighbours -> the rank of their merge, in one or two loads. Must equal `Vocab::merge_of` of `rust/vocab.rs`.
//!
//! Ids are renamed to *symbols* first: symbol b is the byte b, and the symbols from 256 on are the tokens that merges make,
//! in the order of learning. So a piece is its own list of first symbols, symbols are small whatever the ids are, and where
//! every merge makes a token of its own, the symbol it makes is 256 + the place of its rank. Equal ranks share a place;
//! comparing places compares ranks.
//!
//! Pairs of bytes are looked up in a square of 256 x 256. All others are in one flat table of 8-byte entries, 20 bits of left
//! symbol, 20 of right symbol and 24 of place. An entry stands in one of two slots that its pair names, both on one page of
//! 4 KiB (*cuckoo hashing*: who finds both taken moves one of the two to its other slot). A look-up is two independent
//! loads and no branch, present or absent; most pairs are absent.
//!
//! Costs: 256 KiB and 16 to 32 bytes a merge; building is O(merges). Not for vocabularies of more than a million symbols, nor
//! for one whose equal ranks make different tokens: `PairTable::new` answers None, and the mirror merges instead.

// The hot loops are made of one-line helpers that must vanish into them.
#![allow(clippy::inline_always)]

use super::prefetch::prefetch;
use crate::vocab::{Merge, Vocab};

/// No symbol: stands beside the ends of a piece, and merges with nothing.
pub(super) const NO_SYMBOL: u32 = (1 << SYMBOL_BITS) - 1;
/// The place of a rank that no pair has.
pub(super) const NO_PLACE: u32 = (1 << PLACE_BITS) - 1;

const SYMBOL_BITS: u32 = 20;
const PLACE_BITS: u32 = 24;
const EMPTY: u64 = u64::MAX;
const UNNAMED: u32 = u32::MAX;
/// Slots on a page.
const PAGE: usize = 512;
/// How often an insertion may move others before the table is made larger.
const MOVES: usize = 500;

/// All merges of a vocabulary, among symbols.
#[derive(Debug)]
pub(super) struct PairTable {
    /// The place for left byte * 256 + right byte.
    bytes: Box<[u32]>,
    slots: Vec<u64>,
    shift: u32,
    /// What the merges of each place make; not needed where it is 256 + place.
    made: Vec<u32>,
    plain: bool,
    ordered: bool,
    ids: Vec<u32>,
    /// How many bytes each symbol is.
    lengths: Vec<u32>,
}

impl PairTable {
    pub(super) fn new(vocab: &Vocab) -> Option<PairTable> {
        let mut merges: Vec<Merge> = vocab.merges.clone();
        if !merges.is_sorted_by_key(|merge| merge.rank) {
            merges.sort_by_key(|merge| merge.rank);
        }
        let mut names = Names::new(vocab);
        let mut made = Vec::with_capacity(merges.len());
        let mut places = Vec::with_capacity(merges.len());
        for (index, merge) in merges.iter().enumerate() {
            if index == 0 || merges[index - 1].rank != merge.rank {
                made.push(names.symbol(merge.id));
            } else if merges[index - 1].id != merge.id {
                return None;
            }
            places.push(made.len() as u32 - 1);
        }
        let plain = made.iter().enumerate().all(|(place, &symbol)| symbol as usize == 256 + place);
        let pairs: Vec<(u32, u32, u32)> = (merges.iter().zip(places))
            .map(|(merge, place)| (names.symbol(merge.left), names.symbol(merge.right), place))
            .collect();
        if names.ids.len() >= NO_SYMBOL as usize || made.len() >= NO_PLACE as usize {
            return None;
        }
        let mut bytes = vec![NO_PLACE; 1 << 16].into_boxed_slice();
        for &(left, right, place) in pairs.iter().filter(|(left, right, _)| (left | right) < 256) {
            bytes[(left * 256 + right) as usize] = place;
        }
        let (slots, shift) = build_slots(&pairs);
        let ordered = plain && pairs.iter().all(|&(left, right, place)| left.max(right) < 256 + place);
        let length = |&id: &u32| vocab.token_bytes(id).map_or(0, |token| token.len() as u32);
        let lengths = names.ids.iter().map(length).collect();
        Some(PairTable { bytes, slots, shift, made, plain, ordered, ids: names.ids, lengths })
    }

    /// The place of the merge of two bytes, or [`NO_PLACE`].
    #[inline(always)]
    pub(super) fn place_of_bytes(&self, left: u8, right: u8) -> u32 {
        self.bytes[usize::from(left) * 256 + usize::from(right)]
    }

    /// The place of the merge of two symbols, or [`NO_PLACE`].
    #[inline(always)]
    pub(super) fn place(&self, left: u32, right: u32) -> u32 {
        let pair = pair_of(left, right);
        let (slot, other) = slots_of(pair, self.shift, self.slots.len());
        let (first, second) = (self.slots[slot], self.slots[other]);
        let in_first = if first >> PLACE_BITS == pair { first as u32 } else { NO_PLACE };
        let in_second = if second >> PLACE_BITS == pair { second as u32 } else { NO_PLACE };
        // At most one of them is not all ones.
        in_first & in_second & NO_PLACE
    }

    /// Ask for the lines that [`place`](PairTable::place) will look at; they are on one page.
    #[inline(always)]
    pub(super) fn fetch(&self, left: u32, right: u32) {
        let (slot, other) = slots_of(pair_of(left, right), self.shift, self.slots.len());
        prefetch(&raw const self.slots[slot]);
        prefetch(&raw const self.slots[other]);
    }

    /// The symbol that the merges of a place make.
    #[inline(always)]
    pub(super) fn made(&self, place: u32) -> u32 {
        if self.plain { 256 + place } else { self.made[place as usize] }
    }

    /// Whether every merge joins tokens of lower ranks only, so that ranks only rise while a piece is merged.
    pub(super) fn is_ordered(&self) -> bool {
        self.ordered
    }

    /// How many bytes these symbols are together.
    pub(super) fn length(&self, symbols: &[u32]) -> usize {
        symbols.iter().map(|&symbol| self.lengths[symbol as usize] as usize).sum()
    }

    #[inline]
    pub(super) fn id(&self, symbol: u32) -> u32 {
        self.ids[symbol as usize]
    }
}

/// The symbols given to ids so far.
struct Names {
    of_id: Vec<u32>,
    ids: Vec<u32>,
}

impl Names {
    fn new(vocab: &Vocab) -> Names {
        let mut of_id = vec![UNNAMED; vocab.tokens.n_ids() as usize];
        for (byte, &id) in vocab.byte_ids.iter().enumerate() {
            of_id[id as usize] = byte as u32;
        }
        Names { of_id, ids: vocab.byte_ids.to_vec() }
    }

    fn symbol(&mut self, id: u32) -> u32 {
        if self.of_id.len() <= id as usize {
            self.of_id.resize(id as usize + 1, UNNAMED);
        }
        let symbol = &mut self.of_id[id as usize];
        if *symbol == UNNAMED {
            *symbol = self.ids.len() as u32;
            self.ids.push(id);
        }
        *symbol
    }
}

#[inline(always)]
fn pair_of(left: u32, right: u32) -> u64 {
    u64::from(left) << SYMBOL_BITS | u64::from(right)
}

/// The two slots of a pair; each is the other's other.
#[inline(always)]
fn slots_of(pair: u64, shift: u32, len: usize) -> (usize, usize) {
    let hash = pair.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let slot = (hash >> shift) as usize & (len - 1);
    let step = ((hash >> 20) as usize & (PAGE - 1)) | 1;
    (slot, (slot ^ step) & (len - 1))
}

/// The table, at most half full, and the shift that makes slots of hashes.
fn build_slots(pairs: &[(u32, u32, u32)]) -> (Vec<u64>, u32) {
    let mut len = (2 * pairs.len()).next_power_of_two().max(PAGE);
    loop {
        let shift = 64 - len.trailing_zeros();
        let mut slots = vec![EMPTY; len];
        if pairs.iter().all(|&(left, right, place)| {
            insert(&mut slots, shift, pair_of(left, right) << PLACE_BITS | u64::from(place))
        }) {
            return (slots, shift);
        }
        len *= 2;
    }
}

fn insert(slots: &mut [u64], shift: u32, mut entry: u64) -> bool {
    let (mut slot, other) = slots_of(entry >> PLACE_BITS, shift, slots.len());
    if slots[slot] != EMPTY {
        slot = other;
    }
    for _ in 0..MOVES {
        std::mem::swap(&mut slots[slot], &mut entry);
        if entry == EMPTY {
            return true;
        }
        let (one, two) = slots_of(entry >> PLACE_BITS, shift, slots.len());
        slot ^= one ^ two;
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_what_is_there_and_nothing_else() {
        let order: Vec<u8> = (0..=255).collect();
        let pairs: Vec<(u32, u32)> = (0..20_000).map(|k| (k, (k * 7 + 3) % (256 + k))).collect();
        let vocab = Vocab::from_merges(&order, &pairs[..256]).unwrap();
        let table = PairTable::new(&vocab).unwrap();
        for left in 0..600 {
            for right in 0..600 {
                let place = table.place(left, right);
                let found = (place != NO_PLACE).then(|| (place, table.id(table.made(place))));
                assert_eq!(found, vocab.merge_of(left, right));
                if left < 256 && right < 256 {
                    assert_eq!(table.place_of_bytes(left as u8, right as u8), place);
                }
            }
        }
    }

    #[test]
    fn equal_ranks_of_different_tokens_are_left_to_the_mirror() {
        let order: Vec<u8> = (0..=255).collect();
        let mut vocab = Vocab::from_merges(&order, &[(97, 98), (98, 99)]).unwrap();
        vocab.merges[1].rank = 0;
        assert!(PairTable::new(&vocab).is_none());
    }
}
