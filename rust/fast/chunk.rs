//! Chunks with the fast encoder, for the tokens of the whole text and for the count of each chunk. Must equal `rust/reference/more/chunk.rs`, whose
//! `Chunker` it feeds.
//!
//! What lies between two places at which the ids of both sides do not depend on each other has the tokens that it has within the whole.
//! The rest of a chunk, up to the first such place and from the last one on, is counted anew: in code, where lines begin with spaces, some
//! bytes at each end.

use crate::error::Result;
use crate::fast::codec::FastCodec;
use crate::fast::util::fallible::{extend, push};
use crate::reference::more::chunk::{ChunkOptions, Chunker, Tokens, parts};
use crate::reference::published::preprocess::{Before, TokenFinder};
use std::ops::Deref;

/// From this many bytes on, a text is worth the table of places where it may be cut.
const LONG: usize = if cfg!(any(test, fuzzing)) { 8 } else { 1 << 18 };

/// How many places from the ends of a chunk on may be such a place.
const REACH: usize = if cfg!(any(test, fuzzing)) { 4 } else { 256 };

/// What cuts a text.
pub fn chunker<'t>(
    codec: &'t FastCodec,
    search: impl Deref<Target = TokenFinder> + 't,
    text: &'t str,
    options: ChunkOptions,
) -> Result<Chunker<'t>> {
    options.check()?;
    let tokens = tokens_of(codec, &search, text)?;
    // In a short text, more time goes into finding out where it may be cut.
    let knows_cuts = text.len() >= LONG && codec.spells(&search);
    let counting = move |tokens: &Tokens, start, end| {
        let text = text.as_bytes();
        let alone = |start, end| codec.count(&text[start..end], &search, false);
        let cuts = |part: &[u8], at| at == 0 || at == part.len() || codec.is_cut(part, at, &search);
        // In the text, and in the chunk.
        let is_cut = |&at: &usize| cuts(text, at) && cuts(&text[start..end], at - start);
        if knows_cuts
            && let Some(first) = (start..=end).take(REACH).find(is_cut)
            && let Some(last) = (first..=end).rev().take(REACH).find(is_cut)
        {
            let between = tokens.before(last) - tokens.before(first);
            return Ok(alone(start, first)? + between + alone(last, end)?);
        }
        alone(start, end)
    };
    Chunker::new(text, tokens, Box::new(counting), options)
}

/// The tokens of a text.
fn tokens_of(codec: &FastCodec, search: &TokenFinder, text: &str) -> Result<Tokens> {
    let core = codec.core();
    let alphabet = &core.vocab.alphabet;
    let spells = core.words.is_none() && alphabet.symbols.is_none() && !alphabet.drops_bytes;
    let size = codec.sizes.lengths(core)?;
    let (mut tokens, mut ids, ascii) = (Tokens::default(), Vec::new(), text.is_ascii());
    let whole = |mut end: usize| {
        while !ascii && !text.is_char_boundary(end) {
            end += 1;
        }
        end
    };
    let mut last = 0;
    let mut add = |ends: &mut Vec<usize>, end: usize| {
        last = whole(end).max(last);
        push(ends, last)
    };
    core.preprocessor.segments(text.as_bytes(), search, Before::Nothing, None, &mut |segment| {
        let part = &segment.text;
        if segment.id.is_some() {
            push(&mut tokens.kept, (part.start, part.end))?;
            return add(&mut tokens.ends, part.end);
        }
        if spells {
            ids.clear();
            codec.append_prepared(&part.data, &mut ids)?;
            tokens.ends.try_reserve(ids.len())?;
            let mut length = 0;
            if part.origins.is_some() || part.put > 0 {
                return ids.iter().try_for_each(|&id| {
                    length += size(id);
                    add(&mut tokens.ends, part.origin(length - 1).1)
                });
            }
            // The text as it stands: its tokens are the parts of it. There is no token after it whose end could be before its own.
            let ends = ids.iter().map(|&id| {
                length += size(id);
                whole(part.start + length)
            });
            return extend(&mut tokens.ends, ends);
        }
        parts(text, part.start, part.end, &mut |start, end| {
            let count = codec.count(&text.as_bytes()[start..end], search, false)?;
            (0..count).try_for_each(|_| add(&mut tokens.ends, end))
        })
    })?;
    Ok(tokens)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reference::more::borders::Border;
    use crate::reference::more::chunk::tokens_of as mirrored;
    use crate::reference::published::codecs::Codec;
    use crate::reference::published::found_tokens::SpecialTokens;
    use crate::reference::published::metaspace::Metaspace;
    use crate::reference::published::normalize::{Normalizer, Step};
    use crate::reference::published::patterns::Pattern;
    use crate::reference::published::vocabs::Vocab;
    use crate::reference::published::words::WordCutter;
    use proptest::prelude::*;
    use std::sync::Arc;

    fn codec(kind: usize) -> FastCodec {
        let vocab = Vocab::from_merges(&(0..=255).collect::<Vec<u8>>(), &[(97, 98), (10, 10), (32, 97)]).unwrap();
        let special = SpecialTokens::new(vec![("<s>".into(), 300)]).unwrap();
        let steps =
            if kind == 1 { vec![Step::new("replace", &["a".into(), "bcd".into()]).unwrap()] } else { Vec::new() };
        let metaspace = (kind == 2).then(|| Metaspace::new("always").unwrap());
        let words = (kind == 3).then(|| WordCutter::new(Some(r"\w+"), None).unwrap());
        let pattern = Pattern::new(if kind == 3 { "none" } else { "gpt2" }).unwrap();
        let normalizer = Normalizer::new(steps).unwrap();
        FastCodec::new(Codec::new(Arc::new(vocab), pattern, special, normalizer, metaspace, words).unwrap()).unwrap()
    }

    proptest! {
        #[test]
        fn equals_the_mirror(
            parts in prop::collection::vec(prop::sample::select(vec![
                "a", "ab", " a", "\n\n", "<s>", "é", "😀", "Ab. ", "# A\n", "\n  a", "東", "\u{301}", "\u{2581}",
            ]), 0..20),
            kind in 0..4usize, max_tokens in 4..20usize, overlap in 0..4usize, some in any::<bool>(),
        ) {
            let (codec, text) = (codec(kind), parts.concat());
            let search = codec.core().finder(Some(&["<s>"])).unwrap();
            let tokens = mirrored(codec.core(), &search, &text).unwrap();
            prop_assert_eq!(&tokens_of(&codec, &search, &text).unwrap(), &tokens);
            let at = if some { Border::TEXT.to_vec() } else { Vec::new() };
            let options = ChunkOptions { max_tokens, at, overlap, overlap_sentences: 0, fill: 0.5 };
            let count = |_: &Tokens, start, end| Ok(codec.core().encode(&text.as_bytes()[start..end], &search, false)?.len());
            let mut slow = Chunker::new(&text, tokens, Box::new(count), options.clone()).unwrap();
            let mut fast = chunker(&codec, &search, &text, options).unwrap();
            loop {
                let (found, expected) = (fast.advance(), slow.advance());
                prop_assert_eq!(&found, &expected);
                if !matches!(found, Ok(Some(_))) {
                    break;
                }
            }
        }
    }
}
