//! Text as it comes from Python: `str` or `bytes`, borrowed where it can be.
//!
//! The UTF-8 of an ASCII str is the str itself. Of another short one CPython makes a copy and keeps it with the str; that of a long one
//! is made here, and gone after the call.

// The characters of a str are read where CPython keeps them; strings and bytes are made without the detours of a general conversion.
#![allow(unsafe_code)]

use super::kept::{imported, name};
use crate::error::Error;
#[cfg(not(Py_LIMITED_API))]
use crate::fast::pystr::str_to_utf8::{Unit, utf8};
use crate::fast::util::fallible::try_collect;
use crate::fast::util::prefetch::prefetch;
use crate::support::once::Once;
use pyo3::exceptions::PyTypeError;
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyString};
use std::borrow::Cow;
use std::ffi::CString;
use std::ops::Deref;

/// From how many characters on CPython is not asked to convert a str.
const LONG: usize = 256;

/// How many bytes of a result are made between two looks at signals, and how many objects are read.
const PART: usize = 1 << 22;
const OBJECTS: usize = 1 << 12;
/// How many objects ahead the head of one is asked for.
const AHEAD: usize = 16;

/// A text as UTF-8, or the bytes that were given.
pub struct Text<'a>(Cow<'a, [u8]>);

impl Deref for Text<'_> {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

impl<'a, 'py> FromPyObject<'a, 'py> for Text<'a> {
    type Error = PyErr;

    fn extract(object: Borrowed<'a, 'py, PyAny>) -> PyResult<Text<'a>> {
        let Ok(text) = object.cast::<PyString>() else {
            let bytes = object.extract::<&[u8]>().map_err(|_| no_text(&object))?;
            return Ok(Text(Cow::Borrowed(bytes)));
        };
        if let Some(utf8) = utf8_of(text) {
            return Ok(Text(utf8?));
        }
        Ok(Text(match object.extract::<&str>() {
            Ok(borrowed) => Cow::Borrowed(borrowed.as_bytes()),
            Err(_) => Cow::Owned(without_surrogates(&text)?.into_bytes()),
        }))
    }
}

/// The error of Python's own conversion, which says what to do with other objects.
#[cold]
fn no_text(object: &Bound<'_, PyAny>) -> PyErr {
    static UTF8: Once<Py<PyAny>> = Once::new();
    let converted =
        imported(&UTF8, object.py(), "minitok.reference.text", "utf8").and_then(|utf8| utf8.call1((object,)));
    converted.err().unwrap_or_else(|| PyTypeError::new_err("text must be str or bytes"))
}

/// The UTF-8 of a str of ASCII, and of a long one. The limited API does not show the characters of a str.
#[cfg(not(Py_LIMITED_API))]
#[inline]
fn utf8_of<'a>(text: Borrowed<'a, '_, PyString>) -> Option<PyResult<Cow<'a, [u8]>>> {
    use std::slice::from_raw_parts;
    let (py, text) = (text.py(), text.as_ptr());
    // SAFETY: it is a str, which holds `length` characters of its kind, aligned for them, and never changes; the reference that the
    // caller holds keeps it alive for 'a. One of ASCII alone has a shorter head than any other, and its characters follow it.
    unsafe {
        let (data, length) = (ffi::PyUnicode_DATA(text), ffi::PyUnicode_GET_LENGTH(text).unsigned_abs());
        if data == text.wrapping_byte_add(size_of::<ffi::PyASCIIObject>()).cast() {
            return Some(Ok(Cow::Borrowed(from_raw_parts(data.cast(), length))));
        }
        if length < LONG {
            return None;
        }
        let utf8 = match ffi::PyUnicode_KIND(text) {
            ffi::PyUnicode_1BYTE_KIND => converted(py, from_raw_parts(data.cast::<u8>(), length)),
            ffi::PyUnicode_2BYTE_KIND => converted(py, from_raw_parts(data.cast::<u16>(), length)),
            _ => converted(py, from_raw_parts(data.cast::<u32>(), length)),
        };
        Some(utf8.map(Cow::Owned))
    }
}

/// Where it takes milliseconds, other threads run meanwhile, and signals are looked at.
#[cfg(not(Py_LIMITED_API))]
fn converted<U: Unit + Sync>(py: Python<'_>, units: &[U]) -> PyResult<Vec<u8>> {
    if units.len() < PART { Ok(utf8(units)?) } else { super::signals::detached(py, || utf8(units)) }
}

#[cfg(Py_LIMITED_API)]
fn utf8_of<'a>(_: Borrowed<'a, '_, PyString>) -> Option<PyResult<Cow<'a, [u8]>>> {
    None
}

pub fn texts<'a>(objects: &'a [Bound<'_, PyAny>]) -> PyResult<Vec<Text<'a>>> {
    let text = |(index, object): (usize, &'a Bound<'_, PyAny>)| {
        if index % OBJECTS == 0 {
            object.py().check_signals()?;
        }
        // They lie all over the memory.
        if let Some(later) = objects.get(index + AHEAD) {
            prefetch(later.as_ptr());
        }
        object.extract()
    };
    try_collect(objects.iter().enumerate().map(text))
}

pub fn new_bytes<'py>(py: Python<'py>, bytes: &[u8]) -> PyResult<Bound<'py, PyBytes>> {
    let length = bytes.len().try_into()?;
    // SAFETY: a new bytes object with a copy, or null with an exception set, which becomes the error.
    unsafe {
        let new = ffi::PyBytes_FromStringAndSize(bytes.as_ptr().cast(), length);
        Ok(Bound::from_owned_ptr_or_err(py, new)?.cast_into_unchecked())
    }
}

/// Bytes as a str, as `bytes.decode("utf-8", errors)` gives it. Looks at signals while they are many.
pub fn decoded<'py>(py: Python<'py>, bytes: &[u8], errors: &str) -> PyResult<Bound<'py, PyString>> {
    if let Some(text) = as_utf8(py, bytes)? {
        return to_str(py, text);
    }
    let errors = CString::new(errors)?;
    let decode = |bytes: &[u8]| {
        let bytes = new_bytes(py, bytes)?;
        PyString::from_encoded_object(&bytes, Some(c"utf-8"), Some(&errors)).map(Bound::into_any)
    };
    // These two look at nothing but the wrong bytes; others may ask where in the whole they are.
    if bytes.len() <= PART || ![c"replace", c"ignore"].contains(&errors.as_c_str()) {
        return Ok(decode(bytes)?.cast_into()?);
    }
    let mut parts = Vec::new();
    let mut rest = bytes;
    while !rest.is_empty() {
        let (part, after) = rest.split_at(character_start(rest, PART));
        parts.push(decode(part)?);
        py.check_signals()?;
        rest = after;
    }
    Ok(PyString::new(py, "").call_method1(name!(py, "join"), (parts,))?.cast_into()?)
}

/// The last position up to `near` at which bytes can be cut without splitting a sequence of UTF-8, well-formed or not.
fn character_start(bytes: &[u8], near: usize) -> usize {
    if bytes.len() <= near {
        return bytes.len();
    }
    // A byte that continues nothing, or one after three that continue something: no character has a fourth.
    let continues = |at: usize| bytes[at] & 0xC0 == 0x80;
    (near - 3..=near).rev().find(|&at| !continues(at)).unwrap_or(near)
}

fn as_utf8<'b>(py: Python<'_>, bytes: &'b [u8]) -> PyResult<Option<&'b str>> {
    let mut done = 0;
    while done < bytes.len() {
        let end = done + character_start(&bytes[done..], PART);
        if simdutf8::basic::from_utf8(&bytes[done..end]).is_err() {
            return Ok(None);
        }
        done = end;
        if done < bytes.len() {
            py.check_signals()?;
        }
    }
    // SAFETY: parts of UTF-8, one after the other, are UTF-8.
    Ok(Some(unsafe { std::str::from_utf8_unchecked(bytes) }))
}

#[cfg(not(Py_LIMITED_API))]
pub fn to_str<'py>(py: Python<'py>, text: &str) -> PyResult<Bound<'py, PyString>> {
    use crate::fast::pystr::utf8_to_str::{self as units, Width};
    use std::slice::from_raw_parts_mut;
    if text.len() < LONG {
        return short_str(py, text);
    }
    let (mut width, mut length) = (Width::Ascii, 0);
    for part in parts(text) {
        let (part_width, part_length) = units::measure(part);
        (width, length) = (width.max(part_width), length + part_length);
        look(py, part)?;
    }
    let greatest = match width {
        Width::Ascii => 0x7F,
        Width::One => 0xFF,
        Width::Two => 0xFFFF,
        Width::Four => 0x10_FFFF,
    };
    // SAFETY: a new str, or null with an exception set; it has `length` units of the width that `greatest` asks for, which
    // nobody else has seen, and all of them are written: `measure` counts what `write` writes.
    unsafe {
        let new = Bound::from_owned_ptr_or_err(py, ffi::PyUnicode_New(length.try_into()?, greatest))?;
        let data = ffi::PyUnicode_DATA(new.as_ptr());
        let mut at = 0;
        for part in parts(text) {
            let room = length - at;
            at += match width {
                Width::Ascii => {
                    from_raw_parts_mut(data.cast::<u8>().add(at), part.len()).copy_from_slice(part.as_bytes());
                    part.len()
                }
                Width::One => units::write(part, from_raw_parts_mut(data.cast::<u8>().add(at), room)),
                Width::Two => units::write(part, from_raw_parts_mut(data.cast::<u16>().add(at), room)),
                Width::Four => units::write(part, from_raw_parts_mut(data.cast::<u32>().add(at), room)),
            };
            look(py, part)?;
        }
        Ok(new.cast_into_unchecked())
    }
}

/// The text in parts of a few megabytes.
#[cfg(not(Py_LIMITED_API))]
fn parts(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let (part, after) = rest.split_at(character_start(rest.as_bytes(), PART));
        rest = after;
        (!part.is_empty()).then_some(part)
    })
}

/// Checks signals, unless this part is the whole text.
#[cfg(not(Py_LIMITED_API))]
fn look(py: Python<'_>, part: &str) -> PyResult<()> {
    if part.len() > PART / 2 { py.check_signals() } else { Ok(()) }
}

#[cfg(Py_LIMITED_API)]
pub fn to_str<'py>(py: Python<'py>, text: &str) -> PyResult<Bound<'py, PyString>> {
    short_str(py, text)
}

/// A text as a str, by CPython.
fn short_str<'py>(py: Python<'py>, text: &str) -> PyResult<Bound<'py, PyString>> {
    // SAFETY: a new str, or null with an exception set, which becomes the error.
    unsafe {
        let new = ffi::PyUnicode_FromStringAndSize(text.as_ptr().cast(), text.len().try_into()?);
        Ok(Bound::from_owned_ptr_or_err(py, new)?.cast_into_unchecked())
    }
}

/// A `str` that holds surrogates: a pair is its code point, a lone one U+FFFD (SPEC E4).
fn without_surrogates(text: &Bound<'_, PyString>) -> PyResult<String> {
    let encoded = text.call_method1("encode", ("utf-16-le", "surrogatepass"))?;
    let units =
        encoded.cast::<PyBytes>()?.as_bytes().chunks_exact(2).map(|unit| u16::from_le_bytes([unit[0], unit[1]]));
    let chars = char::decode_utf16(units.clone()).map(|char| char.unwrap_or(char::REPLACEMENT_CHARACTER));
    let mut text = String::new();
    // A unit is three bytes at the most, and a pair of them four.
    text.try_reserve_exact(3 * units.len()).map_err(Error::from)?;
    chars.for_each(|char| text.push(char));
    Ok(text)
}
