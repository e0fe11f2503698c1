//! A text in a normal form: a scan finds the few places that may not be in it, and only those are normalized.
//!
//! A *place* goes from an inert character (see [`classes`](super::classes)) up to the next one after what may change; the mirror
//! (`normal_forms.rs`) normalizes it by itself. By hand, NFC: of `naïve café` with U+0301 for the accent, the place is `e` and the
//! accent.
//!
//! Costs: O(n), some 10 GB/s where all characters are below U+0200 and the form is NFC, or all are ASCII.

use super::classes::{Before, Classes};
use super::edits::{Edits, valid_parts};
use crate::error::Result;
use crate::reference::published::normal_forms::{Form, normal_chars};
use crate::support::interrupt;

/// How many bytes are looked at together, and about how many a block has.
const RUN: usize = 32;
const BLOCK: usize = if cfg!(any(test, fuzzing)) { 64 } else { 1 << 12 };

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

/// The text in blocks of about [`BLOCK`] bytes that can be normalized by themselves: each begins with ASCII or one of the ideographs
/// whose UTF-8 begins with E5 to E8, which are inert in every form.
fn blocks(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let is_border = |byte: &u8| matches!(byte, 0..0x80 | 0xE5..=0xE8);
        let more = rest.get(BLOCK..).and_then(|more| more.iter().position(is_border));
        let (block, after) = rest.split_at(more.map_or(rest.len(), |more| BLOCK + more));
        rest = after;
        (!block.is_empty()).then_some(block)
    })
}

/// The first place from a position on, where an inert character or the text begins.
fn odd_place(text: &str, from: usize, classes: &Classes) -> Option<(usize, usize)> {
    let bytes = text.as_bytes();
    // Where the last inert character begins.
    let (mut start, mut before, mut at) = (from, Before::default(), from);
    while at < bytes.len() {
        if let Some(run) = bytes[at..].first_chunk::<RUN>()
            && run.iter().fold(0, |most, &byte| most.max(byte)) < classes.inert_bytes
        {
            at += RUN;
            // A run may end within a character, which is of two bytes then.
            at += usize::from(bytes.get(at).is_some_and(|byte| byte & 0xC0 == 0x80));
            start = if bytes[at - 1] < 0x80 { at - 1 } else { at - 2 };
            before = text[start..at].chars().next().map_or(before, |char| Before::inert(char.into()));
            continue;
        }
        let mut end = at;
        for char in text[at..].chars() {
            if end - at >= RUN {
                break;
            }
            let code = u32::from(char);
            if classes.is_inert(code) {
                (start, before) = (end, Before::inert(code));
            } else if !classes.stays(code, &mut before) {
                let behind = text[end..].char_indices().skip(1).find(|&(_, char)| classes.is_inert(char.into()));
                return Some((start, behind.map_or(bytes.len(), |(more, _)| end + more)));
            }
            end += char.len_utf8();
        }
        at = end;
    }
    None
}
