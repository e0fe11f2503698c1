//! A text that changes, and its ids: after every change they are those of encoding the whole text again.
//!
//! This file does exactly that. Its subject is what a change does to the ids, the *splice*: by it, a caller who keeps something
//! for each id (a cache of a model, marks in an editor) keeps it for all that stay; and which token holds a byte of the text.
//!
//! By hand, with the merges `ab` and `abc`: the ids of `abxab` are `ab`, `x`, `ab`. With a `c` at its end, the last id is replaced: the
//! splice is (start 2, removed 1, ids `abc`). With a `c` before `x`, it is (0, 1, `abc`). So ids change before the place of
//! an edit; how far is bounded by the vocabulary, not by the text.
//!
//! Invariants: applying the splice to the old ids gives the new ones. The longest prefix stays, and of the rest the longest
//! suffix. A change that fails leaves text and ids as they were.
//!
//! Costs: those of encoding, each time. `fast/session` does it at the cost of the change.
//!
//! Implements SPEC L1, L2, L5 and L6.

use crate::error::Result;
use crate::reference::more::viable::is_viable;
use crate::reference::published::codecs::{Codec, Refused};
use crate::reference::published::preprocess::{Before, TokenFinder};

/// What a change did to the ids: from `start` on, `removed` ids were replaced by these.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Splice {
    /// The number of the first id that changed.
    pub start: usize,
    /// How many ids from there on are gone.
    pub removed: usize,
    /// The ids in their place.
    pub ids: Vec<u32>,
}

/// Returns what makes new ids of old ones, with the longest prefix that stays, then the longest suffix.
pub fn splice(old: &[u32], new: &[u32]) -> Result<Splice> {
    let start = common_prefix(old.iter(), new.iter());
    let (old, new) = (&old[start..], &new[start..]);
    let end = common_prefix(old.iter().rev(), new.iter().rev());
    let mut ids = Vec::new();
    ids.try_reserve_exact(new.len() - end)?;
    ids.extend_from_slice(&new[..new.len() - end]);
    Ok(Splice { start, removed: old.len() - end, ids })
}

/// Returns how many ids both begin with.
pub fn common_prefix<'i>(old: impl Iterator<Item = &'i u32>, new: impl Iterator<Item = &'i u32>) -> usize {
    old.zip(new).take_while(|(old, new)| old == new).count()
}

/// A text and its ids.
#[derive(Debug)]
pub struct Session<'c> {
    codec: &'c Codec,
    finder: TokenFinder,
    refused: Refused,
    pub text: Vec<u8>,
    pub ids: Vec<u32>,
}

impl<'c> Session<'c> {
    pub fn new(codec: &'c Codec, finder: TokenFinder, refused: Refused) -> Session<'c> {
        Session { codec, finder, refused, text: Vec::new(), ids: Vec::new() }
    }

    /// Replaces the bytes from `start` to `end`, and returns what that does to the ids.
    pub fn edit(&mut self, start: usize, end: usize, data: &[u8]) -> Result<Splice> {
        let text = [&self.text[..start], data, &self.text[end..]].concat();
        self.codec.check(&text, &self.refused, &self.finder, false, None)?;
        let ids = self.codec.encode(&text, &self.finder, false)?;
        let found = splice(&self.ids, &ids)?;
        (self.text, self.ids) = (text, ids);
        Ok(found)
    }

    /// Adds ids, which stay as they are until the next edit; or returns the number of the first that cannot come next.
    pub fn append_ids(&mut self, ids: &[u32]) -> Result<Option<usize>> {
        let together = [&self.ids, ids].concat();
        for (number, &id) in ids.iter().enumerate() {
            let longer = &together[..=self.ids.len() + number];
            if self.codec.token_bytes(id).is_none() || !is_viable(self.codec, &self.finder, longer)? {
                return Ok(Some(number));
            }
        }
        (self.text, self.ids) = (self.codec.decode_bytes(&together)?, together);
        Ok(None)
    }
}

/// Returns the index, among the ids of a text, of the first token that holds the byte at which a character begins; None where tokens do
/// not spell the text.
pub fn token_at(codec: &Codec, finder: &TokenFinder, text: &[u8], continues: bool, at: usize) -> Result<Option<usize>> {
    if codec.words.is_some() || codec.vocab.alphabet.symbols.is_some() || codec.vocab.alphabet.drops_bytes {
        return Ok(None);
    }
    let (mut number, mut found) = (0, None);
    let before = if continues { Before::Text } else { Before::Nothing };
    codec.preprocessor.segments(text, finder, before, None, &mut |segment| {
        let (part, mut ids, mut length) = (&segment.text, Vec::new(), 0);
        match segment.id {
            None => codec.encode_segment(&part.data, &mut ids)?,
            Some(id) => ids.push(id),
        }
        for &id in ids.iter().filter(|_| at < part.end) {
            length += codec.token_bytes(id).map_or(0, <[u8]>::len);
            let ends_there = segment.id.is_some() || length >= part.data.len() || part.origin(length - 1).1 > at;
            found = found.or(ends_there.then_some(number));
            number += 1;
        }
        if at >= part.end {
            number += ids.len();
        }
        Ok(())
    })?;
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_prefix_stays_then_the_longest_suffix() {
        for (old, new, start, removed, ids) in [
            (&[1, 2, 3][..], &[1, 2, 3][..], 3, 0, &[][..]),
            (&[1, 2, 3], &[1, 4, 3], 1, 1, &[4]),
            (&[1, 3], &[1, 3, 3], 2, 0, &[3]),
            (&[1, 3, 3], &[1, 3], 2, 1, &[]),
            (&[], &[7], 0, 0, &[7]),
            (&[7, 8], &[], 0, 2, &[]),
        ] {
            assert_eq!(splice(old, new), Ok(Splice { start, removed, ids: ids.to_vec() }), "{old:?} {new:?}");
        }
    }
}
