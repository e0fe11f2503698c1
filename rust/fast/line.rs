//! One line of the cache of pieces, compared with a key. Both ways must give the same; the test below says so.

#![allow(unsafe_code)]
// The hot loops are made of one-line helpers that must vanish into them.
#![allow(clippy::inline_always)]

use super::key::VALUE_SHIFT;

pub(super) const SLOTS: usize = 4;

/// Four entries: a key of 108 bits and a value above it.
pub(super) type Line = [u128; SLOTS];

/// The value of a key, if it is on the line; compares all four without a branch. What stands above the key does not matter.
#[inline(always)]
pub(super) fn find(line: &Line, key: u128) -> Option<u32> {
    let mut found = 0;
    for (index, slot) in line.iter().enumerate() {
        found |= u32::from((slot ^ key) << (128 - VALUE_SHIFT) == 0) << index;
    }
    // On no match the index must stay on the line.
    let entry = line[found.trailing_zeros() as usize % SLOTS];
    (found != 0).then_some((entry >> VALUE_SHIFT) as u32)
}

/// The same with two comparisons of 32 bytes. It must vanish into a function that is compiled for AVX2: as one of its own
/// it would be called for every piece, since what is compiled for less cannot take it in.
///
/// # Safety
///
/// [`has_avx2`] said so.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
pub(super) unsafe fn find_avx2(line: &Line, key: u128) -> Option<u32> {
    use std::arch::x86_64::{
        __m256i, _mm256_and_si256, _mm256_castsi256_pd, _mm256_cmpeq_epi64, _mm256_loadu_si256, _mm256_movemask_pd,
        _mm256_set_epi64x, _mm256_setzero_si256, _mm256_xor_si256,
    };
    let (low, high) = (key as i64, (key >> 64) as i64);
    let mask = (1i64 << (VALUE_SHIFT - 64)) - 1;
    #[allow(clippy::cast_ptr_alignment, reason = "the loads ask for no alignment")]
    let halves = line.as_ptr().cast::<__m256i>();
    // SAFETY: the processor has the instructions, as the caller promises; a line is 64 bytes, two halves of 32.
    let words = unsafe {
        let keys = _mm256_set_epi64x(high, low, high, low);
        let masks = _mm256_set_epi64x(mask, -1, mask, -1);
        // No closure for the two halves: it would not be compiled for AVX2.
        let first = _mm256_and_si256(_mm256_xor_si256(_mm256_loadu_si256(halves), keys), masks);
        let second = _mm256_and_si256(_mm256_xor_si256(_mm256_loadu_si256(halves.add(1)), keys), masks);
        let first = _mm256_cmpeq_epi64(first, _mm256_setzero_si256());
        let second = _mm256_cmpeq_epi64(second, _mm256_setzero_si256());
        let (first, second) = (_mm256_castsi256_pd(first), _mm256_castsi256_pd(second));
        (_mm256_movemask_pd(first) | _mm256_movemask_pd(second) << 4).cast_unsigned()
    };
    // Two bits an entry, for its two words; both must be set.
    let found = words & words >> 1 & 0x55;
    let entry = line[found.trailing_zeros() as usize / 2 % SLOTS];
    (found != 0).then_some((entry >> VALUE_SHIFT) as u32)
}

/// Whether `find_avx2` may be called.
#[cfg(target_arch = "x86_64")]
pub(super) fn has_avx2() -> bool {
    is_x86_feature_detected!("avx2") && is_x86_feature_detected!("bmi1")
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
            let line: Line = std::array::from_fn(|at| keys[at] | u128::from(value(values[at])) << VALUE_SHIFT);
            let mut wanted: Vec<(u128, Option<u32>)> = keys.iter().copied().zip(values.map(|v| Some(value(v)))).collect();
            let other = other & ((1 << VALUE_SHIFT) - 1);
            for near in [other, keys[0] ^ 1, keys[1] ^ 1 << 64, keys[2] ^ 1 << 107].into_iter().filter(|key| !keys.contains(key)) {
                wanted.push((near, None));
            }
            for (key, expected) in wanted {
                let key = key | u128::from(value(other_value)) << VALUE_SHIFT;
                prop_assert_eq!(find(&line, key), expected);
                #[cfg(target_arch = "x86_64")]
                if has_avx2() {
                    // SAFETY: just asked.
                    prop_assert_eq!(unsafe { find_avx2(&line, key) }, expected);
                }
            }
        }
    }
}
