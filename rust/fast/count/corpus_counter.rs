//! Counting a corpus, file by file or document by document, on several threads. Must equal `PieceCounter` of
//! `rust/reference/count.rs`, whose interface this has.
//!
//! The text is cut into parts that can be split into pieces independently (`splitter.rs`), numbered in corpus order. Each
//! thread takes the next part and counts it into its own table, which records how many entries it had when each part began.
//! At the end the tables are combined into one (`combine.rs`), part by part in corpus order: from each part come the entries
//! that its table met there first. The part in which a piece first appears is also the first in which its thread met it. So
//! the result has the order of first appearance, and depends on the corpus only, not on which thread counted what (SPEC T8).
//!
//! With a memory bound, the threads stop when their tables together reach it, the tables are written to the disk (`spill.rs`),
//! and counting goes on.
//!
//! Costs: O(bytes) time; for each thread a table and a part (256 KiB, or the longest stretch that cannot be cut).

use std::fs::File;
use std::io::Read;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::combine::{Share, combine};
use super::file_chunks::FileChunks;
use super::hasher::Hasher;
use super::pieces::Pieces;
use super::runs::{self, Runs};
use super::spill::{CountFiles, Spill};
use super::splitter::{PART, Splitter, documents, parts_of};
use super::table::PieceCounts;
use crate::error::{Error, Result};
use crate::fast::encode::parallel;
use crate::fast::util::fallible::{concat, push};
use crate::fast::util::threads::on_threads;
use crate::reference::count::unread;
use crate::reference::published::found_tokens::SpecialTokens;
use crate::reference::published::patterns::Pattern;
use crate::reference::published::vocabs::Vocab;
use crate::support::interrupt;

/// Less text than this is counted by one thread.
const WORTH_A_THREAD: u64 = if cfg!(fuzzing) { 64 } else { 1 << 20 };

/// The least memory bound: buffers take that much, and tables of a useful size.
pub const MIN_MEMORY: usize = 1 << 24;
/// Typical upper bound on the new pieces of a part.
const PART_PIECES: usize = 1 << 16;

/// How much memory the tables may take, and where to flush them to.
struct Bound {
    tables: usize,
    spill: Spill,
}

/// Is called with the number of bytes read since the last call; an error stops the counting.
pub type OnChunk<'c> = &'c mut dyn FnMut(usize) -> Result<()>;

/// Counts the pieces of a corpus, in the order in which they are first seen.
pub struct CorpusCounter {
    splitter: Splitter,
    /// What each thread has counted; one thread alone uses the first.
    shares: Vec<Share>,
    hasher: Hasher,
    bound: Option<Bound>,
    /// The finished counts, if they are on the disk.
    files: Option<CountFiles>,
    /// Counting was stopped, or failed, in the middle: what is in the tables and on the disk is not what any documents have.
    broken: bool,
    /// The documents counted, and their bytes.
    pub documents: u64,
    pub bytes: u64,
}

impl CorpusCounter {
    /// A counter that uses up to `threads` threads.
    pub fn new(pattern: Pattern, special: &SpecialTokens, threads: usize) -> Self {
        let splitter = Splitter::new(pattern, special);
        let hasher = Hasher::default();
        let shares = Share::new(threads.clamp(1, parallel::most_threads()), &hasher);
        Self { splitter, shares, hasher, bound: None, files: None, broken: false, documents: 0, bytes: 0 }
    }

    /// Keeps the memory of counting below `max_memory` bytes (16 MiB at least): what does not fit goes to `folder`, which must
    /// exist and be used by nobody else, and is not removed here.
    #[must_use]
    pub fn bounded(self, max_memory: usize, folder: PathBuf) -> Self {
        let max_memory = max_memory.max(MIN_MEMORY);
        let threads = self.shares.len().min(max_memory / (MIN_MEMORY / 2));
        // Parts and buffers; then half of the rest, if tables of several threads may have to be poured into one.
        let rest = max_memory - (threads + 1) * 2 * PART;
        let tables = if threads > 1 { rest / 2 } else { rest };
        self.with_tables_of(if cfg!(fuzzing) { 0 } else { tables }, threads, folder)
    }

    /// Flushes when the tables of `threads` threads have grown to `tables` bytes together.
    pub(super) fn with_tables_of(self, tables: usize, threads: usize, folder: PathBuf) -> Self {
        let shares = Share::new(threads, &self.hasher);
        Self { shares, bound: Some(Bound { tables, spill: Spill::new(folder) }), ..self }
    }

    /// For training on from a vocabulary: keeps the pieces as runs of its ids (`runs.rs`), unless these are their bytes.
    pub fn with_runs(mut self, vocab: Arc<Vocab>) -> Result<Self> {
        if runs::are_needed(&vocab) && !vocab.alphabet.drops_bytes {
            self.splitter.runs = Some(Box::new(Runs::new(vocab)?));
        }
        Ok(self)
    }

    /// What its pieces are runs of, if they are.
    pub fn runs(&self) -> Option<&Runs> {
        self.splitter.runs.as_deref()
    }

    /// Counts pieces that were counted elsewhere. Calls `on_new` with the number of each that is new to its table.
    pub fn add_pieces<'p>(
        &mut self,
        pieces: impl IntoIterator<Item = (&'p [u8], i64)>,
        mut on_new: impl FnMut(usize),
    ) -> Result<()> {
        self.check_open()?;
        if self.runs().is_some() {
            return Err(Error::Training("these counts are of runs of ids, to which no pieces can be added".into()));
        }
        let next = next_part(&self.shares);
        let share = &mut self.shares[0];
        share.begin(next)?;
        for (number, (piece, n)) in pieces.into_iter().enumerate() {
            let known = share.pieces.len();
            share.pieces.add(piece, n).inspect_err(|_| self.broken = true)?;
            if share.pieces.len() > known {
                on_new(number);
            }
        }
        Ok(())
    }

    /// Takes over finished counts that are on the disk, in place of its own.
    pub fn hold(&mut self, files: CountFiles) {
        self.shares = Share::new(1, &self.hasher);
        self.files = Some(files);
    }

    /// Fails if the counts on the disk are finished and cannot be added to, or if counting was stopped.
    fn check_open(&self) -> Result<()> {
        let closed = || Error::Training("the counts are finished and on the disk; count again".into());
        self.check_complete()?;
        if self.files.is_some() { Err(closed()) } else { Ok(()) }
    }

    fn check_complete(&self) -> Result<()> {
        let broken = || Error::Training("counting was stopped before it was done; count again".into());
        if self.broken { Err(broken()) } else { Ok(()) }
    }

    /// Combines what the threads have counted so far, for [`pieces`](Self::pieces).
    pub fn finish(&mut self) -> Result<()> {
        self.check_complete()?;
        let done = self.combine();
        self.broken = done.is_err();
        done
    }

    fn combine(&mut self) -> Result<()> {
        if let Some(bound) = &mut self.bound
            && bound.spill.is_used()
            && self.files.is_none()
        {
            bound.spill.flush(&mut self.shares)?;
            self.shares = Share::new(1, &self.hasher);
            self.files = Some(bound.spill.finish(&self.hasher)?);
        } else if !self.is_finished() {
            let (threads, next) = (self.shares.len(), next_part(&self.shares));
            let all = combine(&mut self.shares, threads)?;
            self.shares = Share::new(threads, &self.hasher);
            self.shares[0].hold(all, next)?;
        }
        Ok(())
    }

    /// Whether everything is in one table, or finished on the disk.
    pub fn is_finished(&self) -> bool {
        let spilt = self.files.is_none() && self.bound.as_ref().is_some_and(|bound| bound.spill.is_used());
        !self.broken && !spilt && self.shares[1..].iter().all(|share| share.pieces.is_empty())
    }

    /// All pieces counted before the last `finish`, in the order of first appearance.
    pub fn pieces(&self) -> Counted<'_> {
        self.files.as_ref().map_or_else(|| Counted::Table(&self.shares[0].pieces), Counted::Files)
    }

    /// Calls `show` with each piece and its count, in order of first appearance.
    pub fn each(&self, mut show: impl FnMut(&[u8], i64) -> Result<()>) -> Result<()> {
        let mut piece = Vec::new();
        self.pieces().each(|run, n| match self.runs() {
            None => show(run, n),
            Some(runs) => runs.spell(run, &mut piece).and_then(|()| show(&piece, n)),
        })
    }

    /// Each piece with its count.
    pub fn to_vec(&self) -> Result<Vec<(Vec<u8>, i64)>> {
        let mut pieces = Vec::new();
        self.each(|piece, n| push(&mut pieces, (concat(&[piece])?, n)))?;
        Ok(pieces)
    }

    /// Takes the table of the pieces out, if they are in memory.
    pub fn into_table(self) -> Option<PieceCounts> {
        self.shares.into_iter().next().filter(|_| self.files.is_none()).map(|share| share.pieces)
    }

    #[cfg(test)]
    pub(super) fn finished(&mut self) -> Vec<(Vec<u8>, i64)> {
        self.finish().expect("a small corpus");
        self.pieces().to_vec().expect("a small corpus")
    }

    #[cfg(test)]
    pub(super) fn splitter(&self) -> &Splitter {
        &self.splitter
    }

    /// Counts some documents. Special tokens are cut out; nothing joins one document to the next.
    pub fn add(&mut self, documents: &[&[u8]], on_chunk: OnChunk) -> Result<()> {
        self.check_open()?;
        let Self { splitter, shares, bound, .. } = self;
        let parts = parts_of(documents, splitter)?;
        let bytes: usize = documents.iter().map(|document| document.len()).sum();
        self.documents += documents.len() as u64;
        self.bytes += bytes as u64;
        let next = AtomicUsize::new(0);
        let take = |part: &mut Range<usize>| {
            let number = next.fetch_add(1, Ordering::Relaxed);
            let Some(range) = parts.ranges.get(number) else { return Ok(None) };
            part.clone_from(range);
            Ok(Some((number, parts.texts[range.clone()].iter().map(|text| text.len()).sum())))
        };
        let count = |part: &Range<usize>, pieces: &mut PieceCounts| {
            splitter.count(parts.texts[part.clone()].iter().copied(), pieces)
        };
        let done = share(shares, bytes as u64, bound, &take, &count, on_chunk);
        self.broken = done.is_err();
        done
    }

    /// Counts a text file; see `add_stream`.
    pub fn add_file(&mut self, path: &Path, separator: Option<&[u8]>, on_chunk: OnChunk) -> Result<()> {
        let failed = |error| unread(path, &error);
        let file = File::open(path).map_err(failed)?;
        let size = file.metadata().map_err(failed)?.len();
        self.add_stream(file, size, path, separator, on_chunk)
    }

    /// Counts a text of about `size` bytes: one document, or several with a separator between them. Errors name the path.
    pub fn add_stream(
        &mut self,
        source: impl Read + Send,
        size: u64,
        path: &Path,
        separator: Option<&[u8]>,
        on_chunk: OnChunk,
    ) -> Result<()> {
        self.check_open()?;
        let Self { splitter, shares, bound, .. } = self;
        let (separators, bytes) = (AtomicU64::new(0), AtomicU64::new(0));
        let parts = Mutex::new(FileChunks::new(source, path, separator, splitter));
        let take = |part: &mut Vec<u8>| parts.lock().unwrap_or_else(PoisonError::into_inner).next(part);
        let count = |part: &Vec<u8>, pieces: &mut PieceCounts| {
            let counted = documents(part, separator).enumerate().map(|(number, document)| {
                separators.fetch_add(u64::from(number > 0), Ordering::Relaxed);
                bytes.fetch_add(document.len() as u64, Ordering::Relaxed);
                document
            });
            splitter.count(counted, pieces)
        };
        let done = share(shares, size, bound, &take, &count, on_chunk);
        self.broken = done.is_err();
        done?;
        self.documents += 1 + separators.into_inner();
        self.bytes += bytes.into_inner();
        Ok(())
    }
}

/// Counted pieces: in a table, or on the disk.
#[derive(Clone, Copy)]
pub enum Counted<'c> {
    Table(&'c PieceCounts),
    Files(&'c CountFiles),
}

impl<'c> Counted<'c> {
    /// The pieces, which are read from the disk where they lie there.
    pub fn load(self) -> Result<Box<dyn Pieces + 'c>> {
        Ok(match self {
            Counted::Table(table) => Box::new(table),
            Counted::Files(files) => Box::new(files.load()?),
        })
    }

    /// Calls `show` with each piece and its count, in order of first appearance.
    pub fn each(self, mut show: impl FnMut(&[u8], i64) -> Result<()>) -> Result<()> {
        let pieces = self.load()?;
        pieces.all().try_for_each(|(piece, count)| show(piece, count))
    }

    /// Each piece with its count.
    pub fn to_vec(self) -> Result<Vec<(Vec<u8>, i64)>> {
        let mut pieces = Vec::new();
        self.each(|piece, count| push(&mut pieces, (concat(&[piece])?, count)))?;
        Ok(pieces)
    }

    /// How many pieces there are in all, and how many distinct ones.
    pub fn totals(self) -> (i64, usize) {
        match self {
            Counted::Table(table) => (table.iter().map(|(_, count)| count).sum(), table.len()),
            Counted::Files(files) => (files.pieces, files.len),
        }
    }
}

/// The number of the next part.
fn next_part(shares: &[Share]) -> usize {
    shares.iter().map(Share::after).max().unwrap_or(0)
}

/// Counts all parts of a text of about `size` bytes on as many threads as there are shares, if the text is worth it. `take`
/// fills in the next part and returns its number and its bytes, or nothing.
fn share<P: Default>(
    shares: &mut [Share],
    size: u64,
    bound: &mut Option<Bound>,
    take: &(impl Fn(&mut P) -> Result<Option<(usize, usize)>> + Sync),
    count: &(impl Fn(&P, &mut PieceCounts) -> Result<()> + Sync),
    on_chunk: OnChunk,
) -> Result<()> {
    let first = next_part(shares);
    let threads = if size >= WORTH_A_THREAD { shares.len() } else { 1 };
    let Some(Bound { tables, spill }) = bound else {
        return work_off(&mut shares[..threads], first, usize::MAX, take, count, on_chunk).map(drop);
    };
    while !work_off(&mut shares[..threads], first, *tables, take, count, on_chunk)? {
        spill.flush(shares)?;
        // What one part with much in it has left would make every part after it full.
        let most = *tables / threads;
        shares.iter_mut().filter(|share| share.pieces.memory_after(PART_PIECES) > most).for_each(Share::give_back);
    }
    Ok(())
}

/// Counts parts, whose numbers begin at `first`, until none are left or the tables take `most` bytes; true if none are left.
fn work_off<P: Default>(
    shares: &mut [Share],
    first: usize,
    most: usize,
    take: &(impl Fn(&mut P) -> Result<Option<(usize, usize)>> + Sync),
    count: &(impl Fn(&P, &mut PieceCounts) -> Result<()> + Sync),
    on_chunk: OnChunk,
) -> Result<bool> {
    let (unheard, full, ended) = (AtomicUsize::new(0), AtomicBool::new(false), AtomicBool::new(false));
    // Each thread may fill its own part of the memory.
    let most = most / shares.len();
    // Counts until no part is left, or no memory.
    let work = |share: &mut Share, hear: &mut dyn FnMut() -> Result<()>| {
        let mut part = P::default();
        loop {
            full.fetch_or(share.pieces.memory_after(PART_PIECES) > most, Ordering::Relaxed);
            if full.load(Ordering::Relaxed) && !share.pieces.is_empty() {
                return Ok(());
            }
            let Some((number, bytes)) = take(&mut part)? else {
                ended.store(true, Ordering::Relaxed);
                return Ok(());
            };
            share.begin(first + number)?;
            unheard.fetch_add(bytes, Ordering::Relaxed);
            count(&part, &mut share.pieces)?;
            hear()?;
        }
    };
    let threads = shares.len();
    let (mine, others) = shares.split_first_mut().expect("a share");
    let others = Mutex::new(others.iter_mut());
    let mine = || work(mine, &mut || on_chunk(unheard.swap(0, Ordering::Relaxed)));
    let other = || {
        let share = others.lock().unwrap_or_else(PoisonError::into_inner).next();
        share.map_or(Ok(()), |share| work(share, &mut interrupt::check))
    };
    let done = on_threads(threads, mine, other);
    on_chunk(unheard.into_inner())?;
    done?;
    Ok(ended.into_inner())
}

#[cfg(test)]
mod tests;
