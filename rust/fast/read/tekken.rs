//! Mistral's `tekken.json` -> its ranks, and all else. Must equal `formats/tekken.rs` where it answers.
//!
//! Nearly all of such a file is the list `vocab`, of objects with a rank, the token's bytes in base64 and its text. It is read
//! here; all else, with an empty list in its place, goes to `formats/` as JSON.

use super::base64;
use super::decline::Decline::NotMine;
use super::decline::{Read, answer, only_if};
use super::json::Reader;
use super::token_table::TokenTable;
use super::tokenizer_json::each_field;
use crate::error::Result;
use crate::fast::util::fallible::{append, concat, push};
use crate::fast::vocab::FastVocab;
use crate::reference::tokens::Tokens;
use crate::support::interrupt;

/// A file whose tokens have been read.
#[derive(Debug, Default)]
pub struct Tekken {
    /// The bytes of all tokens, and of each its length and its rank.
    bytes: Vec<u8>,
    rows: Vec<(usize, u32)>,
    /// The file without them.
    pub rest: Vec<u8>,
}

/// The tokens of a file, and what else it holds; None if it is to be read value by value.
pub fn read_tekken(data: &[u8]) -> Result<Option<Tekken>> {
    answer(read_file(data))
}

fn read_file(data: &[u8]) -> Read<Tekken> {
    let (mut found, mut reader) = (Tekken::default(), Reader::new(data)?);
    let mut place = None;
    each_field(&mut reader, |name, reader| {
        if name != b"vocab" {
            return reader.skip().map(|_| ());
        }
        let start = reader.position();
        only_if(place.is_none())?;
        read_vocab(reader, &mut found)?;
        place = Some(start..reader.position());
        Ok(())
    })?;
    let place = place.filter(|_| reader.is_done()).ok_or(NotMine)?;
    found.rest = concat(&[&data[..place.start], b"[]", &data[place.end..]])?;
    Ok(found)
}

fn read_vocab(reader: &mut Reader, found: &mut Tekken) -> Read<()> {
    reader.take(b'[')?;
    let (mut first, mut text) = (true, Vec::new());
    while reader.next_item(first, b']')? {
        first = false;
        interrupt::check()?;
        let (mut rank, mut token) = (None, None);
        let start = found.bytes.len();
        each_field(reader, |name, reader| {
            match name {
                b"rank" if rank.is_none() => rank = Some(reader.id()?),
                b"token_bytes" if token.is_none() => {
                    text.clear();
                    reader.string(&mut text)?;
                    token = Some(base64::decode(&text, &mut found.bytes)?);
                }
                b"token_str" if reader.peek()? == b'"' => {
                    text.clear();
                    reader.string(&mut text)?;
                }
                b"token_str" => reader.null()?,
                _ => return Err(NotMine),
            }
            Ok(())
        })?;
        let (Some(rank), Some(())) = (rank, token) else { return Err(NotMine) };
        push(&mut found.rows, (found.bytes.len() - start, rank))?;
    }
    Ok(())
}

impl Tekken {
    /// The vocabulary of the ranks below `end`, each of which is an id as many higher as there are special tokens.
    pub fn vocabulary(&self, end: u32, n_special: u32) -> Result<Option<FastVocab>> {
        answer(self.tokens(end, n_special))?.map_or(Ok(None), FastVocab::of_ranks)
    }

    fn tokens(&self, end: u32, n_special: u32) -> Read<Tokens> {
        let (mut table, mut rest) = (TokenTable::default(), &self.bytes[..]);
        for &(length, rank) in &self.rows {
            let token;
            (token, rest) = rest.split_at(length);
            if rank < end {
                let id = rank.checked_add(n_special).ok_or(NotMine)?;
                table.add(id, |bytes| Ok(append(bytes, token)?))?;
            }
        }
        table.into_tokens()
    }
}

#[cfg(test)]
mod tests {
    use super::super::base64::tests::encode;
    use super::*;

    fn file() -> String {
        let words = (0..=255u8).map(|byte| vec![byte]).chain([b"ab".to_vec(), b"abc".to_vec()]);
        let rows: Vec<String> = (words.zip(0..))
            .map(|(word, rank)| {
                format!("{{\"rank\": {rank}, \"token_bytes\": \"{}\", \"token_str\": null}}", encode(&word))
            })
            .collect();
        format!("{{\"config\": {{\"pattern\": \".\"}}, \"vocab\": [{}], \"x\": 1}}", rows.join(", "))
    }

    #[test]
    fn by_hand() {
        let read = read_tekken(file().as_bytes()).unwrap().unwrap();
        assert_eq!(read.rest, br#"{"config": {"pattern": "."}, "vocab": [], "x": 1}"#);
        let vocab = read.vocabulary(257, 10).unwrap().unwrap();
        assert_eq!((vocab.core().token_id(b"ab"), vocab.core().token_id(b"abc")), (Some(266), None));
        assert!(read.vocabulary(255, 10).unwrap().is_none());
    }

    #[test]
    fn everything_else_is_declined() {
        for (old, new) in [
            ("\"rank\": 3,", "\"rank\": true,"),
            ("\"rank\": 3,", "\"rank\": 3, \"rank\": 3,"),
            ("\"rank\": 3,", "\"rang\": 3,"),
            ("\"YWI=\"", "\"YW\""),
            ("\"token_str\": null", "\"token_str\": nul"),
            ("\"x\": 1", "\"vocab\": []"),
            ("\"x\": 1}", "\"x\": 1"),
        ] {
            let changed = file().replacen(old, new, 1);
            assert!(changed != file() && read_tekken(changed.as_bytes()).unwrap().is_none(), "{new}");
        }
    }
}
