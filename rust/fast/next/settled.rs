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
//! Costs: 28 bytes a token; for a token, the tokens that are not settled behind it.

use crate::error::Result;
use crate::fast::util::fallible::filled;
use crate::reference::published::vocabs::Vocab;
use crate::support::interrupt;

const NONE: u32 = u32::MAX;
/// From how many clashes on, counted as often as they are found, the tokens behind a token are worth keeping.
const MANY: u32 = 1 << 12;

#[derive(Debug)]
pub struct Settled {
    /// The tokens in the order of the walk, and the place of each.
    order: Vec<u32>,
    places: Vec<u32>,
    /// For each token, where its merges as a left part begin, by rank: the interval that each makes impossible.
    starts: Vec<u32>,
    clashes: Vec<Clash>,
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
        let (size, merges) = (vocab.tokens.n_ids() as usize, vocab.merges());
        let (mut left, mut right, mut rank) = (filled(NONE, size)?, filled(NONE, size)?, filled(NONE, size)?);
        let mut starts = filled(0, size + 1)?;
        for merge in merges {
            let at = merge.id as usize;
            if left[at] != NONE {
                return Ok(None);
            }
            (left[at], right[at], rank[at]) = (merge.left, merge.right, merge.rank);
            starts[merge.left as usize + 1] += 1;
        }
        let above = |part: u32, whole: u32| rank[part as usize] != NONE && rank[part as usize] >= rank[whole as usize];
        let is_late = |id: u32| above(left[id as usize], id) || above(right[id as usize], id);
        if !merges.is_sorted_by_key(|merge| merge.rank) || merges.iter().any(|merge| is_late(merge.id)) {
            return Ok(None);
        }
        interrupt::check()?;
        (1..=size).for_each(|id| starts[id] += starts[id - 1]);
        // The children of each token by rank, lowest first; and how many tokens are in the tree of each.
        let (mut next, mut made) = (filled(0, size)?, filled(0, merges.len())?);
        next.copy_from_slice(&starts[..size]);
        for merge in merges {
            let at = &mut next[merge.left as usize];
            made[*at as usize] = merge.id;
            *at += 1;
        }
        let mut sizes = filled(1, size)?;
        for merge in merges.iter().rev() {
            sizes[merge.left as usize] += sizes[merge.id as usize];
        }
        let children = |id: u32| &made[starts[id as usize] as usize..starts[id as usize + 1] as usize];
        let (mut order, mut places, mut end) = (filled(NONE, size)?, filled(0, size)?, 0);
        let roots = vocab.tokens.iter().map(|(id, _)| id).filter(|&id| left[id as usize] == NONE);
        for (id, is_root) in roots.map(|id| (id, true)).chain(merges.iter().map(|merge| (merge.id, false))) {
            if is_root {
                places[id as usize] = end;
                end += sizes[id as usize];
            }
            let mut place = places[id as usize];
            order[place as usize] = id;
            place += 1;
            for &child in children(id).iter().rev() {
                places[child as usize] = place;
                place += sizes[child as usize];
            }
        }
        let mut clashes = filled(Clash { rank: 0, first: 0, end: 0 }, made.len())?;
        for (clash, &id) in clashes.iter_mut().zip(&made) {
            let (v, rank_here) = (right[id as usize], rank[id as usize]);
            let later = children(v).partition_point(|&child| rank[child as usize] < rank_here);
            let first = places[v as usize];
            let end = children(v).get(later).map_or(first + 1, |&last| places[last as usize] + sizes[last as usize]);
            *clash = Clash { rank: rank_here, first, end };
        }
        Ok(Some(Settled { order, places, starts, clashes, rank, right }))
    }

    /// The intervals of what is not settled behind a token.
    fn clashes(&self, last: u32) -> impl Iterator<Item = &Clash> {
        let edge = std::iter::successors(Some((last, NONE)), |&(token, _)| {
            Some((self.right[token as usize], self.rank[token as usize])).filter(|&(token, _)| token != NONE)
        });
        edge.flat_map(|(token, limit)| {
            let own = &self.clashes[self.starts[token as usize] as usize..self.starts[token as usize + 1] as usize];
            own.iter().take_while(move |clash| clash.rank < limit)
        })
    }

    /// Removes the tokens that are not settled behind a token from a set.
    pub fn remove_clashes(&self, last: u32, bits: &mut [u64]) {
        for clash in self.clashes(last) {
            for &id in &self.order[clash.first as usize..clash.end as usize] {
                bits[id as usize >> 6] &= !(1 << (id & 63));
            }
        }
    }

    /// Whether finding what is not settled behind a token takes more than some microseconds.
    pub fn has_many_clashes(&self, last: u32) -> bool {
        let mut count = 0;
        self.clashes(last).any(|clash| {
            count += clash.end - clash.first;
            count > MANY
        })
    }

    /// Whether two tokens are settled, if merging makes both.
    pub fn holds(&self, left: u32, right: u32) -> bool {
        let place = self.places[right as usize];
        !self.clashes(left).any(|clash| (clash.first..clash.end).contains(&place))
    }

    /// Whether merging makes a token of its bytes, if it makes its parts of theirs: nothing is merged across them before.
    pub fn is_made(&self, left: u32, right: u32, rank: u32) -> bool {
        let place = self.places[right as usize];
        let earlier = |clash: &&Clash| clash.rank < rank && (clash.first..clash.end).contains(&place);
        !self.clashes(left).any(|clash| earlier(&clash))
    }

    /// The bytes of memory that it takes.
    pub fn memory(&self) -> usize {
        let columns = [&self.order, &self.places, &self.starts, &self.rank, &self.right];
        columns.map(|column| column.capacity() * size_of::<u32>()).iter().sum::<usize>()
            + self.clashes.capacity() * size_of::<Clash>()
    }
}
