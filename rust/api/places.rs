//! Where the tokens of a text are in it, and its beginning up to a number of tokens.

use super::tokenizer::{Special, Tokenizer};
use crate::error::{Error, Result};
use crate::fast::util::fallible::{extend, push};
use crate::reference::published::preprocess::{Before, Prepared};
use std::ops::Range;

/// How much of a text is encoded at first, in bytes, where only its beginning is wanted.
const SLICE: usize = if cfg!(test) { 4 } else { 1 << 14 };

impl Tokenizer {
    /// The ids of a text, and for each the range of bytes of the text that it comes from.
    ///
    /// The ranges refer to the text as it is given, also where the tokenizer normalizes it. They are in order. A range may begin or
    /// end within a character, of which the token has a part only: `text.as_bytes()[range]`. It is empty for what is in the token
    /// alone, such as a space that is put before the text.
    ///
    /// # Errors
    ///
    /// As for [`encode_with_special`](Self::encode_with_special); and [`Error::Vocabulary`] if the tokens do not spell the text, as
    /// where characters become an unknown token.
    ///
    /// ```
    /// use minitok::{Special, Tokenizer};
    ///
    /// let tok = Tokenizer::encoding("o200k_base")?;
    /// let (ids, ranges) = tok.encode_with_offsets("hello world<|endoftext|>", Special::All)?;
    /// assert_eq!((ids, ranges), (vec![24912, 2375, 199_999], vec![0..5, 5..11, 11..24]));
    /// # Ok::<(), minitok::Error>(())
    /// ```
    pub fn encode_with_offsets(&self, text: &str, special: Special) -> Result<(Vec<u32>, Vec<Range<usize>>)> {
        let (codec, search) = (&self.shared.codec, self.shared.search(special)?);
        let size = codec.sizes.lengths(codec.core())?;
        let (mut ids, mut ranges) = (Vec::new(), Vec::new());
        codec.core().preprocessor.segments(text.as_bytes(), &search, Before::Nothing, None, &mut |segment| {
            let part = &segment.text;
            if let Some(id) = segment.id {
                push(&mut ids, id)?;
                return push(&mut ranges, part.start..part.end);
            }
            let first = ids.len();
            codec.append_prepared(&part.data, &mut ids)?;
            let mut end = 0;
            let next = |&id: &u32| {
                let start = end;
                end += size(id);
                range_of(part, start, end)
            };
            extend(&mut ranges, ids[first..].iter().map(next))?;
            if end == part.data.len() && codec.core().vocab.alphabet.symbols.is_none() {
                return Ok(());
            }
            Err(Error::Vocabulary("this tokenizer cannot give offsets: its tokens do not spell the text".into()))
        })?;
        Ok((ids, ranges))
    }

    /// The longest beginning of a text that has at most `max_tokens` tokens, and whose ids are the first ids of the text.
    ///
    /// It may have fewer: no character is cut, and a last token that is another one without the text after it is left out. What is
    /// encoded is about twice what is kept, not the whole text, where the tokenizer knows places at which a text can be cut; with a
    /// published encoding it does.
    ///
    /// # Errors
    ///
    /// As for [`encode_with_offsets`](Self::encode_with_offsets).
    ///
    /// ```
    /// use minitok::{Special, Tokenizer};
    ///
    /// let tok = Tokenizer::encoding("o200k_base")?;
    /// assert_eq!(tok.truncate("Call me Ishmael. Some years ago", 4, Special::NONE)?, "Call me Ishmael");
    /// # Ok::<(), minitok::Error>(())
    /// ```
    pub fn truncate<'t>(&self, text: &'t str, max_tokens: usize, special: Special) -> Result<&'t str> {
        let (codec, search) = (&self.shared.codec, self.shared.search(special)?);
        let mut looked = SLICE;
        let (ids, ranges) = loop {
            let cut =
                if looked < text.len() { codec.safe_cut(&text.as_bytes()[..looked], &search) } else { text.len() };
            let known = text.get(..cut).unwrap_or_default();
            let found = self.encode_with_offsets(known, special)?;
            if found.0.len() > max_tokens {
                break found;
            }
            if known.len() == text.len() {
                return Ok(text);
            }
            looked = looked.saturating_mul(2);
        };
        // How many tokens end with a character; a part of the text may end there.
        let mut counts = Vec::new();
        for (number, range) in (1..=max_tokens).zip(&ranges) {
            if text.is_char_boundary(range.end) {
                push(&mut counts, number)?;
            }
        }
        let start = |number: usize| &text[..ranges[counts[number - 1] - 1].end];
        let is_start = |number: usize| {
            let own = codec.encode(1, start(number).as_bytes(), &search, false)?;
            Ok(own == ids[..counts[number - 1]])
        };
        let found = last_that(counts.len(), is_start)?;
        Ok(if found > 0 { start(found) } else { "" })
    }
}

/// The range of a text that some bytes of a part of it come from.
fn range_of(part: &Prepared, start: usize, end: usize) -> Range<usize> {
    let start_in_text = |index: usize| part.origin(index).0;
    match (start < part.data.len(), start < end && end <= part.data.len()) {
        (true, true) => start_in_text(start)..part.origin(end - 1).1,
        (true, false) => start_in_text(start)..start_in_text(start),
        _ => part.end..part.end,
    }
}

/// A number from 1 to `most` that fits, the last one if those before one that fits do; 0 if none is found. Looks near the end first, where
/// it nearly always is; then in steps that double, and between the last two by halving.
fn last_that(most: usize, fits: impl Fn(usize) -> Result<bool>) -> Result<usize> {
    let (mut found, mut above, mut step) = (most, most + 1, 1);
    while found > 0 && !fits(found)? {
        above = found;
        found = if found > 1 { found.saturating_sub(step).max(1) } else { 0 };
        step *= 2;
    }
    while found > 0 && above - found > 1 {
        let middle = usize::midpoint(found, above);
        *(if fits(middle)? { &mut found } else { &mut above }) = middle;
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::tests::{KINDS, tokenizer};
    use proptest::prelude::*;

    #[test]
    fn places_are_those_of_the_text_as_it_is_given() {
        let places = |kind, text| tokenizer(kind).encode_with_offsets(text, Special::All).unwrap();
        assert_eq!(places(0, "ab<s>é"), (vec![256, 300, 195, 169], vec![0..2, 2..5, 5..6, 6..7]));
        // NFC makes one character of two; a space that is put before the text comes from no byte of it.
        assert_eq!(places(1, "e\u{301}b"), (vec![195, 169, 98], vec![0..3, 0..3, 3..4]));
        assert_eq!(places(2, "b"), (vec![32, 98], vec![0..0, 0..1]));
    }

    #[test]
    fn a_number_that_fits_is_found_in_few_steps() {
        for most in 0..40 {
            for last in 0..=most {
                let asked = std::cell::Cell::new(0);
                let fits = |number| {
                    asked.set(asked.get() + 1);
                    Ok(number <= last)
                };
                assert_eq!(last_that(most, fits), Ok(last));
                assert!(asked.get() <= 2 * most.checked_ilog2().unwrap_or(0) + 2);
            }
        }
    }

    proptest! {
        #[test]
        fn ranges_and_beginnings_are_those_of_the_ids(
            parts in prop::collection::vec(prop::sample::select(vec![
                "a", "b", "ab", " a", " ", "<s>", "é", "e\u{301}", "😀", "\n\n", "'ll", "+ +",
            ]), 0..20),
            kind in 0..KINDS,
            most in 0..20usize,
        ) {
            let (tok, text) = (tokenizer(kind), parts.concat());
            let encode = |text: &str| tok.encode_with_special(text, Special::All).unwrap();
            let (ids, ranges) = tok.encode_with_offsets(&text, Special::All).unwrap();
            prop_assert_eq!(&ids, &encode(&text));
            prop_assert!(ranges.iter().all(|range| range.start <= range.end && range.end <= text.len()));
            prop_assert!(ranges.is_sorted_by_key(|range| range.start) && ranges.is_sorted_by_key(|range| range.end));
            if kind == 0 {
                for (&id, range) in ids.iter().zip(&ranges) {
                    prop_assert_eq!(tok.token_bytes(id), text.as_bytes().get(range.clone()));
                }
            }
            let kept = tok.truncate(&text, most, Special::All).unwrap();
            let fits = |end: usize| {
                let own = encode(text.get(..end)?);
                (own.len() <= most && ids.starts_with(&own)).then_some(end)
            };
            if kind == 0 {
                prop_assert_eq!(Some(kept.len()), (0..=text.len()).rev().find_map(fits));
            } else {
                prop_assert!(text.starts_with(kept) && fits(kept.len()).is_some());
            }
        }
    }
}
