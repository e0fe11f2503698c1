//! Training that is fair to several languages. Must equal `train_parity` of `rust/reference/parity.rs`.
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

use super::arena::{Arena, Layout, MAX_SLOTS, POLL_EVERY, Symbol, too_large};
use super::circles::{Circles, Sums};
use super::initial_pairs::initial_pairs;
use super::new_pairs::NewPairs;
use super::pairs::{Joined, Pair, Pairs};
use super::queue::{Bounds, Queue};
use super::start_vocab::StartVocab;
use super::trainer::Tuning;
use super::vetoes::Vetoes;
use crate::error::{Error, Result};
use crate::fast::count::pieces::Pieces;
use crate::fast::util::fallible::{collect, concat, extend, push, try_collect};
use crate::reference::byte_chars::to_chars;
use crate::reference::parity::{ParityOptions, TrainedParity, Turns, neediest_first};
use crate::reference::train::{Stop, TrainOptions};
use crate::reference::vocab::Vocab;
use foldhash::{HashMap, HashMapExt};
use std::rc::Rc;
use std::sync::Arc;

/// The pieces of a language, or of its development texts.
pub type Corpus<'c> = Box<dyn Pieces + 'c>;

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
    let mut corpora = languages;
    extend(&mut corpora, development)?;
    if !base.is_bytes() {
        let runs = base.runs()?;
        for pieces in &mut corpora {
            *pieces = Box::new(runs.of((0..pieces.len()).map(|index| pieces.get(index as u32)))?);
        }
    }
    let layouts = try_collect(corpora.iter().map(|pieces| Layout::new(&&**pieces, &base)))?;
    let slots: usize = layouts.iter().map(|layout| layout.slots).sum();
    if slots > MAX_SLOTS {
        return too_large("distinct pieces of more than 2^31 bytes");
    }
    if layouts.iter().map(|layout| layout.weight).sum::<u128>() > i64::MAX as u128 {
        return too_large("counts beyond 2^63");
    }
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
    arena: Arena<S>,
    pairs: Pairs,
    /// Of each language, and of all together while merges are global.
    queues: Vec<Queue<Key>>,
    new_pairs: NewPairs,
    /// The names of the ids, those of the vocabulary first.
    names: Vec<Name>,
    /// Where each segment begins, and where the last one ends.
    starts: Vec<u32>,
    /// How many tokens each segment has.
    lengths: Vec<i64>,
    everyone: usize,
    first_id: u32,
    options: &'o TrainOptions,
    parity: &'o ParityOptions,
    min_frequency: u64,
    circles: Circles,
    trained: TrainedParity,
    /// The tokens made last.
    joined: Vec<Joined>,
}

impl<'o, S: Symbol> Trainer<'o, S> {
    fn new(
        base: &StartVocab,
        (corpora, layouts, slots): (Vec<Corpus<'_>>, Vec<Layout>, usize),
        everyone: usize,
        gap: u32,
        options: &'o TrainOptions,
        parity: &'o ParityOptions,
    ) -> Result<Self> {
        let mut arena = Arena::<S>::empty(base, gap, slots)?;
        let mut starts = Vec::new();
        let mut lengths = Vec::new();
        for (pieces, layout) in corpora.iter().zip(&layouts) {
            starts.push(arena.slots.len() as u32);
            arena.lay(layout, base, &&**pieces)?;
            lengths.push(
                i64::try_from(layout.weight + layout.single)
                    .map_err(|_| Error::Training("counts beyond 2^63".into()))?,
            );
        }
        starts.push(arena.slots.len() as u32);
        arena.close()?;
        let max_length = options.max_token_length.map_or(u64::MAX, |length| length as u64);
        let names: Vec<Name> = if let Some(names) = &parity.names {
            collect(names.iter().map(|name| Name::from(name.as_bytes())))?
        } else {
            let token = |id| base.vocab.tokens.get(id).unwrap_or_default();
            collect((0..base.n_ids()).map(|id| Name::from(to_chars(token(id)).as_bytes())))?
        };
        let n_queues = everyone + usize::from(parity.global_merges > 0);
        Ok(Self {
            pairs: Pairs::new(gap as usize, 0)?,
            queues: collect((0..n_queues).map(|_| Queue::new(Tuning::default().mantissa)))?,
            // A pair that is rare in one language may be frequent in another.
            new_pairs: NewPairs::new(gap, 1, max_length, Vetoes::new(options, base)?)?,
            names,
            starts,
            lengths,
            everyone,
            first_id: base.n_ids(),
            options,
            parity,
            min_frequency: options.min_frequency.max(1).unsigned_abs(),
            circles: Circles::new(gap)?,
            trained: TrainedParity {
                merges: Vec::new(),
                turns: Vec::new(),
                counts: Vec::new(),
                ties: 0,
                stop: Stop::VocabSize,
            },
            joined: Vec::new(),
            arena,
        })
    }

    fn run(mut self, on_merge: &mut dyn FnMut(usize) -> Result<()>) -> Result<TrainedParity> {
        self.begin(on_merge)?;
        let has_development = self.lengths.len() > self.everyone;
        let ratio = if has_development { None } else { self.parity.ratio.as_deref() };
        let first = self.lengths.len() - self.everyone;
        let initial = concat(&[&self.lengths[first..]])?;
        let is_in = |&language: &usize| ratio.is_none() || initial[language] > 0;
        let mut remaining = collect((0..self.everyone).filter(is_in))?;
        let mut turns = Turns::new(self.everyone, self.parity);
        while self.trained.merges.len() < self.options.n_merges {
            if self.trained.merges.len() == self.parity.global_merges {
                self.queues.truncate(self.everyone);
            }
            if remaining.is_empty() {
                self.trained.stop = Stop::MinFrequency;
                break;
            }
            let turn = if self.queues.len() == self.everyone {
                turns.take(&neediest_first(&remaining, &self.lengths[first..], &initial, ratio))
            } else {
                self.everyone
            };
            let Some((part, count)) = self.next_part(turn, on_merge)? else {
                remaining.retain(|&language| turn != language && turn != self.everyone);
                continue;
            };
            push(&mut self.trained.turns, turn)?;
            push(&mut self.trained.counts, count.cast_signed())?;
            self.trained.ties += usize::from(self.has_rival(turn, count)?);
            self.merge(part)?;
            on_merge(self.trained.merges.len())?;
        }
        Ok(self.trained)
    }

    /// Finds the pairs of each segment.
    fn begin(&mut self, on_merge: &mut dyn FnMut(usize) -> Result<()>) -> Result<()> {
        let mut last = HashMap::new();
        for segment in 0..self.lengths.len() {
            let range = self.starts[segment]..self.starts[segment + 1];
            let records = initial_pairs(&self.arena, range, &mut self.pairs, &self.new_pairs, || on_merge(0))?;
            for &record in &records {
                let &Pair { left, right, .. } = self.pairs.get(record);
                let known = last.insert((left, right), record);
                self.circles.link(record, known, &mut self.pairs)?;
            }
            self.enqueue(segment, &records)?;
        }
        self.pairs.settle();
        self.enqueue_heads()
    }

    /// Takes new parts of a segment into the queue of its language.
    fn enqueue(&mut self, segment: usize, parts: &[u32]) -> Result<()> {
        let Self { pairs, queues, names, .. } = self;
        if segment < self.everyone {
            for &part in parts {
                if pairs.get(part).count >= self.min_frequency {
                    queues[segment].push(part, pairs, || key(pairs.get(part), names))?;
                }
            }
        }
        Ok(())
    }

    /// Takes new pairs into the queue of all languages, should there be one.
    fn enqueue_heads(&mut self) -> Result<()> {
        let Self { pairs, queues, names, circles, starts, .. } = self;
        if let Some(queue) = queues.get_mut(self.everyone) {
            let sums = Sums { pairs, end: starts[self.everyone] };
            for &part in &circles.heads {
                if sums.bound(part) >= self.min_frequency {
                    queue.push(part, &sums, || key(pairs.get(part), names))?;
                }
            }
        }
        circles.heads.clear();
        Ok(())
    }

    /// A part of the pair to merge next, and its count; None if no pair is frequent enough.
    fn next_part(&mut self, turn: usize, on_merge: &mut dyn FnMut(usize) -> Result<()>) -> Result<Option<(u32, u64)>> {
        let mut looked_at = 0;
        loop {
            let Self { pairs, queues, names, .. } = self;
            let key = |part| key(pairs.get(part), names);
            let entry = if turn == self.everyone {
                queues[turn].pop(&Sums { pairs, end: self.starts[turn] }, key)?
            } else {
                queues[turn].pop(pairs, key)?
            };
            let Some(entry) = entry else { return Ok(None) };
            let count = self.count(turn, entry.pair, &mut looked_at);
            if count == entry.count && count >= self.min_frequency {
                return Ok(Some((entry.pair, count)));
            }
            self.put_back(turn, entry.pair, count)?;
            if looked_at > POLL_EVERY {
                looked_at = 0;
                on_merge(self.trained.merges.len())?;
            }
        }
    }

    /// Whether another pair has the count of the one that was just taken from the queue.
    fn has_rival(&mut self, turn: usize, count: u64) -> Result<bool> {
        while let Some(part) = self.queues[turn].top_of(count) {
            let now = self.count(turn, part, &mut 0);
            if now == count {
                return Ok(true);
            }
            self.queues[turn].drop_top();
            self.put_back(turn, part, now)?;
        }
        Ok(false)
    }

    /// The count of a part, or of its pair in all languages.
    fn count(&mut self, turn: usize, part: u32, looked_at: &mut usize) -> u64 {
        let Self { arena, pairs, trained, .. } = self;
        let end = self.starts[self.everyone];
        let mut sum = 0;
        let mut each = part;
        loop {
            let is_counted = turn < self.everyone || pairs.positions(each).first().is_some_and(|&p| p < end);
            if is_counted && !pairs.is_exact(each) {
                *looked_at += pairs.positions(each).len();
                pairs.recount(each, arena, trained.merges.len() as u32);
            }
            sum += if is_counted { pairs.get(each).count } else { 0 };
            each = pairs.get(each).next;
            if each == part || turn < self.everyone {
                return sum;
            }
        }
    }

    fn put_back(&mut self, turn: usize, part: u32, count: u64) -> Result<()> {
        let Self { pairs, queues, names, .. } = self;
        if count < self.min_frequency {
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
        let &Pair { left, right, .. } = self.pairs.get(part);
        let id = self.first_id + self.trained.merges.len() as u32;
        push(&mut self.trained.merges, (left, right))?;
        let merges = self.trained.merges.len() as u32;
        let Arena { lengths, sizes, .. } = &mut self.arena;
        lengths[id as usize] = lengths[left as usize] + lengths[right as usize];
        sizes[id as usize] = sizes[left as usize].saturating_add(sizes[right as usize]);
        let (one, other) = (&self.names[left as usize], &self.names[right as usize]);
        let rest = other.strip_prefix(self.parity.prefix.as_bytes()).unwrap_or(other);
        let name = Name::from(concat(&[one, rest])?);
        push(&mut self.names, name)?;
        self.new_pairs.vetoes.learn(id, left, right)?;
        let mut each = part;
        loop {
            let next = self.pairs.get(each).next;
            if let Some(&first) = self.pairs.positions(each).first() {
                let segment = self.starts.partition_point(|&start| start <= first) - 1;
                let Self { arena, pairs, joined, .. } = self;
                pairs.join(each, id, merges, arena, joined)?;
                pairs.retire(each);
                if !self.joined.is_empty() {
                    self.pairs.reserve(2 * self.joined.len(), &self.arena)?;
                    let Self { arena, pairs, joined, new_pairs, .. } = self;
                    new_pairs.collect(id, (left, right), joined, merges, arena, pairs)?;
                    self.lengths[segment] -= new_pairs.joined.cast_signed();
                    self.circles.link_new(id, &new_pairs.kept, pairs)?;
                    let kept = std::mem::take(&mut self.new_pairs.kept);
                    self.enqueue(segment, &kept)?;
                    self.new_pairs.kept = kept;
                }
            } else {
                self.pairs.retire(each);
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
