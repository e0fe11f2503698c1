//! Readers of files for Python. Each gives None for a file that the reader in `minitok.formats` is to read.

use super::signals;
use super::text::new_bytes;
use super::vocab::Vocab;
use crate::fast::read::{gguf, gpt2_files, merge_lists, rank_file, sentencepiece, tekken, tokenizer_json};
use crate::fast::util::fallible::try_collect;
use crate::fast::vocab::FastVocab;
use crate::reference::vocab::Alphabet;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict};
use std::path::PathBuf;

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
    fn rest<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        new_bytes(py, &self.0.rest)
    }

    /// The vocabulary of the ranks below `end`; ids are ranks behind those of the special tokens.
    fn vocabulary(&self, py: Python<'_>, end: u32, n_special: u32) -> PyResult<Option<Vocab>> {
        Ok(signals::detached(py, || self.0.vocabulary(end, n_special))?.map(Vocab))
    }
}

/// GPT-2's `vocab.json` and `merges.txt`.
#[pyfunction]
pub fn read_gpt2(py: Python<'_>, vocab: &[u8], merges: &[u8]) -> PyResult<Option<TokenTable>> {
    let read = signals::detached(py, || gpt2_files::read_gpt2(vocab, merges))?;
    Ok(read.map(|table| TokenTable(tokenizer_json::Model { table, rest: Vec::new() })))
}

/// The vocabulary of a byte order, and of merges as lines of two ids. Its tokens may be `most` bytes long together, and
/// `a_merge` more for each merge.
#[pyfunction]
pub fn read_pairs(py: Python<'_>, data: &[u8], byte_order: &[u8], most: u64, a_merge: u64) -> PyResult<Option<Vocab>> {
    let read = signals::detached(py, || {
        let Some(pairs) = merge_lists::read_pairs(data)? else { return Ok(None) };
        FastVocab::of_pairs(byte_order, &pairs, most.saturating_add(a_merge.saturating_mul(pairs.len() as u64)))
    })?;
    Ok(read.map(Vocab))
}

/// A file of the native format: its tables, and the rest of it as JSON.
#[pyfunction]
pub fn read_native(py: Python<'_>, data: &[u8]) -> PyResult<Option<MergeTable>> {
    Ok(signals::detached(py, || merge_lists::read_native(data))?.map(MergeTable))
}

/// The merges of a file, its tokens if it lists them, and the rest of it.
#[pyclass(frozen, module = "minitok._rust")]
pub struct MergeTable(merge_lists::Native);

#[pymethods]
impl MergeTable {
    /// The file with empty lists in place of its tokens and merges.
    #[getter]
    fn rest<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        new_bytes(py, &self.0.rest)
    }

    /// The vocabulary of a byte order and pairs; its tokens may be as long as those of `read_pairs`.
    fn of_pairs(&self, py: Python<'_>, byte_order: &[u8], most: u64, a_merge: u64) -> PyResult<Option<Vocab>> {
        Ok(signals::detached(py, || self.0.of_pairs(byte_order, most, a_merge))?.map(Vocab))
    }

    /// The vocabulary of the tokens, and merges with ids and ranks.
    fn of_rows(
        &self,
        py: Python<'_>,
        whole_pieces: bool,
        fallback: Option<Vec<u32>>,
        drops_bytes: bool,
    ) -> PyResult<Option<Vocab>> {
        let alphabet = Alphabet { fallback, drops_bytes, ..Alphabet::default() };
        Ok(signals::detached(py, || self.0.of_rows(whole_pieces, alphabet))?.map(Vocab))
    }
}

/// A GGUF file: what is needed of its head.
#[pyfunction]
#[allow(clippy::needless_pass_by_value, reason = "as PyO3 makes it")]
pub fn read_gguf(py: Python<'_>, path: PathBuf) -> PyResult<Option<GgufTable>> {
    Ok(signals::detached(py, || gguf::read_gguf(&path))?.map(GgufTable))
}

/// The tokenizer of a GGUF file.
#[pyclass(frozen, module = "minitok._rust")]
pub struct GgufTable(gguf::Gguf);

#[pymethods]
impl GgufTable {
    /// The kind of tokenizer, and the name of its pattern.
    fn names(&self) -> (Option<&str>, Option<&str>) {
        (self.0.model.as_deref(), self.0.pre.as_deref())
    }

    /// Whether a space is put before a text, if the file says so, and whether characters are replaced.
    fn changes(&self) -> (Option<bool>, bool) {
        (self.0.space_prefix, self.0.replaces)
    }

    /// The chat template, and what it knows as `bos_token` and `eos_token`.
    fn chat(&self) -> Option<(&str, Vec<(&str, String)>)> {
        self.0.chat()
    }

    /// The tokens that are found in text, their ids, and whether they are added ones.
    fn special(&self) -> PyResult<Option<Vec<(String, u32, bool)>>> {
        Ok(self.0.special()?)
    }

    /// The vocabulary of tokens in byte-level notation.
    fn byte_level(&self, py: Python<'_>, whole_pieces: bool) -> PyResult<Option<Vocab>> {
        Ok(signals::detached(py, || self.0.byte_level(whole_pieces))?.map(Vocab))
    }

    /// The vocabulary of tokens in characters, with scores and byte fallback.
    fn characters(&self, py: Python<'_>) -> PyResult<Option<Vocab>> {
        Ok(signals::detached(py, || self.0.characters())?.map(Vocab))
    }
}

/// Names and ids.
fn named_ids(special: &Bound<'_, PyDict>) -> PyResult<Vec<(String, u32)>> {
    try_collect(special.iter().map(|(name, id)| Ok((name.extract()?, id.extract()?))))
}

#[pymethods]
impl TokenTable {
    /// The file with an empty object and an empty list in place of its tokens and merges.
    #[getter]
    fn rest<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        new_bytes(py, &self.0.rest)
    }

    /// The tokens like `<...>` that no merge makes, and their ids.
    fn markers(&self) -> PyResult<Vec<(&str, u32)>> {
        Ok(self.0.table.markers()?)
    }

    /// How many tokens there are.
    fn __len__(&self) -> usize {
        self.0.table.len()
    }

    /// The ids here of tokens that have ids of their own, as they are written in the file; None of those that are not there.
    fn ids_of<'py>(&self, special: &Bound<'py, PyDict>) -> PyResult<Bound<'py, PyDict>> {
        let found = PyDict::new(special.py());
        for (name, _) in named_ids(special)? {
            let id = self.0.table.id_of(&name);
            found.set_item(name, id)?;
        }
        Ok(found)
    }

    /// The vocabulary of tokens in byte-level notation, without special tokens that no merge has. `may_drop`: bytes that text
    /// may hold may be without a token.
    fn byte_level(&self, special: &Bound<'_, PyDict>, whole_pieces: bool, may_drop: bool) -> PyResult<Option<Vocab>> {
        let (py, special) = (special.py(), named_ids(special)?);
        Ok(signals::detached(py, || self.0.table.byte_level(&special, whole_pieces, may_drop))?.map(Vocab))
    }

    /// The same of tokens in characters, with byte fallback.
    fn characters(&self, special: &Bound<'_, PyDict>) -> PyResult<Option<Vocab>> {
        let (py, special) = (special.py(), named_ids(special)?);
        Ok(signals::detached(py, || self.0.table.characters(&special))?.map(Vocab))
    }
}
