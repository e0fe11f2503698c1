//! JSON, read from the front to the back without building values (RFC 8259). Must equal `parse_json` of
//! `python/minitok/formats/files.py` where it answers.
//!
//! What is read or [skipped](Reader::skip) is checked in full. In what is skipped, strings may hold lone surrogates.
//!
//! Costs: O(n) time; no recursion: a bit for each list and object that is open.

use super::decline::Decline::NotMine;
use super::decline::{Read, only_if};
use super::json_string;
use super::token_table::id_of;
use crate::fast::util::fallible::{append, push};
use crate::support::interrupt;
use std::ops::Range;

/// How many values are skipped between two looks at whether to stop.
const STRETCH: usize = if cfg!(test) { 3 } else { 1 << 10 };

/// Reads the parts of a text one after the other. Each method skips white space first, and declines anything else than what it reads.
#[derive(Debug, Clone)]
pub(crate) struct Reader<'d> {
    data: &'d [u8],
    at: usize,
    /// A line feed is not white space.
    is_line: bool,
}

impl<'d> Reader<'d> {
    /// Reads a text in UTF-8, which may begin with a byte order mark.
    pub fn new(data: &'d [u8]) -> Read<Reader<'d>> {
        simdutf8::basic::from_utf8(data).map_err(|_| NotMine)?;
        let at = if data.starts_with(b"\xEF\xBB\xBF") { 3 } else { 0 };
        Ok(Reader { data, at, is_line: false })
    }

    /// Reads the line that the data begins with. Whether it is UTF-8 is not looked at.
    pub fn of_line(data: &'d [u8]) -> Reader<'d> {
        Reader { data, at: 0, is_line: true }
    }

    /// The place of the next byte that is not white space.
    #[inline]
    pub fn position(&mut self) -> usize {
        while let Some(&byte) = self.data.get(self.at)
            && (matches!(byte, b' ' | b'\r' | b'\t') || (byte == b'\n' && !self.is_line))
        {
            self.at += 1;
        }
        self.at
    }

    /// Reads on from a place that it was at.
    pub fn go_back(&mut self, at: usize) {
        self.at = at;
    }

    /// Whether nothing is left.
    pub fn is_done(&mut self) -> bool {
        self.position() == self.data.len()
    }

    /// The next byte.
    #[inline]
    pub fn peek(&mut self) -> Read<u8> {
        self.position();
        self.byte()
    }

    /// The next byte, which may be white space.
    #[inline]
    fn byte(&self) -> Read<u8> {
        self.data.get(self.at).copied().ok_or(NotMine)
    }

    /// Takes one byte.
    #[inline]
    pub fn take(&mut self, byte: u8) -> Read<()> {
        only_if(self.peek()? == byte)?;
        self.at += 1;
        Ok(())
    }

    /// Goes to the next item of a list or object that began with the byte before: true if there is one, false at its end.
    /// `first`: no item was read yet.
    #[inline]
    pub fn next_item(&mut self, first: bool, end: u8) -> Read<bool> {
        match self.peek()? {
            byte if byte == end => {
                self.at += 1;
                Ok(false)
            }
            b',' if !first => {
                self.at += 1;
                // A comma before the end is none of JSON's.
                only_if(self.peek()? != end).map(|()| true)
            }
            _ => only_if(first).map(|()| true),
        }
    }

    /// Reads an object: calls `read` after each name, to read the value.
    pub fn each_field(&mut self, mut read: impl FnMut(&[u8], &mut Reader<'d>) -> Read<()>) -> Read<()> {
        self.take(b'{')?;
        let (mut first, mut escaped) = (true, Vec::new());
        while self.next_item(first, b'}')? {
            first = false;
            escaped.clear();
            let name = self.text(&mut escaped)?;
            self.take(b':')?;
            read(name.unwrap_or(&escaped), self)?;
        }
        Ok(())
    }

    /// Appends the text of a string.
    #[inline]
    pub fn string(&mut self, out: &mut Vec<u8>) -> Read<()> {
        if let Some(text) = self.text(out)? {
            append(out, text)?;
        }
        Ok(())
    }

    /// The text of a string; None for one with escapes, which is appended to `out`.
    #[inline]
    pub fn text(&mut self, out: &mut Vec<u8>) -> Read<Option<&'d [u8]>> {
        self.take(b'"')?;
        let (start, end) = (self.at, json_string::string(self.data, self.at, out)?);
        self.at = end.at + 1;
        Ok((!end.is_escaped).then(|| &self.data[start..end.at]))
    }

    /// Takes a string if its text is this one, all of whose bytes stand for themselves.
    #[inline]
    pub fn takes_plain(&mut self, text: &[u8]) -> bool {
        let rest = &self.data[self.position()..];
        let is_it =
            rest.first() == Some(&b'"') && rest[1..].starts_with(text) && rest.get(text.len() + 1) == Some(&b'"');
        self.at += if is_it { text.len() + 2 } else { 0 };
        is_it
    }

    #[inline]
    fn skip_string(&mut self) -> Read<()> {
        self.take(b'"')?;
        self.at = json_string::skip(self.data, self.at)? + 1;
        Ok(())
    }

    /// A whole number that can be an id.
    #[inline]
    pub fn id(&mut self) -> Read<u32> {
        let start = self.position();
        let digits = self.data[start..].iter().position(|byte| !byte.is_ascii_digit()).ok_or(NotMine)?;
        self.at += digits;
        let digits = &self.data[start..self.at];
        // What goes on as a fraction or with an exponent is refused by the delimiter that must follow.
        let is_whole =
            matches!(self.peek()?, b',' | b']' | b'}') && (digits.len() == 1 || digits.first() != Some(&b'0'));
        only_if(is_whole)?;
        id_of(digits).ok_or(NotMine)
    }

    /// Takes `null`.
    pub fn null(&mut self) -> Read<()> {
        self.position();
        self.word(b"null")
    }

    /// The place of any value, which is checked.
    pub fn skip(&mut self) -> Read<Range<usize>> {
        let start = self.position();
        let mut open = Open::default();
        let mut is_first = false; // nothing has been read of what was opened last
        for number in 1usize.. {
            if number.is_multiple_of(STRETCH) {
                interrupt::check()?;
            }
            if let Some(end) = open.end() {
                if !self.next_item(is_first, end)? {
                    open.pop();
                    is_first = false;
                    if open.depth == 0 {
                        return Ok(start..self.at);
                    }
                    continue;
                }
                if end == b'}' {
                    self.skip_string()?;
                    self.take(b':')?;
                }
            }
            is_first = false;
            match self.peek()? {
                b'"' => self.skip_string()?,
                byte @ (b'{' | b'[') => {
                    self.at += 1;
                    open.push(byte == b'{')?;
                    is_first = true;
                    continue;
                }
                b't' => self.word(b"true")?,
                b'f' => self.word(b"false")?,
                b'n' => self.word(b"null")?,
                _ => self.number()?,
            }
            if open.depth == 0 {
                return Ok(start..self.at);
            }
        }
        Err(NotMine)
    }

    /// Takes a word, which begins here.
    fn word(&mut self, word: &[u8]) -> Read<()> {
        only_if(self.data[self.at..].starts_with(word))?;
        self.at += word.len();
        Ok(())
    }

    /// Skips a number.
    fn number(&mut self) -> Read<()> {
        self.at += usize::from(self.byte()? == b'-');
        let has_zero = self.byte()? == b'0';
        let count = self.digits();
        only_if(count == 1 || (count > 1 && !has_zero))?;
        if self.data.get(self.at) == Some(&b'.') {
            self.at += 1;
            only_if(self.digits() > 0)?;
        }
        if let Some(b'e' | b'E') = self.data.get(self.at) {
            self.at += 1;
            self.at += usize::from(matches!(self.byte()?, b'+' | b'-'));
            only_if(self.digits() > 0)?;
        }
        Ok(())
    }

    /// Skips digits, and returns how many there are.
    fn digits(&mut self) -> usize {
        let count = self.data[self.at..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        self.at += count;
        count
    }
}

/// The objects and lists that are open: a bit for each, the last sixty-four apart.
#[derive(Default)]
struct Open {
    bits: u64,
    more: Vec<u64>,
    depth: usize,
}

impl Open {
    #[inline]
    fn push(&mut self, is_object: bool) -> Read<()> {
        if self.depth > 0 && self.depth.is_multiple_of(64) {
            push(&mut self.more, self.bits)?;
        }
        self.bits = self.bits << 1 | u64::from(is_object);
        self.depth += 1;
        Ok(())
    }

    #[inline]
    fn pop(&mut self) {
        self.depth -= 1;
        self.bits >>= 1;
        if self.depth.is_multiple_of(64) {
            self.bits = self.more.pop().unwrap_or(0);
        }
    }

    /// The byte that ends the last.
    #[inline]
    fn end(&self) -> Option<u8> {
        (self.depth > 0).then_some(if self.bits & 1 == 1 { b'}' } else { b']' })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn string(text: &str) -> Read<String> {
        let mut out = Vec::new();
        let mut reader = Reader::new(text.as_bytes())?;
        reader.string(&mut out)?;
        only_if(reader.is_done()).map(|()| String::from_utf8(out).unwrap())
    }

    #[test]
    fn strings() {
        for (text, value) in [
            (r#""""#, ""),
            (r#" "ab" "#, "ab"),
            (r#""\"\\\/\b\f\n\r\t""#, "\"\\/\u{8}\u{c}\n\r\t"),
            (r#""\u0120\u00e9é\uD83D\ude00""#, "\u{120}éé😀"),
            (r#""\ud800\udc00\udbff\udfff""#, "\u{10000}\u{10FFFF}"),
        ] {
            assert_eq!(string(text).as_deref(), Ok(value), "{text}");
            // The standard's other reader agrees.
            assert_eq!(serde_json::from_str::<String>(text).unwrap(), value);
        }
        let bad = [
            "", "\"", "\"a", "\"\n\"", r#""\x""#, r#""\u12"#, r#""\u12g4""#, r#""\ud800""#, r#""\ud800\u0041""#,
            r#""\ud800\udbff""#, r#""\ud800\ue000""#, r#""\udc00""#,
        ];
        for text in bad {
            assert_eq!(string(text), Err(NotMine), "{text}");
        }
        assert_eq!(Reader::new(b"\"\xFF\"").map(drop), Err(NotMine));
    }

    #[test]
    fn ids() {
        let id = |text: &str| Reader::new(text.as_bytes())?.id();
        assert_eq!(["0,", " 17 ]", "2147483647}"].map(id), [Ok(0), Ok(17), Ok(2_147_483_647)]);
        for text in ["", "1", "-1,", "01,", "1.0,", "1e3,", "2147483648,", "true,", "\"1\","] {
            assert_eq!(id(text), Err(NotMine), "{text}");
        }
    }

    #[test]
    fn what_is_skipped_ends_where_the_value_ends() {
        for value in [
            "1", "-1.5e+3", "true", "\"a\\\"]\"", "[]", "{}", r#"[1, {"a": [null, "]"]}, "\\"]"#,
            r#"["]","}",{"a":"]"}]"#,
        ] {
            let text = format!(" {value} ,");
            let mut reader = Reader::new(text.as_bytes()).unwrap();
            assert_eq!(reader.skip().map(|place| &text[place]), Ok(value));
            assert_eq!(reader.peek(), Ok(b','));
        }
        let open = [
            "", "[", "{", "[1", "[1,", "{\"a\": 1", "{\"a\":", "{\"a\"", "\"a", "\"\\", "\"\\u12", "-", "1.", "1e",
            "1e+", "tr",
        ];
        let wrong = [
            "]", ",", ":", "[é]", "[1 2]", "[,]", "[1,]", "{1:2}", "{\"a\" 1}", "{\"a\":1,}", "[}", "{]", "\"\\x\"",
            "\"\n\"", "NaN", "nul1", ".5", "+1", "[01]",
        ];
        for text in open.into_iter().chain(wrong) {
            assert_eq!(Reader::new(text.as_bytes()).unwrap().skip(), Err(NotMine), "{text}");
            assert!(serde_json::from_str::<serde_json::Value>(text).is_err(), "{text}");
        }
        assert_eq!(Reader::new(br#"["\ud800", 1]"#).unwrap().skip(), Ok(0..13));
        let mixed = (0..200).map(|depth| if depth % 3 == 0 { "{\"a\":" } else { "[" }).collect::<String>();
        let ends = (0..200).rev().map(|depth| if depth % 3 == 0 { '}' } else { ']' });
        let mixed = format!("{mixed}1{}", ends.collect::<String>());
        assert_eq!(Reader::new(mixed.as_bytes()).unwrap().skip(), Ok(0..mixed.len()));
        let deep = "[".repeat(1_000_000);
        assert_eq!(Reader::new(deep.as_bytes()).unwrap().skip(), Err(NotMine));
    }

    #[test]
    fn items() {
        let items = |text: &str| {
            let mut reader = Reader::new(text.as_bytes())?;
            reader.take(b'[')?;
            let mut found = Vec::new();
            while reader.next_item(found.is_empty(), b']')? {
                found.push(reader.id()?);
            }
            only_if(reader.is_done()).map(|()| found)
        };
        assert_eq!(items("[]"), Ok(vec![]));
        assert_eq!(items("[ 1 , 2,3 ] "), Ok(vec![1, 2, 3]));
        for text in ["[", "[1", "[1,", "[1,]", "[,1]", "[1 2]", "[1}", "[1]]"] {
            assert_eq!(items(text), Err(NotMine), "{text}");
        }
    }
}
