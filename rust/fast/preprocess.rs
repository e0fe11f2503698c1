//! Text -> segments, without what only explanations need. Must equal [`Preprocessor::segments`].
//!
//! Where nothing changes a text, its segments are parts of it. The space before a segment and its markers are left to the caller
//! where nothing looks for tokens after them: the encoder of characters needs no copy for either.

use crate::error::Result;
use crate::fast::normal::normalizer::FastNormalizer;
use crate::reference::published::flags::{Slice, as_flagged};
use crate::reference::published::found_tokens::Finder;
use crate::reference::published::metaspace::{Metaspace, spaced};
use crate::reference::published::preprocess::{Before, Preprocessor, TokenFinder};
use std::borrow::Cow;

/// A part of a text.
pub enum Segment<'t> {
    Token(u32),
    /// Text as it is to be cut into pieces.
    Ready(&'t [u8]),
    /// Text whose markers are to become spaces, and which may get a space before it.
    Unspaced(&'t [u8], Before),
}

/// Calls `work` with each segment of a text and each token between them. `normalizer`: that of the preprocessor, if it changes
/// anything. `before`: what stands before the text.
pub fn each_segment(
    preprocessor: &Preprocessor,
    normalizer: Option<&FastNormalizer>,
    text: &[u8],
    search: &TokenFinder,
    mut before: Before,
    mut work: impl FnMut(Segment) -> Result<()>,
) -> Result<()> {
    let comes_first = preprocessor.metaspace.is_some_and(Metaspace::comes_first) && !search.late.is_empty();
    each_part(preprocessor, text, &search.early, false, |start, end, id| {
        if let Some(id) = id {
            before = Before::Token;
            return work(Segment::Token(id));
        }
        let part = &text[start..end];
        let made = normalizer.map_or(Ok(None), |normalizer| normalizer.apply(part))?;
        let mut segment = made.map_or(Cow::Borrowed(part), Cow::Owned);
        if comes_first {
            segment = Cow::Owned(with_space(preprocessor, &segment, before)?.into_owned());
        }
        each_part(preprocessor, &segment, &search.late, comes_first, |start, end, id| {
            let done = match id {
                Some(id) => work(Segment::Token(id)),
                None if comes_first => work(Segment::Ready(&segment[start..end])),
                None => work(Segment::Unspaced(&segment[start..end], before)),
            };
            before = Before::Token;
            done
        })?;
        before = Before::Token;
        Ok(())
    })
}

/// Calls `work` with each token that is found in a text, and with what lies between them. `marked`: its spaces are markers.
fn each_part(
    preprocessor: &Preprocessor,
    text: &[u8],
    finder: &Finder,
    marked: bool,
    mut work: impl FnMut(usize, usize, Option<u32>) -> Result<()>,
) -> Result<()> {
    if preprocessor.flags.is_empty() {
        return finder.split(text, work);
    }
    let mut parts: Vec<Slice> = Vec::new();
    finder.split(text, |start, end, id| {
        parts.try_reserve(1)?;
        parts.push((start, end, id));
        Ok(())
    })?;
    as_flagged(text, &parts, &preprocessor.flags, marked)?
        .into_iter()
        .try_for_each(|(start, end, id)| work(start, end, id))
}

/// A text with its markers as spaces, and the space before it.
pub fn with_space<'t>(preprocessor: &Preprocessor, text: &'t [u8], before: Before) -> Result<Cow<'t, [u8]>> {
    match preprocessor.metaspace {
        None => Ok(text.into()),
        Some(metaspace) if before == Before::Text && metaspace.has_markers() => spaced(text),
        Some(_) if before == Before::Text => Ok(text.into()),
        Some(metaspace) => metaspace.prepare(text, before == Before::Nothing),
    }
}
