//! Each variant of the crate's error as its Python exception.

use crate::error::Error;
use pyo3::call::PyCallArgs;
use pyo3::exceptions::{
    PyKeyboardInterrupt, PyMemoryError, PyOSError, PyOverflowError, PyRuntimeError, PyUnicodeDecodeError, PyValueError,
};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyString};
use std::io::ErrorKind;

/// An exception of `minitok.errors`, looked up anew: each interpreter of a process has its own.
pub fn raised(name: &str, arguments: impl for<'py> PyCallArgs<'py>) -> PyErr {
    Python::attach(|py| {
        let made = py.import("minitok.errors").and_then(|errors| errors.getattr(name)?.call1(arguments));
        made.map_or_else(|error| error, PyErr::from_value)
    })
}

impl From<Error> for PyErr {
    fn from(error: Error) -> PyErr {
        let message = error.to_string();
        match error {
            Error::Pattern { pattern, reason } => raised("PatternError", (pattern, reason)),
            Error::Vocabulary(_) => raised("VocabularyError", (message,)),
            Error::Training(_) => raised("TrainingError", (message,)),
            Error::UnknownToken { id, position } => raised("UnknownTokenError", (id, position)),
            Error::MissingByte { byte, position } => raised("MissingByteError", (byte, position)),
            Error::DisallowedSpecial { token, position } => raised("DisallowedSpecialTokenError", (token, position)),
            Error::InvalidUtf8 { bytes, .. } => decode_error(&bytes),
            Error::File { path, kind, reason } => {
                // Without Rust's " (os error 2)" and with the path as text, it reads as Python's own.
                let reason = reason.split(" (os error").next().unwrap_or_default().to_owned();
                PyOSError::new_err((errno(kind), reason, path.into_os_string()))
            }
            Error::Chunk(_) | Error::Stop(_) => PyValueError::new_err(message),
            Error::TooLong(_) => PyOverflowError::new_err(message),
            Error::Format { path, line, reason } => {
                let path = path.map(std::path::PathBuf::into_os_string);
                raised("FileFormatError", (path, reason, line))
            }
            // Python opens encodings, checks ranges and runs templates itself.
            Error::Changed(_) | Error::UnknownEncoding(_) | Error::Range { .. } | Error::Template(_) => {
                PyRuntimeError::new_err(message)
            }
            Error::Memory => PyMemoryError::new_err(()),
            Error::Interrupted => PyKeyboardInterrupt::new_err(()),
        }
    }
}

fn decode_error(bytes: &[u8]) -> PyErr {
    Python::attach(|py| {
        let decoded = PyString::from_encoded_object(&PyBytes::new(py, bytes), Some(c"utf-8"), Some(c"strict"));
        #[allow(clippy::disallowed_methods, reason = "CPython has just copied them")]
        let unexplained = || PyUnicodeDecodeError::new_err(("utf-8", bytes.to_vec(), 0, bytes.len(), "invalid UTF-8"));
        decoded.err().unwrap_or_else(unexplained)
    })
}

/// The number that makes `OSError` the right one of its subclasses.
fn errno(kind: ErrorKind) -> i32 {
    match kind {
        ErrorKind::NotFound => 2,
        ErrorKind::PermissionDenied => 13,
        ErrorKind::IsADirectory => 21,
        _ => 5,
    }
}
