//! The key-values at the head of a GGUF file. Must equal `python/minitok/formats/gguf_values.py`, which says how they are written.
//!
//! Costs: O(n) time for n bytes of key-values; memory for those that are asked for.

use super::wrong;
use crate::error::{Error, Result};
use crate::fast::util::fallible::{push, resize};
use std::collections::BTreeMap;
use std::io::{ErrorKind, Read};

pub const MAGIC: &[u8] = b"GGUF";
const STRING: u32 = 8;
const ARRAY: u32 = 9;

/// A value.
#[derive(Debug, Clone, PartialEq)]
pub enum Held {
    Whole(i128),
    Number(f64),
    Flag(bool),
    Text(Vec<u8>),
    List(Vec<Held>),
}

/// A file, read from its beginning as far as it is needed; nothing is asked for that it does not have.
struct Reader<R> {
    file: R,
    /// The number of the next byte, and of the file's end.
    at: u64,
    size: u64,
}

/// The values of the keys that are `wanted`, of a file of so many bytes.
pub fn read_values(file: impl Read, size: u64, wanted: impl Fn(&str) -> bool) -> Result<BTreeMap<String, Held>> {
    let mut reader = Reader { file, at: 0, size };
    if reader.bytes::<4>()? != MAGIC {
        return Err(wrong("it does not begin with GGUF"));
    }
    let version = reader.u32()?;
    if !matches!(version, 2 | 3) {
        let swapped = matches!(version.swap_bytes(), 2 | 3);
        let reason = format!("its version is {version}; minitok reads 2 and 3");
        return Err(wrong(if swapped { "it is big-endian".into() } else { reason }));
    }
    reader.u64()?;
    let mut values = BTreeMap::new();
    for _ in 0..reader.u64()? {
        crate::support::interrupt::check()?;
        let place = reader.at;
        let key = String::from_utf8_lossy(&reader.string()?).into_owned();
        let (kind, keep) = (reader.u32()?, wanted(&key));
        let value = reader.value(kind, keep)?;
        if let Some(value) = value.filter(|_| keep)
            && values.insert(key.clone(), value).is_some()
        {
            return Err(wrong(format!("the key {key} appears twice, the second time at byte {place}")));
        }
    }
    Ok(values)
}

impl<R: Read> Reader<R> {
    fn append(&mut self, length: u64, out: &mut Vec<u8>) -> Result<()> {
        let left = self.size - self.at;
        if length > left {
            let missing = length - left;
            return Err(wrong(format!(
                "the file is truncated: {missing} bytes are missing or more at byte {}",
                self.at
            )));
        }
        let start = out.len();
        resize(out, start + usize::try_from(length).map_err(|_| Error::Memory)?, 0)?;
        self.file.read_exact(&mut out[start..]).map_err(|error| match error.kind() {
            ErrorKind::OutOfMemory => Error::Memory,
            _ => wrong(format!("the file is truncated at byte {}", self.at)),
        })?;
        self.at += length;
        Ok(())
    }

    fn bytes<const N: usize>(&mut self) -> Result<[u8; N]> {
        let mut bytes = Vec::new();
        self.append(N as u64, &mut bytes)?;
        bytes.try_into().map_err(|_| wrong("the file is truncated"))
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

    /// A value; an array that is not kept is stepped over.
    fn value(&mut self, kind: u32, keep: bool) -> Result<Option<Held>> {
        if kind != ARRAY {
            return self.single(kind).map(Some);
        }
        let (of, count) = (self.u32()?, self.u64()?);
        let least = if of == STRING { 8 } else { 1 };
        if of == ARRAY || count > (self.size - self.at) / least {
            let reason =
                if of == ARRAY { "an array of arrays".into() } else { format!("{count} items are said to come") };
            return Err(wrong(format!("the file is truncated, or damaged: {reason} at byte {}", self.at)));
        }
        let mut items = Vec::new();
        for _ in 0..count {
            crate::support::interrupt::check()?;
            let item = self.single(of)?;
            if keep {
                push(&mut items, item)?;
            }
        }
        Ok(Some(Held::List(items)))
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
            7 => Held::Flag(self.bytes::<1>()? != [0]),
            STRING => Held::Text(self.string()?),
            10 => Held::Whole(self.u64()?.into()),
            11 => Held::Whole(i64::from_le_bytes(self.bytes()?).into()),
            12 => Held::Number(f64::from_le_bytes(self.bytes()?)),
            _ => return Err(wrong(format!("a value at byte {} has the unknown type {kind}", self.at))),
        })
    }
}
