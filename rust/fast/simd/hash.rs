//! A hash of a number of 128 bits: two rounds of AES where the processor has instructions for them, else two multiplications.
//!
//! All instructions that one processor can run give the same hash. Two processors may give different ones.

#![expect(clippy::cast_possible_truncation, reason = "the halves of a number are meant")]
#![allow(unsafe_code)]
// The hot loops are made of one-line helpers that must vanish into them.
#![allow(clippy::inline_always)]

#[cfg(target_arch = "x86_64")]
use crate::fast::util::cpu::Avx2;

/// Odd numbers with as many ones as zeros, more or less.
pub(super) const FACTORS: [u64; 2] = [0x9E37_79B9_7F4A_7C15, 0xD6E8_FEB8_6659_FD93];

/// The hash, of which the high bits are the best.
#[inline(always)]
pub(super) fn hash(number: u128) -> u64 {
    #[cfg(target_arch = "x86_64")]
    if let Some(vectors) = Avx2::new() {
        // SAFETY: an `Avx2` is made only where the processor has the instructions.
        return unsafe { by_aes(vectors, number) };
    }
    // Each bit of a product depends on all bits of the factors that are no higher, so the high ones on all of them.
    let [low, high] = [number as u64, (number >> 64) as u64];
    low.wrapping_mul(FACTORS[0]).wrapping_add(high.wrapping_mul(FACTORS[1]))
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "aes,sse2")]
fn by_aes(vectors: Avx2, number: u128) -> u64 {
    use super::vector::Vectors;
    vectors.hash(number)
}
