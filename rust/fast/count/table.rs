//! The counting phase of training: distinct pieces and how often each occurs. Must equal `PieceCounter` of
//! `rust/reference/count.rs`.
//!
//! A table of dense 24-byte entries in order of first appearance (8 bytes of count; 15 of the piece and its length, or
//! where a longer one lies), and an index of 32-bit entry numbers, open addressing, at most half full. Text has
//! far more pieces than distinct ones (3.7 million and 120 thousand in 20 MB of English), and nine in ten of them are found
//! in cache; for the others the work is done in blocks, one phase at a time, so that the loads of a phase overlap:
//!
//! ```text
//! scan -> key and hash, prefetch the index -> read the index, prefetch the entry -> compare and count
//! ```
//!
//! The hash mixes the whole key with secrets drawn at random for each table: no text can be prepared to collide. The
//! order of the entries does not depend on it.
//!
//! Costs: O(bytes) time; 32 to 48 bytes for a distinct piece of up to 15 bytes, and its length more for a longer one.

#![expect(
    clippy::cast_possible_truncation,
    reason = "the number of entries is checked in `insert`; of hashes and keys the low bits are meant"
)]

use super::hasher::Hasher;
use super::pieces::Pieces;
use crate::error::{Error, Result};
use crate::fast::util::fallible::{append, filled, push, room};
use crate::fast::util::prefetch::prefetch;

/// Pieces of up to this many bytes lie inside their entry.
const MAX_ENTRY_BYTES: usize = 15;
/// In place of a length: the entry is [`long`].
const LONG: u8 = u8::MAX;
/// An index slot that holds no entry.
const EMPTY: u32 = u32::MAX;
/// Pieces per block: their keys and hashes stay in the first-level cache.
pub const BATCH: usize = 1024;

#[derive(Clone, Copy)]
struct Entry {
    count: i64,
    /// The piece, zeros, and its length; or offset and length in the arena (8 and 7 bytes, little endian) and [`LONG`].
    key: [u8; 16],
}

/// Distinct pieces with their counts, in order of first appearance.
pub struct PieceCounts {
    entries: Vec<Entry>,
    /// Entry numbers by hash; a power of two of them.
    index: Vec<u32>,
    /// The bytes of the longer pieces.
    arena: Vec<u8>,
    /// The numbers of the entries by a residue of their hash, where that was asked for.
    residues: Vec<Vec<u32>>,
    hasher: Hasher,
    /// Keys and hashes of a block.
    keys: Vec<(u128, u64)>,
}

impl Default for PieceCounts {
    fn default() -> Self {
        Self::new()
    }
}

impl PieceCounts {
    pub fn new() -> Self {
        Self::with_residues(0, Hasher::default())
    }

    /// A table that lists its entries by `n` residues of their hash.
    pub(super) fn with_residues(n: usize, hasher: Hasher) -> Self {
        #[allow(clippy::disallowed_methods, reason = "an index of a fixed size, and a list for each thread")]
        Self {
            entries: Vec::new(),
            index: vec![EMPTY; 1 << 10],
            arena: Vec::new(),
            residues: vec![Vec::new(); n],
            hasher,
            keys: Vec::new(),
        }
    }

    /// A table without residues that has room for `entries` entries and hashes as `other` does.
    pub(super) fn with_room(entries: usize, other: &Self) -> Result<Self> {
        let mut table = Self::with_residues(0, other.hasher.clone());
        table.entries.try_reserve(entries)?;
        table.build_index((2 * entries).next_power_of_two().max(1 << 10))?;
        Ok(table)
    }

    /// Lists the entries by `n` residues, unless they are listed so already.
    pub(super) fn list_residues(&mut self, n: usize) -> Result<()> {
        if self.residues.len() == n {
            return Ok(());
        }
        let mut residues = filled(Vec::new(), n)?;
        for (number, entry) in self.entries.iter().enumerate() {
            push(&mut residues[residue_of(self.hash_of(entry), n)], number as u32)?;
        }
        self.residues = residues;
        Ok(())
    }

    /// The numbers of the entries of one residue, ascending.
    pub(super) fn residue(&self, residue: usize) -> &[u32] {
        &self.residues[residue]
    }

    /// Distinct pieces.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The piece that appeared as number `index`, and its count.
    pub fn get(&self, index: usize) -> (&[u8], i64) {
        let entry = &self.entries[index];
        (self.bytes(entry), entry.count)
    }

    /// Pieces and counts in order of first appearance.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&[u8], i64)> {
        self.entries.iter().map(|entry| (self.bytes(entry), entry.count))
    }

    /// The bytes that the table takes after `more` new pieces of the usual length: what is allocated, doubled as often as it must grow.
    pub(super) fn memory_after(&self, more: usize) -> usize {
        let grown = |capacity: usize, needed: usize| match needed.div_ceil(capacity.max(1)) {
            0 | 1 => capacity.max(needed),
            times => capacity.max(1) * times.next_power_of_two(),
        };
        let entries = grown(self.entries.capacity(), self.entries.len() + more);
        let index = grown(self.index.len(), 2 * (self.entries.len() + more));
        let arena = grown(self.arena.capacity(), self.arena.len() + 4 * more);
        let residues: usize = self.residues.iter().map(|list| grown(list.capacity(), list.len() + more)).sum();
        entries * size_of::<Entry>() + (index + residues) * size_of::<u32>() + arena
    }

    /// Gives back the memory of a table that is empty.
    pub(super) fn give_back(&mut self) {
        *self = Self::with_residues(self.residues.len(), self.hasher.clone());
    }

    /// Removes all pieces and keeps the memory.
    pub(super) fn clear(&mut self) {
        self.entries.clear();
        self.arena.clear();
        self.residues.iter_mut().for_each(Vec::clear);
        self.index.fill(EMPTY);
    }

    /// Counts a piece `n` times more.
    pub fn add(&mut self, piece: &[u8], n: i64) -> Result<()> {
        self.restore_index()?;
        let (key, hash) = self.key(piece, 0, piece.len());
        self.add_key(key, hash, piece, n)
    }

    /// Counts the pieces of `text` that begin at `start` and end at each of `ends`, `n` times more each.
    pub fn add_block(&mut self, text: &[u8], start: usize, ends: &[usize], n: i64) -> Result<()> {
        self.restore_index()?;
        let mut keys = std::mem::take(&mut self.keys);
        let mut start_of_block = start;
        for ends in ends.chunks(BATCH) {
            keys.clear();
            let mut start = start_of_block;
            for &end in ends {
                let (key, hash) = self.key(text, start, end);
                prefetch(self.index.as_ptr().wrapping_add(self.slot(hash)));
                push(&mut keys, (key, hash))?;
                start = end;
            }
            for &(_, hash) in &keys {
                prefetch(self.entries.as_ptr().wrapping_add(self.index[self.slot(hash)] as usize));
            }
            start = start_of_block;
            for (&(key, hash), &end) in keys.iter().zip(ends) {
                self.add_key(key, hash, &text[start..end], n)?;
                start = end;
            }
            start_of_block = start;
        }
        self.keys = keys;
        Ok(())
    }

    /// Counts some entries of another table, in the order given; calls `met` for each, with whether the piece is new here.
    pub(super) fn absorb(&mut self, other: &Self, numbers: &[u32], mut met: impl FnMut(bool)) -> Result<()> {
        self.restore_index()?;
        let mut keys = std::mem::take(&mut self.keys);
        keys.clear();
        for &number in numbers {
            let entry = &other.entries[number as usize];
            let key = u128::from_le_bytes(entry.key);
            let (key, hash) = if is_long(key) {
                let piece = other.bytes(entry);
                self.key(piece, 0, piece.len())
            } else {
                (key, self.hasher.short(key))
            };
            prefetch(self.index.as_ptr().wrapping_add(self.slot(hash)));
            push(&mut keys, (key, hash))?;
        }
        for &(_, hash) in &keys {
            prefetch(self.entries.as_ptr().wrapping_add(self.index[self.slot(hash)] as usize));
        }
        for (&(key, hash), &number) in keys.iter().zip(numbers) {
            let entry = &other.entries[number as usize];
            let before = self.entries.len();
            self.add_key(key, hash, other.bytes(entry), entry.count)?;
            met(self.entries.len() > before);
        }
        self.keys = keys;
        Ok(())
    }

    /// One table of several that have no piece in common. `ranks` say for each table where its entries stand in the order of
    /// all, ascending.
    pub(super) fn concat(tables: &[(Self, Vec<u64>)]) -> Result<Self> {
        let hasher = tables.first().map_or_else(Hasher::default, |(table, _)| table.hasher.clone());
        let mut all = Self { index: Vec::new(), ..Self::with_residues(0, hasher) };
        all.entries = room(tables.iter().map(|(table, _)| table.len()).sum())?;
        let mut offsets = room(tables.len())?;
        for (table, _) in tables {
            offsets.push(all.arena.len());
            append(&mut all.arena, &table.arena)?;
        }
        let mut places = filled(0, tables.len())?;
        let head = |places: &[usize], whose: usize| tables[whose].1.get(places[whose]).copied();
        while let Some((_, whose)) = (0..tables.len()).filter_map(|whose| Some((head(&places, whose)?, whose))).min() {
            let mut entry = tables[whose].0.entries[places[whose]];
            let key = u128::from_le_bytes(entry.key);
            if is_long(key) {
                entry.key = (key + offsets[whose] as u128).to_le_bytes();
            }
            all.entries.push(entry);
            places[whose] += 1;
        }
        Ok(all)
    }

    /// Builds the index, which `concat` leaves out, before counting goes on.
    fn restore_index(&mut self) -> Result<()> {
        if self.index.is_empty() {
            self.build_index((2 * self.entries.len()).next_power_of_two().max(1 << 10))?;
        }
        Ok(())
    }

    /// The longest run of slots in use: no look-up takes more steps.
    #[cfg(test)]
    pub(super) fn longest_probe(&self) -> usize {
        self.index.split(|&number| number == EMPTY).map(<[u32]>::len).max().unwrap_or(0)
    }

    fn bytes<'a>(&'a self, entry: &'a Entry) -> &'a [u8] {
        match entry.key[15] {
            LONG => {
                let (offset, length) = long(u128::from_le_bytes(entry.key));
                &self.arena[offset..offset + length]
            }
            length => &entry.key[..length as usize],
        }
    }

    /// The hash of the piece that appeared as number `index`.
    pub(super) fn hash_at(&self, index: usize) -> u64 {
        self.hash_of(&self.entries[index])
    }

    fn hash_of(&self, entry: &Entry) -> u64 {
        let key = u128::from_le_bytes(entry.key);
        if is_long(key) { self.hasher.long(self.bytes(entry)) } else { self.hasher.short(key) }
    }

    fn slot(&self, hash: u64) -> usize {
        hash as usize & (self.index.len() - 1)
    }

    /// The key to look up, and its hash. The key of a longer piece holds only its length.
    #[inline]
    fn key(&self, text: &[u8], start: usize, end: usize) -> (u128, u64) {
        let length = end - start;
        if length > MAX_ENTRY_BYTES {
            let key = (length as u128) << 64 | u128::from(LONG) << 120;
            return (key, self.hasher.long(&text[start..end]));
        }
        let bytes = match text.get(start..start + 16) {
            Some(bytes) => u128::from_le_bytes(bytes.try_into().expect("16 bytes")) & ((1 << (8 * length)) - 1),
            None => text[start..end].iter().rev().fold(0, |key, &byte| key << 8 | u128::from(byte)),
        };
        let key = bytes | (length as u128) << 120;
        (key, self.hasher.short(key))
    }

    #[inline]
    fn add_key(&mut self, key: u128, hash: u64, piece: &[u8], n: i64) -> Result<()> {
        let mut slot = self.slot(hash);
        loop {
            let number = self.index[slot];
            if number == EMPTY {
                return self.insert(slot, hash, key, piece, n);
            }
            let entry = &self.entries[number as usize];
            let found = u128::from_le_bytes(entry.key);
            let same = if is_long(key) { is_long(found) && self.bytes(entry) == piece } else { found == key };
            if same {
                let count = &mut self.entries[number as usize].count;
                *count = count.checked_add(n).ok_or_else(|| too_large("a piece occurs 2^63 times"))?;
                return Ok(());
            }
            slot = (slot + 1) & (self.index.len() - 1);
        }
    }

    #[cold]
    fn insert(&mut self, slot: usize, hash: u64, key: u128, piece: &[u8], n: i64) -> Result<()> {
        if self.entries.len() == EMPTY as usize {
            return Err(too_large("more than 2^32 - 1 distinct pieces"));
        }
        let mut key = key;
        if is_long(key) {
            key |= self.arena.len() as u128;
            append(&mut self.arena, piece)?;
        }
        let number = self.entries.len() as u32;
        self.index[slot] = number;
        if !self.residues.is_empty() {
            let residue = residue_of(hash, self.residues.len());
            push(&mut self.residues[residue], number)?;
        }
        push(&mut self.entries, Entry { count: n, key: key.to_le_bytes() })?;
        if self.entries.len() * 2 > self.index.len() { self.grow() } else { Ok(()) }
    }

    fn grow(&mut self) -> Result<()> {
        self.build_index(self.index.len() * 2)
    }

    fn build_index(&mut self, slots: usize) -> Result<()> {
        self.index = Vec::new();
        self.index = filled(EMPTY, slots)?;
        for number in 0..self.entries.len() {
            let hash = self.hash_of(&self.entries[number]);
            let mut slot = self.slot(hash);
            while self.index[slot] != EMPTY {
                slot = (slot + 1) & (slots - 1);
            }
            self.index[slot] = number as u32;
        }
        Ok(())
    }
}

/// The low bits of a hash choose its slot; these do not.
fn residue_of(hash: u64, n: usize) -> usize {
    (hash >> 32) as usize % n
}

fn is_long(key: u128) -> bool {
    (key >> 120) as u8 == LONG
}

/// Offset and length of a longer piece.
fn long(key: u128) -> (usize, usize) {
    (key as u64 as usize, ((key >> 64) as u64 & ((1 << 56) - 1)) as usize)
}

fn too_large(what: &str) -> Error {
    Error::Training(format!("the corpus is too large to train on: {what}"))
}

impl Pieces for PieceCounts {
    fn len(&self) -> usize {
        self.len()
    }

    fn get(&self, index: u32) -> (&[u8], i64) {
        self.get(index as usize)
    }
}

#[cfg(test)]
mod tests;
