//! The special tokens that a call names, and what finds them.
//!
//! A tokenizer may have a thousand special tokens, and a text a few words. So what finds those of the last call is kept; and where
//! the names come in the same tuple again, which cannot have changed, they are not even read.

use crate::error::Result;
use crate::fast::util::fallible::collect;
use pyo3::prelude::*;
use pyo3::sync::MutexExt;
use pyo3::types::PyTuple;
use std::sync::{Arc, Mutex, PoisonError};

/// The special tokens that a call names.
pub enum Names<'py> {
    /// None is named.
    Empty,
    /// Not even the added tokens are to be found.
    Nothing,
    Tuple(Bound<'py, PyTuple>),
    Strings(Vec<String>),
}

impl<'py> FromPyObject<'_, 'py> for Names<'py> {
    type Error = PyErr;

    fn extract(object: Borrowed<'_, 'py, PyAny>) -> PyResult<Names<'py>> {
        if object.is_none() {
            return Ok(Names::Nothing);
        }
        if let Ok(tuple) = object.cast::<PyTuple>() {
            return Ok(if tuple.is_empty() { Names::Empty } else { Names::Tuple(tuple.to_owned()) });
        }
        let names: Vec<String> = object.extract()?;
        Ok(if names.is_empty() { Names::Empty } else { Names::Strings(names) })
    }
}

/// What was used last, and the names that it was made for.
pub struct Kept<T>(Mutex<Last<T>>);

struct Last<T> {
    tuple: Option<Py<PyTuple>>,
    names: Option<Vec<String>>,
    made: Option<Arc<T>>,
}

impl<T> Default for Kept<T> {
    fn default() -> Kept<T> {
        Kept(Mutex::new(Last { tuple: None, names: None, made: None }))
    }
}

impl<T> Kept<T> {
    /// What is made for these names, kept for the next call.
    pub fn get(&self, py: Python<'_>, names: Names<'_>, maker: impl FnOnce(&[&str]) -> Result<T>) -> PyResult<Arc<T>> {
        let (tuple, names) = match names {
            Names::Empty | Names::Nothing => (None, Vec::new()),
            Names::Strings(names) => (None, names),
            Names::Tuple(tuple) => {
                let last = self.0.lock_py_attached(py).unwrap_or_else(PoisonError::into_inner);
                if last.tuple.as_ref().is_some_and(|known| known.is(&tuple))
                    && let Some(made) = &last.made
                {
                    return Ok(made.clone());
                }
                drop(last);
                let names = tuple.extract()?;
                (Some(tuple.unbind()), names)
            }
        };
        let mut last = self.0.lock_py_attached(py).unwrap_or_else(PoisonError::into_inner);
        let made = match &last.made {
            Some(made) if last.names.as_ref() == Some(&names) => made.clone(),
            _ => {
                let wanted: Vec<&str> = collect(names.iter().map(String::as_str))?;
                let made = Arc::new(maker(&wanted)?);
                last.made = Some(made.clone());
                last.names = Some(names);
                made
            }
        };
        let before = std::mem::replace(&mut last.tuple, tuple);
        // What is dropped may run Python, which may come here again.
        drop(last);
        drop(before);
        Ok(made)
    }
}
