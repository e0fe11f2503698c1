//! What both trainers keep: the corpus as tokens, the pairs in it, and the merges made. They differ in which pair is next.

#![expect(
    clippy::cast_possible_truncation,
    reason = "there are fewer merges than slots, and the ids of a vocabulary end at 2^31"
)]

use super::arena::{Arena, Symbol};
use super::new_pairs::NewPairs;
use super::pairs::{Joined, Pair, Pairs};
use super::start_vocab::StartVocab;
use super::vetoes::Vetoes;
use crate::error::Result;
use crate::fast::util::fallible::push;
use crate::reference::train::TrainOptions;
use crate::support::interrupt;

pub(super) struct State<S: Symbol> {
    pub arena: Arena<S>,
    pub pairs: Pairs,
    pub new_pairs: NewPairs,
    pub merges: Vec<(u32, u32)>,
    pub min_frequency: u64,
    /// The id that the first merge makes.
    first_id: u32,
    /// The tokens made last.
    pub joined: Vec<Joined>,
}

impl<S: Symbol> State<S> {
    /// `dense`: the counts of pairs of two ids below this are kept exact. `keeps_rare`: so are new pairs of any count.
    pub fn new(
        arena: Arena<S>,
        base: &StartVocab,
        options: &TrainOptions,
        dense: u32,
        keeps_rare: bool,
    ) -> Result<State<S>> {
        let min_frequency = options.min_frequency.max(1).unsigned_abs();
        let max_length = options.max_token_length.map_or(u64::MAX, |length| length as u64);
        let (least, vetoes) = (if keeps_rare { 1 } else { min_frequency }, Vetoes::new(options, base)?);
        Ok(State {
            pairs: Pairs::new(arena.gap as usize, dense)?,
            new_pairs: NewPairs::new(arena.gap, least, max_length, vetoes)?,
            merges: Vec::new(),
            min_frequency,
            first_id: base.n_ids(),
            joined: Vec::new(),
            arena,
        })
    }

    /// The count of a pair, which is counted anew if it may have fallen.
    pub fn count(&mut self, index: u32) -> Result<u64> {
        if !self.pairs.is_exact(index) {
            self.pairs.recount(index, &self.arena, self.merges.len() as u32);
            interrupt::check()?;
        }
        Ok(self.pairs.get(index).count)
    }

    /// Notes the next merge; returns the id that it makes.
    pub fn begin_merge(&mut self, index: u32) -> Result<u32> {
        let (&Pair { left, right, .. }, Arena { lengths, sizes, .. }) = (self.pairs.get(index), &mut self.arena);
        let id = self.first_id + self.merges.len() as u32;
        push(&mut self.merges, (left, right))?;
        lengths[id as usize] = lengths[left as usize] + lengths[right as usize];
        sizes[id as usize] = sizes[left as usize].saturating_add(sizes[right as usize]);
        self.new_pairs.vetoes.learn(id, left, right)?;
        Ok(id)
    }

    /// Joins the two tokens wherever a record has the pair of the last merge, and finds the pairs that this creates. The record is
    /// free then; or, as long as queues may hold it, empty.
    pub fn join(&mut self, index: u32, id: u32, is_held: bool) -> Result<()> {
        let State { arena, pairs, new_pairs, merges, joined, .. } = self;
        let (&Pair { left, right, .. }, n_merges) = (pairs.get(index), merges.len() as u32);
        pairs.join(index, id, n_merges, arena, joined)?;
        if is_held {
            pairs.retire(index);
        } else {
            pairs.remove(index);
        }
        pairs.reserve(2 * joined.len(), arena)?;
        new_pairs.collect(id, (left, right), joined, n_merges, arena, pairs)
    }
}
