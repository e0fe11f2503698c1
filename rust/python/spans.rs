//! Where tokens begin and end, as Python's pairs.

// Lists and tuples are filled in place before anybody else has seen them.
#![allow(unsafe_code)]

use super::array::array_of;
use super::decode::working;
use super::ids::Ids;
use super::list::{int, list_of, list_of_ids, list_of_numbers};
use super::new_list::NewList;
use super::rows::all_ids;
use super::text::new_bytes;
use super::{numpy_api, signals};
use crate::error::{Error, Result};
use crate::fast::align::align as fast_align;
use crate::fast::codec::FastCodec;
use crate::fast::spans::Place;
use crate::fast::util::fallible::{append, push, resize, room};
use crate::reference::published::codecs::Codec;
use crate::reference::published::streams::joined_bytes;
use crate::support::interrupt;
use numpy::{IntoPyArray, PyArray1, PyArray2, PyArrayMethods, PyUntypedArrayMethods};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyList, PyTuple};

/// How many pairs or tokens are made between two looks at signals.
const STRETCH: usize = 1 << 18;
/// Ids from here on get an object for each token.
const SHARED: usize = 1 << 21;
/// How many entries the table of these objects may have for each id of the list: a short text must not pay for a large vocabulary.
const TABLE_PER_ID: usize = 16;

/// About how many bytes a token has.
const TOKEN: usize = 5;

fn copied<T: Copy>(items: &[T]) -> Result<Vec<T>> {
    let mut copy = Vec::new();
    interrupt::append(&mut copy, items.iter().copied())?;
    Ok(copy)
}

/// The ids of an array as a list, whose ints are shared.
#[pyfunction]
pub fn id_list<'py>(py: Python<'py>, ids: Ids<'py>) -> PyResult<Bound<'py, PyList>> {
    list_of_ids(py, &known_ids(py, ids)?)
}

/// A copy of ids, which Python code may change meanwhile.
pub(super) fn known_ids(py: Python<'_>, ids: Ids<'_>) -> PyResult<Vec<u32>> {
    match all_ids(py, ids)? {
        (ids, None) => Ok(ids),
        (_, Some(wrong)) => Err(wrong),
    }
}

/// The tokens of some ids. Ids that are the same have the same object, as far as a table of them costs no more than the list.
pub fn token_list<'py>(py: Python<'py>, core: &Codec, ids: Ids<'py>) -> PyResult<Bound<'py, PyList>> {
    let ids = known_ids(py, ids)?;
    let shared = SHARED.min(ids.len().saturating_mul(TABLE_PER_ID));
    let mut known: Vec<Option<Bound<'py, PyAny>>> = Vec::new();
    let mut tokens = Vec::new();
    tokens.try_reserve_exact(ids.len()).map_err(Error::from)?;
    for (position, &id) in ids.iter().enumerate() {
        if position.is_multiple_of(STRETCH) {
            py.check_signals()?;
        }
        let index = id as usize;
        if let Some(Some(token)) = known.get(index) {
            tokens.push(token.clone());
            continue;
        }
        let token = new_bytes(py, core.token_bytes(id).ok_or(Error::UnknownToken { id, position })?)?.into_any();
        tokens.push(token.clone());
        if index < shared {
            if index >= known.len() {
                let length = (index + 1).next_power_of_two();
                resize(&mut known, length, None)?;
            }
            known[index] = Some(token);
        }
    }
    list_of(py, tokens)
}

/// Where each token begins and ends, in characters or in bytes: an array of shape (number of ids, 2); without NumPy, a list of pairs.
pub fn spans<'py>(py: Python<'py>, fast: &FastCodec, ids: Ids<'py>, unit: &str) -> PyResult<Bound<'py, PyAny>> {
    let has_numpy = numpy_api::load(py)?;
    let (spans, _) = spans_of(py, fast, ids, unit == "char", |span| span)?;
    if !has_numpy {
        return Ok(pairs(py, &spans)?.into_any());
    }
    let length = spans.len();
    Ok(spans.into_flattened().into_pyarray(py).reshape([length, 2])?.into_any())
}

/// The characters in which the tokens begin, as an array or a list, and how many characters there are.
pub fn starts<'py>(
    py: Python<'py>,
    fast: &FastCodec,
    ids: Ids<'py>,
    as_list: bool,
) -> PyResult<(Bound<'py, PyAny>, i64)> {
    let (starts, length) = spans_of(py, fast, ids, true, |[start, _]| start)?;
    let made = if as_list { list_of_numbers(py, &starts)?.into_any() } else { array_of(py, starts)? };
    Ok((made, length))
}

/// The bytes at which the tokens end, as an array.
pub fn ends<'py>(py: Python<'py>, fast: &FastCodec, ids: Ids<'py>) -> PyResult<Bound<'py, PyAny>> {
    array_of(py, spans_of(py, fast, ids, false, |[_, end]| end)?.0)
}

/// How many bytes each id adds to the text, none if it is one of `silent`, and these bytes.
pub fn spelled<'py>(
    py: Python<'py>,
    fast: &FastCodec,
    ids: Ids<'py>,
    mut silent: Vec<u32>,
) -> PyResult<(Bound<'py, PyAny>, Bound<'py, PyBytes>)> {
    silent.sort_unstable();
    let is_silent = |id: &u32| silent.first().is_some_and(|first| first <= id) && silent.binary_search(id).is_ok();
    let (length, decoder) = (fast.sizes.lengths(fast.core())?, fast.decoder()?);
    let (mut sizes, mut text): (Vec<i64>, _) = (room(ids.known())?, room(TOKEN * ids.known())?);
    each_part(py, ids, |ids| {
        let (start, mut kept) = (sizes.len(), Vec::new());
        for (position, &id) in ids.iter().enumerate() {
            let size = length(id);
            if size == 0 && fast.core().token_bytes(id).is_none() {
                return Err(Error::UnknownToken { id, position: start + position });
            }
            push(&mut sizes, size.cast_signed() as i64)?;
        }
        let mut ids = ids;
        if ids.iter().any(is_silent) {
            for (size, &id) in sizes[start..].iter_mut().zip(ids) {
                if is_silent(&id) { *size = 0 } else { push(&mut kept, id)? }
            }
            ids = &kept;
        }
        match decoder {
            Some(decoder) => decoder.append(ids, &mut text),
            None => append(&mut text, &joined_bytes(|id| fast.core().token_bytes(id), ids, None)?),
        }
    })?;
    Ok((array_of(py, sizes)?, new_bytes(py, &text)?))
}

/// What `keep` makes of the start and the end of each token, and where the last one ends.
fn spans_of<'py, T: Send>(
    py: Python<'py>,
    fast: &FastCodec,
    ids: Ids<'py>,
    in_chars: bool,
    keep: impl Fn([i64; 2]) -> T + Copy + Sync,
) -> PyResult<(Vec<T>, i64)> {
    let (mut place, mut spans) = (Place { at: 0, in_chars }, room(ids.known())?);
    each_part(py, ids, |ids| fast.sizes.append_spans(fast.core(), ids, &mut place, keep, &mut spans))?;
    Ok((spans, place.at))
}

/// Calls `work` with some ids after the other; then, what is wrong with one is raised.
fn each_part(py: Python<'_>, ids: Ids<'_>, mut work: impl FnMut(&[u32]) -> Result<()> + Send) -> PyResult<()> {
    let mut work = |ids: &[u32]| {
        work(ids)?;
        interrupt::check()
    };
    match ids {
        Ids::Known(known, wrong) => {
            working(py, known.len(), || known.each_block(|_, block| work(block)))?;
            wrong.map_or(Ok(()), Err)
        }
        Ids::Parts(mut parts) => {
            let mut some = Vec::new();
            loop {
                let wrong = parts.read(&mut some)?;
                work(&some)?;
                wrong.map_or(Ok(()), Err)?;
                if some.is_empty() {
                    return Ok(());
                }
            }
        }
    }
}

/// The rows (start, end) of an array as a list of tuples; what is one already stays.
#[pyfunction]
pub fn span_list<'py>(spans: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyList>> {
    if let Ok(pairs) = spans.cast::<PyList>() {
        return Ok(pairs.clone());
    }
    numpy_api::need(spans.py())?;
    let spans = spans.cast::<PyArray2<i64>>()?;
    if spans.shape()[1] != 2 {
        return Err(PyValueError::new_err("spans must be of shape (n, 2)"));
    }
    let copy = copied(spans.try_readonly()?.as_slice()?)?;
    pairs(spans.py(), copy.as_chunks().0)
}

/// The spans of two lists of lengths, as rows (SPEC A1).
#[pyfunction]
pub fn align<'py>(
    py: Python<'py>,
    left: &Bound<'py, PyArray1<i64>>,
    right: &Bound<'py, PyArray1<i64>>,
) -> PyResult<Bound<'py, PyArray2<i64>>> {
    let (left, right) = (copied(left.try_readonly()?.as_slice()?)?, copied(right.try_readonly()?.as_slice()?)?);
    let spans = signals::detached(py, || fast_align(&left, &right))?;
    let Some(spans) = spans else {
        return Err(PyValueError::new_err("both lists must have the same number of bytes"));
    };
    let length = spans.len();
    spans.into_flattened().into_pyarray(py).reshape([length, 4])
}

/// Where a token begins at the end of the one before, both pairs have the same int.
pub fn pairs<'py>(py: Python<'py>, spans: &[[i64; 2]]) -> PyResult<Bound<'py, PyList>> {
    // New tuples may start the garbage collector.
    let mut list = NewList::with_room(py, spans.len())?.hide();
    let mut before = (0, int(py, 0)?);
    for some in spans.chunks(NewList::STRETCH) {
        list.fill(some.iter().map(|&[start, end]| {
            let first = if start == before.0 { before.1.clone_ref(py) } else { int(py, start)? };
            before = (end, int(py, end)?);
            tuple(py, [first, before.1.clone_ref(py)])
        }))?;
        if some.len() == NewList::STRETCH {
            py.check_signals()?;
        }
    }
    Ok(list.finish())
}

#[cfg(any(Py_LIMITED_API, Py_GIL_DISABLED))]
pub fn tuple<T: pyo3::PyTypeInfo, const N: usize>(py: Python<'_>, items: [Py<T>; N]) -> PyResult<Py<PyTuple>> {
    Ok(PyTuple::new(py, items)?.unbind())
}

/// Objects in no circle, such as ints, as a tuple that the garbage collector does not follow: it would go over all while they are made.
#[cfg(not(any(Py_LIMITED_API, Py_GIL_DISABLED)))]
#[inline]
pub fn tuple<T, const N: usize>(py: Python<'_>, items: [Py<T>; N]) -> PyResult<Py<PyTuple>> {
    use pyo3::ffi;
    // SAFETY: a new tuple with N empty slots, N at least 1, or null with an exception set. The references given away fill them; then
    // the garbage collector, which follows tuples from the start, stops following this one, which is in no circle.
    unsafe {
        let made = Bound::from_owned_ptr_or_err(py, ffi::PyTuple_New(N.cast_signed()))?;
        for (place, item) in items.into_iter().enumerate() {
            ffi::PyTuple_SET_ITEM(made.as_ptr(), place.cast_signed(), item.into_ptr());
        }
        ffi::PyObject_GC_UnTrack(made.as_ptr().cast());
        Ok(made.cast_into_unchecked().unbind())
    }
}
