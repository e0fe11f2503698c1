//! A pool of objects that are expensive to make and used by one thread at a time. A guard gives each back when it is dropped.
//!
//! Each slot holds one object or nothing, and is emptied and filled by one atomic exchange. No thread ever waits for another:
//! one that finds the slots empty makes a new object, and one that finds them full drops its own. So a process that was
//! forked while other threads held objects just makes new ones.
//!
//! A thread begins at the slot it used before, and each slot has a cache line to itself, so threads do not disturb each other.
//!
//! Costs: two atomic exchanges a use while threads are no more than slots; 4 KB. Dropping the pool drops what it holds.

#![allow(unsafe_code)]

use crate::support::sync::atomic::{AtomicPtr, Ordering};
use std::mem::ManuallyDrop;
use std::ops::{Deref, DerefMut};
use std::ptr;
use std::sync::atomic::AtomicUsize;

const SLOTS: usize = if cfg!(loom) { 2 } else { 64 };

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

    /// Takes an object from the pool, or makes one if there is none. It goes back when the guard is dropped.
    #[inline]
    pub(crate) fn take<E>(&self, make: impl FnOnce() -> Result<T, E>) -> Result<Pooled<'_, T>, E> {
        let thing = match self.find() {
            Some(thing) => thing,
            None => Box::new(make()?),
        };
        Ok(Pooled { pool: self, thing: ManuallyDrop::new(thing) })
    }

    fn find(&self) -> Option<Box<T>> {
        self.slots_around().find_map(take_from)
    }

    /// Calls `look` with each object that is in the pool; not with those that are in use.
    pub(crate) fn each(&self, mut look: impl FnMut(&T)) {
        for slot in &self.slots {
            if let Some(thing) = take_from(&slot.0) {
                look(&thing);
                self.put(thing);
            }
        }
    }

    /// Drops the objects that are in the pool.
    pub(crate) fn clear(&self) {
        self.slots.iter().for_each(|slot| drop(take_from(&slot.0)));
    }

    /// Puts an object back, or drops it where there is no room.
    fn put(&self, thing: Box<T>) {
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

/// What a slot holds.
#[inline]
fn take_from<T>(slot: &AtomicPtr<T>) -> Option<Box<T>> {
    if slot.load(Ordering::Relaxed).is_null() {
        return None;
    }
    let thing = slot.swap(ptr::null_mut(), Ordering::Acquire);
    // SAFETY: what a slot holds came from `Box::into_raw`, and the exchange gives it to this thread alone.
    (!thing.is_null()).then(|| unsafe { Box::from_raw(thing) })
}

/// An object taken from a pool. It goes back when this guard is dropped, unless the thread panics: then it may be half changed.
#[derive(Debug)]
pub(crate) struct Pooled<'p, T: Send> {
    pool: &'p Pool<T>,
    thing: ManuallyDrop<Box<T>>,
}

impl<T: Send> Deref for Pooled<'_, T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        &self.thing
    }
}

impl<T: Send> DerefMut for Pooled<'_, T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut T {
        &mut self.thing
    }
}

impl<T: Send> Drop for Pooled<'_, T> {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: the guard is being dropped, so nobody uses the field after this.
        let thing = unsafe { ManuallyDrop::take(&mut self.thing) };
        if !std::thread::panicking() {
            self.pool.put(thing);
        }
    }
}

impl<T> Drop for Pool<T> {
    fn drop(&mut self) {
        for Slot(slot) in &self.slots {
            let thing = slot.load(Ordering::Relaxed);
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
                        drop(pool.take(|| {
                            made.fetch_add(1, Ordering::Relaxed);
                            Ok::<_, ()>(Counted(&drops))
                        }));
                    }
                });
            }
        });
        (0..100).for_each(|_| pool.put(Box::new(Counted(&drops))));
        assert!(drops.load(Ordering::Relaxed) >= 36);
        drop(pool);
        assert_eq!(drops.load(Ordering::Relaxed), 100 + made.load(Ordering::Relaxed));
    }

    #[test]
    fn what_is_given_back_is_taken_again_and_nothing_else() {
        let pool = Pool::new();
        *pool.take(|| Ok::<_, ()>(1)).unwrap() += 10;
        let mut first = pool.take(|| Ok::<_, ()>(2)).unwrap();
        assert_eq!(*first, 11);
        let second = pool.take(|| Ok::<_, ()>(3)).unwrap();
        assert_eq!(*second, 3);
        *first += 10;
        drop(first);
        assert_eq!((*pool.take(|| Ok::<_, ()>(4)).unwrap(), *second), (21, 3));
    }

    #[test]
    fn a_pool_keeps_as_many_things_as_it_has_slots() {
        let (drops, made) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let pool = Pool::new();
        let take = |count: usize| {
            let counted = || {
                made.fetch_add(1, Ordering::Relaxed);
                Counted(&drops)
            };
            drop((0..count).map(|_| pool.take(|| Ok::<_, ()>(counted())).unwrap()).collect::<Vec<_>>());
            (made.load(Ordering::Relaxed), drops.load(Ordering::Relaxed))
        };
        assert_eq!(take(SLOTS + 3), (SLOTS + 3, 3));
        assert_eq!(take(SLOTS), (SLOTS + 3, 3));
        assert_eq!(std::thread::scope(|scope| scope.spawn(|| take(SLOTS)).join().unwrap()), (SLOTS + 3, 3));
        assert_eq!(take(SLOTS + 1), (SLOTS + 4, 4));
    }

    #[test]
    fn what_is_in_the_pool_is_seen_and_dropped() {
        let drops = AtomicUsize::new(0);
        let pool = Pool::new();
        let used = pool.take(|| Ok::<_, ()>(Counted(&drops))).unwrap();
        drop([(); 3].map(|()| pool.take(|| Ok::<_, ()>(Counted(&drops))).unwrap()));
        let seen = || {
            let mut seen = 0;
            pool.each(|_| seen += 1);
            seen
        };
        assert_eq!([seen(), seen()], [3, 3]);
        pool.clear();
        assert_eq!((seen(), drops.load(Ordering::Relaxed)), (0, 3));
        drop(used);
        assert_eq!((seen(), drops.load(Ordering::Relaxed)), (1, 3));
    }

    #[test]
    fn what_a_panic_leaves_is_not_used_again() {
        let pool = Pool::new();
        let panicked = std::thread::scope(|scope| {
            let work = scope.spawn(|| {
                *pool.take(|| Ok::<_, ()>(0)).unwrap() = 1;
                let mut thing = pool.take(|| Ok::<_, ()>(2)).unwrap();
                *thing += 10;
                panic!("half way through {}", *thing);
            });
            work.join()
        });
        assert!(panicked.is_err());
        assert_eq!(*pool.take(|| Ok::<_, ()>(3)).unwrap(), 3);
    }
}
