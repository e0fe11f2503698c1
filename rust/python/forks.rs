//! Forks wait until no cell of the bindings is half made.
//!
//! The bindings keep what they fetch from Python, NumPy's tables above all, in cells at which others wait. A process that is
//! forked while a thread fills one leaves a child that waits for ever. The first use of each goes through [`guarded`], and a
//! fork waits for those under way, though not for ever. `os.register_at_fork` calls [`before_fork`].

use pyo3::prelude::*;
use pyo3::types::PyDict;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// How many threads are filling a cell.
static FILLING: AtomicUsize = AtomicUsize::new(0);

struct Filling;

impl Drop for Filling {
    fn drop(&mut self) {
        FILLING.fetch_sub(1, Ordering::AcqRel);
    }
}

/// Does something that may fill a cell, and holds up forks meanwhile.
pub fn guarded<T>(_: Python<'_>, fill: impl FnOnce() -> PyResult<T>) -> PyResult<T> {
    FILLING.fetch_add(1, Ordering::AcqRel);
    let _filling = Filling;
    fill()
}

/// How long a fork waits. Filling a cell takes less than a millisecond, unless it needs what the forking thread itself holds:
/// an import that is under way, say.
const PATIENCE: Duration = Duration::from_secs(1);

/// Called before a fork. The GIL is held when it returns, and until the fork, so no thread begins to fill a cell.
#[pyfunction]
fn before_fork(py: Python<'_>) {
    let asked = Instant::now();
    while FILLING.load(Ordering::Acquire) > 0 && asked.elapsed() < PATIENCE {
        py.detach(|| std::thread::sleep(Duration::from_micros(100)));
    }
}

/// Asks to be told of forks, where there are any.
pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    let py = module.py();
    let os = py.import("os")?;
    if os.hasattr("register_at_fork")? {
        let options = PyDict::new(py);
        options.set_item("before", wrap_pyfunction!(before_fork, module)?)?;
        os.call_method("register_at_fork", (), Some(&options))?;
    }
    Ok(())
}
