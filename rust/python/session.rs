//! `Session` for Python: that of `fast/session`, with places in characters or in bytes, and ids as arrays.

use super::array::{array_of, array_of_ids};
use super::ids::Ids;
use super::spans::known_ids;
use super::text::{self, Text};
use super::{numpy_api, signals};
use crate::error::Result;
use crate::fast::session::{self, Appended, Unit};
use crate::fast::util::fallible::try_collect;
use crate::reference::more::session::Splice;
use crate::reference::more::tails::Cover;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyString;

#[pyclass(module = "minitok._rust")]
pub struct Session {
    inner: session::Session,
    unit: Unit,
}

/// Changes that make fewer bytes anew are done without letting other Python threads run: some microseconds.
const SHORT: usize = 1 << 14;

/// Where ids changed, how many were removed, and those in their place.
type Spliced<'py> = (usize, usize, Bound<'py, PyAny>);

/// Some ids; all of them, and a number for each.
type NextAfter<'py> = (Vec<u32>, Bound<'py, PyAny>, Bound<'py, PyAny>);

/// How many ids of the text stay, those that follow, and the tokens after these.
type Covering<'py> = (usize, Bound<'py, PyAny>, Bound<'py, PyAny>);

impl Session {
    pub fn new(inner: session::Session, chars: bool) -> Session {
        Session { inner, unit: if chars { Unit::Chars } else { Unit::Bytes } }
    }

    fn bytes(&self, start: usize, end: usize) -> PyResult<(usize, usize)> {
        let held = self.__len__();
        if start > end || end > held {
            let reason = format!("{start} to {end} is not a range of a text of length {held}");
            return Err(PyValueError::new_err(reason));
        }
        let byte = self.byte(start)?;
        Ok((byte, if start == end { byte } else { self.byte(end)? }))
    }

    fn byte(&self, at: usize) -> PyResult<usize> {
        if self.unit == Unit::Chars {
            return Ok(self.inner.byte_of(at));
        }
        if self.inner.is_start(at) {
            Ok(at)
        } else {
            Err(PyValueError::new_err(format!("byte {at} is inside a character")))
        }
    }

    /// What a change does that makes `size` bytes anew.
    fn changed<'py>(
        &mut self,
        py: Python<'py>,
        size: usize,
        change: impl FnOnce(&mut session::Session) -> Result<Splice> + Send,
    ) -> PyResult<Spliced<'py>> {
        let inner = &mut self.inner;
        // The work may go beyond those bytes, where ids repeat.
        let found = if size < SHORT {
            signals::attached(py, || change(inner))?
        } else {
            signals::detached(py, || change(inner))?
        };
        Ok((found.start, found.removed, array_of_ids(py, found.ids)?))
    }
}

#[pymethods]
impl Session {
    fn edit<'py>(&mut self, py: Python<'py>, start: usize, end: usize, text: Text<'_>) -> PyResult<Spliced<'py>> {
        numpy_api::load(py)?;
        let (start, end) = self.bytes(start, end)?;
        let size = self.inner.touched(start, end, text.len());
        self.changed(py, size, |session| session.edit(start, end, &text))
    }

    fn set<'py>(&mut self, py: Python<'py>, text: Text<'_>) -> PyResult<Spliced<'py>> {
        numpy_api::load(py)?;
        let size = text.len() + self.inner.size().bytes;
        self.changed(py, size, |session| session.set(&text))
    }

    /// How many characters or bytes the text has.
    fn __len__(&self) -> usize {
        self.inner.size().of(self.unit)
    }

    #[getter]
    fn n_ids(&self) -> usize {
        self.inner.size().ids
    }

    #[getter]
    fn local(&self) -> bool {
        self.inner.is_local()
    }

    #[getter]
    fn encoded_bytes(&self) -> usize {
        self.inner.encoded_bytes()
    }

    fn text<'py>(&self, py: Python<'py>, start: usize, end: usize) -> PyResult<Bound<'py, PyString>> {
        let ((start, end), mut bytes) = (self.bytes(start, end)?, Vec::new());
        signals::detached(py, || self.inner.text_of(start, end, &mut bytes))?;
        text::decoded(py, &bytes, "strict")
    }

    fn ids<'py>(&self, py: Python<'py>, start: usize, end: usize) -> PyResult<Bound<'py, PyAny>> {
        numpy_api::load(py)?;
        let mut ids = Vec::new();
        signals::detached(py, || self.inner.ids_of(start, end, &mut ids))?;
        array_of_ids(py, ids)
    }

    /// The ids of the text from `start` to `end`, as a text by itself.
    fn encode<'py>(&self, py: Python<'py>, start: usize, end: usize) -> PyResult<Bound<'py, PyAny>> {
        numpy_api::load(py)?;
        let ((start, end), mut ids) = (self.bytes(start, end)?, Vec::new());
        let append = |part: &[u32]| crate::fast::util::fallible::append(&mut ids, part);
        signals::detached(py, || self.inner.each_of_range(start, end, append))?;
        array_of_ids(py, ids)
    }

    fn count(&self, py: Python<'_>, start: usize, end: usize) -> PyResult<usize> {
        let ((start, end), mut count) = (self.bytes(start, end)?, 0);
        let mut add = || {
            self.inner.each_of_range(start, end, |part| {
                count += part.len();
                Ok(())
            })
        };
        if end - start < SHORT {
            add()?;
        } else {
            signals::detached(py, add)?;
        }
        Ok(count)
    }

    #[getter]
    fn knows_tails(&self) -> bool {
        self.inner.knows_tails()
    }

    fn stable(&self, py: Python<'_>) -> PyResult<usize> {
        signals::detached(py, || self.inner.stable())
    }

    fn stable_within(&self, py: Python<'_>, most: usize) -> PyResult<Option<usize>> {
        signals::detached(py, || self.inner.stable_within(most))
    }

    fn covers<'py>(&self, py: Python<'py>) -> PyResult<Vec<Covering<'py>>> {
        numpy_api::load(py)?;
        let covers = signals::detached(py, || self.inner.covers())?;
        let as_arrays = |Cover { kept, extra, ids }| Ok((kept, array_of_ids(py, extra)?, array_of_ids(py, ids)?));
        try_collect(covers.into_iter().map(as_arrays))
    }

    fn next_ids<'py>(&mut self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        let inner = &mut self.inner;
        signals::detached(py, || inner.next_ids())?.map(|bits| array_of(py, bits)).transpose()
    }

    /// Adds ids; or returns the number of the first that cannot come next, and that id; -1 and None where it is not known.
    fn append_ids(slf: &Bound<'_, Self>, ids: Ids<'_>) -> PyResult<Option<(isize, Option<u32>)>> {
        // What reads ids may run code, which may use the session.
        let ids = known_ids(slf.py(), ids)?;
        let inner = &mut slf.try_borrow_mut()?.inner;
        Ok(match signals::detached(slf.py(), || inner.append_ids(&ids))? {
            Appended::All => None,
            Appended::Impossible(number) => Some((number.cast_signed(), ids.get(number).copied())),
            Appended::NotKnown => Some((-1, None)),
        })
    }

    fn is_encoded(&mut self, py: Python<'_>) -> PyResult<Option<bool>> {
        let inner = &mut self.inner;
        signals::detached(py, || inner.is_encoded())
    }

    fn keep_stable(&mut self, py: Python<'_>) -> PyResult<()> {
        let inner = &mut self.inner;
        signals::detached(py, || inner.keep_stable())
    }

    fn next_after<'py>(&mut self, py: Python<'py>, rest: &[u8], end: Option<u32>) -> PyResult<Option<NextAfter<'py>>> {
        let inner = &mut self.inner;
        let found = signals::detached(py, || inner.next_after(rest, end))?;
        found.map(|(within, ids, adds)| Ok((within, array_of(py, ids)?, array_of(py, adds)?))).transpose()
    }

    #[getter]
    fn ends_inside(&self) -> bool {
        self.inner.ends_inside()
    }

    fn token_at(&self, py: Python<'_>, at: usize) -> PyResult<Option<usize>> {
        let at = self.bytes(at, self.__len__())?.0;
        signals::detached(py, || self.inner.token_at(at))
    }

    fn fork(&self) -> PyResult<Session> {
        Ok(Session { inner: self.inner.fork()?, unit: self.unit })
    }
}
