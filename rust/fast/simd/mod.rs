//! The instructions of this processor: one choice for all loops that are compiled for more than one set of them.
//!
//! A loop that gains by wider instructions is a [`Kernel`], generic over [`Vectors`]: what differs between processors. [`Isa::run`]
//! runs it in a copy that is compiled for the instructions. [`vector`] says what they compute, [`vector_x86`](vector::x86),
//! [`vector_avx512`](vector::avx512) and `vector_arm.rs` how.
//!
//! The type is the proof: a value of [`Vectors`] is made only where the processor was asked and has the instructions. So each
//! method takes one, a kernel is given one, and an [`Isa`] holds one. The values have no bytes.
//!
//! Costs of a choice: one load and a branch that is always the same, for each run of a kernel, which is thousands of bytes.

#![allow(unsafe_code)]

mod hash;
pub mod vector;

#[cfg(target_arch = "x86_64")]
use crate::fast::util::cpu::Avx2;
#[cfg(target_arch = "aarch64")]
use vector::arm::Neon;
#[cfg(target_arch = "x86_64")]
use vector::avx512::Avx512;
use vector::{Portable, Vectors};

/// The sets of instructions that a loop can be compiled for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Isa {
    /// Eight bytes in a 64-bit integer: every processor.
    Portable,
    /// 32 bytes, x86-64 from 2013 on.
    #[cfg(target_arch = "x86_64")]
    Avx2(Avx2),
    /// Sixteen numbers of 32 bits, x86-64 from 2019 (Intel) and 2022 (AMD) on.
    #[cfg(target_arch = "x86_64")]
    Avx512(Avx512),
    /// 16 bytes, every 64-bit ARM.
    #[cfg(target_arch = "aarch64")]
    Neon(Neon),
}

/// A loop that is compiled once for each set of instructions.
pub(crate) trait Kernel {
    type Output;
    /// Whether it is compiled for AVX-512, too; else it runs there as for AVX2.
    #[cfg_attr(not(target_arch = "x86_64"), expect(dead_code, reason = "only x86 has these"))]
    const IN_512_BITS: bool = false;

    /// To be `#[inline(always)]`, and all that it calls in its loop: what is not inlined is compiled for every processor.
    fn run<V: Vectors>(self, vectors: V) -> Self::Output;
}

impl Isa {
    /// What this processor can run, slowest first.
    pub fn available() -> Vec<Self> {
        #[allow(unused_mut)]
        let mut all = vec![Self::Portable];
        #[cfg(target_arch = "x86_64")]
        #[allow(clippy::disallowed_methods, reason = "two at the most")]
        {
            all.extend(Avx2::new().map(Self::Avx2));
            all.extend(Avx512::new().map(Self::Avx512));
        }
        #[cfg(target_arch = "aarch64")]
        all.push(Self::Neon(Neon::new()));
        all
    }

    /// The fastest that this processor can run.
    #[inline]
    pub(crate) fn fastest() -> Self {
        #[cfg(target_arch = "x86_64")]
        if let Some(vectors) = Avx512::new() {
            return Self::Avx512(vectors);
        } else if let Some(vectors) = Avx2::new() {
            return Self::Avx2(vectors);
        }
        #[cfg(target_arch = "aarch64")]
        return Self::Neon(Neon::new());
        #[cfg(not(target_arch = "aarch64"))]
        Self::Portable
    }

    /// Whether one register holds sixteen numbers of 32 bits.
    #[inline]
    pub(crate) fn has_wide_numbers(self) -> bool {
        #[cfg(target_arch = "x86_64")]
        return matches!(self, Self::Avx512(_));
        #[cfg(not(target_arch = "x86_64"))]
        false
    }

    /// Runs a kernel with these instructions.
    #[inline]
    pub(crate) fn run<K: Kernel>(self, kernel: K) -> K::Output {
        #[cfg(target_arch = "x86_64")]
        #[target_feature(enable = "avx2,fma,bmi1,bmi2,lzcnt,popcnt,aes")]
        fn with_avx2<K: Kernel>(kernel: K, vectors: Avx2) -> K::Output {
            kernel.run(vectors)
        }
        #[cfg(target_arch = "x86_64")]
        #[target_feature(enable = "avx2,fma,bmi1,bmi2,lzcnt,popcnt,aes,avx512f,avx512bw,avx512vl,avx512vbmi")]
        fn with_avx512<K: Kernel>(kernel: K, vectors: Avx512) -> K::Output {
            kernel.run(vectors)
        }
        match self {
            Self::Portable => kernel.run(Portable),
            // SAFETY: the processor has the instructions, of which the value is the proof.
            #[cfg(target_arch = "x86_64")]
            Self::Avx2(vectors) => unsafe { with_avx2(kernel, vectors) },
            // SAFETY: as above.
            #[cfg(target_arch = "x86_64")]
            Self::Avx512(vectors) if K::IN_512_BITS => unsafe { with_avx512(kernel, vectors) },
            // SAFETY: as above, for AVX2, which is part of it.
            #[cfg(target_arch = "x86_64")]
            Self::Avx512(vectors) => unsafe { with_avx2(kernel, vectors.narrow()) },
            #[cfg(target_arch = "aarch64")]
            Self::Neon(vectors) => kernel.run(vectors),
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
