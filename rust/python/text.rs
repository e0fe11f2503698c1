//! Text as it comes from Python: `str` or `bytes`, borrowed where it can be.
//!
//! The UTF-8 of an ASCII str is the str itself. Of another, CPython would make a copy and keep it with the str; a long one is
//! taken as the characters that it is made of instead, and turned into UTF-8 a little at a time (`fast/pystr/str_to_utf8.rs`).

// The characters of a str are read where CPython keeps them.
#![allow(unsafe_code)]

use crate::fast::pystr::source::Source;
use crate::fast::pystr::str_to_utf8::Units;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyString};
use std::borrow::Cow;

/// From how many characters on a str that is not ASCII is taken as them.
#[cfg(not(Py_LIMITED_API))]
const LONG: usize = 256;

/// A text as UTF-8, or the bytes that were given, or characters.
pub enum Text<'a> {
    Bytes(Cow<'a, [u8]>),
    Units(Units<'a>),
}

impl Text<'_> {
    /// The text as bytes.
    pub fn bytes(&self) -> Cow<'_, [u8]> {
        match self {
            Text::Bytes(bytes) => Cow::Borrowed(bytes),
            Text::Units(units) => Cow::Owned(units.utf8()),
        }
    }

    /// The text as the encoder takes it.
    pub fn source(&self) -> Source<'_> {
        match self {
            Text::Bytes(bytes) => Source::Bytes(bytes),
            Text::Units(units) => Source::Str(*units),
        }
    }

    /// About how many bytes it is.
    pub fn size(&self) -> usize {
        self.source().len()
    }
}

impl<'a, 'py> FromPyObject<'a, 'py> for Text<'a> {
    type Error = PyErr;

    fn extract(object: Borrowed<'a, 'py, PyAny>) -> PyResult<Text<'a>> {
        if let Ok(text) = object.cast::<PyString>() {
            if let Some(text) = as_it_stands(text) {
                return Ok(text);
            }
            return Ok(Text::Bytes(match object.extract::<&str>() {
                Ok(borrowed) => Cow::Borrowed(borrowed.as_bytes()),
                Err(_) => Cow::Owned(without_surrogates(&text)?.into_bytes()),
            }));
        }
        if let Ok(bytes) = object.extract::<&[u8]>() {
            return Ok(Text::Bytes(Cow::Borrowed(bytes)));
        }
        let found = object.get_type().name()?;
        Err(PyTypeError::new_err(format!("text must be str or bytes, not {found}")))
    }
}

/// The characters of a str, where they are wanted as CPython keeps them: those of an ASCII str, which are its UTF-8, and
/// those of a long one.
#[cfg(not(Py_LIMITED_API))]
#[inline]
fn as_it_stands<'a>(text: Borrowed<'a, '_, PyString>) -> Option<Text<'a>> {
    use pyo3::ffi;
    use std::slice::from_raw_parts;
    let text = text.as_ptr();
    // SAFETY: `text` is a str; both read its head only.
    let (ascii, length) = unsafe { (ffi::PyUnicode_IS_COMPACT_ASCII(text) != 0, ffi::PyUnicode_GET_LENGTH(text)) };
    let length = length.unsigned_abs();
    if !ascii && length < LONG {
        return None;
    }
    // SAFETY: a str holds `length` characters of its kind, aligned for them, and never changes; the reference that the caller
    // holds keeps it alive for 'a.
    unsafe {
        let data = ffi::PyUnicode_DATA(text);
        if ascii {
            return Some(Text::Bytes(Cow::Borrowed(from_raw_parts(data.cast(), length))));
        }
        match ffi::PyUnicode_KIND(text) {
            ffi::PyUnicode_1BYTE_KIND => Some(Text::Units(Units::One(from_raw_parts(data.cast(), length)))),
            ffi::PyUnicode_2BYTE_KIND => Some(Text::Units(Units::Two(from_raw_parts(data.cast(), length)))),
            ffi::PyUnicode_4BYTE_KIND => Some(Text::Units(Units::Four(from_raw_parts(data.cast(), length)))),
            _ => None,
        }
    }
}

/// The limited API does not show the characters of a str.
#[cfg(Py_LIMITED_API)]
fn as_it_stands<'a>(_: Borrowed<'a, '_, PyString>) -> Option<Text<'a>> {
    None
}

/// Each of several texts.
pub fn texts<'a>(objects: &'a [Bound<'_, PyAny>]) -> PyResult<Vec<Text<'a>>> {
    objects.iter().map(PyAnyMethods::extract).collect()
}

/// A text as a str.
#[cfg(not(Py_LIMITED_API))]
pub fn to_str<'py>(py: Python<'py>, text: &str) -> PyResult<Bound<'py, PyString>> {
    use crate::fast::pystr::utf8_to_str::{self, Width};
    use pyo3::ffi;
    use std::slice::from_raw_parts_mut;
    if text.len() < LONG {
        return Ok(PyString::new(py, text));
    }
    let (width, length) = utf8_to_str::measure(text);
    let greatest = match width {
        Width::Ascii => return Ok(PyString::new(py, text)),
        Width::One => 0xFF,
        Width::Two => 0xFFFF,
        Width::Four => 0x10_FFFF,
    };
    // SAFETY: a new str, or null with an exception set; it has `length` units of the width that `greatest` asks for, which
    // nobody else has seen, and all of them are written: `measure` counts what `write` writes.
    unsafe {
        let new = Bound::from_owned_ptr_or_err(py, ffi::PyUnicode_New(length.try_into()?, greatest))?;
        let data = ffi::PyUnicode_DATA(new.as_ptr());
        match width {
            Width::Ascii | Width::One => utf8_to_str::write(text, from_raw_parts_mut(data.cast::<u8>(), length)),
            Width::Two => utf8_to_str::write(text, from_raw_parts_mut(data.cast::<u16>(), length)),
            Width::Four => utf8_to_str::write(text, from_raw_parts_mut(data.cast::<u32>(), length)),
        }
        Ok(new.cast_into_unchecked())
    }
}

/// The limited API does not show the characters of a str.
#[cfg(Py_LIMITED_API)]
#[allow(clippy::unnecessary_wraps)] // the other one may fail
pub fn to_str<'py>(py: Python<'py>, text: &str) -> PyResult<Bound<'py, PyString>> {
    Ok(PyString::new(py, text))
}

/// A `str` that holds surrogates: a pair is its code point, a lone one U+FFFD (SPEC E4).
fn without_surrogates(text: &Bound<'_, PyString>) -> PyResult<String> {
    let encoded = text.call_method1("encode", ("utf-16-le", "surrogatepass"))?;
    let units =
        encoded.cast::<PyBytes>()?.as_bytes().chunks_exact(2).map(|unit| u16::from_le_bytes([unit[0], unit[1]]));
    Ok(char::decode_utf16(units).map(|char| char.unwrap_or(char::REPLACEMENT_CHARACTER)).collect())
}
