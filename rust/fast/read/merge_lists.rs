//! Merges as numbers -> vocabularies: the native format. Must equal `formats/native.rs` where it answers.

use super::base64;
use super::decline::Decline::NotMine;
use super::decline::{Read, answer, only_if};
use super::json::Reader;
use super::token_table::TokenTable;
use super::tokenizer_json::each_field;
use crate::error::Result;
use crate::fast::util::fallible::{append, collect, push};
use crate::fast::vocab::FastVocab;
use crate::reference::vocab::{Alphabet, Merge, Vocab};
use crate::support::interrupt;

/// A file of the native format whose tables have been read.
#[derive(Debug, Default)]
pub struct Native {
    /// Rows of two or four numbers, one after the other; `width` is the length of a row if all have the same.
    numbers: Vec<u32>,
    width: usize,
    tokens: Option<TokenTable>,
    /// The file without them.
    pub rest: Vec<u8>,
}

/// The tables of a file, and what else it holds; None if it has none, or if it is to be read value by value.
pub fn read_native(data: &[u8]) -> Result<Option<Native>> {
    answer(read_file(data))
}

fn read_file(data: &[u8]) -> Read<Native> {
    let (mut found, mut reader) = (Native::default(), Reader::new(data)?);
    let mut places = Vec::new();
    let mut merges = false;
    each_field(&mut reader, |name, reader| {
        let start = reader.position();
        match name {
            b"merges" if !merges => {
                read_rows(reader, &mut found)?;
                merges = true;
            }
            b"tokens" if found.tokens.is_none() => found.tokens = Some(read_tokens(reader)?),
            // Other formats have long tables under these names.
            b"merges" | b"tokens" | b"model" | b"vocab" => return Err(NotMine),
            _ => return reader.skip().map(|_| ()),
        }
        push(&mut places, start..reader.position())?;
        Ok(())
    })?;
    only_if(reader.is_done() && merges)?;
    let mut at = 0;
    for place in places {
        append(&mut found.rest, &data[at..place.start])?;
        append(&mut found.rest, b"[]")?;
        at = place.end;
    }
    append(&mut found.rest, &data[at..])?;
    Ok(found)
}

/// Reads a list of rows of as many numbers.
fn read_rows(reader: &mut Reader, found: &mut Native) -> Read<()> {
    reader.take(b'[')?;
    let mut first = true;
    while reader.next_item(first, b']')? {
        reader.take(b'[')?;
        let start = found.numbers.len();
        while reader.next_item(found.numbers.len() == start, b']')? {
            push(&mut found.numbers, reader.id()?)?;
        }
        let width = found.numbers.len() - start;
        if first {
            found.width = width;
        }
        only_if(width == found.width && matches!(width, 2 | 4))?;
        interrupt::check()?;
        first = false;
    }
    Ok(())
}

/// Reads a list of tokens: an id, and the bytes in base64.
fn read_tokens(reader: &mut Reader) -> Read<TokenTable> {
    let (mut table, mut text, mut first) = (TokenTable::default(), Vec::new(), true);
    reader.take(b'[')?;
    while reader.next_item(first, b']')? {
        first = false;
        reader.take(b'[')?;
        let id = reader.id()?;
        reader.take(b',')?;
        text.clear();
        reader.string(&mut text)?;
        reader.take(b']')?;
        table.add(id, |bytes| base64::decode(&text, bytes))?;
        interrupt::check()?;
    }
    Ok(table)
}

impl Native {
    /// Whether the file lists its tokens, so that each merge says what it makes.
    pub fn has_tokens(&self) -> bool {
        self.tokens.is_some()
    }

    /// The vocabulary of a byte order and pairs, whose tokens are at most `bytes` long together, and `a_merge` more for each merge.
    pub fn of_pairs(&self, byte_order: &[u8], bytes: u64, a_merge: u64) -> Result<Option<FastVocab>> {
        let (rows, []) = self.numbers.as_chunks::<2>() else { return Ok(None) };
        if self.has_tokens() || self.width == 4 {
            return Ok(None);
        }
        let pairs: Vec<(u32, u32)> = collect(rows.iter().map(|&[left, right]| (left, right)))?;
        FastVocab::of_pairs(byte_order, &pairs, bytes.saturating_add(a_merge.saturating_mul(pairs.len() as u64)))
    }

    /// The vocabulary of the tokens, and merges with ids and ranks.
    pub fn of_rows(&self, whole_pieces: bool, alphabet: Alphabet) -> Result<Option<FastVocab>> {
        let made = || -> Read<FastVocab> {
            let (rows, []) = self.numbers.as_chunks::<4>() else { return Err(NotMine) };
            let table = self.tokens.as_ref().filter(|_| self.width != 2).ok_or(NotMine)?;
            let tokens = table.copy()?.into_tokens()?;
            let merges = collect(rows.iter().map(|&[left, right, id, rank]| Merge { left, right, id, rank }))?;
            Ok(FastVocab::new(Vocab::new(tokens, merges, whole_pieces, alphabet)?))
        };
        answer(made())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_native_file() {
        let order: Vec<u8> = (0..=255).collect();
        let read = |text: &str| read_native(text.as_bytes()).unwrap();
        let found = read(r#"{"format": "minitok", "merges": [[97, 98], [256, 99]], "x": [1]}"#).unwrap();
        assert_eq!(found.rest, br#"{"format": "minitok", "merges": [], "x": [1]}"#);
        let vocab = found.of_pairs(&order, 100, 1).unwrap().unwrap();
        assert_eq!(vocab.core().token_id(b"abc"), Some(257));
        assert!(found.of_pairs(&order, 3, 1).unwrap().is_some());
        assert!(
            found.of_pairs(&order, 2, 1).unwrap().is_none() && found.of_pairs(&order[1..], 100, 1).unwrap().is_none()
        );
        for merges in ["[[97, 98], [97, 98]]", "[[97, 257]]", "[[97, 98, 256, 0]]"] {
            let found = read(&format!(r#"{{"merges": {merges}}}"#)).unwrap();
            assert!(found.of_pairs(&order, 100, 1).unwrap().is_none(), "{merges}");
        }
        for text in [
            "{}",
            r#"{"merges": [[1]]}"#,
            r#"{"merges": [[1, 2], [1, 2, 3, 4]]}"#,
            r#"{"merges": [[1, 2]]"#,
            r#"{"merges": [[1, -2]]}"#,
        ] {
            assert!(read(text).is_none(), "{text}");
        }
        let tokens: Vec<String> =
            (0..=255u8).map(|byte| format!("[{byte}, \"{}\"]", base64::tests::encode(&[byte]))).collect();
        let text = format!(r#"{{"tokens": [{}, [300, "YWI="]], "merges": [[97, 98, 300, 7]]}}"#, tokens.join(","));
        let vocab = read(&text).unwrap().of_rows(true, Alphabet::default()).unwrap().unwrap();
        assert_eq!(vocab.core().merge_of(97, 98), Some((7, 300)));
        // Beside tokens, pairs are nothing: neither by themselves, nor two of them as one row.
        let pairs = read(&text.replace("[[97, 98, 300, 7]]", "[[97, 98], [300, 7]]")).unwrap();
        assert!(pairs.has_tokens() && pairs.of_pairs(&order, 1000, 1).unwrap().is_none());
        assert!(pairs.of_rows(true, Alphabet::default()).unwrap().is_none());
        let pairs = read(&text.replace("[[97, 98, 300, 7]]", "[[97, 98]]")).unwrap();
        assert!(pairs.of_pairs(&order, 1000, 1).unwrap().is_none());
        let text = text.replace("YWI=", "YWM=");
        assert!(read(&text).unwrap().of_rows(true, Alphabet::default()).unwrap().is_none());
    }
}
