//! How the pattern may cut the end of a text and a token after it, for each state of its machine.
//!
//! The machine goes through the characters of all tokens, with names in place of places: the ends that were not sure before the token, its
//! beginning, the inside of the token, its end, and what is after. An outcome is free if the token may end a piece, and bound if the piece
//! goes on. What a bound one goes on with must leave the token as it is: of a small class of characters, each is tried; of a large one,
//! some always do.

use super::bits::{Bits, has, set};
use super::run::{BEHIND, END, INSIDE, LATER, Machine, Run, START};
use super::tables::{NextIds, Outcomes, kept, split_off_part};
use super::tree::{ClassSet, Tree};
use crate::error::Result;
use crate::fast::util::fallible::{concat, filled, push, room};
use crate::reference::more::viable::length_of;
use crate::reference::published::codecs::Codec;
use crate::support::interrupt;
use foldhash::{HashMap, HashSet};
use std::sync::Arc;

/// The borders that a node may have: where the token may end a piece, and with which classes of characters after it, if it does not.
#[derive(Debug, Default)]
struct Ways {
    free: Vec<u8>,
    bound: Vec<(u8, ClassSet)>,
}

impl Ways {
    /// Goes through all texts after a token, as far as borders depend on them. `large`: the classes of which some character leaves any
    /// token as it is. Another character must be all that is left of the piece, so that it is known what it becomes.
    fn new(machine: &Machine, large: ClassSet, run: Run) -> Result<Ways> {
        let (mut ways, end, mut stack) = (Ways::default(), machine.n_classes, Vec::new());
        ways.add(machine.read(run, end, END), 0)?;
        for class in 0..end {
            let (one, mut seen) = (machine.read(run, class, END), HashSet::default());
            ways.add(machine.read(one, end, BEHIND), 1 << class)?;
            push(&mut stack, (one, BEHIND))?;
            while let Some((before, at)) = stack.pop() {
                for next in (0..end).filter(|_| before.is_open()) {
                    let longer = machine.read(before, next, at);
                    seen.try_reserve(1)?;
                    if seen.insert(longer) {
                        let whole = machine.read(longer, end, LATER);
                        ways.add(whole, if whole.has(BEHIND) { 1 << class } else { large & 1 << class })?;
                        push(&mut stack, (longer, LATER))?;
                    }
                }
            }
        }
        ways.bound.retain(|(borders, _)| !ways.free.contains(borders));
        Ok(ways)
    }

    /// Adds what a text after the token has shown; `classes`: of the character after it, if the piece may go on with that.
    fn add(&mut self, run: Run, classes: ClassSet) -> Result<()> {
        let borders = run.sure.to_le_bytes()[0];
        if run.has(INSIDE) {
            Ok(())
        } else if run.has(END) {
            if self.free.contains(&borders) { Ok(()) } else { push(&mut self.free, borders) }
        } else if let Some((_, known)) = self.bound.iter_mut().find(|(other, _)| *other == borders) {
            *known |= classes;
            Ok(())
        } else {
            push(&mut self.bound, (borders, classes))
        }
    }
}

impl NextIds {
    /// The outcomes of a state of the machine, and of the part of a character after it.
    pub(super) fn outcomes(&self, codec: &Codec, row: u32, part: &[u8]) -> Result<Arc<Outcomes>> {
        kept(&self.states, (row, concat(&[part])?), || {
            let inner = if part.is_empty() { None } else { Some(self.inner_tree(codec, row, part)?) };
            let tree = inner.as_ref().unwrap_or(&self.tree);
            let (mut ways, mut numbers, mut ways_of) = (Vec::new(), HashMap::default(), room(tree.nodes.len())?);
            let mut runs: Vec<Run> = room(tree.nodes.len())?;
            let is_large = |class: &usize| self.small[*class].is_none();
            let large = (0..self.machine.n_classes).filter(is_large).fold(0, |large, class| large | 1 << class);
            for (number, &(before, class)) in tree.nodes.iter().enumerate() {
                let run = match runs.get(before as usize) {
                    None => self.machine.start(row),
                    Some(&run) => self.machine.read_after(before, run, class.into()),
                };
                push(&mut runs, run)?;
                numbers.try_reserve(1)?;
                let way = *numbers.entry(run).or_insert(ways.len());
                if way == ways.len() {
                    push(&mut ways, Ways::new(&self.machine, large, run)?)?;
                }
                push(&mut ways_of, way)?;
                if number.is_multiple_of(1 << 10) {
                    interrupt::check()?;
                }
            }
            let mut found = filled(Bits::new(), 256)?;
            for (is_part, tokens) in [(false, &tree.tokens), (true, &tree.parts)] {
                for (node, &way) in (0..).zip(&ways_of) {
                    let Ways { free, bound } = &ways[way];
                    for &id in tokens.of(node) {
                        let is_made = has(&self.made, id);
                        for &borders in free {
                            if is_made || !is_part && part.is_empty() && (row == 0 || borders >> START & 1 == 1) {
                                self.add(&mut found, borders, id)?;
                            }
                        }
                        for &(borders, classes) in bound.iter().filter(|_| is_made) {
                            if is_part || self.continues(id, classes) {
                                self.add(&mut found, borders, id)?;
                            }
                        }
                    }
                }
                interrupt::check()?;
            }
            let mut outcomes = Vec::new();
            for (borders, bits) in (0..=u8::MAX).zip(found).filter(|(_, bits)| !bits.is_empty()) {
                push(&mut outcomes, (borders, bits))?;
            }
            Ok(Outcomes(outcomes))
        })
    }

    fn add(&self, found: &mut [Bits], borders: u8, id: u32) -> Result<()> {
        let bits = &mut found[usize::from(borders)];
        if bits.is_empty() {
            *bits = filled(0, self.made.len())?;
        }
        set(bits, id);
        Ok(())
    }

    /// Whether some character of some classes leaves a token before it as it is.
    fn continues(&self, id: u32, classes: ClassSet) -> bool {
        let leaves = |firsts: &Vec<u32>| firsts.iter().any(|&first| self.are_settled(id, first));
        let mut classes = (0..self.machine.n_classes).filter(|class| classes >> class & 1 == 1);
        classes.any(|class| self.small[class].as_ref().is_none_or(leaves))
    }

    /// The tokens that begin inside a character of which a part is there, by what they make of it.
    fn inner_tree(&self, codec: &Codec, row: u32, part: &[u8]) -> Result<Tree> {
        let (mut tree, mut known) = (Tree::new(&self.machine, std::iter::once(row))?, HashMap::default());
        let missing = length_of(part).saturating_sub(part.len());
        for &id in &self.inner {
            let token = codec.vocab.token_bytes(id).unwrap_or_default();
            let (end, rest) = token.split_at(missing.min(token.len()));
            let char = concat(&[part, end])?;
            match split_off_part(&char) {
                Some((_, [])) if codec.vocab.alphabet.fallback.is_some() && codec.vocab.token_id(&char).is_some() => {}
                Some((_, [])) => {
                    let node = tree.child(&self.machine, 0, self.machine.table.class_at(&char, 0).0)?;
                    self.add_token(&mut tree, &codec.vocab, node, (rest, id), &mut known)?;
                }
                Some((_, part)) => self.add_part(&mut tree, &codec.vocab, 0, (part, id), &mut known)?,
                None => {}
            }
        }
        tree.close()?;
        Ok(tree)
    }
}

#[cfg(test)]
mod tests;
