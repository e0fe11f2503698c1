//! `Vocab`, `Pattern` and `SpecialTokens` for Python.

use super::list::{int, list_of, list_of_tuples};
use super::objects::items_of;
use super::signals;
use super::spans::tuple;
use super::text::{Text, new_bytes};
use crate::fast::util::fallible::{collect, concat, push, try_collect};
use crate::fast::vocab::FastVocab;
use crate::reference::published::found_tokens::Finder;
use crate::reference::published::packed_vocab;
use crate::reference::published::ranks::Scored;
use crate::reference::published::vocabs::{Alphabet, Merge, Symbols};
use crate::reference::published::{found_tokens as special, patterns as pretokenize, vocabs as vocab};
use crate::support::once::Once;
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::{PyDict, PyList, PyTuple};

#[pyclass(frozen, module = "minitok._rust")]
pub struct Vocab(pub FastVocab);

/// `Symbols` of Python: a tuple of its fields.
type SymbolsTuple = (String, Option<u32>, bool, PyBackedBytes, PyBackedBytes, Option<(String, PyBackedBytes)>);

#[allow(clippy::disallowed_methods, reason = "they are marks of some bytes, which Python holds")]
pub(super) fn alphabet(fallback: Option<Vec<u32>>, drops_bytes: bool, symbols: Option<SymbolsTuple>) -> Alphabet {
    let symbols = symbols.map(|(unit, unknown, fuses, prefix, suffix, joining)| {
        let joining = joining.map(|(rule, mark)| (rule, mark.to_vec()));
        Symbols { unit, unknown, fuses, prefix: prefix.to_vec(), suffix: suffix.to_vec(), joining }
    });
    Alphabet { fallback, drops_bytes, symbols }
}

/// A mapping of token bytes to ids, in its order.
fn token_ids(ids: &Bound<'_, PyDict>) -> PyResult<Vec<(Vec<u8>, u32)>> {
    try_collect(ids.iter().map(|(token, id)| Ok((concat(&[token.extract::<&[u8]>()?])?, id.extract()?))))
}

#[pymethods]
impl Vocab {
    /// From each id's bytes, and merges as (left, right, id, rank) in rank order.
    #[new]
    #[pyo3(signature = (tokens, merges, whole_pieces, fallback = None, drops_bytes = false, symbols = None))]
    fn new(
        tokens: &Bound<'_, PyDict>,
        #[pyo3(from_py_with = items_of)] merges: Vec<(u32, u32, u32, u32)>,
        whole_pieces: bool,
        fallback: Option<Vec<u32>>,
        drops_bytes: bool,
        symbols: Option<SymbolsTuple>,
    ) -> PyResult<Vocab> {
        let mut arena = vocab::Tokens::default();
        for (id, token) in tokens.iter() {
            arena.set(id.extract()?, token.extract()?)?;
        }
        let merge = |(left, right, id, rank)| vocab::Merge { left, right, id, rank };
        let merges = collect(merges.into_iter().map(merge))?;
        let alphabet = alphabet(fallback, drops_bytes, symbols);
        Ok(Vocab(vocab::Vocab::new(arena, merges, whole_pieces, alphabet)?.into()))
    }

    #[staticmethod]
    #[pyo3(signature = (byte_order, pairs, most_bytes = None))]
    fn from_merges(
        py: Python<'_>,
        byte_order: &[u8],
        #[pyo3(from_py_with = items_of)] pairs: Vec<(u32, u32)>,
        most_bytes: Option<u64>,
    ) -> PyResult<Vocab> {
        let made = signals::detached(py, || {
            most_bytes.map_or(Ok(()), |most| vocab::check_token_bytes(&pairs, most))?;
            vocab::Vocab::from_merges(byte_order, &pairs)
        })?;
        Ok(Vocab(made.into()))
    }

    #[staticmethod]
    #[pyo3(signature = (ids, pairs, whole_pieces, fallback = None, drops_bytes = false, symbols = None))]
    fn from_tokens(
        ids: &Bound<'_, PyDict>,
        #[pyo3(from_py_with = items_of)] pairs: Vec<(u32, u32)>,
        whole_pieces: bool,
        fallback: Option<Vec<u32>>,
        drops_bytes: bool,
        symbols: Option<SymbolsTuple>,
    ) -> PyResult<Vocab> {
        let tokens = token_ids(ids)?;
        let alphabet = alphabet(fallback, drops_bytes, symbols);
        let made = signals::detached(ids.py(), || vocab::Vocab::from_tokens(&tokens, &pairs, whole_pieces, alphabet))?;
        Ok(Vocab(made.into()))
    }

    #[staticmethod]
    fn from_ranks(ranks: &Bound<'_, PyDict>) -> PyResult<Vocab> {
        let tokens = token_ids(ranks)?;
        Ok(Vocab(signals::detached(ranks.py(), || FastVocab::from_ranks(&tokens))?))
    }

    #[staticmethod]
    fn from_scores(py: Python<'_>, pieces: &Bound<'_, PyAny>, fallback: Vec<u32>) -> PyResult<Vocab> {
        let scored = |item: PyResult<Bound<'_, PyAny>>| {
            let (piece, id, score): (PyBackedBytes, u32, f64) = item?.extract()?;
            Ok::<Scored, PyErr>((concat(&[&piece])?, id, score))
        };
        let pieces = try_collect(pieces.try_iter()?.map(scored))?;
        let made = signals::detached(py, || vocab::Vocab::from_scores(&pieces, fallback))?;
        Ok(Vocab(made.into()))
    }

    /// Each id and its bytes, ascending.
    #[getter]
    fn tokens<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let tokens = PyDict::new(py);
        for (id, token) in self.0.core().tokens.iter() {
            tokens.set_item(int(py, id.into())?, new_bytes(py, token)?)?;
        }
        Ok(tokens)
    }

    /// Each merge as (left, right, id, rank), in rank order.
    #[getter]
    fn merges<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        let merges = py.detach(|| self.0.core().merges());
        let int = |number: u32| int(py, number.into());
        list_of_tuples(py, merges, |merge: &Merge| {
            tuple(py, [int(merge.left)?, int(merge.right)?, int(merge.id)?, int(merge.rank)?])
        })
    }

    #[getter]
    fn whole_pieces(&self) -> bool {
        self.0.core().whole_pieces
    }

    #[getter]
    fn fallback(&self) -> Option<Vec<u32>> {
        self.0.core().alphabet.fallback.clone()
    }

    #[getter]
    fn drops_bytes(&self) -> bool {
        self.0.core().alphabet.drops_bytes
    }

    #[getter]
    fn symbols<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyTuple>>> {
        let Some(symbols) = &self.0.core().alphabet.symbols else { return Ok(None) };
        let Symbols { unit, unknown, fuses, prefix, suffix, joining } = symbols;
        let joining = joining.as_ref().map(|(rule, mark)| Ok::<_, PyErr>((rule, new_bytes(py, mark)?))).transpose()?;
        let (prefix, suffix) = (new_bytes(py, prefix)?, new_bytes(py, suffix)?);
        (unit, unknown, *fuses, prefix, suffix, joining).into_pyobject(py).map(Some)
    }

    #[getter]
    fn merges_make_all(&self) -> bool {
        self.0.core().merges_make_all
    }

    #[getter]
    fn n_ids(&self) -> u32 {
        self.0.core().tokens.n_ids()
    }

    fn token_bytes(&self, token_id: u32) -> Option<&[u8]> {
        self.0.core().token_bytes(token_id)
    }

    fn token_id(&self, token: &[u8]) -> Option<u32> {
        self.0.core().token_id(token)
    }

    fn merge_of(&self, left: u32, right: u32) -> Option<(u32, u32)> {
        self.0.core().merge_of(left, right)
    }

    fn truncate(&self, n_merges: usize) -> PyResult<Vocab> {
        Ok(Vocab(self.0.core().truncate(n_merges)?.into()))
    }
}

/// The vocabulary of one of the package's own files, or as much of it as has ids below `below`.
#[pyfunction]
#[pyo3(signature = (data, below=None))]
pub fn unpack(py: Python<'_>, data: &[u8], below: Option<u32>) -> PyResult<Vocab> {
    let made = py.detach(|| packed_vocab::unpack(data, below))?;
    Ok(Vocab(made.into()))
}

#[pyclass(frozen, module = "minitok._rust")]
pub struct Pattern(pub pretokenize::Pattern);

#[pymethods]
impl Pattern {
    #[new]
    fn new(source: &str) -> PyResult<Pattern> {
        Ok(Pattern(pretokenize::Pattern::new(source)?))
    }

    #[getter]
    fn source(&self) -> &str {
        self.0.source()
    }

    fn split<'py>(&self, py: Python<'py>, text: Text<'_>) -> PyResult<Bound<'py, PyList>> {
        let mut pieces = Vec::new();
        signals::detached(py, || self.0.split(&text, &mut |piece| push(&mut pieces, piece)))?;
        list_of(py, try_collect(pieces.into_iter().map(|piece| new_bytes(py, piece).map(Bound::into_any)))?)
    }

    fn safe_cut(&self, text: &[u8]) -> usize {
        self.0.safe_cut(text)
    }
}

/// The names in a list, a set or any other iterable, in ascending order.
fn names_of(names: &Bound<'_, PyAny>) -> PyResult<Vec<String>> {
    let mut found: Vec<String> = items_of(names)?;
    found.sort_unstable();
    Ok(found)
}

#[pyclass(frozen, module = "minitok._rust")]
pub struct SpecialTokens {
    pub tokens: special::SpecialTokens,
    finder_of_all: Once<Finder>,
}

#[pymethods]
impl SpecialTokens {
    #[new]
    #[pyo3(signature = (ids, added = Vec::new(), late = Vec::new(), flags = None))]
    fn new(
        ids: &Bound<'_, PyDict>,
        #[pyo3(from_py_with = names_of)] added: Vec<String>,
        #[pyo3(from_py_with = names_of)] late: Vec<String>,
        flags: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<SpecialTokens> {
        let ids = try_collect(ids.iter().map(|(name, id)| Ok::<_, PyErr>((name.extract()?, id.extract()?))))?;
        let flags = flags.map_or(Ok(Vec::new()), |flags| {
            try_collect(flags.iter().map(|(name, own)| Ok::<_, PyErr>((name.extract()?, names_of(&own)?))))
        })?;
        let tokens = special::SpecialTokens::new(ids)?.with(added, late, flags)?;
        Ok(SpecialTokens { tokens, finder_of_all: Once::new() })
    }

    #[getter]
    fn ids<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let ids = PyDict::new(py);
        for (name, id) in &self.tokens.ids {
            ids.set_item(name, id)?;
        }
        Ok(ids)
    }

    /// The text as segments (start, end, None) and special tokens (start, end, id): those wanted, or all.
    #[pyo3(signature = (text, wanted = None))]
    fn split(&self, text: &[u8], wanted: Option<Vec<String>>) -> PyResult<Vec<(usize, usize, Option<u32>)>> {
        let of_some: Finder;
        let finder = match &wanted {
            None => self.finder_of_all(),
            Some(names) => {
                of_some = self.tokens.finder(&collect(names.iter().map(String::as_str))?);
                &of_some
            }
        };
        let mut parts = Vec::new();
        finder.split(text, |start, end, id| push(&mut parts, (start, end, id)))?;
        Ok(parts)
    }

    /// As `split`, with the tokens that lie wholly in a trusted stretch (start, end), and those of `everywhere`.
    fn split_trusted(
        &self,
        text: &[u8],
        trusted: Vec<special::Stretch>,
        everywhere: &Bound<'_, SpecialTokens>,
    ) -> PyResult<Vec<(usize, usize, Option<u32>)>> {
        let mut parts = Vec::new();
        self.finder_of_all().split_trusted(text, &trusted, everywhere.get().finder_of_all(), |start, end, id| {
            push(&mut parts, (start, end, id))
        })?;
        Ok(parts)
    }
}

impl SpecialTokens {
    fn finder_of_all(&self) -> &Finder {
        self.finder_of_all.get_or_make(|| self.tokens.finder_of_all())
    }
}
