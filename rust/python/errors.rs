//! Each variant of the crate's error as its Python exception.

use crate::error::Error;
use pyo3::exceptions::{
    PyKeyboardInterrupt, PyMemoryError, PyOSError, PyOverflowError, PyRuntimeError, PyUnicodeDecodeError,
};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyString};
use std::io::ErrorKind;

pyo3::import_exception!(minitok.errors, DisallowedSpecialTokenError);
pyo3::import_exception!(minitok.errors, MissingByteError);
pyo3::import_exception!(minitok.errors, PatternError);
pyo3::import_exception!(minitok.errors, TrainingError);
pyo3::import_exception!(minitok.errors, UnknownTokenError);
pyo3::import_exception!(minitok.errors, VocabularyError);

/// Imports the exceptions, so that no thread ever waits for another that does.
pub fn load(py: Python<'_>) {
    py.get_type::<DisallowedSpecialTokenError>();
    py.get_type::<MissingByteError>();
    py.get_type::<PatternError>();
    py.get_type::<TrainingError>();
    py.get_type::<UnknownTokenError>();
    py.get_type::<VocabularyError>();
}

impl From<Error> for PyErr {
    fn from(error: Error) -> PyErr {
        let message = error.to_string();
        match error {
            Error::Pattern { pattern, reason } => PatternError::new_err((pattern, reason)),
            Error::Vocabulary(_) => VocabularyError::new_err(message),
            Error::Training(_) => TrainingError::new_err(message),
            Error::UnknownToken { id, position } => UnknownTokenError::new_err((id, position)),
            Error::MissingByte { byte, position } => MissingByteError::new_err((byte, position)),
            Error::DisallowedSpecial { token, position } => DisallowedSpecialTokenError::new_err((token, position)),
            Error::InvalidUtf8 { bytes, .. } => decode_error(&bytes),
            Error::File { path, kind, reason } => {
                // Without Rust's " (os error 2)" and with the path as text, it reads as Python's own.
                let reason = reason.split(" (os error").next().unwrap_or_default().to_owned();
                PyOSError::new_err((errno(kind), reason, path.into_os_string()))
            }
            Error::TooLong(_) => PyOverflowError::new_err(message),
            // Python reads files, opens encodings and checks ranges itself.
            Error::Changed(_) | Error::Format { .. } | Error::UnknownEncoding(_) | Error::Range { .. } => {
                PyRuntimeError::new_err(message)
            }
            Error::Memory => PyMemoryError::new_err(()),
            Error::Interrupted => PyKeyboardInterrupt::new_err(()),
        }
    }
}

/// The `UnicodeDecodeError` that Python itself raises for these bytes.
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
