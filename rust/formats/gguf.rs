//! GGUF, the files of llama.cpp: the tokenizer among the key-values at their head. Must equal `python/minitok/formats/gguf.py`, which
//! says what is read and what the names of patterns stand for.

use super::definition::{Definition, Fields};
use super::gguf_values::{Held, read_values};
use super::gpt2::{Ids, find_pairs, to_bytes};
use super::ids::{check_holes, of_tokens, single_bytes};
use super::value::Value;
use super::{NO_MARKER, Named, quoted, wrong};
use crate::error::{Error, Result};
use crate::fast::read::gguf::{Gguf, WANTED, read_gguf, read_gguf_bytes};
use crate::fast::util::fallible::{concat, push};
use crate::fast::vocab::FastVocab;
use crate::reference::published::metaspace::spaced;
use crate::reference::vocab::{Alphabet, Vocab, never_in_utf8, show};
use foldhash::{HashMap, HashMapExt, HashSet};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

const NORMAL: i128 = 1;
const UNKNOWN: i128 = 2;
const CONTROL: i128 = 3;
const USER_DEFINED: i128 = 4;
const BYTE: i128 = 6;

const GGML: &str = "tokenizer.ggml.";
const CHAT_TEMPLATE: &str = "tokenizer.chat_template";

/// The split patterns, each behind the names that stand for it.
const PATTERNS: &str = include_str!("../../python/minitok/formats/gguf_patterns.txt");

/// The pattern that a name stands for, and whether a piece that is a token is not merged under it.
fn pattern_of(pre: &str) -> Option<(&'static str, bool)> {
    PATTERNS.lines().filter(|line| !line.starts_with('#')).find_map(|line| {
        let (names, pattern) = line.split_once(" = ")?;
        let name = names.split(' ').find(|name| name.trim_end_matches('*') == pre)?;
        Some((pattern, name.ends_with('*')))
    })
}

/// The tokenizer of a file, of which the head is read.
pub fn load(path: &Path) -> Result<Definition> {
    if let Some(found) = read_gguf(path)?
        && let Some(definition) = of_table(&found)?
    {
        return Ok(definition);
    }
    let unread = |error: std::io::Error| crate::reference::count::unread(path, &error);
    let file = File::open(path).map_err(unread)?;
    let size = file.metadata().map_err(unread)?.len();
    read(BufReader::new(file), size)
}

/// The tokenizer of a file, or of its head, in memory.
pub fn parse(data: &[u8]) -> Result<Definition> {
    if let Some(found) = read_gguf_bytes(data)?
        && let Some(definition) = of_table(&found)?
    {
        return Ok(definition);
    }
    read(data, data.len() as u64)
}

/// The tokenizer of a file that is read as tables; None for others.
fn of_table(table: &Gguf) -> Result<Option<Definition>> {
    let Some(rows) = table.special()? else { return Ok(None) };
    let pre = table.pre.as_deref().unwrap_or_default();
    let mut fields = found_of(rows, "", pre);
    if let Some((template, named)) = table.chat() {
        fields.chat =
            Some(chat_in_file(template, named.into_iter().map(|(name, token)| (name.to_owned(), token)).collect()));
    }
    let vocab = match (table.model.as_deref(), pattern_of(pre)) {
        (Some("gpt2"), Some((pattern, whole_pieces))) if table.space_prefix != Some(true) => {
            fields.pattern = pattern.into();
            table.byte_level(whole_pieces)?
        }
        (Some("llama"), _) if !table.replaces => {
            fields.pattern = "none".into();
            fields.prefix = Some(if table.space_prefix == Some(false) { "never" } else { "segment" }.into());
            table.characters()?
        }
        _ => None,
    };
    Ok(vocab.map(|vocab| Definition { vocab, fields }))
}

fn chat_in_file(template: &str, named: Vec<(String, String)>) -> Value {
    let texts = |named: Vec<(String, String)>| {
        Value::Object(named.into_iter().map(|(name, token)| (name, Value::Text(token))).collect())
    };
    let templates = texts(vec![("default".into(), template.into())]);
    Value::Object(vec![("templates".into(), templates), ("tokens".into(), texts(named))])
}

type Values = BTreeMap<String, Held>;

fn read(file: impl Read, size: u64) -> Result<Definition> {
    let wanted = |key: &str| {
        let name = key.strip_prefix(GGML).is_some_and(|name| WANTED.contains(&name.as_bytes()));
        name || key == "general.name" || key == CHAT_TEMPLATE
    };
    let values = read_values(file, size, wanted)?;
    let model = text_of(&values, "model")?;
    let mut definition = match model.as_str() {
        "llama" => read_scores(&values)?,
        "gpt2" => read_bytes(&values)?,
        _ => {
            return Err(wrong(format!(
                "its tokenizer is of the kind {}; minitok reads llama and gpt2",
                quoted(&model)
            )));
        }
    };
    definition.fields.chat = chat_of(&values)?;
    Ok(definition)
}

/// BPE of characters with byte fallback, from scores.
fn read_scores(values: &Values) -> Result<Definition> {
    let replaces = match held(values, "precompiled_charsmap") {
        None | Some(Held::Flag(false) | Held::Whole(0)) => false,
        Some(Held::List(items)) => !items.is_empty(),
        Some(Held::Text(text)) => !text.is_empty(),
        Some(_) => true,
    };
    if replaces {
        return Err(wrong("the tokenizer replaces characters (precompiled_charsmap), which minitok does not support"));
    }
    let (tokens, kinds) = tokens_of(values)?;
    let scores = items(values, "scores", "float", Some(tokens.len()), |item| {
        if let Held::Number(score) = item { Some(*score) } else { None }
    })?;
    if let Some(id) = scores.iter().position(|score| score.is_nan()) {
        return Err(wrong(format!("the score of token {id} is not a number")));
    }
    let (mut pieces, mut by_name) = (Vec::new(), HashMap::new());
    for ((&token, &kind), (&score, id)) in tokens.iter().zip(&kinds).zip(scores.iter().zip(0u32..)) {
        if kind == NORMAL {
            push(&mut pieces, (concat(&[&spaced(token)?])?, id, score))?;
        } else if kind == BYTE {
            by_name.insert(token, id);
        }
    }
    let byte = |byte: u8| {
        let id = by_name.get(format!("<0x{byte:02X}>").as_bytes()).copied();
        id.ok_or_else(|| wrong(format!("the byte 0x{byte:02x} has no token")))
    };
    let fallback = (0..=255).map(byte).collect::<Result<Vec<u32>>>()?;
    if !pieces.iter().any(|(piece, _, _)| piece == b" ") {
        return Err(wrong(NO_MARKER));
    }
    check_holes(pieces.iter().map(|&(_, id, _)| id).chain(fallback.iter().copied()))?;
    let mut fields = special_of(values, &tokens, &kinds)?;
    fields.pattern = "none".into();
    let never = matches!(held(values, "add_space_prefix"), Some(Held::Flag(false) | Held::Whole(0)));
    fields.prefix = Some(if never { "never" } else { "segment" }.into());
    Ok(Definition { vocab: FastVocab::new(Vocab::from_scores(&pieces, fallback)?), fields })
}

/// Byte-level BPE, from merges and the name of a pattern.
fn read_bytes(values: &Values) -> Result<Definition> {
    let pre = text_of(values, "pre")?;
    let Some((pattern, whole_pieces)) = pattern_of(&pre) else {
        return Err(wrong(format!("the split pattern has the name {}, which minitok does not know", quoted(&pre))));
    };
    if matches!(held(values, "add_space_prefix"), Some(Held::Flag(true) | Held::Whole(1..))) {
        return Err(wrong(
            "it puts a space before the text (add_space_prefix), which minitok does not support with bytes",
        ));
    }
    let (tokens, kinds) = tokens_of(values)?;
    let (mut rows, mut by_bytes, mut seen) = (Named::new(), Vec::new(), HashSet::default());
    for ((&token, &kind), id) in tokens.iter().zip(&kinds).zip(0u32..) {
        if kind != NORMAL {
            continue;
        }
        let text = as_text(token, id)?;
        if !seen.insert(token) {
            return Err(wrong(format!("the token {id}, {}, appears twice", quoted(text))));
        }
        // What is not written as bytes are is in no text.
        if let Ok(bytes) = to_bytes(text) {
            push(&mut by_bytes, (bytes, id))?;
        }
        push(&mut rows, (text.to_owned(), id))?;
    }
    let merges =
        items(values, "merges", "bytes", None, |item| if let Held::Text(text) = item { Some(text) } else { None })?;
    let mut pairs = Vec::new();
    for (row, rank) in merges.into_iter().zip(0..) {
        let text = String::from_utf8_lossy(row);
        let sides = text.split_once(' ').filter(|(_, right)| !right.contains(' '));
        let (left, right) = sides.ok_or_else(|| wrong(format!("merge {rank} is not two tokens: {}", quoted(&text))))?;
        push(&mut pairs, (left.to_owned(), right.to_owned()))?;
    }
    let merges = find_pairs(&pairs, &Ids::new(rows)?, "")?;
    let has = single_bytes(by_bytes.iter().map(|(token, _)| token.as_slice()))?;
    let drops_bytes = (0..=255u8).any(|byte| !has[usize::from(byte)] && !never_in_utf8(byte));
    let vocab = of_tokens(&by_bytes, &merges, whole_pieces, Alphabet { drops_bytes, ..Alphabet::default() })?;
    let fields = Fields { pattern: pattern.into(), ..special_of(values, &tokens, &kinds)? };
    Ok(Definition { vocab, fields })
}

/// The tokens and their types, by id.
fn tokens_of(values: &Values) -> Result<(Vec<&[u8]>, Vec<i128>)> {
    let tokens =
        items(
            values,
            "tokens",
            "bytes",
            None,
            |item| if let Held::Text(text) = item { Some(text.as_slice()) } else { None },
        )?;
    let kinds = items(values, "token_type", "int", Some(tokens.len()), |item| {
        if let Held::Whole(kind) = item { Some(*kind) } else { None }
    })?;
    if let Some((id, kind)) = kinds.iter().enumerate().find(|(_, kind)| !(NORMAL..=BYTE).contains(*kind)) {
        return Err(wrong(format!("the token {id} has the unknown type {kind}")));
    }
    Ok((tokens, kinds))
}

/// The fields for the tokens that are found in text.
fn special_of(values: &Values, tokens: &[&[u8]], kinds: &[i128]) -> Result<Fields> {
    let mut rows = Vec::new();
    for ((token, &kind), id) in tokens.iter().zip(kinds).zip(0u32..) {
        if matches!(kind, UNKNOWN | CONTROL | USER_DEFINED) {
            push(&mut rows, (as_text(token, id)?.to_owned(), id, kind == USER_DEFINED))?;
        }
    }
    let text = |key: &str| match values.get(key) {
        Some(Held::Text(text)) => String::from_utf8_lossy(text).into_owned(),
        _ => String::new(),
    };
    Ok(found_of(rows, &text("general.name"), &text("tokenizer.ggml.pre")))
}

/// The same, given names, ids, and whether they are added tokens. And what tokens take.
fn found_of(rows: Vec<(String, u32, bool)>, name: &str, pre: &str) -> Fields {
    let mut fields = Fields::default();
    fields.find_tokens(rows);
    fields.token_flags = flags_of(name, pre, &fields);
    fields
}

/// The white space that tokens take, which llama.cpp knows by the name of the model or of its pattern.
fn flags_of(model: &str, pre: &str, fields: &Fields) -> BTreeMap<String, BTreeSet<String>> {
    let model = model.to_lowercase();
    let names = || fields.found_tokens().map(|(name, _)| name.as_str());
    let (flag, taken): (&str, Vec<&str>) =
        if ["jina-v2-de", "jina-v2-es", "jina-v2-code"].iter().any(|part| pre.contains(part)) {
            ("lstrip", names().filter(|name| *name == "<mask>").collect())
        } else if model.contains("phi-3") || model.contains("phi3") {
            ("rstrip", names().filter(|name| !matches!(*name, "<unk>" | "<s>" | "<|endoftext|>")).collect())
        } else if model.contains("modern-bert") {
            ("lstrip", names().filter(|name| *name == "[MASK]").collect())
        } else {
            return BTreeMap::new();
        };
    taken.into_iter().map(|name| (name.to_owned(), BTreeSet::from([flag.to_owned()]))).collect()
}

fn as_text(token: &[u8], id: u32) -> Result<&str> {
    std::str::from_utf8(token).map_err(|_| wrong(format!("the token {id}, {}, is not UTF-8", show(token))))
}

/// The chat template, and what it knows as `bos_token` and `eos_token`.
fn chat_of(values: &Values) -> Result<Option<Value>> {
    let Some(Held::Text(source)) = values.get(CHAT_TEMPLATE) else { return Ok(None) };
    let (tokens, _) = tokens_of(values)?;
    let named = ["bos_token", "eos_token"].into_iter().filter_map(|name| match held(values, &format!("{name}_id")) {
        Some(Held::Whole(id)) => {
            let token = tokens.get(usize::try_from(*id).ok()?)?;
            Some((name.to_owned(), String::from_utf8_lossy(token).into_owned()))
        }
        _ => None,
    });
    let template = std::str::from_utf8(source).map_err(|_| wrong("tokenizer.chat_template is not UTF-8"))?;
    Ok(Some(chat_in_file(template, named.collect())))
}

fn held<'v>(values: &'v Values, name: &str) -> Option<&'v Held> {
    values.get(&format!("{GGML}{name}"))
}

/// A list that must be there, of that kind and length.
fn items<'v, T>(
    values: &'v Values,
    name: &str,
    kind: &str,
    count: Option<usize>,
    read: impl Fn(&'v Held) -> Option<T>,
) -> Result<Vec<T>> {
    let refused = || wrong(format!("the file has no tokenizer, or {GGML}{name} is not a list of {kind}"));
    let Some(Held::List(list)) = held(values, name) else { return Err(refused()) };
    if let Some(count) = count.filter(|&count| count != list.len()) {
        return Err(wrong(format!("{GGML}{name} has {} items for {count} tokens", list.len())));
    }
    let mut found = Vec::new();
    found.try_reserve(list.len()).map_err(Error::from)?;
    for item in list {
        found.push(read(item).ok_or_else(refused)?);
    }
    Ok(found)
}

/// A string that must be there.
fn text_of(values: &Values, name: &str) -> Result<String> {
    match held(values, name) {
        Some(Held::Text(text)) => Ok(String::from_utf8_lossy(text).into_owned()),
        _ => Err(wrong(format!("the file has no {GGML}{name}"))),
    }
}
