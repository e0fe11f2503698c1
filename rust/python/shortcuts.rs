//! The most frequent calls of `Tokenizer` without a Python frame, which takes a quarter of the call for a few words.

// The documentation of the methods is what Python's `help` shows, word for word that of `tokenizer.py`.
#![allow(clippy::doc_markdown, clippy::doc_lazy_continuation)]
// Whoever has the value sets it: nobody waits for it.
#![expect(clippy::disallowed_types, reason = "a cell that is only set")]

use super::codec::Codec;
use super::kept::{imported, name};
use super::list::list_of_ids;
use super::names::Names;
use super::numpy_api;
use crate::support::once::Once;
use pyo3::BoundObject;
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString, PyTuple};
use std::sync::OnceLock;

/// The base of `minitok.Tokenizer`: its methods for calls with nothing but a text. All other calls go to Python.
///
/// It has the name of its subclass, because messages about arguments begin with it.
#[pyclass(name = "Tokenizer", subclass, frozen, module = "minitok._rust")]
pub struct Shortcuts {
    /// None on the Python backend: then every call goes to Python.
    codec: OnceLock<Py<Codec>>,
}

/// An option of a call: a default value, left out or given, or another one.
enum Given<'a, 'py> {
    Empty,
    One,
    Zero,
    Nothing,
    Other(Borrowed<'a, 'py, PyAny>),
}
use Given::{Empty, Nothing, One, Other, Zero};

impl<'a, 'py> FromPyObject<'a, 'py> for Given<'a, 'py> {
    type Error = PyErr;

    fn extract(object: Borrowed<'a, 'py, PyAny>) -> PyResult<Given<'a, 'py>> {
        Ok(match object.cast_exact::<PyTuple>() {
            Ok(tuple) if tuple.is_empty() => Empty,
            _ if object.is_none() => Nothing,
            _ => Other(object),
        })
    }
}

impl<'py> IntoPyObject<'py> for Given<'_, 'py> {
    type Target = PyAny;
    type Output = Bound<'py, PyAny>;
    type Error = PyErr;

    fn into_pyobject(self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        Ok(match self {
            Empty => PyTuple::empty(py).into_any(),
            One => 1_u8.into_pyobject(py)?.into_any(),
            Zero => 0.0_f64.into_pyobject(py)?.into_any(),
            Nothing => py.None().into_bound(py),
            Other(object) => object.into_bound(),
        })
    }
}

#[pymethods]
impl Shortcuts {
    /// Accepts any arguments: `__init__`, in Python, checks them.
    #[new]
    #[pyo3(signature = (*args, **named))]
    fn new(args: &Bound<'_, PyTuple>, named: Option<&Bound<'_, PyDict>>) -> Shortcuts {
        let _ = (args, named);
        Shortcuts { codec: OnceLock::new() }
    }

    /// Calls this codec from now on, if it is one of Rust.
    fn _hold(&self, codec: &Bound<'_, PyAny>) -> PyResult<()> {
        let Ok(codec) = codec.cast::<Codec>() else { return Ok(()) };
        let held = self.codec.set(codec.clone().unbind());
        held.map_err(|_| PyRuntimeError::new_err("a tokenizer is immutable: __init__ cannot be called twice"))
    }

    /// Returns the ids of a text.
    ///
    /// A special token's name is encoded like any other characters, unless ``allowed_special`` names it. Added tokens are found
    /// in every text. Some models have markers among these, such as ``<think>``: for text from strangers, pass
    /// ``disallowed_special="all"``. The ids are those of the library that defines the tokenizer, where it is set to split
    /// special tokens.
    ///
    /// Args:
    ///     text (str or bytes): The text. ``bytes`` need not be valid UTF-8.
    ///     allowed_special (collection of str, or str): Special tokens to find in the text; ``"all"``; or ``"no_tokens"``, to
    ///         find no added tokens either.
    ///     disallowed_special (collection of str, or str): Tokens that must not occur in the text; or ``"all"``: every control
    ///         token that is not allowed (``definition.control_tokens``).
    ///     threads (int): How many threads may share a text of megabytes. This does not change the ids.
    ///     trace (function or None): A function to call with each step as data, for short texts; see
    ///         ``minitok.reference.more.trace``.
    ///     dropout (float): The probability of passing over each merge at each step (BPE-dropout, usually 0.1), to train models
    ///         on many ways to cut a text. With 1, the ids are those of bytes.
    ///     seed (int or None): Random seed (0 to 2**64 - 1), required with ``dropout``. Use a different seed for each epoch.
    ///
    /// Returns:
    ///     The ids, a list of int.
    ///
    /// Raises:
    ///     DisallowedSpecialTokenError: The text contains a disallowed token, or would become one.
    ///     PatternError: Matching a custom pattern took too many steps.
    ///     TypeError: The text is neither str nor bytes.
    ///     ValueError: A name is not a special token of this tokenizer; or ``dropout`` is not from 0 to 1, or has no seed.
    ///
    /// Costs O(n log n) for n bytes in the worst case, O(n) in practice.
    ///
    /// >>> tok = Tokenizer([(104, 105), (32, 256)], special_tokens={"|e|": 258})
    /// >>> tok.encode("hi hi|e|")
    /// [256, 257, 124, 101, 124]
    /// >>> tok.encode("hi hi|e|", allowed_special={"|e|"})
    /// [256, 257, 258]
    #[pyo3(
        signature = (text, *, allowed_special = Empty, disallowed_special = Empty, threads = One, trace = Nothing, dropout = Zero, seed = Nothing, num_threads = Empty, add_special_tokens = Empty),
        text_signature = "($self, text, *, allowed_special=(), disallowed_special=(), threads=1, trace=None, dropout=0.0, seed=None)"
    )]
    #[allow(
        clippy::too_many_arguments,
        reason = "an option each: a call with a dictionary of options takes a twentieth more"
    )]
    fn encode<'py>(
        slf: &Bound<'py, Self>,
        text: &Bound<'py, PyAny>,
        allowed_special: Given<'_, 'py>,
        disallowed_special: Given<'_, 'py>,
        threads: Given<'_, 'py>,
        trace: Given<'_, 'py>,
        dropout: Given<'_, 'py>,
        seed: Given<'_, 'py>,
        num_threads: Given<'_, 'py>,
        add_special_tokens: Given<'_, 'py>,
    ) -> PyResult<Bound<'py, PyAny>> {
        if let (Empty, Empty, One, Nothing) = (&allowed_special, &disallowed_special, &threads, &trace)
            && let (Zero, Nothing, Empty, Empty) = (&dropout, &seed, &num_threads, &add_special_tokens)
            && let Some(codec) = slf.get().codec.get()
        {
            let (py, codec) = (slf.py(), codec.get());
            let search = codec.search(py, Names::Empty)?;
            return Ok(list_of_ids(py, &codec.ids(py, &text.extract()?, codec.how(&search), 1)?)?.into_any());
        }
        refuse(slf.py(), "encode", [("num_threads", num_threads), ("add_special_tokens", add_special_tokens)])?;
        let py = slf.py();
        let options = [
            (name!(py, "allowed_special"), allowed_special),
            (name!(py, "disallowed_special"), disallowed_special),
            (name!(py, "threads"), threads),
            (name!(py, "trace"), trace),
            (name!(py, "dropout"), dropout),
            (name!(py, "seed"), seed),
        ];
        in_python(name!(py, "encode"), slf, text, options)
    }

    /// Returns the ids of a text as an array of uint32, shape (number of tokens,); the array owns its memory.
    ///
    /// Options, errors and costs are those of ``encode``. This is faster than a list, for which Python makes an object per id.
    ///
    /// >>> Tokenizer([(104, 105)]).encode_to_numpy("hi!")
    /// array([256,  33], dtype=uint32)
    #[pyo3(
        signature = (text, *, allowed_special = Empty, disallowed_special = Empty, threads = One, dropout = Zero, seed = Nothing, num_threads = Empty, add_special_tokens = Empty),
        text_signature = "($self, text, *, allowed_special=(), disallowed_special=(), threads=1, dropout=0.0, seed=None)"
    )]
    #[allow(clippy::too_many_arguments, reason = "as for `encode`")]
    fn encode_to_numpy<'py>(
        slf: &Bound<'py, Self>,
        text: &Bound<'py, PyAny>,
        allowed_special: Given<'_, 'py>,
        disallowed_special: Given<'_, 'py>,
        threads: Given<'_, 'py>,
        dropout: Given<'_, 'py>,
        seed: Given<'_, 'py>,
        num_threads: Given<'_, 'py>,
        add_special_tokens: Given<'_, 'py>,
    ) -> PyResult<Bound<'py, PyAny>> {
        if let (Empty, Empty, One) = (&allowed_special, &disallowed_special, &threads)
            && let (Zero, Nothing, Empty, Empty) = (&dropout, &seed, &num_threads, &add_special_tokens)
            && let Some(codec) = slf.get().codec.get()
        {
            numpy_api::need(slf.py())?;
            return codec.get().encode_to_array(slf.py(), text.extract()?, Names::Empty, 1);
        }
        refuse(
            slf.py(),
            "encode_to_numpy",
            [("num_threads", num_threads), ("add_special_tokens", add_special_tokens)],
        )?;
        let py = slf.py();
        let options = [
            (name!(py, "allowed_special"), allowed_special),
            (name!(py, "disallowed_special"), disallowed_special),
            (name!(py, "threads"), threads),
            (name!(py, "dropout"), dropout),
            (name!(py, "seed"), seed),
        ];
        in_python(name!(py, "encode_to_numpy"), slf, text, options)
    }

    /// Returns how many ids the text has, without making them; the options are those of ``encode``.
    ///
    /// Args:
    ///     text (str or bytes): The text.
    ///     allowed_special (collection of str, or str): As for ``encode``.
    ///     disallowed_special (collection of str, or str): As for ``encode``.
    ///
    /// Errors and costs are those of ``encode``.
    ///
    /// >>> Tokenizer([(104, 105)]).count("hi!")
    /// 2
    #[pyo3(
        signature = (text, *, allowed_special = Empty, disallowed_special = Empty, add_special_tokens = Empty),
        text_signature = "($self, text, *, allowed_special=(), disallowed_special=())"
    )]
    fn count<'py>(
        slf: &Bound<'py, Self>,
        text: &Bound<'py, PyAny>,
        allowed_special: Given<'_, 'py>,
        disallowed_special: Given<'_, 'py>,
        add_special_tokens: Given<'_, 'py>,
    ) -> PyResult<Bound<'py, PyAny>> {
        if let (Empty, Empty, Empty) = (&allowed_special, &disallowed_special, &add_special_tokens)
            && let Some(codec) = slf.get().codec.get()
        {
            let count = codec.get().count(slf.py(), text.extract()?, Names::Empty)?;
            return Ok(count.into_pyobject(slf.py())?.into_any());
        }
        refuse(slf.py(), "count", [("add_special_tokens", add_special_tokens)])?;
        let py = slf.py();
        let options =
            [(name!(py, "allowed_special"), allowed_special), (name!(py, "disallowed_special"), disallowed_special)];
        in_python(name!(py, "count"), slf, text, options)
    }
}

/// Refuses the options of other libraries that were given to a method, with what to write instead.
///
/// A method in Rust names them among its parameters: `**options` would cost each call a tuple.
fn refuse<const N: usize>(py: Python<'_>, method: &str, others: [(&str, Given); N]) -> PyResult<()> {
    static REFUSE: Once<Py<PyAny>> = Once::new();
    match others.into_iter().find(|(_, given)| !matches!(given, Empty)) {
        Some((name, _)) => {
            imported(&REFUSE, py, "minitok.backend.shortcuts", "refuse_option")?.call1((method, name)).map(|_| ())
        }
        None => Ok(()),
    }
}

/// Calls the method that is written in Python, which takes all options.
fn in_python<'py, const N: usize>(
    method: &Bound<'py, PyString>,
    slf: &Bound<'py, Shortcuts>,
    text: &Bound<'py, PyAny>,
    options: [(&Bound<'py, PyString>, Given<'_, 'py>); N],
) -> PyResult<Bound<'py, PyAny>> {
    static IN_PYTHON: Once<Py<PyAny>> = Once::new();
    let methods = imported(&IN_PYTHON, method.py(), "minitok.backend.shortcuts", "IN_PYTHON")?;
    let given = PyDict::new(method.py());
    for (name, value) in options {
        given.set_item(name, value)?;
    }
    methods.get_item(method)?.call((slf, text), Some(&given))
}
