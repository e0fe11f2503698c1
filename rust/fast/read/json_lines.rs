//! Lines of JSON -> the text of one field of each, as bytes one after the other: documents without a string object each.
//!
//! A line is taken if it is JSON by the standard and the field is text; any other is left to the reader in Python
//! (`python/minitok/corpus/files.py`), which either reads it or reports what is wrong with it. What is taken must be what that
//! reader gives: of two fields with one name the last, escapes resolved, surrogate pairs joined. Lone surrogates, `NaN`, a
//! byte order mark and other encodings are left to it.
//!
//! Costs: O(n) time for n bytes, at gigabytes a second; no recursion.

use super::decline::Decline::NotMine;
use super::decline::{Read, answer, only_if};
use super::json::Reader;
use super::json_string::is_special;
use crate::error::Result;
use crate::fast::encode::parallel;
use crate::fast::util::fallible::{append, push};
use crate::support::interrupt;
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
    let is_plain = !field.bytes().any(is_special);
    let mut scratch = Vec::new();
    while start < data.len() {
        interrupt::check()?;
        let rest = &data[start..];
        let end = if let Some((text, length)) = answer(text_of(rest, field, is_plain, &mut scratch))? {
            take(Line::Text(text))?;
            start + length
        } else {
            let end = memchr::memchr(b'\n', rest).map_or(data.len(), |length| start + length);
            let line = &data[start..end];
            if !line.iter().all(|byte| matches!(byte, b' ' | b'\t'..=b'\r')) {
                take(Line::Left { line: lines, bytes: start..end })?;
            }
            end
        };
        start = end + 1;
        lines += 1;
    }
    Ok(lines)
}

/// The text of the field, and the length of the line, if that is an object in which the field is text; the last one counts, as
/// in a `dict`. `is_plain`: all bytes of the name of the field stand for themselves.
fn text_of<'d>(data: &'d [u8], field: &str, is_plain: bool, scratch: &'d mut Vec<u8>) -> Read<(&'d [u8], usize)> {
    let mut reader = Reader::of_line(data);
    let (mut found, mut is_first) = (None, true);
    let mut name = Vec::new();
    reader.take(b'{')?;
    while reader.next_item(is_first, b'}')? {
        interrupt::check()?;
        is_first = false;
        let is_field = is_plain && reader.takes_plain(field.as_bytes()) || {
            name.clear();
            reader.text(&mut name)?.unwrap_or(&name) == field.as_bytes()
        };
        reader.take(b':')?;
        if is_field {
            scratch.clear();
            found = Some(reader.text(scratch)?);
        } else {
            reader.skip()?;
        }
    }
    let end = reader.position();
    only_if(data.get(end).is_none_or(|&byte| byte == b'\n'))?;
    simdutf8::basic::from_utf8(&data[..end]).map_err(|_| NotMine)?;
    Ok((found.ok_or(NotMine)?.unwrap_or(scratch), end))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The text of the field: the same with another line after it.
    fn text(line: &[u8]) -> Option<String> {
        let [alone, with_next] = [line.to_vec(), [line, b"\n\"next"].concat()].map(|written| {
            let mut scratch = Vec::new();
            let found = answer(text_of(&written, "text", true, &mut scratch)).unwrap();
            found.map(|(text, length)| {
                assert_eq!(length, line.len());
                String::from_utf8(text.to_vec()).unwrap()
            })
        });
        assert_eq!(alone, with_next);
        alone
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
            (r#"{"text": "a", "other": "\ud800"}"#, "a"),
        ] {
            assert_eq!(text(line.as_bytes()).as_deref(), Some(value), "{line}");
        }
    }

    #[test]
    fn only_white_space_stands_between() {
        let line = r#" { "id" : 1 , "text" : "a" } "#;
        for at in (0..line.len()).filter(|&at| line.as_bytes()[at] == b' ') {
            let written = [&line[..at], "_", &line[at + 1..]].concat();
            assert_eq!(text(written.as_bytes()), None, "{written:?}");
        }
    }

    proptest! {
        /// Damaged objects are taken for what `serde_json` reads, unless there is a lone surrogate in them.
        #[test]
        fn what_is_taken_is_json(
            parts in prop::collection::vec(
                prop::sample::select(vec![
                    "{", "}", "[", "]", ",", ":", "\"text\":", "\"te\\u0078t\":", "\"a\":", "\"ab\"", "\"\\n\"", "\"\\ud83d\\ude00\"",
                    "1", "-1.5e3", "null", "true", " ", "\t", "é", "{\"x\":[{},[]]}",
                ]),
                0..6,
            ),
        ) {
            for line in [parts.concat(), format!("{{{}}}", parts.concat()), format!("{{\"text\":\"b\",{}}}", parts.concat())] {
                let object = serde_json::from_str::<serde_json::Map<_, _>>(&line).ok();
                let wanted = object.and_then(|object| object.get("text").and_then(|text| text.as_str()).map(str::to_owned));
                let texts = line.matches("text").count() + line.matches("0078").count();
                if texts < 2 || wanted.is_none() {
                    prop_assert_eq!(text(line.as_bytes()), wanted, "{}", line);
                }
            }
        }
    }

    #[test]
    fn a_name_that_is_written_with_escapes() {
        let taken = |line: &str| {
            let documents = Documents::of_lines(line.as_bytes(), "a\"b", 1).unwrap().remove(0);
            documents.left.is_empty().then(|| String::from_utf8(documents.text).unwrap())
        };
        assert_eq!(taken(r#"{"a\"b": "x"}"#).as_deref(), Some("x"));
        assert_eq!(taken(r#"{"a"b": "x"}"#), None);
    }

    #[test]
    fn what_is_left() {
        for line in [
            "", "{}", "[]", r#"{"text": 1}"#, r#"{"text": null}"#, r#"{"text": "a", "text": ["b"]}"#,
            r#"{"text": "a"} x"#, r#"{"text": "a",}"#, r#"{"text": "a", "n": NaN}"#, r#"{"text": "a", "n": 01}"#,
            r#"{"text": "a", "n": "\x"}"#, r#"{"text": "\ud800"}"#, "{\"text\": \"a\tb\"}",
            "\u{feff}{\"text\": \"a\"}",
        ] {
            assert_eq!(text(line.as_bytes()), None, "{line}");
        }
        assert_eq!(text(b"{\"text\": \"\xff\"}"), None);
        let deep = format!("{{\"x\": {}1{}, \"text\": \"a\"}}", "[".repeat(100_000), "]".repeat(100_000));
        assert_eq!(text(deep.as_bytes()).as_deref(), Some("a"));
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
