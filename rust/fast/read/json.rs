//! JSON, read from the front to the back without building values (RFC 8259). Must equal `parse_json` of
//! `python/minitok/formats/files.py` where it answers.
//!
//! What is read here is checked in full; what is [skipped](Reader::skip) is not, and goes to the reader in Python as it stands.
//!
//! Costs: O(n) time; no recursion.

use super::decline::Decline::NotMine;
use super::decline::{Read, only_if};
use super::token_table::id_of;
use crate::fast::util::fallible::{append, push};
use std::ops::Range;

/// Reads the parts of a text one after the other. Each method skips white space first, and declines anything else than what it
/// reads.
#[derive(Debug, Clone)]
pub(super) struct Reader<'d> {
    data: &'d [u8],
    at: usize,
}

/// What a byte is within a string.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Plain,
    Quote,
    Escape,
    Control,
}

const KINDS: [Kind; 256] = {
    let mut kinds = [Kind::Plain; 256];
    let mut byte = 0;
    while byte < 0x20 {
        kinds[byte] = Kind::Control;
        byte += 1;
    }
    kinds[b'"' as usize] = Kind::Quote;
    kinds[b'\\' as usize] = Kind::Escape;
    kinds
};

impl<'d> Reader<'d> {
    /// Reads a text in UTF-8, which may begin with a byte order mark.
    pub fn new(data: &'d [u8]) -> Read<Reader<'d>> {
        std::str::from_utf8(data).map_err(|_| NotMine)?;
        let at = if data.starts_with(b"\xEF\xBB\xBF") { 3 } else { 0 };
        Ok(Reader { data, at })
    }

    /// The place of the next byte that is not white space.
    pub fn position(&mut self) -> usize {
        while let Some(b' ' | b'\n' | b'\r' | b'\t') = self.data.get(self.at) {
            self.at += 1;
        }
        self.at
    }

    /// Whether nothing is left.
    pub fn is_done(&mut self) -> bool {
        self.position() == self.data.len()
    }

    /// The next byte.
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

    /// Appends the text of a string.
    #[inline]
    pub fn string(&mut self, out: &mut Vec<u8>) -> Read<()> {
        self.take(b'"')?;
        let mut start = self.at;
        loop {
            match KINDS[usize::from(self.byte()?)] {
                Kind::Plain => self.at += 1,
                Kind::Quote => {
                    append(out, &self.data[start..self.at])?;
                    self.at += 1;
                    return Ok(());
                }
                Kind::Control => return Err(NotMine),
                Kind::Escape => {
                    append(out, &self.data[start..self.at])?;
                    self.at += 1;
                    self.escape(out)?;
                    start = self.at;
                }
            }
        }
    }

    /// Appends the character of an escape, behind its backslash.
    fn escape(&mut self, out: &mut Vec<u8>) -> Read<()> {
        let byte = self.byte()?;
        self.at += 1;
        let simple = match byte {
            b'"' | b'\\' | b'/' => byte,
            b'b' => 0x08,
            b'f' => 0x0C,
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            b'u' => {
                let mut code = self.hex()?;
                if let 0xD800..=0xDBFF = code {
                    only_if(self.data[self.at..].starts_with(b"\\u"))?;
                    self.at += 2;
                    let low = self.hex()?.checked_sub(0xDC00).filter(|low| *low < 0x400).ok_or(NotMine)?;
                    code = 0x1_0000 + (code - 0xD800) * 0x400 + low;
                }
                // Half of a surrogate pair is not a character.
                let char = char::from_u32(code).ok_or(NotMine)?;
                append(out, char.encode_utf8(&mut [0; 4]).as_bytes())?;
                return Ok(());
            }
            _ => return Err(NotMine),
        };
        push(out, simple)?;
        Ok(())
    }

    fn hex(&mut self) -> Read<u32> {
        let digits = self.data.get(self.at..self.at + 4).ok_or(NotMine)?;
        self.at += 4;
        let value = |digit: u8| char::from(digit).to_digit(16).ok_or(NotMine);
        digits.iter().try_fold(0, |number, &digit| Ok(number * 16 + value(digit)?))
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
        let at = self.position();
        only_if(self.data[at..].starts_with(b"null"))?;
        self.at += 4;
        Ok(())
    }

    /// The place of any value, which is not looked into.
    pub fn skip(&mut self) -> Read<Range<usize>> {
        let start = self.position();
        let mut depth = 0usize;
        loop {
            match self.peek()? {
                b'"' => self.skip_string()?,
                b'{' | b'[' => {
                    depth += 1;
                    self.at += 1;
                    continue;
                }
                b'}' | b']' => {
                    depth = depth.checked_sub(1).ok_or(NotMine)?;
                    self.at += 1;
                }
                b',' | b':' if depth > 0 => {
                    self.at += 1;
                    continue;
                }
                _ => self.skip_word()?,
            }
            if depth == 0 {
                return Ok(start..self.at);
            }
        }
    }

    fn skip_string(&mut self) -> Read<()> {
        self.at += 1;
        loop {
            let byte = self.byte()?;
            self.at += 1 + usize::from(byte == b'\\');
            if byte == b'"' {
                return Ok(());
            }
        }
    }

    /// Skips a number or a name.
    fn skip_word(&mut self) -> Read<()> {
        let word = self.data[self.at..].iter().take_while(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(byte));
        let length = word.count();
        self.at += length;
        only_if(length > 0)
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
            "",
            "\"",
            "\"a",
            "\"\n\"",
            r#""\x""#,
            r#""\u12"#,
            r#""\u12g4""#,
            r#""\ud800""#,
            r#""\ud800\u0041""#,
            r#""\ud800\udbff""#,
            r#""\ud800\ue000""#,
            r#""\udc00""#,
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
            "1",
            "-1.5e+3",
            "true",
            "\"a\\\"]\"",
            "[]",
            "{}",
            r#"[1, {"a": [null, "]"]}, "\\"]"#,
            r#"["]","}",{"a":"]"}]"#,
        ] {
            let text = format!(" {value} ,");
            let mut reader = Reader::new(text.as_bytes()).unwrap();
            assert_eq!(reader.skip().map(|place| &text[place]), Ok(value));
            assert_eq!(reader.peek(), Ok(b','));
        }
        for text in ["", "[", "{\"a\": 1", "\"a", "]", ",", ":", "[é]"] {
            assert_eq!(Reader::new(text.as_bytes()).unwrap().skip(), Err(NotMine), "{text}");
        }
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
