//! BPE without byte fallback: an unknown token, or none, for what the vocabulary lacks (SPEC S7 to S9).
//! `python/minitok/formats/huggingface/symbols.py` writes such files.

use super::super::token_texts::{Ids, of_tokens};
use super::super::value::Value;
use super::super::{quoted, wrong};
use super::characters::{MARK, has_markers, read_spaces};
use super::fields::{option, steps_of};
use super::normalizers::read_steps;
use super::patterns::read_pattern;
use crate::error::Result;
use crate::fast::read::string_table::StringTable;
use crate::formats::definition::Definition;
use crate::reference::published::streams::Joining;
use crate::reference::published::vocabs::{Alphabet, Symbols};

/// The tokenizer, without added tokens, of a file whose tokens are characters.
pub fn read_symbols(content: &Value, model: &Value, ids: &Ids) -> Result<Definition> {
    let (written_prefix, suffix) = (option(model, "continuing_subword_prefix")?, option(model, "end_of_word_suffix")?);
    let (tokens, fields, joining, [prefix, suffix]) = if has_markers(content)? {
        let affixes = [written_prefix, suffix].map(|affix| affix.replace(MARK, " "));
        (ids.in_characters(true)?, read_spaces(content)?, None, affixes)
    } else {
        let cuts = read_pattern(content.get("pre_tokenizer"), false)?;
        let fields = cuts.into_fields(read_steps(content.get("normalizer"))?);
        (
            ids.in_characters(false)?,
            fields,
            read_joining(content.get("decoder"))?,
            [written_prefix, suffix].map(str::to_owned),
        )
    };
    let symbols = Symbols {
        unit: "characters".into(),
        unknown: read_unknown(model, ids.table)?,
        fuses: model.sets("fuse_unk"),
        prefix: prefix.into_bytes(),
        suffix: suffix.into_bytes(),
        joining,
    };
    let merges = ids.merges(written_prefix)?;
    let alphabet = Alphabet { symbols: Some(symbols), ..Alphabet::default() };
    Ok(Definition { vocab: of_tokens(tokens, merges, model.sets("ignore_merges"), alphabet)?, fields })
}

pub fn read_unknown(model: &Value, vocab: &StringTable) -> Result<Option<u32>> {
    let token = option(model, "unk_token")?;
    if token.is_empty() {
        return Ok(None);
    }
    let missing =
        || wrong(format!("the unk_token {} is not in the vocabulary: text without a token is an error", quoted(token)));
    vocab.id_of(token).map(Some).ok_or_else(missing)
}

/// The rule by which tokens are joined to text; None if they are concatenated.
fn read_joining(decoder: Option<&Value>) -> Result<Option<Joining>> {
    if decoder.is_none() {
        return Ok(Some(("spaces".into(), Vec::new())));
    }
    let kind_of = |step: &Value| step.text_of("type").unwrap_or_default().to_owned();
    let steps = steps_of(decoder, "decoder", "decoders")?;
    let steps: Vec<&Value> = steps.into_iter().filter(|step| kind_of(step) != "Fuse").collect();
    let [step] = steps[..] else {
        if steps.is_empty() {
            return Ok(None);
        }
        let kinds: Vec<String> = steps.iter().map(|step| kind_of(step)).collect();
        let kinds = kinds.join(", ");
        return Err(wrong(format!("the decoder is {kinds}; minitok has BPEDecoder, WordPiece and Fuse")));
    };
    let (rule, name) = match kind_of(step).as_str() {
        "WordPiece" => (if step.says("cleanup", true) { "cleaned_prefix" } else { "prefix" }, "prefix"),
        "BPEDecoder" => ("suffix", "suffix"),
        kind => return Err(wrong(format!("the decoder is {kind}; minitok has BPEDecoder, WordPiece and Fuse"))),
    };
    let mark = step.text_of(name).filter(|mark| rule != "suffix" || !mark.is_empty());
    let refused = || {
        let shown = step.get(name).map_or_else(|| "null".into(), Value::shown);
        wrong(format!("the decoder {} has the mark {shown}", kind_of(step)))
    };
    Ok(Some((rule.into(), mark.ok_or_else(refused)?.as_bytes().to_vec())))
}
