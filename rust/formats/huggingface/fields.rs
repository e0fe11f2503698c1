//! The fields of a file: the steps of a sequence, and what is true or false.

use super::super::value::Value;
use super::super::wrong;
use crate::error::Result;

/// Fields that are true or false, or null.
#[rustfmt::skip]
const FLAGS: [&str; 20] = [
    "add_prefix_space", "byte_fallback", "clean_text", "cleanup", "fuse_unk", "handle_chinese_chars", "ignore_merges", "individual_digits",
    "invert", "lowercase", "lstrip", "normalized", "rstrip", "single_word", "special", "split", "strip_accents", "strip_left",
    "strip_right", "use_regex",
];

/// Refuses a part of a file that has another value in one of these fields, for instance the text `"false"`.
pub fn check_flags(part: &Value) -> Result<()> {
    match part {
        Value::List(parts) => parts.iter().try_for_each(check_flags),
        Value::Object(fields) => fields.iter().try_for_each(|(name, value)| match value {
            Value::Null | Value::Flag(_) => Ok(()),
            _ if FLAGS.contains(&name.as_str()) => {
                Err(wrong(format!("'{name}' is {}, not true or false", value.shown())))
            }
            _ => check_flags(value),
        }),
        _ => Ok(()),
    }
}

pub fn step_type<'v>(step: &'v Value, what: &str) -> Result<&'v str> {
    step.text_of("type").ok_or_else(|| wrong(format!("the {what} has no type")))
}

/// The steps of a sequence, or the one step that there is; each has a type.
pub fn steps_of<'v>(step: Option<&'v Value>, what: &str, parts: &str) -> Result<Vec<&'v Value>> {
    let Some(step) = step else { return Ok(Vec::new()) };
    if step_type(step, what)? != "Sequence" {
        return Ok(vec![step]);
    }
    let steps = step.get(parts).and_then(Value::list);
    let steps = steps.ok_or_else(|| wrong(format!("the {what} Sequence has no list of {parts}")))?;
    for part in steps {
        step_type(part, what)?;
    }
    Ok(steps.iter().collect())
}

/// An option of the model that is text, or empty.
pub fn option<'v>(model: &'v Value, name: &str) -> Result<&'v str> {
    match model.get(name) {
        Some(value) if value.is_set() => value.text().ok_or_else(|| wrong(format!("the {name} is {}", value.shown()))),
        _ => Ok(""),
    }
}
