//! Where a text may end: before a heading, after a paragraph, a line, a sentence, a word.
//!
//! A *border* is a place between two characters. The kinds of borders, best first:
//!
//! - `heading`: before an ATX heading of Markdown
//! - `paragraph`: after a blank line, before a line without indentation
//! - `block`: after any other blank line, and any in fenced code
//! - `line`: after another line
//! - `sentence`: after a sentence
//! - `wrap`: after a line that was only wrapped, a line of fenced code, or a heading
//! - `clause`: after a comma, a colon, a bracket
//! - `space`: before white space
//! - `word`: between a word and something else, and next to each character of a script without spaces
//! - `character`: between graphemes, what a reader takes for one character
//!
//! White space before a word goes with the word, and a line feed with the line that it ends. Where a kind is not wanted, its
//! borders count as the next kind that is.
//!
//! By hand: `# A\n\nHi. You` has a wrap border after each line feed, since the heading stays with what it heads; a sentence
//! border before the last space; and one of the kind `space` before `A`.
//!
//! Lines are read once, forward, so what a border is does not depend on what follows the next line: a fence that is open stays
//! open, as in Markdown, though not forever.
//!
//! Invariants: a border is never inside a grapheme or a token that was found. What is added after a text, after a whole line,
//! changes no border before that line.
//!
//! Costs: O(n) for the lines of n characters, then O(1) for a place, or what stands between a sentence and the next word.
//!
//! Implements SPEC C2 and C3.

use super::fences::{closes, fence_of, is_blank, is_heading, is_item};
use super::graphemes::{around, flag_runs, holds, is_alone, is_grapheme_border, is_letter, is_space, is_word};
use super::sentences::{CLAUSES, CLOSERS, TERMINALS, WIDE, WIDE_CLAUSES, ends_sentence, is_ending};
use crate::error::{Error, Result};
use crate::support::interrupt;

/// The kind of a border, best first. The last two are those of chunks that end at none: between two characters, and with the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Border {
    /// Before a heading of Markdown.
    Heading,
    /// After a blank line, before a line without indentation.
    Paragraph,
    /// After another blank line, or any in fenced code.
    Block,
    /// After another line.
    Line,
    /// After a sentence.
    Sentence,
    /// After a line that was only wrapped, a line of fenced code, or a heading.
    Wrap,
    /// After a comma, a colon, a bracket.
    Clause,
    /// Before white space.
    Space,
    /// At an end of a word; next to each character of a script without spaces.
    Word,
    /// Between two characters.
    Character,
    /// The end of the text.
    End,
}

impl Border {
    /// All that a chunk may be asked to end at.
    pub const TEXT: [Border; 9] = [
        Border::Heading,
        Border::Paragraph,
        Border::Block,
        Border::Line,
        Border::Sentence,
        Border::Wrap,
        Border::Clause,
        Border::Space,
        Border::Word,
    ];
    /// Those of program code, which has no headings, sentences and clauses.
    pub const CODE: [Border; 6] =
        [Border::Paragraph, Border::Block, Border::Line, Border::Wrap, Border::Space, Border::Word];

    /// Its name, as in the other languages.
    pub fn name(self) -> &'static str {
        match self {
            Border::Heading => "heading",
            Border::Paragraph => "paragraph",
            Border::Block => "block",
            Border::Line => "line",
            Border::Sentence => "sentence",
            Border::Wrap => "wrap",
            Border::Clause => "clause",
            Border::Space => "space",
            Border::Word => "word",
            Border::Character => "character",
            Border::End => "end",
        }
    }
}

const APOSTROPHES: &str = "'\u{2019}";

/// A line that is shorter was not ended by wrapping.
const WRAPPED: usize = 40;
// What ends a line that was not wrapped, and what begins the next line of one that was, besides letters and digits.
const STOPS: &str = ":;|>}";
const OPENERS: &str = "\"'(`*_[\u{201c}\u{2018}\u{ab}";
/// After how many lines fenced code ends that nothing has closed.
const FENCED: usize = 200;

/// Returns the kinds that some names stand for, ascending. `text` stands for all, `code` for those of program code.
pub fn kinds_of(names: &[&str]) -> Result<Vec<Border>> {
    let mut wanted = [false; Border::TEXT.len()];
    for &name in names {
        let found = |border: &Border| match name {
            "text" => true,
            "code" => Border::CODE.contains(border),
            _ => border.name() == name,
        };
        if !Border::TEXT.iter().any(found) {
            let known = Border::TEXT.map(Border::name).join(", ");
            return Err(Error::Chunk(format!(
                "there is no border '{name}': a chunk ends at text or code, or at some of {known}"
            )));
        }
        Border::TEXT.iter().zip(&mut wanted).for_each(|(border, wanted)| *wanted |= found(border));
    }
    Ok(Border::TEXT.into_iter().zip(wanted).filter(|(_, wanted)| *wanted).map(|(border, _)| border).collect())
}

/// Returns the places after the line feeds, each with its kind. `markdown`: whether headings and fences are read.
pub fn line_borders(text: &str, markdown: bool) -> Result<Vec<(usize, Border)>> {
    let mut found: Vec<(usize, Border)> = Vec::new();
    let (mut lines, mut start) = (LineReader::new(markdown), 0);
    while start < text.len() {
        interrupt::check()?;
        let end = memchr::memchr(b'\n', &text.as_bytes()[start..]).map_or(text.len(), |length| start + length);
        let line = &text[start..end];
        if start > 0 {
            found.try_reserve(1)?;
            found.push((start, lines.kind_before(line)));
        }
        lines.read(line);
        start = end + 1;
    }
    Ok(found)
}

/// What is known of the lines read so far: the last one, a fence that is open, a heading that nothing has followed yet.
pub struct LineReader<'t> {
    markdown: bool,
    above: &'t str,
    fence: &'t str,
    headed: bool,
    /// How many lines of a fence may follow.
    left: usize,
}

impl<'t> LineReader<'t> {
    pub fn new(markdown: bool) -> LineReader<'t> {
        LineReader { markdown, above: "", fence: "", headed: false, left: 0 }
    }

    /// Returns the kind of the border between the last line and the next.
    pub fn kind_before(&self, line: &str) -> Border {
        let (fenced, headed) = (!self.fence.is_empty(), self.headed && self.fence.is_empty());
        let Some(first) = line.chars().next().filter(|_| !is_blank(line)) else {
            return if fenced || headed || is_blank(self.above) { Border::Wrap } else { Border::Line };
        };
        if headed {
            return Border::Wrap;
        }
        if self.markdown && !fenced && is_heading(line) {
            return Border::Heading;
        }
        if is_blank(self.above) {
            return if fenced || is_space(first) { Border::Block } else { Border::Paragraph };
        }
        if fenced || !self.opens(line).is_empty() || continues(self.above, line, first) {
            Border::Wrap
        } else {
            Border::Line
        }
    }

    /// Returns the marks of the next line if it opens fenced code: not what underlines a title, as in reStructuredText.
    pub fn opens<'l>(&self, line: &'l str) -> &'l str {
        let marks = if self.markdown { fence_of(line) } else { "" };
        if marks.starts_with('~') && !is_blank(self.above) { "" } else { marks }
    }

    /// Goes on to the next line.
    pub fn read(&mut self, line: &'t str) {
        if self.markdown && !is_blank(line) {
            self.headed = self.fence.is_empty() && is_heading(line);
        }
        if self.fence.is_empty() {
            (self.fence, self.left) = (self.opens(line), FENCED);
        } else if self.left == 0 || closes(line, self.fence) {
            self.fence = "";
        }
        (self.left, self.above) = (self.left.saturating_sub(1), line);
    }
}

/// Returns whether a line goes on with a sentence of the line above it, which was wrapped. `first`: its first character.
pub fn continues(above: &str, line: &str, first: char) -> bool {
    let above = above.trim_end_matches(is_space);
    if above.chars().take(WRAPPED).count() < WRAPPED || above.ends_with(|char| holds(STOPS, char)) || is_item(line) {
        return false;
    }
    (is_word(first) || holds(OPENERS, first)) && !ends_sentence(above, above.len(), Some(first))
}

/// Returns the kind of a border within a line.
pub fn kind_within(text: &str, place: usize) -> Border {
    let (left, right) = around(text, place);
    if is_letter(left) && is_letter(right) {
        return Border::Character;
    }
    if is_space(left) || right == '\r' || right == '\n' || is_ending(right) {
        return Border::Character;
    }
    let spaced = is_space(right);
    let closes_wide = || holds(CLOSERS, left) && text[..place - left.len_utf8()].ends_with(|char| holds(WIDE, char));
    if spaced || holds(WIDE, left) || closes_wide() {
        let mut following = Some(right);
        // Only after what may end a sentence.
        if holds(TERMINALS, left) || holds(CLOSERS, left) {
            following = text[place..].chars().find(|&char| !is_space(char));
        }
        if ends_sentence(text, place, following) {
            return Border::Sentence;
        }
    }
    if (spaced && holds(CLAUSES, left)) || holds(WIDE_CLAUSES, left) {
        return Border::Clause;
    }
    if spaced {
        return Border::Space;
    }
    if holds(APOSTROPHES, left) || holds(APOSTROPHES, right) {
        return Border::Character;
    }
    if is_word(left) != is_word(right) || is_alone(left) || is_alone(right) { Border::Word } else { Border::Character }
}

/// The borders of a text, of the kinds that are wanted.
pub struct Borders<'t> {
    text: &'t str,
    /// Where tokens that were found begin and end, ascending: no border is inside one.
    pub kept: Vec<(usize, usize)>,
    /// What a border of each kind counts as: the first kind wanted from its own on.
    counts_as: [Border; 10],
    lines: Vec<(usize, Border)>,
    flags: Vec<usize>,
}

impl<'t> Borders<'t> {
    /// `wanted`: the kinds, ascending.
    pub fn new(text: &'t str, wanted: &[Border], kept: Vec<(usize, usize)>) -> Result<Borders<'t>> {
        let mut counts_as = [Border::Character; 10];
        for (kind, counts_as) in Border::TEXT.iter().zip(&mut counts_as) {
            *counts_as = wanted.iter().copied().find(|other| other >= kind).unwrap_or(Border::Character);
        }
        let lines = line_borders(text, wanted.contains(&Border::Heading))?;
        Ok(Borders { text, kept, counts_as, lines, flags: flag_runs(text)? })
    }

    /// Returns the kind of a place within the text as it counts; None if it is not a border.
    pub fn kind_at(&self, place: usize) -> Option<Border> {
        if !self.is_free(place) {
            return None;
        }
        let kind = if self.text.as_bytes()[place - 1] == b'\n' {
            self.lines[self.lines.partition_point(|line| line.0 < place)].1
        } else {
            kind_within(self.text, place)
        };
        Some(self.counts_as[kind as usize])
    }

    /// Returns whether a place is between graphemes, and in no token that was found.
    pub fn is_free(&self, place: usize) -> bool {
        !self.cuts_token(place) && is_grapheme_border(self.text, place, &self.flags)
    }

    /// Returns whether a place is inside a token that was found.
    pub fn cuts_token(&self, place: usize) -> bool {
        let number = self.kept.partition_point(|&(start, _)| start < place);
        number > 0 && self.kept[number - 1].1 > place
    }

    /// Returns the best border with `after < place <= upto`, of these the last, and its kind.
    pub fn best(&self, after: usize, upto: usize) -> Result<Option<(usize, Border)>> {
        let within = [after, upto].map(|place| self.lines.partition_point(|line| line.0 <= place));
        let mut found: Option<(usize, Border)> = None;
        for &(place, kind) in self.lines[within[0]..within[1]].iter().rev() {
            let kind = self.counts_as[kind as usize];
            if kind < found.map_or(Border::Character, |found| found.1) && self.is_free(place) {
                found = Some((place, kind));
            }
        }
        if found.is_some_and(|found| found.1 < Border::Sentence) {
            return Ok(found);
        }
        // The best that may be found within lines.
        let least = found.map_or(Border::Character, |found| found.1).min(self.counts_as[Border::Sentence as usize]);
        found = None;
        for place in places(self.text, after, upto) {
            let place = place?;
            if let Some(kind) = self.kind_at(place)
                && kind < found.map_or(Border::Character, |found| found.1)
            {
                found = Some((place, kind));
                if kind <= least {
                    break;
                }
            }
        }
        Ok(found)
    }

    /// Returns the last border with `after < place <= upto` of a kind, or of a better one, and its kind.
    pub fn nearest(&self, least: Border, after: usize, upto: usize) -> Result<Option<(usize, Border)>> {
        for place in places(self.text, after, upto) {
            let place = place?;
            if let Some(kind) = self.kind_at(place).filter(|&kind| kind <= least) {
                return Ok(Some((place, kind)));
            }
        }
        Ok(None)
    }

    /// Returns the first border with `start <= place < end` of a kind, or of a better one.
    pub fn first(&self, least: Border, start: usize, end: usize) -> Result<Option<usize>> {
        for (number, (length, _)) in self.text[start..end].char_indices().enumerate() {
            if number % STRETCH == 0 {
                interrupt::check()?;
            }
            if self.kind_at(start + length).is_some_and(|kind| kind <= least) {
                return Ok(Some(start + length));
            }
        }
        Ok(None)
    }

    /// Returns the last place with `after < place <= upto` between graphemes, or else between characters.
    pub fn last_character(&self, after: usize, upto: usize) -> Result<Option<usize>> {
        for whole in [true, false] {
            for place in places(self.text, after, upto) {
                let place = place?;
                if if whole { self.is_free(place) } else { !self.cuts_token(place) } {
                    return Ok(Some(place));
                }
            }
        }
        Ok(None)
    }
}

/// How many places are looked at between two questions whether to stop.
const STRETCH: usize = 64;

/// The places between characters with `after < place <= upto`, from the last on; an error if the work is to stop.
fn places(text: &str, after: usize, upto: usize) -> impl Iterator<Item = Result<usize>> {
    let last = (upto > after).then_some(upto);
    let within = text[after..upto.max(after)].char_indices().rev().map(move |(length, _)| after + length);
    last.into_iter().chain(within.filter(move |&place| place > after)).enumerate().map(|(number, place)| {
        if number % STRETCH == 0 {
            interrupt::check()?;
        }
        Ok(place)
    })
}
