//! The fields of a file: the steps of a sequence.

use super::super::value::Value;
use super::super::wrong;
use crate::error::Result;

/// The type of one of the file's steps.
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
