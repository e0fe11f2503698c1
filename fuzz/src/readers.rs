//! Files from strangers: each reader answers, or says what is wrong, and what it accepts can be used.

use crate::input::Input;
use minitok::fast::read::json_lines::Documents;
use minitok::formats::definition::Definition;
use minitok::formats::detect::{self, Given};
use minitok::formats::{gguf, gpt2, minbpe, sentencepiece, tiktoken};
use minitok::reference::encode::encode_piece;
use minitok::reference::published::packed_vocab::unpack;

fn use_it(read: Option<Definition>) {
    if let Some(read) = read {
        let mut ids = Vec::new();
        let _ = encode_piece(read.vocab.core(), b"ab \xff", &mut ids);
    }
}

pub fn run(data: &[u8]) {
    let mut input = Input::new(data);
    let kind = input.below(7);
    let split = input.byte();
    let data = input.rest();
    match kind {
        0 => use_it(tiktoken::parse(data, "gpt2", Vec::new()).ok()),
        1 => use_it(detect::read(data, &Given::default()).ok()),
        2 => {
            let folder = std::env::temp_dir().join(format!("minitok-fuzz-{}", std::process::id()));
            let (vocab, merges) = data.split_at(usize::from(split).min(data.len()));
            std::fs::create_dir_all(&folder).expect("a folder in the temporary folder");
            std::fs::write(folder.join("vocab.json"), vocab).expect("a file in that folder");
            std::fs::write(folder.join("merges.txt"), merges).expect("a file in that folder");
            use_it(gpt2::load(&folder, None, None).ok());
        }
        3 => use_it(minbpe::parse(data).ok()),
        4 => use_it(sentencepiece::parse(data).ok()),
        5 => {
            // It is read where it lies, since models of many gigabytes stand behind it.
            let path = std::env::temp_dir().join(format!("minitok-fuzz-{}.gguf", std::process::id()));
            std::fs::write(&path, data).expect("a file in the temporary folder");
            use_it(gguf::load(&path).ok());
            std::fs::remove_file(&path).expect("the file that was written");
        }
        _ => {
            let _ = unpack(data, (split > 0).then_some(u32::from(split) * 300));
            let _ = Documents::of_lines(data, "text", 1 + usize::from(split & 1));
        }
    }
}
