//! The units of a str -> UTF-8, eight or sixteen at a time, with AVX2. Must equal the scalar loop of `str_to_utf8.rs`.
//!
//! Sixteen units that are all ASCII are packed to sixteen bytes. Of others, eight at a time stand in lanes of four bytes.
//! In each lane the forms of one, two and three bytes are made and one is kept; then a *shuffle* moves the bytes that count
//! together. The shuffle is looked up: two bits of each lane give its length, so four lanes make a number below 256. By
//! hand, `aé`: lanes `61 .. .. ..` and `C3 A9 .. ..`, lengths 1 and 2, shuffle 0, 4, 5: `61 C3 A9`.
//!
//! Costs: some 5 instructions a character, ASCII less than one; a table of 4 KiB.

#![expect(clippy::cast_possible_truncation, reason = "bytes of a vector are numbered")]
#![allow(unsafe_code)]
#![allow(clippy::inline_always)]
#![allow(clippy::cast_ptr_alignment, reason = "the loads and stores ask for no alignment")]

use crate::fast::pystr::LONGEST;
use crate::fast::util::cpu::Avx2;
use std::arch::x86_64::{
    __m128i, __m256i, _mm_loadl_epi64, _mm_loadu_si128, _mm_or_si128, _mm_packus_epi16, _mm_packus_epi32,
    _mm_set1_epi16, _mm_set1_epi32, _mm_shuffle_epi8, _mm_storeu_si128, _mm_testz_si128, _mm256_and_si256,
    _mm256_blendv_epi8, _mm256_castsi256_ps, _mm256_castsi256_si128, _mm256_cmpeq_epi32, _mm256_cmpgt_epi32,
    _mm256_cvtepu8_epi32, _mm256_cvtepu16_epi32, _mm256_extracti128_si256, _mm256_loadu_si256, _mm256_movemask_ps,
    _mm256_or_si256, _mm256_set1_epi32, _mm256_slli_epi32, _mm256_srli_epi32, _mm256_testz_si256,
};
use std::mem::MaybeUninit;

/// By the bits "two bytes or more" of four lanes, and above them those of "three bytes": where the bytes come from.
static SHUFFLES: [[u8; 16]; 256] = {
    let mut shuffles = [[0x80; 16]; 256];
    let mut index = 0;
    while index < 256 {
        let (mut lane, mut to) = (0, 0);
        while lane < 4 {
            let length = 1 + (index >> lane & 1) + (index >> (4 + lane) & 1);
            let mut byte = 0;
            while byte < length {
                shuffles[index][to] = (4 * lane + byte) as u8;
                (byte, to) = (byte + 1, to + 1);
            }
            lane += 1;
        }
        index += 1;
    }
    shuffles
};

/// A width of units.
pub trait Lanes: Copy {
    /// Sixteen units as bytes, if all are ASCII.
    fn ascii(vectors: Avx2, units: &[Self; 16]) -> Option<__m128i>;
    /// The first eight of sixteen units.
    fn eight(vectors: Avx2, units: &[Self; 16]) -> __m256i;
}

impl Lanes for u8 {
    #[inline(always)]
    fn ascii(_: Avx2, units: &[u8; 16]) -> Option<__m128i> {
        // SAFETY: an `Avx2` is made only where the processor has the instructions; sixteen units are read.
        unsafe {
            let bytes = _mm_loadu_si128(units.as_ptr().cast());
            (_mm_testz_si128(bytes, _mm_set1_epi16(0x8080u16.cast_signed())) != 0).then_some(bytes)
        }
    }

    #[inline(always)]
    fn eight(_: Avx2, units: &[u8; 16]) -> __m256i {
        // SAFETY: as above; eight units are read.
        unsafe { _mm256_cvtepu8_epi32(_mm_loadl_epi64(units.as_ptr().cast())) }
    }
}

impl Lanes for u16 {
    #[inline(always)]
    fn ascii(_: Avx2, units: &[u16; 16]) -> Option<__m128i> {
        // SAFETY: an `Avx2` is made only where the processor has the instructions; sixteen units are read.
        unsafe {
            let (low, high) = (_mm_loadu_si128(units.as_ptr().cast()), _mm_loadu_si128(units[8..].as_ptr().cast()));
            let beyond = _mm_set1_epi16(!0x7F);
            (_mm_testz_si128(_mm_or_si128(low, high), beyond) != 0).then(|| _mm_packus_epi16(low, high))
        }
    }

    #[inline(always)]
    fn eight(_: Avx2, units: &[u16; 16]) -> __m256i {
        // SAFETY: as above; eight units are read.
        unsafe { _mm256_cvtepu16_epi32(_mm_loadu_si128(units.as_ptr().cast())) }
    }
}

impl Lanes for u32 {
    #[inline(always)]
    fn ascii(_: Avx2, units: &[u32; 16]) -> Option<__m128i> {
        // SAFETY: an `Avx2` is made only where the processor has the instructions; sixteen units are read.
        unsafe {
            let [one, two, three, four] = [0, 4, 8, 12].map(|at| _mm_loadu_si128(units[at..].as_ptr().cast()));
            let all = _mm_or_si128(_mm_or_si128(one, two), _mm_or_si128(three, four));
            let pack = || _mm_packus_epi16(_mm_packus_epi32(one, two), _mm_packus_epi32(three, four));
            (_mm_testz_si128(all, _mm_set1_epi32(!0x7F)) != 0).then(pack)
        }
    }

    #[inline(always)]
    fn eight(_: Avx2, units: &[u32; 16]) -> __m256i {
        // SAFETY: as above; eight units are read.
        unsafe { _mm256_loadu_si256(units.as_ptr().cast()) }
    }
}

/// Writes the UTF-8 of the first units, until fewer than sixteen are left or one of the next eight is a surrogate or needs
/// four bytes; none for which there is no room of four bytes. Returns the number of units and of bytes.
#[inline(always)]
pub(super) fn write<U: Lanes>(vectors: Avx2, units: &[U], room: &mut [MaybeUninit<u8>]) -> (usize, usize) {
    let units = &units[..units.len().min(room.len() / LONGEST)];
    let (mut at, mut len) = (0, 0);
    while let Some(from) = units[at..].first_chunk() {
        // SAFETY: an `Avx2` is made only where the processor has the instructions. No unit so far took more than four bytes, and
        // for sixteen more there are as many each.
        unsafe {
            let out = room.as_mut_ptr().add(len).cast::<u8>();
            if let Some(bytes) = U::ascii(vectors, from) {
                _mm_storeu_si128(out.cast(), bytes);
                (at, len) = (at + 16, len + 16);
                continue;
            }
            let Some(written) = write_eight(U::eight(vectors, from), out) else { break };
            (at, len) = (at + 8, len + written);
        }
    }
    (at, len)
}

/// Writes eight characters and returns the number of bytes; None if one is a surrogate or above U+FFFF.
///
/// # Safety
///
/// The processor has AVX2, and `out` has room for 32 bytes.
#[inline(always)]
unsafe fn write_eight(value: __m256i, out: *mut u8) -> Option<usize> {
    // SAFETY: the caller's promise.
    unsafe {
        let all = |word: i32| _mm256_set1_epi32(word);
        let surrogate = _mm256_cmpeq_epi32(_mm256_and_si256(value, all(0xF800)), all(0xD800));
        let refused = _mm256_or_si256(_mm256_and_si256(value, all(!0xFFFF)), surrogate);
        if _mm256_testz_si256(refused, refused) == 0 {
            return None;
        }
        let tail = |value| _mm256_or_si256(_mm256_and_si256(value, all(0x3F)), all(0x80));
        let (last, six) = (tail(value), _mm256_srli_epi32::<6>(value));
        let two = _mm256_or_si256(_mm256_or_si256(six, all(0xC0)), _mm256_slli_epi32::<8>(last));
        let lead = _mm256_or_si256(_mm256_srli_epi32::<12>(value), all(0xE0));
        let tails = _mm256_or_si256(_mm256_slli_epi32::<8>(tail(six)), _mm256_slli_epi32::<16>(last));
        let three = _mm256_or_si256(lead, tails);
        let (is_two, is_three) = (_mm256_cmpgt_epi32(value, all(0x7F)), _mm256_cmpgt_epi32(value, all(0x7FF)));
        let words = _mm256_blendv_epi8(_mm256_blendv_epi8(value, two, is_two), three, is_three);
        let [twos, threes] = [is_two, is_three].map(|is| _mm256_movemask_ps(_mm256_castsi256_ps(is)).cast_unsigned());
        let (low, high) = (twos & 15 | (threes & 15) << 4, twos >> 4 | threes & 0xF0);
        let pack = |words, index: u32| {
            _mm_shuffle_epi8(words, _mm_loadu_si128(SHUFFLES[index as usize & 255].as_ptr().cast()))
        };
        let first = 4 + low.count_ones() as usize;
        _mm_storeu_si128(out.cast(), pack(_mm256_castsi256_si128(words), low));
        _mm_storeu_si128(out.add(first).cast(), pack(_mm256_extracti128_si256::<1>(words), high));
        Some(first + 4 + high.count_ones() as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether sixteen units are taken for ASCII, where this is one of them; wherever it is.
    fn is_ascii<U: Lanes + From<u8>>(vectors: Avx2, unit: U) -> bool {
        let found = [0, 1, 7, 8, 14, 15].map(|place| {
            let mut units = [U::from(b'a'); 16];
            units[place] = unit;
            U::ascii(vectors, &units).is_some()
        });
        assert!(found.iter().all(|is| *is == found[0]));
        found[0]
    }

    #[test]
    fn sixteen_units_are_ascii_where_each_is() {
        let Some(vectors) = Avx2::new() else { return };
        for unit in 0..=u8::MAX {
            assert_eq!(is_ascii(vectors, unit), unit < 0x80);
            assert_eq!(is_ascii(vectors, u16::from(unit)), unit < 0x80);
            assert_eq!(is_ascii(vectors, u32::from(unit)), unit < 0x80);
        }
        assert!(
            (8..16).all(|bit| !is_ascii(vectors, 1u16 << bit)) && (8..21).all(|bit| !is_ascii(vectors, 1u32 << bit))
        );
    }

    #[test]
    fn all_but_the_last_units_are_written_together() {
        let Some(vectors) = Avx2::new() else { return };
        for (unit, bytes) in [(0x61u16, 1), (0xE9, 2), (0x4E2D, 3)] {
            for length in 0..70 {
                let mut out = vec![MaybeUninit::uninit(); 4 * length];
                let (taken, written) = write(vectors, &vec![unit; length], &mut out);
                assert!(taken <= length && length - taken < 16 && written == bytes * taken, "{length} of {unit:x}");
            }
        }
    }
}
