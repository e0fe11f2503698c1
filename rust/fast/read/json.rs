//! JSON, read from the front to the back without building values (RFC 8259). Must equal `parse_json` of
//! `python/minitok/formats/files.py` where it answers.
//!
//! What is read here is checked in full; what is [skipped](Reader::skip) is not, and goes to the reader in Python as it stands.
//!
//! Costs: O(n) time; no recursion.

use super::token_table::id_of;
use crate::fast::util::fallible::append;
use std::ops::Range;

/// Reads the parts of a text one after the other. Each method skips white space first, and gives None for anything else than
/// what it reads.
#[derive(Debug, Clone)]
pub struct Reader<'d> {
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
    /// Reads a text, which may begin with a byte order mark; None if it is not UTF-8.
    pub fn new(data: &'d [u8]) -> Option<Reader<'d>> {
        std::str::from_utf8(data).ok()?;
        let at = if data.starts_with(b"\xEF\xBB\xBF") { 3 } else { 0 };
        Some(Reader { data, at })
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
    pub fn peek(&mut self) -> Option<u8> {
        let at = self.position();
        self.data.get(at).copied()
    }

    /// Takes one byte.
    #[inline]
    pub fn take(&mut self, byte: u8) -> Option<()> {
        (self.peek()? == byte).then(|| self.at += 1)
    }

    /// Goes to the next item of a list or object that began with the byte before: true if there is one, false at its end.
    /// `first`: no item was read yet.
    #[inline]
    pub fn next_item(&mut self, first: bool, end: u8) -> Option<bool> {
        match self.peek()? {
            byte if byte == end => {
                self.at += 1;
                Some(false)
            }
            b',' if !first => {
                self.at += 1;
                // A comma before the end is none of JSON's.
                (self.peek()? != end).then_some(true)
            }
            _ => first.then_some(true),
        }
    }

    /// Appends the text of a string.
    #[inline]
    pub fn string(&mut self, out: &mut Vec<u8>) -> Option<()> {
        self.take(b'"')?;
        let mut start = self.at;
        loop {
            match KINDS[usize::from(*self.data.get(self.at)?)] {
                Kind::Plain => self.at += 1,
                Kind::Quote => {
                    append(out, &self.data[start..self.at]).ok()?;
                    self.at += 1;
                    return Some(());
                }
                Kind::Control => return None,
                Kind::Escape => {
                    append(out, &self.data[start..self.at]).ok()?;
                    self.at += 1;
                    self.escape(out)?;
                    start = self.at;
                }
            }
        }
    }

    /// Appends the character of an escape, behind its backslash.
    fn escape(&mut self, out: &mut Vec<u8>) -> Option<()> {
        let byte = *self.data.get(self.at)?;
        self.at += 1;
        out.push(match byte {
            b'"' | b'\\' | b'/' => byte,
            b'b' => 0x08,
            b'f' => 0x0C,
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            b'u' => {
                let mut code = self.hex()?;
                if let 0xD800..=0xDBFF = code {
                    let b"\\u" = self.data.get(self.at..self.at + 2)? else { return None };
                    self.at += 2;
                    let low = self.hex()?.checked_sub(0xDC00).filter(|low| *low < 0x400)?;
                    code = 0x1_0000 + (code - 0xD800) * 0x400 + low;
                }
                // Half of a surrogate pair is not a character.
                let char = char::from_u32(code)?;
                append(out, char.encode_utf8(&mut [0; 4]).as_bytes()).ok()?;
                return Some(());
            }
            _ => return None,
        });
        Some(())
    }

    fn hex(&mut self) -> Option<u32> {
        let digits = self.data.get(self.at..self.at + 4)?;
        self.at += 4;
        digits.iter().try_fold(0, |number, &digit| Some(number * 16 + char::from(digit).to_digit(16)?))
    }

    /// A whole number that can be an id.
    #[inline]
    pub fn id(&mut self) -> Option<u32> {
        let start = self.position();
        let digits = self.data[start..].iter().position(|byte| !byte.is_ascii_digit())?;
        self.at += digits;
        let digits = &self.data[start..self.at];
        // What goes on as a fraction or with an exponent is refused by the delimiter that must follow.
        let is_whole =
            matches!(self.peek()?, b',' | b']' | b'}') && (digits.len() == 1 || digits.first() != Some(&b'0'));
        if is_whole { id_of(digits) } else { None }
    }

    /// Takes `null`.
    pub fn null(&mut self) -> Option<()> {
        let at = self.position();
        self.data[at..].starts_with(b"null").then(|| self.at += 4)
    }

    /// The place of any value, which is not looked into.
    pub fn skip(&mut self) -> Option<Range<usize>> {
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
                    depth = depth.checked_sub(1)?;
                    self.at += 1;
                }
                b',' | b':' if depth > 0 => {
                    self.at += 1;
                    continue;
                }
                _ => self.skip_word()?,
            }
            if depth == 0 {
                return Some(start..self.at);
            }
        }
    }

    fn skip_string(&mut self) -> Option<()> {
        self.at += 1;
        loop {
            let byte = *self.data.get(self.at)?;
            self.at += 1 + usize::from(byte == b'\\');
            if byte == b'"' {
                return Some(());
            }
        }
    }

    /// Skips a number or a name.
    fn skip_word(&mut self) -> Option<()> {
        let word = self.data[self.at..].iter().take_while(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(byte));
        let length = word.count();
        self.at += length;
        (length > 0).then_some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn string(text: &str) -> Option<String> {
        let mut out = Vec::new();
        let mut reader = Reader::new(text.as_bytes())?;
        reader.string(&mut out)?;
        reader.is_done().then(|| String::from_utf8(out).unwrap())
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
            assert_eq!(string(text).as_deref(), Some(value), "{text}");
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
            assert_eq!(string(text), None, "{text}");
        }
        assert!(Reader::new(b"\"\xFF\"").is_none());
    }

    #[test]
    fn ids() {
        let id = |text: &str| Reader::new(text.as_bytes())?.id();
        assert_eq!(["0,", " 17 ]", "2147483647}"].map(id), [Some(0), Some(17), Some(2_147_483_647)]);
        for text in ["", "1", "-1,", "01,", "1.0,", "1e3,", "2147483648,", "true,", "\"1\","] {
            assert_eq!(id(text), None, "{text}");
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
            assert_eq!(reader.skip().map(|place| &text[place]), Some(value));
            assert_eq!(reader.peek(), Some(b','));
        }
        for text in ["", "[", "{\"a\": 1", "\"a", "]", ",", ":", "[é]"] {
            assert_eq!(Reader::new(text.as_bytes()).unwrap().skip(), None, "{text}");
        }
        let deep = "[".repeat(1_000_000);
        assert_eq!(Reader::new(deep.as_bytes()).unwrap().skip(), None);
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
            reader.is_done().then_some(found)
        };
        assert_eq!(items("[]"), Some(vec![]));
        assert_eq!(items("[ 1 , 2,3 ] "), Some(vec![1, 2, 3]));
        for text in ["[", "[1", "[1,", "[1,]", "[,1]", "[1 2]", "[1}", "[1]]"] {
            assert_eq!(items(text), None, "{text}");
        }
    }
}
