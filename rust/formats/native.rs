//! minitok's own files (SPEC F1): readable JSON with everything that ids depend on. Must be read as
//! `python/minitok/formats/native.py` reads them; [`dump`](super::dump) writes them.

use super::definition::{Definition, Fields};
use super::ids::{check_holes, decoded, named_ids, of_pairs, row, texts};
use super::json::Values;
use super::value::Value;
use super::{MAX_ID, quoted, wrong};
use crate::error::{Error, Result};
use crate::fast::read::base64;
use crate::fast::read::decline::{Read, answer, only_if};
use crate::fast::read::json::Reader;
use crate::fast::read::token_table::TokenTable;
use crate::fast::util::fallible::{collect, extend, push};
use crate::fast::vocab::FastVocab;
use crate::reference::published::normalize::{Normalizer, Step};
use crate::reference::published::vocabs::{Alphabet, Merge, Symbols, Vocab};
use crate::reference::tokens::Tokens;
use foldhash::{HashSet, HashSetExt};
use std::collections::{BTreeMap, BTreeSet};

pub const VERSION: i128 = 1;
#[rustfmt::skip]
const FIELDS: [&str; 21] = [
    "format", "version", "name", "pattern", "special_tokens", "added_tokens", "late_tokens", "token_flags", "normalizer", "prefix", "words",
    "word_end", "trained", "chat", "fallback", "drops_bytes", "symbols", "byte_order", "whole_pieces", "tokens", "merges",
];

/// The long tables of a file: its merges, and its tokens if it lists them, with what is wrong with these.
#[derive(Debug, Default)]
pub struct Tables {
    merges: Option<Rows>,
    tokens: Option<(TokenTable, Option<Error>)>,
}

/// Rows of two or four ids, one after the other, which are as many in each.
#[derive(Debug, Default)]
struct Rows {
    ids: Vec<u32>,
    width: usize,
    /// Why the first row that is another is not one of two, and of four.
    odd: Option<[Option<Error>; 2]>,
}

impl Tables {
    /// Reads a field of the file, if it is one of its tables.
    pub fn take(&mut self, values: &mut Values, name: &str) -> Result<bool> {
        match name {
            "merges" if self.merges.is_none() => {
                let rows = self.merges.insert(Rows::default());
                values.each_row(rows, Rows::scan, Rows::read)?;
            }
            "tokens" if self.tokens.is_none() => {
                let mut table = TokenTable::default();
                let refused = values.each_row(&mut table, scan_token, read_token)?;
                self.tokens = Some((table, refused));
            }
            _ => return Ok(false),
        }
        Ok(true)
    }
}

impl Rows {
    fn scan(reader: &mut Reader, rows: &mut Rows) -> Read<()> {
        let start = rows.ids.len();
        let read = rows.scan_ids(reader);
        if read.is_err() {
            rows.ids.truncate(start);
        }
        read
    }

    #[inline]
    fn scan_ids(&mut self, reader: &mut Reader) -> Read<()> {
        let start = self.ids.len();
        reader.take(b'[')?;
        while reader.next_item(self.ids.len() == start, b']')? {
            push(&mut self.ids, reader.id()?)?;
        }
        only_if(self.is_next(self.ids.len() - start))
    }

    /// Whether the next row may have this many ids. The first row decides for all.
    fn is_next(&mut self, width: usize) -> bool {
        if self.width == 0 {
            self.width = width;
        }
        self.odd.is_none() && width == self.width && matches!(width, 2 | 4)
    }

    fn read(value: &Value, rows: &mut Rows) -> Result<()> {
        let items = value.list().unwrap_or_default();
        if rows.is_next(items.len()) && items.iter().all(|item| item.id().is_some()) {
            return extend(&mut rows.ids, items.iter().filter_map(Value::id));
        }
        if rows.odd.is_none() {
            let number = rows.ids.len() / rows.width.max(1);
            let what = format_args!("merge {number}");
            rows.odd = Some([row::<2>(value, what, MAX_ID).err(), row::<4>(value, what, MAX_ID).err()]);
        }
        Ok(())
    }

    /// The rows, if all have as many ids.
    fn of<const N: usize>(&self) -> Result<&[[u32; N]]> {
        if !self.ids.is_empty() && self.width != N {
            row::<N>(&Value::List(vec![Value::Null; self.width]), "merge 0", MAX_ID)?;
        }
        let odd = self.odd.as_ref().and_then(|[of_two, of_four]| if N == 2 { of_two } else { of_four }.clone());
        odd.map_or(Ok(self.ids.as_chunks().0), Err)
    }
}

/// A token: an id, and the bytes in base64.
fn scan_token(reader: &mut Reader, table: &mut TokenTable) -> Read<()> {
    let mut escaped = Vec::new();
    reader.take(b'[')?;
    let id = reader.id()?;
    reader.take(b',')?;
    let token = reader.text(&mut escaped)?;
    reader.take(b']')?;
    table.add(id, |bytes| base64::decode(token.unwrap_or(&escaped), bytes))
}

fn read_token(value: &Value, table: &mut TokenTable) -> Result<()> {
    let refused = || wrong(format!("a token is not an id and its bytes in base64: {}", value.shown()));
    let Some([id, token]) = value.list() else { return Err(refused()) };
    let (id, token) = (id.id().ok_or_else(refused)?, token.text().ok_or_else(refused)?);
    let token = decoded(token, format_args!("the bytes of token {id}"))?;
    table.push(id, &token)
}

pub fn parse(mut content: Value, tables: Tables) -> Result<Definition> {
    let mut fields = fields_of(&content)?;
    (fields.trained, fields.chat) = (content.take("trained").filter(Value::is_set), content.take("chat"));
    let content = &content;
    content.need_list("merges")?;
    let merges = tables.merges.unwrap_or_default();
    if !content.has("tokens") {
        let pairs = collect(merges.of()?.iter().map(|&[left, right]| (left, right)))?;
        return Ok(Definition { vocab: of_pairs(&byte_order(content)?, &pairs)?, fields });
    }
    content.need_list("tokens")?;
    let tokens = tokens_of(tables.tokens.unwrap_or_default())?;
    let merges = collect(merges.of()?.iter().map(|&[left, right, id, rank]| Merge { left, right, id, rank }))?;
    let vocab = Vocab::new(tokens, merges, content.need_flag("whole_pieces")?, alphabet(content)?)?;
    Ok(Definition { vocab: FastVocab::new(vocab), fields })
}

fn tokens_of((mut table, refused): (TokenTable, Option<Error>)) -> Result<Tokens> {
    refused.map_or(Ok(()), Err)?;
    if let Some(tokens) = answer(table.take_tokens(Some))? {
        return Ok(tokens);
    }
    check_holes(table.rows().map(|(_, id)| id))?;
    let mut seen = HashSet::new();
    seen.try_reserve(table.len())?;
    let twice = table.rows().map(|(_, id)| id).find(|&id| !seen.insert(id)).unwrap_or_default();
    Err(wrong(format!("the token {twice} appears twice")))
}

fn fields_of(content: &Value) -> Result<Fields> {
    if content.text_of("format") != Some("minitok") {
        return Err(wrong("not a minitok file: it has no \"format\": \"minitok\""));
    }
    let version = content.get("version").unwrap_or(&Value::Null);
    if *version != Value::Whole(VERSION) {
        let is_shown = matches!(version, Value::Whole(_) | Value::Text(_));
        let shown = if is_shown { version.shown() } else { version.kind().to_owned() };
        return Err(wrong(format!("version {shown} of the format; this minitok reads version {VERSION}")));
    }
    let mut names = content.object().unwrap_or_default().iter().map(|(name, _)| name.as_str());
    if let Some(unknown) = names.find(|name| !FIELDS.contains(name)) {
        return Err(wrong(format!("unknown field {}", quoted(unknown))));
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
    content.get("trained").map(|_| content.need_object("trained")).transpose()?;
    content.get("chat").map(check_chat).transpose()?;
    for name in ["trained", "chat"] {
        if content.get(name).is_some_and(|held| !held.is_finite()) {
            return Err(wrong(format!("'{name}' holds a number that is too large")));
        }
    }
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
        ..Fields::default()
    })
}

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

fn check_chat(chat: &Value) -> Result<()> {
    let named = |field: &str| {
        let fields = chat.need_object(field)?.object().unwrap_or_default();
        let is_text = fields.iter().all(|(_, value)| value.text().is_some());
        if is_text { Ok(()) } else { Err(wrong(format!("chat: {field} must be names and strings"))) }
    };
    named("templates")?;
    named("tokens")?;
    chat.get("named").map(|held| texts(held, "'named'")).transpose().map(drop)
}

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
pub fn gpt2_byte_order() -> Vec<u8> {
    let is_printable = |byte: &u8| matches!(byte, 0x21..=0x7E | 0xA1..=0xAC | 0xAE..);
    (0..=255).filter(is_printable).chain((0..=255).filter(|byte| !is_printable(byte))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Definition> {
        crate::formats::detect::read(text.as_bytes(), &crate::formats::detect::Given::default())
    }

    fn file(more: &str) -> String {
        format!("{{\n\"format\": \"minitok\",\n\"version\": 1,\n{more}\n}}\n")
    }

    #[test]
    fn what_is_wrong_is_said() {
        let good =
            "\"pattern\": \"gpt2\", \"special_tokens\": {}, \"byte_order\": \"identity\", \"merges\": [[97, 98]]";
        assert!(read(&file(good)).is_ok());
        for (old, new, told) in [
            ("[[97, 98]]", "[[97]]", "merge 0 is not 2 numbers"),
            ("[[97, 98]]", "[[97, -1]]", "merge 0 holds something other than a whole number"),
            ("[[97, 98]]", "[[97, 700]]", "700 is not a token before it"),
            ("[[97, 98]]", "3", "'merges' is a number, not a list"),
            ("\"identity\"", "\"x\"", "unknown byte_order 'x'"),
            ("\"pattern\": \"gpt2\"", "\"pattern\": 3", "'pattern' is a number, not a string"),
            ("{}", "{\"a\": -1}", "the id of the token 'a' of special_tokens"),
            ("\"pattern\": \"gpt2\",", "", "no 'pattern'"),
            ("\"pattern\"", "\"foo\": 1, \"pattern\"", "unknown field 'foo'"),
        ] {
            let text = file(&good.replacen(old, new, 1));
            let error = read(&text).unwrap_err().to_string();
            assert!(error.contains(told), "{new}: {error}");
        }
    }
}
