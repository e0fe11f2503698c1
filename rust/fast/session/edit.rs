//! An edit encodes the chunks again that it touches.
//!
//! Chunks end at *safe cuts*: places where the ids of the two sides do not depend on each other, because of the characters beside
//! the place alone ([`Cuts`](crate::fast::scan::Cuts), and `Codec::is_safe`, whose special tokens reach `margin` bytes). So an edit changes no id
//! behind a cut that is `margin` bytes away from it. Where no cut is known, the text is one chunk, and encoded again as a whole.
//!
//! By hand, with chunks `one`, ` two`, ` three` and an `x` at the end of `two`: the edit is at the border of two chunks, so both, and no
//! more, are encoded again: ` twox three`.
//!
//! Bytes that no pattern cuts have *seams* in place of cuts: `seams.rs` looks whether the borders of what was encoded again hold.
//!
//! Must equal `Session` of `rust/session.rs`.
//!
//! Costs of an edit: O(chunk + edit) to encode, and what the rope costs; where ids repeat beside it, as far as they do.

use super::rope::{Chunk, FOUR_BYTES, Place, Rope, Size, Unit};
use crate::error::{Error, Result};
use crate::fast::codec::FastCodec;
use crate::fast::pystr::source::Source;
use crate::fast::util::fallible::{append, push, room};
use crate::interrupt;
use crate::preprocess::Search;
use crate::session::{Splice, splice};
use crate::special::Finder;
use std::sync::Arc;

/// About how many bytes a chunk has.
pub(super) const CHUNK: usize = if cfg!(any(test, fuzzing)) { 8 } else { 768 };
/// How many bytes on each side of a cut decide about it: a character, and more.
const MARGIN: usize = 8;

/// A text that changes, and its ids.
#[derive(Debug)]
pub struct Session {
    pub(super) codec: Arc<FastCodec>,
    pub(super) search: Arc<Search>,
    /// The special tokens that the text must not contain.
    disallowed: Arc<Finder>,
    pub(super) rope: Rope,
    borders: Borders,
    /// How many bytes away from an edit a border must be.
    margin: usize,
    /// How many bytes the last change had encoded.
    encoded_bytes: usize,
}

/// Where chunks end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Borders {
    Cuts,
    Seams,
    /// No place is known: there is one chunk.
    Nowhere,
}

/// The chunks that an edit touches.
pub(super) struct Region {
    pub(super) first: Place,
    pub(super) last: Place,
    /// What is before the first, and where the last ends.
    pub(super) before: Size,
    pub(super) end: usize,
}

impl Session {
    pub fn new(codec: Arc<FastCodec>, search: Arc<Search>, disallowed: Arc<Finder>) -> Result<Session> {
        let longest = search.early.longest().max(search.late.longest());
        let borders = if codec.knows_cuts(&search) {
            Borders::Cuts
        } else if codec.has_seams(&search) {
            Borders::Seams
        } else {
            Borders::Nowhere
        };
        let (rope, margin) = (Rope::new()?, longest.max(MARGIN));
        Ok(Session { codec, search, disallowed, rope, borders, margin, encoded_bytes: 0 })
    }

    /// A copy that changes by itself. What neither has changed is shared.
    pub fn fork(&self) -> Result<Session> {
        let (codec, search, disallowed) = (self.codec.clone(), self.search.clone(), self.disallowed.clone());
        Ok(Session { codec, search, disallowed, rope: self.rope.fork()?, ..*self })
    }

    /// Whether an edit costs what it touches; otherwise all of the text.
    pub fn is_local(&self) -> bool {
        self.borders != Borders::Nowhere
    }

    /// How many bytes the last change had encoded, counting those that were encoded twice twice.
    pub fn encoded_bytes(&self) -> usize {
        self.encoded_bytes
    }

    pub fn size(&self) -> Size {
        self.rope.size()
    }

    /// Replaces the bytes from `start` to `end`, and returns what that does to the ids. On an error nothing has changed.
    pub fn edit(&mut self, start: usize, end: usize, data: &[u8]) -> Result<Splice> {
        let mut region = self.region(start, end, data.len());
        let (mut old, mut new) = (Vec::new(), Vec::new());
        let mut chunks = self.changed(&region, start, end, data, &mut new)?;
        let length = |region: &Region| region.end - region.before.bytes - (end - start) + data.len();
        let (mut step, mut encoded) = (1, length(&region));
        while self.borders == Borders::Seams && self.widen(&mut region, &chunks, step)? {
            new.clear();
            chunks = self.changed(&region, start, end, data, &mut new)?;
            encoded += length(&region);
            step *= 2;
        }

        let mut place = region.first;
        loop {
            append(&mut old, &self.rope.chunk(place).ids)?;
            match self.rope.next(place).filter(|_| place != region.last) {
                Some(next) => place = next,
                None => break,
            }
        }
        let (n_old, n_new) = (old.len(), new.len());
        let mut found = if n_old == 0 { Splice { start: 0, removed: 0, ids: new } } else { splice(&old, &new)? };
        if found.removed == 0 && found.ids.is_empty() {
            found.start = self.size().ids;
        } else {
            self.shift(&region, n_old, n_new, &mut found, &old)?;
            found.start += region.before.ids;
        }
        self.rope.replace(region.first, region.last, chunks)?;
        self.encoded_bytes = encoded;
        Ok(found)
    }

    /// What becomes of a region: its chunks with the bytes from `start` to `end` replaced, whose ids are appended.
    fn changed(
        &self,
        region: &Region,
        start: usize,
        end: usize,
        data: &[u8],
        ids: &mut Vec<u32>,
    ) -> Result<Vec<Chunk>> {
        let joined;
        let text = if (start, end) == (region.before.bytes, region.end) {
            data
        } else {
            let mut parts = room(region.end - region.before.bytes - (end - start) + data.len())?;
            self.text_of(region.before.bytes, start, &mut parts)?;
            append(&mut parts, data)?;
            self.text_of(end, region.end, &mut parts)?;
            joined = parts;
            &joined[..]
        };
        self.check(region, text)?;
        if self.borders == Borders::Seams {
            return self.cut_at_seams(text, ids);
        }
        self.encoded(text, region.before.bytes, ids)
    }

    /// Makes the text another one; what both begin and end with stays.
    pub fn set(&mut self, text: &[u8]) -> Result<Splice> {
        let (mut start, mut chunk) = (0, 0);
        let (place, _) = self.rope.find(Unit::Bytes, 0);
        for held in self.rope.from(place) {
            let same = held.text.iter().zip(&text[chunk.min(text.len())..]).take_while(|(a, b)| a == b).count();
            start = chunk + same;
            chunk += held.text.len();
            if same < held.text.len() {
                break;
            }
            interrupt::check()?;
        }
        while start > 0 && text.get(start).is_some_and(|byte| byte & 0xC0 == 0x80) {
            start -= 1;
        }
        let size = self.size().bytes;
        let mut same = 0;
        let mut place = self.rope.find(Unit::Bytes, size).0;
        loop {
            let held = &self.rope.chunk(place).text;
            let rest = &text[start..text.len() - same];
            let most = (size - start - same).min(held.len()).min(rest.len());
            let count = held.iter().rev().zip(rest.iter().rev()).take(most).take_while(|(a, b)| a == b).count();
            same += count;
            match self.rope.previous(place).filter(|_| count == held.len()) {
                Some(previous) => place = previous,
                None => break,
            }
            interrupt::check()?;
        }
        while same > 0 && text[text.len() - same] & 0xC0 == 0x80 {
            same -= 1;
        }
        self.edit(start, size - same, &text[start..text.len() - same])
    }

    /// Whether a character begins at a byte of the text, or the text ends there.
    pub fn is_start(&self, at: usize) -> bool {
        let (place, before) = self.rope.find(Unit::Bytes, at);
        self.rope.chunk(place).text.get(at - before.bytes).is_none_or(|byte| byte & 0xC0 != 0x80)
    }

    /// The byte at which a character begins.
    pub fn byte_of(&self, char: usize) -> usize {
        let (place, before) = self.rope.find(Unit::Chars, char);
        let (chunk, wanted) = (self.rope.chunk(place), char - before.chars);
        let text = &chunk.text;
        if chunk.chars == text.len() {
            return before.bytes + wanted;
        }
        let found = text.iter().enumerate().filter(|(_, byte)| **byte & 0xC0 != 0x80).nth(wanted);
        before.bytes + found.map_or(text.len(), |(at, _)| at)
    }

    /// The byte of a place in UTF-16; None where it is inside a character.
    pub fn byte_of_utf16(&self, at: usize) -> Option<usize> {
        let (place, before) = self.rope.find(Unit::Utf16, at);
        let (chunk, mut rest) = (self.rope.chunk(place), at - before.utf16);
        if chunk.utf16 == chunk.text.len() {
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
        let (place, before) = self.rope.find(Unit::Bytes, start);
        let mut at = before.bytes;
        for chunk in self.rope.from(place) {
            if at >= end {
                break;
            }
            let range = start.max(at) - at..chunk.text.len().min(end - at);
            append(out, chunk.text.get(range).unwrap_or_default())?;
            at += chunk.text.len();
            interrupt::check()?;
        }
        Ok(())
    }

    /// Appends the ids from number `start` to `end`.
    pub fn ids_of(&self, start: usize, end: usize, out: &mut Vec<u32>) -> Result<()> {
        let (place, before) = self.rope.find(Unit::Ids, start);
        let mut at = before.ids;
        for chunk in self.rope.from(place) {
            if at >= end {
                break;
            }
            let range = start.max(at) - at..chunk.ids.len().min(end - at);
            append(out, chunk.ids.get(range).unwrap_or_default())?;
            at += chunk.ids.len();
            interrupt::check()?;
        }
        Ok(())
    }

    /// Calls `work` with the ids of each chunk from a place on, which is at the byte `at`, up to the byte `until`.
    pub(super) fn each_chunk(
        &self,
        place: Place,
        mut at: usize,
        until: usize,
        work: &mut impl FnMut(&[u32]) -> Result<()>,
    ) -> Result<()> {
        for chunk in self.rope.from(place) {
            if at >= until {
                break;
            }
            work(&chunk.ids)?;
            at += chunk.text.len();
            interrupt::check()?;
        }
        Ok(())
    }

    /// Calls `work` with the ids of a range of the text as a text by itself, part by part: whole chunks are not encoded again.
    pub fn each_of_range(&self, start: usize, end: usize, mut work: impl FnMut(&[u32]) -> Result<()>) -> Result<()> {
        let encode = |from, until| {
            let (mut text, mut ids) = (Vec::new(), Vec::new());
            self.text_of(from, until, &mut text)?;
            self.codec.append(1, Source::Bytes(&text), &self.search, from > start, &mut ids).map(|()| ids)
        };
        let Some((place, from, until)) = self.inside(start, end) else { return work(&encode(start, end)?) };
        if self.borders == Borders::Seams {
            return self.each_between_seams((start, end), (place, from, until), work);
        }
        if start < from {
            work(&encode(start, from)?)?;
        }
        self.each_chunk(place, from, until, &mut work)?;
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

    /// The chunks that an edit touches: those that hold it, and neighbours up to borders that are far enough from it.
    pub(super) fn region(&self, start: usize, end: usize, new: usize) -> Region {
        let ((mut first, mut before), (mut last, after)) =
            (self.rope.find(Unit::Bytes, start), self.rope.find(Unit::Bytes, end));
        let mut stop = after.bytes + self.rope.chunk(last).text.len();
        let length = |before: Size, stop: usize| stop - before.bytes - (end - start) + new;
        while start - before.bytes < self.margin || length(before, stop) < CHUNK / 2 {
            let Some(previous) = self.rope.previous(first) else { break };
            first = previous;
            before -= self.rope.chunk(first).size();
        }
        while stop - end < self.margin || length(before, stop) < CHUNK / 2 {
            let Some(next) = self.rope.next(last) else { break };
            last = next;
            stop += self.rope.chunk(last).text.len();
        }
        Region { first, last, before, end: stop }
    }

    /// Fails if an edit makes one of the special tokens that are not allowed. `text`: what becomes of the region.
    fn check(&self, region: &Region, text: &[u8]) -> Result<()> {
        let longest = self.disallowed.longest();
        if longest == 0 {
            return Ok(());
        }
        // What may begin before the region, or end behind it.
        let (mut around, from) = (Vec::new(), region.before.bytes.saturating_sub(longest));
        self.text_of(from, region.before.bytes, &mut around)?;
        append(&mut around, text)?;
        let until = (region.end + longest).min(self.size().bytes);
        self.text_of(region.end, until, &mut around)?;
        match self.disallowed.find(&around).next().transpose()? {
            Some(found) => Err(Error::DisallowedSpecial { token: found.name.into(), position: from + found.start }),
            None => Ok(()),
        }
    }

    /// The chunks of some text that begins at a byte, whose ids are appended.
    fn encoded(&self, text: &[u8], from: usize, ids: &mut Vec<u32>) -> Result<Vec<Chunk>> {
        let is_spelled = self.search.is_empty() && self.codec.is_spelled();
        if self.borders == Borders::Cuts && text.len() > 2 * CHUNK && is_spelled {
            // Once for all chunks: tokens end at cuts. Of those that are found, two may share an id.
            self.append_ids(text, from, ids)?;
            return self.cut_between_tokens(text, ids, |at| self.codec.is_cut(text, at, &self.search));
        }
        let (mut chunks, mut at) = (Vec::new(), 0);
        loop {
            let rest = &text[at..];
            let mut length = rest.len();
            if self.is_local() && length > 2 * CHUNK {
                let cut = self.codec.next_cut(rest, CHUNK, &self.search);
                length = cut.filter(|cut| rest.len() - cut >= CHUNK / 2).unwrap_or(length);
            }
            let before = ids.len();
            self.append_ids(&rest[..length], from + at, ids)?;
            push(&mut chunks, Chunk::new(&rest[..length], &ids[before..])?)?;
            at += length;
            if at == text.len() {
                return Ok(chunks);
            }
            interrupt::check()?;
        }
    }

    /// Appends the ids of some text that begins at a byte.
    fn append_ids(&self, text: &[u8], from: usize, ids: &mut Vec<u32>) -> Result<()> {
        let done = self.codec.append(1, Source::Bytes(text), &self.search, from > 0, ids);
        done.map_err(|error| match error {
            Error::MissingByte { byte, position } => Error::MissingByte { byte, position: from + position },
            other => other,
        })
    }

    /// Moves a splice that only adds or only removes ids at the end of a region as far right as the ids repeat.
    fn shift(&self, region: &Region, n_old: usize, n_new: usize, found: &mut Splice, old: &[u32]) -> Result<()> {
        let ends_there = found.start + found.removed == n_old && found.start + found.ids.len() == n_new;
        let moving = if found.removed == 0 { &found.ids[..] } else { &old[found.start..] };
        if !ends_there || (found.removed > 0 && !found.ids.is_empty()) || moving.is_empty() {
            return Ok(());
        }
        let Some(next) = self.rope.next(region.last) else { return Ok(()) };
        let (mut same, mut wanted) = (0, moving.iter().cycle());
        for chunk in self.rope.from(next) {
            let alike = chunk.ids.iter().zip(&mut wanted).take_while(|(a, b)| a == b).count();
            same += alike;
            if alike < chunk.ids.len() {
                break;
            }
            interrupt::check()?;
        }
        found.start += same;
        let turn = same % moving.len();
        if found.removed == 0 {
            found.ids.rotate_left(turn);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
