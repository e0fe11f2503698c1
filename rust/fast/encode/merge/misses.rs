//! The pieces of a block that the cache does not hold: merged, remembered, and given a value like all others.

use super::cut_further::{Later, encode_pieces};
use super::pieces::merge_pieces;
use crate::error::{Error, Result};
use crate::fast::encode::lookup::block_output::SPILL;
use crate::fast::encode::lookup::id_ring::PADDING;
use crate::fast::encode::lookup::look_up::{Found, piece_at};
use crate::fast::encode::lookup::piece_cache::PieceCache;
use crate::fast::encode::lookup::piece_key::MEMORABLE;
use crate::fast::encode::tables::Tables;
use crate::support::interrupt;
use crate::support::spent::Spent;
use std::cell::RefCell;
use std::fmt;

pub struct Misses<'w> {
    pub text: &'w [u8],
    pub start: usize,
    pub ends: &'w [usize],
    pub cache: &'w mut PieceCache,
    pub found: &'w mut Found,
    /// Records that the cache has no room for.
    pub spill: &'w mut Vec<u32>,
    /// The first failure.
    pub failure: &'w mut Option<Error>,
}

/// Merges the pieces of vocabularies whose tokens may be several words.
pub trait LongPieces: Send + Sync {
    /// Calls `keep` with each number and the ids of its piece, or with the first that has none and why. `piece` gives the bytes of a
    /// number.
    fn merge<'t>(&self, numbers: &[u32], piece: &dyn Fn(u32) -> &'t [u8], keep: &mut dyn FnMut(u32, Result<&[u32]>));

    /// Appends the ids of the pieces of `text` that end at `ends`; the first begins at `start`.
    fn append(&self, text: &[u8], start: usize, ends: &[usize], out: &mut Vec<u32>) -> Result<()>;

    /// In bytes; of the workspaces, those that no thread uses, which `drop_workspaces` gives back.
    fn tables_memory(&self) -> usize;
    fn workspaces_memory(&self) -> usize;
    fn drop_workspaces(&self);
}

// `Debug` in the trait would bring that of all tables into each program.
impl fmt::Debug for dyn LongPieces {
    fn fmt(&self, out: &mut fmt::Formatter) -> fmt::Result {
        out.write_str("LongPieces")
    }
}

#[derive(Clone, Copy)]
pub struct Merging<'m> {
    pub tables: &'m Tables,
    pub later: Option<&'m Later>,
    pub long: Option<&'m dyn LongPieces>,
}

impl Misses<'_> {
    #[inline(never)]
    pub fn merge(self, Merging { tables, later, long }: Merging<'_>, spent: &mut Spent) {
        let Misses { text, start, ends, .. } = self;
        let piece = |index: u32| piece_at(text, start, ends, index);
        let misses = std::mem::take(&mut self.found.misses);
        let this = RefCell::new(self);
        if let Some(later) = later {
            let pieces = misses.iter().map(|&index| (index, piece(index)));
            encode_pieces(tables, later, spent, pieces, |index, ids| this.borrow_mut().keep(index, ids));
        } else if let Some(long) = long {
            long.merge(&misses, &piece, &mut |index, ids| {
                let mut this = this.borrow_mut();
                let comes_again = this.found.meet(index);
                this.keep_or_spill(index, ids, comes_again);
            });
        } else {
            // The second of two equal pieces of a block is known when its turn comes.
            let is_known = |index| this.borrow_mut().recall(index);
            merge_pieces(tables, &misses, piece, is_known, |index, ids| this.borrow_mut().keep(index, ids));
        }
        this.into_inner().found.misses = misses;
    }

    fn piece(&self, index: u32) -> &[u8] {
        piece_at(self.text, self.start, self.ends, index)
    }

    /// Gives a piece its value if it has been cached since.
    fn recall(&mut self, index: u32) -> bool {
        let value = self.cache.view().find_piece(self.found.key(index), self.piece(index));
        self.found.values[index as usize] = value.unwrap_or(0);
        value.is_some()
    }

    /// Remembers the ids of a piece, and gives it its value. If it has none, the block has failed: its value will not be used.
    fn keep(&mut self, index: u32, ids: Result<&[u32]>) {
        self.keep_or_spill(index, ids, true);
    }

    /// The same, but may leave it to the spill, which is forgotten after the block.
    #[inline]
    fn keep_or_spill(&mut self, index: u32, ids: Result<&[u32]>, keeps: bool) {
        let value = ids.and_then(|ids| {
            let (key, piece) = (self.found.key(index), piece_at(self.text, self.start, self.ends, index));
            let known = if keeps && piece.len() <= MEMORABLE { self.cache.insert(key, piece, ids) } else { None };
            known.map_or_else(|| spill_record(self.spill, ids), Ok)
        });
        self.found.values[index as usize] = value.unwrap_or_else(|error| {
            self.failure.get_or_insert(error);
            0
        });
    }
}

pub fn spill_record(spill: &mut Vec<u32>, ids: &[u32]) -> Result<u32> {
    let value = spill_value(spill.len())?;
    let count = u32::try_from(ids.len()).map_err(|_| too_long())?;
    spill.try_reserve(1 + ids.len() + PADDING)?;
    spill.push(count);
    interrupt::append(spill, ids.iter().copied())?;
    spill.extend_from_slice(&[0; PADDING]);
    Ok(value)
}

fn spill_value(place: usize) -> Result<u32> {
    u32::try_from(place).ok().and_then(|place| SPILL.checked_add(place)).ok_or_else(too_long)
}

pub fn too_long() -> Error {
    Error::TooLong("cannot encode pieces of 2^31 ids or more together".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_spill_ends_where_its_values_do() {
        assert_eq!(spill_value(7), Ok(SPILL + 7));
        assert_eq!(spill_value(SPILL as usize - 1), Ok(u32::MAX));
        for place in [SPILL as usize, u32::MAX as usize, 1 << 32, usize::MAX] {
            assert_eq!(spill_value(place), Err(too_long()));
        }
    }
}
