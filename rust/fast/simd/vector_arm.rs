//! NEON: 16 bytes an instruction.

#![allow(unsafe_code)]

use super::{Ascii, ByteSets, PairSets, Vectors};
use std::arch::aarch64::{
    uint8x16_t, vandq_u8, vcleq_u8, vdupq_n_u8, vgetq_lane_u64, vld1q_u8, vpaddq_u8, vqtbl1q_u8, vreinterpretq_u64_u8,
    vshrq_n_u8, vsubq_u8, vtstq_u8,
};

/// Four vectors of 16 bytes. Pairwise additions gather one bit of each byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Neon(());

impl Neon {
    /// Every processor has it.
    pub(crate) const fn new() -> Neon {
        Neon(())
    }

    /// Answers of all ones or zeros, 64 bytes, as a mask.
    #[inline(always)]
    fn gather(answers: [uint8x16_t; 4]) -> u64 {
        const BITS: [u8; 16] = [1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128];
        // SAFETY: NEON is part of every 64-bit ARM. The load reads the 16 bytes of the array.
        unsafe {
            let bits = vld1q_u8(BITS.as_ptr());
            let [a, b, c, d] = answers.map(|answer| vandq_u8(answer, bits));
            let pairs = vpaddq_u8(vpaddq_u8(a, b), vpaddq_u8(c, d));
            vgetq_lane_u64::<0>(vreinterpretq_u64_u8(vpaddq_u8(pairs, pairs)))
        }
    }

    #[inline(always)]
    fn load(bytes: &[u8; 64]) -> [uint8x16_t; 4] {
        // SAFETY: as above; each load reads 16 of the 64 bytes.
        std::array::from_fn(|i| unsafe { vld1q_u8(bytes[16 * i..16 * i + 16].as_ptr()) })
    }
}

impl Vectors for Neon {
    type Sixteen = [u32; 16];

    #[inline(always)]
    fn ascii(self, bytes: &[u8; 64]) -> Ascii {
        let quarters = Self::load(bytes);
        // SAFETY: as above.
        unsafe {
            let range = |first: u8, last: u8| {
                Self::gather(quarters.map(|x| vcleq_u8(vsubq_u8(x, vdupq_n_u8(first)), vdupq_n_u8(last - first))))
            };
            let equal = |byte: u8| range(byte, byte);
            Ascii {
                upper: range(b'A', b'Z'),
                lower: range(b'a', b'z'),
                number: range(b'0', b'9'),
                space: equal(b' '),
                control_white: range(b'\t', b'\r'),
                newline: equal(b'\n') | equal(b'\r'),
                apostrophe: equal(b'\''),
                slash: equal(b'/'),
                high: range(0x80, 0xFF),
                continuation: range(0x80, 0xBF),
                from_three: range(0xE0, 0xFF),
                from_four: range(0xF0, 0xFF),
            }
        }
    }

    #[inline(always)]
    fn planes(self, flags: &[u8; 64]) -> [u64; 8] {
        let quarters = Self::load(flags);
        // SAFETY: as above.
        std::array::from_fn(|k| unsafe { Self::gather(quarters.map(|x| vtstq_u8(x, vdupq_n_u8(1 << k)))) })
    }

    #[inline(always)]
    fn pairs(self, sets: &PairSets, bytes: &[u8; 65]) -> u64 {
        // SAFETY: as above; each load reads 16 of the 65 bytes, or the 16 of a table.
        unsafe {
            let sets_of = |sets: &ByteSets, from: usize| {
                let bytes = vld1q_u8(bytes[from..from + 16].as_ptr());
                let low = vqtbl1q_u8(vld1q_u8(sets.low.as_ptr()), vandq_u8(bytes, vdupq_n_u8(15)));
                vandq_u8(low, vqtbl1q_u8(vld1q_u8(sets.high.as_ptr()), vshrq_n_u8::<4>(bytes)))
            };
            let is_in = |i: usize| vtstq_u8(sets_of(&sets.first, 16 * i), sets_of(&sets.second, 16 * i + 1));
            Self::gather(std::array::from_fn(is_in))
        }
    }
}
