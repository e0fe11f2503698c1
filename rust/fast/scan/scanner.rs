//! A text -> the ends of its pieces, block by block, with the fastest instructions of this processor.

use super::compiled::{Cursor, Rewind, RewindCursor, Table};
use super::grammar::Grammar;
use super::tier::Tier;
use super::windows::Fill;
use crate::error::Result;
use crate::fast::simd::Isa;
use crate::fast::util::fallible::resize;
use crate::support::spent::Spent;

/// A longer text is not first checked for being all small letters.
const LONGEST_WORD: usize = 32;

/// Passes the pieces of a text, or of a part of one, to `emit`, in order. `spent` is what the text has spent. No grammar cuts small
/// letters, so a part that has nothing else is a piece: making a scanner costs seven times as much as encoding a word.
pub fn split<'t>(
    tier: &Tier,
    text: &'t [u8],
    spent: &mut Spent,
    emit: &mut dyn FnMut(&'t [u8]) -> Result<()>,
) -> Result<()> {
    if matches!(tier, Tier::Masks(_))
        && (1..=LONGEST_WORD).contains(&text.len())
        && text.iter().all(u8::is_ascii_lowercase)
    {
        return emit(text);
    }
    let mut scanner = Scanner::within(tier, text, || spent.clone());
    let mut ends = Vec::new();
    let mut start = 0;
    while scanner.next_block(&mut ends, 4096)? {
        for &end in &ends {
            emit(&text[start..end])?;
            start = end;
        }
    }
    if let Way::Rewind(_, place) = scanner.way {
        *spent = place.spent;
    }
    Ok(())
}

/// A resumable scanner: hands out the ends of pieces block by block.
///
/// ```
/// use minitok::fast::scan::{Grammar, Scanner};
/// let mut scanner = Scanner::new(Grammar::Gpt2, b"Hello there");
/// let mut ends = Vec::new();
/// while scanner.next_block(&mut ends, 4096).unwrap() {
///     assert_eq!(ends, [5, 11]);
/// }
/// ```
#[derive(Debug, Clone)]
pub struct Scanner<'t> {
    text: &'t [u8],
    position: usize,
    way: Way<'t>,
    meet: bool,
}

#[derive(Debug, Clone)]
enum Way<'t> {
    Masks(Grammar, Isa),
    Table(&'t Table, Cursor),
    Rewind(&'t Rewind, RewindCursor),
}

impl<'t> Scanner<'t> {
    /// With the fastest instructions of this processor.
    #[inline]
    pub fn new(grammar: Grammar, text: &'t [u8]) -> Self {
        Self::with_isa(grammar, text, Isa::fastest())
    }

    #[expect(clippy::inline_always, reason = "a call would cost short texts a hundredth")]
    #[inline(always)]
    pub fn of(tier: &'t Tier, text: &'t [u8]) -> Self {
        match tier {
            Tier::Masks(grammar) => Self::new(*grammar, text),
            _ => Self::within(tier, text, || Spent::of(text.len())),
        }
    }

    /// For a part of a text. `spent` is what the text has spent; only going back asks for it.
    fn within(tier: &'t Tier, text: &'t [u8], spent: impl FnOnce() -> Spent) -> Self {
        let way = match tier {
            Tier::Masks(grammar) => Way::Masks(*grammar, Isa::fastest()),
            Tier::Table(table) => Way::Table(table, Cursor::new()),
            Tier::Rewind(rewind, _) => Way::Rewind(rewind, RewindCursor::new(spent())),
        };
        Self { text, position: 0, way, meet: true }
    }

    /// With these instructions, to compare them.
    pub fn with_isa(grammar: Grammar, text: &'t [u8], isa: Isa) -> Self {
        Self { text, position: 0, way: Way::Masks(grammar, isa), meet: true }
    }

    /// Whether two characters of three bytes may meet inside a piece of the last block.
    pub fn may_meet(&self) -> bool {
        self.meet
    }

    pub fn position(&self) -> usize {
        self.position
    }

    /// Replaces `ends` by the ends of the next pieces, ascending offsets into the text, at least one; false, and no ends, when the text
    /// is used up. The first piece starts at the [`position`](Self::position) before the call, each other where the one before it ends.
    ///
    /// Masks give at most `max_pieces.max(1)`, compiled patterns what some thousand bytes hold.
    ///
    /// # Errors
    /// A pattern whose ends cannot be found without going back takes too many steps.
    pub fn next_block(&mut self, ends: &mut Vec<usize>, max_pieces: usize) -> Result<bool> {
        if self.position == self.text.len() {
            ends.clear();
            return Ok(false);
        }
        let (grammar, isa) = match &mut self.way {
            Way::Masks(grammar, isa) => (*grammar, *isa),
            Way::Table(table, cursor) => {
                let more = table.next_ends(self.text, cursor, ends);
                self.position = ends.last().copied().unwrap_or(self.position);
                return Ok(more);
            }
            Way::Rewind(rewind, place) => {
                let more = rewind.next_ends(self.text, place, ends)?;
                self.position = ends.last().copied().unwrap_or(self.position);
                return Ok(more);
            }
        };
        // The ends of the block before are overwritten, not cleared first: that would cost a tenth of the scan. A short text
        // does not pay for a whole block either: few have more than a piece for three bytes, and a window writes 64 ends.
        let left = self.text.len() - self.position;
        let most = if left < 64 { left } else { left / 3 + 64 };
        resize(ends, max_pieces.clamp(1, most), 0)?;
        self.meet = false;
        let count =
            isa.run(Fill { grammar, text: self.text, position: &mut self.position, ends, meet: &mut self.meet });
        ends.truncate(count);
        Ok(true)
    }
}

/// Writes the ends of the pieces from `position` on, which is inside the text, moves it to the last, and returns their number, at
/// least one. `ends` is not empty. Sets `meet` as [`Scanner::may_meet`] says.
pub(crate) fn fill(grammar: Grammar, text: &[u8], position: &mut usize, ends: &mut [usize], meet: &mut bool) -> usize {
    Isa::fastest().run(Fill { grammar, text, position, ends, meet })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_runs_on_the_instructions_that_were_asked_for() {
        let isa_of = |scanner: Scanner| match scanner.way {
            Way::Masks(_, isa) => isa,
            _ => panic!("a grammar is scanned by masks"),
        };
        for isa in Isa::available() {
            assert_eq!(isa_of(Scanner::with_isa(Grammar::Gpt2, b"a", isa)), isa);
        }
        let fastest = Isa::available().last().copied().unwrap();
        assert_eq!(isa_of(Scanner::new(Grammar::Gpt2, b"a")), fastest);
        assert_eq!(isa_of(Scanner::of(&Tier::Masks(Grammar::Gpt2), b"a")), fastest);
    }

    #[test]
    fn no_grammar_cuts_small_letters() {
        for (name, grammar) in Grammar::ALL {
            for text in [&b"s"[..], b"re", b"theirs", &[b'm'; LONGEST_WORD], &[b'm'; LONGEST_WORD + 1]] {
                let mut ends = Vec::new();
                assert!(Scanner::new(grammar, text).next_block(&mut ends, 4096).unwrap());
                assert_eq!(ends, [text.len()], "{name}");
            }
        }
    }

    #[test]
    fn a_block_has_the_pieces_that_were_asked_for_if_there_are_as_many() {
        let text = b"a a a a a a a";
        for most in [0, 1, 2, 7, 8, 100] {
            let mut scanner = Scanner::new(Grammar::Gpt2, text);
            let (mut ends, mut all) = (vec![9; 3], Vec::new());
            while scanner.next_block(&mut ends, most).unwrap() {
                assert!((1..=most.max(1)).contains(&ends.len()), "{most}");
                assert_eq!(ends.last(), Some(&scanner.position()));
                all.append(&mut ends);
            }
            assert_eq!(all, [1, 3, 5, 7, 9, 11, 13], "{most}");
            assert!(!scanner.next_block(&mut ends, most).unwrap() && ends.is_empty());
        }
    }
}
