//! `tokenizer.json` -> its tables, and all else. Must equal what `formats/huggingface/read.rs` reads, where it answers.
//!
//! Nearly all of such a file is the model's `vocab`, an object of tokens and ids, and its `merges`, a list of pairs. These two are
//! read here, into a [`StringTable`]. All else, with an empty object and an empty list in their places, goes to
//! `formats/` as JSON. It decides what the file is, and asks the table for the vocabulary.

use super::decline::Decline::NotMine;
use super::decline::{Read, answer, only_if};
use super::json::Reader;
use super::string_table::StringTable;
use crate::error::Result;
use crate::fast::util::fallible::append;
use crate::support::interrupt;
use std::ops::Range;

/// A file whose tables have been read.
#[derive(Debug, Default)]
pub struct Model {
    pub table: StringTable,
    /// The file without them.
    pub rest: Vec<u8>,
}

/// Where the two tables stand.
#[derive(Default)]
struct Places {
    vocab: Option<Range<usize>>,
    merges: Option<Range<usize>>,
}

/// The tables of a file, and what else it holds; None if it has no such tables, or if they are to be read value by value.
pub fn read_tokenizer_json(data: &[u8]) -> Result<Option<Model>> {
    answer(read_file(data))
}

/// A file with an empty object and an empty list in place of its tables; None if it is not JSON that has these two.
pub fn without_tables(data: &[u8]) -> Result<Option<Vec<u8>>> {
    answer(read_places(data, None).and_then(|places| rest_of(data, places)))
}

fn read_file(data: &[u8]) -> Read<Model> {
    let mut table = StringTable::default();
    let places = read_places(data, Some(&mut table))?;
    Ok(Model { table, rest: rest_of(data, places)? })
}

fn rest_of(data: &[u8], places: Places) -> Read<Vec<u8>> {
    let (Some(vocab), Some(merges)) = (places.vocab, places.merges) else { return Err(NotMine) };
    let mut places = [(vocab, &b"{}"[..]), (merges, b"[]")];
    places.sort_by_key(|(place, _)| place.start);
    let (mut rest, mut at) = (Vec::new(), 0);
    for (place, empty) in places {
        append(&mut rest, &data[at..place.start])?;
        append(&mut rest, empty)?;
        at = place.end;
    }
    append(&mut rest, &data[at..])?;
    Ok(rest)
}

/// Where the tables of a file stand; they are read into a table, or stepped over.
fn read_places(data: &[u8], mut table: Option<&mut StringTable>) -> Read<Places> {
    let (mut places, mut reader) = (Places::default(), Reader::new(data)?);
    each_field(&mut reader, |name, reader| {
        // The lists of other formats are long, and not this reader's.
        only_if(!matches!(name, b"vocab" | b"merges" | b"tokens"))?;
        if name != b"model" || reader.peek()? != b'{' {
            return reader.skip().map(|_| ());
        }
        each_field(reader, |name, reader| {
            let (start, first) = (reader.position(), reader.peek()?);
            let place = match (name, first) {
                (b"vocab", b'{') => &mut places.vocab,
                (b"merges", b'[') => &mut places.merges,
                _ => return reader.skip().map(|_| ()),
            };
            only_if(place.is_none())?;
            match (&mut table, name) {
                (None, _) => reader.skip().map(|_| ())?,
                (Some(table), b"vocab") => read_vocab(reader, table)?,
                // Merges before the tokens that they are of are read value by value.
                (Some(table), _) if table.is_empty() => return Err(NotMine),
                (Some(table), _) => read_merges(reader, table)?,
            }
            *place = Some(start..reader.position());
            Ok(())
        })
    })?;
    only_if(reader.is_done()).map(|()| places)
}

/// Reads an object: calls `read` behind each name, to read the value.
pub(super) fn each_field<'d>(
    reader: &mut Reader<'d>,
    mut read: impl FnMut(&[u8], &mut Reader<'d>) -> Read<()>,
) -> Read<()> {
    reader.take(b'{')?;
    let (mut first, mut name) = (true, Vec::new());
    while reader.next_item(first, b'}')? {
        first = false;
        name.clear();
        reader.string(&mut name)?;
        reader.take(b':')?;
        read(&name, reader)?;
    }
    Ok(())
}

/// Reads an object of tokens and their ids.
pub(super) fn read_vocab(reader: &mut Reader, table: &mut StringTable) -> Read<()> {
    reader.take(b'{')?;
    let mut first = true;
    while reader.next_item(first, b'}')? {
        first = false;
        interrupt::check()?;
        table.add(|text| {
            reader.string(text)?;
            reader.take(b':')?;
            reader.id()
        })?;
    }
    Ok(())
}

/// Reads a list of merges: `"a b"`, or `["a", "b"]`.
fn read_merges(reader: &mut Reader, table: &mut StringTable) -> Read<()> {
    let (mut left, mut right, mut first) = (Vec::new(), Vec::new(), true);
    reader.take(b'[')?;
    while reader.next_item(first, b']')? {
        first = false;
        interrupt::check()?;
        left.clear();
        if reader.peek()? == b'"' {
            reader.string(&mut left)?;
            table.merge(&left)?;
            continue;
        }
        right.clear();
        reader.take(b'[')?;
        reader.string(&mut left)?;
        reader.take(b',')?;
        reader.string(&mut right)?;
        reader.take(b']')?;
        table.merge_of(&left, &right)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// A file of the bytes, in the notation of bytes, and two merges.
    fn file(merges: &serde_json::Value) -> serde_json::Value {
        let printable = |byte: &u32| (0x21..=0x7E).contains(byte) || (0xA1..=0xFF).contains(byte) && *byte != 0xAD;
        let shown = |byte: u32| {
            let code =
                if printable(&byte) { byte } else { 256 + (0..byte).filter(|byte| !printable(byte)).count() as u32 };
            char::from_u32(code).unwrap().to_string()
        };
        let mut vocab: serde_json::Map<_, _> = (0..256).map(|byte| (shown(byte), json!(byte))).collect();
        vocab.extend([("ab".into(), json!(256)), ("abc".into(), json!(257)), ("<s>".into(), json!(258))]);
        json!({"version": "1.0", "model": {"type": "BPE", "vocab": vocab, "merges": merges, "a": [1]}, "decoder": null})
    }

    /// The text of a file, with the tables in the order of programs that write them.
    fn text(merges: &serde_json::Value) -> String {
        let content = file(merges);
        let model = &content["model"];
        let (vocab, merges) = (&model["vocab"], &model["merges"]);
        format!(
            "{{\"a\": 1, \"model\": {{\"vocab\": {vocab}, \"merges\": {merges}, \"type\": \"BPE\"}}, \"b\": null}} "
        )
    }

    #[test]
    fn both_notations_of_merges_are_read() {
        for merges in [json!(["a b", "ab c"]), json!([["a", "b"], ["ab", "c"]])] {
            for text in [
                text(&merges),
                "\u{feff}".to_owned() + &text(&merges),
                text(&merges).replace(": ", " :\r\n\t").replace(", ", "\t, "),
            ] {
                let read = read_tokenizer_json(text.as_bytes()).unwrap().unwrap();
                let rest = read.rest.strip_prefix("\u{feff}".as_bytes()).unwrap_or(&read.rest);
                let rest: serde_json::Value = serde_json::from_slice(rest).unwrap();
                assert_eq!(rest, json!({"a": 1, "model": {"vocab": {}, "merges": [], "type": "BPE"}, "b": null}));
                let vocab = read.table.byte_level(&[("<s>".into(), 258)], false, false).unwrap().unwrap();
                assert_eq!((vocab.core().token_id(b"abc"), vocab.core().token_id(b"<s>")), (Some(257), None));
                assert_eq!(vocab.core().merge_of(256, 99), Some((1, 257)));
                // As a token it would have to be of bytes, and it is.
                let vocab = read.table.byte_level(&[("<s>".into(), 259)], false, false).unwrap().unwrap();
                assert_eq!(vocab.core().token_id(b"<s>"), Some(258));
                assert!(read.table.characters(&[]).unwrap().is_none());
            }
        }
    }

    #[test]
    fn everything_else_is_declined() {
        let good = text(&json!(["a b"]));
        assert!(read_tokenizer_json(good.as_bytes()).unwrap().is_some());
        for (old, new) in [
            ("\"a b\"", "\"a z\""),
            ("\"a b\"", "\"ab\""),
            ("\"a b\"", "[\"a\"]"),
            ("\"a b\"", "3"),
            ("\"a b\"", "\"a b\","),
            ("\"ab\":256", "\"ab\":-1"),
            ("\"ab\":256", "\"ab\":256.0"),
            ("\"ab\":256", "\"ab\":256,\"ab\":259"),
            ("\"a\": 1", "\"model\": {\"vocab\": {\"x\": 1}}"),
            ("\"b\": null", "\"b\": null]"),
            ("} ", "} x"),
        ] {
            let changed = good.replacen(old, new, 1);
            assert!(changed != good && read_tokenizer_json(changed.as_bytes()).unwrap().is_none(), "{new}");
        }
        for end in (0..good.len() - 1).rev().step_by(7) {
            assert!(read_tokenizer_json(&good.as_bytes()[..end]).unwrap().is_none());
        }
        // An id twice, and a pair twice: found when the vocabulary is made.
        for (old, new) in [("\"ab\":256", "\"ab\":257"), ("\"a b\"", "\"a b\", \"a b\"")] {
            let read = read_tokenizer_json(good.replacen(old, new, 1).as_bytes()).unwrap().unwrap();
            assert!(read.table.byte_level(&[], false, false).unwrap().is_none(), "{new}");
        }
    }

    #[test]
    fn tables_that_are_not_the_models_are_left() {
        let other = json!({"vocab": {"x": 1}, "merges": ["x y"], "type": "BPE"});
        let changed = text(&json!(["a b"])).replacen("\"a\": 1", &format!("\"a\": {other}"), 1);
        let read = read_tokenizer_json(changed.as_bytes()).unwrap().unwrap();
        let rest: serde_json::Value = serde_json::from_slice(&read.rest).unwrap();
        assert_eq!(rest, json!({"a": other, "model": {"vocab": {}, "merges": [], "type": "BPE"}, "b": null}));
    }
}
