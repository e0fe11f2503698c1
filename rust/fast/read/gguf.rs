//! GGUF's key-values -> vocabularies. Must equal `python/minitok/formats/gguf.py`, and what it calls, where it answers.
//!
//! The file begins with a header: `GGUF`, the version, how many tensors and key-values. Each key-value is a key, the type of the
//! value, and the value. Strings and arrays say their length before. The tensors behind them are not read.
//!
//! By hand: `GGUF`, 3, 0, 1, then `general.type`'s length 12 and its letters, 8 (a string), 5 and `model`.

use super::decline::Decline::NotMine;
use super::decline::{Decline, Read, answer, only_if};
use super::sentencepiece::{fallback_of, of_scores, owned};
use super::string_table::{StringTable, byte_level};
use super::token_table::{TokenTable, spaced};
use crate::error::Result;
use crate::fast::util::fallible::{append, collect, push, resize};
use crate::fast::vocab::FastVocab;
use crate::support::interrupt;
use foldhash::{HashSet, HashSetExt};
use memchr::memmem;
use std::fs::File;
use std::io::{self, BufReader, Cursor, Seek};
use std::path::Path;

const NORMAL: i32 = 1;
const UNKNOWN: i32 = 2;
const CONTROL: i32 = 3;
const USER_DEFINED: i32 = 4;
const UNUSED: i32 = 5;
const BYTE: i32 = 6;

// The types of values, beside those of numbers.
const ID: u32 = 4;
const INTEGER: u32 = 5;
const FLOAT: u32 = 6;
const FLAG: u32 = 7;
const STRING: u32 = 8;
const ARRAY: u32 = 9;

const NAME: &[u8] = b"general.name";
/// What the name of a model holds whose special tokens take white space; the reader in Python knows which ones do.
const WITH_SPACE: [&[u8]; 3] = [b"phi-3", b"phi3", b"modern-bert"];
const CHAT_TEMPLATE: &[u8] = b"tokenizer.chat_template";
/// The values that are read.
pub(crate) const WANTED: [&[u8]; 10] = [
    b"bos_token_id",
    b"eos_token_id",
    b"model",
    b"pre",
    b"add_space_prefix",
    b"tokens",
    b"merges",
    b"token_type",
    b"scores",
    b"precompiled_charsmap",
];

/// The tokenizer of a file, as far as it has one.
#[derive(Debug, Default)]
pub struct Gguf {
    pub model: Option<String>,
    pub pre: Option<String>,
    pub space_prefix: Option<bool>,
    pub replaces: bool,
    chat_template: Option<String>,
    bos: Option<u32>,
    eos: Option<u32>,
    tokens: Strings,
    kinds: Vec<i32>,
    scores: Vec<f32>,
    /// None if the file has none.
    merges: Option<Strings>,
}

/// Many strings in one.
#[derive(Debug, Default)]
struct Strings {
    text: Vec<u8>,
    /// Where each ends.
    ends: Vec<usize>,
}

impl Strings {
    fn iter(&self) -> impl Iterator<Item = &[u8]> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts.zip(&self.ends).map(|(start, &end)| &self.text[start..end])
    }
}

/// The tokenizer of a file; None if the reader in Python is to read it.
pub fn read_gguf(path: &Path) -> Result<Option<Gguf>> {
    answer(read_file(path))
}

/// The tokenizer of a file, or of its head, in memory; None as for [`read_gguf`].
pub fn read_gguf_bytes(data: &[u8]) -> Result<Option<Gguf>> {
    answer(read_values(Values { left: data.len() as u64, file: Cursor::new(data) }))
}

fn read_file(path: &Path) -> Read<Gguf> {
    let file = File::open(path).map_err(unreadable)?;
    let left = file.metadata().map_err(unreadable)?.len();
    read_values(Values { left, file: BufReader::with_capacity(1 << 17, file) })
}

fn read_values(mut file: Values<impl io::Read + Seek>) -> Read<Gguf> {
    only_if(file.bytes::<4>()? == *b"GGUF" && matches!(file.u32()?, 2 | 3))?;
    file.u64()?;
    let mut gguf = Gguf::default();
    let mut seen = HashSet::new();
    for _ in 0..file.u64()? {
        interrupt::check()?;
        let key = file.string()?;
        let kind = file.u32()?;
        let Some(name) = key.strip_prefix(b"tokenizer.ggml.") else {
            if key == NAME && kind == STRING {
                // Some models' special tokens take white space with them.
                let mut name = file.string()?;
                name.make_ascii_lowercase();
                only_if(WITH_SPACE.iter().all(|part| memmem::find(&name, part).is_none()))?;
            } else if key != CHAT_TEMPLATE {
                file.skip_value(kind)?;
            } else if kind != STRING || gguf.chat_template.is_some() {
                return Err(NotMine);
            } else {
                gguf.chat_template = Some(file.text()?);
            }
            continue;
        };
        match (name, kind) {
            (b"model", STRING) => gguf.model = Some(file.text()?),
            (b"pre", STRING) => gguf.pre = Some(file.text()?),
            (b"add_space_prefix", FLAG) => gguf.space_prefix = Some(file.bytes::<1>()? != [0]),
            (b"bos_token_id", ID) => gguf.bos = Some(file.u32()?),
            (b"eos_token_id", ID) => gguf.eos = Some(file.u32()?),
            (b"tokens", ARRAY) => gguf.tokens = file.strings()?,
            (b"merges", ARRAY) => gguf.merges = Some(file.strings()?),
            (b"token_type", ARRAY) => gguf.kinds = file.numbers(INTEGER, i32::from_le_bytes)?,
            (b"scores", ARRAY) => gguf.scores = file.numbers(FLOAT, f32::from_le_bytes)?,
            (b"precompiled_charsmap", ARRAY) => gguf.replaces = file.skip_value(kind)? > 0,
            _ if WANTED.contains(&name) => return Err(NotMine),
            _ => file.skip_value(kind).map(|_| ())?,
        }
        seen.try_reserve(1)?;
        only_if(seen.insert(key))?;
    }
    only_if(gguf.kinds.len() == gguf.tokens.ends.len()).map(|()| gguf)
}

/// What is wrong with a file is for the reader in Python to say.
#[expect(clippy::needless_pass_by_value, reason = "as `map_err` gives it")]
fn unreadable(error: io::Error) -> Decline {
    if error.kind() == io::ErrorKind::OutOfMemory { Decline::Memory } else { NotMine }
}

/// What is still to be read of a file; nothing is asked for that it does not have.
struct Values<R> {
    file: R,
    left: u64,
}

impl<R: io::Read + Seek> Values<R> {
    fn bytes<const N: usize>(&mut self) -> Read<[u8; N]> {
        let mut bytes = [0; N];
        self.left = self.left.checked_sub(N as u64).ok_or(NotMine)?;
        io::Read::read_exact(&mut self.file, &mut bytes).map_err(unreadable)?;
        Ok(bytes)
    }

    fn u32(&mut self) -> Read<u32> {
        self.bytes().map(u32::from_le_bytes)
    }

    fn u64(&mut self) -> Read<u64> {
        self.bytes().map(u64::from_le_bytes)
    }

    /// Appends the next `length` bytes.
    fn append(&mut self, length: u64, out: &mut Vec<u8>) -> Read<()> {
        self.left = self.left.checked_sub(length).ok_or(NotMine)?;
        let start = out.len();
        let end = usize::try_from(length).ok().and_then(|length| start.checked_add(length)).ok_or(NotMine)?;
        resize(out, end, 0)?;
        io::Read::read_exact(&mut self.file, &mut out[start..]).map_err(unreadable)
    }

    fn string(&mut self) -> Read<Vec<u8>> {
        let (length, mut text) = (self.u64()?, Vec::new());
        self.append(length, &mut text)?;
        Ok(text)
    }

    /// A string that is UTF-8.
    fn text(&mut self) -> Read<String> {
        String::from_utf8(self.string()?).map_err(|_| NotMine)
    }

    /// Steps over bytes.
    fn skip(&mut self, length: u64) -> Read<()> {
        self.left = self.left.checked_sub(length).ok_or(NotMine)?;
        self.file.seek_relative(i64::try_from(length).map_err(|_| NotMine)?).map_err(unreadable)
    }

    /// Steps over a value; the number of items if it is an array.
    fn skip_value(&mut self, kind: u32) -> Read<u64> {
        if kind == STRING {
            let length = self.u64()?;
            return self.skip(length).map(|()| 0);
        }
        if kind != ARRAY {
            return self.skip(size_of_number(kind)?).map(|()| 0);
        }
        let (of, count) = (self.u32()?, self.u64()?);
        if of != STRING {
            self.skip(size_of_number(of)?.checked_mul(count).ok_or(NotMine)?)?;
            return Ok(count);
        }
        for _ in 0..count {
            let length = self.u64()?;
            self.skip(length)?;
            interrupt::check()?;
        }
        Ok(count)
    }

    /// The strings of an array.
    fn strings(&mut self) -> Read<Strings> {
        let mut strings = Strings::default();
        let (of, count) = (self.u32()?, self.u64()?);
        // Each takes eight bytes at least.
        only_if(of == STRING && count <= self.left / 8)?;
        for _ in 0..count {
            let length = self.u64()?;
            self.append(length, &mut strings.text)?;
            push(&mut strings.ends, strings.text.len())?;
            interrupt::check()?;
        }
        Ok(strings)
    }

    /// The numbers of four bytes of an array.
    fn numbers<T>(&mut self, wanted: u32, number: impl Fn([u8; 4]) -> T) -> Read<Vec<T>> {
        let (of, count) = (self.u32()?, self.u64()?);
        only_if(of == wanted)?;
        let mut bytes = Vec::new();
        self.append(count.checked_mul(4).ok_or(NotMine)?, &mut bytes)?;
        Ok(collect(bytes.as_chunks::<4>().0.iter().map(|&chunk| number(chunk)))?)
    }
}

/// How many bytes a number of a type takes.
fn size_of_number(kind: u32) -> Read<u64> {
    let sizes = [1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8].into_iter().zip(0..);
    sizes.filter(|&(size, _)| size > 0).find(|&(_, of)| of == kind).map(|(size, _)| size).ok_or(NotMine)
}

impl Gguf {
    /// Tokens with their ids and types; it ends early where the work is to stop.
    fn rows(&self) -> impl Iterator<Item = (&[u8], u32, i32)> {
        let rows = self.tokens.iter().zip(0..).zip(&self.kinds).map(|((token, id), &kind)| (token, id, kind));
        rows.take_while(|_| !interrupt::stopped())
    }

    /// The tokens that are found in text, and whether they are added ones; None if one is not text, or if there is a token of an
    /// unknown type.
    pub fn special(&self) -> Result<Option<Vec<(String, u32, bool)>>> {
        answer(self.read_special())
    }

    fn read_special(&self) -> Read<Vec<(String, u32, bool)>> {
        only_if(self.kinds.iter().all(|kind| (NORMAL..=BYTE).contains(kind)))?;
        let mut special = Vec::new();
        for (token, id, kind) in self.rows().filter(|(_, _, kind)| matches!(*kind, UNKNOWN | CONTROL | USER_DEFINED)) {
            push(&mut special, (owned(token)?, id, kind == USER_DEFINED))?;
        }
        interrupt::check()?;
        Ok(special)
    }

    /// The chat template, and what it knows as `bos_token` and `eos_token`.
    pub fn chat(&self) -> Option<(&str, Vec<(&'static str, String)>)> {
        let token = |id: u32| self.tokens.iter().nth(usize::try_from(id).ok()?);
        let named = [("bos_token", self.bos), ("eos_token", self.eos)];
        let named = named
            .into_iter()
            .filter_map(|(name, id)| token(id?).map(|token| (name, String::from_utf8_lossy(token).into_owned())));
        #[allow(clippy::disallowed_methods, reason = "they are two")]
        let named = named.collect();
        Some((self.chat_template.as_deref()?, named))
    }

    /// The vocabulary of tokens in byte-level notation; None if the reader in Python is to make it.
    pub fn byte_level(&self, whole_pieces: bool) -> Result<Option<FastVocab>> {
        let table = answer(self.byte_level_table())?;
        table.map_or(Ok(None), |table| table.byte_level(&[], whole_pieces, true))
    }

    fn byte_level_table(&self) -> Read<StringTable> {
        let merges = self.merges.as_ref().ok_or(NotMine)?;
        let (mut table, mut bytes) = (StringTable::default(), Vec::new());
        for (token, id, _) in self.rows().filter(|(_, _, kind)| *kind == NORMAL) {
            bytes.clear();
            only_if(std::str::from_utf8(token).is_ok())?;
            match byte_level(token, &mut bytes) {
                // What is not written as bytes are is in no text.
                Err(NotMine) => continue,
                written => written?,
            }
            table.add(|text| {
                append(text, token)?;
                Ok(id)
            })?;
        }
        for row in merges.iter() {
            interrupt::check()?;
            table.merge(row)?;
        }
        only_if(!table.is_empty()).map(|()| table)
    }

    /// The vocabulary of characters with scores; None if the reader in Python is to make it.
    pub fn characters(&self) -> Result<Option<FastVocab>> {
        answer(self.read_characters())
    }

    fn read_characters(&self) -> Read<FastVocab> {
        only_if(self.scores.len() == self.kinds.len() && !self.scores.iter().any(|score| score.is_nan()))?;
        let (mut table, mut scores, mut fallback) = (TokenTable::default(), Vec::new(), [None; 256]);
        for ((token, id, kind), &score) in self.rows().zip(&self.scores) {
            match kind {
                NORMAL => {
                    push(&mut scores, (id, f64::from(score)))?;
                    table.add(id, |bytes| spaced(token, bytes))?;
                }
                BYTE => fallback_of(token, id, &mut fallback)?,
                UNKNOWN | CONTROL | USER_DEFINED | UNUSED => {}
                _ => return Err(NotMine),
            }
        }
        interrupt::check()?;
        of_scores(table, &scores, &fallback)
    }
}

#[cfg(test)]
mod tests;
