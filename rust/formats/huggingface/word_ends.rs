//! Tokens that end a word, `cat</w>`: read with a space in place of the suffix (SPEC N3).
//! `shown_word_ends` of `python/minitok/formats/huggingface/write.py` writes such files.

use super::super::token_texts::{Ids, add_bytes};
use super::super::{quoted, wrong};
use crate::error::Result;
use crate::fast::read::token_table::TokenTable;
use crate::fast::util::fallible::push;
use crate::reference::published::byte_chars::CHARS;
use crate::reference::published::vocabs::Merge;
use foldhash::{HashMap, HashMapExt};

pub fn read_word_ends(ids: &Ids, end: &str) -> Result<(TokenTable, Vec<Merge>)> {
    let mut tokens = TokenTable::default();
    for ends in [false, true] {
        for (token, id) in ids.rows() {
            match token.strip_suffix(end.as_bytes()) {
                Some(word) if ends => add_bytes(&mut tokens, word, id, b" ")?,
                None if !ends => add_bytes(&mut tokens, token, id, b"")?,
                _ => {}
            }
        }
    }
    let mut by_bytes: HashMap<&[u8], u32> = HashMap::new();
    by_bytes.try_reserve(tokens.len())?;
    by_bytes.extend(tokens.rows());
    if by_bytes.len() < tokens.len() {
        let end = quoted(end);
        return Err(wrong(format!("a token ends in a space, which stands for the end_of_word_suffix {end}")));
    }
    let of = |token: &[u8]| {
        let shown = || format!("{}{}", CHARS[usize::from(token[0])], if token.len() > 1 { end } else { "" });
        let missing = || wrong(format!("it has an end_of_word_suffix, but no token {}", quoted(&shown())));
        by_bytes.get(token).copied().ok_or_else(missing)
    };
    let mut merges = Vec::new();
    for byte in 0..=255u8 {
        let (left, id) = (of(&[byte])?, of(&[byte, b' '])?);
        push(&mut merges, Merge { left, right: 0, id, rank: byte.into() })?;
    }
    let space = of(b" ")?;
    for merge in &mut merges {
        merge.right = space;
    }
    let ends = |&[left, ..]: &[u32; 3]| ids.table.token(left).ends_with(end.as_bytes());
    if let Some((rank, &[left, ..])) = ids.table.merges().iter().enumerate().find(|(_, merge)| ends(merge)) {
        let left = quoted(&ids.table.text(left));
        return Err(wrong(format!("merge {rank} uses the token {left}, which ends a word, and another")));
    }
    for merge in ids.merges("")? {
        push(&mut merges, Merge { rank: merge.rank + 256, ..merge })?;
    }
    Ok((tokens, merges))
}
