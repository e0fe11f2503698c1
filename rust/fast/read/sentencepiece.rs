//! `SentencePiece`'s `.model` -> vocabularies. Must equal `python/minitok/formats/sentencepiece.py` where it answers.
//!
//! The file is a protocol buffer: fields of a number, a type and a value. Read are pieces (1), the trainer's options (2) and the
//! normalizer's (3); of a piece its text (1), score (2) and type (3, 1 if it is left out).
//!
//! By hand: `0a 09 0a 02 e2 96 ...`: field 1 of 9 bytes, a piece, whose field 1 has 2 bytes, its text.

use super::token_table::TokenTable;
use crate::characters::add_fallback;
use crate::error::{Error, Result};
use crate::fast::util::fallible::{all_of, append, filled, push};
use crate::fast::vocab::FastVocab;
use crate::interrupt;
use crate::metaspace::MARKER;
use memchr::memmem;

const NORMAL: u64 = 1;
const UNKNOWN: u64 = 2;
const CONTROL: u64 = 3;
const USER_DEFINED: u64 = 4;
const BYTE: u64 = 6;
const BPE: u64 = 2;

/// What a file holds.
#[derive(Debug)]
pub struct Model {
    pub vocab: FastVocab,
    /// The names and ids of the special tokens, and those of them that are found late.
    pub special: Vec<(String, u32)>,
    pub late: Vec<String>,
    /// Whether a space is put before a text.
    pub has_prefix: bool,
}

/// The options that matter, as numbers, of which 0 is no; and whether characters are replaced.
#[derive(Debug)]
struct Options {
    model: u64,
    byte_fallback: u64,
    suffix: u64,
    prefix: u64,
    extra_spaces: u64,
    escapes: u64,
    replaces: bool,
}

/// What the pieces stand for.
#[derive(Default)]
struct Pieces {
    table: TokenTable,
    scores: Vec<(u32, f64)>,
    fallback: Vec<Option<u32>>,
    special: Vec<(String, u32)>,
    late: Vec<String>,
    count: u32,
}

/// The tokenizer of a file; None if the reader in Python is to read it.
pub fn read_model(data: &[u8]) -> Result<Option<Model>> {
    let mut pieces = Pieces { fallback: filled(None, 256)?, ..Pieces::default() };
    let mut options =
        Options { model: 1, byte_fallback: 0, suffix: 0, prefix: 1, extra_spaces: 1, escapes: 1, replaces: false };
    let read = read_file(data, &mut pieces, &mut options);
    interrupt::check()?;
    let Options { model: BPE, byte_fallback: 1.., suffix: 0, extra_spaces: 0, escapes: 1.., replaces: false, prefix } =
        options
    else {
        return Ok(None);
    };
    if read.is_none() {
        return Ok(None);
    }
    let Pieces { table, scores, fallback, special, late, .. } = pieces;
    let (Some(fallback), Some(mut tokens)) = (all_of(&fallback), table.into_tokens()) else {
        return Ok(None);
    };
    let made =
        add_fallback(&mut tokens, Some(&fallback)).and_then(|()| FastVocab::of_scores(tokens, &scores, fallback));
    match made {
        Ok(vocab) => Ok(vocab.map(|vocab| Model { vocab, special, late, has_prefix: prefix != 0 })),
        Err(Error::Vocabulary(_)) => Ok(None),
        Err(error) => Err(error),
    }
}

fn read_file(data: &[u8], pieces: &mut Pieces, options: &mut Options) -> Option<()> {
    let mut file = Fields { data, at: 0 };
    while let Some((number, value)) = file.next()? {
        match (number, value) {
            (1, Value::Bytes(piece)) => read_piece(piece, pieces)?,
            (2, Value::Bytes(trainer)) => {
                let mut fields = Fields { data: trainer, at: 0 };
                while let Some((number, value)) = fields.next()? {
                    match number {
                        3 => options.model = value.number()?,
                        24 => options.suffix = value.number()?,
                        35 => options.byte_fallback = value.number()?,
                        _ => {}
                    }
                }
            }
            (3, Value::Bytes(normalizer)) => {
                let mut fields = Fields { data: normalizer, at: 0 };
                while let Some((number, value)) = fields.next()? {
                    match (number, value) {
                        (2, Value::Bytes(map)) => options.replaces = !map.is_empty(),
                        (2, _) => return None,
                        (3, value) => options.prefix = value.number()?,
                        (4, value) => options.extra_spaces = value.number()?,
                        (5, value) => options.escapes = value.number()?,
                        _ => {}
                    }
                }
            }
            (1..=3, _) => return None,
            _ => {}
        }
        if interrupt::stopped() {
            return None;
        }
    }
    (pieces.count > 0).then_some(())
}

fn read_piece(data: &[u8], pieces: &mut Pieces) -> Option<()> {
    let (mut text, mut score, mut kind) = (&data[..0], 0.0, NORMAL);
    let mut fields = Fields { data, at: 0 };
    while let Some((number, value)) = fields.next()? {
        match (number, value) {
            (1, Value::Bytes(bytes)) => text = bytes,
            (2, Value::Float(float)) => score = f64::from(float),
            (3, Value::Number(number)) => kind = number,
            _ => return None,
        }
    }
    let id = pieces.count;
    pieces.count += 1;
    if text.is_empty() || score.is_nan() {
        return None;
    }
    match kind {
        NORMAL => {
            push(&mut pieces.scores, (id, score)).ok()?;
            pieces.table.add(id, |bytes| {
                let mut at = 0;
                for marker in memmem::find_iter(text, MARKER) {
                    append(bytes, &text[at..marker]).ok()?;
                    push(bytes, b' ').ok()?;
                    at = marker + MARKER.len();
                }
                append(bytes, &text[at..]).ok()?;
                Some(())
            })
        }
        BYTE => {
            let byte = (0..=255u8).find(|byte| format!("<0x{byte:02X}>").as_bytes() == text)?;
            pieces.fallback[usize::from(byte)].replace(id).is_none().then_some(())
        }
        UNKNOWN | CONTROL | USER_DEFINED => {
            let name = std::str::from_utf8(text).ok()?.to_owned();
            // One that is never found.
            if kind == USER_DEFINED && name.contains(' ') {
                return None;
            }
            if kind == USER_DEFINED {
                push(&mut pieces.late, name.clone()).ok()?;
            }
            push(&mut pieces.special, (name, id)).ok()?;
            Some(())
        }
        _ => None,
    }
}

/// The fields of a message, one after the other.
struct Fields<'d> {
    data: &'d [u8],
    at: usize,
}

/// The value of a field.
enum Value<'d> {
    Number(u64),
    Bytes(&'d [u8]),
    Float(f32),
    /// Eight bytes.
    Long,
}

impl Value<'_> {
    fn number(self) -> Option<u64> {
        if let Value::Number(number) = self { Some(number) } else { None }
    }
}

impl<'d> Fields<'d> {
    /// The next field; none at the end of the message. None if it is malformed.
    #[allow(clippy::option_option)] // the outer one is an error, for `?`
    fn next(&mut self) -> Option<Option<(u64, Value<'d>)>> {
        if self.at == self.data.len() {
            return Some(None);
        }
        let key = self.varint()?;
        let value = match key & 7 {
            0 => Value::Number(self.varint()?),
            1 => self.take(8).map(|_| Value::Long)?,
            2 => {
                let length = usize::try_from(self.varint()?).ok()?;
                Value::Bytes(self.take(length)?)
            }
            5 => Value::Float(f32::from_le_bytes(self.take(4)?.try_into().ok()?)),
            _ => return None,
        };
        Some(Some((key >> 3, value)))
    }

    fn take(&mut self, length: usize) -> Option<&'d [u8]> {
        let end = self.at.checked_add(length)?;
        let taken = self.data.get(self.at..end)?;
        self.at = end;
        Some(taken)
    }

    /// A number of 64 bits, seven in each byte: nine whole ones and, of a negative number, one bit in a tenth.
    fn varint(&mut self) -> Option<u64> {
        let mut number = 0;
        for shift in (0..70).step_by(7) {
            let byte = *self.data.get(self.at)?;
            self.at += 1;
            number |= u64::from(byte & 0x7F) << shift;
            if byte < 0x80 {
                return (shift < 63 || byte == 1).then_some(number);
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(number: u8, bytes: &[u8]) -> Vec<u8> {
        [&[number << 3 | 2, bytes.len() as u8][..], bytes].concat()
    }

    fn piece(text: &str, score: f32, kind: u8) -> Vec<u8> {
        let score = [&[2 << 3 | 5][..], &score.to_le_bytes()].concat();
        field(1, &[field(1, text.as_bytes()), score, vec![3 << 3, kind]].concat())
    }

    /// A file of two special tokens, the bytes, some characters and two words.
    fn file(trainer: &[u8], normalizer: &[u8]) -> Vec<u8> {
        let mut all = [piece("<unk>", 0.0, 2), piece("<x>", 0.0, 4)].concat();
        (0..=255u8).for_each(|byte| all.extend(piece(&format!("<0x{byte:02X}>"), 0.0, 6)));
        for (text, score) in
            [("a", 0.0), ("b", -1.0), ("▁", -2.0), ("é", -3.0), ("▁a", -4.0), ("▁ab", -5.0), ("b▁", -6.0)]
        {
            all.extend(piece(text, score, 1));
        }
        all.extend(field(2, trainer));
        all.extend(field(3, normalizer));
        all
    }

    const TRAINER: &[u8] = &[3 << 3, 2, 0x98, 2, 1]; // BPE, field 35
    const NORMALIZER: &[u8] = &[4 << 3, 0];

    #[test]
    fn by_hand() {
        let model = read_model(&file(TRAINER, NORMALIZER)).unwrap().unwrap();
        assert_eq!((model.special, model.late), (vec![("<unk>".into(), 0), ("<x>".into(), 1)], vec!["<x>".to_owned()]));
        assert!(model.has_prefix);
        let vocab = model.vocab.core();
        assert_eq!(
            (vocab.token_id(b" ab"), vocab.token_id(b"a"), vocab.token_id(b"\xFF")),
            (Some(263), Some(258), Some(257))
        );
        assert_eq!((vocab.merge_of(260, 258), vocab.token_id(b"b ")), (Some((0, 262)), Some(264)));
        let model = read_model(&file(TRAINER, &[4 << 3, 0, 3 << 3, 0])).unwrap().unwrap();
        assert!(!model.has_prefix);
    }

    #[test]
    fn numbers() {
        let number = |data: &[u8]| Fields { data, at: 0 }.varint();
        assert_eq!((number(&[5]), number(&[0x98, 2]), number(&[])), (Some(5), Some(280), None));
        assert_eq!((number(&[0x7F]), number(&[0x80, 1]), number(&[0x81, 1])), (Some(127), Some(128), Some(129)));
        let minus_one = [&[0xFF; 9][..], &[1]].concat();
        assert_eq!((number(&minus_one), number(&[0xFF; 10])), (Some(u64::MAX), None));
        assert_eq!(number(&[&[0xFF; 9][..], &[2]].concat()), None);
        assert_eq!(number(&[&[0xFF; 10][..], &[1]].concat()), None);
    }

    #[test]
    fn everything_else_is_declined() {
        let good = file(TRAINER, NORMALIZER);
        for length in (0..good.len()).step_by(5) {
            assert!(read_model(&good[..length]).unwrap().is_none());
        }
        for (trainer, normalizer) in [
            (&[3 << 3, 1, 0x98, 2, 1][..], NORMALIZER),
            (&[3 << 3, 2], NORMALIZER),
            (&[0x98, 2, 1], NORMALIZER),
            (&[3 << 3, 2, 0x98, 2, 1, 0xC0, 1, 1], NORMALIZER),
            (TRAINER, &[]),
            (TRAINER, &[4 << 3, 0, 2 << 3 | 2, 1, b'x']),
            (TRAINER, &[4 << 3, 0, 5 << 3, 0]),
            (TRAINER, &[4 << 3, 0, 3]),
        ] {
            assert!(read_model(&file(trainer, normalizer)).unwrap().is_none());
        }
        for more in [
            piece("c", 0.0, 5),
            field(1, &[]),
            field(1, &[3 << 3, 1]),
            piece("c", f32::NAN, 1),
            piece("zz", -9.0, 1),
            piece("a", -9.0, 1),
            piece("<0x41>", 0.0, 6),
            piece("x y", 0.0, 4),
        ] {
            assert!(read_model(&[good.clone(), more].concat()).unwrap().is_none());
        }
        assert!(read_model(&[good.clone(), piece("ba", -9.0, 1)].concat()).unwrap().is_some());
        assert!(read_model(&[good, piece("ba", -5.0, 1)].concat()).unwrap().is_none()); // shares a rank
    }

    #[test]
    fn a_field_of_each_kind_is_as_long_as_its_kind_says() {
        let data = [
            &[1 << 3, 7, 2 << 3 | 1][..],
            &[1; 8],
            &[3 << 3 | 2, 2, 5, 6, 4 << 3 | 5],
            &1.5_f32.to_le_bytes(),
            &[5 << 3, 9],
        ]
        .concat();
        let mut fields = Fields { data: &data, at: 0 };
        let mut next = || fields.next().unwrap();
        assert!(matches!(next(), Some((1, Value::Number(7)))) && matches!(next(), Some((2, Value::Long))));
        assert!(matches!(next(), Some((3, Value::Bytes(&[5, 6])))));
        assert!(matches!(next(), Some((4, Value::Float(1.5)))));
        assert!(matches!(next(), Some((5, Value::Number(9)))) && next().is_none());
    }
}
