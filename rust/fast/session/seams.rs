//! Chunks of bytes that no pattern cuts, where a text is one piece: they end at seams.
//!
//! Two neighbouring tokens are *settled* if merging their bytes gives these two again. The ids of a text are those of its chunks if
//! at each border the last token of one chunk and the first of the next are settled (the splice theorem, `notes/proofs.md`). So an
//! edit encodes its chunks again, cuts what comes out between any two tokens, and looks at the two outer borders. Where one does not hold,
//! it takes in more chunks beyond it, twice as many each time.
//!
//! By hand, with the merges `ab` and `bc`, of which the first goes first, and the chunks `xa` | `bcd`: `a` and `bc` are not settled,
//! since `abc` gives `ab` and `c`: this is not a border.
//!
//! Costs of an edit: as with cuts, and the tokens of two borders. Where ids change far to the right (`aaaa...`), as far as they do.

use super::edit::{Region, Session};
use super::rope::{Chunk, Place, Unit};
use crate::error::Result;
use crate::fast::util::fallible::append;

impl Session {
    /// The ids of some text as a piece by itself.
    fn ids_alone(&self, text: &[u8]) -> Result<Vec<u32>> {
        self.codec.encode(1, text, &self.search, true)
    }

    /// Whether two tokens can be neighbours; of a token alone there is nothing to ask.
    fn settled(&self, left: Option<&u32>, right: Option<&u32>) -> Result<bool> {
        let (Some(&left), Some(&right)) = (left, right) else { return Ok(true) };
        let (vocab, mut text) = (&self.codec.core().vocab, Vec::new());
        append(&mut text, vocab.token_bytes(left).unwrap_or_default())?;
        append(&mut text, vocab.token_bytes(right).unwrap_or_default())?;
        Ok(self.ids_alone(&text)? == [left, right])
    }

    /// The chunks of some text, cut between tokens where a character begins. The ids are appended.
    pub(super) fn cut_at_seams(&self, text: &[u8], ids: &mut Vec<u32>) -> Result<Vec<Chunk>> {
        append(ids, &self.ids_alone(text)?)?;
        self.cut_between_tokens(text, ids, |at| text[at] & 0xC0 != 0x80)
    }

    /// Adds chunks to a region whose outer borders do not hold, `step` on each such side; false if both hold.
    pub(super) fn widen(&self, region: &mut Region, chunks: &[Chunk], step: usize) -> Result<bool> {
        let (before, behind) = (self.rope.previous(region.first), self.rope.next(region.last));
        let [last, first] = [before.map(|place| self.rope.chunk(place)), behind.map(|place| self.rope.chunk(place))];
        let holds_left =
            self.settled(last.and_then(|chunk| chunk.ids.last()), chunks.first().and_then(|chunk| chunk.ids.first()))?;
        let holds_right =
            self.settled(chunks.last().and_then(|chunk| chunk.ids.last()), first.and_then(|chunk| chunk.ids.first()))?;
        for _ in 0..step {
            if let Some(place) = self.rope.previous(region.first).filter(|_| !holds_left) {
                region.first = place;
                region.before -= self.rope.chunk(place).size;
                region.n_chunks += 1;
            }
            if let Some(place) = self.rope.next(region.last).filter(|_| !holds_right) {
                region.last = place;
                region.end += self.rope.chunk(place).text.len();
                region.n_chunks += 1;
            }
        }
        Ok(!(holds_left && holds_right))
    }

    /// Calls `work` with the ids of a range of the text, part by part. `inside`: the chunks in it, if the borders to both sides hold;
    /// otherwise there are fewer.
    pub(super) fn each_between_seams(
        &self,
        (start, end): (usize, usize),
        inside: (Place, usize, usize),
        mut work: impl FnMut(&[u32]) -> Result<()>,
    ) -> Result<()> {
        let encode = |from, until| {
            let mut text = Vec::new();
            self.text_of(from, until, &mut text)?;
            self.ids_alone(&text)
        };
        let ((mut place, mut from, mut until), mut step) = (inside, 1);
        while from < until {
            let (left, right) = (encode(start, from)?, encode(until, end)?);
            let last = self.rope.find(Unit::Bytes, until - 1).0;
            let holds_left = self.settled(left.last(), self.rope.chunk(place).ids.first())?;
            let holds_right = self.settled(self.rope.chunk(last).ids.last(), right.first())?;
            if holds_left && holds_right {
                work(&left)?;
                self.each_part(Unit::Bytes, from, until, |chunk, _| work(&chunk.ids))?;
                return work(&right);
            }
            for _ in 0..step {
                if from < until && !holds_left {
                    from += self.rope.chunk(place).text.len();
                    place = self.rope.next(place).unwrap_or(place);
                }
                if from < until && !holds_right {
                    until = self.rope.find(Unit::Bytes, until - 1).1.bytes;
                }
            }
            step *= 2;
        }
        work(&encode(start, end)?)
    }
}
