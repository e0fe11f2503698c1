//! Lines of JSON -> the text of one field of each, as bytes one after the other: documents without a string object each.
//!
//! A line is taken if it is JSON by the standard and the field is text; any other is left to the reader in Python
//! (`python/minitok/corpus/files.py`), which either reads it or reports what is wrong with it. What is taken must be what that
//! reader gives: of two fields with one name the last, escapes resolved, surrogate pairs joined. Lone surrogates, `NaN`, a
//! byte order mark and other encodings are left to it.
//!
//! Most lines are plain: names without escapes, the field a string. Those are read by `plain_object`, which looks at each byte of
//! a string once and leaves numbers and what is nested to `serde_json`; any other line is read by `serde_json` as a whole, which
//! decides. Both must take the same lines for the same text.
//!
//! Costs: O(n) time for n bytes, at gigabytes a second; no recursion.

use super::json_string::{Text, string};
use crate::error::Result;
use crate::fast::encode::parallel;
use crate::fast::util::fallible::{append, push};
use crate::interrupt;
use serde::de::{DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, Visitor};
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
        let groups = groups(data)?;
        parallel::map(&groups, threads, Range::len, |group| Documents::of_group(data, group.clone(), field))
    }

    fn of_group(data: &[u8], group: Range<usize>, field: &str) -> Result<Documents> {
        let mut documents = Documents::default();
        // Most of the bytes are text, as a rule.
        documents.text.try_reserve(group.len())?;
        let Documents { text, places, left, .. } = &mut documents;
        let lines = each_line(data, group, field, |line| {
            let before = text.len();
            match line {
                Line::Text(content) => {
                    append(text, content)?;
                }
                Line::Left { line, bytes } => push(left, Left { line, bytes, document: places.len() })?,
            }
            push(places, before..text.len())
        })?;
        documents.lines = lines;
        Ok(documents)
    }

    /// Puts the text of a line that was left to another reader in its place.
    pub fn put(&mut self, document: usize, text: &[u8]) -> Result<()> {
        let before = self.text.len();
        append(&mut self.text, text)?;
        self.places[document] = before..self.text.len();
        Ok(())
    }

    /// Each document.
    pub fn iter(&self) -> impl Iterator<Item = &[u8]> {
        self.places.iter().map(|place| &self.text[place.clone()])
    }
}

/// The data in ranges of whole lines.
fn groups(data: &[u8]) -> Result<Vec<Range<usize>>> {
    let mut groups = Vec::new();
    let mut start = 0;
    while start < data.len() {
        let near = data.len().min(start + GROUP);
        let end = memchr::memchr(b'\n', &data[near..]).map_or(data.len(), |length| near + length + 1);
        push(&mut groups, start..end)?;
        start = end;
    }
    Ok(groups)
}

/// What a line holds that is not blank.
pub enum Line<'d> {
    Text(&'d [u8]),
    /// It is left to another reader: its number from 0 on, and its place.
    Left {
        line: usize,
        bytes: Range<usize>,
    },
}

/// Calls `take` with what each line of a range holds, and returns the number of lines.
pub fn each_line(
    data: &[u8],
    range: Range<usize>,
    field: &str,
    mut take: impl FnMut(Line<'_>) -> Result<()>,
) -> Result<usize> {
    let data = &data[..range.end];
    let (mut start, mut lines) = (range.start, 0);
    let mut scratch = Vec::new();
    while start < data.len() {
        interrupt::check()?;
        let rest = &data[start..];
        let end = if let Some((text, length)) = plain_object(rest, field, &mut scratch) {
            take(Line::Text(text))?;
            start + length
        } else {
            let end = line_end(data, start);
            let line = &data[start..end];
            if let Some(text) = text_of(line, field) {
                take(Line::Text(text.as_bytes()))?;
            } else if !line.iter().all(|byte| matches!(byte, b' ' | b'\t'..=b'\r')) {
                take(Line::Left { line: lines, bytes: start..end })?;
            }
            end
        };
        start = end + 1;
        lines += 1;
    }
    Ok(lines)
}

/// Where the line ends that a place is in.
fn line_end(data: &[u8], from: usize) -> usize {
    memchr::memchr(b'\n', &data[from..]).map_or(data.len(), |length| from + length)
}

/// The text of the field, and the length of the line, if that is a plain object in which the field is text.
fn plain_object<'d>(data: &'d [u8], field: &str, scratch: &'d mut Vec<u8>) -> Option<(&'d [u8], usize)> {
    let (mut found, mut line_ends) = (None, None);
    let mut other = Vec::new();
    let mut at = after_space(data, 0);
    let mut expected = b'{';
    loop {
        if *data.get(at)? != expected {
            return None;
        }
        at = after_space(data, at + 1);
        if *data.get(at)? != b'"' {
            return None;
        }
        let (Text::Plain(name), end) = string(data, at + 1, &mut other)? else { return None };
        at = after_space(data, end + 1);
        if *data.get(at)? != b':' {
            return None;
        }
        at = after_space(data, at + 1);
        let is_field = &data[name] == field.as_bytes();
        if *data.get(at)? == b'"' {
            let (text, end) = string(data, at + 1, if is_field { scratch } else { &mut other })?;
            if is_field {
                found = Some(text);
            }
            at = end + 1;
        } else if is_field {
            return None;
        } else {
            // No string goes beyond the line, so that its end is searched for once.
            let line_ends = *line_ends.get_or_insert_with(|| line_end(data, at));
            at += value_length(&data[at..line_ends])?;
        }
        if interrupt::stopped() {
            return None;
        }
        at = after_space(data, at);
        if *data.get(at)? == b'}' {
            break;
        }
        expected = b',';
    }
    let end = after_space(data, at + 1);
    if data.get(end).is_some_and(|&byte| byte != b'\n') {
        return None;
    }
    std::str::from_utf8(&data[..end]).ok()?;
    match found? {
        Text::Plain(range) => Some((&data[range], end)),
        Text::Escaped => Some((scratch, end)),
    }
}

/// Behind the white space at a place that may stand within a line.
fn after_space(data: &[u8], from: usize) -> usize {
    let rest = data[from..].iter();
    from + rest.take_while(|byte| matches!(byte, b' ' | b'\t' | b'\r')).count()
}

/// How long the value is that begins there.
fn value_length(data: &[u8]) -> Option<usize> {
    let mut values = serde_json::Deserializer::from_slice(data).into_iter::<IgnoredAny>();
    values.next()?.ok()?;
    Some(values.byte_offset())
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
            interrupt::check().map_err(A::Error::custom)?;
            if is_field {
                found = Some(object.next_value_seed(TextOnly)?);
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
struct TextOnly;

impl<'de> DeserializeSeed<'de> for TextOnly {
    type Value = Cow<'de, str>;

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> std::result::Result<Self::Value, D::Error> {
        reader.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for TextOnly {
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

    /// What `serde_json` alone gives. A plain object is taken for the same text, with another line behind it, too.
    fn text(line: &str) -> Option<String> {
        let whole = text_of(line.as_bytes(), "text").map(Cow::into_owned);
        for written in [line.to_owned(), format!("{line}\n\"next")] {
            let mut scratch = Vec::new();
            if let Some((text, length)) = plain_object(written.as_bytes(), "text", &mut scratch) {
                assert_eq!((Some(text), length), (whole.as_ref().map(String::as_bytes), line.len()));
            }
        }
        whole
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
    fn plain_objects_need_no_parser() {
        for (line, value) in [
            (r#"{"text":"ab"}"#, "ab"),
            (r#" { "id" : -1.5e3 , "text" : "a\n" , "x":[{"text":"no"},null,true] } "#, "a\n"),
            (r#"{"a":"b","text":"","text":"c","d":""}"#, "c"),
        ] {
            for end in ["", "\n", "\nx"] {
                let written = [line, end].concat();
                let mut scratch = Vec::new();
                let found = plain_object(written.as_bytes(), "text", &mut scratch);
                assert_eq!(found, Some((value.as_bytes(), line.len())), "{written:?}");
            }
        }
        // In the place of each space, a byte that is not white space.
        let line = r#" { "id" : 1 , "text" : "a" } "#;
        for at in (0..line.len()).filter(|&at| line.as_bytes()[at] == b' ') {
            let written = [&line[..at], "_", &line[at + 1..]].concat();
            assert_eq!(plain_object(written.as_bytes(), "text", &mut Vec::new()), None, "{written:?}");
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
                4 => "  \r\n".to_owned(),
                1 => format!("{{\"text\": NaN{number}}}\n"),
                _ => format!("{{\"n\": {number}, \"text\": \"{number}\\t\"}}\r\n"),
            };
            data.extend_from_slice(line.as_bytes());
        }
        data.extend_from_slice(b"{\"text\": \"end\"}");
        for threads in [1, 3] {
            let (mut line, mut seen, mut parts) = (0, 0, 0);
            for mut part in Documents::of_lines(&data, "text", threads).unwrap() {
                for left in part.left.clone() {
                    assert_eq!((line + left.line) % 5, 1);
                    assert!(data[left.bytes.clone()].starts_with(b"{\"text\": NaN"));
                    part.put(left.document, b"left").unwrap();
                }
                (line, parts) = (line + part.lines, parts + 1);
                for document in part.iter() {
                    seen += usize::from(document == b"left");
                    assert!(document == b"left" || document == b"end" || document.ends_with(b"\t"));
                }
            }
            assert_eq!((line, seen, parts > 1), (40_001, 8000, true));
        }
    }
}
