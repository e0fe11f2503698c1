//! Documents that never were Python strings, for a codec to encode or a counter to count.

use super::signals;
use super::text::new_bytes;
use crate::fast::read::json_lines;
use numpy::{PyArray1, PyArrayMethods};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyList};

/// Texts one after the other.
#[pyclass(frozen, module = "minitok._rust")]
pub struct Documents {
    parts: Vec<json_lines::Documents>,
    /// How many lines they were read from.
    #[pyo3(get)]
    lines: usize,
}

impl Documents {
    /// Each text.
    pub fn texts(&self) -> Vec<&[u8]> {
        self.parts.iter().flat_map(json_lines::Documents::iter).collect()
    }
}

#[pymethods]
impl Documents {
    /// The number of texts.
    fn __len__(&self) -> usize {
        self.parts.iter().map(|part| part.places.len()).sum()
    }

    /// Their bytes.
    #[getter]
    pub fn size(&self) -> usize {
        self.parts.iter().flat_map(json_lines::Documents::iter).map(<[u8]>::len).sum()
    }

    /// The texts as bytes objects.
    fn to_list<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        let texts: Vec<_> = self.texts().into_iter().map(|text| new_bytes(py, text)).collect::<PyResult<_>>()?;
        PyList::new(py, texts)
    }
}

/// The texts that stand one after the other in `data`: text i at `offsets[i]..offsets[i + 1]`, as in a column of Arrow.
#[pyfunction]
pub fn read_column(data: &Bound<'_, PyArray1<u8>>, offsets: &Bound<'_, PyArray1<i64>>) -> PyResult<Documents> {
    let (data, offsets) = (data.try_readonly()?, offsets.try_readonly()?);
    let (data, offsets) = (data.as_slice()?, offsets.as_slice()?);
    let wrong = || PyValueError::new_err("the offsets of the texts are not places in the data, in ascending order");
    let ends: Vec<usize> = offsets.iter().map(|&at| at.try_into()).collect::<Result<_, _>>().map_err(|_| wrong())?;
    let (first, last) = (ends.first().copied().unwrap_or(0), ends.last().copied().unwrap_or(0));
    if !ends.is_sorted() || last > data.len() {
        return Err(wrong());
    }
    let places = ends.windows(2).map(|ends| ends[0] - first..ends[1] - first).collect();
    let text = data[first..last].to_vec();
    Ok(Documents { parts: vec![json_lines::Documents { text, places, ..Default::default() }], lines: 0 })
}

/// The texts of a field of whole lines of JSON. `other` is called for a line that is not plainly JSON with the field as text,
/// with its number from 0 on and the line, and gives the text or raises.
#[pyfunction]
#[pyo3(signature = (data, field, other, threads = 1))]
pub fn read_json_lines(
    py: Python<'_>,
    data: &[u8],
    field: &str,
    other: &Bound<'_, PyAny>,
    threads: usize,
) -> PyResult<Documents> {
    let mut parts = signals::detached(py, || json_lines::Documents::of_lines(data, field, threads))?;
    let mut lines = 0;
    for part in &mut parts {
        for left in std::mem::take(&mut part.left) {
            let text = other.call1((lines + left.line, new_bytes(py, &data[left.bytes])?))?;
            part.put(left.document, text.cast::<PyBytes>()?.as_bytes());
        }
        lines += part.lines;
    }
    Ok(Documents { parts, lines })
}
