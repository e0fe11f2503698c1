//! Other text for the matches of a pattern, as `normalize.rs` puts it there.
//!
//! A pattern that is a text is searched as one, and a set of characters, alone or repeated as often as possible, is looked up;
//! the engine runs the others.
//!
//! Costs: O(n) for a text and a set; else what the engine needs, up to the limit of SPEC P6.

use super::edits::Edits;
use crate::error::Result;
use crate::reference::published::characters::characters;
use crate::reference::published::patterns::matches;
use crate::reference::published::regex_tree::Node;
use crate::reference::published::regexes::parse;
use crate::reference::published::unicode::{CharSet, contains};
use crate::support::engine::Engine;
use crate::support::interrupt;
use crate::support::spent::Spent;
use memchr::memmem;

/// How many matches or characters there are to a look at whether to stop.
const SOME: usize = 64;

/// How the matches of a pattern are found.
#[derive(Debug)]
pub enum Matcher {
    Text(memmem::Finder<'static>),
    Set { ascii: [bool; 128], chars: CharSet, repeated: bool },
    Engine(Engine),
}

impl Matcher {
    pub fn new(pattern: &str, engine: &Engine) -> Result<Matcher> {
        let tree = parse(pattern)?;
        if let Some(text) = as_text(&tree) {
            return Ok(Matcher::Text(memmem::Finder::new(text.as_bytes()).into_owned()));
        }
        let (node, repeated) = match only(&tree) {
            Node::Repeat { part, bounds: (1, None), mark: "" | "+" } => (&**part, true),
            node => (node, false),
        };
        Ok(match only(node) {
            Node::Set(chars) => {
                let ascii = std::array::from_fn(|code| u32::try_from(code).is_ok_and(|code| contains(chars, code)));
                Matcher::Set { ascii, chars: CharSet::clone(chars), repeated }
            }
            _ => Matcher::Engine(engine.clone()),
        })
    }

    /// Puts `new` in the place of each match.
    pub fn replace(&self, text: &[u8], new: &[u8], edits: &mut Edits) -> Result<()> {
        match self {
            Matcher::Text(finder) => {
                let length = finder.needle().len();
                for (count, start) in finder.find_iter(text).enumerate() {
                    if count.is_multiple_of(SOME) {
                        interrupt::check()?;
                    }
                    edits.replace(start, start + length, new)?;
                }
                Ok(())
            }
            Matcher::Set { ascii, chars, repeated } => {
                let is_in = |char: &[u8]| match char {
                    [byte] if byte.is_ascii() => ascii[usize::from(*byte)],
                    // A byte that is not UTF-8 is a replacement character.
                    _ => contains(chars, char_of(char)),
                };
                let (mut start, mut end) = (0, 0);
                for (count, char) in characters(text).enumerate() {
                    if count.is_multiple_of(SOME) {
                        interrupt::check()?;
                    }
                    if is_in(char) && *repeated {
                        end += char.len();
                        continue;
                    }
                    if start < end {
                        edits.replace(start, end, new)?;
                    }
                    let after = end + char.len();
                    if is_in(char) {
                        edits.replace(end, after, new)?;
                    }
                    (start, end) = (after, after);
                }
                if start < end { edits.replace(start, end, new) } else { Ok(()) }
            }
            Matcher::Engine(engine) => matches(engine, text, &mut Spent::of(text.len()), &mut |start, end| {
                if start < end { edits.replace(start, end, new) } else { Ok(()) }
            }),
        }
    }
}

/// The code of a character as a pattern sees it.
fn char_of(utf8: &[u8]) -> u32 {
    let char = str::from_utf8(utf8).ok().and_then(|char| char.chars().next());
    char.unwrap_or(char::REPLACEMENT_CHARACTER).into()
}

/// The only part of a sequence, or the node itself.
fn only(node: &Node) -> &Node {
    match node {
        Node::Sequence(parts) if parts.len() == 1 => only(&parts[0]),
        node => node,
    }
}

/// The text that a pattern is, without a character that may stand for a byte that is not UTF-8.
fn as_text(node: &Node) -> Option<String> {
    let Node::Sequence(parts) = node else { return None };
    let char = |part: &Node| match part {
        Node::Set(chars) => match chars[..] {
            [(first, last)] if first == last => char::from_u32(first).filter(|&char| char != '\u{FFFD}'),
            _ => None,
        },
        _ => None,
    };
    #[allow(clippy::disallowed_methods, reason = "it is a part of the pattern")]
    parts.iter().map(char).collect::<Option<String>>().filter(|text| !text.is_empty())
}
