//! What cuts a text into pieces: a scanner as a rule.

use super::between::Between;
use super::ends::Ends;
use crate::fast::encode::tables::Tables;
use crate::fast::scan::{Cuts, NoCuts, Tier};
use crate::reference::published::patterns::Pattern;

#[derive(Debug, Clone, Copy)]
pub enum SplitBy<'p> {
    /// By the scanner of a pattern.
    Scan(&'p Tier),
    /// By the scanner of a pattern, between tokens that are found.
    Between(&'p Between<'p>),
    /// By the mirror: `none`, and patterns that are not compiled.
    Pattern(&'p Pattern),
    Ends(Ends<'p>),
    /// Not at all, in a vocabulary of characters: where no merge reaches across.
    Characters(Spaces),
}

/// What becomes of the spaces of a segment (`rust/reference/published/metaspace.rs`).
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
            SplitBy::Between(between) => between,
            SplitBy::Characters(_) => tables.byte_cuts(),
            SplitBy::Pattern(_) | SplitBy::Ends(_) => &NoCuts,
        }
    }
}
