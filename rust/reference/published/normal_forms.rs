//! The normal forms of Unicode: one way to write what can be written in several.
//!
//! `é` is one character, or `e` and an accent. The form NFD takes characters apart and puts marks in a fixed order; NFC then
//! composes them again. NFKD and NFKC also replace characters that only look different (`ﬁ`, `²`). A form is made in three steps
//! (Unicode's UAX 15): [`decomposed`], [`in_order`], [`composed`].
//!
//! The forms are those of Unicode 16.0.0. What is assigned never changes its forms, so the crate `unicode-normalization` of any version
//! that knows Unicode 16 serves; what came after stays as it is. Bytes that are not UTF-8 do not change, and nothing composes across
//! them.
//!
//! By hand, NFC: `ệ` typed as `ê` and `◌̣` is taken apart into `e◌̂◌̣`. The marks have the classes 230 and 220, so they change
//! places: `e◌̣◌̂`. `e◌̣` composes to `ẹ`, and `ẹ◌̂` to `ệ`: one character, which comes from both.
//!
//! Only *stretches* of a text are looked at: no form changes ASCII or the ideographs U+5000 to U+8FFF, whose UTF-8 begins with E5 to
//! E8, and none looks across the place before one of them.
//!
//! Invariants: a text in a form has it already. Each part of the result knows the range that it comes from.
//!
//! Costs: O(n), and O(m log m) for m marks in a row.
//!
//! Implements SPEC N1.

use crate::error::Result;
use crate::reference::published::characters::characters;
use crate::reference::published::unicode::{CharSet, contains, property_set};
use crate::support::interrupt;
use crate::support::once::Once;
use std::borrow::Cow;
use std::mem;
use unicode_normalization::char as tables;

pub const FORMS: [&str; 4] = ["NFC", "NFD", "NFKC", "NFKD"];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    Nfc,
    Nfd,
    Nfkc,
    Nfkd,
}

impl Form {
    pub fn named(name: &str) -> Option<Form> {
        let forms = FORMS.into_iter().zip([Form::Nfc, Form::Nfd, Form::Nfkc, Form::Nfkd]);
        forms.into_iter().find(|(known, _)| *known == name).map(|(_, form)| form)
    }

    pub fn name(self) -> &'static str {
        FORMS[self as usize]
    }
}

/// Some bytes, and the range of the text that they come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replacement<'c> {
    pub text: Cow<'c, [u8]>,
    pub start: usize,
    pub end: usize,
}

/// A range of a text, and the parts that take its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change<'c> {
    pub start: usize,
    pub end: usize,
    pub parts: Vec<Replacement<'c>>,
}

/// A character and the range that it comes from. A byte that is not UTF-8 is the surrogate DC00 + byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Char {
    pub code: u32,
    pub start: usize,
    pub end: usize,
}

impl Char {
    pub fn append_to(self, bytes: &mut Vec<u8>) -> Result<()> {
        bytes.try_reserve(4)?;
        match char::from_u32(self.code) {
            Some(char) => bytes.extend_from_slice(char.encode_utf8(&mut [0; 4]).as_bytes()),
            None => bytes.push(self.code.to_le_bytes()[0]),
        }
        Ok(())
    }
}

/// Returns the text in a normal form.
pub fn normal(text: &[u8], form: Form) -> Result<Cow<'_, [u8]>> {
    let (mut made, mut done) = (Vec::new(), 0);
    normal_changes(text, form, &mut |change| {
        made.try_reserve(change.start - done)?;
        made.extend_from_slice(&text[done..change.start]);
        for part in &change.parts {
            made.try_reserve(part.text.len())?;
            made.extend_from_slice(&part.text);
        }
        done = change.end;
        Ok(())
    })?;
    if done == 0 {
        return Ok(Cow::Borrowed(text));
    }
    made.try_reserve(text.len() - done)?;
    made.extend_from_slice(&text[done..]);
    Ok(Cow::Owned(made))
}

/// Passes what a normal form changes in the text to `emit`.
pub fn normal_changes<'c>(text: &[u8], form: Form, emit: &mut dyn FnMut(Change<'c>) -> Result<()>) -> Result<()> {
    for (start, end) in stretches(text) {
        interrupt::check()?;
        let mut joined = Vec::new();
        let mut parts = Vec::new();
        for char in normal_chars(&text[start..end], start, form)? {
            let before = joined.len();
            char.append_to(&mut joined)?;
            parts.try_reserve(1)?;
            parts.push(Replacement { text: joined[before..].to_vec().into(), start: char.start, end: char.end });
        }
        if joined != text[start..end] {
            emit(Change { start, end, parts })?;
        }
    }
    Ok(())
}

/// The stretches of a text that may change, each with the character before it.
fn stretches(text: &[u8]) -> impl Iterator<Item = (usize, usize)> {
    let is_odd = |byte: &u8| !matches!(byte, 0..0x80 | 0xE5..=0xE8);
    let mut done = 0;
    std::iter::from_fn(move || {
        let odd = done + text[done..].iter().position(is_odd)?;
        let start = if odd > done { odd - 1 } else { odd };
        done = text[odd..].iter().position(|byte| !is_odd(byte)).map_or(text.len(), |length| odd + length);
        Some((start, done))
    })
}

/// A stretch in a normal form; `at` is where it stands in the text.
pub fn normal_chars(stretch: &[u8], at: usize, form: Form) -> Result<Vec<Char>> {
    let chars = in_order(decomposed(stretch, at, matches!(form, Form::Nfkc | Form::Nfkd))?)?;
    if matches!(form, Form::Nfc | Form::Nfkc) { composed(chars) } else { Ok(chars) }
}

/// Takes the characters of a stretch apart.
fn decomposed(stretch: &[u8], at: usize, compatible: bool) -> Result<Vec<Char>> {
    let mut found = Vec::new();
    let mut start = at;
    for piece in characters(stretch) {
        let end = start + piece.len();
        let char = str::from_utf8(piece).ok().and_then(|char| char.chars().next());
        interrupt::check()?;
        // The most that a character becomes.
        found.try_reserve(18)?;
        let push = |char: char| found.push(Char { code: char.into(), start, end });
        match char {
            Some(char) => decomposition(char, compatible, push),
            None => found.push(Char { code: 0xDC00 + u32::from(piece[0]), start, end }),
        }
        start = end;
    }
    Ok(found)
}

/// Passes on the characters that a character stands for, fully taken apart.
fn decomposition(char: char, compatible: bool, mut push: impl FnMut(char)) {
    let mut is_first = true;
    let push_known = |part| {
        if part == char || is_assigned(char.into()) {
            push(part);
        } else if mem::take(&mut is_first) {
            push(char);
        }
    };
    if compatible {
        tables::decompose_compatible(char, push_known);
    } else {
        tables::decompose_canonical(char, push_known);
    }
}

/// Puts marks in a row in the order of their classes; those of one class stay in theirs.
fn in_order(mut chars: Vec<Char>) -> Result<Vec<Char>> {
    let (mut start, mut row) = (0, Vec::new());
    for end in 0..=chars.len() {
        interrupt::check()?;
        if chars.get(end).is_none_or(|char| combining_class(char.code) == 0) {
            sort_marks(&mut chars[start..end], &mut row)?;
            start = end + 1;
        }
    }
    Ok(chars)
}

/// Sorts a row of marks by their classes, of which there are few; `row` is memory for a copy.
fn sort_marks(marks: &mut [Char], row: &mut Vec<Char>) -> Result<()> {
    let class = |char: &Char| usize::from(combining_class(char.code));
    if marks.is_sorted_by_key(class) {
        return Ok(());
    }
    // How many marks there are of each class, then where the next mark of a class goes.
    let mut places = [0; 1 << 8];
    for char in &*marks {
        places[class(char)] += 1;
    }
    let mut before = 0;
    for place in &mut places {
        before += mem::replace(place, before);
    }
    row.clear();
    row.try_reserve(marks.len())?;
    row.extend_from_slice(marks);
    for char in &*row {
        interrupt::check()?;
        marks[places[class(char)]] = *char;
        places[class(char)] += 1;
    }
    Ok(())
}

/// Composes each starter (a character of class 0) with the later ones that nothing of their class or a higher one blocks.
fn composed(mut chars: Vec<Char>) -> Result<Vec<Char>> {
    // Where the starter stands, and the class of the last character after it, if there is one.
    let (mut starter, mut last): (Option<usize>, Option<u8>) = (None, None);
    let mut length = 0;
    for index in 0..chars.len() {
        interrupt::check()?;
        let char = chars[index];
        let kind = combining_class(char.code);
        if let Some(starter) = starter
            && last.is_none_or(|last| last < kind)
            && let Some(whole) = composition(chars[starter].code, char.code)
        {
            let before = chars[starter];
            chars[starter] = Char { code: whole, start: before.start.min(char.start), end: before.end.max(char.end) };
            continue;
        }
        if kind == 0 {
            (starter, last) = (Some(length), None);
        } else {
            last = Some(kind);
        }
        chars[length] = char;
        length += 1;
    }
    chars.truncate(length);
    Ok(chars)
}

/// The character that two compose to, if there is one.
fn composition(first: u32, second: u32) -> Option<u32> {
    let whole = tables::compose(char::from_u32(first)?, char::from_u32(second)?).map(u32::from);
    whole.filter(|&whole| is_assigned(whole))
}

/// The class by which marks are ordered; 0 for a character that stays where it is.
pub fn combining_class(code: u32) -> u8 {
    let class = char::from_u32(code).map_or(0, tables::canonical_combining_class);
    if class != 0 && is_assigned(code) { class } else { 0 }
}

/// Whether Unicode 16 knows the character.
pub fn is_assigned(code: u32) -> bool {
    static UNASSIGNED: Once<CharSet> = Once::new();
    let unassigned =
        UNASSIGNED.get_or_make(|| property_set("Cn").unwrap_or_else(|_| unreachable!("a general category")));
    !contains(unassigned, code)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(text: &str, form: Form) -> String {
        String::from_utf8(normal(text.as_bytes(), form).unwrap().into_owned()).unwrap()
    }

    #[test]
    fn by_hand() {
        assert_eq!(made("\u{EA}\u{323}", Form::Nfc), "\u{1EC7}");
        assert_eq!(made("\u{1EC7}", Form::Nfd), "e\u{323}\u{302}");
        assert_eq!((made("ﬁ²", Form::Nfkc), made("ﬁ²", Form::Nfc)), ("fi2".into(), "ﬁ²".into()));
        assert_eq!(made("한", Form::Nfd), "\u{1112}\u{1161}\u{11AB}");
        assert_eq!(*normal(b"e\xFF\xCC\x81", Form::Nfc).unwrap(), *b"e\xFF\xCC\x81");
        assert!(matches!(normal("漢字 naïve".as_bytes(), Form::Nfc).unwrap(), Cow::Borrowed(_)));
    }

    /// They may be assigned in the version that the crate knows.
    #[test]
    fn characters_that_unicode_16_does_not_know_stay() {
        let new = ('\0'..=char::MAX).filter(|char| !is_assigned((*char).into()));
        let text: String = new.flat_map(|char| ['漢', char, '\u{323}']).collect();
        assert!(text.len() > 1_000_000);
        for form in [Form::Nfc, Form::Nfd, Form::Nfkc, Form::Nfkd] {
            assert!(matches!(normal(text.as_bytes(), form).unwrap(), Cow::Borrowed(_)));
        }
    }

    /// The crate's own iterators, which make the forms another way.
    #[test]
    fn every_character_has_the_forms_of_the_crate() {
        use unicode_normalization::UnicodeNormalization;
        for char in ('\0'..=char::MAX).filter(|char| is_assigned((*char).into())) {
            let text = format!("a{char}\u{323}");
            assert_eq!(made(&text, Form::Nfc), text.nfc().collect::<String>());
            assert_eq!(made(&text, Form::Nfd), text.nfd().collect::<String>());
            assert_eq!(made(&text, Form::Nfkc), text.nfkc().collect::<String>());
            assert_eq!(made(&text, Form::Nfkd), text.nfkd().collect::<String>());
        }
    }
}
