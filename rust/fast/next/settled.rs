//! Which tokens may stand after a token within a piece.
//!
//! Two neighbours are *settled* if merging their bytes gives these two again. They are not, if some token u on the right edge of the left
//! one and some v on the left edge of the right one merge before either becomes part of its parent. Let the parent of a token be its left
//! half, sort the children of each by the time from which on they would take it, latest first, and number the tokens by a walk through
//! these trees. Then the tokens with v on the left edge, still free at a time, are one interval: v, and its children from that time on. So
//! what is not settled after a token is a union of intervals, one for each merge of a token on its right edge.
//!
//! By hand, with the merges `ab` and `abc`: after `a`, the interval of `b` is not settled; after `ab`, that of `c`.
//!
//! *Time.* Where a merge has a higher rank than those of its parts, it is the rank. Otherwise it is the highest rank so far, the *phase*:
//! a merge of a low rank that becomes possible late is done at once (the proof: notes/proofs.md, "Which ids may come next"). In such
//! vocabularies, and where a token has several merges, each token is merged alone to see which was the last.
//!
//! Costs: 16 bytes a token, or 20, and 12 a merge; for a token, the tokens that are not settled after it.

#![expect(clippy::cast_possible_truncation, reason = "ids, and merges, are numbers of 32 bits")]

use super::bits::{Bits, has, set, unset};
use crate::error::{Error, Result};
use crate::fast::util::fallible::{collect, filled};
use crate::reference::merging::{self, Chain};
use crate::reference::published::vocabs::{Merge, Vocab, initial_parts};
use crate::support::interrupt;
use std::cmp::Reverse;
use std::collections::BinaryHeap;

const NONE: u32 = u32::MAX;
/// From how many clashes on, counted as often as they are found, the tokens after a token are worth keeping.
const MANY: u32 = 1 << 12;

#[derive(Debug)]
pub struct Settled {
    /// The tokens in the order of the walk, and the place of each.
    order: Vec<u32>,
    places: Vec<u32>,
    /// For each token, where its merges as a left part begin, by time.
    starts: Vec<u32>,
    clashes: Vec<Clash>,
    /// The number of the last merge of each token.
    own: Vec<u32>,
    /// Until when the right half of each token is free; empty where that is the time of its last merge.
    limits: Vec<u32>,
}

/// What a merge makes impossible after its left part, if that is free after a time: the tokens from the place of its right part on.
#[derive(Debug, Clone, Copy)]
struct Clash {
    time: u32,
    first: u32,
    end: u32,
}

/// How each token comes about: the halves that its last merge joins, if there is one, and the rank of that, counted from 1; and the highest
/// rank of all its merges. 0 for what merging begins with. Where ranks are times, there are no phases.
struct History {
    halves: Vec<(u32, u32)>,
    rank: Vec<u32>,
    phase: Vec<u32>,
}

impl History {
    /// From ranks alone. None where a token has several merges, or one that is not above those of its parts.
    fn of_ranks(vocab: &Vocab) -> Result<Option<History>> {
        let size = vocab.tokens.n_ids() as usize;
        let (mut halves, mut rank) = (filled((NONE, NONE), size)?, filled(0, size)?);
        for &Merge { left, right, id, rank: own } in vocab.merges() {
            if halves[id as usize].0 != NONE {
                return Ok(None);
            }
            (halves[id as usize], rank[id as usize]) = ((left, right), own.saturating_add(1));
        }
        interrupt::check()?;
        let is_late = |merge: &Merge| rank[merge.left as usize].max(rank[merge.right as usize]) > merge.rank;
        if !vocab.merges().is_sorted_by_key(|merge| merge.rank) || vocab.merges().iter().any(is_late) {
            return Ok(None);
        }
        Ok(Some(History { halves, rank, phase: Vec::new() }))
    }

    /// By merging the bytes of each token alone. The tokens that this makes are added to a set.
    fn by_merging(vocab: &Vocab, made: &mut Bits) -> Result<History> {
        let size = vocab.tokens.n_ids() as usize;
        let (mut halves, mut rank, mut phase) = (filled((NONE, NONE), size)?, filled(0, size)?, filled(0, size)?);
        let mut heap = BinaryHeap::new();
        for (id, token) in vocab.tokens.iter().filter(|(_, token)| !token.is_empty()) {
            let parts = match initial_parts(vocab, token) {
                Err(Error::MissingByte { .. }) => continue,
                parts => parts?,
            };
            let (mut chain, mut last, mut highest) =
                (Chain::new(|left, right| vocab.merge_of(left, right), parts)?, None, 0);
            for place in 0..chain.end {
                merging::push(&mut heap, chain.candidate(place))?;
            }
            while let Some(Reverse(entry)) = heap.pop() {
                if !chain.is_stale(&entry) {
                    for changed in chain.merge(&entry) {
                        merging::push(&mut heap, chain.candidate(changed))?;
                    }
                    highest = highest.max(entry.0.saturating_add(1));
                    last = Some(entry);
                }
            }
            if let Some((own, _, left, right, _)) = last.filter(|_| chain.merged() == [id]) {
                (halves[id as usize], rank[id as usize]) = ((left, right), own.saturating_add(1));
                phase[id as usize] = highest;
                set(made, id);
            }
        }
        Ok(History { halves, rank, phase })
    }

    /// The phases of two tokens. Where ranks are times, these decide as if all phases were 0.
    fn phases(&self, (left, right): (u32, u32)) -> [u32; 2] {
        [left, right].map(|id| self.phase.get(id as usize).copied().unwrap_or(0))
    }

    /// The left half of a token, if it has one.
    fn left(&self, id: u32) -> Option<u32> {
        Some(self.halves[id as usize].0).filter(|&left| left != NONE)
    }

    /// From when on a token takes its left half, if that was free before: what is left to do of the right half goes first.
    fn takes_left(&self, id: u32) -> u32 {
        let [left, right] = self.phases(self.halves[id as usize]);
        if right == 0 || right < left { self.rank[id as usize] } else { self.phase[id as usize] }
    }

    /// The same of its right half.
    fn takes_right(&self, id: u32) -> u32 {
        let [left, right] = self.phases(self.halves[id as usize]);
        if left <= right { self.rank[id as usize] } else { self.phase[id as usize] }
    }

    /// After which time the left part of a merge must be free for the two to merge, and from which time on the right part.
    fn bounds(&self, merge: &Merge) -> (u32, u32) {
        let (rank, [left, right]) = (merge.rank.saturating_add(1), self.phases((merge.left, merge.right)));
        if left > right { (rank, rank.max(left)) } else { (rank.max(right), rank) }
    }
}

/// Where each group begins, of things in groups of which the numbers are given.
fn starts_of(size: usize, groups: impl Iterator<Item = u32>) -> Result<Vec<u32>> {
    let mut starts = filled(0, size + 1)?;
    groups.for_each(|group| starts[group as usize + 1] += 1);
    (1..=size).for_each(|group| starts[group] += starts[group - 1]);
    Ok(starts)
}

/// Numbers in groups, each in the order in which they come: where each group begins, and the numbers.
pub(super) fn grouped(size: usize, all: impl Iterator<Item = (u32, u32)> + Clone) -> Result<(Vec<u32>, Vec<u32>)> {
    let starts = starts_of(size, all.clone().map(|(group, _)| group))?;
    let (mut next, mut numbers) = (collect(starts.iter().copied())?, filled(0, starts[size] as usize)?);
    for (group, number) in all {
        let at = &mut next[group as usize];
        numbers[*at as usize] = number;
        *at += 1;
    }
    Ok((starts, numbers))
}

/// The walk through the trees of left halves: the place of each token, and where the tokens of its tree end.
struct Walk {
    places: Vec<u32>,
    ends: Vec<u32>,
}

impl Walk {
    /// `taken`: the tokens that are children, in the order in which they are taken.
    fn new(vocab: &Vocab, history: &History, taken: &[u32]) -> Result<Walk> {
        let (size, left) = (history.halves.len(), |id: u32| history.halves[id as usize].0);
        let depth = |id| std::iter::successors(Some(id), |&id| history.left(id)).count() as u32;
        let by_depth = |&id: &u32| (depth(id), id);
        // Each after its parent, as those of the lower ranks are where these are times.
        let below = if history.phase.is_empty() { taken } else { &grouped(size + 1, taken.iter().map(by_depth))?.1 };
        let mut sizes: Vec<u32> = filled(1, size)?;
        below.iter().rev().for_each(|&id| sizes[left(id) as usize] += sizes[id as usize]);
        let (mut walk, mut count) = (Walk { places: filled(0, size)?, ends: filled(0, size)? }, 0);
        for (id, _) in vocab.tokens.iter().filter(|&(id, _)| history.left(id).is_none()) {
            walk.places[id as usize] = count;
            count += sizes[id as usize];
            walk.ends[id as usize] = count;
        }
        // While children are put before those that were taken earlier, their parent's end is where the next one ends.
        for &id in below {
            let end = &mut walk.ends[left(id) as usize];
            walk.ends[id as usize] = std::mem::replace(end, *end - sizes[id as usize]);
            walk.places[id as usize] = walk.ends[id as usize] - sizes[id as usize];
        }
        (0..size).for_each(|id| walk.ends[id] = walk.places[id] + sizes[id]);
        Ok(walk)
    }
}

impl Settled {
    /// And the tokens that merging makes of their bytes.
    pub fn new(vocab: &Vocab) -> Result<(Settled, Bits)> {
        let mut made = filled(0, (vocab.tokens.n_ids() as usize).div_ceil(64))?;
        let longest = if vocab.alphabet.fallback.is_some() { 4 } else { 1 };
        for (id, token) in vocab.tokens.iter().filter(|(_, token)| (1..=longest).contains(&token.len())) {
            if initial_parts(vocab, token).is_ok_and(|parts| parts == [id]) {
                set(&mut made, id);
            }
        }
        let Some(history) = History::of_ranks(vocab)? else {
            let history = History::by_merging(vocab, &mut made)?;
            let mut settled = Settled::of(vocab, &history)?;
            let limits =
                (0..).zip(&history.halves).map(|(id, half)| if half.0 == NONE { 0 } else { history.takes_right(id) });
            settled.limits = collect(limits)?;
            return Ok((settled, made));
        };
        let settled = Settled::of(vocab, &history)?;
        for merge in vocab.merges() {
            if has(&made, merge.left)
                && has(&made, merge.right)
                && (vocab.merges_make_all || settled.is_made(merge.left, merge.right, merge.rank.saturating_add(1)))
            {
                set(&mut made, merge.id);
            }
        }
        Ok((settled, made))
    }

    fn of(vocab: &Vocab, history: &History) -> Result<Settled> {
        let (size, merges) = (history.halves.len(), vocab.merges());
        let mut taken = collect((0..size as u32).filter(|&id| history.left(id).is_some()))?;
        taken.sort_unstable_by_key(|&id| history.takes_left(id));
        interrupt::check()?;
        let Walk { places, ends: mut free } = Walk::new(vocab, history, &taken)?;
        let mut order = filled(0, vocab.tokens.iter().count())?;
        vocab.tokens.iter().for_each(|(id, _)| order[places[id as usize] as usize] = id);
        interrupt::check()?;
        let by = |bound: fn((u32, u32)) -> u32| {
            let mut numbers = collect(0..merges.len() as u32)?;
            numbers.sort_unstable_by_key(|&number| bound(history.bounds(&merges[number as usize])));
            Ok::<_, Error>(numbers)
        };
        // Up to where tokens are free, in the order of the time from which on they must be: up to the last child that was taken before.
        let (mut ends, mut taken) = (filled(0, merges.len())?, taken.into_iter().peekable());
        for number in by(|(_, from)| from)? {
            let merge = &merges[number as usize];
            let (_, from) = history.bounds(merge);
            while let Some(id) = taken.next_if(|&id| history.takes_left(id) < from) {
                free[history.halves[id as usize].0 as usize] = places[id as usize];
            }
            ends[number as usize] = free[merge.right as usize];
        }
        let starts = starts_of(size, merges.iter().map(|merge| merge.left))?;
        let (mut next, mut own) = (collect(starts.iter().copied())?, filled(NONE, size)?);
        let mut clashes = filled(Clash { time: 0, first: 0, end: 0 }, merges.len())?;
        for number in by(|(time, _)| time)? {
            let (merge, end) = (&merges[number as usize], ends[number as usize]);
            let at = &mut next[merge.left as usize];
            clashes[*at as usize] = Clash { time: history.bounds(merge).0, first: places[merge.right as usize], end };
            if history.halves[merge.id as usize] == (merge.left, merge.right) {
                own[merge.id as usize] = *at;
            }
            *at += 1;
        }
        Ok(Settled { order, places, starts, clashes, own, limits: Vec::new() })
    }

    /// The intervals of what is not settled after a token.
    fn clashes(&self, last: u32) -> impl Iterator<Item = &Clash> {
        let edge = std::iter::successors(Some((last, NONE)), |&(token, _)| {
            let own = self.clashes.get(self.own[token as usize] as usize)?;
            Some((self.order[own.first as usize], self.limits.get(token as usize).copied().unwrap_or(own.time)))
        });
        edge.flat_map(|(token, limit)| {
            let own = &self.clashes[self.starts[token as usize] as usize..self.starts[token as usize + 1] as usize];
            own.iter().take_while(move |clash| clash.time < limit)
        })
    }

    /// Removes the tokens that are not settled after a token from a set.
    pub fn remove_clashes(&self, last: u32, bits: &mut [u64]) {
        for clash in self.clashes(last) {
            for &id in &self.order[clash.first as usize..clash.end as usize] {
                unset(bits, id);
            }
        }
    }

    /// Whether finding what is not settled after a token takes more than some microseconds.
    pub fn has_many_clashes(&self, last: u32) -> bool {
        let mut count = 0;
        self.clashes(last).any(|clash| {
            count += clash.end - clash.first;
            count > MANY
        })
    }

    /// Whether two tokens are settled, if merging makes both.
    pub fn holds(&self, left: u32, right: u32) -> bool {
        let place = self.places[right as usize];
        !self.clashes(left).any(|clash| (clash.first..clash.end).contains(&place))
    }

    /// Whether merging makes a token of its bytes, if it makes its parts of theirs: nothing is merged across them before.
    fn is_made(&self, left: u32, right: u32, rank: u32) -> bool {
        let place = self.places[right as usize];
        let earlier = |clash: &&Clash| clash.time < rank && (clash.first..clash.end).contains(&place);
        !self.clashes(left).any(|clash| earlier(&clash))
    }

    /// The bytes of memory that it takes.
    pub fn memory(&self) -> usize {
        let columns = [&self.order, &self.places, &self.starts, &self.own, &self.limits];
        columns.map(|column| column.capacity() * size_of::<u32>()).iter().sum::<usize>()
            + self.clashes.capacity() * size_of::<Clash>()
    }
}
