//! What a text is cut by, and the ends of its pieces, block by block.

use super::byte_cuts::Cutter;
use crate::error::Result;
use crate::fast::encode::block::BLOCK;
use crate::fast::encode::tables::Tables;
use crate::fast::scan::{Cuts, NoCuts, Scanner, Tier};
use crate::pretokenize::Pattern;

/// How text is cut into pieces.
#[derive(Debug, Clone, Copy)]
pub enum SplitBy<'p> {
    /// By the scanner of a pattern.
    Scan(&'p Tier),
    /// By the mirror: `none`, and patterns that are not compiled.
    Pattern(&'p Pattern),
    /// Where pieces end that have been cut already.
    Ends(&'p [usize]),
    /// Not at all, in a vocabulary of characters: then where no merge reaches across.
    Characters(Spaces),
}

/// What becomes of the spaces of a segment (`rust/metaspace.rs`).
#[derive(Debug, Clone, Copy, Default)]
pub struct Spaces {
    /// Markers become spaces.
    pub markers: bool,
    /// A space is put before the segment.
    pub prefix: bool,
}

impl<'p> SplitBy<'p> {
    /// Where a text can be cut in two whose ids are those of the whole.
    pub(in crate::fast::encode) fn cuts(self, tables: &'p Tables) -> &'p dyn Cuts {
        match self {
            SplitBy::Scan(tier) => tier.cuts(),
            SplitBy::Characters(_) => tables.byte_cuts(),
            SplitBy::Pattern(_) | SplitBy::Ends(_) => &NoCuts,
        }
    }
}

/// The ends of the pieces of a text, block by block.
pub(in crate::fast::encode) enum Blocks<'t> {
    Scan(Scanner<'t>),
    Characters(Cutter<'t>),
    Ends(std::slice::Chunks<'t, usize>),
}

impl<'t> Blocks<'t> {
    /// Of a text that is cut by anything but the mirror, which does not stop between two pieces.
    pub(in crate::fast::encode) fn of(by: SplitBy<'t>, tables: &'t Tables, text: &'t [u8]) -> Option<Blocks<'t>> {
        Some(match by {
            SplitBy::Scan(tier) => Blocks::Scan(Scanner::of(tier, text)),
            SplitBy::Characters(_) => Blocks::Characters(Cutter::new(tables.byte_cuts(), text)),
            SplitBy::Ends(ends) => Blocks::Ends(ends.chunks(BLOCK)),
            SplitBy::Pattern(_) => return None,
        })
    }

    /// Replaces the contents of `ends` by the ends of the next pieces; false where there are none.
    pub(in crate::fast::encode) fn next(&mut self, ends: &mut Vec<usize>) -> Result<bool> {
        match self {
            Blocks::Scan(scanner) => scanner.next_block(ends, BLOCK),
            Blocks::Characters(cutter) => Ok(cutter.next_block(ends, BLOCK)),
            Blocks::Ends(chunks) => {
                ends.clear();
                let Some(chunk) = chunks.next() else { return Ok(false) };
                ends.extend_from_slice(chunk);
                Ok(true)
            }
        }
    }
}
