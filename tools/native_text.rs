//! Files of tokenizers as the text of minitok's own: what this crate and the Python package make of a file is compared by it.
//!
//! Each line of the input is a path, with the split pattern behind a tab where the file does not say it, or `encoding:` and the name of
//! a published one. The answer to each is a line of `ok` or `no` and a number of bytes, then as many bytes: the text, or the reason.

use minitok::{LoadOptions, Tokenizer};
use std::io::{Write, stdin, stdout};

fn main() -> std::io::Result<()> {
    for line in stdin().lines() {
        let line = line?;
        let (path, pattern) = line.split_once('\t').unwrap_or((&line, ""));
        let options = if pattern.is_empty() { LoadOptions::new() } else { LoadOptions::new().pattern(pattern) };
        let read = match path.strip_prefix("encoding:") {
            Some(name) => Tokenizer::encoding(name),
            None => options.from_file(path),
        };
        let (word, text) = match read.and_then(|tokenizer| tokenizer.to_json()) {
            Ok(text) => ("ok", text),
            Err(error) => ("no", error.to_string()),
        };
        let mut out = stdout().lock();
        write!(out, "{word} {}\n{text}", text.len())?;
        out.flush()?;
    }
    Ok(())
}
