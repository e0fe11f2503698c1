//! The segments of a text for Python (`preprocess.rs`), and the ids of a text in spans.

use super::array::{array_of, array_of_ids};
use super::list::int;
use super::signals;
use super::spans::{pairs, tuple};
use super::text::{Text, new_bytes};
use crate::error::Error;
use crate::fast::codec::FastCodec;
use crate::fast::spans::Place;
use crate::fast::util::fallible::{push, room};
use crate::reference::published::preprocess::{Before, Preprocessor, Segment, TokenFinder, Trust};
use crate::support::interrupt::STRETCH;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyList;

pub fn before_of(name: &str) -> PyResult<Before> {
    match name {
        "nothing" => Ok(Before::Nothing),
        "text" => Ok(Before::Text),
        "token" => Ok(Before::Token),
        _ => Err(PyValueError::new_err(format!("before is {name:?}; it can be 'nothing', 'text' or 'token'"))),
    }
}

/// The segments as tuples: bytes, start, end, bytes put before, where each byte comes from, id.
pub fn segments<'py>(
    py: Python<'py>,
    preprocessor: &Preprocessor,
    text: &Text<'_>,
    search: &TokenFinder,
    before: Before,
    trust: Option<Trust>,
) -> PyResult<Bound<'py, PyList>> {
    let mut found: Vec<Segment> = Vec::new();
    signals::detached(py, || {
        preprocessor.segments(text, search, before, trust, &mut |segment| {
            found.try_reserve(1)?;
            found.push(segment);
            Ok(())
        })
    })?;
    let list = PyList::empty(py);
    for (number, Segment { text, id }) in found.into_iter().enumerate() {
        if number % 4096 == 0 {
            py.check_signals()?;
        }
        let number = |number: usize| Ok::<_, PyErr>(int(py, number.try_into()?)?.into_any());
        let data = new_bytes(py, &text.data)?.into_any().unbind();
        let places = text.origins.as_ref().map_or_else(|| Ok(py.None()), |origins| places(py, origins))?;
        let id = id.map_or_else(|| Ok(py.None()), |id| number(id as usize))?;
        list.append(tuple(py, [data, number(text.start)?, number(text.end)?, number(text.put)?, places, id])?)?;
    }
    Ok(list)
}

/// The starts and the ends of the ranges that bytes come from.
fn places(py: Python<'_>, origins: &[(usize, usize)]) -> PyResult<Py<PyAny>> {
    let (mut starts, mut ends) = (Vec::<i64>::new(), Vec::<i64>::new());
    starts.try_reserve_exact(origins.len()).map_err(Error::from)?;
    ends.try_reserve_exact(origins.len()).map_err(Error::from)?;
    for (number, &(start, end)) in origins.iter().enumerate() {
        if number % STRETCH == 0 {
            py.check_signals()?;
        }
        starts.push(start.try_into()?);
        ends.push(end.try_into()?);
    }
    Ok(tuple(py, [array_of(py, starts)?.unbind(), array_of(py, ends)?.unbind()])?.into_any())
}

/// Ids, and pairs of numbers: ranges of ids, and tokens.
pub type SpanIds<'py> = (Bound<'py, PyAny>, Bound<'py, PyList>, Bound<'py, PyList>);

/// The ids of a text in spans, which end at `ends`; for each span, the range of the ids that hold text of it; and the index of each token
/// that is found, with where it ends. None unless the ids of each segment spell it as it stands. Must equal `ids_of_spans` of
/// `python/minitok/spans/segments.py`.
pub fn encode_spans<'py>(
    py: Python<'py>,
    fast: &FastCodec,
    text: &Text<'_>,
    ends: &[usize],
    search: &TokenFinder,
    before: Before,
    trust: Trust,
) -> PyResult<Option<SpanIds<'py>>> {
    let (mut ids, mut tokens, mut stops, mut plain) = (Vec::new(), Vec::new(), Vec::new(), true);
    let mut held = Vec::new();
    signals::detached(py, || {
        fast.core().preprocessor.segments(text, search, before, Some(trust), &mut |Segment { text, id }| {
            plain &= text.origins.is_none() && text.put == 0;
            match id {
                None => fast.append_prepared(&text.data, &mut ids)?,
                Some(id) => {
                    push(&mut tokens, [place(ids.len()), place(text.end)])?;
                    push(&mut ids, id)?;
                }
            }
            push(&mut stops, (ids.len(), place(text.end)))
        })?;
        held = room(ids.len())?;
        let start = &mut Place { at: 0, in_chars: false };
        fast.sizes.append_spans(fast.core(), &ids, start, |[_, end]| end, &mut held)
    })?;
    if !plain || !stops.iter().all(|&(count, end)| count.checked_sub(1).map_or(0, |last| held[last]) == end) {
        return Ok(None);
    }
    let (mut ranges, mut at, mut start) = (room(ends.len())?, 0, 0);
    for end in ends.iter().copied().map(place) {
        at += held[at..].partition_point(|&stop| stop <= start);
        let size = held[at..].partition_point(|&stop| stop < end) + 1;
        ranges.push([place(at), place(if start < end { at + size } else { at })]);
        start = end;
    }
    Ok(Some((array_of_ids(py, ids)?, pairs(py, &ranges)?, pairs(py, &tokens)?)))
}

/// A place in a text or in a list of ids, as Python has it.
fn place(at: usize) -> i64 {
    at.try_into().unwrap_or(i64::MAX)
}
