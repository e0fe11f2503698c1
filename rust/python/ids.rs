//! Ids as they come from Python: an integer NumPy array, a list, or any other iterable of integers.
//!
//! Nothing that the caller's objects say of themselves is trusted: no length is asked for, an array is read where it lies only if it is
//! contiguous and aligned, and NumPy brings all others into that form, a part at a time. The first id that is wrong is the one that is
//! reported, whether it is unknown or no integer (SPEC D3), so an iterable is read no further than it is known.

// Ints and the memory of arrays are read without the detours of a general conversion.
#![allow(unsafe_code)]

#[cfg(not(any(Py_LIMITED_API, Py_GIL_DISABLED)))]
use super::digits;
use super::errors::raised;
use super::kept::name;
use super::numpy_api;
use crate::error::{Error, Result};
use crate::fast::util::fallible::push;
use numpy::{Element, PyArray1, PyArrayDescrMethods, PyArrayMethods, PyUntypedArray, PyUntypedArrayMethods, dtype};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyInt, PyIterator, PyList, PySlice, PyTuple};
use std::mem::MaybeUninit;

/// How many ids of an iterable, or of an array that NumPy has to convert, are read at a time.
const PART: usize = 1 << 16;
/// How many ids of a list are read between two looks at signals.
const STRETCH: usize = 1 << 20;
/// How many ids of an array are copied at a time: they stay in the first-level cache.
const BLOCK: usize = 1 << 12;

pub enum Ids<'py> {
    /// All of them, or those before the one that is wrong.
    Known(Known<'py>, Option<PyErr>),
    Parts(Parts<'py>),
}

/// Ids that can be gone over more than once.
pub enum Known<'py> {
    /// Of an array that can be read where it lies.
    Array(SharedIds<'py>),
    List(Vec<u32>),
}

impl Ids<'_> {
    /// How many ids are known to be there.
    pub fn known(&self) -> usize {
        if let Ids::Known(known, _) = self { known.len() } else { 0 }
    }
}

impl<'py> FromPyObject<'_, 'py> for Ids<'py> {
    type Error = PyErr;

    fn extract(object: Borrowed<'_, 'py, PyAny>) -> PyResult<Ids<'py>> {
        if let Ok(list) = object.cast_exact::<PyList>() {
            let mut ids = Vec::new();
            let wrong = read_list(&list, &mut ids).err();
            return Ok(Ids::Known(Known::List(ids), wrong));
        }
        let py = object.py();
        if !object.is_exact_instance_of::<PyTuple>()
            && numpy_api::load(py)?
            && let Ok(array) = object.cast::<PyUntypedArray>()
        {
            return of_array(&array);
        }
        let iterator = object.try_iter().map_err(|error| {
            if !error.is_instance_of::<PyTypeError>(py) {
                return error;
            }
            let found = object.get_type().name().map_or_else(|_| "?".into(), |name| name.to_string());
            PyTypeError::new_err(format!("token ids must be an iterable or an array of integers, not {found}"))
        })?;
        Ok(Ids::Parts(Parts::Items(iterator, 0)))
    }
}

/// The ids of a contiguous, aligned array of uint32.
///
/// They are read without the GIL, so another thread may write them meanwhile, as it may while NumPy reads. Each read copies a
/// block first: the work on a block sees it unchanged.
pub struct SharedIds<'py> {
    start: *const u32,
    length: usize,
    _array: Bound<'py, PyArray1<u32>>,
}

// SAFETY: the memory is read only, and stays as long as the array, which is not touched without the GIL.
unsafe impl Sync for SharedIds<'_> {}

impl Known<'_> {
    pub fn len(&self) -> usize {
        match self {
            Known::Array(shared) => shared.length,
            Known::List(ids) => ids.len(),
        }
    }

    /// Calls `show` with block after block of the ids, each with the position of its first.
    pub fn each_block(&self, mut show: impl FnMut(usize, &[u32]) -> Result<()>) -> Result<()> {
        match self {
            Known::Array(shared) => shared.each_block(show),
            Known::List(ids) => {
                ids.chunks(BLOCK).enumerate().try_for_each(|(number, block)| show(number * BLOCK, block))
            }
        }
    }
}

impl SharedIds<'_> {
    fn each_block(&self, mut show: impl FnMut(usize, &[u32]) -> Result<()>) -> Result<()> {
        let mut block = [MaybeUninit::<u32>::uninit(); BLOCK];
        let mut position = 0;
        while position < self.length {
            let length = BLOCK.min(self.length - position);
            // SAFETY: the array has `length` ids from `position` on, the block has room for them, and then it holds them.
            let ids = unsafe {
                self.start.add(position).copy_to_nonoverlapping(block.as_mut_ptr().cast(), length);
                std::slice::from_raw_parts(block.as_ptr().cast(), length)
            };
            show(position, ids)?;
            position += length;
        }
        Ok(())
    }
}

pub enum Parts<'py> {
    /// The rest of an iterable, and how many items came before it.
    Items(Bound<'py, PyIterator>, usize),
    /// An array, and how many of its items have been read.
    Array(Bound<'py, PyUntypedArray>, usize),
}

impl Parts<'_> {
    pub fn position(&self) -> usize {
        match self {
            Parts::Items(_, position) | Parts::Array(_, position) => *position,
        }
    }

    /// How many ids an array says that are left; 0 for an iterable, which does not say.
    pub fn left(&self) -> usize {
        match self {
            Parts::Items(..) => 0,
            Parts::Array(array, position) => array.len() - *position,
        }
    }

    /// Reads the next ids, at least one unless none are left. Returns what is wrong with the one after them.
    pub fn read(&mut self, ids: &mut Vec<u32>) -> PyResult<Option<PyErr>> {
        ids.clear();
        ids.try_reserve(PART).map_err(Error::from)?;
        match self {
            Parts::Items(iterator, position) => {
                for item in iterator.by_ref().take(PART) {
                    match item.and_then(|item| from_item(&item, *position)) {
                        Ok(id) => ids.push(id),
                        Err(wrong) => return Ok(Some(wrong)),
                    }
                    *position += 1;
                }
                iterator.py().check_signals()?;
                Ok(None)
            }
            Parts::Array(array, position) => {
                array.py().check_signals()?;
                let end = array.len().min(*position + PART);
                if *position == end {
                    return Ok(None);
                }
                let wrong = read_items(array, *position, end, ids)?;
                *position = end;
                Ok(wrong)
            }
        }
    }
}

fn read_list(list: &Bound<'_, PyList>, ids: &mut Vec<u32>) -> PyResult<()> {
    // Items may run code as they are read, and so may signal handlers: the list is as long as it is at that moment.
    while ids.len() < list.len() {
        let before = ids.len();
        let end = list.len().min(before + STRETCH);
        ids.try_reserve(end - before).map_err(Error::from)?;
        small_ints(list, end, ids);
        while ids.len() < end.min(list.len()) {
            let position = ids.len();
            ids.push(from_item(&list.get_item(position)?, position)?);
        }
        if end - before == STRETCH {
            list.py().check_signals()?;
        }
    }
    Ok(())
}

/// Appends the items of a list, from position `ids.len()` to before `end`, up to the first that is not an int or does not fit.
#[cfg(not(any(Py_LIMITED_API, Py_GIL_DISABLED)))]
fn small_ints(list: &Bound<'_, PyList>, end: usize, ids: &mut Vec<u32>) {
    use crate::fast::util::prefetch::prefetch;
    use pyo3::ffi;
    // The ints of ids lie all over the memory; each is asked for some items ahead.
    const AHEAD: usize = 12;
    let one_digit = digits::are_known(list.py());
    // SAFETY: it is a list of at least `end` items, and not empty. Asking an exact int for its value runs no code of Python's,
    // so the list stays as it is, and the GIL is held. If the value overflows, or is -1, the error is looked at and cleared.
    unsafe {
        let items = std::slice::from_raw_parts((*list.as_ptr().cast::<ffi::PyListObject>()).ob_item, end);
        let start = ids.len();
        let items = &items[start..];
        let mut count = 0;
        for (index, (&item, place)) in items.iter().zip(ids.spare_capacity_mut()).enumerate() {
            prefetch(items.get(index + AHEAD).map_or(std::ptr::null(), |ahead| ahead.cast_const()));
            if ffi::PyLong_CheckExact(item) == 0 {
                break;
            }
            if let Some(id) = one_digit.then(|| digits::one(item)).flatten() {
                place.write(id);
                count = index + 1;
                continue;
            }
            let value = ffi::PyLong_AsLong(item);
            let Ok(id) = u32::try_from(value) else {
                if value == -1 {
                    ffi::PyErr_Clear();
                }
                break;
            };
            place.write(id);
            count = index + 1;
        }
        // As many places as that have been written.
        ids.set_len(start + count);
    }
}

#[cfg(any(Py_LIMITED_API, Py_GIL_DISABLED))]
fn small_ints(_: &Bound<'_, PyList>, _: usize, _: &mut Vec<u32>) {}

/// The value of a small int, if that can be read where it stands.
#[cfg(not(any(Py_LIMITED_API, Py_GIL_DISABLED)))]
#[inline]
pub fn small_int(item: &Bound<'_, PyAny>) -> Option<u32> {
    if !item.is_exact_instance_of::<PyInt>() || !digits::are_known(item.py()) {
        return None;
    }
    // SAFETY: an int, whose layout is known.
    unsafe { digits::one(item.as_ptr()) }
}

#[cfg(any(Py_LIMITED_API, Py_GIL_DISABLED))]
pub fn small_int(_: &Bound<'_, PyAny>) -> Option<u32> {
    None
}

/// One id. An integer that cannot be an id is unknown (SPEC D3); anything else has the wrong type.
pub fn from_item(item: &Bound<'_, PyAny>, position: usize) -> PyResult<u32> {
    if let Ok(integer) = item.cast_exact::<PyInt>()
        && let Ok(id) = integer.extract::<u32>()
    {
        return Ok(id);
    }
    let py = item.py();
    let kind = item.get_type();
    let is_integer = if item.is_instance_of::<PyInt>() {
        !item.is_instance_of::<PyBool>()
    } else {
        // NumPy's truth values have `__index__` up to NumPy 2.2.
        kind.hasattr(name!(py, "__index__"))? && !["bool", "bool_"].contains(&&*kind.name()?.to_cow()?)
    };
    if !is_integer {
        let found = kind.name()?.to_string();
        let rows =
            if ["list", "tuple", "ndarray"].contains(&&*found) { "; decode_batch takes several rows" } else { "" };
        return Err(PyTypeError::new_err(format!(
            "a token id must be an integer, not {found} (at position {position}){rows}"
        )));
    }
    // An exception of the object's own is raised as it is.
    // SAFETY: a new reference to an int, or null with an exception set, which becomes the error.
    let integer = unsafe { Bound::from_owned_ptr_or_err(py, pyo3::ffi::PyNumber_Index(item.as_ptr()))? };
    integer.extract::<u32>().map_err(|_| raised("UnknownTokenError", (integer.unbind(), position)))
}

fn of_array<'py>(array: &Bound<'py, PyUntypedArray>) -> PyResult<Ids<'py>> {
    if array.ndim() != 1 {
        let rows = if array.ndim() > 1 { "; decode_batch takes rows" } else { "" };
        return Err(PyValueError::new_err(format!(
            "token ids must be one-dimensional, not {}-dimensional{rows}",
            array.ndim()
        )));
    }
    let may_mask = may_mask(array)?;
    if let Ok(ids) = array.cast::<PyArray1<u32>>()
        && is_plain(ids)
        && !may_mask
    {
        let shared = SharedIds { start: ids.data(), length: ids.len(), _array: ids.clone() };
        return Ok(Ids::Known(Known::Array(shared), None));
    }
    let kind: char = array.dtype().kind().into();
    if kind != 'i' && kind != 'u' {
        return Err(PyTypeError::new_err(format!(
            "an array of token ids must be of an integer type, not {}",
            array.dtype()
        )));
    }
    if may_mask {
        return Ok(Ids::Parts(Parts::Array(array.clone(), 0)));
    }
    // A subclass may answer anything to the questions that follow.
    let numpy = array.py().import(name!(array.py(), "numpy"))?;
    let plain = numpy.call_method1(name!(array.py(), "asarray"), (array,))?.cast_into()?;
    Ok(Ids::Parts(Parts::Array(plain, 0)))
}

/// Whether an array may be one of `numpy.ma`, where an item that is masked is not the number in its place.
fn may_mask(array: &Bound<'_, PyUntypedArray>) -> PyResult<bool> {
    Ok(!array.is_exact_instance_of::<PyUntypedArray>() && array.get_type().hasattr(name!(array.py(), "mask"))?)
}

/// Whether the items lie one after the other, aligned.
fn is_plain<T: Element>(array: &Bound<'_, PyArray1<T>>) -> bool {
    array.is_c_contiguous() && array.data().is_aligned()
}

/// Reads some items of an array of integers, which NumPy first lays out.
fn read_items(
    array: &Bound<'_, PyUntypedArray>,
    start: usize,
    end: usize,
    ids: &mut Vec<u32>,
) -> PyResult<Option<PyErr>> {
    let py = array.py();
    let part = array.get_item(PySlice::new(py, start.try_into()?, end.try_into()?, 1))?;
    if may_mask(array)? {
        for (item, position) in part.call_method0(name!(py, "tolist"))?.try_iter()?.zip(start..) {
            match from_item(&item?, position) {
                Ok(id) => push(ids, id)?,
                Err(wrong) => return Ok(Some(wrong)),
            }
        }
        return Ok(None);
    }
    let is_wide = array.dtype().kind() == b'u' && array.dtype().itemsize() == 8;
    let wanted = if is_wide { dtype::<u64>(py) } else { dtype::<i64>(py) };
    let whole = py.import(name!(py, "numpy"))?.call_method1(name!(py, "require"), (part, wanted, "CA"))?;
    if let Ok(items) = whole.cast::<PyArray1<u64>>() {
        return narrow(items.try_readonly()?.as_slice()?, start, ids);
    }
    narrow(whole.cast::<PyArray1<i64>>()?.try_readonly()?.as_slice()?, start, ids)
}

/// Appends integers that can be ids, up to the first that cannot, which is unknown.
fn narrow<T: Copy + TryInto<u32> + Into<i128>>(
    items: &[T],
    start: usize,
    ids: &mut Vec<u32>,
) -> PyResult<Option<PyErr>> {
    ids.try_reserve(items.len()).map_err(Error::from)?;
    for (position, &item) in items.iter().enumerate() {
        let Ok(id) = item.try_into() else {
            return Ok(Some(raised("UnknownTokenError", (item.into(), start + position))));
        };
        ids.push(id);
    }
    Ok(None)
}
