//! What the machine of the pattern makes of a token, with names in place of places.

use crate::error::Result;
use crate::fast::scan::compiled::{PENDING, Scan, Table};
use crate::fast::util::fallible::{collect, filled};

/// The names of places. Below are those of ends that are not sure yet, by slot.
pub(super) const START: u8 = 7;
pub(super) const INSIDE: u8 = 8;
pub(super) const END: u8 = 9;
/// After the character that follows the token; and after others.
pub(super) const BEHIND: u8 = 10;
pub(super) const LATER: u8 = 11;

/// The machine of the pattern.
#[derive(Debug)]
pub(super) struct Machine {
    pub(super) table: Table,
    pub(super) n_classes: usize,
    /// For each state, the slots whose ends may become sure yet, as bits. What the others hold says nothing.
    live: Vec<u8>,
}

/// Where the machine is, and which ends have become sure since the token began, as bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Run {
    scan: Scan<u8>,
    pub(super) sure: u16,
}

impl Machine {
    pub(super) fn new(table: Table) -> Result<Machine> {
        let (n_classes, n_states) = table.size();
        let mut machine = Machine { table, n_classes, live: filled(0, n_states)? };
        loop {
            let live = collect(machine.rows().map(|row| machine.live_at(row)))?;
            if live == machine.live {
                return Ok(machine);
            }
            machine.live = live;
        }
    }

    /// Where the rows of the states begin.
    pub(super) fn rows(&self) -> impl Iterator<Item = u32> {
        (0..self.table.size().1).map_while(|state| u32::try_from(state * (self.n_classes + 1)).ok())
    }

    /// The live slots of a state, from what is known of those after it.
    fn live_at(&self, row: u32) -> u8 {
        let live_after = |class| {
            let run = self.read(Run::before(row), class, LATER);
            let held = if class < self.n_classes { run.places() } else { 0 };
            (run.sure | held).to_le_bytes()[0]
        };
        (0..=self.n_classes).fold(0, |live, class| live | live_after(class))
    }

    /// Before a token.
    pub(super) fn start(&self, row: u32) -> Run {
        self.forget(Run::before(row))
    }

    /// Reads a character that begins at a place. Where the token is cut, nothing else counts.
    pub(super) fn read(&self, mut run: Run, class: usize, at: u8) -> Run {
        if !run.has(INSIDE) {
            run.scan.read(&self.table, class, at, |end| run.sure |= 1 << end);
        }
        if run.has(INSIDE) {
            return Run { scan: Scan::from_row(0, [INSIDE; PENDING]), sure: 1 << INSIDE };
        }
        self.forget(run)
    }

    /// Reads a character of the token that follows a node of the tree.
    pub(super) fn read_after(&self, node: u32, run: Run, class: usize) -> Run {
        self.read(run, class, if node == 0 { START } else { INSIDE })
    }

    fn forget(&self, mut run: Run) -> Run {
        let live = self.live[run.scan.row() as usize / (self.n_classes + 1)];
        for (slot, place) in run.scan.pending.iter_mut().enumerate() {
            if live >> slot & 1 == 0 {
                *place = LATER;
            }
        }
        run
    }
}

impl Run {
    fn before(row: u32) -> Run {
        Run { scan: Scan::from_row(row, [0, 1, 2, 3, 4, 5, 6, START]), sure: 0 }
    }

    pub(super) fn has(self, place: u8) -> bool {
        self.sure >> place & 1 == 1
    }

    /// The places that may become ends, as bits.
    fn places(self) -> u16 {
        self.scan.pending.iter().fold(0, |places, place| places | 1 << place)
    }

    /// Whether it is not known yet where the borders are up to the character after the token.
    pub(super) fn is_open(self) -> bool {
        !self.has(INSIDE) && self.places() & !(1 << LATER) != 0
    }
}
