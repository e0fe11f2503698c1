//! A hint to the processor that memory will be read soon. Nothing on processors whose hint the language does not offer.

#![allow(unsafe_code)]

/// Fetch the cache line of `slice[index]` ahead of its use; an index out of range is harmless.
#[inline(always)]
#[allow(clippy::inline_always)] // A call would cost more than the hint.
pub fn prefetch<T>(slice: &[T], index: usize) {
    #[cfg(target_arch = "x86_64")]
    {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        // SAFETY: a prefetch reads nothing and never faults, whatever the address; `wrapping_add` makes no promise about
        // it either. SSE, which it needs, is part of every x86-64 processor.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(slice.as_ptr().wrapping_add(index).cast()) }
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = (slice, index);
}
