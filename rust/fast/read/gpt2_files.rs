//! GPT-2's `vocab.json` and `merges.txt` -> their tables. Must equal `python/minitok/formats/gpt2.py` where it answers.

use super::json::Reader;
use super::string_table::StringTable;
use super::tokenizer_json::read_vocab;
use crate::error::Result;
use crate::interrupt;

/// The tokens and merges of the two files; None if the reader in Python is to read them.
pub fn read_gpt2(vocab: &[u8], merges: &[u8]) -> Result<Option<StringTable>> {
    let mut table = StringTable::default();
    let Some(mut reader) = Reader::new(vocab) else { return Ok(None) };
    if read_vocab(&mut reader, &mut table)?.is_none() || !reader.is_done() {
        return Ok(None);
    }
    let read = read_merges(merges, &mut table);
    interrupt::check()?;
    Ok(read.map(|()| table))
}

fn read_merges(data: &[u8], table: &mut StringTable) -> Option<()> {
    let text = std::str::from_utf8(data).ok()?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    for (index, line) in text.split('\n').enumerate() {
        let line = line.trim_end_matches('\r');
        if line.is_empty() || (index == 0 && line.starts_with("#version")) {
            continue;
        }
        if interrupt::stopped() {
            return None;
        }
        table.merge(line.as_bytes())?;
    }
    Some(())
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
