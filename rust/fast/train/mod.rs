//! The merging phase of training: distinct pieces with their counts -> merges. Must equal `train` and `extend` of
//! `rust/train.rs`.
//!
//! The mirror keeps a word per piece and rewrites every word that holds the pair merged. Here a merge touches the places
//! where the pair stands and nothing else, so that a corpus of one huge piece costs no more than one of short words:
//!
//! - [`arena`] the corpus as one flat array of symbols, where a token finds its neighbours without links;
//! - [`pairs`] for each pair its places and an upper bound on its count;
//! - [`queue`] the pair of the highest bound, [`tie_break`] which one among equals;
//! - [`start_vocab`] the vocabulary to begin with, [`initial_pairs`] the pairs that it makes of the pieces, [`new_pairs`] the pairs that a merge creates;
//! - [`step_function`] a position's weight, that is the count of its piece.
//!
//! One step takes the pair of the highest bound from the queue; if its count may have fallen, counts it anew and puts it
//! back; else joins its places, looks around each of them, and adds the pairs found there.
//!
//! # Why it is exact
//!
//! *Counts only fall.* A pair of which at least one part is made by training is born in the step that makes its younger
//! part, in all its places at once: later steps bring other ids. So places only vanish, a count taken once is a bound for
//! ever, and so is the first place of the pair in the corpus. A queue of such bounds yields the best pair: if the
//! highest bound proves exact, every other pair lies below its own bound and so below this count.
//!
//! *Which places still hold* is read from two slots ([`Arena::holds`]). *Whether a count is still exact* is read from two
//! numbers per id ([`Pairs::is_exact`]), or known, because the losses of frequent pairs are booked as they happen
//! ([`new_pairs`]).
//!
//! # What it costs
//!
//! For n bytes of distinct pieces and V merges: the joins cost O(n) in all, since each removes a token; lists hold at most
//! two places for each token joined, and n at the start. A list is walked once when its pair is merged, and once for each
//! time it reaches the top with a bound out of date. Memory: 2 bytes a slot while ids fit into 16 bits, else 4; 4 for each
//! place in a list; 32 for each pair. More than 2^31 slots are refused, as are counts beyond 2^63: nothing wraps.

mod arena;
mod initial_pairs;
mod new_pairs;
mod pairs;
mod queue;
mod start_vocab;
mod step_function;
#[cfg(test)]
mod tests;
mod tie_break;

use crate::error::{Error, Result};
use crate::train::{Stop, TieBreak, TrainOptions, Trained};
use crate::vocab::Vocab;
use arena::{Arena, Layout, Symbol};
use initial_pairs::first_pairs;
use new_pairs::Births;
use pairs::{Joined, Pair, Pairs};
use queue::Queue;
use start_vocab::Base;
use std::sync::Arc;
use tie_break::{FirstSeen, GreatestBytes, SmallestIds, Tie};

/// Distinct pieces with their counts, by index in order of first appearance.
pub trait Pieces {
    /// How many there are.
    fn len(&self) -> usize;

    /// The bytes and the count of one. Pieces whose count is not positive are passed over.
    fn get(&self, index: u32) -> (&[u8], i64);

    /// Are there none?
    fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl Pieces for &[(Vec<u8>, i64)] {
    fn len(&self) -> usize {
        <[_]>::len(self)
    }

    fn get(&self, index: u32) -> (&[u8], i64) {
        let (piece, count) = &self[index as usize];
        (piece, *count)
    }
}

impl<P: Pieces> Pieces for &P {
    fn len(&self) -> usize {
        (**self).len()
    }

    fn get(&self, index: u32) -> (&[u8], i64) {
        (**self).get(index)
    }
}

/// An arena of more slots is refused: two lists of them must fit into 32 bits.
const MAX_SLOTS: usize = (u32::MAX / 2) as usize;

/// Places that may be looked at between two calls of `on_merge`: a hundredth of a second's work.
const STRETCH: usize = 1 << 20;

/// Sizes that change the speed and never the result.
#[derive(Clone, Copy)]
struct Tuning {
    /// Bits of a count that choose its bucket within its power of two.
    mantissa: u32,
    /// The counts of pairs of two ids below this are kept exact: these have the long lists.
    dense: u32,
}

impl Default for Tuning {
    fn default() -> Self {
        Self { mantissa: 6, dense: 512 }
    }
}

/// Train on `pieces`, which are dropped as soon as they are laid out.
///
/// `on_merge` hears the number of merges made: after each of them, and again and again while a step is long. What it
/// returns as an error stops the training.
///
/// ```
/// use minitok::fast::train::train;
/// use minitok::train::TrainOptions;
/// let pieces = [(b"ab".to_vec(), 2), (b"abc".to_vec(), 1)];
/// let trained = train(&pieces[..], &TrainOptions::new(9), &mut |_| Ok(())).unwrap();
/// assert_eq!(trained.merges, [(97, 98), (256, 99)]);
/// ```
pub fn train<P: Pieces>(
    pieces: P,
    options: &TrainOptions,
    on_merge: &mut dyn FnMut(usize) -> Result<()>,
) -> Result<Trained> {
    let vocab = Vocab::from_merges(&options.byte_order, &[])?;
    extend(vocab.into(), 256, pieces, options, on_merge)
}

/// Train on top of a vocabulary: the new ids are those from `first_id` on, which are above all of its own (SPEC T10).
pub fn extend<P: Pieces>(
    vocab: Arc<Vocab>,
    first_id: u32,
    pieces: P,
    options: &TrainOptions,
    on_merge: &mut dyn FnMut(usize) -> Result<()>,
) -> Result<Trained> {
    let base = Base::new(vocab);
    let mut trained = train_with(&base, pieces, options, Tuning::default(), on_merge)?;
    // Inside, the new ids follow those of the vocabulary without a hole, so that tables by id stay small.
    let outside = |id: u32| if id < base.n_ids() { id } else { id - base.n_ids() + first_id };
    for (left, right) in &mut trained.merges {
        (*left, *right) = (outside(*left), outside(*right));
    }
    Ok(trained)
}

fn train_with<P: Pieces>(
    base: &Base,
    pieces: P,
    options: &TrainOptions,
    tuning: Tuning,
    on_merge: &mut dyn FnMut(usize) -> Result<()>,
) -> Result<Trained> {
    let too_large = |what| Err(Error::Training(format!("the corpus is too large to train on: {what}")));
    if pieces.len() > MAX_SLOTS {
        return too_large("more than 2^31 distinct pieces");
    }
    let layout = Layout::new(&pieces);
    if layout.slots > MAX_SLOTS {
        return too_large("distinct pieces of more than 2^31 bytes");
    }
    if layout.weight > i64::MAX as u128 {
        return too_large("counts beyond 2^63");
    }
    // A merge removes one token at least, so there are fewer merges than slots.
    let gap = base.n_ids() + options.n_merges.min(layout.slots) as u32;
    if u16::try_from(gap).is_ok() {
        train_in::<u16, P>(base, pieces, &layout, gap, options, tuning, on_merge)
    } else {
        train_in::<u32, P>(base, pieces, &layout, gap, options, tuning, on_merge)
    }
}

/// Train with symbols of type `S`.
fn train_in<S: Symbol, P: Pieces>(
    base: &Base,
    pieces: P,
    layout: &Layout,
    gap: u32,
    options: &TrainOptions,
    tuning: Tuning,
    on_merge: &mut dyn FnMut(usize) -> Result<()>,
) -> Result<Trained> {
    let arena = Arena::<S>::new(layout, base, gap, &pieces)?;
    match options.tie_break {
        TieBreak::SmallestIds => {
            drop(pieces);
            Trainer::new(arena, base, SmallestIds, options, tuning).run(options, on_merge)
        }
        TieBreak::FirstSeen => {
            let tie = FirstSeen::new(layout, &pieces);
            drop(pieces);
            Trainer::new(arena, base, tie, options, tuning).run(options, on_merge)
        }
        TieBreak::GreatestBytes => {
            let (bytes, places) = tie_break::original_bytes(layout, &pieces, base);
            drop(pieces);
            Trainer::new(arena, base, GreatestBytes::new(&bytes, places), options, tuning).run(options, on_merge)
        }
    }
}

struct Trainer<S: Symbol, T: Tie<S>> {
    arena: Arena<S>,
    pairs: Pairs,
    queue: Queue<T::Key>,
    births: Births,
    tie: T,
    min_frequency: u64,
    /// The id that the first merge makes.
    first_id: u32,
    merges: Vec<(u32, u32)>,
    /// The tokens made last.
    joined: Vec<Joined>,
}

impl<S: Symbol, T: Tie<S>> Trainer<S, T> {
    fn new(arena: Arena<S>, base: &Base, tie: T, options: &TrainOptions, tuning: Tuning) -> Self {
        let min_frequency = options.min_frequency.max(1).unsigned_abs();
        let max_length = options.max_token_length.map_or(u64::MAX, |length| length as u64);
        Self {
            pairs: Pairs::new(arena.gap as usize, tuning.dense),
            queue: Queue::new(tuning.mantissa),
            births: Births::new(arena.gap, min_frequency, max_length),
            tie,
            min_frequency,
            first_id: base.n_ids(),
            merges: Vec::new(),
            joined: Vec::new(),
            arena,
        }
    }

    fn run(mut self, options: &TrainOptions, on_merge: &mut dyn FnMut(usize) -> Result<()>) -> Result<Trained> {
        let mut counts = Vec::new();
        let mut ties = 0;
        let mut stop = Stop::VocabSize;
        self.births.newborn = first_pairs(&self.arena, &mut self.pairs, &self.births, || on_merge(0))?;
        self.pairs.settle();
        self.enqueue_newborn();
        while self.merges.len() < options.n_merges {
            let Some(pair) = self.next_pair(on_merge)? else {
                stop = Stop::MinFrequency;
                break;
            };
            let count = self.pairs.get(pair).count;
            counts.push(count.cast_signed());
            ties += usize::from(self.has_rival(count));
            self.merge(pair);
            on_merge(self.merges.len())?;
        }
        Ok(Trained { merges: self.merges, counts, ties, stop })
    }

    /// The pair to merge next: the pair of the highest bound, if counting it confirms the bound; else it goes back.
    fn next_pair(&mut self, on_merge: &mut dyn FnMut(usize) -> Result<()>) -> Result<Option<u32>> {
        let Self { arena, pairs, queue, tie, merges, .. } = self;
        let mut looked_at = 0;
        while let Some(entry) = queue.pop(pairs, |index| tie.key(pairs, index, arena)) {
            let index = entry.pair;
            if !pairs.is_exact(index) {
                looked_at += pairs.positions(index).len();
                pairs.recount(index, arena, merges.len() as u32);
            }
            let count = pairs.get(index).count;
            if count < self.min_frequency {
                pairs.remove(index);
            } else if count == entry.count {
                return Ok(Some(index));
            } else {
                queue.push(index, pairs, || tie.key(pairs, index, arena));
            }
            if looked_at > STRETCH {
                looked_at = 0;
                on_merge(merges.len())?;
            }
        }
        Ok(None)
    }

    /// Has another pair the count of the one that was just taken from the queue?
    ///
    /// Pairs that wait in the buckets have a lower bound than what the heap held a moment ago, so only the heap is asked.
    fn has_rival(&mut self, count: u64) -> bool {
        let Self { arena, pairs, queue, tie, merges, .. } = self;
        while let Some(index) = queue.top_of(count) {
            if !pairs.is_exact(index) {
                pairs.recount(index, arena, merges.len() as u32);
            }
            let now = pairs.get(index).count;
            if now == count {
                return true;
            }
            queue.drop_top();
            if now < self.min_frequency {
                pairs.remove(index);
            } else {
                queue.push(index, pairs, || tie.key(pairs, index, arena));
            }
        }
        false
    }

    fn merge(&mut self, index: u32) {
        let Self { arena, pairs, joined, .. } = self;
        let &Pair { left, right, .. } = pairs.get(index);
        let id = self.first_id + self.merges.len() as u32;
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
