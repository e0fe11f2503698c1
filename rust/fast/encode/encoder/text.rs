//! A text -> the values of its pieces: each block is cut further, looked up, merged where it was not found, and handed out.

use super::super::block::{BLOCK, Workspace};
use super::super::cut::between::{Between, Mark, renumber};
use super::super::cut::byte_cuts::Cutter;
use super::super::cut::ends::Ends;
use super::super::cut::split_by::SplitBy;
use super::super::lookup::block_output::BlockOutput;
use super::super::lookup::look_up::LookUp;
use super::super::lookup::piece_cache::PieceCache;
use super::super::merge::misses::{LongPieces, Merging};
use super::Encoder;
use crate::error::Result;
use crate::fast::scan::{Scanner, Tier};
use crate::fast::simd::Isa;
use crate::fast::util::fallible::{extend, push};
use crate::support::interrupt;
use crate::support::spent::Spent;

/// Shorter texts have no pieces worth cutting.
const CUTTABLE: usize = if cfg!(any(test, fuzzing)) { 7 } else { 64 };
/// Larger pieces are first cut about every this many bytes, at a place up to `NEAR_HUGE` bytes further on.
pub(super) const HUGE: usize = if cfg!(any(test, fuzzing)) { 100 } else { 1 << 20 };
pub(super) const NEAR_HUGE: usize = if cfg!(any(test, fuzzing)) { 50 } else { 1 << 12 };

impl Encoder {
    /// Calls `sink` with the values of each block of a text. `is_long`: it is, or is part of, a text worth a large cache.
    pub(super) fn encode_text(
        &self,
        text: &[u8],
        by: SplitBy,
        is_long: bool,
        work: &mut Workspace,
        sink: &mut impl FnMut(BlockOutput<'_>) -> Result<()>,
    ) -> Result<()> {
        if self.later.is_some() {
            work.spent = Spent::of(text.len());
        }
        if let SplitBy::Between(between) = by
            && let Some(forms) = between.forms
            && let Some(made) = forms.apply(text)?
        {
            return self.encode_in_forms(text, &made, between, is_long, work, sink);
        }
        work.meet = true;
        let (mut start, long) = (0, self.long_pieces(by, is_long));
        let mut encode = |work: &mut Workspace| -> Result<()> {
            let end = work.ends.last().copied().unwrap_or(start);
            if end - start > HUGE {
                self.encode_huge_pieces(text, start, is_long, long, work, sink)?;
            } else {
                self.encode_block(text, start, is_long, long, work, sink)?;
            }
            start = end;
            Ok(())
        };
        match by {
            SplitBy::Scan(tier) => {
                let mut scanner = Scanner::of(tier, text);
                while scanner.next_block(&mut work.ends, BLOCK)? {
                    work.meet = scanner.may_meet();
                    encode(work)?;
                }
            }
            SplitBy::Between(between) => {
                let mut blocks = between.blocks(text);
                while blocks.next_block(&mut work.ends, &mut work.marks, BLOCK)? {
                    work.meet = blocks.meet;
                    encode(work)?;
                }
            }
            SplitBy::Characters(_) => {
                let mut cutter = Cutter::new(self.tables.byte_cuts(), text);
                while cutter.next_block(&mut work.ends, BLOCK) {
                    encode(work)?;
                }
            }
            SplitBy::Ends(ends) => {
                for ends in ends.all().chunks(BLOCK) {
                    work.ends.clear();
                    work.ends.extend_from_slice(ends);
                    encode(work)?;
                }
            }
            SplitBy::Pattern(pattern) => {
                let mut end = 0;
                work.ends.clear();
                pattern.split(text, &mut |piece| {
                    end += piece.len();
                    push(&mut work.ends, end)?;
                    if work.ends.len() < BLOCK {
                        return Ok(());
                    }
                    encode(work)?;
                    work.ends.clear();
                    Ok(())
                })?;
                if !work.ends.is_empty() {
                    encode(work)?;
                }
            }
        }
        Ok(())
    }

    /// For a short text that a scanner cuts.
    #[inline]
    pub(super) fn encode_scanned(
        &self,
        text: &[u8],
        tier: &Tier,
        work: &mut Workspace,
        sink: &mut impl FnMut(BlockOutput<'_>) -> Result<()>,
    ) -> Result<()> {
        if self.later.is_some() {
            return self.encode_text(text, SplitBy::Scan(tier), false, work, sink);
        }
        let long = self.long_pieces(SplitBy::Scan(tier), false);
        let (mut scanner, mut start) = (Scanner::of(tier, text), 0);
        while scanner.next_block(&mut work.ends, BLOCK)? {
            work.meet = scanner.may_meet();
            self.encode_block(text, start, false, long, work, sink)?;
            start = scanner.position();
        }
        Ok(())
    }

    /// For a text that its forms change. Without tokens in it, it becomes `made`; else what lies between them is changed.
    #[cold]
    fn encode_in_forms(
        &self,
        text: &[u8],
        made: &[u8],
        Between { tier, search, forms }: &Between<'_>,
        is_long: bool,
        work: &mut Workspace,
        sink: &mut impl FnMut(BlockOutput<'_>) -> Result<()>,
    ) -> Result<()> {
        search.early.split(text, |start, end, id| {
            if let Some(id) = id {
                return sink(work.found(id)?);
            }
            let (segment, is_all) = (&text[start..end], end - start == text.len());
            let own = forms.filter(|_| !is_all).map_or(Ok(None), |forms| forms.apply(segment))?;
            let segment = if is_all { made } else { own.as_deref().unwrap_or(segment) };
            self.encode_text(segment, SplitBy::Scan(tier), is_long, work, sink)
        })
    }

    /// Calls `sink` with the values of the pieces of `work.ends`, in parts between which the work can be stopped.
    #[cold]
    fn encode_huge_pieces(
        &self,
        text: &[u8],
        mut start: usize,
        is_long: bool,
        long: Option<&dyn LongPieces>,
        work: &mut Workspace,
        sink: &mut impl FnMut(BlockOutput<'_>) -> Result<()>,
    ) -> Result<()> {
        let ends = self.parts_of(text, start, work)?;
        let mut marks = std::mem::take(&mut work.marks).into_iter().peekable();
        for end in ends {
            work.ends.clear();
            work.ends.push(end);
            work.marks.clear();
            extend(&mut work.marks, marks.next_if(|mark| mark.end == end).map(|mark| Mark { index: 0, ..mark }))?;
            self.encode_block(text, start, is_long, long, work, sink)?;
            start = end;
        }
        Ok(())
    }

    /// Looks up the pieces of `work.ends`, of which the first begins at `start`, merges those not found, and passes the values to `sink`.
    pub(super) fn encode_block(
        &self,
        text: &[u8],
        mut start: usize,
        is_long: bool,
        long: Option<&dyn LongPieces>,
        work: &mut Workspace,
        sink: &mut impl FnMut(BlockOutput<'_>) -> Result<()>,
    ) -> Result<()> {
        if let Some(long) = long
            && work.marks.is_empty()
            && work.passes_by()
        {
            sink(work.encode_long(long, text, start)?)?;
            return interrupt::check();
        }
        self.cut(text, start, work);
        let is_long = is_long && work.pieces_are_short(start);
        let mut first = 0;
        while first < work.ends.len() {
            self.make_room(work, is_long);
            let range = first..work.ends.len().min(first + work.block());
            let end = work.ends[range.end - 1];
            first = range.end;
            let (found, cache, ends) = (&mut work.found, work.cache.view(), Ends::of_block(&work.ends[range.clone()]));
            LookUp { found, cache, text, start, ends }.run(Isa::fastest());
            let how = Merging { tables: &self.tables, later: self.later.as_ref(), long };
            sink(work.merge_misses(how, text, start, range.clone()))?;
            if long.is_some() {
                work.note_new(start, range);
            }
            start = end;
        }
        match work.failure {
            None => interrupt::check(),
            Some(_) => work.failure.take().map_or(Ok(()), Err),
        }
    }

    pub(in crate::fast::encode) fn make_room(&self, work: &mut Workspace, is_long: bool) {
        if !work.seeded && (is_long || work.cache.is_full()) {
            // Pieces that are cut further may not be the tokens that they spell, and those of several words seldom are tokens.
            let is_filled = self.later.is_none() && self.made_long().is_none();
            let end = if is_filled { self.large.first_record } else { 0 };
            // Without memory for it, the small cache stays for this text; if seeding was stopped, another text gets the seeds.
            match PieceCache::seeded(self.large, self.tables.seeds(end)) {
                Some(cache) => work.cache = cache,
                None => work.had_no_memory = true,
            }
            work.seeded = !interrupt::stopped_now();
        }
        if work.seeded {
            work.cache.grow();
        }
        work.cache.turn();
    }

    /// The ends of the pieces of a block, and cuts in huge ones that change no id, so that the work can be stopped between them.
    pub(super) fn parts_of(&self, text: &[u8], mut start: usize, work: &mut Workspace) -> Result<Vec<usize>> {
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
        // A stopped scan may end anywhere.
        interrupt::check_now()?;
        Ok(ends)
    }

    /// Whether a piece may be cut where no token stands across: its parts would not be cut further as it would be.
    fn may_be_cut(&self) -> bool {
        self.later.is_none() && self.tables.parts_are_pieces()
    }

    /// Cuts long pieces of the block where that changes no id; the first begins at `start`.
    fn cut(&self, text: &[u8], start: usize, work: &mut Workspace) {
        if work.meet
            && text.len() >= CUTTABLE
            && self.may_be_cut()
            && let Some(&end) = work.ends.last()
            && !text[start..end].is_ascii()
            && work.cutting.find(text, start..end)
        {
            let Workspace { ends, marks, cutting, .. } = work;
            for mark in &*marks {
                cutting.leave_out(mark.start..mark.end);
            }
            self.tables.cuts().cut(text, ends, cutting);
            renumber(marks, ends);
        }
    }
}
