//! What `minitok.patterns` asks of split patterns.

use crate::fast::described::{Described, describe};
use crate::reference::published::patterns::difference;
use pyo3::prelude::*;

/// How a pattern is run: the tier, a character of each class, the number of states, why the tier is not a faster one, and all in words.
type Told = (&'static str, Vec<char>, usize, Option<String>, String);

#[pyfunction]
pub fn describe_pattern(source: &str) -> PyResult<Told> {
    let described = describe(source)?;
    let words = described.words();
    let Described { tier, examples, n_states, reason } = described;
    Ok((tier, examples, n_states, reason, words))
}

/// The shortest text that two patterns cut differently, None if there is none; and why that is not known, if it is not.
#[pyfunction]
pub fn pattern_difference(py: Python<'_>, one: &str, other: &str) -> PyResult<(Option<String>, Option<String>)> {
    Ok(match py.detach(|| difference(one, other))? {
        Ok(text) => (text, None),
        Err(reason) => (None, Some(reason.to_string())),
    })
}
