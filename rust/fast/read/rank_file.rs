//! tiktoken's rank files -> vocabularies. Must equal `formats/tiktoken.rs` where it answers.
//!
//! A line is a token in base64, one space, and its rank in decimal digits. By hand: `YWI= 256` is `ab` with the rank 256.

use super::base64;
use super::decline::Decline::NotMine;
use super::decline::{Read, answer, only_if};
use super::token_table::{TokenTable, id_of};
use crate::error::Result;
use crate::fast::vocab::FastVocab;
use crate::support::interrupt;
use memchr::memchr;

/// The vocabulary of a file; None if it is to be read value by value.
pub fn read_ranks(data: &[u8]) -> Result<Option<FastVocab>> {
    let tokens = answer(read_lines(data).and_then(TokenTable::into_tokens))?;
    tokens.map_or(Ok(None), FastVocab::of_ranks)
}

/// The tokens with their ranks.
fn read_lines(data: &[u8]) -> Read<TokenTable> {
    let mut table = TokenTable::default();
    let mut rest = data;
    while !rest.is_empty() {
        interrupt::check()?;
        let end = memchr(b'\n', rest).unwrap_or(rest.len());
        let line = rest[..end].strip_suffix(b"\r").unwrap_or(&rest[..end]);
        rest = rest.get(end + 1..).unwrap_or_default();
        if !line.is_empty() {
            read_line(line, &mut table)?;
        }
    }
    Ok(table)
}

fn read_line(line: &[u8], table: &mut TokenTable) -> Read<()> {
    let space = memchr(b' ', line).ok_or(NotMine)?;
    let (token, rank) = (&line[..space], id_of(&line[space + 1..]).ok_or(NotMine)?);
    // Whisper writes its empty token as "=".
    if token == b"=" {
        return table.add(rank, |_| Ok(()));
    }
    only_if(!token.is_empty())?;
    table.add(rank, |bytes| base64::decode(token, bytes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::tests::encode;

    fn lines() -> String {
        (0..=255u8).fold(String::new(), |lines, byte| lines + &format!("{} {byte}\n", encode(&[byte])))
    }

    #[test]
    fn what_is_well_formed_is_read() {
        let whole = lines() + "YWI= 300\n= 256\n";
        for text in
            [whole.clone(), whole.replace('\n', "\r\n"), whole.replace('\n', "\n\n"), whole.trim_end().to_owned()]
        {
            let vocab = read_ranks(text.as_bytes()).unwrap().unwrap();
            assert_eq!((vocab.core().token_id(b"ab"), vocab.core().token_id(b"")), (Some(300), Some(256)));
            assert!(vocab.core().merges_make_all);
        }
    }

    #[test]
    fn everything_else_is_declined() {
        for line in [
            "!!! 256",
            "YWI=",
            "YWI= 256 7",
            "YWI= x",
            "YWI= -1",
            "YWI= 3000000000",
            "YWI= 2000000000",
            "YQ== 256",
            "YWI= 97",
            " YWI= 256",
            "YWI=  256",
            "YWI= 256 ",
            "YWI=\t256",
            "\u{feff}YWI= 256",
            " 256",
        ] {
            assert!(read_ranks((lines() + line).as_bytes()).unwrap().is_none(), "{line}");
        }
        assert!(read_ranks(b"").unwrap().is_none());
        assert!(read_ranks(lines().replace("YQ== 97\n", "").as_bytes()).unwrap().is_none());
    }
}
