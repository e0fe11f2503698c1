//! The pieces of a block, looked up in the cache in phases.
//!
//! In a block of more than a few pieces, each phase is a separate loop, so that waits of one kind overlap: compute the keys
//! and prefetch the buckets; look into the buckets; compare the bytes of long pieces. One loop that did all of it piece by
//! piece took a third longer, because each mispredicted branch threw away the work begun for the pieces after it.
//!
//! Costs: some 30 bytes a piece of the block, which stay in the second-level cache.

#![expect(clippy::cast_possible_truncation, reason = "a block has few pieces; of hashes, some bits are meant")]
#![allow(unsafe_code)]
// The hot loops are made of one-line helpers that must vanish into them.
#![allow(clippy::inline_always)]

use super::piece_cache::View;
use super::piece_key::{KEY_MASK, LOAD, MAX_KEY_BYTES, VALUE_SHIFT, is_long, key_of, short_key_within};
use crate::fast::simd::vector::Vectors;
use crate::fast::simd::{Isa, Kernel};
use crate::fast::util::fallible::resize;

/// Up to how many pieces are looked up in the loop that computes their keys.
pub const FEW: usize = 16;

/// How many of the long pieces met last are known.
const MET: usize = if cfg!(any(test, fuzzing)) { 2 } else { 1 << 16 };

/// What the cache knows of the pieces of a block.
#[derive(Debug, Default)]
pub struct Found {
    /// Keys, each with the number of its bucket in the bits above it.
    keys: Vec<u128>,
    /// By piece; 0 of a miss.
    pub values: Vec<u32>,
    /// The numbers of the pieces that are too long to be their own keys, and of those that are not in the cache.
    pub longs: Vec<u32>,
    pub misses: Vec<u32>,
    /// By some bits of their hashes, other bits of the long pieces met last.
    met: Vec<u8>,
}

impl Found {
    /// Looks up the pieces with these ends; the first begins at `start`.
    pub fn look_up(&mut self, cache: View<'_>, text: &[u8], start: usize, ends: &[usize]) {
        // The values of the block before are overwritten, not cleared first.
        if self.values.len() < ends.len() {
            #[allow(clippy::disallowed_methods, reason = "a block has few pieces")]
            let _ = (self.keys.resize(ends.len(), 0), self.values.resize(ends.len(), 0));
        }
        self.longs.clear();
        self.misses.clear();
        Isa::fastest().run(LookUp { found: self, cache, text, start, ends });
        // A long piece that was found is a miss if its bytes are not those of the record.
        for &index in &self.longs {
            let value = &mut self.values[index as usize];
            if *value != 0 && !cache.holds(*value, piece_at(text, start, ends, index)) {
                *value = 0;
                self.misses.push(index);
            }
        }
    }

    /// The key of a piece.
    pub fn key(&self, index: u32) -> u128 {
        self.keys[index as usize] & KEY_MASK
    }

    /// Whether a piece that is not its own key was probably met not long ago; notes that it has been now. True of all others.
    ///
    /// Lines seldom come again, and to remember all of them costs more than finding those that do would save.
    pub fn meet(&mut self, index: u32) -> bool {
        let key = self.key(index);
        if !is_long(key) || (self.met.is_empty() && resize(&mut self.met, MET, 0).is_err()) {
            return true;
        }
        let tag = (key >> 32) as u8;
        std::mem::replace(&mut self.met[key as usize % MET], tag) == tag
    }

    /// The bytes of memory that it takes.
    pub fn memory(&self) -> usize {
        let words = self.values.capacity() + self.longs.capacity() + self.misses.capacity();
        self.keys.capacity() * size_of::<u128>() + words * size_of::<u32>() + self.met.capacity()
    }
}

/// One of the pieces with these ends; the first begins at `start`.
#[inline]
pub fn piece_at<'t>(text: &'t [u8], start: usize, ends: &[usize], index: u32) -> &'t [u8] {
    let index = index as usize;
    &text[if index == 0 { start } else { ends[index - 1] }..ends[index]]
}

/// Finds the value of every piece that is in the cache; 0, and its number among the misses, of every other.
struct LookUp<'a> {
    found: &'a mut Found,
    cache: View<'a>,
    text: &'a [u8],
    start: usize,
    ends: &'a [usize],
}

impl Kernel for LookUp<'_> {
    type Output = ();

    #[inline(always)]
    fn run<V: Vectors>(mut self) {
        if self.ends.len() <= FEW {
            self.find_few::<V>();
        } else {
            self.compute_keys();
            self.find_keys::<V>();
        }
    }
}

impl LookUp<'_> {
    /// Computes keys and values in one loop: with few pieces, the unpredictable end of a second loop costs more.
    #[inline(always)]
    fn find_few<V: Vectors>(self) {
        let LookUp { found: Found { keys, values, longs, misses, .. }, cache, text, mut start, ends } = self;
        for (index, ((&end, key), value)) in ends.iter().zip(keys).zip(values).enumerate() {
            *key = key_of(text, start, end);
            *value = cache.find_in::<V>(cache.bucket_of(*key), *key).unwrap_or_else(|| {
                misses.push(index as u32);
                0
            });
            if end - start > MAX_KEY_BYTES {
                longs.push(index as u32);
            }
            start = end;
        }
    }

    /// Computes the key of every piece and prefetches its bucket.
    #[inline(always)]
    fn compute_keys(&mut self) {
        let (Found { keys, longs, .. }, cache, text, mut start) = (&mut *self.found, self.cache, self.text, self.start);
        // Of all but the last pieces, sixteen bytes can be read.
        let easy = match (self.ends.last(), text.len().checked_sub(LOAD)) {
            (Some(&last), Some(limit)) if last <= limit => self.ends.len(),
            (_, Some(limit)) => self.ends.partition_point(|&end| end <= limit),
            (_, None) => 0,
        };
        let (inner, last) = self.ends.split_at(easy);
        for (index, (&end, out)) in inner.iter().zip(&mut *keys).enumerate() {
            let key = if end - start > MAX_KEY_BYTES {
                longs.push(index as u32);
                key_of(text, start, end)
            } else {
                // SAFETY: it ends that many bytes before the end of the text, or earlier, and begins before its end.
                unsafe { short_key_within(text, start, end) }
            };
            *out = cache.with_bucket(key);
            start = end;
        }
        for (index, (&end, out)) in last.iter().zip(&mut keys[easy..]).enumerate() {
            *out = cache.with_bucket(key_of(text, start, end));
            if end - start > MAX_KEY_BYTES {
                longs.push((easy + index) as u32);
            }
            start = end;
        }
    }

    /// Looks up the values of pieces whose keys are known.
    #[inline(always)]
    fn find_keys<V: Vectors>(self) {
        let LookUp { found: Found { keys, values, misses, .. }, cache, ends, .. } = self;
        for (index, (&key, value)) in keys.iter().zip(&mut values[..ends.len()]).enumerate() {
            let found = cache.find_in::<V>((key >> VALUE_SHIFT) as usize, key);
            *value = found.unwrap_or_else(|| {
                misses.push(index as u32);
                0
            });
            cache.fetch_record(*value);
        }
    }
}
