//! A pattern as a tree, and how it is written for an engine.
//!
//! `regexes.rs` makes the tree. This language's engine runs it as it is; the one that it is tested against reads what [`emit`] writes of it.
//!
//! By hand: `a|b*` is the choice of a sequence of one set and a sequence of one repeat. It matches any number of characters,
//! none too: its width is (0, None).
//!
//! Invariants: every class is an explicit set of characters; nothing ignores case; what is written has no flags and no
//! capturing groups.
//!
//! Costs: O(n) for a tree whose nodes and ranges number n.
//!
//! Implements SPEC P4.

use crate::reference::published::regex_reader::is_single;
use crate::reference::published::unicode::{CharSet, word};
use std::fmt::Write;
use std::sync::Arc;

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
    /// A part, from `bounds.0` to `bounds.1` times; `mark` is "" for greedy, "?" for lazy, "+" for possessive.
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
