//! The space as a marker, `▁`, and the space that is put before a text.
//!
//! `SentencePiece`'s vocabularies write a space as `▁` (U+2581) and so cannot distinguish the two: here both are a space, in
//! tokens and in text. And a space is put before the text, so that its first word is the same token as elsewhere. Programs
//! differ in where exactly; each rule has a name:
//!
//! | | | |
//! |---|---|---|
//! | `never` | no space | |
//! | `text` | at the start of the text | `SentencePiece` |
//! | `segment` | at the start of each segment | Hugging Face's `Prepend` |
//! | `first` | at the start of the text, unless there is a space already | Hugging Face's `Metaspace`, `first` |
//! | `always` | at the start of each segment, unless there is a space already | Hugging Face's `Metaspace`, `always` |
//! | `bytes` | as `always`, in a vocabulary whose spaces are not markers | Hugging Face's `add_prefix_space` |
//!
//! A segment is what lies between the special tokens found in a text (E3).
//!
//! By hand: ` a<s>b` with the special token `<s>` allowed: the segments are ` a` and `b`. They become `  a` and `b` by `text`;
//! `  a` and ` b` by `segment`; ` a` and `b` by `first`; ` a` and ` b` by `always`.
//!
//! Decoding drops one space from the start of the text, unless the rule is `never` or `bytes`.
//!
//! Invariants: an empty segment stays empty.
//!
//! Costs: O(n); a copy only where there is a marker or a space is put before the text.
//!
//! Implements SPEC S3, S4 and S5.

use crate::error::{Error, Result};
use crate::support::interrupt;
use std::borrow::Cow;

pub const MARKER: &[u8] = "\u{2581}".as_bytes();
pub const PREFIXES: [&str; 6] = ["never", "text", "segment", "first", "always", "bytes"];

/// Where a space is put before the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools, reason = "each is one property of a rule")]
pub struct Metaspace {
    at_segments: bool,
    at_text: bool,
    /// Also where there is a space already.
    before_space: bool,
    has_markers: bool,
}

impl Metaspace {
    pub fn new(prefix: &str) -> Result<Metaspace> {
        let (at_segments, at_text, before_space, has_markers) = match prefix {
            "never" => (false, false, false, true),
            "text" => (false, true, true, true),
            "segment" => (true, true, true, true),
            "first" => (false, true, false, true),
            "always" => (true, true, false, true),
            "bytes" => (true, true, false, false),
            _ => {
                let reason = format!("unknown prefix '{prefix}'; expected one of {}", PREFIXES.join(", "));
                return Err(Error::Vocabulary(reason));
            }
        };
        Ok(Metaspace { at_segments, at_text, before_space, has_markers })
    }

    /// Whether a marker is a space.
    pub fn has_markers(self) -> bool {
        self.has_markers
    }

    /// Whether spaces are put, and markers become spaces, before late tokens are looked for: the normalizer does it.
    pub fn comes_first(self) -> bool {
        self.has_markers && (self.before_space || !self.at_text)
    }

    /// Whether the space is a part of late tokens that stand at the start of a segment: that of Hugging Face's `Prepend`.
    pub fn is_prepended(self) -> bool {
        self.at_segments && self.before_space
    }

    /// The segment with its markers as spaces, and the space before it.
    pub fn prepare(self, segment: &[u8], starts_text: bool) -> Result<Cow<'_, [u8]>> {
        let segment = if self.has_markers { spaced(segment)? } else { segment.into() };
        if !self.puts_space(&segment, starts_text) {
            return Ok(segment);
        }
        let mut made = Vec::new();
        made.try_reserve_exact(1 + segment.len())?;
        made.push(b' ');
        made.extend_from_slice(&segment);
        Ok(made.into())
    }

    /// Whether a space is put before a segment, in which the markers are spaces already.
    pub fn puts_space(self, segment: &[u8], starts_text: bool) -> bool {
        let here = if starts_text { self.at_text } else { self.at_segments };
        here && !segment.is_empty() && (self.before_space || segment[0] != b' ')
    }

    /// Whether decoding drops one space from the start of the text.
    pub fn drops_space(self) -> bool {
        self.at_text && self.has_markers
    }
}

/// The segment with its markers as spaces.
pub fn spaced(segment: &[u8]) -> Result<Cow<'_, [u8]>> {
    let mut places = memchr::memmem::find_iter(segment, MARKER).peekable();
    if places.peek().is_none() {
        return Ok(Cow::Borrowed(segment));
    }
    let mut out = Vec::new();
    out.try_reserve_exact(segment.len())?;
    let mut done = 0;
    for at in places {
        interrupt::check()?;
        out.extend_from_slice(&segment[done..at]);
        out.push(b' ');
        done = at + MARKER.len();
    }
    out.extend_from_slice(&segment[done..]);
    Ok(Cow::Owned(out))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_hand() {
        let made = |prefix: &str| {
            let rule = Metaspace::new(prefix).unwrap();
            [rule.prepare(b" a", true), rule.prepare(b"b", false), rule.prepare(b"", true)]
                .map(|made| made.unwrap().into_owned())
        };
        assert_eq!(made("never"), [b" a".to_vec(), b"b".to_vec(), Vec::new()]);
        assert_eq!(made("text"), [b"  a".to_vec(), b"b".to_vec(), Vec::new()]);
        assert_eq!(made("segment"), [b"  a".to_vec(), b" b".to_vec(), Vec::new()]);
        assert_eq!(made("first"), [b" a".to_vec(), b"b".to_vec(), Vec::new()]);
        assert_eq!(made("always"), [b" a".to_vec(), b" b".to_vec(), Vec::new()]);
        assert_eq!(spaced("a▁b▁".as_bytes()).unwrap().as_ref(), b"a b ");
        assert_eq!(made("bytes"), [b" a".to_vec(), b" b".to_vec(), Vec::new()]);
        let drops = PREFIXES.map(|prefix| Metaspace::new(prefix).unwrap().drops_space());
        assert_eq!(drops, [false, true, true, true, true, false]);
        let first = PREFIXES.map(|prefix| Metaspace::new(prefix).unwrap().comes_first());
        assert_eq!(first, [true, true, true, false, false, false]);
    }
}
