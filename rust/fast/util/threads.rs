//! Work on several threads, which are made for the call and end with it: there is no pool that a fork could lose.
//!
//! Costs: some 50 microseconds a thread.

/// Runs `mine` on the caller's thread and `others` on `threads - 1` more, and returns their results, that of `mine` first.
///
/// A thread that cannot be started is left out, so the work must be one that the others then do. A panic is passed on to the
/// caller.
pub(crate) fn on_threads<R: Send>(threads: usize, mine: impl FnOnce() -> R, others: impl Fn() -> R + Sync) -> Vec<R> {
    std::thread::scope(|scope| {
        let started = (1..threads).map(|_| std::thread::Builder::new().spawn_scoped(scope, &others));
        let started: Vec<_> = started.collect();
        let mut results = vec![mine()];
        for other in started.into_iter().flatten() {
            results.push(other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        }
        results
    })
}
