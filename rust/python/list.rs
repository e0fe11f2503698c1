//! Ids on their way out as a Python list, whose ints are shared.
//!
//! A new `int` takes some 19 ns to make and a third of that to free, and text has one for every four bytes. But an id is one
//! of a few hundred thousand numbers: each is made once and kept, and a list is filled by taking references. They are not
//! counted ([`keep_alive`]), so that filling a list reads the table alone, and writes nothing but the list.
//!
//! The table grows with the ids that are met: 8 bytes for each number below the greatest, 32 more for each that was met, for
//! ids below [`SHARED`]; greater ones are made anew. On a free-threaded Python all threads would write the same reference
//! counts, so there nothing is shared.

// Ints are made without the detours of a general conversion.
#![allow(unsafe_code)]

use super::new_list::NewList;
use crate::fast::util::fallible::extend;
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyInt, PyList, PyTuple};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Which ids are shared: as many as the largest published vocabularies have.
const SHARED: usize = 1 << 18;
/// Numbers of other kinds are shared with ids below this one: lengths of texts, mostly.
const SMALL: u32 = 1 << 12;
/// Whether references to shared ints need not be counted. The limited API does not show the counts.
const UNCOUNTED: bool = cfg!(all(target_pointer_width = "64", not(any(Py_LIMITED_API, Py_GIL_DISABLED))));

/// The ints made so far, by id. Locked only while the GIL is held, so nobody ever waits, and a fork finds it free.
static INTS: Mutex<Vec<Option<Py<PyInt>>>> = Mutex::new(Vec::new());

pub fn list_of_ids<'py>(py: Python<'py>, ids: &[u32]) -> PyResult<Bound<'py, PyList>> {
    if cfg!(Py_GIL_DISABLED) {
        return PyList::new(py, ids);
    }
    let mut list = NewList::with_room(py, ids.len())?;
    fill(py, &mut list, ids)?;
    Ok(list.finish())
}

#[expect(clippy::inline_always, reason = "a call would cost short lists a twentieth")]
#[inline(always)]
fn fill(py: Python<'_>, list: &mut NewList<'_>, ids: &[u32]) -> PyResult<()> {
    let mut rest = ids;
    loop {
        let (some, after) = rest.split_at(rest.len().min(NewList::STRETCH));
        let mut ints = lock();
        list.fill(some.iter().map(|&id| int_of(py, &mut ints, id)))?;
        drop(ints);
        if after.is_empty() {
            return Ok(());
        }
        py.check_signals()?;
        rest = after;
    }
}

pub fn list_of<'py, T>(py: Python<'py>, objects: Vec<Bound<'py, T>>) -> PyResult<Bound<'py, PyList>> {
    let mut list = NewList::with_room(py, objects.len())?;
    list.fill(objects.into_iter().map(|object| Ok(object.unbind())))?;
    Ok(list.finish())
}

pub fn list_of_numbers<'py, N>(py: Python<'py>, numbers: &[N]) -> PyResult<Bound<'py, PyList>>
where
    N: Copy + TryInto<i64, Error: Into<PyErr>>,
{
    let mut list = NewList::with_room(py, numbers.len())?;
    for some in numbers.chunks(NewList::STRETCH) {
        let mut ints = if cfg!(Py_GIL_DISABLED) { None } else { Some(lock()) };
        list.fill(some.iter().map(|&number| {
            let number: i64 = number.try_into().map_err(Into::into)?;
            match (u32::try_from(number), &mut ints) {
                (Ok(small), Some(ints)) if small < SMALL => int_of(py, ints, small),
                _ => int(py, number),
            }
        }))?;
        drop(ints);
        py.check_signals()?;
    }
    Ok(list.finish())
}

/// Rows as a list of tuples, which `row` makes.
pub fn list_of_tuples<'py, T>(
    py: Python<'py>,
    rows: &[T],
    row: impl Fn(&T) -> PyResult<Py<PyTuple>>,
) -> PyResult<Bound<'py, PyList>> {
    // New tuples may start the garbage collector.
    let mut list = NewList::with_room(py, rows.len())?.hide();
    for some in rows.chunks(NewList::STRETCH) {
        list.fill(some.iter().map(&row))?;
        py.check_signals()?;
    }
    Ok(list.finish())
}

pub fn list_of_ones(py: Python<'_>, length: usize) -> PyResult<Bound<'_, PyList>> {
    let one = int(py, 1)?;
    let mut list = NewList::with_room(py, length)?;
    list.fill(std::iter::repeat_with(|| Ok(one.clone_ref(py))))?;
    Ok(list.finish())
}

/// No Python code runs while it is held: neither making an int nor taking a reference does.
fn lock() -> MutexGuard<'static, Vec<Option<Py<PyInt>>>> {
    INTS.lock().unwrap_or_else(PoisonError::into_inner)
}

#[expect(clippy::inline_always, reason = "a call would cost short lists a twentieth")]
#[inline(always)]
fn int_of(py: Python<'_>, ints: &mut Vec<Option<Py<PyInt>>>, id: u32) -> PyResult<Py<PyInt>> {
    match ints.get(id as usize) {
        // SAFETY: no count of such an int is ever given back to zero, so this is a reference of its own as any other.
        Some(Some(int)) if UNCOUNTED => {
            Ok(unsafe { Bound::from_owned_ptr(py, int.as_ptr()).cast_into_unchecked().unbind() })
        }
        Some(Some(int)) => Ok(int.clone_ref(py)),
        _ => new_int(py, ints, id),
    }
}

/// The int of an id that was not met before; kept, if it is one to be shared.
#[cold]
fn new_int(py: Python<'_>, ints: &mut Vec<Option<Py<PyInt>>>, id: u32) -> PyResult<Py<PyInt>> {
    let (index, int) = (id as usize, int(py, id.into())?);
    if index < SHARED {
        if index >= ints.len() {
            let length = (index + 1).next_power_of_two();
            let missing = length - ints.len();
            extend(ints, std::iter::repeat_with(|| None).take(missing))?;
        }
        keep_alive(&int);
        ints[index] = Some(int.clone_ref(py));
    }
    Ok(int)
}

/// Sets the reference count of an int so high that the int lives as long as the process, whoever forgets to count. From 3.12 on,
/// an object with bit 31 set is immortal. Before, nobody can give back that many references.
fn keep_alive(int: &Py<PyInt>) {
    const MANY: i64 = if cfg!(Py_3_12) { 3 << 30 } else { 1 << 60 };
    #[cfg(all(target_pointer_width = "64", not(any(Py_LIMITED_API, Py_GIL_DISABLED))))]
    // SAFETY: the GIL is held, so nobody else reads or writes the count, which is a number of 64 bits.
    unsafe {
        *(&raw mut (*int.as_ptr()).ob_refcnt).cast::<i64>() |= MANY;
    }
    #[cfg(not(all(target_pointer_width = "64", not(any(Py_LIMITED_API, Py_GIL_DISABLED)))))]
    let _ = (int, MANY);
}

#[inline]
pub fn int(py: Python<'_>, value: i64) -> PyResult<Py<PyInt>> {
    // SAFETY: a new reference to an int, or null with an exception set, which becomes the error.
    unsafe { Ok(Bound::from_owned_ptr_or_err(py, ffi::PyLong_FromLongLong(value))?.cast_into_unchecked().unbind()) }
}
