//! The tables of a vocabulary, made for speed. They never change once they are made, and all threads share them.

use super::byte_cuts::ByteCuts;
use super::merge_long::merge_long;
use super::merge_short::{WIDE_LANE, merge_short};
use super::pair_table::PairTable;
use super::piece_key::{MAX_KEY_BYTES, key_of};
use super::static_cuts::StaticCuts;
use crate::once::Once;
use crate::vocab::{Tokens, Vocab};
use std::sync::Arc;

/// What encoding looks up.
#[derive(Debug)]
pub(super) struct Tables {
    vocab: Arc<Vocab>,
    pairs: Option<PairTable>,
    warm: Once<Warm>,
    cuts: Once<StaticCuts>,
    byte_cuts: Once<ByteCuts>,
}

impl Tables {
    pub(super) fn new(vocab: Arc<Vocab>) -> Tables {
        let pairs = PairTable::new(&vocab);
        Tables { vocab, pairs, warm: Once::new(), cuts: Once::new(), byte_cuts: Once::new() }
    }

    pub(super) fn vocab(&self) -> &Vocab {
        &self.vocab
    }

    /// The merges; None where the mirror has to do them.
    pub(super) fn pairs(&self) -> Option<&PairTable> {
        self.pairs.as_ref()
    }

    /// Whether merging the bytes of a token is known to give the token, for all of them.
    fn merges_make_all(&self) -> bool {
        self.vocab.merges_make_all || self.warm.get().is_some_and(|warm| warm.merges_make_all)
    }

    /// The token that a piece is as it stands, whatever merges make of it.
    #[inline]
    pub(super) fn whole(&self, piece: &[u8]) -> Option<u32> {
        let asked = self.vocab.whole_pieces && !self.merges_make_all();
        if asked { self.vocab.token_id(piece) } else { None }
    }

    /// Whether a part of a piece, cut where [`cuts`](Self::cuts) allows, has the ids that it has in the piece.
    pub(super) fn parts_are_pieces(&self) -> bool {
        self.merges_make_all() || !self.vocab.whole_pieces
    }

    /// Where a piece may be cut without changing its ids.
    pub(super) fn cuts(&self) -> &StaticCuts {
        self.cuts.get_or_make(|| StaticCuts::new(&self.vocab))
    }

    /// Where no merge reaches across, in a vocabulary of characters.
    pub(super) fn byte_cuts(&self) -> &ByteCuts {
        self.byte_cuts.get_or_make(|| ByteCuts::new(&self.vocab))
    }

    /// The keys of the pieces of at most 13 bytes that are one token of an id below `end`, and the tokens.
    pub(super) fn seeds(&self, end: u32) -> impl Iterator<Item = (u128, u32)> {
        let warm = self.warm.get_or_make(|| Warm::new(self));
        let known = self.vocab.whole_pieces || warm.merges_make_all;
        let Tokens { bytes, spans } = &self.vocab.tokens;
        let short = move |id: u32, len: usize| id < end && (1..=MAX_KEY_BYTES).contains(&len);
        (spans.iter().zip(0..).map(|(&(start, len), id)| (id, start as usize, len as usize)))
            .filter(move |&(id, _, len)| short(id, len) && (known || warm.made[id as usize]))
            .map(|(id, start, len)| (key_of(bytes, start, start + len), id))
    }
}

/// What is known of a vocabulary once its first cache was seeded.
#[derive(Debug)]
struct Warm {
    /// By id, whether the merges make the token of its bytes; empty if they make all of them.
    made: Vec<bool>,
    /// Whether the merges make every token of its bytes, so that whole pieces need no look-up.
    merges_make_all: bool,
}

impl Warm {
    fn new(tables: &Tables) -> Warm {
        let vocab = &*tables.vocab;
        if vocab.merges_make_all {
            return Warm { made: Vec::new(), merges_make_all: true };
        }
        let made = made_by_merges(tables);
        let merges_make_all = vocab.tokens.iter().all(|(id, token)| token.is_empty() || made[id as usize]);
        Warm { made: if merges_make_all { Vec::new() } else { made }, merges_make_all }
    }
}

/// By id, whether merging the token's bytes gives the token.
pub(super) fn made_by_merges(tables: &Tables) -> Vec<bool> {
    let tokens = &tables.vocab.tokens;
    let mut made = vec![false; tokens.n_ids() as usize];
    let Some(pairs) = tables.pairs() else { return made };
    let mut check = |id: u32, symbols: &[u32]| made[id as usize] = symbols.len() == 1 && pairs.id(symbols[0]) == id;
    let all = || tokens.iter().filter(|(_, token)| !token.is_empty());
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
