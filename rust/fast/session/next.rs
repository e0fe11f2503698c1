//! Which ids may come next, and ids that are kept as they were sampled.
//!
//! Must equal `next_ids` of `rust/reference/more/viable.rs`, and `Session::append_ids` of `rust/reference/more/session.rs`.
//!
//! Only the segment at the end is looked at, from the last cut on. Where names are found in the text, a token may complete one: such
//! tokens are few, and names are looked for in the last bytes with each.

use super::edit::{CHUNK, Session};
use super::rope::{Chunk, Unit};
use crate::error::Result;
use crate::fast::next::{Bits, NextIds, Open, has, set, unset};
use crate::fast::util::fallible::{append, collect, concat, push};
use crate::reference::more::session::common_prefix;
use crate::reference::more::tails::Cover;
use crate::reference::published::preprocess::Before;
use crate::reference::published::vocabs::Vocab;
use crate::support::interrupt;
use std::sync::Arc;

/// How many bytes without a sure border are gone through from each of their places, with time that grows with the square.
const LONGEST_END: usize = 256;

/// Takes what each end of a text gives.
type OfEnd<'w> = dyn FnMut(usize, usize, &[u32], &mut dyn Iterator<Item = u32>) -> Result<()> + 'w;

/// What became of ids that were to be added.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Appended {
    All,
    /// The id of this number cannot come next.
    Impossible(usize),
    NotKnown,
}

impl Session {
    /// The ids that may come next, as a bit for each id of the tokenizer; None where that is not known.
    pub fn next_ids(&mut self) -> Result<Option<Bits>> {
        let Some((tables, open)) = self.open()? else { return Ok(None) };
        let found = self.next_behind(&tables, &open, &[]);
        self.open = Some(open);
        found.map(Some)
    }

    /// The same after an end of a text, to which these ids were added.
    fn next_behind(&self, tables: &NextIds, open: &Open, added: &[u32]) -> Result<Bits> {
        let mut found = tables.next(self.codec.core(), open)?;
        if !self.search.early.tokens().is_empty() {
            self.with_names(tables, open, added, &mut found)?;
        }
        Ok(found)
    }

    /// The tokens that may stand over the end of the text, from the sets of ids that may come next; None where these are not known.
    pub(super) fn covers_by_sets(&self) -> Result<Option<Vec<Cover>>> {
        let (vocab, mut found) = (&self.codec.core().vocab, Vec::new());
        let is_known = self.each_end(&mut |at, kept, extra, over| {
            let ids = collect(over)?;
            let Some(&one) = ids.first() else { return Ok(()) };
            let place = vocab.sorted_ids().partition_point(|&id| token_of(vocab, id) < token_of(vocab, one));
            push(&mut found, ((at, place), Cover { kept, extra: concat(&[extra])?, ids }))
        })?;
        found.sort_by_key(|&(place, _)| place);
        let covers = collect(found.into_iter().map(|(_, cover)| cover))?;
        Ok(is_known.then_some(covers))
    }

    /// Leaves the ids only that every continuation keeps.
    pub fn keep_stable(&mut self) -> Result<()> {
        if !self.knows_tails() {
            return Ok(());
        }
        let mut least = self.size().ids;
        let is_known = self.each_end(&mut |_, kept, _, _| {
            least = least.min(kept);
            Ok(())
        })?;
        self.keep_ids(if is_known { least } else { self.stable()? })
    }

    /// Goes through all ways in which ids that may come next spell the end of the text. Calls `work` with the place up to which they
    /// spell it, how many ids of the text they begin with, the others, and the tokens that go on from there after the text, if it is not
    /// its end. False where that is not known.
    ///
    /// They begin at the last border that all continuations have, and go on with each token that may come next and stands in the text.
    fn each_end(&self, work: &mut OfEnd) -> Result<bool> {
        let (Some(tables), true) = (self.codec.next_tables()?, self.search.is_empty()) else { return Ok(false) };
        let Some((data, own)) = self.end()? else { return Ok(false) };
        let (core, before) = (self.codec.core(), self.size().ids - own.len());
        let vocab = &core.vocab;
        let border = Open::after(&tables, vocab, &own, true)?.start();
        let (mut count, mut size) = (0, 0);
        while size < border && count < own.len() {
            size += token_of(vocab, own[count]).len();
            count += 1;
        }
        if data.len() - size > LONGEST_END {
            return Ok(false);
        }
        let mut stack = Vec::new();
        push(&mut stack, (size, concat(&[&own[..count]])?, Open::after(&tables, vocab, &own[..count], true)?))?;
        while let Some((at, ids, open)) = stack.pop() {
            interrupt::check()?;
            let (rest, kept) = (&data[at..], common_prefix(own.iter(), ids.iter()));
            let bits = if rest.is_empty() { Bits::new() } else { tables.next(core, &open)? };
            let over = if rest.is_empty() { &[] } else { tokens_over(vocab, rest) };
            let mut over = over.iter().copied().filter(|&id| has(&bits, id)).peekable();
            if rest.is_empty() || over.peek().is_some() {
                work(at, before + kept, &ids[kept..], &mut over)?;
            }
            for end in 1..=rest.len() {
                if let Some(id) = vocab.token_id(&rest[..end]).filter(|&id| has(&bits, id)) {
                    let mut longer = open.copy()?;
                    longer.push(&tables, vocab, id)?;
                    push(&mut stack, (at + end, concat(&[&ids, &[id]])?, longer))?;
                }
            }
        }
        Ok(true)
    }

    /// Leaves the first ids only, which stay as they are until the next edit.
    fn keep_ids(&mut self, count: usize) -> Result<()> {
        let length = |id: &u32| self.codec.core().token_bytes(*id).map_or(0, <[u8]>::len);
        let ((place, before), last) = (self.rope.find(Unit::Ids, count), self.rope.find(Unit::Ids, self.size().ids).0);
        let (chunk, number) = (self.rope.chunk(place), count - before.ids);
        // A space that was put before the text is in the first token, and not in the text.
        let put = chunk.ids.iter().map(length).sum::<usize>().saturating_sub(chunk.text.len());
        let end = chunk.ids[..number].iter().map(length).sum::<usize>().saturating_sub(put);
        let mut chunks = Vec::new();
        if number > 0 || before.ids == 0 {
            push(&mut chunks, Chunk::new(&chunk.text[..end], &chunk.ids[..number])?)?;
        }
        self.rope.replace(place, last, chunks)?;
        self.sampled = Some(before.bytes);
        self.open = None;
        Ok(())
    }

    /// What the last segment has become, and its ids; None where it is not known what may follow.
    fn end(&self) -> Result<Option<(Vec<u8>, Vec<u32>)>> {
        if !self.knows_tails() {
            return Ok(None);
        }
        let (text, start) = self.last_words()?;
        let (core, continues) = (self.codec.core(), start > 0);
        let (mut data, before) = (Vec::new(), if continues { Before::Text } else { Before::Nothing });
        core.preprocessor.segments(&text, &self.search, before, None, &mut |segment| {
            data = if segment.id.is_none() { concat(&[&segment.text.data])? } else { Vec::new() };
            Ok(())
        })?;
        if data.is_empty() && core.preprocessor.metaspace.is_some() {
            return Ok(None);
        }
        let (mut ids, n_ids) = (Vec::new(), self.size().ids);
        self.ids_of(n_ids.saturating_sub(data.len()), n_ids, &mut ids)?;
        let (mut first, mut size) = (ids.len(), 0);
        while size < data.len() && first > 0 {
            first -= 1;
            size += core.token_bytes(ids[first]).map_or(0, <[u8]>::len);
        }
        ids.drain(..first);
        Ok((size == data.len()).then_some((data, ids)))
    }

    /// The end of the text, which the session lends until the next call; None where it is not known what may follow.
    fn open(&mut self) -> Result<Option<(Arc<NextIds>, Open)>> {
        let Some(tables) = self.codec.next_tables()? else { return Ok(None) };
        if let Some(open) = self.open.take() {
            return Ok(Some((tables, open)));
        }
        let Some((_, ids)) = self.end()? else { return Ok(None) };
        let open = Open::after(&tables, &self.codec.core().vocab, &ids, self.sampled.is_none())?;
        Ok(Some((tables, open)))
    }

    /// Adds the tokens that are found by name, and leaves out those that complete a name.
    ///
    /// No name stands in the text after the last one. So one that is found now begins in its last bytes; with names that are left as text,
    /// anywhere.
    fn with_names(&self, tables: &NextIds, open: &Open, added: &[u32], found: &mut Bits) -> Result<()> {
        let (vocab, finder) = (&self.codec.core().vocab, &self.search.early);
        let names = finder.tokens();
        let reach = if names.iter().all(|(_, id)| id.is_some()) { finder.longest() } else { usize::MAX };
        let last = self.last_bytes(added, reach.min(open.size()))?;
        let token_of = |id: &u32| vocab.token_bytes(*id).unwrap_or_default();
        let mut asked = concat(&[self.tokens_with_names()?])?;
        for (name, _) in names {
            for rest in begun(&last, name).map(|length| &name.as_bytes()[length..]) {
                let first = vocab.sorted_ids().partition_point(|id| token_of(id) < rest);
                for &id in vocab.sorted_ids()[first..].iter().take_while(|id| token_of(id).starts_with(rest)) {
                    push(&mut asked, id)?;
                }
            }
        }
        for id in asked {
            if has(found, id)
                && finder.find(&concat(&[&last, token_of(&id)])?).any(|name| name.is_ok_and(|name| name.id.is_some()))
            {
                unset(found, id);
            }
        }
        let is_begun = names.iter().any(|(name, _)| begun(&last, name).next().is_some());
        let of_names = if open.is_encoded(tables, vocab) { names } else { &[] };
        for (name, id) in of_names.iter().filter_map(|(name, id)| Some((name, (*id)?))) {
            let longer = if is_begun { concat(&[&last, name.as_bytes()])? } else { Vec::new() };
            let mut found_names = finder.find(&longer).filter_map(Result::ok);
            if !is_begun || found_names.any(|name| (name.start, name.id) == (last.len(), Some(id))) {
                set(found, id);
            }
        }
        Ok(())
    }

    /// The tokens in which a name stands.
    fn tokens_with_names(&self) -> Result<&[u32]> {
        if self.with_names.get().is_none() {
            let mut found = Vec::new();
            for (id, token) in self.codec.core().vocab.tokens.iter() {
                if self.search.early.find(token).next().transpose()?.is_some() {
                    push(&mut found, id)?;
                }
            }
            self.with_names.get_or_make(|| found);
        }
        Ok(self.with_names.get().map_or(&[], Vec::as_slice))
    }

    /// The last `count` bytes of the text with these ids after it, or all.
    fn last_bytes(&self, added: &[u32], count: usize) -> Result<Vec<u8>> {
        let (core, end, mut size) = (self.codec.core(), self.size().bytes, 0);
        let is_near = |id: &&u32| {
            let is_near = size < count;
            size += core.token_bytes(**id).map_or(0, <[u8]>::len);
            is_near
        };
        let first = added.len() - added.iter().rev().take_while(is_near).count();
        let mut last = Vec::new();
        self.text_of(end.saturating_sub(count.saturating_sub(size)), end, &mut last)?;
        for &id in &added[first..] {
            append(&mut last, core.token_bytes(id).unwrap_or_default())?;
        }
        last.drain(..last.len().saturating_sub(count));
        Ok(last)
    }

    /// Adds ids, which stay as they are until the next edit; or returns the number of the first that cannot come next, and adds
    /// none.
    pub fn append_ids(&mut self, ids: &[u32]) -> Result<Appended> {
        let Some((tables, mut open)) = self.open()? else { return Ok(Appended::NotKnown) };
        let core = Arc::clone(self.codec.core());
        for (number, &id) in ids.iter().enumerate() {
            if open.size() == 0 && core.preprocessor.metaspace.is_some() {
                return Ok(Appended::NotKnown);
            }
            if !has(&self.next_behind(&tables, &open, &ids[..number])?, id) {
                self.open = Some(open).filter(|_| number == 0);
                return Ok(Appended::Impossible(number));
            }
            if self.search.early.tokens().iter().any(|(_, found)| *found == Some(id)) {
                open = Open::default();
            } else {
                open.push(&tables, &core.vocab, id)?;
            }
        }
        self.add_ids(ids)?;
        self.open = Some(open).filter(|open| open.size() > 0);
        Ok(Appended::All)
    }

    /// Adds ids to the last chunk, or in chunks of their own, which the next edit makes anew.
    fn add_ids(&mut self, ids: &[u32]) -> Result<()> {
        let (place, before) = self.rope.find(Unit::Bytes, self.size().bytes);
        let held = self.rope.chunk(place);
        let (mut text, mut own, mut chunks) = (concat(&[&held.text])?, concat(&[&held.ids])?, Vec::new());
        for &id in ids {
            let token = self.codec.core().token_bytes(id).unwrap_or_default();
            if text.len() >= CHUNK && token.first().is_some_and(|byte| byte & 0xC0 != 0x80) {
                push(&mut chunks, Chunk::new(&text, &own)?)?;
                (text, own) = (Vec::new(), Vec::new());
            }
            append(&mut text, token)?;
            push(&mut own, id)?;
        }
        push(&mut chunks, Chunk::new(&text, &own)?)?;
        self.rope.replace(place, place, chunks)?;
        self.sampled.get_or_insert(before.bytes);
        Ok(())
    }

    /// Whether the text ends inside a character.
    pub fn ends_inside(&self) -> bool {
        let place = self.rope.find(Unit::Bytes, self.size().bytes).0;
        self.sampled.is_some() && std::str::from_utf8(&self.rope.chunk(place).text).is_err()
    }

    /// Whether the ids are those of the text; None where that is not known.
    pub fn is_encoded(&mut self) -> Result<Option<bool>> {
        let Some((tables, open)) = self.open()? else { return Ok(None) };
        let found = open.is_encoded(&tables, &self.codec.core().vocab);
        self.open = Some(open);
        Ok(Some(found))
    }
}

/// The bytes of a token.
pub(super) fn token_of(vocab: &Vocab, id: u32) -> &[u8] {
    vocab.token_bytes(id).unwrap_or_default()
}

/// The tokens that begin with some bytes and are longer, in the order of theirs.
pub(super) fn tokens_over<'v>(vocab: &'v Vocab, start: &[u8]) -> &'v [u32] {
    let sorted = vocab.sorted_ids();
    let first = sorted.partition_point(|&id| token_of(vocab, id) <= start);
    let length = sorted[first..].partition_point(|&id| token_of(vocab, id).starts_with(start));
    &sorted[first..first + length]
}

/// How much of a name a text ends with.
fn begun<'t>(text: &'t [u8], name: &'t str) -> impl Iterator<Item = usize> + 't {
    let lengths = 1..=text.len().min(name.len().saturating_sub(1));
    lengths.filter(move |&length| text.ends_with(&name.as_bytes()[..length]))
}

#[cfg(test)]
mod small_scope;
