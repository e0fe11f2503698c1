//! AVX-512: sixteen numbers in one register, and masks of their slots.
//!
//! Buys: with AVX2 instead, text that comes again takes 1.04 times as long.

#![expect(clippy::cast_possible_truncation, reason = "a mask has a bit for each of sixteen slots")]
#![allow(unsafe_code)]

use super::{Ascii, PairSets, Shape, Sixteen, Vectors};
use crate::fast::util::cpu::{self, Avx2};
use std::arch::x86_64::{
    __m512i, _mm_bsrli_si128, _mm_maskz_loadu_epi8, _mm512_cmpeq_epi32_mask, _mm512_cvtepu8_epi32, _mm512_loadu_si512,
    _mm512_mask_compress_epi32, _mm512_mask_i32gather_epi32, _mm512_mask_mov_epi32, _mm512_or_si512,
    _mm512_reduce_min_epu32, _mm512_set1_epi32, _mm512_slli_epi32, _mm512_storeu_si512,
};

/// Bytes as [`Avx2`] compares them, which is as fast, and numbers in 512 bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Avx512(Avx2);

impl Avx512 {
    /// None where the processor lacks the instructions: those of [`Avx2`], and AVX-512 F, BW, VL and VBMI.
    #[inline]
    pub fn new() -> Option<Avx512> {
        if cpu::has_avx512() { Avx2::new().map(Avx512) } else { None }
    }

    /// Those of its instructions that are AVX2.
    #[inline(always)]
    pub const fn narrow(self) -> Avx2 {
        self.0
    }
}

impl Vectors for Avx512 {
    type Sixteen = Numbers;

    #[inline(always)]
    fn ascii(self, bytes: &[u8; 64]) -> Ascii {
        self.0.ascii(bytes)
    }

    #[inline(always)]
    fn planes(self, flags: &[u8; 64]) -> [u64; 8] {
        self.0.planes(flags)
    }

    #[inline(always)]
    fn pairs(self, sets: &PairSets, bytes: &[u8; 65]) -> u64 {
        self.0.pairs(sets, bytes)
    }

    #[inline(always)]
    fn equal<const IGNORED: i32>(self, numbers: &[u64; 8], low: u64, high: u64) -> u32 {
        self.0.equal::<IGNORED>(numbers, low, high)
    }

    #[inline(always)]
    fn hash(self, number: u128) -> u64 {
        self.0.hash(number)
    }

    #[inline(always)]
    fn name<const ABOVE: i32>(self, bytes: &[u8; 16], shape: &Shape, shift: u32, out: &mut u128) -> u64 {
        self.0.name::<ABOVE>(bytes, shape, shift, out)
    }

    #[inline(always)]
    fn avx2(self) -> Option<Avx2> {
        Some(self.0)
    }
}

/// Sixteen numbers, and the proof that they can be worked with.
#[derive(Clone, Copy)]
pub struct Numbers(Avx512, __m512i);

/// The first `count` slots.
#[inline(always)]
fn up_to(count: usize) -> u16 {
    ((1u32 << count.min(16)) - 1) as u16
}

/// One number in all slots.
#[inline(always)]
fn all(_: Avx512, number: u32) -> __m512i {
    // SAFETY: an `Avx512` is made only where the processor has the instructions.
    unsafe { _mm512_set1_epi32(number.cast_signed()) }
}

impl Sixteen<Avx512> for Numbers {
    #[inline(always)]
    fn load(vectors: Avx512, numbers: &[u32; 16]) -> Self {
        // SAFETY: as above; the 64 bytes of the array are read.
        Self(vectors, unsafe { _mm512_loadu_si512(numbers.as_ptr().cast()) })
    }

    #[inline(always)]
    fn store(self, numbers: &mut [u32; 16]) {
        // SAFETY: as above; the 64 bytes of the array are written.
        unsafe { _mm512_storeu_si512(numbers.as_mut_ptr().cast(), self.1) }
    }

    #[inline(always)]
    fn of_bytes(vectors: Avx512, bytes: &[u8], rest: u32) -> Self {
        let slots = up_to(bytes.len());
        // SAFETY: as above; the bytes of the mask are read and no others.
        unsafe {
            let bytes = _mm512_cvtepu8_epi32(_mm_maskz_loadu_epi8(slots, bytes.as_ptr().cast()));
            Self(vectors, _mm512_mask_mov_epi32(all(vectors, rest), slots, bytes))
        }
    }

    #[inline(always)]
    fn of_pairs(vectors: Avx512, bytes: &[u8], square: &[u32; 1 << 16], rest: u32) -> Self {
        let (slots, pairs) = (up_to(bytes.len()), up_to(bytes.len().saturating_sub(1)));
        // SAFETY: as above; the bytes of the mask are read and no others; two bytes are less than 2^16.
        unsafe {
            let first = _mm_maskz_loadu_epi8(slots, bytes.as_ptr().cast());
            let second = _mm512_cvtepu8_epi32(_mm_bsrli_si128::<1>(first));
            let index = _mm512_or_si512(_mm512_slli_epi32::<8>(_mm512_cvtepu8_epi32(first)), second);
            Self(vectors, _mm512_mask_i32gather_epi32::<4>(all(vectors, rest), pairs, index, square.as_ptr().cast()))
        }
    }

    #[inline(always)]
    fn put(self, slots: u16, number: u32) -> Self {
        // SAFETY: as above.
        Self(self.0, unsafe { _mm512_mask_mov_epi32(self.1, slots, all(self.0, number)) })
    }

    #[inline(always)]
    fn least(self) -> u32 {
        // SAFETY: as above.
        unsafe { _mm512_reduce_min_epu32(self.1) }
    }

    #[inline(always)]
    fn first(self, number: u32) -> u32 {
        // SAFETY: as above.
        unsafe { _mm512_cmpeq_epi32_mask(self.1, all(self.0, number)) }.trailing_zeros()
    }

    #[inline(always)]
    fn without(self, slot: u32, rest: u32) -> Self {
        // SAFETY: as above.
        Self(self.0, unsafe { _mm512_mask_compress_epi32(all(self.0, rest), !(1u32 << slot) as u16, self.1) })
    }
}
