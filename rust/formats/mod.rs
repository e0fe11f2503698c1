//! Files of tokenizers -> what they say: for Python, the crate, pages and JavaScript. What is not read is refused, never guessed.
//!
//! Each format has one reader. The long tables of a file are read row by row, by the scanners of `fast/read/`, into tables; a row that
//! a scanner declines is read as a value, and is either taken or refused with the reason, and the line if there is one.
//!
//! Python adds the chat templates next to a file (`formats/chat.py`) and models by their names in a cache (`formats/hub.py`); its
//! reference reads three formats by itself (`native`, `tiktoken`, `minbpe`), which must equal these.
//!
//! 1. [`definition`]: what a tokenizer is, as data; [`json`] and [`value`]: JSON.
//! 2. [`detect`]: which format a file or a folder has.
//! 3. [`native`]: minitok's own files, which [`dump`] writes; [`tiktoken`], [`tekken`], [`gpt2`], [`minbpe`], [`sentencepiece`] with [`protobuf`],
//!    [`gguf`] with [`gguf_values`], and [`huggingface`].
//! 4. [`token_texts`]: tokens as text, and merges of them; [`pattern_names`]: split patterns by name; [`ids`]: checks of tokens and ids.
//!
//! Costs: O(n) time and space for n bytes of a file, before the tables of its vocabulary are made.

pub mod definition;
pub mod detect;
pub mod dump;
pub mod events;
pub mod gguf;
pub mod gguf_values;
pub mod gpt2;
pub mod huggingface;
pub mod ids;
pub mod json;
pub mod minbpe;
pub mod native;
pub mod pattern_names;
pub mod protobuf;
pub mod sentencepiece;
pub mod tekken;
pub mod tiktoken;
pub mod token_texts;
pub mod value;

use crate::error::Error;
use std::path::Path;

pub use crate::fast::read::token_table::MAX_ID;

/// Names and ids, in the order of a file.
pub type Named = Vec<(String, u32)>;

/// Why a vocabulary without a token for spaces is not read.
const NO_MARKER: &str = "spaces become '▁', which is not a token: each is the three bytes of it";

/// Why a file is not read, before it is known which file.
pub fn wrong(reason: impl Into<String>) -> Error {
    Error::Format { path: None, line: None, reason: reason.into() }
}

/// The same, of a line.
pub fn at_line(line: usize, reason: impl Into<String>) -> Error {
    Error::Format { path: None, line: Some(line), reason: reason.into() }
}

/// An error as one of a file; a want of memory, a stop, and a file that could not be read stay what they are.
pub fn blamed(error: Error, path: Option<&Path>) -> Error {
    let path = path.map(Path::to_path_buf);
    match error {
        Error::Format { path: None, line, reason } => Error::Format { path, line, reason },
        Error::Format { .. } | Error::File { .. } | Error::Memory | Error::Interrupted => error,
        other => Error::Format { path, line: None, reason: other.to_string() },
    }
}

/// A text for a message, cut short.
pub fn quoted(text: &str) -> String {
    const MOST: usize = 80;
    let short: String = text.chars().take(MOST).flat_map(char::escape_debug).collect();
    format!(
        "'{}{}'",
        short.replace("\\\"", "\"").replace("\\'", "'"),
        if text.chars().nth(MOST).is_some() { "..." } else { "" }
    )
}
