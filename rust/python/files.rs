//! Readers of files for Python. Each gives None for a file that the reader in `minitok.formats` is to read.

use super::signals;
use super::vocab::Vocab;
use crate::fast::read::rank_file;
use pyo3::prelude::*;

/// The vocabulary of a rank file of tiktoken.
#[pyfunction]
pub fn read_ranks(py: Python<'_>, data: &[u8]) -> PyResult<Option<Vocab>> {
    Ok(signals::detached(py, || rank_file::read_ranks(data))?.map(Vocab))
}
