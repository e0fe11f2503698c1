//! The parts of a pair, one for each segment in which it stands: each links to the next, and the last to the first.
//!
//! By hand: a merge makes the token X, and (X, a) stands in the first and in the third of three languages. When the first language's
//! new parts are linked, the one of (X, a) becomes a circle by itself, and the table of what follows X has it under `a`. That of the
//! third language finds it there and is put in after it: around the circle are both.

use super::pairs::{NONE, Pair, Pairs};
use super::queue::Bounds;
use crate::error::Result;
use crate::fast::util::fallible::{filled, push};

/// Bounds on the counts of pairs in all languages, whose segments end at `end`.
pub(super) struct Sums<'p> {
    pub pairs: &'p Pairs,
    pub end: u32,
}

impl Bounds for Sums<'_> {
    fn bound(&self, part: u32) -> u64 {
        let mut sum = 0;
        let mut each = part;
        loop {
            let pair = self.pairs.get(each);
            if self.pairs.positions(each).first().is_some_and(|&p| p < self.end) {
                sum += pair.count;
            }
            each = pair.next;
            if each == part {
                return sum;
            }
        }
    }

    fn prefetch(&self, part: u32) {
        self.pairs.prefetch(part);
    }
}

/// The circles that are being linked: those of the pairs that a merge creates. Each of them has the new token, so the id on the
/// other side says which pair it is.
pub(super) struct Circles {
    /// The part linked last, by the id before the new token, and by the id after it.
    before: Vec<u32>,
    after: Vec<u32>,
    touched: Vec<u32>,
    /// The first part of each circle.
    pub heads: Vec<u32>,
}

impl Circles {
    pub fn new(gap: u32) -> Result<Self> {
        let side = || filled(NONE, gap as usize + 1);
        Ok(Self { before: side()?, after: side()?, touched: Vec::new(), heads: Vec::new() })
    }

    /// Links a part into the circle of another part of its pair, or makes a circle of it.
    pub fn link(&mut self, part: u32, known: Option<u32>, pairs: &mut Pairs) -> Result<()> {
        pairs.link(part, known);
        if known.is_none() {
            push(&mut self.heads, part)?;
        }
        Ok(())
    }

    /// Links parts of pairs that have the new token.
    pub fn link_new(&mut self, id: u32, parts: &[u32], pairs: &mut Pairs) -> Result<()> {
        for &part in parts {
            let &Pair { left, right, .. } = pairs.get(part);
            let (side, other) = if left == id { (&mut self.after, right) } else { (&mut self.before, left) };
            let known = std::mem::replace(&mut side[other as usize], part);
            if known == NONE {
                push(&mut self.touched, other)?;
            }
            self.link(part, (known != NONE).then_some(known), pairs)?;
        }
        Ok(())
    }

    /// All parts of the pairs that a merge creates are linked.
    pub fn forget(&mut self) {
        for other in self.touched.drain(..) {
            self.before[other as usize] = NONE;
            self.after[other as usize] = NONE;
        }
    }
}
