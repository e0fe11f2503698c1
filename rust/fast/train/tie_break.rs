//! Which of several pairs of equal count is merged (SPEC T3), as a key of which the greatest wins.
//!
//! Each key is unique to its pair, so the order is total and the result depends on nothing else. A key must be exact, or
//! an upper bound, as the count is; [`Tie::key`] is called again whenever a pair is counted again:
//!
//! - the ids never change, nor do the bytes of a token;
//! - the first occurrence in the corpus only moves later, since occurrences only vanish.

#![expect(clippy::cast_possible_truncation, reason = "there are fewer bytes of pieces than slots")]

use std::cmp::Reverse;

use super::arena::{Arena, Layout, Symbol};
use super::pairs::Pairs;
use super::start_vocab::StartVocab;
use super::step_function::StepFunction;
use crate::error::Result;
use crate::fast::count::pieces::Pieces;
use crate::fast::util::fallible::{append, filled, push, room};

pub(super) trait Tie<S: Symbol> {
    type Key: Ord;

    fn key(&self, pairs: &Pairs, index: u32, arena: &Arena<S>) -> Self::Key;

    /// Token `id` has been made, and stands at `position` among others.
    fn learn(&mut self, _id: u32, _position: u32) -> Result<()> {
        Ok(())
    }
}

/// The smallest left id, then the smallest right id.
pub(super) struct SmallestIds;

impl<S: Symbol> Tie<S> for SmallestIds {
    type Key = Reverse<(u32, u32)>;

    fn key(&self, pairs: &Pairs, index: u32, _: &Arena<S>) -> Self::Key {
        let pair = pairs.get(index);
        Reverse((pair.left, pair.right))
    }
}

/// The pair met first: in the earliest piece, and there at the earliest position.
pub(super) struct FirstSeen {
    /// The index in the corpus of the piece at a position.
    pieces: StepFunction<u32>,
}

impl FirstSeen {
    pub fn new(layout: &Layout, pieces: &impl Pieces) -> Result<Self> {
        let mut steps = StepFunction::new();
        let mut start = 0;
        for &piece in &layout.order {
            steps.push(start, piece)?;
            start += pieces.get(piece).0.len() as u32 + 1;
        }
        steps.finish(layout.slots as u32)?;
        Ok(Self { pieces: steps })
    }
}

impl<S: Symbol> Tie<S> for FirstSeen {
    type Key = Reverse<(u32, u32)>;

    /// Pieces of equal count lie in corpus order, so only the first occurrence of each weight can be the first of all.
    fn key(&self, pairs: &Pairs, index: u32, arena: &Arena<S>) -> Self::Key {
        let pair = pairs.get(index);
        let (left, right) = (S::from_id(pair.left), S::from_id(pair.right));
        let length = arena.lengths[pair.left as usize];
        let mut weights = arena.weights.cursor();
        let mut first = (u32::MAX, u32::MAX);
        let mut found_until = 0;
        for &p in pairs.positions(index) {
            if p >= found_until && arena.holds(p, left, length, right) {
                let (start, piece) = self.pieces.get(p);
                first = first.min((piece, p - start));
                found_until = weights.end_of(p);
            }
        }
        Reverse(first)
    }
}

/// The greatest bytes of the left token, then of the right one; should two ids have the same bytes, the smaller id.
pub(super) struct GreatestBytes<'t> {
    bytes: &'t [u8],
    /// For each id a place in `bytes` where its token stands.
    places: Vec<usize>,
}

impl<'t> GreatestBytes<'t> {
    /// From what [`original_bytes`] returned.
    pub fn new(bytes: &'t [u8], places: Vec<usize>) -> Self {
        Self { bytes, places }
    }
}

/// The bytes of the arena before any merge, each at its position, and after them the tokens that there were before; and for
/// each of these ids the place of its token.
pub(super) fn original_bytes(
    layout: &Layout,
    pieces: &impl Pieces,
    base: &StartVocab,
) -> Result<(Vec<u8>, Vec<usize>)> {
    let tokens = &base.vocab.tokens;
    let mut bytes = room(layout.slots + tokens.iter().map(|(_, token)| token.len()).sum::<usize>())?;
    for &index in &layout.order {
        push(&mut bytes, 0)?;
        append(&mut bytes, pieces.get(index).0)?;
    }
    push(&mut bytes, 0)?;
    let mut places = filled(0, tokens.n_ids() as usize)?;
    for (id, token) in tokens.iter() {
        places[id as usize] = bytes.len();
        append(&mut bytes, token)?;
    }
    Ok((bytes, places))
}

impl<'t, S: Symbol> Tie<S> for GreatestBytes<'t> {
    type Key = (&'t [u8], &'t [u8], Reverse<(u32, u32)>);

    fn key(&self, pairs: &Pairs, index: u32, arena: &Arena<S>) -> Self::Key {
        let pair = pairs.get(index);
        let token = |id: u32| &self.bytes[self.places[id as usize]..][..arena.lengths[id as usize] as usize];
        (token(pair.left), token(pair.right), Reverse((pair.left, pair.right)))
    }

    fn learn(&mut self, id: u32, position: u32) -> Result<()> {
        debug_assert_eq!(id as usize, self.places.len());
        push(&mut self.places, position as usize)
    }
}
