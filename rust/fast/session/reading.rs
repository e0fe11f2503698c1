//! Finds places in bytes, characters and UTF-16, parts of the text and of the ids, and the ids of a part as a text by itself.
//!
//! Costs: those of finding a place in the rope; of a part its length, and for its ids as a text by itself those of encoding its two ends.

use super::edit::{Borders, Session};
use super::rope::{Chunk, FOUR_BYTES, Place, Unit, count_chars};
use crate::error::Result;
use crate::fast::util::fallible::append;
use crate::support::interrupt;
use std::ops::Range;

impl Session {
    /// Whether a character begins at a byte of the text, or the text ends there.
    pub fn is_start(&self, at: usize) -> bool {
        let (place, before) = self.rope.find(Unit::Bytes, at);
        self.rope.chunk(place).text.get(at - before.bytes).is_none_or(|byte| byte & 0xC0 != 0x80)
    }

    /// The byte at which a character begins.
    pub fn byte_of(&self, char: usize) -> usize {
        if self.size().chars == self.size().bytes {
            return char;
        }
        let (place, before) = self.rope.find(Unit::Chars, char);
        let (chunk, wanted) = (self.rope.chunk(place), char - before.chars);
        let text = &chunk.text;
        if chunk.size.chars == text.len() {
            return before.bytes + wanted;
        }
        if chunk.size.chars == wanted {
            return before.bytes + text.len();
        }
        before.bytes + nth_start(text, wanted)
    }

    /// The byte of a place in UTF-16; None where it is inside a character.
    pub fn byte_of_utf16(&self, at: usize) -> Option<usize> {
        let (place, before) = self.rope.find(Unit::Utf16, at);
        let (chunk, mut rest) = (self.rope.chunk(place), at - before.utf16);
        if chunk.size.utf16 == chunk.text.len() {
            return Some(before.bytes + rest);
        }
        let starts = chunk.text.iter().enumerate().filter(|(_, byte)| **byte & 0xC0 != 0x80);
        for (byte, &first) in starts {
            if rest == 0 {
                return Some(before.bytes + byte);
            }
            rest = rest.checked_sub(if first >= FOUR_BYTES { 2 } else { 1 })?;
        }
        (rest == 0).then_some(before.bytes + chunk.text.len())
    }

    /// Appends the text from `start` to `end`, in bytes.
    pub fn text_of(&self, start: usize, end: usize, out: &mut Vec<u8>) -> Result<()> {
        self.each_part(Unit::Bytes, start, end, |chunk, range| append(out, &chunk.text[range]))
    }

    /// Appends the ids from number `start` to `end`.
    pub fn ids_of(&self, start: usize, end: usize, out: &mut Vec<u32>) -> Result<()> {
        self.each_part(Unit::Ids, start, end, |chunk, range| append(out, &chunk.ids[range]))
    }

    /// Calls `work` with each chunk that has a part of what is from `start` to `end`, and where in the chunk that is.
    pub(super) fn each_part(
        &self,
        unit: Unit,
        start: usize,
        end: usize,
        mut work: impl FnMut(&Chunk, Range<usize>) -> Result<()>,
    ) -> Result<()> {
        let (place, before) = self.rope.find(unit, start);
        let mut at = before.of(unit);
        for chunk in self.rope.from(place) {
            if at >= end {
                break;
            }
            let size = chunk.size.of(unit);
            let (from, until) = (start.max(at) - at, size.min(end - at));
            if from < until {
                work(chunk, from..until)?;
            }
            at += size;
            interrupt::check()?;
        }
        Ok(())
    }

    /// Calls `work` with the ids of a range of the text as a text by itself, part by part: whole chunks are not encoded again.
    pub fn each_of_range(&self, start: usize, end: usize, mut work: impl FnMut(&[u32]) -> Result<()>) -> Result<()> {
        let encode = |from, until| {
            let mut text = Vec::new();
            self.text_of(from, until, &mut text)?;
            self.codec.encode(1, &text, &self.search, from > start)
        };
        let Some((place, from, until)) = self.inside(start, end) else { return work(&encode(start, end)?) };
        if self.borders == Borders::Seams {
            return self.each_between_seams((start, end), (place, from, until), work);
        }
        if start < from {
            work(&encode(start, from)?)?;
        }
        self.each_part(Unit::Bytes, from, until, |chunk, _| work(&chunk.ids))?;
        if until < end { work(&encode(until, end)?) } else { Ok(()) }
    }

    /// The chunks inside a range whose ids are those of the range: the first of them, where it begins, and where the last ends.
    fn inside(&self, start: usize, end: usize) -> Option<(Place, usize, usize)> {
        let near = if start == 0 { 0 } else { start + self.margin };
        let (mut place, before) = self.rope.find(Unit::Bytes, near);
        let mut from = before.bytes;
        if from < near {
            from += self.rope.chunk(place).text.len();
            place = self.rope.next(place)?;
        }
        let whole = end == self.size().bytes;
        let until = if whole { end } else { self.rope.find(Unit::Bytes, end.checked_sub(self.margin)?).1.bytes };
        (from < until).then_some((place, from, until))
    }
}

/// Where a character of some UTF-8 begins, by its number; where the text ends if there are no more.
fn nth_start(text: &[u8], mut number: usize) -> usize {
    let mut at = 0;
    for part in text.chunks(64) {
        let here = count_chars(part);
        if number < here {
            let mut starts = part.iter().enumerate().filter(|(_, byte)| **byte & 0xC0 != 0x80);
            return at + starts.nth(number).map_or(0, |(place, _)| place);
        }
        number -= here;
        at += part.len();
    }
    at
}
