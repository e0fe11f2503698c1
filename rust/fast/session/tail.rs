//! What may follow the text, and where its tokens stand: the mirror's answers, asked of the part of the text that they depend on.
//!
//! What is before a safe cut keeps its ids whatever follows, so only the text after the last one is looked at. Where no cut is known,
//! that is all of it.
//!
//! Must equal `Tail` of `rust/reference/more/tails.rs` and `token_at` of `rust/reference/more/session.rs`.
//!
//! Costs: those of the mirror for the last words; where a token stands, those of encoding a chunk.

use super::edit::{CHUNK, Session};
use super::rope::Unit;
use crate::error::Result;
use crate::reference::more::session::token_at;
use crate::reference::more::tails::{Cover, Tail, knows_tails};

impl Session {
    /// Whether [`stable`](Self::stable) and [`covers`](Self::covers) are known.
    pub fn knows_tails(&self) -> bool {
        knows_tails(self.codec.core(), &self.search)
    }

    /// How many ids every continuation of the text keeps.
    pub fn stable(&self) -> Result<usize> {
        self.with_tail(|tail, before| Ok(before + tail.stable()?))
    }

    /// The same for a page, which must not wait: None where it is not known, and where more than `most` bytes have to be looked at.
    pub fn stable_within(&self, most: usize) -> Result<Option<usize>> {
        if !self.knows_tails() || self.last_words()?.0.len() > most {
            return Ok(None);
        }
        self.stable().map(Some)
    }

    /// The tokens that may stand over the end of the text.
    pub fn covers(&self) -> Result<Vec<Cover>> {
        if let Some(covers) = self.covers_by_sets()? {
            return Ok(covers);
        }
        self.with_tail(|tail, before| {
            let mut covers = tail.covers()?;
            for cover in &mut covers {
                cover.kept += before;
            }
            Ok(covers)
        })
    }

    /// The text after the last place at which it can be cut, and where that is.
    pub(super) fn last_words(&self) -> Result<(Vec<u8>, usize)> {
        let end = self.size().bytes;
        let start = self.region(end, end, 0).before.bytes.min(self.sampled.unwrap_or(usize::MAX));
        // What was sampled may be long, and a cut is mostly near.
        let mut length = CHUNK.max(4 * self.margin);
        loop {
            let (from, mut text) = (start.max(end.saturating_sub(length)), Vec::new());
            self.text_of(from, end, &mut text)?;
            let cut = self.codec.safe_cut(&text, &self.search);
            if from == start || cut > self.margin {
                text.drain(..cut);
                return Ok((text, from + cut));
            }
            length = length.saturating_mul(2);
        }
    }

    /// Calls `work` with the last words, and the number of ids before them.
    fn with_tail<T>(&self, work: impl FnOnce(&Tail, usize) -> Result<T>) -> Result<T> {
        let (text, start) = self.last_words()?;
        let continues = start > 0;
        let encode = |text: &[u8]| self.codec.encode(1, text, &self.search, continues);
        let tail = Tail::new(self.codec.core(), &self.search, &text, continues, &encode)?;
        work(&tail, self.size().ids - tail.ids.len())
    }

    /// The number of the id that holds a byte of the text; None where that is not known.
    pub fn token_at(&self, at: usize) -> Result<Option<usize>> {
        let (place, before) = self.rope.find(Unit::Bytes, at);
        let (text, continues) = (&self.rope.chunk(place).text, before.bytes > 0);
        let found = token_at(self.codec.core(), &self.search, text, continues, at - before.bytes)?;
        Ok(found.map(|number| before.ids + number))
    }
}
