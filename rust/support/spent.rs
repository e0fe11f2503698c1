//! What a text may cost the engine of regular expressions, whatever the pattern.
//!
//! A text may spend [`STEPS`], and [`STEPS_PER_BYTE`] for each of its bytes: linear in its length, and the same on every machine.

use crate::error::Error;

/// How many steps the searches of a text may spend: half a second, and some microseconds a byte.
const STEPS: usize = 100_000_000;
const STEPS_PER_BYTE: usize = 1000;

/// What cutting a text may still spend, whoever cuts: the engine, a scanner that goes back, all steps of a pattern.
#[derive(Debug, Clone)]
pub struct Spent {
    steps_left: usize,
}

impl Spent {
    /// For a text of that many bytes.
    pub fn of(bytes: usize) -> Spent {
        Spent { steps_left: bytes.saturating_mul(STEPS_PER_BYTE).saturating_add(STEPS) }
    }

    /// For a test of what happens at the end of the steps.
    #[cfg(test)]
    pub fn of_steps(steps_left: usize) -> Spent {
        Spent { steps_left }
    }

    /// Spends steps; whether that is more than the text may take.
    #[must_use]
    pub fn is_over(&mut self, steps: usize) -> bool {
        let left = self.steps_left.checked_sub(steps);
        self.steps_left = left.unwrap_or(0);
        left.is_none()
    }

    /// What is said of a pattern for which a text may not spend more.
    pub fn error(pattern: &str) -> Error {
        Error::Pattern { pattern: pattern.into(), reason: "matching the pattern takes too many steps".into() }
    }
}
