//! A text in chunks of at most some number of tokens, each of which ends where a reader would end it.
//!
//! The text is encoded once. Its tokens say about how far a chunk may reach; the best border (`borders`) in the last part of that
//! reach is where it ends; and the chunk *encoded on its own* says whether it has few enough tokens. If it has too many, it may
//! reach less far. The number of tokens of a part is not what the whole text says: a run of line feeds is cut differently at
//! the end of a text, a space is put before it, a merge needs what is no longer there.
//!
//! By hand, with a token for each byte, `max_tokens` 12 and `fill` 0.5: `One. Two three` reaches to the `h`; from its seventh
//! character on, the best border is before ` three`. So the chunks are `One. Two` and ` three`, of 8 and 6 tokens.
//!
//! Invariants: a chunk has at most `max_tokens` tokens, since it is returned only after it was counted. Without overlap, the
//! chunks joined are the text. None ends inside a character, nor inside a token that was found. A chunk depends on the text up to
//! where it may reach, and the line after; not on what follows.
//!
//! Costs: the text is encoded once, and each chunk of n tokens once as a rule, log2(n) times where the counts differ, some 40 times
//! more where only a few characters fit. Otherwise O(n) for n bytes, times `max_tokens / (max_tokens - overlap)`.
//!
//! Implements SPEC C1, C4, C5 and C6.

use crate::error::{Error, Result};
use crate::reference::more::borders::{Border, Borders};
use crate::reference::more::graphemes::is_space;
use crate::reference::published::codecs::Codec;
use crate::reference::published::preprocess::{Before, TokenFinder};
use crate::support::interrupt;

/// How long a part is, at most, whose tokens end with it where tokens do not spell the text.
const PART: usize = 16;
/// How many places after the last chunk are tried one by one, between graphemes and between characters.
const GRAPHEMES: usize = 32;
const CHARACTERS: usize = 8;
/// How many places are tried for an overlap to begin at, of each kind.
const STARTS: usize = 2;

/// How a text is cut.
#[derive(Debug, Clone)]
pub struct ChunkOptions {
    /// How many tokens a chunk may have.
    pub max_tokens: usize,
    /// The kinds of borders that it may end at, ascending.
    pub at: Vec<Border>,
    /// How many tokens at the end of a chunk may be repeated at the beginning of the next.
    pub overlap: usize,
    /// How many sentences are repeated instead.
    pub overlap_sentences: usize,
    /// The part of what is new in a chunk after which its end is looked for.
    pub fill: f64,
}

impl ChunkOptions {
    /// An error if chunks would not advance, or a number is out of its range.
    pub fn check(&self) -> Result<()> {
        let &ChunkOptions { max_tokens, overlap, overlap_sentences, fill, .. } = self;
        if max_tokens < 1 {
            return Err(Error::Chunk(format!("max_tokens must be at least 1, not {max_tokens}")));
        }
        if overlap >= max_tokens {
            return Err(Error::Chunk(format!(
                "overlap {overlap} is not less than max_tokens {max_tokens}: chunks would not advance"
            )));
        }
        if overlap > 0 && overlap_sentences > 0 {
            return Err(Error::Chunk("give overlap or overlap_sentences, not both".into()));
        }
        if !(0.0..=1.0).contains(&fill) {
            let fill = format!("{fill:?}").to_lowercase();
            return Err(Error::Chunk(format!("fill must be between 0 and 1, not {fill}")));
        }
        Ok(())
    }
}

/// Where a chunk begins and ends, how many tokens it has, and the kind of border at its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Chunk {
    pub start: usize,
    pub end: usize,
    pub tokens: usize,
    pub kind: Border,
}

/// The tokens of a whole text.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Tokens {
    /// Where each ends, ascending. One that ends inside a character ends with it.
    pub ends: Vec<usize>,
    /// Where those that were found begin and end.
    pub kept: Vec<(usize, usize)>,
}

impl Tokens {
    pub fn new(ends: Vec<usize>, kept: Vec<(usize, usize)>) -> Tokens {
        Tokens { ends, kept }
    }

    /// Returns how many tokens end at a place or before it.
    pub fn before(&self, place: usize) -> usize {
        self.ends.partition_point(|&end| end <= place)
    }

    /// Returns the last end with at most that many tokens before it; that of the text if it has no more.
    pub fn place(&self, number: usize, length: usize) -> usize {
        let Some(&next) = self.ends.get(number) else { return length };
        match number.checked_sub(1).map(|last| self.ends[last]) {
            // Of several that end together none is before another.
            Some(last) if last == next => match self.ends[..number].partition_point(|&end| end < next) {
                0 => 0,
                number => self.ends[number - 1],
            },
            last => last.unwrap_or(0),
        }
    }
}

/// Returns the tokens of a text. Where they do not spell it, those of each word end with the word.
pub fn tokens_of(codec: &Codec, finder: &TokenFinder, text: &str) -> Result<Tokens> {
    let alphabet = &codec.vocab.alphabet;
    let spells = codec.words.is_none() && alphabet.symbols.is_none() && !alphabet.drops_bytes;
    let (mut ends, mut kept, mut last) = (Vec::new(), Vec::new(), 0);
    let mut add = |ends: &mut Vec<usize>, end: usize| -> Result<()> {
        last = (end..=text.len()).find(|&end| text.is_char_boundary(end)).unwrap_or(end).max(last);
        ends.try_reserve(1)?;
        ends.push(last);
        Ok(())
    };
    codec.preprocessor.segments(text.as_bytes(), finder, Before::Nothing, None, &mut |segment| {
        let (part, mut ids, mut length) = (&segment.text, Vec::new(), 0);
        if segment.id.is_some() {
            kept.try_reserve(1)?;
            kept.push((part.start, part.end));
            return add(&mut ends, part.end);
        }
        if spells {
            codec.encode_segment(&part.data, &mut ids)?;
            return ids.iter().try_for_each(|&id| {
                length += codec.token_bytes(id).map_or(0, <[u8]>::len);
                add(&mut ends, part.origin(length - 1).1)
            });
        }
        parts(text, part.start, part.end, &mut |start, end| {
            let ids = codec.encode(&text.as_bytes()[start..end], finder, false)?;
            ids.iter().try_for_each(|_| add(&mut ends, end))
        })
    })?;
    Ok(Tokens::new(ends, kept))
}

/// Passes on the words of a range of a text, each with the white space before it; long ones in parts.
pub fn parts(text: &str, mut start: usize, end: usize, emit: &mut dyn FnMut(usize, usize) -> Result<()>) -> Result<()> {
    let (first, mut length, mut before_is_space) = (start, 0, true);
    for (at, char) in text[first..end].char_indices() {
        let at = first + at;
        if length == PART || (is_space(char) && !before_is_space) {
            emit(start, at)?;
            (start, length) = (at, 0);
        }
        (length, before_is_space) = (length + 1, is_space(char));
    }
    if start < end { emit(start, end) } else { Ok(()) }
}

/// Returns how many tokens a part of a text, from a place up to another, has when it is encoded on its own; given those of the whole text.
pub type Counting<'t> = dyn Fn(&Tokens, usize, usize) -> Result<usize> + 't;

/// Cuts one text.
pub struct Chunker<'t> {
    text: &'t str,
    tokens: Tokens,
    counting: Box<Counting<'t>>,
    options: ChunkOptions,
    borders: Borders<'t>,
    /// Where the next chunk begins, and where the last one ended.
    start: usize,
    end: usize,
}

impl<'t> Chunker<'t> {
    pub fn new(
        text: &'t str,
        mut tokens: Tokens,
        counting: Box<Counting<'t>>,
        options: ChunkOptions,
    ) -> Result<Chunker<'t>> {
        let borders = Borders::new(text, &options.at, std::mem::take(&mut tokens.kept))?;
        Ok(Chunker { text, tokens, counting, options, borders, start: 0, end: 0 })
    }

    /// Returns the next chunk, or None after the last: without what is repeated, if that leaves no room for a good end.
    pub fn advance(&mut self) -> Result<Option<Chunk>> {
        if self.end == self.text.len() {
            return Ok(None);
        }
        let mut chunk = self.following(self.start, self.end)?;
        if self.start < self.end && !chunk.is_some_and(|chunk| self.ends_well(chunk.end)) {
            chunk = self.following(self.end, self.end)?;
        }
        let Some(chunk) = chunk else { return Err(self.refuse(self.end)?) };
        self.end = chunk.end;
        self.start = self.repeated(&chunk)?;
        Ok(Some(chunk))
    }

    /// Returns whether no grapheme is cut at a place.
    pub fn ends_well(&self, place: usize) -> bool {
        place == self.text.len() || self.borders.is_free(place)
    }

    /// Returns the chunk that begins at a place and ends after another, if one has few enough tokens.
    pub fn following(&self, start: usize, least: usize) -> Result<Option<Chunk>> {
        let (tokens, most, length) = (&self.tokens, self.options.max_tokens, self.text.len());
        let first = tokens.before(start);
        let known = if least == start { first } else { tokens.before(least) };
        let new = part_of(self.options.fill, first.saturating_add(most).saturating_sub(known));
        let low = tokens.place(known.saturating_add(new), length).max(least);
        let (mut room, mut less) = (most, 0);
        while room > 0 {
            let limit = tokens.place(first.saturating_add(room), length);
            if limit <= least {
                break;
            }
            let Some((end, kind)) = self.border(least, low, limit)? else { break };
            let counted = self.count(start, end)?;
            if counted <= most {
                return Ok(Some(Chunk { start, end, tokens: counted, kind }));
            }
            // Less in proportion, and each time at least twice as much less as before.
            let reach = room.min(tokens.before(end) - first);
            less = (2 * less).max(reach - (reach as u128 * most as u128 / counted as u128) as usize);
            room = reach.saturating_sub(less);
        }
        self.small(start, least)
    }

    /// Returns where a chunk ends that may reach up to `limit`, and the kind of this border.
    pub fn border(&self, least: usize, low: usize, limit: usize) -> Result<Option<(usize, Border)>> {
        if limit == self.text.len() {
            return Ok(Some((limit, Border::End)));
        }
        let low = low.min(limit);
        if let Some(found) = self.borders.best(low, limit)? {
            return Ok(Some(found));
        }
        if let Some(found) = self.borders.nearest(Border::Word, least, low)? {
            return Ok(Some(found));
        }
        Ok(self.borders.last_character(least, limit)?.map(|place| (place, Border::Character)))
    }

    /// Returns a chunk that goes on for a few characters: to the last end that fits, between graphemes if there is one.
    pub fn small(&self, start: usize, least: usize) -> Result<Option<Chunk>> {
        for (reach, whole) in [(GRAPHEMES, true), (CHARACTERS, false)] {
            for end in self.ends_after(least, reach).into_iter().rev() {
                if !whole || self.ends_well(end) {
                    let tokens = self.count(start, end)?;
                    if tokens <= self.options.max_tokens {
                        let kind = if end == self.text.len() { Border::End } else { Border::Character };
                        return Ok(Some(Chunk { start, end, tokens, kind }));
                    }
                }
            }
        }
        Ok(None)
    }

    /// Returns the places up to `reach` characters after one, none of them in a token that was found; or its end.
    pub fn ends_after(&self, place: usize, reach: usize) -> Vec<usize> {
        let ends = self.text[place..].char_indices().map(|(at, char)| place + at + char.len_utf8()).take(reach);
        let ends: Vec<usize> = ends.filter(|&end| end == self.text.len() || !self.borders.cuts_token(end)).collect();
        if ends.is_empty() {
            let kept = &self.borders.kept;
            return vec![kept[kept.partition_point(|&span| span <= (place, place))].1];
        }
        ends
    }

    /// Returns how many tokens a part has on its own.
    pub fn count(&self, start: usize, end: usize) -> Result<usize> {
        interrupt::check()?;
        (self.counting)(&self.tokens, start, end)
    }

    /// Returns where the chunk after one begins: at its end, or before it, if something is repeated.
    pub fn repeated(&self, chunk: &Chunk) -> Result<usize> {
        let (options, end, length) = (&self.options, chunk.end, self.text.len());
        if options.overlap_sentences > 0 {
            let low = self.tokens.place(self.tokens.before(end).saturating_sub(options.max_tokens / 2), length);
            return self.sentences_before(end, low.max(chunk.start));
        }
        if options.overlap > 0 && end < length {
            let low = self.tokens.place(self.tokens.before(end).saturating_sub(options.overlap), length);
            return self.overlap_start(low.max(after(self.text, chunk.start)), end);
        }
        Ok(end)
    }

    /// Returns where the last sentences before an end begin, after `low`.
    pub fn sentences_before(&self, end: usize, low: usize) -> Result<usize> {
        let mut start = end;
        for _ in 0..self.options.overlap_sentences {
            let before = self.text[..start].char_indices().next_back().map_or(0, |(before, _)| before);
            let Some((found, _)) = self.borders.nearest(Border::Sentence, low, before)? else { break };
            start = found;
        }
        Ok(start)
    }

    /// Returns the first border from `low` on after which few enough tokens are left: of a sentence, or else a word.
    pub fn overlap_start(&self, low: usize, end: usize) -> Result<usize> {
        let last = if self.options.at.is_empty() { Border::Character } else { Border::Word };
        for kind in [Border::Sentence, Border::Wrap, Border::Space, last] {
            let mut start = low;
            for _ in 0..STARTS {
                let Some(found) = self.borders.first(kind, start, end)? else { break };
                if self.count(found, end)? <= self.options.overlap {
                    return Ok(found);
                }
                start = after(self.text, found);
            }
        }
        Ok(end)
    }

    /// Returns the error: what stands at a place has more tokens by itself than a chunk may have.
    pub fn refuse(&self, start: usize) -> Result<Error> {
        let end = self.ends_after(start, 1)[0];
        Ok(Error::Chunk(format!(
            "max_tokens {} is too small for '{}' at byte {start} of the text, which has {} tokens",
            self.options.max_tokens,
            &self.text[start..end],
            self.count(start, end)?
        )))
    }
}

fn after(text: &str, place: usize) -> usize {
    place + text[place..].chars().next().map_or(0, char::len_utf8)
}

#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a part from 0 to 1"
)]
fn part_of(part: f64, number: usize) -> usize {
    (part * number as f64) as usize
}
