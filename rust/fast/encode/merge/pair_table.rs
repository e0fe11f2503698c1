//! Two neighbours -> the rank of their merge, in one or two loads. Must equal `Vocab::merge_of` of `rust/reference/vocab.rs`.
//!
//! Ids are renamed to *symbols*: symbol b is the byte b, and the symbols from 256 on are the tokens that merges make, in the order of
//! learning. So a piece is its own list of first symbols, and where every merge makes a different token, the symbol it makes is
//! 256 + the *place* of its rank. Equal ranks share a place; comparing places compares ranks.
//!
//! Pairs of bytes are looked up in a square of 256 x 256, all others in one flat table ([`pair_slots`](super::pair_slots)). A look-up
//! has two halves, so that other work can be done while the memory answers: [`PairTable::probe`] prefetches, and
//! [`PairTable::place_at`] looks.
//!
//! Cost: 256 KiB and 25 to 50 bytes a merge, twice that at most; building is O(merges). Not for vocabularies of more than a million
//! symbols, nor for one whose equal ranks make different tokens or that merges a pair twice, nor for pairs that fit no such table:
//! `PairTable::new` returns None, and the mirror merges.

#![expect(
    clippy::cast_possible_truncation,
    reason = "ids and merges are checked against NO_SYMBOL and NO_PLACE, and are fewer than 2^31 before"
)]
#![allow(clippy::inline_always)]

use super::hidden_ids::HiddenIds;
use super::pair_slots::{Entry, Inserted, PairSlots};
pub use super::pair_slots::{NO_PLACE, NO_SYMBOL, Probe};
use crate::error::{Error, Result};
use crate::fast::util::fallible::{append, collect, concat, filled, push, resize};
use crate::reference::published::vocabs::{Merge, NO_ID, Tokens, Vocab};
use crate::support::interrupt;
use std::borrow::Cow;
use std::hint::select_unpredictable;
use std::sync::Arc;

const UNSEEN: u32 = u32::MAX;

#[derive(Debug)]
pub struct PairTable {
    /// The place for left byte * 256 + right byte.
    pub bytes: Box<[u32; 1 << 16]>,
    pub slots: PairSlots,
    /// The symbol made at each place; not needed where it is 256 + place.
    pub made: Vec<u32>,
    pub plain: bool,
    /// The ids of the symbols; of the bytes only, if `id_shift` gives the others.
    pub ids: Vec<u32>,
    /// How much greater than its symbol each id from 256 on is, if that is the same for all.
    pub id_shift: Option<u32>,
    pub hidden: HiddenIds,
    pub tokens: Arc<Tokens>,
}

impl PairTable {
    pub fn new(vocab: &Arc<Vocab>) -> Result<Option<PairTable>> {
        PairTable::of_merges(vocab, vocab.merges())
    }

    /// For some of the merges of a vocabulary.
    pub fn of_merges(vocab: &Arc<Vocab>, merges: &[Merge]) -> Result<Option<PairTable>> {
        if HiddenIds::are_ambiguous(vocab) {
            return Ok(None);
        }
        let (hidden, first) = HiddenIds::new(vocab)?;
        let merges = in_order(merges, first)?;
        let mut symbols = Symbols::new(vocab, hidden.end())?;
        let (mut n_places, mut plain) = (0, true);
        for (place, merge) in with_places(&merges) {
            let symbol = symbols.symbol(merge.id)?;
            plain &= symbol == 256 + place;
            n_places = place + 1;
        }
        let mut made = Vec::new();
        if !plain {
            made = filled(NO_SYMBOL, n_places as usize)?;
            for (place, merge) in with_places(&merges) {
                let symbol = symbols.symbol(merge.id)?;
                let before = std::mem::replace(&mut made[place as usize], symbol);
                if before != NO_SYMBOL && before != symbol {
                    return Ok(None);
                }
            }
        }
        for merge in merges.iter() {
            symbols.symbol(merge.left)?;
            symbols.symbol(merge.right)?;
        }
        if symbols.ids.len() >= NO_SYMBOL as usize || n_places >= NO_PLACE {
            return Ok(None);
        }
        let Symbols { of_id, mut ids } = symbols;
        let pairs =
            with_places(&merges).map(|(place, merge)| (of_id[merge.left as usize], of_id[merge.right as usize], place));
        let mut bytes = no_bytes()?;
        for (left, right, place) in pairs.clone().filter(|(left, right, _)| (left | right) < 256) {
            bytes[(left * 256 + right) as usize] = place;
        }
        let Some(slots) = PairSlots::new(merges.len(), &pairs)? else { return Ok(None) };
        let id_shift = shorten(&mut ids);
        let tokens = Arc::clone(&vocab.tokens);
        Ok(Some(PairTable { bytes, slots, made, plain, ids, id_shift, hidden, tokens }))
    }

    /// An empty table with room for this many pairs; None where it would be too large.
    pub fn with_room(
        n_pairs: usize,
        ids: &[u32],
        hidden: HiddenIds,
        tokens: &Arc<Tokens>,
    ) -> Result<Option<PairTable>> {
        let Some(slots) = PairSlots::empty(n_pairs)? else { return Ok(None) };
        let (bytes, ids, tokens) = (no_bytes()?, concat(&[ids])?, Arc::clone(tokens));
        Ok(Some(PairTable { bytes, slots, made: Vec::new(), plain: true, ids, id_shift: None, hidden, tokens }))
    }

    pub fn memory(&self) -> usize {
        size_of_val(&*self.bytes)
            + (self.made.capacity() + self.ids.capacity()) * size_of::<u32>()
            + self.slots.memory()
            + self.hidden.memory()
    }

    /// Inserts pairs, as [`PairSlots::insert_all`] does.
    pub fn insert_all(&mut self, pairs: impl Iterator<Item = Entry> + Clone) -> Inserted {
        for (left, right, place) in pairs.clone().filter(|(left, right, _)| (left | right) < 256) {
            self.bytes[(left * 256 + right) as usize] = place;
        }
        self.slots.insert_all(pairs)
    }

    /// Or [`NO_PLACE`].
    #[inline(always)]
    pub fn place_of_bytes(&self, left: u8, right: u8) -> u32 {
        self.bytes[usize::from(left) * 256 + usize::from(right)]
    }

    /// Or [`NO_PLACE`].
    #[inline(always)]
    pub fn place(&self, left: u32, right: u32) -> u32 {
        self.place_at(self.probe(left, right))
    }

    #[inline(always)]
    pub fn probe(&self, left: u32, right: u32) -> Probe {
        self.slots.probe(left, right)
    }

    #[inline(always)]
    pub fn place_at(&self, probe: Probe) -> u32 {
        self.slots.place_at(probe)
    }

    #[inline(always)]
    pub fn made(&self, place: u32) -> u32 {
        if self.plain { 256 + place } else { self.made[place as usize] }
    }

    /// By id, hidden ones included, the symbol of each id that has one.
    pub fn symbols_of_ids(&self) -> Result<Vec<u32>> {
        let shift = self.id_shift.unwrap_or(0);
        let symbol = |id: u32| id.checked_sub(shift).filter(|&symbol| symbol >= 256).unwrap_or(id);
        let mut symbols: Vec<u32> = collect((0..self.hidden.end()).map(symbol))?;
        for (&id, symbol) in self.ids.iter().zip(0..).filter(|(id, _)| **id != NO_ID) {
            symbols[id as usize] = symbol;
        }
        Ok(symbols)
    }

    /// More than the greatest symbol.
    pub fn n_symbols(&self) -> usize {
        self.ids.len().max(if self.id_shift.is_some() { self.tokens.n_ids() as usize } else { 0 })
    }

    /// The length in bytes of these symbols together.
    pub fn length(&self, symbols: &[u32]) -> usize {
        let length = |&symbol: &u32| {
            let id = self.id(symbol);
            match self.hidden.parts(id) {
                Some(parts) => parts.len(),
                None if symbol < 256 => 1,
                None => self.tokens.get(id).map_or(0, <[u8]>::len),
            }
        };
        symbols.iter().map(length).sum()
    }

    /// Appends the ids of symbols; returns false where a byte has none.
    pub fn append_ids(&self, symbols: &[u32], out: &mut Vec<u32>) -> Result<bool> {
        let start = out.len();
        interrupt::append(out, symbols.iter().map(|&symbol| self.id(symbol)))?;
        if self.hidden.is_empty() {
            return Ok(!self.hidden.lack_bytes() || !out[start..].contains(&NO_ID));
        }
        if out[start..].iter().any(|&id| self.hidden.parts(id).is_some()) {
            out.truncate(start);
            for &symbol in symbols {
                let id = self.id(symbol);
                let parts = self.hidden.parts(id).unwrap_or(std::slice::from_ref(&id));
                append(out, parts)?;
                interrupt::check()?;
            }
        }
        Ok(true)
    }

    #[inline]
    pub fn id(&self, symbol: u32) -> u32 {
        // The ids of the bytes are in cache, those of all others may not be.
        let is_shifted = self.id_shift.is_some() && symbol >= 256;
        let id = self.ids[select_unpredictable(is_shifted, 0, symbol as usize)];
        select_unpredictable(is_shifted, symbol.wrapping_add(self.id_shift.unwrap_or(0)), id)
    }
}

pub fn no_bytes() -> Result<Box<[u32; 1 << 16]>> {
    filled(NO_PLACE, 1 << 16)?.try_into().map_err(|_| Error::Memory)
}

/// Keeps the ids of the bytes only, if all others differ from their symbols by one number, which it returns.
pub fn shorten(ids: &mut Vec<u32>) -> Option<u32> {
    let others = || ids.iter().zip(0_u32..).skip(256).map(|(&id, symbol)| id.wrapping_sub(symbol));
    let by = others().next().unwrap_or(0);
    let id_shift = (by < NO_SYMBOL && others().all(|other| other == by)).then_some(by);
    if id_shift.is_some() {
        ids.truncate(256);
        ids.shrink_to_fit();
    }
    id_shift
}

struct Symbols {
    of_id: Vec<u32>,
    ids: Vec<u32>,
}

impl Symbols {
    /// `n_ids` counts the hidden ids.
    fn new(vocab: &Vocab, n_ids: u32) -> Result<Symbols> {
        let mut of_id = filled(UNSEEN, n_ids as usize)?;
        for (byte, &id) in vocab.byte_ids.iter().enumerate().filter(|(_, id)| **id != NO_ID) {
            of_id[id as usize] = byte as u32;
        }
        Ok(Symbols { of_id, ids: concat(&[&vocab.byte_ids])? })
    }

    #[inline]
    fn symbol(&mut self, id: u32) -> Result<u32> {
        match self.of_id.get(id as usize) {
            Some(&symbol) if symbol != UNSEEN => Ok(symbol),
            _ => self.next_symbol(id),
        }
    }

    /// Gives an id the next symbol.
    fn next_symbol(&mut self, id: u32) -> Result<u32> {
        if self.of_id.len() <= id as usize {
            resize(&mut self.of_id, id as usize + 1, UNSEEN)?;
        }
        let symbol = self.ids.len() as u32;
        push(&mut self.ids, id)?;
        self.of_id[id as usize] = symbol;
        Ok(symbol)
    }
}

/// All merges, ascending by rank: `first`, then the others.
fn in_order(merges: &[Merge], first: Vec<Merge>) -> Result<Cow<'_, [Merge]>> {
    let sorted = merges.is_sorted_by_key(|merge| merge.rank);
    if sorted && first.is_empty() {
        return Ok(Cow::Borrowed(merges));
    }
    let mut merges = concat(&[merges])?;
    if !sorted {
        merges.sort_by_key(|merge| merge.rank);
    }
    if first.is_empty() {
        return Ok(Cow::Owned(merges));
    }
    // New ranks for those that come first, and the same steps between the others.
    let (mut all, mut rank) = (first, 0);
    let mut before = None;
    let shift = all.len() as u32;
    for merge in merges {
        rank += u32::from(before.is_some_and(|before| before != merge.rank));
        before = Some(merge.rank);
        push(&mut all, Merge { rank: shift + rank, ..merge })?;
    }
    Ok(Cow::Owned(all))
}

/// The merges, each with the place of its rank.
fn with_places(merges: &[Merge]) -> impl Iterator<Item = (u32, &Merge)> + Clone {
    let new_rank = |index: usize| index > 0 && merges[index - 1].rank != merges[index].rank;
    merges.iter().enumerate().scan(0, move |place, (index, merge)| {
        *place += u32::from(new_rank(index));
        Some((*place, merge))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reference::published::vocabs::Alphabet;

    #[test]
    fn finds_what_is_there_and_nothing_else() {
        let order: Vec<u8> = (0..=255).collect();
        let pairs: Vec<(u32, u32)> = (0..20_000).map(|k| (k, (k * 7 + 3) % (256 + k))).collect();
        let vocab = Arc::new(Vocab::from_merges(&order, &pairs[..256]).unwrap());
        let table = PairTable::new(&vocab).unwrap().unwrap();
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
        let vocab = Vocab::from_merges(&order, &[(97, 98), (98, 99)]).unwrap();
        let merges = vocab.merges().iter().map(|merge| Merge { rank: 0, ..*merge }).collect();
        let vocab = Vocab::assemble(Arc::clone(&vocab.tokens), merges, false, Alphabet::default()).unwrap();
        assert!(PairTable::new(&Arc::new(vocab)).unwrap().is_none());
    }

    #[test]
    fn tokens_in_the_order_of_their_merges_are_their_own_symbols() {
        let order: Vec<u8> = (0..=255).collect();
        let vocab = Arc::new(Vocab::from_merges(&order, &[(97, 98), (256, 99), (98, 99)]).unwrap());
        let table = PairTable::new(&vocab).unwrap().unwrap();
        // Symbols are ids: neither what a merge makes nor an id is looked up, except for bytes.
        assert!(table.plain && table.made.is_empty() && table.id_shift == Some(0));
        assert_eq!((&table.ids[..], table.n_symbols()), (&(0..256).collect::<Vec<u32>>()[..], 259));
    }

    #[test]
    fn merges_may_come_in_any_order() {
        let order: Vec<u8> = (0..=255).collect();
        let vocab = Vocab::from_merges(&order, &[(97, 98), (256, 99), (98, 99), (257, 257)]).unwrap();
        for shift in 1..4 {
            let mut merges = vocab.merges().to_vec();
            merges.rotate_left(shift);
            let other = Vocab::assemble(Arc::clone(&vocab.tokens), merges, false, Alphabet::default()).unwrap();
            let table = PairTable::new(&Arc::new(other)).unwrap().unwrap();
            for merge in vocab.merges() {
                let place = table.place(merge.left, merge.right);
                assert_eq!((place, table.id(table.made(place))), (merge.rank, merge.id));
            }
        }
    }

    #[test]
    fn a_byte_without_a_token_has_no_id() {
        let tokens: Vec<_> = (0..=254u8).map(|byte| (vec![byte], u32::from(byte))).collect();
        let vocab = Arc::new(Vocab::from_tokens(&tokens, &[], false, Alphabet::default()).unwrap());
        let table = PairTable::new(&vocab).unwrap().unwrap();
        let append = |symbols: &[u32]| table.append_ids(symbols, &mut vec![NO_ID]).unwrap();
        assert_eq!([&[97, 254][..], &[97, 255], &[255]].map(append), [true, false, false]);
    }

    #[test]
    fn more_than_a_million_symbols_are_left_to_the_mirror() {
        // Pairs of bytes, and such pairs with a byte; the last would have the symbol that is none.
        let merge = |made: u32| Merge { left: made / 256, right: made % 256, id: 256 + made, rank: made };
        let merges: Vec<Merge> = (0..=NO_SYMBOL - 256).map(merge).collect();
        let mut tokens = Tokens::default();
        (0..=255u8).for_each(|byte| tokens.set(u32::from(byte), &[byte]).unwrap());
        assert_eq!(crate::fast::token_bytes::join_all(&mut tokens, &merges).unwrap(), merges.len());
        let vocab = Arc::new(Vocab::assemble(tokens, Vec::new(), false, Alphabet::default()).unwrap());
        assert!(PairTable::of_merges(&vocab, &merges).unwrap().is_none());
    }
}
