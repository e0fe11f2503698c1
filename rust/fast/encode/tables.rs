//! The tables of a vocabulary, made for speed. They never change once they are made, and all threads share them.

use super::analysis::exceptions::Exceptions;
use super::analysis::made_by_merges::made_by_merges;
use super::analysis::merges_from_ranks::Recovered;
use super::analysis::merges_from_scores::FromScores;
use super::cut::byte_cuts::ByteCuts;
use super::cut::static_cuts::StaticCuts;
use super::lookup::piece_key::{MAX_KEY_BYTES, key_of};
use super::merge::pair_table::PairTable;
use crate::error::Result;
use crate::reference::published::vocabs::{Alphabet, Tokens, Vocab};
use crate::support::interrupt;
use crate::support::once::Once;
use std::sync::Arc;

/// A large cache is first filled with the tokens below this id, which are the most frequent. To put in all of a quarter of a
/// million takes longer than what is met of them saves.
const SEEDED: u32 = 3 << 14;

/// What encoding looks up.
#[derive(Debug)]
pub struct Tables {
    vocab: Arc<Vocab>,
    pairs: Option<PairTable>,
    /// All merges, those among them that never happen in the order of ranks; made if `pairs` may lack some.
    all_pairs: Once<Option<PairTable>>,
    pairs_are_all: bool,
    /// Where pieces are not taken whole, only a large cache asks what merges make, and it is found out then.
    exceptions: Once<Exceptions>,
    cuts: Once<StaticCuts>,
    byte_cuts: Once<ByteCuts>,
}

impl Tables {
    pub fn new(vocab: Arc<Vocab>) -> Result<Tables> {
        // Merging symbols is left to the mirror.
        let pairs = if vocab.alphabet.symbols.is_none() { PairTable::new(&vocab)? } else { None };
        let Some(pairs) = pairs else {
            return Ok(Tables::with(vocab, None, Exceptions::unknown()));
        };
        if vocab.merges_make_all {
            let tables = Tables::with(vocab, Some(pairs), Exceptions::default());
            return Ok(Tables { pairs_are_all: true, ..tables });
        }
        if !vocab.whole_pieces {
            let tables = Tables::of(vocab, Some(pairs), Once::new());
            return Ok(Tables { pairs_are_all: true, ..tables });
        }
        let made = made_by_merges(&vocab, &pairs, u32::MAX)?;
        let needed = made.needed(vocab.merges())?;
        let few = needed.len() < vocab.merges().len() / 4 * 3;
        let pairs = if few { PairTable::of_merges(&vocab, &needed)? } else { Some(pairs) };
        let exceptions = Exceptions::of_made(&vocab, made.by_id)?;
        Ok(Tables::with(vocab, pairs, exceptions))
    }

    /// The tables of a vocabulary of ranks, with what was found out when its merges were.
    pub fn of_ranks(vocab: Arc<Vocab>, recovered: Recovered) -> Result<Tables> {
        let exceptions = Exceptions::of_ids(&vocab.tokens, &recovered.exceptions)?;
        Ok(Tables::with(vocab, Some(recovered.table), exceptions))
    }

    /// The tables of a vocabulary of scores, with what was found out when its merges were.
    pub fn of_scores(vocab: Arc<Vocab>, found: FromScores) -> Result<Tables> {
        let exceptions = Exceptions::of_made(&vocab, found.made)?;
        Ok(Tables::with(vocab, Some(found.table), exceptions))
    }

    fn with(vocab: Arc<Vocab>, pairs: Option<PairTable>, exceptions: Exceptions) -> Tables {
        Tables::of(vocab, pairs, Once::from(exceptions))
    }

    fn of(vocab: Arc<Vocab>, pairs: Option<PairTable>, exceptions: Once<Exceptions>) -> Tables {
        let (all_pairs, cuts, byte_cuts) = (Once::new(), Once::new(), Once::new());
        Tables { vocab, pairs, all_pairs, pairs_are_all: false, exceptions, cuts, byte_cuts }
    }

    pub(super) fn vocab(&self) -> &Arc<Vocab> {
        &self.vocab
    }

    /// The bytes of memory that they take, without the vocabulary.
    pub(super) fn memory(&self) -> usize {
        let all_pairs = self.all_pairs.get().and_then(Option::as_ref);
        [self.pairs.as_ref(), all_pairs].into_iter().flatten().map(PairTable::memory).sum::<usize>()
            + self.exceptions.get().map_or(0, Exceptions::memory)
            + self.cuts.get().map_or(0, StaticCuts::memory)
            + self.byte_cuts.get().map_or(0, size_of_val)
    }

    /// The merges; None where the mirror has to do them.
    pub(in crate::fast) fn pairs(&self) -> Option<&PairTable> {
        self.pairs.as_ref()
    }

    /// Whether pieces are merged from their bytes by the merges alone.
    pub(super) fn is_list_of_bytes(&self) -> bool {
        let whole = self.vocab.whole_pieces && !self.vocab.merges_make_all;
        !whole && self.all_pairs().is_some()
    }

    /// All merges of a vocabulary of bytes; None where the mirror has to do them.
    pub(super) fn all_pairs(&self) -> Option<&PairTable> {
        let Alphabet { fallback, drops_bytes, symbols, .. } = &self.vocab.alphabet;
        if fallback.is_some() || *drops_bytes || symbols.is_some() {
            return None;
        }
        if self.pairs_are_all {
            return self.pairs.as_ref();
        }
        // Where there is no memory for it, the mirror does them, too.
        self.all_pairs.get_or_make(|| PairTable::new(&self.vocab).ok().flatten()).as_ref()
    }

    /// What merges make of the bytes of tokens; of those that may be seeds only, where pieces are not taken whole.
    fn exceptions(&self) -> &Exceptions {
        static UNKNOWN: Once<Exceptions> = Once::new();
        if let Some(known) = self.exceptions.get() {
            return known;
        }
        let made = match &self.pairs {
            Some(pairs) => {
                made_by_merges(&self.vocab, pairs, SEEDED).and_then(|made| Exceptions::of_made(&self.vocab, made.by_id))
            }
            None => Ok(Exceptions::unknown()),
        };
        // What a look that was stopped has found is not kept, nor is that there was no memory for it.
        match made {
            Ok(made) if !interrupt::stopped_now() => self.exceptions.get_or_make(|| made),
            _ => UNKNOWN.get_or_make(Exceptions::unknown),
        }
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
        self.vocab.alphabet.symbols.is_none() && (!self.vocab.whole_pieces || self.exceptions().are_known())
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
        let exceptions = (!self.vocab.whole_pieces && end > 0).then(|| self.exceptions());
        let Tokens { bytes, spans } = &*self.vocab.tokens;
        // The bytes that stand in for a character are not what its own token is made of.
        let falls_back = self.vocab.alphabet.fallback.is_some();
        let stands_in = move |id, byte: u8| falls_back && self.vocab.byte_ids[usize::from(byte)] != id;
        (spans.iter().zip(0..end.min(SEEDED)).map(|(&(start, len), id)| (id, start as usize, len as usize)))
            .filter(move |&(id, _, len)| {
                (1..=MAX_KEY_BYTES).contains(&len) && exceptions.is_none_or(|made| made.is_made(id))
            })
            .filter(move |&(id, start, len)| len > 1 || !stands_in(id, bytes[start]))
            .map(|(id, start, len)| (key_of(bytes, start, start + len), id))
    }
}

#[cfg(test)]
mod tests {
    use super::super::cut::split_by::SplitBy;
    use super::super::encoder::Encoder;
    use super::super::merge::pair_table::NO_PLACE;
    use super::*;
    use crate::reference::encode::encode_piece;
    use crate::reference::merging::merge_parts;
    use crate::reference::published::patterns::Pattern;
    use crate::reference::published::vocabs::{Merge, Symbols};

    fn bytes() -> impl Iterator<Item = Vec<u8>> {
        (0..=255u8).map(|byte| vec![byte])
    }

    #[test]
    fn merges_that_never_happen_are_left_out() {
        // Every part of a word, the shorter first.
        let word = b"abcdefgh";
        let parts = (2..=word.len()).flat_map(|length| word.windows(length)).map(<[u8]>::to_vec);
        let mut tokens = Tokens::default();
        bytes().chain(parts).zip(0..).for_each(|(token, id)| tokens.set(id, &token).unwrap());
        let vocab = Arc::new(Vocab::with_every_split(Arc::new(tokens)).unwrap());
        let tables = Tables::new(Arc::clone(&vocab)).unwrap();
        let pairs = tables.pairs().unwrap();
        let kept = vocab.merges().iter().filter(|merge| pairs.place(merge.left, merge.right) != NO_PLACE);
        // One for each of the parts, which have 84 splits.
        assert_eq!((kept.count(), vocab.merges().len()), (28, 84));
        for text in ["abcdefgh", "hgfedcba", "cdefababcbcdefgabc", "defgh"] {
            let expected =
                merge_parts(|left, right| vocab.merge_of(left, right), text.bytes().map(u32::from).collect()).unwrap();
            let mut symbols = Vec::new();
            super::super::merge::short::merge_alone(pairs, text.as_bytes(), &mut symbols);
            assert_eq!(symbols, expected);
        }
    }

    /// The bytes, `abc` by the merges of `ab` and `c`, and three tokens that no merge makes.
    fn vocab(whole_pieces: bool) -> Arc<Vocab> {
        let words = [&b"ab"[..], b"abc", b"xyz", &[b'x'; MAX_KEY_BYTES], &[b'x'; MAX_KEY_BYTES + 1]];
        let tokens: Vec<_> = bytes().chain(words.map(<[u8]>::to_vec)).zip(0..).collect();
        Arc::new(Vocab::from_tokens(&tokens, &[(97, 98), (256, 99)], whole_pieces, Alphabet::default()).unwrap())
    }

    #[test]
    fn seeds_are_the_short_tokens_that_pieces_can_be() {
        for (whole_pieces, most) in [(true, 260), (false, 258)] {
            let tables = Tables::new(vocab(whole_pieces)).unwrap();
            assert_eq!(tables.most_seeds(), 261);
            for end in [0, 100, 257, 259, u32::MAX] {
                let seeds: Vec<(u128, u32)> = tables.seeds(end).collect();
                let token = |id| tables.vocab().token_bytes(id).unwrap();
                let expected = (0..end.min(most)).map(|id| (key_of(token(id), 0, token(id).len()), id));
                assert!(seeds.into_iter().eq(expected), "{whole_pieces} {end}");
            }
        }
    }

    #[test]
    fn merging_symbols_is_left_to_the_mirror() {
        let tokens: Vec<_> =
            ["?", "a", "b", "ab", "abab"].map(|token| token.as_bytes().to_vec()).into_iter().zip(0..).collect();
        let text = "abab\u{e9}\u{e9}b".repeat(40);
        for (fuses, whole_pieces) in [(false, false), (true, false), (true, true)] {
            let symbols = Symbols {
                unit: "characters".into(),
                unknown: Some(0),
                fuses,
                prefix: Vec::new(),
                suffix: Vec::new(),
                joining: None,
            };
            let alphabet = Alphabet { symbols: Some(symbols), ..Alphabet::default() };
            let vocab = Vocab::from_tokens(&tokens, &[(1, 2), (3, 3)], whole_pieces, alphabet).unwrap();
            let tables = Arc::new(Tables::new(Arc::new(vocab)).unwrap());
            assert!(tables.pairs().is_none() && !tables.parts_are_pieces());
            let (encoder, pattern) = (Encoder::of(Arc::clone(&tables)), Pattern::new("none").unwrap());
            for text in [&text, "abab", "ab", "\u{e9}\u{e9}", "\u{e9}a\u{e9}"] {
                let (mut ids, mut expected) = (Vec::new(), Vec::new());
                encoder.encode(text.as_bytes(), SplitBy::Pattern(&pattern), &mut ids).unwrap();
                encode_piece(tables.vocab(), text.as_bytes(), &mut expected).unwrap();
                assert_eq!(ids, expected, "{text} {fuses}");
            }
        }
    }

    #[test]
    fn what_a_look_that_was_stopped_has_found_is_not_kept() {
        let tables = Tables::new(vocab(false)).unwrap();
        let seeds = || tables.seeds(u32::MAX).count();
        let stopped = interrupt::run_every(std::time::Duration::ZERO, || true, || Ok(seeds()));
        assert!(stopped.is_err() && seeds() == 258);
    }

    #[test]
    fn bytes_that_stand_in_for_a_character_are_no_seeds_of_it() {
        let tokens: Vec<_> = [&b"x"[..], b"y", b"xy"].map(<[u8]>::to_vec).into_iter().zip(256..).collect();
        let alphabet = Alphabet { fallback: Some((0..256).collect()), ..Alphabet::default() };
        for whole_pieces in [true, false] {
            let vocab = Vocab::from_tokens(&tokens, &[(256, 257)], whole_pieces, alphabet.clone()).unwrap();
            let tables = Tables::new(Arc::new(vocab)).unwrap();
            let seeds: Vec<(u128, u32)> = tables.seeds(u32::MAX).collect();
            let of = |token: &[u8]| -> Vec<u32> {
                let key = key_of(token, 0, token.len());
                seeds.iter().filter(|&&(known, _)| known == key).map(|&(_, id)| id).collect()
            };
            assert_eq!([of(b"x"), of(b"z"), of(b"xy")], [[256], [122], [258]]);
        }
    }

    #[test]
    fn parts_are_looked_up_as_pieces_where_all_exceptions_are_known() {
        let tables = Tables::new(vocab(true)).unwrap();
        assert!(tables.parts_are_pieces());
        assert_eq!([&b"abc"[..], b"xyz", b"xy"].map(|piece| tables.whole(piece)), [None, Some(258), None]);
        let tables = Tables::new(vocab(false)).unwrap();
        assert!(tables.parts_are_pieces() && tables.whole(b"xyz").is_none());
        // Equal ranks of different tokens are left to the mirror, and so nothing is known of what merges make.
        for whole_pieces in [true, false] {
            let vocab = vocab(whole_pieces);
            let merges: Vec<Merge> = vocab.merges().iter().map(|merge| Merge { rank: 0, ..*merge }).collect();
            let vocab = Vocab::assemble(Arc::clone(&vocab.tokens), merges, whole_pieces, Alphabet::default()).unwrap();
            let tables = Tables::new(Arc::new(vocab)).unwrap();
            assert!(tables.pairs().is_none() && tables.parts_are_pieces() != whole_pieces);
            assert_eq!(tables.whole(b"abc"), whole_pieces.then_some(257));
        }
    }
}
