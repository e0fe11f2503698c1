//! `train_parity` for Python.

use super::calls::Calls;
use super::counter::PieceCounter;
use super::list::list_of_numbers;
use super::signals;
use super::train::{Pieces, TrainOptions, checked_first_id, list_of_pairs, pieces_of};
use super::vocab::Vocab;
use crate::fast;
use crate::fast::util::fallible::try_collect;
use crate::reference::more::parity as core;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyList;
use std::sync::{Arc, Mutex};

/// The attributes of `minitok.reference.more.parity.ParityOptions`.
pub struct ParityOptions(core::ParityOptions);

impl<'py> FromPyObject<'_, 'py> for ParityOptions {
    type Error = PyErr;

    fn extract(options: Borrowed<'_, 'py, PyAny>) -> PyResult<ParityOptions> {
        Ok(ParityOptions(core::ParityOptions {
            global_merges: options.getattr("global_merges")?.extract()?,
            ratio: options.getattr("ratio")?.extract()?,
            window: options.getattr("window")?.extract()?,
            alpha: options.getattr("alpha")?.extract()?,
            names: options.getattr("names")?.extract()?,
            prefix: options.getattr("prefix")?.extract()?,
        }))
    }
}

impl ParityOptions {
    /// The options, if they are of that many languages and ids.
    fn checked(self, languages: usize, n_ids: u32) -> PyResult<core::ParityOptions> {
        let core::ParityOptions { ratio, names, alpha, .. } = &self.0;
        let wrong = |message: String| Err(PyValueError::new_err(message));
        if let Some(ratio) = ratio
            && ratio.len() != languages
        {
            return wrong(format!("there are {} ratios of {languages} languages", ratio.len()));
        }
        if let Some(names) = names
            && names.len() != n_ids as usize
        {
            return wrong(format!("there are {} names of {n_ids} ids", names.len()));
        }
        if !(*alpha > 0.0 && alpha.is_finite()) {
            return wrong(format!("alpha is {alpha}, not a positive number"));
        }
        Ok(self.0)
    }
}

pub type Trained<'py> = (Bound<'py, PyList>, Bound<'py, PyList>, Bound<'py, PyList>, usize, &'static str);

/// Learns merges that are fair to all languages, of whose texts each counter has the pieces. Returns the merges, the language whose turn
/// each was and its count there, how many had rivals of equal count, and why training stopped. Takes the pieces from the counters, so
/// that their memory is free while merges are learnt, unless it is to `keep` them.
#[pyfunction]
#[pyo3(signature = (languages, development, options, parity, base, on_merge = None, keep = false))]
#[expect(clippy::too_many_arguments, reason = "the call of Python")]
pub fn train_parity<'py>(
    py: Python<'py>,
    languages: Vec<Bound<'_, PieceCounter>>,
    development: Vec<Bound<'_, PieceCounter>>,
    options: TrainOptions,
    parity: ParityOptions,
    base: (Bound<'_, Vocab>, u32),
    on_merge: Option<Py<PyAny>>,
    keep: bool,
) -> PyResult<Trained<'py>> {
    let vocab = Arc::clone(base.0.get().0.core());
    let (TrainOptions(options), parity) = (options, parity.checked(languages.len(), base.1)?);
    let first_id = checked_first_id(base.1)?;
    if !development.is_empty() && development.len() != languages.len() {
        let (all, some) = (languages.len(), development.len());
        return Err(PyValueError::new_err(format!("there are development texts of {some} languages of {all}")));
    }
    let calls = Mutex::new(Calls::new());
    let mut report = |merges: usize| {
        Calls::poll(&calls, |py| on_merge.as_ref().map_or(Ok(()), |call| call.call1(py, (merges,)).map(drop)))
    };
    // Runs of ids are of one vocabulary, which need not be this one: they are spelt, as a list.
    let taken = |counters: &[Bound<'_, PieceCounter>]| {
        try_collect(counters.iter().map(|counter| {
            let are_pieces = counter.get().finished(py)?.runs().is_none();
            pieces_of(py, counter.get(), keep, are_pieces)
        }))
    };
    let (mut languages, mut development) = (taken(&languages)?, taken(&development)?);
    let by_mirror = languages.iter().chain(&development).any(|pieces| matches!(pieces, Pieces::List(_)));
    let trained = signals::detached(py, || {
        if by_mirror {
            let lists = |all: &[Pieces]| try_collect(all.iter().map(Pieces::list));
            let corpora = (lists(&languages)?, lists(&development)?);
            return core::train_parity((&vocab, first_id), (&corpora.0, &corpora.1), &options, &parity, &mut report);
        }
        let corpora = (
            try_collect(languages.iter_mut().map(Pieces::corpus))?,
            try_collect(development.iter_mut().map(Pieces::corpus))?,
        );
        fast::train::train_parity((vocab, first_id), corpora, &options, &parity, &mut report)
    });
    let trained = Calls::result(calls, trained)?;
    let (turns, counts) = (list_of_numbers(py, &trained.turns)?, list_of_numbers(py, &trained.counts)?);
    Ok((list_of_pairs(py, &trained.merges)?, turns, counts, trained.ties, trained.stop.name()))
}
