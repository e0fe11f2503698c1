//! Many rows of ids -> text, on several threads.
//!
//! The ids of some rows are read first, since reading runs Python code, and decoded without the GIL; then their texts are made. The
//! error is that of the first row with one, whatever the threads did (SPEC D3).

use super::ids::Ids;
use super::list::list_of;
use super::{signals, text};
use crate::error::Result;
use crate::fast::codec::FastCodec;
use crate::fast::encode::parallel;
use crate::fast::util::fallible::{append, collect, push, room, try_collect};
use crate::reference::published::streams::joined_bytes;
use crate::support::interrupt;
use numpy::{IntoPyArray, PyArray1, PyArrayMethods};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyList, PyString};
use std::ops::Range;

/// How many rows are read, or made into texts, between two looks at signals.
const STRETCH: usize = 1 << 12;
/// How many ids are read before they are decoded: what is read is copied, and should not be all of a large batch. One thread works
/// on so few that they and their texts stay in the second-level cache; several have enough to share.
const GROUP: usize = 1 << 16;
const SHARED_GROUP: usize = 1 << 22;
/// Rows of this many bytes, or ids, are worth a look at signals each.
const LONG: usize = 1 << 22;
/// How many rows are decoded into one buffer.
const TOGETHER: usize = 64;
/// About how many bytes an id stands for.
const BYTES_AN_ID: usize = 5;

/// Texts one after the other, and where each begins.
pub type Column<'py> = (Bound<'py, PyArray1<u8>>, Bound<'py, PyArray1<i64>>);

/// The text of each row.
pub fn decode_batch<'py>(
    fast: &FastCodec,
    batch: &[Bound<'py, PyAny>],
    errors: &str,
    threads: usize,
    py: Python<'py>,
) -> PyResult<Bound<'py, PyList>> {
    let (mut ids, mut places, mut texts) = (Vec::new(), Vec::new(), room(batch.len())?);
    let group = if threads > 1 { SHARED_GROUP } else { GROUP };
    for (number, row) in batch.iter().enumerate() {
        if number.is_multiple_of(STRETCH) || places.is_empty() {
            py.check_signals()?;
        }
        let start = ids.len();
        let wrong = row.extract().and_then(|row| append_row(py, row, &mut ids)).unwrap_or_else(Some);
        push(&mut places, start..ids.len())?;
        if wrong.is_some() || ids.len() >= group || number + 1 == batch.len() {
            let parts = decoded(py, fast, &ids, &places, threads)?;
            for row in parts.iter().flat_map(Rows::all) {
                texts.push(text_of(py, texts.len(), row, errors)?.into_any());
            }
            ids.clear();
            places.clear();
        }
        if let Some(wrong) = wrong {
            return Err(wrong);
        }
    }
    list_of(py, texts)
}

/// The text of each row of one array: row i is `ids[starts[i]..ends[i]]`.
pub fn decode_rows<'py>(
    fast: &FastCodec,
    ids: Ids<'py>,
    places: (&Bound<'py, PyArray1<i64>>, &Bound<'py, PyArray1<i64>>),
    errors: &str,
    threads: usize,
    py: Python<'py>,
) -> PyResult<Bound<'py, PyList>> {
    let parts = rows_of_array(py, fast, ids, places, threads)?;
    let rows = parts.iter().flat_map(Rows::all).enumerate();
    let texts = rows.map(|(number, row)| text_of(py, number, row, errors));
    list_of(py, try_collect(texts.map(|text| text.map(Bound::into_any)))?)
}

/// As `decode_rows`, with the texts one after the other in UTF-8: text i at `offsets[i]..offsets[i + 1]`.
pub fn decode_column<'py>(
    fast: &FastCodec,
    ids: Ids<'py>,
    places: (&Bound<'py, PyArray1<i64>>, &Bound<'py, PyArray1<i64>>),
    errors: &str,
    threads: usize,
    py: Python<'py>,
) -> PyResult<Column<'py>> {
    let parts = rows_of_array(py, fast, ids, places, threads)?;
    let mut offsets = room(parts.iter().map(|part| part.ends.len()).sum::<usize>() + 1)?;
    let mut bytes: Vec<u8> = Vec::new();
    offsets.push(0);
    for (number, row) in parts.iter().flat_map(Rows::all).enumerate() {
        if number.is_multiple_of(STRETCH) {
            py.check_signals()?;
        }
        let row = row?;
        if simdutf8::basic::from_utf8(row).is_ok() {
            append(&mut bytes, row)?;
        } else {
            append(&mut bytes, text::decoded(py, row, errors)?.to_str()?.as_bytes())?;
        }
        offsets.push(i64::try_from(bytes.len())?);
    }
    Ok((bytes.into_pyarray(py), offsets.into_pyarray(py)))
}

/// The ids of a row, and what is wrong with the one after them.
pub(super) fn all_ids(py: Python<'_>, row: Ids<'_>) -> PyResult<(Vec<u32>, Option<PyErr>)> {
    let mut ids = Vec::new();
    let wrong = append_row(py, row, &mut ids)?;
    Ok((ids, wrong))
}

/// Appends the ids of a row. Returns what is wrong with the one after them.
fn append_row(py: Python<'_>, row: Ids<'_>, ids: &mut Vec<u32>) -> PyResult<Option<PyErr>> {
    match row {
        Ids::Known(known, wrong) => {
            let mut copy = || {
                known.each_block(|_, block| {
                    append(ids, block)?;
                    interrupt::check()
                })
            };
            if known.len() < LONG {
                copy()?;
            } else {
                signals::attached(py, copy)?;
            }
            Ok(wrong)
        }
        Ids::Parts(mut parts) => {
            let mut some = Vec::new();
            ids.try_reserve(parts.left()).map_err(crate::Error::from)?;
            loop {
                let wrong = parts.read(&mut some)?;
                append(ids, &some)?;
                if wrong.is_some() || some.is_empty() {
                    return Ok(wrong);
                }
            }
        }
    }
}

/// The bytes of each row of an array of ids.
fn rows_of_array(
    py: Python<'_>,
    fast: &FastCodec,
    ids: Ids<'_>,
    places: (&Bound<'_, PyArray1<i64>>, &Bound<'_, PyArray1<i64>>),
    threads: usize,
) -> PyResult<Vec<Rows>> {
    let mut all = Vec::new();
    if let Some(wrong) = append_row(py, ids, &mut all)? {
        return Err(wrong);
    }
    let (starts, ends) = (places.0.try_readonly()?, places.1.try_readonly()?);
    let (starts, ends) = (starts.as_slice()?, ends.as_slice()?);
    let wrong = || PyValueError::new_err("the offsets of the rows must ascend and lie within the ids");
    let place = |(&start, &end): (&i64, &i64)| {
        let (start, end) = (usize::try_from(start).ok()?, usize::try_from(end).ok()?);
        (start <= end && end <= all.len()).then_some(start..end)
    };
    let places = try_collect(starts.iter().zip(ends).map(|ends| place(ends).ok_or_else(wrong)))?;
    decoded(py, fast, &all, &places, threads)
}

/// The bytes of some rows, one after the other, and where each ends, or what is wrong with it.
#[derive(Default)]
struct Rows {
    bytes: Vec<u8>,
    ends: Vec<Result<usize>>,
}

impl Rows {
    /// The bytes of each row, or what is wrong with it.
    fn all(&self) -> impl Iterator<Item = Result<&[u8]>> {
        let mut start = 0;
        self.ends.iter().map(move |end| {
            let row = start..end.clone()?;
            start = row.end;
            Ok(&self.bytes[row])
        })
    }

    /// Appends the bytes of a row.
    fn append(&mut self, fast: &FastCodec, ids: &[u32]) -> Result<usize> {
        let (core, start) = (fast.core(), self.bytes.len());
        match fast.decoder()? {
            Some(decoder) => decoder.append(ids, &mut self.bytes)?,
            None => append(&mut self.bytes, &joined_bytes(|id| core.token_bytes(id), ids, core.joining())?)?,
        }
        if core.drops_space() && self.bytes.get(start) == Some(&b' ') {
            self.bytes.remove(start);
        }
        Ok(self.bytes.len())
    }
}

/// The rows of some ids, in parts.
fn decoded(
    py: Python<'_>,
    fast: &FastCodec,
    ids: &[u32],
    places: &[Range<usize>],
    threads: usize,
) -> PyResult<Vec<Rows>> {
    let size = |places: &&[Range<usize>]| BYTES_AN_ID * places.iter().map(Range::len).sum::<usize>();
    let decode = |places: &&[Range<usize>]| {
        let mut rows = Rows::default();
        rows.bytes.try_reserve(size(places))?;
        for place in *places {
            interrupt::check()?;
            let end = rows.append(fast, &ids[place.clone()]);
            push(&mut rows.ends, end)?;
        }
        Ok(rows)
    };
    let parts: Vec<&[Range<usize>]> = collect(places.chunks(TOGETHER))?;
    signals::detached(py, || parallel::map(&parts, threads, size, decode))
}

/// A row as text.
fn text_of<'py>(py: Python<'py>, number: usize, row: Result<&[u8]>, errors: &str) -> PyResult<Bound<'py, PyString>> {
    let row = row?;
    if number.is_multiple_of(STRETCH) || row.len() >= LONG {
        py.check_signals()?;
    }
    text::decoded(py, row, errors)
}
