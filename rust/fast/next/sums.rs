//! Sums of the probabilities of many ids, whose logarithms a model gives.
//!
//! To call `exp` for each of 200,000 ids takes most of a millisecond. Here, let y = x / ln 2, k the integer next to y, and f = y - k: then
//! e^x = 2^k 2^f, where 2^k is an exponent, and 2^f is the 32nd power of 2^(f/32), for which six terms of the series are enough. No
//! value takes a branch, and ids that do not count have -∞, so the compiler computes four values at once.
//!
//! Precision: e^x is exact to a relative 1e-12 where it is above 1e-307, and 0 below.
//!
//! Costs: some nanoseconds an id at most.

// The loop is made of small functions that must vanish into it.
#![allow(clippy::inline_always)]

use super::bits::has;
use crate::fast::simd::vector::Vectors;
use crate::fast::simd::{Isa, Kernel};

/// How many values are computed together, one for each bit of a word.
const WORD: usize = 64;
/// The sum of a byte waits for the one before, and many ids in a row begin with the same byte, so each has several.
const LANES: usize = 4;

/// What a model may give.
pub trait Number: Copy + Into<f64> {}
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
#[inline(always)]
pub fn exp(x: f64) -> f64 {
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
    let power = ((((FIFTH * f + FOURTH) * f + THIRD) * f + SECOND) * f + STEP) * f + 1.0;
    let power = power * power * (power * power);
    let power = power * power * (power * power);
    let power = power * power;
    power * f64::from_bits(shifted.to_bits() << 52)
}

/// Calls `work` with the values of each word of ids, and its number. Ids that are not in the set have -∞.
#[inline(always)]
fn each_word<T: Number>(bits: &[u64], values: &[T], mut work: impl FnMut(usize, &mut [f64; WORD])) {
    for (number, &word) in bits.iter().enumerate().filter(|&(_, &word)| word != 0) {
        let (mut held, values) = ([f64::NEG_INFINITY; WORD], &values[values.len().min(number * WORD)..]);
        if let Some(values) = values.first_chunk::<WORD>() {
            for (at, held) in held.iter_mut().enumerate() {
                *held = if word >> at & 1 == 1 { values[at].into() } else { f64::NEG_INFINITY };
            }
        } else {
            for (at, &value) in values.iter().enumerate().filter(|(at, _)| word >> at & 1 == 1) {
                held[at] = value.into();
            }
        }
        work(number, &mut held);
    }
}

#[inline(always)]
fn exps(values: &mut [f64; WORD], highest: f64) {
    for value in values {
        *value = exp(*value - highest);
    }
}

/// The sums of every eighth value.
#[inline(always)]
fn add(sums: &mut [f64; 8], values: &[f64; WORD]) {
    for values in values.as_chunks::<8>().0 {
        for (lane, sum) in sums.iter_mut().enumerate() {
            *sum += values[lane];
        }
    }
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
        each_word(self.bits, self.values, |_, values| {
            for values in values.as_chunks::<8>().0 {
                for (lane, highest) in highest.iter_mut().enumerate() {
                    *highest = if values[lane] > *highest { values[lane] } else { *highest };
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
    fn run<V: Vectors>(self, _: V) -> [f64; 256] {
        let (bytes, mut sums) = (self.bytes.as_chunks::<WORD>().0, [[0.0; 256]; LANES]);
        each_word(self.bits, self.values, |number, values| {
            exps(values, self.highest);
            for (at, value) in values.iter().enumerate() {
                sums[at % LANES][usize::from(bytes[number][at])] += value;
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
    fn run<V: Vectors>(self, _: V) -> f64 {
        let mut sums = [0.0; 8];
        each_word(self.bits, self.values, |_, values| {
            exps(values, self.highest);
            add(&mut sums, values);
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
    fn run<V: Vectors>(self, _: V) -> f64 {
        let mut sums = [0.0; 8];
        for ids in self.ids.chunks(WORD) {
            let mut values = [f64::NEG_INFINITY; WORD];
            for (at, &id) in ids.iter().enumerate().filter(|(_, id)| has(self.bits, **id)) {
                values[at] = self.values[id as usize].into();
            }
            exps(&mut values, self.highest);
            add(&mut sums, &values);
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
