//! Which ids may come next, and ids that are kept as they were sampled.
//!
//! Must equal `next_ids` of `rust/reference/more/viable.rs`, and `Session::append_ids` of `rust/reference/more/session.rs`.
//!
//! Only the segment at the end is looked at, from the last cut on. Where names are found in the text, a token may complete one: such
//! tokens are few, and the text is encoded for each.

use super::edit::{Borders, CHUNK, Session};
use super::rope::{Chunk, Unit};
use crate::error::Result;
use crate::fast::next::{Bits, has, set};
use crate::fast::pystr::source::Source;
use crate::fast::util::fallible::{collect, concat, push, resize};
use crate::reference::more::session::same;
use crate::reference::more::tails::Cover;
use crate::reference::more::viable::{continuations, kinds};
use crate::reference::published::preprocess::Before;
use crate::support::interrupt;

/// How many bytes without a sure border are gone through from each of their places, with time that grows with the square.
const LONGEST_END: usize = 256;

/// The end of the text.
struct End {
    text: Vec<u8>,
    goes_on: bool,
    /// What the last segment has become, the last ids, and the number of the first of them that is in the segment.
    data: Vec<u8>,
    ids: Vec<u32>,
    first: usize,
}

impl Session {
    /// The ids that may come next, as bits; None where that is not known.
    pub fn next_ids(&self) -> Result<Option<Bits>> {
        let Some(End { text, goes_on, data, ids, first }) = self.end()? else { return Ok(None) };
        let Some(tables) = self.codec.next_tables()? else { return Ok(None) };
        let Some(mut found) = tables.next(self.codec.core(), &data, &ids[first..])? else { return Ok(None) };
        if !self.search.early.tokens().is_empty() {
            self.with_names(&text, goes_on, &ids, &mut found)?;
        }
        Ok(Some(found))
    }

    /// The tokens that may stand over the end of the text, from the sets of ids that may come next; None where these are not known.
    ///
    /// From the last border that all continuations have, go on with each token that may come next and that the text goes on with. A token
    /// that begins like the rest of the text and is longer is a cover.
    pub(super) fn covers_by_sets(&self) -> Result<Option<Vec<Cover>>> {
        let Some(End { data, ids, first, .. }) = self.end()?.filter(|_| self.search.is_empty()) else {
            return Ok(None);
        };
        let (Some(tables), core) = (self.codec.next_tables()?, self.codec.core()) else { return Ok(None) };
        let (vocab, own, before) = (&core.vocab, &ids[first..], self.size().ids - (ids.len() - first));
        let token_of = |id: &u32| vocab.token_bytes(*id).unwrap_or_default();
        let border = tables.last_border_of(core, &data)?;
        let (mut count, mut size) = (0, 0);
        while size < border && count < own.len() {
            size += token_of(&own[count]).len();
            count += 1;
        }
        if data.len() - size > LONGEST_END {
            return Ok(None);
        }
        let (mut stack, mut found) = (Vec::new(), Vec::new());
        push(&mut stack, (size, concat(&[&own[..count]])?))?;
        while let Some((at, ids)) = stack.pop() {
            interrupt::check()?;
            let Some(bits) = tables.next(core, &data[..at], &ids)? else { return Ok(None) };
            let (rest, sorted) = (&data[at..], vocab.sorted_ids());
            let start = sorted.partition_point(|id| token_of(id) <= rest);
            let length = sorted[start..].partition_point(|id| token_of(id).starts_with(rest));
            let over = collect(sorted[start..start + length].iter().copied().filter(|&id| has(&bits, id)))?;
            if let Some(one) = over.first().filter(|_| !rest.is_empty()) {
                let kept = same(own.iter(), ids.iter());
                let cover = Cover { kept: before + kept, extra: concat(&[&ids[kept..]])?, ids: Vec::new() };
                push(&mut found, ((at, sorted.partition_point(|id| token_of(id) < token_of(one))), cover, over))?;
            }
            for end in 1..rest.len() {
                if let Some(id) = vocab.token_id(&rest[..end]).filter(|&id| has(&bits, id)) {
                    push(&mut stack, (at + end, concat(&[&ids, &[id]])?))?;
                }
            }
        }
        found.sort_by_key(|&(place, ..)| place);
        collect(found.into_iter().map(|(_, cover, ids)| Cover { ids, ..cover })).map(Some)
    }

    /// Leaves the first ids only, which stay as they are until the next edit.
    pub fn keep_ids(&mut self, count: usize) -> Result<()> {
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
        self.sampled = true;
        Ok(())
    }

    /// The last words and what a segment has become of them; None where it is not known what may follow.
    fn end(&self) -> Result<Option<End>> {
        if !self.knows_tails() {
            return Ok(None);
        }
        let (text, start) = self.last_words()?;
        let (core, goes_on) = (self.codec.core(), start > 0);
        let (mut data, before) = (Vec::new(), if goes_on { Before::Text } else { Before::Nothing });
        core.preprocessor.segments(&text, &self.search, before, None, &mut |segment| {
            data = if segment.id.is_none() { concat(&[&segment.text.data])? } else { Vec::new() };
            Ok(())
        })?;
        if text.is_empty() && core.preprocessor.metaspace.is_some() {
            return Ok(None);
        }
        let (mut ids, n_ids) = (Vec::new(), self.size().ids);
        self.ids_of(n_ids.saturating_sub(text.len() + 1), n_ids, &mut ids)?;
        let (mut first, mut size) = (ids.len(), 0);
        while size < data.len() && first > 0 {
            first -= 1;
            size += core.token_bytes(ids[first]).map_or(0, <[u8]>::len);
        }
        Ok((size == data.len()).then_some(End { text, goes_on, data, ids, first }))
    }

    /// Adds the tokens that are found by name, and leaves out those that complete a name.
    fn with_names(&self, text: &[u8], goes_on: bool, ids: &[u32], found: &mut Bits) -> Result<()> {
        let vocab = &self.codec.core().vocab;
        let encode = |text: &[u8]| self.codec.encode(1, Source::Bytes(text), &self.search, goes_on);
        let own = encode(text)?;
        let is_own = ids.ends_with(&own);
        let mut asked = Vec::new();
        for (name, id) in self.search.early.tokens() {
            let name = name.as_bytes();
            if let Some(id) = *id
                && is_own
                && encode(&concat(&[text, name])?)? == concat(&[&own, &[id]])?
            {
                let words = (id as usize >> 6) + 1;
                resize(found, words.max(found.len()), 0)?;
                set(found, id);
            }
            for length in (1..=text.len().min(name.len() - 1)).filter(|&length| text.ends_with(&name[..length])) {
                let rest = &name[length..];
                let token_of = |id: &u32| vocab.token_bytes(*id).unwrap_or_default();
                let first = vocab.sorted_ids().partition_point(|id| token_of(id) < rest);
                for &id in vocab.sorted_ids()[first..].iter().take_while(|id| token_of(id).starts_with(rest)) {
                    push(&mut asked, id)?;
                }
            }
            for (id, _) in vocab.tokens.iter().filter(|(_, token)| memchr::memmem::find(token, name).is_some()) {
                push(&mut asked, id)?;
            }
        }
        let kinds = kinds(self.codec.core());
        let ids = &ids[ids.len() - self.held(text, ids)..];
        asked.sort_unstable();
        asked.dedup();
        asked.retain(|&id| has(found, id));
        for id in asked {
            let (longer, wanted) =
                (concat(&[text, vocab.token_bytes(id).unwrap_or_default()])?, concat(&[ids, &[id]])?);
            let mut is_viable = false;
            for more in continuations(&kinds, &longer) {
                if encode(&concat(&[&longer, &more])?)?.starts_with(&wanted) {
                    is_viable = true;
                    break;
                }
            }
            if !is_viable {
                found[id as usize >> 6] &= !(1 << (id & 63));
            }
        }
        Ok(())
    }

    /// How many of the last ids spell some text.
    fn held(&self, text: &[u8], ids: &[u32]) -> usize {
        let (mut count, mut size) = (0, 0);
        while size < text.len() && count < ids.len() {
            count += 1;
            size += self.codec.core().token_bytes(ids[ids.len() - count]).map_or(0, <[u8]>::len);
        }
        count
    }

    /// Adds ids, which stay as they are until the next edit; or returns the number of the first that cannot come next, and adds
    /// none. The second None: that is not known.
    pub fn append_ids(&mut self, ids: &[u32]) -> Result<Option<Option<usize>>> {
        let (before, was_sampled) = (self.rope.fork()?, self.sampled);
        for (number, &id) in ids.iter().enumerate() {
            let next = self.next_ids();
            if !matches!(&next, Ok(Some(bits)) if has(bits, id)) {
                (self.rope, self.sampled) = (before, was_sampled);
                return next.map(|known| known.map(|_| Some(number)));
            }
            self.append_id(id)?;
        }
        Ok(Some(None))
    }

    fn append_id(&mut self, id: u32) -> Result<()> {
        let place = self.rope.find(Unit::Bytes, self.size().bytes).0;
        let held = self.rope.chunk(place);
        let text = concat(&[&held.text, self.codec.core().token_bytes(id).unwrap_or_default()])?;
        let ids = concat(&[&held.ids, &[id]])?;
        let chunks = if self.borders == Borders::Cuts && self.codec.is_spelled() && text.len() > 2 * CHUNK {
            self.cut_between_tokens(&text, &ids, |at| self.codec.is_cut(&text, at, &self.search))?
        } else {
            let mut chunks = Vec::new();
            push(&mut chunks, Chunk::new(&text, &ids)?)?;
            chunks
        };
        self.rope.replace(place, place, chunks)?;
        self.sampled = true;
        Ok(())
    }

    /// Whether the text ends inside a character.
    pub fn ends_inside(&self) -> bool {
        let place = self.rope.find(Unit::Bytes, self.size().bytes).0;
        self.sampled && std::str::from_utf8(&self.rope.chunk(place).text).is_err()
    }
}
