//! Plain calls of a tokenizer of `transformers` in one step: texts as they are, to lists of ids, types and masks.
//!
//! What a call is answered with depends on the tokenizer, on some of its attributes, and on the options of the call. All that is
//! kept here, worked out once in Python (`minitok.compat.transformers.plain_call`), and compared before each answer.

use super::codec::Codec;
use super::decode_stream::changes;
use super::kept::name;
use super::list::{list_of, list_of_ids, list_of_ones};
use super::names::Names;
use crate::fast::codec::encoding::Encoding;
use crate::fast::util::fallible::{collect, try_collect};
use crate::reference::published::preprocess::TokenFinder;
use pyo3::IntoPyObjectExt;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyInt, PyList, PyString, PyTuple, PyType};

/// How plain calls with some options are answered, as long as nothing changes that this depends on.
#[pyclass(frozen, module = "minitok._rust")]
pub struct PlainCalls(Option<Plan>);

struct Plan {
    /// How often tokenizers had been changed.
    changes: u64,
    kind: Py<PyType>,
    attributes: Vec<(Py<PyString>, Py<PyAny>)>,
    options: Py<PyDict>,
    /// None: all calls go the usual way.
    answers: Option<Answers>,
}

struct Answers {
    codec: Py<Codec>,
    search: TokenFinder,
    /// The ids before a text, and those after it.
    before: Vec<u32>,
    after: Vec<u32>,
    /// The types of these, and that of the ids between them; None if types are not wanted.
    types: Option<(Vec<u32>, u32, Vec<u32>)>,
    has_masks: bool,
    /// Rows of more ids are cut, in the usual way; there is a warning of rows of more ids.
    cut_above: usize,
    warn_above: usize,
    threads: usize,
}

enum Answer<'a> {
    /// Nothing: this is for another call, or for the tokenizer as it was.
    Outdated,
    /// Nothing: it goes the usual way.
    Usual,
    By(&'a Answers),
}

#[pymethods]
impl PlainCalls {
    /// For no call.
    #[new]
    fn new() -> PlainCalls {
        PlainCalls(None)
    }

    /// `changes`: as `tokenizer_changes` said before the rest was worked out. `codec`: if it is not Rust's, calls go the usual way.
    #[staticmethod]
    #[allow(clippy::too_many_arguments, reason = "each says one thing of the answers")]
    fn planned(
        changes: u64,
        kind: Py<PyType>,
        attributes: &Bound<'_, PyDict>,
        options: &Bound<'_, PyDict>,
        codec: &Bound<'_, PyAny>,
        allowed: Names<'_>,
        ids: (Vec<u32>, Vec<u32>),
        types: Option<(Vec<u32>, u32, Vec<u32>)>,
        has_masks: bool,
        lengths: (usize, usize),
        threads: usize,
    ) -> PyResult<PlainCalls> {
        let py = options.py();
        let pair =
            |(name, value): (Bound<'_, PyAny>, Bound<'_, PyAny>)| PyResult::Ok((name.extract()?, value.unbind()));
        let attributes = try_collect(attributes.iter().map(pair))?;
        let answers = match codec.cast::<Codec>() {
            Err(_) => None,
            Ok(codec) => {
                let search = (*codec.get().search(py, allowed)?).clone();
                let ((before, after), (cut_above, warn_above)) = (ids, lengths);
                let codec = codec.clone().unbind();
                Some(Answers { codec, search, before, after, types, has_masks, cut_above, warn_above, threads })
            }
        };
        Ok(PlainCalls(Some(Plan { changes, kind, attributes, options: options.copy()?.unbind(), answers })))
    }

    /// The columns of a text, or of several in a tuple: the data of a `BatchEncoding`. None if these calls are not for this tokenizer as it
    /// is now, or have other options; `NotImplemented` for a call that goes the usual way.
    fn columns<'py>(
        &self,
        tokenizer: &Bound<'py, PyAny>,
        texts: &Bound<'py, PyAny>,
        options: &Bound<'py, PyDict>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let py = tokenizer.py();
        let answers = match self.answer(tokenizer, options)? {
            Answer::By(answers) => answers,
            other => return other.without_result(py),
        };
        let how = answers.how();
        let codec = answers.codec.get();
        let (ids, types, masks);
        if let Ok(text) = texts.cast_exact::<PyString>() {
            let row = list_of_ids(py, &codec.ids(py, &text.extract()?, how, 1)?)?;
            if !answers.holds(tokenizer, &row)? {
                return Answer::Usual.without_result(py);
            }
            types = answers.types_of(&row)?;
            masks = answers.mask_of(&row)?;
            ids = row;
        } else {
            let Some(texts) = all_texts(texts)? else { return Answer::Usual.without_result(py) };
            let rows = codec.lists(py, &texts, how, answers.threads)?;
            for row in &rows {
                if !answers.holds(tokenizer, row)? {
                    return Answer::Usual.without_result(py);
                }
            }
            types = column(py, &rows, |row| answers.types_of(row))?;
            masks = column(py, &rows, |row| answers.mask_of(row))?;
            ids = list_of(py, rows)?;
        }
        let data = PyDict::new(py);
        data.set_item(name!(py, "input_ids"), ids)?;
        if let Some(types) = types {
            data.set_item(name!(py, "token_type_ids"), types)?;
        }
        if let Some(masks) = masks {
            data.set_item(name!(py, "attention_mask"), masks)?;
        }
        Ok(data.into_any())
    }

    /// The ids of a text; None and `NotImplemented` as of `columns`.
    fn ids<'py>(
        &self,
        tokenizer: &Bound<'py, PyAny>,
        text: &Bound<'py, PyAny>,
        options: &Bound<'py, PyDict>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let py = tokenizer.py();
        let answers = match self.answer(tokenizer, options)? {
            Answer::By(answers) => answers,
            other => return other.without_result(py),
        };
        let Ok(text) = text.cast_exact::<PyString>() else { return Answer::Usual.without_result(py) };
        let row = list_of_ids(py, &answers.codec.get().ids(py, &text.extract()?, answers.how(), 1)?)?;
        if answers.holds(tokenizer, &row)? { Ok(row.into_any()) } else { Answer::Usual.without_result(py) }
    }
}

impl PlainCalls {
    fn answer(&self, tokenizer: &Bound<'_, PyAny>, options: &Bound<'_, PyDict>) -> PyResult<Answer<'_>> {
        let Some(plan) = &self.0 else { return Ok(Answer::Outdated) };
        let is_current = plan.changes == changes()
            && tokenizer.get_type().is(&plan.kind)
            && have_same_options(options, plan.options.bind(tokenizer.py()))?
            && plan.has_same_attributes(tokenizer)?;
        Ok(match &plan.answers {
            _ if !is_current => Answer::Outdated,
            None => Answer::Usual,
            Some(answers) => Answer::By(answers),
        })
    }
}

impl Plan {
    fn has_same_attributes(&self, tokenizer: &Bound<'_, PyAny>) -> PyResult<bool> {
        for (name, value) in &self.attributes {
            let now = tokenizer.getattr(name)?;
            if !now.is(value) && !now.eq(value)? {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

impl Answer<'_> {
    fn without_result(self, py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
        match self {
            Answer::Outdated => Ok(py.None().into_bound(py)),
            _ => py.NotImplemented().into_bound_py_any(py),
        }
    }
}

impl Answers {
    fn how(&self) -> Encoding<'_> {
        Encoding { before: &self.before, after: &self.after, ..self.codec.get().how(&self.search) }
    }

    /// Whether a row is not to be cut. Has `transformers` warn of one that is too long for the model.
    fn holds(&self, tokenizer: &Bound<'_, PyAny>, row: &Bound<'_, PyList>) -> PyResult<bool> {
        if row.len() > self.warn_above {
            let name = name!(tokenizer.py(), "_eventual_warn_about_too_long_sequence");
            tokenizer.call_method1(name, (row, tokenizer.py().None(), true))?;
        }
        Ok(row.len() <= self.cut_above)
    }

    fn types_of<'py>(&self, row: &Bound<'py, PyList>) -> PyResult<Option<Bound<'py, PyList>>> {
        let Some((before, own, after)) = &self.types else { return Ok(None) };
        let between = row.len().saturating_sub(before.len() + after.len());
        let all: Vec<u32> =
            collect(before.iter().copied().chain(std::iter::repeat_n(*own, between)).chain(after.iter().copied()))?;
        list_of_ids(row.py(), &all).map(Some)
    }

    fn mask_of<'py>(&self, row: &Bound<'py, PyList>) -> PyResult<Option<Bound<'py, PyList>>> {
        if self.has_masks { list_of_ones(row.py(), row.len()).map(Some) } else { Ok(None) }
    }
}

/// A list for each row, if they are wanted.
fn column<'py>(
    py: Python<'py>,
    rows: &[Bound<'py, PyList>],
    of: impl Fn(&Bound<'py, PyList>) -> PyResult<Option<Bound<'py, PyList>>>,
) -> PyResult<Option<Bound<'py, PyList>>> {
    let lists = try_collect(rows.iter().filter_map(|row| of(row).transpose()))?;
    if lists.is_empty() { Ok(None) } else { list_of(py, lists).map(Some) }
}

/// The texts of a tuple; None if there are none, or one is not a str.
fn all_texts<'py>(texts: &Bound<'py, PyAny>) -> PyResult<Option<Vec<Bound<'py, PyAny>>>> {
    let Ok(texts) = texts.cast_exact::<PyTuple>() else { return Ok(None) };
    if texts.is_empty() || !texts.iter().all(|text| text.is_exact_instance_of::<PyString>()) {
        return Ok(None);
    }
    Ok(Some(collect(texts.iter())?))
}

/// Whether options are the same, values with their types: `truncation=1` is not `truncation=True`.
fn have_same_options(some: &Bound<'_, PyDict>, others: &Bound<'_, PyDict>) -> PyResult<bool> {
    if some.len() != others.len() {
        return Ok(false);
    }
    for (name, value) in some {
        let Some(other) = others.get_item(name)? else { return Ok(false) };
        let are_numbers = value.is_exact_instance_of::<PyInt>() && other.is_exact_instance_of::<PyInt>();
        if !(value.is(&other) || are_numbers && value.eq(other)?) {
            return Ok(false);
        }
    }
    Ok(true)
}
