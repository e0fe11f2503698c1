//! Counting a corpus, file by file or document by document, on several threads. Must equal `PieceCounter` of
//! `rust/train.rs`, whose interface this has.
//!
//! The text is cut into parts that can be split into pieces independently, numbered in corpus order. Each thread takes the
//! next part and counts it into a table of its own; a table remembers how many entries it had when it began each part.
//! At the end the tables are poured into one, part by part in corpus order, from each part the entries that its table met
//! there first. The part in which a piece appears first of all is also the first in which its own thread met it; so the
//! result has the order of first appearance, whoever counted what, and depends on nothing but the corpus (SPEC T8).
//!
//! # Where a text may be cut
//!
//! At `at`, if all of this holds (SPEC T6):
//!
//! 1. a piece ends there whatever follows ([`safe_cut`], for the three named patterns; a document of any other pattern
//!    stays whole);
//! 2. no special token stands across it, complete or begun: as many bytes as the longest has are known after `at`, and none
//!    of the tokens' occurrences crosses. Then leftmost-longest search finds the same tokens in both halves as in the whole,
//!    since a match never crosses and the search begins anew after each;
//! 3. no separator of documents stands across it: separators are looked for left to right, `at` lies behind the last one
//!    found, and as many bytes as a separator has are known after it.
//!
//! Costs: O(bytes) time; for each thread a table and a part (256 KiB, or the longest stretch that cannot be cut).

use std::fs::File;
use std::io::Read;
use std::ops::Range;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use super::count::{BLOCK, PieceCounts};
use super::parts::FileParts;
use super::scan::{Grammar, Scanner, safe_cut};
use crate::error::{Error, Result};
use crate::pretokenize::Pattern;
use crate::special::{Finder, SpecialTokens};
use crate::train::unread;

/// The usual size of a part: it stays in the second-level cache.
pub(super) const PART: usize = 1 << 18;
/// Less text than this is counted by one thread.
const WORTH_A_THREAD: u64 = 1 << 20;
/// Bytes of text between two polls inside one part.
const STRETCH: usize = 1 << 20;

/// What the threads share: how text is cut and split.
pub(super) struct Splitter {
    pattern: Pattern,
    grammar: Option<Grammar>,
    special: Finder,
}

/// Hears of bytes read, 0 while a part is long; an error stops the counting.
pub type OnChunk<'c> = &'c mut dyn FnMut(usize) -> Result<()>;

/// Counts the pieces of a corpus, in the order in which they are first seen.
pub struct CorpusCounter {
    splitter: Splitter,
    threads: usize,
    /// What has been counted so far.
    pub pieces: PieceCounts,
    /// The documents counted, and their bytes.
    pub documents: u64,
    pub bytes: u64,
}

impl CorpusCounter {
    /// A counter that uses up to `threads` threads.
    pub fn new(pattern: Pattern, special: &SpecialTokens, threads: usize) -> Self {
        let grammar = pattern.scanner();
        let splitter = Splitter { pattern, grammar, special: special.finder_of_all() };
        Self { splitter, threads: threads.max(1), pieces: PieceCounts::new(), documents: 0, bytes: 0 }
    }

    #[cfg(test)]
    pub(super) fn splitter(&self) -> &Splitter {
        &self.splitter
    }

    /// Count some documents. Special tokens are cut out; nothing joins one document to the next.
    pub fn add(&mut self, documents: &[&[u8]], on_chunk: OnChunk) -> Result<()> {
        let Self { splitter, threads, pieces, .. } = self;
        let parts = parts_of(documents, splitter);
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
        let count = |part: &Range<usize>, pieces: &mut PieceCounts, poll: &mut dyn FnMut() -> Result<()>| {
            parts.texts[part.clone()].iter().try_for_each(|text| splitter.count(text, pieces, poll))
        };
        let threads = if bytes as u64 >= WORTH_A_THREAD { *threads } else { 1 };
        share(threads, pieces, &take, &count, on_chunk)
    }

    /// Count a text file; see `add_stream`.
    pub fn add_file(&mut self, path: &Path, separator: Option<&[u8]>, on_chunk: OnChunk) -> Result<()> {
        let failed = |error| unread(path, &error);
        let file = File::open(path).map_err(failed)?;
        let size = file.metadata().map_err(failed)?.len();
        self.add_parts(file, size, path, separator, on_chunk)
    }

    /// Count a text: one document, or several with a separator between them. Errors name the path.
    pub fn add_stream(
        &mut self,
        source: impl Read + Send,
        path: &Path,
        separator: Option<&[u8]>,
        on_chunk: OnChunk,
    ) -> Result<()> {
        self.add_parts(source, u64::MAX, path, separator, on_chunk)
    }

    fn add_parts(
        &mut self,
        source: impl Read + Send,
        size: u64,
        path: &Path,
        separator: Option<&[u8]>,
        on_chunk: OnChunk,
    ) -> Result<()> {
        let Self { splitter, threads, pieces, .. } = self;
        let (separators, bytes) = (AtomicU64::new(0), AtomicU64::new(0));
        let threads = if size >= WORTH_A_THREAD { *threads } else { 1 };
        let parts = Mutex::new(FileParts::new(source, path, separator, splitter));
        let take = |part: &mut Vec<u8>| parts.lock().unwrap_or_else(PoisonError::into_inner).next(part);
        let count = |part: &Vec<u8>, pieces: &mut PieceCounts, poll: &mut dyn FnMut() -> Result<()>| {
            for (number, document) in documents(part, separator).enumerate() {
                separators.fetch_add(u64::from(number > 0), Ordering::Relaxed);
                bytes.fetch_add(document.len() as u64, Ordering::Relaxed);
                splitter.count(document, pieces, poll)?;
            }
            Ok(())
        };
        share(threads, pieces, &take, &count, on_chunk)?;
        self.documents += 1 + separators.into_inner();
        self.bytes += bytes.into_inner();
        Ok(())
    }
}

impl Splitter {
    /// Count one document, or a part of one.
    fn count(&self, text: &[u8], pieces: &mut PieceCounts, poll: &mut dyn FnMut() -> Result<()>) -> Result<()> {
        self.special.split(text, |start, end, id| {
            if id.is_some() {
                return Ok(());
            }
            let Some(grammar) = self.grammar else {
                let mut done = Ok(());
                self.pattern.split(&text[start..end], &mut |piece| {
                    if done.is_ok() {
                        done = pieces.add(piece, 1);
                    }
                })?;
                return done;
            };
            let text = &text[start..end];
            let mut scanner = Scanner::new(grammar, text);
            let (mut ends, mut start, mut polled) = (Vec::new(), 0, 0);
            while scanner.next_block(&mut ends, BLOCK) {
                pieces.add_block(text, start, &ends)?;
                start = scanner.position();
                if start - polled > STRETCH {
                    polled = start;
                    poll()?;
                }
            }
            Ok(())
        })
    }

    /// Bytes that must be known after a cut.
    pub(super) fn longest_special(&self) -> usize {
        self.special.longest()
    }

    /// The last place, or nearly, at which `text` may be cut so that `after` bytes are left; none if there is no such
    /// place. Looks back further and further, so that it costs little where places abound.
    pub(super) fn last_cut(&self, text: &[u8], after: usize) -> Option<usize> {
        let grammar = self.grammar?;
        let known = text.len().checked_sub(after)?;
        let mut back = 64;
        loop {
            let from = known.saturating_sub(back);
            let next = |&cut: &usize| safe_cut(grammar, &text[..known], cut + 1);
            let cuts: Vec<usize> = std::iter::successors(safe_cut(grammar, &text[..known], from), next).collect();
            let found = cuts.into_iter().rev().find(|&cut| !self.special.crosses(text, cut));
            if found.is_some() || from == 0 {
                return found;
            }
            back *= 8;
        }
    }
}

/// The documents of a text that holds several.
pub(super) fn documents<'t>(text: &'t [u8], separator: Option<&'t [u8]>) -> impl Iterator<Item = &'t [u8]> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let text = rest?;
        let found = separator.and_then(|separator| find(text, separator).map(|at| (at, at + separator.len())));
        rest = found.map(|(_, after)| &text[after..]);
        Some(&text[..found.map_or(text.len(), |(at, _)| at)])
    })
}

/// Where `wanted` stands first.
pub(super) fn find(text: &[u8], wanted: &[u8]) -> Option<usize> {
    let first = *wanted.first()?;
    let mut from = 0;
    loop {
        let at = from + text.get(from..)?.iter().position(|&byte| byte == first)?;
        if text[at..].starts_with(wanted) {
            return Some(at);
        }
        from = at + 1;
    }
}

/// Documents in memory, long ones cut; and groups of them that make up the parts.
struct MemoryParts<'t> {
    texts: Vec<&'t [u8]>,
    ranges: Vec<Range<usize>>,
}

fn parts_of<'t>(documents: &[&'t [u8]], splitter: &Splitter) -> MemoryParts<'t> {
    let mut parts = MemoryParts { texts: Vec::new(), ranges: Vec::new() };
    let (mut begun, mut bytes) = (0, 0);
    for &document in documents {
        let mut rest = document;
        while !rest.is_empty() {
            let wanted = rest.len().min(PART);
            let cut = if wanted == rest.len() {
                None
            } else {
                splitter.last_cut(&rest[..wanted], splitter.longest_special())
            };
            let (text, after) = rest.split_at(cut.unwrap_or(rest.len()));
            parts.texts.push(text);
            rest = after;
            bytes += text.len();
            if bytes >= PART / 2 {
                parts.ranges.push(begun..parts.texts.len());
                (begun, bytes) = (parts.texts.len(), 0);
            }
        }
    }
    if begun < parts.texts.len() {
        parts.ranges.push(begun..parts.texts.len());
    }
    parts
}

/// Count all parts on `threads` threads. `take` fills in the next part and returns its number and its bytes, or nothing.
fn share<P: Default>(
    threads: usize,
    pieces: &mut PieceCounts,
    take: &(impl Fn(&mut P) -> Result<Option<(usize, usize)>> + Sync),
    count: &(impl Fn(&P, &mut PieceCounts, &mut dyn FnMut() -> Result<()>) -> Result<()> + Sync),
    on_chunk: OnChunk,
) -> Result<()> {
    if threads == 1 {
        let mut part = P::default();
        while let Some((_, bytes)) = take(&mut part)? {
            count(&part, pieces, &mut || on_chunk(0))?;
            on_chunk(bytes)?;
        }
        return Ok(());
    }
    let (stop, unheard) = (AtomicBool::new(false), AtomicUsize::new(0));
    // Counts until there is no part left, or somebody stops.
    let work = |hear: &mut dyn FnMut() -> Result<()>| {
        let mut share = Share { pieces: PieceCounts::new(), parts: Vec::new() };
        let mut part = P::default();
        let done = loop {
            match take(&mut part) {
                Ok(Some((number, bytes))) => {
                    share.parts.push((number, share.pieces.len()));
                    unheard.fetch_add(bytes, Ordering::Relaxed);
                }
                Ok(None) => break Ok(()),
                Err(error) => break Err(error),
            }
            if let Err(error) = count(&part, &mut share.pieces, hear).and_then(|()| hear()) {
                break Err(error);
            }
        };
        stop.fetch_or(done.is_err(), Ordering::Relaxed);
        done.map(|()| share)
    };
    let stopped = || if stop.load(Ordering::Relaxed) { Err(Error::Interrupted) } else { Ok(()) };
    let shares = std::thread::scope(|scope| {
        let others: Vec<_> = (1..threads).map(|_| scope.spawn(|| work(&mut || stopped()))).collect();
        let mine = work(&mut || {
            stopped()?;
            on_chunk(unheard.swap(0, Ordering::Relaxed))
        });
        let join = |other: std::thread::ScopedJoinHandle<'_, _>| {
            other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        };
        std::iter::once(mine).chain(others.into_iter().map(join)).collect::<Vec<_>>()
    });
    on_chunk(unheard.into_inner())?;
    // Who stopped because another failed has nothing to say about it.
    let failed = shares.iter().filter_map(|share| share.as_ref().err());
    if let Some(error) = failed.max_by_key(|error| **error != Error::Interrupted) {
        return Err(error.clone());
    }
    pour(pieces, &shares.into_iter().flatten().collect::<Vec<_>>())
}

/// What one thread has counted.
struct Share {
    pieces: PieceCounts,
    /// The number of each part, ascending, and how many pieces were known before it.
    parts: Vec<(usize, usize)>,
}

/// Pour all shares into one table, in the order of the parts.
fn pour(pieces: &mut PieceCounts, shares: &[Share]) -> Result<()> {
    let mut order = Vec::new();
    for (whose, share) in shares.iter().enumerate() {
        let ends = share.parts.iter().skip(1).map(|part| part.1).chain([share.pieces.len()]);
        order.extend(share.parts.iter().zip(ends).map(|(&(number, start), end)| (number, whose, start..end)));
    }
    order.sort_unstable_by_key(|part| part.0);
    order.into_iter().try_for_each(|(_, whose, range)| pieces.absorb(&shares[whose].pieces, range))
}
