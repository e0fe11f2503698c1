//! A hash of a number of 128 bits: two rounds of AES where the processor has instructions for them, else two multiplications.
//!
//! All instructions that one processor can run give the same hash. Two processors may give different ones.

#![expect(clippy::cast_possible_truncation, reason = "the halves of a number are meant")]
#![allow(unsafe_code)]
// The hot loops are made of one-line helpers that must vanish into them.
#![allow(clippy::inline_always)]

#[cfg(target_arch = "x86_64")]
use crate::fast::util::cpu::Avx2;
#[cfg(target_arch = "x86_64")]
use std::arch::x86_64::{__m128i, _mm_aesenc_si128, _mm_cvtsi128_si64, _mm_loadu_si128, _mm_set_epi64x};

/// Odd numbers with about as many ones as zeros.
const FACTORS: [u64; 2] = [0x9E37_79B9_7F4A_7C15, 0xD6E8_FEB8_6659_FD93];

/// The hash, of which the high bits are the best.
#[inline(always)]
pub(super) fn hash(number: u128) -> u64 {
    #[cfg(target_arch = "x86_64")]
    if let Some(vectors) = Avx2::new() {
        #[target_feature(enable = "aes,sse2")]
        fn with_aes(vectors: Avx2, number: u128) -> u64 {
            by_aes(vectors, number)
        }
        // SAFETY: an `Avx2` is made only where the processor has the instructions.
        return unsafe { with_aes(vectors, number) };
    }
    // Each bit of a product depends on all bits of the factors that are no higher, so the high ones on all of them.
    let [low, high] = [number as u64, (number >> 64) as u64];
    low.wrapping_mul(FACTORS[0]).wrapping_add(high.wrapping_mul(FACTORS[1]))
}

/// The hash by AES.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
pub(super) fn by_aes(vectors: Avx2, number: u128) -> u64 {
    // SAFETY: an `Avx2` is made only where the processor has the instructions; the sixteen bytes of the number are read.
    unsafe {
        let number = _mm_loadu_si128(std::ptr::from_ref(&number).cast());
        _mm_cvtsi128_si64(two_rounds(vectors, number)).cast_unsigned()
    }
}

/// Two rounds: after them each bit depends on all of before.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
pub(super) fn two_rounds(_: Avx2, number: __m128i) -> __m128i {
    // SAFETY: as above.
    unsafe {
        let key = _mm_set_epi64x(FACTORS[1].cast_signed(), FACTORS[0].cast_signed());
        _mm_aesenc_si128(_mm_aesenc_si128(number, key), key)
    }
}
