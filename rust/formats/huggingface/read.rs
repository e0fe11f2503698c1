//! Reading a `tokenizer.json`.

use super::super::definition::{Definition, Fields};
use super::super::json::{Values, parse_with};
use super::super::token_texts::{Ids, Refused, check_ids, of_tokens, read_ids};
use super::super::value::Value;
use super::super::{NO_MARKER, Named, quoted, wrong};
use super::added::{Added, given_ids, in_text, read_added, warning_of_other_ids, with_hiding};
use super::characters::{MARK, check_fallback, falls_back, has_markers, read_spaces, take_bytes};
use super::fields::{check_flags, option, steps_of};
use super::normalizers::read_steps;
use super::patterns::read_pattern;
use super::symbols::{read_symbols, read_unknown};
use super::word_ends::read_word_ends;
use crate::error::{Error, Result};
use crate::fast::read::decline::Read;
use crate::fast::read::json::Reader;
use crate::fast::read::string_table::StringTable;
use crate::fast::util::fallible::{concat, push};
use crate::reference::published::vocabs::{Alphabet, Symbols};

/// The decoders that make the bytes of tokens, and what only adds special tokens where the caller asks for it.
const DECODERS: [&str; 4] = ["ByteLevel", "BPEDecoder", "ByteFallback", "Fuse"];
const POST_PROCESSORS: [&str; 4] = ["BertProcessing", "ByteLevel", "RobertaProcessing", "TemplateProcessing"];

/// The tables of a model, and what is wrong with them.
#[derive(Debug, Default)]
pub struct Model<'d> {
    table: StringTable,
    refused_token: Refused,
    refused_merge: Option<Error>,
    has_vocab: bool,
    has_merges: bool,
    /// Merges that stand before the tokens.
    later: Option<Values<'d>>,
}

impl<'d> Model<'d> {
    /// Reads a field of the model, if it is one of its tables, for which an empty one stands.
    pub fn take(&mut self, values: &mut Values<'d>, name: &str) -> Result<Option<Value>> {
        match name {
            "vocab" if !self.has_vocab && values.starts(b'{') => {
                self.has_vocab = true;
                self.refused_token = read_ids(values, &mut self.table)?;
                if let Some(mut merges) = self.later.take() {
                    self.read_merges(&mut merges)?;
                }
                Ok(Some(Value::Object(Vec::new())))
            }
            "merges" if !self.has_merges && values.starts(b'[') => {
                self.has_merges = true;
                if self.has_vocab {
                    self.read_merges(values)?;
                } else {
                    self.later = Some(values.clone());
                    values.value()?;
                }
                Ok(Some(Value::List(Vec::new())))
            }
            _ => Ok(None),
        }
    }

    fn read_merges(&mut self, values: &mut Values<'d>) -> Result<()> {
        let mut merges = Merges { table: &mut self.table, left: Vec::new(), right: Vec::new() };
        self.refused_merge = values.each_row(&mut merges, Merges::scan, Merges::read)?;
        Ok(())
    }
}

/// Merges in either notation, `"a b"` or `["a", "b"]`, and room for texts with escapes.
struct Merges<'t> {
    table: &'t mut StringTable,
    left: Vec<u8>,
    right: Vec<u8>,
}

impl Merges<'_> {
    #[inline]
    fn scan(reader: &mut Reader, Merges { table, left, right }: &mut Merges) -> Read<()> {
        left.clear();
        if reader.peek()? == b'"' {
            let both = reader.text(left)?;
            return table.merge(both.unwrap_or(left));
        }
        right.clear();
        reader.take(b'[')?;
        let from = reader.text(left)?;
        reader.take(b',')?;
        let to = reader.text(right)?;
        reader.take(b']')?;
        table.merge_of(from.unwrap_or(left), to.unwrap_or(right))
    }

    fn read(row: &Value, merges: &mut Merges) -> Result<()> {
        let rank = merges.table.merges().len();
        Err(wrong(format!("merge {rank} is not two tokens: {}", row.shown())))
    }
}

/// A file with an empty object and an empty list in place of its tables; None if it is not JSON that has both.
pub fn without_tables(data: &[u8]) -> Result<Option<Vec<u8>>> {
    let mut places = Vec::new();
    let read = parse_with(data, &mut |values, path| {
        let empty = match path {
            ["model", "vocab"] if values.starts(b'{') => "{}",
            ["model", "merges"] if values.starts(b'[') => "[]",
            _ => return Ok(None),
        };
        push(&mut places, (values.skip()?, empty))?;
        Ok(Some(Value::Null))
    });
    match read {
        Err(error @ (Error::Memory | Error::Interrupted)) => return Err(error),
        Ok(_) if places.len() == 2 => {}
        _ => return Ok(None),
    }
    let [(first, empty), (second, other)] = [places[0].clone(), places[1].clone()];
    let [before, between, behind] = [&data[..first.start], &data[first.end..second.start], &data[second.end..]];
    concat(&[before, empty.as_bytes(), between, other.as_bytes(), behind]).map(Some)
}

/// Added tokens are given the ids that `tokenizers` gives them; with `other_ids`, they keep those of the file.
pub fn parse(content: &Value, mut tables: Model, other_ids: bool) -> Result<Definition> {
    let model = check_model(content)?;
    check_rest(content)?;
    let added = read_added(content)?;
    model.need_list("merges")?;
    if let Some(mut merges) = tables.later.take() {
        tables.read_merges(&mut merges)?;
    }
    tables.refused_merge.map_or(Ok(()), Err)?;
    model.need_object("vocab")?;
    check_ids(&tables.table, tables.refused_token)?;
    let table = &tables.table;
    let given =
        if other_ids { added.ids.clone() } else { given_ids(&added.ids, |name| table.id_of(name), table.ids().len())? };
    let mut definition = read_vocabulary(content, model, &added, &given, Ids::new(table)?)?;
    definition.fields.warnings.extend(warning_of_other_ids(&added.ids, &given));
    added.fill(&mut definition.fields, given);
    with_hiding(definition)
}

fn read_vocabulary(content: &Value, model: &Value, added: &Added, given: &Named, mut ids: Ids) -> Result<Definition> {
    let (by_bytes, unknown) = (is_byte_level(content), option(model, "unk_token")?);
    if !by_bytes && !falls_back(model, ids.table) {
        return read_symbols(content, model, &ids);
    }
    // An added token that the vocabulary holds too is that token, and not one of bytes unless text may have it all the same.
    let is_marked = !by_bytes && has_markers(content)?;
    let in_text = in_text(added, by_bytes, is_marked, model.sets("ignore_merges"));
    let merged = ids.table.merged()?;
    for (name, id) in given.iter().filter(|(name, _)| !in_text.contains(name)) {
        ids.leave_out(name, *id, |number| !merged[number]);
    }
    let fields = read_settings(content, model)?;
    if by_bytes {
        return of_bytes(model, ids, fields, unknown);
    }
    let fallback = take_bytes(&mut ids)?;
    if is_marked && ids.get(MARK).is_none() {
        return Err(wrong(NO_MARKER));
    }
    let tokens = ids.in_characters(is_marked)?;
    let alphabet = Alphabet { fallback: Some(fallback), ..Alphabet::default() };
    Ok(Definition { vocab: of_tokens(tokens, ids.merges("")?, false, alphabet)?, fields })
}

fn of_bytes(model: &Value, mut ids: Ids, mut fields: Fields, unknown: &str) -> Result<Definition> {
    let whole_pieces = model.sets("ignore_merges");
    if let Some(prefix) = model.get("continuing_subword_prefix").filter(|prefix| prefix.is_set()) {
        return Err(wrong(format!("it is BPE of bytes with a continuing_subword_prefix, {}", prefix.shown())));
    }
    let end = option(model, "end_of_word_suffix")?;
    if !end.is_empty() {
        if whole_pieces {
            return Err(wrong(format!("it has the end_of_word_suffix {} with ignore_merges", quoted(end))));
        }
        let (tokens, merges) = read_word_ends(&ids, end)?;
        fields.word_end = Some(end.to_owned());
        return Ok(Definition { vocab: of_tokens(tokens, merges, false, Alphabet::default())?, fields });
    }
    let (mut tokens, mut alphabet) = (ids.in_bytes()?, Alphabet::default());
    if ids.lacks_bytes() {
        if falls_back(model, ids.table) {
            return Err(wrong("it is BPE of bytes with byte_fallback, and lacks the tokens of some bytes"));
        }
        alphabet.drops_bytes = !model.sets("unk_token");
        if model.sets("unk_token") {
            ids.take(unknown);
            tokens = ids.in_bytes()?;
            let (unknown, fuses) = (read_unknown(model, ids.table)?, model.sets("fuse_unk"));
            let unit = "bytes".into();
            let symbols = Symbols { unit, unknown, fuses, prefix: Vec::new(), suffix: Vec::new(), joining: None };
            alphabet.symbols = Some(symbols);
        }
    }
    Ok(Definition { vocab: of_tokens(tokens, ids.merges("")?, whole_pieces, alphabet)?, fields })
}

/// What is done to text before it is merged.
fn read_settings(content: &Value, model: &Value) -> Result<Fields> {
    if !is_byte_level(content) {
        check_fallback(model)?;
        return read_spaces(content);
    }
    for step in steps_of(content.get("decoder"), "decoder", "decoders")? {
        let kind = step.text_of("type").unwrap_or_default();
        if !DECODERS.contains(&kind) {
            return Err(wrong(format!("the decoder is {kind}; minitok has {}", DECODERS.join(", "))));
        }
    }
    let cuts = read_pattern(content.get("pre_tokenizer"), true)?;
    Ok(cuts.into_fields(read_steps(content.get("normalizer"))?))
}

/// Whether the tokens are bytes: a step or the decoder is `ByteLevel`.
fn is_byte_level(content: &Value) -> bool {
    let steps = [content.get("pre_tokenizer"), content.get("decoder")].into_iter().flatten();
    steps
        .flat_map(|step| {
            let inner = step.get("pretokenizers").and_then(Value::list).unwrap_or_default();
            std::iter::once(step).chain(inner)
        })
        .any(|part| part.text_of("type") == Some("ByteLevel"))
}

/// The model, if it is BPE whose ids are not random.
fn check_model(content: &Value) -> Result<&Value> {
    let model = content.need_object("model")?;
    let kind = if model.has("type") {
        model.get("type").cloned().unwrap_or(Value::Null)
    } else {
        Value::Text(if model.has("merges") { "BPE" } else { "unknown" }.into())
    };
    if kind.text() != Some("BPE") {
        let shown = kind.text().map_or_else(|| kind.shown(), str::to_owned);
        return Err(wrong(format!("the model is {shown}; minitok reads BPE")));
    }
    match model.get("dropout").filter(|dropout| dropout.is_set()) {
        Some(dropout) => Err(wrong(format!("the model has dropout, {}: its ids are random", dropout.shown()))),
        None => Ok(model),
    }
}

/// Refuses what is not a known step after the model. Truncation and padding, like post-processors, are for the caller.
fn check_rest(content: &Value) -> Result<()> {
    for part in ["model", "normalizer", "pre_tokenizer", "decoder", "added_tokens"] {
        content.get(part).map_or(Ok(()), check_flags)?;
    }
    for step in steps_of(content.get("post_processor"), "post_processor", "processors")? {
        let kind = step.text_of("type").unwrap_or_default();
        if !POST_PROCESSORS.contains(&kind) {
            return Err(wrong(format!("the post_processor is {kind}")));
        }
    }
    Ok(())
}
