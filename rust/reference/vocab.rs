//! Ids <-> bytes, and the merges that connect them.
//!
//! A vocabulary gives every id its bytes. The single bytes are tokens; each merge joins two tokens into a new one. The *rank* of a
//! merge is the number that orders merges: encoding applies the lowest first. In a list of merges, merge k (counted from 0) has rank k.
//!
//! By hand: the merges (97, 98) and (256, 99) over the bytes in their own order make token 256 = `ab` and token 257 = `abc`.
//!
//! Vocabularies of published files may have ranks or scores instead of merges, and may begin from characters: [`vocabs`](crate::reference::published::vocabs) has these.
//!
//! Invariants: each byte has a token, but those that UTF-8 never contains need none (E6); both sides of a merge are tokens, and
//! together they spell the token it makes. The caller gives merges in the order of their ranks; several may share one.
//!
//! Costs, V tokens of L bytes: O(V L) time and space.
//!
//! Implements SPEC T1, T9 and E6.

#![expect(
    clippy::cast_possible_truncation,
    reason = "there are 256 bytes; of more merges than ids, `Tokens::set` refuses the first whose id is 2^31"
)]

use crate::error::{Error, Result};
use crate::reference::tokens::TokenIndex;
pub use crate::reference::tokens::{Tokens, show};
use crate::support::interrupt;
use crate::support::once::Once;
use foldhash::{HashMap, HashMapExt};
use std::sync::Arc;

/// The id of a byte without one.
pub const NO_ID: u32 = u32::MAX;

/// Returns whether a byte never occurs in UTF-8.
pub fn never_in_utf8(byte: u8) -> bool {
    matches!(byte, 0xC0 | 0xC1 | 0xF5..)
}

/// Two ids, the id they make, and the rank that decides which merge comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Merge {
    pub left: u32,
    pub right: u32,
    pub id: u32,
    pub rank: u32,
}

/// A vocabulary as [`encode_piece`](crate::reference::encode::encode_piece) sees it.
pub trait InitialParts {
    fn core(&self) -> &Vocab;

    /// Returns the ids that a piece begins as.
    fn initial_parts(&self, piece: &[u8]) -> Result<Vec<u32>>;
}

/// The tokens of an encoding and the merges between them, without the special tokens.
#[derive(Debug, Clone)]
pub struct Vocab {
    pub tokens: Arc<Tokens>,
    pub(crate) merges: Once<Vec<Merge>>,
    /// Makes the merges when they are first asked for, if they are not given.
    pub(crate) make_merges: fn(&Tokens) -> Vec<Merge>,
    /// A piece that equals a token becomes that token, even if merging would give other ids.
    pub whole_pieces: bool,
    /// The id of each byte, or of the character that it is; [`NO_ID`] for a byte without a token.
    pub byte_ids: [u32; 256],
    // Built when first asked: a published vocabulary is loaded in the time that these would take.
    pub(crate) ids: Once<TokenIndex>,
    pub(crate) by_pair: Once<HashMap<(u32, u32), (u32, u32)>>,
}

impl Vocab {
    pub fn new(tokens: Tokens, merges: Vec<Merge>, whole_pieces: bool) -> Result<Vocab> {
        let byte_ids = byte_ids(&tokens, |_| false);
        Vocab::check_tokens(&byte_ids)?;
        let mut vocab = Vocab::assemble(Arc::new(tokens), merges, whole_pieces, &byte_ids);
        vocab.index_merges(|vocab, merge| vocab.check_merge(merge, b""))?;
        Ok(vocab)
    }

    /// Builds a vocabulary from merges that are known to be consistent: each makes its token, and no pair occurs twice.
    pub fn assemble(tokens: Arc<Tokens>, merges: Vec<Merge>, whole_pieces: bool, byte_ids: &[u32; 256]) -> Vocab {
        let (merges, make_merges) = (Once::from(merges), (|_| Vec::new()) as fn(&Tokens) -> Vec<Merge>);
        Vocab { tokens, merges, make_merges, whole_pieces, byte_ids: *byte_ids, ids: Once::new(), by_pair: Once::new() }
    }

    /// Makes a vocabulary of pairs of ids in rank order: merge k makes id 256 + k. `byte_order[i]` is the byte of id i.
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
        let mut merges = Vec::new();
        merges.try_reserve_exact(pairs.len())?;
        for (rank, &(left, right)) in pairs.iter().enumerate() {
            for side in [left, right] {
                if tokens.get(side).is_none() {
                    let reason = format!("merge {rank} joins {left} and {right}, but {side} is not a token before it");
                    return Err(Error::Vocabulary(reason));
                }
            }
            interrupt::check()?;
            let id = 256 + rank as u32;
            let joined = join(&tokens, left, right, b"")?;
            tokens.set(id, &joined)?;
            merges.push(Merge { left, right, id, rank: rank as u32 });
        }
        Vocab::new(tokens, merges, false)
    }

    /// Checks that each byte has a token. ([`Tokens`] checks the ids.)
    pub fn check_tokens(byte_ids: &[u32; 256]) -> Result<()> {
        match (0..=255).find(|&byte| byte_ids[usize::from(byte)] == NO_ID && !never_in_utf8(byte)) {
            Some(byte) => Err(Error::Vocabulary(format!("the byte 0x{byte:02x} has no token"))),
            None => Ok(()),
        }
    }

    /// Checks the merges, and indexes them by their pairs.
    pub fn index_merges(&mut self, check: impl Fn(&Vocab, &Merge) -> Result<()>) -> Result<()> {
        let mut by_pair = HashMap::new();
        by_pair.try_reserve(self.merges().len())?;
        for merge in self.merges() {
            check(self, merge)?;
            if by_pair.insert((merge.left, merge.right), (merge.rank, merge.id)).is_some() {
                return Err(Error::Vocabulary(format!("the pair ({}, {}) is merged twice", merge.left, merge.right)));
            }
        }
        self.by_pair = Once::from(by_pair);
        Ok(())
    }

    /// Checks that a merge joins two tokens into the one that their bytes spell, without a prefix of the right one (S8).
    pub fn check_merge(&self, merge: &Merge, prefix: &[u8]) -> Result<()> {
        let Merge { left, right, id, .. } = *merge;
        match (self.tokens.get(left), self.tokens.get(right), self.tokens.get(id)) {
            (Some(left), Some(right), Some(made))
                if made.strip_prefix(left) == Some(right.strip_prefix(prefix).unwrap_or(right)) =>
            {
                Ok(())
            }
            _ => Err(Error::Vocabulary(format!("the merge of {left} and {right} does not make the token {id}"))),
        }
    }

    /// All merges, in rank order.
    pub fn merges(&self) -> &[Merge] {
        self.merges.get_or_make(|| (self.make_merges)(&self.tokens))
    }

    /// Returns the bytes of an id; None if there is no such token.
    pub fn token_bytes(&self, id: u32) -> Option<&[u8]> {
        self.tokens.get(id)
    }

    /// Returns the id of a token's bytes (the lowest, if several ids share them); None if there is no such token.
    pub fn token_id(&self, token: &[u8]) -> Option<u32> {
        if let &[byte] = token {
            return Some(self.byte_ids[usize::from(byte)]).filter(|&id| id != NO_ID);
        }
        self.index().get(&self.tokens, token)
    }

    pub(crate) fn index(&self) -> &TokenIndex {
        self.ids.get_or_make(|| TokenIndex::new(&self.tokens))
    }

    /// Returns the rank and the id of the merge of two neighbours; None if they do not merge.
    pub fn merge_of(&self, left: u32, right: u32) -> Option<(u32, u32)> {
        let by_pair = self.by_pair.get_or_make(|| {
            self.merges().iter().map(|merge| ((merge.left, merge.right), (merge.rank, merge.id))).collect()
        });
        by_pair.get(&(left, right)).copied()
    }

    /// Returns the vocabulary as it was after its first merges (T9).
    pub fn truncate(&self, n_merges: usize) -> Result<Vocab> {
        let (tokens, kept) = self.first_merges(n_merges, |token| token.len() == 1)?;
        Vocab::new(tokens, kept, self.whole_pieces)
    }

    /// Returns the first merges, and the tokens that they make or that are first parts of pieces.
    pub fn first_merges(&self, n_merges: usize, is_first: impl Fn(&[u8]) -> bool) -> Result<(Tokens, Vec<Merge>)> {
        let merges = self.merges();
        let kept = merges[..n_merges.min(merges.len())].to_vec();
        let mut tokens = Tokens::default();
        let mut made = vec![false; self.tokens.n_ids() as usize];
        for merge in &kept {
            made[merge.id as usize] = true;
        }
        for (id, token) in self.tokens.iter().filter(|(id, token)| made[*id as usize] || is_first(token)) {
            tokens.set(id, token)?;
        }
        Ok((tokens, kept))
    }
}

impl InitialParts for Vocab {
    fn core(&self) -> &Vocab {
        self
    }

    /// Returns the ids that a piece begins as: those of its bytes.
    fn initial_parts(&self, piece: &[u8]) -> Result<Vec<u32>> {
        let mut ids = Vec::new();
        ids.try_reserve_exact(piece.len())?;
        for &byte in piece {
            interrupt::check()?;
            match self.byte_ids[usize::from(byte)] {
                NO_ID => return Err(Error::MissingByte { byte, position: 0 }),
                id => ids.push(id),
            }
        }
        Ok(ids)
    }
}

impl<V: InitialParts> InitialParts for Arc<V> {
    fn core(&self) -> &Vocab {
        V::core(self)
    }

    fn initial_parts(&self, piece: &[u8]) -> Result<Vec<u32>> {
        V::initial_parts(self, piece)
    }
}

/// Returns the id of each byte: the lowest, without those that are passed over.
pub fn byte_ids(tokens: &Tokens, passed_over: impl Fn(u32) -> bool) -> [u32; 256] {
    let mut byte_ids = [NO_ID; 256];
    for (id, token) in tokens.iter() {
        if let &[byte] = token
            && !passed_over(id)
        {
            byte_ids[usize::from(byte)] = id.min(byte_ids[usize::from(byte)]);
        }
    }
    byte_ids
}

/// Returns the bytes of two tokens, one after the other, the right one without a prefix.
pub fn join(tokens: &Tokens, left: u32, right: u32, prefix: &[u8]) -> Result<Vec<u8>> {
    let [left, right] = [left, right].map(|side| tokens.get(side).unwrap_or_default());
    let mut token = Vec::new();
    token.try_reserve_exact(left.len() + right.len())?;
    token.extend_from_slice(left);
    token.extend_from_slice(right.strip_prefix(prefix).unwrap_or(right));
    Ok(token)
}
