//! The chunks of a text for Python.

use super::signals;
use crate::error::{Error, Result};
use crate::fast::chunk::chunker;
use crate::fast::codec::FastCodec;
use crate::fast::util::fallible::{collect, push};
use crate::reference::more::borders::kinds_of;
use crate::reference::more::chunk::{Chunk, ChunkOptions};
use crate::reference::published::preprocess::TokenFinder;
use pyo3::prelude::*;
use pyo3::types::PyList;

/// The most tokens of a chunk, the names of the borders it may end at, its overlap in tokens and sentences, and `fill` (`more/chunk.rs`).
pub type Options = (usize, Vec<String>, usize, usize, f64);

/// Each chunk of a text: where it begins and ends in characters, then in bytes, how many tokens it has, and the name of its border.
pub fn chunks<'py>(
    py: Python<'py>,
    codec: &FastCodec,
    text: &[u8],
    search: &TokenFinder,
    (max_tokens, at, overlap, overlap_sentences, fill): Options,
) -> PyResult<Bound<'py, PyList>> {
    let names: Vec<&str> = collect(at.iter().map(String::as_str))?;
    let options = ChunkOptions { max_tokens, at: kinds_of(&names)?, overlap, overlap_sentences, fill };
    let found = signals::detached(py, || all(codec, text, search, options))?;
    let list = PyList::empty(py);
    let mut chars = Chars { text, ascii: text.is_ascii(), byte: 0, char: 0 };
    for (number, Chunk { start, end, tokens, kind }) in found.into_iter().enumerate() {
        if number % OBJECTS == 0 {
            py.check_signals()?;
        }
        let (begins, ends) = (chars.before(start), chars.before(end));
        list.append((begins, ends, start, end, tokens, kind.name()))?;
    }
    Ok(list)
}

/// How many objects are made between two looks at signals.
const OBJECTS: usize = 1 << 12;

fn all(codec: &FastCodec, text: &[u8], search: &TokenFinder, options: ChunkOptions) -> Result<Vec<Chunk>> {
    let text = str::from_utf8(text).map_err(|error| {
        let (start, bytes) = (error.valid_up_to(), Vec::new());
        Error::InvalidUtf8 { bytes, start, end: text.len() }
    })?;
    let mut chunker = chunker(codec, search, text, options)?;
    let mut found = Vec::new();
    while let Some(chunk) = chunker.advance()? {
        push(&mut found, chunk)?;
    }
    Ok(found)
}

/// A place in a text, in bytes and in characters.
struct Chars<'t> {
    text: &'t [u8],
    ascii: bool,
    byte: usize,
    char: usize,
}

impl Chars<'_> {
    /// How many characters are before a byte. What lies between this one and the last one asked for is counted.
    fn before(&mut self, byte: usize) -> usize {
        if self.ascii {
            return byte;
        }
        let begun = |part: &[u8]| part.iter().filter(|&&byte| byte & 0xC0 != 0x80).count();
        if byte < self.byte {
            self.char -= begun(&self.text[byte..self.byte]);
        } else {
            self.char += begun(&self.text[self.byte..byte]);
        }
        self.byte = byte;
        self.char
    }
}
