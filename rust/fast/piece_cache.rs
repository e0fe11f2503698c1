//! Which ids a piece had when it was met before.
//!
//! Words repeat: of a hundred pieces of running text, one or two are new. A cache line of 64 bytes holds four entries of 16:
//! the key of a piece ([`super::key`]) and a 20-bit *value*, which is an id or, with its top bit set, the place of a record
//! with several ids in the arena. A piece belongs on one line, chosen by its hash; when that is full, on the next; when that
//! is full too, it takes the place of another on its own line. Nothing but speed depends on what is forgotten.
//!
//! A record is a count and that many ids, and for a long piece its length and its bytes as well, padded to a multiple of
//! six words, which holds the ids of nearly every word. When the arena is full, `sweep` forgets all records, and the entries that name them.
//!
//! Invariants: a line fills from its first slot, and only `sweep` removes; so a line whose last slot is free is not full.
//! The memory is that of the lines and the arena given at the start, whatever is encoded.
//!
//! Costs: a hit is one line; memory is touched as it is used. `seed` is one insertion a piece. Not shared between threads:
//! see `pool.rs`.

// The hot loops are made of one-line helpers that must vanish into them.
#![allow(clippy::inline_always)]

use super::huge;
use super::key::{VALUE_SHIFT, hash, is_long};
use super::line::{self, Line, SLOTS};
use super::prefetch::prefetch;
use super::values::PADDING;

/// A value from here on is a record.
pub(super) const RECORDS: u32 = 1 << 19;
/// Words of a unit of the arena.
pub(super) const UNIT: usize = 6;
/// The most words that all records can have.
pub(super) const MOST: usize = (1 << 19) * UNIT;
/// How many insertions ahead a line is fetched while seeding.
const AHEAD: usize = 24;

/// How large a cache is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Size {
    /// The number of lines is 2 to this power.
    pub(super) log_lines: u32,
    /// Words of the arena; at most [`MOST`].
    pub(super) arena: usize,
}

#[derive(Debug)]
pub(super) struct PieceCache {
    memory: Vec<u128>,
    /// Where the lines begin: `memory` at a multiple of a large page, so at one of 64 bytes too.
    first: usize,
    size: Size,
    /// The records, and [`PADDING`] words more.
    arena: Vec<u32>,
    used: usize,
    victim: usize,
}

impl PieceCache {
    pub(super) fn new(size: Size) -> PieceCache {
        let entries = SLOTS << size.log_lines;
        let align = if size_of::<u128>() * entries < huge::PAGE { size_of::<Line>() } else { huge::PAGE };
        let spare = align / size_of::<u128>() - 1;
        let memory = vec![0u128; entries + spare];
        huge::ask(memory.as_ptr(), memory.len());
        let first = memory.as_ptr().align_offset(align).min(spare);
        let arena = if size.arena < MOST { Vec::new() } else { huge::with_capacity(size.arena + PADDING) };
        PieceCache { memory, first, size, arena, used: 0, victim: 0 }
    }

    fn lines(&self) -> &[Line] {
        &self.memory[self.first..].as_chunks().0[..1 << self.size.log_lines]
    }

    fn lines_mut(&mut self) -> &mut [Line] {
        &mut self.memory[self.first..].as_chunks_mut().0[..1 << self.size.log_lines]
    }

    /// The lines and the arena, to look up many pieces.
    pub(super) fn view(&self) -> View<'_> {
        View { lines: self.lines(), shift: 64 - self.size.log_lines, arena: &self.arena }
    }

    /// Remember that these pieces, given by their keys, are one token each. What is known already stays.
    pub(super) fn seed(&mut self, pieces: impl Iterator<Item = (u128, u32)>) {
        // Key 0 is that of no piece.
        let mut waiting = [(0, 0); AHEAD];
        for (index, piece) in pieces.chain([(0, 0); AHEAD]).enumerate() {
            let (key, id) = std::mem::replace(&mut waiting[index % AHEAD], piece);
            self.view().fetch(self.view().line_of(piece.0));
            if key != 0 {
                self.put(key, id);
            }
        }
    }

    /// Remember the ids of a piece, and answer its value; None where there is no room for them.
    pub(super) fn insert(&mut self, key: u128, piece: &[u8], ids: &[u32]) -> Option<u32> {
        if let &[id] = ids
            && id < RECORDS
            && !is_long(key)
        {
            self.put(key, id);
            return Some(id);
        }
        let bytes_words = if is_long(key) { 1 + piece.len().div_ceil(4) } else { 0 };
        let end = (self.used + 1 + ids.len() + bytes_words).next_multiple_of(UNIT);
        if end > self.size.arena {
            return None;
        }
        let value = RECORDS + (self.used / UNIT) as u32;
        self.arena.truncate(self.used);
        self.arena.push(ids.len() as u32);
        self.arena.extend_from_slice(ids);
        if is_long(key) {
            self.arena.push(piece.len() as u32);
            self.arena.extend(words_of(piece));
        }
        self.arena.resize(end + PADDING, 0);
        self.used = end;
        self.put(key, value);
        Some(value)
    }

    fn put(&mut self, key: u128, value: u32) {
        let line = self.view().line_of(key);
        if self.view().find(line, key).is_some() {
            return;
        }
        let next = line ^ 1;
        self.victim = (self.victim + 1) % SLOTS;
        let entry = key | u128::from(value) << VALUE_SHIFT;
        let victim = self.victim;
        let lines = self.lines_mut();
        if let Some(slot) = lines[line].iter_mut().find(|slot| **slot == 0) {
            *slot = entry;
        } else if let Some(slot) = lines[next].iter_mut().find(|slot| **slot == 0) {
            *slot = entry;
        } else {
            lines[line][victim] = entry;
        }
    }

    /// Whether a record as long as this still fits.
    pub(super) fn is_full(&self) -> bool {
        self.used + self.size.arena / 8 > self.size.arena
    }

    /// Forget all records. No value handed out before may be used after it.
    pub(super) fn sweep(&mut self) {
        self.used = 0;
        for line in self.lines_mut() {
            let mut kept = 0;
            for slot in 0..SLOTS {
                let entry = std::mem::take(&mut line[slot]);
                if entry != 0 && ((entry >> VALUE_SHIFT) as u32) < RECORDS {
                    line[kept] = entry;
                    kept += 1;
                }
            }
        }
    }
}

/// A cache to look things up in.
#[derive(Clone, Copy)]
pub(super) struct View<'c> {
    lines: &'c [Line],
    shift: u32,
    arena: &'c [u32],
}

impl<'c> View<'c> {
    #[inline(always)]
    pub(super) fn line_of(&self, key: u128) -> usize {
        (hash(key) >> self.shift) as usize
    }

    #[inline]
    pub(super) fn fetch(&self, line: usize) {
        prefetch(&raw const self.lines[line]);
    }

    /// The value of a key, whose line is `line`, by one of the ways to look at a line.
    #[inline(always)]
    pub(super) fn find_with(
        &self,
        line: usize,
        key: u128,
        find: impl Fn(&Line, u128) -> Option<u32> + Copy,
    ) -> Option<u32> {
        // One call in a loop: of two, the compiler would make a function, whose call costs as much as the rest.
        let mut at = line;
        loop {
            let slots = &self.lines[at];
            let found = find(slots, key);
            if found.is_some() || slots[SLOTS - 1] == 0 || at != line {
                return found;
            }
            at ^= 1;
        }
    }

    fn find(&self, line: usize, key: u128) -> Option<u32> {
        self.find_with(line, key, line::find)
    }

    /// The value of a piece, looked up from the beginning.
    pub(super) fn find_piece(&self, key: u128, piece: &[u8]) -> Option<u32> {
        self.find(self.line_of(key), key).filter(|&value| !is_long(key) || self.holds(value, piece))
    }

    /// Whether the record of a value was made for this piece.
    pub(super) fn holds(&self, value: u32, piece: &[u8]) -> bool {
        let record = &self.arena[(value - RECORDS) as usize * UNIT..];
        let bytes = &record[1 + record[0] as usize..];
        bytes[0] as usize == piece.len() && words_of(piece).zip(&bytes[1..]).all(|(word, &other)| word == other)
    }

    pub(super) fn arena(&self) -> &'c [u32] {
        self.arena
    }
}

/// The bytes of a piece as words, the last one filled up with zeros.
fn words_of(bytes: &[u8]) -> impl Iterator<Item = u32> {
    bytes.chunks(4).map(|chunk| {
        let mut word = [0; 4];
        word[..chunk.len()].copy_from_slice(chunk);
        u32::from_le_bytes(word)
    })
}
