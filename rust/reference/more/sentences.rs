//! Where a sentence ends, and the characters that end sentences and clauses.
//!
//! By hand: in `Mr. A came. (Yes.) no` a sentence ends after `came.`. None ends after `Mr.`, which is short for something,
//! nor after `(Yes.)`, since a small letter follows.
//!
//! Costs: O(1) for a place, and the closing quotation marks and brackets before it.
//!
//! Implements SPEC C3.

use super::graphemes::{holds, is_lower, is_word};

// What ends a sentence; what ends one without a space after it; what may stand between that and the space.
pub const TERMINALS: &str = ".!?\u{2026}\u{61f}\u{6d4}\u{964}\u{965}\u{589}\u{1362}\u{1367}\u{1368}\u{203c}\u{2047}\u{2048}\u{2049}\
                         \u{3002}\u{ff01}\u{ff0e}\u{ff1f}\u{ff61}";
pub const WIDE: &str = "\u{3002}\u{ff01}\u{ff0e}\u{ff1f}\u{ff61}\u{964}\u{965}\u{1362}";
pub const CLOSERS: &str = "\"')]}*_`\u{2019}\u{201d}\u{bb}\u{203a}\u{300d}\u{300f}\u{ff09}\u{3011}\u{300b}";
// What ends a clause, before a space and anywhere.
pub const CLAUSES: &str = ",;:\u{2014})]}";
pub const WIDE_CLAUSES: &str = "\u{ff0c}\u{3001}\u{ff1b}\u{ff1a}\u{ff09}\u{300b}\u{300d}\u{300f}\u{3011}\u{60c}\u{61b}";
const ABBREVIATIONS: [&str; 17] =
    ["Mr", "Mrs", "Ms", "Dr", "Prof", "St", "Sr", "Jr", "vs", "cf", "etc", "No", "Fig", "Eq", "al", "approx", "ca"];
const LONGEST: usize = 6;

/// Returns whether a sentence ends at a place. `following`: what comes next, white space left out, if there is something.
pub fn ends_sentence(text: &str, place: usize, following: Option<char>) -> bool {
    let ended = text[..place].trim_end_matches(|char| holds(CLOSERS, char));
    if !ended.ends_with(|char| holds(TERMINALS, char)) {
        return false;
    }
    if following.is_some_and(|char| ",;:".contains(char) || is_lower(char)) {
        return false;
    }
    !ended.ends_with('.') || !is_abbreviated(text, ended.len() - 1)
}

/// Returns whether what stands before a full stop is one letter, or known to be short for something.
pub fn is_abbreviated(text: &str, dot: usize) -> bool {
    let letters = text.as_bytes()[..dot].iter().rev().take(LONGEST + 1).take_while(|byte| byte.is_ascii_alphabetic());
    let at = dot - letters.count();
    if text[..at].ends_with(is_word) {
        return false;
    }
    dot - at == 1 || ABBREVIATIONS.contains(&&text[at..dot])
}

/// Returns whether a character ends what stands before it, so that no chunk begins with it.
pub fn is_ending(char: char) -> bool {
    [TERMINALS, CLOSERS, CLAUSES, WIDE_CLAUSES].iter().any(|chars| holds(chars, char))
}
