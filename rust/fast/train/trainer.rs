//! The loop of training: the most frequent pair, its merge, the pairs that it creates. Must equal `train` and `extend` of
//! `rust/reference/train.rs`; [`super`] explains how, and why it is exact.

#![expect(
    clippy::cast_possible_truncation,
    reason = "there are fewer merges than slots, and the ids of a vocabulary end at 2^31"
)]

use super::arena::{Arena, Layout, MAX_SLOTS, POLL_EVERY, Symbol, too_large};
use super::initial_pairs::initial_pairs;
use super::new_pairs::NewPairs;
use super::pairs::{Joined, Pair, Pairs};
use super::queue::Queue;
use super::rare_pairs::PairBounds;
use super::start_vocab::StartVocab;
use super::tie_break::{FirstSeen, GreatestBytes, Original, SmallestIds, Tie};
use super::vetoes::Vetoes;
use crate::error::Result;
use crate::fast::count::pieces::Pieces;
use crate::fast::util::fallible::push;
use crate::reference::train::{Stop, TieBreak, TrainOptions, Trained};
use crate::reference::vocab::Vocab;
use std::sync::Arc;

/// Sizes that change the speed and never the result.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tuning {
    /// Bits of a count that choose its bucket within its power of two.
    pub(super) mantissa: u32,
    /// The counts of pairs of two ids below this are kept exact: these have the long lists.
    pub(super) dense: u32,
}

impl Default for Tuning {
    fn default() -> Self {
        if cfg!(fuzzing) {
            return Self { mantissa: 1, dense: 98 };
        }
        Self { mantissa: 6, dense: 512 }
    }
}

/// Trains on `pieces`, which are dropped as soon as they are laid out.
///
/// `on_merge` is called with the number of merges made: after each of them, and repeatedly while a step is long. An error that
/// it returns stops the training.
///
/// ```
/// use minitok::fast::train::train;
/// use minitok::reference::train::TrainOptions;
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

/// Trains on top of a vocabulary: the new ids are those from `first_id` on, which are above all ids of the vocabulary (SPEC T10).
pub fn extend<P: Pieces>(
    vocab: Arc<Vocab>,
    first_id: u32,
    pieces: P,
    options: &TrainOptions,
    on_merge: &mut dyn FnMut(usize) -> Result<()>,
) -> Result<Trained> {
    let base = StartVocab::extended(vocab)?;
    let mut trained = train_with(&base, pieces, options, Tuning::default(), on_merge)?;
    base.number_from(first_id, &mut trained.merges);
    Ok(trained)
}

/// The same for pieces that are runs of ids of the vocabulary already ([`CorpusCounter::as_runs`]).
///
/// [`CorpusCounter::as_runs`]: crate::fast::count::corpus_counter::CorpusCounter::as_runs
pub fn extend_runs<P: Pieces>(
    vocab: Arc<Vocab>,
    first_id: u32,
    runs: P,
    options: &TrainOptions,
    on_merge: &mut dyn FnMut(usize) -> Result<()>,
) -> Result<Trained> {
    let base = StartVocab::extended(vocab)?;
    let mut trained = train_on_runs(&base, runs, options, Tuning::default(), on_merge)?;
    base.number_from(first_id, &mut trained.merges);
    Ok(trained)
}

pub(super) fn train_with<P: Pieces>(
    base: &StartVocab,
    pieces: P,
    options: &TrainOptions,
    tuning: Tuning,
    on_merge: &mut dyn FnMut(usize) -> Result<()>,
) -> Result<Trained> {
    if base.is_bytes() {
        return train_on(base, pieces, options, tuning, on_merge);
    }
    let runs = base.runs()?.of((0..pieces.len()).map(|index| pieces.get(index as u32)))?;
    drop(pieces);
    train_on_runs(base, runs, options, tuning, on_merge)
}

/// Trains on runs of ids, of which only the parts are laid out that merges can be made in (`rare_pairs.rs`).
fn train_on_runs<P: Pieces>(
    base: &StartVocab,
    runs: P,
    options: &TrainOptions,
    tuning: Tuning,
    on_merge: &mut dyn FnMut(usize) -> Result<()>,
) -> Result<Trained> {
    // No more than all merges that there will be have been reported.
    let mut reported = 0;
    let mut report = |merges: usize| {
        reported = reported.max(merges);
        on_merge(reported)
    };
    let asked = options.min_frequency.max(1);
    let bounds = PairBounds::new(&runs, base, || report(0))?;
    let mut least = bounds.least_for(options.n_merges);
    while least > 1 && i64::from(least) > asked {
        let some = bounds.cut(&runs, base, least, || report(0))?;
        let options = TrainOptions { min_frequency: least.into(), ..options.clone() };
        let trained = train_on(base, some, &options, tuning, &mut report)?;
        if trained.stop == Stop::VocabSize {
            return Ok(trained);
        }
        least /= 4;
    }
    let least = u8::try_from(asked).unwrap_or(u8::MAX);
    let all = if least > 1 { Some(bounds.cut(&runs, base, least, || report(0))?) } else { None };
    drop(bounds);
    match all {
        Some(some) => {
            drop(runs);
            train_on(base, some, options, tuning, &mut report)
        }
        None => train_on(base, runs, options, tuning, &mut report),
    }
}

/// Trains on pieces whose ids are known: bytes, or runs.
fn train_on<P: Pieces>(
    base: &StartVocab,
    pieces: P,
    options: &TrainOptions,
    tuning: Tuning,
    on_merge: &mut dyn FnMut(usize) -> Result<()>,
) -> Result<Trained> {
    if pieces.len() > MAX_SLOTS {
        return too_large("more than 2^31 distinct pieces");
    }
    let layout = Layout::new(&pieces, base)?;
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

/// Trains with symbols of type `S`.
fn train_in<S: Symbol, P: Pieces>(
    base: &StartVocab,
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
            Trainer::new(arena, base, SmallestIds, options, tuning)?.run(options, on_merge)
        }
        TieBreak::FirstSeen => {
            let tie = FirstSeen::new(layout, &pieces, base)?;
            drop(pieces);
            Trainer::new(arena, base, tie, options, tuning)?.run(options, on_merge)
        }
        TieBreak::GreatestBytes => {
            let original = Original::new(layout, &pieces, base)?;
            drop(pieces);
            Trainer::new(arena, base, GreatestBytes::new(&original)?, options, tuning)?.run(options, on_merge)
        }
    }
}

struct Trainer<S: Symbol, T: Tie<S>> {
    arena: Arena<S>,
    pairs: Pairs,
    queue: Queue<T::Key>,
    new_pairs: NewPairs,
    tie: T,
    min_frequency: u64,
    /// The id that the first merge makes.
    first_id: u32,
    merges: Vec<(u32, u32)>,
    /// The tokens made last.
    joined: Vec<Joined>,
}

impl<S: Symbol, T: Tie<S>> Trainer<S, T> {
    fn new(arena: Arena<S>, base: &StartVocab, tie: T, options: &TrainOptions, tuning: Tuning) -> Result<Self> {
        let min_frequency = options.min_frequency.max(1).unsigned_abs();
        let max_length = options.max_token_length.map_or(u64::MAX, |length| length as u64);
        Ok(Self {
            pairs: Pairs::new(arena.gap as usize, tuning.dense)?,
            queue: Queue::new(tuning.mantissa),
            new_pairs: NewPairs::new(arena.gap, min_frequency, max_length, Vetoes::new(options, base)?)?,
            tie,
            min_frequency,
            first_id: base.n_ids(),
            merges: Vec::new(),
            joined: Vec::new(),
            arena,
        })
    }

    fn run(mut self, options: &TrainOptions, on_merge: &mut dyn FnMut(usize) -> Result<()>) -> Result<Trained> {
        let mut counts = Vec::new();
        let mut ties = 0;
        let mut stop = Stop::VocabSize;
        self.new_pairs.kept =
            initial_pairs(&self.arena, 0..self.arena.last(), &mut self.pairs, &self.new_pairs, || on_merge(0))?;
        self.pairs.settle();
        self.enqueue_new()?;
        while self.merges.len() < options.n_merges {
            let Some(pair) = self.next_pair(on_merge)? else {
                stop = Stop::MinFrequency;
                break;
            };
            let count = self.pairs.get(pair).count;
            push(&mut counts, count.cast_signed())?;
            ties += usize::from(self.has_rival(count)?);
            self.merge(pair)?;
            on_merge(self.merges.len())?;
        }
        Ok(Trained { merges: self.merges, counts, ties, stop })
    }

    /// The pair to merge next: the pair of the highest bound, if counting it confirms the bound; else it goes back.
    fn next_pair(&mut self, on_merge: &mut dyn FnMut(usize) -> Result<()>) -> Result<Option<u32>> {
        let Self { arena, pairs, queue, tie, merges, .. } = self;
        let mut looked_at = 0;
        while let Some(entry) = queue.pop(pairs, |index| tie.key(pairs, index, arena))? {
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
                queue.push(index, pairs, || tie.key(pairs, index, arena))?;
            }
            if looked_at > POLL_EVERY {
                looked_at = 0;
                on_merge(merges.len())?;
            }
        }
        Ok(None)
    }

    /// Whether another pair has the count of the one that was just taken from the queue.
    ///
    /// Pairs that wait in the buckets have a lower bound than what the heap held a moment ago, so only the heap is asked.
    fn has_rival(&mut self, count: u64) -> Result<bool> {
        let Self { arena, pairs, queue, tie, merges, .. } = self;
        while let Some(index) = queue.top_of(count) {
            if !pairs.is_exact(index) {
                pairs.recount(index, arena, merges.len() as u32);
            }
            let now = pairs.get(index).count;
            if now == count {
                return Ok(true);
            }
            queue.drop_top();
            if now < self.min_frequency {
                pairs.remove(index);
            } else {
                queue.push(index, pairs, || tie.key(pairs, index, arena))?;
            }
        }
        Ok(false)
    }

    fn merge(&mut self, index: u32) -> Result<()> {
        let Self { arena, pairs, joined, .. } = self;
        let &Pair { left, right, .. } = pairs.get(index);
        let id = self.first_id + self.merges.len() as u32;
        push(&mut self.merges, (left, right))?;
        let merges = self.merges.len() as u32;
        arena.lengths[id as usize] = arena.lengths[left as usize] + arena.lengths[right as usize];
        arena.sizes[id as usize] = arena.sizes[left as usize].saturating_add(arena.sizes[right as usize]);
        pairs.join(index, id, merges, arena, joined)?;
        pairs.remove(index);
        self.tie.learn(id, joined[0].position)?;
        self.new_pairs.vetoes.learn(id, left, right)?;
        pairs.reserve(2 * joined.len(), arena)?;
        self.new_pairs.collect(id, (left, right), joined, merges, arena, pairs)?;
        self.enqueue_new()
    }

    fn enqueue_new(&mut self) -> Result<()> {
        let Self { arena, pairs, queue, new_pairs, tie, .. } = self;
        for &index in &new_pairs.kept {
            queue.push(index, pairs, || tie.key(pairs, index, arena))?;
        }
        Ok(())
    }
}
