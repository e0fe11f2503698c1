//! Ids as they come from Python: a list or other iterable of integers, or an integer NumPy array.

// Ints are read without the detours of a general conversion.
#![allow(unsafe_code)]

use super::errors::UnknownTokenError;
use numpy::{PyArray1, PyArrayDescrMethods, PyArrayMethods, PyReadonlyArray1, PyUntypedArray, PyUntypedArrayMethods};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyFloat, PyInt, PyList};

/// Some ids: borrowed from an array of uint32, or copied.
pub enum Ids<'py> {
    Borrowed(PyReadonlyArray1<'py, u32>),
    Owned(Vec<u32>),
}

impl Ids<'_> {
    pub fn as_slice(&self) -> &[u32] {
        match self {
            // An array is only borrowed if it is contiguous.
            Ids::Borrowed(array) => array.as_slice().unwrap_or_default(),
            Ids::Owned(ids) => ids,
        }
    }
}

impl<'py> FromPyObject<'_, 'py> for Ids<'py> {
    type Error = PyErr;

    fn extract(object: Borrowed<'_, 'py, PyAny>) -> PyResult<Ids<'py>> {
        if let Ok(array) = object.cast::<PyArray1<u32>>()
            && array.is_contiguous()
        {
            return Ok(Ids::Borrowed(array.try_readonly()?));
        }
        if let Ok(array) = object.cast::<PyUntypedArray>() {
            return from_array(&array).map(Ids::Owned);
        }
        if let Ok(list) = object.cast_exact::<PyList>() {
            let mut ids = small_ints(&list);
            for position in ids.len()..list.len() {
                ids.push(from_item(&list.get_item(position)?, position)?);
            }
            return Ok(Ids::Owned(ids));
        }
        let iterator = object.try_iter().map_err(|_| {
            let found = object.get_type().name().map_or_else(|_| "?".into(), |name| name.to_string());
            PyTypeError::new_err(format!("token ids must be an iterable or an array of integers, not {found}"))
        })?;
        let mut ids = Vec::with_capacity(object.len().unwrap_or(0));
        for (position, item) in iterator.enumerate() {
            ids.push(from_item(&item?, position)?);
        }
        Ok(Ids::Owned(ids))
    }
}

/// The items of a list up to the first that is no int, or does not fit.
#[cfg(not(any(Py_LIMITED_API, Py_GIL_DISABLED)))]
fn small_ints(list: &Bound<'_, PyList>) -> Vec<u32> {
    use crate::fast::util::prefetch::prefetch;
    use pyo3::ffi;
    // The ints of ids lie all over the memory; each is asked for some items ahead.
    const AHEAD: usize = 12;
    let mut ids = Vec::with_capacity(list.len());
    if list.is_empty() {
        return ids; // its items may be nowhere
    }
    // SAFETY: it is a list, whose items are `len` objects. Asking an exact int for its value runs no code of Python's, so the
    // list stays as it is, and the GIL is held. If the value overflows, or is -1, the error is looked at and cleared.
    unsafe {
        let items = std::slice::from_raw_parts((*list.as_ptr().cast::<ffi::PyListObject>()).ob_item, list.len());
        for (index, &item) in items.iter().enumerate() {
            prefetch(items.get(index + AHEAD).map_or(std::ptr::null(), |ahead| ahead.cast_const()));
            if ffi::PyLong_CheckExact(item) == 0 {
                break;
            }
            let value = ffi::PyLong_AsLong(item);
            let Ok(id) = u32::try_from(value) else {
                if value == -1 {
                    ffi::PyErr_Clear();
                }
                break;
            };
            ids.push(id);
        }
    }
    ids
}

#[cfg(any(Py_LIMITED_API, Py_GIL_DISABLED))]
fn small_ints(list: &Bound<'_, PyList>) -> Vec<u32> {
    Vec::with_capacity(list.len())
}

/// One id. An integer that cannot be an id is unknown (SPEC D3); what is no integer is of the wrong type.
pub fn from_item(item: &Bound<'_, PyAny>, position: usize) -> PyResult<u32> {
    if let Ok(integer) = item.cast_exact::<PyInt>()
        && let Ok(id) = integer.extract::<u32>()
    {
        return Ok(id);
    }
    if let Ok(id) = item.extract::<u32>()
        && !item.is_instance_of::<PyBool>()
    {
        return Ok(id);
    }
    let wrong_type = item.is_instance_of::<PyBool>() || item.is_instance_of::<PyFloat>();
    match item.call_method0("__index__") {
        Ok(integer) if !wrong_type => Err(UnknownTokenError::new_err((integer.unbind(), position))),
        _ => {
            let found = item.get_type().name()?;
            Err(PyTypeError::new_err(format!("a token id must be an integer, not {found} (at position {position})")))
        }
    }
}

fn from_array(array: &Bound<'_, PyUntypedArray>) -> PyResult<Vec<u32>> {
    if array.ndim() != 1 {
        return Err(PyValueError::new_err(format!(
            "token ids must be one-dimensional, not {}-dimensional",
            array.ndim()
        )));
    }
    if let Ok(ids) = array.cast::<PyArray1<u32>>() {
        return Ok(ids.try_readonly()?.as_array().to_vec());
    }
    let kind: char = array.dtype().kind().into();
    if kind != 'i' && kind != 'u' {
        return Err(PyTypeError::new_err(format!(
            "an array of token ids must be of an integer type, not {}",
            array.dtype()
        )));
    }
    if kind == 'u' && array.dtype().itemsize() == 8 {
        // `astype` also puts bytes of the other order right.
        let native = array.call_method1("astype", ("uint64",))?;
        let ids = native.cast::<PyArray1<u64>>()?.try_readonly()?;
        return ids.as_array().iter().enumerate().map(|(position, &id)| narrow(id.into(), position)).collect();
    }
    let widened = array.call_method1("astype", ("int64",))?;
    let ids = widened.cast::<PyArray1<i64>>()?.try_readonly()?;
    ids.as_array().iter().enumerate().map(|(position, &id)| narrow(id.into(), position)).collect()
}

fn narrow(id: i128, position: usize) -> PyResult<u32> {
    u32::try_from(id).map_err(|_| UnknownTokenError::new_err((id, position)))
}
