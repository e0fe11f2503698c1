//! Decoding for Python: of ids at once, or as they come (`StreamDecoder`).

// The bytes of a result are written where Python keeps them.
#![allow(unsafe_code)]

use super::ids::{Ids, Known, Parts, from_item, small_int};
use super::kept::name;
use super::text;
use super::token_texts::TokenTexts;
use super::{rows, signals};
use crate::error::{Error, Result};
use crate::fast::codec::FastCodec;
use crate::fast::decode::Decoder;
use crate::fast::util::fallible::{append, collect, push_str};
use crate::reference::published::{codecs as codec, streams as decode};
use crate::support::interrupt;
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::sync::MutexExt;
use pyo3::types::{PyBytes, PyInt, PyString};
use std::alloc::Layout;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Fewer ids than this are decoded without letting other Python threads run: some microseconds.
const FEW: usize = 1 << 9;
/// From this many ids on, signals are checked while they are decoded.
const MANY: usize = 1 << 18;
/// Of more ids, a stream takes this many at a time.
const PART: usize = 1 << 16;
/// How many bytes are cleared between two looks at signals.
const CLEARED: usize = 1 << 22;

/// The bytes of the ids.
pub fn decode_bytes<'py>(py: Python<'py>, fast: &FastCodec, ids: Ids<'py>) -> PyResult<Bound<'py, PyBytes>> {
    let decoder = match fast.decoder()? {
        Some(decoder) if !fast.core().drops_space() => decoder,
        _ => return text::new_bytes(py, without_space(fast, &all_bytes(py, fast, ids)?)),
    };
    match ids {
        Ids::Parts(parts) => text::new_bytes(py, &of_parts(parts, |ids| decoder.decode(ids))?),
        Ids::Known(known, wrong) => {
            let length = length(py, decoder, &known, wrong)?;
            // SAFETY: a new bytes object, or null with an exception set. Nobody else has seen it, so all its bytes can be
            // written, and all are: they are cleared first.
            unsafe {
                let new = ffi::PyBytes_FromStringAndSize(std::ptr::null(), length.try_into()?);
                let new = Bound::from_owned_ptr_or_err(py, new)?.cast_into_unchecked();
                let start = NonNull::new_unchecked(ffi::PyBytes_AsString(new.as_ptr()).cast::<u8>());
                let place = Place { start, length };
                working(py, known.len(), || write(decoder, &known, place.cleared()?))?;
                Ok(new)
            }
        }
    }
}

/// The text of the ids.
pub fn decode<'py>(py: Python<'py>, fast: &FastCodec, ids: Ids<'py>, errors: &str) -> PyResult<Bound<'py, PyString>> {
    text::decoded(py, without_space(fast, &all_bytes(py, fast, ids)?), errors)
}

/// The bytes of the ids, with the space that a text of them may begin with.
fn all_bytes(py: Python<'_>, fast: &FastCodec, ids: Ids<'_>) -> PyResult<Vec<u8>> {
    let core = fast.core();
    let by_the_mirror = |ids: &[u32]| decode::joined_bytes(|id| core.token_bytes(id), ids, core.joining());
    match (fast.decoder()?, ids) {
        (Some(decoder), Ids::Parts(parts)) => of_parts(parts, |ids| decoder.decode(ids)),
        (Some(decoder), Ids::Known(known, wrong)) => {
            let length = length(py, decoder, &known, wrong)?;
            working(py, known.len(), || {
                let mut bytes = zeros(length)?;
                write(decoder, &known, &mut bytes)?;
                Ok(bytes)
            })
        }
        (None, ids) => {
            let (ids, wrong) = rows::all_ids(py, ids)?;
            let bytes = working(py, ids.len(), || by_the_mirror(&ids))?;
            wrong.map_or(Ok(bytes), Err)
        }
    }
}

/// The bytes without the space that was put before the text (SPEC S4).
fn without_space<'b>(fast: &FastCodec, bytes: &'b [u8]) -> &'b [u8] {
    if fast.core().drops_space() { bytes.strip_prefix(b" ").unwrap_or(bytes) } else { bytes }
}

/// Runs work on a number of ids: without the GIL unless they are few, and checking signals if they are many.
pub(super) fn working<T: Send>(py: Python<'_>, ids: usize, work: impl FnOnce() -> Result<T> + Send) -> PyResult<T> {
    match ids {
        0..FEW => Ok(work()?),
        FEW..MANY => Ok(py.detach(work)?),
        _ => signals::detached(py, work),
    }
}

/// How many bytes the ids are, if none of them is unknown or otherwise wrong.
fn length(py: Python<'_>, decoder: &Decoder, ids: &Known<'_>, wrong: Option<PyErr>) -> PyResult<usize> {
    let length = working(py, ids.len(), || {
        let mut length = 0;
        ids.each_block(|position, block| {
            length += decoder.length(block).map_err(|error| moved(error, position))?;
            interrupt::check()
        })?;
        Ok(length)
    })?;
    wrong.map_or(Ok(length), Err)
}

/// Writes the bytes of the ids, which fill the room exactly.
fn write(decoder: &Decoder, ids: &Known<'_>, room: &mut [u8]) -> Result<()> {
    let mut written = 0;
    ids.each_block(|_, block| {
        written += decoder.write(block, &mut room[written..]);
        interrupt::check()
    })?;
    // Fewer or more bytes than were counted: another thread wrote to the array.
    if written == room.len() { Ok(()) } else { Err(Error::Changed("the ids".into())) }
}

/// Memory of a bytes object that nobody else has seen.
struct Place {
    start: NonNull<u8>,
    length: usize,
}

// SAFETY: the memory is this thread's alone.
unsafe impl Send for Place {}

impl Place {
    /// All of it, cleared.
    ///
    /// # Safety
    ///
    /// The memory is there, and is not used otherwise.
    unsafe fn cleared<'p>(self) -> Result<&'p mut [u8]> {
        for from in (0..self.length).step_by(CLEARED) {
            // SAFETY: the caller's promise.
            unsafe { self.start.add(from).write_bytes(0, CLEARED.min(self.length - from)) };
            interrupt::check()?;
        }
        // SAFETY: the caller's promise; all of it has been written.
        Ok(unsafe { std::slice::from_raw_parts_mut(self.start.as_ptr(), self.length) })
    }
}

/// So many zeros, which the system gives as they are touched.
fn zeros(length: usize) -> Result<Vec<u8>> {
    let Ok(layout) = Layout::array::<u8>(length) else { return Err(Error::Memory) };
    if length == 0 {
        return Ok(Vec::new());
    }
    // SAFETY: the layout is not empty.
    let start = unsafe { std::alloc::alloc_zeroed(layout) };
    if start.is_null() {
        return Err(Error::Memory);
    }
    // SAFETY: the allocator that vectors use gave memory of this length and layout, and all of it is zero.
    Ok(unsafe { Box::from_raw(std::ptr::slice_from_raw_parts_mut(start, length)) }.into_vec())
}

/// The bytes of ids that are read some at a time, no further than they are known.
fn of_parts(mut parts: Parts<'_>, decode: impl Fn(&[u32]) -> Result<Vec<u8>>) -> PyResult<Vec<u8>> {
    let (mut ids, mut bytes) = (Vec::new(), Vec::new());
    loop {
        let position = parts.position();
        let wrong = parts.read(&mut ids)?;
        let some = decode(&ids).map_err(|error| moved(error, position))?;
        wrong.map_or(Ok(()), Err)?;
        if ids.is_empty() {
            return Ok(bytes);
        }
        // A view of one item may claim any length: what cannot be had is refused before it is made. An id has a byte at least.
        bytes.try_reserve(some.len().saturating_add(parts.left())).map_err(Error::from)?;
        append(&mut bytes, &some)?;
    }
}

/// The error of a block that begins at a position.
fn moved(error: Error, by: usize) -> Error {
    match error {
        Error::UnknownToken { id, position } => Error::UnknownToken { id, position: position + by },
        other => other,
    }
}

/// Turns ids into text as they come, and never shows half a character.
#[pyclass(frozen, module = "minitok._rust")]
pub struct StreamDecoder {
    core: Arc<codec::Codec>,
    texts: Arc<TokenTexts>,
    /// Whether tokens are concatenated as they are, but for a space at the start.
    concatenates: bool,
    /// The ids that are left out, in order.
    skipped: Vec<u32>,
    /// The bytes that stop strings begin with.
    begins_stop: Option<Box<[bool; 256]>>,
    /// Whether nothing is held back, dropped or found, so that a token of whole characters is its text.
    holds_nothing: AtomicBool,
    /// How many ids have come.
    position: AtomicUsize,
    /// Held for a moment only, in which no Python code runs: an exception is made after it, and ids are read before it.
    state: Mutex<decode::StreamDecoder>,
}

#[pymethods]
impl StreamDecoder {
    /// The text that is certain now that this token has come, or these.
    fn push<'py>(&self, ids: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyString>> {
        let py = ids.py();
        let id = match small_int(ids) {
            Some(id) => id,
            None if !ids.is_instance_of::<PyInt>() && ids.get_type().hasattr(name!(py, "__iter__"))? => {
                return self.push_all(py, ids.extract()?);
            }
            None => from_item(ids, self.position.load(Ordering::Relaxed))?,
        };
        match self.certain_text(id) {
            Some(text) => Ok(text.bind(py).clone()),
            None => self.push_id(py, id),
        }
    }

    /// The end of the stream: bytes that were held back can no longer become a character.
    fn finish(&self, py: Python<'_>) -> PyResult<String> {
        self.position.store(0, Ordering::Relaxed);
        Ok(self.change(py, decode::StreamDecoder::finish)?)
    }

    /// The string that ended the stream, or None.
    #[getter]
    fn stopped(&self, py: Python<'_>) -> Option<String> {
        self.lock(py).stops.found.clone()
    }
}

impl StreamDecoder {
    pub fn new(
        core: Arc<codec::Codec>,
        texts: Arc<TokenTexts>,
        strict: bool,
        stop: &[String],
        mut skipped: Vec<u32>,
    ) -> StreamDecoder {
        let state = decode::StreamDecoder::new(strict, core.drops_space(), core.joining().cloned(), stop);
        let concatenates = core.joining().is_none();
        let holds_nothing = AtomicBool::new(concatenates && !core.drops_space());
        let begins_stop = (!stop.is_empty()).then(|| {
            let mut begins = Box::new([false; 256]);
            stop.iter().filter_map(|string| string.bytes().next()).for_each(|byte| begins[usize::from(byte)] = true);
            begins
        });
        skipped.sort_unstable();
        let (position, state) = (AtomicUsize::new(0), Mutex::new(state));
        StreamDecoder { core, texts, concatenates, skipped, begins_stop, holds_nothing, position, state }
    }

    /// The text of a token that is its text, and was made before: nothing is held back, and no stop string begins in it.
    #[inline]
    fn certain_text(&self, id: u32) -> Option<&Py<PyString>> {
        if !self.holds_nothing.load(Ordering::Relaxed) || self.skips(id) || self.may_stop(id) {
            return None;
        }
        let text = self.texts.get(id)?;
        self.position.fetch_add(1, Ordering::Relaxed);
        Some(text)
    }

    /// The text of a token.
    fn push_id<'py>(&self, py: Python<'py>, id: u32) -> PyResult<Bound<'py, PyString>> {
        let position = self.position.load(Ordering::Relaxed);
        let token = self.core.token_bytes(id).ok_or(Error::UnknownToken { id, position })?;
        self.position.fetch_add(1, Ordering::Relaxed);
        if self.skips(id) {
            return text::to_str(py, &self.change(py, |state| state.push_all(&[]))?);
        }
        if self.holds_nothing.load(Ordering::Relaxed)
            && !self.may_stop(id)
            && let Ok(text) = std::str::from_utf8(token)
        {
            return self.texts.keep(py, id, text);
        }
        text::to_str(py, &self.change(py, |state| state.push(token))?)
    }

    /// The text of several tokens.
    fn push_all<'py>(&self, py: Python<'py>, ids: Ids<'py>) -> PyResult<Bound<'py, PyString>> {
        let (ids, wrong) = rows::all_ids(py, ids)?;
        working(py, ids.len(), || {
            ids.chunks(PART).enumerate().try_for_each(|(number, part)| {
                let unknown = part.iter().position(|&id| self.core.token_bytes(id).is_none());
                let position = unknown.map_or(0, |at| number * PART + at);
                unknown.map_or_else(interrupt::check, |at| Err(Error::UnknownToken { id: part[at], position }))
            })
        })?;
        wrong.map_or(Ok(()), Err)?;
        let made = if ids.len() <= PART { self.take(py, &ids)? } else { self.take_parts(py, &ids)? };
        self.position.fetch_add(ids.len(), Ordering::Relaxed);
        text::to_str(py, &made)
    }

    /// The text of many tokens, part by part: other threads go on, and a signal is heard. The handler of one may use the stream, so it
    /// is not held then. Where something goes wrong, the stream is what it was, or what it is after all tokens at once.
    fn take_parts(&self, py: Python<'_>, ids: &[u32]) -> PyResult<String> {
        let before = self.lock(py).clone();
        let put_back = || {
            self.change(py, |state| {
                *state = before;
                Ok(())
            })
        };
        let mut text = String::new();
        for part in ids.chunks(PART) {
            if let Err(raised) = py.check_signals() {
                put_back()?;
                return Err(raised);
            }
            let Ok(some) = self.take(py, part) else {
                put_back()?;
                return Ok(self.take(py, ids)?);
            };
            push_str(&mut text, &some)?;
        }
        Ok(text)
    }

    /// The text of some tokens, all of which are known.
    fn take(&self, py: Python<'_>, ids: &[u32]) -> Result<String> {
        let tokens = || ids.iter().filter(|&&id| !self.skips(id)).filter_map(|&id| self.core.token_bytes(id));
        let push = |state: &mut decode::StreamDecoder| {
            if !self.concatenates {
                return state.push_all(&collect(tokens())?);
            }
            // All of them are as good as one.
            let mut bytes = Vec::new();
            tokens().try_for_each(|token| append(&mut bytes, token))?;
            state.push(&bytes)
        };
        if ids.len() < FEW {
            return self.change(py, push);
        }
        py.detach(|| self.change_held(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner), push))
    }

    /// What has the bytes of the tokens.
    pub(super) fn core(&self) -> Arc<codec::Codec> {
        Arc::clone(&self.core)
    }

    /// The text of a token of whole characters, if it is kept.
    #[inline]
    pub(super) fn kept_text(&self, id: u32) -> Option<&Py<PyString>> {
        self.texts.get(id)
    }

    /// The text of a token of whole characters as a str, which is kept from now on.
    pub(super) fn keep_text<'py>(&self, py: Python<'py>, id: u32, token: &str) -> PyResult<Bound<'py, PyString>> {
        self.texts.keep(py, id, token)
    }

    /// Whether an id is left out. Special tokens, of which that is asked, have the greatest ids as a rule.
    #[inline]
    pub(super) fn skips(&self, id: u32) -> bool {
        self.skipped.first().is_some_and(|&first| first <= id) && self.skipped.binary_search(&id).is_ok()
    }

    /// Whether a stop string may begin in a token.
    #[inline]
    fn may_stop(&self, id: u32) -> bool {
        let begins = |begins: &[bool; 256]| {
            self.core.token_bytes(id).is_none_or(|token| token.iter().any(|&byte| begins[usize::from(byte)]))
        };
        self.begins_stop.as_deref().is_some_and(begins)
    }

    /// Changes the state, and notes whether anything is held back.
    fn change<T>(&self, py: Python<'_>, change: impl FnOnce(&mut decode::StreamDecoder) -> Result<T>) -> Result<T> {
        self.change_held(&mut self.lock(py), change)
    }

    /// The same for a state that is held.
    fn change_held<T>(
        &self,
        state: &mut decode::StreamDecoder,
        change: impl FnOnce(&mut decode::StreamDecoder) -> Result<T>,
    ) -> Result<T> {
        let made = change(state);
        let begun = state.begun || !self.core.drops_space();
        let holds_nothing = state.held().is_empty() && state.stops.held.is_empty() && state.stops.found.is_none();
        self.holds_nothing.store(self.concatenates && begun && holds_nothing, Ordering::Relaxed);
        made
    }

    fn lock(&self, py: Python<'_>) -> MutexGuard<'_, decode::StreamDecoder> {
        self.state.lock_py_attached(py).unwrap_or_else(PoisonError::into_inner)
    }
}
