//! tiktoken's rank files: a line is a token in base64 and its rank, which is the id. The file holds neither the split pattern nor
//! the special tokens. Must equal `python/minitok/formats/tiktoken.py`.

use super::definition::{Definition, Fields};
use super::ids::of_ranks;
use super::{MAX_ID, Named, at_line, wrong};
use crate::error::Result;
use crate::fast::read::base64;
use crate::fast::read::decline::Decline::NotMine;
use crate::fast::read::decline::{Read, answer};
use crate::fast::read::token_table::{TokenTable, id_of};
use crate::fast::util::fallible::{concat, push};
use crate::reference::published::vocabs::show;
use crate::support::interrupt;
use foldhash::{HashMap, HashMapExt};

pub fn parse(data: &[u8], pattern: &str, special_tokens: Named) -> Result<Definition> {
    let (data, mut table) = (data.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(data), TokenTable::default());
    let refused = read_lines(data, &mut table);
    if let Err(error) = refused {
        return Err(distinct(data, &table).err().unwrap_or(error));
    }
    if table.len() == 0 {
        return Err(wrong("no ranks: the file is empty"));
    }
    let vocab = of_ranks(table, Some, |table| distinct(data, table))?;
    Ok(Definition { vocab, fields: Fields::new(pattern, special_tokens) })
}

/// Reads the tokens and their ranks. Lines end in a line feed, a carriage return, or both; the second alone is rare.
fn read_lines(data: &[u8], table: &mut TokenTable) -> Result<()> {
    let (mut rest, mut number) = (data, 0);
    while !rest.is_empty() {
        interrupt::check()?;
        let end = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
        let line = rest[..end].strip_suffix(b"\r").unwrap_or(&rest[..end]);
        rest = rest.get(end + 1..).unwrap_or_default();
        let space = memchr::memchr(b' ', line).unwrap_or(0);
        if space > 0 && add(&line[..space], &line[space + 1..], table).is_ok() {
            number += 1;
            continue;
        }
        for line in line.split(|&byte| byte == b'\r') {
            number += 1;
            read_line(line, number, table)?;
        }
    }
    Ok(())
}

#[inline]
fn add(token: &[u8], rank: &[u8], table: &mut TokenTable) -> Read<()> {
    let rank = id_of(rank).ok_or(NotMine)?;
    // Whisper writes its empty token as "=", which base64 proper does not know.
    table.add(rank, |bytes| if token == b"=" { Ok(()) } else { base64::decode(token, bytes) })
}

/// Reads any line, or says what is wrong with it.
fn read_line(line: &[u8], number: usize, table: &mut TokenTable) -> Result<()> {
    let shown = |bytes: &[u8]| show(&bytes[..bytes.len().min(80)]);
    let mut fields = line.split(|byte| is_space(*byte)).filter(|field| !field.is_empty());
    let (token, rank) = match (fields.next(), fields.next(), fields.next()) {
        (None, ..) => return Ok(()),
        (Some(token), Some(rank), None) => (token, rank),
        _ => return Err(at_line(number, format!("not a token in base64 and a rank: {}", shown(line)))),
    };
    if answer(add(token, rank, table))?.is_some() {
        return Ok(());
    }
    let reason = if token != b"=" && answer(base64::decode(token, &mut Vec::new()))?.is_none() {
        format!("{} is not base64", shown(token))
    } else {
        format!("the rank {} is not a whole number from 0 to {MAX_ID}", shown(rank))
    };
    Err(at_line(number, reason))
}

fn is_space(byte: u8) -> bool {
    byte.is_ascii_whitespace() || byte == 0x0B
}

/// The tokens and their ranks, each of which occurs once, or the line of one that does not.
fn distinct(data: &[u8], table: &TokenTable) -> Result<Vec<(Vec<u8>, u32)>> {
    let (mut ranks, mut lines, mut tokens) = (Vec::new(), HashMap::new(), HashMap::new());
    tokens.try_reserve(table.len())?;
    lines.try_reserve(table.len())?;
    for ((token, rank), number) in table.rows().zip(numbers(data)) {
        if let Some(before) = tokens.insert(token, rank) {
            return Err(at_line(number, format!("the token {} has a rank already, {before}", show(token))));
        }
        if let Some(before) = lines.insert(rank, number) {
            return Err(at_line(number, format!("the rank {rank} is already on line {before}")));
        }
        push(&mut ranks, (concat(&[token])?, rank))?;
    }
    Ok(ranks)
}

/// The numbers of the lines that hold something.
fn numbers(data: &[u8]) -> impl Iterator<Item = usize> {
    let lines = data.split(|&byte| byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line));
    let lines = lines.flat_map(|line| line.split(|&byte| byte == b'\r')).zip(1..);
    lines.filter(|(line, _)| !line.iter().all(|byte| is_space(*byte))).map(|(_, number)| number)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fast::read::base64::encode;

    #[test]
    fn lines_are_read_however_they_end() {
        let bytes: Vec<String> = (0..=255u8).map(|byte| format!("{} {byte}\n", encode(&[byte]))).collect();
        let whole = bytes.concat() + "YWI= 300\n= 256\n";
        let spaced = whole.replacen(" 7\n", " \t7 \n", 1);
        for text in [
            whole.clone(),
            format!("\u{feff}{whole}"),
            whole.replace('\n', "\r\n"),
            whole.replace('\n', "\r"),
            whole.replace('\n', "\n \n"),
            whole.trim_end().to_owned(),
            spaced,
        ] {
            let vocab = parse(text.as_bytes(), "gpt2", Vec::new()).unwrap().vocab;
            assert_eq!((vocab.core().token_id(b"ab"), vocab.core().token_id(b"")), (Some(300), Some(256)), "{text}");
            assert!(vocab.core().merges_make_all);
        }
    }

    #[test]
    fn what_is_wrong_with_a_line_is_said() {
        for (text, told) in [
            ("YQ==", "line 1: not a token in base64 and a rank"),
            ("\n\nYQ== 0\r\nYQ 1", "line 4: b'YQ' is not base64"),
            ("YQ== 0\rYQ== 1", "line 2: the token b'a' has a rank already, 0"),
            ("YQ== 0\nYg== 0", "line 2: the rank 0 is already on line 1"),
            ("YQ== 0\r\r\nYg== 0\n!!!", "line 3: the rank 0 is already on line 1"),
            ("YQ 4000000000", "line 1: b'YQ' is not base64"),
            (" 256", "line 1: not a token in base64 and a rank"),
            ("!!! 1", "line 1: b'!!!' is not base64"),
            ("YQ== 1 7", "line 1: not a token in base64 and a rank"),
            ("YQ== -1", "line 1: the rank b'-1' is not a whole number"),
            ("YQ== 2000000000", "the id 2000000000 is too high for a vocabulary of 1 tokens"),
            ("YQ== 4000000000", "line 1: the rank b'4000000000' is not a whole number"),
            ("", "no ranks"),
            ("YQ== 0", "the byte 0x00 has no token"),
        ] {
            let error = parse(text.as_bytes(), "gpt2", Vec::new()).unwrap_err().to_string();
            assert!(error.contains(told), "{text}: {error}");
        }
    }
}
