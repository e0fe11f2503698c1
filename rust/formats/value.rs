//! A value of JSON: what it holds, what of it must be there, and how it is written. [`json`](super::json) reads it.

use super::{quoted, wrong};
use crate::error::Result;
use crate::fast::util::fallible::push_str;
use crate::support::features::HAS_FILES;

#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    Null,
    Flag(bool),
    /// A whole number that fits.
    Whole(i128),
    Number(f64),
    Text(String),
    List(Vec<Value>),
    /// Names and values, in the order of the file.
    Object(Vec<(String, Value)>),
}

impl Value {
    /// A field of an object; None if there is none, or if it is null.
    pub fn get(&self, name: &str) -> Option<&Value> {
        let Value::Object(fields) = self else { return None };
        fields.iter().find(|(field, _)| field == name).map(|(_, value)| value).filter(|value| **value != Value::Null)
    }

    /// Takes a field out of an object, as `get` finds it; null stays in its place.
    pub fn take(&mut self, name: &str) -> Option<Value> {
        let Value::Object(fields) = self else { return None };
        let (_, value) = fields.iter_mut().find(|(field, _)| field == name)?;
        Some(std::mem::replace(value, Value::Null)).filter(|value| *value != Value::Null)
    }

    pub fn has(&self, name: &str) -> bool {
        matches!(self, Value::Object(fields) if fields.iter().any(|(field, _)| field == name))
    }

    pub fn text(&self) -> Option<&str> {
        if let Value::Text(text) = self { Some(text) } else { None }
    }

    pub fn list(&self) -> Option<&[Value]> {
        if let Value::List(items) = self { Some(items) } else { None }
    }

    pub fn object(&self) -> Option<&[(String, Value)]> {
        if let Value::Object(fields) = self { Some(fields) } else { None }
    }

    /// A whole number that can be an id.
    pub fn id(&self) -> Option<u32> {
        if let Value::Whole(number) = *self {
            u32::try_from(number).ok().filter(|&id| id <= super::MAX_ID)
        } else {
            None
        }
    }

    /// Whether each number in it is one that a float can hold.
    pub fn is_finite(&self) -> bool {
        match self {
            Value::Number(number) => number.is_finite(),
            Value::List(items) => items.iter().all(Value::is_finite),
            Value::Object(fields) => fields.iter().all(|(_, value)| value.is_finite()),
            _ => true,
        }
    }

    /// Whether it says yes: everything but nothing, no, zero and what is empty.
    pub fn is_set(&self) -> bool {
        match self {
            Value::Null => false,
            Value::Flag(flag) => *flag,
            Value::Whole(number) => *number != 0,
            Value::Number(number) => *number != 0.0,
            Value::Text(text) => !text.is_empty(),
            Value::List(items) => !items.is_empty(),
            Value::Object(fields) => !fields.is_empty(),
        }
    }

    pub fn sets(&self, name: &str) -> bool {
        self.get(name).is_some_and(Value::is_set)
    }

    /// Whether a field says yes; where there is none, what is taken of it.
    pub fn says(&self, name: &str, default: bool) -> bool {
        if self.has(name) { self.sets(name) } else { default }
    }

    pub fn text_of(&self, name: &str) -> Option<&str> {
        self.get(name).and_then(Value::text)
    }

    /// The value for a message, cut short.
    pub fn shown(&self) -> String {
        match self {
            Value::Null => "null".into(),
            Value::Flag(flag) => flag.to_string(),
            Value::Whole(number) => number.to_string(),
            Value::Number(number) if HAS_FILES => format!("{number:?}"),
            Value::Number(_) => self.kind().into(), // files have numbers like these
            Value::Text(text) => quoted(text),
            Value::List(items) => format!("a list of {}", items.len()),
            Value::Object(fields) => {
                let names: Vec<String> = fields.iter().take(4).map(|(name, _)| quoted(name)).collect();
                format!("an object with {}", if names.is_empty() { "no fields".into() } else { names.join(", ") })
            }
        }
    }

    /// The value as Python writes it: with a space after each comma and colon, and characters as they are.
    pub fn json(&self) -> Result<String> {
        let mut out = String::new();
        self.write(&mut out).map(|()| out)
    }

    pub fn write(&self, out: &mut String) -> Result<()> {
        match self {
            Value::Text(text) => write_text(text, out),
            Value::List(items) => {
                push_str(out, "[")?;
                for (number, item) in items.iter().enumerate() {
                    push_str(out, if number == 0 { "" } else { ", " })?;
                    item.write(out)?;
                }
                push_str(out, "]")
            }
            Value::Object(fields) => {
                push_str(out, "{")?;
                for (number, (name, value)) in fields.iter().enumerate() {
                    push_str(out, if number == 0 { "" } else { ", " })?;
                    write_text(name, out)?;
                    push_str(out, ": ")?;
                    value.write(out)?;
                }
                push_str(out, "}")
            }
            Value::Number(number) if HAS_FILES => push_str(out, &format!("{number:?}")),
            other => push_str(out, &other.shown()),
        }
    }

    /// What it is, for a message.
    pub fn kind(&self) -> &'static str {
        match self {
            Value::Null => "null",
            Value::Flag(_) => "true or false",
            Value::Whole(_) | Value::Number(_) => "a number",
            Value::Text(_) => "a string",
            Value::List(_) => "a list",
            Value::Object(_) => "an object",
        }
    }

    /// A field that must be there, as `read` takes it; `what` it must be.
    pub fn need<'v, T>(&'v self, name: &str, what: &str, read: impl FnOnce(&'v Value) -> Option<T>) -> Result<T> {
        if !self.has(name) {
            let inside = if matches!(self, Value::Object(_)) { String::new() } else { format!(" in {}", self.shown()) };
            return Err(wrong(format!("no '{name}'{inside}")));
        }
        let held = self.get(name).unwrap_or(&Value::Null);
        read(held).ok_or_else(|| wrong(format!("'{name}' is {}, not {what}", held.kind())))
    }

    pub fn need_list(&self, name: &str) -> Result<&[Value]> {
        self.need(name, "a list", Value::list)
    }

    pub fn need_object(&self, name: &str) -> Result<&Value> {
        self.need(name, "an object", |value| value.object().map(|_| value))
    }

    pub fn need_text(&self, name: &str) -> Result<&str> {
        self.need(name, "a string", Value::text)
    }

    pub fn need_whole(&self, name: &str) -> Result<i64> {
        self.need(name, "a whole number", |value| {
            if let Value::Whole(number) = value { i64::try_from(*number).ok() } else { None }
        })
    }

    pub fn need_flag(&self, name: &str) -> Result<bool> {
        self.need(name, "true or false", |value| if let Value::Flag(flag) = value { Some(*flag) } else { None })
    }
}

fn write_text(text: &str, out: &mut String) -> Result<()> {
    push_str(out, "\"")?;
    for char in text.chars() {
        match char {
            '"' => push_str(out, "\\\""),
            '\\' => push_str(out, "\\\\"),
            '\n' => push_str(out, "\\n"),
            '\r' => push_str(out, "\\r"),
            '\t' => push_str(out, "\\t"),
            '\u{8}' => push_str(out, "\\b"),
            '\u{c}' => push_str(out, "\\f"),
            control if control < ' ' => push_str(out, &format!("\\u{:04x}", u32::from(control))),
            other => push_str(out, other.encode_utf8(&mut [0; 4])),
        }?;
    }
    push_str(out, "\"")
}
