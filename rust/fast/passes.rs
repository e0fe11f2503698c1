//! Patterns that cut in turn (SPEC P8), where one scanner cannot run them all: the scanner of the first, or of the first few, and the
//! patterns that are left.
//!
//! A later pattern cuts each piece of those before by itself. So what it makes of a piece depends on the bytes of the piece only,
//! and has to be found once for all places where the piece stands: encoding remembers the ids (`encode/merge/cut_further.rs`),
//! counting cuts the distinct pieces of a part (`count/splitter.rs`).

use super::scan::{Tier, passes};
use crate::reference::published::patterns::{Pattern, THEN, expressions};
use crate::support::features::HAS_FILES;

/// The scanner of the first patterns, and the others as one; None if one scanner runs all, or if none runs the first.
pub fn first_pass(pattern: &Pattern) -> Option<(Tier, Pattern)> {
    let steps = expressions(pattern.source());
    if !HAS_FILES || pattern.scanner().is_some() || steps.len() < 2 {
        return None;
    }
    let [(first, true), rest @ ..] = &passes(&steps)[..] else { return None };
    let first = Tier::new(first).ok()?.ok()?;
    #[allow(clippy::disallowed_methods, reason = "a pattern has a hundred steps at the most")]
    Some((first, Pattern::new(&rest.iter().map(|(pass, _)| pass.join(THEN)).collect::<Vec<_>>().join(THEN)).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_patterns_are_scanned_and_the_others_are_left() {
        let found = |source| {
            let (tier, rest) = first_pass(&Pattern::new(source).unwrap())?;
            Some((tier.name(), rest.source().to_owned()))
        };
        assert_eq!(found(r"[a-z]+|\s(?#then)(?<=ab)a"), Some(("table", "(?<=ab)a".into())));
        assert_eq!(found(r"gpt2(?#then)(?<=ab)a(?#then)c"), Some(("table", "(?<=ab)a(?#then)c".into())));
        // What cuts bytes is left, and all before it is one scanner.
        let bytes = r"(?#bytes)\d+(?#then)(?#bytes)a";
        let [three, two] = ["[!?]+(?#then)gpt2", "[!?]+"].map(|before| format!("{before}(?#then){bytes}"));
        assert_eq!([found(&three), found(&two)], ["table"; 2].map(|name| Some((name, bytes.into()))));
        assert_eq!(found(bytes), None);
        // One scanner, no pattern, one that no scanner runs, and such a one before another.
        for source in ["gpt2", r"[a-z]+|\s", "none", "(?<=ab)a", "(?<=ab)a(?#then)[a-z]+"] {
            assert_eq!(found(source), None, "{source}");
        }
    }
}
