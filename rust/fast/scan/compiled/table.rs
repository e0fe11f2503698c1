//! The automaton of `ends.rs`, packed for running; and the scan, stretch by stretch.
//!
//! A cell is one 32-bit word: where the next row begins (24 bits), the slot of the position before the character (4 bits), and
//! how many ends become sure (4 bits). Reading a character is four steps without a branch:
//!
//! ```text
//! cell = cells[row + class of the character]
//! ends[count + slot of cell] = position
//! count += sure of cell
//! row = row of cell
//! ```
//!
//! [`Table::scan_plainly`] does just that, with checked indices. It runs the few machines that do not fit into `char_pairs.rs`, and
//! is what the faster loops must equal.

#![expect(
    clippy::cast_possible_truncation,
    reason = "states and columns are those of a compiled pattern, which are few"
)]
#![allow(unsafe_code)]

use super::super::cut::Cuts;
use super::ahead::{Marks, Waiting};
use super::char_pairs::{CharPairs, Stream};
use super::cuts::ClassCuts;
use super::ends::{Cell, Ends, SLOTS};
use super::partition::{ClassTable, Partition};
use super::twin;
use crate::support::features::HAS_FILES;
use crate::support::interrupt;
use std::mem::MaybeUninit;

/// How many bytes a stream reads at a time.
const STRETCH: usize = if cfg!(any(test, fuzzing)) { 16 } else { 2048 };
/// How far after the middle of two stretches a safe cut is looked for.
const NEAR: usize = if cfg!(any(test, fuzzing)) { 12 } else { 256 };
/// This many first bytes of two stretches must be ASCII: elsewhere, looking up classes takes the time.
const SAMPLE: usize = if cfg!(any(test, fuzzing)) { 4 } else { 32 };
/// Slots, and the one for what is not an end.
pub const PENDING: usize = SLOTS + 1;
/// Slots are after the ends that became sure in the same step.
pub(super) const SLACK: usize = 2 * PENDING;

#[derive(Debug)]
pub struct Table {
    classes: ClassTable,
    width: usize,
    cells: Vec<u32>,
    cuts: ClassCuts,
    pairs: Option<CharPairs>,
    /// Its look-aheads beyond the next character; no cut is safe then.
    marks: Option<Marks>,
    /// A character of each class.
    examples: Vec<char>,
}

#[derive(Debug, Clone)]
pub(crate) struct Cursor {
    /// The characters before this have been read.
    read: usize,
    row: usize,
    /// Ends that are not sure yet, by slot.
    pending: [MaybeUninit<usize>; PENDING],
    /// The stretches whose look-aheads have not been answered yet.
    waiting: Option<Waiting>,
    finished: bool,
}

impl Cursor {
    pub(crate) fn new() -> Cursor {
        Cursor { read: 0, row: 0, pending: [MaybeUninit::new(0); PENDING], waiting: None, finished: false }
    }
}

/// A scan that reads one character at a time. A place may be of any type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Scan<P> {
    row: u32,
    /// Ends that are not sure yet, by slot; a slot that holds none is not read.
    pub pending: [P; PENDING],
}

impl<P: Copy> Scan<P> {
    pub fn new(place: P) -> Scan<P> {
        Scan { row: 0, pending: [place; PENDING] }
    }

    /// Goes on from the row of another scan, whose pending places are renamed.
    pub fn from_row(row: u32, pending: [P; PENDING]) -> Scan<P> {
        Scan { row, pending }
    }

    pub fn row(&self) -> u32 {
        self.row
    }

    /// Reads a character of a class that begins at a place, or the end of the text, whose class follows all others. Passes the ends
    /// that become sure to `emit`.
    #[inline]
    pub fn read(&mut self, table: &Table, class: usize, at: P, emit: impl FnMut(P)) {
        let cell = table.cells[self.row as usize + class];
        self.pending[slot(cell)] = at;
        self.pending[..sure(cell)].iter().copied().for_each(emit);
        self.pending.copy_within(sure(cell).., 0);
        self.row = next_row(cell) as u32;
    }
}

const fn pack(cell: Cell, width: usize) -> u32 {
    (cell.next * width as u32) << 8 | (cell.slot as u32) << 4 | cell.sure as u32
}

const fn next_row(cell: u32) -> usize {
    (cell >> 8) as usize
}

const fn slot(cell: u32) -> usize {
    (cell >> 4 & 15) as usize
}

const fn sure(cell: u32) -> usize {
    (cell & 15) as usize
}

impl Cuts for Table {
    fn is_cut(&self, text: &[u8], at: usize) -> bool {
        self.cuts.holds(&self.classes, text, at)
    }
}

impl Table {
    pub(super) fn new(partition: &Partition, ends: &Ends) -> Table {
        let classes = ClassTable::new(partition);
        Table {
            pairs: CharPairs::new(ends, &classes),
            classes,
            width: ends.width,
            cells: ends.cells.iter().map(|&cell| pack(cell, ends.width)).collect(),
            cuts: ClassCuts::new(ends),
            marks: None,
            examples: partition.examples.clone(),
        }
    }

    /// A table that reads the classes of `marks`; `partition` has those that `marks` reads.
    pub(super) fn marked(partition: &Partition, ends: &Ends, marks: Marks, examples: Vec<char>) -> Table {
        Table {
            classes: ClassTable::new(partition),
            width: ends.width,
            cells: ends.cells.iter().map(|&cell| pack(cell, ends.width)).collect(),
            cuts: ClassCuts::none(),
            pairs: None,
            marks: Some(marks),
            examples,
        }
    }

    /// The numbers of classes and of states.
    pub fn size(&self) -> (usize, usize) {
        (self.width - 1, self.cells.len() / self.width)
    }

    #[inline]
    pub fn class_at(&self, text: &[u8], at: usize) -> (usize, usize) {
        self.classes.at(text, at)
    }

    /// The classes of the 64 characters that differ from one in the last six bits only.
    pub fn row(&self, char: &[u8]) -> &[u8] {
        self.classes.row(char)
    }

    /// Whether the class of a character depends on what comes after it.
    pub fn looks_ahead(&self) -> bool {
        self.marks.is_some()
    }

    /// A character of each class.
    pub fn examples(&self) -> &[char] {
        &self.examples
    }

    /// Replaces `ends` by the ends of the next pieces, at least one; false, and no ends, at the end of the text.
    pub(crate) fn next_ends(&self, text: &[u8], cursor: &mut Cursor, ends: &mut Vec<usize>) -> bool {
        ends.clear();
        if !HAS_FILES {
            return false;
        }
        while ends.is_empty() && !cursor.finished {
            match (&self.pairs, &self.marks) {
                (Some(pairs), _) => self.scan(pairs, text, cursor, ends),
                (None, Some(marks)) => self.scan_marked(marks, text, cursor, ends),
                (None, None) => {
                    let until = text.len().min(cursor.read + STRETCH);
                    self.scan_plainly(text, cursor, until, ends, |at| self.classes.at(text, at));
                }
            }
            if ends.is_empty() && !cursor.finished && interrupt::stopped() {
                // Any end will do.
                cursor.finished = true;
                ends.push(text.len());
            }
        }
        !ends.is_empty()
    }

    /// Reads one stretch, or two at once; `ends` is empty before, and then holds what became sure.
    fn scan(&self, pairs: &CharPairs, text: &[u8], cursor: &mut Cursor, ends: &mut Vec<usize>) {
        let middle = cursor.read + STRETCH;
        let is_ascii = |from: usize| text[from..from + SAMPLE].is_ascii();
        let cut = if middle + STRETCH <= text.len() && is_ascii(cursor.read) && is_ascii(middle) {
            (middle..middle + NEAR).find(|&at| self.is_cut(text, at))
        } else {
            None
        };
        let until = text.len().min(cut.unwrap_or(cursor.read) + STRETCH);
        // Where the ends of a second stream go, after those of the first.
        let offset = cut.map_or(0, |cut| cut - cursor.read + SLACK);
        ends.reserve(offset + until - cut.unwrap_or(cursor.read) + SLACK);
        let out = ends.as_mut_ptr();
        let mut first = Stream { at: cursor.read, row: cursor.row, out };
        // SAFETY: there is room for as many ends as each stream has bytes, and `SLACK` more, which is enough for the pending ones after
        // the last, too. The first stream goes on where the cursor stopped, the second begins afresh. The machine has written an end into
        // its slot before it counts it as sure (`CharPairs::new`); slots that hold none are moved, but not looked at.
        unsafe {
            cursor.pending.as_ptr().copy_to_nonoverlapping(out.cast(), PENDING);
            if let Some(cut) = cut {
                let mut second = Stream { at: cut, row: 0, out: out.add(offset) };
                twin::run(pairs, &self.classes, text, [(&mut first, cut), (&mut second, until)]);
                pairs.end(&mut first);
                let before = first.out.offset_from_unsigned(out);
                let count = second.out.offset_from_unsigned(out.add(offset));
                out.add(offset).cast::<MaybeUninit<usize>>().copy_to(first.out.cast(), count + PENDING);
                first = Stream { out: out.add(before + count), ..second };
            } else {
                pairs.run(&self.classes, text, &mut first, until);
            }
            if first.at == text.len() {
                pairs.end(&mut first);
                cursor.finished = true;
            }
            first.out.cast::<MaybeUninit<usize>>().copy_to_nonoverlapping(cursor.pending.as_mut_ptr(), PENDING);
            ends.set_len(first.out.offset_from_unsigned(out));
        }
        (cursor.read, cursor.row) = (first.at, first.row);
    }

    /// Reads a stretch one character at a time, with the answers of the look-aheads.
    fn scan_marked(&self, marks: &Marks, text: &[u8], cursor: &mut Cursor, ends: &mut Vec<usize>) {
        let mut waiting = cursor.waiting.take().unwrap_or_else(|| marks.stretches(&self.classes, text));
        let Some(end) = waiting.pop() else {
            // Stopped: any end will do.
            cursor.finished = true;
            ends.push(text.len());
            return;
        };
        let mut classes = marks.classes(&self.classes, text, cursor.read, end);
        self.scan_plainly(text, cursor, end.0, ends, |at| {
            (classes.pop().map_or(0, usize::from), self.classes.at(text, at).1)
        });
        cursor.waiting = Some(waiting);
    }

    /// Reads one character at a time up to a place; `next` gives the class and the length of the character there.
    fn scan_plainly(
        &self,
        text: &[u8],
        cursor: &mut Cursor,
        until: usize,
        ends: &mut Vec<usize>,
        mut next: impl FnMut(usize) -> (usize, usize),
    ) {
        // Every character can make an end sure, and those that were pending may become so too.
        ends.resize(2 * (until - cursor.read) + SLACK, 0);
        for (slot, end) in ends.iter_mut().zip(&cursor.pending) {
            // SAFETY: a table without pairs is read by this function alone, which keeps whole ends.
            *slot = unsafe { end.assume_init() };
        }
        let (mut at, mut row, mut count) = (cursor.read, cursor.row, 0);
        while at < until {
            let (class, length) = next(at);
            let cell = self.cells[row + class];
            ends[count + slot(cell)] = at;
            count += sure(cell);
            row = next_row(cell);
            at += length;
        }
        if at == text.len() {
            let cell = self.cells[row + self.width - 1];
            ends[count + slot(cell)] = at;
            count += sure(cell);
            cursor.finished = true;
        }
        for (slot, &end) in cursor.pending.iter_mut().zip(&ends[count..]) {
            slot.write(end);
        }
        (cursor.read, cursor.row) = (at, row);
        ends.truncate(count);
    }
}

#[cfg(test)]
impl Table {
    /// Tables each of whose cells in turn leads elsewhere, writes elsewhere or makes another number of ends sure.
    pub(super) fn wrong_tables(&self) -> impl Iterator<Item = Table> {
        (0..self.cells.len()).flat_map(move |at| {
            let n_rows = self.cells.len() / self.width;
            let cell = self.cells[at];
            let next = (next_row(cell) / self.width + 1) % n_rows * self.width;
            let elsewhere = (next as u32) << 8 | cell & 0xFF;
            let more = if sure(cell) == 0 { cell + 1 } else { cell - 1 };
            // Nothing is read after the end of the text.
            let last = at % self.width + 1 == self.width;
            [elsewhere, more].into_iter().skip(usize::from(last)).map(move |wrong| {
                let mut cells = self.cells.clone();
                cells[at] = wrong;
                Table { cells, ..self.plain() }
            })
        })
    }

    /// Whether it has the loop for two characters.
    pub(super) fn reads_pairs(&self) -> bool {
        self.pairs.is_some()
    }

    /// The same table without the loop for two characters.
    pub(super) fn plain(&self) -> Table {
        Table {
            classes: self.classes.clone(),
            width: self.width,
            cells: self.cells.clone(),
            cuts: self.cuts.clone(),
            pairs: None,
            marks: self.marks.clone(),
            examples: self.examples.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::IN_USE;
    use super::*;
    use crate::fast::scan::Tier;

    fn table(pattern: &str) -> Table {
        let Ok(Tier::Table(table)) = Tier::new(&[pattern]).unwrap() else { panic!("{pattern} is a table") };
        table
    }

    #[test]
    fn every_pattern_in_use_is_read_two_characters_at_a_time() {
        for case in IN_USE.iter() {
            if let Some(Tier::Table(table)) = &case.tier {
                assert!(table.reads_pairs(), "{}", case.name);
            }
        }
    }

    #[test]
    fn a_block_is_one_stretch_or_two_where_there_is_a_cut() {
        let block_of = |table: Table, text: &[u8]| {
            let mut ends = Vec::new();
            assert!(table.next_ends(text, &mut Cursor::new(), &mut ends));
            ends.len()
        };
        let block = |pattern: &str, text: &[u8]| block_of(table(pattern), text);
        let text = b"ab".repeat(100);
        // The end of the last character of a stretch is sure only when the next one is read.
        assert_eq!(block("a|b", &text), 2 * STRETCH - 1);
        assert_eq!(block("(?<=b)a|(?<!b)a|b", &text), 2 * STRETCH - 1);
        // No cut near the middle, and too little text for two stretches.
        assert_eq!(block("[ab]{2}", &text), STRETCH / 2 - 1);
        assert_eq!(block("a|b", &text[..2 * STRETCH - 1]), STRETCH - 1);
        assert_eq!(block("a|b", &text[..2 * STRETCH]), 2 * STRETCH);
        assert_eq!(block("a|b", &text[..STRETCH]), STRETCH);
        assert_eq!(block_of(table("a|b").plain(), &text), STRETCH - 1);
        // Nor where one of them does not begin with ASCII.
        for at in [0, STRETCH] {
            let mut text = text.clone();
            text[at..at + 2].copy_from_slice("\u{e9}".as_bytes());
            assert!(block("[ab]|\u{e9}", &text) < STRETCH, "{at}");
        }
    }

    #[test]
    fn a_text_that_is_used_up_has_no_more_ends() {
        for table in [table("a|b"), table("a|b").plain()] {
            let (mut cursor, mut ends) = (Cursor::new(), vec![7]);
            assert!(table.next_ends(b"abc", &mut cursor, &mut ends));
            assert_eq!(ends, [1, 2, 3]);
            assert!(!table.next_ends(b"abc", &mut cursor, &mut ends));
            assert_eq!(ends, [0; 0]);
        }
    }
}
