//! Files from strangers: each reader answers, or declines, or says what is wrong, and what it accepts can be used.

use crate::input::Input;
use minitok::fast::read::json_lines::Documents;
use minitok::fast::read::{gpt2_files, merge_lists, rank_file, tekken, tokenizer_json};
use minitok::fast::vocab::FastVocab;
use minitok::formats::{gguf, minbpe, sentencepiece};
use minitok::reference::encode::encode_piece;
use minitok::reference::published::packed_vocab::unpack;
use minitok::reference::vocab::Alphabet;

/// The bytes of all tokens of a list of merges, as the loaders bound them.
const MOST: u64 = 1 << 20;

fn use_it(vocab: Option<FastVocab>) {
    if let Some(vocab) = vocab {
        let mut ids = Vec::new();
        let _ = encode_piece(vocab.core(), b"ab \xff", &mut ids);
    }
}

pub fn run(data: &[u8]) {
    let mut input = Input::new(data);
    let kind = input.below(9);
    let split = input.byte();
    let data = input.rest();
    let order: Vec<u8> = (0..=255).collect();
    match kind {
        0 => use_it(rank_file::read_ranks(data).ok().flatten()),
        1 => {
            if let Ok(Some(model)) = tokenizer_json::read_tokenizer_json(data) {
                use_it(model.table.byte_level(&[], split & 1 == 1, split & 2 == 2).ok().flatten());
                use_it(model.table.characters(&[]).ok().flatten());
                let _ = model.table.markers();
            }
        }
        2 => {
            let (vocab, merges) = data.split_at(usize::from(split).min(data.len()));
            if let Ok(Some(table)) = gpt2_files::read_gpt2(vocab, merges) {
                use_it(table.byte_level(&[], false, false).ok().flatten());
            }
        }
        3 => {
            use_it(minbpe::parse(data).ok().map(|read| read.vocab));
        }
        4 => {
            if let Ok(Some(native)) = merge_lists::read_native(data) {
                use_it(native.of_pairs(&order, MOST, 256).ok().flatten());
                use_it(native.of_rows(split & 1 == 1, Alphabet::default()).ok().flatten());
            }
        }
        5 => use_it(sentencepiece::parse(data).ok().map(|read| read.vocab)),
        6 => {
            if let Ok(Some(tekken)) = tekken::read_tekken(data) {
                use_it(tekken.vocabulary(u32::from(split), 3).ok().flatten());
            }
        }
        7 => {
            // It is read where it lies, since models of many gigabytes stand behind it.
            let path = std::env::temp_dir().join(format!("minitok-fuzz-{}.gguf", std::process::id()));
            std::fs::write(&path, data).expect("a file in the temporary folder");
            use_it(gguf::load(&path).ok().map(|read| read.vocab));
            std::fs::remove_file(&path).expect("the file that was written");
        }
        _ => {
            let _ = unpack(data, (split > 0).then_some(u32::from(split) * 300));
            let _ = Documents::of_lines(data, "text", 1 + usize::from(split & 1));
        }
    }
}
