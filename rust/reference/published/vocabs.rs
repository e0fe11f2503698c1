//! The vocabularies of published files: of ranks, of scores, and of characters.
//!
//! They come in three forms: with merges; with a rank for each token (tiktoken); with a score for each (`SentencePiece`). [`ranks`](crate::reference::published::ranks)
//! makes merges of ranks and scores. In a vocabulary of ranks, the rank of a merge is the id that it makes.
//!
//! A vocabulary may start from characters instead of bytes, with a *fallback* id for each byte (S1). Then `a` and the byte 0x61
//! are two ids with the same bytes: `token_id` returns the character's. A vocabulary of [`Symbols`] has an unknown token
//! instead of byte fallback (S7).
//!
//! By hand: with the tokens `a` 0, `b` 1 and `ab` 2 and the merge (0, 1), a vocabulary that drops bytes encodes `abc` as 2.
//!
//! Invariants: those of `vocab`, except that bytes may be missing where they are dropped, and in a vocabulary of [`Symbols`];
//! there, a merge may drop the prefix of its right side.
//!
//! Costs, V tokens of L bytes: O(V L) space; merges from ranks or scores O(V L^2).
//!
//! Implements SPEC T9, E2, E6, S1, S2, S6, S7 and S8.

#![expect(
    clippy::cast_possible_truncation,
    reason = "of more merges than ids, `Tokens::set` refuses the first whose id is 2^31"
)]

use crate::error::{Error, Result};
pub use crate::reference::published::characters::Symbols;
use crate::reference::published::characters::{add_fallback, characters, check_fallback, check_symbols};
use crate::reference::published::metaspace::MARKER;
use crate::reference::published::ranks::{Scored, every_split, merges_from_scores, recover_merges};
use crate::reference::tokens::ids_by_bytes;
use crate::reference::vocab::{self, InitialParts, byte_ids, join};
pub use crate::reference::vocab::{Merge, NO_ID, Tokens, never_in_utf8, show};
use crate::support::interrupt;
use crate::support::once::Once;
use foldhash::{HashMap, HashMapExt, HashSet};
use std::ops::Deref;
use std::sync::Arc;

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

/// A vocabulary that may begin pieces as characters or symbols, and may lack bytes.
#[derive(Debug, Clone)]
pub struct Vocab {
    core: vocab::Vocab,
    /// True if the merges are known to make each token from its bytes, so that `whole_pieces` changes nothing; false if not
    /// known.
    pub merges_make_all: bool,
    pub alphabet: Alphabet,
    inner_pairs: Once<BytePairs>,
    sorted_ids: Once<Vec<u32>>,
    longest: Once<usize>,
}

/// A set of pairs of bytes: for each left byte, the right ones as bits.
pub type BytePairs = Box<[[u64; 4]; 256]>;

impl Deref for Vocab {
    type Target = vocab::Vocab;

    fn deref(&self) -> &vocab::Vocab {
        &self.core
    }
}

impl Vocab {
    pub fn new(tokens: Tokens, merges: Vec<Merge>, whole_pieces: bool, alphabet: Alphabet) -> Result<Vocab> {
        let mut vocab = Vocab::assemble(tokens, merges, whole_pieces, alphabet)?;
        let fallbacks: HashSet<u32> = vocab.alphabet.fallback.iter().flatten().copied().collect();
        let prefix = vocab.alphabet.prefix().to_vec();
        vocab.core.index_merges(|core, merge| {
            core.check_merge(merge, &prefix)?;
            if [merge.left, merge.right, merge.id].iter().any(|id| fallbacks.contains(id)) {
                let Merge { left, right, .. } = merge;
                let reason = format!("the merge of {left} and {right} is of a byte, which only characters may be");
                return Err(Error::Vocabulary(reason));
            }
            Ok(())
        })?;
        Ok(vocab)
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
        let is_fallback = |id| fallback.is_some_and(|fallback| fallback.contains(&id));
        let mut byte_ids = byte_ids(&tokens, is_fallback);
        Vocab::check_tokens(&tokens, &alphabet, &byte_ids)?;
        for (id, fallback) in byte_ids.iter_mut().zip(fallback.unwrap_or_default()).filter(|(id, _)| **id == NO_ID) {
            *id = *fallback;
        }
        Ok(Vocab::of(vocab::Vocab::assemble(tokens, merges, whole_pieces, &byte_ids), alphabet))
    }

    fn of(core: vocab::Vocab, alphabet: Alphabet) -> Vocab {
        let (inner_pairs, sorted_ids, longest) = (Once::new(), Once::new(), Once::new());
        Vocab { core, merges_make_all: false, alphabet, inner_pairs, sorted_ids, longest }
    }

    /// Makes a vocabulary of pairs of ids in rank order: merge k makes id 256 + k. `byte_order[i]` is the byte of id i.
    pub fn from_merges(byte_order: &[u8], pairs: &[(u32, u32)]) -> Result<Vocab> {
        Ok(Vocab::of(vocab::Vocab::from_merges(byte_order, pairs)?, Alphabet::default()))
    }

    /// Makes a vocabulary of tokens with any ids, and pairs of ids in rank order (Hugging Face, GPT-2). The fallback ids are not
    /// among `ids`.
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
        let mut vocab = Vocab::assemble(tokens, Vec::new(), true, Alphabet::default())?;
        vocab.core.merges = Once::new();
        vocab.core.make_merges = |tokens| {
            let ranks = tokens.iter().map(|(rank, token)| (token, rank)).collect();
            // What is kept must be whole.
            interrupt::unwatched(|| every_split(tokens, &ranks)).unwrap_or_default()
        };
        Ok(vocab)
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

    /// Checks that each byte has a token, a fallback id, or need not have one.
    pub fn check_tokens(tokens: &Tokens, alphabet: &Alphabet, byte_ids: &[u32; 256]) -> Result<()> {
        if let Some(symbols) = &alphabet.symbols {
            check_symbols(tokens, symbols)?;
            if alphabet.fallback.is_some() || alphabet.drops_bytes {
                let reason = "a vocabulary of symbols has no fallback ids, and does not drop bytes";
                return Err(Error::Vocabulary(reason.into()));
            }
        }
        if alphabet.fallback.is_some() || alphabet.drops_bytes || alphabet.symbols.is_some() {
            return Ok(());
        }
        vocab::Vocab::check_tokens(byte_ids)
    }

    /// Every two bytes that stand side by side in a token that a merge makes.
    pub fn inner_pairs(&self) -> &BytePairs {
        self.inner_pairs.get_or_make(|| {
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
        let inner_pairs = self.inner_pairs();
        let is_cut = |&at: &usize| {
            let [left, right] = [text[at - 1], text[at]].map(usize::from);
            let at_marker =
                MARKER.starts_with(&text[at..text.len().min(at + MARKER.len())]) || text[..at].ends_with(MARKER);
            right & 0xC0 != 0x80 && inner_pairs[left][right / 64] >> (right % 64) & 1 == 0 && !at_marker
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

    /// Returns the vocabulary as it was after its first merges (T9).
    pub fn truncate(&self, n_merges: usize) -> Result<Vocab> {
        let (tokens, kept) = self.first_merges(n_merges, |token| self.is_first(token))?;
        Vocab::new(tokens, kept, self.whole_pieces, self.alphabet.clone())
    }
}

impl InitialParts for Vocab {
    fn core(&self) -> &vocab::Vocab {
        &self.core
    }

    fn initial_parts(&self, piece: &[u8]) -> Result<Vec<u32>> {
        initial_parts(self, piece)
    }
}

/// Checks that the tokens of all merges have at most `most` bytes in total, before any is made.
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

/// Returns the ids that a piece begins as: of its bytes, its characters or its symbols.
pub fn initial_parts(vocab: &Vocab, piece: &[u8]) -> Result<Vec<u32>> {
    match (&vocab.alphabet.symbols, &vocab.alphabet.fallback) {
        (Some(symbols), _) => single_symbols(vocab, symbols, piece),
        (None, None) => single_bytes(vocab, piece),
        (None, Some(fallback)) => single_characters(vocab, fallback, piece),
    }
}

/// Returns the ids of the single bytes of a piece.
pub fn single_bytes(vocab: &Vocab, piece: &[u8]) -> Result<Vec<u32>> {
    let mut ids = Vec::new();
    ids.try_reserve_exact(piece.len())?;
    for &byte in piece {
        interrupt::check()?;
        let id = vocab.byte_ids[byte as usize];
        if id != NO_ID {
            ids.push(id);
        } else if !vocab.alphabet.drops_bytes {
            return Err(Error::MissingByte { byte, position: 0 });
        }
    }
    Ok(ids)
}

/// Returns the ids of the characters of a piece; for one that is not a token, the ids of its bytes.
pub fn single_characters(vocab: &Vocab, fallback: &[u32], piece: &[u8]) -> Result<Vec<u32>> {
    let mut ids = Vec::new();
    ids.try_reserve_exact(piece.len())?;
    for char in characters(piece) {
        interrupt::check()?;
        match vocab.token_id(char) {
            Some(id) => ids.push(id),
            None => ids.extend(char.iter().map(|&byte| fallback[byte as usize])),
        }
    }
    Ok(ids)
}

/// Returns the ids of the symbols of a piece; for one that is not a token, the unknown id, if there is one.
pub fn single_symbols(vocab: &Vocab, symbols: &Symbols, piece: &[u8]) -> Result<Vec<u32>> {
    let mut ids = Vec::new();
    ids.try_reserve_exact(piece.len())?;
    let mut fused = false; // whether the unknown id of the symbol before stands for this one too
    symbols.written(piece, |symbol| {
        interrupt::check()?;
        let known = vocab.token_id(symbol);
        ids.extend(known.or(symbols.unknown.filter(|_| !fused)));
        fused = known.is_none() && symbols.fuses;
        Ok(())
    })?;
    Ok(ids)
}
