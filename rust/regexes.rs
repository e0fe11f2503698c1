//! Regular expressions that mean the same in both languages.
//!
//! A split pattern is run by two engines, `regex` in Python and `fancy-regex` in Rust. They differ in small things that move
//! ids: what `$` and `\s` match, which Unicode they carry, how case is ignored. So a pattern is first translated into the
//! part of the language that both read alike: every class becomes an explicit set of characters from the one table
//! (`unicode.rs`), ignoring case is done here, and what cannot be made equal is refused by name.
//!
//! What a pattern may hold (SPEC P4):
//!
//! | | |
//! |---|---|
//! | `a`  `\n \r \t \f \v \0` | a character |
//! | `\xHH \x{H} \uHHHH \U{8 H}` | a character by number |
//! | `\.` | a punctuation mark that would otherwise have a meaning |
//! | `.`  `\s \S \d \D \w \W` | any but a newline; white space, decimal digits, word characters, not |
//! | `\pL \p{Lu} \PL \p{^Lu} \p{Han}` | Unicode general categories, scripts, `White_Space`, `Alphabetic` |
//! | `[a-z\p{L}]` `[^...]` | a set; no set within a set |
//! | `(...) (?:...) (?>...)` | a group; an atomic one |
//! | `(?i:...) (?-i:...) (?i)` | ignoring case, not ignoring it |
//! | `(?=...) (?!...) (?<=...) (?<!...)` | look ahead, look behind (at a fixed number of characters) |
//! | `^ \A $ \z \b \B` | start and end of the text, edge of a word |
//! | `* + ? {n} {n,} {n,m}` | greedy; with `?` after it lazy, with `+` possessive |
//!
//! By hand: `(?i:'s)|$` becomes `(?:'[Ss\x{17F}])|\z`.
//!
//! Invariants: the translation has no flags and no capturing group; it matches the same text wherever both engines are
//! right. Not for: text given by strangers as a pattern; matching may still take exponential time, which is cut short by a
//! limit and an error, never by dropped text.
//!
//! Costs: O(p + c * r) for a pattern of p characters with c classes of r ranges (at most some 700).
//!
//! Implements SPEC P4 and P5.

use crate::error::{Error, Result};
use crate::unicode::{CharSet, complement, fold_case, property_set, union, white_space, word};
use std::fmt::Write;

const MAX_DEPTH: usize = 50;
const MAX_REPEAT: usize = 1000;

/// The least and the greatest number of characters that a part can match; None is without bound.
type Width = (usize, Option<usize>);

/// The same pattern in the words of this language's engine.
pub fn translate(pattern: &str) -> Result<String> {
    let mut translator = Translator { pattern: pattern.chars().collect(), at: 0 };
    let (emitted, _) = translator.alternation(0, false)?;
    if translator.at < translator.pattern.len() {
        return translator.refuse("unbalanced ')'");
    }
    Ok(emitted)
}

/// Reads a pattern from left to right and writes each part as it is understood.
struct Translator {
    pattern: Vec<char>,
    at: usize,
}

impl Translator {
    fn refuse<T>(&self, reason: impl AsRef<str>) -> Result<T> {
        let reason = format!("{} at position {}", reason.as_ref(), self.at);
        Err(Error::Pattern { pattern: self.pattern.iter().collect(), reason })
    }

    fn peek(&self, text: &str) -> bool {
        let mut here = self.pattern[self.at.min(self.pattern.len())..].iter();
        text.chars().all(|char| here.next() == Some(&char))
    }

    /// Step over `text` if it stands here.
    fn take(&mut self, text: &str) -> bool {
        let found = self.peek(text);
        if found {
            self.at += text.chars().count();
        }
        found
    }

    fn next(&mut self) -> Result<char> {
        if self.at >= self.pattern.len() {
            return self.refuse("the pattern ends too early");
        }
        self.at += 1;
        Ok(self.pattern[self.at - 1])
    }

    // -- structure -------------------------------------------------------------------------------------------------

    fn alternation(&mut self, depth: usize, mut ignore_case: bool) -> Result<(String, Width)> {
        if depth > MAX_DEPTH {
            return self.refuse(format!("groups nested more than {MAX_DEPTH} deep"));
        }
        let mut branches = Vec::new();
        let mut widths = Vec::new();
        loop {
            let (emitted, width, case) = self.branch(depth, ignore_case)?;
            ignore_case = case;
            branches.push(emitted);
            widths.push(width);
            if !self.take("|") {
                break;
            }
        }
        Ok((branches.join("|"), widest(&widths)))
    }

    fn branch(&mut self, depth: usize, mut ignore_case: bool) -> Result<(String, Width, bool)> {
        let mut emitted = String::new();
        let (mut least, mut most) = (0, Some(0));
        while self.at < self.pattern.len() && !self.peek("|") && !self.peek(")") {
            if self.take("(?i)") {
                ignore_case = true;
                continue;
            }
            let (part, width) = self.repeated(depth, ignore_case)?;
            emitted += &part;
            least += width.0;
            most = Option::zip(most, width.1).map(|(sum, part)| sum + part);
        }
        Ok((emitted, (least, most), ignore_case))
    }

    /// One part and the quantifier after it.
    fn repeated(&mut self, depth: usize, ignore_case: bool) -> Result<(String, Width)> {
        let (emitted, width, repeatable) = self.part(depth, ignore_case)?;
        let Some((least, most)) = self.quantifier()? else {
            return Ok((emitted, width));
        };
        if !repeatable {
            return self.refuse("nothing to repeat");
        }
        if width.0 == 0 && (most != Some(1) || width.1 == Some(0)) {
            return self.refuse("repeating what can match nothing");
        }
        let possessive = if self.take("?") { Some(false) } else { self.take("+").then_some(true) };
        if self.quantifier()?.is_some() {
            return self.refuse("a quantifier after a quantifier");
        }
        let count = format!("{{{least},{}}}", most.map(|n| n.to_string()).unwrap_or_default());
        let emitted = match possessive {
            Some(true) => format!("(?>{emitted}{count})"),
            Some(false) => format!("{emitted}{count}?"),
            None => format!("{emitted}{count}"),
        };
        Ok((emitted, (width.0 * least, Option::zip(most, width.1).map(|(times, part)| part * times))))
    }

    fn quantifier(&mut self) -> Result<Option<Width>> {
        if self.take("*") {
            return Ok(Some((0, None)));
        }
        if self.take("+") {
            return Ok(Some((1, None)));
        }
        if self.take("?") {
            return Ok(Some((0, Some(1))));
        }
        if !self.take("{") {
            return Ok(None);
        }
        let least = self.number()?;
        let mut most = Some(least);
        if self.take(",") {
            most = if self.peek("}") { None } else { Some(self.number()?) };
        }
        if !self.take("}") {
            return self.refuse("'{' that begins no {n}, {n,} or {n,m} (write \\{)");
        }
        if most.is_some_and(|most| most < least) {
            return self.refuse("a repeat whose bounds are the wrong way round");
        }
        Ok(Some((least, most)))
    }

    fn number(&mut self) -> Result<usize> {
        let start = self.at;
        while self.at < self.pattern.len() && self.pattern[self.at].is_ascii_digit() {
            self.at += 1;
        }
        let digits: String = self.pattern[start..self.at].iter().collect();
        if digits.is_empty() {
            return self.refuse("'{' that begins no {n}, {n,} or {n,m} (write \\{)");
        }
        match digits.parse::<usize>() {
            Ok(number) if digits.len() <= 4 && number <= MAX_REPEAT => Ok(number),
            _ => self.refuse(format!("a repeat count above {MAX_REPEAT}")),
        }
    }

    /// A character, set, group or assertion, and whether a quantifier may follow it.
    fn part(&mut self, depth: usize, ignore_case: bool) -> Result<(String, Width, bool)> {
        if self.take("(") {
            return self.group(depth, ignore_case);
        }
        if self.take("[") {
            let chars = self.set(ignore_case)?;
            return Ok((self.emit(&chars)?, (1, Some(1)), true));
        }
        if self.take("^") || self.take("\\A") {
            return Ok((r"\A".into(), (0, Some(0)), false));
        }
        if self.take("$") || self.take("\\z") {
            return Ok((r"\z".into(), (0, Some(0)), false));
        }
        if self.peek("\\b") || self.peek("\\B") {
            self.at += 2;
            return Ok((word_edge(self.pattern[self.at - 1] == 'B'), (0, Some(0)), false));
        }
        if self.take(".") {
            return Ok((self.emit(&complement(&single('\n')))?, (1, Some(1)), true));
        }
        let here = self.pattern[self.at];
        if "*+?{}]".contains(here) {
            return self.refuse(format!("'{here}' where a character is expected (write \\{here})"));
        }
        let chars = if self.take("\\") { self.escape()? } else { single(self.next()?) };
        let chars = if ignore_case { fold_case(&chars) } else { chars };
        Ok((self.emit(&chars)?, (1, Some(1)), true))
    }

    fn emit(&self, chars: &CharSet) -> Result<String> {
        if chars.is_empty() {
            return self.refuse("a set that holds no character");
        }
        Ok(emit_set(chars))
    }

    fn group(&mut self, depth: usize, mut ignore_case: bool) -> Result<(String, Width, bool)> {
        let mut opening = "(?:";
        if self.take("?:") {
        } else if self.take("?i:") {
            ignore_case = true;
        } else if self.take("?-i:") {
            ignore_case = false;
        } else if let Some(kind) = ["?>", "?=", "?!", "?<=", "?<!"].into_iter().find(|kind| self.peek(kind)) {
            self.take(kind);
            opening = match kind {
                "?>" => "(?>",
                "?=" => "(?=",
                "?!" => "(?!",
                "?<=" => "(?<=",
                _ => "(?<!",
            };
        } else if self.peek("?") {
            return self.refuse("a kind of group that is not supported");
        }
        let assertion = opening.ends_with(['=', '!']);
        let (emitted, width) = self.alternation(depth + 1, ignore_case)?;
        if opening.starts_with("(?<") && Some(width.0) != width.1 {
            return self.refuse("looking behind at a varying number of characters");
        }
        if !self.take(")") {
            return self.refuse("a group without its ')'");
        }
        Ok((format!("{opening}{emitted})"), if assertion { (0, Some(0)) } else { width }, !assertion))
    }

    // -- characters and sets ---------------------------------------------------------------------------------------

    /// The set whose `[` has just been read.
    fn set(&mut self, ignore_case: bool) -> Result<CharSet> {
        let negated = self.take("^");
        let mut members = Vec::new();
        while !self.take("]") {
            if self.peek("[") {
                return self.refuse("a set within a set (write \\[)");
            }
            if self.peek("&&") || self.peek("--") || self.peek("~~") || self.peek("||") {
                return self.refuse("a set operation");
            }
            members.extend(self.set_member()?);
        }
        if members.is_empty() {
            return self.refuse("an empty set (write \\])");
        }
        let chars = union(members);
        let chars = if ignore_case { fold_case(&chars) } else { chars };
        Ok(if negated { complement(&chars) } else { chars })
    }

    /// A character, a range of them, or a class.
    fn set_member(&mut self) -> Result<CharSet> {
        let first = self.set_item()?;
        if !self.peek("-") || self.peek("-]") || self.peek("--") {
            return Ok(first);
        }
        self.at += 1;
        let last = self.set_item()?;
        if !is_single(&first) || !is_single(&last) {
            return self.refuse("a range between what are not characters");
        }
        if first > last {
            return self.refuse("a range whose ends are the wrong way round");
        }
        Ok(char_range(first[0].0, last[0].0))
    }

    fn set_item(&mut self) -> Result<CharSet> {
        if self.take("\\") { self.escape() } else { Ok(single(self.next()?)) }
    }

    /// What the backslash just read and the characters after it stand for.
    fn escape(&mut self) -> Result<CharSet> {
        let char = self.next()?;
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
        char::from_u32(number).map(single).map_or_else(|| self.refuse("a number that is no character's"), Ok)
    }

    fn property(&mut self) -> Result<CharSet> {
        let mut name = self.next()?.to_string();
        if name == "{" {
            let rest = &self.pattern[self.at..];
            let Some(end) = rest.iter().position(|&char| char == '}') else {
                return self.refuse("a property without its '}'");
            };
            name = rest[..end].iter().collect();
            self.at += end + 1;
        }
        let bare = name.strip_prefix('^').unwrap_or(&name);
        let chars = property_set(bare).or_else(|reason| self.refuse(reason))?;
        Ok(if bare == name { chars } else { complement(&chars) })
    }
}

fn single(char: char) -> CharSet {
    vec![(char as u32, char as u32)]
}

fn is_single(chars: &CharSet) -> bool {
    chars.len() == 1 && chars[0].0 == chars[0].1
}

/// The characters from `first` to `last`, without the surrogates between them.
fn char_range(first: u32, last: u32) -> CharSet {
    if first < 0xD800 && last > 0xDFFF { vec![(first, 0xD7FF), (0xE000, last)] } else { vec![(first, last)] }
}

/// The least and the most that any of the alternatives can match.
fn widest(widths: &[Width]) -> Width {
    let least = widths.iter().map(|width| width.0).min().unwrap_or(0);
    let most = widths.iter().map(|width| width.1).try_fold(0, |most, width| width.map(|width| most.max(width)));
    (least, most)
}

/// `\b` (or, inside, `\B`) spelled out, so that it rests on the table too.
fn word_edge(inside: bool) -> String {
    let chars = emit_set(&word());
    if inside {
        format!("(?:(?<={chars})(?={chars})|(?<!{chars})(?!{chars}))")
    } else {
        format!("(?:(?<={chars})(?!{chars})|(?<!{chars})(?={chars}))")
    }
}

/// The set as this language's engine reads it.
fn emit_set(chars: &CharSet) -> String {
    if is_single(chars) {
        return emit_char(chars[0].0);
    }
    let mut emitted = String::from("[");
    for &(first, last) in chars {
        emitted += &emit_char(first);
        if first < last {
            write!(emitted, "-{}", emit_char(last)).unwrap_or_else(|_| unreachable!("writing to a String"));
        }
    }
    emitted + "]"
}

fn emit_char(char: u32) -> String {
    match char::from_u32(char) {
        Some(plain) if plain.is_ascii_alphanumeric() || " '\"".contains(plain) => plain.to_string(),
        _ => format!("\\x{{{char:X}}}"),
    }
}
