//! GGUF, the files of llama.cpp: the tokenizer among the key-values at their head.
//!
//! Two kinds are read. `llama` is `SentencePiece`'s BPE: tokens with scores and types. `gpt2` is byte-level BPE: tokens, merges, and
//! the *name* of a split pattern, `tokenizer.ggml.pre`: one of some seventy in `gguf_patterns.txt`; any other is refused. The ids are
//! llama.cpp's, which are those of the model's own library up to the flags of added tokens, which GGUF does not hold: llama.cpp knows
//! those of some models by their names (`flags_of`).
//!
//! Special tokens are the control tokens and the user-defined ones, which llama.cpp finds in every text, and minitok where it is
//! asked to. Left out are padding tokens (unused), and normal tokens that are not written as bytes are, which no text has.
//!
//! Costs: O(n) for n bytes of key-values: some tens of milliseconds for 150,000 tokens and merges.

use super::definition::{Definition, Fields};
use super::gguf_values::{Held, Strings, read_values};
use super::ids::{check_holes, ids_of_bytes, named_byte, of_scores, unmarked};
use super::token_texts::{Ids, of_tokens};
use super::value::Value;
use super::{NO_MARKER, quoted, wrong};
use crate::error::Result;
use crate::fast::read::decline::answer;
use crate::fast::read::string_table::StringTable;
use crate::fast::util::fallible::push;
use crate::reference::published::vocabs::{Alphabet, show};
use crate::support::interrupt;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{BufReader, Cursor, Read, Seek};
use std::path::Path;

const NORMAL: i64 = 1;
const UNKNOWN: i64 = 2;
const CONTROL: i64 = 3;
const USER_DEFINED: i64 = 4;
const BYTE: i64 = 6;
// A list without items may be of any type.
static NO_WHOLES: Vec<i64> = Vec::new();
static NO_NUMBERS: Vec<f64> = Vec::new();
static NO_TEXTS: Strings = Strings::EMPTY;
/// The values that are read, apart from the model's name and its chat template.
const WANTED: [&str; 10] = [
    "bos_token_id", "eos_token_id", "model", "pre", "add_space_prefix", "tokens", "merges", "token_type", "scores",
    "precompiled_charsmap",
];

const GGML: &str = "tokenizer.ggml.";
const CHAT_TEMPLATE: &str = "tokenizer.chat_template";

/// The split patterns, each after the names that stand for it.
const PATTERNS: &str = include_str!("gguf_patterns.txt");

/// The pattern that a name stands for, and whether a piece that is a token is not merged under it.
fn pattern_of(pre: &str) -> Option<(&'static str, bool)> {
    PATTERNS.lines().filter(|line| !line.starts_with('#')).find_map(|line| {
        let (names, pattern) = line.split_once(" = ")?;
        let name = names.split(' ').find(|name| name.trim_end_matches('*') == pre)?;
        Some((pattern, name.ends_with('*')))
    })
}

pub fn load(path: &Path) -> Result<Definition> {
    let unread = |error: std::io::Error| crate::reference::count::unread(path, &error);
    let file = File::open(path).map_err(unread)?;
    let size = file.metadata().map_err(unread)?.len();
    read(BufReader::with_capacity(1 << 17, file), size)
}

/// The tokenizer of a file, or of its head, in memory.
pub fn parse(data: &[u8]) -> Result<Definition> {
    read(Cursor::new(data), data.len() as u64)
}

type Values = BTreeMap<String, Held>;

fn read(file: impl Read + Seek, size: u64) -> Result<Definition> {
    let wanted = |key: &str| {
        let name = key.strip_prefix(GGML).is_some_and(|name| WANTED.contains(&name));
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

fn is_set(held: &Held) -> bool {
    match held {
        Held::Flag(flag) => *flag,
        Held::Whole(number) => *number != 0,
        Held::Number(number) => *number != 0.0,
        Held::Text(text) => !text.is_empty(),
        Held::Wholes(items) => !items.is_empty(),
        Held::Numbers(items) => !items.is_empty(),
        Held::Texts(items) => !items.is_empty(),
        Held::Flags(count) => *count > 0,
    }
}

/// BPE of characters with byte fallback, from scores.
fn read_scores(values: &Values) -> Result<Definition> {
    if held(values, "precompiled_charsmap").is_some_and(is_set) {
        return Err(wrong("the tokenizer replaces characters (precompiled_charsmap), which minitok does not support"));
    }
    let (tokens, kinds) = tokens_of(values)?;
    let scores = match held(values, "scores") {
        Some(Held::Numbers(scores)) => scores,
        other => empty(other, &NO_NUMBERS, "scores", "numbers")?,
    };
    check_length("scores", scores.len(), tokens.len())?;
    if let Some(id) = scores.iter().position(|score| score.is_nan()) {
        return Err(wrong(format!("the score of token {id} is not a number")));
    }
    let (mut pieces, mut by_byte, mut has_space) = (Vec::new(), [None; 256], false);
    for (((token, &kind), &score), id) in tokens.iter().zip(kinds).zip(scores).zip(0u32..) {
        interrupt::check()?;
        if kind == NORMAL {
            push(&mut pieces, (id, score))?;
            has_space |= token == "▁".as_bytes() || token == b" ";
        } else if let Some(byte) = named_byte(token).filter(|_| kind == BYTE) {
            by_byte[usize::from(byte)] = Some(id);
        }
    }
    let fallback = ids_of_bytes(&by_byte, "token")?;
    if !has_space {
        return Err(wrong(NO_MARKER));
    }
    check_holes(pieces.iter().map(|&(id, _)| id).chain(fallback.iter().copied()))?;
    let mut fields = special_of(values, tokens, kinds)?;
    fields.pattern = "none".into();
    let always = held(values, "add_space_prefix").is_none_or(is_set);
    fields.prefix = Some(if always { "segment" } else { "never" }.into());
    let vocab = of_scores(&pieces, fallback, |id| unmarked(tokens.get(id as usize).unwrap_or_default()))?;
    Ok(Definition { vocab, fields })
}

/// Byte-level BPE, from merges and the name of a pattern.
fn read_bytes(values: &Values) -> Result<Definition> {
    let pre = text_of(values, "pre")?;
    let Some((pattern, whole_pieces)) = pattern_of(&pre) else {
        return Err(wrong(format!("the split pattern has the name {}, which minitok does not know", quoted(&pre))));
    };
    if held(values, "add_space_prefix").is_some_and(is_set) {
        return Err(wrong(
            "it puts a space before the text (add_space_prefix), which minitok does not support with bytes",
        ));
    }
    let (tokens, kinds) = tokens_of(values)?;
    let fields = Fields { pattern: pattern.into(), ..special_of(values, tokens, kinds)? };
    let mut table = StringTable::default();
    for ((token, _), id) in tokens.iter().zip(kinds).zip(0u32..).filter(|((_, kind), _)| **kind == NORMAL) {
        interrupt::check()?;
        if !table.add_text(as_text(token, id)?.as_bytes(), id)? {
            return Err(wrong(format!("the token {id}, {}, appears twice", show(token))));
        }
    }
    for (row, rank) in texts(values, "merges")?.iter().zip(0..) {
        interrupt::check()?;
        answer(table.merge(row))?.ok_or_else(|| {
            wrong(format!("merge {rank} is not two tokens: {}", quoted(&String::from_utf8_lossy(row))))
        })?;
    }
    let mut ids = Ids::new(&table)?;
    ids.leave_out_unwritten()?;
    let alphabet = Alphabet { drops_bytes: ids.lacks_bytes(), ..Alphabet::default() };
    Ok(Definition { vocab: of_tokens(ids.in_bytes()?, ids.merges("")?, whole_pieces, alphabet)?, fields })
}

fn tokens_of(values: &Values) -> Result<(&Strings, &[i64])> {
    let tokens = texts(values, "tokens")?;
    let kinds = match held(values, "token_type") {
        Some(Held::Wholes(kinds)) => kinds,
        other => empty(other, &NO_WHOLES, "token_type", "whole numbers")?,
    };
    check_length("token_type", kinds.len(), tokens.len())?;
    if let Some((id, kind)) = kinds.iter().enumerate().find(|(_, kind)| !(NORMAL..=BYTE).contains(*kind)) {
        return Err(wrong(format!("the token {id} has the unknown type {kind}")));
    }
    Ok((tokens, kinds))
}

/// The fields for the tokens that are found in text.
fn special_of(values: &Values, tokens: &Strings, kinds: &[i64]) -> Result<Fields> {
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
    let mut fields = Fields::default();
    fields.find_tokens(rows);
    fields.token_flags = flags_of(&text("general.name"), &text("tokenizer.ggml.pre"), &fields);
    Ok(fields)
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
            Some((name.to_owned(), Value::Text(String::from_utf8_lossy(token).into_owned())))
        }
        _ => None,
    });
    let template = std::str::from_utf8(source).map_err(|_| wrong("tokenizer.chat_template is not UTF-8"))?;
    let templates = Value::Object(vec![("default".into(), Value::Text(template.into()))]);
    Ok(Some(Value::Object(vec![("templates".into(), templates), ("tokens".into(), Value::Object(named.collect()))])))
}

fn held<'v>(values: &'v Values, name: &str) -> Option<&'v Held> {
    values.get(&format!("{GGML}{name}"))
}

fn texts<'v>(values: &'v Values, name: &str) -> Result<&'v Strings> {
    match held(values, name) {
        Some(Held::Texts(texts)) => Ok(texts),
        other => empty(other, &NO_TEXTS, name, "bytes"),
    }
}

/// The empty list, whatever type its items would have; any other value is refused.
fn empty<'v, T>(held: Option<&Held>, none: &'v T, name: &str, kind: &str) -> Result<&'v T> {
    match held {
        Some(list @ (Held::Wholes(_) | Held::Numbers(_) | Held::Texts(_) | Held::Flags(_))) if !is_set(list) => {
            Ok(none)
        }
        _ => Err(wrong(format!("the file has no tokenizer, or {GGML}{name} is not a list of {kind}"))),
    }
}

fn check_length(name: &str, length: usize, count: usize) -> Result<()> {
    if length == count {
        return Ok(());
    }
    Err(wrong(format!("{GGML}{name} has {length} items for {count} tokens")))
}

fn text_of(values: &Values, name: &str) -> Result<String> {
    match held(values, name) {
        Some(Held::Text(text)) => Ok(String::from_utf8_lossy(text).into_owned()),
        _ => Err(wrong(format!("the file has no {GGML}{name}"))),
    }
}
