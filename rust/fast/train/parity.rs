//! Training that is fair to several languages. Must equal `train_parity` of `rust/reference/more/parity.rs`.
//!
//! All texts lie in one [`Arena`], one *segment* after the other: a segment for each language, then one for the development
//! texts of each. A pair has a record in each segment in which it stands, its *part* there, with its places and a bound on its
//! count; the parts of a pair are linked in a circle ([`super::circles`]). A language has a queue of its own parts. So a merge
//! goes around the circle of the part that its language's queue gives, and no pair is ever looked up.
//!
//! Why it is exact: a merge is made in all segments at once, so what [`super`] says of the counts of a pair holds of each of its
//! parts. While merges are global, one more queue has a part of each pair, by the sum of the bounds around its circle.
//!
//! What it costs: what [`super`] says, for all texts together; 32 bytes for each part that there has ever been, since queues
//! still hold parts of pairs that have been merged.

#![expect(
    clippy::cast_possible_truncation,
    reason = "there are fewer merges and segments than slots, and the ids of a vocabulary end at 2^31"
)]

use super::arena::{Arena, Layout, Symbol, check_sizes};
use super::circles::{Circles, Sums};
use super::initial_pairs::initial_pairs;
use super::pairs::Pair;
use super::queue::{Bounds, Queue};
use super::start_vocab::StartVocab;
use super::state::State;
use super::trainer::Tuning;
use crate::error::{Error, Result};
use crate::fast::count::pieces::{Corpus, Pieces};
use crate::fast::util::fallible::{collect, concat, push, try_collect};
use crate::reference::more::parity::{ParityOptions, TrainedParity, Turns, neediest_first};
use crate::reference::published::byte_chars::to_chars;
use crate::reference::published::vocabs::Vocab;
use crate::reference::train::{Stop, TrainOptions};
use foldhash::{HashMap, HashMapExt};
use std::rc::Rc;
use std::sync::Arc;

/// Trains on top of a vocabulary, as [`extend`](super::extend) does. `development` is empty, or has as many as `languages`.
pub fn train_parity(
    (vocab, first_id): (Arc<Vocab>, u32),
    (languages, development): (Vec<Corpus<'_>>, Vec<Corpus<'_>>),
    options: &TrainOptions,
    parity: &ParityOptions,
    on_merge: &mut dyn FnMut(usize) -> Result<()>,
) -> Result<TrainedParity> {
    let base = StartVocab::extended(vocab)?;
    let everyone = languages.len();
    let corpora = try_collect(languages.into_iter().chain(development).map(|corpus| base.ready(corpus)))?;
    let layouts = try_collect(corpora.iter().map(|pieces| Layout::new(&**pieces, &base)))?;
    check_sizes(&layouts)?;
    let slots = layouts.iter().map(|layout| layout.slots).sum::<usize>();
    let gap = base.n_ids() + options.n_merges.min(slots) as u32;
    let texts = (corpora, layouts, slots);
    let mut trained = if u16::try_from(gap).is_ok() {
        Trainer::<u16>::new(&base, texts, everyone, gap, options, parity)?.run(on_merge)?
    } else {
        Trainer::<u32>::new(&base, texts, everyone, gap, options, parity)?.run(on_merge)?
    };
    base.number_from(first_id, &mut trained.merges);
    Ok(trained)
}

/// What ties are decided by: the name of a token, in UTF-8, whose bytes sort as code points do.
type Name = Rc<[u8]>;
type Key = (Name, Name);

struct Trainer<'o, S: Symbol> {
    state: State<S>,
    /// Of each language, and of all together while merges are global.
    queues: Vec<Queue<Key>>,
    /// The names of the ids, those of the vocabulary first.
    names: Vec<Name>,
    /// Where each segment begins, and where the last one ends.
    starts: Vec<u32>,
    /// How many tokens each segment has.
    lengths: Vec<i64>,
    everyone: usize,
    options: &'o TrainOptions,
    parity: &'o ParityOptions,
    circles: Circles,
}

impl<'o, S: Symbol> Trainer<'o, S> {
    fn new(
        base: &StartVocab,
        (corpora, layouts, slots): (Vec<Box<dyn Pieces + '_>>, Vec<Layout>, usize),
        everyone: usize,
        gap: u32,
        options: &'o TrainOptions,
        parity: &'o ParityOptions,
    ) -> Result<Self> {
        let mut arena = Arena::<S>::empty(base, gap, slots)?;
        let (mut starts, mut lengths) = (Vec::new(), Vec::new());
        for (pieces, layout) in corpora.iter().zip(&layouts) {
            push(&mut starts, arena.slots.len() as u32)?;
            arena.lay(layout, base, &**pieces)?;
            let length = i64::try_from(layout.weight + layout.single);
            push(&mut lengths, length.map_err(|_| Error::Training("counts beyond 2^63".into()))?)?;
        }
        push(&mut starts, arena.slots.len() as u32)?;
        arena.close()?;
        let names: Vec<Name> = if let Some(names) = &parity.names {
            collect(names.iter().map(|name| Name::from(name.as_bytes())))?
        } else {
            let token = |id| base.vocab.tokens.get(id).unwrap_or_default();
            collect((0..base.n_ids()).map(|id| Name::from(to_chars(token(id)).as_bytes())))?
        };
        let n_queues = everyone + usize::from(parity.global_merges > 0);
        let queues = collect((0..n_queues).map(|_| Queue::new(Tuning::default().mantissa)))?;
        // A pair that is rare in one language may be frequent in another.
        let (state, circles) = (State::new(arena, base, options, 0, true)?, Circles::new(gap)?);
        Ok(Trainer { state, queues, names, starts, lengths, everyone, options, parity, circles })
    }

    fn run(mut self, on_merge: &mut dyn FnMut(usize) -> Result<()>) -> Result<TrainedParity> {
        self.begin()?;
        let has_development = self.lengths.len() > self.everyone;
        let ratio = if has_development { None } else { self.parity.ratio.as_deref() };
        let first = self.lengths.len() - self.everyone;
        let initial = concat(&[&self.lengths[first..]])?;
        let is_in = |&language: &usize| ratio.is_none() || initial[language] > 0;
        let mut remaining = collect((0..self.everyone).filter(is_in))?;
        let mut turns = Turns::new(self.everyone, self.parity);
        let (merges, stop) = (Vec::new(), Stop::VocabSize);
        let mut trained = TrainedParity { merges, turns: Vec::new(), counts: Vec::new(), ties: 0, stop };
        while self.state.merges.len() < self.options.n_merges {
            if self.state.merges.len() == self.parity.global_merges {
                self.queues.truncate(self.everyone);
            }
            if remaining.is_empty() {
                trained.stop = Stop::MinFrequency;
                break;
            }
            let turn = if self.queues.len() == self.everyone {
                turns.take(&neediest_first(&remaining, &self.lengths[first..], &initial, ratio))
            } else {
                self.everyone
            };
            let Some((part, count)) = self.next_part(turn)? else {
                remaining.retain(|&language| turn != language && turn != self.everyone);
                continue;
            };
            push(&mut trained.turns, turn)?;
            push(&mut trained.counts, count.cast_signed())?;
            trained.ties += usize::from(self.has_rival(turn, count)?);
            self.merge(part)?;
            on_merge(self.state.merges.len())?;
        }
        Ok(TrainedParity { merges: self.state.merges, ..trained })
    }

    /// Finds the pairs of each segment.
    fn begin(&mut self) -> Result<()> {
        let mut last = HashMap::new();
        for segment in 0..self.lengths.len() {
            let State { arena, pairs, new_pairs, .. } = &mut self.state;
            let records = initial_pairs(arena, self.starts[segment]..self.starts[segment + 1], pairs, new_pairs)?;
            for &record in &records {
                let &Pair { left, right, .. } = pairs.get(record);
                let known = last.insert((left, right), record);
                self.circles.link(record, known, pairs)?;
            }
            self.enqueue(segment, &records)?;
        }
        self.state.pairs.settle();
        self.enqueue_heads()
    }

    /// Takes new parts of a segment into the queue of its language.
    fn enqueue(&mut self, segment: usize, parts: &[u32]) -> Result<()> {
        let Trainer { state: State { pairs, min_frequency, .. }, queues, names, .. } = self;
        if segment < self.everyone {
            for &part in parts.iter().filter(|&&part| pairs.get(part).count >= *min_frequency) {
                queues[segment].push(part, pairs, || key(pairs.get(part), names))?;
            }
        }
        Ok(())
    }

    /// Takes new pairs into the queue of all languages, should there be one.
    fn enqueue_heads(&mut self) -> Result<()> {
        let Trainer { state: State { pairs, min_frequency, .. }, queues, names, circles, starts, .. } = self;
        if let Some(queue) = queues.get_mut(self.everyone) {
            let sums = Sums { pairs, end: starts[self.everyone] };
            for &part in circles.heads.iter().filter(|&&part| sums.bound(part) >= *min_frequency) {
                queue.push(part, &sums, || key(pairs.get(part), names))?;
            }
        }
        circles.heads.clear();
        Ok(())
    }

    /// A part of the pair to merge next, and its count; None if no pair is frequent enough.
    fn next_part(&mut self, turn: usize) -> Result<Option<(u32, u64)>> {
        loop {
            let Trainer { state: State { pairs, min_frequency, .. }, queues, names, .. } = self;
            let key = |part| key(pairs.get(part), names);
            let entry = if turn == self.everyone {
                queues[turn].pop(&Sums { pairs, end: self.starts[turn] }, key)?
            } else {
                queues[turn].pop(pairs, key)?
            };
            let (Some(entry), least) = (entry, *min_frequency) else { return Ok(None) };
            let count = self.count(turn, entry.pair)?;
            if count == entry.count && count >= least {
                return Ok(Some((entry.pair, count)));
            }
            self.put_back(turn, entry.pair, count)?;
        }
    }

    /// Whether another pair has the count of the one that was just taken from the queue.
    fn has_rival(&mut self, turn: usize, count: u64) -> Result<bool> {
        while let Some(part) = self.queues[turn].top_of(count) {
            let now = self.count(turn, part)?;
            if now == count {
                return Ok(true);
            }
            self.queues[turn].drop_top();
            self.put_back(turn, part, now)?;
        }
        Ok(false)
    }

    /// The count of a part, or of its pair in all languages.
    fn count(&mut self, turn: usize, part: u32) -> Result<u64> {
        if turn < self.everyone {
            return self.state.count(part);
        }
        let (mut sum, mut each) = (0, part);
        loop {
            if self.state.pairs.positions(each).first().is_some_and(|&p| p < self.starts[self.everyone]) {
                sum += self.state.count(each)?;
            }
            each = self.state.pairs.get(each).next;
            if each == part {
                return Ok(sum);
            }
        }
    }

    fn put_back(&mut self, turn: usize, part: u32, count: u64) -> Result<()> {
        let Trainer { state: State { pairs, min_frequency, .. }, queues, names, .. } = self;
        if count < *min_frequency {
            return Ok(());
        }
        let key = || key(pairs.get(part), names);
        if turn == self.everyone {
            return queues[turn].push(part, &Sums { pairs, end: self.starts[turn] }, key);
        }
        queues[turn].push(part, pairs, key)
    }

    /// Merges the pair of a part in all segments.
    fn merge(&mut self, part: u32) -> Result<()> {
        let &Pair { left, right, .. } = self.state.pairs.get(part);
        let id = self.state.begin_merge(part)?;
        let (one, other) = (&self.names[left as usize], &self.names[right as usize]);
        let rest = other.strip_prefix(self.parity.prefix.as_bytes()).unwrap_or(other);
        let name = Name::from(concat(&[one, rest])?);
        push(&mut self.names, name)?;
        let mut each = part;
        loop {
            let State { pairs, .. } = &self.state;
            let (next, first) = (pairs.get(each).next, pairs.positions(each).first().copied());
            self.state.join(each, id, true)?;
            if let Some(first) = first {
                let segment = self.starts.partition_point(|&start| start <= first) - 1;
                let State { pairs, new_pairs, .. } = &mut self.state;
                self.lengths[segment] -= new_pairs.joined.cast_signed();
                self.circles.link_new(id, &new_pairs.kept, pairs)?;
                let kept = std::mem::take(&mut new_pairs.kept);
                self.enqueue(segment, &kept)?;
                self.state.new_pairs.kept = kept;
            }
            if next == part {
                break;
            }
            each = next;
        }
        self.circles.forget();
        self.enqueue_heads()
    }
}

/// The key of a part: of equal counts, the greatest is merged first.
fn key(pair: &Pair, names: &[Name]) -> Key {
    (Rc::clone(&names[pair.left as usize]), Rc::clone(&names[pair.right as usize]))
}
