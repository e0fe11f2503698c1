//! Ids on their way out as a Python list, whose ints are shared.
//!
//! A new `int` takes some 19 ns to make and a third of that to free, and text has one for every four bytes. But an id is one
//! of a few hundred thousand numbers: each is made once and kept, and a list is filled by taking references.
//!
//! The table grows with the ids that are met: 8 bytes for each number below the greatest, 32 more for each that was met, for
//! ids below [`SHARED`]; greater ones are made anew. On a free-threaded Python all threads would write the same reference
//! counts, so there nothing is shared.

// Ints are made without the detours of a general conversion.
#![allow(unsafe_code)]

use super::new_list::NewList;
use crate::fast::util::fallible::extend;
use crate::fast::util::prefetch::prefetch;
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyInt, PyList, PyTuple};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Which ids are shared: more than any published vocabulary has.
const SHARED: usize = 1 << 18;
/// From this many ids on, the table and then the ints are asked for some ids ahead. They lie all over the memory.
const MANY: usize = 1 << 12;
const AHEAD: usize = 64;
const AHEAD_INT: usize = 24;

/// The ints made so far, by id. Locked only while the GIL is held, so nobody ever waits, and a fork finds it free.
static INTS: Mutex<Vec<Option<Py<PyInt>>>> = Mutex::new(Vec::new());

/// The ids as a list.
pub fn list_of_ids<'py>(py: Python<'py>, ids: &[u32]) -> PyResult<Bound<'py, PyList>> {
    if cfg!(Py_GIL_DISABLED) {
        return PyList::new(py, ids);
    }
    let mut list = NewList::with_room(py, ids.len())?;
    let far = if ids.len() < MANY { 0 } else { fill_ahead(py, &mut list, ids)? };
    let mut ints = lock();
    list.fill(ids[far..].iter().map(|&id| int_of(py, &mut ints, id)))?;
    Ok(list.finish())
}

/// Fills a long list but for its last items, with looks at signals; returns how many stand there.
#[inline(never)]
fn fill_ahead(py: Python<'_>, list: &mut NewList<'_>, ids: &[u32]) -> PyResult<usize> {
    let far = ids.len() - AHEAD;
    for start in (0..far).step_by(NewList::STRETCH) {
        let end = far.min(start + NewList::STRETCH);
        let mut ints = lock();
        list.fill(ids[start..end + AHEAD].windows(AHEAD + 1).map(|near| {
            prefetch(ints.as_ptr().wrapping_add(near[AHEAD] as usize));
            if let Some(Some(int)) = ints.get(near[AHEAD_INT] as usize) {
                prefetch(int.as_ptr());
            }
            int_of(py, &mut ints, near[0])
        }))?;
        drop(ints);
        py.check_signals()?;
    }
    Ok(far)
}

/// Objects as a list.
pub fn list_of<'py, T>(py: Python<'py>, objects: Vec<Bound<'py, T>>) -> PyResult<Bound<'py, PyList>> {
    let mut list = NewList::with_room(py, objects.len())?;
    list.fill(objects.into_iter().map(|object| Ok(object.unbind())))?;
    Ok(list.finish())
}

/// Numbers as a list.
pub fn list_of_numbers<'py, N>(py: Python<'py>, numbers: &[N]) -> PyResult<Bound<'py, PyList>>
where
    N: Copy + TryInto<i64, Error: Into<PyErr>>,
{
    let mut list = NewList::with_room(py, numbers.len())?;
    for some in numbers.chunks(NewList::STRETCH) {
        list.fill(some.iter().map(|&number| int(py, number.try_into().map_err(Into::into)?)))?;
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

/// As many ones.
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
        ints[index] = Some(int.clone_ref(py));
    }
    Ok(int)
}

/// A new int.
#[inline]
pub fn int(py: Python<'_>, value: i64) -> PyResult<Py<PyInt>> {
    // SAFETY: a new reference to an int, or null with an exception set, which becomes the error.
    unsafe { Ok(Bound::from_owned_ptr_or_err(py, ffi::PyLong_FromLongLong(value))?.cast_into_unchecked().unbind()) }
}
