//! AVX2: 32 bytes an instruction, in two vectors. Comparisons are signed, so bytes that are not ASCII are less than all others.

#![allow(unsafe_code)]

use super::{Ascii, ByteSets, PairSets, Shape, Vectors};
use crate::fast::simd::hash::{by_aes, two_rounds};
use crate::fast::util::cpu::Avx2;
use std::arch::x86_64::{
    __m256i, _mm_and_si128, _mm_cvtsi32_si128, _mm_cvtsi128_si64, _mm_loadu_si128, _mm_or_si128, _mm_slli_epi64,
    _mm_slli_si128, _mm_srl_epi64, _mm_storeu_si128, _mm256_and_si256, _mm256_broadcastsi128_si256,
    _mm256_castsi256_pd, _mm256_cmpeq_epi8, _mm256_cmpeq_epi64, _mm256_cmpgt_epi8, _mm256_loadu_si256,
    _mm256_movemask_epi8, _mm256_movemask_pd, _mm256_or_si256, _mm256_set1_epi8, _mm256_set1_epi64x,
    _mm256_setzero_si256, _mm256_shuffle_epi8, _mm256_slli_epi16, _mm256_slli_epi64, _mm256_srli_epi16,
    _mm256_xor_si256,
};

/// The high bits of the bytes that `question` returns.
#[inline(always)]
fn mask(halves: [__m256i; 2], question: impl Fn(__m256i) -> __m256i) -> u64 {
    let [low, high] = [question(halves[0]), question(halves[1])];
    // SAFETY: as for its callers below.
    let [low, high] = unsafe { [_mm256_movemask_epi8(low), _mm256_movemask_epi8(high)] };
    u64::from(high.cast_unsigned()) << 32 | u64::from(low.cast_unsigned())
}

/// Sixteen bytes, twice. (Functions that are always inlined, and no closures, which become calls in some builds.)
#[inline(always)]
fn twice(bytes: &[u8; 16]) -> __m256i {
    // SAFETY: as for its callers below; the load reads the bytes of the array.
    unsafe { _mm256_broadcastsi128_si256(_mm_loadu_si128(bytes.as_ptr().cast())) }
}

/// The sets that each of 32 bytes is in.
#[inline(always)]
fn sets_of(sets: &ByteSets, bytes: __m256i) -> __m256i {
    // SAFETY: as for its callers below.
    unsafe {
        let half = _mm256_set1_epi8(15);
        let low = _mm256_shuffle_epi8(twice(&sets.low), _mm256_and_si256(bytes, half));
        let high = _mm256_and_si256(_mm256_srli_epi16::<4>(bytes), half);
        _mm256_and_si256(low, _mm256_shuffle_epi8(twice(&sets.high), high))
    }
}

impl Vectors for Avx2 {
    type Sixteen = [u32; 16];

    #[inline(always)]
    fn ascii(self, bytes: &[u8; 64]) -> Ascii {
        // SAFETY: an `Avx2` is made only where the processor has the instructions. The two loads read the 64 bytes of the array.
        unsafe {
            let halves = [_mm256_loadu_si256(bytes.as_ptr().cast()), _mm256_loadu_si256(bytes[32..].as_ptr().cast())];
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
    fn planes(self, flags: &[u8; 64]) -> [u64; 8] {
        // SAFETY: as above.
        unsafe {
            let halves = [_mm256_loadu_si256(flags.as_ptr().cast()), _mm256_loadu_si256(flags[32..].as_ptr().cast())];
            [
                mask(halves, |x| _mm256_slli_epi16::<7>(x)),
                mask(halves, |x| _mm256_slli_epi16::<6>(x)),
                mask(halves, |x| _mm256_slli_epi16::<5>(x)),
                mask(halves, |x| _mm256_slli_epi16::<4>(x)),
                mask(halves, |x| _mm256_slli_epi16::<3>(x)),
                mask(halves, |x| _mm256_slli_epi16::<2>(x)),
                mask(halves, |x| _mm256_slli_epi16::<1>(x)),
                mask(halves, |x| x),
            ]
        }
    }

    #[inline(always)]
    fn pairs(self, sets: &PairSets, bytes: &[u8; 65]) -> u64 {
        let at = bytes.as_ptr();
        // SAFETY: as above; the loads read the 65 bytes of the array.
        unsafe {
            let first = [_mm256_loadu_si256(at.cast()), _mm256_loadu_si256(at.add(32).cast())];
            let second = [_mm256_loadu_si256(at.add(1).cast()), _mm256_loadu_si256(at.add(33).cast())];
            let low = _mm256_and_si256(sets_of(&sets.first, first[0]), sets_of(&sets.second, second[0]));
            let high = _mm256_and_si256(sets_of(&sets.first, first[1]), sets_of(&sets.second, second[1]));
            let none = _mm256_setzero_si256();
            let low = _mm256_movemask_epi8(_mm256_cmpeq_epi8(low, none)).cast_unsigned();
            let high = _mm256_movemask_epi8(_mm256_cmpeq_epi8(high, none)).cast_unsigned();
            !(u64::from(high) << 32 | u64::from(low))
        }
    }

    #[inline(always)]
    fn equal<const IGNORED: i32>(self, numbers: &[u64; 8], low: u64, high: u64) -> u32 {
        // SAFETY: as above.
        unsafe {
            let (lows, highs) =
                (_mm256_loadu_si256(numbers.as_ptr().cast()), _mm256_loadu_si256(numbers[4..].as_ptr().cast()));
            let low_equal = _mm256_cmpeq_epi64(lows, _mm256_set1_epi64x(low.cast_signed()));
            let differs = _mm256_xor_si256(highs, _mm256_set1_epi64x(high.cast_signed()));
            let differs = _mm256_slli_epi64::<IGNORED>(differs);
            let high_equal = _mm256_cmpeq_epi64(differs, _mm256_setzero_si256());
            _mm256_movemask_pd(_mm256_castsi256_pd(_mm256_and_si256(low_equal, high_equal))).cast_unsigned()
        }
    }

    #[inline(always)]
    fn hash(self, number: u128) -> u64 {
        by_aes(self, number)
    }

    #[inline(always)]
    fn name<const ABOVE: i32>(self, bytes: &[u8; 16], shape: &Shape, shift: u32, out: &mut u128) -> u64 {
        // SAFETY: as above; sixteen bytes each are read and written. (One store: of two halves, the loop that reads them back in one
        // load would wait for both.)
        unsafe {
            let bytes = _mm_loadu_si128(bytes.as_ptr().cast());
            let kept = _mm_and_si128(bytes, _mm_loadu_si128(shape.kept.as_ptr().cast()));
            let name = _mm_or_si128(kept, _mm_loadu_si128(shape.tag.as_ptr().cast()));
            let hash = _mm_srl_epi64(two_rounds(self, name), _mm_cvtsi32_si128(shift.cast_signed()));
            let above = _mm_slli_epi64::<ABOVE>(_mm_slli_si128::<8>(hash));
            _mm_storeu_si128(std::ptr::from_mut(out).cast(), _mm_or_si128(name, above));
            _mm_cvtsi128_si64(hash).cast_unsigned()
        }
    }

    #[inline(always)]
    fn avx2(self) -> Option<Avx2> {
        Some(self)
    }
}
