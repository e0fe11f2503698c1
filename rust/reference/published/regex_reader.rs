//! The characters, classes and sets of a pattern, read from left to right.
//!
//! What `regexes.rs` reads a pattern with: where it stands, what comes next, and which set of characters an escape or a
//! pair of brackets means.
//!
//! By hand: `[a-z&&[^f-y]]` is what is on both sides, `[a-ez]`: two ranges.
//!
//! Invariants: a set has no surrogates, its ranges ascend and neither touch nor overlap. Whatever is refused is refused with
//! its reason and its position.
//!
//! Costs: O(r log r) for a set of r ranges. All classes of a pattern together may hold 100,000.
//!
//! Implements SPEC P4 and P5.

use crate::error::{Error, Result};
use crate::reference::published::unicode::{
    CharSet, complement, difference, fold_case, property_set, union, white_space, word,
};
use foldhash::{HashMap, HashMapExt};
use std::sync::Arc;

/// How deep groups and sets may be nested.
pub const MAX_DEPTH: usize = 50;
/// How many ranges of characters the classes of a pattern may hold together: engines take memory for each.
const MAX_RANGES: usize = 100_000;

/// A pattern, and the place up to which it has been read.
pub struct PatternReader {
    pub pattern: Vec<char>,
    pub at: usize,
    /// How many ranges the classes have held so far.
    ranges: usize,
    /// The sets met so far: equal ones are kept once.
    sets: HashMap<CharSet, Arc<CharSet>>,
}

impl PatternReader {
    pub fn new(pattern: &str) -> Self {
        Self { pattern: pattern.chars().collect(), at: 0, ranges: 0, sets: HashMap::new() }
    }

    pub fn refuse<T>(&self, reason: impl AsRef<str>) -> Result<T> {
        let reason = format!("{} at position {}", reason.as_ref(), self.at);
        Err(Error::Pattern { pattern: self.pattern.iter().collect(), reason })
    }

    pub fn peek(&self, text: &str) -> bool {
        let mut here = self.pattern[self.at.min(self.pattern.len())..].iter();
        text.chars().all(|char| here.next() == Some(&char))
    }

    /// Steps over `text` if the pattern continues with it.
    pub fn take(&mut self, text: &str) -> bool {
        let found = self.peek(text);
        if found {
            self.at += text.chars().count();
        }
        found
    }

    pub fn advance(&mut self) -> Result<char> {
        if self.at >= self.pattern.len() {
            return self.refuse("the pattern ends in the middle");
        }
        self.at += 1;
        Ok(self.pattern[self.at - 1])
    }

    /// Counts the ranges of one more class.
    pub fn grow(&mut self, ranges: usize) -> Result<()> {
        self.ranges += ranges;
        if self.ranges > MAX_RANGES {
            return self.refuse(format!("classes of more than {MAX_RANGES} ranges of characters together"));
        }
        Ok(())
    }

    /// Counts a set that the tree will hold, and returns its one copy.
    pub fn kept(&mut self, chars: CharSet) -> Result<Arc<CharSet>> {
        if chars.is_empty() {
            return self.refuse("a set that holds no character");
        }
        self.grow(chars.len())?;
        Ok(Arc::clone(self.sets.entry(chars).or_insert_with_key(|chars| Arc::new(chars.clone()))))
    }

    // -- sets ------------------------------------------------------------------------------------------------------

    /// Reads a set whose `[` has just been read.
    ///
    /// Its operators bind alike, from left to right, and less than what stands side by side:
    /// `[a-z0-9&&\d--5]` is `[[[a-z0-9]&&[\d]]--[5]]`.
    pub fn set(&mut self, depth: usize, ignore_case: bool) -> Result<CharSet> {
        if depth > MAX_DEPTH {
            return self.refuse(format!("sets nested more than {MAX_DEPTH} deep"));
        }
        let negated = self.take("^");
        let mut chars = self.set_operand(depth, ignore_case)?;
        while !self.take("]") {
            let intersected = self.peek("&&");
            self.at += 2;
            let right = self.set_operand(depth, ignore_case)?;
            chars = difference(&chars, &if intersected { complement(&right) } else { right });
        }
        Ok(if negated { complement(&chars) } else { chars })
    }

    /// All up to an operator or the end of the set.
    fn set_operand(&mut self, depth: usize, ignore_case: bool) -> Result<CharSet> {
        let mut members = Vec::new();
        let start = self.at;
        while !(self.peek("]") || self.peek("&&") || self.peek("--")) {
            if self.peek("~~") || self.peek("||") {
                return self.refuse("a set operation other than && and --");
            }
            if self.peek("[:") {
                return self.refuse("a POSIX class, or a set within a set that begins with ':' (write \\:)");
            }
            let member = if self.take("[") { self.set(depth + 1, ignore_case)? } else { self.set_member()? };
            self.grow(member.len())?;
            members.extend(member);
        }
        if self.at == start {
            let ended = self.take("]");
            return self.refuse(if ended { "an empty set (write \\])" } else { "a set operation on nothing" });
        }
        let chars = union(members);
        Ok(if ignore_case { fold_case(&chars) } else { chars })
    }

    /// Reads a character, a range or a class.
    fn set_member(&mut self) -> Result<CharSet> {
        let first = self.set_item()?;
        if !self.peek("-") || self.peek("-]") || self.peek("--") {
            return Ok(first);
        }
        self.at += 1;
        if self.peek("[") {
            return self.refuse("a range that ends in a set (write \\[)");
        }
        let last = self.set_item()?;
        if !is_single(&first) || !is_single(&last) {
            return self.refuse("a range whose ends are not single characters");
        }
        if first > last {
            return self.refuse("a range whose ends are reversed");
        }
        Ok(char_range(first[0].0, last[0].0))
    }

    fn set_item(&mut self) -> Result<CharSet> {
        if self.take("\\") { self.escape() } else { Ok(single(self.advance()?)) }
    }

    /// Reads an escape whose backslash has just been read.
    pub fn escape(&mut self) -> Result<CharSet> {
        let char = self.advance()?;
        Ok(match char {
            'n' => single('\n'),
            'r' => single('\r'),
            't' => single('\t'),
            'f' => single('\x0C'),
            'v' => single('\x0B'),
            '0' => single('\0'),
            'x' => self.code_point(2, true)?,
            'u' => self.code_point(4, false)?,
            'U' => self.code_point(8, false)?,
            'p' => self.property()?,
            'P' => complement(&self.property()?),
            's' => white_space(),
            'S' => complement(&white_space()),
            'd' => union(property_set("Nd").unwrap_or_default()),
            'D' => complement(&property_set("Nd").unwrap_or_default()),
            'w' => word(),
            'W' => complement(&word()),
            _ if char.is_ascii() && !char.is_ascii_alphanumeric() => single(char),
            _ => return self.refuse(format!("the escape \\{char}, which is not supported,")),
        })
    }

    fn code_point(&mut self, digits: usize, braces: bool) -> Result<CharSet> {
        let rest = &self.pattern[self.at.min(self.pattern.len())..];
        let field: String;
        if braces && rest.first() == Some(&'{') {
            let end = rest.iter().position(|&char| char == '}').unwrap_or(1);
            field = rest[1..end].iter().collect();
            self.at += end + 1;
        } else {
            field = if rest.len() < digits { String::new() } else { rest[..digits].iter().collect() };
            self.at += digits;
        }
        if field.is_empty() || field.len() > 8 || !field.chars().all(|digit| digit.is_ascii_hexdigit()) {
            return self.refuse("a character number that is not hexadecimal");
        }
        let number = u32::from_str_radix(&field, 16).unwrap_or(u32::MAX);
        char::from_u32(number).map(single).map_or_else(|| self.refuse("a number that is not a character's"), Ok)
    }

    fn property(&mut self) -> Result<CharSet> {
        let mut name = self.advance()?.to_string();
        if name == "{" {
            let rest = &self.pattern[self.at..];
            let Some(end) = rest.iter().position(|&char| char == '}') else {
                return self.refuse("a property that is not closed");
            };
            name = rest[..end].iter().collect();
            self.at += end + 1;
        }
        let bare = name.strip_prefix('^').unwrap_or(&name);
        let chars = property_set(bare).or_else(|reason| self.refuse(reason))?;
        Ok(if bare == name { chars } else { complement(&chars) })
    }
}

pub fn single(char: char) -> CharSet {
    vec![(char as u32, char as u32)]
}

pub fn is_single(chars: &CharSet) -> bool {
    chars.len() == 1 && chars[0].0 == chars[0].1
}

/// Returns the characters from `first` to `last`, without the surrogates between them.
fn char_range(first: u32, last: u32) -> CharSet {
    if first < 0xD800 && last > 0xDFFF { vec![(first, 0xD7FF), (0xE000, last)] } else { vec![(first, last)] }
}
