//! Sixty-four bytes to bit masks, and sixteen numbers at once, in the words of each processor: the only part of the loops that
//! depends on one.
//!
//! Bit i of every mask describes byte i of the window. [`Portable`] needs nothing but 64-bit integers; the others
//! compare 16 or 32 bytes in one instruction. All give the same masks, which a test asserts, and `scan/masks.rs` does
//! the rest of the work from them.

// The hot loops are made of one-line helpers that must vanish into them.
#![allow(clippy::inline_always)]

use super::hash::hash;

#[cfg(target_arch = "aarch64")]
#[path = "vector_arm.rs"]
pub mod arm;
#[cfg(target_arch = "x86_64")]
#[path = "vector_avx512.rs"]
pub mod avx512;
#[cfg(target_arch = "x86_64")]
#[path = "vector_x86.rs"]
pub mod x86;

#[cfg(target_arch = "x86_64")]
use crate::fast::util::cpu::Avx2;

/// The ASCII classes of a window, and where its bytes are not ASCII.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ascii {
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

/// Eight sets of bytes. The low and the high four bits of a byte have a set of sets each, as bits, and the byte is in those that are in
/// both: so it may be in one to which it was not added.
#[derive(Debug, Clone, Copy, Default)]
pub struct ByteSets {
    pub low: [u8; 16],
    pub high: [u8; 16],
}

impl ByteSets {
    fn add(&mut self, byte: u8, set: usize) {
        self.low[usize::from(byte & 15)] |= 1 << (set % 8);
        self.high[usize::from(byte >> 4)] |= 1 << (set % 8);
    }

    #[inline(always)]
    fn of(&self, byte: u8) -> u8 {
        self.low[usize::from(byte & 15)] & self.high[usize::from(byte >> 4)]
    }
}

/// Eight sets of pairs of bytes.
#[derive(Debug, Clone, Copy, Default)]
pub struct PairSets {
    pub first: ByteSets,
    pub second: ByteSets,
}

impl PairSets {
    /// Adds the first two of some bytes to a set; one with any other after it, if there is only one.
    pub fn add(&mut self, bytes: &[u8], set: usize) {
        match *bytes {
            [] => {}
            [first] => {
                self.first.add(first, set);
                (0..=u8::MAX).for_each(|second| self.second.add(second, set));
            }
            [first, second, ..] => {
                self.first.add(first, set);
                self.second.add(second, set);
            }
        }
    }
}

/// Which of sixteen bytes are kept, as a mask, and what takes the place of others.
#[derive(Debug, Clone, Copy)]
#[repr(align(32))]
pub struct Shape {
    pub kept: [u8; 16],
    pub tag: [u8; 16],
}

/// What differs between sets of instructions. A value exists only where the processor has them.
pub trait Vectors: Copy {
    type Sixteen: Sixteen<Self>;

    fn ascii(self, bytes: &[u8; 64]) -> Ascii;
    /// Transposes flags: bit i of plane k is bit k of `flags[i]`.
    fn planes(self, flags: &[u8; 64]) -> [u64; 8];

    /// Where a pair of bytes begins that is in one of the sets: bit i for the bytes i and i + 1.
    #[inline(always)]
    fn pairs(self, sets: &PairSets, bytes: &[u8; 65]) -> u64 {
        let is_in = |at: usize| sets.first.of(bytes[at]) & sets.second.of(bytes[at + 1]) != 0;
        (0..64).fold(0, |found, at| found | u64::from(is_in(at)) << at)
    }

    /// One bit for each of four numbers that equals another, whose topmost `IGNORED` bits do not matter. Of each, the low half is
    /// among the first four words, the high half among the last.
    #[inline(always)]
    fn equal<const IGNORED: i32>(self, numbers: &[u64; 8], low: u64, high: u64) -> u32 {
        let differs = |slot: usize| numbers[slot] ^ low | (numbers[4 + slot] ^ high) << IGNORED;
        (0..4).fold(0, |found, slot| found | u32::from(differs(slot) == 0) << slot)
    }

    /// A hash of a number: the same by all instructions of one processor.
    #[inline(always)]
    fn hash(self, number: u128) -> u64 {
        hash(number)
    }

    /// Writes the bytes of a shape with its tag, and from bit `64 + ABOVE` on their hash without its lowest bits, `shift` of them;
    /// returns these bits of the hash.
    #[inline(always)]
    fn name<const ABOVE: i32>(self, bytes: &[u8; 16], shape: &Shape, shift: u32, out: &mut u128) -> u64 {
        let [bytes, kept, tag] = [bytes, &shape.kept, &shape.tag].map(|bytes| u128::from_le_bytes(*bytes));
        let name = bytes & kept | tag;
        let above = self.hash(name) >> shift;
        *out = name | u128::from(above) << (64 + ABOVE);
        above
    }

    /// The instructions of AVX2, for a kernel that has a loop of its own for them.
    #[cfg(target_arch = "x86_64")]
    #[inline(always)]
    fn avx2(self) -> Option<Avx2> {
        None
    }
}

/// Sixteen numbers, by the instructions `V`; bit i of a mask is slot i.
pub trait Sixteen<V>: Copy {
    fn load(vectors: V, numbers: &[u32; 16]) -> Self;
    fn store(self, numbers: &mut [u32; 16]);
    /// Up to sixteen bytes as numbers, and `rest` in the slots after them.
    fn of_bytes(vectors: V, bytes: &[u8], rest: u32) -> Self;
    /// What the square has at `first * 256 + second` for each two neighbours of up to sixteen bytes, and `rest` in the slots after
    /// them.
    fn of_pairs(vectors: V, bytes: &[u8], square: &[u32; 1 << 16], rest: u32) -> Self;
    /// With another number in some slots.
    #[must_use]
    fn put(self, slots: u16, number: u32) -> Self;
    fn least(self) -> u32;
    /// The first slot with a number that stands in one of them.
    fn first(self, number: u32) -> u32;
    /// Without one slot: those after it move up, and the last becomes `rest`.
    #[must_use]
    fn without(self, slot: u32, rest: u32) -> Self;
}

impl<V> Sixteen<V> for [u32; 16] {
    #[inline(always)]
    fn load(_: V, numbers: &[u32; 16]) -> Self {
        *numbers
    }

    #[inline(always)]
    fn store(self, numbers: &mut [u32; 16]) {
        *numbers = self;
    }

    #[inline(always)]
    fn of_bytes(_: V, bytes: &[u8], rest: u32) -> Self {
        let mut numbers = [rest; 16];
        for (number, &byte) in numbers.iter_mut().zip(bytes) {
            *number = u32::from(byte);
        }
        numbers
    }

    #[inline(always)]
    fn of_pairs(_: V, bytes: &[u8], square: &[u32; 1 << 16], rest: u32) -> Self {
        let mut numbers = [rest; 16];
        for (number, pair) in numbers.iter_mut().zip(bytes.windows(2)) {
            *number = square[usize::from(pair[0]) << 8 | usize::from(pair[1])];
        }
        numbers
    }

    #[inline(always)]
    fn put(mut self, slots: u16, number: u32) -> Self {
        for (slot, old) in self.iter_mut().enumerate() {
            *old = if slots >> slot & 1 == 1 { number } else { *old };
        }
        self
    }

    #[inline(always)]
    fn least(self) -> u32 {
        self.iter().fold(u32::MAX, |least, &number| least.min(number))
    }

    #[inline(always)]
    fn first(self, number: u32) -> u32 {
        (0..16).rev().fold(0, |first, slot| if self[slot as usize] == number { slot } else { first })
    }

    #[inline(always)]
    fn without(mut self, slot: u32, rest: u32) -> Self {
        for at in 0..16u32 {
            let next = self.get(at as usize + 1).copied().unwrap_or(rest);
            self[at as usize] = if at < slot { self[at as usize] } else { next };
        }
        self
    }
}

/// Eight bytes at a time in a `u64`. A comparison leaves its answer in the high bit of each byte; a multiplication
/// gathers the eight high bits into one byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Portable;

const LOW: u64 = 0x0101_0101_0101_0101;
const HIGH: u64 = 0x8080_8080_8080_8080;

/// The high bits of eight bytes as one byte, the first byte's lowest.
#[inline(always)]
fn gather(word: u64) -> u64 {
    ((word & HIGH) >> 7).wrapping_mul(0x0102_0408_1020_4080) >> 56
}

impl Vectors for Portable {
    type Sixteen = [u32; 16];

    #[inline(always)]
    fn ascii(self, bytes: &[u8; 64]) -> Ascii {
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
    fn planes(self, flags: &[u8; 64]) -> [u64; 8] {
        let mut planes = [0; 8];
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fast::simd::{Isa, Kernel};

    /// What is done with sixteen numbers, in these words.
    struct All<'a>(&'a [u8], &'a [u32; 1 << 16], u32);

    impl Kernel for All<'_> {
        type Output = Vec<[u32; 16]>;
        const IN_512_BITS: bool = true;

        #[inline(always)]
        fn run<V: Vectors>(self, vectors: V) -> Self::Output {
            let All(bytes, square, slot) = self;
            let stored = |numbers: V::Sixteen| {
                let mut all = [0; 16];
                numbers.store(&mut all);
                all
            };
            let (numbers, pairs) =
                (V::Sixteen::of_bytes(vectors, bytes, 7), V::Sixteen::of_pairs(vectors, bytes, square, 1 << 31));
            let number = stored(numbers)[slot as usize];
            let [least, first] = [pairs.least(), numbers.first(number)];
            let changed = numbers.put((1u32 << slot | 1) as u16, u32::MAX);
            assert_eq!(stored(V::Sixteen::load(vectors, &stored(changed))), stored(changed));
            vec![stored(numbers), stored(pairs), [least, first].repeat(8).try_into().unwrap(), stored(changed)]
                .into_iter()
                .chain([stored(numbers.without(slot, 9)), stored(pairs.without(slot, u32::MAX))])
                .collect()
        }
    }

    #[test]
    fn sixteen_numbers_in_every_word() {
        let square: Box<[u32; 1 << 16]> =
            (0..1u32 << 16).map(|at| at.wrapping_mul(0x9E37_79B9)).collect::<Vec<_>>().try_into().unwrap();
        // At the end of an allocation, a load of more than the bytes would show under the sanitizer.
        let text: Vec<u8> = (0..16u8).map(|at| at.wrapping_mul(at).wrapping_mul(31)).collect();
        for bytes in (0..=16).map(|start| &text[start..]) {
            for slot in 0..16 {
                let run = |isa: Isa| isa.run(All(bytes, &square, slot));
                let expected = run(Isa::Portable);
                let pair = |at: usize| square[usize::from(bytes[at]) << 8 | usize::from(bytes[at + 1])];
                for at in 0..16 {
                    assert_eq!(expected[0][at], bytes.get(at).map_or(7, |&byte| u32::from(byte)));
                    assert_eq!(expected[1][at], if at + 1 < bytes.len() { pair(at) } else { 1 << 31 });
                    let moved = if at < slot as usize { at } else { at + 1 };
                    assert_eq!(expected[4][at], expected[0].get(moved).copied().unwrap_or(9));
                }
                assert_eq!(expected[2][0], *expected[1].iter().min().unwrap());
                assert_eq!(
                    expected[2][1],
                    (0..16).find(|&at| expected[0][at] == expected[0][slot as usize]).unwrap() as u32
                );
                for isa in Isa::available() {
                    assert_eq!(run(isa), expected, "{isa:?}");
                }
            }
        }
    }
}
