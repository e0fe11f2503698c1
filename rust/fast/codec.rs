//! A codec with the fast encoder and decoder. Must equal `Codec` of `rust/reference/codec.rs`, which it holds.
//!
//! Where the fast paths are switched off, everything here is left to the mirror, so that callers need not ask.

mod cuts;
pub mod encoding;
mod refusing;

use self::encoding::{Count, Encoding, Output};
use super::decode::Decoder;
use crate::error::{Error, Result};
use crate::fast::encode::cut::between::Between;
use crate::fast::encode::cut::ends::Ends;
use crate::fast::encode::cut::split_by::{Spaces, SplitBy};
use crate::fast::encode::encoder::{Encoder, MakeLong};
use crate::fast::encode::id_buffer::room_for;
use crate::fast::encode::two_levels::two_levels;
use crate::fast::next::NextIds;
use crate::fast::normal::normalizer::FastNormalizer;
use crate::fast::passes::first_pass;
use crate::fast::preprocess::{self, Segment};
use crate::fast::scan::Tier;
use crate::fast::spans::SizeTable;
use crate::fast::util::fallible::{self, collect, push};
use crate::fast::vocab::FastVocab;
use crate::reference::more::dropout::Dropout;
use crate::reference::published::codecs::{Codec, with_offset};
use crate::reference::published::metaspace::spaced;
use crate::reference::published::normalize::Normalizer;
use crate::reference::published::preprocess::{Before, Preprocessor, TokenFinder};
use crate::reference::published::vocabs::Alphabet;
use crate::reference::special::Finder;
use crate::support::features::{HAS_DROPOUT, HAS_FILES};
use crate::support::once::Once;
use std::sync::{Arc, Mutex};

/// In texts of fewer bytes tokens are looked for before they are cut into segments.
const SHORT: usize = if cfg!(any(test, fuzzing)) { 8 } else { 2048 };
/// In texts of fewer bytes looking for tokens first costs less than being ready for some in each block.
const SEARCHED: usize = if cfg!(any(test, fuzzing)) { 6 } else { 512 };

/// A codec of the mirror, and the tables that give the same results sooner.
#[derive(Debug)]
pub struct FastCodec {
    core: Arc<Codec>,
    /// The scanner of the first of several patterns that cut in turn, if none runs them all; the encoder has the others.
    first_scanner: Option<Tier>,
    pub(super) encoder: Encoder,
    /// None where text is not normalized.
    normalizer: Option<FastNormalizer>,
    /// Whether a scanner cuts text as it stands, but for the tokens that are found in it.
    is_plain: bool,
    /// Made when they are first needed: the decoder, the sizes of tokens, and the table of a pattern that masks scan.
    pub(super) decoder: Once<Decoder>,
    pub sizes: SizeTable,
    table: Once<Option<Tier>>,
    /// The tables that say which ids may come next, made when they are first needed.
    pub(super) next: Mutex<Option<Arc<NextIds>>>,
}

impl FastCodec {
    /// Makes the tables of the encoder: some milliseconds for a large vocabulary.
    pub fn new(core: Codec) -> Result<FastCodec> {
        FastCodec::of(Arc::new(core))
    }

    pub fn of(core: Arc<Codec>) -> Result<FastCodec> {
        let encoder = Encoder::new(core.vocab.clone())?;
        FastCodec::with_encoder(core, encoder)
    }

    /// With the tables of its vocabulary, which are made if they have not been.
    pub fn with_tables(core: impl Into<Arc<Codec>>, vocab: &FastVocab) -> Result<FastCodec> {
        FastCodec::with_encoder(core.into(), Encoder::of(Arc::clone(vocab.tables()?)))
    }

    fn with_encoder(core: Arc<Codec>, encoder: Encoder) -> Result<FastCodec> {
        let found = core.preprocessor.special.ids.iter().map(|&(_, id)| id);
        let two_levels: MakeLong = if HAS_FILES { two_levels } else { |_| Ok(None) };
        let encoder = encoder.with_long_pieces(two_levels).with_found(found);
        // Words are cut by the pattern before they reach the encoder.
        let passes = if core.words.is_none() { first_pass(&core.pattern) } else { None };
        let (first_scanner, encoder) = match passes {
            Some((first, rest)) => (Some(first), encoder.then(rest)),
            None => (None, encoder),
        };
        let steps = core.preprocessor.normalizer.steps();
        let normalizer = match steps {
            [] => None,
            steps => Some(FastNormalizer::new(Normalizer::new(collect(steps.iter().cloned())?)?)?),
        };
        let is_plain = steps.is_empty() && core.preprocessor.metaspace.is_none() && core.words.is_none();
        let sizes = SizeTable::new(core.vocab.tokens.n_ids());
        let (decoder, table, next) = (Once::new(), Once::new(), Mutex::default());
        Ok(FastCodec { core, first_scanner, encoder, normalizer, is_plain, decoder, sizes, table, next })
    }

    /// The tables that say which ids may come next, made if they have not been; None where that is not known.
    pub fn next_tables(&self) -> Result<Option<Arc<NextIds>>> {
        if let Ok(next) = self.next.lock()
            && let Some(next) = &*next
        {
            return Ok(Some(Arc::clone(next)));
        }
        let made = NextIds::new(&self.core)?.map(Arc::new);
        if let Ok(mut next) = self.next.lock() {
            next.clone_from(&made);
        }
        Ok(made)
    }

    /// What cuts a text into the pieces of the encoder, if a scanner does.
    fn scanner(&self) -> Option<&Tier> {
        self.core.pattern.scanner().map(|tier| &**tier).or(self.first_scanner.as_ref())
    }

    /// The codec of the mirror: for all that is not here.
    pub fn core(&self) -> &Arc<Codec> {
        &self.core
    }

    /// Whether a short text takes microseconds only: no regular expression runs.
    pub fn is_quick(&self) -> bool {
        let runs_no_regex = self.core.pattern.scanner().is_some() || self.has_no_pattern();
        runs_no_regex && self.core.words.is_none() && self.normalizer.as_ref().is_none_or(FastNormalizer::is_quick)
    }

    /// Whether the vocabulary starts from characters, and the text is not cut by a pattern. Where a text that is a token would be
    /// taken whole, no part of it can be.
    fn has_no_pattern(&self) -> bool {
        let vocab = &self.core.vocab;
        let characters = vocab.alphabet.fallback.is_some() && !vocab.whole_pieces;
        characters && self.core.pattern.source() == "none" && self.core.words.is_none()
    }

    /// The ids of a text, found by at most `threads` threads. The tokens of the search are found in it; all else is text.
    /// `continues`: the text goes on from what stood before it (SPEC S4).
    pub fn encode(&self, threads: usize, text: &[u8], search: &TokenFinder, continues: bool) -> Result<Vec<u32>> {
        let mut ids = room_for(if threads > 1 { 0 } else { text.len() });
        self.append(threads, text, &Encoding::plain(search, continues), &mut ids)?;
        Ok(ids)
    }

    /// The number of ids of a text; they are not built.
    pub fn count(&self, text: &[u8], search: &TokenFinder, continues: bool) -> Result<usize> {
        let mut count = Count(0);
        self.append(1, text, &Encoding::plain(search, continues), &mut count)?;
        Ok(count.0)
    }

    /// Passes the ids of a text, found by at most `threads` threads, to `out`.
    #[inline]
    pub fn append<O: Output>(&self, threads: usize, text: &[u8], how: &Encoding<'_>, out: &mut O) -> Result<()> {
        let Some(tier) = self.as_it_stands(text, how)? else {
            return self.append_any(threads, text, how, out);
        };
        self.encoder.each_block_scanned(text, tier, |block| out.take(block)).map_err(|error| with_offset(error, text))
    }

    /// What cuts a short text to which nothing is done before, and in which no token is found.
    #[inline]
    fn as_it_stands(&self, text: &[u8], how: &Encoding<'_>) -> Result<Option<&Tier>> {
        let Some(tier) = self.scanner() else { return Ok(None) };
        let TokenFinder { early, late } = how.search;
        let short = if how.search.is_empty() { SHORT } else { SEARCHED };
        if cfg!(target_family = "wasm") || !self.is_plain || text.len() >= short || !how.is_plain() {
            return Ok(None);
        }
        let none = |finder: &Finder| Ok::<_, Error>(finder.is_empty() || finder.first(text, 0, text.len())?.is_none());
        Ok((none(early)? && none(late)?).then_some(tier))
    }

    /// The same for any text.
    fn append_any<O: Output>(&self, threads: usize, text: &[u8], how: &Encoding<'_>, out: &mut O) -> Result<()> {
        let &Encoding { search, continues, dropout, refused, before, after } = how;
        if let Some(refused) = refused {
            self.check(text, refused, search, continues, dropout)?;
        }
        if !before.is_empty() {
            out.take_ids(before.into())?;
        }
        let done = match dropout {
            Some(dropout) if HAS_DROPOUT => {
                let mut ids = Vec::new();
                let done = self.append_with_dropout(text, search, dropout, continues, &mut ids);
                done.and_then(|()| out.take_ids(ids.into()))
            }
            _ => {
                let before = if continues { Before::Text } else { Before::Nothing };
                let encode = |text: &[u8], by: SplitBy, out: &mut O| {
                    if threads > 1
                        && let Some(ids) = self.encoder.encode_on(threads, text, by)?
                    {
                        return out.take_ids(ids.into());
                    }
                    self.encoder.each_block(text, by, |block| out.take(block))
                };
                let between = self.between(search);
                let done = if between.is_none() && !self.is_one_segment(search, text)? {
                    self.append_segments(text, search, before, out, encode)
                } else {
                    // What is in parts is normalized part by part.
                    let whole =
                        self.normalizer.as_ref().filter(|_| between.is_none_or(|between| between.forms.is_none()));
                    let made = whole.map_or(Ok(None), |normalizer| normalizer.apply(text))?;
                    let text = made.as_deref().unwrap_or(text);
                    match &between {
                        Some(between) => encode(text, SplitBy::Between(between), out),
                        None => encode(text, self.split(|| self.spaces(text, before))?, out),
                    }
                };
                done.map_err(|error| with_offset(error, text))
            }
        };
        if after.is_empty() { done } else { done.and_then(|()| out.take_ids(after.into())) }
    }

    /// As [`append`](Self::append), with merges that are passed over at random.
    pub fn append_with_dropout(
        &self,
        text: &[u8],
        search: &TokenFinder,
        dropout: &Dropout,
        continues: bool,
        ids: &mut Vec<u32>,
    ) -> Result<()> {
        let mut drawing = self.encoder.drawing(dropout.draws(text))?;
        let mut encode = |piece: &[u8], place, ids: &mut Vec<u32>| drawing.append(piece, place, ids);
        self.core.placed_ids(text, search, continues, Some(&mut encode), &mut |id, _| push(ids, id))
    }

    /// Whether the encoder takes all of a text as one segment. A longer text is searched once, later.
    #[inline]
    fn is_one_segment(&self, search: &TokenFinder, text: &[u8]) -> Result<bool> {
        let Codec { preprocessor, words, .. } = &*self.core;
        let puts_no_space = preprocessor.metaspace.is_none() || self.has_no_pattern();
        if words.is_some() || !puts_no_space {
            return Ok(false);
        }
        let is_short = text.len() < SHORT && search.late.is_empty();
        Ok(search.is_empty() || is_short && search.early.first(text, 0, text.len())?.is_none())
    }

    /// What cuts a whole text in which tokens are found, if these are found as they stand in it, and nothing but a scanner is between
    /// the text and its pieces.
    #[inline]
    fn between<'s>(&'s self, search: &'s TokenFinder) -> Option<Between<'s>> {
        if search.is_empty() || cfg!(target_family = "wasm") {
            return None;
        }
        let Preprocessor { flags, metaspace, .. } = &self.core.preprocessor;
        // Early tokens are found before the text is normalized.
        let forms = self.normalizer.as_ref().filter(|_| !search.early.is_empty());
        let has_flags = |(_, id): &(String, Option<u32>)| id.is_some_and(|id| flags.contains_key(&id));
        let mut tokens = search.early.tokens().iter().chain(search.late.tokens());
        if metaspace.is_some() || self.core.words.is_some() || !flags.is_empty() && tokens.any(has_flags) {
            return None;
        }
        // The name of a token is looked up before its id takes the place of what is found, so it must have ids.
        let Alphabet { drops_bytes, symbols, .. } = &self.core.vocab.alphabet;
        Between::new(self.scanner().filter(|_| !drops_bytes && symbols.is_none())?, search, forms)
    }

    /// Passes the ids of each segment, which `encode` finds, and each token between them to `out`.
    fn append_segments<O: Output>(
        &self,
        text: &[u8],
        search: &TokenFinder,
        before: Before,
        out: &mut O,
        encode: impl Fn(&[u8], SplitBy, &mut O) -> Result<()>,
    ) -> Result<()> {
        let (preprocessor, normalizer) = (&self.core.preprocessor, self.normalizer.as_ref());
        preprocess::each_segment(preprocessor, normalizer, text, search, before, |segment| match segment {
            Segment::Token(id) => out.take_ids([id].as_slice().into()),
            Segment::Unspaced(text, before) if self.has_no_pattern() => {
                encode(text, self.split(|| self.spaces(text, before))?, out)
            }
            Segment::Unspaced(text, before) => {
                let text = preprocess::with_space(preprocessor, text, before)?;
                self.ready(&text, |source, by| encode(source, by, out))
            }
            Segment::Ready(text) => self.ready(text, |source, by| encode(source, by, out)),
        })
    }

    /// Calls `encode` with a segment that is ready to be cut, and what cuts it.
    fn ready(&self, text: &[u8], encode: impl FnOnce(&[u8], SplitBy) -> Result<()>) -> Result<()> {
        let Some(words) = &self.core.words else {
            return encode(text, self.split(|| Ok(Spaces::default()))?);
        };
        let (mut pieces, mut ends) = (Vec::new(), Vec::new());
        words.pieces(&self.core.pattern, text, &mut |piece| {
            fallible::append(&mut pieces, piece)?;
            push(&mut ends, pieces.len())
        })?;
        if ends.is_empty() { Ok(()) } else { encode(&pieces, SplitBy::Ends(Ends::new(&ends)?)) }
    }

    /// How a segment is cut, and what becomes of its spaces where no pattern cuts it.
    #[inline]
    fn split(&self, spaces: impl FnOnce() -> Result<Spaces>) -> Result<SplitBy<'_>> {
        if self.has_no_pattern() {
            return Ok(SplitBy::Characters(spaces()?));
        }
        Ok(self.scanner().map_or(SplitBy::Pattern(&self.core.pattern), SplitBy::Scan))
    }

    /// What is to become of the spaces of a segment that begins so.
    fn spaces(&self, segment: &[u8], before: Before) -> Result<Spaces> {
        let Some(metaspace) = self.core.preprocessor.metaspace else { return Ok(Spaces::default()) };
        let (first, markers) = (&segment[..segment.len().min(4)], metaspace.has_markers());
        let first = if markers { spaced(first)? } else { first.into() };
        let prefix = before != Before::Text && metaspace.puts_space(&first, before == Before::Nothing);
        Ok(Spaces { markers, prefix })
    }

    /// Appends the ids of a segment as the preprocessor has made it.
    pub fn append_prepared(&self, segment: &[u8], ids: &mut Vec<u32>) -> Result<()> {
        self.ready(segment, |text, by| self.encoder.encode(text, by, ids))
    }

    /// The fast decoder; None where tokens are not joined as they stand, but by the mirror.
    pub fn decoder(&self) -> Result<Option<&Decoder>> {
        if self.core.joining().is_some() {
            return Ok(None);
        }
        if let Some(decoder) = self.decoder.get() {
            return Ok(Some(decoder));
        }
        let special = self.core.names.iter().map(|(&id, name)| (id, name.as_slice()));
        let decoder = Decoder::new(&self.core.vocab, special)?;
        Ok(Some(self.decoder.get_or_make(|| decoder)))
    }
}

#[cfg(test)]
mod tests;
