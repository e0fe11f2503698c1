//! A bucket of four slots of the cache of pieces, and its comparison with a key. Both ways must agree, which a test checks.

#![expect(clippy::cast_possible_truncation, reason = "the halves of an entry are meant")]
#![allow(unsafe_code)]
// The hot loops are made of one-line helpers that must vanish into them.
#![allow(clippy::inline_always)]

use super::piece_key::VALUE_SHIFT;

pub const SLOTS: usize = 4;

/// Four entries, a key of 108 bits and a value above it each: the low halves of all four, then the high halves, so that the
/// same halves can be compared at once.
pub type Bucket = [u64; 2 * SLOTS];

/// A way to find the value of a key in a bucket.
pub trait Find: Fn(&Bucket, u128) -> Option<u32> + Copy {}
impl<F: Fn(&Bucket, u128) -> Option<u32> + Copy> Find for F {}

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
pub fn find(bucket: &Bucket, key: u128) -> Option<u32> {
    let (low, high) = (key as u64, (key >> 64) as u64);
    let mut found = 0;
    for slot in 0..SLOTS {
        let differs = bucket[slot] ^ low | (bucket[SLOTS + slot] ^ high) << (64 - HIGH_BITS);
        found |= u32::from(differs == 0) << slot;
    }
    value(bucket, found)
}

/// The value in the slot of the lowest of the bits, if there is one.
#[inline(always)]
fn value(bucket: &Bucket, found: u32) -> Option<u32> {
    // Without a match the index must stay within the bucket.
    let high = bucket[SLOTS + found.trailing_zeros() as usize % SLOTS];
    (found != 0).then_some((high >> HIGH_BITS) as u32)
}

/// As [`find`], with comparisons of 32 bytes. It must be inlined into a function that is compiled for AVX2: otherwise it would
/// be called for every piece, since a function compiled for less cannot inline it.
///
/// # Safety
///
/// [`has_avx2`](crate::fast::util::cpu::has_avx2) returned true.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
pub unsafe fn find_avx2(bucket: &Bucket, key: u128) -> Option<u32> {
    use std::arch::x86_64::{
        __m256i, _mm256_and_si256, _mm256_castsi256_pd, _mm256_cmpeq_epi64, _mm256_loadu_si256, _mm256_movemask_pd,
        _mm256_set1_epi64x, _mm256_setzero_si256, _mm256_slli_epi64, _mm256_xor_si256,
    };
    #[allow(clippy::cast_ptr_alignment, reason = "the loads ask for no alignment")]
    let halves = bucket.as_ptr().cast::<__m256i>();
    // SAFETY: the processor has the instructions, as the caller promises; a bucket is 64 bytes, two halves of 32.
    let found = unsafe {
        let (low, high) = (_mm256_loadu_si256(halves), _mm256_loadu_si256(halves.add(1)));
        let low_equal = _mm256_cmpeq_epi64(low, _mm256_set1_epi64x(key as i64));
        let differs = _mm256_xor_si256(high, _mm256_set1_epi64x((key >> 64) as i64));
        let differs = _mm256_slli_epi64::<{ 64 - HIGH_BITS.cast_signed() }>(differs);
        let high_equal = _mm256_cmpeq_epi64(differs, _mm256_setzero_si256());
        _mm256_movemask_pd(_mm256_castsi256_pd(_mm256_and_si256(low_equal, high_equal))).cast_unsigned()
    };
    value(bucket, found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn both_ways_agree(keys in prop::collection::hash_set(1u128..1 << VALUE_SHIFT, 4), values: [u32; 4], other: u128, other_value: u32) {
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
                prop_assert_eq!(find(&bucket, key), expected);
                #[cfg(target_arch = "x86_64")]
                if crate::fast::util::cpu::has_avx2() {
                    // SAFETY: just asked.
                    prop_assert_eq!(unsafe { find_avx2(&bucket, key) }, expected);
                }
            }
        }
    }
}
