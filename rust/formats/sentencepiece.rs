//! `SentencePiece`'s `.model`: BPE of characters with byte fallback (Llama 1 and 2, Mistral, and their kin). Must equal
//! `python/minitok/formats/sentencepiece.py`, which says what the fields are.

use super::definition::{Definition, Fields};
use super::ids::check_holes;
use super::value::Value;
use super::{NO_MARKER, Named, wrong};
use crate::error::{Error, Result};
use crate::fast::read::decline::{Decline, Read};
use crate::fast::read::sentencepiece::{Fields as Message, Value as Held, read_model};
use crate::fast::util::fallible::{concat, push};
use crate::fast::vocab::FastVocab;
use crate::reference::published::characters::add_fallback;
use crate::reference::published::metaspace::spaced;
use crate::reference::published::ranks::Scored;
use crate::reference::tokens::Tokens;
use crate::reference::vocab::{Alphabet, Vocab, show};
use foldhash::{HashSet, HashSetExt};
use std::collections::BTreeMap;

const NORMAL: u64 = 1;
const UNKNOWN: u64 = 2;
const CONTROL: u64 = 3;
const USER_DEFINED: u64 = 4;
const UNUSED: u64 = 5;
const BYTE: u64 = 6;
const MODELS: [(u64, &str); 4] = [(1, "Unigram"), (2, "BPE"), (3, "words"), (4, "characters")];

/// A piece: its text, score and type.
struct Piece {
    text: Vec<u8>,
    score: f64,
    kind: u64,
}

/// Options by number: a number, or how many bytes there are.
type Options = BTreeMap<u64, u64>;

/// Whether a file can be a `.model`: it begins with a piece, which begins with its text.
pub fn is_model(data: &[u8]) -> bool {
    data.first() == Some(&0x0A) && data.get(2) == Some(&0x0A)
}

/// The tokenizer of a file.
pub fn parse(data: &[u8]) -> Result<Definition> {
    let (vocab, special, late, has_prefix) = match read_model(data)? {
        Some(model) => (model.vocab, model.special, model.late, model.has_prefix),
        None => read_slowly(data)?,
    };
    let (fallback, late_marker) = (vocab.core().alphabet.fallback.as_ref(), late.iter().any(|name| name == "▁"));
    if !late_marker && fallback.is_some_and(|ids| vocab.core().token_id(b" ") == Some(ids[usize::from(b' ')])) {
        return Err(wrong(NO_MARKER));
    }
    let prefix = if has_prefix { "text" } else { "never" };
    let mut fields = Fields { pattern: "none".into(), prefix: Some(prefix.into()), ..Fields::default() };
    fields.late_tokens = late.into_iter().collect();
    let is_added: Vec<bool> = special.iter().map(|(name, _)| fields.late_tokens.contains(name)).collect();
    fields.find_tokens(special.into_iter().zip(is_added).map(|((name, id), is_added)| (name, id, is_added)));
    Ok(Definition { vocab, fields })
}

/// The vocabulary, the tokens that no merge makes, the user-defined ones of these, and whether a space comes first.
type Model = (FastVocab, Named, Vec<String>, bool);

fn read_slowly(data: &[u8]) -> Result<Model> {
    let (pieces, trainer, normalizer) = read_file(data)?;
    check_options(&trainer, &normalizer)?;
    let (mut scored, mut by_byte, mut special, mut late): (Vec<Scored>, _, Named, _) =
        (Vec::new(), vec![None; 256], Named::new(), Vec::new());
    let (mut unfound, mut names) = (Vec::new(), HashSet::new());
    for (Piece { text, score, kind }, id) in pieces.into_iter().zip(0u32..) {
        let spaces = |text: &[u8]| concat(&[&spaced(text)?]);
        match kind {
            NORMAL => push(&mut scored, (spaces(&text)?, id, score))?,
            BYTE => by_byte[usize::from(byte_of(&text, id)?)] = Some(id),
            UNUSED => {
                return Err(wrong(format!(
                    "the piece {id}, {}, is unused, which minitok does not support",
                    show(&text)
                )));
            }
            // One that holds a space is never found, as all spaces are markers by then: a token which nothing makes.
            USER_DEFINED if text.contains(&b' ') => {
                if text == b" " {
                    return Err(wrong(format!("the piece {id} is a space, which is a marker in text")));
                }
                push(&mut unfound, (id, spaces(&text)?))?;
            }
            _ => {
                let name = String::from_utf8_lossy(&text).into_owned();
                if names.insert(name.clone()) {
                    if kind == USER_DEFINED {
                        push(&mut late, name.clone())?;
                    }
                    push(&mut special, (name, id))?;
                }
            }
        }
    }
    if let Some(missing) = by_byte.iter().position(Option::is_none) {
        return Err(wrong(format!("the byte 0x{missing:02x} has no piece")));
    }
    let fallback: Vec<u32> = by_byte.into_iter().flatten().collect();
    check_holes(scored.iter().map(|&(_, id, _)| id).chain(fallback.iter().copied()))?;
    let vocab = Vocab::from_scores(&scored, fallback)?;
    let vocab = if unfound.is_empty() { vocab } else { with_more(&vocab, &unfound)? };
    Ok((FastVocab::new(vocab), special, late, normalizer.get(&3).copied().unwrap_or(1) != 0))
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

/// What a reader of a message says, as why the file is not read.
fn told<T>(read: Read<T>, at: usize) -> Result<T> {
    read.map_err(|decline| match decline {
        Decline::NotMine => wrong(format!("the file is truncated, or damaged, at byte {at}")),
        Decline::Memory => Error::Memory,
        Decline::Interrupted => Error::Interrupted,
    })
}

/// The pieces, and the options of the trainer and of the normalizer by their numbers.
fn read_file(data: &[u8]) -> Result<(Vec<Piece>, Options, Options)> {
    let (mut pieces, mut trainer, mut normalizer) = (Vec::new(), Options::new(), Options::new());
    let mut fields = Message::new(data);
    loop {
        let at = fields.at();
        match told(fields.next(), at)? {
            None => break,
            Some((1, Held::Bytes(piece))) => push(&mut pieces, read_piece(piece, at)?)?,
            Some((2, Held::Bytes(message))) => read_options(message, at, &mut trainer)?,
            Some((3, Held::Bytes(message))) => read_options(message, at, &mut normalizer)?,
            Some(_) => {}
        }
    }
    if pieces.is_empty() {
        Err(wrong("not a SentencePiece model: it has no pieces"))
    } else {
        Ok((pieces, trainer, normalizer))
    }
}

fn read_options(data: &[u8], at: usize, options: &mut Options) -> Result<()> {
    let mut fields = Message::new(data);
    while let Some((number, value)) = told(fields.next(), at)? {
        match value {
            Held::Number(held) => options.insert(number, held),
            Held::Bytes(bytes) => options.insert(number, bytes.len() as u64),
            Held::Float(_) | Held::Long => None,
        };
    }
    Ok(())
}

fn read_piece(data: &[u8], at: usize) -> Result<Piece> {
    let mut piece = Piece { text: Vec::new(), score: 0.0, kind: NORMAL };
    let mut fields = Message::new(data);
    while let Some(field) = told(fields.next(), at)? {
        match field {
            (1, Held::Bytes(text)) => piece.text = concat(&[text])?,
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
        format!("the model is {}; minitok reads BPE", name.unwrap_or_else(|| Value::Whole(model.cast_signed()).shown()))
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

/// The byte that `<0xE4>` names.
fn byte_of(text: &[u8], id: u32) -> Result<u8> {
    let byte = (0..=255u8).find(|byte| format!("<0x{byte:02X}>").as_bytes() == text);
    byte.ok_or_else(|| wrong(format!("the piece {id}, {}, does not name a byte", show(text))))
}
