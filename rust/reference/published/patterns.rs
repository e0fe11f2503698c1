//! Split patterns as files and users write them: by name, in turn, over bytes, and within limits.
//!
//! Several patterns with `(?#then)` between them cut one after the other: each piece of the first is cut by the second, and so
//! on (P8). A look-ahead then ends at the end of the piece being cut. The tokenizers of `DeepSeek` need this. A pattern with `(?#bytes)`
//! before it sees the bytes of its text as characters (P9). Falcon's needs that.
//!
//! By hand: `\p{N}(?#then)gpt2` cuts `a 12` first into `a·`, `1` and `2`, then `a·` into `a` and `·`.
//!
//! Invariants: those of `pretokenize`.
//!
//! Costs: as `pretokenize`, for each step. A custom pattern costs what its engine needs for it, up to a limit, beyond which it
//! is an error (P6).
//!
//! Implements SPEC P3, P6, P7, P8 and P9.

use crate::error::{Error, Result};
use crate::fast::scan;
pub use crate::reference::pretokenize::{DEFAULT_PATTERN, NAMED, matches};
use crate::reference::pretokenize::{Split, cut, last_word_end};
use crate::reference::published::byte_chars::to_chars;
use crate::reference::published::families::FAMILIES;
use crate::reference::published::regex_tree::Node;
use crate::reference::published::regexes::parse;
use crate::support::engine::Engine;
use crate::support::features::{HAS_FILES, not_published};
use crate::support::interrupt;
use crate::support::spent::Spent;
use std::sync::Arc;

/// Separates patterns that cut one after the other. Since the portable expressions have no comments, it has no other meaning.
pub const THEN: &str = "(?#then)";
/// How many patterns may cut one after the other: each may cost the memory of a whole engine.
const MOST_STEPS: usize = 100;
/// Before a pattern that cuts the bytes of its text, each seen as a character.
pub const BYTES: &str = "(?#bytes)";

/// A split pattern: its name, `none` (the whole text is one piece), a regular expression, or several patterns in turn.
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
        Pattern::with(source, true)
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
    pub fn split<'t>(&self, text: &'t [u8], emit: &mut dyn FnMut(&'t [u8]) -> Result<()>) -> Result<()> {
        self.split_within(text, &mut Spent::of(text.len()), emit)
    }

    /// The same for a part of a text. `spent` is what the text has spent.
    pub fn split_within<'t>(
        &self,
        text: &'t [u8],
        spent: &mut Spent,
        emit: &mut dyn FnMut(&'t [u8]) -> Result<()>,
    ) -> Result<()> {
        if let Some(scanner) = &self.scanner {
            return scan::split(scanner, text, spent, emit);
        }
        if let Some(of_bytes) = &self.of_bytes {
            return Pattern::split_bytes(of_bytes, text, spent, emit);
        }
        if let Some(regex) = &self.regex {
            return cut(regex, text, spent, emit);
        }
        let mut pieces = Vec::new();
        if !text.is_empty() {
            pieces.push(text);
        }
        for step in &self.steps {
            let mut parts = Vec::new();
            let mut keep = |part| {
                parts.push(part);
                Ok(())
            };
            let mut cut = |piece| step.split_within(piece, spent, &mut keep);
            pieces.iter().try_for_each(|&piece| interrupt::check().and_then(|()| cut(piece)))?;
            pieces = parts;
        }
        pieces.into_iter().try_for_each(emit)
    }

    /// Passes the pieces that a pattern makes of the bytes of the text, each seen as a character.
    fn split_bytes<'t>(
        of_bytes: &Pattern,
        text: &'t [u8],
        spent: &mut Spent,
        emit: &mut dyn FnMut(&'t [u8]) -> Result<()>,
    ) -> Result<()> {
        let shown = to_chars(text);
        let mut rest = text;
        of_bytes.split_within(shown.as_bytes(), spent, &mut |shown| {
            let chars = shown.iter().filter(|&&byte| byte & 0xC0 != 0x80).count();
            let (piece, behind) = rest.split_at(chars);
            rest = behind;
            emit(piece)
        })
    }

    /// Returns the last offset at which the text can be cut without changing its pieces; 0 if none is known.
    ///
    /// One is known with a named pattern of one step.
    pub fn safe_cut(&self, text: &[u8]) -> usize {
        let is_named = NAMED.iter().chain(&FAMILIES).any(|(_, pattern)| expressions(&self.source) == [*pattern]);
        if is_named { last_word_end(text) } else { 0 }
    }
}

impl Split for Pattern {
    fn split<'t>(&self, text: &'t [u8], emit: &mut dyn FnMut(&'t [u8]) -> Result<()>) -> Result<()> {
        Pattern::split(self, text, emit)
    }

    fn safe_cut(&self, text: &[u8]) -> usize {
        Pattern::safe_cut(self, text)
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
    if !HAS_FILES {
        return Err(not_published(source));
    }
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

/// A regular expression compiled.
pub fn compile_pattern(source: &str) -> Result<Engine> {
    if !HAS_FILES {
        return Err(not_published(source));
    }
    Engine::new(source, &parse(source)?)
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
