//! Tokens and their ids as a file lists them -> the tokens by id. Must equal `check_ids` of `python/minitok/arguments.py` and
//! `tokens_by_id` of `rust/reference/vocab.rs` where it answers.
//!
//! Costs: 12 bytes a token more than they have, until they are in order.

#![expect(clippy::cast_possible_truncation, reason = "`check_length` allows 2^31 bytes")]

use super::decline::{Decline, Read, only_if};
use crate::error::{Error, Result};
use crate::fast::util::fallible::{append, concat, filled, push};
use crate::reference::published::metaspace::MARKER;
use crate::reference::tokens::{HOLE, Tokens, check_length};
use memchr::memmem;

/// The greatest id.
pub const MAX_ID: u32 = (1 << 31) - 1;
/// How many ids may be gaps: a fixed number, and more for each token.
pub(crate) const MOST_HOLES: usize = 1 << 20;
pub(crate) const HOLES_A_TOKEN: usize = 16;

/// The tokens of a file, in its order.
#[derive(Debug, Default)]
pub struct TokenTable {
    bytes: Vec<u8>,
    /// Of each token, where it begins, its length and its id.
    rows: Vec<(u32, u32, u32)>,
}

impl TokenTable {
    /// Adds a token, whose bytes `write` appends to what is there; where it declines, the table is as it was.
    #[inline]
    pub(crate) fn add(&mut self, id: u32, write: impl FnOnce(&mut Vec<u8>) -> Read<()>) -> Read<()> {
        let start = self.bytes.len();
        if let Err(decline) = write(&mut self.bytes) {
            self.bytes.truncate(start);
            return Err(decline);
        }
        check_length(self.bytes.len()).map_err(|_| Decline::Memory)?;
        push(&mut self.rows, (start as u32, (self.bytes.len() - start) as u32, id))?;
        Ok(())
    }

    /// Adds a token.
    pub(crate) fn push(&mut self, id: u32, token: &[u8]) -> Result<()> {
        self.add(id, |bytes| Ok(append(bytes, token)?)).map_err(|_| Error::Memory)
    }

    /// How many tokens there are.
    pub(crate) fn len(&self) -> usize {
        self.rows.len()
    }

    /// The ids of the tokens, in the order of the file.
    pub(crate) fn ids(&self) -> impl Iterator<Item = u32> {
        self.rows.iter().map(|&(_, _, id)| id)
    }

    /// The bytes of the tokens and their ids, in the order of the file.
    pub(crate) fn rows(&self) -> impl ExactSizeIterator<Item = (&[u8], u32)> {
        self.rows.iter().map(|&(start, length, id)| (&self.bytes[start as usize..][..length as usize], id))
    }

    /// The tokens by id, where `id_of` says which id a token has, or that it is left out; the bytes are not in the table any more. Declined
    /// if two tokens have the same id, or if the ids have too many gaps.
    pub(crate) fn take_tokens(&mut self, id_of: impl Fn(u32) -> Option<u32>) -> Read<Tokens> {
        let ids = || self.ids().filter_map(&id_of);
        let n_ids = ids().max().map_or(0, |highest| highest as usize + 1);
        only_if(n_ids <= MAX_ID as usize + 1 && n_ids <= MOST_HOLES + HOLES_A_TOKEN * ids().count() + 1)?;
        let mut spans = filled(HOLE, n_ids)?;
        for &(start, length, id) in &self.rows {
            let Some(id) = id_of(id) else { continue };
            let before = std::mem::replace(&mut spans[id as usize], (start, length));
            only_if(before == HOLE)?;
        }
        Ok(Tokens { bytes: std::mem::take(&mut self.bytes), spans })
    }

    /// Puts the bytes back.
    pub(crate) fn put_back(&mut self, tokens: &Tokens) -> Result<()> {
        self.bytes = concat(&[&tokens.bytes])?;
        Ok(())
    }
}

/// Appends a token with its markers as spaces.
pub(crate) fn spaced(token: &[u8], out: &mut Vec<u8>) -> Read<()> {
    let mut at = 0;
    for marker in memmem::find_iter(token, MARKER) {
        append(out, &token[at..marker])?;
        push(out, b' ')?;
        at = marker + MARKER.len();
    }
    append(out, &token[at..])?;
    Ok(())
}

/// The number of up to ten decimal digits, if it can be an id.
#[inline]
pub fn id_of(digits: &[u8]) -> Option<u32> {
    if !(1..=10).contains(&digits.len()) {
        return None;
    }
    let number = digits
        .iter()
        .try_fold(0u64, |number, &digit| digit.is_ascii_digit().then(|| 10 * number + u64::from(digit - b'0')))?;
    u32::try_from(number).ok().filter(|&id| id <= MAX_ID)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(rows: &[(u32, &str)]) -> Read<Tokens> {
        let mut table = TokenTable::default();
        for &(id, token) in rows {
            table.add(id, |bytes| {
                bytes.extend_from_slice(token.as_bytes());
                Ok(())
            })?;
        }
        table.take_tokens(Some)
    }

    #[test]
    fn by_hand() {
        let tokens = table(&[(2, "bc"), (0, "a"), (4, "")]).unwrap();
        assert_eq!((tokens.get(0), tokens.get(1), tokens.get(2)), (Some(&b"a"[..]), None, Some(&b"bc"[..])));
        assert_eq!((tokens.get(4), tokens.n_ids()), (Some(&b""[..]), 5));
        assert_eq!(table(&[]).unwrap().n_ids(), 0);
        for rows in [&[(1, "a"), (1, "b")], &[(2_000_000_000, "a"), (0, "b")]] {
            assert_eq!(table(rows).unwrap_err(), Decline::NotMine);
        }
        // The highest id that a table of one token may have.
        let most = (MOST_HOLES + HOLES_A_TOKEN) as u32;
        assert!(table(&[(most, "a")]).is_ok() && table(&[(most + 1, "a")]).is_err());
        assert_eq!(id_of(b"2147483647"), Some(MAX_ID));
        assert!(
            ["", "-1", "+1", "2147483648", "00000000001", "1_0", "\u{b2}"]
                .iter()
                .all(|it| id_of(it.as_bytes()).is_none())
        );
    }
}
