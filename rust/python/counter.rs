//! `PieceCounter` for Python.

use super::array::{array_of, numbers};
use super::calls::{Calls, Stream};
use super::documents::Documents;
use super::objects::Objects;
use super::signals;
use super::text::{new_bytes, texts};
use super::vocab::{Pattern, SpecialTokens, Vocab};
use crate::error::{Error, Result};
use crate::fast::count::corpus_counter::{CorpusCounter as Counter, Counted, OnChunk};
use crate::fast::count::spill::CountFiles;
use crate::fast::count::table::PieceCounts;
use crate::fast::util::fallible::{append, collect, push};
use crate::support::interrupt;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::sync::MutexExt;
use pyo3::types::{PyBytes, PyDict};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Counts the pieces of a corpus, document by document, in the order in which they are first seen.
///
/// The counter is gone once its pieces have been trained on. A call that changes it takes it out meanwhile, so that no lock
/// is held while Python code runs, in a callback or a finalizer: what those ask of the counter is an error, not
/// a deadlock. The lock itself is held for a moment, and only together with the GIL: no fork comes between.
#[pyclass(frozen, module = "minitok._rust")]
pub struct PieceCounter(Mutex<State>);

enum State {
    /// Nobody changes it; some may read it.
    Idle(Arc<Counter>),
    /// Somebody is changing it.
    Busy,
    /// It has been trained on.
    Spent,
}

/// Bytes, the length of each piece, and its count.
type Columns<'py> = (Bound<'py, PyBytes>, Bound<'py, PyAny>, Bound<'py, PyAny>);

#[pymethods]
impl PieceCounter {
    /// Counts on at most `threads` threads. `bound`: how many bytes the tables may take, and a folder for what does not fit. `vocab`:
    /// the pieces are to be trained on from it, and may be kept as its ids.
    #[new]
    #[pyo3(signature = (pattern, special, threads = 1, bound = None, vocab = None))]
    fn new(
        pattern: &Bound<'_, Pattern>,
        special: &Bound<'_, SpecialTokens>,
        threads: usize,
        bound: Option<(usize, PathBuf)>,
        vocab: Option<Bound<'_, Vocab>>,
    ) -> PyResult<PieceCounter> {
        let (pattern, special) = (pattern.get().0.clone(), &special.get().tokens);
        let mut counter = Counter::new(pattern, special, threads);
        if let Some((max_memory, folder)) = bound {
            counter = counter.bounded(max_memory, folder);
        }
        if let Some(vocab) = vocab {
            counter = counter.with_runs(Arc::clone(vocab.get().0.core()))?;
        }
        Ok(PieceCounter(Mutex::new(State::Idle(Arc::new(counter)))))
    }

    /// Counts documents and returns how many bytes they have.
    fn add(&self, py: Python<'_>, documents: Objects<'_>) -> PyResult<usize> {
        let documents = texts(&documents)?;
        let documents: Vec<&[u8]> = collect(documents.iter().map(|text| &**text))?;
        self.change(py, |counter| counter.add(&documents, &mut |_| interrupt::check()))?;
        Ok(documents.iter().map(|document| document.len()).sum())
    }

    /// The same for documents that are held in Rust.
    fn add_documents(&self, py: Python<'_>, documents: &Bound<'_, Documents>) -> PyResult<usize> {
        let documents = documents.get();
        self.change(py, |counter| counter.add(&documents.texts()?, &mut |_| interrupt::check()))?;
        Ok(documents.size())
    }

    /// Counts a text file; `on_chunk` is called with the number of bytes read since its last call.
    #[pyo3(signature = (path, separator, on_chunk))]
    fn add_file(&self, py: Python<'_>, path: PathBuf, separator: Option<&[u8]>, on_chunk: Py<PyAny>) -> PyResult<()> {
        self.read(py, &on_chunk, |counter, _, report| counter.add_file(&path, separator, report))
    }

    /// Counts a text that a Python stream gives by `read(size)`; `path` is for errors, `on_chunk` as for `add_file`. `size`: its bytes,
    /// about; a short one, or a pipe (0), is read on the caller's thread alone.
    fn add_stream(
        &self,
        py: Python<'_>,
        source: Py<PyAny>,
        separator: Option<&[u8]>,
        on_chunk: Py<PyAny>,
        path: PathBuf,
        size: u64,
    ) -> PyResult<()> {
        self.read(py, &on_chunk, |counter, calls, report| {
            counter.add_stream(Stream::new(source, calls), size, &path, separator, report)
        })
    }

    /// Adds pieces that were counted elsewhere, in `documents` documents of `size` bytes in all. The pieces stand one after
    /// the other in `data`, with their `lengths` and `counts`. Returns the numbers of those that were new to the table.
    fn add_pieces<'py>(
        &self,
        py: Python<'py>,
        data: &[u8],
        lengths: Bound<'_, PyAny>,
        counts: Bound<'_, PyAny>,
        documents: u64,
        size: u64,
    ) -> PyResult<Bound<'py, PyAny>> {
        let (lengths, counts) = (numbers::<u32>(&lengths)?, numbers::<i64>(&counts)?);
        let ends = lengths.iter().scan(0, |end, &length| {
            *end += length as usize;
            Some(*end)
        });
        if ends.clone().last().unwrap_or(0) != data.len() || counts.len() != lengths.len() {
            return Err(PyValueError::new_err("the lengths of the pieces are not those of the data"));
        }
        let pieces = ends.zip(&lengths).map(|(end, &length)| &data[end - length as usize..end]);
        let pieces = pieces.zip(&counts).map(|(piece, &n)| (piece, n));
        let mut new = Vec::new();
        self.change(py, |counter| {
            counter.documents += documents;
            counter.bytes += size;
            counter.add_pieces(pieces, |number| new.push(number as u64))
        })?;
        array_of(py, new)
    }

    /// Takes over finished counts in files, as `files` gives them; nothing may have been counted before.
    fn hold(&self, py: Python<'_>, files: [PathBuf; 3], documents: u64, size: u64) -> PyResult<()> {
        self.change(py, |counter| {
            (counter.documents, counter.bytes) = (documents, size);
            counter.hold(CountFiles::open(files)?);
            Ok(())
        })
    }

    /// Combines what the threads have counted; that takes a while if it is on the disk.
    fn finish(&self, py: Python<'_>) -> PyResult<()> {
        self.finished(py).map(drop)
    }

    /// The files of counts, of lengths and of bytes, if the pieces are on the disk.
    fn files(&self, py: Python<'_>) -> PyResult<Option<[PathBuf; 3]>> {
        let files = |counter: &Counter| match counter.pieces() {
            Counted::Files(files) => Ok(Some(files.paths())),
            Counted::Table(_) => Ok(None),
        };
        self.inspect(py, files)
    }

    /// The distinct pieces one after the other in the order in which they were first seen, the length of each, and its count.
    fn to_arrays<'py>(&self, py: Python<'py>) -> PyResult<Columns<'py>> {
        let mut data = Vec::new();
        let (mut lengths, mut counts) = (Vec::new(), Vec::new());
        let put = |piece: &[u8], n| {
            append(&mut data, piece)?;
            push(&mut lengths, u32::try_from(piece.len()).map_err(|_| too_long())?)?;
            push(&mut counts, n)
        };
        self.inspect(py, |counter| counter.each(put))?;
        Ok((new_bytes(py, &data)?, array_of(py, lengths)?, array_of(py, counts)?))
    }

    /// The documents counted, their bytes, their pieces, and the number of distinct pieces.
    fn totals(&self, py: Python<'_>) -> PyResult<(u64, u64, i64, usize)> {
        let totals = |counter: &Counter| {
            let (pieces, distinct) = counter.pieces().totals();
            Ok((counter.documents, counter.bytes, pieces, distinct))
        };
        self.inspect(py, totals)
    }

    /// Each distinct piece with its count, in the order in which they were first seen.
    #[getter]
    fn pieces<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let counted = self.inspect(py, Counter::to_vec)?;
        let pieces = PyDict::new(py);
        for (piece, count) in &counted {
            pieces.set_item(new_bytes(py, piece)?, count)?;
        }
        Ok(pieces)
    }
}

impl PieceCounter {
    /// Calls `work` without the GIL with the counter, which is nobody else's meanwhile.
    fn change<T: Send>(&self, py: Python<'_>, work: impl FnOnce(&mut Counter) -> Result<T> + Send) -> PyResult<T> {
        let mut counter = self.take(py)?;
        let done = signals::detached(py, || work(&mut counter));
        *self.lock(py) = State::Idle(Arc::new(counter));
        done
    }

    /// Calls `work` without the GIL with the finished counter; others may read it as well.
    fn inspect<T: Send>(&self, py: Python<'_>, work: impl FnOnce(&Counter) -> Result<T> + Send) -> PyResult<T> {
        let counter = self.finished(py)?;
        signals::detached(py, || work(&counter))
    }

    /// Calls `add`, which reads a text, with what reports the number of bytes read to `on_chunk` now and then.
    fn read(
        &self,
        py: Python<'_>,
        on_chunk: &Py<PyAny>,
        add: impl FnOnce(&mut Counter, &Mutex<Calls>, OnChunk) -> Result<()> + Send,
    ) -> PyResult<()> {
        let calls = Mutex::new(Calls::new());
        let mut unreported = 0;
        let mut report = |bytes| {
            unreported += bytes;
            Calls::poll(&calls, |py| on_chunk.call1(py, (std::mem::take(&mut unreported),)).map(drop))
        };
        let done = self.change(py, |counter| add(counter, &calls, &mut report));
        Calls::result(calls, done)?;
        on_chunk.call1(py, (unreported,)).map(drop)
    }

    /// The counter with all its pieces in one place.
    pub fn finished(&self, py: Python<'_>) -> PyResult<Arc<Counter>> {
        let counter = self.shared(py)?;
        if counter.is_finished() {
            return Ok(counter);
        }
        drop(counter);
        self.change(py, Counter::finish)?;
        Ok(self.shared(py)?)
    }

    /// Takes the table of the distinct pieces and leaves nothing. None, and nothing is taken, if they are not in a table, or
    /// if somebody reads it.
    pub fn take_table(&self, py: Python<'_>) -> PyResult<Option<PieceCounts>> {
        drop(self.finished(py)?);
        let Ok(counter) = self.take(py) else { return Ok(None) };
        let (left, table) = match counter.pieces() {
            Counted::Table(_) => (State::Spent, counter.into_table()),
            Counted::Files(_) => (State::Idle(Arc::new(counter)), None),
        };
        *self.lock(py) = left;
        Ok(table)
    }

    /// Drops the pieces.
    pub fn clear(&self, py: Python<'_>) {
        *self.lock(py) = State::Spent;
    }

    /// The counter, for the only caller that may change it.
    fn take(&self, py: Python<'_>) -> Result<Counter> {
        let mut state = self.lock(py);
        match std::mem::replace(&mut *state, State::Busy) {
            State::Idle(counter) => Arc::try_unwrap(counter).map_err(|shared| {
                *state = State::Idle(shared);
                in_use()
            }),
            State::Busy => Err(in_use()),
            State::Spent => {
                *state = State::Spent;
                Err(spent())
            }
        }
    }

    fn shared(&self, py: Python<'_>) -> Result<Arc<Counter>> {
        match &*self.lock(py) {
            State::Idle(counter) => Ok(Arc::clone(counter)),
            State::Busy => Err(in_use()),
            State::Spent => Err(spent()),
        }
    }

    fn lock(&self, py: Python<'_>) -> MutexGuard<'_, State> {
        self.0.lock_py_attached(py).unwrap_or_else(PoisonError::into_inner)
    }
}

fn in_use() -> Error {
    Error::Training("these counts are in use: they cannot be read or changed while another call changes them".into())
}

fn spent() -> Error {
    Error::Training("the pieces of this counter were consumed by training; count again".into())
}

fn too_long() -> Error {
    Error::Training("a piece of 4 GiB or more cannot be written".into())
}
