//! Counting in bounded memory: tables that have grown too large are written to the disk, and combined at the end.
//!
//! A flush writes every entry, with its count and its rank (its place in the order of all that was ever flushed), to one of
//! 64 files by its hash. So all records of a piece are in one file, the first one with the smallest rank, and one file
//! after the other is small enough to be summed up in memory. The sums are merged by rank: the pieces in order of first
//! appearance, with their counts, as if one table had held them all.
//!
//! ```text
//! tables --flush--> run-0 ... run-63 --sum--> sum-0 ... sum-63 --merge by rank--> counts, lengths, data
//! ```
//!
//! Why it is exact: counts are sums, and a rank is smaller the earlier a piece was met, since flushes follow the corpus and
//! each writes its tables in corpus order (`combine.rs`). Costs: each flush writes what it frees; reading it all twice; memory
//! for the largest file's distinct pieces, a 64th of all.

#![expect(
    clippy::cast_possible_truncation,
    reason = "lengths come from files of this process; a run has fewer pieces than a table, which checks"
)]

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::fs::{File, remove_file};
use std::io::{BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use super::combine::{Share, in_order};
use super::hasher::Hasher;
use super::pieces::Pieces;
use super::table::PieceCounts;
use crate::error::{Error, Result};
use crate::fast::util::fallible::{append, collect, concat, push, resize, room, try_collect};
use crate::reference::count::unread;
use crate::support::interrupt;

const FILES: usize = if cfg!(fuzzing) { 3 } else { 64 };
/// Where tables are flushed to.
pub(super) struct Spill {
    folder: PathBuf,
    runs: Vec<Writer>,
    /// How many entries have been flushed.
    rank: u64,
}

struct Writer {
    path: PathBuf,
    file: BufWriter<File>,
}

impl Writer {
    fn create(path: PathBuf) -> Result<Self> {
        let file = File::create(&path).map_err(|error| unread(&path, &error))?;
        Ok(Self { path, file: BufWriter::new(file) })
    }

    fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.file.write_all(bytes).map_err(|error| unread(&self.path, &error))
    }

    fn record(&mut self, record: &Record) -> Result<()> {
        self.write(&record.rank.to_le_bytes())?;
        self.write(&record.count.to_le_bytes())?;
        self.write(&(record.piece.len() as u64).to_le_bytes())?;
        self.write(&record.piece)
    }

    fn finish(mut self) -> Result<PathBuf> {
        self.file.flush().map_err(|error| unread(&self.path, &error))?;
        Ok(self.path)
    }
}

#[derive(Default)]
struct Record {
    rank: u64,
    count: i64,
    piece: Vec<u8>,
}

struct Reader {
    path: PathBuf,
    file: BufReader<File>,
    record: Record,
}

impl Reader {
    fn open(path: PathBuf) -> Result<Self> {
        let file = File::open(&path).map_err(|error| unread(&path, &error))?;
        Ok(Self { path, file: BufReader::new(file), record: Record::default() })
    }

    /// Reads the next record; false at the end.
    fn advance(&mut self) -> Result<bool> {
        let mut head = [0; 24];
        let failed = |error| unread(&self.path, &error);
        if self.file.read(&mut head[..1]).map_err(failed)? == 0 {
            return Ok(false);
        }
        self.file.read_exact(&mut head[1..]).map_err(failed)?;
        let word = |at: usize| u64::from_le_bytes(head[at..at + 8].try_into().expect("8 bytes"));
        self.record.rank = word(0);
        self.record.count = word(8).cast_signed();
        resize(&mut self.record.piece, word(16) as usize, 0)?;
        self.file.read_exact(&mut self.record.piece).map_err(failed)?;
        Ok(true)
    }
}

impl Spill {
    /// Writes to a folder that exists and is used by nobody else.
    pub fn new(folder: PathBuf) -> Self {
        Self { folder, runs: Vec::new(), rank: 0 }
    }

    /// Whether anything has been flushed.
    pub fn is_used(&self) -> bool {
        self.rank > 0
    }

    /// Writes what the shares hold to the disk, and empties them.
    pub fn flush(&mut self, shares: &mut [Share]) -> Result<()> {
        if self.runs.is_empty() {
            let path = |number| self.folder.join(format!("run-{number}"));
            self.runs = try_collect((0..FILES).map(|number| Writer::create(path(number))))?;
        }
        let mut record = Record::default();
        for (whose, range) in in_order(shares)? {
            for number in range {
                let pieces = &shares[whose].pieces;
                let (piece, count) = pieces.get(number);
                record.piece.clear();
                append(&mut record.piece, piece)?;
                (record.rank, record.count) = (self.rank, count);
                self.runs[(pieces.hash_at(number) >> 48) as usize % FILES].record(&record)?;
                self.rank += 1;
                interrupt::check()?;
            }
        }
        shares.iter_mut().for_each(Share::clear);
        Ok(())
    }

    /// Combines all that was flushed.
    pub fn finish(&mut self, hasher: &Hasher) -> Result<CountFiles> {
        let mut sums = Vec::new();
        for (number, run) in std::mem::take(&mut self.runs).into_iter().enumerate() {
            sums.push(sum(run.finish()?, &self.folder.join(format!("sum-{number}")), hasher)?);
        }
        merge(sums, &self.folder)
    }
}

/// Sums up the records of a file into another, which has each piece once, ascending by rank.
fn sum(run: PathBuf, to: &Path, hasher: &Hasher) -> Result<Reader> {
    let mut table = PieceCounts::with_residues(0, hasher.clone());
    let mut ranks = Vec::new();
    let mut reader = Reader::open(run)?;
    while reader.advance()? {
        table.add(&reader.record.piece, reader.record.count)?;
        if table.len() > ranks.len() {
            push(&mut ranks, reader.record.rank)?;
        }
        interrupt::check()?;
    }
    let run = reader.path;
    remove_file(&run).map_err(|error| unread(&run, &error))?;
    let mut writer = Writer::create(to.into())?;
    for ((piece, count), rank) in table.iter().zip(ranks) {
        writer.record(&Record { rank, count, piece: concat(&[piece])? })?;
    }
    Reader::open(writer.finish()?)
}

/// Merges files that ascend by rank.
fn merge(mut readers: Vec<Reader>, folder: &Path) -> Result<CountFiles> {
    let mut heads = BinaryHeap::new();
    for (whose, reader) in readers.iter_mut().enumerate() {
        if reader.advance()? {
            heads.push(Reverse((reader.record.rank, whose)));
        }
    }
    let create = |name| Writer::create(folder.join(name));
    let (mut counts, mut lengths, mut data) = (create("counts")?, create("lengths")?, create("data")?);
    let (mut len, mut pieces, mut size) = (0_usize, 0_i64, 0);
    while let Some(Reverse((_, whose))) = heads.pop() {
        let reader = &mut readers[whose];
        let Record { count, piece, .. } = &reader.record;
        let length = u32::try_from(piece.len()).map_err(|_| too_large("a piece of 4 GiB"))?;
        counts.write(&count.to_le_bytes())?;
        lengths.write(&length.to_le_bytes())?;
        data.write(piece)?;
        len += 1;
        size += u64::from(length);
        pieces = pieces.checked_add(*count).ok_or_else(|| too_large("2^63 pieces"))?;
        interrupt::check()?;
        if reader.advance()? {
            heads.push(Reverse((reader.record.rank, whose)));
        }
    }
    for reader in readers {
        remove_file(&reader.path).map_err(|error| unread(&reader.path, &error))?;
    }
    let [counts, lengths, data] = [counts.finish()?, lengths.finish()?, data.finish()?];
    Ok(CountFiles { counts, lengths, data, len, pieces, size })
}

/// Calls `take` with each word of N bytes of a file.
fn each_word<const N: usize>(path: &Path, mut take: impl FnMut([u8; N]) -> Result<()>) -> Result<()> {
    let failed = |error| unread(path, &error);
    let file = File::open(path).map_err(failed)?;
    let words = file.metadata().map_err(failed)?.len() / N as u64;
    let mut reader = BufReader::new(file);
    let mut word = [0; N];
    for _ in 0..words {
        reader.read_exact(&mut word).map_err(failed)?;
        take(word)?;
    }
    Ok(())
}

fn too_large(what: &str) -> Error {
    Error::Training(format!("the corpus is too large to train on: {what}"))
}

/// Counted pieces on the disk, in order of first appearance: all counts, all lengths, and all bytes.
pub struct CountFiles {
    counts: PathBuf,
    lengths: PathBuf,
    data: PathBuf,
    /// How many distinct pieces there are, and how many in all.
    pub len: usize,
    pub pieces: i64,
    size: u64,
}

impl CountFiles {
    /// Counts that were written elsewhere, in files as `paths` gives them.
    pub fn open([counts, lengths, data]: [PathBuf; 3]) -> Result<Self> {
        let size = std::fs::metadata(&data).map_err(|error| unread(&data, &error))?.len();
        let mut pieces = 0_i64;
        let mut len = 0;
        each_word(&counts, |word| {
            len += 1;
            let count = i64::from_le_bytes(word);
            pieces = pieces.checked_add(count).ok_or_else(|| too_large("2^63 pieces"))?;
            if count < 1 { Err(unread(&counts, &std::io::Error::other("a count below 1"))) } else { Ok(()) }
        })?;
        let mut sum = 0;
        let mut lengths_len = 0;
        each_word(&lengths, |word| {
            lengths_len += 1;
            sum += u64::from(u32::from_le_bytes(word));
            Ok(())
        })?;
        if (lengths_len, sum) != (len, size) {
            return Err(unread(&lengths, &std::io::Error::other("not the lengths of these pieces")));
        }
        Ok(CountFiles { counts, lengths, data, len, pieces, size })
    }

    /// The files of counts (8 bytes each, little endian), of lengths (4 bytes each), and of bytes.
    pub fn paths(&self) -> [PathBuf; 3] {
        [self.counts.clone(), self.lengths.clone(), self.data.clone()]
    }

    /// Loads the pieces into memory: 12 bytes each, and their own bytes.
    pub fn load(&self) -> Result<LoadedPieces> {
        let size = u32::try_from(self.size).map_err(|_| too_large("distinct pieces of 4 GiB"))?;
        let read = |path: &PathBuf| std::fs::read(path).map_err(|error| unread(path, &error));
        let changed = |path: &PathBuf| unread(path, &std::io::Error::other("the file has changed"));
        let mut ends = room(self.len)?;
        let mut end = 0_u32;
        for length in read(&self.lengths)?.as_chunks().0 {
            end = end.checked_add(u32::from_le_bytes(*length)).ok_or_else(|| changed(&self.lengths))?;
            push(&mut ends, end)?;
        }
        if (ends.len(), end) != (self.len, size) {
            return Err(changed(&self.lengths));
        }
        let counts: Vec<i64> =
            collect(read(&self.counts)?.as_chunks().0.iter().map(|count| i64::from_le_bytes(*count)))?;
        let pieces = counts.iter().try_fold(0_i64, |sum, &count| sum.checked_add(count).filter(|_| count > 0));
        if (counts.len(), pieces) != (self.len, Some(self.pieces)) {
            return Err(changed(&self.counts));
        }
        let data = read(&self.data)?;
        if data.len() != size as usize {
            return Err(changed(&self.data));
        }
        Ok(LoadedPieces { data, ends, counts })
    }
}

/// Counted pieces one after the other.
pub struct LoadedPieces {
    data: Vec<u8>,
    ends: Vec<u32>,
    counts: Vec<i64>,
}

impl LoadedPieces {
    /// Pieces and counts in order of first appearance.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&[u8], i64)> {
        (0..self.ends.len()).map(|index| self.get(index as u32))
    }
}

impl Pieces for LoadedPieces {
    fn len(&self) -> usize {
        self.ends.len()
    }

    fn get(&self, index: u32) -> (&[u8], i64) {
        let index = index as usize;
        let start = index.checked_sub(1).map_or(0, |before| self.ends[before]);
        (&self.data[start as usize..self.ends[index] as usize], self.counts[index])
    }
}

#[cfg(test)]
mod tests;
