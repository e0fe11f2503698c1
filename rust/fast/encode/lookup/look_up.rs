//! The pieces of a block, looked up in the cache in phases.
//!
//! In a block of more than a few pieces, each phase is a loop, so that waits of one kind overlap: compute the keys and prefetch the
//! buckets; look into the buckets; compare the bytes of long pieces. One loop for all took a third longer, because each mispredicted
//! branch threw away the work begun for the pieces after it.
//!
//! Cost: some 30 bytes a piece of the block, which stay in the second-level cache.

#![expect(clippy::cast_possible_truncation, reason = "a block has few pieces; of hashes, some bits are meant")]
#![allow(unsafe_code)]
// The hot loops are made of one-line helpers that must vanish into them.
#![allow(clippy::inline_always)]

use super::super::cut::ends::Ends;
use super::piece_cache::View;
use super::piece_key::{KEY_MASK, LOAD, MAX_KEY_BYTES, VALUE_SHIFT, bytes_within, is_long, key_of};
use crate::fast::simd::vector::{Portable, Vectors};
use crate::fast::simd::{Isa, Kernel};
use crate::fast::util::fallible::resize;

/// Up to this many pieces are looked up in the loop that computes their keys.
pub const FEW: usize = 16;

/// How many pieces are named before the first is looked up: their buckets, 16 KiB, stay in the first-level cache.
const TOGETHER: usize = 256;

/// The size of the filter of long pieces met lately.
const MET: usize = if cfg!(any(test, fuzzing)) { 2 } else { 1 << 16 };

#[derive(Debug, Default)]
pub struct Found {
    /// Keys, each with its bucket number in the bits above it.
    keys: Vec<u128>,
    /// By piece; 0 for a miss.
    pub values: Vec<u32>,
    /// The pieces that are too long to be their own keys, and those that are not in the cache.
    pub longs: Vec<u32>,
    pub misses: Vec<u32>,
    /// By some bits of their hashes, other bits of the long pieces met last.
    met: Vec<u8>,
}

impl Found {
    pub fn key(&self, index: u32) -> u128 {
        self.keys[index as usize] & KEY_MASK
    }

    /// Whether a long piece was probably met not long ago; notes that it has been now. True of pieces that are their own keys. Lines
    /// seldom come again, and remembering all of them costs more than finding those that do would save.
    pub fn meet(&mut self, index: u32) -> bool {
        let key = self.key(index);
        if !is_long(key) || (self.met.is_empty() && resize(&mut self.met, MET, 0).is_err()) {
            return true;
        }
        let tag = (key >> 32) as u8;
        std::mem::replace(&mut self.met[key as usize % MET], tag) == tag
    }

    pub fn memory(&self) -> usize {
        let words = self.values.capacity() + self.longs.capacity() + self.misses.capacity();
        self.keys.capacity() * size_of::<u128>() + words * size_of::<u32>() + self.met.capacity()
    }
}

/// The index of the first piece is 0, and it begins at `start`.
#[inline]
pub fn piece_at<'t>(text: &'t [u8], start: usize, ends: &[usize], index: u32) -> &'t [u8] {
    let index = index as usize;
    &text[if index == 0 { start } else { ends[index - 1] }..ends[index]]
}

/// Finds the value of every piece that is in the cache; a miss gets 0, and goes to the misses.
pub struct LookUp<'a> {
    pub found: &'a mut Found,
    pub cache: View<'a>,
    pub text: &'a [u8],
    /// Where the first piece begins, and where each ends.
    pub start: usize,
    pub ends: Ends<'a>,
}

impl LookUp<'_> {
    pub fn run(mut self, isa: Isa) {
        self.make_room();
        if self.ends.all().len() > FEW {
            self.run_many(isa);
        } else {
            isa.run(Few(&mut self));
        }
        if !self.found.longs.is_empty() {
            self.compare_longs();
        }
    }

    fn run_many(&mut self, isa: Isa) {
        let (easy, cache, text, mut start) = (self.easy(), self.cache, self.text, self.start);
        let Found { keys, values, longs, misses, .. } = &mut *self.found;
        for (number, ends) in self.ends.all().chunks(TOGETHER).enumerate() {
            let first = number * TOGETHER;
            let keys = &mut keys[first..first + ends.len()];
            let (inner, last) = ends.split_at(easy.saturating_sub(first).min(ends.len()));
            let (inner_keys, last_keys) = keys.split_at_mut(inner.len());
            isa.run(Name { cache, text, start, ends: inner, keys: inner_keys, longs, first });
            start = inner.last().copied().unwrap_or(start);
            for (index, (&end, out)) in (first + inner.len()..).zip(last.iter().zip(last_keys)) {
                *out = cache.with_bucket(Portable, key_of(text, start, end));
                if end - start > MAX_KEY_BYTES {
                    longs.push(index as u32);
                }
                start = end;
            }
            isa.run(Find { cache, keys, values: &mut values[first..], misses, first });
        }
    }
}

/// Names pieces of each of which [`LOAD`] bytes can be read, and prefetches their buckets. The first begins at `start`; its index is
/// `first`.
struct Name<'a> {
    cache: View<'a>,
    text: &'a [u8],
    start: usize,
    ends: &'a [usize],
    keys: &'a mut [u128],
    longs: &'a mut Vec<u32>,
    first: usize,
}

impl Kernel for Name<'_> {
    type Output = ();

    #[inline(always)]
    fn run<V: Vectors>(self, vectors: V) {
        let Name { cache, text, mut start, ends, keys, longs, first } = self;
        for (index, (&end, out)) in ends.iter().zip(keys).enumerate() {
            if end - start > MAX_KEY_BYTES {
                longs.push((first + index) as u32);
                *out = cache.with_bucket(vectors, key_of(text, start, end));
            } else {
                // SAFETY: it ends that many bytes before the end of the text, or earlier, since the ends ascend (`Ends`), and does not
                // begin after its end.
                cache.name(vectors, unsafe { bytes_within(text, start) }, end - start, out);
            }
            start = end;
        }
    }
}

/// Looks for named pieces in their buckets; the index of the first is `first`.
struct Find<'a> {
    cache: View<'a>,
    keys: &'a [u128],
    values: &'a mut [u32],
    misses: &'a mut Vec<u32>,
    first: usize,
}

impl Kernel for Find<'_> {
    type Output = ();

    #[inline(always)]
    fn run<V: Vectors>(self, vectors: V) {
        let Find { cache, keys, values, misses, first } = self;
        for (index, (&key, value)) in keys.iter().zip(values).enumerate() {
            let found = cache.find(vectors, (key >> VALUE_SHIFT) as usize, key);
            *value = found.unwrap_or_else(|| missed(misses, first + index));
        }
    }
}

/// Keys and values in one loop: for few pieces, the unpredictable end of a second loop costs more.
struct Few<'l, 'a>(&'l mut LookUp<'a>);

impl Kernel for Few<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn run<V: Vectors>(self, vectors: V) {
        let LookUp { found, cache, text, start, ends } = self.0;
        let (Found { keys, values, longs, misses, .. }, mut start) = (&mut **found, *start);
        for (index, ((&end, key), value)) in ends.all().iter().zip(keys).zip(values).enumerate() {
            *key = key_of(text, start, end);
            *value = cache.find(vectors, cache.bucket_of(vectors, *key), *key).unwrap_or_else(|| missed(misses, index));
            if end - start > MAX_KEY_BYTES {
                longs.push(index as u32);
            }
            start = end;
        }
    }
}

/// Notes a miss, and returns the value that the piece has until it is merged.
#[inline(always)]
fn missed(misses: &mut Vec<u32>, index: usize) -> u32 {
    misses.push(index as u32);
    0
}

impl LookUp<'_> {
    /// The values of the block before are overwritten, not cleared first.
    #[inline(always)]
    fn make_room(&mut self) {
        let (found, n_pieces) = (&mut *self.found, self.ends.all().len());
        if found.values.len() < n_pieces {
            #[allow(clippy::disallowed_methods, reason = "a block has few pieces")]
            let _ = (found.keys.resize(n_pieces, 0), found.values.resize(n_pieces, 0));
        }
        found.longs.clear();
        found.misses.clear();
    }

    /// Makes a found long piece a miss if its bytes are not those of the record.
    #[inline(never)]
    fn compare_longs(&mut self) {
        let (Found { values, longs, misses, .. }, cache) = (&mut *self.found, self.cache);
        for &index in &*longs {
            cache.fetch_record(values[index as usize]);
        }
        for &index in &*longs {
            let value = &mut values[index as usize];
            if *value != 0 && !cache.holds(*value, piece_at(self.text, self.start, self.ends.all(), index)) {
                *value = missed(misses, index as usize);
            }
        }
    }

    /// How many pieces have sixteen bytes to read: all but the last ones.
    fn easy(&self) -> usize {
        let ends = self.ends.all();
        match (ends.last(), self.text.len().checked_sub(LOAD)) {
            (Some(&last), Some(limit)) if last <= limit => ends.len(),
            (_, Some(limit)) => ends.partition_point(|&end| end <= limit),
            (_, None) => 0,
        }
    }
}
