//! `PieceCounter` and `train` for Python.

use super::calls::{Calls, Stream};
use super::text::{Text, texts};
use super::trace::event_dict;
use super::vocab::{Pattern, SpecialTokens, Vocab};
use crate::count;
use crate::error::{Error, Result};
use crate::fast;
use crate::fast::count::corpus_counter::{CorpusCounter, Counted};
use crate::fast::count::table::PieceCounts;
use crate::trace::Event;
use crate::train as core;
use crate::vocab;
use numpy::{IntoPyArray, PyArray1, PyReadonlyArray1};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

/// Counts the pieces of a corpus, document by document, in the order in which they are first seen.
#[pyclass(frozen, module = "minitok._rust")]
pub struct PieceCounter(RwLock<Counter>);

/// Bytes, the length of each piece, and its count.
type Packed<'py> = (Bound<'py, PyBytes>, Bound<'py, PyArray1<u32>>, Bound<'py, PyArray1<i64>>);

/// What counts: the fast counter, its mirror where that is switched off, nothing after the pieces have been trained on.
enum Counter {
    Fast(CorpusCounter),
    Mirror(count::PieceCounter),
    Spent,
}

impl Counter {
    /// The table of the fast counter, if it has one in memory; nothing is left then.
    fn take_table(&mut self) -> Option<PieceCounts> {
        let Counter::Fast(counter) = self else { return None };
        if matches!(counter.pieces(), Counted::Files(_)) {
            return None;
        }
        let Counter::Fast(counter) = std::mem::replace(self, Counter::Spent) else { return None };
        counter.into_table()
    }
}

#[pymethods]
impl PieceCounter {
    /// `threads`: how many to use at most. `bound`: how many bytes the tables may take, and a folder for what does not fit.
    #[new]
    #[pyo3(signature = (pattern, special, threads = 1, bound = None))]
    fn new(
        pattern: &Bound<'_, Pattern>,
        special: &Bound<'_, SpecialTokens>,
        threads: usize,
        bound: Option<(usize, PathBuf)>,
    ) -> PieceCounter {
        let (pattern, special) = (pattern.get().0.clone(), &special.get().tokens);
        let counter = if fast::enabled() {
            let counter = CorpusCounter::new(pattern, special, threads);
            Counter::Fast(match bound {
                Some((max_memory, folder)) => counter.bounded(max_memory, folder),
                None => counter,
            })
        } else {
            Counter::Mirror(count::PieceCounter::new(pattern, special))
        };
        PieceCounter(RwLock::new(counter))
    }

    /// Count some documents; their bytes come back.
    fn add(&self, py: Python<'_>, documents: Vec<Bound<'_, PyAny>>) -> PyResult<usize> {
        let documents = texts(&documents)?;
        let documents: Vec<_> = documents.iter().map(Text::bytes).collect();
        let documents: Vec<&[u8]> = documents.iter().map(AsRef::as_ref).collect();
        let bytes = documents.iter().map(|document| document.len()).sum();
        let calls = Mutex::new(Calls::new());
        let done = py.detach(|| match &mut *self.write() {
            Counter::Fast(counter) => counter.add(&documents, &mut |_| Calls::poll(&calls, |_| Ok(()))),
            Counter::Mirror(counter) => counter.add(documents.iter().copied()),
            Counter::Spent => Err(spent()),
        });
        Calls::result(calls, done).map(|()| bytes)
    }

    /// Count a text file; `on_chunk` hears of bytes read.
    #[pyo3(signature = (path, separator, on_chunk))]
    fn add_file(&self, py: Python<'_>, path: PathBuf, separator: Option<&[u8]>, on_chunk: Py<PyAny>) -> PyResult<()> {
        let calls = Mutex::new(Calls::new());
        let mut read = 0;
        let mut hear = |bytes| {
            read += bytes;
            Calls::poll(&calls, |py| on_chunk.call1(py, (std::mem::take(&mut read),)).map(drop))
        };
        let done = py.detach(|| match &mut *self.write() {
            Counter::Fast(counter) => counter.add_file(&path, separator, &mut hear),
            Counter::Mirror(counter) => counter.add_file(&path, separator, &mut hear),
            Counter::Spent => Err(spent()),
        });
        Calls::result(calls, done)?;
        on_chunk.call1(py, (read,)).map(drop)
    }

    /// Count a text that a Python stream gives by `read(size)`; `path` is for errors, `on_chunk` hears of bytes read.
    fn add_stream(
        &self,
        py: Python<'_>,
        source: Py<PyAny>,
        separator: Option<&[u8]>,
        on_chunk: Py<PyAny>,
        path: PathBuf,
    ) -> PyResult<()> {
        let calls = Mutex::new(Calls::new());
        let mut read = 0;
        let mut hear = |bytes| {
            read += bytes;
            Calls::poll(&calls, |py| on_chunk.call1(py, (std::mem::take(&mut read),)).map(drop))
        };
        let mut stream = Stream::new(source, &calls);
        let done = py.detach(|| match &mut *self.write() {
            Counter::Fast(counter) => counter.add_stream(&mut stream, &path, separator, &mut hear),
            Counter::Mirror(counter) => counter.add_stream(&mut stream, &path, separator, &mut hear),
            Counter::Spent => Err(spent()),
        });
        Calls::result(calls, done)?;
        on_chunk.call1(py, (read,)).map(drop)
    }

    /// Count pieces that were counted elsewhere, in so many documents of so many bytes: one after the other in `data`, each so
    /// long and so often.
    fn add_pieces(
        &self,
        py: Python<'_>,
        data: &[u8],
        lengths: PyReadonlyArray1<'_, u32>,
        counts: PyReadonlyArray1<'_, i64>,
        documents: u64,
        size: u64,
    ) -> PyResult<()> {
        let (lengths, counts) = (lengths.as_slice()?, counts.as_slice()?);
        let ends = lengths.iter().scan(0, |end, &length| {
            *end += length as usize;
            Some(*end)
        });
        if ends.clone().last().unwrap_or(0) != data.len() || counts.len() != lengths.len() {
            return Err(PyValueError::new_err("the lengths of the pieces are not those of the data"));
        }
        let pieces = ends.zip(lengths).map(|(end, &length)| &data[end - length as usize..end]).zip(counts);
        py.detach(|| {
            match &mut *self.write() {
                Counter::Fast(counter) => {
                    counter.documents += documents;
                    counter.bytes += size;
                    counter.add_pieces(pieces.map(|(piece, &n)| (piece, n)))?;
                }
                Counter::Mirror(counter) => {
                    counter.documents += documents;
                    counter.bytes += size;
                    pieces.for_each(|(piece, &n)| counter.add_piece(piece, n));
                }
                Counter::Spent => return Err(spent()),
            }
            Ok(())
        })?;
        Ok(())
    }

    /// Put together what was counted; it may take a while if it is on the disk.
    fn finish(&self, py: Python<'_>) -> PyResult<()> {
        let calls = Mutex::new(Calls::new());
        let done = py.detach(|| match &mut *self.write() {
            Counter::Fast(counter) => counter.finish(&mut || Calls::poll(&calls, |_| Ok(()))),
            Counter::Mirror(_) | Counter::Spent => Ok(()),
        });
        Calls::result(calls, done)
    }

    /// The files of counts, of lengths and of bytes, if the pieces are on the disk.
    fn files(&self, py: Python<'_>) -> PyResult<Option<[PathBuf; 3]>> {
        Ok(py.detach(|| match &*self.finished()? {
            Counter::Fast(counter) => match counter.pieces() {
                Counted::Files(files) => Ok(Some(files.paths())),
                Counted::Table(_) => Ok(None),
            },
            Counter::Mirror(_) => Ok(None),
            Counter::Spent => Err(spent()),
        })?)
    }

    /// The distinct pieces one after the other in the order in which they were first seen, the length of each, and its count.
    fn packed<'py>(&self, py: Python<'py>) -> PyResult<Packed<'py>> {
        let mut data = Vec::new();
        let (mut lengths, mut counts) = (Vec::new(), Vec::new());
        let mut put = |piece: &[u8], n| {
            data.extend_from_slice(piece);
            lengths.push(u32::try_from(piece.len()).map_err(|_| too_long())?);
            counts.push(n);
            Ok(())
        };
        py.detach(|| match &*self.finished()? {
            Counter::Fast(counter) => counter.pieces().each(put),
            Counter::Mirror(counter) => counter.pieces.iter().try_for_each(|(piece, n)| put(piece, *n)),
            Counter::Spent => Err(spent()),
        })?;
        Ok((PyBytes::new(py, &data), lengths.into_pyarray(py), counts.into_pyarray(py)))
    }

    /// The documents counted, their bytes, their pieces, and how many of these are distinct.
    fn totals(&self, py: Python<'_>) -> PyResult<(u64, u64, i64, usize)> {
        Ok(py.detach(|| match &*self.finished()? {
            Counter::Fast(counter) => {
                let (pieces, distinct) = counter.pieces().totals();
                Ok((counter.documents, counter.bytes, pieces, distinct))
            }
            Counter::Mirror(counter) => {
                let pieces = counter.pieces.iter().map(|(_, n)| n).sum();
                Ok((counter.documents, counter.bytes, pieces, counter.pieces.len()))
            }
            Counter::Spent => Err(spent()),
        })?)
    }

    /// Each distinct piece with its count, in the order in which they were first seen.
    #[getter]
    fn pieces<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let counted = py.detach(|| match &*self.finished()? {
            Counter::Fast(counter) => counter.pieces().to_vec(),
            Counter::Mirror(counter) => Ok(counter.pieces.clone()),
            Counter::Spent => Err(spent()),
        })?;
        let pieces = PyDict::new(py);
        for (piece, count) in &counted {
            pieces.set_item(PyBytes::new(py, piece), count)?;
        }
        Ok(pieces)
    }
}

/// Locked without the GIL only: a holder of the lock may wait for the GIL to make a call.
impl PieceCounter {
    fn read(&self) -> RwLockReadGuard<'_, Counter> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// To be read, with all pieces in one table.
    fn finished(&self) -> Result<RwLockReadGuard<'_, Counter>> {
        // Once they are, nobody waits to write: a callback of a training may come here while the training reads.
        let held = self.read();
        if !matches!(&*held, Counter::Fast(counter) if !counter.is_finished()) {
            return Ok(held);
        }
        drop(held);
        if let Counter::Fast(counter) = &mut *self.write() {
            counter.finish(&mut || Ok(()))?;
        }
        Ok(self.read())
    }

    fn write(&self) -> RwLockWriteGuard<'_, Counter> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }
}

fn spent() -> Error {
    Error::Training("the pieces of this counter have been trained on and are gone; count anew".into())
}

fn too_long() -> Error {
    Error::Training("a piece of 4 GiB or more cannot be written".into())
}

/// The attributes of `minitok.reference.train.TrainOptions`.
#[derive(FromPyObject)]
pub struct TrainOptions {
    n_merges: usize,
    byte_order: Vec<u8>,
    tie_break: String,
    min_frequency: i64,
    max_token_length: Option<usize>,
}

impl TrainOptions {
    fn checked(self) -> PyResult<core::TrainOptions> {
        let tie_break = match self.tie_break.as_str() {
            "smallest_ids" => core::TieBreak::SmallestIds,
            "first_seen" => core::TieBreak::FirstSeen,
            "greatest_bytes" => core::TieBreak::GreatestBytes,
            other => return Err(PyValueError::new_err(format!("unknown tie_break {other:?}"))),
        };
        let byte_order =
            self.byte_order.try_into().map_err(|_| PyValueError::new_err("byte_order is not 256 bytes"))?;
        Ok(core::TrainOptions {
            n_merges: self.n_merges,
            byte_order,
            tie_break,
            min_frequency: self.min_frequency,
            max_token_length: self.max_token_length,
        })
    }
}

pub type Trained = (Vec<(u32, u32)>, Vec<i64>, usize, &'static str);

/// Learn the merges of the pieces counted: the merges, the count of each, how many had rivals of equal count, and why training
/// stopped. With `base`, a vocabulary and the id of the first merge, go on from there.
///
/// Unless it is to `keep` them, it takes the pieces from the counter, so that their memory is free while merges are learnt.
#[pyfunction]
#[pyo3(signature = (counter, options, on_merge = None, trace = None, base = None, keep = false))]
pub fn train(
    py: Python<'_>,
    counter: &Bound<'_, PieceCounter>,
    options: TrainOptions,
    on_merge: Option<Py<PyAny>>,
    trace: Option<Py<PyAny>>,
    base: Option<(Bound<'_, Vocab>, u32)>,
    keep: bool,
) -> PyResult<Trained> {
    let options = options.checked()?;
    let (vocab, first_id) = match base {
        Some((vocab, first_id)) => (Arc::clone(&vocab.get().0), first_id),
        None => (Arc::new(vocab::Vocab::from_merges(&options.byte_order, &[])?), 256),
    };
    let counter = counter.get();
    let calls = Mutex::new(Calls::new());
    let mut hear = |merges: usize| {
        Calls::poll(&calls, |py| on_merge.as_ref().map_or(Ok(()), |hear| hear.call1(py, (merges,)).map(drop)))
    };
    let trained = py.detach(|| {
        if trace.is_none() {
            drop(counter.finished()?);
            if !keep && let Some(pieces) = counter.write().take_table() {
                return fast::train::extend(vocab, first_id, pieces, &options, &mut hear);
            }
            if let Counter::Fast(counter) = &*counter.read() {
                return match counter.pieces() {
                    Counted::Table(pieces) => fast::train::extend(vocab, first_id, pieces, &options, &mut hear),
                    Counted::Files(files) => fast::train::extend(vocab, first_id, files.load()?, &options, &mut hear),
                };
            }
        }
        let pieces = match &*counter.finished()? {
            Counter::Fast(counter) => counter.pieces().to_vec()?,
            Counter::Mirror(counter) => counter.pieces.clone(),
            Counter::Spent => return Err(spent()),
        };
        if !keep {
            *counter.write() = Counter::Spent;
        }
        let mut emit = |event| {
            Calls::now(&calls, |py| match &trace {
                Some(trace) => trace.call1(py, (event_dict(py, &event)?,)).map(drop),
                None => Ok(()),
            })
        };
        let trace = trace.as_ref().map(|_| &mut emit as &mut dyn FnMut(Event) -> Result<()>);
        core::extend(&vocab, first_id, &pieces, &options, &mut core::Observer { on_merge: &mut hear, trace })
    });
    let trained = Calls::result(calls, trained)?;
    let stop = match trained.stop {
        core::Stop::VocabSize => "vocab_size",
        core::Stop::MinFrequency => "min_frequency",
    };
    Ok((trained.merges, trained.counts, trained.ties, stop))
}
