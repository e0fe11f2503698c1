//! AVX-512: sixteen numbers in one register, and masks of their slots.

#![expect(clippy::cast_possible_truncation, reason = "a mask has a bit for each of sixteen slots")]
#![allow(unsafe_code)]

use super::x86::Avx2;
use super::{Ascii, Sixteen, Vectors};
use std::arch::x86_64::{
    __m512i, _mm_bsrli_si128, _mm_maskz_loadu_epi8, _mm512_cmpeq_epi32_mask, _mm512_cvtepu8_epi32, _mm512_loadu_si512,
    _mm512_mask_compress_epi32, _mm512_mask_i32gather_epi32, _mm512_mask_mov_epi32, _mm512_or_si512,
    _mm512_reduce_min_epu32, _mm512_set1_epi32, _mm512_slli_epi32, _mm512_storeu_si512,
};

/// Bytes as [`Avx2`] compares them, which is as fast, and numbers in 512 bits.
pub struct Avx512;

impl Vectors for Avx512 {
    type Sixteen = Numbers;

    #[inline(always)]
    fn ascii(bytes: &[u8; 64]) -> Ascii {
        Avx2::ascii(bytes)
    }

    #[inline(always)]
    fn planes(flags: &[u8; 64]) -> [u64; 8] {
        Avx2::planes(flags)
    }

    #[inline(always)]
    fn equal<const IGNORED: i32>(numbers: &[u64; 8], low: u64, high: u64) -> u32 {
        Avx2::equal::<IGNORED>(numbers, low, high)
    }
}

#[derive(Clone, Copy)]
pub struct Numbers(__m512i);

/// The first `count` slots.
#[inline(always)]
fn up_to(count: usize) -> u16 {
    ((1u32 << count.min(16)) - 1) as u16
}

#[inline(always)]
fn all(number: u32) -> __m512i {
    // SAFETY: `Avx512` is used only by `Isa::run`, where the processor has the instructions.
    unsafe { _mm512_set1_epi32(number.cast_signed()) }
}

impl Sixteen for Numbers {
    #[inline(always)]
    fn load(numbers: &[u32; 16]) -> Self {
        // SAFETY: as above; the 64 bytes of the array are read.
        Self(unsafe { _mm512_loadu_si512(numbers.as_ptr().cast()) })
    }

    #[inline(always)]
    fn store(self, numbers: &mut [u32; 16]) {
        // SAFETY: as above; the 64 bytes of the array are written.
        unsafe { _mm512_storeu_si512(numbers.as_mut_ptr().cast(), self.0) }
    }

    #[inline(always)]
    fn of_bytes(bytes: &[u8], rest: u32) -> Self {
        let slots = up_to(bytes.len());
        // SAFETY: as above; the bytes of the mask are read and no others.
        unsafe {
            let bytes = _mm512_cvtepu8_epi32(_mm_maskz_loadu_epi8(slots, bytes.as_ptr().cast()));
            Self(_mm512_mask_mov_epi32(all(rest), slots, bytes))
        }
    }

    #[inline(always)]
    fn of_pairs(bytes: &[u8], square: &[u32; 1 << 16], rest: u32) -> Self {
        let (slots, pairs) = (up_to(bytes.len()), up_to(bytes.len().saturating_sub(1)));
        // SAFETY: as above; the bytes of the mask are read and no others; two bytes are less than 2^16.
        unsafe {
            let first = _mm_maskz_loadu_epi8(slots, bytes.as_ptr().cast());
            let second = _mm512_cvtepu8_epi32(_mm_bsrli_si128::<1>(first));
            let index = _mm512_or_si512(_mm512_slli_epi32::<8>(_mm512_cvtepu8_epi32(first)), second);
            Self(_mm512_mask_i32gather_epi32::<4>(all(rest), pairs, index, square.as_ptr().cast()))
        }
    }

    #[inline(always)]
    fn put(self, slots: u16, number: u32) -> Self {
        // SAFETY: as above.
        Self(unsafe { _mm512_mask_mov_epi32(self.0, slots, all(number)) })
    }

    #[inline(always)]
    fn least(self) -> u32 {
        // SAFETY: as above.
        unsafe { _mm512_reduce_min_epu32(self.0) }
    }

    #[inline(always)]
    fn first(self, number: u32) -> u32 {
        // SAFETY: as above.
        unsafe { _mm512_cmpeq_epi32_mask(self.0, all(number)) }.trailing_zeros()
    }

    #[inline(always)]
    fn without(self, slot: u32, rest: u32) -> Self {
        // SAFETY: as above.
        Self(unsafe { _mm512_mask_compress_epi32(all(rest), !(1u32 << slot) as u16, self.0) })
    }
}
