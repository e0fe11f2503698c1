//! What this processor can do: the one place that asks.

#[cfg(target_arch = "x86_64")]
use std::sync::atomic::{AtomicU8, Ordering};

/// Whether the processor has AVX2, and with it BMI1, BMI2, LZCNT and POPCNT: x86-64 from 2013 on, but for some small ones.
///
/// A function that is compiled for some of these instructions may be called if this returned true. Costs one load. Two threads
/// that call it first at the same time both detect the instructions, and neither waits.
#[cfg(target_arch = "x86_64")]
#[inline]
pub(crate) fn has_avx2() -> bool {
    match ANSWER.load(Ordering::Relaxed) {
        UNKNOWN => find_out(),
        answer => answer == YES,
    }
}

#[cfg(target_arch = "x86_64")]
static ANSWER: AtomicU8 = AtomicU8::new(UNKNOWN);
#[cfg(target_arch = "x86_64")]
const UNKNOWN: u8 = 0;
#[cfg(target_arch = "x86_64")]
const NO: u8 = 1;
#[cfg(target_arch = "x86_64")]
const YES: u8 = 2;

#[cfg(target_arch = "x86_64")]
#[cold]
fn find_out() -> bool {
    let has = is_x86_feature_detected!("avx2")
        && is_x86_feature_detected!("bmi1")
        && is_x86_feature_detected!("bmi2")
        && is_x86_feature_detected!("lzcnt")
        && is_x86_feature_detected!("popcnt");
    ANSWER.store(if has { YES } else { NO }, Ordering::Relaxed);
    has
}

#[cfg(all(test, target_arch = "x86_64"))]
mod tests {
    use super::*;

    #[test]
    fn the_answer_is_the_same_each_time_and_true() {
        let all = std::arch::is_x86_feature_detected!("avx2")
            && std::arch::is_x86_feature_detected!("bmi1")
            && std::arch::is_x86_feature_detected!("bmi2")
            && std::arch::is_x86_feature_detected!("lzcnt")
            && std::arch::is_x86_feature_detected!("popcnt");
        assert_eq!([has_avx2(), has_avx2(), find_out(), has_avx2()], [all; 4]);
    }
}
