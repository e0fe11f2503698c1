//! Text -> ids, block by block. Must equal the inner loop of `Codec::encode` of `rust/codec.rs`.
//!
//! The tables of an encoder never change once it is built, and are shared by all threads. What changes, above all the cache
//! of pieces, is a `Workspace` that one thread takes from a pool for one call and puts back after it.
//!
//! A new cache is small and empty: a first short call pays next to nothing, and short texts are encoded from a quarter of a
//! megabyte. When it is full, or when a text of [`SEED_AFTER`] bytes comes at once whose pieces are no longer than words, a large
//! one takes its place, which is filled with the vocabulary: that takes some milliseconds and saves more on the words to come.

use super::block::{BLOCK, Workspace};
use super::block_output::Values;
use super::merge_long::merge_long;
use super::merge_short::{WIDE_LANE, merge_short};
use super::pair_table::PairTable;
use super::piece_cache::{PieceCache, Size};
use super::piece_key::{INLINE, key_of};
use super::static_cuts::StaticCuts;
use crate::error::Result;
use crate::fast::pystr::str_to_utf8::Units;
use crate::fast::scan::{Grammar, Scanner, safe_cut};
use crate::fast::util::pool::Pool;
use crate::fast::util::settings::cache_bytes;
use crate::pretokenize::Pattern;
use crate::vocab::{Tokens, Vocab};
use std::sync::{Arc, OnceLock};

/// From how many bytes of one text on a large cache is worth its time at once.
pub(super) const SEED_AFTER: usize = 1 << 20;
/// Shorter texts have no pieces that are worth cutting.
const CUTTABLE: usize = if cfg!(test) { 7 } else { 64 };
/// How many units of a Python str are turned into UTF-8 at a time, and how near the end of it a cut is looked for.
const PART: usize = 1 << 16;
const NEAR: usize = 256;
/// A new cache: 256 KiB of lines and as much of records.
const FIRST_LOG_LINES: u32 = 12;
const FIRST_RECORDS: usize = 11_000;

/// How text is cut into pieces.
#[derive(Debug, Clone, Copy)]
pub enum Split<'p> {
    /// By the hand-written scanner of a named pattern.
    Scan(Grammar),
    /// By the mirror: `none`, and patterns of one's own.
    Pattern(&'p Pattern),
}

/// The tables of a vocabulary, made for speed.
#[derive(Debug)]
pub struct Encoder {
    vocab: Arc<Vocab>,
    pairs: Option<PairTable>,
    /// The sizes of a new cache and of a seeded one.
    first: Size,
    size: Size,
    /// The length of a text that asks for a seeded cache at once.
    pub(super) seed_after: usize,
    warm: OnceLock<Warm>,
    cuts: OnceLock<StaticCuts>,
    pool: Pool<Workspace>,
}

impl Encoder {
    pub fn new(vocab: Arc<Vocab>) -> Encoder {
        let size = Size::for_ids(vocab.tokens.n_ids(), cache_bytes());
        Encoder::with_size(vocab, size)
    }

    pub(super) fn with_size(vocab: Arc<Vocab>, size: Size) -> Encoder {
        let pairs = PairTable::new(&vocab);
        let first =
            Size { log_lines: size.log_lines.min(FIRST_LOG_LINES), records: size.records.min(FIRST_RECORDS), ..size };
        let (warm, cuts, pool) = (OnceLock::new(), OnceLock::new(), Pool::new());
        Encoder { vocab, pairs, first, size, seed_after: SEED_AFTER, warm, cuts, pool }
    }

    /// Append the ids of a text without special tokens.
    pub fn encode(&self, text: &[u8], split: Split, out: &mut Vec<u32>) -> Result<()> {
        self.each_block(text, split, text.len(), |values| values.append_to(out))
    }

    /// Hand the ids of a text to `emit`, some thousands at a time.
    pub fn encode_blocks(&self, text: &[u8], split: Split, mut emit: impl FnMut(&[u32])) -> Result<()> {
        let mut ids = Vec::new();
        self.each_block(text, split, text.len(), |values| {
            ids.clear();
            values.append_to(&mut ids);
            emit(&ids);
        })
    }

    /// The number of ids of a text, which are not built.
    pub fn count(&self, text: &[u8], split: Split) -> Result<usize> {
        let mut count = 0;
        self.each_block(text, split, text.len(), |values| count += values.count())?;
        Ok(count)
    }

    /// Append the ids of a Python str, whose UTF-8 never stands in memory as a whole.
    pub fn encode_units(&self, units: Units, split: Split, out: &mut Vec<u32>) -> Result<()> {
        self.each_part(units, split, |part| self.each_block(part, split, units.len(), |values| values.append_to(out)))
    }

    /// The number of ids of a Python str.
    pub fn count_units(&self, units: Units, split: Split) -> Result<usize> {
        let mut count = 0;
        self.each_part(units, split, |part| {
            self.each_block(part, split, units.len(), |values| count += values.count())
        })?;
        Ok(count)
    }

    /// The UTF-8 of the units in parts whose pieces are those of the whole.
    fn each_part(&self, units: Units, split: Split, mut emit: impl FnMut(&[u8]) -> Result<()>) -> Result<()> {
        let mut work = self.take();
        let mut part = std::mem::take(&mut work.utf8);
        self.pool.put(work);
        part.clear();
        let (mut at, mut wanted) = (0, PART);
        while at < units.len() {
            let Split::Scan(grammar) = split else {
                at = units.transcode(at, usize::MAX, &mut part);
                continue;
            };
            at = units.transcode(at, wanted, &mut part);
            if at == units.len() {
                break;
            }
            // A cut near the end, or anywhere; where there is none, the part grows, by more each time.
            let near = part.len().saturating_sub(NEAR);
            if let Some(cut) = safe_cut(grammar, &part, near).or_else(|| safe_cut(grammar, &part, 0)) {
                emit(&part[..cut])?;
                part.drain(..cut);
                wanted = PART;
            } else {
                wanted = part.len();
            }
        }
        emit(&part)?;
        part.clear();
        part.shrink_to(2 * PART);
        let mut work = self.take();
        work.utf8 = part;
        self.pool.put(work);
        Ok(())
    }

    pub(super) fn take(&self) -> Box<Workspace> {
        self.pool.take().unwrap_or_else(|| Box::new(Workspace::new(self.first)))
    }

    /// Hand the values of each block to `sink`. The text is all, or a part, of one of `whole` bytes or characters.
    fn each_block(&self, text: &[u8], split: Split, whole: usize, mut sink: impl FnMut(Values<'_>)) -> Result<()> {
        if text.is_empty() {
            return Ok(());
        }
        let mut work = self.take();
        let mut block = |work: &mut Workspace, mut start| {
            self.cut(text, start, work);
            let is_long = whole >= self.seed_after && work.pieces_are_short(start);
            for first in (0..work.ends.len()).step_by(BLOCK) {
                let range = first..work.ends.len().min(first + BLOCK);
                let end = work.ends[range.end - 1];
                self.make_room(work, is_long);
                sink(work.encode(self, text, start, range));
                start = end;
            }
        };
        let result = match split {
            Split::Scan(grammar) => {
                let mut scanner = Scanner::new(grammar, text);
                let mut start = 0;
                while scanner.next_block(&mut work.ends, BLOCK) {
                    block(&mut work, start);
                    start = scanner.position();
                }
                Ok(())
            }
            Split::Pattern(pattern) => {
                work.ends.clear();
                let (mut start, mut end) = (0, 0);
                let result = pattern.split(text, &mut |piece| {
                    end += piece.len();
                    work.ends.push(end);
                    if work.ends.len() == BLOCK {
                        block(&mut work, start);
                        work.ends.clear();
                        start = end;
                    }
                });
                if result.is_ok() && start < end {
                    block(&mut work, start);
                }
                result
            }
        };
        work.rest();
        self.pool.put(work);
        result
    }

    /// Before a block: see to it that the cache has room for what is new.
    fn make_room(&self, work: &mut Workspace, is_long: bool) {
        if !work.seeded && (is_long || work.cache.is_full()) {
            work.seeded = true;
            work.cache = PieceCache::seeded(self.size, self.seeds());
        }
        if work.seeded {
            work.cache.grow();
        }
        work.cache.turn();
    }

    /// Put cuts inside the pieces in work; the first of these begins at `start`.
    fn cut(&self, text: &[u8], start: usize, work: &mut Workspace) {
        let made = self.vocab.merges_make_all || self.warm.get().is_some_and(|warm| warm.merges_make_all);
        let parts_are_pieces = made || !self.vocab.whole_pieces;
        if text.len() >= CUTTABLE
            && parts_are_pieces
            && let Some(&end) = work.ends.last()
            && work.cutting.find(text, start..end)
        {
            made_once(&self.cuts, || StaticCuts::new(&self.vocab)).cut(text, &mut work.ends, &mut work.cutting);
        }
    }

    pub(super) fn vocab(&self) -> &Vocab {
        &self.vocab
    }

    pub(super) fn pairs(&self) -> Option<&PairTable> {
        self.pairs.as_ref()
    }

    /// The token that a piece is as it stands, whatever merges make of it.
    #[inline]
    pub(super) fn whole(&self, piece: &[u8]) -> Option<u32> {
        let asked = self.vocab.whole_pieces
            && !self.vocab.merges_make_all
            && !self.warm.get().is_some_and(|warm| warm.merges_make_all);
        if asked { self.vocab.token_id(piece) } else { None }
    }

    /// The keys of the pieces of at most 13 bytes that are one token, and the tokens.
    fn seeds(&self) -> impl Iterator<Item = (u128, u32)> {
        let warm = made_once(&self.warm, || Warm::new(self));
        let known = self.vocab.whole_pieces || warm.merges_make_all;
        let Tokens { bytes, spans } = &self.vocab.tokens;
        let short = |id: u32, len: usize| id < self.size.first_record && (1..=INLINE).contains(&len);
        (spans.iter().zip(0..).map(|(&(start, len), id)| (id, start as usize, len as usize)))
            .filter(move |&(id, _, len)| short(id, len) && (known || warm.made[id as usize]))
            .map(|(id, start, len)| (key_of(bytes, start, start + len), id))
    }
}

/// What is found out about a vocabulary when its first cache is seeded.
#[derive(Debug)]
struct Warm {
    /// By id, whether the merges make the token of its bytes; empty if they make all of them.
    made: Vec<bool>,
    /// Whether the merges make every token of its bytes, so that whole pieces need not be asked for.
    merges_make_all: bool,
}

impl Warm {
    fn new(encoder: &Encoder) -> Warm {
        let vocab = &*encoder.vocab;
        if vocab.merges_make_all {
            return Warm { made: Vec::new(), merges_make_all: true };
        }
        let made = made_by_merges(encoder);
        let merges_make_all = vocab.tokens.iter().all(|(id, token)| token.is_empty() || made[id as usize]);
        Warm { made: if merges_make_all { Vec::new() } else { made }, merges_make_all }
    }
}

/// What is in the cell, made if it is empty. Threads that come at once do the work twice, but none waits for another, which
/// after a fork may not be there any more.
fn made_once<T>(cell: &OnceLock<T>, make: impl Fn() -> T) -> &T {
    if cell.get().is_none() {
        let _ = cell.set(make());
    }
    cell.get_or_init(make)
}

/// By id, whether merging the token's bytes gives the token.
pub(super) fn made_by_merges(encoder: &Encoder) -> Vec<bool> {
    let tokens = &encoder.vocab.tokens;
    let mut made = vec![false; tokens.n_ids() as usize];
    let Some(pairs) = encoder.pairs() else { return made };
    let mut check = |id: u32, symbols: &[u32]| made[id as usize] = symbols.len() == 1 && pairs.id(symbols[0]) == id;
    let all = || tokens.iter().filter(|(_, token)| !token.is_empty());
    merge_short(pairs, all().filter(|(_, token)| token.len() <= WIDE_LANE), &mut check);
    let mut symbols = Vec::new();
    for (id, token) in all().filter(|(_, token)| token.len() > WIDE_LANE) {
        symbols.clear();
        merge_long(pairs, token, &mut symbols);
        check(id, &symbols);
    }
    made
}
