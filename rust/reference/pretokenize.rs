//! Text -> pieces.
//!
//! A split pattern cuts text into pieces before anything is merged, and no merge ever crosses the boundary of a piece. This keeps
//! "dog" and "dog." from becoming two unrelated tokens, and makes training cheap: the corpus becomes a bag of pieces with counts.
//!
//! By hand, with `gpt2`: `I'll be  back` -> `I` `'ll` ` be` ` ` ` back` (a word takes one space before it;
//! of two spaces the first stays alone).
//!
//! Invariants: the pieces, joined, are the text (P2): text that the pattern does not match becomes separate pieces. No piece is
//! empty: an empty match only cuts where it stands. Bytes that are not UTF-8 are cut as if each were U+FFFD, which is neither
//! letter, number nor white space (E5).
//!
//! Costs: one search a piece; time linear in the text for the named patterns. A custom pattern costs what its engine needs for it.
//!
//! When not to use it: to find the words of a language written without spaces. A piece is then a whole sentence, which is still exact.
//!
//! Implements SPEC P1, P2 and E5.

use crate::error::{Error, Result};
use crate::support::engine::Engine;
use crate::support::features::HAS_FILES;
use crate::support::interrupt;
use crate::support::spent::Spent;
use std::borrow::Cow;
use std::fmt;

/// The patterns of GPT-2, of GPT-3.5 and GPT-4, and of GPT-4o, as tiktoken publishes them. A `+` after
/// another quantifier (`++`, `*+`, `?+`) gives nothing back of what was matched: the search is faster, and finds the same here.
pub const NAMED: [(&str, &str); 3] = [
    ("gpt2", r"'(?:[sdmt]|ll|ve|re)| ?\p{L}++| ?\p{N}++| ?[^\s\p{L}\p{N}]++|\s++$|\s+(?!\S)|\s"),
    (
        "cl100k",
        concat!(
            r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}+| ?[^\s\p{L}\p{N}]++[\r\n]*+",
            r"|\s++$|\s*[\r\n]|\s+(?!\S)|\s",
        ),
    ),
    (
        "o200k",
        concat!(
            r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?",
            r"|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?",
            r"|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+",
        ),
    ),
];
/// The pattern where none is given. `gpt2` would cut Hindi, Tamil or Thai at every vowel sign.
pub const DEFAULT_PATTERN: &str = "o200k";

/// What cuts text into pieces: a [`Pattern`], or another way.
pub trait Split: Send + Sync {
    /// Passes the pieces of the text to `emit`, in order.
    fn split<'t>(&self, text: &'t [u8], emit: &mut dyn FnMut(&'t [u8]) -> Result<()>) -> Result<()>;

    /// Returns the last offset at which the text can be cut without changing its pieces; 0 if none is known.
    fn safe_cut(&self, text: &[u8]) -> usize;
}

// `Debug` in the trait would bring that of all types below into each program.
impl fmt::Debug for dyn Split {
    fn fmt(&self, out: &mut fmt::Formatter) -> fmt::Result {
        out.write_str("Split")
    }
}

/// A split pattern: its name, `none` (the whole text is one piece) or a regular expression.
#[derive(Debug, Clone)]
pub struct Pattern {
    source: String,
    regex: Option<Engine>,
}

impl Pattern {
    /// `compiled`: what compiles a regular expression.
    pub fn new(source: &str, compiled: impl FnOnce(&str) -> Result<Engine>) -> Result<Pattern> {
        if source.is_empty() {
            let reason = "the pattern is empty (for one piece, use 'none')".into();
            return Err(Error::Pattern { pattern: String::new(), reason });
        }
        let named = NAMED.iter().find(|(name, _)| *name == source).map_or(source, |(_, expression)| expression);
        let regex = if source == "none" { None } else { Some(compiled(named)?) };
        Ok(Pattern { source: source.into(), regex })
    }
}

impl Split for Pattern {
    fn split<'t>(&self, text: &'t [u8], emit: &mut dyn FnMut(&'t [u8]) -> Result<()>) -> Result<()> {
        match &self.regex {
            Some(regex) => cut(regex, text, &mut Spent::of(text.len()), emit),
            None if text.is_empty() => Ok(()),
            None => emit(text),
        }
    }

    /// With a named pattern: between an ASCII letter or digit and a space, tab, newline or carriage return. No alternative continues
    /// from a letter or digit to white space, so a piece ends there; none looks behind, so the right part is cut as before; and none looks
    /// past a letter or digit that it has not matched, so the left part does not change either. This holds whatever text follows.
    fn safe_cut(&self, text: &[u8]) -> usize {
        if NAMED.iter().any(|(name, _)| *name == self.source) { last_word_end(text) } else { 0 }
    }
}

/// Passes on the matches of an expression in a text, and the text between them, in order.
pub fn cut<'t>(
    regex: &Engine,
    text: &'t [u8],
    spent: &mut Spent,
    emit: &mut dyn FnMut(&'t [u8]) -> Result<()>,
) -> Result<()> {
    let mut done = 0;
    matches(regex, text, spent, &mut |start, end| {
        if done < start {
            emit(&text[done..start])?;
        }
        if start < end {
            emit(&text[start..end])?;
        }
        done = end;
        Ok(())
    })?;
    if done < text.len() { emit(&text[done..]) } else { Ok(()) }
}

/// Passes on where the matches of a regular expression stand, in bytes, from the left; empty ones too.
pub fn matches(
    regex: &Engine,
    text: &[u8],
    spent: &mut Spent,
    emit: &mut dyn FnMut(usize, usize) -> Result<()>,
) -> Result<()> {
    if !HAS_FILES {
        return Ok(());
    }
    let view = View::new(text)?;
    let mut at = 0;
    while at < view.chars.len() {
        interrupt::check()?;
        let Some((start, end)) = regex.search(&view.chars, at, spent)? else { break };
        emit(view.offset(start), view.offset(end))?;
        at = end;
        if start == end {
            // Continue after the next character.
            at += view.chars[end..].chars().next().map_or(1, char::len_utf8);
        }
    }
    Ok(())
}

/// Returns the last offset between an ASCII letter or digit and one of four white-space characters; 0 if there is none.
pub fn last_word_end(text: &[u8]) -> usize {
    let is_word_end = |at: &usize| b" \t\n\r".contains(&text[*at]) && text[at - 1].is_ascii_alphanumeric();
    (1..text.len()).rev().find(is_word_end).unwrap_or(0)
}

/// A text as the engine sees it: each invalid byte is replaced by U+FFFD, which is two bytes longer.
struct View<'t> {
    chars: Cow<'t, str>,
    /// The offsets of the replacement characters in `chars`.
    stand_ins: Vec<usize>,
}

impl<'t> View<'t> {
    fn new(text: &'t [u8]) -> Result<View<'t>> {
        if let Ok(chars) = std::str::from_utf8(text) {
            return Ok(View { chars: Cow::Borrowed(chars), stand_ins: Vec::new() });
        }
        let (mut chars, mut stand_ins) = (String::new(), Vec::new());
        chars.try_reserve(text.len())?;
        for chunk in text.utf8_chunks() {
            chars.try_reserve(chunk.valid().len() + 3 * chunk.invalid().len())?;
            stand_ins.try_reserve(chunk.invalid().len())?;
            chars.push_str(chunk.valid());
            for _ in chunk.invalid() {
                stand_ins.push(chars.len());
                chars.push(char::REPLACEMENT_CHARACTER);
            }
        }
        Ok(View { chars: Cow::Owned(chars), stand_ins })
    }

    /// Returns the offset in the text that an offset in `chars` stands for.
    fn offset(&self, at: usize) -> usize {
        at - 2 * self.stand_ins.partition_point(|&stand_in| stand_in < at)
    }
}
