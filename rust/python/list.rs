//! Ids on their way out as a Python list, whose ints are shared.
//!
//! A new `int` takes some 19 ns to make and a third of that to free, and text has one for every four bytes. But an id is one
//! of a few hundred thousand numbers: each is made once and kept, and a list is filled by taking references.
//!
//! The table grows with the ids that are met: 8 bytes for each number below the greatest, 32 more for each that was met, for
//! ids below [`SHARED`]; greater ones are made anew. On a free-threaded Python all threads would write the same reference
//! counts, so there nothing is shared.

// A list is filled in place before anybody else has seen it.
#![allow(unsafe_code)]

use crate::fast::util::fallible::extend;
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyInt, PyList};
use std::sync::{Mutex, PoisonError};

/// Which ids are shared: more than any published vocabulary has.
const SHARED: usize = 1 << 18;

/// How many ids are put into a list between two looks at signals.
const STRETCH: usize = 1 << 20;

/// The ints made so far, by id. Locked only while the GIL is held, so nobody ever waits, and a fork finds it free.
static INTS: Mutex<Vec<Option<Py<PyInt>>>> = Mutex::new(Vec::new());

/// The ids as a list.
pub fn list_of_ids<'py>(py: Python<'py>, ids: &[u32]) -> PyResult<Bound<'py, PyAny>> {
    if cfg!(Py_GIL_DISABLED) {
        return Ok(PyList::new(py, ids)?.into_any());
    }
    let length = ids.len().try_into()?;
    // SAFETY: PyList_New gives a new reference, or null with an exception set, which becomes the error.
    let list = unsafe { Bound::from_owned_ptr_or_err(py, ffi::PyList_New(length))? };
    if ids.len() <= STRETCH {
        fill(py, &list, 0, ids)?;
    } else {
        fill_with_signals(py, &list, ids)?;
    }
    Ok(list)
}

/// Objects as a list.
pub fn list_of<'py>(py: Python<'py>, objects: Vec<Bound<'py, PyAny>>) -> PyResult<Bound<'py, PyList>> {
    let length = objects.len().try_into()?;
    // SAFETY: PyList_New gives a new reference, or null with an exception set, which becomes the error. The list has an empty slot
    // for each object, whose reference it takes; nothing runs that could see it before all are filled.
    unsafe {
        let list = Bound::from_owned_ptr_or_err(py, ffi::PyList_New(length))?;
        for (place, object) in objects.into_iter().enumerate() {
            ffi::PyList_SetItem(list.as_ptr(), place.cast_signed(), object.into_ptr());
        }
        Ok(list.cast_into_unchecked())
    }
}

/// Fills the slots of a new list that is long, with looks at signals.
#[cold]
fn fill_with_signals(py: Python<'_>, list: &Bound<'_, PyAny>, ids: &[u32]) -> PyResult<()> {
    // Signal handlers run Python code, which could find the unfinished list among all objects.
    // SAFETY: a list is an object that the garbage collector follows, and follows again in the end.
    unsafe { ffi::PyObject_GC_UnTrack(list.as_ptr().cast()) };
    for (number, ids) in ids.chunks(STRETCH).enumerate() {
        fill(py, list, number * STRETCH, ids)?;
        py.check_signals()?;
    }
    // SAFETY: as above.
    unsafe { ffi::PyObject_GC_Track(list.as_ptr().cast()) };
    Ok(())
}

/// Fills the slots of a new list from a place on.
#[expect(clippy::inline_always, reason = "a call would cost short lists a twentieth")]
#[inline(always)]
fn fill(py: Python<'_>, list: &Bound<'_, PyAny>, start: usize, ids: &[u32]) -> PyResult<()> {
    // No Python code runs in here: neither making an int nor taking a reference does.
    let mut ints = INTS.lock().unwrap_or_else(PoisonError::into_inner);
    for (place, &id) in ids.iter().enumerate() {
        let int = match ints.get(id as usize) {
            Some(Some(int)) => int.clone_ref(py),
            _ => new_int(py, &mut ints, id)?,
        };
        let int = int.into_ptr();
        // SAFETY: `list` is a list of empty slots that no other code has seen, of which this place is one; the reference `int` is
        // given away to it.
        unsafe { set_item(list.as_ptr(), (start + place).cast_signed(), int) };
    }
    Ok(())
}

/// The int of an id that was not met before; kept, if it is one to be shared.
#[cold]
fn new_int(py: Python<'_>, ints: &mut Vec<Option<Py<PyInt>>>, id: u32) -> PyResult<Py<PyInt>> {
    // SAFETY: a new reference, or null with an exception set, which becomes the error.
    let int = unsafe { Bound::from_owned_ptr_or_err(py, ffi::PyLong_FromUnsignedLongLong(id.into()))? };
    let (index, int) = (id as usize, int.cast_into::<PyInt>()?.unbind());
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

/// # Safety
///
/// `list` is a list, `place` the place of an empty slot of it, and `item` an owned reference.
unsafe fn set_item(list: *mut ffi::PyObject, place: ffi::Py_ssize_t, item: *mut ffi::PyObject) {
    #[cfg(not(Py_LIMITED_API))]
    // SAFETY: as the caller promises; the slot is empty, so nothing has to be released.
    unsafe {
        ffi::PyList_SET_ITEM(list, place, item);
    }
    #[cfg(Py_LIMITED_API)]
    // SAFETY: as the caller promises; it cannot fail for a place within the list.
    unsafe {
        ffi::PyList_SetItem(list, place, item);
    }
}
