//! Low ids -> high ids: the second of the [two levels](super::two_levels). Must equal `merge_parts` of `rust/merging.rs` with the high
//! merges.
//!
//! Ids are cut between two that stand together in no token of a high merge, spelled in low ids. Three of four are then alone, and of the
//! runs that remain, most have two or three ids. They are merged from left to right, and what stands between is copied.
//!
//! By hand, with the one high merge (by, " a") and the low ids of `by a by`: `by`, ` a`, ` `, `by`. Only the first two may stand together,
//! and they merge: `by a`, ` `, `by`.
//!
//! One loop finds the pairs that may stand together, one asks the table of merges for them, and one reads what it answers, so that nobody
//! waits for memory alone.
//!
//! Costs: 256 KB or more of bits, 4 bytes an id of the vocabulary; 8 bytes a pair while it works.

#![expect(clippy::cast_possible_truncation, reason = "places of ids are below the number of ids, which is checked")]
// The hot loops are made of one-line helpers that must vanish into them.
#![allow(clippy::inline_always)]

use super::merge::pair_table::{NO_PLACE, PairTable};
use super::tables::Tables;
use crate::error::Result;
use crate::fast::util::fallible::{append, filled, push, room};
use crate::interrupt;
use crate::merging::merge_parts;
use crate::vocab::{Merge, NO_ID};
use std::sync::Arc;

/// The longest run that is merged in small arrays.
const FEW: usize = if cfg!(any(test, fuzzing)) { 5 } else { 16 };
/// How many ids are looked at together.
const AT_ONCE: usize = if cfg!(any(test, fuzzing)) { 3 } else { 128 };
/// How many ids are copied at once, whether or not there are as many.
const COPIED: usize = 4;
/// A mark on the last id of a piece, which no id has.
const LAST: u32 = 1 << 31;

/// The high merges.
#[derive(Debug)]
pub struct HighLevel {
    tables: Arc<Tables>,
    /// For each id its symbol in the table of all merges.
    symbols: Vec<u32>,
    joined: IdPairs,
}

/// Pairs of neighbours that may stand together: the number of the left one, and the place of their merge.
#[derive(Debug, Default)]
pub struct Together {
    lefts: Vec<u32>,
    places: Vec<u32>,
}

impl Together {
    /// Shrinks the memory to room for `kept` pairs.
    pub fn shrink_to(&mut self, kept: usize) {
        for numbers in [&mut self.lefts, &mut self.places] {
            numbers.clear();
            numbers.shrink_to(kept);
        }
    }
}

impl HighLevel {
    /// The high merges of a list; None where the mirror has to do them.
    pub fn new(tables: &Arc<Tables>, high: &[Merge]) -> Result<Option<HighLevel>> {
        let n_ids = tables.vocab().tokens.n_ids();
        let Some(pairs) = tables.all_pairs().filter(|_| n_ids < LAST) else { return Ok(None) };
        let (symbols, joined) = (pairs.symbols_of_ids()?, IdPairs::of(high, n_ids as usize)?);
        Ok(Some(HighLevel { tables: Arc::clone(tables), symbols, joined }))
    }

    /// The bytes of its tables.
    pub fn memory(&self) -> usize {
        self.symbols.capacity() * 4 + self.joined.bits.capacity() * 8
    }

    /// Appends the ids that are made of low ones. `ends` are the numbers of low ids after which pieces end; they become the lengths of
    /// `out` after which they do.
    pub fn merge(
        &self,
        low: &mut [u32],
        ends: &mut [usize],
        together: &mut Together,
        out: &mut Vec<u32>,
    ) -> Result<()> {
        let Some(table) = self.tables.all_pairs() else { return Ok(()) };
        mark(low, ends, |id| id | LAST);
        let looked = self.look_at_pairs(table, low, together);
        mark(low, ends, |id| id & !LAST);
        looked?;
        out.try_reserve(low.len() + COPIED)?;
        let Together { lefts, places } = together;
        let (mut pair, mut done, mut ends) = (0, 0, ends.iter_mut().peekable());
        while let Some(&first) = lefts.get(pair) {
            let first = first as usize;
            while let Some(end) = ends.next_if(|end| **end <= first) {
                *end = out.len() + *end - done;
            }
            copy(low, done, first, out);
            let mut last = pair + 1;
            while lefts.get(last).is_some_and(|&left| left == lefts[last - 1] + 1) {
                last += 1;
            }
            done = first + (last - pair) + 1;
            self.merge_run(table, &low[first..done], &places[pair..last], out)?;
            pair = last;
            interrupt::check()?;
        }
        ends.for_each(|end| *end = out.len() + *end - done);
        append(out, &low[done..])
    }

    /// Finds the pairs that may stand together, and looks up their merges.
    fn look_at_pairs(&self, table: &PairTable, low: &[u32], together: &mut Together) -> Result<()> {
        let Together { lefts, places } = together;
        lefts.clear();
        places.clear();
        let (mut found, mut probes) = ([0; AT_ONCE], [None; AT_ONCE]);
        for (chunk, start) in (0..low.len().saturating_sub(1)).step_by(AT_ONCE).enumerate() {
            let (mut n, end) = (0, low.len().min(start + AT_ONCE + 1));
            for (pair, left) in low[start..end].windows(2).zip(start as u32..) {
                // Written in any case: a branch could not be guessed.
                found[n] = left;
                n += usize::from((pair[0] < LAST) & self.joined.hold(pair[0], pair[1] & !LAST));
            }
            for (&left, probe) in found[..n].iter().zip(&mut probes) {
                let [left, right] = [left, left + 1].map(|at| self.symbol(low[at as usize] & !LAST));
                *probe = Some(table.probe(left, right));
            }
            append(lefts, &found[..n])?;
            places.try_reserve(n)?;
            places.extend(probes[..n].iter().map(|probe| probe.map_or(NO_PLACE, |probe| table.place_at(probe))));
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

/// Changes the last id of each piece.
fn mark(low: &mut [u32], ends: &[usize], change: impl Fn(u32) -> u32) {
    for &end in ends {
        if let Some(id) = end.checked_sub(1).and_then(|last| low.get_mut(last)) {
            *id = change(*id);
        }
    }
}

/// Appends some ids, of which there are few as a rule. There is room for four more.
#[inline(always)]
fn copy(low: &[u32], first: usize, end: usize, out: &mut Vec<u32>) {
    let len = out.len();
    match low[first..].first_chunk::<COPIED>() {
        Some(some) if end - first <= COPIED => {
            out.extend_from_slice(some);
            out.truncate(len + end - first);
        }
        _ => out.extend_from_slice(&low[first..end]),
    }
}
