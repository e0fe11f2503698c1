//! Zeroed words that begin at a cache line and take no memory until they are touched.
//!
//! The system provides a zero page when it is first touched, so a large table that stays empty takes no memory. Costs: a call
//! of the allocator, and 64 bytes more than are used.

#![allow(unsafe_code)]

use std::alloc::{Layout, alloc_zeroed, dealloc};
use std::hint::black_box;
use std::ops::{Deref, DerefMut};
use std::ptr::NonNull;

/// The bytes of a cache line.
const LINE: usize = 64;
/// The bytes of a page; where pages are larger, some are touched more than once.
const PAGE: usize = 4096;

#[derive(Debug)]
pub(crate) struct Zeroed {
    start: NonNull<u64>,
    len: usize,
    /// The allocation that the words are part of.
    memory: NonNull<u8>,
    layout: Layout,
}

impl Zeroed {
    /// None where there is not so much memory.
    pub(crate) fn new(len: usize) -> Option<Zeroed> {
        // Room for the words before the first multiple of a cache line. An allocation that is aligned to it would be cleared by hand.
        let layout = Layout::array::<u64>(len.checked_add(LINE / size_of::<u64>() - 1)?).ok()?;
        // SAFETY: there is room for seven words at least.
        let memory = NonNull::new(unsafe { alloc_zeroed(layout) })?;
        let words = memory.cast::<u64>();
        // SAFETY: that many words further on, seven at most, there is room for `len` words.
        let start = unsafe { words.add(words.align_offset(LINE)) };
        Some(Zeroed { start, len, memory, layout })
    }

    /// Pre-faults every page, for a table that is read before it is written; otherwise a first read maps the shared zero page
    /// and a later write faults again.
    pub(crate) fn present(len: usize) -> Option<Zeroed> {
        let mut zeros = Zeroed::new(len)?;
        for word in zeros.iter_mut().step_by(PAGE / size_of::<u64>()) {
            // Without `black_box` the compiler drops the write: the word is zero already.
            *word = black_box(0);
        }
        Some(zeros)
    }
}

impl Drop for Zeroed {
    fn drop(&mut self) {
        // SAFETY: it was allocated with this layout, and ends with the value.
        unsafe { dealloc(self.memory.as_ptr(), self.layout) };
    }
}

// SAFETY: the words belong to the value alone, as those of a vector do.
unsafe impl Send for Zeroed {}
// SAFETY: as above.
unsafe impl Sync for Zeroed {}

impl Deref for Zeroed {
    type Target = [u64];

    #[inline]
    fn deref(&self) -> &[u64] {
        // SAFETY: the memory holds `len` words from `start` on, and neither moves nor is freed before the value.
        unsafe { std::slice::from_raw_parts(self.start.as_ptr(), self.len) }
    }
}

impl DerefMut for Zeroed {
    #[inline]
    fn deref_mut(&mut self) -> &mut [u64] {
        // SAFETY: as above.
        unsafe { std::slice::from_raw_parts_mut(self.start.as_ptr(), self.len) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zeros_are_aligned_and_all_there() {
        let lens = [0, 1, 7, 8, 9, 1000, 1 << 17, (1 << 20) + 1];
        // Miri looks at a word at a time.
        for &len in if cfg!(miri) { &lens[..6] } else { &lens } {
            let mut zeros = Zeroed::new(len).unwrap();
            assert_eq!(zeros.len(), len);
            assert!(zeros.iter().all(|&word| word == 0));
            zeros.fill(len as u64);
            assert!(zeros.iter().all(|&word| word == len as u64));
            assert_eq!(zeros.as_ptr() as usize % LINE, 0);
            let present = Zeroed::present(len).unwrap();
            assert_eq!((present.len(), present.as_ptr() as usize % LINE), (len, 0));
            assert!(present.iter().all(|&word| word == 0));
        }
        assert!(Zeroed::new(usize::MAX).is_none() && Zeroed::new(usize::MAX / 8 - 7).is_none());
    }
}
