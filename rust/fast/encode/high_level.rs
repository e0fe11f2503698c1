//! Low ids -> high ids: the second of the [two levels](super::two_levels). Must equal `merge_parts` of `rust/reference/merging.rs`
//! with the high merges.
//!
//! Ids are cut between two that stand together in no token of a high merge, spelled in low ids. Three of four are then alone, and
//! most runs that remain have two or three ids. They are merged from left to right, and what stands between is copied.
//!
//! By hand, with the one high merge (by, " a") and the low ids of `by a by`: `by`, ` a`, ` `, `by`. Only the first two may stand together,
//! and they merge: `by a`, ` `, `by`.
//!
//! One loop finds the pairs that may stand together, one asks the table of merges for them, and one reads the answers, so that
//! waits for memory overlap. Longer runs are merged in place, many in turn, one merge at a time.
//!
//! Cost: 128 KB or more of bits, 28 to 52 bytes a high merge; 8 bytes a pair and 12 a run while it works.

#![expect(clippy::cast_possible_truncation, reason = "places of ids are below their number, and ids below NO_SYMBOL")]
// The hot loops are made of one-line helpers that must vanish into them.
#![allow(clippy::inline_always)]

use super::merge::pair_slots::{NO_PLACE, NO_SYMBOL, PairSlots, Probe};
use crate::error::Result;
use crate::fast::util::fallible::{append, collect, extend, filled, push, room};
use crate::reference::merging::merge_parts;
use crate::reference::published::vocabs::{Merge, NO_ID};
use crate::support::interrupt;

/// The longest run that is merged in place.
const FEW: usize = if cfg!(any(test, fuzzing)) { 5 } else { 32 };
/// How many ids are looked at together, and how many runs are merged in turn.
const AT_ONCE: usize = if cfg!(any(test, fuzzing)) { 3 } else { 128 };
const IN_TURN: usize = if cfg!(any(test, fuzzing)) { 2 } else { 32 };
/// How many ids are copied at once, even where there are fewer.
const COPIED: usize = 4;
/// A mark on the last id of a piece, which no id has.
const LAST: u32 = 1 << 31;

/// The high merges: a pair of ids -> its place, and the id it makes.
#[derive(Debug)]
pub struct HighLevel {
    slots: PairSlots,
    made: Vec<u32>,
    joined: IdPairs,
}

#[derive(Debug, Default)]
pub struct Together {
    /// Pairs of neighbours that may stand together: the index of the left one, and the place of their merge.
    lefts: Vec<u32>,
    places: Vec<u32>,
    runs: Vec<Run>,
}

/// Ids of which each may stand together with the next.
#[derive(Debug, Clone, Copy)]
struct Run {
    first: u32,
    length: u32,
    /// How many ids it has now; those after them are garbage.
    left: u32,
}

struct Turn {
    run: u32,
    /// The first of its places.
    pair: u32,
    /// The index of the id that the last merge made, and the pairs of that with its neighbours.
    at: u32,
    probes: [Probe; 2],
}

impl Together {
    pub fn shrink_to(&mut self, kept: usize) {
        for numbers in [&mut self.lefts, &mut self.places] {
            numbers.clear();
            numbers.shrink_to(kept);
        }
        self.runs.clear();
        self.runs.shrink_to(kept);
    }
}

impl HighLevel {
    /// The ids are below `n_ids`. None where no table can hold the merges.
    pub fn new(high: &[Merge], n_ids: u32) -> Result<Option<HighLevel>> {
        if n_ids > NO_SYMBOL || high.len() >= NO_PLACE as usize {
            return Ok(None);
        }
        let pairs = high.iter().zip(0..).map(|(merge, place)| (merge.left, merge.right, place));
        let Some(slots) = PairSlots::new(high.len(), &pairs)? else { return Ok(None) };
        let made = collect(high.iter().map(|merge| merge.id))?;
        Ok(Some(HighLevel { slots, made, joined: IdPairs::of(high, n_ids as usize)? }))
    }

    pub fn memory(&self) -> usize {
        self.slots.memory() + self.made.capacity() * 4 + self.joined.bits.capacity() * 8
    }

    /// Appends the ids that are made of low ones. `ends` says after how many low ids each piece ends, and is changed to the lengths of
    /// `out` at which it does.
    pub fn merge(
        &self,
        low: &mut [u32],
        ends: &mut [usize],
        together: &mut Together,
        out: &mut Vec<u32>,
    ) -> Result<()> {
        mark(low, ends, |id| id | LAST);
        let looked = self.look_at_pairs(low, together);
        mark(low, ends, |id| id & !LAST);
        looked?;
        self.merge_runs(low, together)?;
        out.try_reserve(low.len() + COPIED)?;
        let (mut done, mut ends) = (0, ends.iter_mut().peekable());
        for (number, &Run { first, length, left }) in together.runs.iter().enumerate() {
            let [first, length, left] = [first, length, left].map(|number| number as usize);
            while let Some(end) = ends.next_if(|end| **end <= first) {
                *end = out.len() + *end - done;
            }
            copy(low, done, first, out);
            copy(low, first, first + left, out);
            done = first + length;
            if number % AT_ONCE == 0 {
                interrupt::check()?;
            }
        }
        ends.for_each(|end| *end = out.len() + *end - done);
        append(out, &low[done..])
    }

    fn look_at_pairs(&self, low: &[u32], together: &mut Together) -> Result<()> {
        let Together { lefts, places, .. } = together;
        lefts.clear();
        places.clear();
        let (mut found, mut probes) = ([0; AT_ONCE], [Probe::NONE; AT_ONCE]);
        for (chunk, start) in (0..low.len().saturating_sub(1)).step_by(AT_ONCE).enumerate() {
            let (mut n, end) = (0, low.len().min(start + AT_ONCE + 1));
            for (pair, left) in low[start..end].windows(2).zip(start as u32..) {
                // Written in any case: a branch would be unpredictable.
                found[n] = left;
                n += usize::from((pair[0] < LAST) & self.joined.hold(pair[0], pair[1] & !LAST));
            }
            for (&left, probe) in found[..n].iter().zip(&mut probes) {
                *probe = self.slots.probe(low[left as usize], low[left as usize + 1] & !LAST);
            }
            append(lefts, &found[..n])?;
            extend(places, probes[..n].iter().map(|&probe| self.slots.place_at(probe)))?;
            if chunk % interrupt::STRETCH == 0 {
                interrupt::check()?;
            }
        }
        Ok(())
    }

    fn merge_runs(&self, low: &mut [u32], together: &mut Together) -> Result<()> {
        let Together { lefts, places, runs } = together;
        runs.clear();
        let (mut pair, mut turns) = (0, room(IN_TURN)?);
        while let Some(&first) = lefts.get(pair) {
            let mut last = pair + 1;
            while lefts.get(last).is_some_and(|&left| left == lefts[last - 1] + 1) {
                last += 1;
            }
            let length = last - pair + 1;
            let mut run = Run { first, length: length as u32, left: length as u32 };
            if length == 2 {
                if places[pair] != NO_PLACE {
                    low[first as usize] = self.made[places[pair] as usize];
                    run.left = 1;
                }
            } else if length <= FEW {
                let (at, probes) = (u32::MAX, [Probe::NONE; 2]);
                turns.push(Turn { run: runs.len() as u32, pair: pair as u32, at, probes });
            } else {
                run.left = self.merge_many(&mut low[first as usize..][..length])? as u32;
            }
            push(runs, run)?;
            if turns.len() == IN_TURN {
                self.take_turns(&mut turns, low, places, runs);
            }
            pair = last;
            if runs.len() % AT_ONCE == 0 {
                interrupt::check()?;
            }
        }
        self.take_turns(&mut turns, low, places, runs);
        Ok(())
    }

    fn take_turns(&self, turns: &mut Vec<Turn>, low: &mut [u32], places: &mut [u32], runs: &mut [Run]) {
        while !turns.is_empty() {
            turns.retain_mut(|turn| {
                let Run { first, left, .. } = &mut runs[turn.run as usize];
                let (ids, length) = (&mut low[*first as usize..], *left as usize);
                self.step(turn, &mut ids[..length], &mut places[turn.pair as usize..][..length - 1], left)
            });
        }
    }

    /// Takes in the places that were asked for, merges the pair of the least one, and asks for its new pairs; false if nothing merges.
    #[inline(always)]
    fn step(&self, turn: &mut Turn, ids: &mut [u32], places: &mut [u32], left: &mut u32) -> bool {
        let at = turn.at as usize;
        if let Some(before) = at.checked_sub(1).and_then(|before| places.get_mut(before)) {
            *before = self.slots.place_at(turn.probes[0]);
        }
        if let Some(behind) = places.get_mut(at) {
            *behind = self.slots.place_at(turn.probes[1]);
        }
        let (mut place, mut at) = (NO_PLACE, 0);
        for (index, &other) in places.iter().enumerate() {
            (place, at) = if other < place { (other, index) } else { (place, at) };
        }
        if place == NO_PLACE {
            return false;
        }
        let made = self.made[place as usize];
        ids[at] = made;
        for next in at + 1..places.len() {
            (ids[next], places[next - 1]) = (ids[next + 1], places[next]);
        }
        *left -= 1;
        let before = at.checked_sub(1).map_or(Probe::NONE, |before| self.slots.probe(ids[before], made));
        // The place after the last pair is garbage.
        let behind = if at + 1 < places.len() { self.slots.probe(made, ids[at + 1]) } else { Probe::NONE };
        (turn.at, turn.probes) = (at as u32, [before, behind]);
        places.len() > 1
    }

    fn merge_many(&self, run: &mut [u32]) -> Result<usize> {
        let mut ids = room(run.len())?;
        interrupt::append(&mut ids, run.iter().copied())?;
        let merge_of = |left, right| {
            let place = self.slots.place_at(self.slots.probe(left, right));
            (place != NO_PLACE).then(|| (place, self.made[place as usize]))
        };
        let merged = merge_parts(merge_of, ids)?;
        run[..merged.len()].copy_from_slice(&merged);
        Ok(merged.len())
    }
}

/// Pairs of ids, as hashed bits: some other pairs are in it too.
#[derive(Debug)]
struct IdPairs {
    bits: Vec<u64>,
    shift: u32,
}

impl IdPairs {
    /// The pairs of low ids that stand together in a token of these merges. Each merge adds one: the last id of its left side and the
    /// first of its right side.
    fn of(high: &[Merge], n_ids: usize) -> Result<IdPairs> {
        let (mut first, mut last) = (filled(NO_ID, n_ids)?, filled(NO_ID, n_ids)?);
        let log = (high.len() * 32).next_power_of_two().ilog2().clamp(6, 26);
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

fn mark(low: &mut [u32], ends: &[usize], change: impl Fn(u32) -> u32) {
    for &end in ends {
        if let Some(id) = end.checked_sub(1).and_then(|last| low.get_mut(last)) {
            *id = change(*id);
        }
    }
}

/// Appends some ids, as a rule few. `out` has room for four more.
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
