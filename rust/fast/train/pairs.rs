//! The pairs that may still be merged: for each the places where it stood when it arose, and a bound on its count.
//!
//! All occurrences of a pair arise in one step, the one that makes its younger symbol (at the start, for two bytes).
//! Afterwards they only vanish. So a list of positions is written once and never grows; a walk over it finds the
//! positions that still hold, and the count found last is an upper bound from then on.
//!
//! **When is a count still exact?** An occurrence of (l, r) vanishes when another pair takes its l as a *right* part, or
//! its r as a *left* part. (Its l as a left part, or its r as a right part, would be the pair itself.) So two numbers
//! per id, the last steps in which it was a left and a right part, tell in two loads whether a count taken earlier is
//! still true; most pairs that reach the top need no recount.

#![expect(
    clippy::cast_possible_truncation,
    reason = "two lists of all slots fit into 32 bits, and there are fewer pairs than slots"
)]

use std::ops::Range;

use super::arena::{Arena, Symbol};
use crate::error::Result;
use crate::fast::util::fallible::{collect, filled, push, resize};
use crate::fast::util::prefetch::prefetch;

/// One candidate. 32 bytes, so that two lie in a cache line.
#[derive(Clone, Copy)]
pub(super) struct Pair {
    pub left: u32,
    pub right: u32,
    /// Exact at `counted`, an upper bound ever after.
    pub count: u64,
    /// Where in the pool its positions lie, ascending.
    start: u32,
    len: u32,
    /// The number of merges that had been done when `count` was taken.
    counted: u32,
    /// The next record that is free to be used again; where texts of several languages are, the next part of the pair.
    pub next: u32,
}

/// A token that a merge has made, and the tokens (or gaps) around it after the merge.
#[derive(Clone, Copy)]
pub(super) struct Joined {
    pub position: u32,
    pub before: u32,
    pub after: u32,
}

/// No index.
pub(super) const NONE: u32 = u32::MAX;

/// How far ahead in a list the slots are prefetched.
const AHEAD: usize = 16;

pub(super) struct Pairs {
    records: Vec<Pair>,
    /// Head of the chain of records that are free to be used again.
    free: u32,
    positions: Vec<u32>,
    /// Entries of `positions` that no record owns.
    unowned: usize,
    /// Before `positions` becomes longer than this, the lists are compacted.
    most: usize,
    /// Space that a merged pair has left behind, for the lists of the pairs that the merge creates.
    hole: Range<u32>,
    /// For each id the last merge in which it was the left part, and the right part.
    taken_as_left: Vec<u32>,
    taken_as_right: Vec<u32>,
    /// Pairs of two ids below this have their counts kept exact.
    dense: u32,
    /// Their records, one more than the index; 0 for none.
    dense_records: Vec<u32>,
}

impl Pairs {
    /// For ids below `ids`; those below `dense` in a square table.
    pub fn new(ids: usize, dense: u32) -> Result<Self> {
        Ok(Self {
            records: Vec::new(),
            free: NONE,
            positions: Vec::new(),
            unowned: 0,
            most: usize::MAX,
            hole: 0..0,
            taken_as_left: filled(0, ids)?,
            taken_as_right: filled(0, ids)?,
            dense,
            dense_records: filled(0, dense as usize * dense as usize)?,
        })
    }

    pub fn get(&self, index: u32) -> &Pair {
        &self.records[index as usize]
    }

    /// Prefetches record `index`.
    pub fn prefetch(&self, index: u32) {
        prefetch(self.records.as_ptr().wrapping_add(index as usize));
    }

    /// The positions of a pair, ascending. Some may no longer hold it.
    pub fn positions(&self, index: u32) -> &[u32] {
        let pair = self.get(index);
        &self.positions[pair.start as usize..][..pair.len as usize]
    }

    /// The lists of the first pairs are there: the pool may grow by an eighth.
    pub fn settle(&mut self) {
        self.most = self.positions.len() / 8 * 9;
    }

    /// Makes room before `len` more positions are written, should much of the pool be out of use, or the pool have grown.
    ///
    /// Most positions of the first, long lists are soon out of date, which only a walk finds out. Positions in use never
    /// outnumber the slots once compacted, so 32 bits address them all (see `MAX_SLOTS` of `trainer.rs`).
    pub fn reserve<S: Symbol>(&mut self, len: usize, arena: &Arena<S>) -> Result<()> {
        if self.unowned > self.positions.len() / 4 * 3 || self.positions.len() + len > self.most {
            self.compact(arena)?;
            self.most = self.most.max(self.positions.len() / 2 * 3);
        }
        Ok(())
    }

    /// A new pair, counted after `merges` merges, with `len` positions: the index of its record and the place in the
    /// pool from which the caller fills them in.
    pub fn insert(&mut self, left: u32, right: u32, count: u64, len: u32, merges: u32) -> Result<(u32, u32)> {
        let mut start = self.hole.start;
        if len <= self.hole.end - start {
            self.hole.start += len;
            self.unowned -= len as usize;
        } else {
            start = self.positions.len() as u32;
            let end = self.positions.len() + len as usize;
            resize(&mut self.positions, end, 0)?;
        }
        let pair = Pair { left, right, count, start, len, counted: merges, next: NONE };
        let index = self.free;
        if index == NONE {
            push(&mut self.records, pair)?;
        } else {
            self.free = self.get(index).next;
            self.records[index as usize] = pair;
        }
        let index = if index == NONE { self.records.len() as u32 - 1 } else { index };
        if let Some(cell) = self.cell(left, right) {
            self.dense_records[cell] = index + 1;
        }
        Ok((index, start))
    }

    /// Where the table of frequent pairs has this one, if both ids are small enough.
    fn cell(&self, left: u32, right: u32) -> Option<usize> {
        (left.max(right) < self.dense).then_some(left as usize * self.dense as usize + right as usize)
    }

    /// A merge has taken this much from the count of a pair.
    #[inline]
    pub fn lose(&mut self, left: u32, right: u32, count: u64) {
        if let Some(cell) = self.cell(left, right)
            && let Some(index) = self.dense_records[cell].checked_sub(1)
        {
            self.records[index as usize].count -= count;
        }
    }

    /// Fills in a position.
    #[inline]
    pub fn write(&mut self, place: u32, position: u32) {
        self.positions[place as usize] = position;
    }

    /// Gives a record back.
    pub fn remove(&mut self, index: u32) {
        let free = self.free;
        let pair = &mut self.records[index as usize];
        let Pair { left, right, start, len, .. } = *pair;
        pair.len = 0;
        pair.next = free;
        self.free = index;
        self.unowned += len as usize;
        self.hole = start..start + len;
        if let Some(cell) = self.cell(left, right) {
            self.dense_records[cell] = 0;
        }
    }

    /// Drops the positions of a record that queues may still hold: it has no count, and is not used again.
    pub fn retire(&mut self, index: u32) {
        let pair = &mut self.records[index as usize];
        self.hole = pair.start..pair.start + pair.len;
        self.unowned += pair.len as usize;
        pair.len = 0;
        pair.count = 0;
    }

    /// Links a record into the circle of another, or makes a circle of it alone.
    pub fn link(&mut self, index: u32, known: Option<u32>) {
        let next = known.map_or(index, |known| std::mem::replace(&mut self.records[known as usize].next, index));
        self.records[index as usize].next = next;
    }

    /// Whether the count of this pair is certainly exact now.
    pub fn is_exact(&self, index: u32) -> bool {
        let pair = self.get(index);
        pair.left.max(pair.right) < self.dense
            || self.taken_as_right[pair.left as usize] <= pair.counted
                && self.taken_as_left[pair.right as usize] <= pair.counted
    }

    /// Counts the pair anew and drops the positions that no longer hold it.
    pub fn recount<S: Symbol>(&mut self, index: u32, arena: &Arena<S>, merges: u32) {
        let mut count = 0;
        let mut weights = arena.weights.cursor();
        self.retain(index, arena, |p| count += weights.at(p));
        let pair = &mut self.records[index as usize];
        pair.count = count;
        pair.counted = merges;
    }

    /// Drops the positions that no longer hold the pair, and calls `keep` with each of the others.
    fn retain<S: Symbol>(&mut self, index: u32, arena: &Arena<S>, mut keep: impl FnMut(u32)) {
        let pair = &mut self.records[index as usize];
        let positions = &mut self.positions[pair.start as usize..][..pair.len as usize];
        let (left, right) = (S::from_id(pair.left), S::from_id(pair.right));
        let length = arena.lengths[pair.left as usize];
        let mut kept = 0;
        for i in 0..positions.len() {
            if let Some(&ahead) = positions.get(i + AHEAD) {
                arena.prefetch(ahead);
            }
            let p = positions[i];
            if arena.holds(p, left, length, right) {
                positions[kept] = p;
                kept += 1;
                keep(p);
            }
        }
        self.unowned += positions.len() - kept;
        pair.len = kept as u32;
    }

    /// Joins the two tokens wherever the pair stands, left to right without overlap (SPEC T4): merge number `merges`,
    /// which makes `id`. Leaves the joined tokens in `joined`, in order.
    pub fn join<S: Symbol>(
        &mut self,
        index: u32,
        id: u32,
        merges: u32,
        arena: &mut Arena<S>,
        joined: &mut Vec<Joined>,
    ) -> Result<()> {
        let Pair { left, right, .. } = *self.get(index);
        self.taken_as_left[left as usize] = merges;
        self.taken_as_right[right as usize] = merges;
        let (l, r) = (S::from_id(left), S::from_id(right));
        let (left_length, right_length) = (arena.lengths[left as usize], arena.lengths[right as usize]);
        let positions = self.positions(index);
        joined.clear();
        joined.try_reserve(positions.len())?;
        // Where the token joined last ends.
        let mut end = 0;
        for (i, &p) in positions.iter().enumerate() {
            if let Some(&ahead) = positions.get(i + AHEAD) {
                arena.prefetch(ahead);
            }
            if arena.holds(p, l, left_length, r) {
                arena.join(p, left_length, right_length, id);
                if p == end
                    && let Some(neighbour) = joined.last_mut()
                {
                    neighbour.after = id;
                }
                end = p + left_length + right_length;
                joined.push(Joined { position: p, before: arena.before(p), after: arena.at(end) });
            }
        }
        Ok(())
    }

    /// Compacts all lists, without the positions that no longer hold; the bounds stay as they are. After the first call,
    /// the next comes only when the pool has grown by half, or three quarters of it are out of use: all calls together
    /// cost a few times as much as the lists themselves.
    fn compact<S: Symbol>(&mut self, arena: &Arena<S>) -> Result<()> {
        self.records.iter_mut().filter(|pair| pair.len == 0).for_each(|pair| pair.start = 0);
        let mut order: Vec<u32> = collect((0..self.records.len() as u32).filter(|&index| self.get(index).len > 0))?;
        order.sort_unstable_by_key(|&index| self.get(index).start);
        let mut end = 0;
        for index in order {
            self.retain(index, arena, |_| ());
            let pair = &mut self.records[index as usize];
            let start = pair.start as usize;
            self.positions.copy_within(start..start + pair.len as usize, end);
            pair.start = end as u32;
            end += pair.len as usize;
        }
        self.positions.truncate(end);
        self.hole = 0..0;
        self.unowned = 0;
        Ok(())
    }
}

#[cfg(test)]
mod tests;
