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
use crate::error::{Error, Result};
use crate::fast::count::pieces::Pieces;
use crate::fast::util::fallible::{append, concat, filled, push, room};

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
    pub fn new(layout: &Layout, pieces: &dyn Pieces, base: &StartVocab) -> Result<Self> {
        let mut steps = StepFunction::new();
        let mut start = 0;
        for &piece in &layout.order {
            steps.push(start, piece)?;
            start += base.count(pieces.get(piece).0) as u32 + 1;
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
    original: &'t Original,
    /// For each id a place in the bytes where its token stands.
    places: Vec<usize>,
}

/// The bytes of the corpus before any merge.
pub(super) struct Original {
    /// In the order of the arena, and after them the tokens that there were before.
    bytes: Vec<u8>,
    /// For each slot where its token begins in them; nothing where that is the slot's own place, since each is a byte.
    starts: Vec<u32>,
    /// For each id that there was before where its token stands.
    places: Vec<usize>,
}

impl<'t> GreatestBytes<'t> {
    pub fn new(original: &'t Original) -> Result<Self> {
        Ok(Self { original, places: concat(&[&original.places])? })
    }
}

impl Original {
    pub fn new(layout: &Layout, pieces: &dyn Pieces, base: &StartVocab) -> Result<Self> {
        let tokens = &base.vocab.tokens;
        let mut bytes = room(layout.slots + tokens.iter().map(|(_, token)| token.len()).sum::<usize>())?;
        let mut starts = room(if base.is_bytes() { 0 } else { layout.slots })?;
        let too_large = |_| Error::Training("the corpus is too large to train on: runs of 4 GiB".into());
        for &index in &layout.order {
            let (piece, _) = pieces.get(index);
            if base.is_bytes() {
                push(&mut bytes, 0)?;
                append(&mut bytes, piece)?;
                continue;
            }
            starts.push(0);
            base.each_id(piece, |id| {
                starts.push(u32::try_from(bytes.len()).map_err(too_large)?);
                append(&mut bytes, tokens.get(id).unwrap_or_default())
            })?;
        }
        push(&mut bytes, 0)?;
        let mut places = filled(0, tokens.n_ids() as usize)?;
        for (id, token) in tokens.iter() {
            places[id as usize] = bytes.len();
            append(&mut bytes, token)?;
        }
        Ok(Self { bytes, starts, places })
    }
}

impl<'t, S: Symbol> Tie<S> for GreatestBytes<'t> {
    type Key = (&'t [u8], &'t [u8], Reverse<(u32, u32)>);

    fn key(&self, pairs: &Pairs, index: u32, arena: &Arena<S>) -> Self::Key {
        let pair = pairs.get(index);
        let token = |id: u32| &self.original.bytes[self.places[id as usize]..][..arena.sizes[id as usize] as usize];
        (token(pair.left), token(pair.right), Reverse((pair.left, pair.right)))
    }

    fn learn(&mut self, id: u32, position: u32) -> Result<()> {
        debug_assert_eq!(id as usize, self.places.len());
        let start = self.original.starts.get(position as usize).copied().unwrap_or(position);
        push(&mut self.places, start as usize)
    }
}
