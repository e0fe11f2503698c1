//! Safe cuts of any table, for threads, streams and chunks. Why they are safe: notes/proofs.md, "Compiled split patterns".
//!
//! A text may be cut before a character of class b that follows one of class a if, from *every* state to which some state moves
//! on a, reading b
//!
//! 1. makes exactly those ends sure that the end of the text would, and
//! 2. leads to the state to which it leads from the start of a text.
//!
//! By hand, for `\w+|\s+(?!\S)|\s`: after a letter the machine is in `\w+`. A space ends the word, as the end of the text would, and
//! leads to `\s+` as at the start: letter | space is a cut. After a space it is in `\s+`, perhaps with an end. A letter makes that end
//! sure, but the end of the text would make another one, so space | letter is not.
//!
//! The character after the cut must be ASCII or complete, so that what comes later cannot change its class.
//!
//! Cost: states * classes^2 to make; two look-ups a place.

#![expect(clippy::cast_possible_truncation, reason = "states are fewer than `MAX_STATES`")]

use super::ends::{Cell, Ends};
use super::partition::ClassTable;

/// The pairs of classes between which a text may be cut.
#[derive(Debug, Clone)]
pub(super) struct ClassCuts {
    width: usize,
    safe: Vec<bool>,
}

impl ClassCuts {
    pub(super) fn new(ends: &Ends) -> ClassCuts {
        let width = ends.width - 1;
        let mut safe = Vec::with_capacity(width * width);
        for before in 0..width {
            let mut states: Vec<u32> = (0..ends.n_states()).map(|state| ends.cell(state as u32, before).next).collect();
            states.sort_unstable();
            states.dedup();
            safe.extend((0..width).map(|after| states.iter().all(|&state| cuts(ends, state, after))));
        }
        ClassCuts { width, safe }
    }

    pub(super) fn none() -> ClassCuts {
        ClassCuts { width: 0, safe: Vec::new() }
    }

    /// Whether the text may be cut at `at`, which must be inside it and not 0.
    pub(super) fn holds(&self, classes: &ClassTable, text: &[u8], at: usize) -> bool {
        if text[at] & 0xC0 == 0x80 {
            return false;
        }
        let (after, length) = classes.at(text, at);
        let complete = text[at] < 0x80 || length > 1;
        complete && self.safe.get(classes.before(text, at) * self.width + after) == Some(&true)
    }
}

/// Whether a text may be cut in this state before a character of the class.
fn cuts(ends: &Ends, state: u32, after: usize) -> bool {
    let (here, first, alone) = (ends.cell(state, after), ends.cell(0, after), ends.finish(state));
    let same_ends = (here.slot, here.sure) == (alone.slot, alone.sure) && alone.sure > 0;
    let starts = Cell { next: here.next, ..first } == first && first.sure == 0;
    same_ends && starts
}

#[cfg(test)]
mod tests {
    use super::super::tests::{Case, scanned, texts};
    use crate::fast::scan::{Cuts, Tier};

    #[test]
    fn every_cut_leaves_the_pieces_as_they_are() {
        for pattern in [
            "^ab|a|b", "(?<=a)b+|a|(?<!a)c+", r"^a|a$|\Aab|b", r"\ba+|b\B|\b.", "ab|a|b+", r"\s+(?!\S)|\s|a",
            "a{1,2}|b", r"a{1,2}(?#then)b|a",
        ] {
            let case = Case::new(pattern, pattern);
            let Some(tier @ Tier::Table(table)) = &case.tier else { panic!("{pattern} is a table") };
            for text in texts(&['a', 'b', 'c', ' '], 5) {
                let all = scanned(tier, text.as_bytes());
                for at in 1..text.len() {
                    if table.is_cut(text.as_bytes(), at) {
                        let (left, right) = text.as_bytes().split_at(at);
                        let mut halves = scanned(tier, left);
                        halves.extend(scanned(tier, right).iter().map(|end| end + at));
                        assert_eq!(halves, all, "{pattern} at {at} of {text:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn the_cuts_of_a_pattern_by_hand() {
        let cuts = |pattern: &str, text: &[u8]| {
            let tier = Tier::new(&[pattern]).unwrap().unwrap();
            (1..text.len()).filter(|&at| tier.cuts().is_cut(text, at)).collect::<Vec<_>>()
        };
        // A word ends before a space; what a space belongs to is seen only later.
        assert_eq!(cuts(r"\w+|\s+(?!\S)|\s", b"ab  c d"), [2, 5]);
        assert_eq!(cuts("[ab]", b"abab"), [1, 2, 3]);
        assert_eq!(cuts("ab|a|b", b"abba"), [2, 3]);
        // Before `ab`, what follows would be at the start of a text, and so be one piece.
        assert_eq!(cuts("^ab|a|b", b"abbab"), [2]);
        // Not inside a character, nor before one that may go on.
        assert_eq!(cuts(".", "é日!".as_bytes()), [2, 5]);
        assert_eq!(cuts(".", b"a\xE6\x97"), [0; 0]);
    }
}
