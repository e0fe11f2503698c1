//! Encoding for Python: one text or several, to lists or arrays.

use super::array::array_of_ids;
use super::codec::Codec;
use super::list::list_of_ids;
use super::names::Frame;
use super::text::{self, Text};
use super::{numpy_api, signals};
use crate::error::Result;
use crate::fast::encode::{id_buffer, parallel};
use crate::fast::pystr::source::Source;
use crate::fast::util::fallible::{append, try_collect};
use crate::preprocess::Search;
use numpy::PyArray1;
use pyo3::prelude::*;
use pyo3::types::PyList;
use std::cell::Cell;

/// Texts of fewer bytes are encoded without letting other Python threads run: some microseconds.
const SHORT: usize = 2048;
/// Texts of as many bytes may take milliseconds: signals are looked at.
const LONG: usize = 1 << 16;
/// How many results are made into lists between two looks at signals.
const STRETCH: usize = 1 << 12;

/// The ids of a short text. Their memory is used again: allocating it takes a twentieth of a short call. A call within this
/// one, of a finalizer, finds the place empty and allocates.
struct BriefIds(Vec<u32>);

thread_local! {
    static SPARE: Cell<Vec<u32>> = const { Cell::new(Vec::new()) };
}

impl BriefIds {
    #[inline]
    fn take() -> BriefIds {
        BriefIds(SPARE.take())
    }
}

impl Drop for BriefIds {
    fn drop(&mut self) {
        self.0.clear();
        SPARE.set(std::mem::take(&mut self.0));
    }
}

impl Codec {
    /// The ids of a text as a list.
    #[expect(clippy::inline_always, reason = "without ids around them, nothing of a frame is left")]
    #[inline(always)]
    pub(super) fn list<'py>(
        &self,
        py: Python<'py>,
        text: &Text<'_>,
        frame: Frame<'_>,
        threads: usize,
    ) -> PyResult<Bound<'py, PyList>> {
        if self.is_brief(text) {
            return list_of_ids(py, &self.brief_ids(text, frame)?.0);
        }
        let ids = self.ids(py, text, frame, threads)?;
        let list = list_of_ids(py, &ids);
        id_buffer::give_back(ids);
        list
    }

    /// The ids of a text as an array.
    #[expect(clippy::inline_always, reason = "without ids around them, nothing of a frame is left")]
    #[inline(always)]
    pub(super) fn array<'py>(
        &self,
        py: Python<'py>,
        text: &Text<'_>,
        frame: Frame<'_>,
        threads: usize,
    ) -> PyResult<Bound<'py, PyArray1<u32>>> {
        numpy_api::load(py)?;
        if self.is_brief(text) {
            return Ok(PyArray1::from_slice(py, &self.brief_ids(text, frame)?.0));
        }
        array_of_ids(py, self.ids(py, text, frame, threads)?)
    }

    /// The ids of several texts, each as a list.
    pub(super) fn lists<'py>(
        &self,
        py: Python<'py>,
        texts: &[Bound<'_, PyAny>],
        frame: Frame<'_>,
        threads: usize,
    ) -> PyResult<Vec<Bound<'py, PyList>>> {
        let (ids, offsets) = self.batch(py, texts, frame, threads)?;
        let list = |(index, ends): (usize, &[u64])| {
            if index % STRETCH == 0 {
                py.check_signals()?;
            }
            #[allow(
                clippy::cast_possible_truncation,
                reason = "both are indices into `ids`, and were of that type before"
            )]
            list_of_ids(py, &ids[ends[0] as usize..ends[1] as usize])
        };
        let lists = try_collect(offsets.windows(2).enumerate().map(list));
        id_buffer::give_back(ids);
        lists
    }

    /// How many ids each text has.
    pub(super) fn counts(
        &self,
        py: Python<'_>,
        texts: &[Bound<'_, PyAny>],
        search: &Search,
        threads: usize,
    ) -> PyResult<Vec<usize>> {
        let texts = text::texts(texts)?;
        let count = |text: &Text<'_>| self.fast.count(text.source(), search, self.goes_on);
        self.working(py, texts.iter().map(Text::size).sum(), || parallel::map(&texts, threads, Text::size, count))
    }

    /// The ids of a text that takes some microseconds only.
    #[expect(clippy::inline_always, reason = "a call would cost short texts a hundredth")]
    #[inline(always)]
    fn brief_ids(&self, text: &Text<'_>, frame: Frame<'_>) -> PyResult<BriefIds> {
        let mut ids = BriefIds::take();
        self.append_framed(1, text.source(), frame, &mut ids.0)?;
        Ok(ids)
    }

    /// The ids of a text.
    fn ids(&self, py: Python<'_>, text: &Text<'_>, frame: Frame<'_>, threads: usize) -> PyResult<Vec<u32>> {
        let source = text.source();
        let mut ids = id_buffer::room_for(if threads > 1 { 0 } else { source.len() });
        self.working(py, source.len(), || self.append_framed(threads, source, frame, &mut ids))?;
        Ok(ids)
    }

    /// Appends the ids of a text with those around them.
    #[expect(clippy::inline_always, reason = "without ids around them, nothing of a frame is left")]
    #[inline(always)]
    fn append_framed(&self, threads: usize, source: Source, frame: Frame<'_>, ids: &mut Vec<u32>) -> Result<()> {
        append(ids, frame.before)?;
        self.append(threads, source, frame.search, ids)?;
        append(ids, frame.after)
    }

    /// Appends the ids of a text.
    #[inline]
    fn append(&self, threads: usize, source: Source, search: &Search, ids: &mut Vec<u32>) -> Result<()> {
        match &self.dropout {
            None => self.fast.append(threads, source, search, self.goes_on, ids),
            Some(dropout) => self.fast.append_with_dropout(source, search, dropout, self.goes_on, ids),
        }
    }

    /// Does some work on texts of a size without the GIL, unless they are so short that letting go and taking hold would be
    /// most of it; if it may take a while, looks at signals.
    pub(super) fn working<T: Send>(
        &self,
        py: Python<'_>,
        size: usize,
        work: impl FnOnce() -> Result<T> + Send,
    ) -> PyResult<T> {
        match size {
            LONG.. => signals::detached(py, work),
            _ if !self.fast.is_quick() => signals::detached(py, work),
            SHORT.. => Ok(py.detach(work)?),
            _ => Ok(work()?),
        }
    }

    /// Whether a text takes some microseconds only.
    fn is_brief(&self, text: &Text<'_>) -> bool {
        text.size() < SHORT && self.fast.is_quick()
    }

    /// The ids of all texts, and where each begins.
    pub(super) fn batch(
        &self,
        py: Python<'_>,
        texts: &[Bound<'_, PyAny>],
        frame: Frame<'_>,
        threads: usize,
    ) -> PyResult<(Vec<u32>, Vec<u64>)> {
        let texts = text::texts(texts)?;
        let encode = |text: &Text<'_>, ids: &mut Vec<u32>| self.append_framed(1, text.source(), frame, ids);
        self.working(py, texts.iter().map(Text::size).sum(), || {
            parallel::encode_all(&texts, threads, Text::size, encode)
        })
    }
}
