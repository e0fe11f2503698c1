//! minitok's own files (SPEC F1): readable JSON with everything that ids depend on. Read, and written to the byte as
//! `python/minitok/formats/native.py` reads and writes them.

use super::definition::{Definition, Fields};
use super::ids::{BYTES_A_MERGE, check_holes, decoded, most_token_bytes, named_ids, of_pairs, row, texts};
use super::value::{Value, parse as parse_json};
use super::{MAX_ID, wrong};
use crate::error::Result;
use crate::fast::read::merge_lists::{Native, read_native};
use crate::fast::util::fallible::push;
use crate::fast::vocab::FastVocab;
use crate::reference::published::normalize::{Normalizer, Step};
use crate::reference::tokens::Tokens;
use crate::reference::vocab::{Alphabet, Merge, Symbols, Vocab};
use std::collections::{BTreeMap, BTreeSet};

pub const VERSION: i64 = 1;

/// The tokenizer of a file whose tables are read as such; None for one that is left to [`parse`].
pub fn parse_tables(data: &[u8]) -> Result<Option<Definition>> {
    let Some(tables) = read_native(data)? else { return Ok(None) };
    let Ok(content) = parse_json(&tables.rest) else { return Ok(None) };
    let Ok(fields) = fields_of(&content) else { return Ok(None) };
    Ok(vocab_of(&content, &tables)?.map(|vocab| Definition { vocab, fields }))
}

fn vocab_of(content: &Value, tables: &Native) -> Result<Option<FastVocab>> {
    if content.get("symbols").is_some() {
        return Ok(None);
    }
    if !tables.has_tokens() {
        let Ok(order) = byte_order(content) else { return Ok(None) };
        return tables.of_pairs(&order, most_token_bytes(), BYTES_A_MERGE);
    }
    match (content.need_flag("whole_pieces"), alphabet(content)) {
        (Ok(whole_pieces), Ok(alphabet)) => tables.of_rows(whole_pieces, alphabet),
        _ => Ok(None),
    }
}

/// The tokenizer of a file, from its JSON.
pub fn parse(content: &Value) -> Result<Definition> {
    let fields = fields_of(content)?;
    let rows = content.need_list("merges")?;
    if !content.has("tokens") {
        let mut pairs = Vec::new();
        for (rank, value) in rows.iter().enumerate() {
            let [left, right] = row(value, format_args!("merge {rank}"), MAX_ID)?;
            push(&mut pairs, (left, right))?;
        }
        return Ok(Definition { vocab: of_pairs(&byte_order(content)?, &pairs)?, fields });
    }
    let (tokens, mut merges) = (parse_tokens(content.need_list("tokens")?)?, Vec::new());
    for (rank, value) in rows.iter().enumerate() {
        let [left, right, id, rank] = row(value, format_args!("merge {rank}"), MAX_ID)?;
        push(&mut merges, Merge { left, right, id, rank })?;
    }
    let vocab = Vocab::new(tokens, merges, content.need_flag("whole_pieces")?, alphabet(content)?)?;
    Ok(Definition { vocab: FastVocab::new(vocab), fields })
}

/// All but the vocabulary.
fn fields_of(content: &Value) -> Result<Fields> {
    if content.text_of("format") != Some("minitok") {
        return Err(wrong("not a minitok file: it has no \"format\": \"minitok\""));
    }
    match content.get("version") {
        Some(Value::Whole(VERSION)) => {}
        version => {
            let shown = version.map_or_else(
                || "null".into(),
                |version| match version {
                    Value::Whole(_) | Value::Text(_) => version.shown(),
                    other => other.kind().to_owned(),
                },
            );
            return Err(wrong(format!("version {shown} of the format; this minitok reads version {VERSION}")));
        }
    }
    let text = |name: &str| match content.get(name) {
        None => Ok(None),
        Some(_) => content.need_text(name).map(|text| Some(text.to_owned())),
    };
    let ids = |name: &str| content.get(name).map_or_else(|| Ok(Vec::new()), |held| named_ids(held, name));
    let mut token_flags = BTreeMap::new();
    if content.get("token_flags").is_some() {
        for (name, flags) in content.need_object("token_flags")?.object().unwrap_or_default() {
            let flags: BTreeSet<String> = texts(flags, &format!("'{name}'"))?.into_iter().collect();
            if !flags.is_empty() {
                token_flags.insert(name.clone(), flags);
            }
        }
    }
    let late = content.get("late_tokens").map_or_else(|| Ok(Vec::new()), |held| texts(held, "'late_tokens'"))?;
    let trained = content.get("trained").map(|_| content.need_object("trained")).transpose()?;
    Ok(Fields {
        pattern: content.need_text("pattern")?.to_owned(),
        special_tokens: named_ids(content.need_object("special_tokens")?, "special_tokens")?,
        added_tokens: ids("added_tokens")?,
        late_tokens: late.into_iter().collect(),
        token_flags,
        normalizer: content.get("normalizer").map_or_else(|| Ok(Vec::new()), steps_of)?,
        prefix: text("prefix")?,
        words: text("words")?,
        word_end: text("word_end")?,
        name: text("name")?,
        trained: trained.filter(|trained| trained.is_set()).cloned(),
        chat: content.get("chat").map(chat_of).transpose()?,
        warnings: Vec::new(),
    })
}

/// The steps of a normalizer: one, or a list of several.
fn steps_of(held: &Value) -> Result<Vec<Step>> {
    let is_step = |items: &[Value]| {
        let named = matches!(items.first().and_then(Value::text), Some("replace" | "prepend"));
        named && items.get(1).and_then(Value::text).is_some()
    };
    let steps = match held {
        Value::List(items) if !is_step(items) => &items[..],
        one => std::slice::from_ref(one),
    };
    let step = |value: &Value| {
        let parts =
            value.text().map_or_else(|| texts(value, "a step of the normalizer"), |name| Ok(vec![name.into()]))?;
        let (name, texts) = parts.split_first().ok_or_else(|| wrong("a step of the normalizer is empty"))?;
        Step::new(name, texts)
    };
    let steps = steps.iter().map(step).collect::<Result<Vec<_>>>()?;
    Normalizer::new(steps.clone()).map(|_| steps)
}

/// The chat templates, if they are such.
fn chat_of(chat: &Value) -> Result<Value> {
    let named = |field: &str| {
        let fields = chat.need_object(field)?.object().unwrap_or_default();
        let is_text = fields.iter().all(|(_, value)| value.text().is_some());
        if is_text { Ok(()) } else { Err(wrong(format!("chat: {field} must be names and strings"))) }
    };
    named("templates")?;
    named("tokens")?;
    chat.get("named").map(|held| texts(held, "'named'")).transpose()?;
    Ok(chat.clone())
}

/// What pieces begin as.
fn alphabet(content: &Value) -> Result<Alphabet> {
    let fallback = content.get("fallback").map(|held| row::<256>(held, "fallback", MAX_ID)).transpose()?;
    let drops_bytes = content.get("drops_bytes").is_some() && content.need_flag("drops_bytes")?;
    let symbols = content.get("symbols").map(symbols_of).transpose()?;
    Ok(Alphabet { fallback: fallback.map(Vec::from), drops_bytes, symbols })
}

fn symbols_of(held: &Value) -> Result<Symbols> {
    let unknown = held.get("unknown").map(|id| row(&Value::List(vec![id.clone()]), "the unknown id", MAX_ID));
    let unknown = unknown.transpose()?.map(|[id]: [u32; 1]| id);
    let bytes = |name: &str| decoded(held.need_text(name)?, format_args!("the {name}"));
    let joining = held.get("joining").map(|joining| texts(joining, "joining")).transpose()?;
    let joining = match joining.as_deref() {
        None => None,
        Some([rule, mark]) => Some((rule.clone(), decoded(mark, "the mark")?)),
        Some(_) => return Err(wrong("joining is not a rule and a mark")),
    };
    let (unit, fuses) = (held.need_text("unit")?.to_owned(), held.need_flag("fuses")?);
    Ok(Symbols { unit, unknown, fuses, prefix: bytes("prefix")?, suffix: bytes("suffix")?, joining })
}

/// The byte of each of the ids 0 to 255.
fn byte_order(content: &Value) -> Result<Vec<u8>> {
    match content.get("byte_order") {
        Some(Value::Text(name)) if name == "identity" => Ok((0..=255).collect()),
        Some(Value::Text(name)) if name == "gpt2" => Ok(gpt2_byte_order()),
        Some(list @ Value::List(_)) => {
            let order = row::<256>(list, "byte_order", 255)?;
            Ok(order.iter().map(|&byte| u8::try_from(byte).unwrap_or_default()).collect())
        }
        other => Err(wrong(format!("unknown byte_order {}", other.map_or_else(|| "null".into(), Value::shown)))),
    }
}

/// The bytes in the order of GPT-2's ids: the printable ones first, each as its own character, then the rest.
fn gpt2_byte_order() -> Vec<u8> {
    let is_printable = |byte: &u8| matches!(byte, 0x21..=0x7E | 0xA1..=0xAC | 0xAE..);
    (0..=255).filter(is_printable).chain((0..=255).filter(|byte| !is_printable(byte))).collect()
}

/// The tokens by id.
fn parse_tokens(rows: &[Value]) -> Result<Tokens> {
    let mut read = Vec::new();
    for value in rows {
        let (Some([id, token]), refused) =
            (value.list(), || wrong(format!("a token is not an id and its bytes in base64: {}", value.shown())))
        else {
            return Err(wrong(format!("a token is not an id and its bytes in base64: {}", value.shown())));
        };
        let (id, token) = (id.id().ok_or_else(refused)?, token.text().ok_or_else(refused)?);
        push(&mut read, (id, decoded(token, format_args!("the bytes of token {id}"))?))?;
    }
    check_holes(read.iter().map(|&(id, _)| id))?;
    let mut tokens = Tokens::default();
    for (id, token) in read {
        if tokens.get(id).is_some() {
            return Err(wrong(format!("the token {id} appears twice")));
        }
        tokens.set(id, &token)?;
    }
    Ok(tokens)
}

// -- written ---------------------------------------------------------------------------------------------------------

/// The tokenizer as the text of a file.
pub fn dump(definition: &Definition) -> String {
    let vocab = definition.vocab.core();
    let head = head(&definition.fields, &vocab.alphabet);
    let mut lines: Vec<String> = head.iter().map(|(name, value)| format!("\"{name}\": {}", value.json())).collect();
    if let Some(order) = plain_order(vocab) {
        let named = if order.iter().copied().eq(0..=255) {
            Value::Text("identity".into())
        } else if order == gpt2_byte_order() {
            Value::Text("gpt2".into())
        } else {
            Value::List(order.iter().map(|&byte| Value::Whole(byte.into())).collect())
        };
        lines.push(format!("\"byte_order\": {}", named.json()));
        let rows = vocab.merges().iter().map(|merge| format!("[{}, {}]", merge.left, merge.right));
        lines.push(format!("\"merges\": {}", listed(rows)));
    } else {
        lines.push(format!("\"whole_pieces\": {}", vocab.whole_pieces));
        let rows = vocab.tokens.iter().map(|(id, token)| format!("[{id}, \"{}\"]", encoded(token)));
        lines.push(format!("\"tokens\": {}", listed(rows)));
        let rows =
            vocab.merges().iter().map(|&Merge { left, right, id, rank }| format!("[{left}, {right}, {id}, {rank}]"));
        lines.push(format!("\"merges\": {}", listed(rows)));
    }
    format!("{{\n{}\n}}\n", lines.join(",\n"))
}

/// What a file has before its tokens and merges.
pub fn head(fields: &Fields, alphabet: &Alphabet) -> Vec<(&'static str, Value)> {
    let mut head = vec![("format", Value::Text("minitok".into())), ("version", Value::Whole(VERSION))];
    head.extend(fields_in_file(fields));
    let Alphabet { fallback, drops_bytes, symbols } = alphabet;
    if let Some(fallback) = fallback {
        head.push(("fallback", Value::List(fallback.iter().map(|&id| Value::Whole(id.into())).collect())));
    }
    if *drops_bytes {
        head.push(("drops_bytes", Value::Flag(true)));
    }
    if let Some(symbols) = symbols {
        head.push(("symbols", symbols_in_file(symbols)));
    }
    head
}

/// A list with one row to a line.
fn listed(rows: impl Iterator<Item = String>) -> String {
    format!("[\n{}\n]", rows.collect::<Vec<_>>().join(",\n"))
}

/// The byte of each of the ids 0 to 255, where it and pairs say everything of the vocabulary.
fn plain_order(vocab: &Vocab) -> Option<Vec<u8>> {
    let single = |id| if let Some(&[byte]) = vocab.token_bytes(id) { Some(byte) } else { None };
    let order: Vec<u8> = (0..256).map(single).collect::<Option<_>>()?;
    let has_all = order.iter().collect::<BTreeSet<_>>().len() == 256;
    let in_order = vocab.merges().iter().zip(0..).all(|(merge, rank)| merge.id == 256 + rank && merge.rank == rank);
    let complete = vocab.tokens.iter().count() == 256 + vocab.merges().len();
    let is_plain = !vocab.whole_pieces && vocab.alphabet == Alphabet::default() && has_all && in_order && complete;
    is_plain.then_some(order)
}

/// The fields that a file has; those with nothing to say are left out, but for two.
fn fields_in_file(fields: &Fields) -> Vec<(&'static str, Value)> {
    let ids = |named: &[(String, u32)]| {
        Value::Object(named.iter().map(|(name, id)| (name.clone(), Value::Whole((*id).into()))).collect())
    };
    let names = |names: &BTreeSet<String>| Value::List(names.iter().cloned().map(Value::Text).collect());
    let flags = fields.token_flags.iter().map(|(name, own)| (name.clone(), names(own))).collect();
    let text = |text: &Option<String>| text.clone().map_or(Value::Null, Value::Text);
    let steps: Vec<Value> = fields.normalizer.iter().map(step_in_file).collect();
    let steps = if let [one] = &steps[..] { one.clone() } else { Value::List(steps) };
    let all = [
        ("name", text(&fields.name)),
        ("pattern", Value::Text(fields.pattern.clone())),
        ("special_tokens", ids(&fields.special_tokens)),
        ("added_tokens", ids(&fields.added_tokens)),
        ("late_tokens", names(&fields.late_tokens)),
        ("token_flags", Value::Object(flags)),
        ("normalizer", steps),
        ("prefix", text(&fields.prefix)),
        ("words", text(&fields.words)),
        ("word_end", text(&fields.word_end)),
        ("trained", fields.trained.clone().unwrap_or(Value::Null)),
        ("chat", fields.chat.clone().unwrap_or(Value::Null)),
    ];
    all.into_iter().filter(|(name, value)| value.is_set() || matches!(*name, "pattern" | "special_tokens")).collect()
}

fn step_in_file(step: &Step) -> Value {
    let name = Value::Text(step.name().into());
    match step {
        Step::Replace { pattern, text } => {
            Value::List(vec![name, Value::Text(pattern.clone()), Value::Text(text.clone())])
        }
        Step::Prepend(text) => Value::List(vec![name, Value::Text(text.clone())]),
        _ => name,
    }
}

fn symbols_in_file(symbols: &Symbols) -> Value {
    let bytes = |bytes: &[u8]| Value::Text(encoded(bytes));
    let joining =
        symbols.joining.as_ref().map(|(rule, mark)| Value::List(vec![Value::Text(rule.clone()), bytes(mark)]));
    let fields = [
        ("unit", Value::Text(symbols.unit.clone())),
        ("unknown", symbols.unknown.map_or(Value::Null, |id| Value::Whole(id.into()))),
        ("fuses", Value::Flag(symbols.fuses)),
        ("prefix", bytes(&symbols.prefix)),
        ("suffix", bytes(&symbols.suffix)),
        ("joining", joining.unwrap_or(Value::Null)),
    ];
    Value::Object(fields.map(|(name, value)| (name.to_owned(), value)).into())
}

/// Bytes in base64.
pub fn encoded(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for group in bytes.chunks(3) {
        let byte = |at: usize| u32::from(group.get(at).copied().unwrap_or(0));
        let number = byte(0) << 16 | byte(1) << 8 | byte(2);
        for place in 0..4 {
            let digit = DIGITS[(number >> (18 - 6 * place) & 63) as usize];
            text.push(if place <= group.len() { char::from(digit) } else { '=' });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(more: &str) -> String {
        format!("{{\n\"format\": \"minitok\",\n\"version\": 1,\n{more}\n}}\n")
    }

    #[test]
    fn what_is_read_is_written_again() {
        let plain = file(
            "\"name\": \"a \\\"b\\\"\\u0001é\",\n\"pattern\": \"gpt2\",\n\"special_tokens\": {\"<s>\": 258},\n\"normalizer\": [\"NFC\", \
             [\"prepend\", \"x\"]],\n\"trained\": {\"vocab_size\": 259, \"a\": null},\n\"byte_order\": \"gpt2\",\n\"merges\": \
             [\n[97, 98],\n[256, 99]\n]",
        );
        let read = parse_tables(plain.as_bytes()).unwrap().unwrap();
        assert_eq!(dump(&read), plain);
        let slow = parse(&parse_json(plain.as_bytes()).unwrap()).unwrap();
        assert_eq!(dump(&slow), plain);
        assert!(slow.codec().is_ok());
    }

    #[test]
    fn what_is_wrong_is_said() {
        let good =
            "\"pattern\": \"gpt2\", \"special_tokens\": {}, \"byte_order\": \"identity\", \"merges\": [[97, 98]]";
        assert!(parse(&parse_json(file(good).as_bytes()).unwrap()).is_ok());
        for (old, new, told) in [
            ("[[97, 98]]", "[[97]]", "merge 0 is not 2 numbers"),
            ("[[97, 98]]", "[[97, -1]]", "merge 0 holds something other than a whole number"),
            ("[[97, 98]]", "[[97, 700]]", "700 is not a token before it"),
            ("[[97, 98]]", "3", "'merges' is a number, not a list"),
            ("\"identity\"", "\"x\"", "unknown byte_order 'x'"),
            ("\"pattern\": \"gpt2\"", "\"pattern\": 3", "'pattern' is a number, not a string"),
            ("{}", "{\"a\": -1}", "the id of the token 'a' of special_tokens"),
            ("\"pattern\": \"gpt2\",", "", "no 'pattern'"),
        ] {
            let text = file(&good.replacen(old, new, 1));
            let error = parse(&parse_json(text.as_bytes()).unwrap()).unwrap_err().to_string();
            assert!(error.contains(told), "{new}: {error}");
        }
    }
}
