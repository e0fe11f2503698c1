//! Where tokens begin and end, as Python's pairs.

// Lists and tuples are filled in place before anybody else has seen them.
#![allow(unsafe_code)]

use super::list::{list_of, list_of_ids};
use super::text::new_bytes;
use crate::codec::Codec;
use crate::error::{Error, Result};
use crate::fast::util::fallible::resize;
use crate::interrupt;
use numpy::{PyArray1, PyArrayMethods};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyList;

/// How many pairs or tokens are made between two looks at signals.
const STRETCH: usize = 1 << 18;
/// Ids from here on get an object for each token.
const SHARED: usize = 1 << 21;

/// A copy of an array, which Python code may change meanwhile.
fn copied<T: Copy>(items: &[T]) -> Result<Vec<T>> {
    let mut copy = Vec::new();
    interrupt::append(&mut copy, items.iter().copied())?;
    Ok(copy)
}

/// The ids of an array as a list, whose ints are shared.
#[pyfunction]
pub fn id_list<'py>(ids: &Bound<'py, PyArray1<u32>>) -> PyResult<Bound<'py, PyAny>> {
    let copy = copied(ids.try_readonly()?.as_slice()?)?;
    list_of_ids(ids.py(), &copy)
}

/// The tokens of some ids. Ids that are the same have the same object.
pub fn token_list<'py>(core: &Codec, ids: &Bound<'py, PyArray1<u32>>) -> PyResult<Bound<'py, PyList>> {
    let py = ids.py();
    let ids = copied(ids.try_readonly()?.as_slice()?)?;
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
        if index < SHARED {
            if index >= known.len() {
                let length = (index + 1).next_power_of_two();
                resize(&mut known, length, None)?;
            }
            known[index] = Some(token);
        }
    }
    list_of(py, tokens)
}

/// The pairs (start, end) of two arrays as a list of tuples.
#[pyfunction]
pub fn span_list<'py>(
    starts: &Bound<'py, PyArray1<i64>>,
    ends: &Bound<'py, PyArray1<i64>>,
) -> PyResult<Bound<'py, PyAny>> {
    let (first, last) = (copied(starts.try_readonly()?.as_slice()?)?, copied(ends.try_readonly()?.as_slice()?)?);
    if first.len() != last.len() {
        return Err(PyValueError::new_err("starts and ends must have the same length"));
    }
    pairs(starts.py(), &first, &last)
}

#[cfg(any(Py_LIMITED_API, Py_GIL_DISABLED))]
fn pairs<'py>(py: Python<'py>, starts: &[i64], ends: &[i64]) -> PyResult<Bound<'py, PyAny>> {
    let pairs: Vec<(i64, i64)> =
        crate::fast::util::fallible::collect(starts.iter().copied().zip(ends.iter().copied()))?;
    Ok(pyo3::types::PyList::new(py, pairs)?.into_any())
}

/// Where a token begins at the end of the one before, both pairs have the same int. The garbage collector need not follow pairs
/// of ints, which are in no circle: without that it would go over all of them some times while they are made.
#[cfg(not(any(Py_LIMITED_API, Py_GIL_DISABLED)))]
fn pairs<'py>(py: Python<'py>, starts: &[i64], ends: &[i64]) -> PyResult<Bound<'py, PyAny>> {
    use pyo3::ffi;
    let length = starts.len().try_into()?;
    // SAFETY: a new list of empty slots, or null with an exception set, which becomes the error. The garbage collector does not
    // show it to other code until it is filled; a list with empty slots may be dropped.
    let list = unsafe { Bound::from_owned_ptr_or_err(py, ffi::PyList_New(length))? };
    // SAFETY: a list is an object that the garbage collector follows, and follows again in the end.
    unsafe { ffi::PyObject_GC_UnTrack(list.as_ptr().cast()) };
    let mut before = (0, int(py, 0)?);
    for (place, (&start, &end)) in starts.iter().zip(ends).enumerate() {
        if place % STRETCH == 0 {
            py.check_signals()?;
        }
        let first = if start == before.0 { before.1.clone() } else { int(py, start)? };
        before = (end, int(py, end)?);
        // SAFETY: a new tuple with two empty slots, or null with an exception set. The references given away fill them; then the
        // garbage collector, which follows tuples from the start, stops following this one, which holds nothing but ints. The
        // list has an empty slot at `place`.
        unsafe {
            let pair = Bound::from_owned_ptr_or_err(py, ffi::PyTuple_New(2))?;
            ffi::PyTuple_SET_ITEM(pair.as_ptr(), 0, first.into_ptr());
            ffi::PyTuple_SET_ITEM(pair.as_ptr(), 1, before.1.clone().into_ptr());
            ffi::PyObject_GC_UnTrack(pair.as_ptr().cast());
            ffi::PyList_SET_ITEM(list.as_ptr(), place.cast_signed(), pair.into_ptr());
        }
    }
    // SAFETY: as above.
    unsafe { ffi::PyObject_GC_Track(list.as_ptr().cast()) };
    Ok(list)
}

#[cfg(not(any(Py_LIMITED_API, Py_GIL_DISABLED)))]
fn int(py: Python<'_>, value: i64) -> PyResult<Bound<'_, PyAny>> {
    // SAFETY: a new reference, or null with an exception set, which becomes the error.
    unsafe { Bound::from_owned_ptr_or_err(py, pyo3::ffi::PyLong_FromLongLong(value)) }
}
