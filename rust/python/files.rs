//! Readers of files for Python. Each gives None for a file that the reader in `minitok.formats` is to read.

use super::signals;
use super::vocab::Vocab;
use crate::fast::read::{rank_file, sentencepiece, tekken, tokenizer_json};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict};

/// The vocabulary of a rank file of tiktoken.
#[pyfunction]
pub fn read_ranks(py: Python<'_>, data: &[u8]) -> PyResult<Option<Vocab>> {
    Ok(signals::detached(py, || rank_file::read_ranks(data))?.map(Vocab))
}

/// A `tokenizer.json`: its tables, and the rest of it as JSON.
#[pyfunction]
pub fn read_tokenizer_json(py: Python<'_>, data: &[u8]) -> PyResult<Option<TokenTable>> {
    Ok(signals::detached(py, || tokenizer_json::read_tokenizer_json(data))?.map(TokenTable))
}

/// The tokens and merges of a file, and the rest of it.
#[pyclass(frozen, module = "minitok._rust")]
pub struct TokenTable(tokenizer_json::Model);

/// A vocabulary, special tokens, those of them that are late, and whether a space is put before a text.
type Model = (Vocab, Vec<(String, u32)>, Vec<String>, bool);

/// A `.model` of `SentencePiece`.
#[pyfunction]
pub fn read_model(py: Python<'_>, data: &[u8]) -> PyResult<Option<Model>> {
    let read = signals::detached(py, || sentencepiece::read_model(data))?;
    Ok(read.map(|model| (Vocab(model.vocab), model.special, model.late, model.has_prefix)))
}

/// A `tekken.json`: its ranks, and the rest of it as JSON.
#[pyfunction]
pub fn read_tekken(py: Python<'_>, data: &[u8]) -> PyResult<Option<RankTable>> {
    Ok(signals::detached(py, || tekken::read_tekken(data))?.map(RankTable))
}

/// The tokens of a file with their ranks, and the rest of it.
#[pyclass(frozen, module = "minitok._rust")]
pub struct RankTable(tekken::Tekken);

#[pymethods]
impl RankTable {
    /// The file with an empty list in place of its tokens.
    #[getter]
    fn rest<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, &self.0.rest)
    }

    /// The vocabulary of the ranks below `end`; ids are ranks behind those of the special tokens.
    fn vocabulary(&self, py: Python<'_>, end: u32, n_special: u32) -> PyResult<Option<Vocab>> {
        Ok(signals::detached(py, || self.0.vocabulary(end, n_special))?.map(Vocab))
    }
}

/// Names and ids.
fn named_ids(special: &Bound<'_, PyDict>) -> PyResult<Vec<(String, u32)>> {
    special.iter().map(|(name, id)| Ok((name.extract()?, id.extract()?))).collect()
}

#[pymethods]
impl TokenTable {
    /// The file with an empty object and an empty list in place of its tokens and merges.
    #[getter]
    fn rest<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, &self.0.rest)
    }

    /// The vocabulary of tokens in byte-level notation, without special tokens that no merge has.
    fn byte_level(&self, special: &Bound<'_, PyDict>, whole_pieces: bool) -> PyResult<Option<Vocab>> {
        let (py, special) = (special.py(), named_ids(special)?);
        Ok(signals::detached(py, || self.0.table.byte_level(&special, whole_pieces))?.map(Vocab))
    }

    /// The same of tokens in characters, with byte fallback.
    fn characters(&self, special: &Bound<'_, PyDict>) -> PyResult<Option<Vocab>> {
        let (py, special) = (special.py(), named_ids(special)?);
        Ok(signals::detached(py, || self.0.table.characters(&special))?.map(Vocab))
    }
}
