//! What of a region is encoded again, where tokens spell the text: from the last cut before the edit to the first one behind it.
//!
//! Both cuts are `margin` bytes away from the edit, so they are cuts of the text before it and after it. At a cut a token ends and another
//! begins: the ids on the far sides of both stay, and lengths of tokens say where those are.
//!
//! By hand: in ` one two three four`, an `x` behind `two` makes ` two` and ` three` new if the margin is at most 6 bytes; the ids of ` one`
//! and ` four` stay.
//!
//! Costs: a look at each token of the region behind the edit, and what encoding takes between the cuts.

use super::edit::{CHUNK, Changed, Edited, Session};
use super::rope::Chunk;
use crate::error::Result;
use crate::fast::util::fallible::{append, push};

/// A border between two tokens: how many ids are before it, and how many bytes.
#[derive(Debug, Clone, Copy)]
struct Border {
    ids: usize,
    bytes: usize,
}

impl Session {
    /// The ids and the chunks of a region, of which `made` has the old ids.
    pub(super) fn encode_between(&self, edited: &Edited, made: &mut Changed) -> Result<()> {
        let &Edited { text, before, start, end, added } = edited;
        let (left, right) = self.cuts_around(edited, &made.old);
        let part = &text[left.bytes..right.bytes + added - (end - start)];
        append(&mut made.new, &made.old[..left.ids])?;
        self.append_ids(part, before + left.bytes, &mut made.new)?;
        append(&mut made.new, &made.old[right.ids..])?;
        made.encoded = part.len();
        if text.len() <= 2 * CHUNK {
            return push(&mut made.chunks, Chunk::new(text, &made.new)?);
        }
        made.chunks = self.cut_between_tokens(text, &made.new, |at| self.codec.is_cut(text, at, &self.search))?;
        Ok(())
    }

    /// The cuts nearest to an edit on both sides, as borders of the old ids; the ends of the region where there are none.
    fn cuts_around(&self, edited: &Edited, old: &[u32]) -> (Border, Border) {
        let &Edited { text, start, end, added, .. } = edited;
        let length = |id: u32| self.codec.core().vocab.tokens.spans[id as usize].1 as usize;
        let is_cut = |at: usize| self.codec.is_cut(text, at, &self.search);
        let size = text.len() + (end - start) - added;
        let mut at = Border { ids: old.len(), bytes: size };
        let back = |at: &mut Border| {
            at.ids -= 1;
            at.bytes -= length(old[at.ids]);
        };
        while at.ids > 0 && at.bytes >= end + self.margin {
            back(&mut at);
        }
        let mut right = at;
        while right.bytes < size && (right.bytes < end + self.margin || !is_cut(right.bytes + added - (end - start))) {
            right.bytes += length(old[right.ids]);
            right.ids += 1;
        }
        while at.ids > 0 && (at.bytes + self.margin > start || !is_cut(at.bytes)) {
            back(&mut at);
        }
        (at, right)
    }
}
