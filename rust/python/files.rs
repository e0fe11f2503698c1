//! Files of tokenizers for Python.

use super::normal::Normalizer;
use super::signals;
use super::text::new_bytes;
use super::vocab::Vocab;
use crate::error::Error;
use crate::fast::util::fallible::{collect, try_collect};
use crate::formats::definition::{Definition, Fields};
use crate::formats::detect::{Given, NAME_PATTERN, OWN_WORDS, read, read_path};
use crate::formats::value::Value;
use crate::formats::{Named, blamed, dump, huggingface};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::{PyBytes, PyDict};
use std::collections::BTreeSet;
use std::path::PathBuf;

/// A vocabulary; all else that a file says, as the head of a file of minitok's own (SPEC F1); and warnings.
type Said = (Vocab, String, Vec<String>);

/// `data`: the file's content, if read. `pattern`, `special_tokens`: if the file does not say them. `other_ids`: added tokens keep its ids.
#[pyfunction]
#[allow(clippy::needless_pass_by_value, reason = "as PyO3 makes it")]
pub fn read_tokenizer(
    py: Python<'_>,
    path: PathBuf,
    data: Option<PyBackedBytes>,
    pattern: Option<String>,
    special_tokens: Option<&Bound<'_, PyDict>>,
    other_ids: bool,
) -> PyResult<Said> {
    let given = Given { pattern, special_tokens: special_tokens.map(named_ids).transpose()?, other_ids };
    let work = || match &data {
        Some(data) => read(data, &given).map_err(|error| blamed(error, Some(&path))),
        None => read_path(&path, &given),
    };
    let read = signals::detached(py, || Ok(work()))?;
    let Definition { vocab, mut fields } = read.map_err(|error| worded(error, &path))?;
    // Of any size: they are not copied.
    let large = [("trained", fields.trained.take()), ("chat", fields.chat.take())];
    let large = large.into_iter().filter_map(|(name, value)| Some((name, value?)));
    let head = dump::head(&fields, &vocab.core().alphabet).into_iter().chain(large);
    let head = collect(head.map(|(name, value)| (name.to_owned(), value)))?;
    Ok((Vocab(vocab), Value::Object(head).json()?, fields.warnings))
}

/// A `tokenizer.json` with an empty object and an empty list in place of its tokens and merges; None for one that has no such.
#[pyfunction]
pub fn without_tables<'py>(py: Python<'py>, data: &[u8]) -> PyResult<Option<Bound<'py, PyBytes>>> {
    let rest = signals::detached(py, || huggingface::read::without_tables(data))?;
    rest.map(|rest| new_bytes(py, &rest)).transpose()
}

/// The special tokens in whose text a `tokenizer.json` finds no added token.
#[pyfunction]
#[allow(clippy::needless_pass_by_value, reason = "as PyO3 makes it")]
pub fn hiding_tokens(
    special: Vec<String>,
    added: Vec<String>,
    late: BTreeSet<String>,
    normalizer: Option<PyRef<'_, Normalizer>>,
    prefix: Option<String>,
) -> PyResult<Vec<String>> {
    let named = |names: Vec<String>| collect(names.into_iter().map(|name| (name, 0)));
    let (special_tokens, added_tokens) = (named(special)?, named(added)?);
    let normalizer = normalizer.map(|it| it.core_steps()).unwrap_or_default();
    let fields = Fields { special_tokens, added_tokens, late_tokens: late, normalizer, prefix, ..Fields::default() };
    Ok(huggingface::added::hiding(&fields)?)
}

/// An error with the names of Python's arguments.
fn worded(error: Error, path: &std::path::Path) -> PyErr {
    match error {
        Error::Format { reason, .. } if reason == OWN_WORDS => PyTypeError::new_err(format!(
            "'{}' already defines its pattern and special tokens: omit both arguments",
            path.display()
        )),
        Error::Format { path, line, reason } => {
            Error::Format { path, line, reason: reason.replace(NAME_PATTERN, "pass pattern=") }.into()
        }
        error => error.into(),
    }
}

fn named_ids(special: &Bound<'_, PyDict>) -> PyResult<Named> {
    try_collect(special.iter().map(|(name, id)| Ok((name.extract()?, id.extract()?))))
}
