//! `Codec` for Python. What its calls that encode share (`list`, `array`, `batch`) is in `encode.rs`; `spans.rs` has those about places.

use super::array::{array_of, array_of_ids};
use super::decode::{self, StreamDecoder};
use super::documents::{self, Documents, Encoded, Offsets};
use super::ids::Ids;
use super::list::{list_of, list_of_ids, list_of_numbers};
use super::names::{Chosen, Names, Searches};
use super::normal::Normalizer;
use super::objects::{Objects, items_of};
use super::session::Session;
use super::text::Text;
use super::token_texts::TokenTexts;
use super::vocab::{Pattern, SpecialTokens, Vocab};
use super::{chunks, numpy_api, rows, segments, signals, spans, trace};
use crate::fast::codec::FastCodec;
use crate::fast::codec::encoding::Encoding;
use crate::fast::encode::parallel;
use crate::fast::memory::Usage;
use crate::fast::pack::Options;
use crate::fast::session;
use crate::fast::util::fallible::{collect, concat};
use crate::reference::more::dropout::Dropout;
use crate::reference::more::trace::trace as trace_text;
use crate::reference::published::codecs::{self, Refused};
use crate::reference::published::metaspace::Metaspace;
use crate::reference::published::preprocess::{TokenFinder, Trust};
use crate::reference::published::words::WordCutter;
use numpy::PyArray1;
use pyo3::prelude::*;
use pyo3::types::{IntoPyDict, PyBytes, PyDict, PyList, PyString};
use std::sync::Arc;

#[pyclass(frozen, module = "minitok._rust")]
#[derive(Clone)]
pub struct Codec {
    pub(super) fast: Arc<FastCodec>,
    /// Whether texts go on from what stood before them, so that no space is put before them.
    pub(super) continues: bool,
    pub(super) dropout: Option<Dropout>,
    refused: Option<Arc<Refused>>,
    searches: Searches,
    /// The texts of tokens that streams have given.
    texts: Arc<TokenTexts>,
}

type List<'py> = PyResult<Bound<'py, PyList>>;
type Object<'py> = PyResult<Bound<'py, PyAny>>;

/// What stands after each word in the core, where files write another end.
const WORD_END: &[u8] = b" ";

#[pymethods]
impl Codec {
    /// `prefix` is as in `metaspace.rs`, `words` and `word_end` are as in `words.rs`.
    #[new]
    #[pyo3(signature = (vocab, pattern, special, normalizer = None, prefix = None, words = None, word_end = None))]
    #[allow(clippy::too_many_arguments, reason = "they are what ids depend on")]
    fn new(
        py: Python<'_>,
        vocab: &Bound<'_, Vocab>,
        pattern: &Bound<'_, Pattern>,
        special: &Bound<'_, SpecialTokens>,
        normalizer: Option<&Bound<'_, Normalizer>>,
        prefix: Option<&str>,
        words: Option<&str>,
        word_end: Option<&str>,
    ) -> PyResult<Codec> {
        let (vocab, pattern, special) = (&vocab.get().0, pattern.get().0.clone(), special.get().tokens.clone());
        let steps = normalizer.map_or(Vec::new(), |normalizer| normalizer.get().core_steps());
        let metaspace = prefix.map(Metaspace::new).transpose()?;
        let end = word_end.map(|end| if end.is_empty() { &b""[..] } else { WORD_END });
        let words = if words.or(word_end).is_none() { None } else { Some(WordCutter::new(words, end)?) };
        let normalizer = crate::reference::published::normalize::Normalizer::new(steps)?;
        let core = codecs::Codec::new(vocab.core().clone(), pattern, special, normalizer, metaspace, words)?;
        let fast = signals::detached(py, || FastCodec::with_tables(core, vocab))?;
        let searches = Searches::new(fast.core())?;
        let texts = Arc::new(TokenTexts::new(fast.core().vocab.tokens.n_ids())?);
        Ok(Codec { fast: Arc::new(fast), continues: false, dropout: None, refused: None, searches, texts })
    }

    fn going_on(&self) -> Codec {
        Codec { continues: true, ..self.clone() }
    }

    /// The same with dropout. For a later part of a text, `head` is the first bytes of the whole text, and `start` where the part begins.
    #[pyo3(signature = (probability, seed, head = None, start = 0))]
    fn dropping(&self, probability: f64, seed: u64, head: Option<&[u8]>, start: u64) -> PyResult<Codec> {
        let head = head.map(|head| concat(&[head])).transpose()?;
        let dropout = Some(Dropout::new(probability, seed, head, start));
        Ok(Codec { dropout, ..self.clone() })
    }

    /// The same with tokens that the texts must not contain, where ids are made as arrays.
    fn refusing(&self, py: Python<'_>, names: Names<'_>) -> PyResult<Codec> {
        Ok(Codec { refused: Some(self.searches.refused(self.fast.core(), py, names)?), ..self.clone() })
    }

    #[getter]
    fn before(&self) -> &'static str {
        if self.continues { "text" } else { "nothing" }
    }

    /// `trust`: the ranges of the text in which tokens are found, and the names of those that are found everywhere.
    #[pyo3(signature = (text, allowed = Names::Empty, before = "nothing", trust = None))]
    fn segments<'py>(
        &self,
        py: Python<'py>,
        text: Text<'_>,
        allowed: Names<'_>,
        before: &str,
        trust: Option<(Vec<(usize, usize)>, Names<'_>)>,
    ) -> List<'py> {
        let search = self.search(py, allowed)?;
        let preprocessor = &self.fast.core().preprocessor;
        let everywhere = |names| self.searches.everywhere(self.fast.core(), py, names);
        let trust = trust.map(|(stretches, names)| PyResult::Ok((stretches, everywhere(names)?))).transpose()?;
        let trust = trust.as_ref().map(|(stretches, everywhere)| Trust { stretches, everywhere });
        segments::segments(py, preprocessor, &text, &search, segments::before_of(before)?, trust)
    }

    fn encode_spans<'py>(
        &self,
        py: Python<'py>,
        text: Text<'_>,
        allowed: Names<'_>,
        before: &str,
        trust: (Vec<(usize, usize)>, Names<'_>),
        ends: Vec<usize>,
    ) -> PyResult<Option<segments::SpanIds<'py>>> {
        let (search, before) = (self.search(py, allowed)?, segments::before_of(before)?);
        let (stretches, everywhere) = (trust.0, self.searches.everywhere(self.fast.core(), py, trust.1)?);
        let trust = Trust { stretches: &stretches, everywhere: &everywhere };
        segments::encode_spans(py, &self.fast, &text, &ends, &search, before, trust)
    }

    /// The ids of segments as `segments` gives them, in one flat array, and where those of each begin.
    fn encode_prepared<'py>(&self, py: Python<'py>, segments: Vec<Bound<'_, PyBytes>>) -> PyResult<Offsets<'py>> {
        let segments: Vec<&[u8]> = collect(segments.iter().map(pyo3::types::PyBytesMethods::as_bytes))?;
        let encode = |segment: &&[u8], ids: &mut Vec<u32>| self.fast.append_prepared(segment, ids);
        let work = || parallel::encode_all(&segments, 1, |segment| segment.len(), encode);
        let (ids, offsets) = signals::detached(py, work)?;
        Ok((array_of_ids(py, ids)?, array_of(py, offsets)?))
    }

    #[pyo3(signature = (text, allowed = Names::Empty, threads = 1))]
    pub fn encode<'py>(&self, py: Python<'py>, text: Text<'_>, allowed: Names<'_>, threads: usize) -> List<'py> {
        list_of_ids(py, &self.ids(py, &text, self.how(&*self.search(py, allowed)?), threads)?)
    }

    #[pyo3(signature = (text, allowed = Names::Empty, threads = 1))]
    pub fn encode_to_array<'py>(
        &self,
        py: Python<'py>,
        text: Text<'_>,
        allowed: Names<'_>,
        threads: usize,
    ) -> Object<'py> {
        self.array(py, &text, self.how(&*self.search(py, allowed)?), threads)
    }

    #[pyo3(signature = (texts, allowed = Names::Empty, threads = 1))]
    fn encode_batch<'py>(&self, py: Python<'py>, texts: Objects<'_>, allowed: Names<'_>, threads: usize) -> List<'py> {
        list_of(py, self.lists(py, &texts, self.how(&*self.search(py, allowed)?), threads)?)
    }

    /// The ids of several texts in one flat array, and where each text begins: offsets[i]..offsets[i + 1].
    #[pyo3(signature = (texts, allowed = Names::Empty, threads = 1))]
    fn encode_batch_to_numpy<'py>(
        &self,
        py: Python<'py>,
        texts: Objects<'_>,
        allowed: Names<'_>,
        threads: usize,
    ) -> PyResult<Offsets<'py>> {
        numpy_api::need(py)?;
        let (ids, offsets) = self.batch(py, &texts, self.how(&*self.search(py, allowed)?), threads)?;
        Ok((array_of_ids(py, ids)?, array_of(py, offsets)?))
    }

    /// As `encode_batch_to_numpy`, of documents; `end` is put after each.
    #[pyo3(signature = (documents, allowed = Names::Empty, threads = 1, end = None))]
    fn encode_documents<'py>(
        &self,
        py: Python<'py>,
        documents: &Bound<'_, Documents>,
        allowed: Names<'_>,
        threads: usize,
        end: Option<u32>,
    ) -> PyResult<Offsets<'py>> {
        numpy_api::need(py)?;
        let search = self.search(py, allowed)?;
        documents.get().encoded(py, &self.fast, Encoding { after: end.as_slice(), ..self.how(&search) }, threads)
    }

    /// As `read_json_lines` and `encode_documents`, in one pass and as numbers of a type; also the number of bytes of the texts.
    /// The lines are bytes, or those that begin in a range of a file.
    #[pyo3(signature = (lines, field, other, allowed = Names::Empty, end = None, dtype = "uint32"))]
    #[allow(clippy::too_many_arguments, reason = "they are those of two calls")]
    fn encode_json_lines<'py>(
        &self,
        py: Python<'py>,
        lines: &Bound<'py, PyAny>,
        field: &str,
        other: &Bound<'py, PyAny>,
        allowed: Names<'_>,
        end: Option<u32>,
        dtype: &str,
    ) -> PyResult<Encoded<'py>> {
        numpy_api::need(py)?;
        let search = self.search(py, allowed)?;
        let how = Encoding { after: end.as_slice(), ..self.how(&search) };
        documents::encoded_lines(py, Options { codec: &self.fast, how, field }, (lines, other), dtype)
    }

    #[pyo3(signature = (text, allowed = Names::Empty))]
    pub fn count(&self, py: Python<'_>, text: Text<'_>, allowed: Names<'_>) -> PyResult<usize> {
        let search = self.search(py, allowed)?;
        self.working(py, text.len(), || self.fast.count(&text, &search, self.continues))
    }

    #[pyo3(signature = (texts, allowed = Names::Empty, threads = 1))]
    fn count_batch<'py>(&self, py: Python<'py>, texts: Objects<'_>, allowed: Names<'_>, threads: usize) -> List<'py> {
        list_of_numbers(py, &self.counts(py, &texts, &*self.search(py, allowed)?, threads)?)
    }

    /// Raises if one of these names stands in the text.
    fn check_names(&self, py: Python<'_>, text: Text<'_>, refused: Names<'_>) -> PyResult<()> {
        let refused = self.searches.refused(self.fast.core(), py, refused)?;
        self.working(py, text.len(), || refused.check_names(&text))
    }

    /// Raises if the text contains one of the tokens named, or becomes its id.
    #[pyo3(signature = (text, refused, allowed = Names::Empty))]
    fn check(&self, py: Python<'_>, text: Text<'_>, refused: Names<'_>, allowed: Names<'_>) -> PyResult<()> {
        let refused = self.searches.refused(self.fast.core(), py, refused)?;
        let search = self.search(py, allowed)?;
        let (continues, dropout) = (self.continues, self.dropout.as_ref());
        self.working(py, text.len(), || self.fast.check(&text, &refused, &search, continues, dropout))
    }

    /// As `encode`, with an event for each piece, merge and special token.
    fn trace<'py>(&self, text: Text<'_>, allowed: Names<'_>, emit: &Bound<'py, PyAny>) -> List<'py> {
        let search = self.search(emit.py(), allowed)?;
        let ids = trace::emitting(emit, |emit| trace_text(self.fast.core(), &text, &search, self.continues, emit))?;
        list_of_ids(emit.py(), &ids)
    }

    fn pieces<'py>(&self, py: Python<'py>, segment: &[u8]) -> List<'py> {
        trace::pieces(py, self.fast.core(), segment)
    }

    /// The last place at which the text can be cut in two whose ids are those of the whole, whatever follows; or 0.
    fn safe_cut(&self, py: Python<'_>, text: &[u8], allowed: Names<'_>) -> PyResult<usize> {
        Ok(self.fast.safe_cut(text, &*self.search(py, allowed)?))
    }

    /// A text that changes, empty at first, without the refused tokens. `chars`: places are in characters, not in bytes.
    fn session(
        &self,
        py: Python<'_>,
        allowed: Names<'_>,
        #[pyo3(from_py_with = items_of)] refused: Vec<String>,
        chars: bool,
    ) -> PyResult<Session> {
        let search = Arc::new((*self.search(py, allowed)?).clone());
        let names: Vec<&str> = collect(refused.iter().map(String::as_str))?;
        let refused = Arc::new(self.fast.core().refusing(&names));
        Ok(Session::new(session::Session::new(self.fast.clone(), search, refused)?, chars))
    }

    fn chunks<'py>(&self, py: Python<'py>, text: &[u8], allowed: Names<'_>, options: chunks::Options) -> List<'py> {
        chunks::chunks(py, &self.fast, text, &*self.search(py, allowed)?, options)
    }

    /// The bytes of memory that the codec holds, by purpose.
    fn memory_usage<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let Usage { vocabulary, tables, workspaces, buffers } = self.fast.memory_usage();
        let tables = ("tables", tables + self.texts.memory());
        let usage = [("vocabulary", vocabulary), tables, ("workspaces", workspaces), ("buffers", buffers)];
        usage.into_py_dict(py)
    }

    /// Gives back the memory that only speeds up the next call.
    fn trim(&self) {
        self.fast.trim();
    }

    #[pyo3(signature = (strict, stop=Vec::new(), skipped=Vec::new()))]
    fn stream_decoder(&self, strict: bool, stop: Vec<String>, skipped: Vec<u32>) -> StreamDecoder {
        StreamDecoder::new(Arc::clone(self.fast.core()), Arc::clone(&self.texts), strict, &stop, skipped)
    }

    fn token_bytes(&self, token_id: u32) -> Option<&[u8]> {
        self.fast.core().token_bytes(token_id)
    }

    fn spans<'py>(&self, py: Python<'py>, ids: Ids<'py>, unit: &str) -> Object<'py> {
        spans::spans(py, &self.fast, ids, unit)
    }

    fn starts<'py>(&self, py: Python<'py>, ids: Ids<'py>, as_list: bool) -> PyResult<(Bound<'py, PyAny>, i64)> {
        spans::starts(py, &self.fast, ids, as_list)
    }

    fn ends<'py>(&self, py: Python<'py>, ids: Ids<'py>) -> Object<'py> {
        spans::ends(py, &self.fast, ids)
    }

    fn spelled<'py>(
        &self,
        py: Python<'py>,
        ids: Ids<'py>,
        silent: Vec<u32>,
    ) -> PyResult<(Bound<'py, PyAny>, Bound<'py, PyBytes>)> {
        spans::spelled(py, &self.fast, ids, silent)
    }

    fn token_list<'py>(&self, py: Python<'py>, ids: Ids<'py>) -> List<'py> {
        spans::token_list(py, self.fast.core(), ids)
    }

    fn decode_bytes<'py>(&self, py: Python<'py>, ids: Ids<'py>) -> PyResult<Bound<'py, PyBytes>> {
        decode::decode_bytes(py, &self.fast, ids)
    }

    fn decode<'py>(&self, py: Python<'py>, ids: Ids<'py>, errors: &str) -> PyResult<Bound<'py, PyString>> {
        decode::decode(py, &self.fast, ids, errors)
    }

    #[pyo3(signature = (batch, errors, threads = 1))]
    fn decode_batch<'py>(&self, py: Python<'py>, batch: Objects<'py>, errors: &str, threads: usize) -> List<'py> {
        rows::decode_batch(&self.fast, &batch, errors, threads, py)
    }

    #[pyo3(signature = (ids, starts, ends, errors, threads = 1))]
    fn decode_rows<'py>(
        &self,
        py: Python<'py>,
        ids: Ids<'py>,
        starts: &Bound<'py, PyArray1<i64>>,
        ends: &Bound<'py, PyArray1<i64>>,
        errors: &str,
        threads: usize,
    ) -> List<'py> {
        rows::decode_rows(&self.fast, ids, (starts, ends), errors, threads, py)
    }

    #[pyo3(signature = (ids, starts, ends, errors, threads = 1))]
    fn decode_column<'py>(
        &self,
        py: Python<'py>,
        ids: Ids<'py>,
        starts: &Bound<'py, PyArray1<i64>>,
        ends: &Bound<'py, PyArray1<i64>>,
        errors: &str,
        threads: usize,
    ) -> PyResult<rows::Column<'py>> {
        rows::decode_column(&self.fast, ids, (starts, ends), errors, threads, py)
    }
}

impl Codec {
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "some calls are short")]
    pub(super) fn search(&self, py: Python<'_>, names: Names<'_>) -> PyResult<Chosen<'_>> {
        self.searches.allowed(self.fast.core(), py, names)
    }

    /// How the texts of a call are encoded.
    #[inline]
    pub(super) fn how<'c>(&'c self, search: &'c TokenFinder) -> Encoding<'c> {
        let refused = self.refused.as_deref();
        Encoding { dropout: self.dropout.as_ref(), refused, ..Encoding::plain(search, self.continues) }
    }
}
