//! The loops of the scanners in the instructions of each processor.
//!
//! This is a module with `unsafe`: vector instructions must be called only where the processor has them. [`Isa::available`]
//! asks the processor; a value of a vector set is never used before that.

#![allow(unsafe_code)]

use super::grammar::Grammar;
use super::vector::Portable;
#[cfg(target_arch = "aarch64")]
use super::vector::arm::Neon;
#[cfg(target_arch = "x86_64")]
use super::vector::x86::Avx2;
#[cfg(test)]
use super::vector::{Ascii, Vectors};
use super::{wide_pairs, windows};
#[cfg(target_arch = "x86_64")]
use crate::fast::util::cpu;
use std::ops::Range;

/// The instruction sets that a scanner can run on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Isa {
    /// Eight bytes in a 64-bit integer: every processor.
    Portable,
    /// 32 bytes, x86-64 from 2013 on.
    #[cfg(target_arch = "x86_64")]
    Avx2,
    /// 16 bytes, every 64-bit ARM.
    #[cfg(target_arch = "aarch64")]
    Neon,
}

impl Isa {
    /// What this processor can run, slowest first.
    pub fn available() -> Vec<Self> {
        #[allow(unused_mut)]
        let mut all = vec![Self::Portable];
        #[cfg(target_arch = "x86_64")]
        #[allow(clippy::disallowed_methods, reason = "one at the most")]
        all.extend(cpu::has_avx2().then_some(Self::Avx2));
        #[cfg(target_arch = "aarch64")]
        all.push(Self::Neon);
        all
    }

    /// The fastest that this processor can run.
    #[inline]
    pub(super) fn fastest() -> Self {
        #[cfg(target_arch = "x86_64")]
        if cpu::has_avx2() {
            return Self::Avx2;
        }
        #[cfg(target_arch = "aarch64")]
        return Self::Neon;
        #[cfg(not(target_arch = "aarch64"))]
        Self::Portable
    }

    /// The masks of 64 bytes, read as text and as flags.
    #[cfg(test)]
    pub(super) fn read(self, bytes: &[u8; 64]) -> (Ascii, [u64; 8]) {
        match self {
            Self::Portable => (Portable::ascii(bytes), Portable::planes(bytes)),
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => (Avx2::ascii(bytes), Avx2::planes(bytes)),
            #[cfg(target_arch = "aarch64")]
            Self::Neon => (Neon::ascii(bytes), Neon::planes(bytes)),
        }
    }

    /// [`windows::fill`] with these instructions, which must be available.
    pub(super) fn fill(self, grammar: Grammar, text: &[u8], position: &mut usize, ends: &mut [usize]) -> usize {
        match self {
            Self::Portable => windows::fill::<Portable>(grammar, text, position, ends),
            // SAFETY: the caller took `self` from `available`, so the processor has the instructions.
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => unsafe { fill_avx2(grammar, text, position, ends) },
            #[cfg(target_arch = "aarch64")]
            Self::Neon => windows::fill::<Neon>(grammar, text, position, ends),
        }
    }

    /// [`wide_pairs::find`] with these instructions, which must be available.
    pub(super) fn find_wide_pairs(self, text: &[u8], range: Range<usize>, places: &mut Vec<usize>) {
        match self {
            Self::Portable => wide_pairs::find::<Portable>(text, range, places),
            // SAFETY: as above.
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => unsafe { find_wide_pairs_avx2(text, range, places) },
            #[cfg(target_arch = "aarch64")]
            Self::Neon => wide_pairs::find::<Neon>(text, range, places),
        }
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,bmi1,bmi2,lzcnt,popcnt")]
fn fill_avx2(grammar: Grammar, text: &[u8], position: &mut usize, ends: &mut [usize]) -> usize {
    windows::fill::<Avx2>(grammar, text, position, ends)
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,bmi1,bmi2,lzcnt,popcnt")]
fn find_wide_pairs_avx2(text: &[u8], range: Range<usize>, places: &mut Vec<usize>) {
    wide_pairs::find::<Avx2>(text, range, places);
}

/// Replaces `places` by all places inside the range, its ends left out, at which two characters of three bytes meet.
pub(crate) fn find_wide_pairs(text: &[u8], range: Range<usize>, places: &mut Vec<usize>) {
    Isa::fastest().find_wide_pairs(text, range, places);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fastest_is_taken() {
        assert_eq!(Some(&Isa::fastest()), Isa::available().last());
    }
}
