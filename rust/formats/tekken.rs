//! Mistral's `tekken.json`: ranks as tiktoken has them, with the pattern and the special tokens.
//!
//! Ids are ranks after those of the special tokens: a token has the id `rank + default_num_special_tokens`. Of the ranks in the file,
//! those below `default_vocab_size - default_num_special_tokens` are used. Special tokens have their ranks as ids; a file without them
//! has the ones that Mistral fixed first, and what is left of the room is `<SPECIAL_n>`.

use super::definition::{Definition, Fields};
use super::ids::{decoded, of_ranks};
use super::json::Values;
use super::pattern_names::name_of;
use super::value::Value;
use super::{Named, quoted, wrong};
use crate::error::{Error, Result};
use crate::fast::read::base64;
use crate::fast::read::decline::Decline::NotMine;
use crate::fast::read::decline::Read;
use crate::fast::read::json::Reader;
use crate::fast::read::token_table::TokenTable;
use crate::fast::util::fallible::{concat, push};
use crate::reference::published::vocabs::show;
use foldhash::{HashMap, HashMapExt, HashSet, HashSetExt};

/// The special tokens of the versions whose files do not name them.
const FIRST_SPECIAL: [&str; 20] = [
    "<unk>", "<s>", "</s>", "[INST]", "[/INST]", "[AVAILABLE_TOOLS]", "[/AVAILABLE_TOOLS]", "[TOOL_RESULTS]",
    "[/TOOL_RESULTS]", "[TOOL_CALLS]", "[IMG]", "<pad>", "[IMG_BREAK]", "[IMG_END]", "[PREFIX]", "[MIDDLE]",
    "[SUFFIX]", "[SYSTEM_PROMPT]", "[/SYSTEM_PROMPT]", "[TOOL_CONTENT]",
];
/// Ids of special tokens need not be named, so a few bytes can ask for any number of them. Mistral's files have 1,000.
const MOST_SPECIAL: i64 = 100_000;

/// The tokens of a file and their ranks, and what is wrong with them.
#[derive(Debug, Default)]
pub struct Ranks {
    table: TokenTable,
    refused: Option<Error>,
    /// A text with escapes.
    text: Vec<u8>,
}

/// The rank of a token that no vocabulary has room for.
const NO_RANK: u32 = u32::MAX;

impl Ranks {
    pub fn read(values: &mut Values) -> Result<Ranks> {
        let mut ranks = Ranks::default();
        ranks.refused = values.each_row(&mut ranks, scan_token, read_token)?;
        Ok(ranks)
    }
}

fn scan_token(reader: &mut Reader, Ranks { table, text, .. }: &mut Ranks) -> Read<()> {
    let (mut rank, mut token) = (None, None);
    reader.each_field(|name, reader| {
        text.clear();
        match name {
            b"rank" if rank.is_none() => rank = Some(reader.id()?),
            b"token_bytes" if token.is_none() => token = Some(reader.text(text)?.ok_or(NotMine)?),
            b"token_str" if reader.peek()? == b'"' => _ = reader.text(text)?,
            b"token_str" => reader.null()?,
            _ => return Err(NotMine),
        }
        Ok(())
    })?;
    let (Some(rank), Some(token)) = (rank, token) else { return Err(NotMine) };
    table.add(rank, |bytes| base64::decode(token, bytes))
}

fn read_token(value: &Value, Ranks { table, .. }: &mut Ranks) -> Result<()> {
    let rank = u32::try_from(value.need_whole("rank")?).unwrap_or(NO_RANK);
    let place = table.len();
    let token = decoded(value.need_text("token_bytes")?, format_args!("the bytes of token {place} of the vocab"))?;
    table.push(rank, &token)
}

pub fn parse(content: &Value, ranks: Option<Ranks>) -> Result<Definition> {
    let (n_special, size) = sizes(content)?;
    content.need_list("vocab")?;
    let Ranks { table, refused, .. } = ranks.unwrap_or_default();
    refused.map_or(Ok(()), Err)?;
    let id_of = |rank| if rank < size - n_special { Some(rank + n_special) } else { None };
    let vocab = of_ranks(table, id_of, |table| distinct(table, id_of))?;
    Ok(Definition { vocab, fields: fields_of(content)? })
}

fn fields_of(content: &Value) -> Result<Fields> {
    let (n_special, _) = sizes(content)?;
    let pattern = name_of(content.need_object("config")?.need_text("pattern")?);
    Ok(Fields::new(pattern, read_special(content, n_special)?))
}

/// The tokens that are used with their ids, each once.
fn distinct(table: &TokenTable, id_of: impl Fn(u32) -> Option<u32>) -> Result<Vec<(Vec<u8>, u32)>> {
    let (mut ranks, mut ids) = (Vec::new(), HashMap::new());
    ids.try_reserve(table.len())?;
    for ((token, rank), place) in table.rows().zip(0..) {
        let Some(id) = id_of(rank) else { continue };
        match ids.insert(token, id) {
            None => push(&mut ranks, (concat(&[token])?, id))?,
            Some(before) if before == id => {}
            Some(_) => return Err(wrong(format!("the token {place} of the vocab, {}, has two ranks", show(token)))),
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
