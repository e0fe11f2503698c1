//! `SentencePiece`'s `.model`: BPE of characters with byte fallback (Llama 1 and 2, Mistral, and their kin).
//!
//! The file is a protocol buffer ([`protobuf`](super::protobuf)). Three messages are read: pieces (1), the trainer's options (2) and the
//! normalizer's (3); of a piece its text (1), score (2) and type (3, 1 if it is left out). A piece's score gives its rank (SPEC S2), and
//! ids are places in the list of pieces. Control pieces (`<s>`), which `sentencepiece` never finds in text, and the unknown piece become
//! special tokens. User-defined pieces, which it finds in every text, become added tokens: late ones, as the space is put before the text
//! first. It never finds one that holds a space, since all spaces are markers by then: that is a token which nothing makes.
//!
//! The ids are those of `sentencepiece`: they can differ from those of a `tokenizer.json` that was made from the file, which puts the
//! space before a text by another rule (SPEC S4).
//!
//! Refused by name: Unigram, words and characters as models; no byte fallback; a table of characters to replace
//! (`precompiled_charsmap`); `remove_extra_whitespaces`; unused pieces; no piece for spaces.

use super::definition::{Definition, Fields};
use super::ids::{check_holes, ids_of_bytes, named_byte, of_scores, unmarked};
use super::protobuf::{Held, Message};
use super::value::Value;
use super::{NO_MARKER, Named, wrong};
use crate::error::Result;
use crate::fast::util::fallible::{concat, push};
use crate::fast::vocab::FastVocab;
use crate::reference::published::characters::add_fallback;
use crate::reference::published::metaspace::spaced;
use crate::reference::published::vocabs::{Alphabet, Vocab, show};
use crate::reference::tokens::Tokens;
use crate::support::interrupt;
use foldhash::{HashSet, HashSetExt};
use std::collections::BTreeMap;

const NORMAL: u64 = 1;
const UNKNOWN: u64 = 2;
const CONTROL: u64 = 3;
const USER_DEFINED: u64 = 4;
const UNUSED: u64 = 5;
const BYTE: u64 = 6;
const MODELS: [(u64, &str); 4] = [(1, "Unigram"), (2, "BPE"), (3, "words"), (4, "characters")];

struct Piece<'d> {
    text: &'d [u8],
    score: f64,
    kind: u64,
}

/// Options by number: a number, or how many bytes there are.
type Options = BTreeMap<u64, u64>;

/// Whether a file can be a `.model`: it begins with a piece, which begins with its text.
pub fn is_model(data: &[u8]) -> bool {
    data.first() == Some(&0x0A) && data.get(2) == Some(&0x0A)
}

pub fn parse(data: &[u8]) -> Result<Definition> {
    let (pieces, trainer, normalizer) = read_file(data)?;
    check_options(&trainer, &normalizer)?;
    let Sorted { scores, fallback, special, late, unfound } = sort_pieces(&pieces)?;
    check_holes(scores.iter().map(|&(id, _)| id).chain(fallback.iter().copied()))?;
    let text_of = |id: u32| unmarked(pieces[id as usize].text);
    let vocab = of_scores(&scores, fallback, text_of)?;
    let vocab = if unfound.is_empty() { vocab } else { FastVocab::new(with_more(vocab.core(), &unfound)?) };
    if !late.iter().any(|name| name == "▁") && lacks_space(vocab.core()) {
        return Err(wrong(NO_MARKER));
    }
    let prefix = if normalizer.get(&3).is_none_or(|&has| has != 0) { "text" } else { "never" };
    let mut fields = Fields { pattern: "none".into(), prefix: Some(prefix.into()), ..Fields::default() };
    fields.late_tokens = late.into_iter().collect();
    let is_added: Vec<bool> = special.iter().map(|(name, _)| fields.late_tokens.contains(name)).collect();
    fields.find_tokens(special.into_iter().zip(is_added).map(|((name, id), is_added)| (name, id, is_added)));
    Ok(Definition { vocab, fields })
}

/// Whether a vocabulary of characters has no token for a space but that of its byte.
fn lacks_space(vocab: &Vocab) -> bool {
    let fallback = vocab.alphabet.fallback.as_ref();
    fallback.is_some_and(|ids| vocab.token_id(b" ") == Some(ids[usize::from(b' ')]))
}

/// What the pieces stand for: the normal ones by id, with their scores; the ids of the bytes; the tokens that are found in text, and
/// the names of those that are user-defined; and the tokens that nothing makes.
#[derive(Default)]
struct Sorted {
    scores: Vec<(u32, f64)>,
    fallback: Vec<u32>,
    special: Named,
    late: Vec<String>,
    unfound: Vec<(u32, Vec<u8>)>,
}

fn sort_pieces(pieces: &[Piece]) -> Result<Sorted> {
    let (mut sorted, mut names, mut by_byte) = (Sorted::default(), HashSet::new(), [None; 256]);
    for (&Piece { text, score, kind }, id) in pieces.iter().zip(0u32..) {
        interrupt::check()?;
        match kind {
            NORMAL => push(&mut sorted.scores, (id, score))?,
            BYTE => by_byte[usize::from(byte_of(text, id)?)] = Some(id),
            UNUSED => {
                return Err(wrong(format!(
                    "the piece {id}, {}, is unused, which minitok does not support",
                    show(text)
                )));
            }
            USER_DEFINED if text.contains(&b' ') => {
                if text == b" " {
                    return Err(wrong(format!("the piece {id} is a space, which is a marker in text")));
                }
                push(&mut sorted.unfound, (id, concat(&[&spaced(text)?])?))?;
            }
            _ => {
                let name = String::from_utf8_lossy(text).into_owned();
                names.try_reserve(1)?;
                if names.insert(name.clone()) {
                    if kind == USER_DEFINED {
                        push(&mut sorted.late, name.clone())?;
                    }
                    push(&mut sorted.special, (name, id))?;
                }
            }
        }
    }
    sorted.fallback = ids_of_bytes(&by_byte, "piece")?;
    Ok(sorted)
}

/// The vocabulary with tokens that nothing makes.
fn with_more(vocab: &Vocab, more: &[(u32, Vec<u8>)]) -> Result<Vocab> {
    let mut tokens = Tokens::default();
    let fallback = vocab.alphabet.fallback.clone().unwrap_or_default();
    for (id, token) in vocab.tokens.iter().filter(|(id, _)| !fallback.contains(id)) {
        tokens.set(id, token)?;
    }
    for (id, token) in more {
        tokens.set(*id, token)?;
    }
    add_fallback(&mut tokens, Some(&fallback))?;
    Vocab::new(tokens, vocab.merges().to_vec(), false, Alphabet { fallback: Some(fallback), ..Alphabet::default() })
}

/// The pieces, and the options of the trainer and of the normalizer by their numbers.
fn read_file(data: &[u8]) -> Result<(Vec<Piece<'_>>, Options, Options)> {
    let (mut pieces, mut trainer, mut normalizer) = (Vec::new(), Options::new(), Options::new());
    let mut fields = Message::new(data);
    loop {
        let at = fields.at;
        match fields.next_field()? {
            None => break,
            Some((1, Held::Bytes(piece))) => push(&mut pieces, read_piece(piece, at)?)?,
            Some((2, Held::Bytes(message))) => read_options(message, &mut trainer)?,
            Some((3, Held::Bytes(message))) => read_options(message, &mut normalizer)?,
            Some(_) => {}
        }
        interrupt::check()?;
    }
    if pieces.is_empty() {
        Err(wrong("not a SentencePiece model: it has no pieces"))
    } else {
        Ok((pieces, trainer, normalizer))
    }
}

fn read_options(mut fields: Message, options: &mut Options) -> Result<()> {
    while let Some((number, value)) = fields.next_field()? {
        match value {
            Held::Number(held) => options.insert(number, held),
            Held::Bytes(bytes) => options.insert(number, bytes.bytes().len() as u64),
            Held::Float(_) | Held::Long => None,
        };
    }
    Ok(())
}

fn read_piece(mut fields: Message, at: usize) -> Result<Piece> {
    let mut piece = Piece { text: &[], score: 0.0, kind: NORMAL };
    while let Some(field) = fields.next_field()? {
        match field {
            (1, Held::Bytes(text)) => piece.text = text.bytes(),
            (2, Held::Float(score)) => piece.score = f64::from(score),
            (3, Held::Number(kind)) => piece.kind = kind,
            _ => {}
        }
    }
    if piece.text.is_empty()
        || piece.score.is_nan()
        || !matches!(piece.kind, NORMAL | UNKNOWN | CONTROL | USER_DEFINED | UNUSED | BYTE)
    {
        return Err(wrong(format!("the piece at byte {at} has no text, no score or no known type")));
    }
    Ok(piece)
}

/// Refuses what would change ids in a way that is not supported.
fn check_options(trainer: &Options, normalizer: &Options) -> Result<()> {
    let of = |options: &Options, number, default| options.get(&number).copied().unwrap_or(default);
    let model = of(trainer, 3, 1);
    let refused = if model != 2 {
        let name = MODELS.iter().find(|(number, _)| *number == model).map(|&(_, name)| name.to_owned());
        format!(
            "the model is {}; minitok reads BPE",
            name.unwrap_or_else(|| Value::Whole(model.cast_signed().into()).shown())
        )
    } else if of(trainer, 35, 0) == 0 {
        "the model has no byte_fallback: unknown characters would be lost".into()
    } else if of(trainer, 24, 0) != 0 {
        "the model has treat_whitespace_as_suffix".into()
    } else if of(normalizer, 2, 0) != 0 {
        "the normalizer replaces characters (precompiled_charsmap), which minitok does not support".into()
    } else if of(normalizer, 4, 1) != 0 {
        "the normalizer has remove_extra_whitespaces, which minitok does not support".into()
    } else if of(normalizer, 5, 1) == 0 {
        "the normalizer does not write spaces as markers (escape_whitespaces)".into()
    } else {
        return Ok(());
    };
    Err(wrong(refused))
}

fn byte_of(text: &[u8], id: u32) -> Result<u8> {
    named_byte(text).ok_or_else(|| wrong(format!("the piece {id}, {}, does not name a byte", show(text))))
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

    fn refused(data: &[u8]) -> String {
        parse(data).err().map(|error| error.to_string()).unwrap_or_default()
    }

    #[test]
    fn by_hand() {
        let Definition { vocab, fields } = parse(&file(TRAINER, NORMALIZER)).unwrap();
        assert_eq!((fields.special_tokens, fields.added_tokens), (vec![("<unk>".into(), 0)], vec![("<x>".into(), 1)]));
        assert_eq!(fields.prefix.as_deref(), Some("text"));
        let vocab = vocab.core();
        assert_eq!(
            (vocab.token_id(b" ab"), vocab.token_id(b"a"), vocab.token_id(b"\xFF")),
            (Some(263), Some(258), Some(257))
        );
        assert_eq!((vocab.merge_of(260, 258), vocab.token_id(b"b ")), (Some((0, 262)), Some(264)));
        let fields = parse(&file(TRAINER, &[4 << 3, 0, 3 << 3, 0])).unwrap().fields;
        assert_eq!(fields.prefix.as_deref(), Some("never"));
    }

    #[test]
    fn what_is_wrong_is_said() {
        let good = file(TRAINER, NORMALIZER);
        for length in (0..good.len()).step_by(5) {
            assert_ne!(refused(&good[..length]), "");
        }
        for (trainer, normalizer, told) in [
            (&[3 << 3, 1, 0x98, 2, 1][..], NORMALIZER, "the model is Unigram"),
            (&[3 << 3, 2], NORMALIZER, "no byte_fallback"),
            (&[0x98, 2, 1], NORMALIZER, "the model is Unigram"),
            (&[3 << 3, 2, 0x98, 2, 1, 0xC0, 1, 1], NORMALIZER, "treat_whitespace_as_suffix"),
            (TRAINER, &[], "remove_extra_whitespaces"),
            (TRAINER, &[4 << 3, 0, 2 << 3 | 2, 1, b'x'], "precompiled_charsmap"),
            (TRAINER, &[4 << 3, 0, 5 << 3, 0], "escape_whitespaces"),
            (TRAINER, &[4 << 3, 0, 3], "has the unknown type 3"),
        ] {
            assert!(refused(&file(trainer, normalizer)).contains(told), "{told}");
        }
        for (more, told) in [
            (piece("c", 0.0, 5), "the piece 265, b'c', is unused"),
            (field(1, &[]), "has no text, no score or no known type"),
            (field(1, &[3 << 3, 1]), "has no text"),
            (piece("c", f32::NAN, 1), "no score"),
            (piece("<0x4>", 0.0, 6), "does not name a byte"),
            (piece(" ", 0.0, 4), "is a space, which is a marker"),
        ] {
            let error = refused(&[good.clone(), more].concat());
            assert!(error.contains(told), "{told}: {error}");
        }
        assert_eq!(refused(&[good.clone(), piece("ba", -9.0, 1)].concat()), "");
        assert_eq!(refused(&[good.clone(), piece("ba", -5.0, 1)].concat()), ""); // shares a rank
        assert_eq!(refused(&[good, piece("x y", 0.0, 4)].concat()), "");
    }
}
