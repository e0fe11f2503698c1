//! The corpus as one flat array of symbols, in which a token finds its neighbours without links.
//!
//! Every byte of every distinct piece has a slot, or, where a vocabulary is extended, every token that it makes of them; a gap
//! stands before, between and after the pieces. A token's id stands in its *first* and in its *last* slot, and how many slots each
//! id takes is known. So the token after the one at `p` starts at `p + length`, and the one before it ends at `p - 1`:
//!
//! ```text
//!            p          p+2                     merge (t, he) -> the
//!     ... |  t  |  he    he  | gap      ->      ... | the  gap  the | gap
//! ```
//!
//! A merge writes three slots: the id in the first and the last, and a gap over the right part's first slot, so that
//! nothing seems to start there any more. What else lies inside a token is stale and never read as a start (see
//! [`Arena::holds`]).
//!
//! Pieces lie in falling order of their counts, so the *weight* of a position (the count of its piece) is a step
//! function: a walk over ascending positions looks up a weight only where a step begins.

#![expect(
    clippy::cast_possible_truncation,
    reason = "more than 2^31 slots are refused by the trainer; ids are 16 bits wide where the vocabulary is"
)]

use std::cmp::Reverse;
use std::ops::Range;

use super::start_vocab::StartVocab;
use super::step_function::StepFunction;
use crate::error::{Error, Result};
use crate::fast::count::pieces::Pieces;
use crate::fast::util::fallible::{filled, push, room};
use crate::fast::util::prefetch::prefetch;
use crate::support::interrupt;

/// An arena of more slots is refused: two lists of them must fit into 32 bits.
pub(super) const MAX_SLOTS: usize = (u32::MAX / 2) as usize;

/// An error of corpora that are too large, by their layouts.
pub(super) fn check_sizes(layouts: &[Layout]) -> Result<()> {
    let too_large = |what| Err(Error::Training(format!("the corpus is too large to train on: {what}")));
    if layouts.iter().map(|layout| layout.slots).sum::<usize>() > MAX_SLOTS {
        return too_large("distinct pieces of more than 2^31 bytes");
    }
    if layouts.iter().map(|layout| layout.weight).sum::<u128>() > i64::MAX as u128 {
        return too_large("counts beyond 2^63");
    }
    Ok(())
}

/// Slots between two looks at whether to stop.
const STRETCH: u32 = if cfg!(test) { 4 } else { 1 << 16 };

/// The slots of an arena: 16 bits while the vocabulary fits, 32 beyond.
pub(super) trait Symbol: Copy + Eq {
    fn from_id(id: u32) -> Self;
    fn id(self) -> u32;
}

impl Symbol for u16 {
    fn from_id(id: u32) -> Self {
        debug_assert!(u16::try_from(id).is_ok());
        id as u16
    }
    fn id(self) -> u32 {
        u32::from(self)
    }
}

impl Symbol for u32 {
    fn from_id(id: u32) -> Self {
        id
    }
    fn id(self) -> u32 {
        self
    }
}

/// The distinct pieces, laid out in falling order of count, and what is known of each id.
pub(super) struct Arena<S> {
    pub slots: Vec<S>,
    /// Whether the ids of the beginning are below 256.
    pub bytes_only: bool,
    /// Slots of each id, one for those of the beginning; 0 for the gap and for ids that no merge has made yet.
    pub lengths: Vec<u32>,
    /// Bytes of each id's token, likewise.
    pub sizes: Vec<u32>,
    /// The id that stands for "no token": one past the largest that training can make.
    pub gap: u32,
    /// The weight of each position.
    pub weights: StepFunction<u64>,
}

impl<S: Symbol> Arena<S> {
    /// Lays out the pieces, in as many slots as the layout has counted.
    pub fn new(layout: &Layout, base: &StartVocab, gap: u32, pieces: &dyn Pieces) -> Result<Self> {
        let mut arena = Self::empty(base, gap, layout.slots)?;
        arena.lay(layout, base, pieces)?;
        arena.close()?;
        Ok(arena)
    }

    /// An arena with room for this many slots.
    pub fn empty(base: &StartVocab, gap: u32, slots: usize) -> Result<Self> {
        let (mut lengths, mut sizes) = (filled(0, gap as usize + 1)?, filled(0, gap as usize + 1)?);
        for (id, token) in base.vocab.tokens.iter() {
            lengths[id as usize] = 1;
            sizes[id as usize] = token.len() as u32;
        }
        Ok(Self { slots: room(slots)?, bytes_only: base.is_bytes(), lengths, sizes, gap, weights: StepFunction::new() })
    }

    /// Lays out pieces after those that lie there already.
    #[allow(clippy::disallowed_methods, reason = "there is room for all slots")]
    pub fn lay(&mut self, layout: &Layout, base: &StartVocab, pieces: &dyn Pieces) -> Result<()> {
        let Self { slots, gap, weights, .. } = self;
        let mut weight = 0;
        for &index in &layout.order {
            let (bytes, count) = pieces.get(index);
            let count = count.unsigned_abs();
            if count != weight {
                weight = count;
                weights.push(slots.len() as u32, weight)?;
            }
            slots.push(S::from_id(*gap));
            base.each_id(bytes, |id| {
                slots.push(S::from_id(id));
                Ok(())
            })?;
        }
        Ok(())
    }

    /// Puts a gap after the last piece.
    pub fn close(&mut self) -> Result<()> {
        push(&mut self.slots, S::from_id(self.gap))?;
        self.weights.finish(self.slots.len() as u32)
    }

    /// Whether the pair stands at `p`. Exact for every `p` at which it stood when its list of positions was made.
    ///
    /// `slots[p]` equals the left id only if a token of that id still starts at `p`: a merge that took that start wrote
    /// a gap there or an id that is younger than the list, and older ids are never written again. So `p + left_length`
    /// is a true start (or a gap between pieces), where the slot always holds the token's id.
    #[inline]
    pub fn holds(&self, p: u32, left: S, left_length: u32, right: S) -> bool {
        self.slots[p as usize] == left && self.slots[(p + left_length) as usize] == right
    }

    /// Before any merge: calls `show` with each token or gap of a range, with what follows it: `(p, left, right)`.
    #[inline]
    pub fn walk(&self, range: &Range<u32>, mut show: impl FnMut(u32, u32, u32)) -> Result<()> {
        for from in range.clone().step_by(STRETCH as usize) {
            interrupt::check()?;
            for p in from..range.end.min(from + STRETCH) {
                show(p, self.at(p), self.at(p + 1));
            }
        }
        Ok(())
    }

    /// The last slot, which holds a gap.
    pub fn last(&self) -> u32 {
        self.slots.len() as u32 - 1
    }

    /// Prefetches position `p`.
    #[inline]
    pub fn prefetch(&self, p: u32) {
        prefetch(self.slots.as_ptr().wrapping_add(p as usize));
    }

    /// The token that ends before `p`, or the gap.
    #[inline]
    pub fn before(&self, p: u32) -> u32 {
        self.slots[p as usize - 1].id()
    }

    /// The token that starts at `p`, or the gap there.
    #[inline]
    pub fn at(&self, p: u32) -> u32 {
        self.slots[p as usize].id()
    }

    /// Joins the two tokens at `p`.
    #[inline]
    pub fn join(&mut self, p: u32, left_length: u32, right_length: u32, id: u32) {
        let (middle, end) = (p + left_length, p + left_length + right_length);
        self.slots[middle as usize] = S::from_id(self.gap);
        self.slots[p as usize] = S::from_id(id);
        self.slots[end as usize - 1] = S::from_id(id);
    }
}

/// How the pieces are laid out: in falling order of count, among equals in corpus order.
pub(super) struct Layout {
    /// The pieces of two ids or more, by their indices in the corpus.
    pub order: Vec<u32>,
    /// Slots in all, gaps included.
    pub slots: usize,
    /// The counts of all slots: no pair's count can exceed it.
    pub weight: u128,
    /// The counts of the pieces of one id, which have no slots.
    pub single: u128,
}

impl Layout {
    /// Linear, but for a sort of the pieces of large counts: a text of n pieces has at most n / 4,096 that occur 4,096 times.
    pub fn new(pieces: &dyn Pieces, base: &StartVocab) -> Result<Self> {
        const LARGE: usize = 4096;
        if pieces.len() > MAX_SLOTS {
            return Err(Error::Training("the corpus is too large to train on: more than 2^31 distinct pieces".into()));
        }
        let count = |&index: &u32| pieces.get(index).1;
        let class = |index: &u32| LARGE - count(index).unsigned_abs().min(LARGE as u64) as usize;
        let lies = |index: &u32| {
            let (bytes, count) = pieces.get(*index);
            count > 0 && base.count(bytes) > 1
        };
        let mut places = filled(0_usize, LARGE + 1)?;
        let (mut slots, mut weight, mut single) = (1, 0, 0);
        for index in 0..pieces.len() as u32 {
            let (bytes, count) = pieces.get(index);
            let (ids, count) = (base.count(bytes), u128::from(count.max(0).unsigned_abs()));
            if ids > 1 && count > 0 {
                places[class(&index) + 1] += 1;
                slots += ids + 1;
                weight += ids as u128 * count;
            } else if ids == 1 {
                single += count;
            }
        }
        let large = places[1];
        for class in 1..places.len() {
            places[class] += places[class - 1];
        }
        let mut order = filled(0, places[LARGE])?;
        for index in (0..pieces.len() as u32).filter(lies) {
            let place = &mut places[class(&index)];
            order[*place] = index;
            *place += 1;
        }
        order[..large].sort_by_key(|index| Reverse(count(index)));
        Ok(Self { order, slots, weight, single })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reference::published::vocabs::Vocab;

    fn base(merges: &[(u32, u32)]) -> StartVocab {
        let bytes: Vec<u8> = (0..=255).collect();
        StartVocab::new(Vocab::from_merges(&bytes, merges).expect("well-formed").into())
    }

    #[test]
    fn pieces_lie_in_falling_order_of_count_and_else_as_in_the_corpus() {
        let counts = [1, 4095, 4096, 5000, 4097, 5000, 1 << 40, 0, -3, 2, 4095, 2, 1 << 40, 4096, 4094, 9000, 1];
        for rotated in 0..counts.len() {
            let count = |index: usize| counts[(index + rotated) % counts.len()];
            let pieces: Vec<(Vec<u8>, i64)> = (0..40).map(|index| (vec![b'a'; index % 4], count(index))).collect();
            let layout = Layout::new(&&pieces[..], &base(&[])).expect("small");
            // Nothing can be merged in a piece of one byte, nor in one that does not occur.
            let mut expected: Vec<u32> = (0..40).collect();
            expected.retain(|&index| pieces[index as usize].0.len() > 1 && pieces[index as usize].1 > 0);
            expected.sort_by_key(|&index| Reverse(pieces[index as usize].1));
            assert_eq!(layout.order, expected);
            let each = || expected.iter().map(|&index| &pieces[index as usize]);
            assert_eq!(layout.slots, 1 + each().map(|(piece, _)| piece.len() + 1).sum::<usize>());
            assert_eq!(
                layout.weight,
                each().map(|(piece, count)| piece.len() as u128 * u128::from(count.unsigned_abs())).sum::<u128>()
            );
        }
    }

    #[test]
    fn each_token_of_the_beginning_has_a_slot() {
        let pieces = [(b"ab".to_vec(), 3), (b"abcb".to_vec(), 5), (b"x".to_vec(), 9), (b"cbab".to_vec(), 3)];
        let pieces = &pieces[..];
        let layout = Layout::new(&pieces, &base(&[])).expect("small");
        let (a, b, c, gap) = (97, 98, 99, 400);
        let bytes = Arena::<u16>::new(&layout, &base(&[]), gap.into(), &pieces).expect("small");
        assert_eq!(bytes.slots, [gap, a, b, c, b, gap, a, b, gap, c, b, a, b, gap]);
        assert!(bytes.bytes_only);
        let (ab, abc) = (256, 257);
        let extended = base(&[(97, 98), (256, 99)]);
        let runs = extended.runs().unwrap().of(pieces.iter().map(|(piece, n)| (&piece[..], *n))).unwrap();
        let layout = Layout::new(&runs, &extended).expect("small");
        let mut tokens = Arena::<u32>::new(&layout, &extended, 400, &runs).expect("small");
        let (b, c, gap) = (98, 99, 400);
        // `ab` is one token, in which nothing can be merged.
        assert_eq!(tokens.slots, [gap, abc, b, gap, c, b, ab, gap]);
        assert!(!tokens.bytes_only);
        assert_eq!(([97, 256, 257, 258, 400].map(|id: usize| tokens.lengths[id])), [1, 1, 1, 0, 0]);
        assert_eq!(([97, 256, 257, 258, 400].map(|id: usize| tokens.sizes[id])), [1, 2, 3, 0, 0]);
        assert_eq!((tokens.lengths.len(), tokens.sizes.len()), (401, 401));
        let weight_of = |position| tokens.weights.get(position);
        assert!((0..3).all(|position| weight_of(position) == (0, 5)));
        assert!((3..8).all(|position| weight_of(position) == (3, 3)));
        let mut seen = Vec::new();
        tokens.walk(&(0..7), |p, left, right| seen.push((p, left, right))).expect("nobody stops it");
        let expected = [(0, gap, abc), (1, abc, b), (2, b, gap), (3, gap, c), (4, c, b), (5, b, ab), (6, ab, gap)];
        assert_eq!(seen, expected);
        assert_eq!((tokens.before(2), tokens.before(1), tokens.at(2)), (abc, gap, b));
        assert!(tokens.holds(1, abc, 1, b) && !tokens.holds(1, abc, 1, c) && !tokens.holds(2, abc, 1, b));
        // A token that a merge makes stands in its first and in its last slot; what is between them is stale.
        tokens.join(4, 1, 1, 258);
        tokens.lengths[258] = 2;
        tokens.join(4, 2, 1, 259);
        assert_eq!(tokens.slots, [gap, abc, b, gap, 259, 258, 259, gap]);
    }
}
