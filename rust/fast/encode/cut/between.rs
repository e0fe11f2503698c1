//! Text between tokens that are found in it, block by block. Must equal `Codec::encode` of `rust/reference/codec.rs` where nothing
//! but a pattern and the search for tokens is between a text and its pieces.
//!
//! What lies between two tokens is a segment, which is cut as a text by itself. A token becomes a piece of the same block, *marked*
//! with its id. So a text with a run of spaces in each line is one text to the encoder, and can be cut for threads.
//!
//! By hand, with the token of two spaces, 300, and `gpt2`: of `a  b` the pieces end at 1, 3 and 4, and the second is marked with 300.
//!
//! Where text between tokens is brought into a normal form, each part is first checked, and as a rule it is in that form already. A
//! part ends where the form changes nothing and looks across nothing.
//!
//! Cost: that of the scanner, and of the searches of `token_search.rs`.

use crate::error::Result;
use crate::fast::normal::normalizer::FastNormalizer;
use crate::fast::scan::{Cuts, Scanner, Tier, fill};
use crate::fast::token_search::Occurrences;
use crate::fast::util::fallible::{extend, push, resize};
use crate::reference::published::found_tokens::Finder;
use crate::reference::published::preprocess::TokenFinder;

/// The number of ends written for a window of a text.
const WINDOW: usize = 64;

/// A piece that is a found token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark {
    /// Its index in the block.
    pub index: usize,
    pub start: usize,
    pub end: usize,
    pub id: u32,
}

/// Renumbers marks after ends were inserted.
pub fn renumber(marks: &mut [Mark], ends: &[usize]) {
    let mut more = 0;
    for mark in marks {
        more += ends[mark.index + more..].iter().take_while(|&&end| end < mark.end).count();
        mark.index += more;
    }
}

#[derive(Debug, Clone, Copy)]
pub struct Between<'p> {
    pub tier: &'p Tier,
    pub search: &'p TokenFinder,
    /// The forms of the text between early tokens.
    pub forms: Option<&'p FastNormalizer>,
}

impl<'p> Between<'p> {
    /// None if the scanner goes back, if a finder has no [`TokenSearch`](crate::fast::token_search::TokenSearch), or if the normalizer
    /// does more than to bring text into forms, or does it before late tokens are found.
    pub fn new(tier: &'p Tier, search: &'p TokenFinder, forms: Option<&'p FastNormalizer>) -> Option<Between<'p>> {
        let is_quick = |finder: &Finder| finder.is_empty() || finder.quick().is_some();
        let is_known = !matches!(tier, Tier::Rewind(..)) && is_quick(&search.early) && is_quick(&search.late);
        let in_parts = forms.is_none_or(|forms| forms.are_forms() && search.late.is_empty());
        (is_known && in_parts).then_some(Between { tier, search, forms })
    }

    pub fn blocks<'t>(&'t self, text: &'t [u8]) -> Blocks<'t> {
        let [early, late] = [&self.search.early, &self.search.late].map(|finder| Tokens::new(finder, text, 0));
        let mut tokens = Found { text, early, late, border: None };
        tokens.enter_segment(0);
        let next = tokens.next();
        Blocks { tier: self.tier, text, tokens, next, at: 0, scanner: None, ends: Vec::new(), meet: true }
    }
}

/// A place is a cut if it is one of the scanner and if no token can stand across it, whatever comes before and after the text.
///
/// A scanner decides by the characters on both sides. If one of them belongs to a token, the place is a border of a segment. No form
/// changes them, nor anything across the place.
impl Cuts for Between<'_> {
    fn is_cut(&self, text: &[u8], at: usize) -> bool {
        let may_cross = |finder: &Finder| {
            let reach = finder.longest().saturating_sub(1);
            at < reach || text.len() - at < reach || finder.crosses(text, at)
        };
        let parts = |forms: &FastNormalizer| forms.parts_at(text, at);
        self.tier.cuts().is_cut(text, at)
            && !may_cross(&self.search.early)
            && !may_cross(&self.search.late)
            && self.forms.is_none_or(parts)
    }
}

/// A name that is left as text is not among them.
#[derive(Debug)]
struct Tokens<'t> {
    finder: &'t Finder,
    occurrences: Option<Occurrences<'t>>,
}

impl<'t> Tokens<'t> {
    fn new(finder: &'t Finder, text: &'t [u8], from: usize) -> Tokens<'t> {
        Tokens { finder, occurrences: finder.quick().map(|quick| quick.find(text, from)) }
    }
}

impl Iterator for Tokens<'_> {
    type Item = Mark;

    #[inline]
    fn next(&mut self) -> Option<Mark> {
        let names = self.finder.tokens();
        let mark = |(start, end, name): (usize, usize, usize)| Some(Mark { index: 0, start, end, id: names[name].1? });
        self.occurrences.as_mut()?.find_map(mark)
    }
}

#[derive(Debug)]
struct Found<'t> {
    text: &'t [u8],
    early: Tokens<'t>,
    /// The early token after the segment in which late ones are looked for.
    border: Option<Mark>,
    late: Tokens<'t>,
}

impl Found<'_> {
    fn enter_segment(&mut self, from: usize) {
        self.border = self.early.next();
        let until = self.border.map_or(self.text.len(), |token| token.start);
        self.late = Tokens::new(self.late.finder, &self.text[..until], from);
    }
}

impl Iterator for Found<'_> {
    type Item = Mark;

    #[inline]
    fn next(&mut self) -> Option<Mark> {
        let late = self.late.next();
        if late.is_some() {
            return late;
        }
        let found = self.border.take()?;
        self.enter_segment(found.end);
        Some(found)
    }
}

#[derive(Debug)]
pub struct Blocks<'t> {
    tier: &'t Tier,
    text: &'t [u8],
    tokens: Found<'t>,
    next: Option<Mark>,
    at: usize,
    /// Unless masks scan: the scanner of this segment, where the segment begins, and some of its ends.
    scanner: Option<(Scanner<'t>, usize)>,
    ends: Vec<usize>,
    /// [`Scanner::may_meet`] of the last block.
    pub meet: bool,
}

impl Blocks<'_> {
    /// Replaces `ends` and `marks` by those of the next pieces, about `most` of them; false, and nothing, at the end of the text.
    pub fn next_block(&mut self, ends: &mut Vec<usize>, marks: &mut Vec<Mark>, most: usize) -> Result<bool> {
        marks.clear();
        self.meet = !matches!(self.tier, Tier::Masks(_));
        let most = most.min(self.text.len() - self.at + WINDOW);
        let mut count = 0;
        while self.at < self.text.len() && count + WINDOW <= most {
            let until = self.next.map_or(self.text.len(), |token| token.start);
            if self.at < until {
                count = self.scan(until, ends, count, most)?;
                continue;
            }
            let Some(token) = self.next else { break };
            resize(ends, most.max(count + 1), 0)?;
            ends[count] = token.end;
            push(marks, Mark { index: count, ..token })?;
            (self.at, self.next, count) = (token.end, self.tokens.next(), count + 1);
        }
        ends.truncate(count);
        Ok(count > 0)
    }

    /// Writes ends of the segment that ends at `until` after the first `count`, and returns how many there are then.
    fn scan(&mut self, until: usize, ends: &mut Vec<usize>, count: usize, most: usize) -> Result<usize> {
        if let Tier::Masks(grammar) = self.tier {
            resize(ends, most, 0)?;
            return Ok(count + fill(*grammar, &self.text[..until], &mut self.at, &mut ends[count..], &mut self.meet));
        }
        let segment = &self.text[self.at..until];
        let (scanner, start) = self.scanner.get_or_insert_with(|| (Scanner::of(self.tier, segment), self.at));
        scanner.next_block(&mut self.ends, most)?;
        self.at = *start + scanner.position();
        ends.truncate(count);
        extend(ends, self.ends.iter().map(|end| *start + end))?;
        if self.at == until {
            self.scanner = None;
        }
        Ok(ends.len())
    }
}

#[cfg(test)]
mod tests;
