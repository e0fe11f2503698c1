//! The loop of training: the most frequent pair, its merge, the pairs that it creates. Must equal `train` and `extend` of
//! `rust/reference/train.rs`; [`super`] explains how, and why it is exact.

#![expect(clippy::cast_possible_truncation, reason = "there are fewer merges than slots")]

use super::arena::{Arena, Layout, Symbol, check_sizes};
use super::initial_pairs::initial_pairs;
use super::queue::Queue;
use super::rare_pairs::PairBounds;
use super::start_vocab::StartVocab;
use super::state::State;
use super::tie_break::{FirstSeen, GreatestBytes, Original, SmallestIds, Tie};
use crate::error::Result;
use crate::fast::count::pieces::{Corpus, Pieces};
use crate::fast::util::fallible::push;
use crate::reference::published::vocabs::Vocab;
use crate::reference::train::{Stop, TieBreak, TrainOptions, Trained};
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
/// `on_merge` is called with the number of merges made, after each of them. An error that it returns stops the training.
///
/// ```
/// use minitok::fast::train::train;
/// use minitok::reference::train::TrainOptions;
///
/// let pieces = [(b"ab".to_vec(), 2), (b"abc".to_vec(), 1)];
/// let trained = train(&pieces[..], &TrainOptions::new(9), &mut |_| Ok(())).unwrap();
/// assert_eq!(trained.merges, [(97, 98), (256, 99)]);
/// ```
pub fn train<'c>(
    pieces: impl Into<Corpus<'c>>,
    options: &TrainOptions,
    on_merge: &mut dyn FnMut(usize) -> Result<()>,
) -> Result<Trained> {
    let vocab = Vocab::from_merges(&options.byte_order, &[])?;
    extend((vocab.into(), 256), pieces, options, on_merge)
}

/// Trains on top of a vocabulary: the new ids are those from `first_id` on, which are above all ids of the vocabulary (SPEC T10).
pub fn extend<'c>(
    (vocab, first_id): (Arc<Vocab>, u32),
    corpus: impl Into<Corpus<'c>>,
    options: &TrainOptions,
    on_merge: &mut dyn FnMut(usize) -> Result<()>,
) -> Result<Trained> {
    let base = StartVocab::extended(vocab)?;
    let mut trained = train_with(&base, corpus.into(), options, Tuning::default(), on_merge)?;
    base.number_from(first_id, &mut trained.merges);
    Ok(trained)
}

/// Of runs of ids, only the parts are laid out that merges can be made in (`rare_pairs.rs`).
pub(super) fn train_with(
    base: &StartVocab,
    corpus: Corpus<'_>,
    options: &TrainOptions,
    tuning: Tuning,
    on_merge: &mut dyn FnMut(usize) -> Result<()>,
) -> Result<Trained> {
    let runs = base.ready(corpus)?;
    if base.is_bytes() {
        return train_on(base, runs, options, tuning, on_merge);
    }
    // No more than all merges that there will be have been reported.
    let mut reported = 0;
    let mut report = |merges: usize| {
        reported = reported.max(merges);
        on_merge(reported)
    };
    let asked = options.min_frequency.max(1);
    let bounds = PairBounds::new(&*runs, base)?;
    let mut least = bounds.least_for(options.n_merges);
    while least > 1 && i64::from(least) > asked {
        let some = Box::new(bounds.cut(&*runs, base, least)?);
        let options = TrainOptions { min_frequency: least.into(), ..options.clone() };
        let trained = train_on(base, some, &options, tuning, &mut report)?;
        if trained.stop == Stop::VocabSize {
            return Ok(trained);
        }
        least /= 4;
    }
    let least = u8::try_from(asked).unwrap_or(u8::MAX);
    let all = if least > 1 { Box::new(bounds.cut(&*runs, base, least)?) } else { runs };
    drop(bounds);
    train_on(base, all, options, tuning, &mut report)
}

/// Trains on pieces whose ids are known: bytes, or runs.
fn train_on(
    base: &StartVocab,
    pieces: Box<dyn Pieces + '_>,
    options: &TrainOptions,
    tuning: Tuning,
    on_merge: &mut dyn FnMut(usize) -> Result<()>,
) -> Result<Trained> {
    let layout = Layout::new(&*pieces, base)?;
    check_sizes(std::slice::from_ref(&layout))?;
    // A merge removes one token at least, so there are fewer merges than slots.
    let gap = base.n_ids() + options.n_merges.min(layout.slots) as u32;
    if u16::try_from(gap).is_ok() {
        train_in::<u16>(base, pieces, &layout, gap, options, tuning, on_merge)
    } else {
        train_in::<u32>(base, pieces, &layout, gap, options, tuning, on_merge)
    }
}

/// Trains with symbols of type `S`.
fn train_in<S: Symbol>(
    base: &StartVocab,
    pieces: Box<dyn Pieces + '_>,
    layout: &Layout,
    gap: u32,
    options: &TrainOptions,
    tuning: Tuning,
    on_merge: &mut dyn FnMut(usize) -> Result<()>,
) -> Result<Trained> {
    let arena = Arena::<S>::new(layout, base, gap, &*pieces)?;
    let state = State::new(arena, base, options, tuning.dense, false)?;
    match options.tie_break {
        TieBreak::SmallestIds => {
            drop(pieces);
            Trainer::new(state, SmallestIds, tuning).run(options, on_merge)
        }
        TieBreak::FirstSeen => {
            let tie = FirstSeen::new(layout, &*pieces, base)?;
            drop(pieces);
            Trainer::new(state, tie, tuning).run(options, on_merge)
        }
        TieBreak::GreatestBytes => {
            let original = Original::new(layout, &*pieces, base)?;
            drop(pieces);
            Trainer::new(state, GreatestBytes::new(&original)?, tuning).run(options, on_merge)
        }
    }
}

struct Trainer<S: Symbol, T: Tie<S>> {
    state: State<S>,
    queue: Queue<T::Key>,
    tie: T,
}

impl<S: Symbol, T: Tie<S>> Trainer<S, T> {
    fn new(state: State<S>, tie: T, tuning: Tuning) -> Self {
        Trainer { state, queue: Queue::new(tuning.mantissa), tie }
    }

    fn run(mut self, options: &TrainOptions, on_merge: &mut dyn FnMut(usize) -> Result<()>) -> Result<Trained> {
        let (mut counts, mut ties, mut stop) = (Vec::new(), 0, Stop::VocabSize);
        let State { arena, pairs, new_pairs, .. } = &mut self.state;
        new_pairs.kept = initial_pairs(arena, 0..arena.last(), pairs, new_pairs)?;
        pairs.settle();
        self.enqueue_new()?;
        while self.state.merges.len() < options.n_merges {
            let Some((pair, count)) = self.next_pair()? else {
                stop = Stop::MinFrequency;
                break;
            };
            push(&mut counts, count.cast_signed())?;
            ties += usize::from(self.has_rival(count)?);
            self.merge(pair)?;
            on_merge(self.state.merges.len())?;
        }
        Ok(Trained { merges: self.state.merges, counts, ties, stop })
    }

    /// The pair to merge next, and its count: the pair of the highest bound, if counting it confirms the bound; else it goes back.
    fn next_pair(&mut self) -> Result<Option<(u32, u64)>> {
        loop {
            let Trainer { state: State { arena, pairs, .. }, queue, tie } = self;
            let Some(entry) = queue.pop(pairs, |index| tie.key(pairs, index, arena))? else { return Ok(None) };
            let count = self.state.count(entry.pair)?;
            if count == entry.count && count >= self.state.min_frequency {
                return Ok(Some((entry.pair, count)));
            }
            self.put_back(entry.pair, count)?;
        }
    }

    /// Whether another pair has the count of the one that was just taken from the queue.
    ///
    /// Pairs that wait in the buckets have a lower bound than what the heap held a moment ago, so only the heap is asked.
    fn has_rival(&mut self, count: u64) -> Result<bool> {
        while let Some(index) = self.queue.top_of(count) {
            let now = self.state.count(index)?;
            if now == count {
                return Ok(true);
            }
            self.queue.drop_top();
            self.put_back(index, now)?;
        }
        Ok(false)
    }

    fn put_back(&mut self, index: u32, count: u64) -> Result<()> {
        let Trainer { state: State { arena, pairs, min_frequency, .. }, queue, tie } = self;
        if count < *min_frequency {
            pairs.remove(index);
            return Ok(());
        }
        queue.push(index, pairs, || tie.key(pairs, index, arena))
    }

    fn merge(&mut self, index: u32) -> Result<()> {
        let id = self.state.begin_merge(index)?;
        self.state.join(index, id, false)?;
        self.tie.learn(id, self.state.joined[0].position)?;
        self.enqueue_new()
    }

    fn enqueue_new(&mut self) -> Result<()> {
        let Trainer { state: State { arena, pairs, new_pairs, .. }, queue, tie } = self;
        new_pairs.kept.iter().try_for_each(|&index| queue.push(index, pairs, || tie.key(pairs, index, arena)))
    }
}
