//! Chains through the merges of a packed vocabulary, by which a pair is looked up. Must equal `Vocab::merge_of` of `rust/reference/vocab.rs`.
//!
//! The hash of a pair is the number of a chain, of half as many chains as there are merges, or more. A chain has all merges of one hash,
//! the newest first. By hand, with the merges 0: (a, b), 1: (b, c), 2: (a, c), of which the first two have the hash 0 and the last has
//! 1: the chains are 1, 0 and 2, and (a, b) is looked up by reading 1 and 0.
//!
//! Costs: one pass over the merges; then a look-up reads two or three.

use super::merges::Merges;
use crate::error::Result;

/// The end of a chain.
const NONE: u32 = 0;

/// The newest merge of each chain, and of each merge the one before it in its chain; the first merge is 1.
#[derive(Debug)]
pub(super) struct Chains {
    newest: Vec<u32>,
    older: Vec<u32>,
}

impl Chains {
    pub fn new(merges: &Merges) -> Result<Chains> {
        let chains = 1 << merges.count.max(2).ilog2();
        #[allow(clippy::disallowed_methods, reason = "not longer than the data")]
        let (mut newest, mut older) = (vec![NONE; chains], vec![NONE; merges.count as usize]);
        merges.check(link(merges, &mut newest, &mut older))?;
        Ok(Chains { newest, older })
    }

    /// The number of the merge of a pair.
    pub fn find(&self, merges: &Merges, left: u32, right: u32) -> Option<u32> {
        let pair = u64::from(left) | u64::from(right) << merges.width;
        let mut merge = self.newest[chain(pair, self.newest.len().ilog2())];
        while merge != NONE {
            let number = merge - 1;
            if merges.pair(number as usize) == pair {
                return Some(number);
            }
            merge = self.older[number as usize];
        }
        None
    }

    /// The newest merges, and those before each.
    #[cfg(test)]
    pub fn of_test(&self) -> (&[u32], &[u32]) {
        (&self.newest, &self.older)
    }
}

/// Puts each merge into its chain, and sets for each the one before it there. Returns the largest left id.
#[expect(clippy::cast_possible_truncation, reason = "there are fewer merges than bytes of data")]
fn link(merges: &Merges, newest: &mut [u32], older: &mut [u32]) -> u64 {
    let (bits, left_bits, mut largest) = (newest.len().ilog2(), (1 << merges.width) - 1, 0);
    for (number, older) in older.iter_mut().enumerate() {
        let pair = merges.pair(number);
        largest = largest.max(pair & left_bits);
        *older = std::mem::replace(&mut newest[chain(pair, bits)], number as u32 + 1);
    }
    largest
}

/// The chain of a pair, if there are 2^`bits` of them.
#[expect(clippy::inline_always, reason = "a call for each merge takes twice the time, before the module is optimized")]
#[inline(always)]
#[expect(clippy::cast_possible_truncation, reason = "less than the number of chains")]
fn chain(pair: u64, bits: u32) -> usize {
    (pair.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> (u64::BITS - bits)) as usize
}
