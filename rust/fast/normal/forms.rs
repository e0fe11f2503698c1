//! A text in a normal form: a look finds the few places that may not be in it, and only those are normalized.
//!
//! A *place* goes from an inert character (see [`classes`](super::classes)) up to the next one behind what may change; the mirror
//! (`normal_forms.rs`) normalizes it by itself. By hand, NFC: of `naïve café` with U+0301 for the accent, the place is `e` and the
//! accent.
//!
//! Costs: O(n), some 10 GB/s where all characters are below U+0200 and the form is NFC, or all are ASCII.

use super::classes::Classes;
use super::edits::{Edits, PART, valid_parts};
use crate::error::Result;
use crate::fast::pystr::str_to_utf8::Units;
use crate::interrupt;
use crate::normal_forms::{Form, normal_chars};

/// How many bytes or units are looked at together, and how many of them one by one where that does not suffice.
const RUN: usize = 32;
const FEW: usize = 8;

/// The text in a form, None if it is in it.
pub fn normal(text: &[u8], form: Form) -> Result<Option<Vec<u8>>> {
    if text.is_ascii() {
        return Ok(None);
    }
    let classes = Classes::of_form(form);
    let mut edits = Edits::new(text, usize::MAX);
    let mut new = Vec::new();
    let mut at = 0;
    for block in blocks(text) {
        interrupt::check()?;
        for (valid, invalid) in valid_parts(block) {
            let mut from = 0;
            while let Some((start, end)) = odd_place(valid, from, classes) {
                new.clear();
                for char in normal_chars(&valid.as_bytes()[start..end], 0, form)? {
                    char.append_to(&mut new)?;
                }
                edits.replace(at + start, at + end, &new)?;
                from = end;
            }
            at += valid.len() + invalid.len();
        }
    }
    Ok(edits.finish()?.0)
}

/// Whether a look shows that the units of a str are in a form.
pub fn are_normal(units: &Units, form: Form) -> Result<bool> {
    match units {
        Units::One(units) => Ok(form == Form::Nfc || units.is_ascii()),
        Units::Two(units) => all_stay(units, Classes::of_form(form)),
        Units::Four(units) => all_stay(units, Classes::of_form(form)),
    }
}

/// The text in blocks of about `PART` bytes that can be normalized by themselves: each begins with ASCII or one of the ideographs
/// whose UTF-8 begins with E5 to E8, which are inert in every form.
fn blocks(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let is_border = |byte: &u8| matches!(byte, 0..0x80 | 0xE5..=0xE8);
        let more = rest.get(PART..).and_then(|more| more.iter().position(is_border));
        let (block, after) = rest.split_at(more.map_or(rest.len(), |more| PART + more));
        rest = after;
        (!block.is_empty()).then_some(block)
    })
}

/// The first place from a position on, where an inert character or the text begins.
fn odd_place(text: &str, from: usize, classes: &Classes) -> Option<(usize, usize)> {
    let bytes = text.as_bytes();
    // Where the last inert character begins, and the class of the last character.
    let (mut start, mut before, mut at) = (from, 0, from);
    while at < bytes.len() {
        if let Some(run) = bytes[at..].first_chunk::<RUN>()
            && run.iter().fold(0, |most, &byte| most.max(byte)) < classes.inert_bytes
        {
            at += RUN;
            // A run may end within a character, which is of two bytes then.
            at += usize::from(bytes.get(at).is_some_and(|byte| byte & 0xC0 == 0x80));
            start = if bytes[at - 1] < 0x80 { at - 1 } else { at - 2 };
            before = 0;
            continue;
        }
        let near = bytes.len().min(at + RUN);
        while at < near {
            let Some(char) = text[at..].chars().next() else { break };
            let class = classes.of(char.into());
            if !Classes::stays(class, before) {
                let mut behind = text[at..].char_indices().skip(1);
                let end = behind.find(|(_, char)| classes.of((*char).into()) == 0);
                return Some((start, end.map_or(bytes.len(), |(more, _)| at + more)));
            }
            if class == 0 {
                start = at;
            }
            before = class;
            at += char.len_utf8();
        }
    }
    None
}

/// Whether no unit may change; halves of surrogate pairs may.
fn all_stay<U: Copy + Into<u32>>(units: &[U], classes: &Classes) -> Result<bool> {
    let low = |run: &[U]| run.iter().fold(0, |all, &unit| all | unit.into()) < classes.inert;
    let mut before = 0;
    for part in units.chunks(PART) {
        interrupt::check()?;
        for few in part.chunks(RUN).flat_map(|run| run.chunks(if low(run) { RUN } else { FEW })) {
            if low(few) {
                before = 0;
                continue;
            }
            for &unit in few {
                let class = classes.of(unit.into());
                if !Classes::stays(class, before) {
                    return Ok(false);
                }
                before = class;
            }
        }
    }
    Ok(true)
}
