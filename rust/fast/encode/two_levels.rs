//! Vocabularies whose later merges cross from word to word: words first, then runs of their ids. Must equal `Codec::encode_segment`
//! of `rust/codec.rs`.
//!
//! Training in two stages (`SuperBPE`) gives first merges within words, and then merges of several words. Text is cut into long
//! pieces, which do not come again: merged from their bytes, each of them would be new. So the list of merges is cut in two at a
//! *level*, before which the fewest tokens go from a word to a space, and after which the most do:
//!
//! 1. *Low:* a piece is cut between bytes that no token of a low merge holds side by side. These parts are words, as a rule, and are
//!    looked up as pieces are elsewhere.
//! 2. *High:* the ids of the piece are cut between two that stand together in no token of a high merge, spelled in low ids. Most
//!    runs that remain have two or three ids, and are merged alone.
//!
//! Pieces that have come twice before are looked up whole, as elsewhere; this is for the others. Both cuts change no id
//! (docs/algorithms.md, "Two levels"), and any merge may be the level: it only decides how much is looked up, and how much merged.
//!
//! By hand, with the merges 0: (b, y), 1: (space, a), 2: (by, " a"), the level 2 and the piece `by a by`: low, the parts `by`, ` a`, ` `
//! and `by` (no low token holds `y` and a space, nor a space and `b`); then their ids, of which `by` and ` a` stand together in a
//! high token, and no others do: `by a`, ` `, `by`.
//!
//! Costs: a second encoder for the low merges, as large as the first would be; 256 KB or more of bits; 8 bytes an id.

// The hot loops are made of one-line helpers that must vanish into them.
#![allow(clippy::inline_always)]

use super::low_level::LowLevel;
use super::merge::misses::LongPieces;
use super::merge::pair_table::{NO_PLACE, PairTable};
use super::tables::Tables;
use crate::error::{Error, Result};
use crate::fast::util::fallible::{append, filled, push, resize, room};
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
/// The buffers that may stay allocated, in items.
const KEPT: usize = 1 << 17;

/// In place of a place: the two stand together in no token.
const APART: u32 = NO_PLACE + 1;
/// How many ids are looked at together.
const AT_ONCE: usize = if cfg!(any(test, fuzzing)) { 3 } else { 128 };

/// Takes the number of a piece and its ids.
type Keep<'k> = dyn FnMut(u32, Result<&[u32]>) + 'k;

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
    /// Pieces one after the other, where they end, and where parts of them do.
    text: Vec<u8>,
    ends: Vec<usize>,
    parts: Vec<usize>,
    /// Low ids, the place of the merge of each with the one after it, and high ids.
    low: Vec<u32>,
    places: Vec<u32>,
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
        // The level at which most merges are on their own side.
        let (mut level, mut most, mut lead) = (0, 0, 0_i64);
        for (merge, before) in merges.iter().zip(1..) {
            lead += if is_crossing(merge) { -1 } else { 1 };
            if lead > most {
                (level, most) = (before, lead);
            }
        }
        let is_list = level < merges.len() && in_order_of_learning(vocab)?;
        if is_list { TwoLevels::at(tables, level) } else { Ok(None) }
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

    /// Calls `keep` with each of these numbers and the ids of its piece; all pieces stand one after the other in `text`.
    fn merge_pieces(&self, numbers: &[u32], buffers: &mut Buffers, keep: &mut Keep<'_>) -> Result<()> {
        let table = self.tables.all_pairs().expect("there are no two levels without");
        let Buffers { text, ends, parts, low, places, high } = buffers;
        self.low.encode(text, 0, ends, parts, low)?;
        self.look_at_pairs(table, low, places)?;
        high.clear();
        high.try_reserve(low.len())?;
        let mut pieces = numbers.iter().zip(ends.iter());
        let Some((mut number, mut piece_end)) = pieces.next() else { return Ok(()) };
        let (mut at, mut first) = (0, 0);
        for (index, (&id, &place)) in low.iter().zip(places.iter()).enumerate() {
            at += self.low.length(id);
            let ends_here = at == *piece_end;
            if !ends_here && place != APART {
                continue;
            }
            if index == first {
                push(high, id)?;
            } else {
                self.merge_run(table, &low[first..=index], &places[first..index], high)?;
            }
            first = index + 1;
            if ends_here {
                keep(*number, Ok(high));
                high.clear();
                let Some(next) = pieces.next() else { break };
                (number, piece_end) = next;
            }
            if index % interrupt::STRETCH == 0 {
                interrupt::check()?;
            }
        }
        Ok(())
    }

    /// For each id and the one after it the place of their merge, or that they are [`APART`]. One loop finds those that may stand
    /// together, one asks the table for them, and one reads what it answers, so that nobody waits for memory alone.
    fn look_at_pairs(&self, table: &PairTable, low: &[u32], places: &mut Vec<u32>) -> Result<()> {
        places.clear();
        resize(places, low.len(), APART)?;
        let (mut together, mut probes) = ([0; AT_ONCE], [None; AT_ONCE]);
        for (chunk, start) in (0..low.len().saturating_sub(1)).step_by(AT_ONCE).enumerate() {
            let (mut n, end) = (0, low.len().min(start + AT_ONCE + 1));
            for (pair, at) in low[start..end].windows(2).zip(start..) {
                // Written in any case: a branch could not be guessed.
                together[n] = at;
                n += usize::from(self.joined.hold(pair[0], pair[1]));
            }
            for (&at, probe) in together[..n].iter().zip(&mut probes) {
                *probe = Some(table.probe(self.symbol(low[at]), self.symbol(low[at + 1])));
            }
            for (&at, probe) in together[..n].iter().zip(&probes) {
                places[at] = probe.map_or(NO_PLACE, |probe| table.place_at(probe));
            }
            if chunk % interrupt::STRETCH == 0 {
                interrupt::check()?;
            }
        }
        Ok(())
    }

    /// Appends the ids of a run of two or more ids, of which no two low ones merge any more, and whose pairs have these places.
    #[inline(always)]
    fn merge_run(&self, table: &PairTable, run: &[u32], places: &[u32], out: &mut Vec<u32>) -> Result<()> {
        match (run, places) {
            (_, &[place]) if place != NO_PLACE => push(out, table.id(table.made(place))),
            (_, &[_]) => append(out, run),
            (&[left, middle, right], &[first, second]) => {
                self.merge_three(table, [left, middle, right], [first, second], out)
            }
            _ if run.len() <= FEW => self.merge_few(table, run, places, out),
            _ => self.merge_many(table, run, out),
        }
    }

    /// The lower of the two pairs first, then what it makes with the third.
    #[inline(always)]
    fn merge_three(&self, table: &PairTable, run: [u32; 3], places: [u32; 2], out: &mut Vec<u32>) -> Result<()> {
        let place = places[0].min(places[1]);
        if place == NO_PLACE {
            return append(out, &run);
        }
        let made = table.made(place);
        let (ids, place) = if place == places[0] {
            ([table.id(made), run[2]], table.place(made, self.symbol(run[2])))
        } else {
            ([run[0], table.id(made)], table.place(self.symbol(run[0]), made))
        };
        if place == NO_PLACE { append(out, &ids) } else { push(out, table.id(table.made(place))) }
    }

    /// Looks at every pair again, in small arrays.
    fn merge_few(&self, table: &PairTable, run: &[u32], known: &[u32], out: &mut Vec<u32>) -> Result<()> {
        let (mut symbols, mut ids, mut places, mut n) = ([0; FEW], [0; FEW], [NO_PLACE; FEW], run.len());
        for (at, &id) in run.iter().enumerate() {
            (symbols[at], ids[at]) = (self.symbol(id), id);
        }
        places[..n - 1].copy_from_slice(known);
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
    fn merge<'t>(&self, numbers: &[u32], piece: &dyn Fn(u32) -> &'t [u8], keep: &mut Keep<'_>) {
        let mut buffers = match self.pool.take(|| Ok::<_, Error>(Buffers::default())) {
            Ok(buffers) => buffers,
            Err(error) => return keep(numbers[0], Err(error)),
        };
        let mut rest = numbers;
        while let Some(&first) = rest.first() {
            // Some whole pieces at a time, one at least.
            let Buffers { text, ends, .. } = &mut *buffers;
            text.clear();
            ends.clear();
            let mut gathered = Ok(());
            for &number in rest {
                gathered = append(text, piece(number)).and_then(|()| push(ends, text.len()));
                if gathered.is_err() || text.len() > STRETCH {
                    break;
                }
            }
            let (some, others) = rest.split_at(ends.len());
            if let Err(error) = gathered.and_then(|()| self.merge_pieces(some, &mut buffers, keep)) {
                keep(first, Err(error));
                break;
            }
            rest = others;
        }
        buffers.give_back();
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
        self.text.clear();
        self.text.shrink_to(KEPT);
        for ends in [&mut self.ends, &mut self.parts] {
            ends.clear();
            ends.shrink_to(KEPT);
        }
        for ids in [&mut self.low, &mut self.places, &mut self.high] {
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
