//! Text -> ids, block by block. Must equal `Codec::encode_segment` of `rust/reference/codec.rs`.
//!
//! The tables of an encoder never change, and all threads share them. What changes, above all the cache of pieces, is a `Workspace`
//! that a thread takes from a pool for one call. A new cache is small and empty, so that a short text touches a quarter of a
//! megabyte. When it is full, or a text of [`SEED_AFTER`] bytes has pieces no longer than words, a large cache replaces it, filled
//! with the vocabulary: that takes a few milliseconds and saves more on the text that follows.

mod text;

use super::block::Workspace;
use super::cut::between::Between;
use super::cut::byte_cuts::ByteCuts;
use super::cut::parts::{BetweenMarkers, each_spaced, parts};
use super::cut::split_by::{Spaces, SplitBy};
use super::lookup::block_output::BlockOutput;
use super::lookup::piece_cache::Size;
use super::merge::cut_further::Later;
use super::merge::misses::LongPieces;
use super::parallel::{GROUP, encode_all};
use super::tables::Tables;
use crate::error::Result;
use crate::fast::scan::Tier;
use crate::fast::util::fallible::collect;
use crate::fast::util::pool::{Pool, Pooled};
use crate::fast::util::settings::cache_bytes;
use crate::reference::published::patterns::Pattern;
use crate::reference::published::vocabs::Vocab;
use crate::support::interrupt;
use crate::support::once::Once;
use crate::support::sync::atomic::{AtomicBool, Ordering};
use std::sync::Arc;

/// A text of this many bytes is worth a large cache at once.
pub(super) const SEED_AFTER: usize = 1 << 20;
/// A new cache: 256 KiB of buckets and as much of records.
const SMALL_LOG_BUCKETS: u32 = 12;
const SMALL_RECORDS: usize = 11_000;

/// Makes the encoder of pieces of several words from the tables of a vocabulary; None if it has no such tokens.
pub type MakeLong = fn(&Arc<Tables>) -> Result<Option<Box<dyn LongPieces>>>;

#[derive(Debug)]
pub struct Encoder {
    pub(super) tables: Arc<Tables>,
    /// Cuts every piece further before it is merged.
    pub(super) later: Option<Later>,
    /// The sizes of a new cache and of a seeded one.
    small: Size,
    large: Size,
    /// See [`SEED_AFTER`]; tests change it.
    pub(super) seed_after: usize,
    /// What encodes pieces of several words, if the vocabulary has such tokens; made when a text could have them.
    make_long: Option<MakeLong>,
    long: Once<Option<Box<dyn LongPieces>>>,
    /// Whether memory for it was lacking: then only a long text is worth another try.
    had_no_memory: AtomicBool,
    pool: Pool<Workspace>,
}

impl Encoder {
    pub fn new(vocab: Arc<Vocab>) -> Result<Encoder> {
        Ok(Encoder::of(Arc::new(Tables::new(vocab)?)))
    }

    pub fn of(tables: Arc<Tables>) -> Encoder {
        if cfg!(fuzzing) {
            return Encoder::with_size(tables, Size::TINY);
        }
        let size = Size::for_ids(tables.vocab().tokens.n_ids(), tables.most_seeds(), cache_bytes());
        Encoder::with_size(tables, size)
    }

    /// For texts in which tokens with these ids may be found: they are values of the cache if they are small enough.
    #[must_use]
    pub fn with_found(mut self, ids: impl Iterator<Item = u32>) -> Encoder {
        let n_ids = ids.max().map_or(0, |id| id.saturating_add(1));
        (self.small, self.large) = (self.small.with_ids(n_ids), self.large.with_ids(n_ids));
        self
    }

    pub(super) fn with_size(tables: Arc<Tables>, large: Size) -> Encoder {
        let small = Size {
            log_buckets: large.log_buckets.min(SMALL_LOG_BUCKETS),
            records: large.records.min(SMALL_RECORDS),
            ..large
        };
        let (long, pool) = (Once::new(), Pool::new());
        let had_no_memory = AtomicBool::new(false);
        Encoder {
            tables,
            later: None,
            small,
            large,
            seed_after: SEED_AFTER,
            make_long: None,
            long,
            had_no_memory,
            pool,
        }
    }

    pub fn byte_cuts(&self) -> &ByteCuts {
        self.tables.byte_cuts()
    }

    /// May leave pieces of several words to another encoder (`two_levels.rs`).
    #[must_use]
    pub fn with_long_pieces(self, make: MakeLong) -> Encoder {
        Encoder { make_long: Some(make), ..self }
    }

    /// Cuts pieces further by a pattern (`cut_further.rs`).
    #[must_use]
    pub fn then(self, later: Pattern) -> Encoder {
        Encoder { later: Some(Later::new(later)), ..self }
    }

    /// `text` has no special tokens.
    pub fn encode(&self, text: &[u8], by: SplitBy, out: &mut Vec<u32>) -> Result<()> {
        self.each_block(text, by, |block| block.append_to(out))
    }

    /// None where one thread is enough, or no cut of the text is known.
    pub fn encode_on(&self, threads: usize, text: &[u8], by: SplitBy) -> Result<Option<Vec<u32>>> {
        if threads <= 1 || cfg!(target_family = "wasm") || text.len() <= 2 * GROUP {
            return Ok(None);
        }
        let cuts = by.cuts(&self.tables);
        let parts = match by {
            SplitBy::Pattern(_) | SplitBy::Ends(_) => return Ok(None),
            SplitBy::Characters(_) => parts(&BetweenMarkers(cuts), text)?,
            SplitBy::Scan(_) | SplitBy::Between(_) => parts(cuts, text)?,
        };
        let numbered: Vec<(usize, &[u8])> = collect(parts.into_iter().enumerate())?;
        let encode = |&(number, part): &(usize, &[u8]), ids: &mut Vec<u32>| match by {
            SplitBy::Characters(spaces) if number > 0 => {
                self.encode(part, SplitBy::Characters(Spaces { prefix: false, ..spaces }), ids)
            }
            _ => self.encode(part, by, ids),
        };
        encode_all(&numbered, threads, |(_, part)| part.len(), encode).map(|(ids, _)| Some(ids))
    }

    /// Counts the ids without building them.
    pub fn count(&self, text: &[u8], by: SplitBy) -> Result<usize> {
        let mut count = 0;
        self.each_block(text, by, |block| {
            count += block.count();
            Ok(())
        })?;
        Ok(count)
    }

    /// Calls `sink` with the values of each block of a text.
    pub(in crate::fast) fn each_block(
        &self,
        text: &[u8],
        by: SplitBy,
        mut sink: impl FnMut(BlockOutput<'_>) -> Result<()>,
    ) -> Result<()> {
        let mut work = self.workspace()?;
        let is_long = text.len() >= self.seed_after;
        let spaces = if let SplitBy::Characters(spaces) = by { spaces } else { Spaces::default() };
        let cuts = by.cuts(&self.tables);
        let result = if spaces.prefix || spaces.markers {
            each_spaced(cuts, text, spaces, |part| self.encode_text(part, by, is_long, &mut work, &mut sink))
        } else {
            self.encode_text(text, by, is_long, &mut work, &mut sink)
        };
        work.end_call();
        result
    }

    /// For a short text that a scanner cuts.
    #[inline]
    pub(in crate::fast) fn each_block_scanned(
        &self,
        text: &[u8],
        tier: &Tier,
        mut sink: impl FnMut(BlockOutput<'_>) -> Result<()>,
    ) -> Result<()> {
        let mut work = self.workspace()?;
        let result = self.encode_scanned(text, tier, &mut work, &mut sink);
        work.end_call();
        result
    }

    /// The bytes of the tables, and of workspaces that no thread uses.
    pub(in crate::fast) fn tables_memory(&self) -> usize {
        self.tables.memory() + self.made_long().map_or(0, LongPieces::tables_memory)
    }

    pub(in crate::fast) fn workspaces_memory(&self) -> usize {
        let mut bytes = self.made_long().map_or(0, LongPieces::workspaces_memory);
        self.pool.each(|workspace| bytes += workspace.memory());
        bytes
    }

    pub(in crate::fast) fn drop_workspaces(&self) {
        self.pool.clear();
        if let Some(long) = self.made_long() {
            long.drop_workspaces();
        }
    }

    fn made_long(&self) -> Option<&dyn LongPieces> {
        self.long.get().and_then(Option::as_deref)
    }

    /// The encoder of pieces of several words, where the vocabulary has such tokens. The grammars that masks scan make no such pieces.
    fn long_pieces(&self, by: SplitBy, is_long: bool) -> Option<&dyn LongPieces> {
        match by {
            SplitBy::Scan(Tier::Masks(_))
            | SplitBy::Between(Between { tier: Tier::Masks(_), .. })
            | SplitBy::Ends(_)
            | SplitBy::Characters(_) => None,
            _ if self.later.is_some() => None,
            SplitBy::Scan(_) | SplitBy::Between(_) | SplitBy::Pattern(_) => {
                let make = self.make_long?;
                match self.long.get() {
                    Some(long) => long.as_deref(),
                    None => self.new_long_pieces(make, is_long),
                }
            }
        }
    }

    /// Makes it now. Where memory for it is lacking, pieces are encoded as all others are.
    #[cold]
    fn new_long_pieces(&self, make: MakeLong, is_long: bool) -> Option<&dyn LongPieces> {
        if self.had_no_memory.load(Ordering::Relaxed) && !is_long {
            return None;
        }
        let tried = interrupt::unwatched(|| make(&self.tables));
        self.had_no_memory.store(tried.is_err(), Ordering::Relaxed);
        let long = tried.ok()?;
        self.long.get_or_make(|| long).as_deref()
    }

    /// The workspace that this thread used last, unless another has taken it; else another, or a new one.
    pub(super) fn workspace(&self) -> Result<Pooled<'_, Workspace>> {
        self.pool.take(|| Workspace::new(self.small))
    }
}

#[cfg(test)]
mod tests;
