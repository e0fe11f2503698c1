//! Small allocations that do not fail: a reserve for the moment in which memory runs out.
//!
//! Whatever grows with a text, with ids or with a file is asked for by `try_reserve`, and is a `MemoryError` where it cannot be had.
//! What is small and of a fixed size is asked for as usual, and would end the process. So a block is set aside, of which nothing
//! is touched; when a small request fails, the block is given back, and there is room for the requests that stand between this
//! moment and the next large one, which fails as it should. Work without the GIL begins by setting the block aside again.
//!
//! Costs: a comparison for each allocation; no memory, but address space.

#![allow(unsafe_code)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::ptr;
use std::sync::atomic::{AtomicPtr, Ordering};

/// The reserve, and the greatest request for which it is given back.
const RESERVE: Layout = Layout::new::<[u8; 8 << 20]>();
const SMALL: usize = 1 << 18;

static BLOCK: AtomicPtr<u8> = AtomicPtr::new(ptr::null_mut());

struct Allocator;

#[global_allocator]
static ALLOCATOR: Allocator = Allocator;

/// Sets the reserve aside, unless it is there, or cannot be had.
pub fn set_aside() {
    if BLOCK.load(Ordering::Relaxed).is_null() {
        // SAFETY: the layout is not empty.
        let block = unsafe { System.alloc(RESERVE) };
        if BLOCK.compare_exchange(ptr::null_mut(), block, Ordering::AcqRel, Ordering::Relaxed).is_err() {
            // SAFETY: another thread was faster; the cell did not take this block, which may be null.
            unsafe { free(block) };
        }
    }
}

/// Gives the reserve back for a request of that size; whether it was there.
#[cold]
fn give_back(size: usize) -> bool {
    if size > SMALL {
        return false;
    }
    let block = BLOCK.swap(ptr::null_mut(), Ordering::AcqRel);
    // SAFETY: what the cell held is a block or null, and nobody else has it any more.
    unsafe { free(block) };
    !block.is_null()
}

/// # Safety
///
/// It is null, or a block of the reserve's layout that nobody uses.
unsafe fn free(block: *mut u8) {
    if !block.is_null() {
        // SAFETY: as the caller promises.
        unsafe { System.dealloc(block, RESERVE) };
    }
}

// SAFETY: every call goes to the system's allocator with what the caller gave; one that failed is made once more.
unsafe impl GlobalAlloc for Allocator {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as the caller promises.
        let made = unsafe { System.alloc(layout) };
        if made.is_null() && give_back(layout.size()) {
            // SAFETY: as above.
            return unsafe { System.alloc(layout) };
        }
        made
    }

    #[inline]
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as the caller promises.
        let made = unsafe { System.alloc_zeroed(layout) };
        if made.is_null() && give_back(layout.size()) {
            // SAFETY: as above.
            return unsafe { System.alloc_zeroed(layout) };
        }
        made
    }

    #[inline]
    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: as the caller promises.
        let made = unsafe { System.realloc(block, layout, size) };
        if made.is_null() && give_back(size) {
            // SAFETY: as above: a call that failed has left the block as it was.
            return unsafe { System.realloc(block, layout, size) };
        }
        made
    }

    #[inline]
    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: as the caller promises.
        unsafe { System.dealloc(block, layout) };
    }
}
