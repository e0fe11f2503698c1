//! Regular expressions that mean the same in both languages.
//!
//! Engines of regular expressions differ in small things that move ids: what `$` and `\s` match, which Unicode they carry, how
//! case is ignored. A split pattern is run by two: `regex` in Python, and `rust/support/engine.rs` in Rust. So a pattern is
//! parsed here, once, into a tree in which every class is an explicit set of characters from the one table (`unicode.rs`) and
//! case is no longer ignored but spelled out; what cannot be made equal is refused by name. Most trees are compiled from
//! there (`fast/scan/compiled`); the engine runs the others, and all where the fast paths are off.
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
//! Invariants: the translation has no flags and no capturing groups; each engine matches the same text with its own.
//! When not to use it: for patterns from untrusted users. Matching may still take exponential time; a limit then ends it
//! with an error, and no text is dropped.
//!
//! Costs: O(p + c * r) for a pattern of p characters with c classes of r ranges (at most some 700).
//!
//! Implements SPEC P4 and P5.

use crate::error::Result;
use crate::reference::published::regex_reader::{MAX_DEPTH, PatternReader, single};
use crate::reference::published::regex_tree::{LOOKS, Node, Width, emit, width};
use crate::reference::published::unicode::{complement, fold_case, word};

const MAX_REPEAT: usize = 1000;

/// Translates a pattern into the syntax of this language's engine.
pub fn translate(pattern: &str) -> Result<String> {
    Ok(emit(&parse(pattern)?))
}

/// The pattern as a tree.
pub fn parse(pattern: &str) -> Result<Node> {
    let mut reader = PatternReader::new(pattern);
    let tree = parse_alternation(&mut reader, 0, false)?;
    if reader.at < reader.pattern.len() {
        return reader.refuse("unbalanced ')'");
    }
    Ok(tree)
}

fn parse_alternation(reader: &mut PatternReader, depth: usize, mut ignore_case: bool) -> Result<Node> {
    if depth > MAX_DEPTH {
        return reader.refuse(format!("groups nested more than {MAX_DEPTH} deep"));
    }
    let mut branches = Vec::new();
    loop {
        let (branch, case) = parse_branch(reader, depth, ignore_case)?;
        ignore_case = case;
        branches.push(branch);
        if !reader.take("|") {
            break;
        }
    }
    Ok(if branches.len() == 1 { branches.remove(0) } else { Node::Choice(branches) })
}

fn parse_branch(reader: &mut PatternReader, depth: usize, mut ignore_case: bool) -> Result<(Node, bool)> {
    let mut parts = Vec::new();
    while reader.at < reader.pattern.len() && !reader.peek("|") && !reader.peek(")") {
        if reader.take("(?i)") {
            ignore_case = true;
            continue;
        }
        parts.push(parse_repeat(reader, depth, ignore_case)?);
    }
    Ok((Node::Sequence(parts), ignore_case))
}

/// Reads one part and the quantifier after it.
fn parse_repeat(reader: &mut PatternReader, depth: usize, ignore_case: bool) -> Result<Node> {
    let part = parse_part(reader, depth, ignore_case)?;
    let Some(bounds) = parse_quantifier(reader)? else {
        return Ok(part);
    };
    match &part {
        Node::Start | Node::End | Node::Edge { .. } => return reader.refuse("nothing to repeat"),
        Node::Group { mark, .. } if LOOKS.contains(mark) => return reader.refuse("nothing to repeat"),
        _ => {}
    }
    let (least, most) = width(&part);
    if least == 0 && (bounds.1 != Some(1) || most == Some(0)) {
        return reader.refuse("a repeat of something that can match nothing");
    }
    let mark = ["?", "+"].into_iter().find(|mark| reader.take(mark)).unwrap_or("");
    if parse_quantifier(reader)?.is_some() {
        return reader.refuse("a quantifier after a quantifier");
    }
    Ok(Node::Repeat { part: Box::new(part), bounds, mark })
}

fn parse_quantifier(reader: &mut PatternReader) -> Result<Option<Width>> {
    if reader.take("*") {
        return Ok(Some((0, None)));
    }
    if reader.take("+") {
        return Ok(Some((1, None)));
    }
    if reader.take("?") {
        return Ok(Some((0, Some(1))));
    }
    if !reader.take("{") {
        return Ok(None);
    }
    let least = parse_number(reader)?;
    let mut most = Some(least);
    if reader.take(",") {
        most = if reader.peek("}") { None } else { Some(parse_number(reader)?) };
    }
    if !reader.take("}") {
        return reader.refuse("'{' that does not begin {n}, {n,} or {n,m} (write \\{)");
    }
    if most.is_some_and(|most| most < least) {
        return reader.refuse("a repeat whose bounds are reversed");
    }
    Ok(Some((least, most)))
}

fn parse_number(reader: &mut PatternReader) -> Result<usize> {
    let start = reader.at;
    while reader.at < reader.pattern.len() && reader.pattern[reader.at].is_ascii_digit() {
        reader.at += 1;
    }
    let digits: String = reader.pattern[start..reader.at].iter().collect();
    if digits.is_empty() {
        return reader.refuse("'{' that does not begin {n}, {n,} or {n,m} (write \\{)");
    }
    match digits.parse::<usize>() {
        Ok(number) if digits.len() <= 4 && number <= MAX_REPEAT => Ok(number),
        _ => reader.refuse(format!("a repeat count above {MAX_REPEAT}")),
    }
}

/// A character, set, group or assertion.
fn parse_part(reader: &mut PatternReader, depth: usize, ignore_case: bool) -> Result<Node> {
    if reader.take("(") {
        return parse_group(reader, depth, ignore_case);
    }
    if reader.take("[") {
        let chars = reader.set(0, ignore_case)?;
        return Ok(Node::Set(reader.kept(chars)?));
    }
    if reader.take("^") || reader.take("\\A") {
        return Ok(Node::Start);
    }
    if reader.take("$") || reader.take("\\z") {
        return Ok(Node::End);
    }
    if reader.peek("\\b") || reader.peek("\\B") {
        reader.at += 2;
        reader.grow(4 * word().len())?;
        return Ok(Node::Edge { inside: reader.pattern[reader.at - 1] == 'B' });
    }
    if reader.take(".") {
        return Ok(Node::Set(reader.kept(complement(&single('\n')))?));
    }
    let here = reader.pattern[reader.at];
    if "*+?{}]".contains(here) {
        return reader.refuse(format!("'{here}' where a character is expected (write \\{here})"));
    }
    let chars = if reader.take("\\") { reader.escape()? } else { single(reader.advance()?) };
    Ok(Node::Set(reader.kept(if ignore_case { fold_case(&chars) } else { chars })?))
}

fn parse_group(reader: &mut PatternReader, depth: usize, mut ignore_case: bool) -> Result<Node> {
    let mut mark = "(?:";
    if reader.take("?:") {
    } else if reader.take("?i:") {
        ignore_case = true;
    } else if reader.take("?-i:") {
        ignore_case = false;
    } else if let Some(kind) = ["(?>", "(?=", "(?!", "(?<=", "(?<!"].into_iter().find(|kind| reader.take(&kind[1..])) {
        mark = kind;
    } else if reader.peek("?") {
        return reader.refuse("a kind of group that is not supported");
    }
    let part = parse_alternation(reader, depth + 1, ignore_case)?;
    if mark.starts_with("(?<") {
        let (least, most) = width(&part);
        if Some(least) != most {
            return reader.refuse("a look-behind of varying length");
        }
    }
    if !reader.take(")") {
        return reader.refuse("a group that is not closed");
    }
    Ok(Node::Group { part: Box::new(part), mark })
}
