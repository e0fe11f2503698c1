//! Text -> pieces.
//!
//! A split pattern cuts text into pieces before anything is merged, and no merge ever crosses the boundary of a piece. This
//! keeps "dog" and "dog." from becoming two unrelated tokens, and makes training cheap: the corpus becomes a bag of pieces
//! with counts.
//!
//! By hand, with `gpt2`: `I'll be  back` -> `I` `'ll` ` be` ` ` ` back` (a word takes one space before it; of two spaces the
//! first stays alone).
//!
//! On a first reading, take `Pattern.split_within` and `matches`. The rest is for custom patterns (limits, patterns in
//! turn, patterns of bytes) and for cutting a text safely.
//!
//! Invariants: the pieces, joined, are the text (P2): text that the pattern does not match becomes separate pieces. No piece
//! is empty: an empty match only cuts where it stands. Bytes that are not UTF-8 are cut as if each were U+FFFD, which is
//! neither letter, number nor white space (E5).
//!
//! Costs: one search a piece; time linear in the text for the named patterns. A custom pattern costs what its engine needs
//! for it, up to a limit, beyond which it is an error (P6).
//!
//! Several patterns with `(?#then)` between them cut one after the other: each piece of the first is cut by the second, and
//! so on (P8). A look-ahead then ends at the end of the piece being cut. The tokenizers of `DeepSeek` need this. A pattern with
//! `(?#bytes)` before it sees the bytes of its text as characters (P9). Falcon's needs that.
//!
//! When not to use it: to find the words of a language written without spaces. A piece is then a whole sentence, which is
//! still exact.
//!
//! Implements SPEC P1, P2, P3, P6, P7, P8, P9 and E5.

use crate::error::{Error, Result};
use crate::fast::{self, scan};
use crate::reference::published::byte_chars::to_chars;
use crate::reference::published::families::FAMILIES;
use crate::reference::published::regex_tree::Node;
use crate::reference::published::regexes::parse;
use crate::support::engine::Engine;
use crate::support::features::{HAS_FILES, check_pattern};
use crate::support::interrupt;
use crate::support::spent::Spent;
use std::borrow::Cow;
use std::sync::Arc;

/// The patterns of GPT-2, of GPT-3.5 and GPT-4, and of GPT-4o, as tiktoken publishes them. The first is written in its older,
/// longer form, which is easier to read; tiktoken's present form cuts every text the same.
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

/// Separates patterns that cut one after the other. Since the portable expressions have no comments, it has no other meaning.
pub const THEN: &str = "(?#then)";
/// How many patterns may cut one after the other: each may cost the memory of a whole engine.
const MOST_STEPS: usize = 100;
/// Before a pattern that cuts the bytes of its text, each seen as a character.
pub const BYTES: &str = "(?#bytes)";

/// A split pattern: its name, `none` (the whole text is one piece) or a regular expression.
#[derive(Debug, Clone)]
pub struct Pattern {
    source: String,
    /// The patterns that cut one after the other; empty if there is only one.
    steps: Vec<Pattern>,
    /// The pattern that cuts the bytes of the text, if this is one of these.
    of_bytes: Option<Box<Pattern>>,
    /// None if no regular expression is needed: the pattern is `none`, or the fast scanner cuts instead.
    regex: Option<Engine>,
    scanner: Option<Arc<scan::Tier>>,
}

impl Pattern {
    pub fn new(source: &str) -> Result<Pattern> {
        Pattern::with(source, fast::enabled())
    }

    /// The pattern with a scanner, where there is one, or without.
    pub fn with(source: &str, fast: bool) -> Result<Pattern> {
        if source.split(THEN).any(str::is_empty) {
            let reason = "the pattern is empty (for one piece, use 'none')".into();
            return Err(Error::Pattern { pattern: String::new(), reason });
        }
        let steps = expressions(source);
        if steps.len() > MOST_STEPS {
            let reason = format!("the first of {} patterns, one after the other; at most {MOST_STEPS}", steps.len());
            return Err(Error::Pattern { pattern: steps[0].into(), reason });
        }
        let mut pattern =
            Pattern { source: source.into(), steps: Vec::new(), of_bytes: None, regex: None, scanner: None };
        if source == "none" {
            return Ok(pattern);
        }
        if fast {
            pattern.scanner = scanner_of(source)?.ok().map(Arc::new);
        }
        if pattern.scanner.is_none() && steps.len() > 1 {
            let one_by_one = || steps.chunks(1).map(|step| (step, false)).collect();
            let passes = if fast { scan::passes(&steps) } else { one_by_one() };
            let made = passes.into_iter().map(|(pass, fast)| Pattern::with(&pass.join(THEN), fast));
            pattern.steps = made.collect::<Result<_>>()?;
        } else if let [step] = steps[..]
            && let Some(of_bytes) = step.strip_prefix(BYTES)
        {
            pattern.of_bytes = Some(Box::new(Pattern::with(of_bytes, fast)?));
        } else if pattern.scanner.is_none() {
            pattern.regex = steps.first().map(|step| compile_pattern(step)).transpose()?;
        }
        Ok(pattern)
    }

    pub fn source(&self) -> &str {
        &self.source
    }

    /// Returns the fast scanner that cuts instead of the regular expression, if there is one.
    pub fn scanner(&self) -> Option<&Arc<scan::Tier>> {
        self.scanner.as_ref()
    }

    /// Passes the pieces of the text to `emit`, in order.
    pub fn split<'t>(&self, text: &'t [u8], emit: &mut dyn FnMut(&'t [u8])) -> Result<()> {
        self.split_within(text, &mut Spent::of(text.len()), emit)
    }

    /// The same for a part of a text. `spent` is what the text has spent.
    pub fn split_within<'t>(&self, text: &'t [u8], spent: &mut Spent, emit: &mut dyn FnMut(&'t [u8])) -> Result<()> {
        if let Some(scanner) = &self.scanner {
            return scan::split(scanner, text, spent, emit);
        }
        if let Some(of_bytes) = &self.of_bytes {
            return Pattern::split_bytes(of_bytes, text, spent, emit);
        }
        let Some(regex) = &self.regex else {
            let mut pieces = Vec::new();
            if !text.is_empty() {
                pieces.push(text);
            }
            for step in &self.steps {
                let mut parts = Vec::new();
                let mut cut = |piece| step.split_within(piece, spent, &mut |part| parts.push(part));
                pieces.iter().try_for_each(|&piece| interrupt::check().and_then(|()| cut(piece)))?;
                pieces = parts;
            }
            pieces.into_iter().for_each(emit);
            return Ok(());
        };
        let mut done = 0;
        matches(regex, text, spent, &mut |start, end| {
            if done < start {
                emit(&text[done..start]);
            }
            if start < end {
                emit(&text[start..end]);
            }
            done = end;
            Ok(())
        })?;
        if done < text.len() {
            emit(&text[done..]);
        }
        Ok(())
    }

    /// Passes the pieces that a pattern makes of the bytes of the text, each seen as a character.
    fn split_bytes<'t>(
        of_bytes: &Pattern,
        text: &'t [u8],
        spent: &mut Spent,
        emit: &mut dyn FnMut(&'t [u8]),
    ) -> Result<()> {
        let shown = to_chars(text);
        let mut rest = text;
        of_bytes.split_within(shown.as_bytes(), spent, &mut |shown| {
            let chars = shown.iter().filter(|&&byte| byte & 0xC0 != 0x80).count();
            let (piece, behind) = rest.split_at(chars);
            emit(piece);
            rest = behind;
        })
    }

    /// Returns the last offset at which the text can be cut without changing its pieces; 0 if none is known.
    ///
    /// With a named pattern of one step: between an ASCII letter or digit and an ASCII white-space character. No alternative
    /// continues from a letter or digit to white space, so a piece ends there; none looks behind, so the right part is cut as
    /// before; and none looks past a letter or digit that it has not matched, so the left part does not change either. This
    /// holds whatever text follows.
    pub fn safe_cut(&self, text: &[u8]) -> usize {
        if !NAMED.iter().chain(&FAMILIES).any(|(_, pattern)| expressions(&self.source) == [*pattern]) {
            return 0;
        }
        let cuttable = |at: &usize| b" \t\n\r".contains(&text[*at]) && text[at - 1].is_ascii_alphanumeric();
        (1..text.len()).rev().find(cuttable).unwrap_or(0)
    }
}

/// Returns the regular expressions that cut one after the other; names are looked up, and `none` is left out.
pub fn expressions(source: &str) -> Vec<&str> {
    let steps = source.split(THEN).filter(|&step| step != "none");
    let mut found = Vec::new();
    for step in steps {
        let named = |(name, _): &&(&str, &str)| *name == step;
        if let Some((_, spelled)) = FAMILIES.iter().find(named) {
            found.extend(expressions(spelled));
        } else {
            found.push(NAMED.iter().find(named).map_or(step, |(_, expression)| expression));
        }
    }
    found
}

/// Whether a pattern has a step that cuts bytes.
fn sees_bytes(source: &str) -> bool {
    source.split(THEN).any(|step| step.starts_with(BYTES))
}

/// The scanner of a pattern other than `none`, or why the engine must run it; an error if the pattern is malformed.
pub fn scanner_of(source: &str) -> Result<std::result::Result<scan::Tier, scan::Unsupported>> {
    if sees_bytes(source) {
        return Ok(Err(scan::Unsupported::Bytes));
    }
    let named = NAMED.iter().chain(&FAMILIES).find(|(name, expression)| [*name, *expression].contains(&source));
    if let Some(grammar) = named.and_then(|(name, _)| scan::Grammar::named(name)) {
        return Ok(Ok(scan::Tier::Masks(grammar)));
    }
    check_pattern(source)?;
    let steps = expressions(source);
    let tier = scan::Tier::new(&steps)?;
    Ok(tier.map(|tier| scan::or_masks(tier, &steps, expressions)))
}

/// The shortest text that two patterns cut differently, None if they cut every text alike; or why that is not known.
pub fn difference(one: &str, other: &str) -> Result<std::result::Result<Option<String>, scan::Unsupported>> {
    if sees_bytes(one) || sees_bytes(other) {
        return Ok(Err(scan::Unsupported::Bytes));
    }
    let trees = |source| match expressions(source) {
        steps if steps.is_empty() => Ok(vec![Node::Choice(Vec::new())]),
        steps => steps.into_iter().map(parse).collect::<Result<Vec<_>>>(),
    };
    Ok(scan::difference(&trees(one)?, &trees(other)?))
}

/// Passes on where the matches of a regular expression stand, in bytes, from the left; empty ones too. `spent` is what the
/// text has spent.
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
        let Some((start, end)) = search(regex, &view.chars, at, spent)? else { break };
        emit(view.offset(start), view.offset(end))?;
        at = end;
        if start == end {
            // Continue after the next character.
            at += view.chars[end..].chars().next().map_or(1, char::len_utf8);
        }
    }
    Ok(())
}

/// Returns start and end of the first match at or after an offset. `spent` is what the text has spent.
fn search(regex: &Engine, view: &str, at: usize, spent: &mut Spent) -> Result<Option<(usize, usize)>> {
    regex.search(view, at, spent)
}

/// A regular expression compiled.
pub fn compile_pattern(source: &str) -> Result<Engine> {
    check_pattern(source)?;
    Engine::new(source, &parse(source)?)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_of_bytes_is_not_compared() {
        for (one, other) in [("(?#bytes)a", "a"), ("a", "(?#bytes)a")] {
            assert!(matches!(difference(one, other).unwrap(), Err(scan::Unsupported::Bytes)));
        }
    }
}
