//! Which tokens may stand behind a token within a piece.
//!
//! Two neighbours are *settled* if merging their bytes gives these two again. They are not, if some token u on the right edge of the left
//! one and some v on the left edge of the right one merge before u becomes part of its parent there (at a rank below that), and not after v
//! does (at a rank of that, or below). Let the parent of a token be its left half, sort the children of each by rank, highest first, and
//! number the tokens by a walk through these trees. Then the tokens with v on the left edge, still by itself at a rank, are one
//! interval: v, and its children from that rank on. So what is not settled behind a token is a union of intervals, one for each
//! merge of a token on its right edge.
//!
//! By hand, with the merges `ab` and `abc`: behind `a`, the interval of `b` is not settled; behind `ab`, that of `c`.
//!
//! This needs one merge for each token, and parts of lower ranks than wholes. Other vocabularies merge each pair to find out.
//!
//! Costs: 24 bytes a token; for a token, the tokens that are not settled behind it.

#![expect(clippy::cast_possible_truncation, reason = "a vocabulary has fewer than 2^31 tokens")]

use crate::error::Result;
use crate::fast::util::fallible::{collect, push, resize};
use crate::reference::published::vocabs::Vocab;

const NONE: u32 = u32::MAX;

#[derive(Debug)]
pub struct Settled {
    /// The tokens in the order of the walk.
    order: Vec<u32>,
    /// For each token, where its merges as a left part begin, by rank: the interval that each makes impossible.
    starts: Vec<u32>,
    merges: Vec<Clash>,
    /// The rank at which a token comes about, and its right part.
    rank: Vec<u32>,
    right: Vec<u32>,
}

#[derive(Debug, Clone, Copy)]
struct Clash {
    rank: u32,
    first: u32,
    end: u32,
}

impl Settled {
    /// None if the vocabulary is not of this kind.
    pub fn new(vocab: &Vocab) -> Result<Option<Settled>> {
        let size = vocab.tokens.n_ids() as usize;
        let (mut left, mut right, mut rank) = (Vec::new(), Vec::new(), Vec::new());
        for column in [&mut left, &mut right, &mut rank] {
            resize(column, size, NONE)?;
        }
        let mut made: Vec<u32> = collect(vocab.merges().iter().map(|merge| merge.id))?;
        for merge in vocab.merges() {
            let at = merge.id as usize;
            if left[at] != NONE {
                return Ok(None);
            }
            (left[at], right[at], rank[at]) = (merge.left, merge.right, merge.rank);
        }
        let above = |part: u32, whole: u32| rank[part as usize] != NONE && rank[part as usize] >= rank[whole as usize];
        if made.iter().any(|&id| above(left[id as usize], id) || above(right[id as usize], id)) {
            return Ok(None);
        }
        made.sort_unstable_by_key(|&id| (left[id as usize], rank[id as usize]));
        let mut starts = Vec::new();
        resize(&mut starts, size + 1, 0)?;
        let mut at = 0;
        for (id, start) in starts.iter_mut().enumerate() {
            while at < made.len() && (left[made[at] as usize] as usize) < id {
                at += 1;
            }
            *start = at as u32;
        }
        let children = |id: u32| &made[starts[id as usize] as usize..starts[id as usize + 1] as usize];
        let (mut order, mut first, mut end) = (Vec::new(), Vec::new(), Vec::new());
        resize(&mut first, size, 0)?;
        resize(&mut end, size, 0)?;
        let mut stack = Vec::new();
        for (root, _) in vocab.tokens.iter().filter(|&(id, _)| left[id as usize] == NONE) {
            push(&mut stack, (root, false))?;
            while let Some((id, is_done)) = stack.pop() {
                if is_done {
                    end[id as usize] = order.len() as u32;
                    continue;
                }
                first[id as usize] = order.len() as u32;
                push(&mut order, id)?;
                push(&mut stack, (id, true))?;
                for &child in children(id) {
                    push(&mut stack, (child, false))?;
                }
            }
        }
        let clash = |&id: &u32| {
            let (v, rank_here) = (right[id as usize], rank[id as usize]);
            let later = children(v).partition_point(|&child| rank[child as usize] < rank_here);
            let end = children(v).get(later).map_or(first[v as usize] + 1, |&child| end[child as usize]);
            Clash { rank: rank_here, first: first[v as usize], end }
        };
        let merges = collect(made.iter().map(clash))?;
        Ok(Some(Settled { order, starts, merges, rank, right }))
    }

    /// Removes the tokens that are not settled behind a token from a set.
    pub fn remove_clashes(&self, last: u32, bits: &mut [u64]) {
        let (mut token, mut limit) = (last, NONE);
        while token != NONE {
            let at = token as usize;
            let merges = &self.merges[self.starts[at] as usize..self.starts[at + 1] as usize];
            for clash in merges.iter().take_while(|clash| limit == NONE || clash.rank < limit) {
                for &id in &self.order[clash.first as usize..clash.end as usize] {
                    bits[id as usize >> 6] &= !(1 << (id & 63));
                }
            }
            (limit, token) = (self.rank[at], self.right[at]);
        }
    }
}
