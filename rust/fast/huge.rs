//! Large pages for large memory.
//!
//! New memory comes in pages of 4 KiB, each a call into the system when it is first touched, and each an entry of a table that
//! the processor keeps the last few hundred of. A cache of 8 MiB that is read here and there does not fit that table, and
//! the ids of 20 MB of text are 5,000 pages. Linux gives 2 MiB at a time to who asks before touching.
//!
//! Costs: one system call; up to 2 MiB of memory more than is used. Elsewhere than on Linux nothing happens.

#![allow(unsafe_code)]

/// The bytes of a large page.
pub(crate) const PAGE: usize = 1 << 21;

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

/// Zeros, on large pages where they are many. What nobody has touched is no memory yet.
#[derive(Debug)]
pub(crate) struct Zeros {
    memory: Vec<u64>,
    /// Where they begin: at a multiple of a large page if they are that large, or else of 64 bytes.
    first: usize,
    len: usize,
}

impl Zeros {
    pub(crate) fn new(len: usize) -> Zeros {
        let align = if size_of::<u64>() * len < PAGE { 64 } else { PAGE };
        let spare = align / size_of::<u64>() - 1;
        let memory = vec![0; len + spare];
        ask(memory.as_ptr(), memory.len());
        let first = memory.as_ptr().align_offset(align).min(spare);
        Zeros { memory, first, len }
    }
}

impl std::ops::Deref for Zeros {
    type Target = [u64];

    #[inline]
    fn deref(&self) -> &[u64] {
        &self.memory[self.first..][..self.len]
    }
}

impl std::ops::DerefMut for Zeros {
    #[inline]
    fn deref_mut(&mut self) -> &mut [u64] {
        &mut self.memory[self.first..][..self.len]
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
