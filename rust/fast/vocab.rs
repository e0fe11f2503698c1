//! A vocabulary of the mirror with the tables that its codecs share, and vocabularies of ranks in less time. Must equal `Vocab`
//! of `rust/reference/vocab.rs`, which it holds.

use crate::error::Result;
use crate::fast::encode::analysis::merges_from_ranks::merges_from_ranks;
use crate::fast::encode::analysis::merges_from_scores::merges_from_scores;
use crate::fast::encode::tables::Tables;
use crate::fast::token_bytes::join_all;
use crate::fast::util::fallible::{collect, concat};
use crate::reference::published::vocabs::{Alphabet, Merge, Tokens, Vocab, check_token_bytes};
use crate::support::interrupt;
use crate::support::once::Once;
use std::sync::Arc;

/// A vocabulary of the mirror, and its tables once they are made.
#[derive(Debug)]
pub struct FastVocab {
    core: Arc<Vocab>,
    tables: Once<Arc<Tables>>,
}

impl FastVocab {
    pub fn new(core: Vocab) -> FastVocab {
        FastVocab { core: Arc::new(core), tables: Once::new() }
    }

    /// As `Vocab::from_ranks`.
    pub fn from_ranks(ranks: &[(Vec<u8>, u32)]) -> Result<FastVocab> {
        let mut tokens = Tokens::default();
        let mut distinct = true;
        for (token, id) in ranks {
            distinct &= tokens.get(*id).is_none();
            tokens.set(*id, token)?;
        }
        let found = if distinct { FastVocab::of_ranks(tokens)? } else { None };
        found.map_or_else(|| Ok(FastVocab::new(Vocab::from_ranks(ranks)?)), Ok)
    }

    /// The vocabulary of tokens whose ids are their ranks; None if only the mirror can make it, or say what is wrong with it.
    pub fn of_ranks(tokens: impl Into<Arc<Tokens>>) -> Result<Option<FastVocab>> {
        let tokens = tokens.into();
        let Some(mut recovered) = merges_from_ranks(&tokens)? else { return Ok(None) };
        let core = if recovered.canonical {
            let merges = std::mem::take(&mut recovered.merges);
            let mut core = Vocab::assemble(tokens, merges, true, Alphabet::default())?;
            core.merges_make_all = true;
            core
        } else {
            Vocab::with_every_split(tokens)?
        };
        let core = Arc::new(core);
        let tables = Tables::of_ranks(Arc::clone(&core), recovered)?;
        Ok(Some(FastVocab { core, tables: Once::from(Arc::new(tables)) }))
    }

    /// The vocabulary of a byte order and pairs, whose tokens are `most_bytes` bytes long together at most; None as for `of_ranks`.
    pub fn of_pairs(byte_order: &[u8], pairs: &[(u32, u32)], most_bytes: u64) -> Result<Option<FastVocab>> {
        let mut tokens = Tokens::default();
        let mut sorted = concat(&[byte_order])?;
        sorted.sort_unstable();
        if !sorted.iter().copied().eq(0..=255) || check_token_bytes(pairs, most_bytes).is_err() {
            return Ok(None);
        }
        for (&byte, id) in byte_order.iter().zip(0..) {
            tokens.set(id, &[byte])?;
        }
        let merge = |(&(left, right), rank): (&(u32, u32), u32)| Merge { left, right, id: 256 + rank, rank };
        let merges: Vec<Merge> = collect(pairs.iter().zip(0..).map(merge))?;
        if join_all(&mut tokens, &merges)? < merges.len() {
            return Ok(None);
        }
        FastVocab::with_tables(Vocab::assemble(tokens, merges, false, Alphabet::default())?)
    }

    /// The vocabulary of pieces (ids and scores) among tokens, with byte fallback; None as for `of_ranks`.
    pub fn of_scores(tokens: Tokens, pieces: &[(u32, f64)], fallback: Vec<u32>) -> Result<Option<FastVocab>> {
        let alphabet = Alphabet { fallback: Some(fallback), ..Alphabet::default() };
        let plain = Vocab::assemble(tokens, Vec::new(), false, alphabet)?;
        let Some(mut found) = merges_from_scores(&plain, pieces)? else { return Ok(None) };
        let merges = std::mem::take(&mut found.merges);
        let core = Arc::new(Vocab::assemble(Arc::clone(&plain.tokens), merges, false, plain.alphabet)?);
        let tables = Tables::of_scores(Arc::clone(&core), found)?;
        Ok(Some(FastVocab { core, tables: Once::from(Arc::new(tables)) }))
    }

    /// The vocabulary of tokens and merges, each of which makes its token.
    pub fn of_merges(tokens: Tokens, merges: Vec<Merge>, whole_pieces: bool, alphabet: Alphabet) -> Result<FastVocab> {
        if alphabet.symbols.is_some() {
            return Ok(FastVocab::new(Vocab::new(tokens, merges, whole_pieces, alphabet)?));
        }
        let vocab = FastVocab::new(Vocab::assemble(tokens, merges, whole_pieces, alphabet)?);
        if vocab.tables()?.pairs().is_some() {
            return Ok(vocab);
        }
        // Only the mirror can merge, or say that a pair is merged twice.
        let (tokens, alphabet) = (&vocab.core().tokens, vocab.core().alphabet.clone());
        let tokens = Tokens { bytes: concat(&[&tokens.bytes])?, spans: concat(&[&tokens.spans])? };
        let merges = collect(vocab.core().merges().iter().copied())?;
        Ok(FastVocab::new(Vocab::new(tokens, merges, whole_pieces, alphabet)?))
    }

    /// A vocabulary whose merges are known to make their tokens; None if a pair is merged twice, or only the mirror can merge.
    fn with_tables(core: Vocab) -> Result<Option<FastVocab>> {
        let vocab = FastVocab::new(core);
        Ok(if vocab.tables()?.pairs().is_some() { Some(vocab) } else { None })
    }

    /// The vocabulary of the mirror.
    pub fn core(&self) -> &Arc<Vocab> {
        &self.core
    }

    /// The tables of the encoder, made now if they have not been.
    pub fn tables(&self) -> Result<&Arc<Tables>> {
        if let Some(tables) = self.tables.get() {
            return Ok(tables);
        }
        let tables = Tables::new(Arc::clone(&self.core))?;
        // What was stopped on the way is not kept.
        interrupt::check()?;
        Ok(self.tables.get_or_make(|| Arc::new(tables)))
    }
}

impl From<Vocab> for FastVocab {
    fn from(core: Vocab) -> FastVocab {
        FastVocab::new(core)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_vocabulary_of_ranks_is_what_the_mirror_makes() {
        for (words, makes_all) in [(&[&b"ab"[..], b"bc", b"abc"][..], true), (&[b"bc", b"abcd"], false)] {
            let words = words.iter().map(|word| word.to_vec());
            let ranks: Vec<(Vec<u8>, u32)> = (0..=255u8).map(|byte| vec![byte]).chain(words).zip(0..).collect();
            let (fast, mirror) = (FastVocab::from_ranks(&ranks).unwrap(), Vocab::from_ranks(&ranks).unwrap());
            let core = fast.core();
            assert!(core.whole_pieces && mirror.whole_pieces);
            assert_eq!((core.merges_make_all, mirror.merges_make_all), (makes_all, makes_all));
            assert_eq!((core.merges(), &core.alphabet), (mirror.merges(), &mirror.alphabet));
            assert!(core.tokens.iter().eq(mirror.tokens.iter()) && fast.tables.get().is_some());
        }
    }

    #[test]
    fn a_vocabulary_of_scores_is_what_the_mirror_makes() {
        let pieces = [(b"ab".to_vec(), 256, -1.0), (b"a".to_vec(), 257, -2.0), (b"b".to_vec(), 258, -3.0)];
        let fallback: Vec<u32> = (0..256).collect();
        let mirror = Vocab::from_scores(&pieces, fallback.clone()).unwrap();
        let scores: Vec<(u32, f64)> = pieces.iter().map(|&(_, id, score)| (id, score)).collect();
        let fast = FastVocab::of_scores(Tokens::clone(&mirror.tokens), &scores, fallback).unwrap().unwrap();
        let core = fast.core();
        assert_eq!((core.merges(), &core.alphabet), (mirror.merges(), &mirror.alphabet));
        assert_eq!((core.whole_pieces, core.byte_ids), (mirror.whole_pieces, mirror.byte_ids));
        assert!(fast.tables.get().is_some());
    }

    #[test]
    fn a_vocabulary_of_pairs_is_what_the_mirror_makes() {
        let (order, pairs) = ((0..=255u8).rev().collect::<Vec<_>>(), [(97, 98), (256, 99), (257, 256)]);
        let mirror = Vocab::from_merges(&order, &pairs).unwrap();
        let fast = FastVocab::of_pairs(&order, &pairs, 10).unwrap().unwrap();
        let core = fast.core();
        assert_eq!((core.merges(), &core.alphabet), (mirror.merges(), &mirror.alphabet));
        assert!(core.tokens.iter().eq(mirror.tokens.iter()) && core.whole_pieces == mirror.whole_pieces);
        // Ten bytes in all, but not nine.
        assert!(FastVocab::of_pairs(&order, &pairs, 9).unwrap().is_none());
    }

    /// All that a vocabulary says of itself: tokens with their ids, merges, and what else it was made of.
    type Said = (Vec<(u32, Vec<u8>)>, Vec<Merge>, Alphabet, bool, bool);

    fn said(vocab: &Vocab) -> Said {
        let tokens = vocab.tokens.iter().map(|(id, token)| (id, token.to_vec())).collect();
        (tokens, vocab.merges().to_vec(), vocab.alphabet.clone(), vocab.whole_pieces, vocab.merges_make_all)
    }

    fn word() -> impl Strategy<Value = Vec<u8>> {
        prop::collection::vec(prop_oneof![Just(b'a'), Just(b'b'), Just(b'c')], 2..6)
    }

    proptest! {
        /// Words twice are refused alike.
        #[test]
        fn any_ranks_are_what_the_mirror_makes_of_them(words in prop::collection::vec(word(), 0..9), gap in 1..3_u32) {
            let bytes = (0..=255u8).map(|byte| vec![byte]);
            let ranks: Vec<(Vec<u8>, u32)> = bytes.chain(words).zip(0..).map(|(word, rank)| (word, rank * gap)).collect();
            let (fast, mirror) = (FastVocab::from_ranks(&ranks), Vocab::from_ranks(&ranks));
            prop_assert_eq!(fast.map(|fast| said(fast.core())), mirror.map(|mirror| said(&mirror)));
        }

        /// Pairs twice, and pairs of ids that are not there yet, are left to the mirror.
        #[test]
        fn any_pairs_are_what_the_mirror_makes_of_them(pairs in prop::collection::vec((97..101_u32, 97..260_u32), 0..6)) {
            let order: Vec<u8> = (0..=255).collect();
            if let Some(fast) = FastVocab::of_pairs(&order, &pairs, u64::MAX).unwrap() {
                prop_assert_eq!(Ok(said(fast.core())), Vocab::from_merges(&order, &pairs).map(|mirror| said(&mirror)));
            }
        }

        /// As files of JSON give them: tokens, and merges that make one of them, some twice.
        #[test]
        fn any_merges_are_what_the_mirror_makes_of_them(
            words in prop::collection::btree_set(word(), 0..9),
            cuts in prop::collection::vec((0..9_usize, 1..5_usize), 0..9),
            whole_pieces: bool,
        ) {
            let words: Vec<Vec<u8>> = (0..=255u8).map(|byte| vec![byte]).chain(words).collect();
            let id_of = |token: &[u8]| (0..).zip(&words).find(|(_, word)| *word == token).map(|(id, _)| id);
            let merge = |&(number, at): &(usize, usize)| {
                let word = words.get(256 + number)?;
                let (left, right) = word.split_at_checked(at)?;
                Some((id_of(left)?, id_of(right)?, id_of(word)?))
            };
            let merges: Vec<Merge> = (0..).zip(cuts.iter().filter_map(merge))
                .map(|(rank, (left, right, id))| Merge { left, right, id, rank }).collect();
            let tokens = || {
                let mut tokens = Tokens::default();
                (0..).zip(&words).for_each(|(id, word)| tokens.set(id, word).unwrap());
                tokens
            };
            let fast = FastVocab::of_merges(tokens(), merges.clone(), whole_pieces, Alphabet::default());
            let mirror = Vocab::new(tokens(), merges, whole_pieces, Alphabet::default());
            prop_assert_eq!(fast.map(|fast| said(fast.core())), mirror.map(|mirror| said(&mirror)));
        }
    }

    #[test]
    fn an_id_of_two_tokens_is_what_the_mirror_says_of_it() {
        let bytes = (0..=255u8).map(|byte| vec![byte]).zip(0..);
        for more in [[(b"ab".to_vec(), 256), (b"bc".to_vec(), 256)], [(b"ab".to_vec(), 256), (b"bc".to_vec(), 97)]] {
            let ranks: Vec<(Vec<u8>, u32)> = bytes.clone().chain(more).collect();
            let refused = FastVocab::from_ranks(&ranks).map(drop);
            assert!(refused.is_err() && refused == Vocab::from_ranks(&ranks).map(drop));
        }
    }
}
