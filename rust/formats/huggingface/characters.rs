//! BPE of characters, above all with byte fallback: how a file says that spaces are markers.
//! `python/minitok/formats/huggingface/characters.py` writes such files, and says it in words.

use super::super::token_texts::Ids;
use super::super::value::Value;
use super::super::{quoted, wrong};
use super::added::{Added, read_added};
use super::fields::{step_type, steps_of};
use super::normalizers::{read_steps, replace};
use super::patterns::{flat_steps, read_cutter, read_pattern};
use crate::error::Result;
use crate::fast::read::string_table::StringTable;
use crate::fast::util::fallible::push;
use crate::formats::definition::Fields;
use crate::formats::pattern_names::is_name;
use crate::reference::published::normalize::Step;
use crate::reference::published::patterns::THEN;
use crate::reference::published::regex_tree::{Node, width};
use crate::reference::published::regexes;
use crate::reference::published::unicode::{CharSet, contains, difference};

pub const MARK: &str = "\u{2581}";
const MARK_CODE: u32 = 0x2581;
const SPACE_CODE: u32 = 0x20;
/// Metaspace with `split`: a piece is a space and what follows it.
const SPLIT: &str = r"\x20[^\x20]*|[^\x20]+";
const DECODERS: [&str; 5] = ["Replace", "ByteFallback", "Fuse", "Strip", "Metaspace"];

fn to_marks() -> Step {
    replace(" ", MARK)
}

fn prepend() -> Step {
    Step::Prepend(MARK.into())
}

pub fn byte_name(byte: u8) -> String {
    format!("<0x{byte:02X}>")
}

/// The pattern, the normalizer, and where a space is put before the text.
pub fn read_spaces(content: &Value) -> Result<Fields> {
    let mut steps = read_steps(content.get("normalizer"))?;
    let mut cutters = flat_steps(content.get("pre_tokenizer"))?;
    let mut patterns = Vec::new();
    let prefix;
    if steps.contains(&to_marks()) {
        prefix = if steps.contains(&prepend()) { "segment" } else { "never" };
        steps = before_marks(&steps)?;
    } else if is_metaspace(&cutters)? {
        let splits;
        (prefix, splits) = read_metaspace(cutters.remove(0))?;
        if splits {
            patterns.push(SPLIT.to_owned());
        }
        if prefix == "first" && any_moves_start(&steps)? {
            return Err(wrong("a normalizer may move the first text, and Metaspace has the prepend_scheme first"));
        }
        if prefix == "never" {
            check_found_alike(&read_added(content)?)?;
        }
    } else {
        let decoders = steps_of(content.get("decoder"), "decoder", "decoders")?;
        let kinds: Vec<&str> = decoders.iter().filter_map(|step| step.text_of("type")).collect();
        if !kinds.contains(&"ByteFallback") || kinds.iter().any(|kind| !matches!(*kind, "ByteFallback" | "Fuse")) {
            let shown = if kinds.is_empty() { "none".into() } else { kinds.join(", ") };
            return Err(wrong(format!(
                "the decoder is {shown}; minitok has ByteFallback and Fuse, where spaces are no markers"
            )));
        }
        return Ok(read_pattern(content.get("pre_tokenizer"), false)?.into_fields(steps));
    }
    // Where a space is, there is a marker by then, so that there is nowhere to cut at spaces.
    for step in cutters {
        if !cuts_at_spaces(step)? {
            patterns.push(read_alike(step)?);
        }
    }
    check_decoder(content.get("decoder"))?;
    let pattern = if patterns.is_empty() { "none".into() } else { patterns.join(THEN) };
    Ok(Fields { pattern, normalizer: steps, prefix: Some(prefix.into()), ..Fields::default() })
}

fn is_metaspace(cutters: &[&Value]) -> Result<bool> {
    match cutters.first() {
        Some(first) => Ok(step_type(first, "pre_tokenizer")? == "Metaspace"),
        None => Ok(false),
    }
}

/// Whether steps write spaces as markers.
pub fn has_markers(content: &Value) -> Result<bool> {
    let cutters = flat_steps(content.get("pre_tokenizer"))?;
    Ok(is_metaspace(&cutters)? || read_steps(content.get("normalizer"))?.contains(&to_marks()))
}

/// Refuses normalized added tokens that are found otherwise here: a Metaspace that never puts a space writes markers after they are
/// found, and the rule `never` before that (SPEC E10).
fn check_found_alike(added: &Added) -> Result<()> {
    for (name, _) in added.ids.iter().filter(|(name, _)| added.late.contains(name)) {
        let shown = quoted(name);
        if name.contains(' ') || name.contains(MARK) {
            let reason = "is normalized and has a space or a marker, and Metaspace comes after it";
            return Err(wrong(format!("the added token {shown} {reason}")));
        }
        if added.flags.get(name).is_some_and(|flags| flags.contains("lstrip") || flags.contains("rstrip")) {
            let reason = "is normalized and takes spaces, and Metaspace never puts one";
            return Err(wrong(format!("the added token {shown} {reason}")));
        }
    }
    Ok(())
}

/// The steps before those that write markers, which must come last.
fn before_marks(steps: &[Step]) -> Result<Vec<Step>> {
    let is_mark = |step: &Step| *step == to_marks() || *step == prepend();
    let kept = steps.iter().filter(|step| !is_mark(step)).count();
    let (before, marks) = steps.split_at(kept);
    let orders = [vec![to_marks()], vec![prepend(), to_marks()], vec![to_marks(), prepend()]];
    if before.iter().any(is_mark) || !orders.iter().any(|order| order == marks) {
        let names: Vec<&str> = steps.iter().map(Step::name).collect();
        let names = names.join(", ");
        return Err(wrong(format!(
            "it is BPE of characters with the normalizing steps {names}: markers must come last"
        )));
    }
    Ok(before.to_vec())
}

/// The pattern of a pre-tokenizer that does not tell a space from a marker.
fn read_alike(step: &Value) -> Result<String> {
    let kind = step_type(step, "pre_tokenizer")?;
    if kind == "Split" && step.text_of("behavior") == Some("Removed") {
        return Err(wrong("the pre_tokenizer Split drops text behind markers"));
    }
    let pattern = read_cutter(kind, step)?.replace("\\\u{2581}", MARK);
    // Spaces are markers when it cuts in the file, and markers spaces here.
    let here = pattern.replace(MARK, r"\x20");
    if !cuts_alike(&pattern, &here)? {
        let reason = "distinguishes a space from a marker, which minitok treats as one";
        return Err(wrong(format!("the pre_tokenizer {kind} {reason}")));
    }
    Ok(here)
}

/// Whether a pattern cuts text with markers where the other cuts it with spaces in their place.
fn cuts_alike(pattern: &str, here: &str) -> Result<bool> {
    const EITHER: [(u32, u32); 2] = [(SPACE_CODE, SPACE_CODE), (MARK_CODE, MARK_CODE)];
    if is_name(pattern) {
        return Ok(false);
    }
    let (theirs, ours) = (regexes::parse(pattern)?, regexes::parse(here)?);
    let (theirs, ours) = (sets_of(&theirs), sets_of(&ours));
    let alike = |(theirs, ours): (&&CharSet, &&CharSet)| {
        contains(theirs, MARK_CODE) == contains(ours, SPACE_CODE)
            && difference(theirs, &EITHER) == difference(ours, &EITHER)
    };
    Ok(theirs.len() == ours.len() && theirs.iter().zip(&ours).all(alike))
}

fn sets_of(node: &Node) -> Vec<&CharSet> {
    match node {
        Node::Set(chars) => vec![chars],
        Node::Sequence(parts) | Node::Choice(parts) => parts.iter().flat_map(sets_of).collect(),
        Node::Repeat { part, .. } | Node::Group { part, .. } => sets_of(part),
        Node::Start | Node::End | Node::Edge { .. } => Vec::new(),
    }
}

/// Whether the text that a step leaves may begin after the first character: `tokenizers` says so of text that follows what was removed, and
/// of text that replaces several characters, which begins where the last of them does.
fn any_moves_start(steps: &[Step]) -> Result<bool> {
    for step in steps {
        if let Step::Replace { pattern, text } = step {
            let most = width(&regexes::parse(pattern)?).1;
            if most.is_none_or(|most| most > usize::from(!text.is_empty())) {
                return Ok(true);
            }
        }
    }
    Ok(false)
}

/// Whether a pre-tokenizer cuts at spaces and nowhere else; one that drops all other text is none.
fn cuts_at_spaces(step: &Value) -> Result<bool> {
    let is_split = step_type(step, "pre_tokenizer")? == "Split";
    let is_space =
        step.get("pattern").and_then(Value::object) == Some(&[("String".to_owned(), Value::Text(" ".into()))][..]);
    Ok(is_split && is_space && !(step.text_of("behavior") == Some("Removed") && step.sets("invert")))
}

/// Where a space is put before the text, and whether it is cut before spaces.
fn read_metaspace(step: &Value) -> Result<(&'static str, bool)> {
    let shown = |name: &str| step.get(name).map_or_else(|| "null".into(), Value::shown);
    if step.text_of("replacement") != Some(MARK) {
        return Err(wrong(format!("the pre_tokenizer Metaspace has the replacement {}", shown("replacement"))));
    }
    let scheme = if step.has("prepend_scheme") {
        step.text_of("prepend_scheme").unwrap_or_default()
    } else if step.says("add_prefix_space", true) {
        "always"
    } else {
        "never"
    };
    let known = ["always", "first", "never"].into_iter().find(|known| *known == scheme);
    let refused = || wrong(format!("the pre_tokenizer Metaspace has the prepend_scheme {}", shown("prepend_scheme")));
    Ok((known.ok_or_else(refused)?, step.says("split", true)))
}

/// Refuses a decoder that makes something else of tokens than bytes and spaces. Whether one drops a space at the start does not
/// decide: decoding drops the space that was put there (SPEC S5).
fn check_decoder(step: Option<&Value>) -> Result<()> {
    for part in steps_of(step, "decoder", "decoders")? {
        let kind = step_type(part, "decoder")?;
        let source = part.get("pattern").and_then(Value::object);
        let to_spaces = part.object().is_some_and(|fields| fields.len() == 3)
            && source == Some(&[("String".to_owned(), Value::Text(MARK.into()))][..])
            && part.text_of("content") == Some(" ");
        if !DECODERS.contains(&kind) || (kind == "Replace" && !to_spaces) {
            return Err(wrong(format!("the decoder has a step {kind} that minitok does not support")));
        }
        let one = |name: &str, number| part.get(name) == Some(&Value::Whole(number));
        if kind == "Strip" && !(part.text_of("content") == Some(" ") && one("start", 1) && one("stop", 0)) {
            return Err(wrong("the decoder Strip drops something other than one space at the start"));
        }
    }
    Ok(())
}

/// Refuses a model with byte fallback that takes pieces whole, or writes characters by their place.
pub fn check_fallback(model: &Value) -> Result<()> {
    for name in ["ignore_merges", "continuing_subword_prefix", "end_of_word_suffix"] {
        if model.sets(name) {
            return Err(wrong(format!("it is BPE of characters with byte_fallback and {name}")));
        }
    }
    Ok(())
}

/// Whether a character without a token may become its bytes: `byte_fallback` does nothing without their tokens.
pub fn falls_back(model: &Value, vocab: &StringTable) -> bool {
    model.sets("byte_fallback") && (0..=255).any(|byte| vocab.find(byte_name(byte).as_bytes()).is_some())
}

/// The ids of the 256 bytes, whose tokens are left out then.
pub fn take_bytes(ids: &mut Ids) -> Result<Vec<u32>> {
    let mut fallback = Vec::new();
    for byte in 0..=255 {
        let name = byte_name(byte);
        let id = ids.get(&name).ok_or_else(|| wrong(format!("it has byte_fallback, but no token '{name}'")))?;
        ids.leave_out(&name, id, |_| true);
        push(&mut fallback, id)?;
    }
    Ok(fallback)
}
