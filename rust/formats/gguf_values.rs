//! The key-values at the head of a GGUF file: a header, then each key with the type of its value and the value.
//!
//! The header is `GGUF`, the version, how many tensors and how many key-values. Strings and arrays say their length before. The
//! tensors after them are never read: a file of gigabytes costs what its key-values cost. Numbers are little-endian.
//!
//! By hand: `GGUF`, 3, 0, 1, then `general.type`'s length 12 and its letters, 8 (a string), 5 and `model`.
//!
//! Costs: O(n) time for n bytes of key-values; memory for those that are asked for.

use super::wrong;
use crate::error::{Error, Result};
use crate::fast::util::fallible::{push, resize};
use crate::support::interrupt;
use std::collections::BTreeMap;
use std::io::{Cursor, ErrorKind, Read, Seek};

pub const MAGIC: &[u8] = b"GGUF";
// The types of values other than numbers.
const FLAG: u32 = 7;
const STRING: u32 = 8;
const ARRAY: u32 = 9;

#[derive(Debug, Clone, PartialEq)]
pub enum Held {
    Whole(i128),
    Number(f64),
    Flag(bool),
    Text(Vec<u8>),
    Wholes(Vec<i64>),
    Numbers(Vec<f64>),
    Texts(Strings),
    /// An array of flags: how many.
    Flags(u64),
}

/// Many strings in one.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Strings {
    text: Vec<u8>,
    ends: Vec<usize>,
}

impl Strings {
    pub const EMPTY: Strings = Strings { text: Vec::new(), ends: Vec::new() };

    pub fn len(&self) -> usize {
        self.ends.len()
    }

    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    pub fn get(&self, at: usize) -> Option<&[u8]> {
        let start = at.checked_sub(1).map_or(0, |before| self.ends.get(before).copied().unwrap_or_default());
        self.ends.get(at).map(|&end| &self.text[start..end])
    }

    pub fn iter(&self) -> impl Iterator<Item = &[u8]> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts.zip(&self.ends).map(|(start, &end)| &self.text[start..end])
    }
}

/// A file, read from its beginning as far as it is needed; nothing is asked for that it does not have.
struct Reader<R> {
    file: R,
    /// The number of the next byte, and of the file's end.
    at: u64,
    size: u64,
}

/// The values of the keys that are `wanted`, of a file of this many bytes.
pub fn read_values(file: impl Read + Seek, size: u64, wanted: impl Fn(&str) -> bool) -> Result<BTreeMap<String, Held>> {
    let mut reader = Reader { file, at: 0, size };
    let mut values = BTreeMap::new();
    for _ in 0..reader.count()? {
        interrupt::check()?;
        let place = reader.at;
        let key = String::from_utf8_lossy(&reader.string()?).into_owned();
        let kind = reader.u32()?;
        if !wanted(&key) {
            reader.skip_value(kind)?;
            continue;
        }
        let value = reader.value(kind)?;
        if values.insert(key.clone(), value).is_some() {
            return Err(wrong(format!("the key {key} appears twice, the second time at byte {place}")));
        }
    }
    Ok(values)
}

/// Where the key-values end of a file that has `size` bytes and begins with these; None where more of it is needed to know.
pub fn end_of(data: &[u8], size: u64) -> Result<Option<usize>> {
    let mut reader = Reader { file: Cursor::new(data), at: 0, size };
    let read = reader.skip_all();
    // A place that is there at all fits.
    usize::try_from(reader.at).ok().filter(|&at| at <= data.len()).map(|at| read.map(|()| at)).transpose()
}

impl<R: Read + Seek> Reader<R> {
    /// Reads the header, and returns how many key-values come after it.
    fn count(&mut self) -> Result<u64> {
        if self.bytes::<4>()? != MAGIC {
            return Err(wrong("it does not begin with GGUF"));
        }
        let version = self.u32()?;
        if !matches!(version, 2 | 3) {
            let swapped = matches!(version.swap_bytes(), 2 | 3);
            let reason = format!("its version is {version}; minitok reads 2 and 3");
            return Err(wrong(if swapped { "it is big-endian".into() } else { reason }));
        }
        self.u64()?;
        self.u64()
    }

    fn skip_all(&mut self) -> Result<()> {
        for _ in 0..self.count()? {
            let key = self.u64()?;
            self.skip(key)?;
            let kind = self.u32()?;
            self.skip_value(kind)?;
        }
        Ok(())
    }

    /// Counts the next `length` bytes as read; the file must have them.
    fn pass(&mut self, length: u64) -> Result<()> {
        let (at, left) = (self.at, self.size - self.at);
        if length > left {
            let missing = length - left;
            return Err(wrong(format!("the file is truncated: {missing} bytes are missing or more at byte {at}")));
        }
        self.at += length;
        Ok(())
    }

    fn unread(&self, error: &std::io::Error) -> Error {
        match error.kind() {
            ErrorKind::OutOfMemory => Error::Memory,
            _ => wrong(format!("the file is truncated at byte {}", self.at)),
        }
    }

    fn append(&mut self, length: u64, out: &mut Vec<u8>) -> Result<()> {
        self.pass(length)?;
        let start = out.len();
        let end = usize::try_from(length).ok().and_then(|length| start.checked_add(length));
        resize(out, end.ok_or(Error::Memory)?, 0)?;
        self.file.read_exact(&mut out[start..]).map_err(|error| self.unread(&error))
    }

    fn skip(&mut self, length: u64) -> Result<()> {
        self.pass(length)?;
        let length = i64::try_from(length).map_err(|_| wrong("the file is truncated"))?;
        self.file.seek_relative(length).map_err(|error| self.unread(&error))
    }

    fn bytes<const N: usize>(&mut self) -> Result<[u8; N]> {
        self.pass(N as u64)?;
        let mut bytes = [0; N];
        self.file.read_exact(&mut bytes).map_err(|error| self.unread(&error))?;
        Ok(bytes)
    }

    fn u32(&mut self) -> Result<u32> {
        self.bytes().map(u32::from_le_bytes)
    }

    fn u64(&mut self) -> Result<u64> {
        self.bytes().map(u64::from_le_bytes)
    }

    fn string(&mut self) -> Result<Vec<u8>> {
        let (length, mut text) = (self.u64()?, Vec::new());
        self.append(length, &mut text)?;
        Ok(text)
    }

    /// The type and the number of the items of an array.
    fn array(&mut self) -> Result<(u32, u64)> {
        let (of, count) = (self.u32()?, self.u64()?);
        let least = if of == STRING { 8 } else { self.size_of(of)? };
        if count > (self.size - self.at) / least {
            return Err(wrong(format!("the file is truncated: {count} items are said to come at byte {}", self.at)));
        }
        Ok((of, count))
    }

    fn value(&mut self, kind: u32) -> Result<Held> {
        if kind != ARRAY {
            return self.single(kind);
        }
        match self.array()? {
            (STRING, count) => self.strings(count).map(Held::Texts),
            (FLAG, count) => self.skip(count).map(|()| Held::Flags(count)),
            (of @ (6 | 12), count) => self
                .items(of, count, |held| match held {
                    Held::Number(number) => number,
                    _ => f64::NAN,
                })
                .map(Held::Numbers),
            (of, count) => self
                .items(of, count, |held| match held {
                    Held::Whole(number) => i64::try_from(number).unwrap_or(i64::MAX),
                    _ => i64::MAX,
                })
                .map(Held::Wholes),
        }
    }

    fn items<T>(&mut self, of: u32, count: u64, take: impl Fn(Held) -> T) -> Result<Vec<T>> {
        let mut items = Vec::new();
        for _ in 0..count {
            interrupt::check()?;
            push(&mut items, take(self.single(of)?))?;
        }
        Ok(items)
    }

    fn strings(&mut self, count: u64) -> Result<Strings> {
        let mut strings = Strings::default();
        for _ in 0..count {
            interrupt::check()?;
            let length = self.u64()?;
            self.append(length, &mut strings.text)?;
            push(&mut strings.ends, strings.text.len())?;
        }
        Ok(strings)
    }

    fn skip_value(&mut self, kind: u32) -> Result<()> {
        let (of, count) = if kind == ARRAY { self.array()? } else { (kind, 1) };
        if of != STRING {
            let size = self.size_of(of)?;
            return self.skip(size.saturating_mul(count));
        }
        for _ in 0..count {
            interrupt::check()?;
            let length = self.u64()?;
            self.skip(length)?;
        }
        Ok(())
    }

    fn size_of(&self, kind: u32) -> Result<u64> {
        match kind {
            0 | 1 | FLAG => Ok(1),
            2 | 3 => Ok(2),
            4..=6 => Ok(4),
            10..=12 => Ok(8),
            _ => Err(wrong(format!("a value before byte {} has the unknown type {kind}", self.at))),
        }
    }

    fn single(&mut self, kind: u32) -> Result<Held> {
        Ok(match kind {
            0 => Held::Whole(u8::from_le_bytes(self.bytes()?).into()),
            1 => Held::Whole(i8::from_le_bytes(self.bytes()?).into()),
            2 => Held::Whole(u16::from_le_bytes(self.bytes()?).into()),
            3 => Held::Whole(i16::from_le_bytes(self.bytes()?).into()),
            4 => Held::Whole(self.u32()?.into()),
            5 => Held::Whole(i32::from_le_bytes(self.bytes()?).into()),
            6 => Held::Number(f32::from_le_bytes(self.bytes()?).into()),
            FLAG => Held::Flag(self.bytes::<1>()? != [0]),
            STRING => Held::Text(self.string()?),
            10 => Held::Whole(self.u64()?.into()),
            11 => Held::Whole(i64::from_le_bytes(self.bytes()?).into()),
            12 => Held::Number(f64::from_le_bytes(self.bytes()?)),
            _ => return Err(wrong(format!("a value before byte {} has the unknown type {kind}", self.at))),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_head_ends_where_its_last_value_does() {
        let text = |text: &[u8]| [&(text.len() as u64).to_le_bytes(), text].concat();
        let kind = |kind: u32| kind.to_le_bytes();
        let values = [&text(b"general.type")[..], &kind(STRING), &text(b"model"), &text(b"n"), &kind(ARRAY), &kind(4)];
        let head = |numbers: u64| {
            let start = [MAGIC, &3u32.to_le_bytes(), &0u64.to_le_bytes(), &2u64.to_le_bytes()].concat();
            [start, values.concat(), numbers.to_le_bytes().into(), vec![7; 8]].concat()
        };
        let file = [head(2), vec![7; 99]].concat();
        for length in 0..file.len() {
            let end = head(2).len();
            assert_eq!(end_of(&file[..length], 1 << 42), Ok((length >= end).then_some(end)), "{length}");
            assert_eq!(end_of(&file[..length], length as u64).is_err(), length < end, "{length}");
        }
        assert!(end_of(&head(1 << 50), 1 << 42).unwrap_err().to_string().contains("the file is truncated"));
    }
}
