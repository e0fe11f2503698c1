//! A value that is made when it is first asked for, by any thread, also in a child process.
//!
//! The cells of the standard library let one thread make the value while all others wait for it. A process that is forked in that moment
//! leaves its child with a cell that says "being made", and nobody makes it: the child waits forever. Here threads that come at once each
//! make the value; the first to finish gives the cell its own, by one atomic exchange, and the others drop theirs. Nobody waits.
//!
//! Costs: the work, once for each thread that comes before it is done; then one load.

#![allow(unsafe_code)]

use crate::support::sync::atomic::{AtomicPtr, Ordering};
use std::fmt;
use std::marker::PhantomData;
use std::ptr;

/// A cell that is empty, and then holds one value forever.
pub struct Once<T> {
    value: AtomicPtr<T>,
    owns: PhantomData<Box<T>>,
}

impl<T> Once<T> {
    pub const fn new() -> Once<T> {
        Once { value: AtomicPtr::new(ptr::null_mut()), owns: PhantomData }
    }
}

impl<T: Send + Sync> Once<T> {
    /// The value, if it has been made.
    #[inline]
    pub fn get(&self) -> Option<&T> {
        // SAFETY: what the cell holds came from `Box::into_raw`, was complete before it was put there, and stays until the cell
        // is dropped.
        unsafe { self.value.load(Ordering::Acquire).as_ref() }
    }

    /// The value, made now if it has not been.
    #[inline]
    pub fn get_or_make(&self, make: impl FnOnce() -> T) -> &T {
        match self.get() {
            Some(value) => value,
            None => self.put(make()),
        }
    }

    /// Sets the value unless there is one, and returns the one that there is.
    #[cold]
    fn put(&self, value: T) -> &T {
        let made = Box::into_raw(Box::new(value));
        match self.value.compare_exchange(ptr::null_mut(), made, Ordering::AcqRel, Ordering::Acquire) {
            // SAFETY: as in `get`.
            Ok(_) => unsafe { &*made },
            Err(other) => {
                // SAFETY: `made` came from `Box::into_raw` above, and the cell did not take it; `other` as in `get`.
                unsafe {
                    drop(Box::from_raw(made));
                    &*other
                }
            }
        }
    }
}

impl<T: Send + Sync> From<T> for Once<T> {
    fn from(value: T) -> Once<T> {
        let cell = Once::new();
        cell.put(value);
        cell
    }
}

impl<T> Default for Once<T> {
    fn default() -> Once<T> {
        Once::new()
    }
}

impl<T: Clone + Send + Sync> Clone for Once<T> {
    fn clone(&self) -> Once<T> {
        self.get().cloned().map_or_else(Once::new, Once::from)
    }
}

impl<T: fmt::Debug + Send + Sync> fmt::Debug for Once<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("Once").field(&self.get()).finish()
    }
}

impl<T> Drop for Once<T> {
    fn drop(&mut self) {
        let value = self.value.load(Ordering::Relaxed);
        if !value.is_null() {
            // SAFETY: it came from `Box::into_raw`, and nobody else sees the cell any more.
            drop(unsafe { Box::from_raw(value) });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::AtomicUsize;

    struct Counted<'c>(&'c AtomicUsize);

    impl Drop for Counted<'_> {
        fn drop(&mut self) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    #[test]
    fn all_threads_see_one_value_and_each_is_dropped_once() {
        let (made, drops) = (AtomicUsize::new(0), AtomicUsize::new(0));
        for _ in 0..100 {
            let cell = Once::new();
            let seen: Vec<usize> = std::thread::scope(|scope| {
                let get = || {
                    let new = || {
                        made.fetch_add(1, Ordering::Relaxed);
                        Counted(&drops)
                    };
                    ptr::from_ref(cell.get_or_make(new)) as usize
                };
                let threads: Vec<_> = (0..4).map(|_| scope.spawn(get)).collect();
                threads.into_iter().map(|thread| thread.join().unwrap()).collect()
            });
            assert!(seen.iter().all(|&place| place == seen[0]));
        }
        assert_eq!(made.into_inner(), drops.into_inner());
    }

    #[test]
    fn a_cell_holds_its_first_value() {
        let cell = Once::new();
        assert_eq!(cell.get(), None);
        assert_eq!((cell.get_or_make(|| 1), cell.get_or_make(|| 2)), (&1, &1));
        assert_eq!(
            (cell.clone().get(), Once::from(3).get(), Once::<u32>::new().clone().get()),
            (Some(&1), Some(&3), None)
        );
    }
}
