//! An edit encodes again the chunks that it touches.
//!
//! Chunks end at *safe cuts*: places where the ids of the two sides do not depend on each other, because of the characters next to
//! the place alone ([`Cuts`](crate::fast::scan::Cuts), and `Codec::survives_steps`, whose special tokens reach `margin` bytes). So an edit changes no id
//! after a cut that is `margin` bytes away from it. Where no cut is known, the text is one chunk, and encoded again as a whole.
//!
//! By hand, with a margin of 4 bytes, chunks `one`, ` two`, ` three` and an `x` at the end of `two`: the edit is at the border of two
//! chunks, so both, and no more, are made anew: ` twox three`.
//!
//! Where tokens spell the text, the same holds inside the chunks: only what is between two cuts near the edit is encoded
//! (`between.rs`). Bytes that no pattern cuts have *seams* in place of cuts: `seams.rs` looks whether the borders of what was encoded again
//! hold.
//!
//! Must equal `Session` of `rust/reference/more/session.rs`.
//!
//! Costs of an edit: O(edit) to encode and O(chunk) to copy, or O(chunk + edit) to encode, and what the rope costs; where ids repeat
//! next to it, as far as they do.

use super::rope::{Chunk, Place, Rope, Size, Unit};
use crate::error::{Error, Result};
use crate::fast::codec::FastCodec;
use crate::fast::codec::encoding::Encoding;
use crate::fast::next::Open;
use crate::fast::util::fallible::{append, push, room};
use crate::reference::more::session::{Splice, splice};
use crate::reference::published::codecs::Refused;
use crate::reference::published::found_tokens::Finder;
use crate::reference::published::preprocess::TokenFinder;
use crate::support::interrupt;
use crate::support::once::Once;
use std::sync::Arc;

/// About how many bytes a chunk has.
pub(super) const CHUNK: usize = if cfg!(any(test, fuzzing)) { 8 } else { 768 };
/// How many bytes on each side of a cut decide about it: a character, and more.
const MARGIN: usize = 8;

/// A text that changes, and its ids.
#[derive(Debug)]
pub struct Session {
    pub(super) codec: Arc<FastCodec>,
    pub(super) search: Arc<TokenFinder>,
    /// The tokens that the text must not contain.
    refused: Arc<Refused>,
    pub(super) rope: Rope,
    pub(super) borders: Borders,
    /// Whether the bytes of the tokens are those of the text.
    spells: bool,
    /// How many bytes away from an edit a border must be.
    pub(super) margin: usize,
    /// How many bytes the last change had encoded.
    encoded_bytes: usize,
    /// Where ids begin, in bytes, that need not be those of the text: ids were appended since the last edit.
    pub(super) sampled: Option<usize>,
    /// The end of the text, as far as it is known, for what may come next.
    pub(super) open: Option<Open>,
    /// The tokens in which a name of the search stands.
    pub(super) with_names: Arc<Once<Vec<u32>>>,
}

/// Where chunks end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Borders {
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
    pub(super) n_chunks: usize,
}

/// The text of a region, which begins at the byte `before`, after an edit. `start` and `end` are those of the edit in the old text,
/// counted from the beginning of the region; `added` bytes are in their place now.
pub(super) struct Edited<'t> {
    pub(super) text: &'t [u8],
    pub(super) before: usize,
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) added: usize,
}

/// What becomes of a region: its ids before and after, its chunks, and how many bytes were encoded.
pub(super) struct Changed {
    pub(super) old: Vec<u32>,
    pub(super) new: Vec<u32>,
    pub(super) chunks: Vec<Chunk>,
    pub(super) encoded: usize,
}

impl Session {
    pub fn new(codec: Arc<FastCodec>, search: Arc<TokenFinder>, refused: Arc<Refused>) -> Result<Session> {
        let longest = [&search.early, &search.late, &refused.finder].map(Finder::longest).into_iter().max();
        let borders = if codec.knows_cuts(&search) {
            Borders::Cuts
        } else if codec.has_seams(&search) {
            Borders::Seams
        } else {
            Borders::Nowhere
        };
        let (rope, margin) = (Rope::new()?, longest.unwrap_or_default().max(MARGIN));
        let spells = codec.spells(&search);
        let (sampled, open, with_names) = (None, None, Arc::default());
        Ok(Session {
            codec,
            search,
            refused,
            rope,
            borders,
            spells,
            margin,
            encoded_bytes: 0,
            sampled,
            open,
            with_names,
        })
    }

    /// A copy that changes by itself. What neither has changed is shared.
    pub fn fork(&self) -> Result<Session> {
        let (codec, search, refused) = (self.codec.clone(), self.search.clone(), self.refused.clone());
        let (open, with_names) = (self.open.as_ref().map(Open::copy).transpose()?, self.with_names.clone());
        Ok(Session { codec, search, refused, rope: self.rope.fork()?, open, with_names, ..*self })
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

    /// How many bytes the chunks have that an edit touches, before and after it.
    pub fn touched(&self, start: usize, end: usize, added: usize) -> usize {
        let region = self.region(start, end, added);
        region.end - region.before.bytes + added
    }

    /// Replaces the bytes from `start` to `end`, and returns what that does to the ids. On an error nothing has changed.
    pub fn edit(&mut self, start: usize, end: usize, data: &[u8]) -> Result<Splice> {
        self.open = None;
        let Some(from) = self.sampled else { return self.edit_text(start, end, data) };
        let (mut old, mut new, mut words, before) = (Vec::new(), Vec::new(), Vec::new(), self.rope.fork()?);
        self.ids_of(0, self.size().ids, &mut old)?;
        let size = self.size().bytes;
        self.text_of(from, size, &mut words)?;
        let done = self.edit_text(from, size, &words).and_then(|_| self.edit_text(start, end, data));
        if let Err(error) = done {
            self.rope = before;
            return Err(error);
        }
        self.sampled = None;
        self.ids_of(0, self.size().ids, &mut new)?;
        splice(&old, &new)
    }

    /// The same where the ids are those of the text, or the edit is at its end.
    fn edit_text(&mut self, start: usize, end: usize, data: &[u8]) -> Result<Splice> {
        let mut region = self.region(start, end, data.len());
        let mut made = self.changed(&region, start, end, data)?;
        let mut step = 1;
        while self.borders == Borders::Seams && self.widen(&mut region, &made.chunks, step)? {
            let before = made.encoded;
            made = self.changed(&region, start, end, data)?;
            made.encoded += before;
            step *= 2;
        }

        self.check_ids(&made.new, start, end, data)?;
        let Changed { old, new, chunks, encoded } = made;
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

    /// What becomes of a region when the bytes from `start` to `end` are replaced.
    fn changed(&self, region: &Region, start: usize, end: usize, data: &[u8]) -> Result<Changed> {
        let before = region.before.bytes;
        let (start, end, length) = (start - before, end - before, region.end - before);
        let mut old = Vec::new();
        let mut joined = Vec::new();
        let replaces_all = (start, end) == (0, length);
        if !replaces_all {
            joined = room(length + data.len())?;
        }
        for chunk in self.rope.from(region.first).take(region.n_chunks) {
            append(&mut old, &chunk.ids)?;
            if !replaces_all {
                append(&mut joined, &chunk.text)?;
            }
        }
        let text = if replaces_all {
            data
        } else {
            joined.splice(start..end, data.iter().copied());
            &joined[..]
        };
        let edited = Edited { text, before, start, end, added: data.len() };
        self.check(&edited)?;
        let mut made = Changed { old, new: Vec::new(), chunks: Vec::new(), encoded: text.len() };
        match self.borders {
            Borders::Seams => made.chunks = self.cut_at_seams(text, &mut made.new)?,
            Borders::Cuts if self.spells => self.encode_between(&edited, &mut made)?,
            Borders::Cuts | Borders::Nowhere => made.chunks = self.encoded(text, before, &mut made.new)?,
        }
        Ok(made)
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

    /// The chunks that an edit touches: those that hold it, and neighbours up to borders that are far enough from it.
    pub(super) fn region(&self, start: usize, end: usize, new: usize) -> Region {
        let (mut first, mut before) = self.rope.find(Unit::Bytes, start);
        let (mut last, mut n_chunks) = (first, 1);
        let mut stop = before.bytes + self.rope.chunk(first).text.len();
        let length = |before: Size, stop: usize| stop - before.bytes - (end - start) + new;
        while start - before.bytes < self.margin {
            let Some(previous) = self.rope.previous(first) else { break };
            (first, n_chunks) = (previous, n_chunks + 1);
            before -= self.rope.chunk(first).size;
        }
        while stop < end + self.margin || length(before, stop) < CHUNK / 2 {
            let Some(next) = self.rope.next(last) else { break };
            (last, n_chunks) = (next, n_chunks + 1);
            stop += self.rope.chunk(last).text.len();
        }
        while length(before, stop) < CHUNK / 2 {
            let Some(previous) = self.rope.previous(first) else { break };
            (first, n_chunks) = (previous, n_chunks + 1);
            before -= self.rope.chunk(first).size;
        }
        Region { first, last, before, end: stop, n_chunks }
    }

    /// Fails if the name of a refused token stands in the text after an edit. None is longer than `margin`.
    fn check(&self, edited: &Edited) -> Result<()> {
        let longest = self.refused.finder.longest();
        if longest == 0 {
            return Ok(());
        }
        let &Edited { text, before, start, added, .. } = edited;
        let from = start.saturating_sub(longest);
        let around = &text[from..text.len().min(start + added + longest)];
        match self.refused.finder.find(around).next().transpose()? {
            Some(found) => {
                Err(Error::DisallowedSpecial { token: found.name.into(), position: before + from + found.start })
            }
            None => Ok(()),
        }
    }

    /// Fails if an edit makes the id of a refused token of text in which its name does not stand.
    fn check_ids(&self, ids: &[u32], start: usize, end: usize, data: &[u8]) -> Result<()> {
        if self.refused.ids.is_empty() || !ids.iter().any(|id| self.refused.ids.contains_key(id)) {
            return Ok(());
        }
        let (mut text, size) = (room(self.size().bytes + data.len())?, self.size().bytes);
        self.text_of(0, start, &mut text)?;
        append(&mut text, data)?;
        self.text_of(end, size, &mut text)?;
        self.codec.core().check(&text, &self.refused, &self.search, false, None)
    }

    /// The chunks of some text that begins at a byte, encoded one by one. The ids are appended.
    fn encoded(&self, text: &[u8], from: usize, ids: &mut Vec<u32>) -> Result<Vec<Chunk>> {
        let (mut chunks, mut at) = (Vec::new(), 0);
        loop {
            let rest = &text[at..];
            let mut length = rest.len();
            if self.is_local() && length > 2 * CHUNK {
                let cut = self.codec.next_cut(rest, CHUNK, &self.search);
                length = cut.filter(|cut| rest.len() - cut >= CHUNK / 2).unwrap_or(length);
            }
            let before = ids.len();
            self.append_encoded(&rest[..length], from + at, ids)?;
            push(&mut chunks, Chunk::new(&rest[..length], &ids[before..])?)?;
            at += length;
            if at == text.len() {
                return Ok(chunks);
            }
            interrupt::check()?;
        }
    }

    /// Appends the ids of some text that begins at a byte.
    pub(super) fn append_encoded(&self, text: &[u8], from: usize, ids: &mut Vec<u32>) -> Result<()> {
        let done = self.codec.append(1, text, &Encoding::plain(&self.search, from > 0), ids);
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
