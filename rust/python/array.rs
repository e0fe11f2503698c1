//! Numbers on their way out as an array of NumPy, which is the memory they were written to; where there is no NumPy, as an
//! `array.array`, with a copy of them. Both have `tolist`, `tobytes`, slices and the buffer protocol.

// An array over memory that it does not own; numbers as their bytes.
#![allow(unsafe_code)]

use super::kept::name;
use super::numpy_api;
use super::text::new_bytes;
use crate::fast::encode::id_buffer;
use crate::fast::util::fallible::{collect, push};
use numpy::ndarray::ArrayViewMut1;
use numpy::{Element, IntoPyArray, PyArray1, PyArrayMethods};
use pyo3::prelude::*;

/// Owns the ids that an array shows; when the last array is gone, their buffer is kept for the next text.
#[pyclass(frozen, module = "minitok._rust")]
struct Owner(Vec<u32>);

impl Drop for Owner {
    fn drop(&mut self) {
        id_buffer::give_back(std::mem::take(&mut self.0));
    }
}

/// A type of numbers that both kinds of arrays have, without padding.
pub trait Number: Element + Copy {
    /// Its code in the module `array`.
    const CODE: &str;
}

impl Number for u32 {
    const CODE: &str = "I";
}

impl Number for i64 {
    const CODE: &str = "q";
}

impl Number for u64 {
    const CODE: &str = "Q";
}

impl Number for f64 {
    const CODE: &str = "d";
}

pub fn array_of_ids(py: Python<'_>, mut ids: Vec<u32>) -> PyResult<Bound<'_, PyAny>> {
    if !numpy_api::load(py)? {
        let array = plain_array(py, &ids);
        id_buffer::give_back(ids);
        return array;
    }
    id_buffer::fit(&mut ids);
    if ids.capacity() < id_buffer::LEAST {
        return Ok(ids.into_pyarray(py).into_any());
    }
    let (start, length) = (ids.as_mut_ptr(), ids.len());
    let owner = Bound::new(py, Owner(ids))?;
    // SAFETY: `start` points to `length` ids. They neither move nor go as long as their owner lives, which the array keeps alive, and
    // which does nothing with them until then.
    let array = unsafe { PyArray1::borrow_from_array(&ArrayViewMut1::from_shape_ptr(length, start), owner.into_any()) };
    Ok(array.into_any())
}

pub fn array_of<T: Number>(py: Python<'_>, numbers: Vec<T>) -> PyResult<Bound<'_, PyAny>> {
    if numpy_api::load(py)? { Ok(numbers.into_pyarray(py).into_any()) } else { plain_array(py, &numbers) }
}

pub fn copied_array<'py, T: Number>(py: Python<'py>, numbers: &[T]) -> PyResult<Bound<'py, PyAny>> {
    if numpy_api::load(py)? { Ok(PyArray1::from_slice(py, numbers).into_any()) } else { plain_array(py, numbers) }
}

/// A copy of the numbers of an array of one of both kinds.
pub fn numbers<T: Number + for<'a, 'py> FromPyObject<'a, 'py, Error = PyErr>>(
    array: &Bound<'_, PyAny>,
) -> PyResult<Vec<T>> {
    if numpy_api::load(array.py())?
        && let Ok(array) = array.cast::<PyArray1<T>>()
    {
        return Ok(collect(array.try_readonly()?.as_slice()?.iter().copied())?);
    }
    let mut numbers = Vec::new();
    for number in array.try_iter()? {
        push(&mut numbers, number?.extract()?)?;
    }
    Ok(numbers)
}

/// A copy of some numbers as an `array.array`.
fn plain_array<'py, T: Number>(py: Python<'py>, numbers: &[T]) -> PyResult<Bound<'py, PyAny>> {
    // SAFETY: numbers without padding, as their bytes.
    let bytes = unsafe { std::slice::from_raw_parts(numbers.as_ptr().cast::<u8>(), size_of_val(numbers)) };
    py.import(name!(py, "array"))?.call_method1(name!(py, "array"), (T::CODE, new_bytes(py, bytes)?))
}
