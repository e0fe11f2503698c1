//! Recognises a pattern that is a named one in another spelling.
//!
//! Files spell the same pattern in many ways: `'(?:[sdmt]|ll|ve|re)` or `'s|'d|'m|...`, possessive or greedy, `\s+$` or not. So a
//! pattern is compared, as a machine, with each that has a mask scanner: a proof over all texts. It takes a millisecond, and is begun
//! only where both cut one text full of traps alike.

use super::compiled::difference;
use super::grammar::Grammar;
use super::scanner::split;
use super::tier::Tier;
use crate::error::Result;
use crate::fast::util::fallible::push;
use crate::reference::published::regexes::parse;
use crate::support::spent::Spent;

/// Nearly all patterns that differ cut this differently.
const PROBE: &str = "I'll DON'T it'\u{17F} 12345 e\u{301}A\u{301} \u{301}b aBC'sD 漢字-/\n/ !\r\n\n x\t y  \n ";

/// Replaces a table by the masks of a grammar if both are proved to cut every text alike. `expressions` gives the steps of a name.
pub fn or_masks(tier: Tier, steps: &[&str], expressions: fn(&str) -> Vec<&str>) -> Tier {
    if !matches!(tier, Tier::Table(_)) {
        return tier;
    }
    #[allow(clippy::disallowed_methods, reason = "a pattern has a hundred steps at the most")]
    let trees = |steps: &[&str]| steps.iter().map(|step| parse(step)).collect::<Result<Vec<_>>>().ok();
    let proved = |name: &str| difference(&trees(steps)?, &trees(&expressions(name))?).ok();
    let found = lengths(&tier);
    let is_same =
        |&(name, grammar): &(&str, Grammar)| lengths(&Tier::Masks(grammar)) == found && proved(name) == Some(None);
    Grammar::ALL.into_iter().find(is_same).map_or(tier, |(_, grammar)| Tier::Masks(grammar))
}

/// The lengths of the pieces of the probe.
fn lengths(tier: &Tier) -> Vec<usize> {
    let mut lengths = Vec::new();
    let done = split(tier, PROBE.as_bytes(), &mut Spent::of(PROBE.len()), &mut |piece| push(&mut lengths, piece.len()));
    if done.is_err() {
        lengths.clear();
    }
    lengths
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reference::published::patterns::expressions;

    const SPELLED: &str = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+";

    fn tier_of(pattern: &str) -> Tier {
        or_masks(Tier::new(&[pattern]).unwrap().unwrap(), &[pattern], expressions)
    }

    #[test]
    fn a_grammar_is_known_however_it_is_spelled() {
        let other = SPELLED.replace(r"\p{L}+", r"\p{L}++").replace("'s|'t|", "'(?:[st])|");
        for pattern in [SPELLED, &other] {
            assert!(matches!(tier_of(pattern), Tier::Masks(Grammar::Gpt2)), "{pattern}");
        }
        for (name, grammar) in Grammar::ALL {
            let Some(&pattern) = expressions(name).first() else { panic!("{name} is an expression") };
            assert!(matches!(tier_of(pattern), Tier::Masks(found) if found == grammar), "{name}");
        }
    }

    #[test]
    fn a_pattern_that_differs_is_not_taken_for_a_grammar() {
        // The first differs where the text of traps does not show it.
        for other in [format!("qqq|{SPELLED}"), SPELLED.replace("'d|", ""), SPELLED.replace(" ?\\p{N}+", r"\p{N}")] {
            assert!(matches!(tier_of(&other), Tier::Table(_)), "{other}");
        }
        assert!(matches!(tier_of("a*b|a"), Tier::Rewind(..)));
    }
}
