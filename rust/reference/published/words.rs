//! Words instead of text: where the text between words is dropped, and the end of a word is part of its last token.
//!
//! Some vocabularies are of words. What lies between them (white space, as a rule) only separates them and has no token. And a
//! token can say that a word ends with it: `cat</w>` is the word, `cat` the beginning of `catalog</w>`. That end is kept as a space
//! after each word, so that decoding separates words by spaces. A word cannot hold a space then.
//!
//! By hand, with the words `\w+|[^\w\s]+` and the end ` `: `a  cat!` -> `a`, `cat`, `!` -> `a·`, `cat·`, `!·`.
//!
//! Costs: O(n), and what the pattern needs.
//!
//! Implements SPEC N3.

use crate::error::{Error, Result};
use crate::reference::published::patterns::{Pattern, compile_pattern, matches};
use crate::support::engine::Engine;
use crate::support::spent::Spent;

/// The end of a piece where files write another, such as `</w>`.
pub const END: &[u8] = b" ";

/// How the text of a segment becomes pieces.
#[derive(Debug, Clone)]
pub struct WordCutter {
    end: Option<Vec<u8>>,
    regex: Option<Engine>,
}

impl WordCutter {
    /// `words` is what words are, as a regular expression, None if all text is one; `end` what stands after each piece.
    pub fn new(words: Option<&str>, end: Option<&[u8]>) -> Result<WordCutter> {
        if words.is_some_and(str::is_empty) {
            return Err(Error::Vocabulary("the pattern of words is empty".into()));
        }
        if end.is_some_and(<[u8]>::is_empty) {
            return Err(Error::Vocabulary("the end of a word is empty".into()));
        }
        Ok(WordCutter { end: end.map(<[u8]>::to_vec), regex: words.map(compile_pattern).transpose()? })
    }

    /// The words of a segment.
    pub fn found<'t>(&self, segment: &'t [u8]) -> Result<Vec<&'t [u8]>> {
        let Some(regex) = &self.regex else { return Ok(vec![segment]) };
        let mut found = Vec::new();
        matches(regex, segment, &mut Spent::of(segment.len()), &mut |start, end| {
            found.try_reserve(1)?;
            found.extend((start < end).then_some(&segment[start..end]));
            Ok(())
        })?;
        Ok(found)
    }

    /// Passes the pieces that a pattern cuts the words of a segment into to `emit`, each with its end.
    pub fn pieces(&self, pattern: &Pattern, segment: &[u8], emit: &mut dyn FnMut(&[u8]) -> Result<()>) -> Result<()> {
        let mut with_end = Vec::new();
        for word in self.found(segment)? {
            pattern.split(word, &mut |piece| {
                let Some(end) = &self.end else { return emit(piece) };
                if memchr::memmem::find(piece, end).is_some() {
                    let reason = format!("the word {} holds {}, which stands for its end", shown(piece), shown(end));
                    return Err(Error::Vocabulary(reason));
                }
                with_end.clear();
                with_end.extend_from_slice(piece);
                with_end.extend_from_slice(end);
                emit(&with_end)
            })?;
        }
        Ok(())
    }
}

/// A piece as a message shows it, in single quotes: its first 80 characters.
fn shown(piece: &[u8]) -> String {
    format!("'{}'", String::from_utf8_lossy(piece).chars().take(80).collect::<String>())
}
