//! The instructions of this processor: one choice for all loops that are compiled for more than one set of them.
//!
//! A loop that gains by wider instructions is a [`Kernel`], generic over [`Vectors`]: what differs between processors. [`Isa::run`]
//! runs it in a copy that is compiled for the instructions. [`vector`] says what they compute, [`vector_x86`](vector::x86),
//! [`vector_avx512`](vector::avx512) and `vector_arm.rs` how.
//!
//! Costs of a choice: one load and a branch that is always the same, for each run of a kernel, which is thousands of bytes.

#![allow(unsafe_code)]

pub mod vector;

#[cfg(target_arch = "x86_64")]
use crate::fast::util::cpu;
#[cfg(target_arch = "aarch64")]
use vector::arm::Neon;
use vector::{Portable, Vectors};
#[cfg(target_arch = "x86_64")]
use vector::{avx512::Avx512, x86::Avx2};

/// The sets of instructions that a loop can be compiled for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Isa {
    /// Eight bytes in a 64-bit integer: every processor.
    Portable,
    /// 32 bytes, x86-64 from 2013 on.
    #[cfg(target_arch = "x86_64")]
    Avx2,
    /// Sixteen numbers of 32 bits, x86-64 from 2019 (Intel) and 2022 (AMD) on.
    #[cfg(target_arch = "x86_64")]
    Avx512,
    /// 16 bytes, every 64-bit ARM.
    #[cfg(target_arch = "aarch64")]
    Neon,
}

/// A loop that is compiled once for each set of instructions.
pub(crate) trait Kernel {
    type Output;
    /// Whether it is compiled for AVX-512, too; else it runs there as for AVX2.
    #[cfg_attr(not(target_arch = "x86_64"), expect(dead_code, reason = "only x86 has these"))]
    const IN_512_BITS: bool = false;

    /// To be `#[inline(always)]`, and all that it calls in its loop: what is not inlined is compiled for every processor.
    fn run<V: Vectors>(self) -> Self::Output;
}

impl Isa {
    /// What this processor can run, slowest first.
    pub fn available() -> Vec<Self> {
        #[allow(unused_mut)]
        let mut all = vec![Self::Portable];
        #[cfg(target_arch = "x86_64")]
        #[allow(clippy::disallowed_methods, reason = "two at the most")]
        {
            all.extend(cpu::has_avx2().then_some(Self::Avx2));
            all.extend(cpu::has_avx512().then_some(Self::Avx512));
        }
        #[cfg(target_arch = "aarch64")]
        all.push(Self::Neon);
        all
    }

    /// The fastest that this processor can run.
    #[inline]
    pub(crate) fn fastest() -> Self {
        #[cfg(target_arch = "x86_64")]
        if cpu::has_avx512() {
            return Self::Avx512;
        } else if cpu::has_avx2() {
            return Self::Avx2;
        }
        #[cfg(target_arch = "aarch64")]
        return Self::Neon;
        #[cfg(not(target_arch = "aarch64"))]
        Self::Portable
    }

    /// Whether one register holds sixteen numbers of 32 bits.
    #[inline]
    pub(crate) fn has_wide_numbers(self) -> bool {
        #[cfg(target_arch = "x86_64")]
        return self == Self::Avx512;
        #[cfg(not(target_arch = "x86_64"))]
        false
    }

    /// Runs a kernel with these instructions; with those of every processor, if this one lacks them.
    #[inline]
    pub(crate) fn run<K: Kernel>(self, kernel: K) -> K::Output {
        #[cfg(target_arch = "x86_64")]
        #[target_feature(enable = "avx2,bmi1,bmi2,lzcnt,popcnt")]
        fn with_avx2<K: Kernel>(kernel: K) -> K::Output {
            kernel.run::<Avx2>()
        }
        #[cfg(target_arch = "x86_64")]
        #[target_feature(enable = "avx2,bmi1,bmi2,lzcnt,popcnt,avx512f,avx512bw,avx512vl,avx512vbmi")]
        fn with_avx512<K: Kernel>(kernel: K) -> K::Output {
            kernel.run::<Avx512>()
        }
        match self {
            // SAFETY: just asked.
            #[cfg(target_arch = "x86_64")]
            Self::Avx512 if K::IN_512_BITS && cpu::has_avx512() => unsafe { with_avx512(kernel) },
            // SAFETY: just asked.
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 | Self::Avx512 if cpu::has_avx2() => unsafe { with_avx2(kernel) },
            #[cfg(target_arch = "aarch64")]
            Self::Neon => kernel.run::<Neon>(),
            _ => kernel.run::<Portable>(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fastest_is_taken() {
        assert_eq!(Some(&Isa::fastest()), Isa::available().last());
    }
}
