//! The positions of a pattern: its tree as steps, each with those that come next.
//!
//! A *position* is a place in the pattern before one of its sets, before a choice, or before a question about a neighbouring
//! character. The search machine (`search.rs`) keeps lists of them.
//!
//! By hand, `a*b` is built from its end: position 0 is a match; 1 takes `b` and goes to 0; 2 is a choice of 3 and 1; 3 takes
//! `a` and goes to 2. An attempt begins at 2.
//!
//! *Possessive repeats* of a set, `x{n,m}+`, may stop early only where no `x` follows: each early exit asserts `(?!x)`. An
//! atomic group at the very end of a pattern changes nothing, since the first way through it is the match.
//!
//! Refused: a question about more than one character before, and about more than one ahead unless `ahead.rs` has answered it.
//! Cost: a position for each node of the tree, and for each repetition of a bounded repeat; at most [`POSITIONS`].

#![expect(clippy::cast_possible_truncation, reason = "steps are bounded where a pattern is read")]

use super::partition::{ClassSet, Partition};
use super::unsupported::Unsupported;
use crate::reference::published::regex_tree::{LOOKS, Node, width};
use crate::reference::published::unicode::{CharSet, word};
use crate::support::once::Once;
use std::sync::Arc;

const POSITIONS: usize = 50_000;

pub(super) type Position = u32;

pub(super) const MATCH: Position = 0;

/// What is at a position, and which come next.
#[derive(Debug, Clone)]
pub(super) enum Step {
    Match,
    /// A character of these classes.
    Take(ClassSet, Position),
    /// The first that leads to a match.
    Choice(Vec<Position>),
    /// The next character is of these classes; the bit after the last class stands for the end of the text.
    Ahead(ClassSet, Position),
    /// The character before is in the set of this number.
    Behind(usize, Position),
}

pub(super) struct Program<'p> {
    partition: &'p Partition,
    pub(super) steps: Vec<Step>,
    /// The sets that are asked about the character before; the bit after the last class is the start of the text.
    pub(super) behind: Vec<ClassSet>,
    /// Look-aheads answered before the text is cut, and the classes before which they hold.
    answers: &'p [(&'p Node, ClassSet)],
}

impl<'p> Program<'p> {
    pub(super) fn new(
        tree: &Node,
        partition: &'p Partition,
        answers: &'p [(&'p Node, ClassSet)],
    ) -> Result<(Program<'p>, Position), Unsupported> {
        let mut program = Program { answers, ..Program::empty(partition) };
        let entry = program.add(tree, MATCH)?;
        Ok((program, entry))
    }

    pub(super) fn empty(partition: &'p Partition) -> Program<'p> {
        Program { partition, steps: vec![Step::Match], behind: Vec::new(), answers: &[] }
    }

    fn push(&mut self, step: Step) -> Result<Position, Unsupported> {
        if self.steps.len() == POSITIONS {
            return Err(Unsupported::Large);
        }
        self.steps.push(step);
        Ok((self.steps.len() - 1) as Position)
    }

    fn edge(&self) -> ClassSet {
        1 << self.partition.n_classes()
    }

    fn anything(&self) -> ClassSet {
        (self.edge() << 1) - 1
    }

    /// Adds a part after which `next` comes; returns where it begins.
    pub(super) fn add(&mut self, node: &Node, next: Position) -> Result<Position, Unsupported> {
        match node {
            Node::Set(chars) => self.push(Step::Take(self.partition.classes_of(chars), next)),
            Node::Sequence(parts) => parts.iter().rev().try_fold(next, |next, part| self.add(part, next)),
            Node::Choice(parts) => {
                let parts = parts.iter().map(|part| self.add(part, next)).collect::<Result<_, _>>()?;
                self.push(Step::Choice(parts))
            }
            Node::Repeat { part, bounds, mark } => self.add_repeat(part, *bounds, mark, next),
            Node::Group { part, mark: "(?:" } => self.add(part, next),
            Node::Group { part, mark: "(?>" } => match &**part {
                _ if next == MATCH || self.one_of(part).is_some() => self.add(part, next),
                Node::Sequence(parts) if parts.len() == 1 => match &parts[0] {
                    Node::Repeat { part, bounds, mark } if *mark != "?" => self.add_repeat(part, *bounds, "+", next),
                    _ => Err(Unsupported::Atomic),
                },
                _ => Err(Unsupported::Atomic),
            },
            Node::Group { part, mark } => {
                let negated = mark.ends_with('!');
                if mark.starts_with("(?<") {
                    let before = self.before(part).ok_or(Unsupported::LookBehind)?;
                    self.add_behind(if negated { self.anything() & !before } else { before }, next)
                } else {
                    let answered = || self.answers.iter().find(|(known, _)| *known == &**part).map(|&(_, set)| set);
                    let ahead = self.ahead(part).or_else(answered).ok_or(Unsupported::LookAhead)?;
                    self.push(Step::Ahead(if negated { self.anything() & !ahead } else { ahead }, next))
                }
            }
            Node::Start => self.add_behind(self.edge(), next),
            Node::End => self.push(Step::Ahead(self.edge(), next)),
            Node::Edge { inside } => {
                let word = self.partition.classes_of(word_set());
                let other = self.anything() & !word;
                let [after_word, after_other] = if *inside { [word, other] } else { [other, word] };
                let leaving = self.push(Step::Ahead(after_word, next))?;
                let leaving = self.add_behind(word, leaving)?;
                let entering = self.push(Step::Ahead(after_other, next))?;
                let entering = self.add_behind(other, entering)?;
                self.push(Step::Choice(vec![leaving, entering]))
            }
        }
    }

    fn add_behind(&mut self, set: ClassSet, next: Position) -> Result<Position, Unsupported> {
        let number = self.behind.iter().position(|&known| known == set).unwrap_or(self.behind.len());
        if number == self.behind.len() {
            if number == u32::BITS as usize {
                return Err(Unsupported::Large);
            }
            self.behind.push(set);
        }
        self.push(Step::Behind(number, next))
    }

    fn add_repeat(
        &mut self,
        part: &Node,
        (least, most): (usize, Option<usize>),
        mark: &str,
        next: Position,
    ) -> Result<Position, Unsupported> {
        let mut exit = next;
        if mark == "+" && next != MATCH {
            // It may not stop where it could go on.
            let set = self.one_of(part).ok_or(Unsupported::Atomic)?;
            exit = self.push(Step::Ahead(self.anything() & !set, next))?;
        }
        let choose = |more, exit| Step::Choice(if mark == "?" { vec![exit, more] } else { vec![more, exit] });
        let mut begin = next;
        if let Some(most) = most {
            for _ in least..most {
                let more = self.add(part, begin)?;
                begin = self.push(choose(more, exit))?;
            }
        } else {
            // A loop refers to a position that comes only after it has been built.
            begin = self.push(Step::Match)?;
            let more = self.add(part, begin)?;
            self.steps[begin as usize] = choose(more, exit);
        }
        for _ in 0..least {
            begin = self.add(part, begin)?;
        }
        Ok(begin)
    }

    /// The classes of a part that is one character of a set; None for any other part.
    fn one_of(&self, node: &Node) -> Option<ClassSet> {
        match node {
            Node::Set(chars) => Some(self.partition.classes_of(chars)),
            Node::Choice(parts) => parts.iter().try_fold(0, |all, part| Some(all | self.one_of(part)?)),
            Node::Sequence(parts) if parts.len() == 1 => self.one_of(&parts[0]),
            Node::Group { part, mark: "(?:" | "(?>" } => self.one_of(part),
            _ => None,
        }
    }

    /// The classes of the next character with which the part matches something here; None if more than that matters.
    pub(super) fn ahead(&self, node: &Node) -> Option<ClassSet> {
        match node {
            Node::Set(chars) => Some(self.partition.classes_of(chars)),
            Node::Choice(parts) => parts.iter().try_fold(0, |all, part| Some(all | self.ahead(part)?)),
            Node::Sequence(parts) => {
                let mut all = self.anything();
                for (index, part) in parts.iter().enumerate() {
                    let takes = width(part).1 != Some(0);
                    all &= self.ahead(part)?;
                    if takes {
                        // What comes after a character must not be able to fail.
                        let optional = |part: &Node| matches!(part, Node::Repeat { bounds: (0, _), .. });
                        return (parts[index + 1..].iter().all(optional) && width(part).0 > 0).then_some(all);
                    }
                }
                Some(all)
            }
            Node::Repeat { bounds: (0, _), .. } => Some(self.anything()),
            Node::Repeat { part, bounds: (1, _), .. } | Node::Group { part, mark: "(?:" | "(?>" | "(?=" } => {
                self.ahead(part)
            }
            Node::Group { part, mark: "(?!" } => Some(self.anything() & !self.ahead(part)?),
            Node::End => Some(self.edge()),
            _ => None,
        }
    }

    /// The same for the character before, and a part that matches just before.
    fn before(&self, node: &Node) -> Option<ClassSet> {
        match node {
            Node::Start => Some(self.edge()),
            Node::Choice(parts) => parts.iter().try_fold(0, |all, part| Some(all | self.before(part)?)),
            Node::Sequence(parts) if parts.len() == 1 => self.before(&parts[0]),
            Node::Group { part, mark } if !LOOKS.contains(mark) => self.before(part),
            _ => self.one_of(node),
        }
    }
}

/// The characters that `\b` asks about.
fn word_set() -> &'static Arc<CharSet> {
    static WORD: Once<Arc<CharSet>> = Once::new();
    WORD.get_or_make(|| Arc::new(word()))
}

pub(super) fn sets_of(node: &Node, sets: &mut Vec<Arc<CharSet>>) {
    match node {
        Node::Set(chars) => sets.push(Arc::clone(chars)),
        Node::Sequence(parts) | Node::Choice(parts) => parts.iter().for_each(|part| sets_of(part, sets)),
        Node::Repeat { part, .. } | Node::Group { part, .. } => sets_of(part, sets),
        Node::Edge { .. } => sets.push(Arc::clone(word_set())),
        Node::Start | Node::End => {}
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{Case, texts};
    use super::*;
    use crate::reference::published::regexes::parse;

    fn compiled(pattern: &str) -> Result<(), Unsupported> {
        let tree = parse(pattern).unwrap();
        let mut sets = Vec::new();
        sets_of(&tree, &mut sets);
        Program::new(&tree, &Partition::new(&sets).unwrap(), &[]).map(|_| ())
    }

    #[test]
    fn what_asks_about_one_character_is_compiled_and_what_asks_about_more_is_not() {
        for pattern in [
            "(?<=a)b", "(?<!a)b", "(?<=a|[bc])d", "(?<=(?:a))b", "(?<=^)a", "^a", r"\ba\B", "a$", "a(?=b)", "a(?!b|$)",
            "a(?=(?!b))", "a(?=bc*)", "(?=[ab])[^b]c", "(?>a*)b", "(?>[ab])c", "a++b", "(?>ab|a)", "(?:ab)++",
        ] {
            assert_eq!(compiled(pattern), Ok(()), "{pattern}");
        }
        for (pattern, reason) in [
            ("(?<=ab)c", Unsupported::LookBehind),
            ("(?<!a(?=b))c", Unsupported::LookBehind),
            ("a(?=bc)", Unsupported::LookAhead),
            ("a(?!b{2})", Unsupported::LookAhead),
            ("a(?=b|cd)", Unsupported::LookAhead),
            ("(?>ab|a)c", Unsupported::Atomic),
            ("(?:ab)++c", Unsupported::Atomic),
        ] {
            assert_eq!(compiled(pattern), Err(reason), "{pattern}");
        }
    }

    #[test]
    fn as_many_questions_about_the_character_before_as_there_is_room_for() {
        let asks = |n: u32| {
            let parts = (0..n).map(|n| format!("(?<=[a\\x{{{:x}}}])b", 0x100 + n)).collect::<Vec<_>>();
            parts.join("|")
        };
        assert_eq!(compiled(&asks(u32::BITS)), Ok(()));
        assert_eq!(compiled(&asks(u32::BITS + 1)), Err(Unsupported::Large));
        // The same question again needs no more room.
        assert_eq!(compiled(&[asks(u32::BITS), asks(u32::BITS)].join("|")), Ok(()));
    }

    #[test]
    fn questions_are_answered_for_every_class_and_at_both_ends() {
        for pattern in [
            "a(?!b)|[ab]", "a(?=b|$)|b", "(?<!a)b|a+", "(?<!^)b|a", r"\ba|a\b|\Bb|b", r"a\B|.", "a{1,2}+b|a",
            "(?>a*)b|a", "[^a](?![^b])|a", "(?:a|b)++[^b]|a", "(?>(?:a|b)+)[^b]|a", "a(?=(?!b))|b",
            "(?<=a|[^b])b|[^b]",
        ] {
            let case = Case::new(pattern, pattern);
            assert!(case.tier.is_some(), "{pattern}");
            for text in texts(&['a', 'b', ' ', '\0'], 5) {
                case.check(text.as_bytes());
            }
        }
    }
}
