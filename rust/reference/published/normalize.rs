//! Steps that change a text before it is cut: normal forms of Unicode, small letters, and replacements.
//!
//! | | |
//! |---|---|
//! | `NFC`, ... | the normal form |
//! | `lowercase` | small letters of Unicode 17, character by character: a final sigma is not an exception |
//! | `space_ideographs` | a space before and after each Chinese character (BERT) |
//! | `replace`, p, text | the text in place of each match of the pattern `p` |
//! | `prepend`, text | the text before a segment that is not empty |
//!
//! A normalizer takes the steps in turn. By hand, CLIP's `NFC`, (`replace`, `\s+`, ` `), `lowercase`: `A\n\n Cat` -> `A Cat` ->
//! `a cat`.
//!
//! [`Normalizer::aligned`] also says where each byte of the result comes from. A character of a normal form comes from the
//! characters that it was made of, each character of a replacement from the whole match, and a character that is put in from the
//! empty range after the character before it. By hand, with the steps above: the space in `a cat` comes from the bytes 1 to 4.
//!
//! Bytes that are not UTF-8 do not change; a pattern sees U+FFFD in their place.
//!
//! Costs: O(n) for each step, and what the pattern needs, up to the limit of SPEC P6. A text that steps make too long is an error
//! before it takes the memory.
//!
//! Implements SPEC N1 and N2.

use crate::error::{Error, Result};
use crate::reference::published::characters::characters;
use crate::reference::published::normal_forms::{Change, FORMS, Form, Replacement, normal_changes};
use crate::reference::published::patterns::{compile_pattern, matches};
use crate::reference::published::unicode::contains;
use crate::support::engine::Engine;
use crate::support::features::HAS_FILES;
use crate::support::interrupt;
use crate::support::once::Once;
use crate::support::spent::Spent;
use foldhash::{HashMap, HashMapExt};
use std::borrow::Cow;

/// Where a byte comes from: a range of bytes.
pub type Span = (usize, usize);
/// A text, and the spans of its bytes, where they are wanted.
type Placed<T> = (T, Option<Vec<Span>>);

/// How long the steps may make a text, in bytes: this many times its length (a normal form makes it up to 11 times as long), plus
/// a constant.
const MOST_TIMES: usize = 64;
const MOST_MORE: usize = 4096;
pub const IDEOGRAPHS: [(u32, u32); 6] =
    [(0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xF900, 0xFAFF), (0x20000, 0x2A6DF), (0x2A700, 0x2CEAF), (0x2F800, 0x2FA1F)];

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    Form(Form),
    Lowercase,
    SpaceIdeographs,
    Replace { pattern: String, text: String },
    Prepend(String),
}

impl Step {
    pub fn new(name: &str, texts: &[String]) -> Result<Step> {
        Ok(match (name, texts) {
            ("lowercase", []) => Step::Lowercase,
            ("space_ideographs", []) => Step::SpaceIdeographs,
            ("replace", [pattern, text]) => Step::Replace { pattern: pattern.clone(), text: text.clone() },
            ("prepend", [text]) => Step::Prepend(text.clone()),
            _ => {
                let form = Form::named(name).filter(|_| texts.is_empty());
                Step::Form(form.ok_or_else(|| Step::refused(name, texts))?)
            }
        })
    }

    fn refused(name: &str, texts: &[String]) -> Error {
        const OTHERS: [(&str, usize); 4] = [("lowercase", 0), ("space_ideographs", 0), ("replace", 2), ("prepend", 1)];
        let known = || FORMS.into_iter().map(|form| (form, 0)).chain(OTHERS);
        if let Some((_, wanted)) = known().find(|(known, _)| *known == name) {
            return Error::Vocabulary(format!("the normalizer {name} takes {wanted} texts, not {}", texts.len()));
        }
        let names: Vec<&str> = known().map(|(name, _)| name).collect();
        Error::Vocabulary(format!("unknown normalizer '{name}'; expected one of {}", names.join(", ")))
    }

    pub fn name(&self) -> &'static str {
        match self {
            Step::Form(form) => form.name(),
            Step::Lowercase => "lowercase",
            Step::SpaceIdeographs => "space_ideographs",
            Step::Replace { .. } => "replace",
            Step::Prepend(_) => "prepend",
        }
    }
}

/// A text after all steps, and where each byte comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Aligned {
    pub text: Vec<u8>,
    pub spans: Vec<Span>,
}

#[derive(Debug, Clone, Default)]
pub struct Normalizer {
    steps: Vec<Step>,
    /// The compiled patterns of replacements, by step.
    patterns: Vec<Option<Engine>>,
}

impl Normalizer {
    pub fn new(steps: Vec<Step>) -> Result<Normalizer> {
        if !HAS_FILES && !steps.is_empty() {
            return Err(Error::Vocabulary("this build does not normalize text".into()));
        }
        let compiled = |step: &Step| match step {
            Step::Replace { pattern, .. } => compile_pattern(pattern).map(Some),
            _ => Ok(None),
        };
        let patterns = steps.iter().map(compiled).collect::<Result<_>>()?;
        Ok(Normalizer { steps, patterns })
    }

    pub fn steps(&self) -> &[Step] {
        if HAS_FILES { &self.steps } else { &[] }
    }

    pub fn patterns(&self) -> &[Option<Engine>] {
        &self.patterns
    }

    /// Whether all steps look at no more than a character and the marks after it.
    pub fn is_local(&self) -> bool {
        self.steps.iter().all(|step| matches!(step, Step::Form(_) | Step::Lowercase))
    }

    /// Returns the text after all steps.
    pub fn apply<'t>(&self, text: &'t [u8]) -> Result<Cow<'t, [u8]>> {
        Ok(self.run(text, None)?.0)
    }

    /// Returns the text after all steps, and for each byte of it the range of bytes that its character comes from.
    pub fn aligned(&self, text: &[u8]) -> Result<Aligned> {
        let mut spans = Vec::new();
        spans.try_reserve(text.len())?;
        for (_, start, end) in chars_with_offsets(text) {
            interrupt::check()?;
            spans.extend((start..end).map(|_| (start, end)));
        }
        let (text, spans) = self.run(text, Some(spans))?;
        Ok(Aligned { text: text.into_owned(), spans: spans.unwrap_or_default() })
    }

    /// The text after all steps, and, where they are given, the spans of its bytes.
    fn run<'t>(&self, text: &'t [u8], mut spans: Option<Vec<Span>>) -> Result<Placed<Cow<'t, [u8]>>> {
        let most = most_bytes(text.len());
        let mut text = Cow::Borrowed(text);
        if !HAS_FILES {
            return Ok((text, spans));
        }
        for number in 0..self.steps.len() {
            let found = self.changes(number, &text)?;
            let length =
                text.len() + found.iter().flat_map(|change| &change.parts).map(|part| part.text.len()).sum::<usize>();
            let length = length - found.iter().map(|change| change.end - change.start).sum::<usize>();
            self.check_length(number, length, most)?;
            let (made, places) = changed(&text, &found, spans.as_deref())?;
            if let Some(made) = made {
                (text, spans) = (Cow::Owned(made), places);
            }
        }
        Ok((text, spans))
    }

    /// Refuses a text that a step makes longer than it may be.
    pub fn check_length(&self, index: usize, length: usize, most: usize) -> Result<()> {
        if length <= most {
            return Ok(());
        }
        let (number, name) = (index + 1, self.steps[index].name());
        Err(Error::Vocabulary(format!(
            "step {number} of the normalizer, {name}, makes the text too long: {length} bytes, where {most} are allowed"
        )))
    }

    /// What a step changes in a text.
    fn changes<'n>(&'n self, index: usize, text: &[u8]) -> Result<Vec<Change<'n>>> {
        let mut found = Vec::new();
        let mut push = |change| {
            interrupt::check()?;
            found.try_reserve(1)?;
            found.push(change);
            Ok(())
        };
        match (&self.steps[index], &self.patterns[index]) {
            (Step::Form(form), _) => normal_changes(text, *form, &mut push)?,
            (Step::Lowercase, _) => lowercase(text, &mut push)?,
            (Step::SpaceIdeographs, _) => space_ideographs(text, &mut push)?,
            (Step::Replace { text: new, .. }, Some(regex)) => {
                matches(regex, text, &mut Spent::of(text.len()), &mut |start, end| {
                    if start == end {
                        return Ok(());
                    }
                    push(Change { start, end, parts: vec![Replacement { text: new.as_bytes().into(), start, end }] })
                })?;
            }
            (Step::Replace { .. }, None) => {}
            (Step::Prepend(_), _) if text.is_empty() => {}
            (Step::Prepend(new), _) => {
                push(Change {
                    start: 0,
                    end: 0,
                    parts: vec![Replacement { text: new.as_bytes().into(), start: 0, end: 0 }],
                })?;
            }
        }
        Ok(found)
    }
}

/// How long the steps may make a text of some length.
pub fn most_bytes(length: usize) -> usize {
    length.saturating_mul(MOST_TIMES).saturating_add(MOST_MORE)
}

/// The text with changes, and the spans of its bytes, where they are given. None if nothing changes.
fn changed(text: &[u8], changes: &[Change], spans: Option<&[Span]>) -> Result<Placed<Option<Vec<u8>>>> {
    if changes.is_empty() {
        return Ok((None, None));
    }
    let (mut made, mut places, mut done) = (Vec::new(), Vec::new(), 0);
    let keep = |made: &mut Vec<u8>, places: &mut Vec<Span>, start: usize, end: usize| -> Result<()> {
        interrupt::check()?;
        made.try_reserve(end - start)?;
        made.extend_from_slice(&text[start..end]);
        if let Some(spans) = spans {
            places.try_reserve(end - start)?;
            places.extend_from_slice(&spans[start..end]);
        }
        Ok(())
    };
    for change in changes {
        keep(&mut made, &mut places, done, change.start)?;
        for part in &change.parts {
            made.try_reserve(part.text.len())?;
            made.extend_from_slice(&part.text);
            if let Some(spans) = spans {
                places.try_reserve(part.text.len())?;
                places.extend(std::iter::repeat_n(span_of(spans, part.start, part.end), part.text.len()));
            }
        }
        done = change.end;
    }
    keep(&mut made, &mut places, done, text.len())?;
    Ok((Some(made), spans.map(|_| places)))
}

/// Where a range of bytes comes from; an empty one from after what the byte before it comes from.
fn span_of(spans: &[Span], start: usize, end: usize) -> Span {
    let Some(&first) = spans[start..end].first() else {
        let at = if start > 0 { spans[start - 1].1 } else { 0 };
        return (at, at);
    };
    spans[start..end].iter().fold(first, |all, span| (all.0.min(span.0), all.1.max(span.1)))
}

/// The characters of a text, each with the range of its bytes; a byte that is not part of one counts as one.
fn chars_with_offsets(text: &[u8]) -> impl Iterator<Item = (&[u8], usize, usize)> {
    characters(text).scan(0, |at, char| {
        let start = *at;
        *at += char.len();
        Some((char, start, *at))
    })
}

/// Each capital letter becomes its small letter.
fn lowercase<'n>(text: &[u8], push: &mut dyn FnMut(Change<'n>) -> Result<()>) -> Result<()> {
    let small = small_letters();
    for (char, start, end) in chars_with_offsets(text) {
        if let Some(letter) = small.get(char) {
            push(Change { start, end, parts: vec![Replacement { text: letter.as_slice().into(), start, end }] })?;
        }
    }
    Ok(())
}

/// The small form of each character that has another.
pub fn small_letters() -> &'static HashMap<Vec<u8>, Vec<u8>> {
    static SMALL: Once<HashMap<Vec<u8>, Vec<u8>>> = Once::new();
    let number = |field: &str| u32::from_str_radix(field, 16).unwrap_or_else(|_| unreachable!("bundled table"));
    SMALL.get_or_make(|| {
        let mut found = HashMap::new();
        for line in include_str!("../../../python/minitok/reference/published/small_letters_17.txt").lines() {
            let mut fields = line.split_ascii_whitespace();
            let Some(ends) = fields.next().filter(|ends| !ends.starts_with('#')) else { continue };
            let (ends, every) = ends.split_once('/').map_or((ends, 1), |(ends, every)| (ends, number(every)));
            let (first, last) = ends.split_once('-').unwrap_or((ends, ends));
            let small: Vec<u32> = fields.map(number).collect();
            for char in (number(first)..=number(last)).step_by(every as usize) {
                let moved = small[0] + char - number(first);
                let letters = [moved].into_iter().chain(small[1..].iter().copied());
                let utf8 = |codes: &mut dyn Iterator<Item = u32>| -> Vec<u8> {
                    codes.filter_map(char::from_u32).collect::<String>().into()
                };
                found.insert(utf8(&mut [char].into_iter()), utf8(&mut letters.into_iter()));
            }
        }
        found
    })
}

/// Each Chinese character gets a space before and after it.
fn space_ideographs<'n>(text: &[u8], push: &mut dyn FnMut(Change<'n>) -> Result<()>) -> Result<()> {
    for (char, start, end) in chars_with_offsets(text) {
        let code = str::from_utf8(char).ok().and_then(|char| char.chars().next());
        if code.is_some_and(|code| contains(&IDEOGRAPHS, code.into())) {
            let part = |text: &[u8], start, end| Replacement { text: text.to_vec().into(), start, end };
            push(Change {
                start,
                end,
                parts: vec![part(b" ", start, start), part(char, start, end), part(b" ", end, end)],
            })?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(name: &str, texts: &[&str]) -> Step {
        Step::new(name, &texts.iter().map(|&text| text.into()).collect::<Vec<_>>()).unwrap()
    }

    #[test]
    fn by_hand() {
        let clip = Normalizer::new(vec![step("NFC", &[]), step("replace", &[r"\s+", " "]), step("lowercase", &[])]);
        let clip = clip.unwrap();
        assert_eq!(*clip.apply(b"A\n\n Cat").unwrap(), *b"a cat");
        let spans = vec![(0, 1), (1, 4), (4, 5), (5, 6), (6, 7)];
        assert_eq!(clip.aligned(b"A\n\n Cat").unwrap(), Aligned { text: b"a cat".to_vec(), spans });
        assert!(matches!(clip.apply(b"cat").unwrap(), Cow::Borrowed(_)));
        assert!(!clip.is_local() && Normalizer::new(vec![step("NFC", &[])]).unwrap().is_local());
        assert!(Step::new("NFC", &["x".into()]).is_err() && Step::new("nfc", &[]).is_err());
    }

    /// The standard library's tables are those of the compiler; of its version or an older one, all letters agree.
    #[test]
    fn small_letters_are_those_of_the_standard_library() {
        let (small, is_new) = (small_letters(), char::UNICODE_VERSION.0 >= 17);
        for char in '\0'..=char::MAX {
            let theirs: String = char.to_lowercase().collect();
            match small.get(char.to_string().as_bytes()) {
                Some(letter) if is_new || theirs != char.to_string() => {
                    assert_eq!(letter, theirs.as_bytes(), "{char:?}");
                }
                Some(_) => {}
                None => assert!(theirs == char.to_string() || char::UNICODE_VERSION.0 > 17, "{char:?}"),
            }
        }
    }
}
