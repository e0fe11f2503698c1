//! Checks of tokens, ids and merges that a file names. Must equal those of `python/minitok/arguments.py`.

use super::Named;
use super::value::Value;
use super::wrong;
use crate::error::{Error, Result};
use crate::fast::read::base64;
use crate::fast::read::decline::answer;
use crate::fast::read::token_table::{HOLES_A_TOKEN, MAX_ID, MOST_HOLES, TokenTable};
use crate::fast::util::fallible::{concat, try_collect};
use crate::fast::vocab::FastVocab;
use crate::reference::published::characters::add_fallback;
use crate::reference::published::metaspace::{MARKER, spaced};
use crate::reference::published::vocabs::{Vocab, check_token_bytes};
use crate::reference::tokens::Tokens;
use std::borrow::Cow;
use std::fmt::Display;
use std::sync::Arc;

/// How many bytes the tokens of merges may have together, and how many more for each merge.
const TOKEN_BYTES: u64 = 16 << 20;
const BYTES_A_MERGE: u64 = 256;

/// [`TOKEN_BYTES`], unless `MINITOK_TOKEN_MIB` sets another limit.
fn most_token_bytes() -> u64 {
    let asked = std::env::var("MINITOK_TOKEN_MIB").ok().and_then(|mib| mib.parse::<u32>().ok());
    asked.filter(|&mib| mib > 0).map_or(TOKEN_BYTES, |mib| u64::from(mib) << 20)
}

/// Refuses ids with so many gaps that a table by id would be almost empty: a small file must not take gigabytes.
pub fn check_holes(ids: impl Iterator<Item = u32>) -> Result<()> {
    let (mut count, mut highest) = (0usize, 0);
    for id in ids {
        (count, highest) = (count + 1, highest.max(id));
    }
    if highest > MAX_ID || highest as usize > MOST_HOLES + HOLES_A_TOKEN * count {
        return Err(Error::Vocabulary(format!("the id {highest} is too high for a vocabulary of {count} tokens")));
    }
    Ok(())
}

/// The vocabulary of tokens whose ids are their ranks, as `id_of` makes them. Where they are not read as such, the tokens and ids are
/// checked by `check` first, in the order of the file.
pub fn of_ranks(
    mut table: TokenTable,
    id_of: impl Fn(u32) -> Option<u32>,
    check: impl FnOnce(&TokenTable) -> Result<Vec<(Vec<u8>, u32)>>,
) -> Result<FastVocab> {
    if let Some(tokens) = answer(table.take_tokens(id_of))? {
        let tokens = Arc::new(tokens);
        if let Some(vocab) = FastVocab::of_ranks(Arc::clone(&tokens))? {
            return Ok(vocab);
        }
        table.put_back(&tokens)?;
    }
    let ranks = check(&table)?;
    check_holes(ranks.iter().map(|&(_, id)| id))?;
    FastVocab::from_ranks(&ranks)
}

pub fn of_pairs(byte_order: &[u8], pairs: &[(u32, u32)]) -> Result<FastVocab> {
    let most = most_token_bytes() + BYTES_A_MERGE * pairs.len() as u64;
    if let Some(vocab) = FastVocab::of_pairs(byte_order, pairs, most)? {
        return Ok(vocab);
    }
    check_token_bytes(pairs, most)?;
    Ok(FastVocab::new(Vocab::from_merges(byte_order, pairs)?))
}

/// A token with its markers as spaces; most have none, and are looked at once.
pub fn unmarked(token: &[u8]) -> Result<Cow<'_, [u8]>> {
    if token.contains(&MARKER[0]) { spaced(token) } else { Ok(Cow::Borrowed(token)) }
}

/// The vocabulary of pieces (ids and scores) with byte fallback; `text_of`: the text of a piece.
pub fn of_scores<T: AsRef<[u8]>>(
    pieces: &[(u32, f64)],
    fallback: Vec<u32>,
    text_of: impl Fn(u32) -> Result<T>,
) -> Result<FastVocab> {
    let mut tokens = Tokens::default();
    for &(id, _) in pieces {
        crate::support::interrupt::check()?;
        tokens.set(id, text_of(id)?.as_ref())?;
    }
    add_fallback(&mut tokens, Some(&fallback))?;
    match FastVocab::of_scores(tokens, pieces, fallback.clone()) {
        Ok(Some(vocab)) => Ok(vocab),
        Err(error @ (Error::Memory | Error::Interrupted)) => Err(error),
        // The mirror takes the others, or says what is wrong with them.
        Ok(None) | Err(_) => {
            let scored =
                pieces.iter().map(|&(id, score)| Ok::<_, Error>((concat(&[text_of(id)?.as_ref()])?, id, score)));
            Ok(FastVocab::new(Vocab::from_scores(&try_collect(scored)?, fallback)?))
        }
    }
}

/// The byte that `<0xE4>` names, with capital letters.
pub fn named_byte(name: &[u8]) -> Option<u8> {
    let &[b'<', b'0', b'x', high, low, b'>'] = name else { return None };
    let digit = |digit: u8| match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    };
    Some(digit(high)? << 4 | digit(low)?)
}

/// The ids of the 256 bytes, each of which must have a token.
pub fn ids_of_bytes(ids: &[Option<u32>; 256], token: &str) -> Result<Vec<u32>> {
    let missing = |byte| wrong(format!("the byte 0x{byte:02x} has no {token}"));
    try_collect(ids.iter().enumerate().map(|(byte, id)| id.ok_or_else(|| missing(byte))))
}

/// A row of numbers up to a limit.
pub fn row<const N: usize>(value: &Value, what: impl Display, limit: u32) -> Result<[u32; N]> {
    let items = value.list().filter(|items| items.len() == N);
    let items = items.ok_or_else(|| wrong(format!("{what} is not {N} numbers: {}", value.shown())))?;
    let mut row = [0; N];
    for (number, item) in row.iter_mut().zip(items) {
        let id = item.id().filter(|&id| id <= limit);
        let refused =
            || wrong(format!("{what} holds something other than a whole number from 0 to {limit}: {}", item.shown()));
        *number = id.ok_or_else(refused)?;
    }
    Ok(row)
}

pub fn named_ids(value: &Value, what: &str) -> Result<Named> {
    let mut named = Named::new();
    for (name, id) in value.object().ok_or_else(|| wrong(format!("{what} is {}, not an object", value.kind())))? {
        let refused = || {
            wrong(format!(
                "the id of the token '{name}' of {what} is not a whole number from 0 to {MAX_ID}: {}",
                id.shown()
            ))
        };
        named.push((name.clone(), id.id().ok_or_else(refused)?));
    }
    Ok(named)
}

pub fn texts(value: &Value, what: &str) -> Result<Vec<String>> {
    let items = value.list().ok_or_else(|| wrong(format!("{what} is {}, not a list", value.kind())))?;
    let text = |item: &Value| item.text().map(str::to_owned);
    items.iter().map(|item| text(item).ok_or_else(|| wrong(format!("{what} holds {}", item.shown())))).collect()
}

pub fn decoded(text: &str, what: impl Display) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let read = answer(base64::decode(text.as_bytes(), &mut bytes))?;
    read.map(|()| bytes).ok_or_else(|| wrong(format!("{what} are not base64: {}", super::quoted(text))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_by_their_names() {
        assert!((0..=255u8).all(|byte| named_byte(format!("<0x{byte:02X}>").as_bytes()) == Some(byte)));
        for name in ["<0xab>", "<0x4>", "<0x041>", "0x41", "<0xG1>", "<0X41>"] {
            assert_eq!(named_byte(name.as_bytes()), None, "{name}");
        }
    }
}
