//! Runs of ids, cut between two ids that stand together too rarely to be ever merged.
//!
//! A merge across a boundary between x and y stands nowhere but where x and y do, so its count is theirs at most. If training makes
//! all its merges with counts of `least` or more, then nothing was ever merged across a pair that is rarer than that, and the runs
//! may be cut there before they are laid out. What is left are short runs, most of which come again: they are counted once, in the
//! order in which they appear, so that the first place of a pair is the same. A training that does not make all its merges must
//! be repeated with a smaller `least`.
//!
//! By hand, with `least` 2: the runs `1 2 3` and `4 1 2`, once each. (1, 2) has 2, the others 1: what is left is `1 2`, twice.
//!
//! Counts are kept in bytes that end at 255, each for all pairs of one hash: what they say is never too low, so a cut is never wrong.
//!
//! Costs: two passes over the ids; 8 MB at most for the counts; the table of the runs that are left.

#![expect(clippy::cast_possible_truncation, reason = "of hashes the high bits are meant; runs are numbered by 32 bits")]

use super::start_vocab::StartVocab;
use crate::error::Result;
use crate::fast::count::pieces::Pieces;
use crate::fast::count::table::{BATCH, PieceCounts};
use crate::fast::util::fallible::{append, filled, push};
use crate::support::interrupt;

/// The most counts there are, as a power of two.
const LOG_COUNTS: u32 = 23;
/// At least as many pairs as there will be merges, times this, are to be left: half of the merges are of pairs that do not stand in the
/// runs yet, but many of the pairs that do are taken apart by others.
const PAIRS_A_MERGE: usize = 3;

/// Bounds of the counts of the pairs of ids that stand in runs.
pub(super) struct PairBounds {
    bounds: Vec<u8>,
    shift: u32,
}

impl PairBounds {
    pub fn new(runs: &dyn Pieces, base: &StartVocab) -> Result<PairBounds> {
        let ids: usize = runs.all().map(|(run, _)| base.count(run)).sum();
        let log = (2 * ids).next_power_of_two().ilog2().clamp(8, LOG_COUNTS);
        let mut pairs = PairBounds { bounds: filled(0, 1 << log)?, shift: 64 - log };
        for (run, n) in runs.all() {
            let n = u8::try_from(n.max(0)).unwrap_or(u8::MAX);
            let mut before = None;
            base.each_id(run, |id| {
                if let Some(before) = before {
                    let bound = &mut pairs.bounds[place(before, id, pairs.shift)];
                    *bound = bound.saturating_add(n);
                }
                before = Some(id);
                Ok(())
            })?;
            interrupt::check()?;
        }
        Ok(pairs)
    }

    /// A count below which hardly any of this many merges will fall.
    pub fn least_for(&self, n_merges: usize) -> u8 {
        let mut having = [0_usize; 256];
        self.bounds.iter().for_each(|&bound| having[usize::from(bound)] += 1);
        let mut pairs = 0;
        let enough = n_merges.saturating_mul(PAIRS_A_MERGE);
        let least = (1..=u8::MAX).rev().find(|&least| {
            pairs += having[usize::from(least)];
            pairs >= enough
        });
        least.unwrap_or(1)
    }

    /// The runs between pairs that stand together fewer than `least` times, those of two ids or more.
    pub fn cut(&self, runs: &dyn Pieces, base: &StartVocab, least: u8) -> Result<PieceCounts> {
        let mut block = Block { table: PieceCounts::new(), bytes: Vec::new(), ends: Vec::new(), n: 0 };
        for (run, n) in runs.all().filter(|(_, n)| *n > 0) {
            let count = base.count(run);
            if count < 2 {
                continue;
            }
            let width = run.len() / count;
            // Where the part begins, and where the id does that is looked at.
            let (mut from, mut at, mut before) = (0, 0, None);
            base.each_id(run, |id| {
                if before.is_some_and(|before| self.bounds[place(before, id, self.shift)] < least) {
                    if at - from > width {
                        block.add(&run[from..at], n)?;
                    }
                    from = at;
                }
                (before, at) = (Some(id), at + width);
                Ok(())
            })?;
            if run.len() - from > width {
                block.add(&run[from..], n)?;
            }
            interrupt::check()?;
        }
        block.flush()?;
        Ok(block.table)
    }
}

/// Runs of equal count, which go to the table together.
struct Block {
    table: PieceCounts,
    bytes: Vec<u8>,
    ends: Vec<usize>,
    n: i64,
}

impl Block {
    fn add(&mut self, run: &[u8], n: i64) -> Result<()> {
        if n != self.n || self.ends.len() == BATCH {
            self.flush()?;
            self.n = n;
        }
        append(&mut self.bytes, run)?;
        push(&mut self.ends, self.bytes.len())
    }

    fn flush(&mut self) -> Result<()> {
        self.table.add_block(&self.bytes, 0, &self.ends, self.n)?;
        self.bytes.clear();
        self.ends.clear();
        Ok(())
    }
}

#[inline]
fn place(left: u32, right: u32, shift: u32) -> usize {
    ((u64::from(left) << 32 | u64::from(right)).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> shift) as usize
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reference::published::vocabs::Vocab;

    #[test]
    fn by_hand() {
        let order: Vec<u8> = (0..=255).collect();
        let base = StartVocab::new(Vocab::from_merges(&order, &[(97, 98)]).unwrap().into());
        let pieces = [(b"xyz".to_vec(), 1), (b"axy".to_vec(), 1), (b"ab".to_vec(), 9), (b"zabzz".to_vec(), 2)];
        let runs = base.runs().unwrap().of(pieces.iter().map(|(piece, n)| (&piece[..], *n))).unwrap();
        let bounds = PairBounds::new(&runs, &base).unwrap();
        let cut = |least| {
            let table = bounds.cut(&runs, &base, least).unwrap();
            table
                .iter()
                .map(|(run, n)| {
                    let mut ids = Vec::new();
                    base.each_id(run, |id| push(&mut ids, id)).unwrap();
                    (ids, n)
                })
                .collect::<Vec<_>>()
        };
        let (x, y, z) = (120, 121, 122);
        assert_eq!(cut(1), [(vec![x, y, z], 1), (vec![97, x, y], 1), (vec![z, 256, z, z], 2)]);
        assert_eq!(cut(2), [(vec![x, y], 2), (vec![z, 256, z, z], 2)]);
        assert_eq!(cut(3), []);
        // Five pairs, of which four have 2.
        assert_eq!([0, 1, 2, 3].map(|n_merges| bounds.least_for(n_merges)), [255, 2, 1, 1]);
    }
}
