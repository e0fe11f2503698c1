//! What threads share, from the standard library. The pool, the cell, and the work on several threads take it from here, since
//! `loom/` compiles the same files with a module of this name that tries every order in which threads can run.

pub use std::sync::{Mutex, MutexGuard, PoisonError, RwLock, atomic, mpsc};
pub use std::{thread, thread_local};

/// Lets other threads go on, for a moment: for loops that wait for them.
pub fn pause() {
    thread::sleep(std::time::Duration::from_millis(1));
}

/// Says where memory that threads share is used through raw pointers. Only the models look at it.
pub struct RawMemory;

#[allow(clippy::unused_self, reason = "only its twin for the models holds anything")]
impl RawMemory {
    pub fn new() -> RawMemory {
        RawMemory
    }

    /// Runs `access`, which others may do at the same time: to read, or to write places that are its own.
    #[inline]
    pub fn shared<R>(&self, access: impl FnOnce() -> R) -> R {
        access()
    }

    /// Runs `access`, which must be the only one at the time.
    #[inline]
    pub fn exclusive<R>(&self, access: impl FnOnce() -> R) -> R {
        access()
    }
}
