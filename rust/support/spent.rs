//! What a text may cost the engine of regular expressions, whatever the pattern.
//!
//! A text may spend [`STEPS`] and [`STEPS_PER_BYTE`] for each of its bytes, and [`TIME`] and [`TIME_PER_BYTE`]: what it takes is
//! linear in its length. (WebAssembly has no clock, and counts every step.)

use crate::error::Error;
use std::time::{Duration, Instant};

/// How many steps the searches of a text may spend; `fancy-regex` counts only those of a search that needs many.
const STEPS: usize = 100_000_000;
const STEPS_PER_BYTE: usize = 1000;
/// How long the searches of a text may take, many times what they take as a rule; and how many there are to a look at the clock.
const TIME: Duration = Duration::from_secs(4);
const TIME_PER_BYTE: Duration = Duration::from_micros(2);
const SEARCHES: u32 = 16;

/// What cutting a text may spend and has spent, whoever cuts: the engine, a scanner that goes back, all steps of a pattern.
#[derive(Debug, Clone)]
pub struct Spent {
    steps_left: usize,
    time: Duration,
    searches: u32,
    since: Option<Instant>,
}

impl Spent {
    /// For a text of that many bytes.
    pub fn of(bytes: usize) -> Spent {
        let time = u32::try_from(bytes).map_or(Duration::MAX, |bytes| TIME + TIME_PER_BYTE * bytes);
        let steps_left = bytes.saturating_mul(STEPS_PER_BYTE).saturating_add(STEPS);
        Spent { steps_left, time, searches: 0, since: None }
    }

    /// For a test of what happens at the end of the steps, which takes seconds to reach.
    #[cfg(test)]
    pub fn of_steps(steps_left: usize) -> Spent {
        Spent { steps_left, ..Spent::of(0) }
    }

    /// Spends steps; whether that is more than the text may take.
    #[must_use]
    pub fn is_over(&mut self, steps: usize) -> bool {
        let left = self.steps_left.checked_sub(steps);
        self.steps_left = left.unwrap_or(0);
        left.is_none()
    }

    /// Whether the text has had its time.
    #[must_use]
    pub fn is_late(&mut self) -> bool {
        self.searches = self.searches.wrapping_add(1);
        if cfg!(target_family = "wasm") || !self.searches.is_multiple_of(SEARCHES) {
            return false;
        }
        self.since.get_or_insert_with(Instant::now).elapsed() > self.time
    }

    /// What is said of a pattern for which a text may not spend more.
    pub fn error(pattern: &str) -> Error {
        Error::Pattern { pattern: pattern.into(), reason: "matching the pattern takes too many steps".into() }
    }
}
