//! The value of a small int, read where CPython keeps it.
//!
//! An int is a head, a word that says how many digits of 30 bits it has and its sign, and the digits. Nearly every id is one digit;
//! to read it takes a tenth of a call to `PyLong_AsLong`. No interface promises this layout, which changed with Python 3.12 and may
//! again. So the first call reads some ints whose values are known: where one comes out otherwise, none is read this way.
//!
//! Buys: without it, a call that reads a list of ids takes 1.36 times as long.

#![allow(unsafe_code)]

use pyo3::ffi;
use pyo3::prelude::*;
use std::sync::atomic::{AtomicU8, Ordering};

/// The beginning of an int.
#[repr(C)]
struct Int {
    head: ffi::PyObject,
    count: usize,
    first: u32,
}

/// What the second word of a positive int of one digit is, but for the bits of a mask that say nothing of its value.
#[cfg(not(Py_3_12))]
const ONE: (usize, usize) = (1, 0);
/// Bits 0 and 1: the sign; 2: whether the int is immortal.
#[cfg(Py_3_12)]
const ONE: (usize, usize) = (1 << 3, 1 << 2);

/// The value of a positive int of one digit.
///
/// # Safety
///
/// `int` is an int, and [`are_known`].
#[inline]
pub unsafe fn one(int: *mut ffi::PyObject) -> Option<u32> {
    let (count, ignored) = ONE;
    // SAFETY: every int has a second word, and one of a digit has that digit; nothing changes them.
    unsafe {
        let int = int.cast::<Int>();
        ((*int).count & !ignored == count).then(|| (*int).first)
    }
}

/// Whether ints lie in memory as this file says.
#[inline]
pub fn are_known(py: Python<'_>) -> bool {
    const UNKNOWN: u8 = 2;
    static ANSWER: AtomicU8 = AtomicU8::new(UNKNOWN);
    match ANSWER.load(Ordering::Relaxed) {
        UNKNOWN => {
            let known = cfg!(target_pointer_width = "64") && are_as_expected(py).unwrap_or(false);
            ANSWER.store(known.into(), Ordering::Relaxed);
            known
        }
        known => known == 1,
    }
}

#[cold]
fn are_as_expected(py: Python<'_>) -> PyResult<bool> {
    for value in [1, 7, 257, 70_000, (1 << 29) + 12_345, (1 << 30) - 1, 0, 1 << 30, (1 << 32) + 5, -1, -257, -(1 << 30)]
    {
        let int = super::list::int(py, value)?;
        let expected = u32::try_from(value).ok().filter(|value| (1..1 << 30).contains(value));
        // SAFETY: an int. Whatever its layout, it has a second word on 64 bits, and after it a digit if that word says that it has one;
        // no version keeps fewer than 28 bytes of an int.
        if unsafe { one(int.as_ptr()) } != expected {
            return Ok(false);
        }
    }
    Ok(true)
}
