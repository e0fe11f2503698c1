//! Sums of the probabilities of many ids, whose logarithms a model gives.
//!
//! To call `exp` for each of 200,000 ids takes most of a millisecond. Here, let y = x / ln 2, k the integer next to y, and f = y - k: then
//! e^x = 2^k 2^f, where 2^k is an exponent, and 2^f is the 32nd power of 2^(f/32), for which six terms of the series are enough. No
//! value takes a branch, and those of ids that do not count are masked, so the compiler computes four values at once.
//!
//! Precision: e^x is exact to a relative 1e-12 where it is above 1e-307, and 0 below.
//!
//! Costs: a nanosecond an id, and two where sums are of bytes.

// The loop is made of small functions that must vanish into it.
#![allow(clippy::inline_always)]

use super::bits::has;
use crate::fast::simd::vector::{Portable, Vectors};
use crate::fast::simd::{Isa, Kernel};

/// How many values are computed together, one for each bit of a word.
const WORD: usize = 64;
/// The sum of a byte waits for the one before, and many ids in a row begin with the same byte, so each has several.
const LANES: usize = 8;

/// For four bits, a word of ones for each that is set.
static MASKS: [[u64; 4]; 16] = {
    let (mut masks, mut at) = ([[0; 4]; 16], 0);
    while at < 64 {
        if (at / 4) >> (at % 4) & 1 == 1 {
            masks[at / 4][at % 4] = u64::MAX;
        }
        at += 1;
    }
    masks
};

/// What a model may give.
pub trait Number: Copy + Default + Into<f64> {}
impl Number for f32 {}
impl Number for f64 {}

/// The highest value of the ids of a set; -∞ if there is none.
pub fn highest<T: Number>(bits: &[u64], values: &[T]) -> f64 {
    Isa::fastest().run(Highest { bits, values })
}

/// The sums of e^(value - highest) of the ids of a set, by a byte that each id has.
pub fn by_byte<T: Number>(bits: &[u64], values: &[T], highest: f64, bytes: &[u8]) -> [f64; 256] {
    Isa::fastest().run(ByByte { bits, values, highest, bytes })
}

/// Their sum.
pub fn total<T: Number>(bits: &[u64], values: &[T], highest: f64) -> f64 {
    Isa::fastest().run(Total { bits, values, highest })
}

/// The sum of those that are among some ids.
pub fn of_ids<T: Number>(ids: &[u32], bits: &[u64], values: &[T], highest: f64) -> f64 {
    Isa::fastest().run(OfIds { ids, bits, values, highest })
}

/// e^x, for x up to 0.
pub fn exp(x: f64) -> f64 {
    exp_by(Portable, x)
}

#[inline(always)]
fn exp_by<V: Vectors>(vectors: V, x: f64) -> f64 {
    // 3 * 2^51 and the bias of an exponent: the low bits of a sum with it are the integer next to the other number.
    const SHIFT: f64 = 6_755_399_441_055_744.0 + 1023.0;
    const STEP: f64 = std::f64::consts::LN_2 / 32.0;
    const SECOND: f64 = STEP * STEP / 2.0;
    const THIRD: f64 = STEP * SECOND / 3.0;
    const FOURTH: f64 = STEP * THIRD / 4.0;
    const FIFTH: f64 = STEP * FOURTH / 5.0;
    let y = x * std::f64::consts::LOG2_E;
    // The exponent -1023 is that of 0. NaN stays.
    let y = if y < -1023.0 { -1023.0 } else { y };
    let shifted = y + SHIFT;
    let f = y - (shifted - SHIFT);
    let power = vectors.mul_add(vectors.mul_add(FIFTH, f, FOURTH), f, THIRD);
    let power = vectors.mul_add(vectors.mul_add(vectors.mul_add(power, f, SECOND), f, STEP), f, 1.0);
    let power = power * power * (power * power);
    let power = power * power * (power * power);
    let power = power * power;
    power * f64::from_bits(shifted.to_bits() << 52)
}

/// Calls `work` with each word of ids of which some are in the set, its number, and the values of the ids: 0 where there are no more.
#[inline(always)]
fn each_word<T: Number>(bits: &[u64], values: &[T], mut work: impl FnMut(usize, u64, &[T; WORD])) {
    let mut last = [T::default(); WORD];
    for (number, &word) in bits.iter().enumerate().filter(|&(_, &word)| word != 0) {
        let values = &values[values.len().min(number * WORD)..];
        let values = values.first_chunk().unwrap_or_else(|| {
            last[..values.len()].copy_from_slice(values);
            &last
        });
        // One call, so that it is compiled in place.
        work(number, word, values);
    }
}

/// A value if its bit is set, as a mask says, else `rest`.
#[inline(always)]
fn chosen(value: f64, mask: u64, rest: f64) -> f64 {
    f64::from_bits(value.to_bits() & mask | rest.to_bits() & !mask)
}

/// e^(value - highest) of four values whose bits are set, and 0 in place of the others.
#[inline(always)]
fn exps<V: Vectors, T: Number>(vectors: V, values: &[T; 4], highest: f64, bits: u64) -> [f64; 4] {
    let (mask, mut exps) = (&MASKS[(bits & 15) as usize], [0.0; 4]);
    for lane in 0..4 {
        exps[lane] = chosen(exp_by(vectors, values[lane].into() - highest), mask[lane], 0.0);
    }
    exps
}

struct Highest<'a, T> {
    bits: &'a [u64],
    values: &'a [T],
}

impl<T: Number> Kernel for Highest<'_, T> {
    type Output = f64;

    #[inline(always)]
    fn run<V: Vectors>(self, _: V) -> f64 {
        let mut highest = [f64::NEG_INFINITY; 8];
        each_word(self.bits, self.values, |_, word, values| {
            for (eight, values) in values.as_chunks::<8>().0.iter().enumerate() {
                for half in [0, 4] {
                    let mask = &MASKS[(word >> (8 * eight + half) & 15) as usize];
                    for lane in 0..4 {
                        let value = chosen(values[half + lane].into(), mask[lane], f64::NEG_INFINITY);
                        let highest = &mut highest[half + lane];
                        *highest = if value > *highest { value } else { *highest };
                    }
                }
            }
        });
        highest.into_iter().fold(f64::NEG_INFINITY, f64::max)
    }
}

struct ByByte<'a, T> {
    bits: &'a [u64],
    values: &'a [T],
    highest: f64,
    bytes: &'a [u8],
}

impl<T: Number> Kernel for ByByte<'_, T> {
    type Output = [f64; 256];

    #[inline(always)]
    fn run<V: Vectors>(self, vectors: V) -> [f64; 256] {
        let (bytes, mut sums) = (self.bytes.as_chunks::<WORD>().0, [[0.0; 256]; LANES]);
        each_word(self.bits, self.values, |number, word, values| {
            let mut held = [0.0; WORD];
            for (four, held) in held.as_chunks_mut::<4>().0.iter_mut().enumerate() {
                *held = exps(vectors, &values.as_chunks().0[four], self.highest, word >> (4 * four));
            }
            for (held, bytes) in held.as_chunks::<LANES>().0.iter().zip(bytes[number].as_chunks::<LANES>().0) {
                for (lane, value) in held.iter().enumerate() {
                    sums[lane][usize::from(bytes[lane])] += value;
                }
            }
        });
        std::array::from_fn(|byte| sums.iter().map(|sums| sums[byte]).sum())
    }
}

struct Total<'a, T> {
    bits: &'a [u64],
    values: &'a [T],
    highest: f64,
}

impl<T: Number> Kernel for Total<'_, T> {
    type Output = f64;

    #[inline(always)]
    fn run<V: Vectors>(self, vectors: V) -> f64 {
        let mut sums = [0.0; 8];
        each_word(self.bits, self.values, |_, word, values| {
            for (eight, values) in values.as_chunks::<8>().0.iter().enumerate() {
                for (half, values) in values.as_chunks().0.iter().enumerate() {
                    let exps = exps(vectors, values, self.highest, word >> (8 * eight + 4 * half));
                    for lane in 0..4 {
                        sums[4 * half + lane] += exps[lane];
                    }
                }
            }
        });
        sums.iter().sum()
    }
}

struct OfIds<'a, T> {
    ids: &'a [u32],
    bits: &'a [u64],
    values: &'a [T],
    highest: f64,
}

impl<T: Number> Kernel for OfIds<'_, T> {
    type Output = f64;

    #[inline(always)]
    fn run<V: Vectors>(self, vectors: V) -> f64 {
        let mut sums = [0.0; 4];
        for ids in self.ids.chunks(WORD) {
            let mut values = [f64::NEG_INFINITY; WORD];
            for (held, &id) in values.iter_mut().zip(ids) {
                let value = self.values.get(id as usize).copied().unwrap_or_default();
                *held = chosen(value.into(), u64::from(has(self.bits, id)).wrapping_neg(), f64::NEG_INFINITY);
            }
            for values in values[..ids.len().next_multiple_of(4)].as_chunks::<4>().0 {
                let exps = exps(vectors, values, self.highest, 15);
                for lane in 0..4 {
                    sums[lane] += exps[lane];
                }
            }
        }
        sums.iter().sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exponentials_are_exact_to_twelve_digits() {
        let mut x = 0.0;
        while x > -708.0 {
            assert!((exp(x) / f64::exp(x) - 1.0).abs() < 1e-12, "{x}");
            x = x * 1.0003 - 1e-5;
        }
        assert!([-710.0, -1e300, f64::NEG_INFINITY].iter().all(|&x| exp(x) == 0.0) && exp(f64::NAN).is_nan());
    }

    /// Sums of 1,000 and some values, the last of which fill no word, beside those of `exp` of the standard library.
    #[test]
    fn sums_are_those_of_the_ids_of_a_set() {
        let values: Vec<f64> = (0..1003_u32).map(|i| f64::from(i.wrapping_mul(2_654_435_761) >> 8) * -1e-6).collect();
        let bits: Vec<u64> =
            (1..=16_u64).map(|i| i.wrapping_mul(0x9E37_79B9_7F4A_7C15) & (u64::MAX >> (i / 16 * 21))).collect();
        let bytes: Vec<u8> = (0..1024_u32).map(|i| (i * i % 251).to_le_bytes()[0]).collect();
        let ids: Vec<u32> = (0..1003).filter(|&id| has(&bits, id)).collect();
        let near = |one: f64, other: f64| assert!((one - other).abs() <= 1e-12 * other, "{one} {other}");
        for isa in Isa::available() {
            let top = isa.run(Highest { bits: &bits, values: &values });
            let exps: Vec<f64> = ids.iter().map(|&id| (values[id as usize] - top).exp()).collect();
            near(exps.iter().copied().fold(0.0, f64::max), 1.0);
            near(isa.run(Total { bits: &bits, values: &values, highest: top }), exps.iter().sum());
            near(
                isa.run(OfIds { ids: &[5, 0, 1002], bits: &[u64::MAX; 16], values: &values, highest: top }),
                [5, 0, 1002].iter().map(|&id: &usize| (values[id] - top).exp()).sum(),
            );
            let sums = isa.run(ByByte { bits: &bits, values: &values, highest: top, bytes: &bytes });
            for (byte, sum) in sums.into_iter().enumerate() {
                let of_byte = ids.iter().zip(&exps).filter(|(id, _)| usize::from(bytes[**id as usize]) == byte);
                near(sum, of_byte.map(|(_, value)| value).sum());
            }
        }
    }
}
