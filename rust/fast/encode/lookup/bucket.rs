//! A bucket of four slots of the cache of pieces, and its comparison with a key.

#![expect(clippy::cast_possible_truncation, reason = "the halves of an entry are meant")]
// The hot loops are made of one-line helpers that must vanish into them.
#![allow(clippy::inline_always)]

use super::piece_key::VALUE_SHIFT;
use crate::fast::simd::vector::Vectors;

pub const SLOTS: usize = 4;

/// Four entries, a key of 108 bits and a value above it each: the low halves of all four, then the high halves, so that the
/// same halves can be compared at once.
pub type Bucket = [u64; 2 * SLOTS];

/// The bits of the high half of an entry that stand below its value.
const HIGH_BITS: u32 = VALUE_SHIFT - 64;

/// The entry in a slot; 0 if it is free.
pub fn entry(bucket: &Bucket, slot: usize) -> u128 {
    u128::from(bucket[slot]) | u128::from(bucket[SLOTS + slot]) << 64
}

pub fn set(bucket: &mut Bucket, slot: usize, entry: u128) {
    (bucket[slot], bucket[SLOTS + slot]) = (entry as u64, (entry >> 64) as u64);
}

/// Whether all slots are taken; they fill from the first on.
#[inline(always)]
pub fn is_full(bucket: &Bucket) -> bool {
    bucket[2 * SLOTS - 1] != 0
}

/// The value of a key, if it is in the bucket; compares all four slots without a branch. Bits above the key do not matter.
#[inline(always)]
pub fn find<V: Vectors>(bucket: &Bucket, key: u128) -> Option<u32> {
    const IGNORED: i32 = 64 - HIGH_BITS.cast_signed();
    let found = V::equal::<IGNORED>(bucket, key as u64, (key >> 64) as u64);
    // Without a match the index must stay within the bucket.
    let high = bucket[SLOTS + found.trailing_zeros() as usize % SLOTS];
    (found != 0).then_some((high >> HIGH_BITS) as u32)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fast::simd::{Isa, Kernel};
    use proptest::prelude::*;

    struct Find<'b>(&'b Bucket, u128);

    impl Kernel for Find<'_> {
        type Output = Option<u32>;

        fn run<V: Vectors>(self) -> Option<u32> {
            find::<V>(self.0, self.1)
        }
    }

    proptest! {
        #[test]
        fn all_instructions_find_what_is_there(keys in prop::collection::hash_set(1u128..1 << VALUE_SHIFT, 4), values: [u32; 4], other: u128, other_value: u32) {
            let value = |value: u32| value % (1 << (128 - VALUE_SHIFT));
            let keys: Vec<u128> = keys.into_iter().collect();
            let mut bucket: Bucket = [0; 2 * SLOTS];
            for slot in 0..SLOTS {
                let wanted = keys[slot] | u128::from(value(values[slot])) << VALUE_SHIFT;
                set(&mut bucket, slot, wanted);
                prop_assert_eq!(entry(&bucket, slot), wanted);
                prop_assert_eq!(is_full(&bucket), slot == SLOTS - 1);
            }
            let mut wanted: Vec<(u128, Option<u32>)> = keys.iter().copied().zip(values.map(|v| Some(value(v)))).collect();
            let other = other & ((1 << VALUE_SHIFT) - 1);
            for near in [other, keys[0] ^ 1, keys[1] ^ 1 << 64, keys[2] ^ 1 << 107].into_iter().filter(|key| !keys.contains(key)) {
                wanted.push((near, None));
            }
            for (key, expected) in wanted {
                let key = key | u128::from(value(other_value)) << VALUE_SHIFT;
                for isa in Isa::available() {
                    prop_assert_eq!(isa.run(Find(&bucket, key)), expected);
                }
            }
        }
    }
}
