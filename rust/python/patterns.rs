//! What `minitok.patterns` asks of split patterns.

use crate::fast::scan::Tier;
use crate::pretokenize::{difference, expressions, scanner_of};
use crate::regex_tree::width;
use crate::regexes::parse;
use pyo3::prelude::*;

/// How a pattern is run: the tier, a character of each class, the number of states, and why it is not a faster tier.
type Described = (&'static str, Vec<char>, usize, Option<String>);

#[pyfunction]
pub fn describe_pattern(source: &str) -> PyResult<Described> {
    if expressions(source).is_empty() {
        return Ok(("none", Vec::new(), 0, None));
    }
    Ok(match scanner_of(source)? {
        Ok(Tier::Table(table)) => ("table", table.examples().to_vec(), table.size().1, None),
        Ok(Tier::Rewind(rewind, reason)) => {
            ("rewind", rewind.examples().to_vec(), rewind.size().1, Some(reason.to_string()))
        }
        Ok(Tier::Masks(_)) => match Tier::new(&expressions(source))? {
            Ok(Tier::Table(table)) => ("masks", table.examples().to_vec(), table.size().1, None),
            _ => ("masks", Vec::new(), 0, None),
        },
        Err(reason) => ("engine", Vec::new(), 0, Some(reason.to_string())),
    })
}

/// The shortest text that two patterns cut differently, None if there is none; and why that is not known, if it is not.
#[pyfunction]
pub fn pattern_difference(py: Python<'_>, one: &str, other: &str) -> PyResult<(Option<String>, Option<String>)> {
    Ok(match py.detach(|| difference(one, other))? {
        Ok(text) => (text, None),
        Err(reason) => (None, Some(reason.to_string())),
    })
}

/// The least number of characters that a pattern, which is not named, matches.
#[pyfunction]
pub fn least_width(source: &str) -> PyResult<usize> {
    Ok(width(&parse(source)?).0)
}
