//! A string of JSON -> its text, thirty-two bytes at a time. Must equal what `json` of Python makes of the string.
//!
//! Most bytes of a string stand for themselves. So the next one that does not is looked for in thirty-two at once: a quotation
//! mark, a backslash or a control character. A text without escapes is where it stands; another is copied while it is searched:
//! thirty-two bytes are written, and as many of them counted as come before the backslash.
//!
//! Whether a string is UTF-8 is not looked at. Lone surrogates and what is not JSON are left to others.
//!
//! Costs: O(n) time for n bytes, at gigabytes a second; memory for a text with escapes.

#![allow(unsafe_code)]
#![expect(clippy::cast_possible_truncation, reason = "a mask has a bit for each of thirty-two bytes")]
// The loops are made of one-line helpers that must vanish into them.
#![allow(clippy::inline_always)]

use super::decline::Decline::NotMine;
use super::decline::Read;
use crate::fast::simd::vector::Vectors;
use crate::fast::simd::{Isa, Kernel};
#[cfg(target_arch = "x86_64")]
use crate::fast::util::cpu::Avx2;
use crate::fast::util::fallible::{append, push};

/// How many bytes are looked at together.
const WIDTH: usize = 32;

/// Where a string ends: the place of its quotation mark; and whether it has escapes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct End {
    pub at: usize,
    pub is_escaped: bool,
}

/// Where the string ends that begins after a quotation mark, at `start`. A text with escapes is appended to `out`; another is
/// what stands between the two places.
#[inline]
pub(super) fn string(data: &[u8], start: usize, out: &mut Vec<u8>) -> Read<End> {
    Isa::fastest().run(FindEnd { data, start, out })
}

struct FindEnd<'a> {
    data: &'a [u8],
    start: usize,
    out: &'a mut Vec<u8>,
}

impl Kernel for FindEnd<'_> {
    type Output = Read<End>;

    #[inline(always)]
    fn run<V: Vectors>(self, vectors: V) -> Read<End> {
        string_with(self.data, self.start, self.out, vectors)
    }
}

/// Where the string ends that begins after a quotation mark, at `start`. It may hold lone surrogates.
#[inline]
pub(super) fn skip(data: &[u8], start: usize) -> Read<usize> {
    Isa::fastest().run(Skip { data, start })
}

struct Skip<'a> {
    data: &'a [u8],
    start: usize,
}

impl Kernel for Skip<'_> {
    type Output = Read<usize>;

    #[inline(always)]
    fn run<V: Vectors>(self, vectors: V) -> Read<usize> {
        skip_with(self.data, self.start, vectors)
    }
}

/// What a backslash and a byte stand for; 0 for all that is not so simple.
static SIMPLE: [u8; 256] = {
    let mut simple = [0; 256];
    let mut index = 0;
    while index < ESCAPES.len() {
        simple[ESCAPES[index].0 as usize] = ESCAPES[index].1;
        index += 1;
    }
    simple
};
const ESCAPES: [(u8, u8); 8] = [
    (b'n', b'\n'),
    (b't', b'\t'),
    (b'r', b'\r'),
    (b'b', 0x08),
    (b'f', 0x0C),
    (b'"', b'"'),
    (b'\\', b'\\'),
    (b'/', b'/'),
];

/// Whether a byte of a string does not stand for itself.
#[inline(always)]
pub(super) fn is_special(byte: u8) -> bool {
    byte == b'"' || byte == b'\\' || byte < 0x20
}

/// Bit i of the answer: byte i ends a string, begins an escape or may not stand in a string.
///
/// Eight bytes at a time in a `u64`. A comparison leaves its answer in the high bit of each byte; a multiplication gathers the eight
/// high bits into one byte.
#[inline(always)]
fn specials(bytes: &[u8; WIDTH]) -> u32 {
    const LOW: u64 = 0x0101_0101_0101_0101;
    const HIGH: u64 = 0x8080_8080_8080_8080;
    let mut found = 0;
    for (i, &eight) in bytes.as_chunks().0.iter().enumerate() {
        let word = u64::from_le_bytes(eight);
        // Seven bits a byte, so that no sum carries into the next byte.
        let seven = word & !HIGH;
        let from = |least: u8| seven + LOW * u64::from(0x80 - least);
        let equal = |byte: u8| from(byte) & !from(byte + 1);
        let high_bits = (!from(0x20) | equal(b'"') | equal(b'\\')) & !word & HIGH;
        found |= ((high_bits >> 7).wrapping_mul(0x0102_0408_1020_4080) >> 56) << (8 * i);
    }
    found as u32
}

/// The same with these instructions. Loops call it themselves: a closure would be compiled for every processor, each instruction a call.
#[inline(always)]
fn specials_with<V: Vectors>(vectors: V, bytes: &[u8; WIDTH]) -> u32 {
    #[cfg(target_arch = "x86_64")]
    if let Some(vectors) = vectors.avx2() {
        return specials_avx2(vectors, bytes);
    }
    let _ = vectors;
    specials(bytes)
}

#[cfg(target_arch = "x86_64")]
#[inline(always)]
#[expect(clippy::cast_ptr_alignment, reason = "it is loaded unaligned")]
fn specials_avx2(_: Avx2, bytes: &[u8; WIDTH]) -> u32 {
    use std::arch::x86_64::{
        __m256i, _mm256_cmpeq_epi8, _mm256_loadu_si256, _mm256_max_epu8, _mm256_movemask_epi8, _mm256_or_si256,
        _mm256_set1_epi8,
    };
    // SAFETY: the processor has the instructions, of which an `Avx2` is the proof; the array has as many bytes as are loaded.
    unsafe {
        let bytes = _mm256_loadu_si256(bytes.as_ptr().cast::<__m256i>());
        let last_control = _mm256_set1_epi8(0x1F);
        let controls = _mm256_cmpeq_epi8(_mm256_max_epu8(bytes, last_control), last_control);
        let quotes = _mm256_cmpeq_epi8(bytes, _mm256_set1_epi8(b'"'.cast_signed()));
        let backslashes = _mm256_cmpeq_epi8(bytes, _mm256_set1_epi8(b'\\'.cast_signed()));
        _mm256_movemask_epi8(_mm256_or_si256(controls, _mm256_or_si256(quotes, backslashes))).cast_unsigned()
    }
}

#[inline(always)]
fn string_with<V: Vectors>(data: &[u8], start: usize, out: &mut Vec<u8>, vectors: V) -> Read<End> {
    let mut at = skip_plain(data, start, vectors);
    if byte(data, at)? == b'"' {
        return Ok(End { at, is_escaped: false });
    }
    append(out, &data[start..at])?;
    loop {
        at = copy_plain(data, at, out, vectors)?;
        match byte(data, at)? {
            b'"' => return Ok(End { at, is_escaped: true }),
            b'\\' => at = unescape(data, at, out)?,
            _ => return Err(NotMine),
        }
    }
}

#[inline(always)]
fn skip_with<V: Vectors>(data: &[u8], mut at: usize, vectors: V) -> Read<usize> {
    loop {
        at = skip_plain(data, at, vectors);
        match byte(data, at)? {
            b'"' => return Ok(at),
            b'\\' if SIMPLE[usize::from(byte(data, at + 1)?)] != 0 => at += 2,
            b'\\' => {
                unit(data, at)?;
                at += 6;
            }
            _ => return Err(NotMine),
        }
    }
}

#[inline(always)]
fn byte(data: &[u8], at: usize) -> Read<u8> {
    data.get(at).copied().ok_or(NotMine)
}

/// The place of the next special byte, or the end of the data.
#[inline(always)]
fn skip_plain<V: Vectors>(data: &[u8], mut at: usize, vectors: V) -> usize {
    while let Some(bytes) = data[at..].first_chunk() {
        let found = specials_with(vectors, bytes);
        if found != 0 {
            return at + found.trailing_zeros() as usize;
        }
        at += WIDTH;
    }
    data[at..].iter().position(|&byte| is_special(byte)).map_or(data.len(), |more| at + more)
}

/// As `skip_plain`, and the bytes before that place are appended; most escapes are resolved on the way.
#[inline(always)]
fn copy_plain<V: Vectors>(data: &[u8], mut at: usize, out: &mut Vec<u8>, vectors: V) -> Read<usize> {
    // Kept here, not in the vector: each round needs the one before it.
    let mut len = out.len();
    while let Some(bytes) = data[at..].first_chunk::<WIDTH>() {
        if out.capacity() - len <= WIDTH {
            // SAFETY: as many have been written.
            unsafe { out.set_len(len) };
            out.try_reserve(WIDTH + 1)?;
        }
        let found = specials_with(vectors, bytes);
        // SAFETY: there is room for one byte more.
        unsafe { out.as_mut_ptr().add(len).cast::<[u8; WIDTH]>().write_unaligned(*bytes) };
        if found == 0 {
            len += WIDTH;
            at += WIDTH;
            continue;
        }
        let plain = found.trailing_zeros() as usize;
        len += plain;
        at += plain;
        match data[at..] {
            [b'\\', escaped, ..] if SIMPLE[escaped as usize] != 0 => {
                // SAFETY: `plain` is less than what there is room for.
                unsafe { out.as_mut_ptr().add(len).write(SIMPLE[escaped as usize]) };
                len += 1;
                at += 2;
            }
            _ => {
                // SAFETY: as many have been written.
                unsafe { out.set_len(len) };
                return Ok(at);
            }
        }
    }
    // SAFETY: as many have been written.
    unsafe { out.set_len(len) };
    let rest = &data[at..];
    let count = rest.iter().position(|&byte| is_special(byte)).unwrap_or(rest.len());
    append(out, &rest[..count])?;
    Ok(at + count)
}

/// Appends what the escape at a backslash stands for, and returns where it ends.
#[inline(always)]
fn unescape(data: &[u8], at: usize, out: &mut Vec<u8>) -> Read<usize> {
    match SIMPLE[usize::from(byte(data, at + 1)?)] {
        0 => return unescape_unicode(data, at, out),
        simple => push(out, simple)?,
    }
    Ok(at + 2)
}

#[inline(never)]
fn unescape_unicode(data: &[u8], at: usize, out: &mut Vec<u8>) -> Read<usize> {
    let first = unit(data, at)?;
    let (code_point, end) = match first {
        0xD800..=0xDBFF => {
            let second = unit(data, at + 6)?.checked_sub(0xDC00).filter(|second| *second < 0x400).ok_or(NotMine)?;
            (0x1_0000 + ((first - 0xD800) << 10) + second, at + 12)
        }
        _ => (first, at + 6),
    };
    // Half of a surrogate pair is not a character.
    let char = char::from_u32(code_point).ok_or(NotMine)?;
    append(out, char.encode_utf8(&mut [0; 4]).as_bytes())?;
    Ok(end)
}

/// The number of `\uXXXX` at a place.
fn unit(data: &[u8], at: usize) -> Read<u32> {
    let Some([b'\\', b'u', digits @ ..]) = data.get(at..at + 6) else { return Err(NotMine) };
    let value = |digit: u8| char::from(digit).to_digit(16).ok_or(NotMine);
    digits.iter().try_fold(0, |number, &digit| Ok(number << 4 | value(digit)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fast::simd::vector::Portable;

    /// By every way there is, which must agree.
    fn text(data: &[u8]) -> Option<(Vec<u8>, usize)> {
        let give = |found: Read<End>, out: &[u8]| match found {
            Ok(End { at, is_escaped: false }) => Some((data[..at].to_vec(), at)),
            Ok(End { at, is_escaped: true }) => Some((out.strip_prefix(b"before").unwrap().to_vec(), at)),
            Err(decline) => {
                assert_eq!(decline, NotMine);
                None
            }
        };
        let mut out = b"before".to_vec();
        let by_processor = string(data, 0, &mut out);
        let by_processor = give(by_processor, &out);
        let mut out = b"before".to_vec();
        let portable = string_with(data, 0, &mut out, Portable);
        assert_eq!(by_processor, give(portable, &out));
        // What is skipped ends where it is, and may hold lone surrogates.
        let skipped = skip(data, 0);
        assert_eq!(skipped, skip_with(data, 0, Portable));
        if let Some((_, end)) = by_processor {
            assert_eq!(skipped, Ok(end));
        } else if skipped.is_ok() {
            assert!(data.windows(3).any(|three| three.eq_ignore_ascii_case(br"\ud")));
        }
        by_processor
    }

    #[test]
    fn the_first_and_the_last_surrogates() {
        for (written, wanted) in [
            (r#"\ud800\udc00""#, Some("\u{10000}")),
            (r#"\udbff\udfff""#, Some("\u{10FFFF}")),
            (r#"\ud7ff\ue000""#, Some("\u{D7FF}\u{E000}")),
            (r#"\ud800\udbff""#, None),
            (r#"\ud800\ue000""#, None),
            (r#"\udc00""#, None),
            (r#"\ug000""#, None),
        ] {
            assert_eq!(text(written.as_bytes()), wanted.map(|text| (text.into(), written.len() - 1)), "{written}");
        }
    }

    #[test]
    fn escapes_at_every_place() {
        let escapes = [
            (r"\n", "\n"),
            (r#"\""#, "\""),
            (r"\\", "\\"),
            (r"\/\b\f\r\t", "/\u{8}\u{c}\r\t"),
            (r"\u0041\u00e9\u4E2D", "Aé中"),
            (r"\ud83d\uDE00", "😀"),
            ("é😀", "é😀"),
            ("", ""),
        ];
        for (escape, wanted) in escapes {
            for before in 0..70 {
                for after in [0, 1, 31, 32, 33, 64] {
                    let (before, after) = ("a".repeat(before), "b".repeat(after));
                    let written = format!("{before}{escape}{after}{escape}\"rest");
                    let found = text(written.as_bytes()).unwrap();
                    assert_eq!(found.0, format!("{before}{wanted}{after}{wanted}").into_bytes());
                    assert_eq!(&written[found.1..], "\"rest");
                }
            }
        }
    }

    #[test]
    fn what_is_left() {
        for before in [0, 5, 31, 32, 40] {
            for wrong in
                ["", "\\", "\n\"", "\0\"", "\u{1f}\"", r#"\x""#, r#"\u12""#, r#"\u+123""#, r#"\ud800""#, r#"\udc00""#]
                    .into_iter()
                    .chain([r#"\ud800\n""#, r#"\ud800\u0041""#, r"\u123", r"\ud83d\ude0"])
            {
                assert_eq!(text(format!("{}{wrong}", "a".repeat(before)).as_bytes()), None, "{wrong}");
                assert_eq!(text(format!("\\n{}{wrong}", "a".repeat(before)).as_bytes()), None, "{wrong}");
            }
        }
    }

    #[test]
    fn every_byte_is_what_it_is_by_itself() {
        for byte in 0..=u8::MAX {
            for place in 0..WIDTH {
                let mut bytes = [b'a'; WIDTH];
                bytes[place] = byte;
                let wanted = u32::from(is_special(byte)) << place;
                assert_eq!(specials(&bytes), wanted);
                #[cfg(target_arch = "x86_64")]
                if let Some(vectors) = Avx2::new() {
                    assert_eq!(specials_avx2(vectors, &bytes), wanted);
                }
            }
        }
    }
}
