//! What of a region is encoded again, where tokens spell the text: from the last cut before the edit to the first one after it.
//!
//! Both cuts are at least `margin` bytes away from the edit, or ends of the region, so they are cuts of the text before it and after it.
//! At a cut a token ends and another begins: the ids on the far sides of both stay, and lengths of tokens say where those are. (Proof:
//! notes/proofs.md, "Sessions".)
//!
//! By hand, with a margin of 4 bytes: in ` one two three four`, an `x` after `two` makes ` two` and ` three` new; the ids of ` one` and
//! ` four` stay.
//!
//! Costs: a look at each token of the region that is not before the edit, and at some of those that are; a copy of all its ids; and what
//! encoding takes between the cuts.

use super::edit::{CHUNK, Changed, Edited, Session};
use super::rope::Chunk;
use crate::error::Result;
use crate::fast::util::fallible::{append, push, room};
use crate::support::interrupt;

/// Where a token of the old ids ends: how many ids are before that place, and how many bytes of the old text.
#[derive(Debug, Clone, Copy)]
struct TokenEnd {
    ids: usize,
    bytes: usize,
}

impl Session {
    /// The ids and the chunks of a region, of which `made` has the old ids.
    pub(super) fn encode_between(&self, edited: &Edited, made: &mut Changed) -> Result<()> {
        let &Edited { text, before, start, end, added } = edited;
        let (left, right) = self.cuts_around(edited, &made.old)?;
        let part = &text[left.bytes..right.bytes + added - (end - start)];
        append(&mut made.new, &made.old[..left.ids])?;
        self.append_encoded(part, before + left.bytes, &mut made.new)?;
        append(&mut made.new, &made.old[right.ids..])?;
        made.encoded = part.len();
        if text.len() <= 2 * CHUNK {
            return push(&mut made.chunks, Chunk::new(text, &made.new)?);
        }
        made.chunks = self.cut_between_tokens(text, &made.new, |at| self.codec.is_cut(text, at, &self.search))?;
        Ok(())
    }

    /// The cuts next to an edit on both sides; the ends of the region where there are none. Up to the edit, and from it on, the new text
    /// is the old one, so it is asked for both.
    fn cuts_around(&self, edited: &Edited, old: &[u32]) -> Result<(TokenEnd, TokenEnd)> {
        let &Edited { text, start, end, added, .. } = edited;
        let length = self.codec.sizes.lengths(self.codec.core())?;
        let is_cut = |at: usize| self.codec.is_cut(text, at, &self.search);
        let size = text.len() + (end - start) - added;
        let mut at = TokenEnd { ids: old.len(), bytes: size };
        let back = |at: &mut TokenEnd| {
            at.ids -= 1;
            at.bytes -= length(old[at.ids]);
        };
        while at.ids > 0 && at.bytes >= end + self.margin {
            back(&mut at);
            if at.ids.is_multiple_of(interrupt::STRETCH) {
                interrupt::check()?;
            }
        }
        let mut right = at;
        while right.bytes < size && (right.bytes < end + self.margin || !is_cut(right.bytes + added - (end - start))) {
            right.bytes += length(old[right.ids]);
            right.ids += 1;
            interrupt::check()?;
        }
        while at.ids > 0 && (at.bytes + self.margin > start || !is_cut(at.bytes)) {
            back(&mut at);
            interrupt::check()?;
        }
        Ok((at, right))
    }

    /// The chunks of some text with these ids, which spell it, cut between two of them where that is a border.
    pub(super) fn cut_between_tokens(
        &self,
        text: &[u8],
        ids: &[u32],
        is_border: impl Fn(usize) -> bool,
    ) -> Result<Vec<Chunk>> {
        let (length, mut chunks) = (self.codec.sizes.lengths(self.codec.core())?, room(text.len() / CHUNK + 1)?);
        let (mut at, mut first, mut end, mut number) = (0, 0, 0, 0);
        while number < ids.len() {
            // No chunk ends soon, as a rule.
            if let Some(some) = ids[number..].first_chunk::<16>() {
                let bytes: usize = some.iter().map(|&id| length(id)).sum();
                if end + bytes < at + CHUNK {
                    (end, number) = (end + bytes, number + some.len());
                    continue;
                }
            }
            (end, number) = (end + length(ids[number]), number + 1);
            if end - at >= CHUNK && text.len() - end >= CHUNK / 2 {
                if is_border(end) {
                    push(&mut chunks, Chunk::new(&text[at..end], &ids[first..number])?)?;
                    (at, first) = (end, number);
                }
                interrupt::check()?;
            }
        }
        push(&mut chunks, Chunk::new(&text[at..], &ids[first..])?)?;
        Ok(chunks)
    }
}
