//! JSON -> values, for what is small in a file; its long tables are read where they stand, and no values are made of them.
//!
//! A table is read row by row, by a scanner that takes a row as programs write it; a row that it declines is read as a value. So
//! whatever stands in a table, JSON that is malformed is refused at its place, before anything else that is wrong with the file.
//!
//! By hand: `{"a": [1, true]}` is an object of one field, whose value is a list of a number and a flag.
//!
//! Invariants: all strings are text, no object has a field twice, and nothing is nested more than [`DEEPEST`] deep.

use super::value::Value;
use super::{at_line, quoted, wrong};
use crate::error::{Error, Result};
use crate::fast::read::decline::{Decline, Read, answer};
use crate::fast::read::json::Reader;
use crate::fast::util::fallible::push;
use crate::support::interrupt;
use foldhash::{HashSet, HashSetExt};
use std::ops::Range;

/// How deep values may be nested.
const DEEPEST: usize = 200;
/// The path of all that is too deep for tables.
const BELOW: [&str; 3] = [""; 3];

/// Reads a field as a table where it stands, and gives what stands for it among values; None for a field that is no table. The names
/// are those of the fields that lead to it.
pub type TakeTable<'t, 'd> = &'t mut dyn FnMut(&mut Values<'d>, &[&str]) -> Result<Option<Value>>;

pub fn parse(data: &[u8]) -> Result<Value> {
    parse_with(data, &mut |_, _| Ok(None))
}

pub fn parse_with<'d>(data: &'d [u8], take_table: TakeTable<'_, 'd>) -> Result<Value> {
    let mut values = Values::new(data)?;
    let found = values.value_at(&[], take_table)?;
    values.end().map(|()| found)
}

/// What a reader's refusal of the bytes at a place means.
fn declined(decline: Decline, data: &[u8], at: usize) -> Error {
    answer::<()>(Err(decline)).err().unwrap_or_else(|| not_json(data, at))
}

/// What is wrong where no value of JSON can be read, by line and column; of a file that is cut off, that it is.
fn not_json(data: &[u8], at: usize) -> Error {
    let at = at + data[at..].iter().take_while(|byte| byte.is_ascii_whitespace()).count();
    let start = memchr::memrchr(b'\n', &data[..at]).map_or(0, |end| end + 1);
    let line = 1 + memchr::memchr_iter(b'\n', &data[..at]).count();
    let column = 1 + String::from_utf8_lossy(&data[start..at]).chars().count();
    let reason = match string_ends(&data[at..]) {
        Some(true) if is_surrogate(&data[at..]) => return wrong("a string holds half of a surrogate pair"),
        Some(false) => format!("the file ends within the string at column {column}, so it is cut off"),
        _ if at == data.len() => format!("the file ends at column {column}, so it is cut off"),
        _ => {
            let rest = String::from_utf8_lossy(&data[at..data.len().min(at + 40)]);
            let found = rest.lines().next().unwrap_or_default().trim_end_matches(char::REPLACEMENT_CHARACTER);
            format!("unexpected {} at column {column}", quoted(found))
        }
    };
    at_line(line, format!("not JSON: {reason}"))
}

/// Whether the string ends that begins these bytes; None if none does.
fn string_ends(data: &[u8]) -> Option<bool> {
    let inside = data.strip_prefix(b"\"")?;
    let mut at = 0;
    while let Some(found) = memchr::memchr2(b'"', b'\\', &inside[at..]) {
        at += found;
        if inside[at] == b'"' {
            return Some(true);
        }
        at = inside.len().min(at + 2);
    }
    Some(false)
}

/// Whether a string is JSON but for half of a surrogate pair, which is skipped and not read.
fn is_surrogate(data: &[u8]) -> bool {
    let mut reader = Reader::of_line(data);
    reader.clone().skip().is_ok() && reader.string(&mut Vec::new()) == Err(Decline::NotMine)
}

#[derive(Debug, Clone)]
pub struct Values<'d> {
    reader: Reader<'d>,
    data: &'d [u8],
    depth: usize,
}

impl<'d> Values<'d> {
    pub fn new(data: &'d [u8]) -> Result<Values<'d>> {
        let reader = answer(Reader::new(data))?.ok_or_else(|| {
            let valid = std::str::from_utf8(data).map_or_else(|error| error.valid_up_to(), str::len);
            wrong(format!("not JSON: not UTF-8 at byte {valid}"))
        })?;
        Ok(Values { reader, data, depth: 0 })
    }

    pub fn starts(&mut self, byte: u8) -> bool {
        self.reader.peek() == Ok(byte)
    }

    /// Refuses more than has been read.
    pub fn end(&mut self) -> Result<()> {
        if self.reader.is_done() { Ok(()) } else { Err(not_json(self.data, self.reader.position())) }
    }

    pub fn value(&mut self) -> Result<Value> {
        self.value_at(&BELOW, &mut |_, _| Ok(None))
    }

    fn value_at(&mut self, path: &[&str], take_table: TakeTable<'_, 'd>) -> Result<Value> {
        if self.depth > DEEPEST {
            return Err(wrong("not JSON: nested too deeply"));
        }
        match self.scan(Reader::peek)? {
            b'"' => self.text().map(Value::Text),
            b'[' => {
                let mut items = Vec::new();
                self.open(b'[')?;
                while self.next(items.is_empty(), b']')? {
                    push(&mut items, self.value_at(&BELOW, take_table)?)?;
                }
                Ok(Value::List(items))
            }
            b'{' => {
                let mut fields: Vec<(String, Value)> = Vec::new();
                self.open(b'{')?;
                while self.next(fields.is_empty(), b'}')? {
                    let name = self.name()?;
                    let inner = match *path {
                        [] => &[&*name][..],
                        [outer] => &[outer, &*name],
                        _ => &BELOW,
                    };
                    let table = if inner.len() < BELOW.len() { take_table(self, inner)? } else { None };
                    let value = table.map_or_else(|| self.value_at(inner, take_table), Ok)?;
                    push(&mut fields, (name, value))?;
                }
                check_once(&fields)?;
                Ok(Value::Object(fields))
            }
            _ => {
                let place = self.skip()?;
                let word = std::str::from_utf8(&self.data[place]).unwrap_or_default();
                Ok(match word {
                    "null" => Value::Null,
                    "true" => Value::Flag(true),
                    "false" => Value::Flag(false),
                    _ => word.parse().map_or_else(|_| Value::Number(word.parse().unwrap_or(f64::NAN)), Value::Whole),
                })
            }
        }
    }

    /// Reads a list, row by row: by `scan`, or as a value by `read`. The first row that `read` refuses is an answer, since what is wrong
    /// with the file as JSON comes first.
    pub(crate) fn each_row<T>(
        &mut self,
        table: &mut T,
        scan: impl Fn(&mut Reader<'d>, &mut T) -> Read<()>,
        read: impl Fn(&Value, &mut T) -> Result<()>,
    ) -> Result<Option<Error>> {
        let mut refused = None;
        self.each_item([b'[', b']'], table, scan, |values, table| match read(&values.value()?, table) {
            Err(error @ (Error::Memory | Error::Interrupted)) => Err(error),
            Err(error) => {
                refused.get_or_insert(error);
                Ok(())
            }
            Ok(()) => Ok(()),
        })?;
        Ok(refused)
    }

    /// Goes through what stands between a start and an end, item by item: by `scan`, or, where that declines, by `read`.
    pub(crate) fn each_item<T>(
        &mut self,
        [start, end]: [u8; 2],
        table: &mut T,
        scan: impl Fn(&mut Reader<'d>, &mut T) -> Read<()>,
        mut read: impl FnMut(&mut Values<'d>, &mut T) -> Result<()>,
    ) -> Result<()> {
        self.open(start)?;
        let (mut first, mut place) = (true, (0, false));
        loop {
            let scanned = scan_items(&mut self.reader, end, &mut first, &mut place, |reader| scan(reader, table));
            if answer(scanned)?.is_some() {
                self.depth -= 1;
                return Ok(());
            }
            let (at, is_item) = place;
            self.reader.go_back(at);
            if !is_item && !self.next(first, end)? {
                return Ok(());
            }
            first = false;
            read(self, table)?;
        }
    }

    pub fn skip(&mut self) -> Result<Range<usize>> {
        self.scan(Reader::skip)
    }

    /// The beginning of a list or an object, whose items [`next`](Values::next) goes through.
    pub fn open(&mut self, start: u8) -> Result<()> {
        self.depth += 1;
        self.scan(|reader| reader.take(start))
    }

    /// Whether there is one more item; none ends the list or object.
    pub fn next(&mut self, first: bool, end: u8) -> Result<bool> {
        let more = self.scan(|reader| reader.next_item(first, end))?;
        self.depth -= usize::from(!more);
        Ok(more)
    }

    /// The name of a field, and the colon.
    pub fn name(&mut self) -> Result<String> {
        let name = self.text()?;
        self.scan(|reader| reader.take(b':'))?;
        Ok(name)
    }

    fn text(&mut self) -> Result<String> {
        let (at, mut bytes) = (self.reader.position(), Vec::new());
        self.scan(|reader| reader.string(&mut bytes))?;
        String::from_utf8(bytes).map_err(|_| not_json(self.data, at))
    }

    /// What a scanner reads; if it declines, what is wrong there.
    #[inline]
    fn scan<T>(&mut self, scan: impl FnOnce(&mut Reader<'d>) -> Read<T>) -> Result<T> {
        let at = self.reader.position();
        scan(&mut self.reader).map_err(|decline| declined(decline, self.data, at))
    }
}

/// Scans items up to the end. `place`: where what is declined begins, and whether it is an item.
#[inline]
fn scan_items<'d>(
    reader: &mut Reader<'d>,
    end: u8,
    first: &mut bool,
    place: &mut (usize, bool),
    mut scan: impl FnMut(&mut Reader<'d>) -> Read<()>,
) -> Read<()> {
    loop {
        *place = (reader.position(), false);
        if !reader.next_item(*first, end)? {
            return Ok(());
        }
        (*first, *place) = (false, (reader.position(), true));
        interrupt::check()?;
        scan(reader)?;
    }
}

/// Refuses a field that is given twice, since the first would be lost.
fn check_once(fields: &[(String, Value)]) -> Result<()> {
    let mut seen = HashSet::new();
    seen.try_reserve(fields.len())?;
    match fields.iter().find(|(name, _)| !seen.insert(name.as_str())) {
        Some((name, _)) => Err(wrong(format!("{} appears twice in one object", quoted(name)))),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_those_of_another_reader() {
        assert_eq!(parse(b"18446744073709551616"), Ok(Value::Whole(1 << 64)));
        let holds = |text: &[u8]| parse(text).unwrap().is_finite();
        assert_eq!([b"[1e999]" as &[u8], br#"{"a": [-1e999]}"#, b"[1e300, null]"].map(holds), [false, false, true]);
        for text in [
            "null",
            " [1, -2, 1.5, 1e3, true, false, null] ",
            r#"{"a": {"b": ["", "é\n\u0120"]}, "": []}"#,
            "\u{feff}[9223372036854775807, 99999999999999999999]",
        ] {
            let theirs: serde_json::Value = serde_json::from_str(text.trim_start_matches('\u{feff}')).unwrap();
            assert_eq!(as_theirs(&parse(text.as_bytes()).unwrap()), theirs, "{text}");
        }
    }

    fn as_theirs(value: &Value) -> serde_json::Value {
        match value {
            Value::Null => serde_json::Value::Null,
            Value::Flag(flag) => (*flag).into(),
            Value::Whole(number) => serde_json::Number::from_i128(*number)
                .map_or(number.to_string().parse::<f64>().unwrap().into(), serde_json::Value::Number),
            Value::Number(number) => (*number).into(),
            Value::Text(text) => text.as_str().into(),
            Value::List(items) => items.iter().map(as_theirs).collect(),
            Value::Object(fields) => {
                serde_json::Value::Object(fields.iter().map(|(name, value)| (name.clone(), as_theirs(value))).collect())
            }
        }
    }

    #[test]
    fn what_is_not_json_is_refused_with_its_line() {
        for (text, told) in [
            ("", "line 1: not JSON: the file ends at column 1, so it is cut off"),
            ("{\n\"a\": x}", "line 2: not JSON: unexpected 'x}' at column 6"),
            ("[1,\n\n2", "line 3: not JSON: the file ends at column 2, so it is cut off"),
            (
                "{\"a\":\n \"\u{e9}\\\"",
                "line 2: not JSON: the file ends within the string at column 2, so it is cut off",
            ),
            ("[\"\u{e9}\", \"\\q\"]", "line 1: not JSON: unexpected '\"\\\\q\"]' at column 7"),
            ("[1] 2", "line 1: not JSON: unexpected '2' at column 5"),
            (r#"["\ud800"]"#, "half of a surrogate pair"),
            (r#"["\ud83d\ude00\q"]"#, r#"unexpected '"\\ud83d\\ude00\\q"]' at column 2"#),
            (r#"["\\ud800\q"]"#, "not JSON: unexpected"),
            (r#"{"a" "b"}"#, r#"unexpected '"b"}' at column 6"#),
            (r#"{"a": 1, "a": 2}"#, "'a' appears twice in one object"),
            ("{\"a\" 1}", "line 1: not JSON"),
        ] {
            let error = parse(text.as_bytes()).unwrap_err().to_string();
            assert!(error.contains(told), "{text}: {error}");
        }
        assert!(parse(b"\"\xFF\"").unwrap_err().to_string().contains("not UTF-8 at byte 1"));
        let deep = ["[".repeat(100_000), "{\"a\":".repeat(100_000)];
        assert!(deep.iter().all(|deep| parse(deep.as_bytes()).unwrap_err().to_string().contains("too deeply")));
    }
}
