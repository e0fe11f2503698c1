//! Files of tokenizers as the text of minitok's own: what this crate and the Python package make of a file is compared by it.
//!
//! Each line of the input is a path, and the split pattern behind a tab where the file does not say it. The answer to each is a line
//! of `ok` or `no` and a number of bytes, then as many bytes: the text, or the reason.

use minitok::formats::detect::{Given, read_path};
use minitok::formats::native::dump;
use std::io::{Write, stdin, stdout};
use std::path::Path;

fn main() -> std::io::Result<()> {
    for line in stdin().lines() {
        let line = line?;
        let (path, pattern) = line.split_once('\t').unwrap_or((&line, ""));
        let pattern = (!pattern.is_empty()).then(|| pattern.to_owned());
        let read = read_path(Path::new(path), &Given { pattern, special_tokens: None });
        // A definition that contradicts itself is refused when its codec is made.
        let text = read.and_then(|definition| definition.codec().map(|_| dump(&definition)));
        let (word, text) = match text {
            Ok(text) => ("ok", text),
            Err(error) => ("no", error.to_string()),
        };
        let mut out = stdout().lock();
        write!(out, "{word} {}\n{text}", text.len())?;
        out.flush()?;
    }
    Ok(())
}
