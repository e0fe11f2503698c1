//! Tokens that end a word, `cat</w>`: read with a space in place of the suffix (SPEC N3).
//! `python/minitok/formats/huggingface/word_ends.py` writes such files.

use super::super::gpt2::{Ids, Row, find_pairs, owned, tokens_of};
use super::super::{Named, quoted, wrong};
use crate::error::Result;
use crate::fast::util::fallible::{append, push};
use crate::reference::published::byte_chars::CHARS;
use foldhash::{HashMap, HashMapExt};

/// Tokens by their bytes, with their ids.
pub type Tokens = Vec<(Vec<u8>, u32)>;

/// The tokens by their bytes, and the merges as pairs of ids.
pub fn read_word_ends(ids: &Ids, rows: &[Row], end: &str) -> Result<(Tokens, Vec<(u32, u32)>)> {
    let (mut plain, mut ending) = (Named::new(), Named::new());
    for (token, id) in &ids.rows {
        match token.strip_suffix(end) {
            Some(word) => push(&mut ending, (owned(word)?, *id))?,
            None => push(&mut plain, (owned(token)?, *id))?,
        }
    }
    let mut tokens = tokens_of(&plain)?;
    for (mut word, id) in tokens_of(&ending)? {
        push(&mut word, b' ')?;
        push(&mut tokens, (word, id))?;
    }
    let mut by_bytes: HashMap<&[u8], u32> = HashMap::new();
    by_bytes.try_reserve(tokens.len())?;
    by_bytes.extend(tokens.iter().map(|(token, id)| (token.as_slice(), *id)));
    if by_bytes.len() < ids.rows.len() {
        let end = quoted(end);
        return Err(wrong(format!("a token ends in a space, which stands for the end_of_word_suffix {end}")));
    }
    let of = |token: &[u8]| {
        let shown = || format!("{}{}", CHARS[usize::from(token[0])], if token.len() > 1 { end } else { "" });
        let missing = || wrong(format!("it has an end_of_word_suffix, but no token {}", quoted(&shown())));
        by_bytes.get(token).copied().ok_or_else(missing)
    };
    let mut pairs = Vec::new();
    for byte in 0..=255u8 {
        of(&[byte])?;
        of(&[byte, b' '])?;
    }
    for byte in 0..=255u8 {
        push(&mut pairs, (of(&[byte])?, of(b" ")?))?;
    }
    if let Some((rank, (left, _))) = rows.iter().enumerate().find(|(_, (left, _))| left.ends_with(end)) {
        return Err(wrong(format!("merge {rank} uses the token {}, which ends a word, and another", quoted(left))));
    }
    append(&mut pairs, &find_pairs(rows, ids, "")?)?;
    Ok((tokens, pairs))
}
