//! The pairs that a merge brings into the world: every one of them holds the new token.
//!
//! So the pair (x, new) is named by x alone, and so is (new, x): two arrays indexed by id take the place of a hash
//! table. The entries in use are listed, so that a merge costs its occurrences and not the size of the vocabulary.

use super::arena::{Arena, Symbol};
use super::pairs::{Joined, NONE, Pairs};

/// What is known of one new pair while it is being born.
#[derive(Clone, Copy, Default)]
struct Birth {
    count: u64,
    positions: u32,
    /// Where its next position is to be written; [`NONE`] if the pair is not kept.
    place: u32,
}

/// New pairs on one side of the new token, by the id on the other side.
struct Side {
    births: Vec<Birth>,
    touched: Vec<u32>,
}

impl Side {
    #[inline]
    fn count(&mut self, id: u32, weight: u64) {
        let birth = &mut self.births[id as usize];
        if birth.positions == 0 {
            self.touched.push(id);
        }
        birth.positions += 1;
        birth.count += weight;
    }

    #[inline]
    fn place(&mut self, id: u32, position: u32, pairs: &mut Pairs) {
        let place = &mut self.births[id as usize].place;
        if *place != NONE {
            pairs.write(*place, position);
            *place += 1;
        }
    }
}

pub(super) struct Births {
    /// (x, new) and (new, x).
    before: Side,
    after: Side,
    min_frequency: u64,
    /// The longest token that may be made, in bytes.
    max_length: u64,
    /// The records of the pairs born last.
    pub newborn: Vec<u32>,
}

impl Births {
    /// For ids up to and with `gap`.
    pub fn new(gap: u32, min_frequency: u64, max_length: u64) -> Self {
        let side = || Side { births: vec![Birth::default(); gap as usize + 1], touched: Vec::new() };
        Self { before: side(), after: side(), min_frequency, max_length, newborn: Vec::new() }
    }

    /// May a pair of this count be merged one day, into a token of `length` bytes? If not at birth, then never.
    pub fn may_merge(&self, count: u64, length: u64) -> bool {
        count >= self.min_frequency && length <= self.max_length
    }

    /// Find the new pairs around token `id`, which merge number `merges` has just put at `joined` (ascending), and add
    /// to `pairs` those that may be merged one day. Their counts are exact, since all tokens are in place already.
    pub fn deliver<S: Symbol>(
        &mut self,
        id: u32,
        parts: (u32, u32),
        joined: &[Joined],
        merges: u32,
        arena: &Arena<S>,
        pairs: &mut Pairs,
    ) {
        let mut weights = arena.weights.cursor();
        for &Joined { position, before, after } in joined {
            let weight = weights.at(position);
            // (new, new) is counted once: as the pair that starts at the first of the two.
            if before != id {
                self.before.count(before, weight);
            }
            self.after.count(after, weight);
        }
        self.mourn(id, parts, pairs);
        self.keep(id, merges, arena, pairs);
        if !self.newborn.is_empty() {
            for &Joined { position, before, after } in joined {
                if before != id {
                    self.before.place(before, position.wrapping_sub(arena.lengths[before as usize]), pairs);
                }
                self.after.place(after, position, pairs);
            }
        }
        for side in [&mut self.before, &mut self.after] {
            side.touched.drain(..).for_each(|other| side.births[other as usize] = Birth::default());
        }
    }

    /// Where (x, new) was born, (x, left part) died; where (new, x), (right part, x) did, and (right part, left part) in
    /// the middle of (new, new).
    fn mourn(&mut self, id: u32, (left, right): (u32, u32), pairs: &mut Pairs) {
        for &other in &self.before.touched {
            pairs.lose(other, left, self.before.births[other as usize].count);
        }
        for &other in &self.after.touched {
            let died = if other == id { left } else { other };
            pairs.lose(right, died, self.after.births[other as usize].count);
        }
    }

    /// Give a record to each pair that may be merged one day. A pair that is born below `min_frequency` never can.
    fn keep<S: Symbol>(&mut self, id: u32, merges: u32, arena: &Arena<S>, pairs: &mut Pairs) {
        self.newborn.clear();
        let length = u64::from(arena.lengths[id as usize]);
        for (side, after) in [(&mut self.before, false), (&mut self.after, true)] {
            for &other in &side.touched {
                let birth = &mut side.births[other as usize];
                let length = length + u64::from(arena.lengths[other as usize]);
                birth.place = NONE;
                if other != arena.gap && birth.count >= self.min_frequency && length <= self.max_length {
                    let (left, right) = if after { (id, other) } else { (other, id) };
                    let (record, place) = pairs.insert(left, right, birth.count, birth.positions, merges);
                    birth.place = place;
                    self.newborn.push(record);
                }
            }
        }
    }
}
