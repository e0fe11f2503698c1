//! Characters as merges of their bytes. Must equal `single_characters` of `rust/reference/encode.rs`.
//!
//! The merge engine starts from bytes, but a vocabulary with byte fallback from characters. So it is given more merges, ranked before
//! its own, which make each multi-byte character that is a token, byte by byte. The first bytes of a character have a *hidden id*,
//! above all others. One that is left in the end is replaced by the fallback ids of its bytes.
//!
//! By hand, with the token 中 (E4 B8 AD): the merges (E4, B8) -> H and (H, AD) -> 中. The bytes of 中 become the token, those
//! of 丮 (E4 B8 AE) become H and AE, which is the fallback ids of E4, B8 and AE.
//!
//! Such merges join only a byte that continues a character to what begins it, so they never reach beyond one. All of them come
//! before any other merge, so by then the parts are what the mirror starts from, hidden ids aside; and no merge of the
//! vocabulary has a hidden id, or the fallback id of such a byte, as a side.
//!
//! Cost: some hundred hidden ids for a vocabulary of 10,000 characters.

#![expect(
    clippy::cast_possible_truncation,
    reason = "hidden ids are fewer than the bytes of a vocabulary, which are 2^31 at most"
)]

use crate::error::Result;
use crate::fast::util::fallible::{collect, push};
use crate::reference::published::characters::characters;
use crate::reference::published::vocabs::{Merge, NO_ID, Vocab};
use foldhash::{HashMap, HashMapExt};
use std::collections::hash_map::Entry;

#[derive(Debug)]
pub struct HiddenIds {
    /// The first hidden id; those below are the vocabulary's.
    first: u32,
    parts: Vec<Vec<u32>>,
    /// Whether some byte has no token.
    lack_bytes: bool,
}

impl HiddenIds {
    /// The merges that come before those of a vocabulary with byte fallback, in order, ranked from 0 on; none without fallback.
    pub fn new(vocab: &Vocab) -> Result<(HiddenIds, Vec<Merge>)> {
        let lack_bytes = vocab.byte_ids.contains(&NO_ID);
        let mut hidden = HiddenIds { first: vocab.tokens.n_ids(), parts: Vec::new(), lack_bytes };
        let Some(fallback) = &vocab.alphabet.fallback else { return Ok((hidden, Vec::new())) };
        let mut merges = Vec::new();
        let mut by_bytes: HashMap<&[u8], u32> = HashMap::new();
        for (id, token) in vocab.tokens.iter().filter(|(_, token)| token.len() > 1) {
            // Of ids with the same bytes, the lowest counts; it comes first.
            if characters(token).nth(1).is_some() || by_bytes.contains_key(token) {
                continue;
            }
            let mut left = fallback[usize::from(token[0])];
            for end in 2..=token.len() {
                let (bytes, right) = (&token[..end], fallback[usize::from(token[end - 1])]);
                by_bytes.try_reserve(1)?;
                left = match by_bytes.entry(bytes) {
                    Entry::Occupied(known) => *known.get(),
                    Entry::Vacant(new) => {
                        let made = if end == token.len() { id } else { hidden.add(bytes, fallback)? };
                        let rank = merges.len() as u32;
                        push(&mut merges, Merge { left, right, id: made, rank })?;
                        *new.insert(made)
                    }
                };
            }
        }
        Ok((hidden, merges))
    }

    /// Whether a byte that is not a character by itself is a piece, apart from its fallback id: which of the two it becomes depends on
    /// its surroundings, so the mirror has to decide.
    pub fn are_ambiguous(vocab: &Vocab) -> bool {
        let bytes = vocab.alphabet.fallback.iter().flatten().zip(&vocab.byte_ids);
        bytes.skip(0x80).any(|(fallback, id)| fallback != id)
    }

    /// For a vocabulary of bytes that all have a token.
    pub fn none(n_ids: u32) -> HiddenIds {
        HiddenIds { first: n_ids, parts: Vec::new(), lack_bytes: false }
    }

    fn add(&mut self, bytes: &[u8], fallback: &[u32]) -> Result<u32> {
        let parts = collect(bytes.iter().map(|&byte| fallback[usize::from(byte)]))?;
        push(&mut self.parts, parts)?;
        Ok(self.first + self.parts.len() as u32 - 1)
    }

    #[inline]
    pub fn parts(&self, id: u32) -> Option<&[u32]> {
        self.parts.get(id.checked_sub(self.first)? as usize).map(Vec::as_slice)
    }

    pub fn memory(&self) -> usize {
        self.parts.iter().map(|parts| size_of_val(parts) + size_of_val(&**parts)).sum()
    }

    pub fn lack_bytes(&self) -> bool {
        self.lack_bytes
    }

    pub fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }

    /// More than the greatest id, hidden ids included.
    pub fn end(&self) -> u32 {
        self.first + self.parts.len() as u32
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reference::published::vocabs::Alphabet;

    fn vocab(pieces: &[&[u8]]) -> Vocab {
        let scored: Vec<(Vec<u8>, u32, f64)> =
            pieces.iter().zip(256..).map(|(piece, id)| (piece.to_vec(), id, 0.0)).collect();
        Vocab::from_scores(&scored, (0..256).collect()).unwrap()
    }

    #[test]
    fn by_hand() {
        let (hidden, merges) =
            HiddenIds::new(&vocab(&["a".as_bytes(), "中".as_bytes(), "丮".as_bytes(), "é".as_bytes()])).unwrap();
        let merges: Vec<[u32; 4]> =
            merges.iter().map(|merge| [merge.rank, merge.left, merge.right, merge.id]).collect();
        // E4 and B8 are hidden together: 260.
        assert_eq!(merges, [[0, 0xE4, 0xB8, 260], [1, 260, 0xAD, 257], [2, 260, 0xAE, 258], [3, 0xC3, 0xA9, 259]]);
        assert_eq!(hidden.parts(260), Some(&[0xE4, 0xB8][..]));
        assert!([0, 256, 259, 261].iter().all(|&id| hidden.parts(id).is_none()));
        assert_eq!((hidden.end(), hidden.is_empty(), hidden.lack_bytes()), (261, false, false));
        let order: Vec<u8> = (0..=255).collect();
        let (none, merges) = HiddenIds::new(&Vocab::from_merges(&order, &[(97, 98)]).unwrap()).unwrap();
        assert!(none.is_empty() && merges.is_empty() && none.end() == 257 && !none.lack_bytes());
    }

    #[test]
    fn a_byte_that_utf8_never_contains_may_be_missing() {
        let tokens: Vec<(Vec<u8>, u32)> = (0..=0xF4u8).map(|byte| vec![byte]).zip(0..).collect();
        let vocab = Vocab::from_tokens(&tokens, &[], false, Alphabet::default()).unwrap();
        assert!(HiddenIds::new(&vocab).unwrap().0.lack_bytes() && !HiddenIds::none(256).lack_bytes());
    }

    #[test]
    fn a_byte_that_is_a_piece_and_no_character_is_ambiguous() {
        let ambiguous = |pieces: &[&[u8]]| HiddenIds::are_ambiguous(&vocab(pieces));
        assert!(!ambiguous(&[b"a", "é".as_bytes(), b"\x7F"]));
        assert!(ambiguous(&[b"a", b"\x80"]) && ambiguous(&[b"\xE4"]));
    }
}
