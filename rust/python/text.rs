//! Text as it comes from Python: `str` or `bytes`, borrowed where it can be.

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyString};
use std::borrow::Cow;

/// A text as UTF-8, or the bytes that were given.
pub struct Text<'a>(pub Cow<'a, [u8]>);

impl<'a, 'py> FromPyObject<'a, 'py> for Text<'a> {
    type Error = PyErr;

    fn extract(object: Borrowed<'a, 'py, PyAny>) -> PyResult<Text<'a>> {
        if let Ok(text) = object.extract::<&str>() {
            return Ok(Text(Cow::Borrowed(text.as_bytes())));
        }
        if let Ok(text) = object.cast::<PyString>() {
            return Ok(Text(Cow::Owned(without_surrogates(&text)?.into_bytes())));
        }
        if let Ok(bytes) = object.extract::<&[u8]>() {
            return Ok(Text(Cow::Borrowed(bytes)));
        }
        let found = object.get_type().name()?;
        Err(PyTypeError::new_err(format!("text must be str or bytes, not {found}")))
    }
}

/// Each of several texts.
pub fn texts<'a>(objects: &'a [Bound<'_, PyAny>]) -> PyResult<Vec<Text<'a>>> {
    objects.iter().map(PyAnyMethods::extract).collect()
}

/// A `str` that holds surrogates: a pair is its code point, a lone one U+FFFD (SPEC E4).
fn without_surrogates(text: &Bound<'_, PyString>) -> PyResult<String> {
    let encoded = text.call_method1("encode", ("utf-16-le", "surrogatepass"))?;
    let units =
        encoded.cast::<PyBytes>()?.as_bytes().chunks_exact(2).map(|unit| u16::from_le_bytes([unit[0], unit[1]]));
    Ok(char::decode_utf16(units).map(|char| char.unwrap_or(char::REPLACEMENT_CHARACTER)).collect())
}
