//! Large pages for large memory.
//!
//! New memory comes in pages of 4 KiB, each a call into the system when it is first touched, and each an entry of a table that
//! the processor keeps the last few hundred of. A cache of 8 MiB that is read here and there does not fit that table, and
//! the ids of 20 MB of text are 5,000 pages. Linux gives 2 MiB at a time to who asks before touching.
//!
//! Costs: one system call; up to 2 MiB of memory more than is used. Elsewhere than on Linux nothing happens.

#![allow(unsafe_code)]

use memmap2::MmapMut;
use std::ops::{Deref, DerefMut};
use std::ptr::NonNull;

/// The bytes of a large page.
pub(crate) const PAGE: usize = 1 << 21;

/// The bytes of a cache line.
const LINE: usize = 64;

/// Ask for large pages for `count` things from `start` on, which nobody has touched yet. Does nothing for less than a page.
pub(crate) fn ask<T>(start: *const T, count: usize) {
    let first = (start as usize).next_multiple_of(PAGE);
    let end = (start as usize).saturating_add(count.saturating_mul(size_of::<T>())) / PAGE * PAGE;
    if first < end {
        advise(first, end - first);
    }
}

/// A vector with room for so many things, on large pages where it is large.
pub(crate) fn with_capacity<T>(capacity: usize) -> Vec<T> {
    let vec = Vec::with_capacity(capacity);
    ask(vec.as_ptr(), vec.capacity());
    vec
}

/// Zeros, on large pages where they are many. What nobody has touched is no memory yet: where they are many, they come from
/// the system, since an allocator may have some that was used, which would all have to be cleared.
#[derive(Debug)]
pub(crate) struct Zeros {
    start: NonNull<u64>,
    len: usize,
    /// What the words are part of.
    _memory: Memory,
}

#[derive(Debug)]
enum Memory {
    Mapped(#[expect(dead_code)] MmapMut),
    Allocated(#[expect(dead_code)] Vec<u64>),
}

impl Zeros {
    pub(crate) fn new(len: usize) -> Zeros {
        let bytes = size_of::<u64>() * len;
        if bytes >= PAGE / 2
            && let Ok(mut memory) = MmapMut::map_anon(bytes.next_multiple_of(PAGE) + PAGE)
        {
            let aligned = memory.as_ptr().align_offset(PAGE);
            ask(memory[aligned..].as_ptr(), bytes.next_multiple_of(PAGE));
            if let Some(start) = NonNull::new(memory[aligned..].as_mut_ptr().cast()) {
                return Zeros { start, len, _memory: Memory::Mapped(memory) };
            }
        }
        // Room for as many as can stand before the first multiple of a cache line.
        let mut memory = vec![0; len + LINE / size_of::<u64>() - 1];
        let aligned = memory.as_ptr().align_offset(LINE);
        let start = NonNull::from(&mut memory[aligned..]).cast();
        Zeros { start, len, _memory: Memory::Allocated(memory) }
    }
}

// SAFETY: the words belong to the value alone, as those of a vector do.
unsafe impl Send for Zeros {}
// SAFETY: as above.
unsafe impl Sync for Zeros {}

impl Deref for Zeros {
    type Target = [u64];

    #[inline]
    fn deref(&self) -> &[u64] {
        // SAFETY: the memory holds so many words from there on, and neither moves nor goes before the value.
        unsafe { std::slice::from_raw_parts(self.start.as_ptr(), self.len) }
    }
}

impl DerefMut for Zeros {
    #[inline]
    fn deref_mut(&mut self) -> &mut [u64] {
        // SAFETY: as above.
        unsafe { std::slice::from_raw_parts_mut(self.start.as_ptr(), self.len) }
    }
}

/// Give back the room of a large vector that was not used.
pub(crate) fn give_back<T>(vec: &mut Vec<T>) {
    if size_of::<T>() * vec.capacity() >= PAGE {
        vec.shrink_to_fit();
    }
}

#[cfg(target_os = "linux")]
fn advise(first: usize, bytes: usize) {
    // SAFETY: this advice changes no content of any memory; what cannot take it is refused, which does no harm.
    unsafe { libc::madvise(first as *mut libc::c_void, bytes, libc::MADV_HUGEPAGE) };
}

#[cfg(not(target_os = "linux"))]
fn advise(_: usize, _: usize) {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zeros_are_aligned_and_all_there() {
        for len in [0, 1, 7, 8, 9, 1000, PAGE / 16 - 1, PAGE / 16, PAGE / 8, PAGE / 8 + 1, PAGE] {
            let mut zeros = Zeros::new(len);
            assert_eq!(zeros.len(), len);
            assert!(zeros.iter().all(|&word| word == 0));
            zeros.fill(len as u64);
            assert!(zeros.iter().all(|&word| word == len as u64));
            let align = if 8 * len < PAGE / 2 { LINE } else { PAGE };
            assert_eq!(zeros.as_ptr() as usize % align, 0);
        }
    }
}
