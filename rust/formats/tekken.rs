//! Mistral's `tekken.json`: ranks as tiktoken has them, with the pattern and the special tokens.
//!
//! Ids are ranks behind those of the special tokens: a token has the id `rank + default_num_special_tokens`. Of the ranks in the file,
//! those below `default_vocab_size - default_num_special_tokens` are used. Special tokens have their ranks as ids; a file without them
//! has the ones that Mistral fixed first, and what is left of the room is `<SPECIAL_n>`.

use super::definition::{Definition, Fields};
use super::ids::{check_holes, decoded};
use super::pattern_names::name_of;
use super::value::{Value, parse as parse_json};
use super::{Named, quoted, wrong};
use crate::error::Result;
use crate::fast::read::tekken::read_tekken;
use crate::fast::util::fallible::push;
use crate::fast::vocab::FastVocab;
use crate::reference::vocab::show;
use foldhash::{HashMap, HashMapExt, HashSet, HashSetExt};

/// The special tokens of the versions whose files do not name them.
const FIRST_SPECIAL: [&str; 20] = [
    "<unk>",
    "<s>",
    "</s>",
    "[INST]",
    "[/INST]",
    "[AVAILABLE_TOOLS]",
    "[/AVAILABLE_TOOLS]",
    "[TOOL_RESULTS]",
    "[/TOOL_RESULTS]",
    "[TOOL_CALLS]",
    "[IMG]",
    "<pad>",
    "[IMG_BREAK]",
    "[IMG_END]",
    "[PREFIX]",
    "[MIDDLE]",
    "[SUFFIX]",
    "[SYSTEM_PROMPT]",
    "[/SYSTEM_PROMPT]",
    "[TOOL_CONTENT]",
];
/// Ids of special tokens need not be named, so a few bytes can ask for any number of them. Mistral's files have 1,000.
const MOST_SPECIAL: i64 = 100_000;

/// The tokenizer of a file whose tables are read as such; None for one that is left to [`parse`].
pub fn parse_tables(data: &[u8]) -> Result<Option<Definition>> {
    let Some(tables) = read_tekken(data)? else { return Ok(None) };
    let Ok(content) = parse_json(&tables.rest) else { return Ok(None) };
    if content.has("format") || content.has("model") {
        return Ok(None);
    }
    let (Ok(fields), Ok((n_special, size))) = (fields_of(&content), sizes(&content)) else { return Ok(None) };
    Ok(tables.vocabulary(size - n_special, n_special)?.map(|vocab| Definition { vocab, fields }))
}

/// The tokenizer of a file, from its JSON.
pub fn parse(content: &Value) -> Result<Definition> {
    let (n_special, size) = sizes(content)?;
    let ranks = read_ranks(content, n_special, size)?;
    check_holes(ranks.iter().map(|&(_, id)| id))?;
    let vocab = FastVocab::from_ranks(&ranks)?;
    Ok(Definition { vocab, fields: fields_of(content)? })
}

fn fields_of(content: &Value) -> Result<Fields> {
    let (n_special, _) = sizes(content)?;
    let pattern = name_of(content.need_object("config")?.need_text("pattern")?);
    Ok(Fields::new(pattern, read_special(content, n_special)?))
}

/// The ids of the tokens that are used, by their bytes.
fn read_ranks(content: &Value, n_special: u32, size: u32) -> Result<Vec<(Vec<u8>, u32)>> {
    let (mut ranks, mut ids) = (Vec::new(), HashMap::new());
    for (row, place) in content.need_list("vocab")?.iter().zip(0..) {
        let rank = row.need_whole("rank")?;
        let token = decoded(row.need_text("token_bytes")?, format_args!("the bytes of token {place} of the vocab"))?;
        let Some(id) = u32::try_from(rank).ok().filter(|&rank| rank < size - n_special).map(|rank| rank + n_special)
        else {
            continue;
        };
        ids.try_reserve(1)?;
        match ids.insert(token.clone(), id) {
            None => push(&mut ranks, (token, id))?,
            Some(before) if before == id => {}
            Some(_) => return Err(wrong(format!("the token {place} of the vocab, {}, has two ranks", show(&token)))),
        }
    }
    Ok(ranks)
}

/// How many special tokens there are, and how many tokens in all.
fn sizes(content: &Value) -> Result<(u32, u32)> {
    let config = content.need_object("config")?;
    let n_special = config.need_whole("default_num_special_tokens")?;
    let size = config.need_whole("default_vocab_size")?;
    if !(0 <= n_special && n_special < size && size <= 1 << 31) {
        let reason = format!("default_num_special_tokens {n_special} is not below default_vocab_size {size}");
        return Err(wrong(reason));
    }
    if n_special > MOST_SPECIAL {
        return Err(wrong(format!("default_num_special_tokens is {n_special}; it can be {MOST_SPECIAL} at most")));
    }
    Ok((u32::try_from(n_special).unwrap_or_default(), u32::try_from(size).unwrap_or_default()))
}

/// The special tokens, and names for the ids among them that have none.
fn read_special(content: &Value, n_special: u32) -> Result<Named> {
    let mut named: HashMap<u32, &str> = HashMap::new();
    match content.get("special_tokens") {
        None => named.extend((0..n_special).zip(FIRST_SPECIAL)),
        Some(_) => {
            for row in content.need_list("special_tokens")? {
                let (rank, token) = (row.need_whole("rank")?, row.need_text("token_str")?);
                let Some(id) = u32::try_from(rank).ok().filter(|&id| id < n_special) else {
                    let token = quoted(token);
                    return Err(wrong(format!(
                        "the special token {token} has the rank {rank}, which is not one of the {n_special} ranks of special tokens"
                    )));
                };
                if let Some(other) = named.insert(id, token) {
                    let (other, token) = (quoted(other), quoted(token));
                    return Err(wrong(format!("the special tokens {other} and {token} both have the rank {rank}")));
                }
            }
        }
    }
    let (mut special, mut seen) = (Named::new(), HashSet::new());
    for id in 0..n_special {
        let token = named.get(&id).map_or_else(|| format!("<SPECIAL_{id}>"), |name| (*name).to_owned());
        if !seen.insert(token.clone()) {
            return Err(wrong(format!("the special token {} has two ranks", quoted(&token))));
        }
        push(&mut special, (token, id))?;
    }
    Ok(special)
}
