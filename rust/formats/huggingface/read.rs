//! Reading a `tokenizer.json`.

use super::super::definition::{Definition, Fields};
use super::super::gpt2::{Ids, Row, find_pairs, join, owned, parse_vocab, read_merges, tokens_of};
use super::super::ids::{of_tokens, single_bytes};
use super::super::value::{Value, parse as parse_json};
use super::super::{NO_MARKER, Named, quoted, wrong};
use super::added::{Added, given_ids, in_text, read_added, warning_of_other_ids, with_hiding};
use super::characters::{MARK, bytes_of, check_fallback, falls_back, has_markers, in_utf8, read_spaces, read_tokens};
use super::fields::{option, steps_of};
use super::normalizers::read_steps;
use super::patterns::read_pattern;
use super::symbols::{read_symbols, read_unknown};
use super::word_ends::read_word_ends;
use crate::error::{Error, Result};
use crate::fast::read::string_table::StringTable;
use crate::fast::read::tokenizer_json::read_tokenizer_json;
use crate::fast::util::fallible::push;
use crate::fast::vocab::FastVocab;
use crate::reference::vocab::{Alphabet, Symbols, never_in_utf8};
use foldhash::{HashMap, HashSet};

/// The decoders that make the bytes of tokens, and what only adds special tokens where the caller asks for it.
const DECODERS: [&str; 4] = ["ByteLevel", "BPEDecoder", "ByteFallback", "Fuse"];
const POST_PROCESSORS: [&str; 4] = ["BertProcessing", "ByteLevel", "RobertaProcessing", "TemplateProcessing"];

/// The tokenizer of a file whose tables are read as such; None for one that is left to [`parse`].
pub fn parse_tables(data: &[u8]) -> Result<Option<Definition>> {
    let Some(found) = read_tokenizer_json(data)? else { return Ok(None) };
    let Ok(content) = parse_json(&found.rest) else { return Ok(None) };
    match with_tables(&content, &found.table) {
        Ok(found) => Ok(found),
        Err(error @ (Error::Memory | Error::Interrupted)) => Err(error),
        Err(_) => Ok(None),
    }
}

fn with_tables(content: &Value, table: &StringTable) -> Result<Option<Definition>> {
    let model = check_model(content)?;
    check_rest(content)?;
    let (added, mut fields) = (read_added(content)?, read_settings(content, model)?);
    let Some(vocab) = vocab_of(content, model, &added, table)? else { return Ok(None) };
    added.fill(&mut fields, added.ids.clone());
    with_hiding(Definition { vocab, fields }).map(Some)
}

/// The vocabulary of a file whose tokens and merges are in tables; None if these do not say all of it.
fn vocab_of(content: &Value, model: &Value, added: &Added, table: &StringTable) -> Result<Option<FastVocab>> {
    let whole_pieces = model.sets("ignore_merges");
    let is_odd = content.text_of("format") == Some("minitok")
        || model.sets("continuing_subword_prefix")
        || model.sets("end_of_word_suffix");
    // Added tokens may have other ids than the file says.
    if is_odd || given_ids(&added.ids, |name| table.id_of(name), table.len())? != added.ids {
        return Ok(None);
    }
    if is_byte_level(content) {
        return table.byte_level(&added.ids, whole_pieces, !(model.sets("unk_token") || model.sets("byte_fallback")));
    }
    if model.sets("byte_fallback") && has_markers(content)? && table.id_of(MARK).is_some() {
        return table.characters(&added.ids);
    }
    Ok(None)
}

/// The tokenizer of a file, from its JSON.
///
/// Added tokens are given the ids that `tokenizers` gives them; with `other_ids`, they keep those of the file.
pub fn parse(content: &Value, other_ids: bool) -> Result<Definition> {
    let model = check_model(content)?;
    check_rest(content)?;
    let added = read_added(content)?;
    let rows = read_merges(model.need_list("merges")?)?;
    let vocab = parse_vocab(model.need_object("vocab")?)?;
    let given =
        if other_ids { added.ids.clone() } else { given_ids(&added.ids, |name| vocab.get(name), vocab.rows.len())? };
    let mut definition = read_vocabulary(content, model, &added, &given, &vocab, &rows)?;
    definition.fields.warnings.extend(warning_of_other_ids(&added.ids, &given));
    added.fill(&mut definition.fields, given);
    with_hiding(definition)
}

fn read_vocabulary(
    content: &Value,
    model: &Value,
    added: &Added,
    given: &Named,
    vocab: &Ids,
    rows: &[Row],
) -> Result<Definition> {
    let by_bytes = is_byte_level(content);
    if !by_bytes && !falls_back(model, vocab) {
        return read_symbols(content, model, vocab, rows);
    }
    // An added token that the vocabulary holds too is that token, and not one of bytes unless text may have it all the same.
    let special: HashMap<&str, u32> = given.iter().map(|(name, id)| (name.as_str(), *id)).collect();
    let in_text = in_text(added, by_bytes, !by_bytes && has_markers(content)?, model.sets("ignore_merges"));
    let (mut made, mut joined) = (HashSet::<String>::default(), String::new());
    for (left, right) in rows {
        join(&mut joined, left, right)?;
        for token in [left, right, &joined] {
            if special.contains_key(token.as_str()) && !made.contains(token) {
                made.insert(owned(token)?);
            }
        }
    }
    let is_left_out =
        |token: &str, id: u32| special.get(token) == Some(&id) && !made.contains(token) && !in_text.contains(token);
    let ids = vocab.without(is_left_out)?;
    let fields = read_settings(content, model)?;
    if !by_bytes {
        let (chars, fallback) = read_tokens(&ids)?;
        let is_marked = has_markers(content)?;
        if is_marked && chars.get(MARK).is_none() {
            return Err(wrong(NO_MARKER));
        }
        let tokens = if is_marked { bytes_of(&chars.rows)? } else { in_utf8(&chars.rows)? };
        let alphabet = Alphabet { fallback: Some(fallback), ..Alphabet::default() };
        return Ok(Definition { vocab: of_tokens(&tokens, &find_pairs(rows, &chars, "")?, false, alphabet)?, fields });
    }
    of_bytes(model, vocab, &ids, rows, fields)
}

/// The tokenizer of a file whose tokens are bytes.
fn of_bytes(model: &Value, vocab: &Ids, ids: &Ids, rows: &[Row], mut fields: Fields) -> Result<Definition> {
    let whole_pieces = model.sets("ignore_merges");
    if let Some(prefix) = model.get("continuing_subword_prefix").filter(|prefix| prefix.is_set()) {
        return Err(wrong(format!("it is BPE of bytes with a continuing_subword_prefix, {}", prefix.shown())));
    }
    let end = option(model, "end_of_word_suffix")?;
    if !end.is_empty() {
        if whole_pieces {
            return Err(wrong(format!("it has the end_of_word_suffix {} with ignore_merges", quoted(end))));
        }
        let (tokens, pairs) = read_word_ends(ids, rows, end)?;
        fields.word_end = Some(end.to_owned());
        return Ok(Definition { vocab: of_tokens(&tokens, &pairs, false, Alphabet::default())?, fields });
    }
    let tokens = tokens_of(&ids.rows)?;
    let has = single_bytes(tokens.iter().map(|(token, _)| token.as_slice()))?;
    let lacks_bytes = (0..=255u8).any(|byte| !has[usize::from(byte)] && !never_in_utf8(byte));
    if lacks_bytes && falls_back(model, vocab) {
        return Err(wrong("it is BPE of bytes with byte_fallback, and lacks the tokens of some bytes"));
    }
    if lacks_bytes && model.sets("unk_token") {
        let (unknown, name) = (read_unknown(model, vocab)?, option(model, "unk_token")?);
        let mut held = ids.without(|token, _| token == name)?.rows;
        if let Some(id) = unknown {
            push(&mut held, (name.to_owned(), id))?;
        }
        let (unit, fuses) = ("bytes".into(), model.sets("fuse_unk"));
        let symbols = Symbols { unit, unknown, fuses, prefix: Vec::new(), suffix: Vec::new(), joining: None };
        let alphabet = Alphabet { symbols: Some(symbols), ..Alphabet::default() };
        let (tokens, held) = (tokens_of(&held)?, Ids::new(held)?);
        return Ok(Definition {
            vocab: of_tokens(&tokens, &find_pairs(rows, &held, "")?, whole_pieces, alphabet)?,
            fields,
        });
    }
    let alphabet = Alphabet { drops_bytes: lacks_bytes, ..Alphabet::default() };
    Ok(Definition { vocab: of_tokens(&tokens, &find_pairs(rows, ids, "")?, whole_pieces, alphabet)?, fields })
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

/// Refuses what is not a known step behind the model. Truncation and padding, like post-processors, are for the caller.
fn check_rest(content: &Value) -> Result<()> {
    for step in steps_of(content.get("post_processor"), "post_processor", "processors")? {
        let kind = step.text_of("type").unwrap_or_default();
        if !POST_PROCESSORS.contains(&kind) {
            return Err(wrong(format!("the post_processor is {kind}")));
        }
    }
    Ok(())
}
