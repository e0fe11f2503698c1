//! Sixty-four bytes to bit masks, in the words of each processor: the only part of the scanners that depends on one.
//!
//! Bit i of every mask speaks of byte i of the window. [`Portable`] needs nothing but 64-bit integers; the others
//! compare 16, 32 or 64 bytes in one instruction. All give the same masks, which a test asserts, and `masks.rs` does
//! the rest of the work from them.
//!
//! This is a module with `unsafe`: vector instructions must be called only where the processor has them. [`Isa::available`]
//! asks the processor; a value of a vector set is never used before that.

#![allow(unsafe_code)]

use super::{Grammar, classes, windows};

/// The ASCII classes of a window, and where its bytes are not ASCII.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Ascii {
    pub upper: u64,
    pub lower: u64,
    pub number: u64,
    /// U+0020.
    pub space: u64,
    /// White space of U+0009 to U+000D, the line ends included.
    pub control_white: u64,
    /// Carriage return, line feed.
    pub newline: u64,
    pub apostrophe: u64,
    pub slash: u64,
    /// Bytes from 0x80 on.
    pub high: u64,
    /// Bytes 0x80 to 0xBF: the second and later bytes of characters.
    pub continuation: u64,
    /// Bytes from 0xE0 on, which lead characters of three bytes or more.
    pub from_three: u64,
    /// Bytes from 0xF0 on, which lead characters of four bytes.
    pub from_four: u64,
}

/// The instruction sets that a scanner can run on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Isa {
    /// Eight bytes in a 64-bit integer: every processor.
    Portable,
    /// 32 bytes, x86-64 from 2013 on.
    #[cfg(target_arch = "x86_64")]
    Avx2,
    /// 64 bytes, x86-64 with byte permutations (VBMI, VBMI2).
    #[cfg(target_arch = "x86_64")]
    Avx512,
    /// 16 bytes, every 64-bit ARM.
    #[cfg(target_arch = "aarch64")]
    Neon,
}

impl Isa {
    /// What this processor can run, slowest first.
    pub fn available() -> Vec<Self> {
        #[allow(unused_mut)]
        let mut all = vec![Self::Portable];
        #[cfg(target_arch = "x86_64")]
        {
            let has_avx2 = is_x86_feature_detected!("avx2")
                && is_x86_feature_detected!("bmi1")
                && is_x86_feature_detected!("bmi2")
                && is_x86_feature_detected!("lzcnt")
                && is_x86_feature_detected!("popcnt");
            let has_avx512 = has_avx2
                && is_x86_feature_detected!("avx512f")
                && is_x86_feature_detected!("avx512bw")
                && is_x86_feature_detected!("avx512vbmi")
                && is_x86_feature_detected!("avx512vbmi2");
            all.extend(has_avx2.then_some(Self::Avx2));
            all.extend(has_avx512.then_some(Self::Avx512));
        }
        #[cfg(target_arch = "aarch64")]
        all.push(Self::Neon);
        all
    }

    /// [`windows::fill`] with these instructions, which must be available.
    pub(super) fn fill(self, grammar: Grammar, text: &[u8], position: &mut usize, ends: &mut [usize]) -> usize {
        match self {
            Self::Portable => windows::fill::<Portable>(grammar, text, position, ends),
            // SAFETY: the caller took `self` from `available`, so the processor has the instructions.
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => unsafe { x86::fill_avx2(grammar, text, position, ends) },
            // SAFETY: as above.
            #[cfg(target_arch = "x86_64")]
            Self::Avx512 => unsafe { x86::fill_avx512(grammar, text, position, ends) },
            #[cfg(target_arch = "aarch64")]
            Self::Neon => windows::fill::<arm::Neon>(grammar, text, position, ends),
        }
    }
}

/// What a window is read with.
pub(super) trait Vectors {
    fn ascii(bytes: &[u8; 64]) -> Ascii;
    /// Transposes flags: bit i of plane k is bit k of `flags[i]`, for the first six planes.
    fn planes(flags: &[u8; 64]) -> [u64; 6];
    /// The flags of the character of two or three bytes that these four begin with; none if it is ill-formed.
    #[inline(always)]
    fn short_flags(bytes: u32) -> u8 {
        classes::short_flags(classes::short_index(bytes))
    }
}

/// Eight bytes at a time in a `u64`. A comparison leaves its answer in the high bit of each byte; a multiplication
/// gathers the eight high bits into one byte.
pub(super) struct Portable;

const LOW: u64 = 0x0101_0101_0101_0101;
const HIGH: u64 = 0x8080_8080_8080_8080;

/// The high bits of eight bytes as one byte, the first byte's lowest.
#[inline(always)]
fn gather(word: u64) -> u64 {
    ((word & HIGH) >> 7).wrapping_mul(0x0102_0408_1020_4080) >> 56
}

impl Vectors for Portable {
    #[inline(always)]
    fn ascii(bytes: &[u8; 64]) -> Ascii {
        let mut masks = [0; 12];
        for (i, chunk) in bytes.chunks_exact(8).enumerate() {
            let word =
                u64::from_le_bytes([chunk[0], chunk[1], chunk[2], chunk[3], chunk[4], chunk[5], chunk[6], chunk[7]]);
            // Seven bits a byte, so that no sum carries into the next byte.
            let seven = word & !HIGH;
            let ascii = !word & HIGH;
            // The high bit of each byte at or above `least`.
            let from = |least: u8| seven + LOW * u64::from(0x80 - least);
            let folded = seven | (LOW * 0x20);
            let from_folded = |least: u8| folded + LOW * u64::from(0x80 - least);
            let letter = from_folded(b'a') & !from_folded(b'z' + 1) & ascii;
            let lower_half = word << 2;
            let range = |first: u8, last: u8| from(first) & !from(last + 1) & ascii;
            let equal = |byte: u8| range(byte, byte);
            let answers = [
                letter & !lower_half,
                letter & lower_half,
                range(b'0', b'9'),
                equal(b' '),
                range(b'\t', b'\r'),
                equal(b'\n') | equal(b'\r'),
                equal(b'\''),
                equal(b'/'),
                word,
                word & !(word << 1),
                word & (word << 1) & (word << 2),
                word & (word << 1) & (word << 2) & (word << 3),
            ];
            for (mask, answer) in masks.iter_mut().zip(answers) {
                *mask |= gather(answer) << (8 * i);
            }
        }
        let [
            upper,
            lower,
            number,
            space,
            control_white,
            newline,
            apostrophe,
            slash,
            high,
            continuation,
            from_three,
            from_four,
        ] = masks;
        Ascii {
            upper,
            lower,
            number,
            space,
            control_white,
            newline,
            apostrophe,
            slash,
            high,
            continuation,
            from_three,
            from_four,
        }
    }

    #[inline(always)]
    fn planes(flags: &[u8; 64]) -> [u64; 6] {
        let mut planes = [0; 6];
        for (i, chunk) in flags.chunks_exact(8).enumerate() {
            let word =
                u64::from_le_bytes([chunk[0], chunk[1], chunk[2], chunk[3], chunk[4], chunk[5], chunk[6], chunk[7]]);
            for (k, plane) in planes.iter_mut().enumerate() {
                *plane |= gather(word << (7 - k)) << (8 * i);
            }
        }
        planes
    }
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use super::super::{Grammar, windows};
    use super::{Ascii, Vectors};
    use std::arch::x86_64::*;

    #[target_feature(enable = "avx2,bmi1,bmi2,lzcnt,popcnt")]
    pub(super) fn fill_avx2(grammar: Grammar, text: &[u8], position: &mut usize, ends: &mut [usize]) -> usize {
        windows::fill::<Avx2>(grammar, text, position, ends)
    }

    #[target_feature(enable = "avx512f,avx512bw,avx512vbmi,avx512vbmi2,avx2,bmi1,bmi2,lzcnt,popcnt")]
    pub(super) fn fill_avx512(grammar: Grammar, text: &[u8], position: &mut usize, ends: &mut [usize]) -> usize {
        windows::fill::<Avx512>(grammar, text, position, ends)
    }

    /// Two vectors of 32 bytes. Comparisons are signed, so bytes that are not ASCII are less than all others.
    pub(super) struct Avx2;

    /// The high bits of the bytes that a question answers with.
    #[inline(always)]
    fn mask(halves: [__m256i; 2], question: impl Fn(__m256i) -> __m256i) -> u64 {
        let [low, high] = [question(halves[0]), question(halves[1])];
        // SAFETY: as for its callers below.
        let [low, high] = unsafe { [_mm256_movemask_epi8(low), _mm256_movemask_epi8(high)] };
        u64::from(high.cast_unsigned()) << 32 | u64::from(low.cast_unsigned())
    }

    impl Vectors for Avx2 {
        #[inline(always)]
        fn ascii(bytes: &[u8; 64]) -> Ascii {
            // SAFETY: `Avx2` is used only inside functions compiled for AVX2, which run only where `Isa::available` lists
            // it. The two loads read the 64 bytes of the array.
            unsafe {
                let halves =
                    [_mm256_loadu_si256(bytes.as_ptr().cast()), _mm256_loadu_si256(bytes[32..].as_ptr().cast())];
                let all = |byte: u8| _mm256_set1_epi8(byte.cast_signed());
                let range = |x: __m256i, first: u8, last: u8| {
                    _mm256_and_si256(_mm256_cmpgt_epi8(x, all(first - 1)), _mm256_cmpgt_epi8(all(last + 1), x))
                };
                let equal = |byte: u8| mask(halves, |x| _mm256_cmpeq_epi8(x, all(byte)));
                let letter = mask(halves, |x| range(_mm256_or_si256(x, all(0x20)), b'a', b'z'));
                let lower_half = mask(halves, |x| _mm256_slli_epi16::<2>(x));
                Ascii {
                    upper: letter & !lower_half,
                    lower: letter & lower_half,
                    number: mask(halves, |x| range(x, b'0', b'9')),
                    space: equal(b' '),
                    control_white: mask(halves, |x| range(x, b'\t', b'\r')),
                    newline: mask(halves, |x| {
                        _mm256_or_si256(_mm256_cmpeq_epi8(x, all(b'\n')), _mm256_cmpeq_epi8(x, all(b'\r')))
                    }),
                    apostrophe: equal(b'\''),
                    slash: equal(b'/'),
                    high: mask(halves, |x| x),
                    continuation: mask(halves, |x| _mm256_cmpgt_epi8(all(0xC0), x)),
                    from_three: mask(halves, |x| _mm256_and_si256(x, _mm256_cmpgt_epi8(x, all(0xDF)))),
                    from_four: mask(halves, |x| _mm256_and_si256(x, _mm256_cmpgt_epi8(x, all(0xEF)))),
                }
            }
        }

        #[inline(always)]
        fn planes(flags: &[u8; 64]) -> [u64; 6] {
            // SAFETY: as above.
            unsafe {
                let halves =
                    [_mm256_loadu_si256(flags.as_ptr().cast()), _mm256_loadu_si256(flags[32..].as_ptr().cast())];
                [
                    mask(halves, |x| _mm256_slli_epi16::<7>(x)),
                    mask(halves, |x| _mm256_slli_epi16::<6>(x)),
                    mask(halves, |x| _mm256_slli_epi16::<5>(x)),
                    mask(halves, |x| _mm256_slli_epi16::<4>(x)),
                    mask(halves, |x| _mm256_slli_epi16::<3>(x)),
                    mask(halves, |x| _mm256_slli_epi16::<2>(x)),
                ]
            }
        }
    }

    /// One vector of 64 bytes, whose comparisons yield masks directly.
    pub(super) struct Avx512;

    impl Vectors for Avx512 {
        #[inline(always)]
        fn ascii(bytes: &[u8; 64]) -> Ascii {
            // SAFETY: `Avx512` is used only inside functions compiled for AVX-512 (F, BW), which run only where
            // `Isa::available` lists it. The load reads the 64 bytes of the array.
            unsafe {
                let x = _mm512_loadu_si512(bytes.as_ptr().cast());
                let all = |byte: u8| _mm512_set1_epi8(byte.cast_signed());
                let range = |x: __m512i, first: u8, last: u8| {
                    _mm512_cmple_epu8_mask(_mm512_sub_epi8(x, all(first)), all(last - first))
                };
                let equal = |byte: u8| _mm512_cmpeq_epi8_mask(x, all(byte));
                Ascii {
                    upper: range(x, b'A', b'Z'),
                    lower: range(x, b'a', b'z'),
                    number: range(x, b'0', b'9'),
                    space: equal(b' '),
                    control_white: range(x, b'\t', b'\r'),
                    newline: equal(b'\n') | equal(b'\r'),
                    apostrophe: equal(b'\''),
                    slash: equal(b'/'),
                    high: _mm512_movepi8_mask(x),
                    continuation: _mm512_cmplt_epi8_mask(x, all(0xC0)),
                    from_three: _mm512_cmpge_epu8_mask(x, all(0xE0)),
                    from_four: _mm512_cmpge_epu8_mask(x, all(0xF0)),
                }
            }
        }

        #[inline(always)]
        fn planes(flags: &[u8; 64]) -> [u64; 6] {
            // SAFETY: as above.
            unsafe {
                let x = _mm512_loadu_si512(flags.as_ptr().cast());
                std::array::from_fn(|k| _mm512_test_epi8_mask(x, _mm512_set1_epi8(1 << k)))
            }
        }
    }
}

#[cfg(target_arch = "aarch64")]
mod arm {
    use super::{Ascii, Vectors};
    use std::arch::aarch64::*;

    /// Four vectors of 16 bytes. Pairwise additions gather one bit of each byte.
    pub(super) struct Neon;

    impl Neon {
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
        #[inline(always)]
        fn ascii(bytes: &[u8; 64]) -> Ascii {
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
        fn planes(flags: &[u8; 64]) -> [u64; 6] {
            let quarters = Self::load(flags);
            // SAFETY: as above.
            std::array::from_fn(|k| unsafe { Self::gather(quarters.map(|x| vtstq_u8(x, vdupq_n_u8(1 << k)))) })
        }
    }
}
