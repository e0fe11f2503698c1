//! The shortest text that two patterns cut differently, or None if they cut every text alike. Why there are finitely many states:
//! notes/proofs.md, "Compiled split patterns".
//!
//! Both patterns are compiled over the same classes, so that both machines of `ends.rs` read the same text side by side. A state
//! of the search is a state of each machine with the ends that only one of them is sure of, and those not sure yet; ends are
//! numbered in order, since only which of them are the same place matters. All states are visited, shortest texts first. If
//! the pieces differ when the text ends in one of them, that text is the answer.
//!
//! By hand, `a+` and `a`: after `a` both have an unfinished piece; the text may end, and both have the end 1. After `aa` the second
//! has been sure of the end 1 since it read the second `a`, and the first will never have it: `aa` is the answer.
//!
//! Cost: states of one machine times states of the other, times the few ways in which ends can be alike; some milliseconds.

#![expect(
    clippy::cast_possible_truncation,
    reason = "states, slots and places are those of a compiled pattern, which are few"
)]

use super::ends::{Cell, Ends, SLOTS};
use super::machine::machine_of;
use super::unsupported::Unsupported;
use crate::reference::published::regex_tree::Node;
use foldhash::{HashSet, HashSetExt};
use std::collections::VecDeque;

const STATES: usize = 300_000;
/// The most ends that one machine may be sure of before the other.
const AHEAD: usize = 2 * SLOTS;

/// The shortest text that two patterns, given as the trees of their steps, cut differently; None if there is none.
pub fn difference(one: &[Node], other: &[Node]) -> Result<Option<String>, Unsupported> {
    let (examples, machines) = machine_of(&[one, other])?;
    let [one, other] = &machines[..] else { return Err(Unsupported::Large) };
    let machines = [Machine::new(one), Machine::new(other)];
    let start = Walk { length: 0, sides: [Side::default(), Side::default()], differ: false };
    let mut met: HashSet<[Side; 2]> = HashSet::new();
    met.insert(start.sides.clone());
    // Each state with the one that it was reached from, and the class that was read.
    let mut walks = vec![(start, usize::MAX, 0)];
    let mut at = 0;
    while at < walks.len() {
        if walks.len() > STATES {
            return Err(Unsupported::Large);
        }
        let walk = walks[at].0.clone();
        if walk.differ || walk.ends_differ(&machines) {
            return Ok(Some(text_of(&walks, at, &examples)));
        }
        for class in 0..examples.len() {
            let next = walk.read(&machines, class)?;
            if next.differ || met.insert(next.sides.clone()) {
                walks.push((next, at, class));
            }
        }
        at += 1;
    }
    Ok(None)
}

fn text_of(walks: &[(Walk, usize, usize)], mut at: usize, examples: &[char]) -> String {
    let mut text = Vec::new();
    while walks[at].1 != usize::MAX {
        text.push(examples[walks[at].2]);
        at = walks[at].1;
    }
    text.iter().rev().collect()
}

struct Machine<'m> {
    ends: &'m Ends,
    /// By state, one bit for each slot whose place can still become an end.
    live: Vec<u8>,
}

impl<'m> Machine<'m> {
    fn new(ends: &'m Ends) -> Machine<'m> {
        let mut live = vec![0_u8; ends.n_states()];
        let mut changed = true;
        while changed {
            changed = false;
            for state in 0..ends.n_states() {
                let before = (0..ends.width).fold(live[state], |all, class| {
                    let cell = ends.cell(state as u32, class);
                    let after = if class + 1 == ends.width { 0 } else { live[cell.next as usize] };
                    let needed = u32::from(after) << cell.sure | ((1 << cell.sure) - 1);
                    all | (needed & !(1 << cell.slot)) as u8
                });
                changed |= before != live[state];
                live[state] = before;
            }
        }
        Machine { ends, live }
    }
}

/// What one machine knows: its state, the ends that it is sure of and the other is not, and those in slots.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
struct Side {
    state: u32,
    sure: VecDeque<u32>,
    slots: [u32; SLOTS + 1],
}

impl Side {
    fn step(&mut self, cell: Cell, place: u32) {
        self.slots[usize::from(cell.slot)] = place;
        self.sure.extend(&self.slots[..usize::from(cell.sure)]);
        self.slots.rotate_left(usize::from(cell.sure));
        self.state = cell.next;
    }
}

#[derive(Debug, Clone)]
struct Walk {
    /// A number above that of every place so far.
    length: u32,
    sides: [Side; 2],
    /// Both are sure of an end, and of different ones.
    differ: bool,
}

impl Walk {
    fn read(&self, machines: &[Machine; 2], class: usize) -> Result<Walk, Unsupported> {
        let mut next = self.clone();
        for (side, machine) in next.sides.iter_mut().zip(machines) {
            side.step(machine.ends.cell(side.state, class), self.length + 1);
            let live = machine.live[side.state as usize];
            for (number, slot) in side.slots.iter_mut().enumerate() {
                *slot *= u32::from(number < SLOTS && live >> number & 1 == 1);
            }
        }
        next.compare();
        if next.sides.iter().any(|side| side.sure.len() > AHEAD) {
            return Err(Unsupported::Large);
        }
        next.renumber();
        Ok(next)
    }

    /// Whether the pieces differ if the text ends here.
    fn ends_differ(&self, machines: &[Machine; 2]) -> bool {
        let mut last = self.clone();
        for (side, machine) in last.sides.iter_mut().zip(machines) {
            side.step(machine.ends.finish(side.state), self.length + 1);
        }
        last.compare();
        last.differ || last.sides.iter().any(|side| !side.sure.is_empty())
    }

    fn compare(&mut self) {
        let [one, other] = &mut self.sides;
        while let (Some(first), Some(second)) = (one.sure.front(), other.sure.front()) {
            if first != second {
                self.differ = true;
                return;
            }
            one.sure.pop_front();
            other.sure.pop_front();
        }
    }

    /// Numbers the places from 1 on, in order.
    fn renumber(&mut self) {
        let places = self.sides.iter().flat_map(|side| side.sure.iter().chain(&side.slots));
        let mut known: Vec<u32> = places.copied().filter(|&place| place > 0).collect();
        known.sort_unstable();
        known.dedup();
        for side in &mut self.sides {
            for place in side.sure.iter_mut().chain(&mut side.slots).filter(|place| **place > 0) {
                *place = known.partition_point(|other| other < place) as u32 + 1;
            }
        }
        self.length = known.len() as u32;
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{ends_of, texts};
    use crate::reference::published::patterns::{Pattern, difference};

    /// Patterns over `a` and `b`: ends that are known at once, or several characters later, one or more at a time.
    const PATTERNS: [&str; 16] = [
        "none", "a", "a+", "a{0,2}b|a", "ab", "ab|a", "ab|a|b", "a|b", "[ab]", "a{1,2}", "(?:ab)+", "(?:aa){1,2}b|a",
        "aaab|a", "a{1,2}(?=b)|[ab]", "a|(?<=a)b+", "[ab]+(?#then)aa|b",
    ];
    const LONGEST: usize = 6;

    #[test]
    fn the_shortest_difference_is_what_all_short_texts_show() {
        let texts = texts(&['a', 'b', 'c'], LONGEST);
        let patterns = PATTERNS.map(|source| Pattern::new(source).unwrap());
        let ends = patterns
            .each_ref()
            .map(|pattern| texts.iter().map(|text| ends_of(pattern, text.as_bytes())).collect::<Vec<_>>());
        for (one, left) in PATTERNS.iter().enumerate() {
            for (other, right) in PATTERNS.iter().enumerate() {
                let shortest = (0..texts.len()).find(|&at| ends[one][at] != ends[other][at]).map(|at| texts[at].len());
                let found = difference(left, right).unwrap().unwrap();
                let found_length = found.as_ref().map(|text| text.chars().count());
                assert_eq!(found_length.filter(|&length| length <= LONGEST), shortest, "{left} {right}: {found:?}");
                if let Some(text) = found {
                    assert_ne!(
                        ends_of(&patterns[one], text.as_bytes()),
                        ends_of(&patterns[other], text.as_bytes()),
                        "{left} {right}: {text:?}"
                    );
                }
            }
        }
    }
}
