//! The second tier: patterns whose ends cannot be found without going back.
//!
//! `a*b|a` on a text of many `a` must read to the end of the run to see that no `b` follows, and take one `a`; then again from the
//! next, in quadratic time. Here a search remembers what it has learned: *from this place, in this state, no further end comes*.
//! A later search that gets to the same place in the same state stops there.
//!
//! By hand, `a*b|a` on 1,000 `a`, with a note every 64 bytes: the first search reads all and leaves notes at 64, 128, ... that the
//! state "in a*" finds nothing. The second starts at 1, reads to 64, finds the note, and stops; so do the others. When all are done,
//! about 1,000 + 1,000 * 64 / 2 characters have been read, not 500,000.
//!
//! It is exact, since what a search does from a place on depends on its state alone, which holds what is asked of the character
//! before too. It is linear (notes/proofs.md, "Compiled split patterns"): n bytes cost at most 64 n (1 + states / 64) steps. With many
//! states that is many, so a text has the limits that it has with the engine (`rust/support/engine.rs`), and so have notes.
//!
//! Of a pattern that names only numbers or signs, say, most places begin no match, and two characters show it, whatever came
//! before. Such places are passed over without a search.
//!
//! The idea is that of Reps, "'Maximal-munch' tokenization in linear time" (1998), with fewer notes.

use super::partition::{ClassSet, ClassTable, Partition};
use super::search::{DEAD, Search};
use crate::error::Result;
use crate::support::features::HAS_FILES;
use crate::support::interrupt;
use crate::support::spent::Spent;
use foldhash::{HashSet, HashSetExt};

/// How far apart notes are, in bytes.
const APART: usize = 64;
/// The most notes at a time, and four more for each stretch of the text: some 100 MiB.
const NOTES: usize = 1 << 22;
const BLOCK: usize = 512;

#[derive(Debug)]
pub struct Rewind {
    classes: ClassTable,
    search: Search,
    /// For each class, the classes before which a search that begins with it finds nothing.
    vain: Vec<ClassSet>,
    source: String,
    examples: Vec<char>,
}

#[derive(Debug, Clone)]
pub(crate) struct RewindCursor {
    /// Where the last piece ended.
    done: usize,
    /// Where the next attempt begins.
    at: usize,
    /// Places and states from which no further end comes.
    notes: HashSet<(usize, u32)>,
    /// The number of notes at which those behind `at` are forgotten.
    full: usize,
    /// Notes to be left if the present search finds no further end.
    trail: Vec<(usize, u32)>,
    pub(crate) spent: Spent,
}

impl RewindCursor {
    pub(crate) fn new(spent: Spent) -> RewindCursor {
        RewindCursor { done: 0, at: 0, notes: HashSet::new(), full: 1024, trail: Vec::new(), spent }
    }
}

impl Rewind {
    pub(super) fn new(partition: &Partition, search: Search) -> Rewind {
        let (classes, examples) = (ClassTable::new(partition), partition.examples.clone());
        let vain = (0..partition.n_classes()).map(|class| search.vain(class)).collect();
        Rewind { classes, search, vain, source: String::new(), examples }
    }

    #[must_use]
    pub fn named(self, source: &str) -> Rewind {
        Rewind { source: source.into(), ..self }
    }

    /// The numbers of classes and of states.
    pub fn size(&self) -> (usize, usize) {
        (self.search.width - 1, self.search.n_states())
    }

    pub fn examples(&self) -> &[char] {
        &self.examples
    }

    /// Replaces `ends` by the ends of the next pieces, at least one; false, and no ends, at the end of the text. An error if the text
    /// has spent what it may.
    pub(crate) fn next_ends(&self, text: &[u8], cursor: &mut RewindCursor, ends: &mut Vec<usize>) -> Result<bool> {
        ends.clear();
        if !HAS_FILES {
            return Ok(false);
        }
        while ends.len() < BLOCK && cursor.at < text.len() {
            cursor.at = self.pass(text, cursor.at);
            let end = self.attempt(text, cursor)?;
            if end.is_some() && cursor.done < cursor.at {
                ends.push(cursor.at);
                cursor.done = cursor.at;
            }
            if let Some(end) = end.filter(|&end| end > cursor.at) {
                ends.push(end);
                (cursor.done, cursor.at) = (end, end);
            } else {
                cursor.at += self.classes.at(text, cursor.at).1;
            }
            if interrupt::stopped() {
                // Any end will do.
                cursor.at = text.len();
            }
        }
        if cursor.at == text.len() && cursor.done < cursor.at {
            ends.push(cursor.at);
            cursor.done = cursor.at;
        }
        Ok(!ends.is_empty())
    }

    /// The first place from here on at which a search may find something, or one before it after a whole stretch.
    fn pass(&self, text: &[u8], mut at: usize) -> usize {
        let until = text.len().min(at + interrupt::STRETCH);
        let (mut class, mut length) = self.classes.at(text, at);
        while at + length < until {
            let (next, next_length) = self.classes.at(text, at + length);
            if self.vain[class] >> next & 1 == 0 {
                break;
            }
            at += length;
            (class, length) = (next, next_length);
        }
        at
    }

    fn attempt(&self, text: &[u8], cursor: &mut RewindCursor) -> Result<Option<usize>> {
        let begin = if cursor.at == 0 { self.search.width - 1 } else { self.classes.before(text, cursor.at) };
        let mut state = self.search.starts[begin];
        let (mut at, mut last) = (cursor.at, None);
        while state != DEAD {
            if at == text.len() {
                if self.search.ends(state) {
                    last = Some(at);
                    cursor.trail.clear();
                }
                break;
            }
            let (class, length) = self.classes.at(text, at);
            let (matched, next) = self.search.step(state, class);
            if matched {
                last = Some(at);
                cursor.trail.clear();
            }
            state = next;
            let before = at;
            at += length;
            if before / APART != at / APART {
                if cursor.notes.contains(&(at, state)) || interrupt::stopped() {
                    break;
                }
                if cursor.spent.is_over(APART) {
                    return Err(Spent::error(&self.source));
                }
                cursor.trail.try_reserve(1)?;
                cursor.trail.push((at, state));
            }
        }
        self.note(text, cursor)?;
        Ok(last)
    }

    /// Notes that the search has found no further end from the places on its trail.
    fn note(&self, text: &[u8], cursor: &mut RewindCursor) -> Result<()> {
        let at = cursor.at;
        cursor.notes.try_reserve(cursor.trail.len())?;
        cursor.notes.extend(cursor.trail.drain(..));
        if cursor.notes.len() > cursor.full {
            cursor.notes.retain(|&(noted, _)| noted > at);
            cursor.full = (2 * cursor.notes.len()).max(1024);
            if cursor.notes.len() > NOTES + text.len() / (APART / 4) {
                return Err(Spent::error(&self.source));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fast::scan::Tier;
    use crate::fast::scan::compiled::tests::Case;

    fn rewind(pattern: &str) -> Rewind {
        let Ok(Tier::Rewind(rewind, _)) = Tier::new(&[pattern]).unwrap() else { panic!("{pattern} goes back") };
        rewind
    }

    #[test]
    fn notes_are_left_where_nothing_more_is_found_and_nowhere_else() {
        let rewind = rewind("a*b|a");
        // `a`, `b`, all others; no attempt, the start of one, after one `a`, after more, after a `b`.
        assert_eq!(rewind.size(), (3, 5));
        assert_eq!(rewind.examples(), [' ', 'a', 'b']);
        let text = b"a".repeat(300);
        let (mut cursor, mut ends) = (RewindCursor::new(Spent::of(text.len())), Vec::new());
        assert!(rewind.next_ends(&text, &mut cursor, &mut ends).unwrap());
        assert_eq!(ends, (1..=300).collect::<Vec<_>>());
        let mut noted: Vec<usize> = cursor.notes.iter().map(|&(at, _)| at).collect();
        noted.sort_unstable();
        assert_eq!(noted, [64, 128, 192, 256]);
        assert!(!rewind.next_ends(&text, &mut cursor, &mut ends).unwrap());
        assert_eq!(ends, [0; 0]);
    }

    #[test]
    fn places_at_which_nothing_begins_are_passed_over() {
        let pattern = r"\p{N}{1,3}| ?[^\s\p{L}\p{N}]{2,}[\r\n/]*| +(?!\S)";
        let signs = rewind(pattern);
        // Two signs stop it, and a number; so does the end of a stretch, or of the text. The second byte of é is read as one sign.
        let passed = |text: &str| -> Vec<usize> { (0..text.len()).map(|at| signs.pass(text.as_bytes(), at)).collect() };
        assert_eq!(passed("a é, b"), [4, 5, 6, 3, 6, 6, 6]);
        assert_eq!(passed("ab --"), [2, 2, 2, 3, 4]);
        assert_eq!(passed("a1b 2"), [1, 1, 4, 4, 4]);
        // What is asked of the character before may make any place the beginning of a match.
        let behind = rewind("(?<=c)a|a*b|aa");
        assert_eq!((0..4).map(|at| behind.pass(b"-cad", at)).collect::<Vec<_>>(), [2, 2, 2, 3]);
        for part in ["word, word", "é ", " -", "a1", "  ", "😀", "x / --/\n"] {
            let case = Case::new(pattern, pattern);
            for n in [1, 2, 3, 70] {
                case.check(part.repeat(n).as_bytes());
                case.check(&part.repeat(n).as_bytes()[1..]);
            }
        }
    }

    #[test]
    fn notes_behind_are_forgotten() {
        let rewind = rewind("a*b|a");
        let text = [b"a".repeat(APART * 12), b"-".to_vec()].concat().repeat(200);
        let (mut cursor, mut ends) = (RewindCursor::new(Spent::of(text.len())), Vec::new());
        let mut done = 0;
        while rewind.next_ends(&text, &mut cursor, &mut ends).unwrap() {
            done += ends.len();
            assert!(cursor.notes.len() <= cursor.full && cursor.trail.is_empty());
        }
        assert_eq!(done, text.len());
        assert_eq!(cursor.full, RewindCursor::new(Spent::of(text.len())).full);
    }

    /// Reading to the end of the run from each place would take 5,000,000,000 steps.
    #[test]
    fn a_long_run_is_not_read_again_from_each_place() {
        let text = b"a".repeat(100_000);
        let (rewind, mut cursor, mut ends, mut count) =
            (rewind("a*b|a"), RewindCursor::new(Spent::of(text.len())), Vec::new(), 0);
        while rewind.next_ends(&text, &mut cursor, &mut ends).unwrap() {
            count += ends.len();
        }
        assert_eq!(count, text.len());
    }

    /// A search in each of many states, of which none finds an end.
    #[test]
    fn a_text_has_limits() {
        let rewind = rewind(r"(?:[\s\S]{1000}){0,48}[\s\S]{0,500}$");
        let text = b"a".repeat(200_000);
        let (mut cursor, mut ends) = (RewindCursor::new(Spent::of(text.len())), Vec::new());
        let error = loop {
            match rewind.next_ends(&text, &mut cursor, &mut ends) {
                Ok(more) => assert!(more),
                Err(error) => break error,
            }
        };
        assert_eq!(error, Spent::error(r"(?:[\s\S]{1000}){0,48}[\s\S]{0,500}$"));
        assert!(cursor.notes.len() < 2 * NOTES);
    }

    #[test]
    fn a_text_longer_than_a_block_is_cut_as_the_engine_does() {
        for pattern in ["a*b|a", "^aa|a*b|a", "(?<=c)a|a*b|aa", "(?:a*b|a)?", "(?:a|b)*c|ab|a", "(?:a+b+)+c|a|b"] {
            let case = Case::new(pattern, pattern);
            assert!(matches!(case.tier, Some(Tier::Rewind(..))), "{pattern}");
            for part in ["a", "ab", "aaab", "ca", "aaabbc", "ac", "-", "a-"] {
                for n in [1, 2, 70, BLOCK + 8] {
                    for end in ["", "a", "b", "c", "-"] {
                        case.check((part.repeat(n) + end).as_bytes());
                    }
                }
            }
        }
    }
}
