//! The code units of a Python str -> UTF-8 (SPEC E4).
//!
//! Python keeps a str as one array of 1, 2 or 4 bytes a character, as wide as its widest needs: one emoji makes a whole
//! book four bytes a letter. A surrogate pair becomes its code point, a lone surrogate U+FFFD.
//!
//! Costs: O(units), some 1 to 2 ns each where they are not ASCII.

#![expect(clippy::cast_possible_truncation, reason = "units of a run that is ASCII")]
#![allow(unsafe_code)]
#![allow(clippy::inline_always)]

#[cfg(target_arch = "x86_64")]
#[path = "str_to_utf8_x86.rs"]
mod x86;

use super::LONGEST;
use crate::error::Result;
use crate::fast::simd::vector::Vectors;
use crate::fast::simd::{Isa, Kernel};
use crate::support::interrupt;
use std::hint::select_unpredictable;
use std::mem::MaybeUninit;
#[cfg(target_arch = "x86_64")]
use x86::Lanes;

/// How many units are looked at together.
const RUN: usize = 16;
/// How many units are given room at once.
const STRETCH: usize = 4096;

#[cfg(not(target_arch = "x86_64"))]
pub trait Lanes {}
#[cfg(not(target_arch = "x86_64"))]
impl<U> Lanes for U {}

/// A unit of a str: a number of 1, 2 or 4 bytes.
pub trait Unit: Copy + Into<u32> + Lanes {}
impl<U: Copy + Into<u32> + Lanes> Unit for U {}

/// The UTF-8 of some units.
pub fn utf8<U: Unit>(units: &[U]) -> Result<Vec<u8>> {
    let (mut out, mut at) = (Vec::new(), 0);
    out.try_reserve(units.len())?;
    while at < units.len() {
        // A stretch at a time, so that its room need not be asked for character by character.
        let stretch = units.len().min(at + STRETCH);
        out.try_reserve(LONGEST * (STRETCH + 1))?;
        let room = out.spare_capacity_mut();
        let mut len = 0;
        while at < stretch {
            let (taken, written) = Isa::fastest().run(Run { units: &units[at..stretch], room: &mut room[len..] });
            (at, len) = (at + taken, len + written);
            // Neighbours are usually of one kind.
            let near = stretch.min(at + RUN);
            while at < near {
                let (value, taken) = char_at(units, at);
                let (bytes, length) = utf8_of(value);
                // SAFETY: there is room for four bytes a unit of the stretch, and for four more.
                unsafe { room.as_mut_ptr().add(len).cast::<[u8; LONGEST]>().write(bytes) };
                (at, len) = (at + taken, len + length);
            }
        }
        // SAFETY: that many bytes have been written, within the room that was asked for.
        unsafe { out.set_len(out.len() + len) };
        interrupt::check()?;
    }
    Ok(out)
}

/// Writes as many of the first units as can be written together, perhaps none; none for which there is no room of four bytes.
/// Returns the number of units and of bytes.
struct Run<'r, U> {
    units: &'r [U],
    room: &'r mut [MaybeUninit<u8>],
}

impl<U: Unit> Kernel for Run<'_, U> {
    type Output = (usize, usize);

    #[inline(always)]
    fn run<V: Vectors>(self, vectors: V) -> (usize, usize) {
        let Run { units, room } = self;
        #[cfg(target_arch = "x86_64")]
        if let Some(vectors) = vectors.avx2() {
            return x86::write(vectors, units, room);
        }
        let _ = vectors;
        write_ascii(units, room)
    }
}

/// Writes the ASCII that the units begin with, as far as there is room for it.
fn write_ascii<U: Unit>(units: &[U], room: &mut [MaybeUninit<u8>]) -> (usize, usize) {
    let mut len = 0;
    for (run, to) in units.as_chunks::<RUN>().0.iter().zip(room.as_chunks_mut::<RUN>().0) {
        if run.iter().fold(0, |all, &unit| all | unit.into()) >= 0x80 {
            break;
        }
        *to = run.map(|unit| MaybeUninit::new(unit.into() as u8));
        len += RUN;
    }
    (len, len)
}

/// The character at a place, and how many units it takes.
#[inline(always)]
fn char_at<U: Copy + Into<u32>>(units: &[U], at: usize) -> (u32, usize) {
    let unit: u32 = units[at].into();
    if unit >> 11 != 0xD800 >> 11 {
        return (unit, 1);
    }
    let low = units.get(at + 1).map_or(0, |&low| low.into());
    if unit < 0xDC00 && (0xDC00..0xE000).contains(&low) {
        (0x1_0000 + ((unit - 0xD800) << 10) + (low - 0xDC00), 2)
    } else {
        (char::REPLACEMENT_CHARACTER.into(), 1)
    }
}

/// The UTF-8 of a character in four bytes, and how many of them it is. The shorter forms are all made and one is chosen: in
/// text of many scripts a branch would be unpredictable.
#[inline(always)]
fn utf8_of(value: u32) -> ([u8; LONGEST], usize) {
    let tail = |shift: u32| value >> shift & 0x3F | 0x80;
    if value >= 0x1_0000 {
        let word = value >> 18 | 0xF0 | tail(12) << 8 | tail(6) << 16 | tail(0) << 24;
        return (word.to_le_bytes(), 4);
    }
    let two = value >> 6 | 0xC0 | tail(0) << 8;
    let three = value >> 12 | 0xE0 | tail(6) << 8 | tail(0) << 16;
    let (is_two, is_three) = (value >= 0x80, value >= 0x800);
    let word = select_unpredictable(is_three, three, select_unpredictable(is_two, two, value));
    (word.to_le_bytes(), 1 + usize::from(is_two) + usize::from(is_three))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn unit() -> impl Strategy<Value = u32> {
        prop_oneof![6 => 0u32..0x80, 2 => 0u32..0x1_0000, 2 => 0xD7FEu32..0xE002, 1 => 0u32..0x11_0000]
    }

    /// Units of all kinds one by one, and the like of each other in runs, for which there are faster ways.
    fn text() -> impl Strategy<Value = Vec<u32>> {
        let near = |unit: u32| (0..0x20u32).prop_map(move |step| (unit ^ step).min(0x10_FFFF));
        let run = unit().prop_flat_map(move |unit| prop::collection::vec(near(unit), 1..40));
        let runs = prop::collection::vec(run, 0..12).prop_map(|runs| runs.concat());
        prop_oneof![prop::collection::vec(unit(), 0..200), runs]
    }

    /// Whether these units, cut off to one and to two bytes as well, become what the standard library makes of them.
    fn check(units: &[u32]) {
        let twos: Vec<u16> = units.iter().map(|&unit| unit as u16).collect();
        let expected: String = char::decode_utf16(twos.iter().copied()).map(|c| c.unwrap_or('\u{FFFD}')).collect();
        assert_eq!(utf8(&twos).unwrap(), expected.into_bytes());

        let sixteens = units.iter().flat_map(|&unit| match char::from_u32(unit) {
            Some(c) => c.encode_utf16(&mut [0; 2]).to_vec(),
            None => vec![unit as u16],
        });
        let expected: String = char::decode_utf16(sixteens).map(|c| c.unwrap_or('\u{FFFD}')).collect();
        assert_eq!(utf8(units).unwrap(), expected.into_bytes());

        let ones: Vec<u8> = units.iter().map(|&unit| unit as u8).collect();
        let expected: String = ones.iter().map(|&unit| char::from(unit)).collect();
        assert_eq!(utf8(&ones).unwrap(), expected.into_bytes());
    }

    proptest! {
        #[test]
        fn equals_the_standard_library(units in text()) {
            check(&units);
        }
    }

    /// The first and the last characters of each length, and surrogates, next to each other and in runs.
    #[test]
    fn the_edges_of_every_length() {
        let edges = [
            0, 0x7E, 0x7F, 0x80, 0xFF, 0x7FF, 0x800, 0xD7FF, 0xD800, 0xDBFF, 0xDC00, 0xDFFF, 0xE000, 0xFFFF, 0x1_0000,
            0x10_FFFF,
        ];
        for one in edges {
            for other in edges {
                for run in [1, 4, 8, 17] {
                    let units = [vec![one; run], vec![other; run], [one, other].repeat(run), vec![0x61; run]].concat();
                    check(&units);
                    check(&units[1..]);
                }
            }
        }
    }

    #[test]
    fn texts_of_several_stretches() {
        for unit in [0x61, 0xE9, 0x4E2D, 0x1_F600] {
            check(&vec![unit; 2 * STRETCH + 7]);
        }
        for before in STRETCH - 2..STRETCH + 2 {
            check(&[vec![0x61; before], [0xD83D, 0xDE00].repeat(3), vec![0x62; 20]].concat());
        }
    }

    #[test]
    fn ascii_is_written_many_units_at_a_time() {
        let (ones, twos, fours) = ([b'a'; 40], [0x61u16; 40], [0x61u32; 40]);
        assert_eq!(written(&ones, 160), vec![(32, ones[..32].to_vec()); Isa::available().len()]);
        assert_eq!(written(&twos, 160), written(&ones, 160));
        assert_eq!(written(&fours, 160), written(&ones, 160));
    }

    /// What each set of instructions writes into a room of this many bytes.
    fn written<U: Unit>(units: &[U], room: usize) -> Vec<(usize, Vec<u8>)> {
        let run = |isa: Isa| {
            let mut out = Vec::with_capacity(room);
            let (taken, written) = isa.run(Run { units, room: &mut out.spare_capacity_mut()[..room] });
            // SAFETY: that many bytes have been written.
            unsafe { out.set_len(written) };
            (taken, out)
        };
        Isa::available().into_iter().map(run).collect()
    }

    #[test]
    fn nothing_is_written_beyond_the_room() {
        for room in 0..160 {
            // Each character is of two bytes; ASCII may be written where there is room for no more than that.
            for (taken, bytes) in written(&[0xE9u16; 40], room).into_iter().chain(written(&[0x4E2Du32; 40], room)) {
                assert!(4 * taken <= room && bytes.len() <= 4 * taken, "{room}");
            }
            for (taken, bytes) in written(&[b'a'; 40], room) {
                assert!(taken <= room && bytes == vec![b'a'; taken], "{room}");
            }
        }
    }

    #[test]
    fn only_runs_of_nothing_but_ascii_are_written_as_they_are() {
        for place in 0..3 * RUN {
            for (value, is_ascii) in [(0x7F, true), (0x80, false), (0x81, false), (0xFF, false)] {
                for other in [0u8, 0x61, 0x7F] {
                    let mut units = [other; 3 * RUN];
                    units[place] = value;
                    let mut out = Vec::with_capacity(3 * RUN);
                    let (taken, written) = write_ascii(&units, out.spare_capacity_mut());
                    // SAFETY: that many bytes have been written.
                    unsafe { out.set_len(written) };
                    assert_eq!(taken, if is_ascii { 3 * RUN } else { place / RUN * RUN }, "{value} at {place}");
                    assert_eq!(out, units[..taken]);
                }
            }
        }
        assert_eq!(write_ascii(&[0x161u16; RUN], &mut [MaybeUninit::uninit(); RUN]), (0, 0));
    }
}
