//! The special tokens that a call names, and what finds them.
//!
//! A tokenizer may have a thousand special tokens, and a text a few words. So what finds those of the last call is kept; and where
//! the names come in the same tuple again, which cannot have changed, they are not even read.

use super::objects::items_of;
use crate::error::Result;
use crate::fast::util::fallible::collect;
use crate::reference::published::codecs::{Codec, Refused};
use crate::reference::published::preprocess::TokenFinder;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::sync::MutexExt;
use pyo3::types::{PyString, PyTuple};
use std::ops::Deref;
use std::sync::{Arc, Mutex, PoisonError};

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
        if object.is_instance_of::<PyString>() {
            return Err(PyTypeError::new_err("names must be a collection of str, not one"));
        }
        let names: Vec<String> = items_of(&object)?;
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
                let names = items_of(tuple.as_any())?;
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

/// What finds the special tokens that the calls of a codec name.
pub struct Searches {
    /// Finds the added tokens: the search of a call that allows no special token.
    added: Arc<TokenFinder>,
    nothing: TokenFinder,
    /// Finds what a call allows, and what it forbids: one call may do both; and what is found everywhere.
    allowed: Kept<TokenFinder>,
    everywhere: Kept<TokenFinder>,
    refused: Kept<Refused>,
}

/// Another one keeps what its own calls name.
impl Clone for Searches {
    fn clone(&self) -> Searches {
        Searches::of(self.added.clone())
    }
}

impl Searches {
    pub fn new(core: &Codec) -> Result<Searches> {
        Ok(Searches::of(Arc::new(core.finder(Some(&[]))?)))
    }

    fn of(added: Arc<TokenFinder>) -> Searches {
        let (allowed, everywhere, refused) = (Kept::default(), Kept::default(), Kept::default());
        Searches { added, nothing: TokenFinder::default(), allowed, everywhere, refused }
    }

    #[inline(always)]
    #[allow(clippy::inline_always, reason = "most calls name nothing, and some are short")]
    pub fn allowed(&self, core: &Codec, py: Python<'_>, names: Names<'_>) -> PyResult<Chosen<'_>> {
        match names {
            Names::Empty => Ok(Chosen::Held(&self.added)),
            Names::Nothing => Ok(Chosen::Held(&self.nothing)),
            _ => self.allowed_by_name(core, py, names),
        }
    }

    #[cold]
    fn allowed_by_name(&self, core: &Codec, py: Python<'_>, names: Names<'_>) -> PyResult<Chosen<'_>> {
        Ok(Chosen::Made(self.allowed.get(py, names, |names| core.finder(Some(names)))?))
    }

    pub fn everywhere(&self, core: &Codec, py: Python<'_>, names: Names<'_>) -> PyResult<Arc<TokenFinder>> {
        self.everywhere.get(py, names, |names| core.preprocessor.finder(names, &[]))
    }

    pub fn refused(&self, core: &Codec, py: Python<'_>, names: Names<'_>) -> PyResult<Arc<Refused>> {
        self.refused.get(py, names, |names| Ok(core.refusing(names)))
    }
}

/// The search of a call. Those of most calls are borrowed: some are short.
pub enum Chosen<'c> {
    Held(&'c TokenFinder),
    Made(Arc<TokenFinder>),
}

impl Deref for Chosen<'_> {
    type Target = TokenFinder;

    fn deref(&self) -> &TokenFinder {
        match self {
            Chosen::Held(search) => search,
            Chosen::Made(search) => search,
        }
    }
}
