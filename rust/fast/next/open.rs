//! The end of a text that is kept while ids are added: the text and the ids after the last border that every continuation has.
//!
//! Viable ids have an end of a token at each border. So of the ids before the last sure border nothing is asked any more, and of those
//! after it, where two neighbours are not settled.
//!
//! Costs: adding an id takes one step of the machine for each character, whatever is before.

use super::bits::has;
use super::tables::NextIds;
use crate::error::Result;
use crate::fast::scan::compiled::Scan;
use crate::fast::util::fallible::{append, collect, concat, push};
use crate::reference::more::viable::length_of;
use crate::reference::published::vocabs::Vocab;

#[derive(Debug)]
pub struct Open {
    /// Places are counted from the beginning of the text.
    pub(super) scan: Scan<usize>,
    /// Where the last sure border is, and the text after it.
    start: usize,
    pub(super) text: Vec<u8>,
    /// The characters before this have been read.
    pub(super) read: usize,
    pub(super) tokens: Vec<Token>,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Token {
    pub(super) id: u32,
    end: usize,
    /// How many pairs of neighbours up to this token are not settled.
    breaks: u32,
}

impl Default for Open {
    /// Before a text.
    fn default() -> Open {
        Open { scan: Scan::new(0), start: 0, text: Vec::new(), read: 0, tokens: Vec::new() }
    }
}

impl Open {
    pub fn copy(&self) -> Result<Open> {
        let (text, tokens) = (concat(&[&self.text])?, concat(&[&self.tokens])?);
        Ok(Open { text, tokens, scan: self.scan, ..*self })
    }

    /// After viable ids. `is_encoded`: they are the ids of their text, so that neighbours are settled within its pieces.
    pub fn after(next: &NextIds, vocab: &Vocab, ids: &[u32], is_encoded: bool) -> Result<Open> {
        let mut open = Open::default();
        for &id in ids {
            open.add(next, vocab, id, true)?;
        }
        let ends = open.ends(next);
        for number in 1..open.tokens.len() {
            let [before, token] = [number - 1, number].map(|number| open.tokens[number]);
            let is_settled = is_encoded && !ends.contains(&before.end) || next.are_settled(before.id, token.id);
            open.tokens[number].breaks = before.breaks + u32::from(!is_settled);
        }
        Ok(open)
    }

    /// Adds an id that may come next.
    pub fn push(&mut self, next: &NextIds, vocab: &Vocab, id: u32) -> Result<()> {
        let is_settled = match self.tokens.last() {
            Some(last) => next.are_settled(last.id, id),
            None => true,
        };
        self.add(next, vocab, id, is_settled)
    }

    fn add(&mut self, next: &NextIds, vocab: &Vocab, id: u32, is_settled: bool) -> Result<()> {
        let breaks = self.tokens.last().map_or(0, |last| last.breaks) + u32::from(!is_settled);
        append(&mut self.text, vocab.token_bytes(id).unwrap_or_default())?;
        push(&mut self.tokens, Token { id, end: self.start + self.text.len(), breaks })?;
        let mut start = self.start;
        let mut rest = &self.text[self.read - self.start..];
        while !rest.is_empty() && rest.len() >= length_of(rest) {
            let (class, length) = next.machine.table.class_at(rest, 0);
            self.scan.read(&next.machine.table, class, self.read, |end| start = end);
            (self.read, rest) = (self.read + length, &rest[length..]);
        }
        self.text.drain(..start - self.start);
        self.start = start;
        self.tokens.drain(..self.tokens.partition_point(|token| token.end <= start));
        Ok(())
    }

    /// How many bytes the text has.
    pub fn size(&self) -> usize {
        self.start + self.text.len()
    }

    /// Where the last sure border is.
    pub fn start(&self) -> usize {
        self.start
    }

    /// The beginning of a character at the end.
    pub fn part(&self) -> &[u8] {
        &self.text[self.read - self.start..]
    }

    /// The last id after the last sure border.
    pub(super) fn last(&self) -> Option<u32> {
        self.tokens.last().map(|token| token.id)
    }

    /// Whether the ids are those of the text, if nothing follows.
    pub fn is_encoded(&self, next: &NextIds, vocab: &Vocab) -> bool {
        self.part().is_empty() && self.open_part(next, vocab, self.ends(next)).is_some()
    }

    /// The borders after the last sure one, if nothing follows.
    fn ends(&self, next: &NextIds) -> [usize; 16] {
        let (mut scan, mut ends, mut count) = (self.scan, [usize::MAX; 16], 0);
        if self.read > 0 {
            scan.read(&next.machine.table, next.machine.n_classes, self.read, |end| {
                ends[count] = end;
                count += 1;
            });
        }
        ends
    }

    /// Where the part begins after some borders, which ascend; None if the ids do not have these.
    pub(super) fn open_part(
        &self,
        next: &NextIds,
        vocab: &Vocab,
        borders: impl IntoIterator<Item = usize>,
    ) -> Option<usize> {
        let (mut at, mut first) = (self.start, 0);
        for border in borders.into_iter().filter(|&border| border != usize::MAX && border > self.start) {
            let number = first + self.tokens[first..].binary_search_by_key(&border, |token| token.end).ok()?;
            let piece = &self.text[at - self.start..border - self.start];
            let whole = if piece.len() <= next.longest_whole { vocab.token_id(piece) } else { None };
            let holds = match whole {
                Some(whole) => first == number && self.tokens[number].id == whole,
                None => self.is_merged(next, first, number),
            };
            if !holds {
                return None;
            }
            (at, first) = (border, number + 1);
        }
        let holds = first == self.tokens.len() || self.is_merged(next, first, self.tokens.len() - 1);
        holds.then_some(at)
    }

    /// Whether merging gives these ids.
    fn is_merged(&self, next: &NextIds, first: usize, last: usize) -> bool {
        let [first, last] = [first, last].map(|number| self.tokens[number]);
        first.breaks == last.breaks && has(&next.made, first.id)
    }

    /// The ids after the last sure border.
    pub(super) fn ids(&self) -> Result<Vec<u32>> {
        collect(self.tokens.iter().map(|token| token.id))
    }
}
