//! Objects that are given to a call in some iterable.

use super::new_list::NewList;
use crate::fast::util::fallible::try_collect;
use pyo3::conversion::FromPyObjectOwned;
use pyo3::prelude::*;
#[cfg(not(Py_LIMITED_API))]
use pyo3::types::PyTuple;
use std::ops::Deref;

/// Objects of a call: those of a tuple where they stand, since it keeps them and never changes, or those of any other iterable.
pub enum Objects<'py> {
    #[cfg(not(Py_LIMITED_API))]
    Tuple(Bound<'py, PyTuple>),
    Collected(Vec<Bound<'py, PyAny>>),
}

impl<'py> FromPyObject<'_, 'py> for Objects<'py> {
    type Error = PyErr;

    fn extract(objects: Borrowed<'_, 'py, PyAny>) -> PyResult<Objects<'py>> {
        #[cfg(not(Py_LIMITED_API))]
        if let Ok(tuple) = objects.cast_exact::<PyTuple>() {
            return Ok(Objects::Tuple(tuple.to_owned()));
        }
        Ok(Objects::Collected(items_of(&objects)?))
    }
}

impl<'py> Deref for Objects<'py> {
    type Target = [Bound<'py, PyAny>];

    fn deref(&self) -> &[Bound<'py, PyAny>] {
        match self {
            #[cfg(not(Py_LIMITED_API))]
            Objects::Tuple(tuple) => tuple.as_slice(),
            Objects::Collected(objects) => objects,
        }
    }
}

/// Items of a list or any other iterable, one by one: where there is no memory for all of them, PyO3's own way ends the process.
pub(super) fn items_of<'py, T: FromPyObjectOwned<'py>>(items: &Bound<'py, PyAny>) -> PyResult<Vec<T>> {
    let item = |(index, item): (usize, PyResult<Bound<'py, PyAny>>)| {
        if index % NewList::STRETCH == 0 {
            items.py().check_signals()?;
        }
        item?.extract::<T>().map_err(Into::into)
    };
    try_collect(items.try_iter()?.enumerate().map(item))
}
