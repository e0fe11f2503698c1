//! Ids on their way out as a numpy array, which is the memory they were written to.

// An array over memory that it does not own.
#![allow(unsafe_code)]

use crate::fast::encode::id_buffer;
use numpy::ndarray::ArrayViewMut1;
use numpy::{IntoPyArray, PyArray1};
use pyo3::prelude::*;

/// Owns the ids that an array shows; when the last array is gone, their buffer is kept for the next text.
#[pyclass(frozen, module = "minitok._rust")]
struct Owner(Vec<u32>);

impl Drop for Owner {
    fn drop(&mut self) {
        id_buffer::give_back(std::mem::take(&mut self.0));
    }
}

/// The ids as an array.
pub fn array_of_ids(py: Python<'_>, mut ids: Vec<u32>) -> PyResult<Bound<'_, PyArray1<u32>>> {
    id_buffer::fit(&mut ids);
    if ids.capacity() < id_buffer::LEAST {
        return Ok(ids.into_pyarray(py));
    }
    let (start, length) = (ids.as_mut_ptr(), ids.len());
    let owner = Bound::new(py, Owner(ids))?;
    // SAFETY: `start` points to `length` ids. They neither move nor go as long as their owner lives, which the array keeps alive, and
    // which does nothing with them until then.
    Ok(unsafe { PyArray1::borrow_from_array(&ArrayViewMut1::from_shape_ptr(length, start), owner.into_any()) })
}
