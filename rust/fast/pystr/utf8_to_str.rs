//! UTF-8 -> the code units of a Python str: the inverse of `str_to_utf8.rs`.
//!
//! CPython decodes UTF-8 into the narrowest str and begins anew, wider, when a character does not fit; for a book with
//! one curly quote, that is a wasted copy. Here the bytes are read first: the greatest of them is the lead of the
//! greatest character, near enough to know the width, and the bytes that are not continuations are as many as the characters.
//!
//! Costs: O(bytes), some 0.5 ns each; no memory but the result's.

#![expect(clippy::cast_possible_truncation, reason = "the width of the units is chosen by the greatest character")]
// The hot loops are made of one-line helpers that must vanish into them.
#![allow(clippy::inline_always)]

/// How many bytes are looked at together.
const RUN: usize = 16;

/// How wide the units of a str are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Width {
    /// One byte, all of them below 0x80.
    Ascii,
    One,
    Two,
    Four,
}

/// The width of the units that Python keeps this text in, and how many they are.
pub fn measure(text: &str) -> (Width, usize) {
    let (mut greatest, mut continuations) = (0, 0);
    // Few enough at a time that a byte can count them, for vectors of bytes.
    for some in text.as_bytes().chunks(128) {
        let (some_greatest, some_continuations) = some.iter().fold((0, 0), |(greatest, count): (u8, u8), &byte| {
            (greatest.max(byte), count + u8::from(byte & 0xC0 == 0x80))
        });
        greatest = greatest.max(some_greatest);
        continuations += usize::from(some_continuations);
    }
    // Leads: 0xC2 and 0xC3 up to U+00FF, 0xF0 and more from U+10000 on.
    let width = match greatest {
        0..0x80 => Width::Ascii,
        0x80..0xC4 => Width::One,
        0xC4..0xF0 => Width::Two,
        _ => Width::Four,
    };
    (width, text.len() - continuations)
}

/// A code unit, from a character that fits.
pub trait Unit: Copy {
    fn from_char(value: u32) -> Self;
}

impl Unit for u8 {
    #[inline(always)]
    fn from_char(value: u32) -> u8 {
        value as u8
    }
}

impl Unit for u16 {
    #[inline(always)]
    fn from_char(value: u32) -> u16 {
        value as u16
    }
}

impl Unit for u32 {
    #[inline(always)]
    fn from_char(value: u32) -> u32 {
        value
    }
}

/// Writes the characters of a text, each as one unit, and returns their number; `out` has a place for each of them, and their width fits.
pub fn write<U: Unit>(text: &str, out: &mut [U]) -> usize {
    let bytes = text.as_bytes();
    let (mut at, mut count) = (0, 0);
    while at < bytes.len() {
        if let Some(run) = bytes[at..].first_chunk::<RUN>()
            && run.is_ascii()
            && let Some(places) = out[count..].first_chunk_mut::<RUN>()
        {
            *places = run.map(|byte| U::from_char(byte.into()));
            (at, count) = (at + RUN, count + RUN);
            continue;
        }
        // Neighbours are usually of one kind.
        let near = bytes.len().min(at + RUN);
        while at < near {
            let (value, length) = char_at(bytes, at);
            out[count] = U::from_char(value);
            (at, count) = (at + length, count + 1);
        }
    }
    count
}

/// The character at a place where one begins, and its length; the text is well-formed.
#[inline(always)]
fn char_at(bytes: &[u8], at: usize) -> (u32, usize) {
    let tail = |index: usize| u32::from(bytes[at + index] & 0x3F);
    let lead = u32::from(bytes[at]);
    match lead {
        0..0x80 => (lead, 1),
        0x80..0xE0 => ((lead & 0x1F) << 6 | tail(1), 2),
        0xE0..0xF0 => ((lead & 0xF) << 12 | tail(1) << 6 | tail(2), 3),
        _ => ((lead & 7) << 18 | tail(1) << 12 | tail(2) << 6 | tail(3), 4),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn equals_the_standard_library(text in "[a-z ]{0,40}[à-ü]{0,3}[a-z]{0,30}[Ā-\u{FFFF}]{0,3}[a-z]{0,3}[👍-👏]{0,2}.{0,9}") {
            let chars: Vec<u32> = text.chars().map(u32::from).collect();
            let (width, count) = measure(&text);
            prop_assert_eq!(count, chars.len());
            let expected = match chars.iter().max().copied().unwrap_or(0) {
                0..0x80 => Width::Ascii,
                0x80..0x100 => Width::One,
                0x100..0x1_0000 => Width::Two,
                _ => Width::Four,
            };
            prop_assert_eq!(width, expected);
            let mut fours = vec![0u32; count];
            prop_assert_eq!(write(&text, &mut fours), count);
            prop_assert_eq!(&fours, &chars);
            let mut twos = vec![0u16; count];
            write(&text, &mut twos);
            prop_assert!(twos.iter().zip(&chars).all(|(&unit, &char)| unit == char as u16));
            let mut ones = vec![0u8; count];
            write(&text, &mut ones);
            prop_assert!(ones.iter().zip(&chars).all(|(&unit, &char)| unit == char as u8));
        }
    }
}
