//! Regular expressions that mean the same in both languages.
//!
//! A split pattern is run by two engines, `regex` in Python and `fancy-regex` in Rust. They differ in small things that move
//! ids: what `$` and `\s` match, which Unicode they carry, how case is ignored. So a pattern is parsed here, once, into a
//! tree in which every class is an explicit set of characters from the one table (`unicode.rs`) and case is no longer
//! ignored but spelled out; what cannot be made equal is refused by name. Most trees are compiled from there
//! (`fast/scan/compiled`); for the others, and where the fast paths are off, the tree is written in the part of the
//! language that both engines read alike.
//!
//! What a pattern may hold (SPEC P4):
//!
//! | | |
//! |---|---|
//! | `a`  `\n \r \t \f \v \0` | a character |
//! | `\xHH \x{H} \uHHHH \U{8 H}` | a character by number |
//! | `\.` | a punctuation mark that would otherwise have a meaning |
//! | `.`  `\s \S \d \D \w \W` | any but a newline; white space, digits, word characters; the others |
//! | `\pL \p{Lu} \PL \p{^Lu} \p{Han}` | Unicode general categories, scripts, `White_Space`, `Alphabetic` |
//! | `[a-z\p{L}]` `[^...]` `[a[bc]]` | a set; the characters of a set within it |
//! | `[\w&&[^\d]]` `[\w--[_]]` | what is on both sides; on the left side only |
//! | `(...) (?:...) (?>...)` | a group; an atomic one |
//! | `(?i:...) (?-i:...) (?i)` | ignoring case, not ignoring it |
//! | `(?=...) (?!...) (?<=...) (?<!...)` | look ahead, look behind (at a fixed number of characters) |
//! | `^ \A $ \z \b \B` | start and end of the text, edge of a word |
//! | `* + ? {n} {n,} {n,m}` | greedy; with `?` after it lazy, with `+` possessive |
//!
//! By hand: `(?i:'s)|$` becomes `(?:'[Ss\x{17F}])|\z`.
//!
//! Invariants: the translation has no flags and no capturing groups; both engines match the same text with it. When not to
//! use it: for patterns from untrusted users. Matching may still take exponential time; a limit then ends it with an error,
//! and no text is dropped.
//!
//! Costs: O(p + c * r) for a pattern of p characters with c classes of r ranges (at most some 700).
//!
//! Implements SPEC P4 and P5.

use crate::error::{Error, Result};
use crate::unicode::{CharSet, complement, difference, fold_case, property_set, union, white_space, word};
use foldhash::{HashMap, HashMapExt};
use std::fmt::Write;
use std::sync::Arc;

const MAX_DEPTH: usize = 50;
const MAX_REPEAT: usize = 1000;
/// How many ranges of characters the classes of a pattern may hold together: engines take memory for each.
const MAX_RANGES: usize = 100_000;
/// The groups that look at text and take none.
pub const LOOKS: [&str; 4] = ["(?=", "(?!", "(?<=", "(?<!"];

/// The least and the greatest number of characters that a part can match; None means unbounded.
pub type Width = (usize, Option<usize>);

/// One part of a pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Node {
    /// One character of a set.
    Set(Arc<CharSet>),
    /// One after the other.
    Sequence(Vec<Node>),
    /// The first that leads to a match.
    Choice(Vec<Node>),
    /// So many times; `mark` is "" for greedy, "?" for lazy, "+" for possessive.
    Repeat {
        part: Box<Node>,
        bounds: Width,
        mark: &'static str,
    },
    /// `mark` is "(?:", "(?>", "(?=", "(?!", "(?<=" or "(?<!".
    Group {
        part: Box<Node>,
        mark: &'static str,
    },
    /// The start and the end of the text.
    Start,
    End,
    /// The edge of a word, or, inside, where there is none.
    Edge {
        inside: bool,
    },
}

/// Translates a pattern into the syntax of this language's engine.
pub fn translate(pattern: &str) -> Result<String> {
    Ok(emit(&parse(pattern)?))
}

/// The pattern as a tree.
pub fn parse(pattern: &str) -> Result<Node> {
    let mut parser = Parser { pattern: pattern.chars().collect(), at: 0, ranges: 0, sets: HashMap::new() };
    let tree = parser.alternation(0, false)?;
    if parser.at < parser.pattern.len() {
        return parser.refuse("unbalanced ')'");
    }
    Ok(tree)
}

/// Reads a pattern from left to right.
struct Parser {
    pattern: Vec<char>,
    at: usize,
    /// How many ranges the classes have held so far.
    ranges: usize,
    /// The sets met so far: equal ones are kept once.
    sets: HashMap<CharSet, Arc<CharSet>>,
}

impl Parser {
    fn refuse<T>(&self, reason: impl AsRef<str>) -> Result<T> {
        let reason = format!("{} at position {}", reason.as_ref(), self.at);
        Err(Error::Pattern { pattern: self.pattern.iter().collect(), reason })
    }

    fn peek(&self, text: &str) -> bool {
        let mut here = self.pattern[self.at.min(self.pattern.len())..].iter();
        text.chars().all(|char| here.next() == Some(&char))
    }

    /// Steps over `text` if the pattern continues with it.
    fn take(&mut self, text: &str) -> bool {
        let found = self.peek(text);
        if found {
            self.at += text.chars().count();
        }
        found
    }

    fn next(&mut self) -> Result<char> {
        if self.at >= self.pattern.len() {
            return self.refuse("the pattern ends in the middle");
        }
        self.at += 1;
        Ok(self.pattern[self.at - 1])
    }

    // -- structure -------------------------------------------------------------------------------------------------

    fn alternation(&mut self, depth: usize, mut ignore_case: bool) -> Result<Node> {
        if depth > MAX_DEPTH {
            return self.refuse(format!("groups nested more than {MAX_DEPTH} deep"));
        }
        let mut branches = Vec::new();
        loop {
            let (branch, case) = self.branch(depth, ignore_case)?;
            ignore_case = case;
            branches.push(branch);
            if !self.take("|") {
                break;
            }
        }
        Ok(if branches.len() == 1 { branches.remove(0) } else { Node::Choice(branches) })
    }

    fn branch(&mut self, depth: usize, mut ignore_case: bool) -> Result<(Node, bool)> {
        let mut parts = Vec::new();
        while self.at < self.pattern.len() && !self.peek("|") && !self.peek(")") {
            if self.take("(?i)") {
                ignore_case = true;
                continue;
            }
            parts.push(self.repeated(depth, ignore_case)?);
        }
        Ok((Node::Sequence(parts), ignore_case))
    }

    /// Reads one part and the quantifier after it.
    fn repeated(&mut self, depth: usize, ignore_case: bool) -> Result<Node> {
        let part = self.part(depth, ignore_case)?;
        let Some(bounds) = self.quantifier()? else {
            return Ok(part);
        };
        match &part {
            Node::Start | Node::End | Node::Edge { .. } => return self.refuse("nothing to repeat"),
            Node::Group { mark, .. } if LOOKS.contains(mark) => return self.refuse("nothing to repeat"),
            _ => {}
        }
        let (least, most) = width(&part);
        if least == 0 && (bounds.1 != Some(1) || most == Some(0)) {
            return self.refuse("a repeat of something that can match nothing");
        }
        let mark = ["?", "+"].into_iter().find(|mark| self.take(mark)).unwrap_or("");
        if self.quantifier()?.is_some() {
            return self.refuse("a quantifier after a quantifier");
        }
        Ok(Node::Repeat { part: Box::new(part), bounds, mark })
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
            return self.refuse("'{' that does not begin {n}, {n,} or {n,m} (write \\{)");
        }
        if most.is_some_and(|most| most < least) {
            return self.refuse("a repeat whose bounds are reversed");
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
            return self.refuse("'{' that does not begin {n}, {n,} or {n,m} (write \\{)");
        }
        match digits.parse::<usize>() {
            Ok(number) if digits.len() <= 4 && number <= MAX_REPEAT => Ok(number),
            _ => self.refuse(format!("a repeat count above {MAX_REPEAT}")),
        }
    }

    /// A character, set, group or assertion.
    fn part(&mut self, depth: usize, ignore_case: bool) -> Result<Node> {
        if self.take("(") {
            return self.group(depth, ignore_case);
        }
        if self.take("[") {
            let chars = self.set(0, ignore_case)?;
            return self.chars(chars);
        }
        if self.take("^") || self.take("\\A") {
            return Ok(Node::Start);
        }
        if self.take("$") || self.take("\\z") {
            return Ok(Node::End);
        }
        if self.peek("\\b") || self.peek("\\B") {
            self.at += 2;
            self.grow(4 * word().len())?;
            return Ok(Node::Edge { inside: self.pattern[self.at - 1] == 'B' });
        }
        if self.take(".") {
            return self.chars(complement(&single('\n')));
        }
        let here = self.pattern[self.at];
        if "*+?{}]".contains(here) {
            return self.refuse(format!("'{here}' where a character is expected (write \\{here})"));
        }
        let chars = if self.take("\\") { self.escape()? } else { single(self.next()?) };
        self.chars(if ignore_case { fold_case(&chars) } else { chars })
    }

    /// Counts the ranges of one more class.
    fn grow(&mut self, ranges: usize) -> Result<()> {
        self.ranges += ranges;
        if self.ranges > MAX_RANGES {
            return self.refuse(format!("classes of more than {MAX_RANGES} ranges of characters together"));
        }
        Ok(())
    }

    fn chars(&mut self, chars: CharSet) -> Result<Node> {
        if chars.is_empty() {
            return self.refuse("a set that holds no character");
        }
        self.grow(chars.len())?;
        let shared = self.sets.entry(chars).or_insert_with_key(|chars| Arc::new(chars.clone()));
        Ok(Node::Set(Arc::clone(shared)))
    }

    fn group(&mut self, depth: usize, mut ignore_case: bool) -> Result<Node> {
        let mut mark = "(?:";
        if self.take("?:") {
        } else if self.take("?i:") {
            ignore_case = true;
        } else if self.take("?-i:") {
            ignore_case = false;
        } else if let Some(kind) = ["(?>", "(?=", "(?!", "(?<=", "(?<!"].into_iter().find(|kind| self.take(&kind[1..]))
        {
            mark = kind;
        } else if self.peek("?") {
            return self.refuse("a kind of group that is not supported");
        }
        let part = self.alternation(depth + 1, ignore_case)?;
        if mark.starts_with("(?<") {
            let (least, most) = width(&part);
            if Some(least) != most {
                return self.refuse("a look-behind of varying length");
            }
        }
        if !self.take(")") {
            return self.refuse("a group that is not closed");
        }
        Ok(Node::Group { part: Box::new(part), mark })
    }

    // -- characters and sets ---------------------------------------------------------------------------------------

    /// Reads a set whose `[` has just been read.
    ///
    /// Its operators bind alike, from left to right, and less than what stands side by side:
    /// `[a-z0-9&&\d--5]` is `[[[a-z0-9]&&[\d]]--[5]]`.
    fn set(&mut self, depth: usize, ignore_case: bool) -> Result<CharSet> {
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
        if self.take("\\") { self.escape() } else { Ok(single(self.next()?)) }
    }

    /// Reads an escape whose backslash has just been read.
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
        char::from_u32(number).map(single).map_or_else(|| self.refuse("a number that is not a character's"), Ok)
    }

    fn property(&mut self) -> Result<CharSet> {
        let mut name = self.next()?.to_string();
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

fn single(char: char) -> CharSet {
    vec![(char as u32, char as u32)]
}

fn is_single(chars: &CharSet) -> bool {
    chars.len() == 1 && chars[0].0 == chars[0].1
}

/// Returns the characters from `first` to `last`, without the surrogates between them.
fn char_range(first: u32, last: u32) -> CharSet {
    if first < 0xD800 && last > 0xDFFF { vec![(first, 0xD7FF), (0xE000, last)] } else { vec![(first, last)] }
}

/// The least and the greatest number of characters that a part can match.
pub fn width(node: &Node) -> Width {
    let sum = |most: Option<usize>, part: Option<usize>| {
        Option::zip(most, part).map(|(most, part)| most.saturating_add(part))
    };
    match node {
        Node::Set(_) => (1, Some(1)),
        Node::Group { part, mark } if !LOOKS.contains(mark) => width(part),
        Node::Repeat { part, bounds: (least, most), .. } => {
            let (at_least, at_most) = width(part);
            (
                least.saturating_mul(at_least),
                Option::zip(*most, at_most).map(|(times, most)| times.saturating_mul(most)),
            )
        }
        Node::Sequence(parts) => {
            parts.iter().map(width).fold((0, Some(0)), |all, part| (all.0.saturating_add(part.0), sum(all.1, part.1)))
        }
        Node::Choice(parts) => {
            let widths = || parts.iter().map(width);
            let most = widths().try_fold(0, |most, (_, part)| part.map(|part| most.max(part)));
            (widths().map(|(least, _)| least).min().unwrap_or(0), most)
        }
        _ => (0, Some(0)),
    }
}

/// The part in the words of this language's engine.
pub fn emit(node: &Node) -> String {
    let all = |parts: &[Node], between| parts.iter().map(emit).collect::<Vec<_>>().join(between);
    match node {
        Node::Set(chars) => emit_set(chars),
        Node::Sequence(parts) => all(parts, ""),
        Node::Choice(parts) => all(parts, "|"),
        Node::Group { part, mark } => format!("{mark}{})", emit(part)),
        Node::Repeat { part, bounds: (least, most), mark } => {
            let most = most.map(|most| most.to_string()).unwrap_or_default();
            let repeated = format!("{}{{{least},{most}}}", emit(part));
            if *mark == "+" { format!("(?>{repeated})") } else { repeated + mark }
        }
        Node::Edge { inside } => word_edge(*inside),
        Node::Start => r"\A".into(),
        Node::End => r"\z".into(),
    }
}

/// Writes out `\b` (or, inside, `\B`), so that it uses the table, too.
fn word_edge(inside: bool) -> String {
    let chars = emit_set(&word());
    if inside {
        format!("(?:(?<={chars})(?={chars})|(?<!{chars})(?!{chars}))")
    } else {
        format!("(?:(?<={chars})(?!{chars})|(?<!{chars})(?={chars}))")
    }
}

/// Writes a set as this language's engine reads it.
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
