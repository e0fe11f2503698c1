//! How a pattern is scanned: by masks, by a table, or by a search that goes back.

use super::compiled::{Compiled, Rewind, Table, Unsupported, compile};
use super::cut::Cuts;
use super::grammar::Grammar;
use crate::error::Result;
use crate::regexes::parse;

/// What cuts in place of the regular-expression engine; the fastest first.
#[derive(Debug)]
pub enum Tier {
    /// The hand-written scanner of a grammar: 64 bytes at a time.
    Masks(Grammar),
    /// A compiled pattern.
    Table(Table),
    /// A compiled pattern whose ends cannot be found without going back, and why.
    Rewind(Rewind, Unsupported),
}

impl Tier {
    /// The tier of regular expressions that cut one after the other, or why they are left to the engine; an error if one is
    /// malformed.
    pub fn new(steps: &[&str]) -> Result<std::result::Result<Tier, Unsupported>> {
        let trees = steps.iter().map(|step| parse(step)).collect::<Result<Vec<_>>>()?;
        Ok(compile(&trees).map(|compiled| match compiled {
            Compiled::Table(table) => Tier::Table(table),
            Compiled::Rewind(rewind, reason) => Tier::Rewind(rewind, reason),
        }))
    }

    /// `masks`, `table` or `rewind`.
    pub fn name(&self) -> &'static str {
        match self {
            Tier::Masks(_) => "masks",
            Tier::Table(_) => "table",
            Tier::Rewind(..) => "rewind",
        }
    }

    /// How many classes of characters its machine has, and how many states; (0, 0) for masks.
    pub fn size(&self) -> (usize, usize) {
        match self {
            Tier::Masks(_) => (0, 0),
            Tier::Table(table) => table.size(),
            Tier::Rewind(rewind, _) => rewind.size(),
        }
    }

    /// The first position in `from.max(1)..text.len()` at which cutting `text` changes no piece, or `None` where none is known.
    pub fn safe_cut(&self, text: &[u8], from: usize) -> Option<usize> {
        match self {
            Tier::Masks(grammar) => grammar.next(text, from),
            Tier::Table(table) => table.next(text, from),
            Tier::Rewind(..) => None,
        }
    }

    /// The last such position.
    pub fn last_safe_cut(&self, text: &[u8], from: usize) -> Option<usize> {
        match self {
            Tier::Masks(grammar) => grammar.last(text, from),
            Tier::Table(table) => table.last(text, from),
            Tier::Rewind(..) => None,
        }
    }
}

/// Patterns that no one machine runs one after the other, in as few passes as its machines can run them. Each pass is as long as
/// can be compiled, or one step.
pub fn passes<'s, 'p>(mut steps: &'s [&'p str]) -> Vec<&'s [&'p str]> {
    let mut passes = Vec::new();
    while !steps.is_empty() {
        let compiled = |&length: &usize| Tier::new(&steps[..length]).is_ok_and(|tier| tier.is_ok());
        let (pass, rest) = steps.split_at((1..=steps.len()).rev().find(compiled).unwrap_or(1));
        passes.push(pass);
        steps = rest;
    }
    passes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pass_is_as_long_as_can_be_compiled() {
        let (far, near, late) = ("a(?=bc)", "a+", r"\s+(?!\S)|\s+");
        assert_eq!(passes(&[]), Vec::<&[&str]>::new());
        assert_eq!(passes(&[near, "b", r"\d"]), [&[near, "b", r"\d"][..]]);
        // What no machine runs is a pass by itself; after ends that are known late a pass begins.
        assert_eq!(passes(&[far, near]), [&[far][..], &[near]]);
        assert_eq!(passes(&[near, "b", far, far]), [&[near, "b"][..], &[far], &[far]]);
        assert_eq!(passes(&["b", late, near, "b"]), [&["b", late][..], &[near, "b"]]);
    }

    #[test]
    fn tiers_have_names_and_sizes() {
        let tier = |pattern| Tier::new(&[pattern]).unwrap().unwrap();
        let shown = |tier: Tier| (tier.name(), tier.size());
        // `a` or `b`, and all others; either is at the start, or a piece, or text that is not matched.
        assert_eq!(shown(tier("[ab]")), ("table", (2, 3)));
        let (name, (classes, _)) = shown(tier("a*b|a"));
        assert_eq!((name, classes), ("rewind", 3));
        assert_eq!(shown(Tier::Masks(Grammar::Gpt2)), ("masks", (0, 0)));
        assert!(Tier::new(&["a(?=bc)"]).unwrap().is_err());
        assert!(Tier::new(&["("]).is_err());
    }
}
