//! Decoding for Python: of ids at once, or as they come (`StreamDecoder`).

// The bytes of a result are written where Python keeps them.
#![allow(unsafe_code)]

use super::ids::{Ids, Known, Parts, from_item, small_int};
use super::text;
use super::{rows, signals};
use crate::error::{Error, Result};
use crate::fast::codec::FastCodec;
use crate::fast::decode::Decoder;
use crate::{codec, decode, interrupt};
use pyo3::prelude::*;
use pyo3::sync::MutexExt;
use pyo3::types::{PyBytes, PyInt, PyString};
use pyo3::{ffi, intern};
use std::alloc::Layout;
use std::borrow::Cow;
use std::ptr::NonNull;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Fewer ids than this are decoded without letting other Python threads run: some microseconds.
const FEW: usize = 1 << 9;
/// From this many ids on, signals are checked while they are decoded.
const MANY: usize = 1 << 18;
/// How many bytes are cleared between two looks at signals.
const CLEARED: usize = 1 << 22;

/// The bytes of the ids.
pub fn decode_bytes<'py>(py: Python<'py>, fast: &FastCodec, ids: Ids<'py>) -> PyResult<Bound<'py, PyBytes>> {
    let decoder = match fast.decoder()? {
        Some(decoder) if !fast.core().drops_space() && fast.core().joining().is_none() => decoder,
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
    if fast.core().joining().is_some() {
        let (ids, wrong) = rows::all_ids(ids)?;
        let core = fast.core();
        let bytes = working(py, ids.len(), || decode::decode_bytes(|id| core.token_bytes(id), &ids, core.joining()))?;
        return wrong.map_or(Ok(bytes), Err);
    }
    match (fast.decoder()?, ids) {
        (None, ids) => by_the_mirror(py, fast, ids),
        (Some(decoder), Ids::Parts(parts)) => of_parts(parts, |ids| decoder.decode(ids)),
        (Some(decoder), Ids::Known(known, wrong)) => {
            let length = length(py, decoder, &known, wrong)?;
            working(py, known.len(), || {
                let mut bytes = zeros(length)?;
                write(decoder, &known, &mut bytes)?;
                Ok(bytes)
            })
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
        if let Some(wrong) = wrong {
            return Err(wrong);
        }
        if ids.is_empty() {
            return Ok(bytes);
        }
        bytes.try_reserve(some.len()).map_err(Error::from)?;
        bytes.extend_from_slice(&some);
    }
}

/// The same where the fast decoder is switched off.
fn by_the_mirror(py: Python<'_>, fast: &FastCodec, ids: Ids<'_>) -> PyResult<Vec<u8>> {
    let decode = |ids: &[u32]| decode::decode_bytes(|id| fast.core().token_bytes(id), ids, None);
    let (known, wrong) = match ids {
        Ids::Parts(parts) => return of_parts(parts, decode),
        Ids::Known(known, wrong) => (known, wrong),
    };
    let bytes = working(py, known.len(), || {
        let mut bytes = Vec::new();
        known.each_block(|position, block| {
            let some = decode(block).map_err(|error| moved(error, position))?;
            bytes.try_reserve(some.len())?;
            bytes.extend_from_slice(&some);
            interrupt::check()
        })?;
        Ok(bytes)
    })?;
    wrong.map_or(Ok(bytes), Err)
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
    /// Whether tokens are concatenated as they are: then one that holds whole characters, where no bytes are held back, is its text.
    concatenates: bool,
    /// The ids that are left out, in order.
    skipped: Vec<u32>,
    /// Held for a moment only, in which no Python code runs: an exception is made after it, and ids are read before it.
    state: Mutex<State>,
}

struct State {
    decoder: decode::StreamDecoder,
    /// How many ids have come.
    position: usize,
}

#[pymethods]
impl StreamDecoder {
    /// The text that is certain now that this token has come, or these.
    fn push<'py>(&self, ids: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyString>> {
        let py = ids.py();
        let id = match small_int(ids) {
            Some(id) => id,
            None if !ids.is_instance_of::<PyInt>() && ids.get_type().hasattr(intern!(py, "__iter__"))? => {
                return self.push_all(py, ids.extract()?);
            }
            None => {
                // May run Python code, so the lock is not held.
                let position = self.lock(py).position;
                from_item(ids, position)?
            }
        };
        let made = self.push_id(py, id);
        match made? {
            Cow::Borrowed(token) => text::to_str(py, token),
            Cow::Owned(text) => text::to_str(py, &text),
        }
    }

    /// The end of the stream: bytes that were held back can no longer become a character.
    fn finish(&self, py: Python<'_>) -> PyResult<String> {
        let finished = {
            let mut state = self.lock(py);
            state.position = 0;
            state.decoder.finish()
        };
        Ok(finished?)
    }

    /// The string that ended the stream, or None.
    #[getter]
    fn stopped(&self, py: Python<'_>) -> Option<String> {
        self.lock(py).decoder.stops.found.clone()
    }
}

impl StreamDecoder {
    pub fn new(core: Arc<codec::Codec>, strict: bool, stop: &[String], mut skipped: Vec<u32>) -> StreamDecoder {
        let decoder = decode::StreamDecoder::new(strict, core.drops_space(), core.joining().cloned(), stop);
        let concatenates = !core.drops_space() && core.joining().is_none() && stop.is_empty();
        skipped.sort_unstable();
        StreamDecoder { core, concatenates, skipped, state: Mutex::new(State { decoder, position: 0 }) }
    }

    /// The text of a token: its own, as a rule.
    fn push_id(&self, py: Python<'_>, id: u32) -> Result<Cow<'_, str>> {
        let mut state = self.lock(py);
        let position = state.position;
        let token = self.core.token_bytes(id).ok_or(Error::UnknownToken { id, position })?;
        state.position += 1;
        if self.skips(id) {
            return state.decoder.push_all(&[]).map(Cow::Owned);
        }
        if self.concatenates
            && state.decoder.held.is_empty()
            && let Ok(text) = std::str::from_utf8(token)
        {
            return Ok(Cow::Borrowed(text));
        }
        state.decoder.push(token).map(Cow::Owned)
    }

    /// The text of several tokens.
    fn push_all<'py>(&self, py: Python<'py>, ids: Ids<'py>) -> PyResult<Bound<'py, PyString>> {
        let (ids, wrong) = rows::all_ids(ids)?;
        let made = working(py, ids.len(), || {
            let mut tokens = Vec::new();
            tokens.try_reserve(ids.len())?;
            for (position, &id) in ids.iter().enumerate() {
                let token = self.core.token_bytes(id).ok_or(Error::UnknownToken { id, position })?;
                if !self.skips(id) {
                    tokens.push(token);
                }
            }
            Ok(tokens)
        })?;
        if let Some(wrong) = wrong {
            return Err(wrong);
        }
        let text = {
            let mut state = self.lock(py);
            state.position += ids.len();
            state.decoder.push_all(&made)
        };
        text::to_str(py, &text?)
    }

    /// What has the bytes of the tokens.
    pub(super) fn core(&self) -> Arc<codec::Codec> {
        Arc::clone(&self.core)
    }

    /// Whether an id is left out.
    pub(super) fn skips(&self, id: u32) -> bool {
        !self.skipped.is_empty() && self.skipped.binary_search(&id).is_ok()
    }

    fn lock(&self, py: Python<'_>) -> MutexGuard<'_, State> {
        self.state.lock_py_attached(py).unwrap_or_else(PoisonError::into_inner)
    }
}
