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

use super::super::cut::ends::Ends;
use super::piece_cache::View;
use super::piece_key::{KEY_MASK, LOAD, MAX_KEY_BYTES, VALUE_SHIFT, is_long, key_of, short_key_within};
use crate::fast::simd::Kernel;
use crate::fast::simd::vector::Vectors;
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
pub struct LookUp<'a> {
    pub found: &'a mut Found,
    pub cache: View<'a>,
    pub text: &'a [u8],
    /// Where the first piece begins, and where each ends.
    pub start: usize,
    pub ends: Ends<'a>,
}

impl Kernel for LookUp<'_> {
    type Output = ();

    #[inline(always)]
    fn run<V: Vectors>(mut self, vectors: V) {
        self.make_room();
        if self.ends.all().len() > FEW {
            self.compute_keys();
            let (Found { keys, values, misses, .. }, cache) = (&mut *self.found, self.cache);
            for (index, (&key, value)) in keys.iter().zip(&mut values[..self.ends.all().len()]).enumerate() {
                let found = cache.find(vectors, (key >> VALUE_SHIFT) as usize, key);
                *value = found.unwrap_or_else(|| missed(misses, index));
                cache.fetch_record(*value);
            }
        } else {
            // Keys and values in one loop: with few pieces, the unpredictable end of a second loop costs more.
            let (Found { keys, values, longs, misses, .. }, cache) = (&mut *self.found, self.cache);
            let (text, mut start) = (self.text, self.start);
            for (index, ((&end, key), value)) in self.ends.all().iter().zip(keys).zip(values).enumerate() {
                *key = key_of(text, start, end);
                *value = cache.find(vectors, cache.bucket_of(*key), *key).unwrap_or_else(|| missed(misses, index));
                if end - start > MAX_KEY_BYTES {
                    longs.push(index as u32);
                }
                start = end;
            }
        }
        if !self.found.longs.is_empty() {
            self.compare_longs();
        }
    }
}

/// Notes that a piece is not in the cache; the value that it has until it is merged.
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

    /// A long piece that was found is a miss if its bytes are not those of the record.
    #[inline(never)]
    fn compare_longs(&mut self) {
        let (Found { values, longs, misses, .. }, cache) = (&mut *self.found, self.cache);
        for &index in &*longs {
            let value = &mut values[index as usize];
            if *value != 0 && !cache.holds(*value, piece_at(self.text, self.start, self.ends.all(), index)) {
                *value = missed(misses, index as usize);
            }
        }
    }

    /// Computes the key of every piece and prefetches its bucket.
    #[inline(always)]
    fn compute_keys(&mut self) {
        let (Found { keys, longs, .. }, cache, text, mut start) = (&mut *self.found, self.cache, self.text, self.start);
        // Of all but the last pieces, sixteen bytes can be read.
        let easy = match (self.ends.all().last(), text.len().checked_sub(LOAD)) {
            (Some(&last), Some(limit)) if last <= limit => self.ends.all().len(),
            (_, Some(limit)) => self.ends.all().partition_point(|&end| end <= limit),
            (_, None) => 0,
        };
        let (inner, last) = self.ends.all().split_at(easy);
        for (index, (&end, out)) in inner.iter().zip(&mut *keys).enumerate() {
            let key = if end - start > MAX_KEY_BYTES {
                longs.push(index as u32);
                key_of(text, start, end)
            } else {
                // SAFETY: it ends that many bytes before the end of the text, or earlier, since the ends ascend (`Ends`), and does not
                // begin behind its end.
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
}
