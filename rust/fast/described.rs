//! Describes how a split pattern is run, for `minitok.patterns` and for the pages that show what patterns cut.

use super::passes::first_pass;
use super::scan::Tier;
use crate::error::Result;
use crate::reference::published::patterns::{Pattern, expressions, scanner_of};

/// How a pattern is run.
#[derive(Debug)]
pub struct Described {
    /// `masks`, `table`, `rewind`, `passes`, `engine`, or `none` for a pattern that cuts nothing.
    pub tier: &'static str,
    /// A character of each class that the pattern tells apart; none where there is no machine.
    pub examples: Vec<char>,
    pub n_states: usize,
    /// Why it is not run by a faster tier.
    pub reason: Option<String>,
}

/// Describes a pattern; an error if it is malformed.
pub fn describe(source: &str) -> Result<Described> {
    let steps = expressions(source);
    let described =
        |tier, examples: &[char], n_states, reason| Described { tier, examples: examples.into(), n_states, reason };
    if steps.is_empty() {
        return Ok(described("none", &[], 0, None));
    }
    Ok(match scanner_of(source)? {
        Ok(Tier::Table(table)) => described("table", table.examples(), table.size().1, None),
        Ok(Tier::Rewind(rewind, reason)) => {
            described("rewind", rewind.examples(), rewind.size().1, Some(reason.to_string()))
        }
        Ok(Tier::Masks(_)) => match Tier::new(&steps)? {
            Ok(Tier::Table(table)) => described("masks", table.examples(), table.size().1, None),
            _ => described("masks", &[], 0, None),
        },
        Err(reason) => {
            // Of a pattern with a step of bytes nothing has been parsed yet: a malformed one is an error here.
            let tier = if first_pass(&Pattern::new(source)?).is_some() { "passes" } else { "engine" };
            described(tier, &[], 0, Some(reason.to_string()))
        }
    })
}

impl Described {
    /// The same in a few words.
    pub fn words(&self) -> String {
        let Described { tier, examples, n_states, reason } = self;
        let machine = format!("{} classes of characters, {n_states} states", examples.len());
        let because = reason.as_deref().unwrap_or_default();
        match *tier {
            "none" => "nothing is cut".into(),
            "masks" => format!("by masks, 64 bytes at a time: {machine}"),
            "table" => format!("by a table, each character once: {machine}"),
            "rewind" => format!("by a table that goes back, since {because}: {machine}"),
            "passes" => format!("in passes, each new piece of the first by the others, since {because}"),
            _ => format!("by a regular-expression engine, since {because}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_tier_is_described() {
        let words = |source| describe(source).unwrap().words();
        assert_eq!(words("none"), "nothing is cut");
        assert_eq!(words("gpt2"), "by masks, 64 bytes at a time: 10 classes of characters, 12 states");
        assert_eq!(words(r"[a-z]+|\s"), "by a table, each character once: 3 classes of characters, 4 states");
        assert!(words("a*b|a").starts_with("by a table that goes back, since its ends cannot be found"));
        assert!(words(r"\s?\p{L}+(?#then)\s?\p{P}+").starts_with("in passes"));
        // Only after a pattern that a scanner runs are there passes.
        assert_eq!(describe("(?<=ab)a(?#then)[a-z]").unwrap().tier, "engine");
        assert!(words("(?<=ab)a").starts_with("by a regular-expression engine, since it looks behind"));
        assert!(describe("(a").is_err() && describe("(?<=ab)a(?#then)(a").is_err());
        for source in [r"\s?\p{L}+(?#then)\s?\p{P}+", "(?<=ab)a", "none"] {
            let Described { examples, n_states, .. } = describe(source).unwrap();
            assert_eq!((examples.len(), n_states), (0, 0), "{source} has no machine");
        }
    }

    #[test]
    fn patterns_of_bytes_are_described() {
        for (source, tier) in [
            (r"(?#bytes)\p{N}+", "engine"),
            (r"(?#bytes)\p{N}+(?#then)gpt2", "engine"),
            (r"gpt2(?#then)(?#bytes)\p{N}+", "passes"),
        ] {
            let description = describe(source).unwrap();
            assert_eq!((description.tier, description.reason.is_some()), (tier, true), "{source}");
        }
        assert!(describe("(?#bytes)(a").is_err() && describe("gpt2(?#then)(?#bytes)(a").is_err());
    }
}
