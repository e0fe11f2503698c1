//! Text -> blocks of pieces.

use super::byte_cuts::Cutter;
use crate::error::Result;
use crate::fast::encode::block::{BLOCK, Workspace};
use crate::fast::encode::tables::Tables;
use crate::fast::scan::{Scanner, Tier};
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

impl SplitBy<'_> {
    /// Calls `block` each time that `work.ends` holds the ends of the next pieces, with the start of the first.
    pub(in crate::fast::encode) fn each_block(
        self,
        text: &[u8],
        tables: &Tables,
        work: &mut Workspace,
        mut block: impl FnMut(&mut Workspace, usize) -> Result<()>,
    ) -> Result<()> {
        let mut start = 0;
        match self {
            SplitBy::Scan(tier) => {
                let mut scanner = Scanner::of(tier, text);
                while scanner.next_block(&mut work.ends, BLOCK)? {
                    block(work, start)?;
                    start = scanner.position();
                }
                Ok(())
            }
            SplitBy::Characters(_) => {
                let mut cutter = Cutter::new(tables.byte_cuts(), text);
                while cutter.next_block(&mut work.ends, BLOCK) {
                    block(work, start)?;
                    start = cutter.position();
                }
                Ok(())
            }
            SplitBy::Ends(ends) => {
                for ends in ends.chunks(BLOCK) {
                    work.ends.clear();
                    work.ends.extend_from_slice(ends);
                    block(work, start)?;
                    start = ends[ends.len() - 1];
                }
                Ok(())
            }
            SplitBy::Pattern(pattern) => {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Error;
    use crate::fast::encode::lookup::piece_cache::Size;
    use crate::fast::scan::Grammar;
    use crate::vocab::Vocab;
    use std::sync::Arc;

    #[test]
    fn blocks_are_all_pieces_in_order_and_end_with_an_error() {
        let order: Vec<u8> = (0..=255).collect();
        let tables = Tables::new(Arc::new(Vocab::from_merges(&order, &[]).unwrap())).unwrap();
        let (pattern, tier) = (Pattern::new("cl100k").unwrap(), Tier::Masks(Grammar::Cl100k));
        for count in [0, 1, BLOCK - 1, BLOCK, BLOCK + 1, 3 * BLOCK, 3 * BLOCK + 7] {
            let text = b" a".repeat(count);
            let words = (1..=count).map(|word| 2 * word).collect();
            // No byte is joined to another.
            let bytes: Vec<usize> = (1..=text.len()).collect();
            for (split, expected) in [
                (SplitBy::Scan(&tier), &words),
                (SplitBy::Pattern(&pattern), &words),
                (SplitBy::Characters(Spaces::default()), &bytes),
            ] {
                let mut work = Workspace::new(Size::TINY).unwrap();
                let (mut ends, mut lengths, mut calls) = (Vec::new(), Vec::new(), 0);
                let keep = |work: &mut Workspace, start| {
                    assert_eq!(start, ends.last().copied().unwrap_or(0));
                    lengths.push(work.ends.len());
                    ends.extend_from_slice(&work.ends);
                    Ok(())
                };
                split.each_block(&text, &tables, &mut work, keep).unwrap();
                assert_eq!(&ends, expected);
                assert!(lengths.iter().all(|&length| (1..=BLOCK).contains(&length)));
                if let SplitBy::Pattern(_) = split {
                    assert_eq!(lengths.len(), count.div_ceil(BLOCK), "as few as there can be");
                }
                let error = Error::Training("on purpose".into());
                let fail = |_: &mut Workspace, _| {
                    calls += 1;
                    Err(error.clone())
                };
                let failed = split.each_block(&text, &tables, &mut work, fail);
                assert_eq!((failed, calls), if count == 0 { (Ok(()), 0) } else { (Err(error.clone()), 1) });
            }
        }
    }
}
