//! A priority queue of upper bounds that only fall: buckets by count, and a heap for the bucket in work.
//!
//! No count ever exceeds the count of the pair merged last, so the queue only moves downwards. Pairs below the bucket in
//! work wait in chains (4 bytes each, inside their records) until their turn comes; most of them never leave their
//! chain, because training ends first. Only the pairs of the bucket in work are ordered.

use std::collections::BinaryHeap;

use super::pairs::{NONE, Pairs};

/// A candidate in the heap: highest count first, then by the tie rule's key.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Entry<K> {
    pub count: u64,
    pub key: K,
    pub pair: u32,
}

/// `MANTISSA` bits of a count choose its bucket within its power of two; counts below `2^MANTISSA` have their own.
pub(super) struct Queue<K, const MANTISSA: u32> {
    chains: Vec<u32>,
    /// The bucket in work; pairs of this bucket and of any above are in the heap.
    current: usize,
    heap: BinaryHeap<Entry<K>>,
}

impl<K: Ord, const MANTISSA: u32> Queue<K, MANTISSA> {
    pub fn new() -> Self {
        let buckets = Self::bucket(u64::MAX) + 1;
        Self { chains: vec![NONE; buckets], current: buckets, heap: BinaryHeap::new() }
    }

    /// Grows with the count.
    fn bucket(count: u64) -> usize {
        let shift = (u64::BITS - count.leading_zeros()).saturating_sub(MANTISSA + 1);
        ((u64::from(shift) << MANTISSA) + (count >> shift)) as usize
    }

    /// Take in a pair by the bound in its record. `key` is asked for only if the pair's bucket is in work.
    pub fn push(&mut self, pair: u32, pairs: &mut Pairs, key: impl FnOnce(&Pairs) -> K) {
        let count = pairs.get(pair).count;
        let bucket = Self::bucket(count);
        if bucket >= self.current {
            let key = key(pairs);
            self.heap.push(Entry { count, key, pair });
        } else {
            pairs.get_mut(pair).next = self.chains[bucket];
            self.chains[bucket] = pair;
        }
    }

    /// The pair of the highest bound, by the key among equals.
    pub fn pop(&mut self, pairs: &Pairs, key: impl Fn(&Pairs, u32) -> K) -> Option<Entry<K>> {
        while self.heap.is_empty() {
            self.current = self.chains[..self.current].iter().rposition(|&pair| pair != NONE)?;
            let mut entries = std::mem::take(&mut self.heap).into_vec();
            let mut pair = std::mem::replace(&mut self.chains[self.current], NONE);
            while pair != NONE {
                entries.push(Entry { count: pairs.get(pair).count, key: key(pairs, pair), pair });
                pair = pairs.get(pair).next;
            }
            self.heap = BinaryHeap::from(entries);
        }
        self.heap.pop()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_grow_with_the_count_and_leave_no_gap() {
        fn check<const MANTISSA: u32>() {
            type Q<const M: u32> = Queue<(), M>;
            for count in 0..100_000 {
                let step = Q::<MANTISSA>::bucket(count + 1) - Q::<MANTISSA>::bucket(count);
                assert!(step <= 1, "from {count}: {step}");
            }
            for bit in 1..64 {
                let count = 1_u64 << bit;
                assert_eq!(Q::<MANTISSA>::bucket(count), Q::<MANTISSA>::bucket(count - 1) + 1);
            }
            assert!(Q::<MANTISSA>::bucket(u64::MAX) < 65 << MANTISSA);
        }
        check::<0>();
        check::<1>();
        check::<6>();
    }
}
