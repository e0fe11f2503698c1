//! Ids <-> bytes, and the merges that connect them.
//!
//! A vocabulary gives every id its bytes. The single bytes are tokens; each merge joins two tokens into a new one. The *rank*
//! of a merge is the number that orders merges: encoding applies the lowest first. In a list of merges, merge k (counted from
//! 0) has rank k; in a vocabulary of ranks, the rank of a merge is the id that it makes.
//!
//! By hand: the merges (97, 98) and (256, 99) over the bytes in their own order make token 256 = `ab` and token 257 = `abc`.
//!
//! Published vocabularies come in three forms: with merges; with a rank for each token (tiktoken); with a score for each
//! (`SentencePiece`). [`ranks`](crate::reference::published::ranks) makes merges of ranks and scores.
//!
//! A vocabulary may start from characters instead of bytes, with a *fallback* id for each byte (S1). Then `a` and the byte
//! 0x61 are two ids with the same bytes: `token_id` returns the character's. A vocabulary of [`Symbols`] has an unknown token
//! instead of byte fallback (S7).
//!
//! On a first reading, take `from_merges`, `token_bytes`, `token_id` and `merge_of`: a vocabulary of merges over bytes. The
//! other constructors and fields are for published files.
//!
//! Invariants: each byte has a token, except those that UTF-8 never contains (E6), unless the vocabulary is of [`Symbols`];
//! both sides of a merge are tokens, and together they spell the token it makes; ranks ascend.
//!
//! Costs, V tokens of L bytes: O(V L) space; merges from ranks or scores O(V L^2).
//!
//! Implements SPEC T1, T9, E2, E6, S1, S2, S6, S7 and S8.

#![expect(
    clippy::cast_possible_truncation,
    reason = "there are 256 bytes; of more merges than ids, `Tokens::set` refuses the first whose id is 2^31"
)]

use crate::error::{Error, Result};
pub use crate::reference::published::characters::Symbols;
use crate::reference::published::characters::{add_fallback, characters, check_fallback, check_symbols};
use crate::reference::published::metaspace::MARKER;
pub use crate::reference::published::ranks::Merge;
use crate::reference::published::ranks::{Scored, every_split, merges_from_scores, recover_merges};
use crate::reference::tokens::{TokenIndex, ids_by_bytes};
pub use crate::reference::tokens::{Tokens, show};
use crate::support::interrupt;
use crate::support::once::Once;
use foldhash::{HashMap, HashMapExt, HashSet};
use std::sync::Arc;

/// The id of a byte without one.
pub const NO_ID: u32 = u32::MAX;

/// Returns whether a byte never occurs in UTF-8.
pub fn never_in_utf8(byte: u8) -> bool {
    matches!(byte, 0xC0 | 0xC1 | 0xF5..)
}

/// What pieces begin as.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Alphabet {
    /// Pieces begin as characters, and these are the ids of the 256 bytes (S1).
    pub fallback: Option<Vec<u32>>,
    /// A byte without a token is left out of a piece; it is an error otherwise (E6).
    pub drops_bytes: bool,
    /// What pieces begin as, instead of either (S7).
    pub symbols: Option<Symbols>,
}

impl Alphabet {
    /// What stands before the right side of a merge, and not in the token that the merge makes (S8).
    pub fn prefix(&self) -> &[u8] {
        self.symbols.as_ref().map_or(b"", |symbols| &symbols.prefix)
    }
}

/// The tokens of an encoding and the merges between them, without the special tokens.
#[derive(Debug, Clone)]
pub struct Vocab {
    pub tokens: Arc<Tokens>,
    // Every split of a vocabulary of ranks is made when first asked, as are the following.
    pub(crate) merges: Once<Vec<Merge>>,
    /// A piece that equals a token becomes that token, even if merging would give other ids.
    pub whole_pieces: bool,
    /// True if the merges are known to make each token from its bytes, so that `whole_pieces` changes nothing; false if not
    /// known.
    pub merges_make_all: bool,
    pub alphabet: Alphabet,
    /// The id of each byte, or of the character that it is; [`NO_ID`] for a byte without a token.
    pub byte_ids: [u32; 256],
    // Built when first asked: a published vocabulary is loaded in the time that these would take.
    pub(crate) ids: Once<TokenIndex>,
    pub(crate) by_pair: Once<HashMap<(u32, u32), (u32, u32)>>,
    joined: Once<BytePairs>,
    sorted_ids: Once<Vec<u32>>,
    longest: Once<usize>,
}

/// A set of pairs of bytes: for each left byte, the right ones as bits.
pub type BytePairs = Box<[[u64; 4]; 256]>;

impl Vocab {
    pub fn new(tokens: Tokens, merges: Vec<Merge>, whole_pieces: bool, alphabet: Alphabet) -> Result<Vocab> {
        let mut by_pair = HashMap::new();
        by_pair.try_reserve(merges.len())?;
        let fallbacks: HashSet<u32> = alphabet.fallback.iter().flatten().copied().collect();
        let vocab = Vocab::assemble(tokens, merges, whole_pieces, alphabet)?;
        for merge in vocab.merges() {
            check_merge(&vocab.tokens, merge, vocab.alphabet.prefix())?;
            if [merge.left, merge.right, merge.id].iter().any(|id| fallbacks.contains(id)) {
                let Merge { left, right, .. } = merge;
                let reason = format!("the merge of {left} and {right} is of a byte, which only characters may be");
                return Err(Error::Vocabulary(reason));
            }
            if by_pair.insert((merge.left, merge.right), (merge.rank, merge.id)).is_some() {
                return Err(Error::Vocabulary(format!("the pair ({}, {}) is merged twice", merge.left, merge.right)));
            }
        }
        Ok(Vocab { by_pair: Once::from(by_pair), ..vocab })
    }

    /// Builds a vocabulary from merges that are known to be consistent: each makes its token, and no pair occurs twice.
    pub fn assemble(
        tokens: impl Into<Arc<Tokens>>,
        merges: Vec<Merge>,
        whole_pieces: bool,
        alphabet: Alphabet,
    ) -> Result<Vocab> {
        let tokens = tokens.into();
        let fallback = alphabet.fallback.as_deref();
        if let Some(fallback) = fallback {
            check_fallback(&tokens, fallback)?;
        }
        let mut byte_ids = [NO_ID; 256];
        for (id, token) in tokens.iter() {
            if let &[byte] = token
                && fallback.is_none_or(|fallback| fallback[byte as usize] != id)
            {
                byte_ids[byte as usize] = id.min(byte_ids[byte as usize]);
            }
        }
        if let Some(symbols) = &alphabet.symbols {
            check_symbols(&tokens, symbols)?;
            if fallback.is_some() || alphabet.drops_bytes {
                let reason = "a vocabulary of symbols has no fallback ids, and does not drop bytes";
                return Err(Error::Vocabulary(reason.into()));
            }
        }
        for (byte, id) in byte_ids.iter_mut().enumerate().filter(|(_, id)| **id == NO_ID) {
            match fallback {
                Some(fallback) => *id = fallback[byte],
                None if alphabet.drops_bytes || alphabet.symbols.is_some() || never_in_utf8(byte as u8) => {}
                None => return Err(Error::Vocabulary(format!("the byte 0x{byte:02x} has no token"))),
            }
        }
        let merges_make_all = false;
        Ok(Vocab {
            tokens,
            merges: Once::from(merges),
            whole_pieces,
            merges_make_all,
            alphabet,
            byte_ids,
            ids: Once::new(),
            by_pair: Once::new(),
            joined: Once::new(),
            sorted_ids: Once::new(),
            longest: Once::new(),
        })
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
        Vocab::new(tokens, merges, false, Alphabet::default())
    }

    /// Makes a vocabulary of tokens with any ids, and pairs of ids in rank order (Hugging Face, GPT-2). The ids of the fallback are beside
    /// those of `ids`.
    pub fn from_tokens(
        ids: &[(Vec<u8>, u32)],
        pairs: &[(u32, u32)],
        whole_pieces: bool,
        alphabet: Alphabet,
    ) -> Result<Vocab> {
        let mut tokens = tokens_by_id(ids)?;
        let by_bytes = ids_by_bytes(ids.iter().map(|(token, id)| (token.as_slice(), *id)))?;
        let mut merges = Vec::new();
        merges.try_reserve_exact(pairs.len())?;
        for (rank, &(left, right)) in pairs.iter().enumerate() {
            if tokens.get(left).is_none() || tokens.get(right).is_none() {
                let reason = format!("merge {rank} joins {left} and {right}, which are not both tokens");
                return Err(Error::Vocabulary(reason));
            }
            interrupt::check()?;
            let joined = join(&tokens, left, right, alphabet.prefix())?;
            let Some(&id) = by_bytes.get(joined.as_slice()) else {
                let shown = show(&joined);
                let reason = format!("merge {rank} joins {left} and {right} to {shown}, which is not a token");
                return Err(Error::Vocabulary(reason));
            };
            merges.push(Merge { left, right, id, rank: rank as u32 });
        }
        add_fallback(&mut tokens, alphabet.fallback.as_deref())?;
        Vocab::new(tokens, merges, whole_pieces, alphabet)
    }

    /// Makes a vocabulary of the bytes and the rank of each token; the rank is also the id (tiktoken).
    pub fn from_ranks(ranks: &[(Vec<u8>, u32)]) -> Result<Vocab> {
        let tokens = tokens_by_id(ranks)?;
        let by_bytes = ids_by_bytes(ranks.iter().map(|(token, rank)| (token.as_slice(), *rank)))?;
        let recovered = recover_merges(&tokens, &by_bytes)?;
        let merges_make_all = recovered.is_some();
        let merges = recovered.map_or_else(|| every_split(&tokens, &by_bytes), Ok)?;
        Ok(Vocab { merges_make_all, ..Vocab::new(tokens, merges, true, Alphabet::default())? })
    }

    /// From tokens whose ids are their ranks, no two of the same bytes, where some token is not made by one merge of lower ranks:
    /// every split is a merge.
    pub fn with_every_split(tokens: Arc<Tokens>) -> Result<Vocab> {
        Ok(Vocab { merges: Once::new(), ..Vocab::assemble(tokens, Vec::new(), true, Alphabet::default())? })
    }

    /// From the bytes, id and score of each piece, and the id of each byte (`SentencePiece`; S2).
    pub fn from_scores(pieces: &[Scored], fallback: Vec<u32>) -> Result<Vocab> {
        let mut ids: HashMap<&[u8], u32> = HashMap::new();
        ids.try_reserve(pieces.len())?;
        for (piece, id, _) in pieces {
            let first = *ids.entry(piece).or_insert(*id);
            if first != *id {
                let reason = format!("the piece {} has the ids {first} and {id}", show(piece));
                return Err(Error::Vocabulary(reason));
            }
        }
        let mut tokens = Tokens::default();
        for (piece, id, _) in pieces {
            tokens.give(*id, piece)?;
        }
        let merges = merges_from_scores(pieces, &ids)?;
        add_fallback(&mut tokens, Some(&fallback))?;
        Vocab::new(tokens, merges, false, Alphabet { fallback: Some(fallback), ..Alphabet::default() })
    }

    /// All merges, in rank order.
    pub fn merges(&self) -> &[Merge] {
        self.merges.get_or_make(|| {
            let ranks = self.tokens.iter().map(|(rank, token)| (token, rank)).collect();
            // What is kept must be whole.
            interrupt::unwatched(|| every_split(&self.tokens, &ranks)).unwrap_or_default()
        })
    }

    /// Returns the bytes of an id; None if there is no such token.
    pub fn token_bytes(&self, id: u32) -> Option<&[u8]> {
        self.tokens.get(id)
    }

    /// Returns the id of a token's bytes (the lowest, if several ids share them); None if there is no such token.
    pub fn token_id(&self, token: &[u8]) -> Option<u32> {
        if let (Some(_), &[byte]) = (&self.alphabet.fallback, token) {
            return Some(self.byte_ids[usize::from(byte)]);
        }
        self.index().get(&self.tokens, token)
    }

    fn index(&self) -> &TokenIndex {
        self.ids.get_or_make(|| TokenIndex::new(&self.tokens))
    }

    /// Makes now what encoding would make at the first piece: the index of tokens, if pieces are looked up in it.
    pub fn prepare(&self) {
        if self.whole_pieces && !self.merges_make_all {
            self.index();
        }
    }

    /// Returns the rank and the id of the merge of two neighbours; None if they do not merge.
    pub fn merge_of(&self, left: u32, right: u32) -> Option<(u32, u32)> {
        let by_pair = self.by_pair.get_or_make(|| {
            self.merges().iter().map(|merge| ((merge.left, merge.right), (merge.rank, merge.id))).collect()
        });
        by_pair.get(&(left, right)).copied()
    }

    /// Every two bytes that stand side by side in a token that a merge makes.
    pub fn joined(&self) -> &BytePairs {
        self.joined.get_or_make(|| {
            let mut joined = Box::new([[0; 4]; 256]);
            for merge in self.merges() {
                for pair in self.tokens.get(merge.id).unwrap_or_default().windows(2) {
                    joined[pair[0] as usize][pair[1] as usize / 64] |= 1 << (pair[1] % 64);
                }
            }
            joined
        })
    }

    /// Returns the ids in the order of their bytes; of equal bytes, the lower id first.
    pub fn sorted_ids(&self) -> &[u32] {
        self.sorted_ids.get_or_make(|| {
            let mut tokens: Vec<_> = self.tokens.iter().map(|(id, token)| (token, id)).collect();
            tokens.sort_unstable();
            tokens.into_iter().map(|(_, id)| id).collect()
        })
    }

    /// Returns how many bytes the longest token has.
    pub fn longest(&self) -> usize {
        *self.longest.get_or_make(|| self.tokens.iter().map(|(_, token)| token.len()).max().unwrap_or(0))
    }

    /// Returns the last offset of a text that no merge and no character extends across; 0 if none is known (S6).
    ///
    /// What a merge makes is a token that holds the two bytes side by side. Beside a marker, which is yet to become a space, the
    /// bytes do not say.
    pub fn safe_cut(&self, text: &[u8]) -> usize {
        let joined = self.joined();
        let is_cut = |&at: &usize| {
            let [left, right] = [text[at - 1], text[at]].map(usize::from);
            let beside =
                MARKER.starts_with(&text[at..text.len().min(at + MARKER.len())]) || text[..at].ends_with(MARKER);
            right & 0xC0 != 0x80 && joined[left][right / 64] >> (right % 64) & 1 == 0 && !beside
        };
        (1..text.len()).rev().find(is_cut).unwrap_or(0)
    }

    /// Returns whether pieces may begin as a token: a byte, a character, a symbol, or the unknown token.
    pub fn is_first(&self, token: &[u8]) -> bool {
        if let Some(symbols) = &self.alphabet.symbols {
            let is_unknown = self.token_id(token) == symbols.unknown;
            return is_unknown || [token, symbols.without(token)].iter().any(|form| characters(form).count() == 1);
        }
        token.len() == 1 || (self.alphabet.fallback.is_some() && characters(token).count() == 1)
    }

    /// The vocabulary as it was after its first merges (T9).
    pub fn truncate(&self, n_merges: usize) -> Result<Vocab> {
        let merges = self.merges();
        let kept = merges[..n_merges.min(merges.len())].to_vec();
        let mut tokens = Tokens::default();
        let mut made = vec![false; self.tokens.n_ids() as usize];
        for merge in &kept {
            made[merge.id as usize] = true;
        }
        for (id, token) in self.tokens.iter().filter(|(id, token)| made[*id as usize] || self.is_first(token)) {
            tokens.set(id, token)?;
        }
        Vocab::new(tokens, kept, self.whole_pieces, self.alphabet.clone())
    }
}

/// Checks that a merge joins two tokens into the one that their bytes spell, without a prefix of the right one (S8).
fn check_merge(tokens: &Tokens, merge: &Merge, prefix: &[u8]) -> Result<()> {
    let Merge { left, right, id, .. } = *merge;
    match (tokens.get(left), tokens.get(right), tokens.get(id)) {
        (Some(left), Some(right), Some(made))
            if made.strip_prefix(left) == Some(right.strip_prefix(prefix).unwrap_or(right)) =>
        {
            Ok(())
        }
        _ => Err(Error::Vocabulary(format!("the merge of {left} and {right} does not make the token {id}"))),
    }
}

/// Checks, before any token is made, that those of the merges are no longer than `most` bytes together.
///
/// A merge can double a token: thirty short lines can stand for gigabytes.
pub fn check_token_bytes(pairs: &[(u32, u32)], most: u64) -> Result<()> {
    let mut lengths: Vec<u64> = vec![1; 256];
    let mut total = 0u64;
    for &(left, right) in pairs {
        // A side that is not a token yet is refused by `from_merges`.
        let length = |side: u32| lengths.get(side as usize).copied().unwrap_or(0);
        let length = length(left).saturating_add(length(right));
        lengths.push(length);
        total = total.saturating_add(length);
        if total > most {
            let last = lengths.len() - 257;
            let reason = format!("the tokens of merges 0 to {last} are longer than {most} bytes together");
            return Err(Error::Vocabulary(reason));
        }
    }
    Ok(())
}

fn join(tokens: &Tokens, left: u32, right: u32, prefix: &[u8]) -> Result<Vec<u8>> {
    let [left, right] = [left, right].map(|side| tokens.get(side).unwrap_or_default());
    let mut token = Vec::new();
    token.try_reserve_exact(left.len() + right.len())?;
    token.extend_from_slice(left);
    token.extend_from_slice(right.strip_prefix(prefix).unwrap_or(right));
    Ok(token)
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
