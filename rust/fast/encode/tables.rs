//! The tables of a vocabulary, made for speed. They never change once they are made, and all threads share them.

use super::byte_cuts::ByteCuts;
use super::exceptions::Exceptions;
use super::made_by_merges::made_by_merges;
use super::merges_from_ranks::Recovered;
use super::merges_from_scores::FromScores;
use super::pair_table::PairTable;
use super::piece_key::{MAX_KEY_BYTES, key_of};
use super::static_cuts::StaticCuts;
use crate::once::Once;
use crate::vocab::{Tokens, Vocab};
use std::sync::Arc;

/// A large cache is first filled with the tokens below this id, which are the most frequent. To put in all of a quarter of a
/// million takes longer than what is met of them saves.
const SEEDED: u32 = 3 << 14;

/// What encoding looks up.
#[derive(Debug)]
pub struct Tables {
    vocab: Arc<Vocab>,
    pairs: Option<PairTable>,
    /// Where pieces are not taken whole, only a large cache asks what merges make, and it is found out then.
    exceptions: Once<Exceptions>,
    cuts: Once<StaticCuts>,
    byte_cuts: Once<ByteCuts>,
}

impl Tables {
    pub fn new(vocab: Arc<Vocab>) -> Tables {
        let Some(pairs) = PairTable::new(&vocab) else { return Tables::with(vocab, None, Exceptions::unknown()) };
        if vocab.merges_make_all {
            return Tables::with(vocab, Some(pairs), Exceptions::default());
        }
        if !vocab.whole_pieces {
            return Tables::of(vocab, Some(pairs), Once::new());
        }
        let made = made_by_merges(&vocab, &pairs, u32::MAX);
        let needed = made.needed(vocab.merges());
        let few = needed.len() < vocab.merges().len() / 4 * 3;
        let pairs = if few { PairTable::of_merges(&vocab, &needed) } else { Some(pairs) };
        let exceptions = Exceptions::of_made(&vocab, made.by_id);
        Tables::with(vocab, pairs, exceptions)
    }

    /// The tables of a vocabulary of ranks, with what was found out when its merges were.
    pub fn of_ranks(vocab: Arc<Vocab>, recovered: Recovered) -> Tables {
        let exceptions = Exceptions::of_ids(&vocab.tokens, &recovered.exceptions);
        Tables::with(vocab, Some(recovered.table), exceptions)
    }

    /// The tables of a vocabulary of scores, with what was found out when its merges were.
    pub fn of_scores(vocab: Arc<Vocab>, found: FromScores) -> Tables {
        let exceptions = Exceptions::of_made(&vocab, found.made);
        Tables::with(vocab, Some(found.table), exceptions)
    }

    fn with(vocab: Arc<Vocab>, pairs: Option<PairTable>, exceptions: Exceptions) -> Tables {
        Tables::of(vocab, pairs, Once::from(exceptions))
    }

    fn of(vocab: Arc<Vocab>, pairs: Option<PairTable>, exceptions: Once<Exceptions>) -> Tables {
        Tables { vocab, pairs, exceptions, cuts: Once::new(), byte_cuts: Once::new() }
    }

    pub(super) fn vocab(&self) -> &Arc<Vocab> {
        &self.vocab
    }

    /// The merges; None where the mirror has to do them.
    pub(in crate::fast) fn pairs(&self) -> Option<&PairTable> {
        self.pairs.as_ref()
    }

    /// What merges make of the bytes of tokens; of those that may be seeds only, where pieces are not taken whole.
    fn exceptions(&self) -> &Exceptions {
        self.exceptions.get_or_make(|| match &self.pairs {
            Some(pairs) => Exceptions::of_made(&self.vocab, made_by_merges(&self.vocab, pairs, SEEDED).by_id),
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
        let make = |exceptions: &Exceptions| StaticCuts::new(&self.vocab, exceptions);
        let whole = self.vocab.whole_pieces;
        self.cuts.get_or_make(|| if whole { make(self.exceptions()) } else { make(&Exceptions::default()) })
    }

    /// Where no merge reaches across, in a vocabulary of characters.
    pub(super) fn byte_cuts(&self) -> &ByteCuts {
        self.byte_cuts.get_or_make(|| ByteCuts::new(&self.vocab))
    }

    /// How many seeds there are at most.
    pub(super) fn most_seeds(&self) -> u32 {
        self.vocab.tokens.n_ids().min(SEEDED)
    }

    /// The keys of pieces of at most 13 bytes that are one token of an id below `end`, and the tokens: the most frequent.
    pub(super) fn seeds(&self, end: u32) -> impl Iterator<Item = (u128, u32)> {
        let exceptions = self.exceptions();
        let all = self.vocab.whole_pieces;
        let Tokens { bytes, spans } = &*self.vocab.tokens;
        (spans.iter().zip(0..end.min(SEEDED)).map(|(&(start, len), id)| (id, start as usize, len as usize)))
            .filter(move |&(id, _, len)| (1..=MAX_KEY_BYTES).contains(&len) && (all || exceptions.is_made(id)))
            .map(|(id, start, len)| (key_of(bytes, start, start + len), id))
    }
}
