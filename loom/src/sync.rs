//! The twin of `rust/support/sync.rs` for the models: the same names, from a library that tries every order that the memory model allows.

pub use loom::sync::{Mutex, MutexGuard, RwLock};
pub use std::sync::PoisonError;

pub fn pause() {
    loom::thread::yield_now();
}

/// As the checker's, which does not know `const` blocks.
macro_rules! of_thread {
    ($(#[$attribute:meta])* static $name:ident: $type:ty = const $start:block; $($rest:tt)*) => {
        loom::thread_local! { $(#[$attribute])* static $name: $type = $start; }
        $crate::support::sync::of_thread! { $($rest)* }
    };
    () => {};
}
pub(crate) use {of_thread, of_thread as thread_local};

/// Atomics that are exchanged, too, at each use. The checker takes two uses for independent of one another if there was a third
/// between them, and then does not try them the other way round; exchanges always depend on those before.
pub mod atomic {
    use loom::sync::atomic as checked;
    pub use loom::sync::atomic::Ordering;
    use std::sync::OnceLock;

    #[derive(Debug)]
    struct Uses(checked::AtomicUsize);

    impl Uses {
        fn new() -> Uses {
            Uses(checked::AtomicUsize::new(0))
        }

        /// The next use; orders nothing.
        fn next(&self) {
            self.0.swap(0, Ordering::Relaxed);
        }
    }

    pub struct AtomicBool(Uses, checked::AtomicBool);

    impl AtomicBool {
        pub fn new(start: bool) -> AtomicBool {
            AtomicBool(Uses::new(), checked::AtomicBool::new(start))
        }

        pub fn load(&self, order: Ordering) -> bool {
            self.0.next();
            self.1.load(order)
        }

        pub fn fetch_or(&self, other: bool, order: Ordering) -> bool {
            self.0.next();
            self.1.fetch_or(other, order)
        }
    }

    pub struct AtomicUsize(Uses, checked::AtomicUsize);

    impl AtomicUsize {
        pub fn new(start: usize) -> AtomicUsize {
            AtomicUsize(Uses::new(), checked::AtomicUsize::new(start))
        }

        pub fn load(&self, order: Ordering) -> usize {
            self.0.next();
            self.1.load(order)
        }

        pub fn fetch_add(&self, more: usize, order: Ordering) -> usize {
            self.0.next();
            self.1.fetch_add(more, order)
        }

        pub fn fetch_sub(&self, less: usize, order: Ordering) -> usize {
            self.0.next();
            self.1.fetch_sub(less, order)
        }
    }

    /// A pointer that can be made in a constant, as the standard library's. It begins to be modelled when it is first used, which
    /// a model has to do before it starts threads.
    #[derive(Debug)]
    pub struct AtomicPtr<T>(OnceLock<(Uses, checked::AtomicPtr<T>)>);

    impl<T> AtomicPtr<T> {
        pub const fn new(start: *mut T) -> AtomicPtr<T> {
            assert!(start.is_null(), "only such ones are made");
            AtomicPtr(OnceLock::new())
        }

        #[allow(clippy::disallowed_methods, reason = "the checker runs all threads in one, and nothing forks")]
        fn next(&self) -> &checked::AtomicPtr<T> {
            let (uses, pointer) = self.0.get_or_init(|| (Uses::new(), checked::AtomicPtr::new(std::ptr::null_mut())));
            uses.next();
            pointer
        }

        pub fn load(&self, order: Ordering) -> *mut T {
            self.next().load(order)
        }

        pub fn swap(&self, new: *mut T, order: Ordering) -> *mut T {
            self.next().swap(new, order)
        }

        pub fn compare_exchange(
            &self,
            current: *mut T,
            new: *mut T,
            success: Ordering,
            failure: Ordering,
        ) -> Result<*mut T, *mut T> {
            self.next().compare_exchange(current, new, success, failure)
        }
    }
}

/// Memory used through raw pointers: two uses that are not ordered, of which one is exclusive, end the model.
pub struct RawMemory(loom::cell::UnsafeCell<()>, atomic::AtomicUsize);

// SAFETY: nothing is in it, and its uses are what is checked.
unsafe impl Sync for RawMemory {}

impl RawMemory {
    pub fn new() -> RawMemory {
        RawMemory(loom::cell::UnsafeCell::new(()), atomic::AtomicUsize::new(0))
    }

    #[track_caller]
    pub fn shared<R>(&self, access: impl FnOnce() -> R) -> R {
        self.0.with(|_| self.during(access))
    }

    #[track_caller]
    pub fn exclusive<R>(&self, access: impl FnOnce() -> R) -> R {
        self.0.with_mut(|_| self.during(access))
    }

    /// Other threads can run between the two halves of a use.
    fn during<R>(&self, access: impl FnOnce() -> R) -> R {
        self.1.fetch_add(1, atomic::Ordering::Relaxed);
        access()
    }
}

/// A channel that says only whether there still are senders. Waiting may run out at any moment.
pub mod mpsc {
    use loom::sync::atomic::{AtomicUsize, Ordering};
    use std::marker::PhantomData;
    use std::sync::Arc;
    pub use std::sync::mpsc::RecvTimeoutError;
    use std::time::Duration;

    pub struct Sender<T>(Arc<AtomicUsize>, PhantomData<T>);
    pub struct Receiver<T>(Arc<AtomicUsize>, PhantomData<T>);

    pub fn channel<T>() -> (Sender<T>, Receiver<T>) {
        let senders = Arc::new(AtomicUsize::new(1));
        (Sender(Arc::clone(&senders), PhantomData), Receiver(senders, PhantomData))
    }

    impl<T> Clone for Sender<T> {
        fn clone(&self) -> Sender<T> {
            self.0.fetch_add(1, Ordering::Relaxed);
            Sender(Arc::clone(&self.0), PhantomData)
        }
    }

    impl<T> Drop for Sender<T> {
        fn drop(&mut self) {
            self.0.fetch_sub(1, Ordering::Release);
        }
    }

    impl<T> Receiver<T> {
        pub fn recv_timeout(&self, _: Duration) -> Result<T, RecvTimeoutError> {
            if self.0.load(Ordering::Acquire) == 0 {
                return Err(RecvTimeoutError::Disconnected);
            }
            loom::thread::yield_now();
            Err(RecvTimeoutError::Timeout)
        }
    }
}

/// Threads that borrow from the one that starts them.
pub mod thread {
    use std::cell::RefCell;
    use std::io;
    use std::marker::PhantomData;
    use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::sync::{Arc, Mutex, PoisonError};
    pub use std::thread::Result;

    /// Whether the system refuses threads.
    pub static REFUSED: AtomicBool = AtomicBool::new(false);

    pub struct Scope<'scope, 'env: 'scope> {
        running: RefCell<Vec<Option<loom::thread::JoinHandle<()>>>>,
        lifetimes: PhantomData<(&'scope mut &'scope (), &'env mut &'env ())>,
    }

    pub struct ScopedJoinHandle<'scope, 'env, T> {
        scope: &'scope Scope<'scope, 'env>,
        number: usize,
        result: Arc<Mutex<Option<Result<T>>>>,
    }

    pub fn scope<'env, T>(run: impl for<'scope> FnOnce(&'scope Scope<'scope, 'env>) -> T) -> T {
        let scope = Scope { running: RefCell::default(), lifetimes: PhantomData };
        // SAFETY: what is started here has ended before this function returns, so nothing sees the scope after that.
        let borrowed = unsafe { &*std::ptr::from_ref(&scope) };
        let done = catch_unwind(AssertUnwindSafe(|| run(borrowed)));
        let started = scope.running.borrow().len();
        (0..started).for_each(|number| scope.wait_for(number));
        done.unwrap_or_else(|panic| resume_unwind(panic))
    }

    impl Scope<'_, '_> {
        fn wait_for(&self, number: usize) {
            let running = self.running.borrow_mut()[number].take();
            if let Some(running) = running {
                running.join().expect("its work is caught");
            }
        }
    }

    pub struct Builder;

    impl Builder {
        pub fn new() -> Builder {
            Builder
        }

        pub fn spawn_scoped<'scope, 'env, T: Send + 'scope>(
            self,
            scope: &'scope Scope<'scope, 'env>,
            work: impl FnOnce() -> T + Send + 'scope,
        ) -> io::Result<ScopedJoinHandle<'scope, 'env, T>> {
            if REFUSED.load(Ordering::Relaxed) {
                return Err(io::ErrorKind::WouldBlock.into());
            }
            let result = Arc::new(Mutex::new(None));
            let place = Arc::clone(&result);
            let work: Box<dyn FnOnce() + 'scope> = Box::new(move || {
                let done = catch_unwind(AssertUnwindSafe(work));
                *place.lock().unwrap_or_else(PoisonError::into_inner) = Some(done);
            });
            // SAFETY: `scope` waits for the thread, so all that the work borrows outlives it.
            let work: Box<dyn FnOnce() + 'static> = unsafe { std::mem::transmute(work) };
            let mut running = scope.running.borrow_mut();
            running.push(Some(loom::thread::spawn(work)));
            Ok(ScopedJoinHandle { scope, number: running.len() - 1, result })
        }
    }

    impl<T> ScopedJoinHandle<'_, '_, T> {
        pub fn join(self) -> Result<T> {
            self.scope.wait_for(self.number);
            self.result.lock().unwrap_or_else(PoisonError::into_inner).take().expect("it has ended")
        }
    }
}
