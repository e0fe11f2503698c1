//! The machine that puts out where pieces end, reading each character once. Cost: one look-up a character, whatever the text.
//!
//! A search knows its end only when it fails to find a later one: in `"a  b"`, `\s+(?!\S)` is seen to end before the second space
//! only when `b` is read. A scanner would go back to that end and search from there. This machine keeps, beside the running
//! search, the one that *would* start at that search's last end, the one that would start at the end of that, and so on. A
//! state is such a list; each search in it is a state of `search.rs`.
//!
//! By hand, pattern `\s+(?!\S)|\s|\w+`, on `"a  b"`. `*` marks a search that has an end, after which the next one in the list starts:
//!
//! ```text
//! read    list                                 ends
//! a       [\w+ from 0]
//! space   [\s+ from 1]                         1 is sure: \w+ is over
//! space   [\s+ from 1 *2][\s+ from 2]          2, not sure yet
//! b       [\w+ from 3]                         the first search is over, so 2 is sure; the second too, so 3 is
//! end                                          4
//! ```
//!
//! *Ends* are written into numbered slots after the last sure end. A search that matches again overwrites its end, and drops the
//! searches after it. When the first search is over, its end is sure, and the next becomes the first. Every end is written
//! while the character after it is read, so a transition is "write this position into slot s, then count n more ends as sure".
//!
//! *Unmatched text* (SPEC P2): an attempt that fails is followed by one a character later. So the search after one that has no end
//! yet starts one character after it, with unmatched text between the two. The same follows a search that has matched nothing, but
//! then the unmatched text before it ends there, whether it matches more or not.
//!
//! *The list stays short:* a search that is bound to have another end (`Search::succeeds`) makes those after it and its present
//! end useless. Patterns in use need at most three. Where a list would grow without bound (`a*b|a` on many `a`), or two
//! unfinished attempts share one piece of unmatched text, the pattern is left to `rewind.rs`.
//!
//! *Patterns one after the other* (SPEC P8): where the first pattern knows each end on reading the next character, the second reads
//! the end of the text there: all its ends become sure, and it starts afresh. So the product of the two is again such a machine,
//! with three or more steps too. The three patterns of `DeepSeek` V3 make 24 states.
//!
//! *Exact* (notes/proofs.md, "Compiled split patterns"), by induction over the characters read. In a list [s1, ..., sk], s1 is the
//! attempt that the mirror makes at the last sure end (or at the end of the unmatched text after it), and each next one is what the
//! mirror would try if the one before it ended as it stands: at its last end or, without one, one character after it began.

#![expect(
    clippy::cast_possible_truncation,
    reason = "states, slots and sure ends are few, and checked where they are made"
)]

use super::search::{DEAD, Search, join_equal};
use super::unsupported::Unsupported;
use super::work::Work;
use foldhash::{HashMap, HashMapExt};

/// The most ends that wait to become sure; the slot after them takes what is not an end.
pub(super) const SLOTS: usize = 7;
/// The most states of the machine, and the most cells.
const STATES: usize = 2000;
const CELLS: usize = 40_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Cell {
    pub(super) next: u32,
    /// Where the position before the character is written: after all pending ends if it is not an end.
    pub(super) slot: u8,
    /// How many ends become sure.
    pub(super) sure: u8,
}

impl Cell {
    fn writes(self) -> bool {
        usize::from(self.slot) < SLOTS
    }
}

/// The automaton; state 0 is the first.
#[derive(Debug, Clone)]
pub(super) struct Ends {
    /// One for each class, and one for the end of the text.
    pub(super) width: usize,
    pub(super) cells: Vec<Cell>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(clippy::struct_excessive_bools, reason = "each is asked about by itself")]
struct Item {
    state: u32,
    /// It starts here: it has read nothing.
    fresh: bool,
    /// It has an end. The next search of the list starts there.
    ended: bool,
    /// There is unmatched text before it, whose end has a slot.
    unmatched: bool,
    /// It has matched nothing, so that this unmatched text ends there in any case.
    cuts: bool,
}

impl Item {
    fn new(state: u32, unmatched: bool) -> Item {
        Item { state, fresh: true, ended: false, unmatched, cuts: false }
    }

    /// Whether the unmatched text before it may go on after it: then the next search, if unmatched text is before that too,
    /// shares its slot.
    fn shares(self) -> bool {
        self.unmatched && !self.ended && !self.cuts
    }
}

/// A state while the machine is made: that of the machine of the step before, where a fresh search would begin, the list.
type Key = (u32, u32, Vec<Item>);

impl Ends {
    /// The machine of a pattern, or of one that cuts the pieces of another, `outer`, which must be immediate.
    pub(super) fn new(search: &Search, outer: Option<&Ends>, work: &mut Work) -> Result<Ends, Unsupported> {
        let width = search.width;
        let mut numbers: HashMap<Key, u32> = HashMap::new();
        let mut states: Vec<Key> = Vec::new();
        let mut cells = Vec::new();
        let mut number = |key: Key, states: &mut Vec<Key>| {
            *numbers.entry(key).or_insert_with_key(|key| {
                states.push(key.clone());
                states.len() as u32 - 1
            })
        };
        let start = Item::new(search.first(), false);
        number((0, search.first(), vec![start]), &mut states);
        let mut at = 0;
        while at < states.len() {
            if states.len() > STATES || cells.len() > CELLS {
                return Err(Unsupported::Large);
            }
            work.spend(8 * width)?;
            for class in 0..width - 1 {
                let (outer_state, fresh, list) = states[at].clone();
                let over = outer.map(|outer| outer.cells[outer_state as usize * width + class]);
                let outer_next = over.map_or(0, |cell| cell.next);
                let (mut list, mut slot, mut sure) = (list, None, 0);
                if over.is_some_and(|cell| cell.sure > 0) {
                    (slot, sure) = finish(search, &list);
                    list = vec![start];
                }
                let (list, write, more) = step(search, &list, fresh, class)?;
                let slot = slot.or(write).unwrap_or(SLOTS);
                let cell = Cell {
                    next: number((outer_next, search.starts[class], list), &mut states),
                    slot: slot as u8,
                    sure: (sure + more) as u8,
                };
                cells.push(cell);
            }
            let (slot, sure) = finish(search, &states[at].2);
            cells.push(Cell { next: 0, slot: slot.unwrap_or(SLOTS) as u8, sure: sure as u8 });
            at += 1;
        }
        let mut ends = Ends { width, cells };
        ends.minimize(work);
        Ok(ends)
    }

    pub(super) fn n_states(&self) -> usize {
        self.cells.len() / self.width
    }

    #[inline]
    pub(super) fn cell(&self, state: u32, class: usize) -> Cell {
        self.cells[state as usize * self.width + class]
    }

    pub(super) fn finish(&self, state: u32) -> Cell {
        self.cell(state, self.width - 1)
    }

    /// Whether every end is known on reading the character after it.
    pub(super) fn is_immediate(&self) -> bool {
        self.cells
            .iter()
            .all(|cell| cell.sure <= 1 && cell.writes() == (cell.sure == 1) && [0, SLOTS as u8].contains(&cell.slot))
    }

    fn minimize(&mut self, work: &mut Work) {
        let width = self.width;
        let Some(joined) = join_equal(self.n_states(), width, work, |state, class| {
            let Cell { next, slot, sure } = self.cells[state * width + class];
            (u64::from(slot) << 8 | u64::from(sure), next as usize)
        }) else {
            return;
        };
        let mut cells = Vec::new();
        for (state, &new) in joined.iter().enumerate() {
            if new as usize * width == cells.len() {
                let row = &self.cells[state * width..(state + 1) * width];
                cells.extend(row.iter().map(|&cell| Cell { next: joined[cell.next as usize], ..cell }));
            }
        }
        self.cells = cells;
    }

    /// Joins classes that no state tells apart; returns the new number of each.
    pub(super) fn join_classes(&mut self) -> Vec<u8> {
        let n_states = self.n_states();
        let mut columns: Vec<Vec<Cell>> = Vec::new();
        let mut joined = Vec::new();
        for class in 0..self.width {
            let column: Vec<Cell> = (0..n_states).map(|state| self.cell(state as u32, class)).collect();
            // The end of the text stays apart.
            let known = columns.iter().position(|known| *known == column).filter(|_| class + 1 < self.width);
            let number = known.unwrap_or(columns.len());
            if known.is_none() {
                columns.push(column);
            }
            joined.push(number as u8);
        }
        self.width = columns.len();
        self.cells = (0..n_states).flat_map(|state| columns.iter().map(move |column| column[state])).collect();
        joined.pop();
        joined
    }
}

/// The slot of the end that a search of the list has or would have.
fn slot_of(list: &[Item], index: usize) -> usize {
    let mut slot = 0;
    for (at, item) in list[..=index].iter().enumerate() {
        // The place where unmatched text ends.
        if item.unmatched && (at == 0 || !list[at - 1].shares()) {
            slot += 1;
        }
        if at < index && item.ended {
            slot += 1;
        }
    }
    slot
}

/// The list after a character of the class; the slot that takes the place before the character; how many ends become sure.
fn step(
    search: &Search,
    list: &[Item],
    begin: u32,
    class: usize,
) -> Result<(Vec<Item>, Option<usize>, usize), Unsupported> {
    let mut next: Vec<Item> = Vec::with_capacity(list.len() + 2);
    // The slot of the place before the character, and which of the searches ends there.
    let mut write = None;
    // A search that begins here, unless it is given up at once: it goes on from `begin`. Behind a match, an empty one changes nothing.
    let mut fresh = None;
    for (index, item) in list.iter().enumerate() {
        let (matched, state) = search.step(item.state, class);
        if item.fresh {
            fresh = Some(Item { state, cuts: matched && item.unmatched, ..*item });
        } else if matched {
            write = Some((slot_of(list, index), next.len()));
            next.push(Item { state, ended: true, cuts: false, ..*item });
            fresh = Some(Item::new(search.step(begin, class).1, false));
            break;
        } else if state != DEAD || item.ended || item.cuts {
            next.push(Item { state, ..*item });
        }
    }
    // A search that is bound to have another end makes those after it, and its present end, useless.
    let bound = next.iter().position(|item| search.succeeds[item.state as usize]);
    if let Some(index) = bound {
        next.truncate(index + 1);
        next[index].ended = false;
        next[index].cuts = false;
        write = write.filter(|&(_, index_of_end)| index_of_end < index);
    } else {
        let alive = fresh.map(|item| Item { fresh: false, ..item }).filter(|item| item.state != DEAD || item.cuts);
        if let Some(item) = alive {
            if item.unmatched && next.last().is_some_and(|before| before.shares()) {
                return Err(Unsupported::Unbounded);
            }
            next.push(item);
            if item.unmatched {
                // Where unmatched text ends is known to be a place of interest only now.
                write = Some((slot_of(&next, next.len() - 1) - 1, next.len()));
            }
        }
        if alive.is_none_or(|item| !search.succeeds[item.state as usize]) {
            next.push(Item::new(search.starts[class], true));
        }
    }
    if slot_of(&next, next.len() - 1) + 1 > SLOTS {
        return Err(Unsupported::Unbounded);
    }
    let mut sure = 0;
    while let Some(first) = next.first_mut() {
        if first.unmatched && !first.fresh && (first.ended || first.cuts || search.succeeds[first.state as usize]) {
            (first.unmatched, first.cuts) = (false, false);
            sure += 1;
        }
        if first.fresh || first.state != DEAD {
            break;
        }
        sure += usize::from(first.ended);
        next.remove(0);
    }
    Ok((next, write.map(|(slot, _)| slot), sure))
}

/// The same for the end of the text, after which nothing is left.
fn finish(search: &Search, list: &[Item]) -> (Option<usize>, usize) {
    let ends = list.iter().position(|item| !item.fresh && search.ends(item.state));
    let slot = ends.map(|index| slot_of(list, index)).or_else(|| {
        // The last search has read nothing; what is before it, if anything, is unmatched.
        list.last().filter(|last| last.unmatched).map(|_| slot_of(list, list.len() - 1) - 1)
    });
    (slot, slot.map_or(0, |slot| slot + 1))
}

#[cfg(test)]
mod tests {
    use super::super::machine::machine_of;
    use super::super::tests::{ALL_HARD, Case, texts};
    use super::*;
    use crate::fast::scan::Tier;
    use crate::reference::published::patterns::expressions;
    use crate::reference::published::regexes::parse;

    fn machine(pattern: &str) -> Ends {
        let trees: Vec<_> = expressions(pattern).iter().map(|step| parse(step).unwrap()).collect();
        machine_of(&[&trees]).unwrap().1.remove(0)
    }

    /// Numbers the states: those that do the same on all texts of this length have one number.
    fn alike(ends: &Ends, length: usize) -> Vec<usize> {
        let Some(shorter) = length.checked_sub(1).map(|length| alike(ends, length)) else {
            return vec![0; ends.n_states()];
        };
        let does = |state: usize| {
            let cells = (0..ends.width).map(|class| ends.cell(state as u32, class));
            cells.map(|cell| (cell.slot, cell.sure, shorter[cell.next as usize])).collect::<Vec<_>>()
        };
        let all: Vec<_> = (0..ends.n_states()).map(does).collect();
        all.iter().map(|one| all.iter().position(|other| one == other).unwrap()).collect()
    }

    #[test]
    fn no_two_states_do_the_same() {
        let hard = ALL_HARD.iter().filter(|case| matches!(&case.tier, Some(Tier::Table(table)) if table.reads_pairs()));
        for pattern in hard.map(|case| &*case.source).chain(["gpt2", "cl100k", "qwen3.5", "tekken"]) {
            let ends = machine(pattern);
            let numbers = alike(&ends, ends.n_states());
            assert_eq!(numbers, (0..ends.n_states()).collect::<Vec<_>>(), "{pattern}");
        }
    }

    #[test]
    fn a_pattern_spelled_otherwise_has_a_machine_of_the_same_size() {
        let size = |pattern: &str| Tier::new(&[pattern]).unwrap().unwrap().size();
        for (one, other) in [("[ab]c", "ac|bc"), ("a{2,3}", "aaa|aa"), ("a+", "a++"), ("a|b", "[ab]"), ("a??b", "b|ab")]
        {
            assert_eq!(size(one), size(other), "{one} {other}");
        }
        for (one, longer) in [
            ("a+", "a++|a++|(?!a++)(?:a+)"),
            ("a|b", "[ab]|[ab]|(?![ab])(?:a|b)"),
            ("[ab]c", "ac|bc|(?![ab])(?:[ab]c)"),
            ("a{2,3}", "aaa|aa|(?!a)a{2,3}"),
        ] {
            assert_eq!(size(one), size(longer), "{one} {longer}");
        }
    }

    /// The second step of a pattern begins anew in each piece of the first, the first piece too.
    #[test]
    fn steps_cut_one_after_the_other_from_the_start_of_a_text() {
        for pattern in
            ["[\0-~]{1,2}(?#then)[\0-~]+", "[\0-b]{1,3}(?#then)aa|b", "a(?#then)a{1,2}", "^a|[\0ab](?#then)^b|a"]
        {
            let case = Case::new(pattern, pattern);
            assert!(matches!(case.tier, Some(Tier::Table(_))), "{pattern}");
            for text in texts(&['a', 'b', '\0'], 6) {
                case.check(text.as_bytes());
            }
        }
    }
}
