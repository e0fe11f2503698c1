//! What the sets are made of: the tokens of a vocabulary by what the pattern sees of them, what completes characters, and what is kept.

#![expect(clippy::cast_possible_truncation, reason = "of a byte within a character, six bits are taken")]

use super::classes::{Classes, Positions};
use super::settled::Settled;
use crate::error::Result;
use crate::fast::util::fallible::{collect, concat, filled, push};
use crate::reference::merging::merge_parts;
use crate::reference::more::viable::{completions, length_of};
use crate::reference::published::codecs::Codec;
use crate::reference::published::vocabs::Vocab;
use crate::reference::published::vocabs::first_parts;
use crate::support::interrupt;
use crate::support::once::Once;
use foldhash::HashMap;
use std::sync::{Arc, Mutex};

/// How many kinds of tails, and rows of tokens that are not settled behind one, are kept.
const KEPT: usize = 64;

/// Ids as bits: 64 in each word, the lowest first.
pub type Bits = Vec<u64>;

/// What is known of the tokens that a kind of tail may be followed by.
pub(super) type Kept<K, V> = Mutex<Vec<(K, Arc<V>)>>;

/// For each kind of character that completes the beginning of one: one of them, and the tokens that what completes it may begin with.
pub(super) type Completing = Vec<(char, Vec<u32>)>;

#[derive(Debug)]
pub struct NextIds {
    pub(super) classes: Classes,
    pub(super) settled: Option<Settled>,
    /// The tokens that merging makes of their bytes.
    pub(super) made: Bits,
    /// The tokens that only a whole piece becomes (E2).
    pub(super) whole: Vec<u32>,
    /// Tokens that the pattern cannot tell apart.
    pub(super) groups: Vec<Group>,
    /// Tokens that begin inside a character.
    pub(super) inner: Vec<u32>,
    /// Tokens that end inside a character, where bytes stand for characters that are not tokens.
    pub(super) parts: Vec<u32>,
    pub(super) completing: Mutex<HashMap<Vec<u8>, Arc<Completing>>>,
    /// The first token of one, two and three bytes within a character, by their last six bits.
    pub(super) first_tokens: [Once<Vec<u32>>; 3],
    pub(super) kinds: Vec<Vec<u8>>,
    pub(super) states: Kept<(Vec<Positions>, Vec<u8>), Outcomes>,
    pub(super) rows: Kept<u32, Bits>,
}

/// Tokens of characters that the pattern cannot tell apart: a text of these characters, and the tokens, with whether each ends inside
/// the last of them.
#[derive(Debug)]
pub struct Group {
    pub text: String,
    pub tokens: Vec<(u32, bool)>,
}

/// Borders in a tail, as numbers of characters, and the tokens that may come behind it so.
#[derive(Debug)]
pub struct Outcomes(pub Vec<(Vec<usize>, Bits)>);

impl NextIds {
    /// None where that is not known: the pattern cuts bytes, or has too many sets.
    pub fn new(codec: &Codec) -> Result<Option<NextIds>> {
        let vocab = &codec.vocab;
        let Some(classes) = Classes::new(codec.pattern.source())? else { return Ok(None) };
        let kinds = collect(classes.each_kind().map(|(_, char)| char.to_string().into_bytes()))?;
        let settled = if vocab.alphabet.fallback.is_none() { Settled::new(vocab)? } else { None };
        let mut next = NextIds {
            classes,
            settled,
            made: filled(0, (vocab.tokens.n_ids() as usize).div_ceil(64))?,
            whole: Vec::new(),
            groups: Vec::new(),
            inner: Vec::new(),
            parts: Vec::new(),
            completing: Mutex::default(),
            first_tokens: [const { Once::new() }; 3],
            kinds,
            states: Mutex::default(),
            rows: Mutex::default(),
        };
        for (number, (id, token)) in vocab.tokens.iter().enumerate().filter(|(_, (_, token))| !token.is_empty()) {
            if number.is_multiple_of(1 << 10) {
                interrupt::check()?;
            }
            if merged(vocab, token)? == [id] {
                set(&mut next.made, id);
            } else if vocab.whole_pieces && vocab.token_id(token) == Some(id) {
                push(&mut next.whole, id)?;
            }
        }
        next.group_tokens(codec)?;
        Ok(Some(next))
    }

    /// The tokens that are settled behind a token.
    pub(super) fn behind(&self, vocab: &Vocab, last: u32) -> Result<Arc<Bits>> {
        if let Some(settled) = &self.settled {
            let mut bits = concat(&[&self.made])?;
            settled.remove_clashes(last, &mut bits);
            return Ok(Arc::new(bits));
        }
        kept(&self.rows, last, || {
            let (mut bits, left) = (filled(0, self.made.len())?, vocab.token_bytes(last).unwrap_or_default());
            for (number, (id, token)) in vocab.tokens.iter().enumerate() {
                if number.is_multiple_of(1 << 10) {
                    interrupt::check()?;
                }
                if has(&self.made, id) && merged(vocab, &concat(&[left, token])?)? == [last, id] {
                    set(&mut bits, id);
                }
            }
            Ok(bits)
        })
    }

    /// What completes the beginning of a character.
    pub(super) fn completing(&self, codec: &Codec, part: &[u8]) -> Result<Arc<Completing>> {
        if let Ok(known) = self.completing.lock()
            && let Some(found) = known.get(part)
        {
            return Ok(Arc::clone(found));
        }
        let mut by_kind: HashMap<usize, (char, Vec<u32>)> = HashMap::default();
        let missing = length_of(part).saturating_sub(part.len());
        for end in completions(part, missing) {
            let whole = concat(&[part, &end])?;
            let Some(char) = std::str::from_utf8(&whole).ok().and_then(|char| char.chars().next()) else { continue };
            let first = self.first_token(&codec.vocab, &end)?;
            by_kind.try_reserve(1)?;
            let (_, firsts) = by_kind.entry(self.classes.kind(char)).or_insert_with(|| (char, Vec::new()));
            if !firsts.contains(&first) {
                push(firsts, first)?;
            }
        }
        let made = Arc::new(collect(by_kind.into_values())?);
        if let Ok(mut known) = self.completing.lock() {
            known.try_reserve(1)?;
            known.insert(concat(&[part])?, Arc::clone(&made));
        }
        Ok(made)
    }
}

impl NextIds {
    /// The first token that merging makes of one to three bytes within a character.
    fn first_token(&self, vocab: &Vocab, end: &[u8]) -> Result<u32> {
        let table = &self.first_tokens[end.len() - 1];
        if table.get().is_none() {
            let (mut firsts, mut bytes) = (Vec::new(), filled(0x80, end.len())?);
            for number in 0..1_u32 << (6 * end.len()) {
                if number.is_multiple_of(1 << 10) {
                    interrupt::check()?;
                }
                bytes
                    .iter_mut()
                    .rev()
                    .enumerate()
                    .for_each(|(place, byte)| *byte = 0x80 | (number >> (6 * place)) as u8 & 0x3F);
                push(&mut firsts, merged(vocab, &bytes)?[0])?;
            }
            table.get_or_make(|| firsts);
        }
        let place = end.iter().fold(0, |place, byte| place << 6 | usize::from(byte & 0x3F));
        Ok(table.get().map_or(0, |firsts| firsts[place]))
    }
}

/// What is kept under a key, made now if it is not.
pub(super) fn kept<K: PartialEq, V>(all: &Kept<K, V>, key: K, make: impl FnOnce() -> Result<V>) -> Result<Arc<V>> {
    if let Ok(all) = all.lock()
        && let Some((_, value)) = all.iter().find(|(other, _)| *other == key)
    {
        return Ok(Arc::clone(value));
    }
    let value = Arc::new(make()?);
    if let Ok(mut all) = all.lock() {
        if all.len() >= KEPT {
            all.remove(0);
        }
        push(&mut all, (key, Arc::clone(&value)))?;
    }
    Ok(value)
}

pub fn has(bits: &[u64], id: u32) -> bool {
    bits.get(id as usize >> 6).is_some_and(|word| word >> (id & 63) & 1 == 1)
}

pub fn set(bits: &mut [u64], id: u32) {
    bits[id as usize >> 6] |= 1 << (id & 63);
}

/// The ids that merging gives some bytes.
pub(super) fn merged(vocab: &Vocab, bytes: &[u8]) -> Result<Vec<u32>> {
    merge_parts(|left, right| vocab.merge_of(left, right), first_parts(vocab, bytes)?)
}

/// A text, and the beginning of a character behind it; None if no text begins so.
pub(super) fn split_off_part(data: &[u8]) -> Option<(&str, &[u8])> {
    let text = match std::str::from_utf8(data) {
        Ok(text) => return Some((text, &[])),
        Err(error) if error.error_len().is_none() => std::str::from_utf8(&data[..error.valid_up_to()]).ok()?,
        Err(_) => return None,
    };
    Some((text, &data[text.len()..]))
}

/// Passes on where the pieces of some text end.
pub(super) fn each_border(codec: &Codec, data: &[u8], emit: &mut dyn FnMut(usize) -> Result<()>) -> Result<()> {
    let (mut at, mut done) = (0, Ok(()));
    codec.pattern.split(data, &mut |piece| {
        at += piece.len();
        if done.is_ok() {
            done = emit(at);
        }
    })?;
    done
}
