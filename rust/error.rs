//! Everything that can go wrong, as one enum. `rust/python/errors.rs` maps each variant to its Python exception.

use std::path::{Path, PathBuf};

/// What may fail.
pub type Result<T> = std::result::Result<T, Error>;

/// What can go wrong. More variants may come.
#[allow(missing_docs, reason = "variants say what their fields are")]
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The split pattern means different things to the two engines, or matching it took too many steps.
    #[error("pattern {pattern:?}: {reason}")]
    Pattern { pattern: String, reason: String },

    /// Ids, merges, ranks or special tokens that contradict each other.
    #[error("{0}")]
    Vocabulary(String),

    /// Training options that cannot be met.
    #[error("{0}")]
    Training(String),

    /// An id without a token, and where it stands among the ids (SPEC D3).
    #[error("unknown token id {id} at position {position}")]
    UnknownToken { id: u32, position: usize },

    /// A byte for which the vocabulary has no token, and where it stands in the text (SPEC E6).
    #[error("the byte 0x{byte:02x} at position {position} has no token in this vocabulary")]
    MissingByte { byte: u8, position: usize },

    /// A special token in text whose caller forbade it, and the byte at which it begins (SPEC E3).
    #[error("the text contains the token {token:?} at byte {position}")]
    DisallowedSpecial { token: String, position: usize },

    /// Bytes that are not UTF-8 where text was asked for: all of them, and the first range that is not (SPEC D2).
    #[error("invalid UTF-8 at bytes {start}..{end}")]
    InvalidUtf8 { bytes: Vec<u8>, start: usize, end: usize },

    /// A file that could not be read.
    #[error("{path}: {reason}", path = path.display())]
    File { path: PathBuf, kind: std::io::ErrorKind, reason: String },

    /// A file that is not a tokenizer, or not one that is read here: why, and where in it.
    #[error("{}{reason}", place(path.as_deref(), *line))]
    Format { path: Option<PathBuf>, line: Option<usize>, reason: String },

    /// An encoding that is not published, or not built into this program.
    #[error("{0}")]
    UnknownEncoding(String),

    /// A range of bytes that does not begin and end between two characters of a text, which has `length` bytes.
    #[error("{start} to {end} is not a range of whole characters of a text of {length} bytes")]
    Range { start: usize, end: usize, length: usize },

    /// Options of chunks that cannot be met, or a character that has more tokens than a chunk may have.
    #[error("{0}")]
    Chunk(String),

    /// A stop string that is empty.
    #[error("{0}")]
    Stop(String),

    /// A chat template that is malformed, refuses a conversation, or does what cannot be followed here.
    #[error("{0}")]
    Template(String),

    /// A text that is longer than can be done.
    #[error("{0}")]
    TooLong(String),

    /// What was being read was written by somebody else meanwhile.
    #[error("{0} changed while they were being read")]
    Changed(String),

    /// Memory for a result could not be had.
    #[error("out of memory")]
    Memory,

    /// The caller asked to stop (Ctrl-C, or an exception in a callback).
    #[error("interrupted")]
    Interrupted,
}

/// Where a file is wrong, before what is wrong with it.
fn place(path: Option<&Path>, line: Option<usize>) -> String {
    match (path, line) {
        (Some(path), Some(line)) => format!("{}:{line}: ", path.display()),
        (Some(path), None) => format!("{}: ", path.display()),
        (None, Some(line)) => format!("line {line}: "),
        (None, None) => String::new(),
    }
}

impl From<std::collections::TryReserveError> for Error {
    fn from(_: std::collections::TryReserveError) -> Error {
        Error::Memory
    }
}
