//! Vocabularies whose later merges cross from word to word: words first, then runs of their ids. Must equal `Codec::encode_segment`
//! of `rust/codec.rs`.
//!
//! Training in two stages (`SuperBPE`) gives first merges within words, and then merges of several words. Text is cut into long
//! pieces, which do not come again: merged from their bytes, each of them would be new. So the list of merges is cut in two at a
//! *level*, the first merge whose token goes from a word to a space:
//!
//! 1. *Low:* a piece is cut between bytes that no token of a low merge holds side by side. These parts are words, as a rule, and are
//!    looked up as pieces are elsewhere.
//! 2. *High:* the ids of the piece are cut between two that stand together in no token of a high merge, spelled in low ids. Most
//!    runs that remain have two or three ids, and are merged alone.
//!
//! Both cuts change no id (docs/algorithms.md, "Two levels"), and the level may be any merge: where it is only decides how much is
//! looked up, and how much merged.
//!
//! By hand, with the merges 0: (b, y), 1: (space, a), 2: (by, " a"), the level 2 and the piece `by a by`: low, the parts `by`, ` a`, ` `
//! and `by` (no low token holds `y` and a space, nor a space and `b`); then their ids, of which `by` and ` a` stand together in a
//! high token, and no others do: `by a`, ` `, `by`.
//!
//! Costs: a second encoder for the low merges, as large as the first would be; 256 KB or more of bits; 6 bytes an id.

// The hot loops are made of one-line helpers that must vanish into them.
#![allow(clippy::inline_always)]

use super::encoder::LongPieces;
use super::lookup::block_output::{BlockOutput, SPILL};
use super::lookup::id_ring::Row;
use super::low_level::LowLevel;
use super::merge::pair_table::{NO_PLACE, PairTable};
use super::tables::Tables;
use crate::error::{Error, Result};
use crate::fast::util::fallible::{append, filled, push, room};
use crate::fast::util::pool::Pool;
use crate::interrupt;
use crate::merging::merge_parts;
use crate::vocab::{Alphabet, Merge, NO_ID, Vocab};
use std::sync::Arc;

/// The longest run that is merged in small arrays.
const FEW: usize = if cfg!(any(test, fuzzing)) { 5 } else { 16 };
/// Of the last merges, this many are looked at: where none of them goes from a word to a space, there is no second level.
const LAST: usize = 64;
/// About how many bytes are encoded at a time.
const STRETCH: usize = if cfg!(any(test, fuzzing)) { 20 } else { 1 << 16 };
/// The buffers that may stay allocated, in words.
const KEPT: usize = 1 << 16;
/// A record of one id, which stands for all: see [`BlockOutput`].
const ONE: Row = [1, 0, 0, 0, 0, 0];

/// The two encoders of a vocabulary.
#[derive(Debug)]
struct TwoLevels {
    low: LowLevel,
    tables: Arc<Tables>,
    /// For each id its symbol in the table of all merges.
    symbols: Vec<u32>,
    joined: IdPairs,
    pool: Pool<Buffers>,
}

/// What one thread needs.
#[derive(Debug, Default)]
struct Buffers {
    /// Where parts end in the text.
    ends: Vec<usize>,
    low: Vec<u32>,
    high: Vec<u32>,
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
        let is_crossing = |merge: &Merge| crosses_words(vocab.token_bytes(merge.id).unwrap_or_default());
        let merges = vocab.merges();
        if !merges[merges.len().saturating_sub(LAST)..].iter().any(is_crossing) {
            return Ok(None);
        }
        match merges.iter().position(is_crossing) {
            Some(level) if in_order_of_learning(vocab)? => TwoLevels::at(tables, level),
            _ => Ok(None),
        }
    }

    /// Cut at any merge of a list in the order of learning.
    fn at(tables: &Arc<Tables>, level: usize) -> Result<Option<TwoLevels>> {
        let vocab = tables.vocab();
        let Some(pairs) = tables.all_pairs() else { return Ok(None) };
        let (low, high) = vocab.merges().split_at(level);
        let mut merges = room(low.len())?;
        append(&mut merges, low)?;
        let low = Vocab::assemble(Arc::clone(&vocab.tokens), merges, false, Alphabet::default())?;
        let low = LowLevel::new(Arc::new(low))?;
        let (symbols, joined) = (pairs.symbols_of_ids()?, IdPairs::of(high, vocab.tokens.n_ids() as usize)?);
        Ok(Some(TwoLevels { low, tables: Arc::clone(tables), symbols, joined, pool: Pool::new() }))
    }

    /// Leaves the ids of some pieces in the buffer of high ids.
    fn encode_pieces(&self, text: &[u8], start: usize, ends: &[usize], buffers: &mut Buffers) -> Result<()> {
        let Buffers { ends: parts, low, high } = buffers;
        let Some(&end) = ends.last() else { return Ok(()) };
        self.low.encode(text, start, ends, parts, low)?;
        high.clear();
        high.try_reserve(low.len())?;
        let (mut at, mut next, mut first) = (start, ends.iter(), 0);
        let mut piece_end = next.next().copied().unwrap_or(end);
        for (index, &id) in low.iter().enumerate() {
            at += self.low.length(id);
            let ends_here = at == piece_end;
            if ends_here {
                piece_end = next.next().copied().unwrap_or(end);
            }
            let following = low.get(index + 1).copied();
            if ends_here || following.is_none_or(|following| !self.joined.hold(id, following)) {
                if index == first {
                    high.push(id);
                } else {
                    self.merge_run(&low[first..=index], high)?;
                }
                first = index + 1;
            }
            if index % interrupt::STRETCH == 0 {
                interrupt::check()?;
            }
        }
        Ok(())
    }

    /// Appends the ids of a run of two or more ids, of which no two low ones merge any more.
    #[inline(always)]
    fn merge_run(&self, run: &[u32], out: &mut Vec<u32>) -> Result<()> {
        let Some(table) = self.tables.all_pairs() else { return append(out, run) };
        if let &[left, right] = run {
            let place = table.place(self.symbol(left), self.symbol(right));
            if place == NO_PLACE { append(out, run) } else { push(out, table.id(table.made(place))) }
        } else if run.len() <= FEW {
            self.merge_few(table, run, out)
        } else {
            self.merge_many(table, run, out)
        }
    }

    /// Looks at every pair again, in small arrays.
    fn merge_few(&self, table: &PairTable, run: &[u32], out: &mut Vec<u32>) -> Result<()> {
        let (mut symbols, mut ids, mut places, mut n) = ([0; FEW], [0; FEW], [NO_PLACE; FEW], run.len());
        for (at, &id) in run.iter().enumerate() {
            (symbols[at], ids[at]) = (self.symbol(id), id);
        }
        for at in 1..n {
            places[at - 1] = table.place(symbols[at - 1], symbols[at]);
        }
        loop {
            let mut least = (NO_PLACE, 0);
            for (at, &place) in places[..n - 1].iter().enumerate() {
                least = if place < least.0 { (place, at) } else { least };
            }
            let (place, at) = least;
            if place == NO_PLACE {
                return append(out, &ids[..n]);
            }
            let made = table.made(place);
            n -= 1;
            (symbols[at], ids[at]) = (made, table.id(made));
            for next in at + 1..n {
                (symbols[next], ids[next], places[next - 1]) = (symbols[next + 1], ids[next + 1], places[next]);
            }
            places[n - 1] = NO_PLACE;
            if at > 0 {
                places[at - 1] = table.place(symbols[at - 1], made);
            }
            if at + 1 < n {
                places[at] = table.place(made, symbols[at + 1]);
            }
        }
    }

    /// By the mirror, with the ranks of the table.
    fn merge_many(&self, table: &PairTable, run: &[u32], out: &mut Vec<u32>) -> Result<()> {
        let mut ids = room(run.len())?;
        interrupt::append(&mut ids, run.iter().copied())?;
        let merge_of = |left, right| {
            let place = table.place(self.symbol(left), self.symbol(right));
            (place != NO_PLACE).then(|| (place, table.id(table.made(place))))
        };
        append(out, &merge_parts(merge_of, ids)?)
    }

    /// The symbol of an id, by which the table of all merges knows it.
    #[inline(always)]
    fn symbol(&self, id: u32) -> u32 {
        self.symbols[id as usize]
    }
}

impl LongPieces for TwoLevels {
    fn encode_block(
        &self,
        text: &[u8],
        mut start: usize,
        ends: &[usize],
        sink: &mut dyn FnMut(BlockOutput<'_>) -> Result<()>,
    ) -> Result<()> {
        let mut buffers = self.pool.take(|| Ok::<_, Error>(Buffers::default()))?;
        let mut rest = ends;
        let mut done = Ok(());
        while done.is_ok() && !rest.is_empty() {
            // Some whole pieces at a time, one at least.
            let count = rest.partition_point(|&end| end - start <= STRETCH).max(1);
            let (some, others) = rest.split_at(count);
            done = self
                .encode_pieces(text, start, some, &mut buffers)
                .and_then(|()| sink(BlockOutput { words: &buffers.high, records: &[ONE], first: SPILL, spill: &[] }));
            (start, rest) = (some[count - 1], others);
        }
        buffers.give_back();
        done
    }

    fn tables_memory(&self) -> usize {
        self.symbols.capacity() * 4 + self.joined.bits.capacity() * 8 + self.low.tables_memory()
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
        self.ends.clear();
        self.ends.shrink_to(KEPT);
        for ids in [&mut self.low, &mut self.high] {
            ids.clear();
            ids.shrink_to(KEPT);
        }
    }
}

/// Pairs of ids, as bits; it may hold others, too.
#[derive(Debug)]
struct IdPairs {
    bits: Vec<u64>,
    shift: u32,
}

impl IdPairs {
    /// The pairs of low ids that stand together in a token of these merges. Each merge adds one: the last id of its left side, and the
    /// first of its right side.
    fn of(high: &[Merge], n_ids: usize) -> Result<IdPairs> {
        let (mut first, mut last) = (filled(NO_ID, n_ids)?, filled(NO_ID, n_ids)?);
        let log = (high.len() * 64).next_power_of_two().ilog2().clamp(6, 26);
        let mut pairs = IdPairs { bits: filled(0, 1 << (log - 6))?, shift: 64 - log };
        let edge = |of: &[u32], id: u32| if of[id as usize] == NO_ID { id } else { of[id as usize] };
        for merge in high {
            let (word, bit) = pairs.place(edge(&last, merge.left), edge(&first, merge.right));
            pairs.bits[word] |= 1 << bit;
            first[merge.id as usize] = edge(&first, merge.left);
            last[merge.id as usize] = edge(&last, merge.right);
        }
        Ok(pairs)
    }

    /// Whether two ids may stand together.
    #[inline(always)]
    fn hold(&self, left: u32, right: u32) -> bool {
        let (word, bit) = self.place(left, right);
        self.bits[word] >> bit & 1 != 0
    }

    #[inline(always)]
    fn place(&self, left: u32, right: u32) -> (usize, u32) {
        let hash = ((u64::from(left) << 32 | u64::from(right)).wrapping_mul(0x9E37_79B9_7F4A_7C15)) >> self.shift;
        ((hash / 64) as usize, (hash % 64) as u32)
    }
}

/// Whether a token goes from a word to a space: a space stands behind a byte that is not white space.
fn crosses_words(token: &[u8]) -> bool {
    token.windows(2).any(|pair| !pair[0].is_ascii_whitespace() && pair[1] == b' ')
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
