//! Text -> blocks of pieces.

use super::block::{BLOCK, Workspace};
use super::byte_cuts::Cutter;
use super::tables::Tables;
use crate::error::Result;
use crate::fast::scan::{Scanner, Tier};
use crate::pretokenize::Pattern;

/// How text is cut into pieces.
#[derive(Debug, Clone, Copy)]
pub enum Split<'p> {
    /// By the scanner of a pattern.
    Scan(&'p Tier),
    /// By the mirror: `none`, and patterns that are not compiled.
    Pattern(&'p Pattern),
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

impl Split<'_> {
    /// Calls `block` each time that `work.ends` holds the ends of the next pieces, with the start of the first.
    pub(super) fn each_block(
        self,
        text: &[u8],
        tables: &Tables,
        work: &mut Workspace,
        mut block: impl FnMut(&mut Workspace, usize) -> Result<()>,
    ) -> Result<()> {
        let mut start = 0;
        match self {
            Split::Scan(tier) => {
                let mut scanner = Scanner::of(tier, text);
                while scanner.next_block(&mut work.ends, BLOCK) {
                    block(work, start)?;
                    start = scanner.position();
                }
                Ok(())
            }
            Split::Characters(_) => {
                let mut cutter = Cutter::new(tables.byte_cuts(), text);
                while cutter.next_block(&mut work.ends, BLOCK) {
                    block(work, start)?;
                    start = cutter.position();
                }
                Ok(())
            }
            Split::Pattern(pattern) => {
                let (mut end, mut done) = (0, Ok(()));
                work.ends.clear();
                pattern.split(text, &mut |piece| {
                    end += piece.len();
                    work.ends.push(end);
                    if work.ends.len() == BLOCK {
                        if done.is_ok() {
                            done = block(work, start);
                        }
                        work.ends.clear();
                        start = end;
                    }
                })?;
                done?;
                if start < end { block(work, start) } else { Ok(()) }
            }
        }
    }
}
