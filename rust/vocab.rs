//! Ids <-> bytes, and the merges that connect them.
//!
//! A vocabulary gives every id its bytes. The single bytes are tokens; each merge joins two tokens into a new one. The *rank*
//! of a merge is the number that orders merges: encoding applies the lowest first. In a list of merges, merge k (counted from
//! 0) has rank k; in a vocabulary of ranks, the rank of a merge is the id that it makes.
//!
//! By hand: the merges (97, 98) and (256, 99) over the bytes in their own order make token 256 = `ab` and token 257 = `abc`.
//!
//! Published vocabularies come in two forms. One has merges. The other (tiktoken's files) has only ranks: the bytes and the
//! id of each token; two neighbours may merge whenever their concatenation is a token, lowest id first. If every token,
//! encoded with only the ranks below its own, becomes exactly two parts, those two parts are its merge, and both forms give
//! the same ids (proof: docs/algorithms.md, "Merges from ranks"). Otherwise every way to cut a token into two tokens is a
//! merge of that token's rank.
//!
//! Invariants: all 256 single bytes are tokens; both sides of a merge are tokens, and together they spell the token it makes;
//! ranks ascend.
//!
//! Costs, V tokens of L bytes: O(V L) space; recovering merges from ranks O(V L^2).
//!
//! Implements SPEC T1, T9 and E2.

use crate::error::{Error, Result};
use foldhash::fast::FixedState;
use foldhash::{HashMap, HashMapExt};
use hashbrown::HashTable;
use std::hash::BuildHasher;
use std::sync::OnceLock;

const LIMIT: u32 = 1 << 31;

/// Two ids, the id they make, and the rank that decides which merge comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Merge {
    pub left: u32,
    pub right: u32,
    pub id: u32,
    pub rank: u32,
}

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

    /// Gives an id its bytes.
    pub fn set(&mut self, id: u32, token: &[u8]) -> Result<()> {
        if id >= LIMIT {
            return Err(Error::Vocabulary(format!("token id {id} is not between 0 and {}", LIMIT - 1)));
        }
        check_length(self.bytes.len() + token.len())?;
        if self.spans.len() <= id as usize {
            self.spans.resize(id as usize + 1, HOLE);
        }
        self.spans[id as usize] = (self.bytes.len() as u32, token.len() as u32);
        self.bytes.extend_from_slice(token);
        Ok(())
    }

    /// Gives the id of a merge its bytes. Returns false if a side is not a token, or if the id has bytes already.
    pub fn join(&mut self, merge: &Merge) -> Result<bool> {
        let (Some(left), Some(right), None) = (self.get(merge.left), self.get(merge.right), self.get(merge.id)) else {
            return Ok(false);
        };
        let joined = [left, right].concat();
        self.set(merge.id, &joined).map(|()| true)
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

/// The tokens of an encoding and the merges between them, without the special tokens.
#[derive(Debug, Clone)]
pub struct Vocab {
    pub tokens: Tokens,
    pub merges: Vec<Merge>,
    /// A piece that equals a token becomes that token, even if merging would give other ids.
    pub whole_pieces: bool,
    /// True if the merges are known to make each token from its bytes, so that `whole_pieces` changes nothing; false if not
    /// known.
    pub merges_make_all: bool,
    pub byte_ids: [u32; 256],
    // Built on first use: building these two would take as long as loading a published vocabulary does.
    ids: OnceLock<HashTable<u32>>,
    by_pair: OnceLock<HashMap<(u32, u32), (u32, u32)>>,
}

impl Vocab {
    pub fn new(tokens: Tokens, merges: Vec<Merge>, whole_pieces: bool) -> Result<Vocab> {
        let mut by_pair = HashMap::with_capacity(merges.len());
        let vocab = Vocab::assemble(tokens, merges, whole_pieces)?;
        for merge in &vocab.merges {
            check_merge(&vocab.tokens, merge)?;
            if by_pair.insert((merge.left, merge.right), (merge.rank, merge.id)).is_some() {
                return Err(Error::Vocabulary(format!("the pair ({}, {}) is merged twice", merge.left, merge.right)));
            }
        }
        Ok(Vocab { by_pair: OnceLock::from(by_pair), ..vocab })
    }

    /// Builds a vocabulary from merges that are known to be consistent: each makes its token, and no pair occurs twice.
    pub fn assemble(tokens: Tokens, merges: Vec<Merge>, whole_pieces: bool) -> Result<Vocab> {
        let mut byte_ids = [u32::MAX; 256];
        for (id, token) in tokens.iter() {
            if let &[byte] = token {
                byte_ids[byte as usize] = id.min(byte_ids[byte as usize]);
            }
        }
        if let Some(byte) = byte_ids.iter().position(|&id| id == u32::MAX) {
            return Err(Error::Vocabulary(format!("the byte 0x{byte:02x} has no token")));
        }
        let merges_make_all = false;
        Ok(Vocab {
            tokens,
            merges,
            whole_pieces,
            merges_make_all,
            byte_ids,
            ids: OnceLock::new(),
            by_pair: OnceLock::new(),
        })
    }

    /// From pairs of ids in rank order: merge k makes id 256 + k. `byte_order[i]` is the byte of id i.
    pub fn from_merges(byte_order: &[u8], pairs: &[(u32, u32)]) -> Result<Vocab> {
        let mut sorted = byte_order.to_vec();
        sorted.sort_unstable();
        if !sorted.iter().copied().eq(0..=255) {
            return Err(Error::Vocabulary("the byte order is not a permutation of the 256 bytes".into()));
        }
        let mut tokens = Tokens::default();
        for (index, &byte) in byte_order.iter().enumerate() {
            tokens.set(index as u32, &[byte])?;
        }
        let mut merges = Vec::with_capacity(pairs.len());
        for (rank, &(left, right)) in pairs.iter().enumerate() {
            for side in [left, right] {
                if tokens.get(side).is_none() {
                    let reason = format!("merge {rank} joins {left} and {right}, but {side} is not a token before it");
                    return Err(Error::Vocabulary(reason));
                }
            }
            let id = 256 + rank as u32;
            let joined = join(&tokens, left, right);
            tokens.set(id, &joined)?;
            merges.push(Merge { left, right, id, rank: rank as u32 });
        }
        Vocab::new(tokens, merges, false)
    }

    /// From tokens with any ids, and pairs of ids in rank order (Hugging Face, GPT-2).
    pub fn from_tokens(ids: &[(Vec<u8>, u32)], pairs: &[(u32, u32)], whole_pieces: bool) -> Result<Vocab> {
        let tokens = tokens_by_id(ids)?;
        let by_bytes: HashMap<&[u8], u32> = ids.iter().map(|(token, id)| (token.as_slice(), *id)).collect();
        let mut merges = Vec::with_capacity(pairs.len());
        for (rank, &(left, right)) in pairs.iter().enumerate() {
            if tokens.get(left).is_none() || tokens.get(right).is_none() {
                let reason = format!("merge {rank} joins {left} and {right}, which are not both tokens");
                return Err(Error::Vocabulary(reason));
            }
            let joined = join(&tokens, left, right);
            let Some(&id) = by_bytes.get(joined.as_slice()) else {
                let shown = show(&joined);
                let reason = format!("merge {rank} joins {left} and {right} to {shown}, which is not a token");
                return Err(Error::Vocabulary(reason));
            };
            merges.push(Merge { left, right, id, rank: rank as u32 });
        }
        Vocab::new(tokens, merges, whole_pieces)
    }

    /// From the bytes and the rank of each token; the rank is also the id (tiktoken).
    pub fn from_ranks(ranks: &[(Vec<u8>, u32)]) -> Result<Vocab> {
        let tokens = tokens_by_id(ranks)?;
        let by_bytes: HashMap<&[u8], u32> = ranks.iter().map(|(token, rank)| (token.as_slice(), *rank)).collect();
        let recovered = recover_merges(&tokens, &by_bytes);
        let merges_make_all = recovered.is_some();
        let merges = recovered.unwrap_or_else(|| every_split(&tokens, &by_bytes));
        Ok(Vocab { merges_make_all, ..Vocab::new(tokens, merges, true)? })
    }

    /// Returns the bytes of an id; None if there is no such token.
    pub fn token_bytes(&self, id: u32) -> Option<&[u8]> {
        self.tokens.get(id)
    }

    /// Returns the id of a token's bytes (the lowest, if several ids share them); None if there is no such token.
    pub fn token_id(&self, token: &[u8]) -> Option<u32> {
        let ids = self.ids.get_or_init(|| index_by_bytes(&self.tokens));
        ids.find(hash(token), |&id| self.tokens.get(id) == Some(token)).copied()
    }

    /// Returns the rank and the id of the merge of two neighbours; None if they do not merge.
    pub fn merge_of(&self, left: u32, right: u32) -> Option<(u32, u32)> {
        let by_pair = self.by_pair.get_or_init(|| {
            self.merges.iter().map(|merge| ((merge.left, merge.right), (merge.rank, merge.id))).collect()
        });
        by_pair.get(&(left, right)).copied()
    }

    /// Returns the vocabulary as it was after its first merges (T9).
    pub fn truncate(&self, n_merges: usize) -> Result<Vocab> {
        let kept = self.merges[..n_merges.min(self.merges.len())].to_vec();
        let mut tokens = Tokens::default();
        let mut made = vec![false; self.tokens.n_ids() as usize];
        for merge in &kept {
            made[merge.id as usize] = true;
        }
        for (id, token) in self.tokens.iter().filter(|(id, token)| made[*id as usize] || token.len() == 1) {
            tokens.set(id, token)?;
        }
        Vocab::new(tokens, kept, self.whole_pieces)
    }
}

/// Maps the bytes of tokens, which stay in the arena, to ids; the lowest id, if several share them.
fn index_by_bytes(tokens: &Tokens) -> HashTable<u32> {
    let mut ids = HashTable::with_capacity(tokens.spans.len());
    for (id, token) in tokens.iter() {
        let same = |&other: &u32| tokens.get(other) == Some(token);
        ids.entry(hash(token), same, |&other| hash(tokens.get(other).unwrap_or_default())).or_insert(id);
    }
    ids
}

fn hash(token: &[u8]) -> u64 {
    FixedState::default().hash_one(token)
}

/// Checks that a merge joins two tokens into the one that their bytes spell.
fn check_merge(tokens: &Tokens, merge: &Merge) -> Result<()> {
    let Merge { left, right, id, .. } = *merge;
    match (tokens.get(left), tokens.get(right), tokens.get(id)) {
        (Some(left), Some(right), Some(made)) if made.strip_prefix(left) == Some(right) => Ok(()),
        _ => Err(Error::Vocabulary(format!("the merge of {left} and {right} does not make the token {id}"))),
    }
}

/// Checks that the arena is short enough for 32-bit offsets into it.
pub(crate) fn check_length(bytes: usize) -> Result<()> {
    if bytes > LIMIT as usize {
        return Err(Error::Vocabulary("the tokens are longer than 2 GiB together".into()));
    }
    Ok(())
}

fn join(tokens: &Tokens, left: u32, right: u32) -> Vec<u8> {
    [tokens.get(left).unwrap_or_default(), tokens.get(right).unwrap_or_default()].concat()
}

/// Formats a token as Python's `repr` does.
pub fn show(token: &[u8]) -> String {
    let quote = if token.contains(&b'\'') && !token.contains(&b'"') { '"' } else { '\'' };
    let escaped = token.escape_ascii().to_string();
    let escaped = if quote == '"' { escaped.replace("\\'", "'") } else { escaped.replace("\\\"", "\"") };
    format!("b{quote}{escaped}{quote}")
}

/// Inverts the mapping. Two tokens with one id contradict each other.
fn tokens_by_id(ids: &[(Vec<u8>, u32)]) -> Result<Tokens> {
    let mut tokens = Tokens::default();
    for (token, id) in ids {
        if let Some(other) = tokens.get(*id) {
            return Err(Error::Vocabulary(format!("id {id} stands for {} and for {}", show(other), show(token))));
        }
        tokens.set(*id, token)?;
    }
    Ok(tokens)
}

/// Returns the merge that makes each token, in rank order; None if a token is not made by one merge of lower ranks.
fn recover_merges(tokens: &Tokens, ranks: &HashMap<&[u8], u32>) -> Option<Vec<Merge>> {
    let mut merges = Vec::with_capacity(ranks.len());
    for (rank, token) in tokens.iter().filter(|(_, token)| token.len() > 1) {
        let &[left, right] = split_by_ranks(token, ranks, rank).as_slice() else { return None };
        merges.push(Merge { left: *ranks.get(left)?, right: *ranks.get(right)?, id: rank, rank });
    }
    Some(merges)
}

/// Encodes a token by the rule of ranks (E2), using only the ranks below a given one.
fn split_by_ranks<'t>(token: &'t [u8], ranks: &HashMap<&[u8], u32>, below: u32) -> Vec<&'t [u8]> {
    // Part i is the bytes from cuts[i] to cuts[i + 1].
    let mut cuts: Vec<usize> = (0..=token.len()).collect();
    while cuts.len() > 2 {
        let rank = |at: usize| ranks.get(&token[cuts[at]..cuts[at + 2]]).map_or(below, |&rank| rank.min(below));
        let Some((rank, at)) = (0..cuts.len() - 2).map(|at| (rank(at), at)).min() else { break };
        if rank >= below {
            break;
        }
        cuts.remove(at + 1);
    }
    cuts.windows(2).map(|cut| &token[cut[0]..cut[1]]).collect()
}

/// Returns every way to cut a token into two tokens, as a merge of the token's rank.
fn every_split(tokens: &Tokens, ranks: &HashMap<&[u8], u32>) -> Vec<Merge> {
    let mut merges = Vec::new();
    for (rank, token) in tokens.iter() {
        for cut in 1..token.len() {
            if let (Some(&left), Some(&right)) = (ranks.get(&token[..cut]), ranks.get(&token[cut..])) {
                merges.push(Merge { left, right, id: rank, rank });
            }
        }
    }
    merges
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_hand() {
        let order: Vec<u8> = (0..=255).collect();
        let vocab = Vocab::from_merges(&order, &[(97, 98), (256, 99)]).unwrap();
        assert_eq!(vocab.token_bytes(257), Some(&b"abc"[..]));
        assert_eq!((vocab.token_id(b"ab"), vocab.merge_of(97, 98)), (Some(256), Some((0, 256))));
        assert_eq!(vocab.truncate(1).unwrap().token_bytes(257), None);
    }
}
