//! The ids that may come next, from the outcomes of the tail.

use super::tables::{Bits, NextIds, each_border, has, merged, set, split_off_part};
use crate::error::{Error, Result};
use crate::fast::util::fallible::{collect, concat, filled, push};
use crate::reference::encode::encode_piece;
use crate::reference::more::viable::continuations;
use crate::reference::published::codecs::Codec;
use crate::reference::published::vocabs::Vocab;
use crate::support::interrupt;
use std::sync::Arc;

/// How many characters of a tail are looked at.
const LONGEST_TAIL: usize = 200;

impl NextIds {
    /// The ids that may come behind a segment of text, given its own; none where these are not viable. None where that is not known.
    pub fn next(&self, codec: &Codec, data: &[u8], ids: &[u32]) -> Result<Option<Bits>> {
        let vocab = &codec.vocab;
        let mut found = filled(0, self.made.len())?;
        let Some((text, part)) = split_off_part(data) else { return Ok(Some(found)) };
        let start = self.last_border(codec, text, part)?;
        // Where the tokens of the tail end, from its beginning.
        let (mut first, mut size) = (ids.len(), 0);
        while size < data.len() - start && first > 0 {
            first -= 1;
            size += length(vocab, ids[first]);
        }
        if size != data.len() - start {
            return Ok(Some(found));
        }
        let (tail, ids) = (&data[start..], &ids[first..]);
        let ends = collect(ids.iter().scan(0, |end, &id| {
            *end += length(vocab, id);
            Some(*end)
        }))?;
        if !part.is_empty() && vocab.alphabet.fallback.is_some() {
            self.by_definition(codec, tail, ids, &self.inner, &mut found)?;
            return Ok(Some(found));
        }
        let Some((short, places)) = self.shortened(&text[start..])? else { return Ok(None) };
        let outcomes = self.outcomes(codec, &short, part)?;
        let mut row: Option<Arc<Bits>> = None;
        for (borders, bits) in &outcomes.0 {
            let mut cuts = room_for_cuts(borders, &places)?;
            if cuts.contains(&usize::MAX) {
                return Ok(None);
            }
            let open = *cuts.last().unwrap_or(&0);
            push(&mut cuts, tail.len())?;
            let (mut at, mut holds) = ((0, 0), true);
            for cut in cuts.into_iter().filter(|&cut| cut > 0) {
                let Ok(number) = ends.binary_search(&cut) else {
                    holds = false;
                    break;
                };
                let (piece, own) = (&tail[at.0..cut], &ids[at.1..=number]);
                let is_open = at.0 == open && cut == tail.len() && open < cut;
                holds &= piece.is_empty()
                    || if is_open { self.merges_to(vocab, piece, own)? } else { is_piece(vocab, piece, own)? };
                at = (cut, number + 1);
            }
            if !holds {
                continue;
            }
            if open < tail.len() {
                let settled: &Arc<Bits> = match &row {
                    Some(row) => row,
                    None => row.insert(self.behind(vocab, ids[ids.len() - 1])?),
                };
                let rows = settled.iter();
                found.iter_mut().zip(bits).zip(rows).for_each(|((found, bits), row)| *found |= bits & row);
                self.leave_out_pieces(codec, (tail, ids), open, &mut found)?;
            } else {
                found.iter_mut().zip(bits).for_each(|(found, bits)| *found |= bits);
            }
        }
        if !self.parts.is_empty() {
            self.by_definition(codec, tail, ids, &self.parts, &mut found)?;
        }
        Ok(Some(found))
    }

    /// Whether merging gives these ids. Without a pattern, nothing else can have been.
    fn merges_to(&self, vocab: &Vocab, piece: &[u8], ids: &[u32]) -> Result<bool> {
        Ok(self.kinds.len() == 1 || merged(vocab, piece)? == ids)
    }

    /// Tokens with which the open part of a tail would be a token as a whole piece: they need something behind them.
    fn leave_out_pieces(
        &self,
        codec: &Codec,
        (tail, ids): (&[u8], &[u32]),
        open: usize,
        found: &mut Bits,
    ) -> Result<()> {
        let mut asked = Vec::new();
        for &whole in &self.whole {
            let token = codec.vocab.token_bytes(whole).unwrap_or_default();
            if let Some(rest) = token.strip_prefix(&tail[open..])
                && let Some(id) = codec.vocab.token_id(rest)
                && has(found, id)
            {
                found[id as usize >> 6] &= !(1 << (id & 63));
                push(&mut asked, id)?;
            }
        }
        self.by_definition(codec, tail, ids, &asked, found)
    }

    /// Adds those of some tokens that may come next by their definition.
    fn by_definition(&self, codec: &Codec, tail: &[u8], ids: &[u32], asked: &[u32], found: &mut Bits) -> Result<()> {
        for &id in asked {
            let data = concat(&[tail, codec.vocab.token_bytes(id).unwrap_or_default()])?;
            let wanted = concat(&[ids, &[id]])?;
            for more in continuations(&self.kinds, &data) {
                interrupt::check()?;
                let mut made = Vec::new();
                codec.encode_segment(&concat(&[&data, &more])?, &mut made)?;
                if made.starts_with(&wanted) {
                    set(found, id);
                    break;
                }
            }
        }
        Ok(())
    }

    /// The last place of a segment of text at which every continuation has a border.
    pub fn last_border_of(&self, codec: &Codec, data: &[u8]) -> Result<usize> {
        split_off_part(data).map_or(Ok(0), |(text, part)| self.last_border(codec, text, part))
    }

    /// The last place of a text at which every continuation has a border.
    fn last_border(&self, codec: &Codec, text: &str, part: &[u8]) -> Result<usize> {
        let mut common: Option<Vec<usize>> = None;
        let mut look = |chars: [&[u8]; 2]| {
            let mut borders = Vec::new();
            each_border(codec, &concat(&[text.as_bytes(), chars[0], chars[1]])?, &mut |at| {
                if at <= text.len() { push(&mut borders, at) } else { Ok(()) }
            })?;
            match &mut common {
                None => common = Some(borders),
                Some(common) => common.retain(|at| borders.binary_search(at).is_ok()),
            }
            Ok::<_, Error>(())
        };
        if part.is_empty() {
            self.kinds.iter().try_for_each(|kind| look([kind, b""]))?;
        } else {
            for (char, _) in self.completing(codec, part)?.iter() {
                let char = char.to_string();
                look([char.as_bytes(), b""])?;
                self.kinds.iter().try_for_each(|kind| look([char.as_bytes(), kind]))?;
            }
        }
        Ok(common.and_then(|common| common.last().copied()).unwrap_or(0))
    }

    /// A tail in which runs of characters of a kind are not long, and for each character where it stands, or [`usize::MAX`] where some
    /// are left out before it. None if there are too many.
    fn shortened(&self, tail: &str) -> Result<Option<(String, Vec<usize>)>> {
        let most = if self.kinds.len() == 1 { 1 } else { 8.max(self.classes.most_counted + 1) };
        let (mut short, mut places, mut run, mut left_out) = (String::new(), Vec::new(), (usize::MAX, 0), false);
        let chars: Vec<(usize, char)> = collect(tail.char_indices())?;
        for (number, &(at, char)) in chars.iter().enumerate() {
            let kind = self.classes.kind(char);
            run = if kind == run.0 { (kind, run.1 + 1) } else { (kind, 1) };
            let left =
                chars[number..].iter().take(most + 1).take_while(|(_, char)| self.classes.kind(*char) == kind).count();
            if run.1 > most && left > most {
                if !left_out {
                    push(&mut places, usize::MAX)?;
                }
                left_out = true;
                continue;
            }
            if !left_out {
                push(&mut places, at)?;
            }
            left_out = false;
            short.try_reserve(char.len_utf8())?;
            short.push(char);
        }
        push(&mut places, tail.len())?;
        Ok((short.chars().count() <= LONGEST_TAIL).then_some((short, places)))
    }
}

fn room_for_cuts(borders: &[usize], places: &[usize]) -> Result<Vec<usize>> {
    collect(borders.iter().map(|&border| places[border]))
}

fn length(vocab: &Vocab, id: u32) -> usize {
    vocab.token_bytes(id).map_or(0, <[u8]>::len)
}

/// Whether a piece has these ids.
fn is_piece(vocab: &Vocab, piece: &[u8], ids: &[u32]) -> Result<bool> {
    let mut made = Vec::new();
    encode_piece(vocab, piece, &mut made)?;
    Ok(made == ids)
}
