//! The special tokens that a call names, and the finder made for them.
//!
//! A tokenizer may have a thousand special tokens, and a text a few words. So the finder of the last call is kept; and where the
//! names come in the same tuple again, which cannot have changed, they are not even read.

use crate::special::{self, Finder};
use pyo3::prelude::*;
use pyo3::sync::MutexExt;
use pyo3::types::PyTuple;
use std::sync::{Arc, Mutex, PoisonError};

/// The special tokens that a call names.
pub enum Names<'py> {
    None,
    Tuple(Bound<'py, PyTuple>),
    Strings(Vec<String>),
}

impl<'py> FromPyObject<'_, 'py> for Names<'py> {
    type Error = PyErr;

    fn extract(object: Borrowed<'_, 'py, PyAny>) -> PyResult<Names<'py>> {
        if let Ok(tuple) = object.cast::<PyTuple>() {
            return Ok(if tuple.is_empty() { Names::None } else { Names::Tuple(tuple.to_owned()) });
        }
        let names: Vec<String> = object.extract()?;
        Ok(if names.is_empty() { Names::None } else { Names::Strings(names) })
    }
}

/// The finder used last, and what it was made for.
#[derive(Default)]
pub struct LastFinder(Mutex<Last>);

#[derive(Default)]
struct Last {
    tuple: Option<Py<PyTuple>>,
    names: Vec<String>,
    finder: Arc<Finder>,
}

impl LastFinder {
    /// The finder of the special tokens named, kept for the next call.
    pub fn get(&self, py: Python<'_>, special: &special::SpecialTokens, names: Names<'_>) -> PyResult<Arc<Finder>> {
        let (tuple, names) = match names {
            Names::None => (None, Vec::new()),
            Names::Strings(names) => (None, names),
            Names::Tuple(tuple) => {
                let last = self.0.lock_py_attached(py).unwrap_or_else(PoisonError::into_inner);
                if last.tuple.as_ref().is_some_and(|known| known.is(&tuple)) {
                    return Ok(last.finder.clone());
                }
                drop(last);
                let names = tuple.extract()?;
                (Some(tuple.unbind()), names)
            }
        };
        let mut last = self.0.lock_py_attached(py).unwrap_or_else(PoisonError::into_inner);
        if last.names != names {
            let wanted: Vec<&str> = names.iter().map(String::as_str).collect();
            last.finder = Arc::new(special.finder(&wanted));
            last.names = names;
        }
        let before = std::mem::replace(&mut last.tuple, tuple);
        let finder = last.finder.clone();
        // What is dropped may run Python, which may come here again.
        drop(last);
        drop(before);
        Ok(finder)
    }
}
