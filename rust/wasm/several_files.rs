//! What a page opens that is not one whole file: GPT-2's two, and the head of a large one.

use super::tokenizer::opened;
use super::{NONE, answer};
use crate::formats::gguf_values::end_of;
use crate::formats::gpt2;
use std::path::Path;

/// Opens GPT-2's two files: the bytes of both, their names, and the tokenizer's.
#[cfg_attr(target_family = "wasm", unsafe(no_mangle))]
pub extern "C" fn open_pair() -> u32 {
    answer(|arguments| {
        let (vocab, merges) = (arguments.bytes()?, arguments.bytes()?);
        let (vocab_name, merges_name) = (arguments.text()?, arguments.text()?);
        let (vocab, merges) = ((Path::new(&vocab_name), &vocab[..]), (Path::new(&merges_name), &merges[..]));
        opened(gpt2::parse(vocab, merges, None, None), arguments.text()?)
    })
}

/// Where the head of a GGUF file ends, which begins with these bytes and has `size`; [`NONE`] where more of them are needed.
#[cfg_attr(target_family = "wasm", unsafe(no_mangle))]
pub extern "C" fn gguf_end(size: u64) -> u32 {
    answer(|arguments| Ok(vec![end_of(&arguments.bytes()?, size)?.map_or(NONE, |end| end as u32)]))
}
