//! Zeroed words that begin at a cache line and take no memory until they are touched.
//!
//! The system provides a zero page when it is first touched, so a large table that stays empty takes no memory. Costs: a call
//! of the allocator, and 64 bytes more than are used.

#![allow(unsafe_code)]

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
    _memory: Vec<u64>,
}

impl Zeroed {
    pub(crate) fn new(len: usize) -> Zeroed {
        // Room for the words before the first multiple of a cache line.
        let mut memory = vec![0; len + LINE / size_of::<u64>() - 1];
        let aligned = memory.as_ptr().align_offset(LINE);
        let start = NonNull::from(&mut memory[aligned..]).cast();
        Zeroed { start, len, _memory: memory }
    }

    /// Pre-faults every page, for a table that is read before it is written; otherwise a first read maps the shared zero page
    /// and a later write faults again.
    pub(crate) fn present(len: usize) -> Zeroed {
        let mut zeros = Zeroed::new(len);
        for word in zeros.iter_mut().step_by(PAGE / size_of::<u64>()) {
            // Without `black_box` the compiler drops the write: the word is zero already.
            *word = black_box(0);
        }
        zeros
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
        for len in [0, 1, 7, 8, 9, 1000, 1 << 17, (1 << 20) + 1] {
            let mut zeros = Zeroed::new(len);
            assert_eq!(zeros.len(), len);
            assert!(zeros.iter().all(|&word| word == 0));
            zeros.fill(len as u64);
            assert!(zeros.iter().all(|&word| word == len as u64));
            assert_eq!(zeros.as_ptr() as usize % LINE, 0);
            let present = Zeroed::present(len);
            assert_eq!((present.len(), present.as_ptr() as usize % LINE), (len, 0));
            assert!(present.iter().all(|&word| word == 0));
        }
    }
}
