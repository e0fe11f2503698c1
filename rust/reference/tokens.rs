//! Ids -> bytes: the tokens of a vocabulary, which Python keeps in a dict.
//!
//! By hand: the tokens `a` and `bc` with the ids 0 and 2 are the arena `abc` and the spans (0, 1), a gap, (1, 2).
//!
//! Costs: 8 bytes for each id, and the bytes of the tokens.

#![expect(clippy::cast_possible_truncation, reason = "`check_length` allows 2^31 bytes, and `set` ids below 2^31")]

use crate::error::{Error, Result};
use foldhash::fast::RandomState;
use foldhash::{HashMap, HashMapExt};
use hashbrown::HashTable;
use std::hash::BuildHasher;

const LIMIT: u32 = 1 << 31;

/// The bytes of each id, end to end in one arena; an id without a token is a gap.
#[derive(Debug, Clone, Default)]
pub struct Tokens {
    pub(crate) bytes: Vec<u8>,
    pub(crate) spans: Vec<(u32, u32)>,
}

pub(crate) const HOLE: (u32, u32) = (0, u32::MAX);

impl Tokens {
    pub fn get(&self, id: u32) -> Option<&[u8]> {
        let &(start, len) = self.spans.get(id as usize)?;
        if (start, len) == HOLE { None } else { Some(&self.bytes[start as usize..][..len as usize]) }
    }

    pub fn set(&mut self, id: u32, token: &[u8]) -> Result<()> {
        if id >= LIMIT {
            return Err(Error::Vocabulary(format!("token id {id} is not between 0 and {}", LIMIT - 1)));
        }
        check_length(self.bytes.len() + token.len())?;
        if self.spans.len() <= id as usize {
            self.spans.try_reserve(id as usize + 1 - self.spans.len())?;
            self.spans.resize(id as usize + 1, HOLE);
        }
        self.bytes.try_reserve(token.len())?;
        self.spans[id as usize] = (self.bytes.len() as u32, token.len() as u32);
        self.bytes.extend_from_slice(token);
        Ok(())
    }

    /// Gives an id its bytes, which it may have already.
    pub fn give(&mut self, id: u32, token: &[u8]) -> Result<()> {
        match self.get(id) {
            None => self.set(id, token),
            Some(other) if other == token => Ok(()),
            Some(other) => {
                let reason = format!("id {id} stands for {} and for {}", show(other), show(token));
                Err(Error::Vocabulary(reason))
            }
        }
    }

    /// Gives the id of a merge its bytes; false if a part has no token, or the id has one already.
    pub fn join(&mut self, left: u32, right: u32, id: u32) -> Result<bool> {
        let (Some(left), Some(right), None) = (self.get(left), self.get(right), self.get(id)) else {
            return Ok(false);
        };
        let joined = [left, right].concat();
        self.set(id, &joined).map(|()| true)
    }

    /// One more than the highest id; gaps count.
    pub fn n_ids(&self) -> u32 {
        self.spans.len() as u32
    }

    /// Iterates over the ids that have a token, ascending.
    pub fn iter(&self) -> impl Iterator<Item = (u32, &[u8])> + Clone {
        (0..self.n_ids()).filter_map(|id| self.get(id).map(|token| (id, token)))
    }
}

/// The ids by the bytes of their tokens, which stay in the arena. The hash is seeded at random, since tokens come from files
/// that may have been made to collide.
#[derive(Debug, Clone, Default)]
pub(crate) struct TokenIndex {
    pub(crate) ids: HashTable<u32>,
    seed: RandomState,
}

impl TokenIndex {
    /// Maps the bytes of tokens to ids; to the lowest id, if several share them.
    pub fn new(tokens: &Tokens) -> TokenIndex {
        let mut index = TokenIndex { ids: HashTable::with_capacity(tokens.spans.len()), seed: RandomState::default() };
        for (id, token) in tokens.iter() {
            let same = |&other: &u32| tokens.get(other) == Some(token);
            let hash = |token: &[u8]| index.seed.hash_one(token);
            index.ids.entry(hash(token), same, |&other| hash(tokens.get(other).unwrap_or_default())).or_insert(id);
        }
        index
    }

    pub fn get(&self, tokens: &Tokens, token: &[u8]) -> Option<u32> {
        self.ids.find(self.seed.hash_one(token), |&id| tokens.get(id) == Some(token)).copied()
    }
}

/// The ids, or the ranks, by the bytes of their tokens.
pub(crate) fn ids_by_bytes<'t>(ids: impl ExactSizeIterator<Item = (&'t [u8], u32)>) -> Result<HashMap<&'t [u8], u32>> {
    let mut by_bytes = HashMap::new();
    by_bytes.try_reserve(ids.len())?;
    by_bytes.extend(ids);
    Ok(by_bytes)
}

/// Checks that the arena is short enough for 32-bit offsets into it.
pub(crate) fn check_length(bytes: usize) -> Result<()> {
    if bytes > LIMIT as usize {
        return Err(Error::Vocabulary("the tokens are longer than 2 GiB together".into()));
    }
    Ok(())
}

/// Formats a token as Python's `repr` does.
pub fn show(token: &[u8]) -> String {
    let quote = if token.contains(&b'\'') && !token.contains(&b'"') { '"' } else { '\'' };
    let escaped = token.escape_ascii().to_string();
    let escaped = if quote == '"' { escaped.replace("\\'", "'") } else { escaped.replace("\\\"", "\"") };
    format!("b{quote}{escaped}{quote}")
}
