//! Hugging Face's `tokenizer.json`. `python/minitok/formats/huggingface/`, whose files these have, writes such files, and
//! says what is read, what is refused, and why.
//!
//! 1. [`read`]: a file; [`fields`]: its steps.
//! 2. [`normalizers`]; [`patterns`], with [`oniguruma`] and [`tables`]: pre-tokenizers.
//! 3. [`characters`], [`symbols`], [`word_ends`]: tokens other than bytes.
//! 4. [`added`]: the tokens that are found in text.

pub mod added;
pub mod characters;
pub mod fields;
pub mod normalizers;
pub mod oniguruma;
pub mod patterns;
pub mod read;
pub mod symbols;
pub mod tables;
pub mod word_ends;
