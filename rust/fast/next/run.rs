//! What the machine of the pattern makes of a token, with names in place of places.

use crate::fast::scan::compiled::{PENDING, Scan, Table};

/// The names of places. Below are those of ends that are not sure yet, by slot.
pub(super) const START: u8 = 7;
pub(super) const INSIDE: u8 = 8;
pub(super) const END: u8 = 9;
pub(super) const BEHIND: u8 = 10;

/// Where the machine is, and which ends have become sure since the token began, as bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Run {
    scan: Scan<u8>,
    pub(super) sure: u16,
}

impl Run {
    /// Before a token.
    pub(super) fn new(row: u32) -> Run {
        Run { scan: Scan::from_row(row, [0, 1, 2, 3, 4, 5, 6, START]), sure: 0 }
    }

    pub(super) fn has(self, place: u8) -> bool {
        self.sure >> place & 1 == 1
    }

    /// Reads a character that begins at a place. Where the token is cut, nothing else counts.
    pub(super) fn read(mut self, table: &Table, class: usize, at: u8) -> Run {
        if !self.has(INSIDE) {
            self.scan.read(table, class, at, |end| self.sure |= 1 << end);
        }
        if self.has(INSIDE) { Run { scan: Scan::from_row(0, [INSIDE; PENDING]), sure: 1 << INSIDE } } else { self }
    }

    /// Reads a character of the token that follows a node of the tree.
    pub(super) fn read_after(self, node: u32, table: &Table, class: usize) -> Run {
        self.read(table, class, if node == 0 { START } else { INSIDE })
    }
}
