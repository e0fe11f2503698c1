//! The probabilities of the ids of a set, added up by the next byte of each. Must equal `byte_sums` of `python/minitok/backend/python.py`.
//!
//! Of the highest value all others are subtracted, so that no set is too unlikely to be added up. Then 64 values at a time are made
//! powers, in a loop that the compiler makes vectors of, and added to the sums of their groups: to four copies of these in turn, since an
//! addition to a sum must wait for the one before.
//!
//! Costs: one to two nanoseconds an id.

#![expect(
    clippy::inline_always,
    reason = "the loop is compiled for several sets of instructions, with all that it calls"
)]
#![expect(clippy::cast_precision_loss, reason = "the numbers of a series are small")]

use crate::fast::simd::vector::Vectors;
use crate::fast::simd::{Isa, Kernel};
use std::array::from_fn;
use std::f64::consts::LOG2_E;

/// A byte, the end of the text, and what is neither.
pub const GROUPS: usize = 258;

/// 1/k! for k from 0 on: with the remainders below, the next one is too small for a float.
const SERIES: [f64; 14] = {
    let (mut all, mut k) = ([1.0; 14], 1);
    while k < all.len() {
        all[k] = all[k - 1] / k as f64;
        k += 1;
    }
    all
};
/// Below it, a power is 0: it would have fewer digits than a float has.
const LEAST: f64 = -708.0;
/// Added to a number, and then subtracted: the nearest integer, which is in the lowest bits of the sum.
const SHIFT: f64 = 6_755_399_441_055_744.0;
/// The logarithm of 2 in two parts: products of the first and an exponent are exact.
const LN_2: [f64; 2] = [6.931_471_803_691_238e-1, 1.908_214_929_270_587_7e-10];

/// The highest value of a set of ids; and the sums of the powers of e of all values less this one, by their groups. A number that is no
/// group counts as the last one.
pub fn byte_sums(bits: &[u64], values: &[f64], groups: &[u16]) -> (f64, [f64; GROUPS]) {
    Isa::fastest().run(Sums { bits, values, groups })
}

struct Sums<'a> {
    bits: &'a [u64],
    values: &'a [f64],
    groups: &'a [u16],
}

impl Kernel for Sums<'_> {
    type Output = (f64, [f64; GROUPS]);
    const IN_512_BITS: bool = true;

    #[inline(always)]
    fn run<V: Vectors>(self, _: V) -> Self::Output {
        let blocks = || self.bits.iter().zip(self.values.chunks(64)).zip(self.groups.chunks(64));
        let mut highs = [f64::NEG_INFINITY; 64];
        for ((&word, values), _) in blocks().filter(|((word, _), _)| **word != 0) {
            let values = of_set(word, values);
            highs = from_fn(|at| if values[at] > highs[at] { values[at] } else { highs[at] });
        }
        let highest = highs.into_iter().fold(f64::NEG_INFINITY, f64::max);
        let mut sums = [[0.0; GROUPS]; 4];
        for ((&word, values), groups) in blocks().filter(|((word, _), _)| **word != 0 && highest > f64::NEG_INFINITY) {
            let powers = of_set(word, values).map(|value| exp(value - highest));
            for (at, (power, &group)) in powers.iter().zip(groups).enumerate() {
                sums[at % 4][usize::from(group).min(GROUPS - 1)] += power;
            }
        }
        (highest, from_fn(|group| sums.iter().map(|sums| sums[group]).sum()))
    }
}

/// The values of the ids of a word; those that are not in the set have no probability.
#[inline(always)]
fn of_set(word: u64, values: &[f64]) -> [f64; 64] {
    let all: [f64; 64] = match values.first_chunk() {
        Some(all) => *all,
        None => from_fn(|at| values.get(at).copied().unwrap_or(f64::NEG_INFINITY)),
    };
    from_fn(|at| if word >> at & 1 == 1 { all[at] } else { f64::NEG_INFINITY })
}

/// A power of e, of a number that is not above 0, to within a unit in the last place or two.
#[inline(always)]
fn exp(x: f64) -> f64 {
    let shifted = x * LOG2_E + SHIFT;
    let exponent = shifted - SHIFT;
    let rest = x - exponent * LN_2[0] - exponent * LN_2[1];
    let power = SERIES.iter().rev().fold(0.0, |sum, factor| sum * rest + factor);
    let scaled = f64::from_bits(power.to_bits().wrapping_add(shifted.to_bits() << 52));
    // Of what is no number, nothing is one.
    if x < LEAST { 0.0 } else { scaled + 0.0 * x }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn equals_sums_one_by_one(
            bits in prop::collection::vec(prop_oneof![Just(0), Just(u64::MAX), any::<u64>()], 0..5),
            values in prop::collection::vec(prop_oneof![-20.0..20.0, -900.0..900.0, Just(f64::NEG_INFINITY)], 0..320),
            more in any::<u16>(),
        ) {
            let groups: Vec<u16> = (0..values.len() as u16).map(|at| at.wrapping_mul(more) % 300).collect();
            let held = || (0..values.len()).filter(|at| bits.get(at / 64).is_some_and(|word| word >> (at % 64) & 1 == 1));
            let highest = held().map(|at| values[at]).fold(f64::NEG_INFINITY, f64::max);
            let mut expected = [0.0; GROUPS];
            for at in held().filter(|_| highest > f64::NEG_INFINITY) {
                expected[usize::from(groups[at]).min(GROUPS - 1)] += (values[at] - highest).exp();
            }
            for isa in Isa::available() {
                let (high, sums) = isa.run(Sums { bits: &bits, values: &values, groups: &groups });
                prop_assert_eq!(high.to_bits(), highest.to_bits());
                for (sum, expected) in sums.into_iter().zip(expected) {
                    prop_assert!((sum - expected).abs() <= 1e-13 * expected + 1e-300, "{} {}", sum, expected);
                }
            }
        }
    }

    #[test]
    fn what_is_no_number_is_seen_where_it_may_come() {
        for (nan, bits, is_seen) in [(f64::NAN, 3, true), (-f64::NAN, 1, false), (f64::INFINITY, 3, true)] {
            let sums = byte_sums(&[bits], &[0.0, nan], &[1, 2]).1;
            assert_eq!(sums.iter().sum::<f64>().is_nan(), is_seen);
        }
    }
}
