//! A template, prepared and run: Jinja as models' templates have it, by `minijinja`, whose strings keep their marks.

use super::marks::{MARKS, Marks};
use super::strings::{as_filter, method, shown, tojson, wrong};
use crate::error::{Error, Result};
use minijinja::value::ValueKind;
use minijinja::{Environment, Output, State, Value};
use std::collections::HashSet;

/// How many steps of a template are made before it is given up: a conversation of a thousand messages takes some hundred thousand.
const STEPS: u64 = 50_000_000;

/// The variable with what `strftime_now` gives.
pub const NOW: &str = "__now";

/// The environment with templates by name; and the names in their code, which are those of fields, too.
pub fn environment(templates: &[(String, String)]) -> Result<(Environment<'static>, HashSet<String>)> {
    let mut env = Environment::new();
    env.set_trim_blocks(true);
    env.set_lstrip_blocks(true);
    env.set_fuel(Some(STEPS));
    env.set_formatter(write);
    env.set_unknown_method_callback(method);
    for (filter, name) in [("trim", "strip"), ("upper", "upper"), ("lower", "lower"), ("title", "words")] {
        env.add_filter(filter, as_filter(name));
    }
    env.add_filter("capitalize", as_filter("capitalize"));
    env.add_filter("replace", as_filter("replace"));
    env.add_filter("string", text);
    env.add_filter("__text", text);
    env.add_filter("tojson", tojson);
    for name in ["iterable", "sequence"] {
        env.add_test(name, move |value: &Value| match value.kind() {
            ValueKind::String | ValueKind::Seq => true,
            ValueKind::Map | ValueKind::Iterable => name == "iterable",
            _ => false,
        });
    }
    env.add_function("__marked", |state: &State, text: &str| Marks::of(state).marked(text));
    env.add_function(
        "raise_exception",
        |state: &State, reason: &str| -> std::result::Result<Value, minijinja::Error> {
            Err(wrong(Marks::of(state).plain(reason)))
        },
    );
    env.add_function("strftime_now", |state: &State, _form: &str| {
        let given = state
            .lookup(NOW)
            .ok_or_else(|| wrong("the template asks for the date: give it as strftime_now, as the template writes it"));
        given.map(|now| Marks::of(state).marked(now.as_str().unwrap_or_default()))
    });
    let mut names = HashSet::new();
    for (name, source) in templates {
        let prepared = prepared(source, &mut names);
        env.add_template_owned(name.clone(), prepared).map_err(|error| failed(&error))?;
    }
    Ok((env, names))
}

/// A value as Python writes it, marked if it is not a string, since it comes from nowhere.
fn text(state: &State, value: &Value) -> std::result::Result<String, minijinja::Error> {
    match value.as_str() {
        Some(text) => Ok(text.to_owned()),
        None => Ok(Marks::of(state).marked(&shown(value)?)),
    }
}

/// What `{{ }}` writes.
fn write(out: &mut Output, state: &State, value: &Value) -> std::result::Result<(), minijinja::Error> {
    Ok(out.write_str(&text(state, value)?)?)
}

/// An error of a template as ours.
pub fn failed(error: &minijinja::Error) -> Error {
    let place = error.line().map_or(String::new(), |line| format!("chat template, line {line}: "));
    let reason = error.detail().map_or_else(|| error.kind().to_string(), str::to_owned);
    Error::Template(format!("{place}{reason}"))
}

/// The template for this engine: a string that is looked for by `in` gets marks, as the text has in which it is looked for; the block
/// `generation` is an `if` that is true; and what `~` joins is written as Python does, or refused. Collects the names in its code.
fn prepared(source: &str, names: &mut HashSet<String>) -> String {
    let (mut out, mut rest) = (String::with_capacity(source.len()), source);
    while let Some(at) =
        rest.match_indices('{').map(|(at, _)| at).find(|&at| rest[at + 1..].starts_with(['{', '%', '#']))
    {
        let close = match rest.as_bytes()[at + 1] {
            b'{' => "}}",
            b'%' => "%}",
            _ => "#}",
        };
        out.push_str(&rest[..at + 2]);
        rest = &rest[at + 2..];
        if close == "#}" {
            let end = rest.find(close).unwrap_or(rest.len());
            out.push_str(&rest[..end]);
            rest = &rest[end..];
            continue;
        }
        let first = rest.trim_start_matches(['-', '+']).trim_start();
        for (tag, ours) in [("generation", "if true"), ("endgeneration", "endif")] {
            if first
                .strip_prefix(tag)
                .is_some_and(|behind| behind.trim_start_matches(['-', '+', ' ']).starts_with(close))
            {
                let behind = &first[tag.len()..];
                out.push_str(&rest[..rest.len() - first.len()]);
                out.push_str(ours);
                rest = behind;
            }
        }
        while !rest.is_empty() && !rest.starts_with(close) {
            let token = token(rest);
            let (own, behind) = rest.split_at(token);
            let is_string = own.starts_with(['\'', '"']);
            if is_string && !is_name(own.get(1..own.len() - 1).unwrap_or_default()) && is_looked_for(behind) {
                out.push_str("__marked(");
                out.push_str(own);
                out.push(')');
            } else {
                out.push_str(if own == "~" { "|__text + " } else { own });
            }
            if is_name(own) {
                names.insert(own.to_owned());
            }
            rest = behind;
        }
    }
    out + rest
}

/// Whether `in` or `not in` follows.
fn is_looked_for(behind: &str) -> bool {
    let mut words = behind.split_whitespace();
    behind.starts_with(char::is_whitespace)
        && match words.next() {
            Some("not") => words.next() == Some("in"),
            word => word == Some("in"),
        }
}

pub fn is_name(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|char| char.is_ascii_alphanumeric() || char == '_')
}

/// How long the first token of some code is: a string, a word, or a character.
fn token(code: &str) -> usize {
    let mut chars = code.char_indices();
    let Some((_, first)) = chars.next() else { return 0 };
    if first == '\'' || first == '"' {
        while let Some((at, char)) = chars.next() {
            match char {
                '\\' => drop(chars.next()),
                _ if char == first => return at + 1,
                _ => {}
            }
        }
        return code.len();
    }
    let is_part = |char: char| char.is_alphanumeric() || char == '_';
    if is_part(first) { code.find(|char| !is_part(char)).unwrap_or(code.len()) } else { first.len_utf8() }
}

pub fn run(env: &Environment, name: &str, values: Vec<(String, Value)>, marks: Marks) -> Result<String> {
    let marks = (MARKS.to_owned(), Value::from_object(marks));
    let values: Value = values.into_iter().chain([marks]).collect();
    let template = env.get_template(name).map_err(|error| failed(&error))?;
    template.render(values).map_err(|error| failed(&error))
}
