//! Recognises the format of a file or a folder by its content; the name does not matter.

use super::definition::Definition;
use super::json::{Values, parse as parse_json, parse_with};
use super::value::Value;
use super::{Named, blamed, gguf, gpt2, huggingface, minbpe, native, quoted, sentencepiece, tekken, tiktoken, wrong};
use crate::error::{Error, Result};
use crate::fast::read::token_table::id_of;
use crate::reference::count::unread;
use crate::reference::published::names::own_names;
use foldhash::HashMap;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

const BY_FOLDER: &str = "one of GPT-2's two files: name the folder, which holds both vocab.json and merges.txt";
const NOT_KNOWN: &str = "not a tokenizer of minitok, Hugging Face, SentencePiece, llama.cpp, minbpe or tiktoken";
/// What is often opened by mistake, by its first bytes, and what to do then.
const MISTAKEN: [(&[u8], &str); 4] = [
    (b"version https://git-lfs", "a pointer of Git LFS; 'git lfs pull' fetches the file itself"),
    (b"<", "a page of HTML or XML; download the file itself"),
    (b"\x1f\x8b", "compressed; decompress it with gunzip"),
    (b"PK\x03\x04", "an archive; unpack it"),
];
const SETTINGS: &str = "the settings of a model; open its folder, or its tokenizer.json";
pub const PATTERN_NEEDED: &str = "a tiktoken rank file does not contain its split pattern";
/// What to do then, for which each language has its own words.
pub const NAME_PATTERN: &str = "name one";
pub const OWN_WORDS: &str = "it already defines its pattern and special tokens: name neither";
/// What is looked for in a folder, in this order.
const IN_FOLDERS: &str =
    "tokenizer.json, tekken.json, vocab.json with merges.txt, tokenizer.model, tiktoken.model, *.tiktoken";
/// How the code that comes with models cuts text, where they ship ranks: Kimi, GLM-4 and Qwen 1.
const CODE: [(&str, &str); 3] = [
    ("tokenization_kimi.TikTokenTokenizer", "kimi"),
    ("tokenization_chatglm.ChatGLM4Tokenizer", "llama3"),
    ("tokenization_qwen.QWenTokenizer", "qwen2"),
];

/// What the caller says of a file that does not say it.
#[derive(Debug, Clone, Default)]
pub struct Given {
    pub pattern: Option<String>,
    pub special_tokens: Option<Named>,
    /// Added tokens of a `tokenizer.json` keep the ids that the file says.
    pub other_ids: bool,
}

impl Given {
    fn check_none(&self) -> Result<()> {
        if self.pattern.is_some() || self.special_tokens.is_some() { Err(wrong(OWN_WORDS)) } else { Ok(()) }
    }
}

pub fn read_path(path: &Path, given: &Given) -> Result<Definition> {
    if path.is_dir() { read_folder(path, given) } else { read_file(path, given) }
}

/// What a file holds. It is opened once, as a pipe can be, unless it is GGUF, of which only the head is read.
fn read_file(path: &Path, given: &Given) -> Result<Definition> {
    let failed = |error: std::io::Error| unread(path, &error);
    let mut file = File::open(path).map_err(failed)?;
    let mut data = Vec::new();
    let magic = super::gguf_values::MAGIC;
    file.by_ref().take(magic.len() as u64).read_to_end(&mut data).map_err(failed)?;
    if data == magic {
        if !file.metadata().map_err(failed)?.is_file() {
            let reason = "GGUF is read in parts, which a pipe or a device does not allow: name a regular file";
            return Err(blamed(wrong(reason), Some(path)));
        }
        return given.check_none().and_then(|()| gguf::load(path)).map_err(|error| blamed(error, Some(path)));
    }
    file.read_to_end(&mut data).map_err(failed)?;
    read(&data, given).map_err(|error| blamed(error, Some(path)))
}

pub fn read(data: &[u8], given: &Given) -> Result<Definition> {
    if data.starts_with(super::gguf_values::MAGIC) {
        return given.check_none().and_then(|()| gguf::parse(data));
    }
    let start = data.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(data).trim_ascii_start();
    if start.starts_with(b"#version") {
        return Err(wrong(BY_FOLDER));
    }
    if start.starts_with(b"minbpe") {
        return given.check_none().and_then(|()| minbpe::parse(data));
    }
    if !start.starts_with(b"{") && !start.starts_with(b"[") {
        if sentencepiece::is_model(data) {
            return given.check_none().and_then(|()| sentencepiece::parse(data));
        }
        // A first line of a word and a number makes it a rank file, well-formed or not; its reader reports what is wrong.
        let line = start.split(|&byte| byte == b'\n').next().unwrap_or_default();
        let mut fields = line.split(u8::is_ascii_whitespace).filter(|field| !field.is_empty());
        let rank = fields.by_ref().nth(1);
        if !rank.is_some_and(|rank| rank[0].is_ascii_digit()) || fields.next().is_some() {
            return Err(wrong(not_known(data)));
        }
        let pattern = given.pattern.as_deref().ok_or_else(pattern_needed)?;
        return tiktoken::parse(data, pattern, given.special_tokens.clone().unwrap_or_default());
    }
    let mut tables = Tables::default();
    let content = parse_with(data, &mut |values, path| tables.take(values, path))?;
    given.check_none()?;
    of_json(content, tables, given.other_ids)
}

/// The long tables of a file of JSON, of whatever format they are.
#[derive(Default)]
struct Tables<'d> {
    native: native::Tables,
    tekken: Option<tekken::Ranks>,
    model: huggingface::read::Model<'d>,
}

impl<'d> Tables<'d> {
    /// Reads a field, if it is one of them; what stands for it is empty.
    fn take(&mut self, values: &mut Values<'d>, path: &[&str]) -> Result<Option<Value>> {
        let is_list = values.starts(b'[');
        Ok(match path {
            ["model", name] => self.model.take(values, name)?,
            ["vocab"] if is_list && self.tekken.is_none() => {
                self.tekken = Some(tekken::Ranks::read(values)?);
                Some(Value::List(Vec::new()))
            }
            [name] if is_list && self.native.take(values, name)? => Some(Value::List(Vec::new())),
            _ => None,
        })
    }
}

/// What a rank file needs, and what it can be.
fn pattern_needed() -> Error {
    let names = own_names().collect::<Vec<_>>().join(", ");
    let choice = format!("{names}, the encoding or model that it belongs to, or a regular expression");
    wrong(format!("{PATTERN_NEEDED}: {NAME_PATTERN}, which can be {choice}"))
}

/// Why a file is refused that no reader takes.
fn not_known(data: &[u8]) -> String {
    if data.is_empty() {
        return format!("{NOT_KNOWN}: the file is empty");
    }
    let said = MISTAKEN.iter().find(|(start, _)| data.starts_with(start));
    said.map_or_else(|| NOT_KNOWN.into(), |(_, said)| format!("{NOT_KNOWN}: it is {said}"))
}

fn of_json(content: Value, tables: Tables, other_ids: bool) -> Result<Definition> {
    let Some(fields) = content.object() else {
        return Err(wrong(NOT_KNOWN));
    };
    if content.text_of("format") != Some("minitok") {
        if content.has("model") {
            return huggingface::read::parse(&content, tables.model, other_ids);
        }
        if content.has("config") && content.has("vocab") {
            return tekken::parse(&content, tables.tekken);
        }
        let is_vocabulary = fields.iter().any(|(_, value)| matches!(value, Value::Whole(0)));
        if is_vocabulary && fields.iter().all(|(_, value)| matches!(value, Value::Whole(_))) {
            return Err(wrong(BY_FOLDER));
        }
        if !content.has("format") {
            let is_settings = ["tokenizer_class", "architectures", "model_type"].iter().any(|key| content.has(key));
            return Err(if is_settings {
                wrong(format!("{NOT_KNOWN}: it holds {SETTINGS}"))
            } else {
                wrong(NOT_KNOWN)
            });
        }
    }
    native::parse(content, tables.native)
}

fn read_folder(folder: &Path, given: &Given) -> Result<Definition> {
    if let Some(file) =
        ["tokenizer.json", "tekken.json"].map(|name| folder.join(name)).into_iter().find(|file| file.is_file())
    {
        return read_file(&file, given);
    }
    let [vocab, merges] = ["vocab.json", "merges.txt"].map(|name| folder.join(name));
    if !(vocab.is_file() && merges.is_file()) {
        if let Some(file) = models_in(folder).into_iter().find(|file| file.is_file()) {
            return read_model(&file, given);
        }
        if !(vocab.is_file() || merges.is_file()) {
            return Err(blamed(wrong(format!("the folder has none of {IN_FOLDERS}")), Some(folder)));
        }
    }
    let found = gpt2::load(folder, given.pattern.as_deref(), given.special_tokens.clone());
    found.map_err(|error| blamed(error, Some(folder)))
}

fn models_in(folder: &Path) -> Vec<PathBuf> {
    let mut files = vec![folder.join("tokenizer.model"), folder.join("tiktoken.model")];
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let mut ranks: Vec<PathBuf> =
        entries.filter(|path| path.extension().is_some_and(|end| end == "tiktoken")).collect();
    ranks.sort();
    files.append(&mut ranks);
    files
}

fn read_whole(path: &Path) -> Result<Vec<u8>> {
    std::fs::read(path).map_err(|error| unread(path, &error))
}

/// A file of `SentencePiece` or of ranks, with the special tokens that the `tokenizer_config.json` next to it has for ranks.
fn read_model(file: &Path, given: &Given) -> Result<Definition> {
    let data = read_whole(file)?;
    let config = file.with_file_name("tokenizer_config.json");
    let mut given = given.clone();
    if !sentencepiece::is_model(&data) && config.is_file() {
        let said = parse_json(&read_whole(&config)?).and_then(|content| said_by(&content, &given));
        given = said.map_err(|error| blamed(error, Some(&config)))?;
    }
    read(&data, &given).map_err(|error| blamed(error, Some(file)))
}

/// What the configuration next to a rank file says, unless the caller does.
fn said_by(content: &Value, given: &Given) -> Result<Given> {
    let classes = content.get("auto_map").and_then(|classes| classes.get("AutoTokenizer"));
    let names = match classes {
        Some(Value::List(names)) => &names[..],
        other => other.map(std::slice::from_ref).unwrap_or_default(),
    };
    let known = |name: &Value| CODE.iter().find(|(code, _)| name.text() == Some(code)).map(|&(_, pattern)| pattern);
    let code = names.iter().find_map(known);
    let pattern = given.pattern.clone().or_else(|| code.map(str::to_owned));
    if given.special_tokens.is_some() {
        return Ok(Given { pattern, ..given.clone() });
    }
    // Qwen 1 has its special tokens in that code only.
    let mut special = if code == Some("qwen2") { qwen_special() } else { Named::new() };
    let mut places: HashMap<String, usize> = special.iter().map(|(name, _)| name.clone()).zip(0..).collect();
    for (id, row) in content.get("added_tokens_decoder").and_then(Value::object).unwrap_or_default() {
        let (Some(token_id), Some(name)) = (id_of(id.as_bytes()), row.text_of("content")) else {
            let id = quoted(id);
            return Err(wrong(format!("added_tokens_decoder has an entry that is not an id and a token: {id}")));
        };
        let place = *places.entry(name.to_owned()).or_insert(special.len());
        if place == special.len() {
            special.push((name.to_owned(), token_id));
        }
        special[place].1 = token_id;
    }
    Ok(Given { pattern, special_tokens: Some(special), ..given.clone() })
}

fn qwen_special() -> Named {
    let extra = (0..205).map(|number| format!("<|extra_{number}|>"));
    let names = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"].into_iter().map(str::to_owned);
    names.chain(extra).zip(151_643..).collect()
}
