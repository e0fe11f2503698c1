//! `SentencePiece`'s `.model` -> vocabularies. Must equal `python/minitok/formats/sentencepiece.py` where it answers.
//!
//! The file is a protocol buffer: fields of a number, a type and a value. Read are pieces (1), the trainer's options (2) and the
//! normalizer's (3); of a piece its text (1), score (2) and type (3, 1 if it is left out).
//!
//! By hand: `0a 09 0a 02 e2 96 ...`: field 1 of 9 bytes, a piece, whose field 1 has 2 bytes, its text.

use super::decline::Decline::NotMine;
use super::decline::{Read, answer, only_if};
use super::token_table::{TokenTable, spaced};
use crate::error::Result;
use crate::fast::util::fallible::{all_of, concat, filled, push};
use crate::fast::vocab::FastVocab;
use crate::reference::published::characters::add_fallback;
use crate::support::interrupt;

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
    answer(read_file(data))
}

fn read_file(data: &[u8]) -> Read<Model> {
    let mut pieces = Pieces { fallback: filled(None, 256)?, ..Pieces::default() };
    let mut options =
        Options { model: 1, byte_fallback: 0, suffix: 0, prefix: 1, extra_spaces: 1, escapes: 1, replaces: false };
    read_fields(data, &mut pieces, &mut options)?;
    let Options { model: BPE, byte_fallback: 1.., suffix: 0, extra_spaces: 0, escapes: 1.., replaces: false, prefix } =
        options
    else {
        return Err(NotMine);
    };
    let Pieces { table, scores, fallback, special, late, .. } = pieces;
    let vocab = of_scores(table, &scores, &fallback)?;
    Ok(Model { vocab, special, late, has_prefix: prefix != 0 })
}

fn read_fields(data: &[u8], pieces: &mut Pieces, options: &mut Options) -> Read<()> {
    let mut file = Fields::new(data);
    while let Some((number, value)) = file.next()? {
        match (number, value) {
            (1, Value::Bytes(piece)) => read_piece(piece, pieces)?,
            (2, Value::Bytes(trainer)) => {
                let mut fields = Fields::new(trainer);
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
                let mut fields = Fields::new(normalizer);
                while let Some((number, value)) = fields.next()? {
                    match (number, value) {
                        (2, Value::Bytes(map)) => options.replaces = !map.is_empty(),
                        (2, _) => return Err(NotMine),
                        (3, value) => options.prefix = value.number()?,
                        (4, value) => options.extra_spaces = value.number()?,
                        (5, value) => options.escapes = value.number()?,
                        _ => {}
                    }
                }
            }
            (1..=3, _) => return Err(NotMine),
            _ => {}
        }
        interrupt::check()?;
    }
    only_if(pieces.count > 0)
}

fn read_piece(data: &[u8], pieces: &mut Pieces) -> Read<()> {
    let (mut text, mut score, mut kind) = (&data[..0], 0.0, NORMAL);
    let mut fields = Fields::new(data);
    while let Some((number, value)) = fields.next()? {
        match (number, value) {
            (1, Value::Bytes(bytes)) => text = bytes,
            (2, Value::Float(float)) => score = f64::from(float),
            (3, Value::Number(number)) => kind = number,
            _ => return Err(NotMine),
        }
    }
    let id = pieces.count;
    pieces.count += 1;
    only_if(!text.is_empty() && !score.is_nan())?;
    match kind {
        NORMAL => {
            push(&mut pieces.scores, (id, score))?;
            pieces.table.add(id, |bytes| spaced(text, bytes))
        }
        BYTE => fallback_of(text, id, &mut pieces.fallback),
        UNKNOWN | CONTROL | USER_DEFINED => {
            // One with a space is never found.
            only_if(kind != USER_DEFINED || !text.contains(&b' '))?;
            if kind == USER_DEFINED {
                push(&mut pieces.late, owned(text)?)?;
            }
            push(&mut pieces.special, (owned(text)?, id))?;
            Ok(())
        }
        _ => Err(NotMine),
    }
}

/// Takes the id of a byte, which may have one only.
pub(super) fn fallback_of(token: &[u8], id: u32, fallback: &mut [Option<u32>]) -> Read<()> {
    let byte = (0..=255u8).find(|byte| format!("<0x{byte:02X}>").as_bytes() == token).ok_or(NotMine)?;
    only_if(fallback[usize::from(byte)].replace(id).is_none())
}

/// The vocabulary of pieces (ids and scores), each of which is in the table, and of ids for all bytes.
pub(super) fn of_scores(table: TokenTable, pieces: &[(u32, f64)], fallback: &[Option<u32>]) -> Read<FastVocab> {
    let (fallback, mut tokens) = (all_of(fallback)?.ok_or(NotMine)?, table.into_tokens()?);
    add_fallback(&mut tokens, Some(&fallback))?;
    FastVocab::of_scores(tokens, pieces, fallback)?.ok_or(NotMine)
}

/// A text of its own.
pub(super) fn owned(text: &[u8]) -> Read<String> {
    String::from_utf8(concat(&[text])?).map_err(|_| NotMine)
}

/// The fields of a message, one after the other.
pub(crate) struct Fields<'d> {
    data: &'d [u8],
    at: usize,
}

/// The value of a field.
pub(crate) enum Value<'d> {
    Number(u64),
    Bytes(&'d [u8]),
    Float(f32),
    /// Eight bytes.
    Long,
}

impl Value<'_> {
    fn number(self) -> Read<u64> {
        if let Value::Number(number) = self { Ok(number) } else { Err(NotMine) }
    }
}

impl<'d> Fields<'d> {
    pub fn new(data: &'d [u8]) -> Fields<'d> {
        Fields { data, at: 0 }
    }

    /// The place of the next field.
    pub fn at(&self) -> usize {
        self.at
    }

    /// The next field; none at the end of the message.
    pub fn next(&mut self) -> Read<Option<(u64, Value<'d>)>> {
        if self.at == self.data.len() {
            return Ok(None);
        }
        let key = self.varint()?;
        let value = match key & 7 {
            0 => Value::Number(self.varint()?),
            1 => self.take(8).map(|_| Value::Long)?,
            2 => {
                let length = usize::try_from(self.varint()?).map_err(|_| NotMine)?;
                Value::Bytes(self.take(length)?)
            }
            5 => Value::Float(f32::from_le_bytes(self.take(4)?.try_into().map_err(|_| NotMine)?)),
            _ => return Err(NotMine),
        };
        Ok(Some((key >> 3, value)))
    }

    fn take(&mut self, length: usize) -> Read<&'d [u8]> {
        let end = self.at.checked_add(length).ok_or(NotMine)?;
        let taken = self.data.get(self.at..end).ok_or(NotMine)?;
        self.at = end;
        Ok(taken)
    }

    /// A number of 64 bits, seven in each byte: nine whole ones and, of a negative number, one bit in a tenth.
    fn varint(&mut self) -> Read<u64> {
        let mut number = 0;
        for shift in (0..70).step_by(7) {
            let byte = *self.data.get(self.at).ok_or(NotMine)?;
            self.at += 1;
            number |= u64::from(byte & 0x7F) << shift;
            if byte < 0x80 {
                return only_if(shift < 63 || byte == 1).map(|()| number);
            }
        }
        Err(NotMine)
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
        let number = |data: &[u8]| Fields { data, at: 0 }.varint().ok();
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
