//! The engine of regular expressions, with limits on what a pattern and a text may cost.
//!
//! The engine gives up a search after a number of steps that is part of the compiled pattern. Counting the steps of a whole
//! text takes more: each search begins with a limit of [`LIMITS`]`[0]` steps; one that needs more is done again with the next
//! limit, and the limits that were not enough are what it has spent. A text may spend [`STEPS`], and [`STEPS_PER_BYTE`] for each of
//! its bytes; so what a text takes is linear in its length, whatever the pattern.
//!
//! By hand: `a*b|a` over n times `a` goes to the end and back at each place, n² / 2 steps in all: of 10,000 bytes it cuts
//! every one, of 160,000 it is an error after some hundred searches.
//!
//! Costs: the pattern is compiled once for each limit that was needed; as a rule only the first is.

use crate::error::{Error, Result};
use crate::interrupt;
use crate::once::Once;
use fancy_regex::{Regex, RegexBuilder};

/// The limits of a search, in steps back.
const LIMITS: [usize; 5] = [1 << 10, 1 << 14, 1 << 18, 1 << 22, 1 << 26];
/// How many steps the searches of a text may spend; those that the first limit is enough for are free.
const STEPS: usize = 100_000_000;
const STEPS_PER_BYTE: usize = 1000;

/// A compiled pattern.
#[derive(Debug, Clone)]
pub struct Engine {
    source: String,
    translated: String,
    /// By limit; those that were needed.
    compiled: [Once<Regex>; LIMITS.len()],
}

impl Engine {
    /// Compiles the translation of a pattern.
    pub fn new(source: &str, translated: String) -> Result<Engine> {
        let first = compile(source, &translated, LIMITS[0])?;
        let mut compiled: [Once<Regex>; LIMITS.len()] = std::array::from_fn(|_| Once::new());
        compiled[0] = Once::from(first);
        Ok(Engine { source: source.into(), translated, compiled })
    }

    /// Returns start and end of the first match at or after an offset. `spent` is what the searches of this text have spent.
    pub fn search(&self, text: &str, at: usize, spent: &mut usize) -> Result<Option<(usize, usize)>> {
        let most = text.len().saturating_mul(STEPS_PER_BYTE).saturating_add(STEPS);
        for (index, limit) in LIMITS.into_iter().enumerate() {
            let found = self.compiled(index)?.find_from_pos(text, at);
            if let Ok(found) = found {
                return Ok(found.map(|span| (span.start(), span.end())));
            }
            *spent = spent.saturating_add(limit);
            if *spent > most {
                break;
            }
            interrupt::check()?;
        }
        let reason = "matching the pattern takes too many steps".into();
        Err(Error::Pattern { pattern: self.source.clone(), reason })
    }

    /// The pattern compiled with a limit.
    fn compiled(&self, index: usize) -> Result<&Regex> {
        if let Some(compiled) = self.compiled[index].get() {
            return Ok(compiled);
        }
        let compiled = compile(&self.source, &self.translated, LIMITS[index])?;
        Ok(self.compiled[index].get_or_make(|| compiled))
    }
}

fn compile(source: &str, translated: &str, limit: usize) -> Result<Regex> {
    let refused = |error: fancy_regex::Error| Error::Pattern { pattern: source.into(), reason: error.to_string() };
    RegexBuilder::new(translated).backtrack_limit(limit).build().map_err(refused)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn searches(pattern: &str, text: &str) -> Result<usize> {
        let engine = Engine::new(pattern, pattern.into())?;
        let (mut at, mut spent, mut count) = (0, 0, 0);
        while let Some((_, end)) = engine.search(text, at, &mut spent)? {
            (at, count) = (end, count + 1);
        }
        Ok(count)
    }

    #[test]
    fn steps_are_counted_for_a_text() {
        assert_eq!(searches("a*b|a", &"a".repeat(2000)), Ok(2000));
        let error =
            Error::Pattern { pattern: "a*b|a".into(), reason: "matching the pattern takes too many steps".into() };
        assert_eq!(searches("a*b|a", &"a".repeat(160_000)), Err(error));
        // A search that goes back far once in a while is no harm.
        let text = ["a".repeat(100_000), "b".into()].concat().repeat(30);
        assert_eq!(searches("a*c|a*(?=b)|b", &text), Ok(60));
    }
}
