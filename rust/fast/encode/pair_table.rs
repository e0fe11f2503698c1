//! Two neighbours -> the rank of their merge, in one or two loads. Must equal `Vocab::merge_of` of `rust/vocab.rs`.
//!
//! Ids are renamed to *symbols* first: symbol b is the byte b, and the symbols from 256 on are the tokens that merges make,
//! in the order of learning. So a piece is its own list of first symbols, symbols are small whatever the ids are, and where
//! every merge makes a different token, the symbol it makes is 256 + the place of its rank. Equal ranks share a place;
//! comparing places compares ranks.
//!
//! Pairs of bytes are looked up in a square of 256 x 256. All others are in one flat table of 8-byte entries: 20 bits of left
//! symbol, 20 of right symbol and 24 of place, all inverted so that 0 means an empty slot. An entry stands in one of the two
//! slots that its pair determines, both on one page of 4 KiB (*cuckoo hashing*: an insertion that finds both taken moves one
//! of the two entries to its other slot). A look-up is two independent loads and no branch, present or absent.
//!
//! Most pairs that are asked for are absent, and the table is too large for the processor's near caches. So a *filter*
//! stands before it: 8 to 16 bits a merge, of which each pair sets one. Where a pair's bit is not set, the pair is absent, and
//! the look-up is sent to a slot that is always empty and always near. (More bits a pair, a Bloom filter, let fewer pass,
//! and took longer in all.)
//!
//! A look-up is in two halves, so that other work can be done while the memory answers: [`PairTable::probe`] says where to
//! look and asks for it, [`PairTable::place_at`] looks.
//!
//! Costs: 256 KiB and 17 to 34 bytes a merge, four times that at most; building is O(merges). Not for vocabularies of more than
//! a million symbols, nor for one whose equal ranks make different tokens, nor for pairs that fit no such table:
//! `PairTable::new` answers None, and the mirror merges instead.

#![allow(unsafe_code)]
// The hot loops are made of one-line helpers that must vanish into them.
#![allow(clippy::inline_always)]

use super::hidden_ids::HiddenIds;
use crate::fast::util::prefetch::{ahead, prefetch};
use crate::fast::util::zeroed::Zeroed;
use crate::interrupt;
use crate::vocab::{Merge, NO_ID, Vocab};
use foldhash::fast::RandomState;
use std::borrow::Cow;
use std::hash::BuildHasher;
use std::hint::select_unpredictable;
use std::sync::Arc;

/// No symbol: stands beside the ends of a piece, and merges with nothing.
pub(super) const NO_SYMBOL: u32 = (1 << SYMBOL_BITS) - 1;
/// The place of a rank that no pair has.
pub(super) const NO_PLACE: u32 = (1 << PLACE_BITS) - 1;

const SYMBOL_BITS: u32 = 20;
const PLACE_BITS: u32 = 24;
/// All bits of a pair.
const PAIRS: u64 = (1 << (2 * SYMBOL_BITS)) - 1;
const EMPTY: u64 = 0;
const UNNAMED: u32 = u32::MAX;
/// Slots on a page.
const PAGE: usize = 512;
/// How often an insertion may move others before the table is made larger.
const MOVES: usize = 500;
/// How often a table is made twice as large before another multiplier is tried, and how many others are tried.
const DOUBLINGS: u32 = 2;
const RETRIES: u32 = 3;
const MULTIPLIER: u64 = 0x9E37_79B9_7F4A_7C15;
/// How many insertions ahead the slots are asked for.
const AHEAD: usize = 16;

/// All merges of a vocabulary, among symbols.
#[derive(Debug)]
pub(super) struct PairTable {
    /// The place for left byte * 256 + right byte.
    bytes: Box<[u32]>,
    /// A power of two of them, and one more that stays empty.
    slots: Zeroed,
    hash: Hash,
    filter: Filter,
    /// What the merges of each place make; not needed where it is 256 + place.
    made: Vec<u32>,
    plain: bool,
    ordered: bool,
    /// The ids of the symbols; those of the bytes, if the others are their own ids.
    ids: Vec<u32>,
    own_ids: bool,
    hidden: HiddenIds,
    vocab: Arc<Vocab>,
}

impl PairTable {
    pub(super) fn new(vocab: &Arc<Vocab>) -> Option<PairTable> {
        let (hidden, first) = HiddenIds::new(vocab);
        let merges = in_order(vocab, first);
        let mut names = Names::new(vocab, hidden.n_ids(vocab));
        let (mut n_places, mut plain) = (0, true);
        for (place, merge) in placed(&merges) {
            let symbol = names.symbol(merge.id);
            plain &= symbol == 256 + place;
            n_places = place + 1;
        }
        let mut made = Vec::new();
        if !plain {
            made.resize(n_places as usize, NO_SYMBOL);
            for (place, merge) in placed(&merges) {
                let symbol = names.symbol(merge.id);
                let before = std::mem::replace(&mut made[place as usize], symbol);
                if before != NO_SYMBOL && before != symbol {
                    return None;
                }
            }
        }
        let mut ordered = plain;
        for (place, merge) in placed(&merges) {
            let (left, right) = (names.symbol(merge.left), names.symbol(merge.right));
            ordered &= left.max(right) < 256 + place;
        }
        if names.ids.len() >= NO_SYMBOL as usize || n_places >= NO_PLACE {
            return None;
        }
        let Names { of_id, mut ids } = names;
        let pairs =
            placed(&merges).map(|(place, merge)| (of_id[merge.left as usize], of_id[merge.right as usize], place));
        let mut bytes = vec![NO_PLACE; 1 << 16].into_boxed_slice();
        for (left, right, place) in pairs.clone().filter(|(left, right, _)| (left | right) < 256) {
            bytes[(left * 256 + right) as usize] = place;
        }
        let (slots, hash) = build_slots(merges.len(), &pairs)?;
        let filter = Filter::new(merges.len(), hash, pairs);
        let own_ids = ids.iter().zip(0..).skip(256).all(|(&id, symbol)| id == symbol);
        if own_ids {
            ids.truncate(256);
            ids.shrink_to_fit();
        }
        let vocab = Arc::clone(vocab);
        Some(PairTable { bytes, slots, hash, filter, made, plain, ordered, ids, own_ids, hidden, vocab })
    }

    /// The place of the merge of two bytes, or [`NO_PLACE`].
    #[inline(always)]
    pub(super) fn place_of_bytes(&self, left: u8, right: u8) -> u32 {
        self.bytes[usize::from(left) * 256 + usize::from(right)]
    }

    /// The place of the merge of two symbols, or [`NO_PLACE`].
    #[inline(always)]
    pub(super) fn place(&self, left: u32, right: u32) -> u32 {
        self.place_at(self.probe(left, right))
    }

    /// Where to look for a pair; asks for the lines, which are on one page.
    #[inline(always)]
    pub(super) fn probe(&self, left: u32, right: u32) -> Probe {
        let pair = pair_of(left, right);
        let hash = self.hash.of(pair);
        let nowhere = self.slots.len() - 1;
        let (slot, other) = self.hash.slots(hash);
        let possible = self.filter.may_hold(hash);
        let [slot, other] = [slot, other].map(|slot| select_unpredictable(possible, slot, nowhere));
        prefetch(self.slots.as_ptr().wrapping_add(slot));
        prefetch(self.slots.as_ptr().wrapping_add(other));
        Probe { pair: pair ^ PAIRS, slot: slot as u32, other: other as u32 }
    }

    /// The place that is found there, or [`NO_PLACE`].
    #[inline(always)]
    pub(super) fn place_at(&self, Probe { pair, slot, other }: Probe) -> u32 {
        let (first, second) = (self.slots[slot as usize], self.slots[other as usize]);
        let in_first = if first >> PLACE_BITS == pair { first as u32 } else { 0 };
        let in_second = if second >> PLACE_BITS == pair { second as u32 } else { 0 };
        // At most one of them is not 0.
        !(in_first | in_second) & NO_PLACE
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

    /// How many bytes these symbols have together.
    pub(super) fn length(&self, symbols: &[u32]) -> usize {
        let length = |&symbol: &u32| {
            let id = self.id(symbol);
            match self.hidden.parts(id) {
                Some(parts) => parts.len(),
                None if symbol < 256 => 1,
                None => self.vocab.token_bytes(id).map_or(0, <[u8]>::len),
            }
        };
        symbols.iter().map(length).sum()
    }

    /// Appends the ids of symbols; returns false where a byte has none.
    pub(super) fn append_ids(&self, symbols: &[u32], out: &mut Vec<u32>) -> bool {
        let start = out.len();
        out.extend(symbols.iter().map(|&symbol| self.id(symbol)));
        if self.hidden.is_empty() {
            return !self.hidden.lack_bytes() || !out[start..].contains(&NO_ID);
        }
        if out[start..].iter().any(|&id| self.hidden.parts(id).is_some()) {
            out.truncate(start);
            for &symbol in symbols {
                let id = self.id(symbol);
                out.extend_from_slice(self.hidden.parts(id).unwrap_or(&[id]));
            }
        }
        true
    }

    #[inline]
    pub(super) fn id(&self, symbol: u32) -> u32 {
        // The ids of the bytes are near, those of all others may not be.
        let is_own = self.own_ids && symbol >= 256;
        let id = self.ids[select_unpredictable(is_own, 0, symbol as usize)];
        select_unpredictable(is_own, symbol, id)
    }
}

/// A look-up that has begun.
#[derive(Debug, Clone, Copy)]
pub(super) struct Probe {
    /// Inverted, as in the table.
    pair: u64,
    slot: u32,
    other: u32,
}

impl Probe {
    /// Of two symbols that do not merge.
    pub(super) const NONE: Probe = Probe { pair: u64::MAX, slot: 0, other: 0 };
}

/// A set of pairs that contains every pair it was given, and reports at most a tenth of all others as members.
#[derive(Debug)]
struct Filter {
    words: Vec<u64>,
    shift: u32,
}

impl Filter {
    fn new(count: usize, hash: Hash, pairs: impl Iterator<Item = (u32, u32, u32)>) -> Filter {
        let len = (count / 8).next_power_of_two().max(2);
        let mut filter = Filter { words: vec![0; len], shift: 64 - len.trailing_zeros() };
        for (left, right, _) in pairs {
            let (word, bit) = filter.bit(hash.of(pair_of(left, right)));
            filter.words[word] |= 1 << bit;
        }
        filter
    }

    #[inline(always)]
    fn may_hold(&self, hash: u64) -> bool {
        let (word, bit) = self.bit(hash);
        debug_assert!(word < self.words.len());
        // SAFETY: as many bits of a hash as the shift leaves are no greater than the number of words, a power of two.
        unsafe { self.words.get_unchecked(word) >> bit & 1 != 0 }
    }

    /// The word of a hash, and the number of a bit in it.
    #[inline(always)]
    fn bit(&self, hash: u64) -> (usize, u64) {
        ((hash >> self.shift) as usize, hash >> 20 & 63)
    }
}

/// The symbols given to ids so far.
struct Names {
    of_id: Vec<u32>,
    ids: Vec<u32>,
}

impl Names {
    /// For a vocabulary, and this many ids with the hidden ones.
    fn new(vocab: &Vocab, n_ids: u32) -> Names {
        let mut of_id = vec![UNNAMED; n_ids as usize];
        for (byte, &id) in vocab.byte_ids.iter().enumerate().filter(|(_, id)| **id != NO_ID) {
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

/// How pairs are hashed: by a multiplication, whose high bits choose the first slot.
#[derive(Debug, Clone, Copy)]
struct Hash {
    multiplier: u64,
    /// What is left of 64 bits is the number of the slot.
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

/// All merges, ascending by rank: these, then those of the vocabulary.
fn in_order(vocab: &Vocab, first: Vec<Merge>) -> Cow<'_, [Merge]> {
    let sorted = vocab.merges.is_sorted_by_key(|merge| merge.rank);
    if sorted && first.is_empty() {
        return Cow::Borrowed(&vocab.merges);
    }
    let mut merges = vocab.merges.clone();
    if !sorted {
        merges.sort_by_key(|merge| merge.rank);
    }
    if first.is_empty() {
        return Cow::Owned(merges);
    }
    // Ranks of their own for those that come first, and the same steps between the others.
    let (mut all, mut rank) = (first, 0);
    let mut before = None;
    let shift = all.len() as u32;
    for merge in merges {
        rank += u32::from(before.is_some_and(|before| before != merge.rank));
        before = Some(merge.rank);
        all.push(Merge { rank: shift + rank, ..merge });
    }
    Cow::Owned(all)
}

/// The merges, each with the place of its rank.
fn placed(merges: &[Merge]) -> impl Iterator<Item = (u32, &Merge)> + Clone {
    let new_rank = |index: usize| index > 0 && merges[index - 1].rank != merges[index].rank;
    merges.iter().enumerate().scan(0, move |place, (index, merge)| {
        *place += u32::from(new_rank(index));
        Some((*place, merge))
    })
}

/// The table of that many pairs, at most half full, with an empty slot behind it; and their hash. None if there is no such
/// table of a reasonable size.
///
/// Someone who knows the hash can choose pairs that all want the same page. So a table that stays too full after it has been
/// doubled [`DOUBLINGS`] times is begun anew with a multiplier drawn at random, which no pairs can be chosen for.
fn build_slots(count: usize, pairs: &(impl Iterator<Item = (u32, u32, u32)> + Clone)) -> Option<(Zeroed, Hash)> {
    let least = (2 * count).next_power_of_two().max(PAGE);
    let random = RandomState::default();
    let mut multiplier = MULTIPLIER;
    for retry in 0..=RETRIES {
        for doubled in 0..=DOUBLINGS {
            let len = least << doubled;
            let hash = Hash { multiplier, shift: 64 - len.trailing_zeros() };
            if let Some(slots) = fill_slots(len, hash, pairs) {
                return Some((slots, hash));
            }
        }
        multiplier = random.hash_one(retry) | 1;
    }
    None
}

/// A table of this length, if it has room for all pairs.
fn fill_slots(len: usize, hash: Hash, pairs: &(impl Iterator<Item = (u32, u32, u32)> + Clone)) -> Option<Zeroed> {
    // A probe keeps the numbers of its slots in 32 bits.
    u32::try_from(len).ok().filter(|_| !interrupt::stopped())?;
    let mut slots = Zeroed::present(len + 1);
    let table = &mut slots[..len];
    let entry = |(left, right, place)| !(pair_of(left, right) << PLACE_BITS | u64::from(place));
    let start = table.as_ptr();
    let ask = |(left, right, _)| {
        let (slot, other) = hash.slots(hash.of(pair_of(left, right)));
        prefetch(start.wrapping_add(slot));
        prefetch(start.wrapping_add(other));
    };
    ahead::<_, AHEAD>(pairs.clone(), ask).all(|pair| insert(table, hash, entry(pair))).then_some(slots)
}

fn insert(slots: &mut [u64], hash: Hash, mut entry: u64) -> bool {
    let places = |entry: u64| hash.slots(hash.of(!entry >> PLACE_BITS));
    let (one, two) = places(entry);
    // As a rule one of the two is free; which one is unpredictable.
    let mut slot = select_unpredictable(slots[one] == EMPTY, one, two);
    for _ in 0..MOVES {
        std::mem::swap(&mut slots[slot], &mut entry);
        if entry == EMPTY {
            return true;
        }
        let (one, two) = places(entry);
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
        let vocab = Arc::new(Vocab::from_merges(&order, &pairs[..256]).unwrap());
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
    fn pairs_that_all_want_one_page_cost_no_more_than_others() {
        // The pairs whose hash begins and goes on with the same bits, by the multiplier that everybody can read here.
        let inverse =
            (0..6).fold(MULTIPLIER, |x: u64, _| x.wrapping_mul(2u64.wrapping_sub(MULTIPLIER.wrapping_mul(x))));
        assert_eq!(MULTIPLIER.wrapping_mul(inverse), 1);
        let wanted = (0u64..)
            .map(|low| low.wrapping_mul(inverse) & PAIRS)
            .filter(|&pair| pair.wrapping_mul(MULTIPLIER) >> 50 == 0);
        let pairs: Vec<(u32, u32, u32)> = (wanted.take(2000).zip(0..))
            .map(|(pair, place)| ((pair >> SYMBOL_BITS) as u32, pair as u32 & NO_SYMBOL, place))
            .collect();
        let (slots, hash) = build_slots(pairs.len(), &pairs.iter().copied()).unwrap();
        assert!(slots.len() <= (4 << DOUBLINGS) * pairs.len() && hash.multiplier != MULTIPLIER);
        let usual: Vec<(u32, u32, u32)> = (0..2000).map(|k| (k, k * 7 % 600, k)).collect();
        assert_eq!(build_slots(usual.len(), &usual.iter().copied()).unwrap().1.multiplier, MULTIPLIER);
        // Nor is it for ever that a table is looked for.
        let same = std::iter::repeat_n((1, 2, 3), 10_000);
        assert!(build_slots(10_000, &same).is_none());
    }

    #[test]
    fn equal_ranks_of_different_tokens_are_left_to_the_mirror() {
        let order: Vec<u8> = (0..=255).collect();
        let mut vocab = Vocab::from_merges(&order, &[(97, 98), (98, 99)]).unwrap();
        vocab.merges[1].rank = 0;
        assert!(PairTable::new(&Arc::new(vocab)).is_none());
    }
}
