//! The pairs that a merge creates: each of them holds the new token.
//!
//! So x alone identifies the pair (x, new), and likewise (new, x): two arrays indexed by id replace a hash table. The entries
//! in use are listed, so that the cost of a merge depends on its occurrences and not on the size of the vocabulary.

use super::arena::{Arena, Symbol};
use super::pairs::{Joined, NONE, Pairs};
use super::vetoes::Vetoes;
use crate::error::{Error, Result};
use crate::fast::util::fallible::{filled, push, room};

/// A new pair while its occurrences are collected.
#[derive(Clone, Copy, Default)]
struct NewPair {
    count: u64,
    positions: u32,
    /// Where its next position goes; [`NONE`] if the pair is not kept.
    place: u32,
}

/// New pairs on one side of the new token, by the id on the other side.
struct Side {
    by_id: Vec<NewPair>,
    /// The ids with an entry in use; there is room for all.
    touched: Vec<u32>,
}

impl Side {
    #[inline]
    fn count(&mut self, id: u32, weight: u64) {
        let pair = &mut self.by_id[id as usize];
        if pair.positions == 0 {
            self.touched.push(id);
        }
        pair.positions += 1;
        pair.count += weight;
    }

    #[inline]
    fn place(&mut self, id: u32, position: u32, pairs: &mut Pairs) {
        let place = &mut self.by_id[id as usize].place;
        if *place != NONE {
            pairs.write(*place, position);
            *place += 1;
        }
    }
}

/// Collects the pairs that a merge creates.
pub(super) struct NewPairs {
    /// (x, new) and (new, x).
    before: Side,
    after: Side,
    min_frequency: u64,
    /// The longest token that may be made, in bytes.
    max_length: u64,
    pub vetoes: Vetoes,
    /// The weights of the tokens that the last merge made.
    pub joined: u64,
    /// The records of the pairs that the last merge created and that may be merged one day.
    pub kept: Vec<u32>,
}

impl NewPairs {
    /// Makes room for ids up to and including `gap`.
    pub fn new(gap: u32, min_frequency: u64, max_length: u64, vetoes: Vetoes) -> Result<Self> {
        let n_ids = gap as usize + 1;
        let side = || Ok::<_, Error>(Side { by_id: filled(NewPair::default(), n_ids)?, touched: room(n_ids)? });
        Ok(Self { before: side()?, after: side()?, min_frequency, max_length, vetoes, joined: 0, kept: Vec::new() })
    }

    /// Whether a new pair of this count may be merged one day, into a token of `length` bytes. If not now, then never: counts only fall.
    pub fn may_merge(&self, (left, right): (u32, u32), count: u64, length: u64) -> Result<bool> {
        Ok(count >= self.min_frequency && length <= self.max_length && self.vetoes.allow(left, right)?)
    }

    /// Finds the new pairs around token `id`, which merge number `merges` has just put at `joined` (ascending), and adds
    /// those that may be merged one day to `pairs`. Their counts are exact, since all tokens are in place already.
    pub fn collect<S: Symbol>(
        &mut self,
        id: u32,
        parts: (u32, u32),
        joined: &[Joined],
        merges: u32,
        arena: &Arena<S>,
        pairs: &mut Pairs,
    ) -> Result<()> {
        let mut weights = arena.weights.cursor();
        self.joined = 0;
        for &Joined { position, before, after } in joined {
            let weight = weights.at(position);
            self.joined += weight;
            // (new, new) is counted once: as the pair that starts at the first of the two.
            if before != id {
                self.before.count(before, weight);
            }
            self.after.count(after, weight);
        }
        self.subtract_losses(id, parts, pairs);
        self.keep(id, merges, arena, pairs)?;
        if !self.kept.is_empty() {
            for &Joined { position, before, after } in joined {
                if before != id {
                    self.before.place(before, position.wrapping_sub(arena.lengths[before as usize]), pairs);
                }
                self.after.place(after, position, pairs);
            }
        }
        for side in [&mut self.before, &mut self.after] {
            side.touched.drain(..).for_each(|other| side.by_id[other as usize] = NewPair::default());
        }
        Ok(())
    }

    /// Each (x, new) replaces an (x, left part), each (new, x) a (right part, x), and each (new, new) a (right part, left
    /// part) between the two.
    fn subtract_losses(&mut self, id: u32, (left, right): (u32, u32), pairs: &mut Pairs) {
        for &other in &self.before.touched {
            pairs.lose(other, left, self.before.by_id[other as usize].count);
        }
        for &other in &self.after.touched {
            let lost = if other == id { left } else { other };
            pairs.lose(right, lost, self.after.by_id[other as usize].count);
        }
    }

    /// Gives a record to each pair that may be merged one day.
    fn keep<S: Symbol>(&mut self, id: u32, merges: u32, arena: &Arena<S>, pairs: &mut Pairs) -> Result<()> {
        self.kept.clear();
        let length = u64::from(arena.sizes[id as usize]);
        for (side, after) in [(&mut self.before, false), (&mut self.after, true)] {
            for &other in &side.touched {
                let pair = &mut side.by_id[other as usize];
                let length = length + u64::from(arena.sizes[other as usize]);
                pair.place = NONE;
                let (left, right) = if after { (id, other) } else { (other, id) };
                let is_frequent = pair.count >= self.min_frequency && length <= self.max_length;
                if other != arena.gap && is_frequent && self.vetoes.allow(left, right)? {
                    let (record, place) = pairs.insert(left, right, pair.count, pair.positions, merges)?;
                    pair.place = place;
                    push(&mut self.kept, record)?;
                }
            }
        }
        Ok(())
    }
}
