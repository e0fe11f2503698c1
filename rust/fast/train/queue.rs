//! A priority queue of upper bounds that only fall: buckets by count, and a heap for the bucket in work.
//!
//! No count ever exceeds the count of the pair merged last, so the queue only moves downwards. Pairs below the bucket in
//! work wait unordered (4 bytes each) until their turn comes; for most it never comes, because training ends first. Only the
//! pairs of the bucket in work are ordered.

#![expect(clippy::cast_possible_truncation, reason = "a shifted count is below the number of levels")]

use std::collections::BinaryHeap;

use super::pairs::Pairs;
use crate::error::Result;
use crate::fast::util::fallible::push;

/// How far ahead in a bucket the records are prefetched.
const AHEAD: usize = 16;

/// What a queue asks of the pairs in it.
pub(super) trait Bounds {
    /// The bound on the count of a pair by now.
    fn bound(&self, pair: u32) -> u64;

    fn prefetch(&self, pair: u32);
}

impl Bounds for Pairs {
    fn bound(&self, pair: u32) -> u64 {
        self.get(pair).count
    }

    fn prefetch(&self, pair: u32) {
        Pairs::prefetch(self, pair);
    }
}

/// A candidate in the heap: highest count first, then by the tie rule's key.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Entry<K> {
    pub count: u64,
    pub key: K,
    pub pair: u32,
}

pub(super) struct Queue<K> {
    /// This many bits of a count choose its bucket within its power of two; every count below `2^mantissa` has its own.
    mantissa: u32,
    buckets: Vec<Vec<u32>>,
    /// The bucket in work; pairs of this bucket and of any above are in the heap.
    current: usize,
    heap: BinaryHeap<Entry<K>>,
}

impl<K: Ord> Queue<K> {
    pub fn new(mantissa: u32) -> Self {
        let buckets = bucket(u64::MAX, mantissa) + 1;
        #[allow(clippy::disallowed_methods, reason = "a few thousand, whatever is counted")]
        Self { mantissa, buckets: vec![Vec::new(); buckets], current: buckets, heap: BinaryHeap::new() }
    }

    /// Takes in a pair by the bound in its record. `key` is asked for only if the pair's bucket is in work.
    pub fn push(&mut self, pair: u32, pairs: &impl Bounds, key: impl FnOnce() -> K) -> Result<()> {
        let count = pairs.bound(pair);
        let bucket = bucket(count, self.mantissa);
        if bucket >= self.current {
            self.heap.try_reserve(1)?;
            self.heap.push(Entry { count, key: key(), pair });
            Ok(())
        } else {
            push(&mut self.buckets[bucket], pair)
        }
    }

    /// The pair on top of the heap, if its bound is this.
    pub fn top_of(&self, count: u64) -> Option<u32> {
        self.heap.peek().filter(|entry| entry.count == count).map(|entry| entry.pair)
    }

    /// Removes the pair on top of the heap.
    pub fn drop_top(&mut self) {
        self.heap.pop();
    }

    /// The pair of the highest bound, by the key among equals.
    pub fn pop(&mut self, pairs: &impl Bounds, key: impl Fn(u32) -> K) -> Result<Option<Entry<K>>> {
        while self.heap.is_empty() {
            let Some(current) = self.buckets[..self.current].iter().rposition(|bucket| !bucket.is_empty()) else {
                return Ok(None);
            };
            self.current = current;
            let mut entries = std::mem::take(&mut self.heap).into_vec();
            let waiting = std::mem::take(&mut self.buckets[self.current]);
            for (i, &pair) in waiting.iter().enumerate() {
                if let Some(&ahead) = waiting.get(i + AHEAD) {
                    pairs.prefetch(ahead);
                }
                let count = pairs.bound(pair);
                let bucket = bucket(count, self.mantissa);
                if bucket == self.current {
                    push(&mut entries, Entry { count, key: key(pair), pair })?;
                } else {
                    // Its count fell while it was waiting.
                    push(&mut self.buckets[bucket], pair)?;
                }
            }
            self.heap = BinaryHeap::from(entries);
        }
        Ok(self.heap.pop())
    }
}

/// Grows with the count, by 1 at most where the count grows by 1.
fn bucket(count: u64, mantissa: u32) -> usize {
    let shift = (u64::BITS - count.leading_zeros()).saturating_sub(mantissa + 1);
    ((u64::from(shift) << mantissa) + (count >> shift)) as usize
}

#[cfg(test)]
mod tests {
    use super::bucket;

    #[test]
    fn buckets_grow_with_the_count_and_leave_no_gap() {
        for mantissa in [0, 1, 6] {
            for count in 0..100_000 {
                let step = bucket(count + 1, mantissa) - bucket(count, mantissa);
                assert!(step <= 1, "from {count}: {step}");
            }
            for bit in 1..64 {
                let count = 1_u64 << bit;
                assert_eq!(bucket(count, mantissa), bucket(count - 1, mantissa) + 1);
            }
            assert!(bucket(u64::MAX, mantissa) < 65 << mantissa);
        }
    }
}
