//! The models. Threads of a model are started by the library where it starts them itself, by the checker elsewhere.

use crate::error::{Error, Result};
use crate::parallel::{self, InOrder};
use crate::pool::Pool;
use crate::support::interrupt;
use crate::support::once::Once;
use crate::support::sync::thread::REFUSED;
use crate::threads::on_threads;
use loom::cell::UnsafeCell;
use loom::thread;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// Name, how many times at the most a thread is interrupted where it need not be (None: as often as possible), and the model.
pub type Model = (&'static str, Option<usize>, fn());

pub const ALL: &[Model] = &[
    ("pool: its objects are used by one thread at a time", None, pool),
    ("pool: its objects are used again and again", Some(3), pool_used_again),
    ("pool: objects beyond its slots are dropped", None, full_pool),
    ("once: all see one value, complete", None, once),
    ("once: who only looks sees nothing or all", None, once_looked_at),
    ("order: lists come out in the order of their numbers", None, in_order),
    ("order: a room that grows while others copy", Some(4), in_order_of_three),
    ("threads: results of all", Some(3), all_succeed),
    ("threads: no thread can be started", None, none_starts),
    ("threads: an error of another stops the caller", None, another_fails),
    ("threads: an error of the caller stops the others", Some(4), the_caller_fails),
    ("threads: a panic of another stops the caller and reaches it", None, another_panics),
    ("threads: a panic of the caller stops the others", Some(4), the_caller_panics),
    ("threads: an interrupt stops all", Some(4), interrupted),
    ("threads: an interrupt while the caller waits stops the others", Some(4), interrupted_while_waiting),
    ("batch: ids and offsets in the order of the items", Some(4), batch),
    ("batch: results in the order of the items", Some(4), mapped),
    ("batch: an error of one item is that of all", Some(4), batch_fails),
];

/// Counts what is made and dropped of it. Each use changes memory, so that two at once are seen.
struct Object {
    uses: UnsafeCell<usize>,
    counts: Arc<Counts>,
}

#[derive(Default)]
struct Counts {
    made: AtomicUsize,
    dropped: AtomicUsize,
    uses: AtomicUsize,
}

impl Object {
    fn new(counts: &Arc<Counts>) -> Object {
        counts.made.fetch_add(1, Ordering::Relaxed);
        Object { uses: UnsafeCell::new(0), counts: Arc::clone(counts) }
    }

    fn change(&mut self) {
        // SAFETY: the checker ends the model if another thread uses it.
        self.uses.with_mut(|uses| unsafe { *uses += 1 });
    }

    fn read(&self) -> usize {
        // SAFETY: as in `change`.
        self.uses.with(|uses| unsafe { *uses })
    }
}

impl Drop for Object {
    fn drop(&mut self) {
        self.counts.uses.fetch_add(self.read(), Ordering::Relaxed);
        self.counts.dropped.fetch_add(1, Ordering::Relaxed);
    }
}

impl Counts {
    fn are(&self, uses: usize) {
        assert_eq!(self.made.load(Ordering::Relaxed), self.dropped.load(Ordering::Relaxed), "made and dropped");
        assert_eq!(self.uses.load(Ordering::Relaxed), uses, "uses");
    }
}

fn pool() {
    uses_of_a_pool(1, [1, 1]);
}

fn pool_used_again() {
    uses_of_a_pool(0, [2, 2]);
}

fn full_pool() {
    uses_of_a_pool(2, [1, 1]);
}

/// Two threads use a pool, which holds two objects at first, but for those that are given back at the end.
fn uses_of_a_pool(held: usize, uses: [usize; 2]) {
    let counts = Arc::new(Counts::default());
    let pool = Arc::new(Pool::new());
    let taken = [
        pool.take(|| Ok::<_, ()>(Object::new(&counts))).unwrap(),
        pool.take(|| Ok::<_, ()>(Object::new(&counts))).unwrap(),
    ];
    let kept: Vec<_> = taken.into_iter().take(held).collect();
    let started = uses.map(|uses| {
        let (pool, counts) = (Arc::clone(&pool), Arc::clone(&counts));
        thread::spawn(move || (0..uses).for_each(|_| pool.take(|| Ok::<_, ()>(Object::new(&counts))).unwrap().change()))
    });
    started.into_iter().for_each(|thread| thread.join().unwrap());
    drop(kept);
    drop(pool);
    counts.are(uses.iter().sum());
}

fn once() {
    let counts = Arc::new(Counts::default());
    let cell = Arc::new(Once::new());
    assert!(cell.get().is_none());
    let started = [(); 2].map(|()| {
        let (cell, counts) = (Arc::clone(&cell), Arc::clone(&counts));
        thread::spawn(move || {
            let value: &Shared = cell.get_or_make(|| Shared::new(&counts));
            assert_eq!(value.0.read(), 1);
            std::ptr::from_ref(value) as usize
        })
    });
    let places = started.map(|thread| thread.join().unwrap());
    let place = cell.get().map(|value| std::ptr::from_ref(value) as usize);
    assert_eq!(places.map(Some), [place; 2]);
    let made = counts.made.load(Ordering::Relaxed);
    assert_eq!(counts.dropped.load(Ordering::Relaxed), made - 1, "all but one are dropped");
    drop(cell);
    counts.are(made);
}

fn once_looked_at() {
    let counts = Arc::new(Counts::default());
    let cell = Arc::new(Once::new());
    assert!(cell.get().is_none());
    let maker = {
        let (cell, counts) = (Arc::clone(&cell), Arc::clone(&counts));
        thread::spawn(move || assert_eq!(cell.get_or_make(|| Shared::new(&counts)).0.read(), 1))
    };
    let first = cell.get().map(|value| value.0.read());
    assert!(first.is_none_or(|uses| uses == 1));
    assert!(first.is_none() || cell.get().is_some(), "what has been seen stays");
    maker.join().unwrap();
    assert!(cell.get().is_some());
}

/// An object that has been used once, and is only read from then on.
struct Shared(Object);

// SAFETY: the checker ends the model if it is changed while others read.
unsafe impl Sync for Shared {}

impl Shared {
    fn new(counts: &Arc<Counts>) -> Shared {
        let mut object = Object::new(counts);
        object.change();
        Shared(object)
    }
}

/// Lists of several lengths, which together need more room than there is.
fn list(number: usize) -> Vec<u32> {
    vec![u32::try_from(number).unwrap(); 3 - number % 3]
}

fn in_order() {
    put_in_order([&[0, 2], &[1]]);
}

fn in_order_of_three() {
    put_in_order([&[0], &[1], &[2]]);
}

fn put_in_order<const THREADS: usize>(shares: [&'static [usize]; THREADS]) {
    let queue = Arc::new(InOrder::new(Vec::new(), usize::MAX));
    let started = shares.map(|share| {
        let queue = Arc::clone(&queue);
        thread::spawn(move || {
            for &number in share {
                assert!(queue.put(number, list(number)).unwrap().is_empty());
            }
        })
    });
    started.into_iter().for_each(|thread| thread.join().unwrap());
    let all = Arc::into_inner(queue).unwrap().finish();
    assert_eq!(all, (0..3).flat_map(list).collect::<Vec<_>>());
}

fn endless() -> Result<usize> {
    loop {
        interrupt::check_now()?;
        thread::yield_now();
    }
}

fn failed() -> Result<usize> {
    Err(error())
}

fn error() -> Error {
    Error::Training("on purpose".into())
}

fn panics() -> Result<usize> {
    resume_unwind(Box::new("on purpose"))
}

fn all_succeed() {
    assert_eq!(on_threads(3, || Ok(1), || Ok(2)), Ok(vec![1, 2, 2]));
}

fn none_starts() {
    REFUSED.store(true, Ordering::Relaxed);
    let done = on_threads(3, || Ok(1), || Ok(2));
    REFUSED.store(false, Ordering::Relaxed);
    assert_eq!(done, Ok(vec![1]));
}

fn another_fails() {
    assert_eq!(on_threads(2, endless, failed), Err(error()));
}

fn the_caller_fails() {
    assert_eq!(on_threads(2, failed, endless), Err(error()));
}

fn panic_of(work: impl FnOnce() -> Result<Vec<usize>>) -> &'static str {
    *catch_unwind(AssertUnwindSafe(work)).unwrap_err().downcast().unwrap()
}

fn another_panics() {
    assert_eq!(panic_of(|| on_threads(2, endless, panics)), "on purpose");
}

fn the_caller_panics() {
    assert_eq!(panic_of(|| on_threads(2, panics, endless)), "on purpose");
}

fn interrupted() {
    let work = || on_threads(2, endless, endless).map(drop);
    assert_eq!(interrupt::run_every(Duration::ZERO, || true, work), Err(Error::Interrupted));
}

fn interrupted_while_waiting() {
    let work = || on_threads(2, || Ok(1), endless).map(drop);
    assert_eq!(interrupt::run_every(Duration::ZERO, || true, work), Err(Error::Interrupted));
}

/// Items are said to be large, so that each is a group that is worth a thread.
fn large<T>(_: &T) -> usize {
    1 << 18
}

fn batch() {
    let items = [0, 1, 2];
    let encode = |&item: &usize, ids: &mut Vec<u32>| {
        ids.extend(list(item));
        interrupt::check()
    };
    let (ids, offsets) = parallel::encode_all(&items, 2, large, encode).unwrap();
    assert_eq!(ids, items.into_iter().flat_map(list).collect::<Vec<_>>());
    assert_eq!(offsets, [0, 3, 5, 6]);
}

fn mapped() {
    assert_eq!(parallel::map(&[5, 6, 7], 2, large, |&item| Ok(item + 1)), Ok(vec![6, 7, 8]));
}

fn batch_fails() {
    for wrong in 0..2 {
        let encode = |&item: &usize, ids: &mut Vec<u32>| {
            ids.extend(list(item));
            if item == wrong { Err(error()) } else { Ok(()) }
        };
        assert_eq!(parallel::encode_all(&[0, 1], 2, large, encode), Err(error()));
    }
}
