//! A few hundred pieces at a time -> values, in phases. Must equal `encode_piece` of `rust/encode.rs`.
//!
//! Each phase is a separate loop over the whole block, so that waits of one kind overlap: compute the keys and prefetch the
//! buckets; look into the buckets; compare the bytes of long pieces; merge those that were not found, side by side. One loop
//! that did all of it piece by piece took a third longer, because each mispredicted branch threw away the work begun for the
//! pieces after it.
//!
//! Costs: some 30 bytes a piece of the block, which stay in the second-level cache.

#![expect(clippy::cast_possible_truncation, reason = "a block has BLOCK pieces at most")]
#![allow(unsafe_code)]
// The hot loops are made of one-line helpers that must vanish into them.
#![allow(clippy::inline_always)]

use super::cut::static_cuts::Cutting;
use super::lookup::block_output::{BlockOutput, SPILL};
use super::lookup::bucket::{self, Find};
use super::lookup::id_ring::PADDING;
use super::lookup::piece_cache::{PieceCache, Size};
use super::lookup::piece_key::{KEY_MASK, LOAD, MAX_KEY_BYTES, MEMORABLE, VALUE_SHIFT, key_of, short_key_within};
use super::merge::cut_further::encode_pieces;
use super::merge::long::merge_long;
use super::merge::pair_table::PairTable;
use super::merge::short::{WIDE_LANE, merge_short};
use super::tables::Tables;
use crate::encode::encode_piece;
use crate::engine::Spent;
use crate::error::{Error, Result};
#[cfg(target_arch = "x86_64")]
use crate::fast::util::cpu;
use crate::interrupt;
use crate::pretokenize::Pattern;
use std::ops::Range;

/// The most pieces of a block.
pub(super) const BLOCK: usize = 512;
/// Up to how many pieces are named and looked up in one loop.
const FEW: usize = 16;
/// The mean length of pieces that may be words.
const SHORT: usize = 32;
/// What may stay allocated of a buffer between two calls, in words.
const KEPT: usize = 1 << 16;

/// What one thread needs to encode.
#[derive(Debug)]
pub(super) struct Workspace {
    pub(super) cache: PieceCache,
    /// Whether the cache is large and was filled with the vocabulary.
    pub(super) seeded: bool,
    /// The ends of the pieces of the block, ascending.
    pub(super) ends: Vec<usize>,
    /// The UTF-8 of a part of a Python str.
    pub(super) utf8: Vec<u8>,
    pub(super) cutting: Cutting,
    /// Keys, each with the number of its bucket in the bits above it.
    names: Vec<u128>,
    values: Vec<u32>,
    /// The numbers of the pieces that are too long to be their own keys, and of those that were not in the cache.
    longs: Vec<u32>,
    pub(super) misses: Vec<u32>,
    spill: Vec<u32>,
    /// What cutting pieces further has spent of what the text may spend.
    pub(super) spent: Spent,
    /// What went wrong: a byte without a token.
    pub(super) failure: Option<Error>,
}

impl Workspace {
    /// Fails if there is no memory for its cache.
    pub(super) fn new(size: Size) -> Result<Workspace> {
        Ok(Workspace {
            cache: PieceCache::new(size).ok_or(Error::Memory)?,
            seeded: false,
            ends: Vec::new(),
            utf8: Vec::new(),
            cutting: Cutting::default(),
            names: Vec::new(),
            values: Vec::new(),
            longs: Vec::new(),
            misses: Vec::new(),
            spill: Vec::new(),
            spent: Spent::of(0),
            failure: None,
        })
    }

    /// The values of a range of the pieces; the first of the range begins at `start`. `rest` cuts each of them further.
    pub(super) fn encode(
        &mut self,
        tables: &Tables,
        rest: Option<&Pattern>,
        text: &[u8],
        start: usize,
        range: Range<usize>,
    ) -> BlockOutput<'_> {
        let n_pieces = range.len();
        self.spill.clear();
        // The values of the block before are overwritten, not cleared first.
        if self.values.len() < n_pieces {
            #[allow(clippy::disallowed_methods, reason = "a block has BLOCK pieces at most")]
            let _ = (self.names.resize(n_pieces, 0), self.values.resize(n_pieces, 0));
        }
        self.look_up(text, start, range.clone());
        self.compare_longs(text, start, range.clone());
        if !self.misses.is_empty() {
            self.merge_misses(tables, rest, text, start, range);
        }
        let (records, first) = self.cache.view().records();
        BlockOutput { words: &self.values[..n_pieces], records, first, spill: &self.spill }
    }

    /// Whether the pieces, the first of which begins at `start`, are on average no longer than words.
    pub(super) fn pieces_are_short(&self, start: usize) -> bool {
        self.ends.last().is_some_and(|&end| end - start <= SHORT * self.ends.len())
    }

    /// The bytes of memory that it takes.
    pub(super) fn memory(&self) -> usize {
        let words = self.values.capacity() + self.longs.capacity() + self.misses.capacity() + self.spill.capacity();
        let ends = self.ends.capacity() * size_of::<usize>() + self.names.capacity() * size_of::<u128>();
        self.cache.memory() + self.cutting.memory() + words * size_of::<u32>() + ends + self.utf8.capacity()
    }

    /// Ends a call, also one that failed: keeps the cache, and gives back the memory of unusually long texts.
    pub(super) fn rest(&mut self) {
        self.failure = None;
        self.ends.clear();
        self.ends.shrink_to(KEPT);
        self.spill.clear();
        self.spill.shrink_to(KEPT);
        self.cutting.shrink_to(KEPT);
    }

    /// The value of every piece that is in the cache; 0, and its number among the misses, of every other.
    #[inline(never)]
    fn look_up(&mut self, text: &[u8], start: usize, range: Range<usize>) {
        #[cfg(target_arch = "x86_64")]
        {
            #[target_feature(enable = "avx2,bmi1,bmi2")]
            fn with_avx2(work: &mut Workspace, text: &[u8], start: usize, range: Range<usize>) {
                // SAFETY: called only where `has_avx2` returned true, below.
                work.look_up_with(text, start, range, |bucket, key| unsafe { bucket::find_avx2(bucket, key) });
            }
            if cpu::has_avx2() {
                // SAFETY: just asked.
                return unsafe { with_avx2(self, text, start, range) };
            }
        }
        self.look_up_with(text, start, range, bucket::find);
    }

    #[inline(always)]
    fn look_up_with(&mut self, text: &[u8], start: usize, range: Range<usize>, find: impl Find) {
        self.longs.clear();
        self.misses.clear();
        if range.len() <= FEW {
            self.find_few(text, start, range, find);
        } else {
            let n_pieces = range.len();
            self.name_pieces(text, start, range);
            self.find_named(n_pieces, find);
        }
    }

    /// Computes names and values in one loop: with few pieces, the unpredictable end of a second loop costs more.
    #[inline(always)]
    fn find_few(&mut self, text: &[u8], mut start: usize, range: Range<usize>, find: impl Find) {
        let Workspace { cache, ends, names, values, longs, misses, .. } = self;
        let cache = cache.view();
        for (index, ((&end, name), value)) in ends[range].iter().zip(names).zip(values).enumerate() {
            *name = key_of(text, start, end);
            *value = cache.find_with(cache.bucket_of(*name), *name, find).unwrap_or_else(|| {
                misses.push(index as u32);
                0
            });
            if end - start > MAX_KEY_BYTES {
                longs.push(index as u32);
            }
            start = end;
        }
    }

    /// Computes the name of every piece and prefetches its bucket.
    #[inline(always)]
    fn name_pieces(&mut self, text: &[u8], mut start: usize, range: Range<usize>) {
        let Workspace { cache, ends, names, longs, .. } = self;
        let (cache, ends) = (cache.view(), &ends[range]);
        // Of all but the last pieces, sixteen bytes can be read.
        let easy = match (ends.last(), text.len().checked_sub(LOAD)) {
            (Some(&last), Some(limit)) if last <= limit => ends.len(),
            (_, Some(limit)) => ends.partition_point(|&end| end <= limit),
            (_, None) => 0,
        };
        let (inner, last) = ends.split_at(easy);
        for (index, (&end, name)) in inner.iter().zip(&mut *names).enumerate() {
            let key = if end - start > MAX_KEY_BYTES {
                longs.push(index as u32);
                key_of(text, start, end)
            } else {
                // SAFETY: it ends that many bytes before the end of the text, or earlier, and begins before its end.
                unsafe { short_key_within(text, start, end) }
            };
            *name = cache.name(key);
            start = end;
        }
        for (index, (&end, name)) in last.iter().zip(&mut names[easy..]).enumerate() {
            *name = cache.name(key_of(text, start, end));
            if end - start > MAX_KEY_BYTES {
                longs.push((easy + index) as u32);
            }
            start = end;
        }
    }

    /// Looks up the values of pieces whose names are known.
    #[inline(always)]
    fn find_named(&mut self, n_pieces: usize, find: impl Find) {
        let Workspace { cache, names, values, misses, .. } = self;
        let cache = cache.view();
        for (index, (&name, value)) in names.iter().zip(&mut values[..n_pieces]).enumerate() {
            let found = cache.find_with((name >> VALUE_SHIFT) as usize, name, find);
            *value = found.unwrap_or_else(|| {
                misses.push(index as u32);
                0
            });
            cache.fetch_record(*value);
        }
    }

    /// A long piece that was found is a miss if its bytes are not those of the record.
    fn compare_longs(&mut self, text: &[u8], start: usize, range: Range<usize>) {
        let Workspace { cache, ends, values, longs, misses, .. } = self;
        let (cache, ends) = (cache.view(), &ends[range]);
        for &index in longs.iter() {
            let value = &mut values[index as usize];
            if *value != 0 && !cache.holds(*value, piece_at(text, start, ends, index)) {
                *value = 0;
                misses.push(index);
            }
        }
    }

    #[inline(never)]
    fn merge_misses(
        &mut self,
        tables: &Tables,
        rest: Option<&Pattern>,
        text: &[u8],
        start: usize,
        range: Range<usize>,
    ) {
        let Workspace { cache, ends, names, values, misses, spill, spent, failure, .. } = self;
        let ends = &ends[range];
        let piece = |index: u32| piece_at(text, start, ends, index);
        let mut results = Results { cache, names, values, spill, failure, ids: &mut Vec::new() };
        if let Some(rest) = rest {
            misses.retain(|&index| !results.recall(index, piece(index)));
            let pieces = misses.iter().map(|&index| (index, piece(index)));
            encode_pieces(tables, rest, spent, pieces, |index, ids| match ids {
                Ok(ids) => results.settle(index, piece(index), ids),
                Err(error) => results.fail(index, error),
            });
            return;
        }
        misses.retain(|&index| !results.know(tables, index, piece(index)));
        let mut symbols = Vec::new();
        let Some(pairs) = tables.pairs() else {
            for &index in misses.iter() {
                results.settle_slowly(tables, index, piece(index));
            }
            return;
        };
        for &index in misses.iter().filter(|&&index| piece(index).len() > WIDE_LANE) {
            symbols.clear();
            match merge_long(pairs, piece(index), &mut symbols) {
                Ok(()) => results.settle_symbols(tables, pairs, index, piece(index), &symbols),
                Err(error) => results.fail(index, error),
            }
        }
        let short = misses.iter().map(|&index| (index, piece(index))).filter(|(_, piece)| piece.len() <= WIDE_LANE);
        merge_short(pairs, short, |index, symbols| {
            results.settle_symbols(tables, pairs, index, piece(index), symbols);
        });
    }
}

/// One of the pieces with these ends; the first begins at `start`.
#[inline]
fn piece_at<'t>(text: &'t [u8], start: usize, ends: &[usize], index: u32) -> &'t [u8] {
    let index = index as usize;
    &text[if index == 0 { start } else { ends[index - 1] }..ends[index]]
}

/// Where the values of misses go.
struct Results<'w> {
    cache: &'w mut PieceCache,
    names: &'w [u128],
    values: &'w mut [u32],
    spill: &'w mut Vec<u32>,
    failure: &'w mut Option<Error>,
    ids: &'w mut Vec<u32>,
}

impl Results<'_> {
    /// Settles a piece that needs no merging: one that was cached since, or is a token as it stands.
    fn know(&mut self, tables: &Tables, index: u32, piece: &[u8]) -> bool {
        self.recall(index, piece)
            || tables.whole(piece).is_some_and(|id| {
                self.settle(index, piece, &[id]);
                true
            })
    }

    /// Settles a piece that was cached since.
    fn recall(&mut self, index: u32, piece: &[u8]) -> bool {
        let found = self.cache.view().find_piece(self.key(index), piece);
        if let Some(value) = found {
            self.values[index as usize] = value;
        }
        found.is_some()
    }

    fn key(&self, index: u32) -> u128 {
        self.names[index as usize] & KEY_MASK
    }

    fn settle_symbols(&mut self, tables: &Tables, pairs: &PairTable, index: u32, piece: &[u8], symbols: &[u32]) {
        let mut ids = std::mem::take(self.ids);
        ids.clear();
        match pairs.append_ids(symbols, &mut ids) {
            Ok(true) => self.settle(index, piece, &ids),
            Ok(false) => self.settle_slowly(tables, index, piece),
            Err(error) => self.fail(index, error),
        }
        *self.ids = ids;
    }

    /// By the mirror, which knows what to do about a byte without a token.
    fn settle_slowly(&mut self, tables: &Tables, index: u32, piece: &[u8]) {
        let mut ids = Vec::new();
        match encode_piece(tables.vocab(), piece, &mut ids) {
            Ok(()) => self.settle(index, piece, &ids),
            Err(error) => self.fail(index, error),
        }
    }

    /// The block has failed: what is said of this piece will not be used, but is a value like any other.
    fn fail(&mut self, index: u32, error: Error) {
        self.values[index as usize] = 0;
        self.failure.get_or_insert(error);
    }

    fn settle(&mut self, index: u32, piece: &[u8], ids: &[u32]) {
        let key = self.key(index);
        let known = if piece.len() <= MEMORABLE { self.cache.insert(key, piece, ids) } else { None };
        match known.map_or_else(|| spill_record(self.spill, ids), Ok) {
            Ok(value) => self.values[index as usize] = value,
            Err(error) => self.fail(index, error),
        }
    }
}

/// The value of a new record of the spill.
fn spill_record(spill: &mut Vec<u32>, ids: &[u32]) -> Result<u32> {
    let value = spill_value(spill.len())?;
    let count = u32::try_from(ids.len()).map_err(|_| too_long())?;
    spill.try_reserve(1 + ids.len() + PADDING)?;
    spill.push(count);
    interrupt::append(spill, ids.iter().copied())?;
    spill.extend_from_slice(&[0; PADDING]);
    Ok(value)
}

/// The value of a record at a place of the spill.
fn spill_value(place: usize) -> Result<u32> {
    u32::try_from(place).ok().and_then(|place| SPILL.checked_add(place)).ok_or_else(too_long)
}

fn too_long() -> Error {
    Error::TooLong("pieces that come to 2^31 ids at once cannot be encoded".into())
}

#[cfg(test)]
mod tests;
