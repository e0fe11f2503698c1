//! The merging phase of training: pieces with their counts -> merges. Must equal `rust/train.rs`.
//!
//! (docs here)

mod arena;
mod births;
mod first;
mod pairs;
mod queue;
mod steps;
mod tie;

use std::ops::ControlFlow;

use crate::error::{Error, Result};
use arena::{Arena, Layout, Symbol};
use births::Births;
use first::first_pairs;
use pairs::{Joined, Pair, Pairs};
use queue::Queue;
use tie::{FirstSeen, GreatestBytes, SmallestIds, Tie};

/// Which of several pairs of equal count is merged (SPEC T3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TieBreak {
    /// The smallest left id, then the smallest right id.
    #[default]
    SmallestIds,
    /// The pair that is met first in the corpus as merged so far.
    FirstSeen,
    /// The greatest bytes of the left token, then of the right one.
    GreatestBytes,
}

/// Why training stopped (SPEC T5).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StopReason {
    /// All the merges asked for were made.
    MaxMerges,
    /// No pair that may be merged stands in `min_frequency` places.
    MinFrequency,
}

/// What to train.
#[derive(Debug, Clone)]
pub struct Options {
    /// How many merges to make at most.
    pub max_merges: usize,
    /// At least 1.
    pub min_frequency: u64,
    /// The longest token that may be made, in bytes (SPEC T7).
    pub max_token_length: Option<usize>,
    pub tie_break: TieBreak,
    /// The id of each single byte: a permutation of 0-255.
    pub byte_ids: [u32; 256],
}

/// What the trainer reports as it works.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// Long work goes on; nothing to tell, but a chance to stop.
    Working,
    /// Merge `index` (from 0) joins `left` and `right`, which stood side by side in `count` places.
    Merged { index: usize, left: u32, right: u32, count: u64 },
}

/// Told of progress; breaks to stop the training, which then returns [`Error::Interrupted`].
pub type Observer<'o> = &'o mut dyn FnMut(Progress) -> ControlFlow<()>;

/// Where the pieces are: `(bytes, count)` of the piece at each index, in order of first appearance.
pub trait Pieces {
    fn len(&self) -> usize;
    fn get(&self, index: u32) -> (&[u8], u64);
    fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl Pieces for &[(&[u8], u64)] {
    fn len(&self) -> usize {
        <[_]>::len(self)
    }
    fn get(&self, index: u32) -> (&[u8], u64) {
        self[index as usize]
    }
}

/// An arena of more slots is refused: beyond, positions would no longer fit into 32 bits.
pub const MAX_SLOTS: usize = (u32::MAX / 2) as usize;

/// Sizes that change the speed and never the result.
#[derive(Clone, Copy)]
struct Tuning {
    /// Bits of a count that choose its bucket within its power of two.
    mantissa: u32,
    /// The counts of pairs of two ids below this are kept exact: these are the long lists.
    dense: u32,
}

impl Default for Tuning {
    fn default() -> Self {
        Self { mantissa: 6, dense: 512 }
    }
}

/// `(merges, why they ended)`.
pub type Trained = (Vec<(u32, u32)>, StopReason);

pub fn train<P: Pieces>(pieces: P, options: &Options, observer: Observer<'_>) -> Result<Trained> {
    train_with(pieces, options, Tuning::default(), observer)
}

fn train_with<P: Pieces>(pieces: P, options: &Options, tuning: Tuning, observer: Observer<'_>) -> Result<Trained> {
    if pieces.len() > u32::MAX as usize {
        return Err(too_large(&format!("{} distinct pieces", pieces.len())));
    }
    let layout = Layout::new(pieces.len() as u32, |i| pieces.get(i).1, |i| pieces.get(i).0.len());
    if layout.slots > MAX_SLOTS {
        return Err(too_large(&format!("distinct pieces of {} bytes in all", layout.slots)));
    }
    let places: u128 = layout.order.iter().map(|&i| pieces.get(i)).map(|(b, n)| b.len() as u128 * u128::from(n)).sum();
    if places > u128::from(u64::MAX) {
        return Err(too_large("counts that sum up to 2^64 or more"));
    }
    // A merge removes one token at least, so there are fewer merges than slots.
    let gap = 256 + options.max_merges.min(layout.slots) as u32;
    if u16::try_from(gap).is_ok() {
        by_tie::<P, u16>(pieces, &layout, gap, options, tuning, observer)
    } else {
        by_tie::<P, u32>(pieces, &layout, gap, options, tuning, observer)
    }
}

fn too_large(what: &str) -> Error {
    Error::Training(format!("the corpus is too large to train on: {what}"))
}

fn by_tie<P: Pieces, S: Symbol>(
    pieces: P,
    layout: &Layout,
    gap: u32,
    options: &Options,
    tuning: Tuning,
    observer: Observer<'_>,
) -> Result<Trained> {
    let arena = Arena::<S>::new(layout, &options.byte_ids, gap, |i| pieces.get(i));
    match options.tie_break {
        TieBreak::SmallestIds => {
            drop(pieces);
            Trainer::new(arena, SmallestIds, options, tuning).run(options, observer)
        }
        TieBreak::FirstSeen => {
            let tie = FirstSeen::new(layout, |i| pieces.get(i).0.len());
            drop(pieces);
            Trainer::new(arena, tie, options, tuning).run(options, observer)
        }
        TieBreak::GreatestBytes => {
            let bytes = tie::original_bytes(layout, |i| pieces.get(i).0);
            drop(pieces);
            let tie = GreatestBytes::new(&bytes, &options.byte_ids);
            Trainer::new(arena, tie, options, tuning).run(options, observer)
        }
    }
}

struct Trainer<S: Symbol, T: Tie<S>> {
    arena: Arena<S>,
    pairs: Pairs,
    queue: Queue<T::Key>,
    births: Births,
    tie: T,
    merges: Vec<(u32, u32)>,
    /// The tokens made last.
    joined: Vec<Joined>,
}

impl<S: Symbol, T: Tie<S>> Trainer<S, T> {
    fn new(arena: Arena<S>, tie: T, options: &Options, tuning: Tuning) -> Self {
        let max_length = options.max_token_length.map_or(u64::MAX, |length| length as u64);
        Self {
            pairs: Pairs::new(arena.gap as usize, tuning.dense),
            queue: Queue::new(tuning.mantissa),
            births: Births::new(arena.gap, options.min_frequency, max_length),
            tie,
            merges: Vec::new(),
            joined: Vec::new(),
            arena,
        }
    }

    fn run(mut self, options: &Options, observer: Observer<'_>) -> Result<Trained> {
        let mut tell = |progress| match observer(progress) {
            ControlFlow::Continue(()) => Ok(()),
            ControlFlow::Break(()) => Err(Error::Interrupted),
        };
        let may_merge = |count| count >= options.min_frequency && options.max_token_length.is_none_or(|length| length >= 2);
        let first = first_pairs(&self.arena, &mut self.pairs, may_merge, || tell(Progress::Working))?;
        self.births.newborn = first;
        self.enqueue_newborn();
        while self.merges.len() < options.max_merges {
            let Some(pair) = self.next_pair(options.min_frequency) else {
                return Ok((self.merges, StopReason::MinFrequency));
            };
            let &Pair { left, right, count, .. } = self.pairs.get(pair);
            tell(Progress::Merged { index: self.merges.len(), left, right, count })?;
            self.merge(pair);
        }
        Ok((self.merges, StopReason::MaxMerges))
    }

    /// The pair to merge next: a pair comes out of the queue by its bound, and is counted anew unless its count is
    /// certainly exact. If the bound was exact, then no other pair can be ahead of it. Otherwise it goes back.
    fn next_pair(&mut self, min_frequency: u64) -> Option<u32> {
        let Self { arena, pairs, queue, tie, .. } = self;
        loop {
            let entry = queue.pop(pairs, |index| tie.key(pairs, index, arena))?;
            let index = entry.pair;
            if !pairs.is_exact(index) {
                pairs.recount(index, arena, self.merges.len() as u32);
            }
            let count = pairs.get(index).count;
            if count < min_frequency {
                pairs.remove(index);
            } else if count == entry.count {
                return Some(index);
            } else {
                queue.push(index, pairs, || tie.key(pairs, index, arena));
            }
        }
    }

    fn merge(&mut self, index: u32) {
        let Self { arena, pairs, joined, .. } = self;
        let &Pair { left, right, .. } = pairs.get(index);
        let id = 256 + self.merges.len() as u32;
        self.merges.push((left, right));
        let merges = self.merges.len() as u32;
        arena.lengths[id as usize] = arena.lengths[left as usize] + arena.lengths[right as usize];
        pairs.join(index, id, merges, arena, joined);
        pairs.remove(index);
        self.tie.learn(id, joined[0].position);
        pairs.reserve(2 * joined.len(), arena);
        self.births.deliver(id, (left, right), joined, merges, arena, pairs);
        self.enqueue_newborn();
    }

    fn enqueue_newborn(&mut self) {
        let Self { arena, pairs, queue, births, tie, .. } = self;
        for &index in &births.newborn {
            queue.push(index, pairs, || tie.key(pairs, index, arena));
        }
    }
}

#[cfg(test)]
mod tests;
