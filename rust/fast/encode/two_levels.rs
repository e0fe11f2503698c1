//! Vocabularies whose later merges cross from word to word: words first, then runs of their ids. Must equal `Codec::encode_segment`
//! of `rust/reference/codec.rs`.
//!
//! Training in two stages (`SuperBPE`) gives first merges within words, and then merges of several words. Text is cut into long
//! pieces, which do not come again: merged from their bytes, each of them would be new. So the list of merges is cut in two at a
//! *level*, before which next to no token goes from a word to a space, and after which many do:
//!
//! 1. *Low:* a piece is cut between bytes that no token of a low merge holds side by side. These parts are words, as a rule, and are
//!    looked up as pieces are elsewhere.
//! 2. *High:* the ids of the piece are cut between two that stand together in no token of a high merge, spelled in low ids. Most
//!    runs that remain have two or three ids, and are merged alone.
//!
//! Pieces that have come twice before are looked up whole, as elsewhere; this is for the others. Both cuts change no id
//! (notes/proofs.md, "Two levels"), and any merge may be the level: it only decides how much is looked up, and how much merged.
//!
//! By hand, with the merges 0: (b, y), 1: (space, a), 2: (by, " a"), the level 2 and the piece `by a by`: low, the parts `by`, ` a`, ` `
//! and `by` (no low token holds `y` and a space, nor a space and `b`); then their ids, of which `by` and ` a` stand together in a
//! high token, and no others do: `by a`, ` `, `by`.
//!
//! Costs: a second encoder for the low merges, as large as the first would be; 256 KB or more of bits; 8 bytes an id.

use super::high_level::{HighLevel, Together};
use super::low_level::LowLevel;
use super::merge::misses::LongPieces;
use super::tables::Tables;
use crate::error::Result;
use crate::fast::util::fallible::{append, collect, filled, push, room};
use crate::fast::util::pool::{Pool, Pooled};
use crate::reference::published::vocabs::{Alphabet, Merge, NO_ID, Vocab};
use std::sync::Arc;

/// Of the last merges, this many are looked at: where none of them goes from a word to a space, there is no second level.
const LAST: usize = if cfg!(any(test, fuzzing)) { 64 } else { 1024 };
/// A merge that goes from a word to a space weighs this many others. Most merges of a second stage need not cross: runs of signs and
/// long words go on being merged. But one low token that holds `e` and a space forbids all cuts there. Weights from 16 on gave the same
/// level for nine vocabularies, from English, code and many scripts.
const CROSSING: i64 = 64;
/// No more low merges than these are not a first stage of words.
const FEW: usize = if cfg!(any(test, fuzzing)) { 0 } else { 256 };
/// About how many bytes are encoded at a time.
const STRETCH: usize = if cfg!(any(test, fuzzing)) { 20 } else { 1 << 16 };
/// The buffers that may stay allocated, in items.
const KEPT: usize = 1 << 17;

/// Takes the number of a piece and its ids.
type Keep<'k> = dyn FnMut(u32, Result<&[u32]>) + 'k;

/// The two encoders of a vocabulary.
#[derive(Debug)]
struct TwoLevels {
    low: LowLevel,
    high: HighLevel,
    pool: Pool<Buffers>,
}

/// What one thread needs.
#[derive(Debug, Default)]
struct Buffers {
    /// Pieces one after the other, where they end, and their ids.
    gathered: (Vec<u8>, Vec<usize>, Vec<u32>),
    /// Where the parts of pieces end, and their low ids.
    parts: Vec<usize>,
    low: Vec<u32>,
    /// Where the ids of each piece end.
    ends_of_ids: Vec<usize>,
    together: Together,
}

/// What encodes pieces for a vocabulary whose later merges go from word to word; None for any other.
pub fn two_levels(tables: &Arc<Tables>) -> Result<Option<Box<dyn LongPieces>>> {
    Ok(TwoLevels::new(tables)?.map(|levels| Box::new(levels) as Box<dyn LongPieces>))
}

impl TwoLevels {
    /// None where the list of merges does not allow it, or is not of words first.
    fn new(tables: &Arc<Tables>) -> Result<Option<TwoLevels>> {
        if !tables.is_list_of_bytes() {
            return Ok(None);
        }
        let vocab = tables.vocab();
        match level(vocab)? {
            Some(level) if in_order_of_learning(vocab)? => TwoLevels::at(tables, level),
            _ => Ok(None),
        }
    }

    /// Cut at any merge of a list in the order of learning.
    fn at(tables: &Arc<Tables>, level: usize) -> Result<Option<TwoLevels>> {
        let vocab = tables.vocab();
        let (low, high) = vocab.merges().split_at(level);
        let Some(high) = HighLevel::new(high, vocab.tokens.n_ids())? else { return Ok(None) };
        let mut merges = room(low.len())?;
        append(&mut merges, low)?;
        let low = Vocab::assemble(Arc::clone(&vocab.tokens), merges, false, Alphabet::default())?;
        let low = LowLevel::new(Arc::new(low))?;
        Ok(Some(TwoLevels { low, high, pool: Pool::new() }))
    }

    fn buffers(&self) -> Result<Pooled<'_, Buffers>> {
        self.pool.take(|| Ok(Buffers::default()))
    }

    /// Appends the ids of pieces of a text that end at `ends`; the first begins at `start`. After how much of `out` each ends is left in
    /// `buffers.ends_of_ids`.
    fn append_pieces(
        &self,
        text: &[u8],
        start: usize,
        ends: &[usize],
        buffers: &mut Buffers,
        out: &mut Vec<u32>,
    ) -> Result<()> {
        let Buffers { parts, low, ends_of_ids, together, .. } = buffers;
        self.low.encode(text, start, ends, parts, low)?;
        ends_of_ids.clear();
        ends_of_ids.try_reserve(ends.len())?;
        let (mut at, mut n_ids) = (start, 0);
        for &end in ends {
            while at < end {
                at += self.low.length(low[n_ids]);
                n_ids += 1;
            }
            ends_of_ids.push(n_ids);
        }
        self.high.merge(low, ends_of_ids, together, out)
    }
}

impl LongPieces for TwoLevels {
    fn merge<'t>(&self, numbers: &[u32], piece: &dyn Fn(u32) -> &'t [u8], keep: &mut Keep<'_>) {
        let mut buffers = match self.buffers() {
            Ok(buffers) => buffers,
            Err(error) => return keep(numbers[0], Err(error)),
        };
        let (mut text, mut ends, mut ids) = std::mem::take(&mut buffers.gathered);
        let mut rest = numbers;
        while let Some(&first) = rest.first() {
            // Some whole pieces at a time, one at least.
            text.clear();
            ends.clear();
            ids.clear();
            let mut gathered = Ok(());
            for &number in rest {
                gathered = append(&mut text, piece(number)).and_then(|()| push(&mut ends, text.len()));
                if gathered.is_err() || text.len() > STRETCH {
                    break;
                }
            }
            if let Err(error) = gathered.and_then(|()| self.append_pieces(&text, 0, &ends, &mut buffers, &mut ids)) {
                keep(first, Err(error));
                break;
            }
            let mut start = 0;
            for (&number, &end) in rest.iter().zip(&buffers.ends_of_ids) {
                keep(number, Ok(&ids[start..end]));
                start = end;
            }
            rest = &rest[ends.len()..];
        }
        buffers.gathered = (text, ends, ids);
        buffers.give_back();
    }

    fn append(&self, text: &[u8], mut start: usize, ends: &[usize], out: &mut Vec<u32>) -> Result<()> {
        let mut buffers = self.buffers()?;
        let (mut rest, mut done) = (ends, Ok(()));
        while !rest.is_empty() && done.is_ok() {
            let some = rest.partition_point(|&end| end <= start + STRETCH).max(1);
            done = self.append_pieces(text, start, &rest[..some], &mut buffers, out);
            (start, rest) = (rest[some - 1], &rest[some..]);
        }
        buffers.give_back();
        done
    }

    fn tables_memory(&self) -> usize {
        self.high.memory() + self.low.tables_memory()
    }

    fn workspaces_memory(&self) -> usize {
        self.low.workspaces_memory()
    }

    fn drop_workspaces(&self) {
        self.pool.clear();
        self.low.drop_workspaces();
    }
}

impl Buffers {
    /// Gives back the memory of unusually long pieces.
    fn give_back(&mut self) {
        let (text, ends, ids) = &mut self.gathered;
        text.clear();
        text.shrink_to(KEPT);
        for ends in [ends, &mut self.parts, &mut self.ends_of_ids] {
            ends.clear();
            ends.shrink_to(KEPT);
        }
        for ids in [ids, &mut self.low] {
            ids.clear();
            ids.shrink_to(KEPT);
        }
        self.together.shrink_to(KEPT);
    }
}

/// Whether a token goes from a word to a space: a space stands after a byte that is not white space.
fn crosses_words(token: &[u8]) -> bool {
    token.windows(2).any(|pair| !pair[0].is_ascii_whitespace() && pair[1] == b' ')
}

/// How many merges are low; None for a vocabulary of words only.
fn level(vocab: &Vocab) -> Result<Option<usize>> {
    let is_crossing = |merge: &Merge| crosses_words(vocab.token_bytes(merge.id).unwrap_or_default());
    let crossing: Vec<bool> = collect(vocab.merges().iter().map(is_crossing))?;
    if !crossing[crossing.len().saturating_sub(LAST)..].contains(&true) {
        return Ok(None);
    }
    let level = match weighed_level(&crossing, CROSSING) {
        words if words > FEW => words,
        // Not trained in two stages: most merges on their own side are the best that can be had.
        _ => weighed_level(&crossing, 1),
    };
    Ok((level < crossing.len()).then_some(level))
}

/// The level before which the most merges do not cross, less `weight` for each that does.
fn weighed_level(crossing: &[bool], weight: i64) -> usize {
    let (mut level, mut most, mut lead) = (0, 0, 0);
    for (&crosses, before) in crossing.iter().zip(1..) {
        lead += if crosses { -weight } else { 1 };
        if lead > most {
            (level, most) = (before, lead);
        }
    }
    level
}

/// Whether each side of a merge is a byte or made by an earlier one, and each merge makes another token, with another rank.
fn in_order_of_learning(vocab: &Vocab) -> Result<bool> {
    let mut made = filled(false, vocab.tokens.n_ids() as usize)?;
    for &id in vocab.byte_ids.iter().filter(|&&id| id != NO_ID) {
        made[id as usize] = true;
    }
    let mut before = None;
    for merge in vocab.merges() {
        let learnt = made[merge.left as usize] && made[merge.right as usize] && !made[merge.id as usize];
        if !learnt || before.is_some_and(|before| before >= merge.rank) {
            return Ok(false);
        }
        made[merge.id as usize] = true;
        before = Some(merge.rank);
    }
    Ok(true)
}

#[cfg(test)]
mod tests;
