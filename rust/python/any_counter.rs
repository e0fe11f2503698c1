//! Either counter of pieces, by one interface.

use super::calls::Stream;
use crate::error::Result;
use crate::fast::count::corpus_counter::{CorpusCounter, Counted, OnChunk};
use crate::fast::count::runs::Runs;
use crate::fast::count::spill::CountFiles;
use crate::fast::util::fallible::{concat, push};
use crate::reference::count;
use std::path::Path;

/// The fast counter, or its mirror where the fast paths are switched off.
#[allow(clippy::large_enum_variant, reason = "there is one for a whole corpus")]
pub enum Counter {
    Fast(CorpusCounter),
    Mirror(count::PieceCounter),
}

impl Counter {
    pub fn add(&mut self, documents: &[&[u8]], on_chunk: OnChunk) -> Result<()> {
        match self {
            Counter::Fast(counter) => counter.add(documents, on_chunk),
            Counter::Mirror(counter) => counter.add(documents.iter().copied()),
        }
    }

    pub fn add_file(&mut self, path: &Path, separator: Option<&[u8]>, on_chunk: OnChunk) -> Result<()> {
        match self {
            Counter::Fast(counter) => counter.add_file(path, separator, on_chunk),
            Counter::Mirror(counter) => counter.add_file(path, separator, on_chunk),
        }
    }

    pub fn add_stream(
        &mut self,
        mut stream: Stream<'_>,
        path: &Path,
        separator: Option<&[u8]>,
        on_chunk: OnChunk,
    ) -> Result<()> {
        match self {
            Counter::Fast(counter) => counter.add_stream(stream, path, separator, on_chunk),
            Counter::Mirror(counter) => counter.add_stream(&mut stream, path, separator, on_chunk),
        }
    }

    /// Adds pieces that were counted in `documents` documents of `bytes` bytes in all. Returns the numbers of those that are
    /// new.
    pub fn add_pieces<'p>(
        &mut self,
        pieces: impl Iterator<Item = (&'p [u8], i64)>,
        documents: u64,
        bytes: u64,
    ) -> Result<Vec<u64>> {
        let mut new = Vec::new();
        match self {
            Counter::Fast(counter) => {
                counter.documents += documents;
                counter.bytes += bytes;
                counter.add_pieces(pieces, |number| new.push(number as u64))?;
            }
            Counter::Mirror(counter) => {
                counter.begin()?;
                counter.documents += documents;
                counter.bytes += bytes;
                for (number, (piece, n)) in pieces.enumerate() {
                    let known = counter.pieces.len();
                    counter.add_piece(piece, n);
                    if counter.pieces.len() > known {
                        new.push(number as u64);
                    }
                }
                counter.is_complete = true;
            }
        }
        Ok(new)
    }

    /// Takes over counts that are in files, of `documents` documents of `bytes` bytes in all.
    pub fn hold(&mut self, files: CountFiles, documents: u64, bytes: u64) -> Result<()> {
        match self {
            Counter::Fast(counter) => {
                (counter.documents, counter.bytes) = (documents, bytes);
                counter.hold(files);
            }
            Counter::Mirror(counter) => {
                (counter.documents, counter.bytes) = (documents, bytes);
                files.load()?.iter().for_each(|(piece, n)| counter.add_piece(piece, n));
            }
        }
        Ok(())
    }

    /// Combines the tables of the threads, or of the disk.
    pub fn finish(&mut self) -> Result<()> {
        match self {
            Counter::Fast(counter) => counter.finish(),
            Counter::Mirror(counter) => counter.check_complete(),
        }
    }

    pub fn is_finished(&self) -> bool {
        match self {
            Counter::Fast(counter) => counter.is_finished(),
            Counter::Mirror(counter) => counter.is_complete,
        }
    }

    pub fn pieces(&self) -> Counted<'_> {
        match self {
            Counter::Fast(counter) => counter.pieces(),
            Counter::Mirror(counter) => Counted::List(&counter.pieces),
        }
    }

    /// What its pieces are runs of, if they are.
    pub fn runs(&self) -> Option<&Runs> {
        match self {
            Counter::Fast(counter) => counter.runs(),
            Counter::Mirror(_) => None,
        }
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

    /// The documents counted, and their bytes.
    pub fn size(&self) -> (u64, u64) {
        match self {
            Counter::Fast(counter) => (counter.documents, counter.bytes),
            Counter::Mirror(counter) => (counter.documents, counter.bytes),
        }
    }
}
