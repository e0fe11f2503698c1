//! Each token's text as one `str` of Python, made when a stream first gives it, and shared by all streams of a codec.
//!
//! To make a short str takes as long as all else that a stream does for a token. Nearly all tokens that a model writes are whole
//! characters, and most have been written before; a str never changes, so that one will do.
//!
//! Not kept are tokens of no bytes or of more than [`LONG`], and those that end in U+FFFD, of which streams with the interface of
//! `tokenizers` wait for more.
//!
//! Costs: 2 KiB for each 256 ids of which one was written, and some 90 for each token written.

use super::text;
use crate::fast::util::fallible;
use crate::support::once::Once;
use pyo3::prelude::*;
use pyo3::types::PyString;
use std::sync::atomic::{AtomicUsize, Ordering};

/// How many ids a page is of. There are pages, so that a first stream does not clear memory for a whole vocabulary.
const PAGE: usize = 256;
/// Longer tokens are rare: runs of one character, as a rule.
const LONG: usize = 64;

type Page = Vec<Once<Py<PyString>>>;

/// About how many bytes a text takes: the object, what is allocated around it, and the pointers to it.
const AROUND: usize = 80;

/// The texts of the tokens below some id.
pub struct TokenTexts {
    pages: Vec<Once<Page>>,
    bytes: AtomicUsize,
}

impl TokenTexts {
    /// For ids below `n_ids`; others are not kept. Nor is any where threads run at once: they would all count references to one object.
    pub fn new(n_ids: u32) -> PyResult<TokenTexts> {
        let pages = if cfg!(Py_GIL_DISABLED) { 0 } else { (n_ids as usize).div_ceil(PAGE) };
        Ok(TokenTexts { pages: fallible::collect((0..pages).map(|_| Once::new()))?, bytes: AtomicUsize::new(0) })
    }

    /// About how many bytes the texts take that are kept.
    pub fn memory(&self) -> usize {
        self.bytes.load(Ordering::Relaxed)
    }

    /// The text of a token, if it is kept.
    #[inline]
    pub fn get(&self, id: u32) -> Option<&Py<PyString>> {
        self.pages.get(id as usize / PAGE)?.get()?.get(id as usize % PAGE)?.get()
    }

    /// The text of a token as a str, which is kept from now on.
    #[cold]
    pub fn keep<'py>(&self, py: Python<'py>, id: u32, token: &str) -> PyResult<Bound<'py, PyString>> {
        let made = text::to_str(py, token)?;
        let is_kept = (1..=LONG).contains(&token.len()) && !token.ends_with(char::REPLACEMENT_CHARACTER);
        if let Some(page) = self.pages.get(id as usize / PAGE).filter(|_| is_kept) {
            if page.get().is_none() {
                let empty: Page = fallible::collect((0..PAGE).map(|_| Once::new()))?;
                self.bytes.fetch_add(PAGE * size_of::<Once<Py<PyString>>>(), Ordering::Relaxed);
                page.get_or_make(|| empty);
            }
            if let Some(place) = page.get().and_then(|page| page.get(id as usize % PAGE)) {
                self.bytes.fetch_add(AROUND + token.len(), Ordering::Relaxed);
                place.get_or_make(|| made.clone().unbind());
            }
        }
        Ok(made)
    }
}
