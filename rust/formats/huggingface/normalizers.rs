//! Normalizers as the steps of SPEC N2.
//!
//! Most are replacements: `StripAccents` replaces marks by nothing, `Strip` white space at the two ends, `Nmt` what neural translation
//! drops. `BertNormalizer` is several steps.

use super::super::value::Value;
use super::super::wrong;
use super::fields::step_type;
use super::oniguruma::{engine_difference, with_line_ends, with_words};
use super::patterns::{literal, matches_nothing};
use super::tables::set;
use crate::error::Result;
use crate::reference::published::normal_forms::{FORMS, Form};
use crate::reference::published::normalize::Step;

const KNOWN: &str =
    "BertNormalizer, Lowercase, NFC, NFD, NFKC, NFKD, Nmt, Precompiled, Prepend, Replace, Strip, StripAccents";

pub fn replace(pattern: impl Into<String>, text: &str) -> Step {
    Step::Replace { pattern: pattern.into(), text: text.into() }
}

pub fn read_steps(step: Option<&Value>) -> Result<Vec<Step>> {
    let Some(step) = step else { return Ok(Vec::new()) };
    let kind = step_type(step, "normalizer")?;
    if FORMS.contains(&kind) {
        return Ok(Form::named(kind).map(Step::Form).into_iter().collect());
    }
    match kind {
        "Sequence" => {
            let parts = step.get("normalizers").and_then(Value::list);
            let parts = parts.ok_or_else(|| wrong("the normalizer Sequence has no list of normalizers"))?;
            let mut steps = Vec::new();
            for part in parts {
                steps.extend(read_steps(Some(part))?);
            }
            Ok(steps)
        }
        "Lowercase" => Ok(vec![Step::Lowercase]),
        "StripAccents" => Ok(vec![replace(set("marks"), "")]),
        "Nmt" => Ok(vec![
            replace(r"[\x01-\x08\x0B\x0E-\x1F\x7F\u008F\u009F]", ""),
            replace(r"[\t\n\f\r\u1680\u200B-\u200F\u2028\u2029\u2581\uFEFF\uFFFD]", " "),
        ]),
        "Prepend" => {
            let text = step.text_of("prepend").ok_or_else(|| wrong("the normalizer Prepend has no text"))?;
            Ok(if text.is_empty() { Vec::new() } else { vec![Step::Prepend(text.into())] })
        }
        "Replace" => read_replace(step),
        "Strip" => {
            let ends = [(r"\A\s+", "strip_left"), (r"\s+\z", "strip_right")];
            Ok(ends.into_iter().filter(|(_, side)| step.says(side, true)).map(|(end, _)| replace(end, "")).collect())
        }
        "BertNormalizer" => Ok(read_bert(step)),
        "Precompiled" if step.sets("precompiled_charsmap") => {
            Err(wrong("the normalizer Precompiled replaces characters by a table, which minitok does not support"))
        }
        "Precompiled" => Ok(Vec::new()),
        _ => Err(wrong(format!("the normalizer is {kind}; minitok has {KNOWN}"))),
    }
}

/// A text in place of each match of another, or of a regular expression.
fn read_replace(step: &Value) -> Result<Vec<Step>> {
    let source = step.get("pattern").filter(|source| source.object().is_some());
    let (Some(source), Some(content)) = (source, step.text_of("content")) else {
        return Err(wrong("the normalizer Replace has no pattern, or no content"));
    };
    if let Some(text) = source.text_of("String").filter(|text| !text.is_empty()) {
        return Ok(vec![replace(literal(text), content)]);
    }
    let Some(pattern) = source.text_of("Regex") else {
        return Err(wrong(format!("the normalizer Replace has the pattern {}", source.shown())));
    };
    let pattern = with_line_ends(pattern);
    if let Some(difference) = engine_difference(&pattern) {
        return Err(wrong(format!(
            "the normalizer Replace has {difference}, which other engines interpret differently"
        )));
    }
    if matches_nothing(&pattern)? {
        return Err(wrong("the normalizer Replace can match the empty text"));
    }
    Ok(vec![replace(with_words(&pattern), content)])
}

/// BERT's: control characters go, and accents where letters become small.
fn read_bert(step: &Value) -> Vec<Step> {
    let lowercase = step.says("lowercase", true);
    let mut steps = Vec::new();
    if step.says("clean_text", true) {
        steps.extend([replace(set("controls"), ""), replace(r"\s", " ")]);
    }
    if step.says("handle_chinese_chars", true) {
        steps.push(Step::SpaceIdeographs);
    }
    if step.get("strip_accents").map_or(lowercase, Value::is_set) {
        steps.extend([Step::Form(Form::Nfd), replace(set("accents"), "")]);
    }
    if lowercase {
        steps.push(Step::Lowercase);
    }
    steps
}
