//! What this processor can do: the one place that asks.
//!
//! A function that is compiled for some instructions may be called only if this processor has them. Each question costs one
//! load. Two threads that ask first at the same time both detect the instructions, and neither waits.

#![cfg(target_arch = "x86_64")]

use std::sync::atomic::{AtomicU8, Ordering};

/// Whether the processor has AVX2, and with it FMA, BMI1, BMI2, LZCNT, POPCNT and AES: x86-64 from 2013 on, but for some small ones.
#[inline]
pub(crate) fn has_avx2() -> bool {
    level() >= AVX2
}

/// Whether it has AVX-512 besides, with VBMI: the processors without it lower their clock for 512 bits.
#[inline]
pub(crate) fn has_avx512() -> bool {
    level() >= AVX512
}

/// The proof that the processor has AVX2, FMA, BMI1, BMI2, LZCNT, POPCNT and AES: only their detection makes one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Avx2(());

impl Avx2 {
    /// None where the processor lacks the instructions.
    #[inline]
    pub fn new() -> Option<Avx2> {
        has_avx2().then_some(Avx2(()))
    }
}

static LEVEL: AtomicU8 = AtomicU8::new(UNKNOWN);
const UNKNOWN: u8 = 0;
const NEITHER: u8 = 1;
const AVX2: u8 = 2;
const AVX512: u8 = 3;

#[inline]
fn level() -> u8 {
    match LEVEL.load(Ordering::Relaxed) {
        UNKNOWN => find_out(),
        level => level,
    }
}

#[cold]
fn find_out() -> u8 {
    let has_avx2 = is_x86_feature_detected!("avx2")
        && is_x86_feature_detected!("fma")
        && is_x86_feature_detected!("bmi1")
        && is_x86_feature_detected!("bmi2")
        && is_x86_feature_detected!("lzcnt")
        && is_x86_feature_detected!("popcnt")
        && is_x86_feature_detected!("aes");
    let has_avx512 = is_x86_feature_detected!("avx512f")
        && is_x86_feature_detected!("avx512bw")
        && is_x86_feature_detected!("avx512vl")
        && is_x86_feature_detected!("avx512vbmi");
    let level = match (has_avx2, has_avx512) {
        (true, true) => AVX512,
        (true, false) => AVX2,
        (false, _) => NEITHER,
    };
    LEVEL.store(level, Ordering::Relaxed);
    level
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answer_is_the_same_each_time_and_true() {
        let avx2 = std::arch::is_x86_feature_detected!("avx2")
            && std::arch::is_x86_feature_detected!("fma")
            && std::arch::is_x86_feature_detected!("bmi1")
            && std::arch::is_x86_feature_detected!("bmi2")
            && std::arch::is_x86_feature_detected!("lzcnt")
            && std::arch::is_x86_feature_detected!("popcnt")
            && is_x86_feature_detected!("aes");
        let avx512 = avx2
            && std::arch::is_x86_feature_detected!("avx512f")
            && std::arch::is_x86_feature_detected!("avx512bw")
            && std::arch::is_x86_feature_detected!("avx512vl")
            && std::arch::is_x86_feature_detected!("avx512vbmi");
        let answers = || [has_avx2(), has_avx512()];
        assert_eq!([answers(), answers()], [[avx2, avx512]; 2]);
        assert_eq!((find_out(), answers()), (level(), [avx2, avx512]));
    }
}
