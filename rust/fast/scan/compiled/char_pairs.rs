//! Two ASCII characters a step: the loop that runs on most text.
//!
//! A step of `table.rs` waits some six cycles for the row that the step before found. Here a column stands for two characters,
//! and a cell for what both do. There are 16,384 pairs of ASCII characters, but only 40 to 140 different columns.
//!
//! ```text
//! column = columns[the two bytes]          64 KB, of which text uses a few lines
//! cell = cells[row + column]               4 to 25 KB
//! ends[count + first slot of cell] = at
//! ends[count + second slot of cell] = at + 1
//! count += sure of cell
//! row = row of cell
//! ```
//!
//! A cell is one 32-bit word: the next row (20 bits), how many ends become sure (4), the two slots (4 each). Columns for single
//! characters follow those for two in the same rows, so that steps of either kind can be mixed.
//!
//! The loop checks no bounds. `CharPairs::new` proves for each machine that it need not, and refuses any other (`is_sound`): rows
//! and columns are in the table, and an end is written before it is sure, so no more ends become sure than there are characters
//! and ends pending before. Each function states what else must hold; `twin.rs` and `table.rs` see to it.
//!
//! Buys: with one character a step, text that comes again takes 1.7 times as long.

#![expect(
    clippy::cast_possible_truncation,
    reason = "states and columns are those of a compiled pattern; two bytes of a word are meant"
)]
#![allow(unsafe_code)]
// The hot loops are made of one-line helpers that must vanish into them.
#![allow(clippy::inline_always)]

use super::ends::{Cell, Ends, SLOTS};
use super::partition::ClassTable;
use foldhash::{HashMap, HashMapExt};

const HIGH: u64 = 0x8080_8080_8080_8080;
/// The bits of a cell that hold the next row.
const ROW_BITS: u32 = 20;

#[derive(Debug, Clone)]
pub(super) struct CharPairs {
    /// The column of two bytes, the first one lower; 0 unless both are ASCII.
    columns: Vec<u8>,
    /// The number of columns for two characters; those for one, and that for the end of the text, come after them.
    n_columns: usize,
    /// The column of the end of the text.
    last: usize,
    cells: Vec<u32>,
}

/// The state of one loop: it has read up to `at`, is in `row`, and the next end that becomes sure goes to `out`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stream {
    pub(super) at: usize,
    pub(super) row: usize,
    pub(super) out: *mut usize,
}

impl CharPairs {
    /// None if the machine has too many kinds of pairs, or is not sound.
    pub(super) fn new(ends: &Ends, classes: &ClassTable) -> Option<CharPairs> {
        if !is_sound(ends, classes) {
            return None;
        }
        let n_states = ends.n_states();
        let mut column_of: HashMap<Vec<u32>, usize> = HashMap::new();
        let mut all: Vec<Vec<(u32, u32)>> = Vec::new();
        let mut columns = vec![0; 1 << 16];
        let mut known: HashMap<(u8, u8), u8> = HashMap::new();
        for first in 0..0x80 {
            for second in 0..0x80 {
                let pair = (classes.ascii[first], classes.ascii[second]);
                let column = if let Some(&column) = known.get(&pair) {
                    column
                } else {
                    let cells =
                        (0..n_states).map(|state| both(ends, state as u32, pair)).collect::<Option<Vec<_>>>()?;
                    let key = cells.iter().map(|&(next, rest)| next << 12 | rest).collect();
                    let next = all.len();
                    let column = *column_of.entry(key).or_insert(next);
                    if column == next {
                        all.push(cells);
                    }
                    let column = u8::try_from(column).ok()?;
                    known.insert(pair, column);
                    column
                };
                columns[first | second << 8] = column;
            }
        }
        let n_columns = all.len();
        let width = n_columns + ends.width;
        if n_states * width >= 1 << ROW_BITS {
            return None;
        }
        let mut cells = Vec::with_capacity(n_states * width);
        for state in 0..n_states {
            let two = all.iter().map(|column| column[state]);
            let one = (0..ends.width).map(|class| {
                let cell = ends.cell(state as u32, class);
                (cell.next, u32::from(cell.sure) << 8 | u32::from(cell.slot))
            });
            cells.extend(two.chain(one).map(|(next, rest)| (next * width as u32) << 12 | rest));
        }
        Some(CharPairs { columns, n_columns, last: width - 1, cells })
    }

    /// Eight ASCII characters.
    ///
    /// # Safety
    /// `stream.row` is 0, or what a stream of this table ended in, of which the pending ends stand at `stream.out`. From where that is at
    /// first, there is room for as many ends as bytes are read, and [`super::table::SLACK`] more.
    #[inline(always)]
    pub(super) unsafe fn eight(&self, stream: &mut Stream, word: u64) {
        let (columns, cells) = (self.columns.as_ptr(), self.cells.as_ptr());
        for step in 0..4 {
            // SAFETY: there are 65,536 columns; all rows and columns are in the table. Of n characters and those that were pending, at
            // most n + `SLOTS` ends are sure (`is_sound`); both slots are at most `SLOTS` after those that are sure before them.
            unsafe {
                let column = usize::from(*columns.add(usize::from((word >> (16 * step)) as u16)));
                let cell = *cells.add(column).add(stream.row) as usize;
                let at = stream.at + 2 * step;
                *stream.out.add(cell & 15) = at;
                *stream.out.add(cell >> 4 & 15) = at + 1;
                stream.out = stream.out.add(cell >> 8 & 15);
                stream.row = cell >> 12;
            }
        }
        stream.at += 8;
    }

    /// One character of any kind.
    ///
    /// # Safety
    /// As for [`eight`](Self::eight); the classes are those that the table was made with.
    #[inline(always)]
    pub(super) unsafe fn one(&self, classes: &ClassTable, text: &[u8], stream: &mut Stream) {
        let (class, length) = classes.at(text, stream.at);
        // SAFETY: as above.
        unsafe { self.step(self.n_columns + class, stream) };
        stream.at += length;
    }

    /// The end of the text, which counts as a character.
    ///
    /// # Safety
    /// As for [`eight`](Self::eight).
    #[inline]
    pub(super) unsafe fn end(&self, stream: &mut Stream) {
        // SAFETY: as above.
        unsafe { self.step(self.last, stream) };
    }

    /// # Safety
    /// As for [`eight`](Self::eight); the column is one for single characters.
    #[inline(always)]
    unsafe fn step(&self, column: usize, stream: &mut Stream) {
        // SAFETY: as for `eight`.
        unsafe {
            let cell = *self.cells.get_unchecked(stream.row + column) as usize;
            *stream.out.add(cell & 15) = stream.at;
            stream.out = stream.out.add(cell >> 8 & 15);
            stream.row = cell >> 12;
        }
    }

    /// Reads up to `until`, or beyond it to the end of a character.
    ///
    /// # Safety
    /// As for [`one`](Self::one), with `until` for what is read.
    #[inline(always)]
    pub(super) unsafe fn run(&self, classes: &ClassTable, text: &[u8], stream: &mut Stream, until: usize) {
        while stream.at < until {
            match ascii_at(text, stream.at) {
                // SAFETY: up to the caller.
                Some(word) if stream.at + 8 <= until => unsafe { self.eight(stream, word) },
                // SAFETY: up to the caller.
                _ => unsafe { self.one(classes, text, stream) },
            }
        }
    }
}

/// Whether all that the loop takes for granted holds: each cell leads to a state; the classes have columns; and an end is in its slot
/// before it is counted as sure. A character writes one end at most, so there are never more sure ends than characters and
/// pending ends together.
fn is_sound(ends: &Ends, classes: &ClassTable) -> bool {
    const ALL: u32 = (1 << SLOTS) - 1;
    let is_inside =
        |cell: &Cell| (cell.next as usize) < ends.n_states() && usize::from(cell.slot.max(cell.sure)) <= SLOTS;
    if classes.largest() + 1 >= ends.width || !ends.cells.iter().all(is_inside) {
        return false;
    }
    // The slots that hold an end whenever the machine is in a state: those that were written on every way to it.
    let mut written = vec![ALL; ends.n_states()];
    written[0] = 0;
    let mut is_over = false;
    while !is_over {
        is_over = true;
        for (state, row) in ends.cells.chunks_exact(ends.width).enumerate() {
            for cell in row {
                let behind = (written[state] | 1 << cell.slot) & ALL;
                let next = &mut written[cell.next as usize];
                let common = *next & behind >> cell.sure;
                is_over &= common == *next;
                *next = common;
            }
        }
    }
    let mut rows = ends.cells.chunks_exact(ends.width).zip(written);
    rows.all(|(row, written)| {
        row.iter().all(|cell| (!written & !(1 << cell.slot) | !ALL) & ((1 << cell.sure) - 1) == 0)
    })
}

#[inline(always)]
pub(super) fn ascii_at(text: &[u8], at: usize) -> Option<u64> {
    let word = u64::from_le_bytes(*text.get(at..)?.first_chunk()?);
    (word & HIGH == 0).then_some(word)
}

/// What two characters do in a state: the state after both, and the low bits of the cell; None if it does not fit.
fn both(ends: &Ends, state: u32, (first, second): (u8, u8)) -> Option<(u32, u32)> {
    let first: Cell = ends.cell(state, usize::from(first));
    let second = ends.cell(first.next, usize::from(second));
    let (sure, slot) = (first.sure + second.sure, first.sure + second.slot);
    let rest = u32::from(sure) << 8 | u32::from(slot) << 4 | u32::from(first.slot);
    (sure < 16 && slot < 16).then_some((second.next, rest))
}

#[cfg(test)]
mod tests {
    use super::super::partition::Partition;
    use super::super::tests::scanned;
    use super::*;
    use crate::fast::scan::Tier;
    use std::sync::Arc;

    /// A machine of one class that reads nothing but ends: each becomes sure on reading the next character.
    fn machine(change: impl FnOnce(&mut [Cell])) -> Ends {
        let cell = |next, slot, sure| Cell { next, slot, sure };
        let none = SLOTS as u8;
        let mut cells = [cell(1, none, 0), cell(0, none, 0), cell(1, 0, 1), cell(0, 0, 1)];
        change(&mut cells);
        Ends { width: 2, cells: cells.to_vec() }
    }

    #[test]
    fn a_machine_that_would_read_or_write_elsewhere_has_no_table() {
        let one_class = ClassTable::new(&Partition::new(&[]).unwrap());
        let has_table = |ends: &Ends| CharPairs::new(ends, &one_class).is_some();
        assert!(has_table(&machine(|_| ())));
        // A state that there is not; a slot after the last; more ends than are pending, and one that is not there on every way.
        assert!(!has_table(&machine(|cells| cells[2].next = 2)));
        assert!(!has_table(&machine(|cells| cells[2].slot = SLOTS as u8 + 1)));
        for at in 0..4 {
            assert!(!has_table(&machine(|cells| cells[at].sure += 1)), "{at}");
        }
        assert!(!has_table(&machine(|cells| cells[2].slot = 1)));
        // An end that is never counted does no harm.
        assert!(has_table(&machine(|cells| cells[2] = Cell { next: 1, slot: 1, sure: 0 })));
        // A class without a column.
        let letters = [Arc::new(vec![(0x61, 0x7A)])];
        let two_classes = ClassTable::new(&Partition::new(&letters).unwrap());
        assert!(CharPairs::new(&machine(|_| ()), &two_classes).is_none());
    }

    #[test]
    fn eight_ascii_bytes_are_read_at_once() {
        assert_eq!(ascii_at(b"abcdefgh", 0), Some(u64::from_le_bytes(*b"abcdefgh")));
        assert_eq!(ascii_at(b"-\0\x01 \x7Fabcd", 1), Some(u64::from_le_bytes(*b"\0\x01 \x7Fabcd")));
        assert_eq!(ascii_at(b"abcdefgh", 1), None);
        assert_eq!(ascii_at(b"abcdefgh", 9), None);
        for at in 0..8 {
            let mut text = *b"abcdefgh";
            text[at] = 0x80;
            assert_eq!(ascii_at(&text, 0), None);
        }
    }

    /// Every two ASCII bytes after one another, at an even place and at an odd one.
    #[test]
    fn two_characters_at_once_do_what_they_do_one_by_one() {
        let bytes = 0..0x80_u8;
        let mut text: Vec<u8> =
            bytes.clone().flat_map(|first| bytes.clone().flat_map(move |second| [first, second])).collect();
        text.extend_from_within(..);
        text.insert(0x8000, b'-');
        for pattern in
            ["[\\0a-z]+| ?[A-Z]|..", r" ?\w+|\s+(?!\S)|\s|[^\s\w]{1,3}", "[\0\x01]\x7F|[\x7Fab ]+", "a(?=\0)|."]
        {
            let tier = Tier::new(&[pattern]).unwrap().unwrap();
            let Tier::Table(table) = &tier else { panic!("{pattern} is a table") };
            assert!(table.reads_pairs(), "{pattern}");
            let plain = Tier::Table(table.plain());
            assert_eq!(scanned(&tier, &text), scanned(&plain, &text), "{pattern}");
        }
    }
}
