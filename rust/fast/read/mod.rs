//! Scanners of files, and the tables that they fill; lines of JSON -> documents. `formats/` and `python/minitok/corpus/files.py` say what
//! a file is.
//!
//! A scanner takes what is well-formed in the plainest way, which is how programs write files, and declines everything else. Then its
//! caller reads that place again, as a value, and takes it, or says what is wrong with it. So no error is worded twice. Lack
//! of memory and a stop are errors here ([`decline`]).
//!
//! Costs: O(n) time and space for n bytes of a file.
//!
//! 1. [`decline`]: why a scanner gives no answer.
//! 2. [`base64`]; [`json`], with [`json_string`].
//! 3. [`token_table`], [`string_table`]: tokens in the order of a file, as bytes and as text.
//! 4. [`json_lines`], [`line_ranges`]: a corpus.

pub(crate) mod base64;
pub(crate) mod decline;
pub(crate) mod json;
pub mod json_lines;
mod json_string;
pub mod line_ranges;
pub mod string_table;
pub(crate) mod token_table;
