//! Things that are dear to make and that one thread uses at a time: take one out, use it, put it back.
//!
//! Each slot holds one thing or nothing, and is emptied and filled by one atomic exchange. No thread ever waits for another:
//! one that finds the slots empty makes a new thing, and one that finds them full drops its own. So a process that was
//! forked while other threads held things is none the worse; it just makes its own.
//!
//! A thread looks first where it has looked before, and each slot is on a cache line of its own; so threads that use a pool
//! often do not disturb each other.
//!
//! Costs: two atomic exchanges a use while threads are no more than slots; 4 KB. Dropping the pool drops what it holds.

#![allow(unsafe_code)]

use std::ptr;
use std::sync::atomic::{AtomicPtr, AtomicUsize, Ordering};

const SLOTS: usize = 64;

#[derive(Debug)]
pub(crate) struct Pool<T> {
    slots: [Slot<T>; SLOTS],
}

#[derive(Debug)]
#[repr(align(64))]
struct Slot<T>(AtomicPtr<T>);

thread_local! {
    /// The slot at which a thread begins to look.
    static HOME: usize = {
        static THREADS: AtomicUsize = AtomicUsize::new(0);
        THREADS.fetch_add(1, Ordering::Relaxed) % SLOTS
    };
}

impl<T: Send> Pool<T> {
    pub(crate) fn new() -> Pool<T> {
        Pool { slots: [const { Slot(AtomicPtr::new(ptr::null_mut())) }; SLOTS] }
    }

    /// All slots, beginning with the thread's own.
    #[inline]
    fn slots_around(&self) -> impl Iterator<Item = &AtomicPtr<T>> {
        // At the end of a thread its variables may be gone.
        let home = HOME.try_with(|home| *home).unwrap_or(0);
        (0..SLOTS).map(move |step| &self.slots[(home + step) % SLOTS].0)
    }

    /// A thing of the pool, if there is one.
    pub(crate) fn take(&self) -> Option<Box<T>> {
        self.slots_around().find_map(|slot| {
            if slot.load(Ordering::Relaxed).is_null() {
                return None;
            }
            let thing = slot.swap(ptr::null_mut(), Ordering::Acquire);
            // SAFETY: what a slot holds came from `Box::into_raw`, and the exchange gives it to this thread alone.
            (!thing.is_null()).then(|| unsafe { Box::from_raw(thing) })
        })
    }

    /// Put a thing back, or drop it where there is no room.
    pub(crate) fn put(&self, thing: Box<T>) {
        let thing = Box::into_raw(thing);
        let placed = self.slots_around().any(|slot| {
            slot.load(Ordering::Relaxed).is_null()
                && slot.compare_exchange(ptr::null_mut(), thing, Ordering::Release, Ordering::Relaxed).is_ok()
        });
        if !placed {
            // SAFETY: it came from `Box::into_raw` above, and no slot took it.
            drop(unsafe { Box::from_raw(thing) });
        }
    }
}

impl<T> Drop for Pool<T> {
    fn drop(&mut self) {
        for Slot(slot) in &mut self.slots {
            let thing = *slot.get_mut();
            if !thing.is_null() {
                // SAFETY: what a slot holds came from `Box::into_raw`, and nobody else sees the pool any more.
                drop(unsafe { Box::from_raw(thing) });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Counted<'c>(&'c AtomicUsize);

    impl Drop for Counted<'_> {
        fn drop(&mut self) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    #[test]
    fn every_thing_is_dropped_once() {
        let drops = AtomicUsize::new(0);
        let made = AtomicUsize::new(0);
        let pool = Pool::new();
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..1000 {
                        let thing = pool.take().unwrap_or_else(|| {
                            made.fetch_add(1, Ordering::Relaxed);
                            Box::new(Counted(&drops))
                        });
                        pool.put(thing);
                    }
                });
            }
        });
        (0..100).for_each(|_| pool.put(Box::new(Counted(&drops))));
        assert!(drops.load(Ordering::Relaxed) >= 36);
        drop(pool);
        assert_eq!(drops.load(Ordering::Relaxed), 100 + made.load(Ordering::Relaxed));
    }
}
