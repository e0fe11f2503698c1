//! A text to encode.

use super::str_to_utf8::Units;
use crate::error::Result;
use std::borrow::Cow;

/// A text: its bytes, or the code units of a Python `str`.
#[derive(Debug, Clone, Copy)]
pub enum Source<'t> {
    Bytes(&'t [u8]),
    Str(Units<'t>),
}

impl<'t> Source<'t> {
    /// How many bytes or units there are.
    pub fn len(&self) -> usize {
        match self {
            Source::Bytes(bytes) => bytes.len(),
            Source::Str(units) => units.len(),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Its first character, or more.
    pub fn beginning(&self) -> Cow<'t, [u8]> {
        match self {
            Source::Bytes(bytes) => Cow::Borrowed(&bytes[..bytes.len().min(4)]),
            Source::Str(units) => {
                let mut bytes = Vec::new();
                // Where there is no memory for two characters, encoding them is an error, too.
                let _ = units.slice(0, units.len().min(2)).transcode(0, 2, &mut bytes);
                Cow::Owned(bytes)
            }
        }
    }

    /// The text as bytes: UTF-8, unless other bytes were given.
    pub fn bytes(&self) -> Result<Cow<'t, [u8]>> {
        Ok(match self {
            Source::Bytes(bytes) => Cow::Borrowed(bytes),
            Source::Str(units) => Cow::Owned(units.utf8()?),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_in_every_form() {
        let text = "éa中b😀c";
        let (twos, fours): (Vec<u16>, Vec<u32>) =
            (text.encode_utf16().collect(), text.chars().map(u32::from).collect());
        let forms = [
            (Source::Bytes(text.as_bytes()), text.len()),
            (Source::Str(Units::Two(&twos)), 7),
            (Source::Str(Units::Four(&fours)), 6),
            (Source::Bytes(b""), 0),
            (Source::Str(Units::One(b"")), 0),
            (Source::Str(Units::One(b"abc")), 3),
        ];
        for (source, length) in forms {
            assert_eq!((source.len(), source.is_empty()), (length, length == 0));
            let (bytes, beginning) = (source.bytes().unwrap(), source.beginning());
            assert!(bytes.starts_with(&beginning) && beginning.len() >= bytes.len().min(2));
            assert!([text, "abc", ""].map(str::as_bytes).contains(&&*bytes));
        }
    }
}
