//! A list that is being filled.
//!
//! `PyList_New` clears the slots of a list, which are then written once more; for a list of a million items that is a pass over
//! eight megabytes. Here a list gets memory for its items as it comes, and its length once they stand there.
//!
//! Costs: one allocation, one store an item. The limited API has no other way than to clear, and lists of a free-threaded Python
//! have another layout: there the list is made by `PyList_New`, and filled item by item.

// A list is filled in place before anybody else has seen it.
#![allow(unsafe_code)]

use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::PyList;

/// A list of a length to be, of which the first items are there.
pub struct NewList<'py> {
    list: Bound<'py, PyList>,
    length: usize,
    filled: usize,
    hidden: bool,
}

impl<'py> NewList<'py> {
    /// A longer list is filled in stretches of at most as many items, with looks at signals between them.
    pub const STRETCH: usize = 1 << 18;

    /// A list that is to have this many items. No Python code may run until it is full, but signal handlers between its stretches.
    #[inline]
    pub fn with_room(py: Python<'py>, length: usize) -> PyResult<NewList<'py>> {
        let list = NewList { list: with_room(py, length)?, length, filled: 0, hidden: false };
        Ok(if length > Self::STRETCH { list.hide() } else { list })
    }

    /// Hides it from Python code until it is full: signal handlers and what the garbage collector calls could find it among all objects.
    #[must_use]
    pub fn hide(self) -> NewList<'py> {
        if !self.hidden {
            // SAFETY: a list is an object that the garbage collector follows, and follows again in the end.
            unsafe { ffi::PyObject_GC_UnTrack(self.list.as_ptr().cast()) };
        }
        NewList { hidden: true, ..self }
    }

    /// Puts the next items into the list, until it is full.
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "a call would cost short lists a twentieth")]
    pub fn fill<T>(&mut self, mut items: impl Iterator<Item = PyResult<Py<T>>>) -> PyResult<()> {
        debug_assert!(self.filled <= self.length);
        let (list, mut place, mut result) = (self.list.as_ptr(), self.filled, Ok(()));
        while place < self.length {
            match items.next() {
                Some(Ok(item)) => {
                    // SAFETY: the list has room for `length` items, nobody else has seen it, and this place is free; the reference
                    // is given away to it.
                    unsafe { put(list, place, item.into_ptr()) };
                    place += 1;
                }
                Some(Err(error)) => {
                    result = Err(error);
                    break;
                }
                None => break,
            }
        }
        self.filled = place;
        // SAFETY: the first `place` slots hold items.
        unsafe { set_length(list, place) };
        result
    }

    /// The list, which is full.
    #[inline]
    pub fn finish(self) -> Bound<'py, PyList> {
        debug_assert_eq!(self.filled, self.length);
        if self.hidden {
            // SAFETY: it was hidden above, and each of its items is there.
            unsafe { ffi::PyObject_GC_Track(self.list.as_ptr().cast()) };
        }
        self.list
    }
}

/// Shorter lists are made as Python makes them.
#[cfg(not(any(Py_LIMITED_API, Py_GIL_DISABLED)))]
const SHORT: usize = 64;

#[cfg(not(any(Py_LIMITED_API, Py_GIL_DISABLED)))]
#[inline]
fn with_room(py: Python<'_>, length: usize) -> PyResult<Bound<'_, PyList>> {
    // Of a short list, clearing costs less than a second allocation.
    if length >= SHORT {
        return with_memory(py, length);
    }
    // SAFETY: a new list of empty slots, or null with an exception set, which becomes the error.
    unsafe { Ok(Bound::from_owned_ptr_or_err(py, ffi::PyList_New(length.cast_signed()))?.cast_into_unchecked()) }
}

#[cfg(not(any(Py_LIMITED_API, Py_GIL_DISABLED)))]
#[inline(never)]
fn with_memory(py: Python<'_>, length: usize) -> PyResult<Bound<'_, PyList>> {
    let bytes = length.checked_mul(size_of::<*mut ffi::PyObject>()).filter(|&bytes| isize::try_from(bytes).is_ok());
    // SAFETY: a new list, or null with an exception set, which becomes the error. An empty list has no memory for items; that of
    // Python's allocator, which is where the list looks for it, is given to it with its size, and the list frees it with itself.
    unsafe {
        let list = Bound::from_owned_ptr_or_err(py, ffi::PyList_New(0))?.cast_into_unchecked::<PyList>();
        let items = bytes.map_or(std::ptr::null_mut(), |bytes| ffi::PyMem_Malloc(bytes));
        if items.is_null() {
            return Err(pyo3::exceptions::PyMemoryError::new_err(()));
        }
        let head = list.as_ptr().cast::<ffi::PyListObject>();
        ((*head).ob_item, (*head).allocated) = (items.cast(), length.cast_signed());
        Ok(list)
    }
}

/// # Safety
///
/// `list` is a list of [`with_room`] that has more room than `place`, where nothing stands; `item` is an owned reference.
#[cfg(not(any(Py_LIMITED_API, Py_GIL_DISABLED)))]
#[inline]
unsafe fn put(list: *mut ffi::PyObject, place: usize, item: *mut ffi::PyObject) {
    // SAFETY: as the caller promises.
    unsafe { (*list.cast::<ffi::PyListObject>()).ob_item.add(place).write(item) };
}

/// # Safety
///
/// The first `length` items of the list have been put there.
#[cfg(not(any(Py_LIMITED_API, Py_GIL_DISABLED)))]
#[inline]
unsafe fn set_length(list: *mut ffi::PyObject, length: usize) {
    // SAFETY: as the caller promises.
    unsafe { (*list.cast::<ffi::PyVarObject>()).ob_size = length.cast_signed() };
}

#[cfg(any(Py_LIMITED_API, Py_GIL_DISABLED))]
fn with_room(py: Python<'_>, length: usize) -> PyResult<Bound<'_, PyList>> {
    // SAFETY: a new list of empty slots, or null with an exception set, which becomes the error.
    unsafe { Ok(Bound::from_owned_ptr_or_err(py, ffi::PyList_New(length.try_into()?))?.cast_into_unchecked()) }
}

/// # Safety
///
/// `list` is a list of [`with_room`] that has more slots than `place`, where nothing stands; `item` is an owned reference.
#[cfg(any(Py_LIMITED_API, Py_GIL_DISABLED))]
unsafe fn put(list: *mut ffi::PyObject, place: usize, item: *mut ffi::PyObject) {
    // SAFETY: as the caller promises; it cannot fail for a place within the list.
    unsafe { ffi::PyList_SetItem(list, place.cast_signed(), item) };
}

/// The list has its length from the start.
#[cfg(any(Py_LIMITED_API, Py_GIL_DISABLED))]
unsafe fn set_length(_: *mut ffi::PyObject, _: usize) {}
