//! The chunks of a text (`fast/chunk.rs`). Places are in code units of UTF-16, as in the strings of JavaScript.

use super::tokenizer::ask;
use crate::fast::chunk::chunker;
use crate::reference::more::borders::kinds_of;
use crate::reference::more::chunk::ChunkOptions;

/// The chunks of a text: the text, the names of the special tokens that are found in it, and those of the borders that chunks may end at.
/// The answer has four numbers for each chunk: where it begins and ends, how many tokens it has, and the number of its kind of border.
#[cfg_attr(target_family = "wasm", unsafe(no_mangle))]
pub extern "C" fn chunks(tokenizer: u32, max_tokens: u32, overlap: u32, overlap_sentences: u32, fill: f64) -> u32 {
    ask(tokenizer, |tokenizer, arguments| {
        let text = arguments.text()?;
        let (search, names) = (tokenizer.allowing(arguments)?, arguments.list()?);
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let [max_tokens, overlap, overlap_sentences] =
            [max_tokens, overlap, overlap_sentences].map(|number| number as usize);
        let options = ChunkOptions { max_tokens, at: kinds_of(&names)?, overlap, overlap_sentences, fill };
        let mut chunker = chunker(tokenizer.codec()?, &search, &text, options)?;
        let (mut told, mut byte, mut unit) = (Vec::new(), 0, 0);
        while let Some(chunk) = chunker.advance()? {
            let mut units = |place: usize| {
                let between = |from: usize, to: usize| text[from..to].encode_utf16().count();
                if place < byte {
                    unit -= between(place, byte);
                } else {
                    unit += between(byte, place);
                }
                byte = place;
                unit as u32
            };
            told.extend([units(chunk.start), units(chunk.end), chunk.tokens as u32, chunk.kind as u32]);
        }
        Ok(told)
    })
}
