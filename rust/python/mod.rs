//! The boundary: the only files that know PyO3. Thin newtypes over the crate; no algorithm lives here.
//!
//! The module `minitok._rust` offers the names of `minitok.reference`, so that one test suite runs over both. Text is
//! borrowed from Python, work is done without the GIL, ids come back as lists or as NumPy arrays that own Rust's buffer, and
//! every error is one of `minitok.errors`.
//!
//! Read in this order:
//!
//! 1. [`shortcuts`]: `Tokenizer`, where a call begins; [`plain_calls`]: the same for tokenizers of `transformers`.
//! 2. [`objects`]: what a call is given in an iterable; [`text`]: a `str` or `bytes` as they come; [`names`]: the special tokens
//!    that a call names -> what finds them.
//! 3. [`codec`]: the calls of a codec; [`encode`]: what those that encode share; [`decode`], [`decode_stream`], [`rows`]: ids -> text.
//! 4. [`ids`] and `digits`: ids as they come; [`list`], [`new_list`], [`array`](mod@array): ids on their way out.
//! 5. [`vocab`], [`normal`]: what a codec is made of; [`files`]: files -> vocabularies.
//! 6. [`counter`]: texts -> counts; [`train`], [`parity`]: counts -> merges; [`documents`]: texts outside Python.
//! 7. One call or class each: [`session`], [`chunks`], [`segments`], [`spans`], [`trace`], [`patterns`].
//! 8. What all of them use: [`signals`], [`calls`], [`errors`], [`memory`], [`kept`], [`forks`], [`numpy_api`].

// What Python hands over belongs to the call, whether or not the call uses it up.
#![allow(clippy::needless_pass_by_value)]
// Lengths come from outside: memory is asked for (`fast/util/fallible.rs`).
#![cfg_attr(not(test), warn(clippy::disallowed_methods))]

mod array;
mod calls;
mod chunks;
mod codec;
mod counter;
mod decode;
mod decode_stream;
#[cfg(not(any(Py_LIMITED_API, Py_GIL_DISABLED)))]
mod digits;
mod documents;
mod encode;
mod errors;
mod files;
mod forks;
mod ids;
mod kept;
mod list;
mod memory;
mod names;
mod new_list;
mod normal;
mod numpy_api;
mod objects;
mod parity;
mod patterns;
mod plain_calls;
mod rows;
mod segments;
mod session;
mod shortcuts;
mod signals;
mod spans;
mod text;
mod token_texts;
mod trace;
mod train;
mod vocab;

use pyo3::prelude::*;

/// The compiled backend of minitok.
#[pymodule(gil_used = false)]
mod _rust {
    #[pymodule_export]
    use super::codec::Codec;
    #[pymodule_export]
    use super::counter::PieceCounter;
    #[pymodule_export]
    use super::decode::StreamDecoder;
    #[pymodule_export]
    use super::decode_stream::{DecodeStream, changes, tokenizers_changed};
    #[pymodule_export]
    use super::documents::{Documents, read_column, read_json_lines};
    #[pymodule_export]
    use super::files::{hiding_tokens, read_tokenizer, without_tables};
    #[pymodule_export]
    use super::normal::Normalizer;
    #[pymodule_export]
    use super::parity::train_parity;
    #[pymodule_export]
    use super::patterns::{describe_pattern, pattern_difference};
    #[pymodule_export]
    use super::plain_calls::PlainCalls;
    #[pymodule_export]
    use super::session::Session;
    #[pymodule_export]
    use super::shortcuts::Shortcuts;
    #[cfg(not(Py_LIMITED_API))]
    #[pymodule_export]
    use super::shortcuts::shortcut;
    #[pymodule_export]
    use super::spans::{align, id_list, span_list};
    #[pymodule_export]
    use super::train::train;
    #[pymodule_export]
    use super::vocab::{Pattern, SpecialTokens, Vocab, unpack};

    #[pymodule_init]
    fn init(module: &pyo3::Bound<'_, pyo3::types::PyModule>) -> pyo3::PyResult<()> {
        // The main thread's variables are there before memory is short.
        crate::support::interrupt::stopped_now();
        super::memory::set_aside();
        #[cfg(not(Py_LIMITED_API))]
        super::shortcuts::set_up(module.py())?;
        super::forks::register(module)?;
        pyo3::types::PyAnyMethods::delattr(module.as_any(), "__all__") // the stub has the names
    }

    #[pymodule_export]
    const VERSION: &str = env!("CARGO_PKG_VERSION");
    #[pymodule_export]
    const UNICODE_VERSION: &str = crate::reference::published::unicode::VERSION;
}
