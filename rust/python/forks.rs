//! Forks wait until no table of NumPy's is half made.
//!
//! What the bindings keep themselves is in cells at which nobody waits ([`Once`](crate::support::once::Once)). NumPy's tables are in cells
//! of the crate `numpy`, where others wait: a process that is forked while a thread fills one leaves a child that waits for
//! ever. So their first use goes through [`guarded`]: a fork waits for those under way, and until it is done none begins.
//! Neither waits forever.

use pyo3::prelude::*;
use pyo3::types::PyDict;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// How many threads are filling a cell.
static FILLING: AtomicUsize = AtomicUsize::new(0);

/// How many threads are about to fork: other hooks run between ours and the fork, and may let threads go on.
static FORKING: AtomicUsize = AtomicUsize::new(0);

struct Filling;

impl Filling {
    fn begin() -> Filling {
        FILLING.fetch_add(1, Ordering::SeqCst);
        Filling
    }
}

impl Drop for Filling {
    fn drop(&mut self) {
        // In a child that was forked meanwhile it is none already.
        let _ = FILLING.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |filling| filling.checked_sub(1));
    }
}

/// Does something that may fill a cell, while no thread forks.
pub fn guarded<T>(py: Python<'_>, fill: impl FnOnce() -> PyResult<T>) -> PyResult<T> {
    let mut filling = Filling::begin();
    if FORKING.load(Ordering::SeqCst) > 0 {
        drop(filling);
        wait_for(py, &FORKING);
        filling = Filling::begin();
    }
    let filled = fill();
    drop(filling);
    filled
}

/// How long one waits for the other. Filling a cell takes less than a millisecond, and so does a fork, unless it needs what the
/// waiting thread itself holds: an import that is under way, say.
const PATIENCE: Duration = Duration::from_secs(1);

fn wait_for(py: Python<'_>, others: &AtomicUsize) {
    let asked = Instant::now();
    while others.load(Ordering::SeqCst) > 0 && asked.elapsed() < PATIENCE {
        py.detach(|| std::thread::sleep(Duration::from_micros(100)));
    }
}

#[pyfunction]
fn before_fork(py: Python<'_>) {
    FORKING.fetch_add(1, Ordering::SeqCst);
    wait_for(py, &FILLING);
}

#[pyfunction]
fn after_fork_in_parent() {
    FORKING.fetch_sub(1, Ordering::SeqCst);
}

/// The child has only the thread that forked.
#[pyfunction]
fn after_fork_in_child() {
    FORKING.store(0, Ordering::SeqCst);
    FILLING.store(0, Ordering::SeqCst);
}

/// Registers for notice of forks, where the system has them.
pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    let py = module.py();
    let os = py.import("os")?;
    if os.hasattr("register_at_fork")? {
        let hooks = PyDict::new(py);
        hooks.set_item("before", wrap_pyfunction!(before_fork, module)?)?;
        hooks.set_item("after_in_parent", wrap_pyfunction!(after_fork_in_parent, module)?)?;
        hooks.set_item("after_in_child", wrap_pyfunction!(after_fork_in_child, module)?)?;
        os.call_method("register_at_fork", (), Some(&hooks))?;
    }
    Ok(())
}
