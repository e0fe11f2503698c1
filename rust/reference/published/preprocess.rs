//! Text -> segments: everything that is done to a text before a pattern cuts it.
//!
//! The steps, in their order:
//!
//! 1. *Early* tokens, special and added, are found in the text as it stands (`special`), with the white space that they take
//!    (`flags`). What lies between them are the segments.
//! 2. Each segment is normalized by itself (`normalize`).
//! 3. A space is put before it, and its markers become spaces (`metaspace`), if that is what the normalizer does.
//! 4. *Late* tokens are found in the segment, as their names look after steps 2 and 3.
//! 5. Otherwise, step 3 is done to each part between late tokens.
//!
//! By hand, with the normal form NFC, the early token `<s>` and the late token `é`: `e◌́<s>xe◌́` is the id of `é`; the id of
//! `<s>`; the segment `x`; the id of `é`.
//!
//! A [`Segment`] also says where in the text it stands, and where each of its bytes comes from. So offsets refer to the text as it
//! was given, chunks are cut from it, and a conversation knows who wrote which token.
//!
//! Invariants: segments are in order. The ranges of the text that they come from do not overlap, and leave no gap, except where
//! nothing is left of what lies between two early tokens.
//!
//! Costs: O(n) for n bytes, and what the steps cost.
//!
//! Implements SPEC E3, E8, E10 and S4.

use crate::error::Result;
use crate::reference::published::flags::{Flags, Slice, as_flagged};
use crate::reference::published::found_tokens::{Finder, SpecialTokens, Stretch};
use crate::reference::published::metaspace::{MARKER, Metaspace, spaced};
use crate::reference::published::normalize::Normalizer;
use crate::support::interrupt;
use foldhash::{HashMap, HashSet, HashSetExt};
use std::borrow::Cow;

/// What stands before a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Before {
    Nothing,
    Text,
    Token,
}

/// Tokens to find: the early ones by their names, the late ones by their texts in prepared segments.
#[derive(Debug, Clone, Default)]
pub struct TokenFinder {
    pub early: Finder,
    pub late: Finder,
}

impl TokenFinder {
    pub fn is_empty(&self) -> bool {
        self.early.is_empty() && self.late.is_empty()
    }
}

/// Where tokens are found in a conversation (E8): in these stretches of it, and `everywhere` some of them.
#[derive(Debug, Clone, Copy)]
pub struct Trust<'t> {
    pub stretches: &'t [Stretch],
    pub everywhere: &'t TokenFinder,
}

/// A range of a text after some steps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prepared<'t> {
    /// What has become of it.
    pub data: Cow<'t, [u8]>,
    /// Where it begins and ends in the text.
    pub start: usize,
    pub end: usize,
    /// How many bytes were put before it: 1 for a space, or 0.
    pub put: usize,
    /// The range of the text that each byte comes from; None if the bytes are those of the text.
    pub origins: Option<Vec<Stretch>>,
}

fn copied<T: Copy>(items: &[T]) -> Result<Vec<T>> {
    let mut copy = Vec::new();
    interrupt::append(&mut copy, items.iter().copied())?;
    Ok(copy)
}

impl<'t> Prepared<'t> {
    /// Returns the range of the text that a byte comes from.
    pub fn origin(&self, index: usize) -> Stretch {
        match &self.origins {
            Some(origins) => origins[index],
            None if index < self.put => (self.start, self.start),
            None => (self.start + index - self.put, self.start + index - self.put + 1),
        }
    }

    /// Returns some of the bytes. The ranges of neighbours meet.
    pub fn part(&self, start: usize, end: usize) -> Result<Prepared<'t>> {
        let first = if start > 0 { self.origin(start).0 } else { self.start };
        let last = if end < self.data.len() { self.origin(end).0 } else { self.end };
        let data = match &self.data {
            Cow::Borrowed(data) => Cow::Borrowed(&data[start..end]),
            Cow::Owned(data) => Cow::Owned(copied(&data[start..end])?),
        };
        let origins = self.origins.as_ref().map(|origins| copied(&origins[start..end])).transpose()?;
        Ok(Prepared { data, start: first, end: first.max(last), put: self.put.saturating_sub(start), origins })
    }

    /// Returns the text with its markers as spaces.
    fn spaced(self) -> Result<Prepared<'t>> {
        let mut origins = Vec::new();
        let mut places = memchr::memmem::find_iter(&self.data, MARKER).peekable();
        if places.peek().is_none() {
            return Ok(self);
        }
        origins.try_reserve_exact(self.data.len())?;
        let mut done = 0;
        for at in places {
            origins.extend((done..at).map(|index| self.origin(index)));
            done = at + MARKER.len();
            origins.push((self.origin(at).0, self.origin(done - 1).1));
        }
        origins.extend((done..self.data.len()).map(|index| self.origin(index)));
        let data = spaced(&self.data)?.into_owned().into();
        Ok(Prepared { data, origins: Some(origins), ..self })
    }

    /// Returns the text with a space before it.
    fn with_space(self) -> Result<Prepared<'t>> {
        let mut data = Vec::new();
        data.try_reserve_exact(self.data.len() + 1)?;
        data.push(b' ');
        data.extend_from_slice(&self.data);
        let mut origins = self.origins;
        if let Some(origins) = &mut origins {
            origins.try_reserve(1)?;
            origins.insert(0, (self.start, self.start));
        }
        Ok(Prepared { data: data.into(), put: 1, origins, ..self })
    }
}

/// A part of a text: what is to be cut into pieces, or a token that was found, with the white space that it takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Segment<'t> {
    pub text: Prepared<'t>,
    pub id: Option<u32>,
}

/// The tokens that are found in text, the normalizer and the rule of the space.
#[derive(Debug)]
pub struct Preprocessor {
    pub special: SpecialTokens,
    pub normalizer: Normalizer,
    pub metaspace: Option<Metaspace>,
    pub flags: HashMap<u32, Flags>,
}

impl Preprocessor {
    pub fn new(special: SpecialTokens, normalizer: Normalizer, metaspace: Option<Metaspace>) -> Preprocessor {
        let ids: HashMap<&str, u32> = special.ids.iter().map(|(name, id)| (name.as_str(), *id)).collect();
        let flags = special.flags.iter().filter_map(|(name, own)| {
            let rest = Flags { hides: false, ..*own };
            Some((*ids.get(name.as_str())?, rest)).filter(|_| rest != Flags::default())
        });
        let flags = flags.collect();
        Preprocessor { special, normalizer, metaspace, flags }
    }

    /// Returns what finds the tokens of these names (`SpecialTokens::wanted`). Of two late ones with one text, the first.
    /// `hidden`: the names in whose text no token is found (`SpecialTokens::left_alone`).
    pub fn finder(&self, wanted: &[&str], hidden: &[&str]) -> Result<TokenFinder> {
        let wanted: HashSet<&str> = wanted.iter().copied().collect();
        let (mut early, mut late, mut texts) = (Vec::new(), Vec::new(), HashSet::new());
        for (name, id) in self.special.ids.iter().filter(|(name, _)| wanted.contains(name.as_str())) {
            if !self.special.late.contains(name) {
                early.push((name.clone(), *id));
                continue;
            }
            let text = self.late_text(name)?;
            if !text.is_empty() && texts.insert(text.clone()) {
                late.push((text, *id));
            }
        }
        let (mut hidden_early, mut hidden_late) = (Vec::new(), Vec::new());
        for &name in hidden {
            if !self.special.late.contains(name) {
                hidden_early.push(name.to_owned());
                continue;
            }
            let text = self.late_text(name)?;
            if !text.is_empty() {
                hidden_late.push(text);
            }
        }
        // Where no token is found, there is none to hide.
        let of = |found: Vec<(String, u32)>, hidden: Vec<String>| {
            if found.is_empty() { Finder::default() } else { Finder::left_as_text(found, hidden) }
        };
        Ok(TokenFinder { early: of(early, hidden_early), late: of(late, hidden_late) })
    }

    /// Passes on the segments of a text and the tokens between them.
    ///
    /// `before`: what stands before the text: a text that continues another gets no space before it. `trust`: where in the text
    /// the tokens are to be found; None: everywhere.
    pub fn segments<'t>(
        &self,
        text: &'t [u8],
        finder: &TokenFinder,
        mut before: Before,
        trust: Option<Trust>,
        emit: &mut dyn FnMut(Segment<'t>) -> Result<()>,
    ) -> Result<()> {
        let whole = Prepared { data: text.into(), start: 0, end: text.len(), put: 0, origins: None };
        let everywhere = trust.map(|trust| &trust.everywhere.early);
        for segment in self.found(&whole, &finder.early, trust, everywhere, false)? {
            if segment.id.is_some() {
                emit(segment)?;
            } else {
                self.prepared(segment.text, &finder.late, before, trust, emit)?;
            }
            before = Before::Token;
        }
        Ok(())
    }

    /// Passes on a segment as it is cut into pieces, and the late tokens in it.
    fn prepared<'t>(
        &self,
        text: Prepared<'t>,
        late: &Finder,
        mut before: Before,
        trust: Option<Trust>,
        emit: &mut dyn FnMut(Segment<'t>) -> Result<()>,
    ) -> Result<()> {
        let mut text = self.normalized(text)?;
        let everywhere = trust.map(|trust| &trust.everywhere.late);
        let comes_first = self.metaspace.is_some_and(Metaspace::comes_first);
        if comes_first {
            text = self.with_space(text, before)?;
        }
        for Segment { text, id } in self.found(&text, late, trust, everywhere, comes_first)? {
            let is_text = id.is_none() && !comes_first;
            emit(Segment { text: if is_text { self.with_space(text, before)? } else { text }, id })?;
            before = Before::Token;
        }
        Ok(())
    }

    /// Returns tokens that are found in a text, and what lies between them. `marked`: its spaces are markers.
    fn found<'t>(
        &self,
        text: &Prepared<'t>,
        special: &Finder,
        trust: Option<Trust>,
        everywhere: Option<&Finder>,
        marked: bool,
    ) -> Result<Vec<Segment<'t>>> {
        let mut parts: Vec<Slice> = Vec::new();
        let mut collect = |start, end, id| {
            parts.try_reserve(1)?;
            parts.push((start, end, id));
            Ok(())
        };
        if let (Some(trust), Some(everywhere)) = (trust, everywhere) {
            let stretches = self.trusted_ranges(text, trust.stretches, marked)?;
            special.split_trusted(&text.data, &stretches, everywhere, &mut collect)?;
        } else {
            special.split(&text.data, &mut collect)?;
        }
        if !self.flags.is_empty() {
            parts = as_flagged(&text.data, &parts, &self.flags, marked)?;
        }
        let mut found = Vec::new();
        found.try_reserve_exact(parts.len())?;
        for (start, end, id) in parts {
            interrupt::check()?;
            found.push(Segment { text: text.part(start, end)?, id });
        }
        Ok(found)
    }

    /// Returns a text as it was given, normalized.
    fn normalized<'t>(&self, text: Prepared<'t>) -> Result<Prepared<'t>> {
        if *self.normalizer.apply(&text.data)? == *text.data {
            return Ok(text);
        }
        let made = self.normalizer.aligned(&text.data)?;
        let mut origins = made.spans;
        for stretch in origins.chunks_mut(interrupt::STRETCH) {
            interrupt::check()?;
            for (first, last) in stretch {
                (*first, *last) = (text.start + *first, text.start + *last);
            }
        }
        Ok(Prepared { data: made.text.into(), origins: Some(origins), ..text })
    }

    /// Returns a text with its markers as spaces, and the space before it.
    fn with_space<'t>(&self, text: Prepared<'t>, before: Before) -> Result<Prepared<'t>> {
        let Some(metaspace) = self.metaspace else { return Ok(text) };
        let text = if metaspace.has_markers() { text.spaced()? } else { text };
        let puts = before != Before::Text && metaspace.puts_space(&text.data, before == Before::Nothing);
        if puts { text.with_space() } else { Ok(text) }
    }

    /// Returns the ranges of bytes of a text that come from these stretches of the text as it was given.
    ///
    /// `marked`: the space at the start of late tokens, which Hugging Face's `Prepend` puts there, counts as a part of the trusted
    /// text after it, whoever wrote it.
    fn trusted_ranges(&self, text: &Prepared, stretches: &[Stretch], marked: bool) -> Result<Vec<Stretch>> {
        let mut found: Vec<Stretch> = Vec::new();
        if text.origins.is_none() {
            // The space that was put before it is trusted if a stretch begins before the text and goes on in it.
            let first = stretches.partition_point(|&(_, end)| end <= text.start);
            for &(start, end) in stretches[first..].iter().take_while(|&&(start, _)| start < text.end) {
                interrupt::check()?;
                let place = |at: usize| at - text.start + text.put;
                let range = (if start < text.start { 0 } else { place(start) }, place(end).min(text.data.len()));
                if range.0 < range.1 {
                    found.try_reserve(1)?;
                    found.push(range);
                }
            }
        }
        let mut number = None; // of the stretch that the last range comes from
        for index in 0..text.origins.as_ref().map_or(0, Vec::len) {
            if index % interrupt::STRETCH == 0 {
                interrupt::check()?;
            }
            let (first, last) = text.origin(index);
            let at = stretches.partition_point(|&(_, end)| end <= first);
            let Some(&(start, end)) = stretches.get(at) else { continue };
            // What was put somewhere is trusted between two trusted bytes.
            if first < start || last > end || (first == last && first == start) {
                continue;
            }
            match found.last_mut() {
                Some(open) if number == Some(at) && open.1 == index => open.1 = index + 1,
                _ => {
                    found.try_reserve(1)?;
                    found.push((index, index + 1));
                }
            }
            number = Some(at);
        }
        if marked && self.metaspace.is_some_and(Metaspace::is_prepended) {
            let mut before = 0;
            for (start, end) in &mut found {
                if *start > before {
                    *start -= 1;
                }
                before = *end;
            }
        }
        Ok(found)
    }

    /// Returns a late token's name as it stands in prepared text; Hugging Face's `Prepend` comes before it, too.
    pub fn late_text(&self, name: &str) -> Result<String> {
        let mut text = self.normalizer.apply(name.as_bytes())?.into_owned();
        if let Some(metaspace) = self.metaspace.filter(|metaspace| metaspace.comes_first()) {
            text = spaced(&text)?.into_owned();
            if metaspace.is_prepended() {
                text.insert(0, b' ');
            }
        }
        Ok(String::from_utf8_lossy(&text).into_owned())
    }
}
