//! Marks: private characters in place of those that users wrote, by which they are known in what a template writes.

use minijinja::State;
use minijinja::value::Object;
use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;

/// The variable of a template that holds them.
pub const MARKS: &str = "__marks";
/// Private characters, of which some become marks: plane 16.
const PRIVATE: Range<u32> = 0x10_0000..0x10_FFFE;

/// Some characters in order, and the first of the characters that stand for them. Without any, nothing is marked.
#[derive(Debug, Default, Clone)]
pub struct Marks {
    chars: Vec<char>,
    first: u32,
}

impl Object for Marks {}

impl Marks {
    /// Marks for these characters, and for those that methods make of them. None if there are no private characters left.
    pub fn new(used: &BTreeSet<char>) -> Option<Marks> {
        let ascii = ('\0'..='\x7f').chain(used.iter().copied());
        let all = ascii.flat_map(|char| char.to_lowercase().chain(char.to_uppercase()).chain([char]));
        let chars: Vec<char> = all.collect::<BTreeSet<char>>().into_iter().collect();
        let size = u32::try_from(chars.len()).ok()?;
        // The first gap that is wide enough between the private characters that are used.
        let mut first = PRIVATE.start;
        for &char in used.range('\u{10_0000}'..) {
            if u32::from(char) >= first + size {
                break;
            }
            first = u32::from(char) + 1;
        }
        (first + size <= PRIVATE.end).then_some(Marks { chars, first })
    }

    /// Those of a template that runs.
    pub fn of(state: &State) -> Arc<Marks> {
        state.lookup(MARKS).and_then(|marks| marks.downcast_object()).unwrap_or_default()
    }

    pub fn marked_char(&self, char: char) -> char {
        let at = self.chars.binary_search(&char).ok().and_then(|at| u32::try_from(at).ok());
        at.and_then(|at| char::from_u32(self.first + at)).unwrap_or(char)
    }

    pub fn marked(&self, text: &str) -> String {
        text.chars().map(|char| self.marked_char(char)).collect()
    }

    /// The character that a mark stands for; None if it is no mark.
    pub fn meant(&self, mark: char) -> Option<char> {
        let at = u32::from(mark).checked_sub(self.first)?;
        self.chars.get(usize::try_from(at).ok()?).copied()
    }

    pub fn plain_char(&self, char: char) -> char {
        self.meant(char).unwrap_or(char)
    }

    pub fn plain(&self, text: &str) -> String {
        text.chars().map(|char| self.plain_char(char)).collect()
    }

    /// The text without marks, and the ranges of it that had none.
    pub fn read(&self, text: &str) -> (String, Vec<Range<usize>>) {
        let (mut plain, mut ranges) = (String::with_capacity(text.len()), Vec::<Range<usize>>::new());
        for char in text.chars() {
            let (start, meant) = (plain.len(), self.meant(char));
            plain.push(meant.unwrap_or(char));
            match ranges.last_mut() {
                _ if meant.is_some() => {}
                Some(last) if last.end == start => last.end = plain.len(),
                _ => ranges.push(start..plain.len()),
            }
        }
        (plain, ranges)
    }

    /// Parts of a marked text, by ranges in order of the plain one.
    pub fn cut(&self, text: &str, parts: &[Range<usize>]) -> Vec<String> {
        let (mut found, mut at, mut chars) = (Vec::with_capacity(parts.len()), 0, text.chars());
        for part in parts {
            let mut own = String::new();
            while at < part.end {
                let Some(char) = chars.next() else { break };
                if at >= part.start {
                    own.push(char);
                }
                at += self.plain_char(char).len_utf8();
            }
            found.push(own);
        }
        found
    }
}
