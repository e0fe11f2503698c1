//! A bound on the cost of compiling a pattern, however many steps it has.
//!
//! Each machine has a limit, and all machines tried for a pattern have one together. A pattern that exceeds it is left to the engine,
//! whose ids are the same. Work is counted, not timed, so whether a pattern is compiled depends on the pattern alone.

use super::unsupported::Unsupported;
use crate::support::interrupt;

/// The most steps spent on one machine: some milliseconds.
pub(super) const ONE: usize = 2_000_000;
/// The most spent on all machines of a pattern: some tenths of a second.
const ALL: usize = 8 * ONE;

#[derive(Debug)]
pub struct Work {
    left: usize,
}

impl Default for Work {
    fn default() -> Work {
        Work { left: ALL }
    }
}

impl Work {
    /// An error where too few steps are left, or where the work is to stop.
    pub(super) fn spend(&mut self, steps: usize) -> Result<(), Unsupported> {
        let left = self.left.checked_sub(steps).filter(|_| !interrupt::stopped());
        self.left = left.unwrap_or(0);
        left.map(|_| ()).ok_or(Unsupported::Large)
    }

    pub fn is_spent(&self) -> bool {
        self.left == 0
    }
}
