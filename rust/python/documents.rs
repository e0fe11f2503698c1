//! Documents that never were Python strings, for a codec to encode or a counter to count.

use super::array::{array_of, array_of_ids};
use super::calls::Calls;
use super::list::list_of;
use super::signals;
use super::text::new_bytes;
use crate::error::Result;
use crate::fast::codec::FastCodec;
use crate::fast::codec::encoding::Encoding;
use crate::fast::encode::parallel;
use crate::fast::pack::{Id, Lines, Options, Packed, encode_lines};
use crate::fast::read::json_lines;
use crate::fast::util::fallible::{collect, concat, try_collect};
use numpy::{IntoPyArray, PyArray1, PyArrayMethods};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyList};
use std::path::PathBuf;
use std::sync::Mutex;

/// Texts one after the other.
#[pyclass(frozen, module = "minitok._rust")]
pub struct Documents {
    parts: Vec<json_lines::Documents>,
    /// How many lines they were read from.
    #[pyo3(get)]
    lines: usize,
}

impl Documents {
    pub fn texts(&self) -> Result<Vec<&[u8]>> {
        collect(self.parts.iter().flat_map(json_lines::Documents::iter))
    }

    pub fn encoded<'py>(
        &self,
        py: Python<'py>,
        codec: &FastCodec,
        how: Encoding<'_>,
        threads: usize,
    ) -> PyResult<Offsets<'py>> {
        let encode = |text: &&[u8], ids: &mut Vec<u32>| codec.append(1, text, &how, ids);
        let (ids, offsets) =
            signals::detached(py, || parallel::encode_all(&self.texts()?, threads, |text| text.len(), encode))?;
        Ok((array_of_ids(py, ids)?, array_of(py, offsets)?))
    }
}

#[pymethods]
impl Documents {
    fn __len__(&self) -> usize {
        self.parts.iter().map(|part| part.places.len()).sum()
    }

    /// How many bytes they have.
    #[getter]
    pub fn size(&self) -> usize {
        self.parts.iter().flat_map(json_lines::Documents::iter).map(<[u8]>::len).sum()
    }

    fn to_list<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        let texts = self.texts()?.into_iter().map(|text| new_bytes(py, text).map(Bound::into_any));
        list_of(py, try_collect(texts)?)
    }
}

/// The texts that stand one after the other in `data`: text i at `offsets[i]..offsets[i + 1]`, as in a column of Arrow.
#[pyfunction]
pub fn read_column(data: &Bound<'_, PyArray1<u8>>, offsets: &Bound<'_, PyArray1<i64>>) -> PyResult<Documents> {
    let (data, offsets) = (data.try_readonly()?, offsets.try_readonly()?);
    let (data, offsets) = (data.as_slice()?, offsets.as_slice()?);
    let wrong = || PyValueError::new_err("the offsets of the texts must ascend and lie within the data");
    let ends: Vec<usize> = try_collect(offsets.iter().map(|&at| at.try_into().map_err(|_| wrong())))?;
    let (first, last) = (ends.first().copied().unwrap_or(0), ends.last().copied().unwrap_or(0));
    if !ends.is_sorted() || last > data.len() {
        return Err(wrong());
    }
    let places = collect(ends.windows(2).map(|ends| ends[0] - first..ends[1] - first))?;
    let text = concat(&[&data[first..last]])?;
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
            part.put(left.document, text.cast::<PyBytes>()?.as_bytes())?;
        }
        lines += part.lines;
    }
    Ok(Documents { parts, lines })
}

/// The ids of all texts, and where each text begins among them and the last one ends.
pub type Offsets<'py> = (Bound<'py, PyAny>, Bound<'py, PyAny>);
/// The ids as an array of the type that was asked for, where each text ends among them, and how many bytes the texts are.
pub type Encoded<'py> = (Bound<'py, PyAny>, Bound<'py, PyAny>, usize);
/// Where lines stand: bytes, or the path of a file and a range of it; and what is called with a line that is not plain.
pub type JsonLines<'a, 'py> = (&'a Bound<'py, PyAny>, &'a Bound<'py, PyAny>);

pub fn encoded_lines<'py>(
    py: Python<'py>,
    options: Options<'_>,
    lines: JsonLines<'_, 'py>,
    dtype: &str,
) -> PyResult<Encoded<'py>> {
    match dtype {
        "uint16" => {
            let Packed { ids, ends, bytes } = packed::<u16>(py, options, lines)?;
            Ok((ids.into_pyarray(py).into_any(), array_of(py, ends)?, bytes))
        }
        "uint32" => {
            let Packed { ids, ends, bytes } = packed(py, options, lines)?;
            Ok((array_of_ids(py, ids)?, array_of(py, ends)?, bytes))
        }
        _ => Err(PyValueError::new_err(format!("ids are written as uint16 or uint32, not as {dtype}"))),
    }
}

fn packed<I: Id>(py: Python<'_>, options: Options<'_>, (lines, other): JsonLines<'_, '_>) -> PyResult<Packed<I>> {
    let path: PathBuf;
    let lines = if let Ok(bytes) = lines.cast::<PyBytes>() {
        Lines::Bytes(bytes.as_bytes())
    } else {
        let (file, start, end) = lines.extract()?;
        path = file;
        Lines::File(&path, start..end)
    };
    let (other, calls) = (other.clone().unbind(), Mutex::new(Calls::new()));
    let mut read = |number: usize, line: &[u8]| {
        Calls::now(&calls, |py| {
            let text = other.bind(py).call1((number, new_bytes(py, line)?))?;
            Ok(concat(&[text.cast::<PyBytes>()?.as_bytes()])?)
        })
    };
    let packed = signals::detached(py, || encode_lines(&lines, options, &mut read));
    Calls::result(calls, packed)
}
