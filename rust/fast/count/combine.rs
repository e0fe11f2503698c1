//! Combines what several threads have counted into one table, in the order of first appearance (see `corpus_counter.rs`).
//!
//! Each thread takes the pieces of one residue of a hash, from all tables, in corpus order; so no two threads meet the same
//! piece, and each knows the rank at which it met it. The resulting tables are then merged by rank, which takes no look-up.

use std::ops::Range;

use super::hasher::Hasher;
use super::table::{BATCH, PieceCounts};
use crate::error::Result;
use crate::fast::encode::parallel;
use crate::fast::util::fallible::{collect, extend, push, room};
use crate::support::interrupt;

/// What one thread has counted.
pub(super) struct Share {
    pub pieces: PieceCounts,
    /// Runs of consecutive parts: the number of the first, ascending, and how many pieces were known before it.
    runs: Vec<(usize, usize)>,
    /// One more than the number of the part counted last.
    after: usize,
}

impl Share {
    /// An empty share for each thread.
    pub fn new(threads: usize, hasher: &Hasher) -> Vec<Self> {
        let residues = if threads > 1 { threads } else { 0 };
        let pieces = || PieceCounts::with_residues(residues, hasher.clone());
        #[allow(clippy::disallowed_methods, reason = "as many as there are threads")]
        (0..threads).map(|_| Self { pieces: pieces(), runs: Vec::new(), after: 0 }).collect()
    }

    /// Notes that part `number` is counted next. Numbers only grow.
    pub fn begin(&mut self, number: usize) -> Result<()> {
        if self.runs.is_empty() || number != self.after {
            push(&mut self.runs, (number, self.pieces.len()))?;
        }
        self.after = number + 1;
        Ok(())
    }

    /// Takes the combined table, as part `number`.
    pub fn hold(&mut self, pieces: PieceCounts, number: usize) -> Result<()> {
        self.begin(number)?;
        self.pieces = pieces;
        Ok(())
    }

    /// One more than the number of the part counted last.
    pub fn after(&self) -> usize {
        self.after
    }

    /// Gives back the memory of what was forgotten.
    pub fn give_back(&mut self) {
        self.pieces.give_back();
    }

    /// Forgets what was counted.
    pub fn clear(&mut self) {
        self.pieces.clear();
        self.runs.clear();
    }
}

/// The entries of all shares in corpus order: the number of the share, and a range of its entries.
pub(super) fn in_order(shares: &[Share]) -> Result<Vec<(usize, Range<usize>)>> {
    let mut order = Vec::new();
    for (whose, share) in shares.iter().enumerate() {
        let ends = share.runs.iter().skip(1).map(|run| run.1).chain([share.pieces.len()]);
        extend(&mut order, share.runs.iter().zip(ends).map(|(&(number, start), end)| (number, whose, start..end)))?;
    }
    order.sort_unstable_by_key(|run| run.0);
    collect(order.into_iter().map(|(_, whose, range)| (whose, range)))
}

/// Combines all shares into one table, on at most `threads` threads. The shares are gone then; if it is
/// stopped, they are as they were.
pub(super) fn combine(shares: &mut Vec<Share>, threads: usize) -> Result<PieceCounts> {
    let mut filled = shares.iter_mut().filter(|share| !share.pieces.is_empty());
    let (first, second) = (filled.next(), filled.next());
    let (Some(_), Some(_)) = (&first, second) else {
        return Ok(first.map_or_else(PieceCounts::new, |share| std::mem::take(&mut share.pieces)));
    };
    for share in &mut *shares {
        share.pieces.list_residues(threads)?;
        interrupt::check()?;
    }
    let order = in_order(shares)?;
    let residues = collect(0..threads)?;
    let combined =
        parallel::map(&residues, threads, |_| usize::MAX / threads, |&residue| residue_of(shares, &order, residue))?;
    let all = PieceCounts::concat(&combined)?;
    shares.clear();
    Ok(all)
}

/// The pieces of one residue, each with the rank at which it was met first.
fn residue_of(shares: &[Share], order: &[(usize, Range<usize>)], residue: usize) -> Result<(PieceCounts, Vec<u64>)> {
    let at_most = shares.iter().map(|share| share.pieces.residue(residue).len()).sum();
    let mut table = PieceCounts::with_room(at_most, &shares[0].pieces)?;
    let mut ranks = room(at_most)?;
    // The entries of each share that are still to come.
    let mut rests: Vec<&[u32]> = collect(shares.iter().map(|share| share.pieces.residue(residue)))?;
    let mut rank = 0;
    for (whose, range) in order {
        let rest = &mut rests[*whose];
        let (run, after) = rest.split_at(rest.partition_point(|&number| (number as usize) < range.end));
        *rest = after;
        for numbers in run.chunks(BATCH) {
            let mut each = numbers.iter();
            table.absorb(&shares[*whose].pieces, numbers, |new| {
                // There is room for all.
                if let Some(&number) = each.next()
                    && new
                {
                    ranks.push(rank + (number as usize - range.start) as u64);
                }
            })?;
            interrupt::check()?;
        }
        rank += range.len() as u64;
    }
    Ok((table, ranks))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::error::Error;
    use crate::fast::count::tests::listed;

    /// The pieces of part `number`: some that others have too, some longer than an entry holds.
    fn pieces_of(number: usize) -> impl Iterator<Item = Vec<u8>> {
        let text =
            move |i| if i % 3 == 0 { format!("part {number}, piece {i}") } else { format!("{}", number * i % 11) };
        (0..number % 5).chain(0..4).map(move |i| text(i).into_bytes())
    }

    /// Parts counted by shares, which `whose` chooses; and all of them counted by one table.
    fn counted(shares: usize, parts: Range<usize>, whose: impl Fn(usize) -> usize) -> (Vec<Share>, PieceCounts) {
        counted_by(Share::new(shares, &Hasher::default()), parts, whose)
    }

    fn counted_by(
        mut shares: Vec<Share>,
        parts: Range<usize>,
        whose: impl Fn(usize) -> usize,
    ) -> (Vec<Share>, PieceCounts) {
        let mut one = PieceCounts::new();
        for number in parts {
            let share = &mut shares[whose(number)];
            share.begin(number).expect("few");
            assert_eq!(share.after(), number + 1);
            for piece in pieces_of(number) {
                share.pieces.add(&piece, 1).expect("few");
                one.add(&piece, 1).expect("few");
            }
        }
        (shares, one)
    }

    #[test]
    fn the_order_is_that_of_the_corpus_whichever_thread_counted() {
        let choices: [fn(usize) -> usize; 5] = [|_| 0, |_| 2, |n| n % 3, |n| n / 7 % 3, |n| n * n % 5 % 3];
        for whose in choices {
            for threads in 1..5 {
                let (mut shares, one) = counted(3, 0..40, whose);
                let entries: usize = shares.iter().map(|share| share.pieces.len()).sum();
                let order = in_order(&shares).expect("few");
                assert_eq!(order.iter().map(|(_, range)| range.len()).sum::<usize>(), entries);
                let combined = combine(&mut shares, threads).expect("few");
                assert_eq!(listed(combined.iter()), listed(one.iter()));
                assert!(shares.iter().all(|share| share.pieces.is_empty()), "what was combined is gone");
            }
        }
    }

    /// Several list the residues while they count; a single thread does not need them.
    #[test]
    fn one_thread_alone_lists_no_residues() {
        for threads in 1..4 {
            let shares = Share::new(threads, &Hasher::default());
            assert!(shares.iter().all(|share| share.after() == 0) && shares.len() == threads);
            let lists = if threads == 1 { 0 } else { threads };
            let same = PieceCounts::with_residues(lists, Hasher::default());
            assert!(shares.iter().all(|share| share.pieces.memory_after(100) == same.memory_after(100)));
        }
    }

    #[test]
    fn shares_go_on_after_a_combined_table() {
        let hasher = Hasher::default();
        let (mut shares, mut one) = counted_by(Share::new(2, &hasher), 0..10, |n| n % 2);
        let combined = combine(&mut shares, 2).expect("few");
        let mut shares = Share::new(2, &hasher);
        shares[0].hold(combined, 10).expect("few");
        assert_eq!(shares[0].after(), 11);
        // The first thread knows more pieces, but the second one meets a new one sooner.
        for (number, whose, piece) in [(11, 1, "new"), (12, 0, "newer"), (13, 1, "newer"), (14, 0, "new")] {
            shares[whose].begin(number).expect("few");
            shares[whose].pieces.add(piece.as_bytes(), 1).expect("few");
            one.add(piece.as_bytes(), 1).expect("few");
        }
        assert_eq!(listed(combine(&mut shares, 2).expect("few").iter()), listed(one.iter()));
    }

    #[test]
    fn what_was_cleared_is_forgotten() {
        let (mut shares, _) = counted(2, 0..10, |n| n % 2);
        shares.iter_mut().for_each(Share::clear);
        assert!(in_order(&shares).expect("few").is_empty());
        let mut one = PieceCounts::new();
        for number in 10..20 {
            let share = &mut shares[number % 2];
            share.begin(number).expect("few");
            for piece in pieces_of(number) {
                share.pieces.add(&piece, 1).expect("few");
                one.add(&piece, 1).expect("few");
            }
        }
        assert_eq!(listed(combine(&mut shares, 2).expect("few").iter()), listed(one.iter()));
    }

    #[test]
    fn what_is_stopped_is_as_it_was() {
        let (mut shares, one) = counted(40, 0..80, |n| n % 40);
        let stopped =
            crate::support::interrupt::run_every(Duration::ZERO, || true, || combine(&mut shares, 1).map(drop));
        assert_eq!(stopped, Err(Error::Interrupted));
        assert_eq!(listed(combine(&mut shares, 3).expect("few").iter()), listed(one.iter()));
    }
}
