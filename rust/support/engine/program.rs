//! The program of a pattern: its steps, and where each leads.
//!
//! By hand, `a*b`: a match (step 0), `b`, which leads to it, and a run of `a`, which leads to `b` and comes first.

use crate::reference::published::regex_tree::{Node, Width, width};
use crate::reference::published::unicode::{CharSet, contains, word};
use foldhash::HashMap;
use std::sync::Arc;

/// The most steps of a program: bounded repeats are written out.
const STEPS: usize = 1 << 20;

pub(super) type Place = usize;
pub(super) type SetNumber = usize;
/// The step that ends a match, and each part that is matched by itself.
const MATCH: Place = 0;

/// A set of characters, and its ASCII ones as bits.
#[derive(Debug)]
pub(super) struct Set {
    ascii: u128,
    chars: Arc<CharSet>,
}

impl Set {
    fn new(chars: &Arc<CharSet>) -> Set {
        let ascii = (0..128).filter(|&char| contains(chars, char)).fold(0, |bits, char| bits | 1 << char);
        Set { ascii, chars: Arc::clone(chars) }
    }

    pub(super) fn has(&self, char: char) -> bool {
        if char.is_ascii() { self.ascii >> u32::from(char) & 1 == 1 } else { contains(&self.chars, u32::from(char)) }
    }
}

/// A step, and where it leads.
#[derive(Debug)]
pub(super) enum Step {
    Match,
    Take(SetNumber, Place),
    /// Characters of one set, from `bounds.0` to `bounds.1` of them; `mark` as in `regex_tree`.
    Run(SetNumber, Width, &'static str, Place),
    /// The first that leads to a match.
    Either(Place, Place),
    /// A part that is matched by itself, and its first match kept.
    Atomic(Place, Place),
    /// Whether a part matches here, or, if `back` says so, at that many characters before.
    Look {
        part: Place,
        back: Option<usize>,
        negated: bool,
        next: Place,
    },
    Start(Place),
    End(Place),
    /// The edge of a word, whose characters are a set, or, inside, where there is none.
    Edge {
        inside: bool,
        word: SetNumber,
        next: Place,
    },
}

#[derive(Debug)]
pub(super) struct Program {
    pub(super) steps: Vec<Step>,
    pub(super) sets: Vec<Set>,
    /// With which bytes a match may begin, but for an empty one at the end of the text.
    pub(super) first: [bool; 256],
    /// The step that a match begins with.
    pub(super) entry: Place,
}

impl Program {
    /// Returns the program of a tree; None where its steps would be more than [`STEPS`].
    pub(super) fn of(tree: &Node) -> Option<Program> {
        let mut writer = Writer { steps: vec![Step::Match], ..Writer::default() };
        let entry = writer.add(tree, MATCH)?;
        let mut program = Program { steps: writer.steps, sets: writer.sets, first: [false; 256], entry };
        if program.note_first(entry, &mut vec![false; program.steps.len()]) {
            program.first = [true; 256];
        }
        Some(program)
    }

    /// Notes the bytes with which a match from a step on may begin; returns whether it may be empty. `seen`: steps already looked at.
    fn note_first(&mut self, entry: Place, seen: &mut [bool]) -> bool {
        let (mut left, mut may_be_empty) = (vec![entry], false);
        while let Some(place) = left.pop() {
            if place != MATCH && std::mem::replace(&mut seen[place], true) {
                continue;
            }
            let set = match self.steps[place] {
                Step::Match => {
                    may_be_empty = true;
                    continue;
                }
                Step::Take(set, _) => set,
                Step::Run(set, (least, _), _, next) => {
                    left.extend((least == 0).then_some(next));
                    set
                }
                Step::Either(first, second) => {
                    left.extend([first, second]);
                    continue;
                }
                Step::Atomic(part, next) => {
                    let goes_on = self.note_first(part, seen);
                    left.extend(goes_on.then_some(next));
                    continue;
                }
                Step::Look { next, .. } | Step::Start(next) | Step::End(next) | Step::Edge { next, .. } => {
                    left.push(next);
                    continue;
                }
            };
            let Set { ascii, chars } = &self.sets[set];
            let beyond = chars.last().is_some_and(|range| range.1 > 127);
            for (byte, first) in self.first.iter_mut().enumerate() {
                *first |= if byte < 128 { ascii >> byte & 1 == 1 } else { beyond && byte >= 0xC2 };
            }
        }
        may_be_empty
    }
}

/// Writes the steps of a pattern, from its end: each part knows what comes next. None where they would be too many.
#[derive(Default)]
struct Writer {
    steps: Vec<Step>,
    sets: Vec<Set>,
    /// The numbers of the sets of a pattern, each of which is kept once, and that of the characters of words.
    numbers: HashMap<*const CharSet, SetNumber>,
    word: Option<SetNumber>,
}

impl Writer {
    fn push(&mut self, step: Step) -> Option<Place> {
        if self.steps.len() == STEPS {
            return None;
        }
        self.steps.push(step);
        Some(self.steps.len() - 1)
    }

    fn set(&mut self, chars: &Arc<CharSet>) -> SetNumber {
        let (sets, numbers) = (&mut self.sets, &mut self.numbers);
        *numbers.entry(Arc::as_ptr(chars)).or_insert_with(|| {
            sets.push(Set::new(chars));
            sets.len() - 1
        })
    }

    fn add(&mut self, node: &Node, next: Place) -> Option<Place> {
        match node {
            Node::Set(chars) => {
                let set = self.set(chars);
                self.push(Step::Take(set, next))
            }
            Node::Sequence(parts) => parts.iter().rev().try_fold(next, |next, part| self.add(part, next)),
            Node::Choice(parts) => {
                let places = parts.iter().map(|part| self.add(part, next)).collect::<Option<Vec<_>>>()?;
                let (&last, rest) = places.split_last()?;
                rest.iter().rev().try_fold(last, |second, &first| self.push(Step::Either(first, second)))
            }
            Node::Repeat { part, bounds, mark } => match set_of(part) {
                Some(chars) => {
                    let set = self.set(chars);
                    self.push(Step::Run(set, *bounds, mark, next))
                }
                None if *mark == "+" => {
                    let part = self.repeat(part, *bounds, "", MATCH)?;
                    self.push(Step::Atomic(part, next))
                }
                None => self.repeat(part, *bounds, mark, next),
            },
            Node::Group { part, mark: "(?:" } => self.add(part, next),
            Node::Group { part, mark: "(?>" } => {
                let part = self.add(part, MATCH)?;
                self.push(Step::Atomic(part, next))
            }
            Node::Group { part, mark } => {
                let back = mark.starts_with("(?<").then(|| width(part).0);
                let part = self.add(part, MATCH)?;
                self.push(Step::Look { part, back, negated: mark.ends_with('!'), next })
            }
            Node::Start => self.push(Step::Start(next)),
            Node::End => self.push(Step::End(next)),
            Node::Edge { inside } => {
                let number = self.word.unwrap_or_else(|| self.set(&Arc::new(word())));
                self.word = Some(number);
                self.push(Step::Edge { inside: *inside, word: number, next })
            }
        }
    }

    fn repeat(&mut self, part: &Node, (least, most): Width, mark: &str, next: Place) -> Option<Place> {
        let either = |more, exit| if mark == "?" { Step::Either(exit, more) } else { Step::Either(more, exit) };
        let mut begin = next;
        if let Some(most) = most {
            for _ in least..most {
                let more = self.add(part, begin)?;
                begin = self.push(either(more, next))?;
            }
        } else {
            // A loop refers to a step that comes only after it has been built.
            begin = self.push(Step::Match)?;
            let more = self.add(part, begin)?;
            self.steps[begin] = either(more, next);
        }
        (0..least).try_fold(begin, |begin, _| self.add(part, begin))
    }
}

/// The set of a part that is one character of it.
fn set_of(node: &Node) -> Option<&Arc<CharSet>> {
    match node {
        Node::Set(chars) => Some(chars),
        Node::Sequence(parts) if parts.len() == 1 => set_of(&parts[0]),
        Node::Group { part, mark: "(?:" | "(?>" } => set_of(part),
        _ => None,
    }
}
