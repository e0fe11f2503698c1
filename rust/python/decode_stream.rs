//! `DecodeStream.step` without a Python frame: text of ids as they come, by the rules of `tokenizers`.
//!
//! Its rules: nothing is said while the text ends in U+FFFD, and then all at once. As long as the bytes of the tokens are valid
//! UTF-8, or end within a character, these rules need only the bytes since the last answer. Everything else is left to
//! `DecodeStream._step`, in Python, which gets the ids since the last answer but one, as it would have kept them itself.

use super::decode::StreamDecoder;
use super::ids::small_int;
use super::kept::name;
use super::text;
use crate::reference::published::codecs::Codec;
use pyo3::prelude::*;
use pyo3::sync::MutexExt;
use pyo3::types::{PyDict, PyString, PyTuple};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// How often a tokenizer with the interface of `tokenizers`, or a part of one, has been changed.
static CHANGES: AtomicU64 = AtomicU64::new(0);

#[pyfunction]
pub fn tokenizers_changed() {
    CHANGES.fetch_add(1, Ordering::Relaxed);
}

/// What is kept for a tokenizer holds as long as this number is the same.
#[pyfunction]
#[pyo3(name = "tokenizer_changes")]
pub fn changes() -> u64 {
    CHANGES.load(Ordering::Relaxed)
}

/// The base of `minitok.compat.tokenizers.decoders.DecodeStream`.
#[pyclass(frozen, subclass, module = "minitok._rust")]
pub struct DecodeStream {
    /// None: Python takes the next step. Held for a moment only, in which no Python code runs.
    plain: Mutex<Option<Plain>>,
}

/// A stream whose text so far is that of whole characters.
struct Plain {
    /// Whose steps these are; compared by its address.
    tokenizer: Py<PyAny>,
    /// The tokens, and the ids that are not followed here.
    core: Arc<Codec>,
    left: Py<StreamDecoder>,
    changes: u64,
    /// The ids of the last answer, and those since.
    before: Vec<u32>,
    since: Vec<u32>,
    /// The bytes of those since.
    held: Vec<u8>,
}

/// What follows from an id.
enum Step<'py> {
    Said(Bound<'py, PyString>),
    Nothing,
    /// It is for Python to say.
    Other,
}

#[pymethods]
impl DecodeStream {
    #[new]
    #[pyo3(signature = (*_args, **_options))]
    fn new(_args: &Bound<'_, PyTuple>, _options: Option<&Bound<'_, PyDict>>) -> DecodeStream {
        DecodeStream { plain: Mutex::new(None) }
    }

    /// Returns the text that an id, or several, make certain; None if that is none yet.
    fn step<'py>(
        slf: &Bound<'py, Self>,
        tokenizer: &Bound<'py, PyAny>,
        id: &Bound<'py, PyAny>,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        let step = match small_int(id) {
            Some(token_id) => slf.get().plain_step(tokenizer, token_id)?,
            None => Step::Other,
        };
        match step {
            Step::Said(text) => Ok(Some(text.into_any())),
            Step::Nothing => Ok(None),
            Step::Other => {
                let made = slf.call_method1(name!(slf.py(), "_step"), (tokenizer, id))?;
                Ok((!made.is_none()).then_some(made))
            }
        }
    }

    /// Takes the next steps, of this tokenizer: `ids` are those of the last answer.
    fn _follow(&self, tokenizer: &Bound<'_, PyAny>, left: &Bound<'_, StreamDecoder>, ids: Vec<u32>) {
        let (py, core) = (tokenizer.py(), left.get().core());
        let (tokenizer, left) = (tokenizer.clone().unbind(), left.clone().unbind());
        let plain =
            Plain { tokenizer, core, left, changes: changes(), before: ids, since: Vec::new(), held: Vec::new() };
        let earlier = self.lock(py).replace(plain);
        drop(earlier);
    }

    /// Gives the steps back: the ids of the last answer, and those since; None if Python has them already.
    fn _leave(&self, py: Python<'_>) -> Option<(Vec<u32>, Vec<u32>)> {
        let plain = self.lock(py).take()?;
        Some((plain.before, plain.since))
    }
}

impl DecodeStream {
    fn plain_step<'py>(&self, tokenizer: &Bound<'py, PyAny>, id: u32) -> PyResult<Step<'py>> {
        let py = tokenizer.py();
        let mut state = self.lock(py);
        let Some(plain) = state.as_mut() else { return Ok(Step::Other) };
        if plain.tokenizer.as_ptr() != tokenizer.as_ptr() || plain.changes != changes() {
            return Ok(Step::Other);
        }
        let left = plain.left.get();
        if left.skips(id) {
            return Ok(Step::Other);
        }
        if plain.held.is_empty()
            && let Some(said) = left.kept_text(id)
        {
            become_only(&mut plain.before, id);
            return Ok(Step::Said(said.bind(py).clone()));
        }
        let Some(token) = plain.core.token_bytes(id) else { return Ok(Step::Other) };
        if !plain.held.is_empty() {
            return plain.step_within(py, id);
        }
        match std::str::from_utf8(token) {
            Ok("") => Ok(Step::Nothing),
            Ok(said) if !said.ends_with(char::REPLACEMENT_CHARACTER) => {
                become_only(&mut plain.before, id);
                Ok(Step::Said(left.keep_text(py, id, said)?))
            }
            Err(error) if error.error_len().is_none() => {
                plain.since.push(id);
                plain.held.extend_from_slice(token);
                Ok(Step::Nothing)
            }
            _ => Ok(Step::Other),
        }
    }

    fn lock(&self, py: Python<'_>) -> MutexGuard<'_, Option<Plain>> {
        self.plain.lock_py_attached(py).unwrap_or_else(PoisonError::into_inner)
    }
}

impl Plain {
    /// The same where the text ends within a character.
    fn step_within<'py>(&mut self, py: Python<'py>, id: u32) -> PyResult<Step<'py>> {
        let kept = self.held.len();
        self.held.extend_from_slice(self.core.token_bytes(id).unwrap_or_default());
        match std::str::from_utf8(&self.held) {
            Ok(said) if !said.ends_with(char::REPLACEMENT_CHARACTER) => {
                let said = text::to_str(py, said)?;
                std::mem::swap(&mut self.before, &mut self.since);
                self.before.push(id);
                self.since.clear();
                self.held.clear();
                Ok(Step::Said(said))
            }
            Err(error) if error.error_len().is_none() => {
                self.since.push(id);
                Ok(Step::Nothing)
            }
            _ => {
                self.held.truncate(kept);
                Ok(Step::Other)
            }
        }
    }
}

/// Notes that an answer was the text of this id alone.
#[inline]
fn become_only(before: &mut Vec<u32>, id: u32) {
    before.clear();
    before.push(id);
}
