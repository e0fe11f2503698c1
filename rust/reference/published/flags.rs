//! How a token that is found in text affects the text around it, and on what it depends.
//!
//! | | |
//! |---|---|
//! | `lstrip` | it takes the white space before it |
//! | `rstrip` | it takes the white space after it |
//! | `single_word` | it is found only where no character of a word is next to it (`\w`) |
//! | `hides` | where it is not allowed, no other token is found in its text |
//!
//! By hand, `a <s> b` with `rstrip` for `<s>`: the segment `a·`, the token `<s>·`, the segment `b`.
//!
//! A token that hides others is found wherever it stands, and left as text where it is not allowed (`special`).
//!
//! A token of white space that would take what is before it, and stands in what the token before it takes, is not found.
//!
//! Where the spaces of a text are markers already, they are not white space, and no token takes one.
//!
//! Invariants: the parts leave no gap, and of two tokens next to the same white space, the first takes it.
//!
//! Costs: O(n).
//!
//! Implements SPEC E9.

use crate::error::{Error, Result};
use crate::reference::published::unicode::{CharSet, contains, white_space, word};
use crate::support::features::HAS_FILES;
use crate::support::interrupt;
use crate::support::once::Once;
use foldhash::HashMap;

/// A segment (start, end, None), or a token (start, end, id).
pub type Slice = (usize, usize, Option<u32>);

/// What one token takes or asks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools, reason = "each is asked by itself")]
pub struct Flags {
    pub single_word: bool,
    pub lstrip: bool,
    pub rstrip: bool,
    pub hides: bool,
}

impl Flags {
    pub fn new(token: &str, names: &[String]) -> Result<Flags> {
        let mut flags = Flags::default();
        for name in names {
            match name.as_str() {
                "single_word" => flags.single_word = true,
                "lstrip" => flags.lstrip = true,
                "rstrip" => flags.rstrip = true,
                "hides" => flags.hides = true,
                _ => {
                    let reason = format!(
                        "the token '{token}' has the flag '{name}'; expected one of single_word, lstrip, rstrip, hides"
                    );
                    return Err(Error::Vocabulary(reason));
                }
            }
        }
        Ok(flags)
    }
}

/// Returns the parts of a text with the white space that tokens take, and without those that must stand alone.
///
/// `flags`: by id. `marked`: the spaces of the text are markers.
#[allow(clippy::implicit_hasher, reason = "it is one map of the preprocessor")]
pub fn as_flagged(text: &[u8], parts: &[Slice], flags: &HashMap<u32, Flags>, marked: bool) -> Result<Vec<Slice>> {
    if !HAS_FILES {
        return Ok(parts.to_vec());
    }
    let mut found: Vec<Slice> = Vec::new();
    found.try_reserve(parts.len())?;
    let mut done = 0;
    let mut strips = false; // whether the last token takes the white space after it
    for &(start, end, id) in parts {
        let Some(id) = id else { continue };
        interrupt::check()?;
        let own = flags.get(&id).copied().unwrap_or_default();
        if own.single_word && touches_word(text, start, end) {
            continue;
        }
        if let Some(last) = found.last_mut().filter(|_| strips) {
            let reach = space_end(text, done, if own.lstrip { end } else { start }, marked);
            done = if reach == end { end } else { reach.min(start) };
            last.1 = done;
            if done == end {
                continue;
            }
        }
        let first = if own.lstrip { before_space(text, done, start, marked) } else { start };
        found.try_reserve(2)?;
        if done < first {
            found.push((done, first, None));
        }
        found.push((first, end, Some(id)));
        (done, strips) = (end, own.rstrip);
    }
    if let Some(last) = found.last_mut().filter(|_| strips) {
        done = space_end(text, done, text.len(), marked);
        last.1 = done;
    }
    if done < text.len() {
        found.try_reserve(1)?;
        found.push((done, text.len(), None));
    }
    Ok(found)
}

/// Returns whether a character of a word is on either side of a range of the text.
fn touches_word(text: &[u8], start: usize, end: usize) -> bool {
    static WORD: Once<CharSet> = Once::new();
    let word = WORD.get_or_make(word);
    let before = (1..=start.min(4)).find_map(|size| char_of(&text[start - size..start]));
    let after = (1..=(text.len() - end).min(4)).find_map(|size| char_of(&text[end..end + size]));
    [before, after].into_iter().flatten().any(|char| contains(word, char.into()))
}

/// Returns where the white space begins that ends at `end`, from `start` on.
fn before_space(text: &[u8], start: usize, mut end: usize, marked: bool) -> usize {
    let space = |end: usize| (1..=(end - start).min(3)).find(|size| is_space(&text[end - size..end], marked));
    while let Some(size) = space(end) {
        end -= size;
    }
    end
}

/// Returns where the white space ends that begins at `start`, up to `end`.
fn space_end(text: &[u8], mut start: usize, end: usize, marked: bool) -> usize {
    let space = |start: usize| (1..=(end - start).min(3)).find(|size| is_space(&text[start..start + size], marked));
    while let Some(size) = space(start) {
        start += size;
    }
    start
}

/// Returns whether these bytes are one white-space character; where spaces are markers, a space is not.
fn is_space(char: &[u8], marked: bool) -> bool {
    static SPACE: Once<CharSet> = Once::new();
    let space = SPACE.get_or_make(white_space);
    char_of(char).is_some_and(|char| contains(space, char.into()) && !(marked && char == ' '))
}

fn char_of(bytes: &[u8]) -> Option<char> {
    let mut chars = std::str::from_utf8(bytes).ok()?.chars();
    chars.next().filter(|_| chars.next().is_none())
}
