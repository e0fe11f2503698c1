//! How a pattern is scanned: by masks, by a table, or by a search that goes back.

use super::compiled::{Compiled, Rewind, Table, Unsupported, Work, compile};
use super::cut::{Cuts, NoCuts};
use super::grammar::Grammar;
use crate::error::Result;
use crate::fast::util::fallible::try_collect;
use crate::reference::published::regex_tree::Node;
use crate::reference::published::regexes::parse;
use crate::support::features::HAS_FILES;
use crate::support::interrupt;

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
    /// The tier of regular expressions that cut in turn, or why they are left to the engine; an error if one is malformed.
    pub fn new(steps: &[&str]) -> Result<std::result::Result<Tier, Unsupported>> {
        Ok(compile(&trees_of(steps)?, &mut Work::default()).map(|compiled| match compiled {
            Compiled::Table(table) => Tier::Table(table),
            Compiled::Rewind(rewind, reason) => Tier::Rewind(rewind.named(&steps.join("")), reason),
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

    pub fn cuts(&self) -> &dyn Cuts {
        match self {
            Tier::Masks(grammar) => grammar,
            Tier::Table(table) => table,
            Tier::Rewind(..) => &NoCuts,
        }
    }
}

fn trees_of(steps: &[&str]) -> Result<Vec<Node>> {
    let parsed = |step: &&str| interrupt::check().and_then(|()| parse(step));
    try_collect(steps.iter().map(parsed))
}

/// Splits patterns that no one machine runs in turn into as few passes as its machines can run, each as long as can be compiled, or
/// one step; with each, whether to compile it. Cost: each step is parsed once, and compiled O(log steps) times, within [`Work`].
pub fn passes<'s, 'p>(mut steps: &'s [&'p str]) -> Vec<(&'s [&'p str], bool)> {
    let (mut passes, mut work) = (Vec::new(), Work::default());
    let parsed = |step: &&str| if HAS_FILES { interrupt::check().and_then(|()| parse(step)).ok() } else { None };
    while !steps.is_empty() {
        #[allow(clippy::disallowed_methods, reason = "a pattern has a hundred steps at the most")]
        let trees: Vec<Node> = steps.iter().map_while(parsed).collect();
        let mut trees = &trees[..];
        while !trees.is_empty() {
            let is_compiled = !work.is_spent();
            let length = most_that_compile(trees, &mut work);
            let (pass, rest) = steps.split_at(length);
            passes.push((pass, is_compiled));
            (steps, trees) = (rest, &trees[length..]);
        }
        // What does not parse is a pass by itself: it cuts bytes, or is malformed, which is an error where its pass is compiled.
        if let Some((alone, rest)) = steps.split_first_chunk::<1>() {
            passes.push((alone, true));
            steps = rest;
        }
    }
    passes
}

/// The most first steps that one machine runs, or 1. If some do not compile, neither do more, since more steps make finer classes:
/// so the number is doubled until it is too large, and then halved in between.
fn most_that_compile(trees: &[Node], work: &mut Work) -> usize {
    let (mut most, mut too_many) = (1, None);
    while most < trees.len() && too_many.is_none_or(|too_many| most + 1 < too_many) && !work.is_spent() {
        let length = too_many.map_or(trees.len().min(2 * most), |too_many| usize::midpoint(most, too_many));
        if compile(&trees[..length], work).is_ok() {
            most = length;
        } else {
            too_many = Some(length);
        }
    }
    most
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lengths(steps: &[&str]) -> Vec<usize> {
        let passes = passes(steps);
        assert!(passes.iter().all(|(_, compiled)| *compiled));
        assert_eq!(passes.iter().flat_map(|(pass, _)| *pass).collect::<Vec<_>>(), steps.iter().collect::<Vec<_>>());
        passes.iter().map(|(pass, _)| pass.len()).collect()
    }

    #[test]
    fn a_pass_is_as_long_as_can_be_compiled() {
        let (far, near, late) = ("(?<=bc)a", "a+", r"\s+(?!\S)|\s+");
        assert_eq!(lengths(&[]), [0; 0]);
        assert_eq!(lengths(&[near, "b", r"\d"]), [3]);
        // What no machine runs is a pass by itself; after ends that are known late a pass begins.
        assert_eq!(lengths(&[far, near]), [1, 1]);
        assert_eq!(lengths(&[near, "b", far, far]), [2, 1, 1]);
        assert_eq!(lengths(&["b", late, near, "b"]), [2, 2]);
        for before in 1..20 {
            assert_eq!(lengths(&[vec![near; before], vec![late, "b", near, "b", far]].concat()), [before + 1, 3, 1]);
        }
        assert_eq!(lengths(&[near, "(", "b"]), [1, 1, 1]);
        assert_eq!(lengths(&[near, "b", r"(?#bytes)\d", "b", near, r"(?#bytes)\d"]), [2, 1, 2, 1]);
        // Only the first step of a pass may look further ahead than at the next character.
        let ahead = "(?=bc)";
        assert_eq!(lengths(&[ahead, near, ahead, near]), [2, 2]);
    }

    #[test]
    fn all_steps_together_have_a_limit() {
        let steps: Vec<String> = (1..200).map(|least| format!("(?:a|b){{{least},900}}")).collect();
        let passes_of = |count: usize| {
            let steps: Vec<&str> = steps[..count].iter().map(String::as_str).collect();
            passes(&steps).iter().map(|(_, compiled)| *compiled).collect::<Vec<_>>()
        };
        assert!(passes_of(2).into_iter().all(|compiled| compiled));
        let many = passes_of(199);
        assert!(many[0] && many.last() == Some(&false) && many.is_sorted_by(|before, after| before >= after));
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
        assert!(Tier::new(&["(?<=bc)a"]).unwrap().is_err());
        assert!(Tier::new(&["("]).is_err());
    }
}
