//! Text -> ids, block by block. Must equal the inner loop of `Codec::encode` of `rust/codec.rs`.
//!
//! The tables of an encoder never change once it is built, and are shared by all threads. What changes, above all the cache
//! of pieces, is a `Workspace` that a thread takes from a pool for one call.
//!
//! A new cache is small and empty, so that a first short call is cheap and short texts touch a quarter of a megabyte. When it
//! is full, or when a single text of [`SEED_AFTER`] bytes has pieces no longer than words, a large cache replaces it, which is
//! filled with the vocabulary: that takes a few milliseconds and saves more on the text that follows.

use super::block::{BLOCK, Workspace};
use super::cut::split_by::{Spaces, SplitBy};
use super::lookup::block_output::BlockOutput;
use super::lookup::piece_cache::{PieceCache, Size};
use super::tables::Tables;
use crate::engine::Spent;
use crate::error::Result;
use crate::fast::pystr::source::Source;
use crate::fast::pystr::str_to_utf8::Units;
use crate::fast::scan::Cuts;
use crate::fast::util::fallible::{append, concat, push};
use crate::fast::util::pool::{Pool, Pooled};
use crate::fast::util::settings::cache_bytes;
use crate::interrupt;
use crate::metaspace::spaced;
use crate::pretokenize::Pattern;
use crate::vocab::Vocab;
use std::borrow::Cow;
use std::sync::Arc;

/// A text of this many bytes is worth a large cache at once.
pub(super) const SEED_AFTER: usize = 1 << 20;
/// Shorter texts have no pieces worth cutting.
const CUTTABLE: usize = if cfg!(any(test, fuzzing)) { 7 } else { 64 };
/// How many units of a Python str are turned into UTF-8 at a time.
const CHUNK: usize = 1 << 16;
const MOST_AT_ONCE: usize = 1 << 20;
/// Larger pieces are first cut each time this many bytes have passed, at a place up to `NEAR_HUGE` bytes further on.
const HUGE: usize = if cfg!(any(test, fuzzing)) { 100 } else { 1 << 20 };
const NEAR_HUGE: usize = if cfg!(any(test, fuzzing)) { 50 } else { 1 << 12 };
/// A new cache: 256 KiB of buckets and as much of records.
const FIRST_LOG_BUCKETS: u32 = 12;
const FIRST_RECORDS: usize = 11_000;

/// The fast encoder of a vocabulary.
#[derive(Debug)]
pub struct Encoder {
    tables: Arc<Tables>,
    /// Cuts every piece further, before it is merged.
    rest: Option<Pattern>,
    /// The sizes of a new cache and of a seeded one.
    first: Size,
    size: Size,
    /// See [`SEED_AFTER`]; tests change it.
    pub(super) seed_after: usize,
    pool: Pool<Workspace>,
}

impl Encoder {
    pub fn new(vocab: Arc<Vocab>) -> Result<Encoder> {
        Ok(Encoder::of(Arc::new(Tables::new(vocab)?)))
    }

    /// With tables that other encoders may have, too.
    pub fn of(tables: Arc<Tables>) -> Encoder {
        if cfg!(fuzzing) {
            return Encoder::with_size(tables, Size::TINY);
        }
        let size = Size::for_ids(tables.vocab().tokens.n_ids(), tables.most_seeds(), cache_bytes());
        Encoder::with_size(tables, size)
    }

    pub(super) fn with_size(tables: Arc<Tables>, size: Size) -> Encoder {
        let first = Size {
            log_buckets: size.log_buckets.min(FIRST_LOG_BUCKETS),
            records: size.records.min(FIRST_RECORDS),
            ..size
        };
        Encoder { tables, rest: None, first, size, seed_after: SEED_AFTER, pool: Pool::new() }
    }

    /// An encoder whose pieces are cut further by a pattern (`cut_further.rs`).
    #[must_use]
    pub fn then(self, rest: Pattern) -> Encoder {
        Encoder { rest: Some(rest), ..self }
    }

    /// Appends the ids of a text without special tokens.
    pub fn encode(&self, source: Source, split: SplitBy, out: &mut Vec<u32>) -> Result<()> {
        self.each_block(source, split, |values| values.append_to(out))
    }

    /// Counts the ids of a text without special tokens; they are not built.
    pub fn count(&self, source: Source, split: SplitBy) -> Result<usize> {
        let mut count = 0;
        self.each_block(source, split, |values| {
            count += values.count();
            Ok(())
        })?;
        Ok(count)
    }

    /// Calls `sink` with the values of each block of a text. The UTF-8 of a Python str never stands in memory as a whole.
    pub(in crate::fast) fn each_block(
        &self,
        source: Source,
        split: SplitBy,
        mut sink: impl FnMut(BlockOutput<'_>) -> Result<()>,
    ) -> Result<()> {
        match source {
            Source::Bytes(text) => match split {
                SplitBy::Characters(spaces) => {
                    self.each_spaced(text, spaces, |part| self.each_block_of(part, split, text.len(), &mut sink))
                }
                _ => self.each_block_of(text, split, text.len(), sink),
            },
            Source::Str(units) => {
                self.each_part(units, split, |part| self.each_block_of(part, split, units.len(), &mut sink))
            }
        }
    }

    /// Calls `emit` with the UTF-8 of the units in parts whose pieces are those of the whole.
    fn each_part(&self, units: Units, split: SplitBy, mut emit: impl FnMut(&[u8]) -> Result<()>) -> Result<()> {
        let mut part = std::mem::take(&mut self.workspace()?.utf8);
        part.clear();
        let spaces = if let SplitBy::Characters(spaces) = split { spaces } else { Spaces::default() };
        if spaces.prefix {
            part.push(b' ');
        }
        // No cut is at or before `searched`, so that each place is looked at once however far apart cuts are.
        let (mut at, mut wanted, mut searched) = (0, CHUNK, 0);
        while at < units.len() {
            if let SplitBy::Pattern(_) | SplitBy::Ends(_) = split {
                part = units.utf8()?;
                break;
            }
            let until = at.saturating_add(wanted).min(units.len());
            while at < until {
                let new = part.len();
                at = units.transcode(at, MOST_AT_ONCE.min(until - at), &mut part)?;
                if spaces.markers {
                    replace_markers(&mut part, new)?;
                }
                interrupt::check()?;
            }
            if at == units.len() {
                break;
            }
            // The last cut; where there is none, the part grows, by more each time.
            wanted = part.len();
            if let Some(cut) = self.last_text_cut(split, &part, searched) {
                emit(&part[..cut])?;
                part.drain(..cut);
                wanted = CHUNK;
            }
            searched = part.len();
        }
        emit(&part)?;
        part.clear();
        part.shrink_to(2 * CHUNK);
        self.workspace()?.utf8 = part;
        Ok(())
    }

    /// The text with its markers as spaces, and the space before it. Only the beginning is copied for that.
    fn each_spaced(&self, text: &[u8], spaces: Spaces, mut emit: impl FnMut(&[u8]) -> Result<()>) -> Result<()> {
        let text = if spaces.markers { spaced(text) } else { Cow::Borrowed(text) };
        let mut done = 0;
        if spaces.prefix {
            done = self.tables.byte_cuts().next(&text, 0).unwrap_or(text.len());
            emit(&concat(&[b" ", &text[..done]])?)?;
        }
        emit(&text[done..])
    }

    /// The first place from another on at which a text can be cut in two whose ids are those of the whole; None where none is
    /// known.
    pub(super) fn text_cut(&self, split: SplitBy, text: &[u8], from: usize) -> Option<usize> {
        match split {
            SplitBy::Scan(tier) => tier.safe_cut(text, from),
            SplitBy::Characters(_) => self.tables.byte_cuts().next(text, from),
            SplitBy::Pattern(_) | SplitBy::Ends(_) => None,
        }
    }

    /// The last such place.
    fn last_text_cut(&self, split: SplitBy, text: &[u8], from: usize) -> Option<usize> {
        match split {
            SplitBy::Scan(tier) => tier.last_safe_cut(text, from),
            SplitBy::Characters(_) => self.tables.byte_cuts().last(text, from),
            SplitBy::Pattern(_) | SplitBy::Ends(_) => None,
        }
    }

    /// The bytes of what is looked up, and of what the workspaces that no thread uses now keep.
    pub(in crate::fast) fn tables_memory(&self) -> usize {
        self.tables.memory()
    }

    pub(in crate::fast) fn workspaces_memory(&self) -> usize {
        let mut bytes = 0;
        self.pool.each(|workspace| bytes += workspace.memory());
        bytes
    }

    pub(in crate::fast) fn drop_workspaces(&self) {
        self.pool.clear();
    }

    /// The workspace that this thread used last, if no other has taken it; else another, or a new one.
    pub(super) fn workspace(&self) -> Result<Pooled<'_, Workspace>> {
        self.pool.take(|| Workspace::new(self.first))
    }

    /// Calls `sink` with the values of each block. The text is all, or a part, of one of `whole` bytes or units.
    fn each_block_of(
        &self,
        text: &[u8],
        split: SplitBy,
        whole: usize,
        mut sink: impl FnMut(BlockOutput<'_>) -> Result<()>,
    ) -> Result<()> {
        if text.is_empty() {
            return Ok(());
        }
        let mut work = self.workspace()?;
        let is_long = whole >= self.seed_after;
        if self.rest.is_some() {
            work.spent = Spent::of(text.len());
        }
        let result = split.each_block(text, &self.tables, &mut work, |work, start| {
            self.encode_pieces(text, start, is_long, work, &mut sink)
        });
        work.rest();
        result
    }

    /// Calls `sink` with the values of the pieces that end at `work.ends`; the first begins at `start`.
    #[inline]
    fn encode_pieces(
        &self,
        text: &[u8],
        start: usize,
        is_long: bool,
        work: &mut Workspace,
        sink: &mut impl FnMut(BlockOutput<'_>) -> Result<()>,
    ) -> Result<()> {
        if work.ends.last().is_some_and(|&end| end - start > HUGE) {
            return self.encode_huge_pieces(text, start, is_long, work, sink);
        }
        self.encode_cut_pieces(text, start, is_long, work, sink)
    }

    /// As [`encode_pieces`](Self::encode_pieces), in parts, between which the work can be stopped.
    #[cold]
    fn encode_huge_pieces(
        &self,
        text: &[u8],
        mut start: usize,
        is_long: bool,
        work: &mut Workspace,
        sink: &mut impl FnMut(BlockOutput<'_>) -> Result<()>,
    ) -> Result<()> {
        for end in self.parts_of(text, start, work)? {
            work.ends.clear();
            work.ends.push(end);
            self.encode_cut_pieces(text, start, is_long, work, sink)?;
            start = end;
        }
        Ok(())
    }

    /// As [`encode_pieces`](Self::encode_pieces), at once.
    fn encode_cut_pieces(
        &self,
        text: &[u8],
        mut start: usize,
        is_long: bool,
        work: &mut Workspace,
        sink: &mut impl FnMut(BlockOutput<'_>) -> Result<()>,
    ) -> Result<()> {
        self.cut(text, start, work);
        let is_long = is_long && work.pieces_are_short(start);
        let mut first = 0;
        while first < work.ends.len() {
            let range = first..work.ends.len().min(first + BLOCK);
            let end = work.ends[range.end - 1];
            first = range.end;
            self.make_room(work, is_long);
            sink(work.encode(&self.tables, self.rest.as_ref(), text, start, range))?;
            start = end;
        }
        match work.failure {
            None => interrupt::check(),
            Some(_) => work.failure.take().map_or(Ok(()), Err),
        }
    }

    /// Makes room in the cache for the new pieces of the next block.
    fn make_room(&self, work: &mut Workspace, is_long: bool) {
        if !work.seeded && (is_long || work.cache.is_full()) {
            // What a token is cut into is not asked.
            let end = if self.rest.is_some() { 0 } else { self.size.first_record };
            // Where there is no memory for it, the small cache stays; where the look for seeds was stopped, another text gets them.
            if let Some(cache) = PieceCache::seeded(self.size, self.tables.seeds(end)) {
                work.cache = cache;
            }
            work.seeded = !interrupt::stopped_now();
        }
        if work.seeded {
            work.cache.grow();
        }
        work.cache.turn();
    }

    /// The ends of the pieces of a block, and cuts in huge ones that change no id, so that the work on each can be stopped.
    fn parts_of(&self, text: &[u8], mut start: usize, work: &mut Workspace) -> Result<Vec<usize>> {
        let mut ends = Vec::new();
        for &end in &work.ends {
            let mut from = start + HUGE;
            while self.may_be_cut() && from < end {
                interrupt::check()?;
                let near = from..end.min(from + NEAR_HUGE);
                from = near.end;
                if let Some(cut) = self.tables.cuts().first(text, near, &mut work.cutting) {
                    push(&mut ends, cut)?;
                    from = cut + HUGE;
                }
            }
            push(&mut ends, end)?;
            start = end;
        }
        // Where the scan was stopped, its last end is any.
        interrupt::check_now()?;
        Ok(ends)
    }

    /// Whether a piece may be cut where no token stands across: the parts are not cut further as the piece would be.
    fn may_be_cut(&self) -> bool {
        self.rest.is_none() && self.tables.parts_are_pieces()
    }

    /// Cuts long pieces of the block where that changes no id; the first piece begins at `start`.
    fn cut(&self, text: &[u8], start: usize, work: &mut Workspace) {
        if text.len() >= CUTTABLE
            && self.may_be_cut()
            && let Some(&end) = work.ends.last()
            && work.cutting.find(text, start..end)
        {
            self.tables.cuts().cut(text, &mut work.ends, &mut work.cutting);
        }
    }
}

/// Writes spaces over the markers from a position on.
fn replace_markers(text: &mut Vec<u8>, from: usize) -> Result<()> {
    if let Cow::Owned(spaced) = spaced(&text[from..]) {
        text.truncate(from);
        append(text, &spaced)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
