//! Lines of JSON -> the text of one field of each, as bytes one after the other: documents without a string object each.
//!
//! A line is taken if it is JSON by the standard and the field is text; any other is left to the reader in Python
//! (`python/minitok/corpus/files.py`), which either reads it or reports what is wrong with it. What is taken must be what that
//! reader gives: of two fields with one name the last, escapes resolved, surrogate pairs joined. Lone surrogates, `NaN`, a
//! byte order mark and other encodings are left to it.
//!
//! Costs: O(n) time for n bytes, at gigabytes a second; no recursion.

use crate::error::Result;
use crate::fast::encode::parallel;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};
use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

/// About how much is read by one thread at a time, in bytes.
const GROUP: usize = 1 << 18;

/// Documents one after the other, and where each stands.
#[derive(Debug, Default)]
pub struct Documents {
    pub text: Vec<u8>,
    pub places: Vec<Range<usize>>,
    /// How many lines were read.
    pub lines: usize,
    /// Lines that are left to another reader.
    pub left: Vec<Left>,
}

/// A line that is left to another reader: its number from 0 on, its place among the bytes that were read, and the document
/// that it becomes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Left {
    pub line: usize,
    pub bytes: Range<usize>,
    pub document: usize,
}

impl Documents {
    /// Reads lines, which a line feed ends or the end of the data, on at most `threads` threads.
    pub fn of_lines(data: &[u8], field: &str, threads: usize) -> Result<Vec<Documents>> {
        let groups = groups(data);
        parallel::map(&groups, threads, Range::len, |group| Ok(Documents::of_group(data, group.clone(), field)))
    }

    fn of_group(data: &[u8], group: Range<usize>, field: &str) -> Documents {
        let mut documents = Documents::default();
        // Most of the bytes are text, as a rule.
        documents.text.reserve(group.len());
        let mut start = group.start;
        while start < group.end {
            let line_end = memchr::memchr(b'\n', &data[start..group.end]).map_or(group.end, |length| start + length);
            documents.read(&data[start..line_end], start, field);
            start = line_end + 1;
        }
        documents
    }

    fn read(&mut self, line: &[u8], start: usize, field: &str) {
        let number = self.lines;
        self.lines += 1;
        if line.iter().all(|byte| matches!(byte, b' ' | b'\t'..=b'\r')) {
            return;
        }
        let before = self.text.len();
        if let Some(text) = text_of(line, field) {
            self.text.extend_from_slice(text.as_bytes());
        } else {
            let document = self.places.len();
            self.left.push(Left { line: number, bytes: start..start + line.len(), document });
        }
        self.places.push(before..self.text.len());
    }

    /// Puts the text of a line that was left to another reader in its place.
    pub fn put(&mut self, document: usize, text: &[u8]) {
        let before = self.text.len();
        self.text.extend_from_slice(text);
        self.places[document] = before..self.text.len();
    }

    /// Each document.
    pub fn iter(&self) -> impl Iterator<Item = &[u8]> {
        self.places.iter().map(|place| &self.text[place.clone()])
    }
}

/// The data in ranges of whole lines.
fn groups(data: &[u8]) -> Vec<Range<usize>> {
    let mut groups = Vec::new();
    let mut start = 0;
    while start < data.len() {
        let near = data.len().min(start + GROUP);
        let end = memchr::memchr(b'\n', &data[near..]).map_or(data.len(), |length| near + length + 1);
        groups.push(start..end);
        start = end;
    }
    groups
}

/// The text of the field, if the line is an object of JSON in which it is text.
fn text_of<'l>(line: &'l [u8], field: &str) -> Option<Cow<'l, str>> {
    let line = std::str::from_utf8(line).ok()?;
    let mut reader = serde_json::Deserializer::from_str(line);
    let text = reader.deserialize_map(Field(field)).ok()?;
    reader.end().ok()?;
    text
}

/// Reads an object for the text of its field of that name; the last one counts, as in a `dict`.
struct Field<'n>(&'n str);

impl<'de> Visitor<'de> for Field<'_> {
    type Value = Option<Cow<'de, str>>;

    fn expecting(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> std::result::Result<Self::Value, A::Error> {
        let mut found = None;
        while let Some(is_field) = object.next_key_seed(IsField(self.0))? {
            if is_field {
                found = Some(object.next_value_seed(Text)?);
            } else {
                object.next_value::<IgnoredAny>()?;
            }
        }
        Ok(found)
    }
}

/// Whether a name is that of the field.
struct IsField<'n>(&'n str);

impl<'de> DeserializeSeed<'de> for IsField<'_> {
    type Value = bool;

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> std::result::Result<bool, D::Error> {
        reader.deserialize_str(self)
    }
}

impl Visitor<'_> for IsField<'_> {
    type Value = bool;

    fn expecting(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str("a name")
    }

    fn visit_str<E>(self, name: &str) -> std::result::Result<bool, E> {
        Ok(name == self.0)
    }
}

/// Text, and no other value.
struct Text;

impl<'de> DeserializeSeed<'de> for Text {
    type Value = Cow<'de, str>;

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> std::result::Result<Self::Value, D::Error> {
        reader.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for Text {
    type Value = Cow<'de, str>;

    fn expecting(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str("text")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> std::result::Result<Self::Value, E> {
        Ok(Cow::Borrowed(text))
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> std::result::Result<Self::Value, E> {
        let mut copy = String::new();
        copy.try_reserve_exact(text.len()).map_err(E::custom)?;
        copy.push_str(text);
        Ok(Cow::Owned(copy))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(line: &str) -> Option<String> {
        text_of(line.as_bytes(), "text").map(Cow::into_owned)
    }

    #[test]
    fn what_is_taken() {
        for (line, value) in [
            (r#"{"text": "ab"}"#, "ab"),
            (
                r#" { "id" : 1.5e3 , "text":"a\n\"\\\/é\u00e9\ud83d\ude00" , "x":[{"text":"no"},null,true]}	"#,
                "a\n\"\\/éé😀",
            ),
            (r#"{"text": "first", "text": ""}"#, ""),
            (r#"{"te\u0078t": "name"}"#, "name"),
        ] {
            assert_eq!(text(line).as_deref(), Some(value), "{line}");
        }
    }

    #[test]
    fn what_is_left() {
        for line in [
            "",
            "{}",
            "[]",
            r#"{"text": 1}"#,
            r#"{"text": null}"#,
            r#"{"text": "a", "text": ["b"]}"#,
            r#"{"text": "a"} x"#,
            r#"{"text": "a",}"#,
            r#"{"text": "a", "n": NaN}"#,
            r#"{"text": "a", "n": 01}"#,
            r#"{"text": "a", "n": "\x"}"#,
            r#"{"text": "\ud800"}"#,
            "{\"text\": \"a\tb\"}",
            "\u{feff}{\"text\": \"a\"}",
        ] {
            assert_eq!(text(line), None, "{line}");
        }
        assert_eq!(text_of(b"{\"text\": \"\xff\"}", "text"), None);
        let deep = format!("{{\"x\": {}1{}, \"text\": \"a\"}}", "[".repeat(100_000), "]".repeat(100_000));
        assert_eq!(text(&deep).as_deref(), Some("a"));
    }

    #[test]
    fn lines_on_several_threads() {
        let mut data = Vec::new();
        for number in 0..40_000 {
            let line = match number % 5 {
                0 => "  \r\n".to_owned(),
                1 => format!("{{\"text\": NaN{number}}}\n"),
                _ => format!("{{\"n\": {number}, \"text\": \"{number}\\t\"}}\r\n"),
            };
            data.extend_from_slice(line.as_bytes());
        }
        data.extend_from_slice(b"{\"text\": \"end\"}");
        for threads in [1, 3] {
            let (mut line, mut seen) = (0, 0);
            for mut part in Documents::of_lines(&data, "text", threads).unwrap() {
                for left in part.left.clone() {
                    assert_eq!((line + left.line) % 5, 1);
                    assert!(data[left.bytes.clone()].starts_with(b"{\"text\": NaN"));
                    part.put(left.document, b"left");
                }
                line += part.lines;
                for document in part.iter() {
                    seen += usize::from(document == b"left");
                    assert!(document == b"left" || document == b"end" || document.ends_with(b"\t"));
                }
            }
            assert_eq!((line, seen), (40_001, 8000));
        }
    }
}
