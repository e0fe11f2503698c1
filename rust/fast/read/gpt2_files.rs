//! GPT-2's `vocab.json` and `merges.txt` -> their tables. Must equal `formats/gpt2.rs` where it answers.

use super::decline::Decline::NotMine;
use super::decline::{Read, answer, only_if};
use super::json::Reader;
use super::string_table::StringTable;
use super::tokenizer_json::read_vocab;
use crate::error::Result;
use crate::support::interrupt;

/// The tokens and merges of the two files; None if they are to be read one by one.
pub fn read_gpt2(vocab: &[u8], merges: &[u8]) -> Result<Option<StringTable>> {
    answer(read_files(vocab, merges))
}

fn read_files(vocab: &[u8], merges: &[u8]) -> Read<StringTable> {
    let (mut table, mut reader) = (StringTable::default(), Reader::new(vocab)?);
    read_vocab(&mut reader, &mut table)?;
    only_if(reader.is_done())?;
    read_merges(merges, &mut table).map(|()| table)
}

fn read_merges(data: &[u8], table: &mut StringTable) -> Read<()> {
    let text = std::str::from_utf8(data).map_err(|_| NotMine)?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    for (index, line) in text.split('\n').enumerate() {
        let line = line.trim_end_matches('\r');
        if line.is_empty() || (index == 0 && line.starts_with("#version")) {
            continue;
        }
        interrupt::check()?;
        table.merge(line.as_bytes())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_hand() {
        let vocab = b"{\"a\": 0, \"b\": 1, \"ab\": 2, \"#\": 3, \"##\": 4, \"<s>\": 5}";
        let read = |merges: &str| read_gpt2(vocab, merges.as_bytes()).unwrap();
        for merges in ["#version: 0.2\na b\n# #\n", "a b\r\n\r\n# #", "\u{feff}a b\n# #\n"] {
            assert_eq!(read(merges).unwrap().markers().unwrap(), [("<s>", 5)], "{merges}");
        }
        for merges in ["a b\n#version: 0.2\n", "ab\n", "a  b\n", "a b \n", "b a\n", "a b c\n"] {
            assert!(read(merges).is_none(), "{merges}");
        }
        assert!(read_gpt2(vocab, b"a b\n\xFF b\n").unwrap().is_none());
        assert!(read_gpt2(br#"{"a": 0} x"#, b"").unwrap().is_none());
    }
}
