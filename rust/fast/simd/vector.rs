//! Sixty-four bytes to bit masks, in the words of each processor: the only part of the loops that depends on one.
//!
//! Bit i of every mask describes byte i of the window. [`Portable`] needs nothing but 64-bit integers; the others
//! compare 16 or 32 bytes in one instruction. All give the same masks, which a test asserts, and `scan/masks.rs` does
//! the rest of the work from them.

// The hot loops are made of one-line helpers that must vanish into them.
#![allow(clippy::inline_always)]

#[cfg(target_arch = "aarch64")]
#[path = "vector_arm.rs"]
pub mod arm;
#[cfg(target_arch = "x86_64")]
#[path = "vector_x86.rs"]
pub mod x86;

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

/// What differs between sets of instructions.
pub trait Vectors {
    fn ascii(bytes: &[u8; 64]) -> Ascii;
    /// Transposes flags: bit i of plane k is bit k of `flags[i]`.
    fn planes(flags: &[u8; 64]) -> [u64; 8];

    /// One bit for each of four numbers that equals another, whose topmost `IGNORED` bits do not matter. Of each, the low half is
    /// among the first four words, the high half among the last.
    #[inline(always)]
    fn equal<const IGNORED: i32>(numbers: &[u64; 8], low: u64, high: u64) -> u32 {
        let differs = |slot: usize| numbers[slot] ^ low | (numbers[4 + slot] ^ high) << IGNORED;
        (0..4).fold(0, |found, slot| found | u32::from(differs(slot) == 0) << slot)
    }
}

/// Eight bytes at a time in a `u64`. A comparison leaves its answer in the high bit of each byte; a multiplication
/// gathers the eight high bits into one byte.
pub struct Portable;

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
    fn planes(flags: &[u8; 64]) -> [u64; 8] {
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
