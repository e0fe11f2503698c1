//! Work on several threads, which are made for the call and end with it: there is no pool that a fork could lose.
//!
//! Costs: some 50 microseconds a thread; of many threads, for the square root of their number.
//!
//! Under a limit on address space, a thread may start for which there is no memory even for its variables; the C library then
//! ends the process. So where there is no plenty, threads are started one after the other, each while there is room for it.

use crate::error::{Error, Result};
use crate::support::interrupt;
use crate::support::sync::atomic::{AtomicBool, Ordering};
use crate::support::sync::mpsc::{self, RecvTimeoutError};
use crate::support::sync::{pause, thread};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::time::Duration;

/// The address space that the C library takes for a thread at the most, and what a thread needs to start.
const PLENTY: usize = 160 << 20;
const NEEDED: usize = 4 << 20;
/// More threads than these are started by the first of them, in groups.
const FEW: usize = 8;
/// How often a thread checks whether the work is to stop.
const CHECK: Duration = Duration::from_millis(if cfg!(loom) { 0 } else { 10 });

/// Runs `mine` on the caller's thread and `others` on `threads - 1` more. Returns their results, that of `mine` first, or the first error.
///
/// When one fails, the others are stopped (`interrupt.rs`). The caller's thread asks whether to stop on behalf of all, also
/// while it waits for them. A thread that cannot be started is left out: its share must be one that the others take. One that
/// panics stops the others, and takes the caller with it.
#[allow(clippy::disallowed_methods, reason = "one item for each thread")]
pub(crate) fn on_threads<R: Send>(
    threads: usize,
    mut mine: impl FnMut() -> Result<R>,
    others: impl Fn() -> Result<R> + Sync,
) -> Result<Vec<R>> {
    if threads <= 1 || cfg!(target_family = "wasm") {
        return Ok(vec![mine()?]);
    }
    on_several(threads, &mut mine, &others)
}

/// As `on_threads`, compiled once for all work with results of one type.
#[allow(clippy::disallowed_methods, reason = "one item for each thread")]
fn on_several<R: Send>(
    threads: usize,
    mine: &mut dyn FnMut() -> Result<R>,
    others: &(dyn Fn() -> Result<R> + Sync),
) -> Result<Vec<R>> {
    let plenty = is_there(PLENTY.saturating_mul(threads - 1));
    if threads <= FEW || !plenty {
        return on_few(threads, plenty, mine, others);
    }
    let groups = (threads - 1).isqrt();
    let next = AtomicUsize::new(0);
    let group = &|| {
        let number = next.fetch_add(1, Ordering::Relaxed);
        // The first groups take what is left over.
        let size = (threads - 1) / groups + usize::from(number < (threads - 1) % groups);
        on_few(size, true, &mut || others(), others)
    };
    Ok(on_few(groups + 1, true, &mut || Ok(vec![mine()?]), group)?.into_iter().flatten().collect())
}

/// As `on_threads`, each started by the caller's. `plenty`: there is memory for all of them.
#[allow(clippy::disallowed_methods, reason = "one item for each thread")]
fn on_few<R: Send>(
    threads: usize,
    plenty: bool,
    mine: &mut dyn FnMut() -> Result<R>,
    others: &(dyn Fn() -> Result<R> + Sync),
) -> Result<Vec<R>> {
    if threads == 1 {
        return Ok(vec![mine()?]);
    }
    let stop = Arc::new(AtomicBool::new(false));
    let other = || run(&stop, &mut || others());
    let (running, all_ended) = mpsc::channel::<()>();
    let up = AtomicUsize::new(0);
    let ended: Vec<thread::Result<Result<R>>> = thread::scope(|scope| {
        let start = |_| {
            let (running, up_before) = (running.clone(), up.load(Ordering::Relaxed));
            if !plenty && !is_there(NEEDED) {
                return None;
            }
            let started = thread::Builder::new().spawn_scoped(scope, || {
                // The variables that it needs are there before it says so.
                interrupt::stopped_now();
                up.fetch_add(1, Ordering::Relaxed);
                let done = other();
                drop(running);
                done
            });
            while !plenty && started.is_ok() && up.load(Ordering::Relaxed) == up_before {
                pause();
            }
            started.ok()
        };
        let started: Vec<_> = (1..threads).map_while(start).collect();
        let mut ended = vec![run(&stop, mine)];
        drop(running);
        while all_ended.recv_timeout(CHECK) == Err(RecvTimeoutError::Timeout) {
            stop.fetch_or(interrupt::stopped_now(), Ordering::Relaxed);
        }
        ended.extend(started.into_iter().map(|other| other.join().flatten()));
        ended
    });
    let results = ended.into_iter().map(|done| done.unwrap_or_else(|panic| resume_unwind(panic)));
    // A thread that was stopped because another failed does not know why.
    let (stopped, told): (Vec<_>, Vec<_>) = results.partition(|result| matches!(result, Err(Error::Interrupted)));
    told.into_iter().chain(stopped).collect()
}

/// Whether there is room for this many bytes more; none of them is touched.
fn is_there(bytes: usize) -> bool {
    cfg!(loom) || Vec::<u8>::new().try_reserve_exact(bytes).is_ok()
}

/// Runs the work of one thread until it is to stop. If it fails or panics, so are the others.
fn run<R>(stop: &Arc<AtomicBool>, work: &mut dyn FnMut() -> Result<R>) -> thread::Result<Result<R>> {
    let asked = Arc::clone(stop);
    let work = || interrupt::run_within(CHECK, move || asked.load(Ordering::Relaxed), work);
    let done = catch_unwind(AssertUnwindSafe(work));
    stop.fetch_or(!matches!(done, Ok(Ok(_))), Ordering::Relaxed);
    done
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Works until it is stopped.
    fn endless() -> Result<u32> {
        loop {
            interrupt::check()?;
        }
    }

    #[test]
    fn the_first_error_stops_all_and_is_the_one_that_is_told() {
        let error = Error::Training("on purpose".into());
        let failed = || Err(error.clone());
        assert_eq!(on_threads(3, failed, endless), Err(error.clone()));
        assert_eq!(on_threads(2, stopped_later, failed), Err(error.clone()));
        assert_eq!(on_threads(3, endless, failed), Err(error.clone()));
        assert_eq!(on_threads(3, || Ok(1), || Ok(2)), Ok(vec![1, 2, 2]));
        assert_eq!(on_threads(1, || Ok(1), endless), Ok(vec![1]));
    }

    #[test]
    fn many_threads_are_as_many_and_stop_as_few_do() {
        for threads in [FEW, FEW + 1, 23, 64] {
            let mut results = on_threads(threads, || Ok(1), || Ok(2)).unwrap();
            assert_eq!(results.remove(0), 1);
            assert_eq!(results, vec![2; threads - 1]);
        }
        let error = Error::Training("on purpose".into());
        let begun = AtomicUsize::new(0);
        let one_fails = || if begun.fetch_add(1, Ordering::Relaxed) == 40 { Err(error.clone()) } else { endless() };
        assert_eq!(on_threads(64, endless, one_fails), Err(error.clone()));
        let waited = || on_threads(64, || Ok(1), endless).map(|_| ());
        assert_eq!(interrupt::run_every(Duration::ZERO, || true, waited), Err(Error::Interrupted));
    }

    #[test]
    fn a_panic_stops_all_and_reaches_the_caller() {
        let panics = || -> Result<u32> { resume_unwind(Box::new("on purpose")) };
        let panic_of = |work: &dyn Fn() -> Result<Vec<u32>>| {
            let panic = catch_unwind(AssertUnwindSafe(work)).unwrap_err();
            *panic.downcast::<&str>().unwrap()
        };
        assert_eq!(panic_of(&|| on_threads(3, endless, panics)), "on purpose");
        assert_eq!(panic_of(&|| on_threads(3, panics, endless)), "on purpose");
    }

    fn stopped_later() -> Result<u32> {
        std::thread::sleep(Duration::from_millis(30));
        Err(Error::Interrupted)
    }

    #[test]
    fn whoever_waits_for_others_asks_for_them() {
        let waited = || on_threads(2, || Ok(1), endless).map(|_| ());
        assert_eq!(interrupt::run_every(Duration::ZERO, || true, waited), Err(Error::Interrupted));
    }
}
