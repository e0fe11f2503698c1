//! Encoding for Python: one text or several, to lists or arrays.

use super::array::{array_of_ids, copied_array};
use super::codec::Codec;
use super::list::list_of_ids;
use super::text::{self, Text};
use super::{numpy_api, signals};
use crate::error::Result;
use crate::fast::codec::encoding::Encoding;
use crate::fast::encode::{id_buffer, parallel};
use crate::fast::util::fallible::try_collect;
use crate::reference::published::preprocess::TokenFinder;
use crate::support::interrupt;
use pyo3::prelude::*;
use pyo3::types::PyList;
use std::cell::Cell;
use std::ops::Deref;

/// Texts of fewer bytes are encoded without letting other Python threads run: some microseconds.
const SHORT: usize = 2048;
/// Texts of as many bytes may take milliseconds: signals are looked at.
const LONG: usize = 1 << 16;
/// How many results are made into lists between two looks at signals.
const STRETCH: usize = 1 << 12;

/// The ids of a text, in memory that is used again: allocating it takes a twentieth of a short call. A call within one, of a finalizer,
/// allocates.
pub(super) struct MadeIds {
    ids: Vec<u32>,
    is_brief: bool,
}

thread_local! {
    static SPARE: Cell<Vec<u32>> = const { Cell::new(Vec::new()) };
}

impl Drop for MadeIds {
    fn drop(&mut self) {
        let mut ids = std::mem::take(&mut self.ids);
        if self.is_brief {
            ids.clear();
            SPARE.set(ids);
        } else {
            id_buffer::give_back(ids);
        }
    }
}

impl Deref for MadeIds {
    type Target = [u32];

    fn deref(&self) -> &[u32] {
        &self.ids
    }
}

impl Codec {
    #[expect(clippy::inline_always, reason = "a call would cost short texts a hundredth")]
    #[inline(always)]
    pub(super) fn ids(&self, py: Python<'_>, text: &Text<'_>, how: Encoding<'_>, threads: usize) -> PyResult<MadeIds> {
        let size = text.len();
        let is_brief = size < SHORT && self.fast.is_quick();
        let ids = if is_brief { SPARE.take() } else { id_buffer::room_for(if threads > 1 { 0 } else { size }) };
        let mut made = MadeIds { ids, is_brief };
        if is_brief {
            self.fast.append(1, text, &how, &mut made.ids)?;
        } else {
            self.working(py, size, || self.fast.append(threads, text, &how, &mut made.ids))?;
        }
        Ok(made)
    }

    pub(super) fn array<'py>(
        &self,
        py: Python<'py>,
        text: &Text<'_>,
        how: Encoding<'_>,
        threads: usize,
    ) -> PyResult<Bound<'py, PyAny>> {
        numpy_api::load(py)?;
        let mut made = self.ids(py, text, how, threads)?;
        if made.is_brief { copied_array(py, &made) } else { array_of_ids(py, std::mem::take(&mut made.ids)) }
    }

    pub(super) fn lists<'py>(
        &self,
        py: Python<'py>,
        texts: &[Bound<'_, PyAny>],
        how: Encoding<'_>,
        threads: usize,
    ) -> PyResult<Vec<Bound<'py, PyList>>> {
        let (ids, offsets) = self.batch(py, texts, how, threads)?;
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

    pub(super) fn counts(
        &self,
        py: Python<'_>,
        texts: &[Bound<'_, PyAny>],
        search: &TokenFinder,
        threads: usize,
    ) -> PyResult<Vec<usize>> {
        let texts = text::texts(texts)?;
        let count = |text: &Text<'_>| {
            interrupt::check()?;
            self.fast.count(text, search, self.continues)
        };
        self.working(py, size_of(&texts), || parallel::map(&texts, threads, |text| text.len(), count))
    }

    /// Works without the GIL, unless the texts are so short that letting go of it would be most of the work. Long work looks at signals.
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

    /// The ids of all texts, and where each begins.
    pub(super) fn batch(
        &self,
        py: Python<'_>,
        texts: &[Bound<'_, PyAny>],
        how: Encoding<'_>,
        threads: usize,
    ) -> PyResult<(Vec<u32>, Vec<u64>)> {
        let texts = text::texts(texts)?;
        let encode = |text: &Text<'_>, ids: &mut Vec<u32>| {
            interrupt::check()?;
            self.fast.append(1, text, &how, ids)
        };
        self.working(py, size_of(&texts), || parallel::encode_all(&texts, threads, |text| text.len(), encode))
    }
}

/// The size of texts, of which one without a byte is work, too.
fn size_of(texts: &[Text<'_>]) -> usize {
    const EACH: usize = 8;
    texts.iter().map(|text| EACH + text.len()).sum()
}
