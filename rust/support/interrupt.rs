//! Long work that its caller may stop.
//!
//! The caller [`run`]s the work with a question: shall it stop? Loops that may be long ask by [`check`], which costs a few
//! instructions, looks at the clock at every sixteenth call, and puts the question no more than [`EVERY`]. Once the answer
//! is yes it stays yes: `run` gives [`Error::Interrupted`], whatever the work gives. So a function that cannot fail asks by
//! [`stopped`] and returns early with anything; its result is never seen.
//!
//! The question belongs to the thread, not to the functions on the way, so that the mirror reads as its twin does. Work that
//! is shared among threads hands it on: the caller's thread asks, and the others look at a flag (`fast/util/threads.rs`).

use crate::error::{Error, Result};
use crate::support::sync::thread_local;
use std::cell::{Cell, RefCell};
use std::ops::Range;
use std::rc::Rc;
use std::time::{Duration, Instant};

/// How often the question is put.
pub const EVERY: Duration = Duration::from_millis(50);
/// How many items of a large array are copied or read, at the most, between two calls of [`check`].
pub const STRETCH: usize = if cfg!(test) { 5 } else { 1 << 18 };
/// How many calls of [`check`] there are to a look at the clock.
const CALLS: u32 = if cfg!(fuzzing) { 1 } else { 16 };

thread_local! {
    static CALLS_LEFT: Cell<u32> = const { Cell::new(CALLS) };
    static WATCH: RefCell<Option<Rc<Watch>>> = const { RefCell::new(None) };
}

/// The question that the work on a thread asks.
struct Watch {
    stop: Box<dyn Fn() -> bool>,
    every: Duration,
    asked: Cell<Instant>,
    stopped: Cell<bool>,
}

impl Watch {
    fn ask(&self) -> bool {
        if !self.stopped.get() && self.asked.get().elapsed() >= self.every {
            self.stopped.set((self.stop)());
            self.asked.set(Instant::now());
        }
        self.stopped.get()
    }
}

/// Puts back the watch of the work around this one, also when this one panics.
struct Restore(Option<Rc<Watch>>);

impl Drop for Restore {
    fn drop(&mut self) {
        let outer = self.0.take();
        WATCH.with(|watch| watch.replace(outer));
    }
}

/// Runs `work`, which asks at intervals whether to stop; an error if it was stopped.
pub fn run<T>(stop: impl Fn() -> bool + 'static, work: impl FnOnce() -> Result<T>) -> Result<T> {
    run_every(EVERY, stop, work)
}

/// As [`run`], for a question that may be asked that often.
pub fn run_every<T>(every: Duration, stop: impl Fn() -> bool + 'static, work: impl FnOnce() -> Result<T>) -> Result<T> {
    let watch =
        Rc::new(Watch { stop: Box::new(stop), every, asked: Cell::new(Instant::now()), stopped: Cell::new(false) });
    let _restore = Restore(WATCH.with(|outer| outer.replace(Some(Rc::clone(&watch)))));
    let result = work();
    if watch.stopped.get() { Err(Error::Interrupted) } else { result }
}

/// As [`run_every`], for work that ends also when the work around it is to stop.
pub fn run_within<T>(
    every: Duration,
    stop: impl Fn() -> bool + 'static,
    work: impl FnOnce() -> Result<T>,
) -> Result<T> {
    let outer = WATCH.with(|watch| watch.borrow().clone());
    run_every(every, move || stop() || outer.as_ref().is_some_and(|outer| outer.ask()), work)
}

/// Does some work that is not to be stopped.
pub fn unwatched<T>(work: impl FnOnce() -> T) -> T {
    let _restore = Restore(WATCH.with(RefCell::take));
    work()
}

/// An error if the work on this thread is to stop.
#[inline]
pub fn check() -> Result<()> {
    if stopped() { Err(Error::Interrupted) } else { Ok(()) }
}

/// Whether the work on this thread is to stop.
#[inline]
pub fn stopped() -> bool {
    let left = CALLS_LEFT.with(Cell::get);
    if left > 1 {
        CALLS_LEFT.with(|calls| calls.set(left - 1));
        return false;
    }
    CALLS_LEFT.with(|calls| calls.set(CALLS));
    ask()
}

/// Appends items, and looks at whether to stop after each stretch of many.
pub fn append<T>(out: &mut Vec<T>, mut items: impl ExactSizeIterator<Item = T>) -> Result<()> {
    out.try_reserve(items.len())?;
    if items.len() <= STRETCH {
        out.extend(items);
        return Ok(());
    }
    while items.len() > 0 {
        out.extend(items.by_ref().take(STRETCH));
        check()?;
    }
    Ok(())
}

/// The first place of a range that is wanted; None too where the work is to stop.
#[inline]
pub fn find(places: Range<usize>, mut wanted: impl FnMut(usize) -> bool) -> Option<usize> {
    let mut from = places.start;
    while from < places.end {
        let until = places.end.min(from.saturating_add(STRETCH));
        if let Some(found) = (from..until).find(|&place| wanted(place)) {
            return Some(found);
        }
        if stopped() {
            return None;
        }
        from = until;
    }
    None
}

/// As [`find`], for the last place.
pub fn find_last(places: Range<usize>, mut wanted: impl FnMut(usize) -> bool) -> Option<usize> {
    let mut until = places.end;
    while until > places.start {
        let from = places.start.max(until.saturating_sub(STRETCH));
        if let Some(found) = (from..until).rfind(|&place| wanted(place)) {
            return Some(found);
        }
        if stopped() {
            return None;
        }
        until = from;
    }
    None
}

/// [`stopped`], without waiting for the sixteenth call: for a thread that waits for others.
pub fn stopped_now() -> bool {
    ask()
}

/// [`check`], without waiting for the sixteenth call: before work that takes long by itself.
pub fn check_now() -> Result<()> {
    if stopped_now() { Err(Error::Interrupted) } else { Ok(()) }
}

#[cold]
fn ask() -> bool {
    // The question may run anything, other work with its own question too, so nothing is borrowed while it is put.
    let Some(watch) = WATCH.with(|watch| watch.borrow().clone()) else { return false };
    let stopped = watch.ask();
    if stopped {
        CALLS_LEFT.with(|calls| calls.set(1)); // The next call stops, too.
    }
    stopped
}

#[cfg(test)]
mod tests {
    use super::*;

    fn calls(n: u32) -> Result<u32> {
        let mut done = 0;
        for _ in 0..n {
            check()?;
            done += 1;
        }
        Ok(done)
    }

    #[test]
    fn work_that_nobody_watches_goes_on() {
        assert_eq!(calls(1000), Ok(1000));
    }

    #[test]
    fn work_stops_when_the_answer_is_yes_and_goes_on_after_it() {
        assert_eq!(run_every(Duration::ZERO, || true, || calls(1000)), Err(Error::Interrupted));
        assert_eq!(run_every(Duration::ZERO, || false, || calls(1000)), Ok(1000));
        assert_eq!(calls(1000), Ok(1000));
    }

    #[test]
    fn what_stopped_early_is_never_seen() {
        let early = || {
            let mut sum = 0;
            for number in 0..1000 {
                if stopped() {
                    break;
                }
                sum += number;
            }
            assert!(sum < 1000 * 999 / 2 && stopped(), "once stopped, it stays so");
            Ok(sum)
        };
        assert_eq!(run_every(Duration::ZERO, || true, early), Err(Error::Interrupted));
    }

    #[test]
    fn arrays_are_copied_in_stretches() {
        for length in [0, 1, STRETCH - 1, STRETCH, 3 * STRETCH + 1] {
            let mut copy = vec![7];
            append(&mut copy, 0..length).unwrap();
            assert_eq!(copy, [7].into_iter().chain(0..length).collect::<Vec<_>>());
        }
        let long = || append(&mut Vec::new(), 0..100 * STRETCH);
        assert_eq!(run_every(Duration::ZERO, || true, long), Err(Error::Interrupted));
    }

    #[test]
    fn the_first_place_is_found_in_any_stretch() {
        for first in [0, 1, STRETCH, 3 * STRETCH - 1, 3 * STRETCH] {
            assert_eq!(find(0..3 * STRETCH, |place| place >= first), Some(first).filter(|&first| first < 3 * STRETCH));
        }
        assert_eq!(find(7..7, |_| true), None);
        let long = || Ok(find(0..100 * STRETCH, |_| false));
        assert_eq!(run_every(Duration::ZERO, || true, long), Err(Error::Interrupted));
    }

    #[test]
    fn the_last_place_is_found_in_any_stretch() {
        for last in [0, 1, STRETCH - 1, STRETCH, 3 * STRETCH - 1] {
            assert_eq!(find_last(0..3 * STRETCH, |place| place <= last), Some(last));
            assert_eq!(find_last(last + 1..3 * STRETCH, |place| place <= last), None);
        }
        assert_eq!(find_last(7..7, |_| true), None);
        let long = || Ok(find_last(0..100 * STRETCH, |_| false));
        assert_eq!(run_every(Duration::ZERO, || true, long), Err(Error::Interrupted));
    }

    #[test]
    fn a_watch_within_another_is_its_own() {
        let inner = || run_every(Duration::ZERO, || true, || calls(100));
        let outer = || {
            assert_eq!(inner(), Err(Error::Interrupted));
            calls(100)
        };
        assert_eq!(run_every(Duration::ZERO, || false, outer), Ok(100));
    }

    #[test]
    fn a_watch_within_another_asks_for_both() {
        for (inner, outer) in [(false, false), (true, false), (false, true)] {
            let within = || run_within(Duration::ZERO, move || inner, || calls(100));
            let done = run_every(Duration::ZERO, move || outer, within);
            assert_eq!(done, if inner || outer { Err(Error::Interrupted) } else { Ok(100) });
        }
    }

    #[test]
    fn what_is_not_watched_goes_on() {
        let work = || {
            assert_eq!(unwatched(|| calls(1000)), Ok(1000));
            calls(1000)
        };
        assert_eq!(run_every(Duration::ZERO, || true, work), Err(Error::Interrupted));
    }

    #[test]
    fn a_panic_takes_its_watch_with_it() {
        let panics = || run_every(Duration::ZERO, || true, || -> Result<()> { panic!("on purpose") });
        assert!(std::panic::catch_unwind(panics).is_err());
        assert_eq!(calls(100), Ok(100));
    }
}
