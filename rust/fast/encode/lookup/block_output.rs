//! The ids of the pieces of a block, in a form that is quick to count and to write out.
//!
//! Each piece has one value: an id; or, from `first_record` on, a record of the cache ([`super::id_ring`]); or, from [`SPILL`] on, a
//! record of the spill, which holds what the cache had no room for.
//!
//! Whether a piece is one token or several is unpredictable. So writing out does not branch on it: for every piece it reads a record
//! (a dummy of one id, 0, if the piece is an id itself), writes four words, the first of them `or` the id, and advances by the count.
//!
//! Cost: some 1 ns a piece of up to four ids.

#![allow(unsafe_code)]
// The hot loops are made of one-line helpers that must vanish into them.
#![allow(clippy::inline_always)]

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
    /// The cache's records, and the value of the first row.
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

    pub fn count(&self) -> usize {
        let count_of = |&value: &u32| match self.records.get(value.saturating_sub(self.first_record) as usize) {
            Some(record) => record[0] as usize,
            None => self.record(value).0,
        };
        self.values.iter().map(count_of).sum()
    }

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

    /// Appends the ids of the first values, up to one in the spill, or one of more than four ids that may lack room, and returns how many
    /// values these are. `out` has room for four ids of each value.
    #[inline(never)]
    fn append_short(&self, values: &[u32], out: &mut Vec<u32>) -> usize {
        let mut room = out.capacity() - out.len();
        assert!(room >= PADDING * values.len());
        let (start, mut len, mut done) = (out.as_mut_ptr(), out.len(), values.len());
        // What is left when each value has four.
        room -= PADDING * values.len();
        for (index, &value) in values.iter().enumerate() {
            let row = value.saturating_sub(self.first_record) as usize;
            let Some(&[count, ref four @ .., _]) = self.records.get(row) else {
                done = index;
                break;
            };
            // The id of the dummy is 0.
            let id = select_unpredictable(value < self.first_record, value, 0);
            debug_assert!(len + PADDING <= out.capacity());
            // SAFETY: there is room for four words for this value and for each after it.
            unsafe { write_with(four, id, start.add(len)) };
            if count as usize > PADDING {
                let more = self.after_four(row, count as usize).filter(|more| PADDING * more.len() <= room);
                let Some(more) = more else {
                    done = index;
                    break;
                };
                room -= PADDING * more.len();
                for (four, at) in more.iter().zip((len + PADDING..).step_by(PADDING)) {
                    // SAFETY: besides four words for each value, there was room for these.
                    unsafe { start.add(at).cast::<[u32; PADDING]>().write_unaligned(*four) };
                }
            }
            len += count as usize;
        }
        // SAFETY: all words up to here have been written.
        unsafe { out.set_len(len) };
        done
    }

    /// The ids of a record after the first four, in fours; None where the words after the last id are not there.
    #[inline]
    fn after_four(&self, row: usize, count: usize) -> Option<&[[u32; PADDING]]> {
        let words = self.records[row..].as_flattened();
        Some(words.get(1 + PADDING..=count.next_multiple_of(PADDING))?.as_chunks().0)
    }
}

/// Writes four words, with these bits added to the first. (The compiler would make two or three stores.)
///
/// # Safety
/// Four words can be written there.
#[inline(always)]
unsafe fn write_with(four: &[u32; PADDING], bits: u32, to: *mut u32) {
    #[cfg(target_arch = "x86_64")]
    {
        use std::arch::x86_64::{_mm_cvtsi32_si128, _mm_loadu_si128, _mm_or_si128, _mm_storeu_si128};
        // SAFETY: every such processor has SSE2; the four words are read, and may be written.
        unsafe {
            let words = _mm_loadu_si128(four.as_ptr().cast());
            _mm_storeu_si128(to.cast(), _mm_or_si128(words, _mm_cvtsi32_si128(bits.cast_signed())));
        }
    }
    #[cfg(not(target_arch = "x86_64"))]
    {
        let [first, rest @ ..] = *four;
        // SAFETY: the caller's promise.
        unsafe { to.cast::<[u32; PADDING]>().write_unaligned([first | bits, rest[0], rest[1], rest[2]]) };
    }
}

/// Appends the first `count` ids; `out` has room for four more.
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

#[cfg(test)]
mod tests {
    use super::super::id_ring::IdRing;
    use super::*;
    use crate::fast::encode::merge::misses::spill_record;

    #[test]
    fn all_ids_are_written_whatever_room_there_is() {
        const FIRST_RECORD: u32 = 300;
        let (mut ring, mut spill) = (IdRing::new(4 * 200 + 1).unwrap(), Vec::new());
        let (mut values, mut expected) = (Vec::new(), Vec::new());
        for count in (0..40).chain([5, 200, 5]) {
            let ids: Vec<u32> = (0..count).map(|at| 1000 * count + at).collect();
            values.extend([count, FIRST_RECORD + ring.add(&ids, None).unwrap()]);
            expected.push(count);
            expected.extend_from_slice(&ids);
            if count % 7 == 3 {
                values.push(spill_record(&mut spill, &ids).unwrap());
                expected.extend_from_slice(&ids);
            }
        }
        // The last record, of one row, has no words after its ids.
        assert_eq!(ring.rows().last().unwrap()[0], 5);
        let block = BlockOutput { values: &values, records: ring.rows(), first_record: FIRST_RECORD, spill: &spill };
        assert_eq!(block.count(), expected.len());
        for room in [0, 1, 4 * values.len(), 4 * values.len() + 9, expected.len(), 2 * expected.len()] {
            let mut out = Vec::with_capacity(room);
            out.push(7);
            block.append_to(&mut out).unwrap();
            assert_eq!((out[0], &out[1..]), (7, &expected[..]), "{room}");
        }
    }
}
