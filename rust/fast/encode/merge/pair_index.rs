//! The merges of a vocabulary by their left ids: what encodes the first short texts, before it is known that tables are worth their
//! time. Must equal `encode_piece` of `rust/encode.rs`.
//!
//! By hand, with the merges 0: (a, b), 1: (b, c), 2: (a, c): the row of `a` is b 0, c 2, that of `b` is c 1, and all others are empty.
//!
//! Invariants: only for vocabularies of bytes whose merges make every token, so that no piece has to be looked up as a whole, and in
//! which no pair merges twice.
//!
//! Costs: two passes over the merges, a fraction of what tables take; then a look-up reads a row, up to thousands of pairs.

use crate::codec::{Codec, placed};
use crate::encode::single_bytes;
use crate::error::Result;
use crate::fast::util::fallible::{append, filled, push};
use crate::merging::merge_parts;
use crate::preprocess::{Before, Search};
use crate::vocab::{Alphabet, Vocab};
use std::sync::Arc;

/// Rows of pairs.
#[derive(Debug)]
pub struct PairIndex {
    vocab: Arc<Vocab>,
    /// Where the row of each left id begins, and the last ends.
    starts: Vec<u32>,
    /// The right id, and the number of the merge.
    rows: Vec<(u32, u32)>,
}

impl PairIndex {
    /// The index of a vocabulary; None for one that needs more than its merges.
    pub fn new(vocab: &Arc<Vocab>) -> Result<Option<PairIndex>> {
        if !vocab.merges_make_all || vocab.alphabet != Alphabet::default() {
            return Ok(None);
        }
        let merges = vocab.merges();
        let mut starts: Vec<u32> = filled(0, vocab.tokens.n_ids() as usize + 2)?;
        for merge in merges {
            starts[merge.left as usize + 2] += 1;
        }
        for id in 2..starts.len() {
            starts[id] += starts[id - 1];
        }
        // Each row is filled from its start; in the end that is where the next one begins.
        let mut rows = filled((0, 0), merges.len())?;
        for (merge, number) in merges.iter().zip(0..) {
            let next = &mut starts[merge.left as usize + 1];
            rows[*next as usize] = (merge.right, number);
            *next += 1;
        }
        starts.pop();
        Ok(Some(PairIndex { vocab: Arc::clone(vocab), starts, rows }))
    }

    /// The ids of a text, as `Codec::encode` gives them.
    pub fn encode(&self, core: &Codec, text: &[u8], search: &Search) -> Result<Vec<u32>> {
        let mut ids = Vec::new();
        let done = core.preprocessor.segments(text, search, Before::Nothing, None, &mut |segment| match segment.id {
            Some(id) => push(&mut ids, id),
            None => core.pieces(&segment.text.data, &mut |piece| {
                let merged = merge_parts(|left, right| self.merge_of(left, right), single_bytes(&self.vocab, piece)?)?;
                append(&mut ids, &merged)
            }),
        });
        done.map_err(|error| placed(error, text)).map(|()| ids)
    }

    /// The rank of a merge, and the id that it makes.
    fn merge_of(&self, left: u32, right: u32) -> Option<(u32, u32)> {
        let [start, end] = [left, left + 1].map(|id| self.starts[id as usize] as usize);
        let &(_, number) = self.rows[start..end].iter().find(|(known, _)| *known == right)?;
        let merge = &self.vocab.merges()[number as usize];
        Some((merge.rank, merge.id))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::normalize::Normalizer;
    use crate::packed_vocab::unpack;
    use crate::pretokenize::Pattern;
    use crate::special::SpecialTokens;

    fn published() -> Arc<Vocab> {
        Arc::new(unpack(include_bytes!("../../../../python/minitok/encodings/data/o200k.vocab"), None).unwrap())
    }

    #[test]
    fn every_merge_of_a_published_vocabulary_is_found_and_nothing_else() {
        let vocab = published();
        let index = PairIndex::new(&vocab).unwrap().unwrap();
        for (at, merge) in vocab.merges().iter().enumerate().step_by(97) {
            assert_eq!(index.merge_of(merge.left, merge.right), Some((merge.rank, merge.id)));
            let other = &vocab.merges()[at / 2];
            assert_eq!(index.merge_of(merge.left, other.right), vocab.merge_of(merge.left, other.right));
        }
        assert_eq!(index.merge_of(vocab.tokens.n_ids() - 1, 0), None);
    }

    #[test]
    fn ids_are_those_of_the_core() {
        let vocab = published();
        let index = PairIndex::new(&vocab).unwrap().unwrap();
        let special = SpecialTokens::new(vec![("<s>".into(), 200_100)]).unwrap();
        let core =
            Codec::new(vocab, Pattern::new("o200k").unwrap(), special, Normalizer::default(), None, None).unwrap();
        let texts =
            ["", "What's in a name?", "naïve 東京 🦀<s>  \r\n\tx", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "e\u{301}<s><s>"];
        for text in texts.map(str::as_bytes).into_iter().chain([&b"a\xff\xfe b"[..]]) {
            for allowed in [&[][..], &["<s>"]] {
                let search = core.search(Some(allowed)).unwrap();
                assert_eq!(index.encode(&core, text, &search), core.encode(text, &search, false));
            }
        }
    }

    #[test]
    fn vocabularies_that_need_more_have_none() {
        let tokens: Vec<_> = (0..=255u8).map(|byte| vec![byte]).chain([b"ab".to_vec()]).zip(0..).collect();
        let vocab = Vocab::from_tokens(&tokens, &[(97, 98)], true, Alphabet::default()).unwrap();
        assert!(PairIndex::new(&Arc::new(vocab)).unwrap().is_none());
    }
}
