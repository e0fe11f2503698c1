//! The ids of the pieces of a block, in a form that is quick to count and to write out.
//!
//! One value for each piece: an id; or, from `first_record` on, a record of the cache ([`super::id_ring`]); or, from [`SPILL`] on,
//! a record of the spill, which holds what the cache had no room for.
//!
//! Whether a piece is one token or several is unpredictable where there are many of both, so writing out does not branch on
//! it: for every piece it reads a record (a dummy of one id if the piece is an id itself), writes four words, and advances by
//! the count.
//!
//! Costs: some 1 ns a piece of up to four ids.

#![allow(unsafe_code)]

use super::id_ring::{PADDING, Row};
use crate::error::Result;
use crate::support::interrupt;
use std::hint::select_unpredictable;

/// A value from here on is a record of the spill.
pub const SPILL: u32 = 1 << 31;
/// Up to this many ids are copied by fours, which costs no more than a call would.
const FEW: usize = 16;

#[derive(Clone, Copy)]
pub struct BlockOutput<'b> {
    pub values: &'b [u32],
    /// The cache's records, and the value that the first row of them has.
    pub records: &'b [Row],
    pub first_record: u32,
    pub spill: &'b [u32],
}

impl BlockOutput<'_> {
    /// The record of a value that is not an id: its count, and all words from its first id on.
    #[inline]
    fn record(&self, value: u32) -> (usize, &[u32]) {
        let record = if value < SPILL {
            self.records[(value - self.first_record) as usize..].as_flattened()
        } else {
            &self.spill[(value - SPILL) as usize..]
        };
        (record[0] as usize, &record[1..])
    }

    /// Counts the ids.
    pub fn count(&self) -> usize {
        self.values.iter().map(|&value| self.count_of(value)).sum()
    }

    /// How many ids a value has.
    #[inline]
    pub fn count_of(&self, value: u32) -> usize {
        match self.records.get(value.saturating_sub(self.first_record) as usize) {
            Some(record) => record[0] as usize,
            None => self.record(value).0,
        }
    }

    /// Appends the ids.
    pub fn append_to(&self, out: &mut Vec<u32>) -> Result<()> {
        let mut rest = self.values;
        loop {
            out.try_reserve(PADDING * rest.len())?;
            rest = &rest[self.append_short(rest, out)..];
            let Some((&value, after)) = rest.split_first() else { return Ok(()) };
            let (count, ids) = self.record(value);
            out.try_reserve(count + PADDING)?;
            append_many(out, count, ids)?;
            rest = after;
        }
    }

    /// Appends the ids of the first values, up to one of more than four ids or in the spill, and returns the number of these
    /// values. There is room for four ids of each value.
    #[inline(never)]
    fn append_short(&self, values: &[u32], out: &mut Vec<u32>) -> usize {
        assert!(out.capacity() - out.len() >= PADDING * values.len());
        let (start, mut len, mut done) = (out.as_mut_ptr(), out.len(), values.len());
        for (index, &value) in values.iter().enumerate() {
            // The spill is beyond the records.
            let record = self.records.get(value.saturating_sub(self.first_record) as usize);
            let Some(&[count, first, second, third, fourth, _]) = record.filter(|record| record[0] as usize <= PADDING)
            else {
                done = index;
                break;
            };
            let first = select_unpredictable(value < self.first_record, value, first);
            debug_assert!(len + PADDING <= out.capacity());
            // SAFETY: there is room for four words for this value and for each after it.
            unsafe { start.add(len).cast::<[u32; PADDING]>().write_unaligned([first, second, third, fourth]) };
            len += count as usize;
        }
        // SAFETY: all words up to here have been written.
        unsafe { out.set_len(len) };
        done
    }
}

/// Appends the first `count` ids; there is room for four more.
#[inline]
fn append_many(out: &mut Vec<u32>, count: usize, ids: &[u32]) -> Result<()> {
    if count > FEW || ids.len() < FEW {
        return interrupt::append(out, ids[..count].iter().copied());
    }
    let len = out.len();
    debug_assert!(len + count + PADDING <= out.capacity());
    let fours = ids[..FEW].as_chunks::<PADDING>().0.iter().take(count.div_ceil(PADDING));
    for (index, four) in fours.enumerate() {
        // SAFETY: there is room for `count` words, and for four more, of which this is the last at most.
        unsafe { out.as_mut_ptr().add(len + PADDING * index).cast::<[u32; PADDING]>().write_unaligned(*four) };
    }
    // SAFETY: just written.
    unsafe { out.set_len(len + count) };
    Ok(())
}
