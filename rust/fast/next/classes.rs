//! Which characters a pattern cannot tell apart, by where they stand.
//!
//! A pattern looks at a character through its sets only. So two texts are cut alike if at each place their characters are in the same sets
//! of those that the pattern may look through there: in `'(?:ll|ve)`, an `l` differs from a `b` behind an apostrophe only. Which sets those
//! are follows from the characters before, over all ways through the pattern at once (as in Glushkov's automaton): each set of
//! the pattern is a *position*, and has others that may follow it.
//!
//! Costs: the intervals of characters between the borders of all sets, times the positions; for a text O(1) a character.

use crate::error::Result;
use crate::fast::util::fallible::{collect, extend};
use crate::reference::published::patterns::expressions;
use crate::reference::published::regex_tree::{LOOKS, Node};
use crate::reference::published::regexes::parse;
use crate::reference::published::unicode::{CharSet, contains, word};
use std::sync::Arc;

/// Positions of a pattern, as bits.
pub type Positions = u128;
/// How many characters of a kind are kept, to be tried one by one.
const MEMBERS: usize = 64;

/// Characters that are in the same sets of the pattern.
#[derive(Debug)]
pub struct Kind {
    positions: Positions,
    /// The first characters of the kind.
    pub members: Vec<char>,
    pub count: usize,
}

#[derive(Debug)]
pub struct Classes {
    /// Where the intervals of characters begin that are of one kind, and the kind of each.
    intervals: Vec<(u32, usize)>,
    pub kinds: Vec<Kind>,
    /// Positions at which a match may begin, or that look back.
    first: Positions,
    follow: Vec<Positions>,
    /// The highest number that a part is counted to.
    pub most_counted: usize,
}

impl Classes {
    /// None where a pattern has more positions than bits, or cuts bytes.
    pub fn new(source: &str) -> Result<Option<Classes>> {
        let mut builder = Builder::default();
        let mut first = 0;
        if source.contains("(?#bytes)") {
            return Ok(None);
        }
        for expression in expressions(source) {
            let Some(part) = builder.part(&parse(expression)?) else { return Ok(None) };
            first |= part.first;
        }
        let Builder { sets, follow, always, most_counted } = builder;
        let borders = sets.iter().flat_map(|set| set.iter().flat_map(|&(first, last)| [first, last + 1]));
        let mut starts: Vec<u32> = collect(borders.chain([0, 0xD800, 0xE000]).filter(|&start| start <= 0x10_FFFF))?;
        starts.sort_unstable();
        starts.dedup();
        let (mut intervals, mut kinds) = (Vec::new(), Vec::<Kind>::new());
        for (number, &start) in starts.iter().enumerate() {
            let end = starts.get(number + 1).copied().unwrap_or(0x11_0000);
            let positions = (0..sets.len()).filter(|&at| contains(&sets[at], start)).fold(0, |bits, at| bits | 1 << at);
            let kind = kinds.iter().position(|kind| kind.positions == positions).unwrap_or_else(|| {
                kinds.push(Kind { positions, members: Vec::new(), count: 0 });
                kinds.len() - 1
            });
            let held = &mut kinds[kind];
            let room = MEMBERS - held.members.len();
            extend(&mut held.members, (start..end).filter_map(char::from_u32).take(room))?;
            held.count += if start == 0xD800 { 0 } else { (end - start) as usize };
            intervals.push((start, kind));
        }
        Ok(Some(Classes { intervals, kinds, first: first | always, follow, most_counted }))
    }

    /// A character of each kind.
    pub fn each_kind(&self) -> impl Iterator<Item = (usize, char)> {
        self.kinds.iter().enumerate().filter_map(|(number, kind)| Some((number, *kind.members.first()?)))
    }

    pub fn kind(&self, char: char) -> usize {
        let behind = self.intervals.partition_point(|&(start, _)| start <= u32::from(char));
        self.intervals[behind - 1].1
    }

    /// What the pattern may see of each character of a text: behind any text, or as the first of it.
    pub fn seen(&self, text: impl Iterator<Item = char>, behind_any: bool) -> Result<Vec<Positions>> {
        let mut active = if behind_any { Positions::MAX } else { self.first };
        let look = |char| {
            let seen = self.kinds[self.kind(char)].positions & active;
            let (mut rest, mut next) = (seen, self.first);
            while rest != 0 {
                next |= self.follow[rest.trailing_zeros() as usize];
                rest &= rest - 1;
            }
            active = next;
            seen
        };
        collect(text.map(look))
    }
}

/// The positions at which a part may begin and end, and whether it may match nothing.
struct Part {
    first: Positions,
    last: Positions,
    nullable: bool,
}

#[derive(Default)]
struct Builder {
    sets: Vec<Arc<CharSet>>,
    follow: Vec<Positions>,
    always: Positions,
    most_counted: usize,
}

impl Builder {
    fn position(&mut self, set: Arc<CharSet>) -> Option<Positions> {
        let bit = Positions::checked_shl(1, u32::try_from(self.sets.len()).ok()?)?;
        self.sets.push(set);
        self.follow.push(0);
        Some(bit)
    }

    fn follows(&mut self, last: Positions, first: Positions) {
        for (number, follow) in self.follow.iter_mut().enumerate() {
            if last >> number & 1 == 1 {
                *follow |= first;
            }
        }
    }

    fn part(&mut self, node: &Node) -> Option<Part> {
        let nothing = Part { first: 0, last: 0, nullable: true };
        Some(match node {
            Node::Set(set) => {
                let bit = self.position(Arc::clone(set))?;
                Part { first: bit, last: bit, nullable: false }
            }
            Node::Sequence(nodes) => {
                let mut all = nothing;
                for node in nodes {
                    let part = self.part(node)?;
                    self.follows(all.last, part.first);
                    all = Part {
                        first: if all.nullable { all.first | part.first } else { all.first },
                        last: if part.nullable { all.last | part.last } else { part.last },
                        nullable: all.nullable && part.nullable,
                    };
                }
                all
            }
            Node::Choice(nodes) => {
                let mut all = Part { nullable: false, ..nothing };
                for node in nodes {
                    let part = self.part(node)?;
                    all = Part {
                        first: all.first | part.first,
                        last: all.last | part.last,
                        nullable: all.nullable || part.nullable,
                    };
                }
                all
            }
            Node::Repeat { part, bounds: (least, most), .. } => {
                self.most_counted = self.most_counted.max(*least).max(most.unwrap_or(0));
                let part = self.part(part)?;
                self.follows(part.last, part.first);
                Part { nullable: part.nullable || *least == 0, ..part }
            }
            Node::Group { part, mark } if LOOKS.contains(mark) => {
                let before = self.sets.len();
                let part = self.part(part)?;
                if mark.starts_with("(?<") {
                    self.always |= (before..self.sets.len()).fold(0, |bits, at| bits | 1 << at);
                    return Some(nothing);
                }
                Part { first: part.first, ..nothing }
            }
            Node::Group { part, .. } => self.part(part)?,
            Node::Edge { .. } => {
                self.always |= self.position(Arc::new(word()))?;
                nothing
            }
            Node::Start | Node::End => nothing,
        })
    }
}
