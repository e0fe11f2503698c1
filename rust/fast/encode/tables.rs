//! The tables of a vocabulary, made for speed. They never change once they are made, and all threads share them.

use super::byte_cuts::ByteCuts;
use super::exceptions::Exceptions;
use super::merge_long::merge_long;
use super::merge_short::{WIDE_LANE, merge_short};
use super::merges_from_ranks::Recovered;
use super::merges_from_scores::FromScores;
use super::pair_table::PairTable;
use super::piece_key::{MAX_KEY_BYTES, key_of};
use super::static_cuts::StaticCuts;
use crate::once::Once;
use crate::vocab::{Tokens, Vocab};
use std::sync::Arc;

/// Where it is not known which tokens merges make, it is found out for those below this id, when a large cache is first filled. To
/// ask of all of a quarter of a million takes longer than what is met of them saves.
const CHECKED: u32 = 1 << 15;

/// What encoding looks up.
#[derive(Debug)]
pub struct Tables {
    vocab: Arc<Vocab>,
    pairs: Option<PairTable>,
    exceptions: Once<Exceptions>,
    cuts: Once<StaticCuts>,
    byte_cuts: Once<ByteCuts>,
}

impl Tables {
    pub fn new(vocab: Arc<Vocab>) -> Tables {
        let pairs = PairTable::new(&vocab);
        let tables = Tables::with_pairs(vocab, pairs);
        // Where pieces that are tokens are taken whole, the first miss asks which of them merges do not make.
        if tables.vocab.whole_pieces {
            tables.exceptions();
        }
        tables
    }

    /// The tables of a vocabulary of ranks, with what was found out when its merges were.
    pub fn of_ranks(vocab: Arc<Vocab>, recovered: Recovered) -> Tables {
        let exceptions = Exceptions::of_ids(&vocab.tokens, &recovered.exceptions);
        Tables { exceptions: Once::from(exceptions), ..Tables::with_pairs(vocab, Some(recovered.table)) }
    }

    /// The tables of a vocabulary of scores, with what was found out when its merges were.
    pub fn of_scores(vocab: Arc<Vocab>, found: FromScores) -> Tables {
        let exceptions = Exceptions::of_made(&vocab, found.made);
        Tables { exceptions: Once::from(exceptions), ..Tables::with_pairs(vocab, Some(found.table)) }
    }

    fn with_pairs(vocab: Arc<Vocab>, pairs: Option<PairTable>) -> Tables {
        Tables { vocab, pairs, exceptions: Once::new(), cuts: Once::new(), byte_cuts: Once::new() }
    }

    pub(super) fn vocab(&self) -> &Arc<Vocab> {
        &self.vocab
    }

    /// The merges; None where the mirror has to do them.
    pub(in crate::fast) fn pairs(&self) -> Option<&PairTable> {
        self.pairs.as_ref()
    }

    /// The tokens that merging their bytes does not give.
    fn exceptions(&self) -> &Exceptions {
        self.exceptions.get_or_make(|| match &self.pairs {
            _ if self.vocab.merges_make_all => Exceptions::default(),
            Some(pairs) => {
                let asked = |id, len| self.vocab.whole_pieces || can_be_seed(id, len, CHECKED);
                Exceptions::of_made(&self.vocab, made_by_merges(&self.vocab.tokens, pairs, asked))
            }
            None => Exceptions::unknown(),
        })
    }

    /// The token that a piece is as it stands, whatever merges make of it.
    #[inline]
    pub(super) fn whole(&self, piece: &[u8]) -> Option<u32> {
        if !self.vocab.whole_pieces {
            return None;
        }
        let exceptions = self.exceptions();
        if exceptions.are_known() { exceptions.find(piece) } else { self.vocab.token_id(piece) }
    }

    /// Whether a part of a piece, cut where [`cuts`](Self::cuts) allows, has the ids that it has in the piece.
    pub(super) fn parts_are_pieces(&self) -> bool {
        !self.vocab.whole_pieces || self.exceptions().are_known()
    }

    /// Where a piece may be cut without changing its ids.
    pub(super) fn cuts(&self) -> &StaticCuts {
        self.cuts.get_or_make(|| StaticCuts::new(&self.vocab, self.exceptions()))
    }

    /// Where no merge reaches across, in a vocabulary of characters.
    pub(super) fn byte_cuts(&self) -> &ByteCuts {
        self.byte_cuts.get_or_make(|| ByteCuts::new(&self.vocab))
    }

    /// The keys of the pieces of at most 13 bytes that are one token of an id below `end`, and the tokens.
    pub(super) fn seeds(&self, end: u32) -> impl Iterator<Item = (u128, u32)> {
        let exceptions = self.exceptions();
        let all = self.vocab.whole_pieces;
        let Tokens { bytes, spans } = &*self.vocab.tokens;
        let short = move |id: u32, len: usize| can_be_seed(id, len, end);
        (spans.iter().zip(0..).map(|(&(start, len), id)| (id, start as usize, len as usize)))
            .filter(move |&(id, _, len)| short(id, len) && (all || exceptions.is_made(id)))
            .map(|(id, start, len)| (key_of(bytes, start, start + len), id))
    }
}

/// Whether a token of an id and a length is one that a large cache is filled with.
fn can_be_seed(id: u32, len: usize, end: u32) -> bool {
    id < end && (1..=MAX_KEY_BYTES).contains(&len)
}

/// By id, whether merging the token's bytes gives the token; false for those that are not asked for, by their ids and lengths.
pub(super) fn made_by_merges(tokens: &Tokens, pairs: &PairTable, asked: impl Fn(u32, usize) -> bool) -> Vec<bool> {
    let mut made = vec![false; tokens.n_ids() as usize];
    let mut check = |id: u32, symbols: &[u32]| made[id as usize] = symbols.len() == 1 && pairs.id(symbols[0]) == id;
    let all = || tokens.iter().filter(|&(id, token)| !token.is_empty() && asked(id, token.len()));
    merge_short(pairs, all().filter(|(_, token)| token.len() <= WIDE_LANE), &mut check);
    let mut symbols = Vec::new();
    for (id, token) in all().filter(|(_, token)| token.len() > WIDE_LANE) {
        symbols.clear();
        if merge_long(pairs, token, &mut symbols).is_err() {
            continue; // The work is being stopped, or there is no memory: not known to be made.
        }
        check(id, &symbols);
    }
    made
}
