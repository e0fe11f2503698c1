//! The ids of pieces that were met before: of a hundred pieces of running text, one or two are new.
//!
//! A bucket is a cache line of 64 bytes, with four entries of 16: the key of a piece ([`super::piece_key`]) and a 20-bit *value*. Values
//! below `first_record` are ids, others name records of several ids ([`super::id_ring`]). A piece belongs in the bucket chosen by
//! its hash; if that is full, in the next; if that is full too, it replaces another piece in its own bucket. When half of the
//! slots are taken, the number of buckets doubles, up to a limit.
//!
//! Invariants: a bucket fills from its first slot, and only `turn` removes, so a bucket whose last slot is free is not full. No entry
//! names a dropped record. The memory never exceeds that of the buckets and records given at the start.
//!
//! Cost: a hit is one bucket; `seeded` and `grow` are one insertion an entry. Not shared between threads: see `fast/util/pool.rs`.

#![expect(clippy::cast_possible_truncation, reason = "the high bits of a hash choose a bucket")]
// The hot loops are made of one-line helpers that must vanish into them.
#![allow(clippy::inline_always)]

use super::id_ring::{self, IdRing, Row};
use super::piece_key::{LOAD, SHAPES, VALUE_SHIFT, is_long};
use crate::fast::simd::vector::{Portable, Vectors};
use crate::fast::util::prefetch::{ahead, prefetch};
use crate::fast::util::zeroed::Zeroed;

const SLOTS: usize = 4;

/// Four entries: the low halves of all four, then the high halves, so that the same halves can be compared at once.
type Bucket = [u64; 2 * SLOTS];

/// The bits of the high half of an entry below its value.
const HIGH_BITS: u32 = VALUE_SHIFT - 64;
const VALUES: u32 = 1 << (128 - VALUE_SHIFT);
/// How many pieces besides the seeds a large cache has room for before it grows: 5 MB of English have some 40,000.
const NEW_PIECES: usize = 1 << 16;
/// How many insertions ahead a bucket is prefetched while seeding.
const AHEAD: usize = 24;

#[derive(Debug, Clone, Copy)]
pub struct Size {
    /// Both as powers of two.
    pub log_buckets: u32,
    pub max_log_buckets: u32,
    /// The first value that names a record, so ids from it on need one. At most half of all values.
    pub first_record: u32,
    /// Rows of records; at most the number of values left.
    pub records: usize,
}

impl Size {
    /// Sixteen entries and forty-four rows of records: whatever such a cache remembers, it soon forgets. For tests and fuzzers.
    pub const TINY: Size = Size { log_buckets: 2, max_log_buckets: 4, first_record: 300, records: 44 };

    /// Sizes a cache for `n_ids` ids, `n_seeds` of them there from the start, within `bytes` at full growth (a megabyte at least): at
    /// most a million entries, and at first as few as hold the seeds and the new pieces of some megabytes of text, since each page
    /// costs its first touch.
    pub fn for_ids(n_ids: u32, n_seeds: u32, bytes: usize) -> Size {
        let first_record = n_ids.min(VALUES / 2);
        // Nearly every entry that is not an id has a record of one row.
        let entries = bytes.max(1 << 20) / (size_of::<u128>() + size_of::<Row>());
        let max_log_buckets = (entries / SLOTS).ilog2().min(18);
        // Half of the slots, since a cache that is fuller than that grows.
        let buckets = 2 * (n_seeds as usize + NEW_PIECES) / SLOTS;
        Size {
            log_buckets: max_log_buckets.min(buckets.next_power_of_two().ilog2()),
            max_log_buckets,
            first_record,
            records: ((VALUES - first_record) as usize).min(SLOTS << max_log_buckets),
        }
    }

    /// For `n_ids` ids or more, unless these are too many to be values.
    #[must_use]
    pub fn with_ids(self, n_ids: u32) -> Size {
        let first_record = if n_ids <= VALUES / 2 { self.first_record.max(n_ids) } else { self.first_record };
        Size { first_record, records: self.records.min((VALUES - first_record) as usize), ..self }
    }
}

fn words(size: Size) -> usize {
    (2 * SLOTS) << size.log_buckets
}

#[derive(Debug)]
pub struct PieceCache {
    buckets: Zeroed,
    size: Size,
    entries: usize,
    records: IdRing,
    victim: usize,
}

impl PieceCache {
    /// An empty cache; None without memory.
    pub fn new(size: Size) -> Option<PieceCache> {
        PieceCache::of(Zeroed::new(words(size))?, size)
    }

    /// A cache in which these pieces, given by their keys, are one token each; only the first of them, if it is small. None without
    /// memory.
    pub fn seeded(size: Size, pieces: impl Iterator<Item = (u128, u32)>) -> Option<PieceCache> {
        let mut cache = PieceCache::of(Zeroed::present(words(size))?, size)?;
        let pieces = pieces.take(cache.half());
        let (buckets, shift) = (cache.buckets().as_ptr(), 64 - size.log_buckets);
        let ask = |(key, _)| prefetch(buckets.wrapping_add((Portable.hash(key) >> shift) as usize));
        for (key, id) in ahead::<_, AHEAD>(pieces, ask) {
            cache.put(key, id);
        }
        Some(cache)
    }

    /// Doubles the number of buckets when half of the slots are taken, unless the limit or the memory forbids it.
    pub fn grow(&mut self) {
        if self.entries <= self.half() || self.size.log_buckets >= self.size.max_log_buckets {
            return;
        }
        let size = Size { log_buckets: self.size.log_buckets + 1, ..self.size };
        let Some(doubled) = Zeroed::present(words(size)) else { return };
        (self.size, self.entries) = (size, 0);
        let buckets = std::mem::replace(&mut self.buckets, doubled);
        for bucket in buckets.as_chunks().0 {
            // The entries of one bucket go to two neighbouring ones.
            for entry in (0..SLOTS).map(|slot| entry_at(bucket, slot)).filter(|&entry| entry != 0) {
                self.put(entry & ((1 << VALUE_SHIFT) - 1), (entry >> VALUE_SHIFT) as u32);
            }
        }
    }

    fn of(buckets: Zeroed, size: Size) -> Option<PieceCache> {
        Some(PieceCache { buckets, size, entries: 0, records: IdRing::new(size.records)?, victim: 0 })
    }

    /// The bytes of the buckets, and of the records that have been written.
    pub fn memory(&self) -> usize {
        size_of_val(&*self.buckets) + size_of_val(self.records.rows())
    }

    fn buckets(&self) -> &[Bucket] {
        self.buckets.as_chunks().0
    }

    fn buckets_mut(&mut self) -> &mut [Bucket] {
        self.buckets.as_chunks_mut().0
    }

    pub fn view(&self) -> View<'_> {
        let Size { log_buckets, first_record, .. } = self.size;
        View { buckets: self.buckets(), shift: 64 - log_buckets, records: self.records.rows(), first_record }
    }

    /// Returns the value of the piece; None where there is no room for its ids.
    pub fn insert(&mut self, key: u128, piece: &[u8], ids: &[u32]) -> Option<u32> {
        let value = match *ids {
            [id] if id < self.size.first_record && !is_long(key) => id,
            _ => self.size.first_record + self.records.add(ids, is_long(key).then_some(piece))?,
        };
        self.put(key, value);
        Some(value)
    }

    fn put(&mut self, key: u128, value: u32) {
        let bucket = self.view().bucket_of(Portable, key);
        if self.view().find(Portable, bucket, key).is_some() {
            return;
        }
        self.victim = (self.victim + 1) % SLOTS;
        let (entry, victim, buckets) = (key | u128::from(value) << VALUE_SHIFT, self.victim, self.buckets_mut());
        for at in [bucket, bucket ^ 1] {
            if let Some(slot) = (0..SLOTS).find(|&slot| entry_at(&buckets[at], slot) == 0) {
                set_entry(&mut buckets[at], slot, entry);
                self.entries += 1;
                return;
            }
        }
        set_entry(&mut buckets[bucket], victim, entry);
    }

    /// Whether a good half of the slots are taken, or the records are: what is new will soon displace what is known.
    pub fn is_full(&self) -> bool {
        self.entries > self.half() || self.records.are_full()
    }

    fn half(&self) -> usize {
        (SLOTS << self.size.log_buckets) / 2
    }

    /// Between two blocks: forgets the oldest records when they are nearly full. No value handed out before may be used afterwards.
    pub fn turn(&mut self) {
        if !self.records.is_full() {
            return;
        }
        let Size { first_record, .. } = self.size;
        let gone = self.records.turn();
        if gone.is_empty() {
            return;
        }
        let gone = first_record + gone.start..first_record + gone.end;
        let mut entries = 0;
        for bucket in self.buckets_mut() {
            let mut kept = 0;
            for slot in 0..SLOTS {
                let entry = entry_at(bucket, slot);
                set_entry(bucket, slot, 0);
                if entry != 0 && !gone.contains(&((entry >> VALUE_SHIFT) as u32)) {
                    set_entry(bucket, kept, entry);
                    kept += 1;
                }
            }
            entries += kept;
        }
        self.entries = entries;
    }
}

/// 0 if the slot is free.
fn entry_at(bucket: &Bucket, slot: usize) -> u128 {
    u128::from(bucket[slot]) | u128::from(bucket[SLOTS + slot]) << 64
}

fn set_entry(bucket: &mut Bucket, slot: usize, entry: u128) {
    (bucket[slot], bucket[SLOTS + slot]) = (entry as u64, (entry >> 64) as u64);
}

/// Slots fill from the first on.
#[inline(always)]
fn is_full(bucket: &Bucket) -> bool {
    bucket[2 * SLOTS - 1] != 0
}

#[derive(Clone, Copy)]
pub struct View<'c> {
    buckets: &'c [Bucket],
    shift: u32,
    records: &'c [Row],
    first_record: u32,
}

impl<'c> View<'c> {
    #[inline(always)]
    pub fn bucket_of<V: Vectors>(&self, vectors: V, key: u128) -> usize {
        (vectors.hash(key) >> self.shift) as usize
    }

    #[inline(always)]
    pub fn fetch(&self, bucket: usize) {
        prefetch(self.buckets.as_ptr().wrapping_add(bucket));
    }

    /// Puts the bucket above the key; prefetches it.
    #[inline(always)]
    pub fn with_bucket<V: Vectors>(&self, vectors: V, key: u128) -> u128 {
        let bucket = self.bucket_of(vectors, key);
        self.fetch(bucket);
        key | (bucket as u128) << VALUE_SHIFT
    }

    /// Writes that for a piece of up to 13 bytes, the first of these.
    #[inline(always)]
    pub fn name<V: Vectors>(&self, vectors: V, bytes: &[u8; LOAD], len: usize, out: &mut u128) {
        const ABOVE: i32 = HIGH_BITS.cast_signed();
        self.fetch(vectors.name::<ABOVE>(bytes, &SHAPES[len], self.shift, out) as usize);
    }

    /// The value of a key; compares all four slots of `bucket` without a branch. Bits above the key do not matter.
    #[inline(always)]
    pub fn find<V: Vectors>(&self, vectors: V, bucket: usize, key: u128) -> Option<u32> {
        const IGNORED: i32 = 64 - HIGH_BITS.cast_signed();
        // One call in a loop: the compiler would not inline two, and a call costs as much as the rest.
        let mut at = bucket;
        loop {
            let slots = &self.buckets[at];
            let found = vectors.equal::<IGNORED>(slots, key as u64, (key >> 64) as u64);
            // Without a match the index must stay within the bucket.
            let high = slots[SLOTS + found.trailing_zeros() as usize % SLOTS];
            let value = (found != 0).then_some((high >> HIGH_BITS) as u32);
            if value.is_some() || !is_full(slots) || at != bucket {
                return value;
            }
            at ^= 1;
        }
    }

    pub fn find_piece(&self, key: u128, piece: &[u8]) -> Option<u32> {
        self.find(Portable, self.bucket_of(Portable, key), key)
            .filter(|&value| !is_long(key) || self.holds(value, piece))
    }

    /// Whether a value is a record made for this piece.
    pub fn holds(&self, value: u32, piece: &[u8]) -> bool {
        value >= self.first_record && id_ring::holds(self.records, value - self.first_record, piece)
    }

    #[inline(always)]
    pub fn fetch_record(&self, value: u32) {
        let row = value.saturating_sub(self.first_record);
        prefetch(self.records.as_ptr().wrapping_add(row as usize));
    }

    pub fn records(&self) -> (&'c [Row], u32) {
        (self.records, self.first_record)
    }
}

#[cfg(test)]
mod tests;
