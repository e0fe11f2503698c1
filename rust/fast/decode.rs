//! Ids -> bytes. Must equal `decode_bytes` of `rust/reference/decode.rs`.
//!
//! Nearly every token is at most 16 bytes long, so each id has 16 bytes and a length at hand. Decoding copies all 16,
//! whatever the length, and advances by the length: the next token overwrites the surplus. The lengths are summed
//! first, which finds unknown ids before anything is written, and lets the caller make the result in its final size.
//!
//! Costs: 17 bytes an id, and the longer tokens; about a nanosecond a token. Ids from 2^21 on (a special token may have any
//! id) are kept in a hash map.

#![expect(clippy::cast_possible_truncation, reason = "a length is at most INLINE, or one of a vector of this process")]

use crate::error::{Error, Result};
use crate::fast::util::fallible::{append, concat, filled, resize};
use crate::reference::published::vocabs::Vocab;
use crate::support::interrupt::{self, STRETCH};
use foldhash::{HashMap, HashMapExt};

const INLINE: usize = 16;
/// In place of a length: the token is longer, and its place in the arena stands in its bytes.
const LONG: u8 = 254;
/// In place of a length: there is no such token in the table.
const UNKNOWN: u8 = 255;
const DENSE: u32 = 1 << 21;

/// The bytes of all ids, made for speed.
#[derive(Debug)]
pub struct Decoder {
    lengths: Vec<u8>,
    inline: Vec<[u8; INLINE]>,
    arena: Vec<u8>,
    rest: HashMap<u32, Box<[u8]>>,
}

impl Decoder {
    /// A decoder of the tokens of a vocabulary, and of special tokens where the vocabulary has none.
    pub fn new<'s>(vocab: &'s Vocab, special: impl IntoIterator<Item = (u32, &'s [u8])>) -> Result<Decoder> {
        let dense = vocab.tokens.n_ids().min(DENSE) as usize;
        let mut decoder = Decoder {
            lengths: filled(UNKNOWN, dense)?,
            inline: filled([0; INLINE], dense)?,
            arena: Vec::new(),
            rest: HashMap::new(),
        };
        for (id, token) in vocab.tokens.iter().chain(special) {
            if decoder.token(id).is_none() {
                decoder.add(id, token)?;
            }
        }
        Ok(decoder)
    }

    fn add(&mut self, id: u32, token: &[u8]) -> Result<()> {
        if id >= DENSE {
            self.rest.try_reserve(1)?;
            self.rest.insert(id, concat(&[token])?.into());
            return Ok(());
        }
        let id = id as usize;
        if id >= self.lengths.len() {
            resize(&mut self.lengths, id + 1, UNKNOWN)?;
            resize(&mut self.inline, id + 1, [0; INLINE])?;
        }
        if token.len() <= INLINE {
            self.lengths[id] = token.len() as u8;
            self.inline[id][..token.len()].copy_from_slice(token);
        } else {
            self.lengths[id] = LONG;
            self.inline[id][..8].copy_from_slice(&(self.arena.len() as u64).to_le_bytes());
            self.inline[id][8..].copy_from_slice(&(token.len() as u64).to_le_bytes());
            append(&mut self.arena, token)?;
        }
        Ok(())
    }

    /// The bytes of memory that it takes.
    pub(super) fn memory(&self) -> usize {
        let rest: usize = self.rest.values().map(|token| token.len() + size_of::<(u32, Box<[u8]>)>()).sum();
        self.lengths.capacity() + self.inline.capacity() * INLINE + self.arena.capacity() + rest
    }

    /// The bytes of an id; None where there is no such token.
    pub fn token(&self, id: u32) -> Option<&[u8]> {
        match self.lengths.get(id as usize) {
            Some(&length @ 0..=16) => Some(&self.inline[id as usize][..usize::from(length)]),
            Some(&LONG) => {
                let number = |at: usize| {
                    let bytes = self.inline[id as usize][at..].first_chunk().copied().unwrap_or_default();
                    u64::from_le_bytes(bytes) as usize
                };
                Some(&self.arena[number(0)..][..number(8)])
            }
            _ => self.rest.get(&id).map(AsRef::as_ref),
        }
    }

    /// The number of bytes of the ids. The error names the first unknown id and its position.
    pub fn length(&self, ids: &[u32]) -> Result<usize> {
        let mut sum = 0;
        for (number, part) in ids.chunks(STRETCH).enumerate() {
            interrupt::check()?;
            for (&id, position) in part.iter().zip(number * STRETCH..) {
                sum += match self.lengths.get(id as usize) {
                    Some(&length) if usize::from(length) <= INLINE => usize::from(length),
                    _ => self.token(id).ok_or(Error::UnknownToken { id, position })?.len(),
                };
            }
        }
        Ok(sum)
    }

    /// Writes the bytes of the ids, which must all be known, into `out`, which must be as long as
    /// [`length`](Decoder::length) says. Returns the number of bytes written; with less room, it writes less.
    pub fn write(&self, ids: &[u32], out: &mut [u8]) -> usize {
        let mut at = 0;
        for &id in ids {
            let length = self.lengths.get(id as usize).map_or(UNKNOWN, |&length| length);
            if usize::from(length) <= INLINE
                && let Some(place) = out.get_mut(at..).and_then(<[u8]>::first_chunk_mut)
            {
                *place = self.inline[id as usize];
                at += usize::from(length);
                continue;
            }
            let room = out.get_mut(at..).unwrap_or_default();
            for (place, &byte) in room.iter_mut().zip(self.token(id).unwrap_or_default()) {
                *place = byte;
                at += 1;
            }
        }
        at
    }

    /// The bytes of the tokens, one after the other.
    pub fn decode(&self, ids: &[u32]) -> Result<Vec<u8>> {
        let mut bytes = Vec::new();
        self.append(ids, &mut bytes)?;
        Ok(bytes)
    }

    /// Appends the bytes of the tokens.
    pub fn append(&self, ids: &[u32], out: &mut Vec<u8>) -> Result<()> {
        let (mut at, length) = (out.len(), self.length(ids)?);
        out.try_reserve(length)?;
        let end = at + length;
        while out.len() < end {
            interrupt::check()?;
            resize(out, end.min(out.len() + STRETCH), 0)?;
        }
        for part in ids.chunks(STRETCH) {
            interrupt::check()?;
            at += self.write(part, &mut out[at..]);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reference::decode::decode_bytes;
    use crate::reference::published::vocabs::{Alphabet, Tokens};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn equals_the_mirror(
            more in prop::collection::btree_map(256u32..400, prop::collection::vec(any::<u8>(), 2..40), 0..60),
            special in prop::collection::btree_map(prop_oneof![250u32..420, 2_097_150u32..2_097_160], "[a-z]{1,40}", 0..9),
            ids in prop::collection::vec(prop_oneof![8 => 0u32..420, 1 => 2_097_150u32..2_097_160, 1 => any::<u32>()], 0..50),
        ) {
            let mut tokens = Tokens::default();
            for byte in 0..=255u8 {
                tokens.set(u32::from(byte), &[byte]).unwrap();
            }
            for (id, token) in &more {
                tokens.set(*id, token).unwrap();
            }
            let vocab = Vocab::new(tokens, Vec::new(), false, Alphabet::default()).unwrap();
            let decoder = Decoder::new(&vocab, special.iter().map(|(id, name)| (*id, name.as_bytes()))).unwrap();
            let token_bytes = |id: u32| vocab.token_bytes(id).or_else(|| special.get(&id).map(String::as_bytes));
            prop_assert_eq!(decoder.decode(&ids), decode_bytes(token_bytes, &ids));
            let known: Vec<u32> = ids.iter().copied().filter(|&id| token_bytes(id).is_some()).collect();
            prop_assert_eq!(decoder.decode(&known), decode_bytes(token_bytes, &known));
        }
    }

    #[test]
    fn ids_from_two_to_the_21_on_take_no_room_in_the_table() {
        let mut tokens = Tokens::default();
        (0..=255u8).for_each(|byte| tokens.set(u32::from(byte), &[byte]).unwrap());
        let vocab = Vocab::new(tokens, Vec::new(), false, Alphabet::default()).unwrap();
        let special = [(256, "<a>"), (1 << 21, "<b>"), (u32::MAX, "<c>")];
        let decoder = Decoder::new(&vocab, special.map(|(id, name)| (id, name.as_bytes()))).unwrap();
        assert_eq!(decoder.decode(&[u32::MAX, 256, 1 << 21]).unwrap(), b"<c><a><b>");
        assert_eq!((decoder.lengths.len(), decoder.inline.len(), decoder.rest.len()), (257, 257, 2));
    }

    #[test]
    fn tokens_of_sixteen_bytes_are_at_hand_and_longer_ones_apart() {
        let mut tokens = Tokens::default();
        (0..=255u8).for_each(|byte| tokens.set(u32::from(byte), &[byte]).unwrap());
        let vocab = Vocab::new(tokens, Vec::new(), false, Alphabet::default()).unwrap();
        let text = b"abcdefghijklmnopqrst";
        for length in 14..20 {
            let decoder = Decoder::new(&vocab, [(300, &text[..length])]).unwrap();
            assert_eq!(
                (decoder.token(300), decoder.length(&[300, 0, 300]).unwrap()),
                (Some(&text[..length]), 2 * length + 1)
            );
            assert_eq!(decoder.arena.len(), if length > 16 { length } else { 0 });
        }
    }
}
