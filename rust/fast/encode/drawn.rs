//! Text -> ids at random, block by block. Must equal `Codec::encode_with_dropout` of `rust/reference/codec.rs`.
//!
//! Each step of a merge takes one number for each candidate, up to the first that is not passed over. So a piece of n bytes that has m
//! ids without dropout takes n - m numbers, if no merge is passed over; and none is, if each of these numbers allows the merge. Of most
//! short pieces that is true, and they are looked up as elsewhere. All others are merged at random.
//!
//! By hand, with the merges 0: (a, b) -> X and 1: (X, c) -> Y: `abc` is `Y` without dropout, by two merges. Where neither of its first
//! two numbers passes a merge over, it is `Y`, found in the cache; else it is merged, with the same numbers from the first on.
//!
//! Costs: a look-up a piece, and n - m numbers; for a share of 1 - (1 - p)^(n - m) of the pieces, merging at random as well.

use super::block::{BLOCK, Workspace};
use super::cut::ends::Ends;
use super::encoder::Encoder;
use super::lookup::block_output::BlockOutput;
use super::lookup::look_up::{LookUp, piece_at};
use super::merge::misses::{Merging, spill_record};
use super::merge::short::{WIDE_LANE, merge_drawn};
use super::merge::with_dropout::encode_drawn_piece;
use crate::error::Result;
use crate::fast::scan::{Scanner, Tier};
use crate::fast::simd::Isa;
use crate::fast::util::fallible::{append, push};
use crate::fast::util::pool::Pooled;
use crate::reference::more::dropout::{Draws, STEP, encode_piece_with_dropout, scrambled};
use crate::reference::published::preprocess::Prepared;
use crate::reference::published::vocabs::NO_ID;
use crate::support::interrupt;
use std::ops::Range;

/// The longest piece that is looked up: of longer ones, some merge is nearly always passed over.
const LONGEST: usize = if cfg!(any(test, fuzzing)) { 12 } else { 32 };

/// Where merges are passed over more often than not, few pieces are found.
const SELDOM: u64 = 1 << 52;

/// Encodes the pieces of one text.
pub struct Drawing<'e> {
    encoder: &'e Encoder,
    draws: Draws,
    work: Pooled<'e, Workspace>,
    /// Whether the ids of a piece without dropout are those of its merges alone, and often those with it.
    looks_up: bool,
    is_long: bool,
    /// Pieces one after the other, if they come one by one; `work.ends` has their ends.
    text: Vec<u8>,
    /// Where the random numbers of each are.
    places: Vec<usize>,
    /// Pieces that are merged in lanes, with their numbers, and what has been made of one piece.
    others: Vec<(u32, Draws)>,
    made: Vec<u32>,
}

impl Encoder {
    /// Encodes a text of this many bytes with these random numbers.
    pub fn drawing(&self, draws: Draws, length: usize) -> Result<Drawing<'_>> {
        let all_bytes = !self.tables.vocab().byte_ids.contains(&NO_ID);
        let looks_up = draws.limit <= SELDOM && self.later.is_none() && self.tables.is_list_of_bytes() && all_bytes;
        Ok(Drawing {
            encoder: self,
            draws,
            looks_up,
            work: self.workspace()?,
            is_long: length >= self.seed_after,
            text: Vec::new(),
            places: Vec::new(),
            others: Vec::new(),
            made: Vec::new(),
        })
    }

    /// Appends the ids of a piece of which merges are passed over at random.
    fn append_drawn(&self, piece: &[u8], draws: &mut Draws, ids: &mut Vec<u32>) -> Result<()> {
        match self.tables.all_pairs() {
            Some(pairs) => encode_drawn_piece(self.tables.vocab(), pairs, piece, draws, ids),
            None => encode_piece_with_dropout(self.tables.vocab(), piece, draws, ids),
        }
    }
}

impl Drawing<'_> {
    /// Appends the ids of a segment that a scanner cuts.
    pub fn append_scanned(&mut self, tier: &Tier, segment: &Prepared, ids: &mut Vec<u32>) -> Result<()> {
        let (text, mut start) = (&*segment.data, 0);
        let mut scanner = Scanner::of(tier, text);
        while scanner.next_block(&mut self.work.ends, BLOCK)? {
            let first = start;
            for &end in &self.work.ends {
                push(&mut self.places, segment.origin(start).0)?;
                start = end;
            }
            self.append_pieces(text, first, ids)?;
        }
        Ok(())
    }

    /// Appends the ids of the next piece of a segment, or keeps it for the next block.
    pub fn append(&mut self, piece: &[u8], place: usize, ids: &mut Vec<u32>) -> Result<()> {
        append(&mut self.text, piece)?;
        push(&mut self.work.ends, self.text.len())?;
        push(&mut self.places, place)?;
        if self.places.len() < BLOCK { Ok(()) } else { self.finish(ids) }
    }

    /// Appends the ids of the pieces that have been kept.
    pub fn finish(&mut self, ids: &mut Vec<u32>) -> Result<()> {
        let text = std::mem::take(&mut self.text);
        let done = self.append_pieces(&text, 0, ids);
        self.text = text;
        self.text.clear();
        done
    }

    /// Appends the ids of the pieces that end at `work.ends` and have these places; the first begins at `start`.
    fn append_pieces(&mut self, text: &[u8], mut start: usize, ids: &mut Vec<u32>) -> Result<()> {
        let mut first = 0;
        while first < self.places.len() {
            let range = first..self.places.len().min(first + self.work.block());
            first = range.end;
            let end = self.work.ends[first - 1];
            if self.looks_up {
                self.append_block(text, start, range, ids)?;
            } else {
                let mut from = start;
                for index in range {
                    let piece_end = self.work.ends[index];
                    self.draws.go_to(self.places[index]);
                    self.encoder.append_drawn(&text[from..piece_end], &mut self.draws, ids)?;
                    from = piece_end;
                }
            }
            start = end;
        }
        self.work.ends.clear();
        self.places.clear();
        interrupt::check()
    }

    /// Appends the ids of the pieces of a range, the first of which begins at `start`.
    fn append_block(&mut self, text: &[u8], start: usize, range: Range<usize>, ids: &mut Vec<u32>) -> Result<()> {
        let Drawing { encoder, work, is_long, .. } = self;
        let work: &mut Workspace = work;
        encoder.make_room(work, *is_long && work.pieces_are_short(start));
        let ends = &work.ends[range.clone()];
        let (found, cache) = (&mut work.found, work.cache.view());
        LookUp { found, cache, text, start, ends: Ends::of_block(ends) }.run(Isa::fastest());
        work.found.misses.retain(|&index| piece_at(text, start, ends, index).len() <= LONGEST);
        work.merge_misses(Merging { tables: &encoder.tables, later: None, long: None }, text, start, range.clone());
        work.failure.take().map_or(Ok(()), Err)?;
        self.draw(text, start, range.clone())?;
        self.merge_others(text, start, range.clone())?;
        let (records, first_record) = self.work.cache.view().records();
        let values = &self.work.found.values[..range.len()];
        BlockOutput { values, records, first_record, spill: &self.work.spill }.append_to(ids)
    }

    /// Draws the numbers of the pieces of a range, and merges those of which a merge is passed over, or leaves them to `others`.
    fn draw(&mut self, text: &[u8], start: usize, range: Range<usize>) -> Result<()> {
        let Drawing { encoder, draws, work, places, others, made, .. } = self;
        let Workspace { cache, ends, found, spill, .. } = &mut **work;
        let (ends, places, (records, first_record)) = (&ends[range.clone()], &places[range], cache.view().records());
        others.clear();
        for (index, &place) in (0..).zip(places) {
            let (piece, value) = (piece_at(text, start, ends, index), found.values[index as usize]);
            draws.go_to(place);
            if piece.len() <= LONGEST {
                let n_ids = BlockOutput { values: &[], records, first_record, spill }.count_of(value);
                if merges_all(draws, piece.len() - n_ids) {
                    continue;
                }
            }
            // The next piece may come from the same place, and go on with these numbers.
            let is_alone = places.get(index as usize + 1).is_some_and(|&next| next != place);
            if is_alone && piece.len() <= WIDE_LANE {
                push(others, (index, draws.clone()))?;
            } else {
                made.clear();
                encoder.append_drawn(piece, draws, made)?;
                found.values[index as usize] = spill_record(spill, made)?;
            }
        }
        Ok(())
    }

    /// Merges the others side by side.
    fn merge_others(&mut self, text: &[u8], start: usize, range: Range<usize>) -> Result<()> {
        let Drawing { encoder, work, others, made, .. } = self;
        let Some(pairs) = encoder.tables.all_pairs().filter(|_| !others.is_empty()) else { return Ok(()) };
        let Workspace { ends, found, spill, .. } = &mut **work;
        let ends = &ends[range];
        let piece = |(index, draws): &(u32, Draws)| (*index, piece_at(text, start, ends, *index), draws.clone());
        let mut failure = None;
        merge_drawn(pairs, others.iter().map(piece), |index, symbols, _| {
            made.clear();
            let done = pairs.append_ids(symbols, made).and_then(|_| spill_record(spill, made));
            found.values[index as usize] = done.unwrap_or_else(|error| {
                failure.get_or_insert(error);
                0
            });
        });
        failure.map_or(Ok(()), Err)
    }
}

impl Drop for Drawing<'_> {
    fn drop(&mut self) {
        self.work.end_call();
    }
}

/// Whether none of the next merges is passed over, this many; only then are their numbers taken.
#[inline]
fn merges_all(draws: &mut Draws, count: usize) -> bool {
    let mut at = 0;
    while at < count {
        // Four at a time, so that none waits for another.
        let number = |step: usize| scrambled(draws.state.wrapping_add(STEP.wrapping_mul((at + step) as u64)));
        let is_passed = |step: usize| at + step <= count && number(step) >> 11 < draws.limit;
        if is_passed(1) | is_passed(2) | is_passed(3) | is_passed(4) {
            return false;
        }
        at += 4;
    }
    draws.state = draws.state.wrapping_add(STEP.wrapping_mul(count as u64));
    true
}

#[cfg(test)]
mod tests {
    use crate::fast::codec::FastCodec;
    use crate::fast::pystr::source::Source;
    use crate::reference::more::dropout::{Dropout, encode_with_dropout};
    use crate::reference::published::codecs::Codec;
    use crate::reference::published::found_tokens::SpecialTokens;
    use crate::reference::published::normalize::{Normalizer, Step};
    use crate::reference::published::patterns::Pattern;
    use crate::reference::published::vocabs::Vocab;
    use proptest::prelude::*;
    use std::sync::Arc;

    /// Merges of the letters a to d, the space and what earlier merges make.
    fn merges() -> impl Strategy<Value = Vec<(u32, u32)>> {
        prop::collection::vec((0..30_u32, 0..30_u32), 0..40).prop_map(|pairs| {
            let mut merges: Vec<(u32, u32)> = Vec::new();
            for (left, right) in pairs {
                let id = |number: u32| [32, 97, 98, 99, 100].get(number as usize).copied().unwrap_or(251 + number);
                let pair = (id(left), id(right));
                if pair.0.max(pair.1) < 256 + merges.len() as u32 && !merges.contains(&pair) {
                    merges.push(pair);
                }
            }
            merges
        })
    }

    proptest! {
        #[test]
        fn the_ids_are_those_of_the_mirror(
            merges in merges(),
            words in prop::collection::vec(" ?[a-d]{1,20}|\u{fdfa}|<s>|é", 0..60),
            pattern in prop::sample::select(vec!["gpt2", "none", r"[^ ]+| +", r"(?=a)a+|[^a]+", r"[a-c ]+(?#then)a*b|a"]),
            changes in any::<bool>(),
            probability in 0.0..=1.0,
            seed: u64,
        ) {
            let vocab = Arc::new(Vocab::from_merges(&(0..=255).collect::<Vec<u8>>(), &merges).unwrap());
            let special = SpecialTokens::new(vec![("<s>".into(), 9000)]).unwrap();
            // One character becomes several words: their pieces come from one place.
            let steps = if changes { vec![Step::new("NFKC", &[]).unwrap()] } else { Vec::new() };
            let normalizer = Normalizer::new(steps).unwrap();
            let core = Codec::new(vocab, Pattern::new(pattern).unwrap(), special, normalizer, None, None).unwrap();
            let (core, text) = (Arc::new(core), words.concat());
            let fast = FastCodec::of(Arc::clone(&core)).unwrap();
            let search = core.finder(Some(&["<s>"])).unwrap();
            for probability in [0.0, 0.05, probability, 1.0, 0.05] {
                let dropout = Dropout::new(probability, seed, None, 3);
                let expected = encode_with_dropout(&core, text.as_bytes(), &search, &dropout, false).unwrap();
                let mut ids = Vec::new();
                fast.append_with_dropout(Source::Bytes(text.as_bytes()), &search, &dropout, false, &mut ids).unwrap();
                prop_assert_eq!(ids, expected);
            }
        }
    }
}
