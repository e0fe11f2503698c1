//! The search machine: one attempt to match the pattern at one place, as a deterministic automaton.
//!
//! A backtracking engine tries alternatives in order and takes the first that works. To find the same match in one pass, all
//! attempts advance together, character by character, in a list *ordered by preference*:
//!
//! * A state is the list of positions (`program.rs`) that the attempts are at, the most preferred first. Reading a character of a
//!   set moves to the next one. Each position stands once: a second attempt there finds nothing that the first does not.
//! * When an attempt has matched, those after it in the list are given up. Those before it go on, and a later match of one of
//!   them is taken instead. The last match when the list is empty is the one a backtracking engine finds.
//!
//! By hand, `a|ab|a[bc]d` on `abd`: [1 2 3] reads `a`: the first attempt has matched, the others are given up. For
//! `a[bc]d|ab|a`: [1 2 3] reads `a`: the third has matched (an end after 1), [1' 2'] is left; reads `b`: the second has matched
//! (after 2), [1''] is left; reads `d`: the first has matched (after 3), and nothing is left: the match is `abd`.
//!
//! *Assertions* ask about the next character (`(?!\S)`, `$`, the end of a possessive repeat) or the one before (`^`, `\b`,
//! `(?<=x)`). The list is kept as it was *before* following what needs no character, and is followed when the next character is
//! known: a transition is (state, class of the next character or the end of the text) -> (does the match end before it?, next
//! state). For questions about the character before, a state also holds which of the sets asked about that one was in.
//!
//! An attempt may match nothing: then its first state has an end before the next character. The loops that run the machine know
//! that state, and that such a match only cuts (SPEC P2).
//!
//! Must equal one search of `rust/reference/pretokenize.rs` at one place. Cost: bounded by `work.rs`.

#![expect(clippy::cast_possible_truncation, reason = "states are bounded where they are made")]

use super::partition::{ClassSet, Partition};
use super::program::{Position, Program, Step};
use super::unsupported::Unsupported;
use super::work::{self, Work};
use crate::reference::published::regex_tree::Node;
use foldhash::{HashMap, HashMapExt};

/// The state of a search that has ended.
pub(super) const DEAD: u32 = 0;

#[derive(Debug, Clone)]
pub(super) struct Search {
    /// One for each class, and one for the end of the text.
    pub(super) width: usize,
    /// By state and class: twice the next state, and 1 more if the match ends before the character.
    cells: Vec<u32>,
    /// By the class of the character before (the last: none, at the start of the text), the state in which an attempt begins.
    pub(super) starts: Vec<u32>,
    /// The states from which every text leads to another end.
    pub(super) succeeds: Vec<bool>,
}

impl Search {
    pub(super) fn new(tree: &Node, partition: &Partition, work: &mut Work) -> Result<Search, Unsupported> {
        Search::with(tree, partition, &[], work)
    }

    /// With look-aheads that have been answered, and the classes before which they hold.
    pub(super) fn with(
        tree: &Node,
        partition: &Partition,
        answers: &[(&Node, ClassSet)],
        work: &mut Work,
    ) -> Result<Search, Unsupported> {
        let width = partition.n_classes() + 1;
        let (program, entry) = Program::new(tree, partition, answers)?;
        let mut search = determinize(&program, entry, width, work)?;
        search.minimize(work);
        search.succeeds = search.find_succeeding();
        Ok(search)
    }

    /// Whether the match ends before a character of the class, and the state after it.
    #[inline]
    pub(super) fn step(&self, state: u32, class: usize) -> (bool, u32) {
        let cell = self.cells[state as usize * self.width + class];
        (cell & 1 == 1, cell >> 1)
    }

    pub(super) fn ends(&self, state: u32) -> bool {
        self.step(state, self.width - 1).0
    }

    pub(super) fn n_states(&self) -> usize {
        self.cells.len() / self.width
    }

    pub(super) fn first(&self) -> u32 {
        self.starts[self.width - 1]
    }

    /// The classes before which an attempt that begins with a character of this class ends without a match, whatever came before.
    pub(super) fn vain(&self, class: usize) -> ClassSet {
        let is_vain = |&next: &usize| {
            self.starts.iter().all(|&start| {
                let (matched, state) = self.step(start, class);
                !matched && self.step(state, next) == (false, DEAD)
            })
        };
        (0..self.width - 1).filter(is_vain).fold(0, |set, next| set | 1 << next)
    }

    fn minimize(&mut self, work: &mut Work) {
        let Some(joined) = join_equal(self.n_states(), self.width, work, |state, class| {
            let cell = self.cells[state * self.width + class];
            (u64::from(cell & 1), (cell >> 1) as usize)
        }) else {
            return;
        };
        let mut cells = Vec::new();
        for (state, &new) in joined.iter().enumerate() {
            if new as usize * self.width == cells.len() {
                let row = &self.cells[state * self.width..(state + 1) * self.width];
                cells.extend(row.iter().map(|cell| joined[(cell >> 1) as usize] << 1 | cell & 1));
            }
        }
        self.cells = cells;
        self.starts.iter_mut().for_each(|start| *start = joined[*start as usize]);
    }

    /// The greatest set of states each of whose transitions has a match or stays within it.
    fn find_succeeding(&self) -> Vec<bool> {
        let mut succeeds = vec![true; self.n_states()];
        succeeds[DEAD as usize] = false;
        let mut changed = true;
        while changed {
            changed = false;
            for state in 0..self.n_states() {
                let holds = |class| {
                    let (matched, next) = self.step(state as u32, class);
                    matched || succeeds[next as usize]
                };
                if succeeds[state] && !(0..self.width).all(holds) {
                    succeeds[state] = false;
                    changed = true;
                }
            }
        }
        succeeds
    }
}

/// The number of each state when those that no input tells apart are joined, in order of appearance; None where that takes too long.
/// `look` gives what a transition puts out, and where it leads.
pub(super) fn join_equal(
    n_states: usize,
    width: usize,
    work: &mut Work,
    look: impl Fn(usize, usize) -> (u64, usize),
) -> Option<Vec<u32>> {
    let mut joined = vec![0_u32; n_states];
    let mut n_joined = 1;
    // States are split by what they put out and by the groups that they lead to, until no group is split any more.
    let round = 4 * n_states * width;
    for _ in 0..=work::ONE / round {
        work.spend(round).ok()?;
        let mut groups: HashMap<Vec<u64>, u32> = HashMap::new();
        let refined: Vec<u32> = (0..n_states)
            .map(|state| {
                let signature = (0..width).map(|class| {
                    let (output, next) = look(state, class);
                    output << 32 | u64::from(joined[next])
                });
                let next = groups.len() as u32;
                *groups.entry([u64::from(joined[state])].into_iter().chain(signature).collect()).or_insert(next)
            })
            .collect();
        joined = refined;
        if groups.len() == n_joined {
            return Some(joined);
        }
        n_joined = groups.len();
    }
    None
}

// -- from positions to states --------------------------------------------------------------------------------------------

/// A state: the positions, in order; the sets that the character before is in.
type Key = (Vec<Position>, u32);

fn determinize(program: &Program, entry: Position, width: usize, work: &mut Work) -> Result<Search, Unsupported> {
    let n_classes = width - 1;
    let in_sets = |class: usize| {
        (program.behind.iter().zip(0..)).fold(0_u32, |all, (set, number)| all | ((set >> class & 1) as u32) << number)
    };
    let mut numbers: HashMap<Key, u32> = HashMap::new();
    let mut states: Vec<Key> = Vec::new();
    let mut number = |key: Key, states: &mut Vec<Key>| {
        *numbers.entry(key).or_insert_with_key(|key| {
            states.push(key.clone());
            states.len() as u32 - 1
        })
    };
    number((Vec::new(), 0), &mut states);
    let starts = (0..width).map(|class| number((vec![entry], in_sets(class)), &mut states)).collect();
    let mut follow = Follow { program, seen: vec![0; program.steps.len()], round: 0, stack: Vec::new(), work: 0 };
    let mut cells = Vec::new();
    let (mut at, mut spent) = (0, 0);
    while at < states.len() {
        for class in 0..width {
            let (positions, before) = &states[at];
            let (matched, next) = follow.step(positions, *before, class);
            spent += follow.work;
            work.spend(std::mem::take(&mut follow.work))?;
            if spent > work::ONE {
                return Err(Unsupported::Large);
            }
            let next =
                if next.is_empty() || class == n_classes { DEAD } else { number((next, in_sets(class)), &mut states) };
            cells.push(next << 1 | u32::from(matched));
        }
        at += 1;
    }
    Ok(Search { width, cells, starts, succeeds: Vec::new() })
}

/// Follows what needs no character, from all positions of a state in order.
struct Follow<'p> {
    program: &'p Program<'p>,
    /// By position, the round in which it was met last.
    seen: Vec<u32>,
    round: u32,
    stack: Vec<Position>,
    work: usize,
}

impl Follow<'_> {
    /// Whether a match ends before a character of the class, and the positions after it.
    fn step(&mut self, positions: &[Position], before: u32, class: usize) -> (bool, Vec<Position>) {
        self.round += 1;
        self.stack.clear();
        self.stack.extend(positions.iter().rev());
        let mut next = Vec::new();
        while let Some(position) = self.stack.pop() {
            self.work += 1;
            if std::mem::replace(&mut self.seen[position as usize], self.round) == self.round {
                continue;
            }
            match &self.program.steps[position as usize] {
                Step::Match => return (true, dedup(next)),
                Step::Take(classes, after) if classes >> class & 1 == 1 => next.push(*after),
                Step::Ahead(classes, after) if classes >> class & 1 == 1 => self.stack.push(*after),
                Step::Behind(number, after) if before >> number & 1 == 1 => self.stack.push(*after),
                Step::Choice(parts) => self.stack.extend(parts.iter().rev()),
                _ => {}
            }
        }
        (false, dedup(next))
    }
}

fn dedup(positions: Vec<Position>) -> Vec<Position> {
    let mut once = Vec::with_capacity(positions.len());
    if positions.len() < 32 {
        for position in positions {
            if !once.contains(&position) {
                once.push(position);
            }
        }
        return once;
    }
    let mut met = foldhash::HashSet::default();
    once.extend(positions.into_iter().filter(|&position| met.insert(position)));
    once
}

#[cfg(test)]
mod tests {
    use super::super::program::sets_of;
    use super::*;
    use crate::reference::published::regexes::parse;

    fn search(pattern: &str) -> Search {
        let tree = parse(pattern).unwrap();
        let mut sets = Vec::new();
        sets_of(&tree, &mut sets);
        Search::new(&tree, &Partition::new(&sets).unwrap(), &mut Work::default()).unwrap()
    }

    #[test]
    fn states_that_no_text_tells_apart_are_one() {
        // None, the start, after one letter, after two.
        for pattern in ["[ab]c", "ac|bc", "ac|ac|bc", "(?:a|b)c", "a(?:c)|b[c]", "(?>ac|bc)"] {
            assert_eq!(search(pattern).n_states(), 4, "{pattern}");
        }
        for (one, other) in
            [("a+", "aa*"), ("a{2,3}", "aaa|aa"), ("a{2,3}", "aaa?"), ("(?:aa|a)+", "a+"), ("a*?b", "a*b")]
        {
            assert_eq!(search(one).n_states(), search(other).n_states(), "{one} {other}");
        }
    }

    #[test]
    fn the_states_from_which_every_text_leads_to_another_end() {
        let after = |pattern: &str, text: &[usize]| {
            let search = search(pattern);
            let state = text.iter().fold(search.first(), |state, &class| search.step(state, class).1);
            search.succeeds[state as usize]
        };
        // Class 0 are the characters that are in no set, class 1 is `a`.
        assert!(!after("a+", &[]));
        assert!(after("a+", &[1]));
        assert!(after("aa?", &[1, 1]));
        assert!(!after("aa", &[1]));
        assert!(after("aa", &[1, 1]));
        assert!(!after("a+", &[1, 0]));
        // The end of the text is another end, but after one more character only `b` leads to one.
        assert!(!after(r"a(?:$|[\s\S]b)", &[1]));
        // An end only if no `a` follows.
        assert!(!after("a(?!a)", &[1]));
        assert!(after("a(?!a)|aa", &[1]));
    }

    #[test]
    fn of_few_and_of_many_positions_each_is_taken_once() {
        for count in 0..100 {
            let all: Vec<Position> = (0..count).map(|number| number * number % 61).collect();
            let first = |&(at, position): &(usize, Position)| !all[..at].contains(&position);
            let expected = all.iter().copied().enumerate().filter(first).map(|(_, position)| position);
            assert!(dedup(all.clone()).into_iter().eq(expected), "{count}");
        }
    }
}
