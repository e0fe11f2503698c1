//! What explains ids: the pieces of a text, and trace events as the dicts that `minitok.reference.more.trace` documents.

use super::calls::Calls;
use super::list::list_of;
use super::text::new_bytes;
use crate::error::Result;
use crate::fast::util::fallible::{concat, push, try_collect};
use crate::formats::events;
use crate::formats::value::Value;
use crate::reference::more::trace::Event;
use crate::reference::published::codecs::Codec;
use pyo3::IntoPyObjectExt;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};
use std::sync::Mutex;

/// The pieces of a segment as the preprocessor has made it.
pub fn pieces<'py>(py: Python<'py>, core: &Codec, segment: &[u8]) -> PyResult<Bound<'py, PyList>> {
    let mut pieces = Vec::new();
    core.pieces(segment, &mut |piece| push(&mut pieces, concat(&[piece])?))?;
    list_of(py, try_collect(pieces.iter().map(|piece| new_bytes(py, piece).map(Bound::into_any)))?)
}

/// What `run` makes of a function that passes events on to a Python callable.
pub fn emitting<T>(
    emit: &Bound<'_, PyAny>,
    run: impl FnOnce(&mut dyn FnMut(Event) -> Result<()>) -> Result<T>,
) -> PyResult<T> {
    let (calls, emit) = (Mutex::new(Calls::new()), emit.clone().unbind());
    let made = run(&mut |event| Calls::now(&calls, |py| emit.call1(py, (event_dict(py, &event)?,)).map(drop)));
    Calls::result(calls, made.map_err(PyErr::from))
}

pub fn event_dict<'py>(py: Python<'py>, event: &Event) -> PyResult<Bound<'py, PyAny>> {
    object(py, &events::value(event))
}

fn object<'py>(py: Python<'py>, value: &Value) -> PyResult<Bound<'py, PyAny>> {
    match value {
        Value::Null => Ok(py.None().into_bound(py)),
        Value::Flag(flag) => flag.into_bound_py_any(py),
        Value::Whole(number) => number.into_bound_py_any(py),
        Value::Number(number) => number.into_bound_py_any(py),
        Value::Text(text) => text.into_bound_py_any(py),
        Value::List(items) => {
            let items: Vec<_> = try_collect(items.iter().map(|item| object(py, item)))?;
            Ok(list_of(py, items)?.into_any())
        }
        Value::Object(fields) => {
            let dict = PyDict::new(py);
            fields.iter().try_for_each(|(name, value)| dict.set_item(name, object(py, value)?))?;
            Ok(dict.into_any())
        }
    }
}
