//! The engine of regular expressions of programs: `fancy-regex`, with limits on what a text may cost.
//!
//! It has two ways to search. One goes back, and gives up after a number of steps that is part of the compiled pattern. So each search
//! begins with a limit of [`LIMITS`]`[0]` steps; one that needs more is repeated with the next limit, and the limits that were not
//! enough are what it has spent. The other way, for patterns without look-around, never goes back, but may look at all that follows,
//! for each piece again; it does not count steps, so here the clock does.
//!
//! By hand: `a*b|a` over n times `a` looks for a `b` up to the end at each place, n² / 2 steps in all. Of 10,000 bytes it cuts
//! every one; of 160,000 it is an error after some seconds.
//!
//! Costs: the pattern is compiled once for each limit that was needed; as a rule only the first is.

use crate::error::{Error, Result};
use crate::reference::published::regex_tree::{Node, emit};
use crate::support::interrupt;
use crate::support::once::Once;
use crate::support::spent::Spent;
use fancy_regex::{Regex, RegexBuilder};

/// The limits of a search, in steps back.
const LIMITS: [usize; 5] = [1 << 10, 1 << 14, 1 << 18, 1 << 22, 1 << 26];
/// A compiled pattern.
#[derive(Debug, Clone)]
pub struct Engine {
    source: String,
    translated: String,
    /// By limit; those that were needed.
    compiled: [Once<Regex>; LIMITS.len()],
}

impl Engine {
    /// Compiles the tree of a pattern.
    pub fn new(source: &str, tree: &Node) -> Result<Engine> {
        let translated = emit(tree);
        let first = compile(source, &translated, LIMITS[0])?;
        let mut compiled: [Once<Regex>; LIMITS.len()] = std::array::from_fn(|_| Once::new());
        compiled[0] = Once::from(first);
        Ok(Engine { source: source.into(), translated, compiled })
    }

    /// Returns start and end of the first match at or after an offset.
    pub fn search(&self, text: &str, at: usize, spent: &mut Spent) -> Result<Option<(usize, usize)>> {
        for (index, limit) in LIMITS.into_iter().enumerate() {
            if spent.is_late() {
                break;
            }
            let found = self.compiled(index)?.find_from_pos(text, at);
            if let Ok(found) = found {
                return Ok(found.map(|span| (span.start(), span.end())));
            }
            if spent.is_over(limit) {
                break;
            }
            interrupt::check()?;
        }
        Err(Spent::error(&self.source))
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
    use crate::reference::published::regexes::parse;

    fn searches(pattern: &str, text: &str) -> Result<usize> {
        let engine = Engine::new(pattern, &parse(pattern)?)?;
        let (mut at, mut spent, mut count) = (0, Spent::of(text.len()), 0);
        while let Some((_, end)) = engine.search(text, at, &mut spent)? {
            (at, count) = (end, count + 1);
        }
        Ok(count)
    }

    /// The pattern, and whether the engine goes back for it.
    #[test]
    fn a_text_has_limits_whatever_the_pattern() {
        for pattern in ["a*b|a", "(?:a*b|a)(?!c)"] {
            assert_eq!(searches(pattern, &"a".repeat(2000)), Ok(2000));
            // 160,000 bytes are enough as a rule; more, so that no machine is fast enough.
            assert_eq!(searches(pattern, &"a".repeat(1_000_000)), Err(Spent::error(pattern)));
        }
    }
}
