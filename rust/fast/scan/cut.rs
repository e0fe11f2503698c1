//! Where a text may be cut in two without changing a piece on either side, seen from three bytes.
//!
//! Threads and chunks of a long document need such places. [`Cuts`] of a grammar are before an ASCII white byte `w` that follows a
//! character `c` which is not white. Proof, for the pieces of `rust/reference/pretokenize.rs`:
//!
//! 1. *A piece ends there in the whole text.* No alternative of gpt2 has white space after a character that is not white. In the
//!    others only the punctuation rule has, and there only line ends (`[\r\n]*`, `[\r\n/]*`) after characters that are neither letters
//!    nor numbers. So nothing spans the cut if `w` is not a line end, or `c` is a letter or a number, or the pattern is gpt2. (A
//!    mark does not count as a letter here: punctuation can hold it.)
//! 2. *The left half has the same pieces alone.* What a rule sees beyond its own piece is: the end of a run, which is the same before
//!    white space and at the end of the text; `(?!\S)` and `$`, which only runs of white space ask, and all of these end before
//!    `c`; the contraction after an apostrophe, which no white byte continues.
//! 3. *The right half has the same pieces alone*, because no rule looks behind.
//!
//! All of this holds whatever comes after `w`. A truncated character before `w` is ill-formed in both cases, since `w` is ASCII.
//!
//! Cost: O(bytes looked at). Text without ASCII white space (some Chinese, minified code) may hold no such place at all.

use super::classes::{LETTER, NEWLINE, NUMBER, WHITE, char_at};
use super::grammar::Grammar;
use crate::support::interrupt;

/// Finds places at which a text can be cut in two without changing either part. Both searches stop early where the work is to stop
/// (`rust/support/interrupt.rs`).
pub trait Cuts {
    /// Whether the text can be cut at `at`, which is inside it and not 0.
    fn is_cut(&self, text: &[u8], at: usize) -> bool;

    /// The first such place in `from.max(1)..text.len()`.
    fn next(&self, text: &[u8], from: usize) -> Option<usize> {
        interrupt::find(from.max(1)..text.len(), |at| self.is_cut(text, at))
    }

    /// The last such place in `from.max(1)..text.len()`. To be linear where cuts are rare, a caller that extends the text passes
    /// the length that it has searched already.
    fn last(&self, text: &[u8], from: usize) -> Option<usize> {
        interrupt::find_last(from.max(1)..text.len(), |at| self.is_cut(text, at))
    }
}

#[derive(Debug)]
pub struct NoCuts;

impl Cuts for NoCuts {
    fn is_cut(&self, _: &[u8], _: usize) -> bool {
        false
    }

    fn next(&self, _: &[u8], _: usize) -> Option<usize> {
        None
    }

    fn last(&self, _: &[u8], _: usize) -> Option<usize> {
        None
    }
}

/// ```
/// use minitok::fast::scan::{Cuts, Grammar};
/// let text = b"Well!\n\nA  word";
/// assert_eq!(Grammar::Cl100k.next(text, 0), Some(8)); // not after "!": it takes the line ends
/// assert_eq!(Grammar::Cl100k.last(text, 0), Some(8)); // nor after a space
/// ```
impl Cuts for Grammar {
    fn is_cut(&self, text: &[u8], at: usize) -> bool {
        text[at] < 0x80 && {
            let (flags, _) = char_at(text, at);
            let any_before = *self == Grammar::Gpt2 || flags & NEWLINE == 0;
            flags & WHITE != 0 && {
                let before = flags_before(text, at);
                before & WHITE == 0 && (any_before || before & (LETTER | NUMBER) != 0)
            }
        }
    }
}

/// The flags of the character that ends at `at`, which must be positive.
fn flags_before(text: &[u8], at: usize) -> u8 {
    // The longest first: the last byte of a character, seen alone, would be ill-formed.
    let ends_here = |&length: &usize| char_at(&text[..at], at - length).1 == length;
    let length = (1..=at.min(4)).rev().find(ends_here).unwrap_or(1);
    char_at(&text[..at], at - length).0
}

#[cfg(test)]
mod tests {
    use super::super::tests::GRAMMARS;
    use super::*;

    #[test]
    fn what_stands_before_white_space_decides() {
        let letters = ["a", "Z", "é", "ß", "ب", "日", "ᾈ", "\u{1D400}", "7", "½", "\u{1D7D8}"];
        let others = ["!", "'", "—", "😀", "\u{301}", "\u{E0101}", "\0", "\u{FFFD}"];
        let white = [" ", "\t", "\u{85}", "\u{A0}", "\u{2028}", "\u{3000}"];
        for grammar in GRAMMARS {
            let check = |before: &str, next: char, cut: bool| {
                for text in [format!("{before}{next}x"), format!("b\u{200B}{before}{next}x")] {
                    let at = text.len() - 2;
                    assert_eq!(grammar.next(text.as_bytes(), 0), cut.then_some(at), "{grammar:?} {text:?}");
                }
            };
            for next in [' ', '\t', '\n', '\r'] {
                let breaks = matches!(next, '\n' | '\r');
                for before in letters {
                    check(before, next, true);
                }
                for before in others {
                    check(before, next, !breaks || grammar == Grammar::Gpt2);
                }
            }
            for before in white {
                // Only after the character before that white space, and only if that is ASCII.
                let first = before.len() == 1;
                for next in [' ', '\n'] {
                    let text = format!("é{before}{next}x");
                    assert_eq!(grammar.next(text.as_bytes(), 0), first.then_some(2), "{grammar:?} {text:?}");
                    assert_eq!(grammar.next(text.as_bytes(), 3), None, "{grammar:?} {text:?}");
                }
            }
        }
    }

    #[test]
    fn a_cut_is_neither_at_an_end_nor_before_what_was_asked_for() {
        for grammar in GRAMMARS {
            let text = b"a b c ";
            let found: Vec<_> = (0..=6).map(|from| grammar.next(text, from)).collect();
            assert_eq!(found, [Some(1), Some(1), Some(3), Some(3), Some(5), Some(5), None], "{grammar:?}");
            assert_eq!(grammar.next(b" a", 0), None);
            assert_eq!(grammar.next(b"", 0), None);
        }
    }
}
