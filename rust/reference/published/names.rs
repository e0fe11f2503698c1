//! Names of split patterns, encodings and models -> what they mean.
//!
//! A name of an encoding or a model stands for its split pattern where a pattern is wanted, and a pattern's or a model's for its
//! encoding where an encoding is wanted. A string that is nearly a name is refused with the name that may be meant, and so is a
//! pattern that would match nothing but its own text: nobody who writes `pattern("cl100k_bas")` means that.
//!
//! Both languages read the names from one file, `names.txt`. It also says where the files of other models are.
//!
//! By hand: `gpt-4o` uses `o200k_base`, whose pattern is `o200k`. `gpt4` is not a name, but has the letters and digits of `gpt-4`:
//! it is refused, and `gpt-4` is suggested. `gpt-?\d` has characters of regular expressions: it is one.
//!
//! Invariants: only what looks like a name, letters and digits with single `-`, `_` or `.` between them, is taken for one or for a
//! misspelt one. Any other string with a character that has a meaning in regular expressions is a pattern as it stands. Whatever
//! is refused can be written `(?:text)`.
//!
//! Costs: linear in the string; to suggest a name, O(L^2) for each of at most 2,000 known names, L <= 64 letters.
//!
//! Implements SPEC P10.

use crate::error::{Error, Result};
use crate::reference::published::families::FAMILIES;
use crate::reference::published::patterns::{BYTES, NAMED, THEN};
use crate::support::once::Once;

/// Characters that say more than the text itself in a regular expression.
const METACHARACTERS: &str = r"\^$.[](){}*+?|";
const WHITE: [char; 4] = [' ', '\t', '\r', '\n'];
/// How many letters a name may have to be compared with others, and with how many of these.
const MOST_LETTERS: usize = 64;
const MOST_KNOWN: usize = 2000;
/// More differences than are counted.
const FAR: usize = MOST_LETTERS + 1;
/// How many names are suggested.
const SUGGESTED: usize = 3;

/// What the file says.
pub struct Names {
    /// The split pattern of each published encoding.
    encodings: Vec<(&'static str, &'static str)>,
    /// The encoding of each model.
    models: Vec<(&'static str, &'static str)>,
    /// The encoding of other models, whose names start so.
    prefixes: Vec<(&'static str, &'static str)>,
    /// The split pattern of models that are read from files, and a repository with such a file.
    families: Vec<(&'static str, (&'static str, &'static str))>,
}

pub fn table() -> &'static Names {
    static TABLE: Once<Names> = Once::new();
    TABLE.get_or_make(|| {
        let mut names = Names { encodings: vec![], models: vec![], prefixes: vec![], families: vec![] };
        for line in include_str!("../../../python/minitok/reference/published/names.txt").lines() {
            let mut fields = line.split_ascii_whitespace();
            let kind = fields.next();
            let mut field = || fields.next().unwrap_or_default();
            match kind {
                Some("encoding") => {
                    let (name, pattern) = (field(), field());
                    names.encodings.push((name, pattern));
                    names.models.extend(fields.map(|model| (model, name)));
                }
                Some("prefix") => names.prefixes.push((field(), field())),
                Some("family") => {
                    let found = (field(), field());
                    names.families.extend(fields.map(|model| (model, found)));
                }
                _ => {}
            }
        }
        names
    })
}

/// Returns the name of the encoding that a model uses; None if the model is not known.
pub fn encoding_of_model(model: &str) -> Option<&'static str> {
    let found = table().models.iter().find(|(known, _)| *known == model);
    let found = found.or_else(|| table().prefixes.iter().find(|(start, _)| model.starts_with(start)));
    found.map(|&(_, encoding)| encoding)
}

/// Returns the encoding that a name means: an encoding's own, with or without `_base`, or that of a model.
pub fn encoding_named(name: &str) -> Option<&'static str> {
    let known = || table().encodings.iter().map(|&(encoding, _)| encoding);
    let found = known().find(|&encoding| encoding == name);
    let found = found.or_else(|| known().find(|encoding| encoding.strip_suffix("_base") == Some(name)));
    found.or_else(|| encoding_of_model(name))
}

/// Returns the split pattern that a name means: the pattern's own, or that of an encoding or a model.
pub fn pattern_of(name: &str) -> Option<&'static str> {
    if let Some(own) = own_names().find(|&own| own == name) {
        return Some(own);
    }
    if !is_like_name(name) {
        return None;
    }
    if let Some(encoding) = encoding_named(name) {
        return table().encodings.iter().find(|(known, _)| *known == encoding).map(|&(_, pattern)| pattern);
    }
    table().families.iter().find(|(model, _)| *model == name).map(|&(_, (pattern, _))| pattern)
}

/// Returns the pattern that a caller means: by a name, with names as steps (P8), or as it stands.
///
/// # Errors
///
/// It would match nothing but its own text, or it is nearly a name. Such a text is written `(?:text)`.
pub fn pattern_named(pattern: &str) -> Result<String> {
    let steps: Vec<String> = pattern.split(THEN).map(step_named).collect::<Result<_>>()?;
    Ok(steps.join(THEN))
}

/// Returns the same for one of the patterns that cut in turn.
pub fn step_named(step: &str) -> Result<String> {
    let name = step.strip_prefix(BYTES).unwrap_or(step);
    let mark = &step[..step.len() - name.len()];
    if name.chars().nth(1).is_none() {
        return Ok(step.to_owned());
    }
    if let Some(found) = pattern_of(name) {
        return Ok(format!("{mark}{found}"));
    }
    let near = if is_like_name(name.trim_matches(WHITE)) { nearest(name, pattern_names()) } else { vec![] };
    if near.is_empty() && name.contains(|char| METACHARACTERS.contains(char)) {
        return Ok(step.to_owned());
    }
    let known = if near.is_empty() {
        format!("patterns with names are {}.", own_names().collect::<Vec<_>>().join(", "))
    } else {
        format!("did you mean {}?", either(&near))
    };
    let reason = format!(
        "not the name of a pattern, an encoding or a model; {known} To match exactly this text, write (?:{name})"
    );
    Err(Error::Pattern { pattern: step.into(), reason })
}

/// Returns the names that patterns have themselves.
pub fn own_names() -> impl Iterator<Item = &'static str> {
    ["none"].into_iter().chain(NAMED.iter().chain(&FAMILIES).map(|&(name, _)| name))
}

/// Returns the names that are suggested for a pattern; those of patterns first.
fn pattern_names() -> impl Iterator<Item = &'static str> {
    own_names().chain(table().encodings.iter().chain(&table().models).map(|&(name, _)| name))
}

/// Whether a text looks like a name.
pub fn is_like_name(text: &str) -> bool {
    let is_word = |word: &str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_alphanumeric());
    text.split(['-', '_', '.']).all(is_word)
}

pub fn unknown_encoding(name: &str) -> String {
    let known = || table().encodings.iter().map(|&(encoding, _)| encoding);
    let others = format!(
        "; expected one of {}, or the name of an OpenAI model; read other models from their files",
        known().collect::<Vec<_>>().join(", ")
    );
    let models = table().models.iter().map(|&(model, _)| model);
    format!("unknown encoding {}{}", quoted(name), explained(name, known().chain(models), &others))
}

pub fn unknown_model(model: &str) -> String {
    if let Some(encoding) = encoding_named(model) {
        return format!("unknown model {}; this is an encoding: get_encoding({})", quoted(model), quoted(encoding));
    }
    let others = "; minitok knows the models of OpenAI and Whisper, and reads those of others from their files";
    let known = table().models.iter().map(|&(model, _)| model);
    format!("unknown model {}{}", quoted(model), explained(model, known, others))
}

/// The end of a message about an unknown name: where the model's file is, what may be meant, or `others`, what there is.
///
/// A model may be written with its owner, `owner/model`.
fn explained<'n>(name: &str, known: impl Iterator<Item = &'n str>, others: &str) -> String {
    let model = name.rsplit('/').next().unwrap_or_default();
    if let Some(repository) = repository_of(model) {
        let from = format!("this one from tokenizer.json of {repository} on Hugging Face");
        return format!("; minitok reads the models of others from their files, {from}");
    }
    if model != name && encoding_named(model).is_some() {
        return format!("; did you mean {}?", quoted(model));
    }
    suggest(model, known, others)
}

/// Returns a repository with the file of a model, if the name starts with that of a family.
pub fn repository_of(model: &str) -> Option<&'static str> {
    let lower = model.to_ascii_lowercase();
    let is_of =
        |name: &str| lower.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with(['-', '_', ':']));
    table().families.iter().find(|(name, _)| is_of(name)).map(|&(_, (_, repository))| repository)
}

/// Returns the end of a message about an unknown name: what may be meant, or `others`, what there is.
pub fn suggest<'n>(name: &str, known: impl IntoIterator<Item = &'n str>, others: &str) -> String {
    let near = nearest(name, known);
    if near.is_empty() { others.to_owned() } else { format!("; did you mean {}?", either(&near)) }
}

/// Returns the names as alternatives.
fn either(names: &[&str]) -> String {
    names.iter().map(|name| quoted(name)).collect::<Vec<_>>().join(" or ")
}

fn quoted(name: &str) -> String {
    format!("'{}'", name.escape_debug())
}

/// Returns the known names that are nearest to a name, at most three, in order; none if none is near.
pub fn nearest<'n>(name: &str, known: impl IntoIterator<Item = &'n str>) -> Vec<&'n str> {
    let wanted = letters(name);
    if wanted.is_empty() {
        return vec![];
    }
    let mut spelled: Vec<(Vec<u8>, &str)> = vec![];
    for other in known.into_iter().take(MOST_KNOWN) {
        let each = letters(other);
        if spelled.iter().all(|(seen, _)| *seen != each) {
            spelled.push((each, other));
        }
    }
    let found: Vec<(usize, &str)> = spelled.iter().map(|(each, other)| (differences(&wanted, each), *other)).collect();
    let fewest = found.iter().map(|&(steps, _)| steps).min().unwrap_or(FAR);
    let is_nearest = |&&(steps, _): &&(usize, &str)| steps == fewest && fewest < FAR;
    found.iter().filter(is_nearest).map(|&(_, other)| other).take(SUGGESTED).collect()
}

/// Returns in how many letters a name differs from a known one, or `FAR`. The start of a name differs in one.
///
/// Near is what differs in a quarter of the letters of the longer name, or in fewer.
fn differences(name: &[u8], other: &[u8]) -> usize {
    let longer = name.len().max(other.len());
    if name.len() > 2 && other != name && other.starts_with(name) {
        return 1;
    }
    if longer > MOST_LETTERS {
        return FAR;
    }
    let steps = distance(name, other, longer / 4);
    if steps <= longer / 4 { steps } else { FAR }
}

/// Returns the ASCII letters, in lower case, and digits of a name.
fn letters(name: &str) -> Vec<u8> {
    name.bytes().filter(u8::is_ascii_alphanumeric).map(|byte| byte.to_ascii_lowercase()).collect()
}

/// Returns how many letters must be inserted, removed, replaced or swapped with the next one, up to `most + 1`.
///
/// By hand: `gtp2` becomes `gpt2` by one swap; `o20k` becomes `o200k` by one letter more.
fn distance(one: &[u8], other: &[u8], most: usize) -> usize {
    if one.len().abs_diff(other.len()) > most {
        return most + 1;
    }
    let mut above: Vec<usize> = vec![];
    let mut last: Vec<usize> = (0..=other.len()).collect();
    for (i, letter) in one.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, wanted) in other.iter().enumerate() {
            let mut steps = (last[j] + usize::from(letter != wanted)).min(last[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && *letter == other[j - 1] && one[i - 1] == *wanted {
                steps = steps.min(above[j - 1] + 1);
            }
            row.push(steps);
        }
        if row.iter().all(|&steps| steps > most) {
            return most + 1;
        }
        (above, last) = (last, row);
    }
    last[other.len()]
}
