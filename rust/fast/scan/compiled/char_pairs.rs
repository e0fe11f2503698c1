//! Two ASCII characters a step: the loop that runs on most text.
//!
//! A step of `table.rs` waits for the row that the step before found: some six cycles, whatever else the processor could do. So the
//! table has columns for two characters at once: what both would do, one after the other, is put together when the table is made.
//! There are 16,384 pairs of ASCII characters, but few kinds of them, as few as there are different columns: 40 to 140. By
//! hand, with the classes letter, space and digit there are at most nine; and if no rule of the pattern tells "digit, letter" from
//! "space, letter" after it, eight.
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
//! A cell is one 32-bit word: where the next row begins (20 bits), how many ends become sure (4), the two slots (4 each). Columns for
//! single characters stand in the same rows behind those for two, so that a step of either kind can follow the other.
//!
//! Two streams (`twin.rs`) do two such steps at a time, at two places of the text that do not wait for each other.
//!
//! This is the only module here with `unsafe`: the loop reads and writes without asking whether it may. Each function states
//! what must hold; `CharPairs::new` sees to the tables, `twin.rs` and `table.rs` to the room for ends.

#![expect(
    clippy::cast_possible_truncation,
    reason = "states and columns are those of a compiled pattern; two bytes of a word are meant"
)]
#![allow(unsafe_code)]
// The hot loops are made of one-line helpers that must vanish into them.
#![allow(clippy::inline_always)]

use super::ends::{Cell, Ends};
use super::partition::ClassTable;
use foldhash::{HashMap, HashMapExt};

const HIGH: u64 = 0x8080_8080_8080_8080;
/// Cells hold where rows begin in this many bits.
const ROW_BITS: u32 = 20;

/// The table for steps of two characters and of one.
#[derive(Debug, Clone)]
pub(super) struct CharPairs {
    /// The column of two bytes, the first one lower; 0 unless both are ASCII.
    columns: Vec<u8>,
    /// How many columns there are for two characters; those for one, and that for the end of the text, come after them.
    n_columns: usize,
    cells: Vec<u32>,
}

/// Where one of the loops is: it has read up to `at`, is in `row`, and the next end that becomes sure goes to `out`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stream {
    pub(super) at: usize,
    pub(super) row: usize,
    pub(super) out: *mut usize,
}

impl CharPairs {
    /// The table of a machine; None where it has too many kinds of pairs.
    pub(super) fn new(ends: &Ends, classes: &ClassTable) -> Option<CharPairs> {
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
        Some(CharPairs { columns, n_columns, cells })
    }

    /// Eight ASCII characters.
    ///
    /// # Safety
    /// `word` holds no byte above 127. `stream.row` is 0 or comes from a cell. At `stream.out` there is room for eight ends and
    /// [`super::table::PENDING`] more.
    #[inline(always)]
    pub(super) unsafe fn eight(&self, stream: &mut Stream, word: u64) {
        let (columns, cells) = (self.columns.as_ptr(), self.cells.as_ptr());
        for step in 0..4 {
            // SAFETY: there are 65,536 columns; all rows and columns are in the table; and the caller sees to the rest: no slot is
            // more than `PENDING` behind the ends that are sure, of which there is at most one a character.
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
    /// As for [`eight`](Self::eight), with room for one end; `stream.at` is inside the text.
    #[inline(always)]
    pub(super) unsafe fn one(&self, classes: &ClassTable, text: &[u8], stream: &mut Stream) {
        let (class, length) = classes.at(text, stream.at);
        // SAFETY: as above.
        unsafe { self.step(class, stream) };
        stream.at += length;
    }

    /// The end of the text.
    ///
    /// # Safety
    /// As for [`one`](Self::one), but that `stream.at` is the end.
    #[inline]
    pub(super) unsafe fn end(&self, classes: usize, stream: &mut Stream) {
        // SAFETY: as above.
        unsafe { self.step(classes, stream) };
    }

    /// # Safety
    /// As for [`one`](Self::one); the class is at most the number of classes.
    #[inline(always)]
    unsafe fn step(&self, class: usize, stream: &mut Stream) {
        // SAFETY: as for `eight`.
        unsafe {
            let cell = *self.cells.get_unchecked(stream.row + self.n_columns + class) as usize;
            *stream.out.add(cell & 15) = stream.at;
            stream.out = stream.out.add(cell >> 8 & 15);
            stream.row = cell >> 12;
        }
    }

    /// Reads up to `until`, or beyond it to the end of a character.
    ///
    /// # Safety
    /// `until` is at most the length of the text, and there is room for as many ends as there are bytes up to it and
    /// [`super::table::PENDING`] more; otherwise as for [`eight`](Self::eight).
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

/// The eight bytes at a place, if there are as many and all are ASCII.
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
    use super::super::tests::scanned;
    use super::ascii_at;
    use crate::fast::scan::Tier;

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
