//! Files -> vocabularies, and lines of JSON -> documents. Must equal the readers of `formats/` and
//! `python/minitok/corpus/files.py`, which are the ground truth of what is a file.
//!
//! A reader here takes what is well-formed in the plainest way, which is how programs write these files, and declines
//! everything else: it answers None. Then `formats/` reads the file again, value by value, and either accepts it or reports what
//! is wrong with it, and where. So no error is worded twice, and nothing is accepted here that is refused there. A want of memory
//! and a stop are errors here, and are not read again ([`decline`]).
//!
//! Costs: O(n) time and space for n bytes of a file, before the tables of its vocabulary are made.
//!
//! 1. [`decline`]: why a reader gives no answer; [`token_table`]: tokens and ids in the order of a file.
//! 2. [`base64`], [`rank_file`]: tiktoken's files.
//! 3. [`json`], [`string_table`], [`tokenizer_json`]: Hugging Face's `tokenizer.json`.
//! 4. [`gpt2_files`]: `vocab.json` and `merges.txt`.
//! 5. [`tekken`]: Mistral's `tekken.json`.
//! 6. [`merge_lists`]: the native format.
//! 7. [`json_string`], [`json_lines`], [`line_ranges`]: a corpus.

pub(crate) mod base64;
pub(crate) mod decline;
pub mod gpt2_files;
pub(crate) mod json;
pub mod json_lines;
mod json_string;
pub mod line_ranges;
pub mod merge_lists;
pub mod rank_file;
pub mod string_table;
pub mod tekken;
pub(crate) mod token_table;
pub mod tokenizer_json;
