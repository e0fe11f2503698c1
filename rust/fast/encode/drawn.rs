//! A piece -> ids at random. Must equal `encode_piece_with_dropout` of `rust/reference/more/dropout.rs`.
//!
//! A piece of n bytes that has m ids without dropout takes n - m random numbers if none of these passes a merge over, which is true
//! of most short pieces: they are looked up (proof: notes/proofs.md, "Dropout, looked up"). In others each step looks for the least
//! candidate, and for the next one above it where that is passed over; a long piece is left to the mirror's heap.
//!
//! By hand, with the merges 0: (a, b) -> X and 1: (X, c) -> Y: `abc` is `Y` without dropout, by two merges. Where neither of its first
//! two numbers passes a merge over, it is `Y`, found in the cache; else it is merged, with the same numbers from the first on.
//!
//! Cost, a piece of n bytes: a look-up; O(n^2 / (1 - p)) on average where a merge is passed over and the piece is short.

use super::block::Workspace;
use super::encoder::Encoder;
use super::lookup::block_output::BlockOutput;
use super::lookup::piece_key::key_of;
use super::merge::long::merge_heap;
use super::merge::pair_table::{NO_PLACE, PairTable};
use super::merge::short::merge_alone;
use crate::error::Result;
use crate::fast::util::fallible::collect;
use crate::fast::util::pool::Pooled;
use crate::reference::more::dropout::{Draws, encode_piece_with_dropout};
use crate::reference::published::vocabs::NO_ID;
use crate::support::interrupt;

/// The longest piece that is looked up (of longer ones, some merge is nearly always passed over), and the longest merged here.
const LONGEST: usize = if cfg!(any(test, fuzzing)) { 12 } else { 32 };
const SHORT: usize = 62;

/// Where merges are passed over more often than not, pieces are not looked up.
const SELDOM: u64 = 1 << 52;

pub struct Drawing<'e> {
    encoder: &'e Encoder,
    draws: Draws,
    work: Pooled<'e, Workspace>,
    /// Whether pieces are looked up: their ids without dropout are those of the merges alone, and often those with it.
    looks_up: bool,
}

impl Encoder {
    pub fn drawing(&self, draws: Draws) -> Result<Drawing<'_>> {
        let all_bytes = !self.tables.vocab().byte_ids.contains(&NO_ID);
        let looks_up = draws.limit <= SELDOM && self.later.is_none() && self.tables.is_list_of_bytes() && all_bytes;
        Ok(Drawing { encoder: self, draws, work: self.workspace()?, looks_up })
    }
}

impl Drawing<'_> {
    /// `place` is where the piece begins in the text.
    pub fn append(&mut self, piece: &[u8], place: usize, ids: &mut Vec<u32>) -> Result<()> {
        let Drawing { encoder, draws, work, looks_up } = self;
        let start = ids.len();
        draws.go_to(place);
        if let Some(table) = encoder.tables.all_pairs() {
            if *looks_up && piece.len() <= LONGEST {
                append_whole(encoder, work, table, piece, ids)?;
                // Takes the numbers of the next candidates only if none of them is passed over.
                let mut ahead = draws.clone();
                if (0..piece.len() - (ids.len() - start)).all(|_| !ahead.passes_over()) {
                    *draws = ahead;
                    return interrupt::check();
                }
                ids.truncate(start);
            }
            let symbols = match piece.len() {
                ..=SHORT => merge_drawn(table, piece, draws)?,
                _ => merge_heap(table, piece, || draws.passes_over())?,
            };
            if table.append_ids(&symbols, ids)? {
                return interrupt::check();
            }
        }
        // The mirror knows what to do about a byte without a token.
        ids.truncate(start);
        encode_piece_with_dropout(encoder.tables.vocab(), piece, draws, ids)
    }
}

impl Drop for Drawing<'_> {
    fn drop(&mut self) {
        self.work.end_call();
    }
}

fn append_whole(
    encoder: &Encoder,
    work: &mut Workspace,
    table: &PairTable,
    piece: &[u8],
    ids: &mut Vec<u32>,
) -> Result<()> {
    let (key, view) = (key_of(piece, 0, piece.len()), work.cache.view());
    if let Some(value) = view.find_piece(key, piece) {
        let (records, first_record) = view.records();
        return BlockOutput { values: &[value], records, first_record, spill: &[] }.append_to(ids);
    }
    encoder.make_room(work, false);
    let (start, mut symbols) = (ids.len(), Vec::new());
    merge_alone(table, piece, &mut symbols);
    table.append_ids(&symbols, ids)?;
    work.cache.insert(key, piece, &ids[start..]);
    Ok(())
}

fn merge_drawn(table: &PairTable, piece: &[u8], draws: &mut Draws) -> Result<Vec<u32>> {
    let mut symbols: Vec<u32> = collect(piece.iter().map(|&byte| u32::from(byte)))?;
    let mut places: Vec<u32> = collect(piece.windows(2).map(|pair| table.place_of_bytes(pair[0], pair[1])))?;
    loop {
        let mut passed = None;
        let (place, at) = loop {
            let candidates = places.iter().copied().zip(0..).filter(|&(place, _)| place != NO_PLACE);
            let Some(next) = candidates.filter(|&next| Some(next) > passed).min() else { return Ok(symbols) };
            if !draws.passes_over() {
                break next;
            }
            passed = Some(next);
        };
        symbols[at] = table.made(place);
        symbols.remove(at + 1);
        places.remove(at);
        for pair in at.saturating_sub(1)..places.len().min(at + 1) {
            places[pair] = table.place(symbols[pair], symbols[pair + 1]);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::fast::codec::FastCodec;
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
            // One character becomes several words, whose pieces come from one place.
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
                fast.append_with_dropout(text.as_bytes(), &search, &dropout, false, &mut ids).unwrap();
                prop_assert_eq!(ids, expected);
            }
        }
    }
}
