//! What Python's strings can do, in templates: methods and filters that see through marks, so that they do to a marked text what they do
//! to the text. Whatever is not here fails, and the conversation is refused.

use super::marks::Marks;
use minijinja::value::{Kwargs, Rest, ValueKind, from_args};
use minijinja::{Error, ErrorKind, FormatStyle, State, Value, format_filter};
use std::ops::Range;

type Result<T> = std::result::Result<T, Error>;

/// How deep values are written as JSON.
const DEEPEST: usize = 250;

pub fn wrong(reason: impl Into<String>) -> Error {
    Error::new(ErrorKind::InvalidOperation, reason.into())
}

/// What Python takes for white space.
fn is_space(char: char) -> bool {
    char.is_whitespace() || ('\x1c'..='\x1f').contains(&char)
}

fn ends_line(char: char) -> bool {
    matches!(char, '\n'..='\r' | '\x1c'..='\x1e' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// A method of a string, a list or a mapping.
pub fn method(state: &State, value: &Value, name: &str, given: &[Value]) -> Result<Value> {
    match value.kind() {
        ValueKind::String => {
            let marks = Marks::of(state);
            let text = value.as_str().unwrap_or_default();
            Text { marks: &marks, written: text, plain: marks.plain(text) }.method(name, given)
        }
        ValueKind::Map => of_mapping(value, name, given),
        _ => Err(ErrorKind::UnknownMethod.into()),
    }
}

fn of_mapping(value: &Value, name: &str, given: &[Value]) -> Result<Value> {
    let object = value.as_object().ok_or(ErrorKind::UnknownMethod)?;
    let pairs = || object.try_iter_pairs().into_iter().flatten();
    Ok(match name {
        "items" => pairs().map(|(key, value)| Value::from(vec![key, value])).collect(),
        "keys" => pairs().map(|(key, _)| key).collect(),
        "values" => pairs().map(|(_, value)| value).collect(),
        "get" => {
            let (key, other): (&Value, Option<Value>) = from_args(given)?;
            object.get_value(key).or(other).unwrap_or(Value::from(()))
        }
        _ => return Err(ErrorKind::UnknownMethod.into()),
    })
}

/// A text, with its marks and without them.
struct Text<'t> {
    marks: &'t Marks,
    written: &'t str,
    plain: String,
}

impl Text<'_> {
    fn method(&self, name: &str, given: &[Value]) -> Result<Value> {
        let (given, named): (&[Value], Kwargs) = from_args(given)?;
        let made = match name {
            "strip" | "lstrip" | "rstrip" => self.strip(name, &self.strings(given)?),
            "split" | "rsplit" => self.split(name == "rsplit", given, &named)?,
            "splitlines" => {
                self.lines(given.first().is_some_and(Value::is_true) || named.get("keepends").unwrap_or(false))
            }
            "partition" | "rpartition" => self.partition(name == "rpartition", &self.strings(given)?)?,
            "replace" => self.replace(given)?,
            "removeprefix" | "removesuffix" => self.without(name == "removesuffix", &self.strings(given)?)?,
            "startswith" => self.any_of(given, |plain, part| plain.starts_with(part))?,
            "endswith" => self.any_of(given, |plain, part| plain.ends_with(part))?,
            "find" | "rfind" | "count" => self.find(name, &self.strings(given)?)?,
            "upper" | "lower" | "title" | "capitalize" | "words" => self.cased(name),
            "isspace" => Value::from(!self.plain.is_empty() && self.plain.chars().all(is_space)),
            "join" => {
                let parts = given.first().ok_or_else(|| wrong("join needs a list"))?.try_iter()?;
                let parts =
                    parts.map(|part| part.as_str().map(str::to_owned).ok_or_else(|| wrong("join needs strings")));
                Value::from(parts.collect::<Result<Vec<_>>>()?.join(self.written))
            }
            "format" => Value::from(format_filter(FormatStyle::StrFormat, self.written, given)?),
            _ => return Err(ErrorKind::UnknownMethod.into()),
        };
        named.assert_all_used()?;
        Ok(made)
    }

    /// Arguments that are strings, without marks.
    fn strings(&self, given: &[Value]) -> Result<Vec<String>> {
        let plain = |value: &Value| value.as_str().map(|text| self.marks.plain(text));
        given
            .iter()
            .filter(|value| !value.is_none())
            .map(|value| plain(value).ok_or_else(|| wrong("not a string")))
            .collect()
    }

    fn parts(&self, parts: &[Range<usize>]) -> Vec<Value> {
        self.marks.cut(self.written, parts).into_iter().map(Value::from).collect()
    }

    fn part(&self, part: Range<usize>) -> Value {
        self.parts(&[part]).pop().unwrap_or_default()
    }

    fn strip(&self, name: &str, given: &[String]) -> Value {
        let goes = |char: char| given.first().map_or(is_space(char), |chars| chars.contains(char));
        let plain = &self.plain;
        let end = if name == "lstrip" { plain.len() } else { plain.trim_end_matches(goes).len() };
        let start = if name == "rstrip" { 0 } else { end - plain[..end].trim_start_matches(goes).len() };
        self.part(start..end)
    }

    /// The places of a string that is not empty.
    fn places(&self, of: &str) -> Result<Vec<Range<usize>>> {
        if of.is_empty() {
            return Err(wrong("empty separator"));
        }
        Ok(self.plain.match_indices(of).map(|(at, _)| at..at + of.len()).collect())
    }

    /// What stands between some ranges.
    fn between(&self, ranges: &[Range<usize>]) -> Vec<Range<usize>> {
        let starts = std::iter::once(0).chain(ranges.iter().map(|range| range.end));
        starts
            .zip(ranges.iter().map(|range| range.start).chain([self.plain.len()]))
            .map(|(start, end)| start..end)
            .collect()
    }

    fn split(&self, from_the_end: bool, given: &[Value], named: &Kwargs) -> Result<Value> {
        let most = match given.get(1) {
            Some(most) => most.as_i64(),
            None => named.get("maxsplit").unwrap_or(None),
        };
        let most = most.and_then(|most| usize::try_from(most).ok()).unwrap_or(usize::MAX);
        let separator = given.first().filter(|value| !value.is_none()).cloned();
        let Some(separator) = separator else {
            if most < usize::MAX {
                return Err(wrong("split() of white space takes no limit here"));
            }
            let words = self.plain.split(is_space).filter(|word| !word.is_empty());
            let start = |word: &str| word.as_ptr() as usize - self.plain.as_ptr() as usize;
            return Ok(self.parts(&words.map(|word| start(word)..start(word) + word.len()).collect::<Vec<_>>()).into());
        };
        let mut places = self.places(&self.strings(&[separator])?.concat())?;
        if from_the_end {
            places.drain(..places.len().saturating_sub(most));
        }
        places.truncate(most);
        Ok(self.parts(&self.between(&places)).into())
    }

    fn lines(&self, keep_ends: bool) -> Value {
        let (mut lines, mut start, plain) = (Vec::new(), 0, &self.plain);
        for (at, char) in plain.char_indices() {
            if at >= start && ends_line(char) {
                let end = at + if plain[at..].starts_with("\r\n") { 2 } else { char.len_utf8() };
                lines.push(start..if keep_ends { end } else { at });
                start = end;
            }
        }
        if start < plain.len() {
            lines.push(start..plain.len());
        }
        self.parts(&lines).into()
    }

    fn partition(&self, from_the_end: bool, given: &[String]) -> Result<Value> {
        let places = self.places(&given.concat())?;
        let found = if from_the_end { places.last() } else { places.first() };
        let all = self.plain.len();
        Ok(self
            .parts(&match found {
                Some(place) => [0..place.start, place.clone(), place.end..all],
                None if from_the_end => [0..0, 0..0, 0..all],
                None => [0..all, all..all, all..all],
            })
            .into())
    }

    fn replace(&self, given: &[Value]) -> Result<Value> {
        let [old, new, count @ ..] = given else { return Err(wrong("replace needs two strings")) };
        let mut places = self.places(&self.strings(std::slice::from_ref(old))?.concat())?;
        if let Some(count) = count.first().and_then(Value::as_i64).and_then(|count| usize::try_from(count).ok()) {
            places.truncate(count);
        }
        let new = new.as_str().ok_or_else(|| wrong("replace needs two strings"))?;
        Ok(self.marks.cut(self.written, &self.between(&places)).join(new).into())
    }

    fn without(&self, suffix: bool, given: &[String]) -> Result<Value> {
        let (part, plain) = (given.first().ok_or_else(|| wrong("a string is missing"))?, &self.plain);
        Ok(self.part(if suffix {
            0..plain.strip_suffix(&**part).unwrap_or(plain).len()
        } else {
            plain.len() - plain.strip_prefix(&**part).unwrap_or(plain).len()..plain.len()
        }))
    }

    fn any_of(&self, given: &[Value], test: impl Fn(&str, &str) -> bool) -> Result<Value> {
        let [one] = given else { return Err(wrong("one string, or several in a tuple")) };
        let several = if one.as_str().is_some() { vec![one.clone()] } else { one.try_iter()?.collect() };
        Ok(Value::from(self.strings(&several)?.iter().any(|part| test(&self.plain, part))))
    }

    fn find(&self, name: &str, given: &[String]) -> Result<Value> {
        let places = self.places(&given.concat())?;
        let place = if name == "find" { places.first() } else { places.last() };
        let characters = |place: &Range<usize>| self.plain[..place.start].chars().count();
        Ok(match (name, place) {
            ("count", _) => Value::from(places.len()),
            (_, Some(place)) => Value::from(characters(place)),
            (_, None) => Value::from(-1),
        })
    }

    /// Letters large or small: all, or the first of each word, or the first. `words`: as the filter `title` has them.
    fn cased(&self, name: &str) -> Value {
        let (mut made, mut inside) = (String::new(), false);
        for char in self.written.chars() {
            let plain = self.marks.plain_char(char);
            let large = name == "upper" || (name != "lower" && !inside);
            inside = match name {
                "title" => plain.is_lowercase() || plain.is_uppercase(),
                "words" => !is_space(plain) && !"-({[<".contains(plain),
                _ => true,
            };
            let cased: String = match (large, name) {
                (false, _) => plain.to_lowercase().collect(),
                (true, "upper" | "words") => plain.to_uppercase().collect(),
                // As a title, of several letters only the first is large.
                (true, _) => {
                    let mut upper = plain.to_uppercase();
                    upper.next().into_iter().chain(upper.flat_map(char::to_lowercase)).collect()
                }
            };
            made += &if self.marks.meant(char).is_some() { self.marks.marked(&cased) } else { cased };
        }
        made.into()
    }
}

/// A filter that is a method of strings.
pub fn as_filter(name: &'static str) -> impl Fn(&State, &Value, Rest<Value>) -> Result<Value> {
    move |state, value, given| {
        let value = if value.as_str().is_some() { value.clone() } else { Value::from(shown(value)?) };
        method(state, &value, name, &given)
    }
}

/// What Python writes of a value.
pub fn shown(value: &Value) -> Result<String> {
    Ok(match value.kind() {
        ValueKind::Undefined => String::new(),
        ValueKind::None => "None".into(),
        ValueKind::Bool => if value.is_true() { "True" } else { "False" }.into(),
        ValueKind::Number => number(value),
        ValueKind::String => value.as_str().unwrap_or_default().into(),
        other => return Err(wrong(format!("a {other} as text is not written as Python does"))),
    })
}

/// A number as Python writes it.
fn number(value: &Value) -> String {
    let float = f64::try_from(value.clone()).unwrap_or_default();
    if value.is_integer() {
        value.to_string()
    } else if float == 0.0 || (1e-4..1e16).contains(&float.abs()) {
        format!("{float:?}")
    } else {
        let shown = format!("{float:e}");
        let (digits, exponent) = shown.split_once('e').unwrap_or((&shown, "0"));
        let sign = if exponent.starts_with('-') { '-' } else { '+' };
        format!("{digits}e{sign}{:0>2}", exponent.trim_start_matches('-'))
    }
}

/// A value as JSON, all of it marked: the filter `tojson` as models' templates have it.
#[expect(clippy::needless_pass_by_value, reason = "the engine passes it so")]
pub fn tojson(state: &State, value: &Value, named: Kwargs) -> Result<String> {
    let marks = Marks::of(state);
    let indent: Option<usize> = named.get("indent")?;
    if named.get::<Option<bool>>("ensure_ascii")?.unwrap_or(false) {
        return Err(wrong("tojson(ensure_ascii=true) is not done here"));
    }
    named.assert_all_used()?;
    let mut out = String::new();
    write_json(value, &marks, indent, 0, &mut out)?;
    Ok(marks.marked(&out))
}

fn write_json(value: &Value, marks: &Marks, indent: Option<usize>, depth: usize, out: &mut String) -> Result<()> {
    let line = |depth: usize| indent.map_or(String::new(), |size| format!("\n{}", " ".repeat(size * depth)));
    let comma = if indent.is_some() { "," } else { ", " };
    let text =
        |text: &str| crate::formats::value::Value::Text(marks.plain(text)).json().map_err(|_| wrong("out of memory"));
    if depth > DEEPEST {
        return Err(wrong("a value is nested too deeply for JSON"));
    }
    match value.kind() {
        ValueKind::None => out.push_str("null"),
        ValueKind::Bool => out.push_str(if value.is_true() { "true" } else { "false" }),
        ValueKind::Number => out.push_str(&number(value)),
        ValueKind::String => out.push_str(&text(value.as_str().unwrap_or_default())?),
        kind @ (ValueKind::Seq | ValueKind::Iterable | ValueKind::Map) => {
            let brackets = if kind == ValueKind::Map { ('{', '}') } else { ('[', ']') };
            out.push(brackets.0);
            let mut empty = true;
            for item in value.try_iter()? {
                out.push_str(if empty { "" } else { comma });
                out.push_str(&line(depth + 1));
                if kind == ValueKind::Map {
                    out.push_str(&text(item.as_str().ok_or_else(|| wrong("a key that is no string"))?)?);
                    out.push_str(": ");
                    write_json(&value.get_item(&item)?, marks, indent, depth + 1, out)?;
                } else {
                    write_json(&item, marks, indent, depth + 1, out)?;
                }
                empty = false;
            }
            if !empty {
                out.push_str(&line(depth));
            }
            out.push(brackets.1);
        }
        other => return Err(wrong(format!("a {other} is not JSON"))),
    }
    Ok(())
}
