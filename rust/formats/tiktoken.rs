//! tiktoken's rank files: a line is a token in base64 and its rank, which is the id. The file holds neither the split pattern nor
//! the special tokens. Must equal `python/minitok/formats/tiktoken.py`.

use super::definition::{Definition, Fields};
use super::ids::check_holes;
use super::{MAX_ID, Named, at_line, wrong};
use crate::error::Result;
use crate::fast::read::rank_file::read_ranks;
use crate::fast::read::token_table::id_of;
use crate::fast::read::{base64, decline};
use crate::fast::util::fallible::push;
use crate::fast::vocab::FastVocab;
use crate::reference::vocab::show;
use foldhash::{HashMap, HashMapExt};

/// The tokenizer of a file.
pub fn parse(data: &[u8], pattern: &str, special_tokens: Named) -> Result<Definition> {
    let fields = Fields::new(pattern, special_tokens);
    if let Some(vocab) = read_ranks(data)? {
        return Ok(Definition { vocab, fields });
    }
    let ranks = parse_ranks(data)?;
    check_holes(ranks.iter().map(|&(_, rank)| rank))?;
    Ok(Definition { vocab: FastVocab::from_ranks(&ranks)?, fields })
}

/// Each token's bytes and rank, in the order of the file.
fn parse_ranks(data: &[u8]) -> Result<Vec<(Vec<u8>, u32)>> {
    let data = data.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(data);
    let (mut ranks, mut lines, mut tokens) = (Vec::new(), HashMap::new(), HashMap::new());
    for (line, number) in lines_of(data).zip(1..) {
        if line.iter().all(|byte| is_space(*byte)) {
            continue;
        }
        let (token, rank) = parse_line(line, number)?;
        tokens.try_reserve(1)?;
        lines.try_reserve(1)?;
        if let Some(before) = tokens.insert(token.clone(), rank) {
            return Err(at_line(number, format!("the token {} has a rank already, {before}", show(&token))));
        }
        if let Some(before) = lines.insert(rank, number) {
            return Err(at_line(number, format!("the rank {rank} is already on line {before}")));
        }
        push(&mut ranks, (token, rank))?;
    }
    if ranks.is_empty() { Err(wrong("no ranks: the file is empty")) } else { Ok(ranks) }
}

/// The lines of a file, which end in a line feed, a carriage return, or both.
fn lines_of(data: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = Some(data).filter(|data| !data.is_empty());
    std::iter::from_fn(move || {
        let text = rest?;
        let end = text.iter().position(|byte| matches!(byte, b'\n' | b'\r')).unwrap_or(text.len());
        let both = text[end..].starts_with(b"\r\n");
        rest = text.get(end + 1 + usize::from(both)..).filter(|rest| !rest.is_empty());
        Some(&text[..end])
    })
}

fn is_space(byte: u8) -> bool {
    byte.is_ascii_whitespace() || byte == 0x0B
}

fn parse_line(line: &[u8], number: usize) -> Result<(Vec<u8>, u32)> {
    let shown = |bytes: &[u8]| show(&bytes[..bytes.len().min(80)]);
    let mut fields = line.split(|byte| is_space(*byte)).filter(|field| !field.is_empty());
    let (Some(token), Some(rank), None) = (fields.next(), fields.next(), fields.next()) else {
        return Err(at_line(number, format!("not a token in base64 and a rank: {}", shown(line))));
    };
    let mut bytes = Vec::new();
    // Whisper writes its empty token as "=", which base64 proper does not know.
    if token != b"=" {
        match base64::decode(token, &mut bytes) {
            Ok(()) => {}
            Err(decline::Decline::Memory) => return Err(crate::error::Error::Memory),
            Err(_) => return Err(at_line(number, format!("{} is not base64", shown(token)))),
        }
    }
    let refused = || at_line(number, format!("the rank {} is not a whole number from 0 to {MAX_ID}", shown(rank)));
    Ok((bytes, id_of(rank).ok_or_else(refused)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_with_a_line_is_said() {
        for (text, told) in [
            ("YQ==", "line 1: not a token in base64 and a rank"),
            ("\n\nYQ== 0\r\nYQ 1", "line 4: b'YQ' is not base64"),
            ("YQ== 0\rYQ== 1", "line 2: the token b'a' has a rank already, 0"),
            ("YQ== 0\nYg== 0", "line 2: the rank 0 is already on line 1"),
            ("YQ== 4000000000", "line 1: the rank b'4000000000' is not a whole number"),
            ("", "no ranks"),
            ("YQ== 0", "the byte 0x00 has no token"),
        ] {
            let error = parse(text.as_bytes(), "gpt2", Vec::new()).unwrap_err().to_string();
            assert!(error.contains(told), "{text}: {error}");
        }
    }
}
