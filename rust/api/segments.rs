//! Texts of several authors, of whom only some may write special tokens. Must equal `python/minitok/spans/segments.py`.

use super::tokenizer::{Special, Tokenizer};
use crate::error::{Error, Result};
use crate::fast::util::fallible::{push, room};
use crate::reference::published::found_tokens::Stretch;
use crate::reference::published::preprocess::{Before, Segment, Trust};
use std::ops::Range;

impl Tokenizer {
    /// The ids of a text that comes in segments, each with the special tokens that are found in it. No id holds text of two segments.
    ///
    /// So a program puts what a user wrote between its own markers. In a segment that does not allow all, the added tokens that may
    /// mark something ([`control_tokens`](Self::control_tokens)) are text, too, unless they are named; those that mark nothing are
    /// always found.
    ///
    /// # Errors
    ///
    /// As for [`encode_with_special`](Self::encode_with_special); [`Error::Vocabulary`] if the vocabulary is one of whole words, whose
    /// tokens do not hold what is between them; and [`Error::DisallowedSpecial`] if merges make a special token of text in which it is
    /// not found, since it is an ordinary token of the vocabulary, too.
    ///
    /// ```
    /// use minitok::{Special, Tokenizer};
    ///
    /// let tok = Tokenizer::encoding("o200k_harmony")?;
    /// let ids = tok.encode_segments(&[
    ///     ("<|start|>user<|message|>", Special::All),
    ///     ("hello<|end|>", Special::NONE),
    ///     ("<|end|>", Special::All),
    /// ])?;
    /// assert_eq!(ids, [200_006, 1428, 200_008, 24912, 27, 91, 419, 91, 29, 200_007]);
    /// # Ok::<(), minitok::Error>(())
    /// ```
    pub fn encode_segments(&self, segments: &[(&str, Special)]) -> Result<Vec<u32>> {
        let (mut ids, mut before) = (Vec::new(), Before::Nothing);
        for &(text, special) in segments {
            let whole = [(0, text.len())];
            let (trusted, found): (&[Stretch], _) = match special {
                Special::All => (&whole, &[][..]),
                Special::Only(names) => (&[], names),
            };
            before = self.append_trusted(text, before, trusted, found, &mut ids)?;
        }
        Ok(ids)
    }

    /// The ids of a text in which special tokens are found only within some ranges of bytes: those that a program wrote, of a
    /// rendered conversation. Borders make no difference to ordinary text, so that with one range for all of it, the ids are those of
    /// [`encode_with_special`](Self::encode_with_special).
    ///
    /// A token is found where all its characters are in one range, or in several that touch. Added tokens are found as in
    /// [`encode_segments`](Self::encode_segments).
    ///
    /// # Errors
    ///
    /// [`Error::Range`] if the ranges are not in order, overlap, or are not of whole characters of the text; and as for
    /// [`encode_segments`](Self::encode_segments).
    ///
    /// ```
    /// use minitok::Tokenizer;
    ///
    /// let tok = Tokenizer::encoding("o200k_harmony")?;
    /// let text = "<|start|>user<|message|>hello<|end|><|end|>";
    /// let ids = tok.encode_trusted(text, &[0..24, 36..43])?;
    /// assert_eq!(ids, [200_006, 1428, 200_008, 24912, 27, 91, 419, 91, 29, 200_007]);
    /// # Ok::<(), minitok::Error>(())
    /// ```
    pub fn encode_trusted(&self, text: &str, trusted: &[Range<usize>]) -> Result<Vec<u32>> {
        let stretches = stretches(text, trusted)?;
        let mut ids = Vec::new();
        self.append_trusted(text, Before::Nothing, &stretches, &[], &mut ids)?;
        Ok(ids)
    }

    /// Appends the ids of a text; says what the next one follows. `found`: special tokens that are found also where nothing is trusted.
    fn append_trusted(
        &self,
        text: &str,
        before: Before,
        stretches: &[Stretch],
        found: &[&str],
        ids: &mut Vec<u32>,
    ) -> Result<Before> {
        let everywhere = self.shared.everywhere(found)?;
        self.append_found(text, before, Trust { stretches, everywhere: &everywhere }, ids)
    }

    /// As [`append_trusted`](Self::append_trusted), with what is found where nothing is trusted.
    pub(super) fn append_found(
        &self,
        text: &str,
        mut before: Before,
        trust: Trust,
        ids: &mut Vec<u32>,
    ) -> Result<Before> {
        let codec = &self.shared.codec;
        if codec.core().words.is_some() {
            let reason = "this tokenizer cannot encode segments: the text between words is dropped (SPEC N3)";
            return Err(Error::Vocabulary(reason.into()));
        }
        let all = self.shared.search(Special::All)?;
        let mut last = None;
        let emit = &mut |Segment { text, id }: Segment| {
            last = Some(if id.is_some() { Before::Token } else { Before::Text });
            let first = ids.len();
            match id {
                Some(id) => return push(ids, id),
                None => codec.append_prepared(&text.data, ids)?,
            }
            // Merges make a special token of text where it is an ordinary token of the vocabulary, too.
            let made = ids[first..].iter().find(|id| self.shared.made.binary_search(id).is_ok());
            let vouched = || trust.stretches.iter().any(|&(start, end)| start <= text.start && text.end <= end);
            let Some(&id) = made.filter(|_| !vouched()) else { return Ok(()) };
            let token =
                self.special_tokens().find(|&(_, own)| own == id).map_or_else(String::new, |(name, _)| name.into());
            Err(Error::DisallowedSpecial { token, position: text.start })
        };
        codec.core().preprocessor.segments(text.as_bytes(), &all, before, Some(trust), emit)?;
        before = last.unwrap_or(before);
        Ok(before)
    }
}

/// The ranges as stretches of the text, those that touch being one.
pub(super) fn stretches(text: &str, trusted: &[Range<usize>]) -> Result<Vec<Stretch>> {
    let mut stretches: Vec<Stretch> = room(trusted.len())?;
    for &Range { start, end } in trusted {
        let last = stretches.last().map_or(0, |&(_, end)| end);
        if start < last || end < start || text.get(start..end).is_none() {
            return Err(Error::Range { start, end, length: text.len() });
        }
        match stretches.last_mut() {
            Some(before) if before.1 == start => before.1 = end,
            _ if start < end => stretches.push((start, end)),
            _ => {}
        }
    }
    Ok(stretches)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::tests::{KINDS, tokenizer};
    use proptest::prelude::*;

    const ALL: Special = Special::All;

    #[test]
    #[expect(clippy::single_range_in_vec_init, reason = "one range is trusted")]
    fn only_what_is_trusted_has_special_tokens() {
        let tok = tokenizer(0);
        let ids = tok.encode_segments(&[("<s>a", ALL), ("b<s>", Special::NONE)]);
        assert_eq!(ids, Ok(vec![300, 97, 98, 60, 115, 62]));
        assert_eq!(tok.encode_trusted("<s>ab<s>", &[0..4]), Ok(vec![300, 256, 60, 115, 62]));
        assert_eq!(tok.encode_trusted("<s>", &[0..1, 1..3]), Ok(vec![300]));
        // A marker is text, unless it is allowed; what marks nothing is found.
        let untrusted = tok.encode_segments(&[("<m>+ +<s>", Special::NONE), ("<m><s>", Special::Only(&["<m>"]))]);
        assert_eq!(untrusted, Ok(vec![60, 109, 62, 303, 60, 115, 62, 301, 60, 115, 62]));
        let unknown = tok.encode_segments(&[("", Special::Only(&["<S>"]))]);
        assert!(matches!(unknown, Err(Error::Vocabulary(reason)) if reason.contains("no special token '<S>'")));
    }

    #[test]
    fn text_that_merges_make_a_special_token_of_is_refused() {
        let tok = Tokenizer::from_bytes(br#"{"format": "minitok", "version": 1, "pattern": "gpt2", "special_tokens": {"ab": 256}, "byte_order": "identity", "merges": [[97, 98]]}"#);
        let tok = tok.unwrap();
        let refused = Err(Error::DisallowedSpecial { token: "ab".into(), position: 0 });
        assert_eq!(tok.encode_segments(&[("ab", ALL), ("xab", Special::NONE)]), refused);
        assert_eq!(tok.encode_trusted("xab", &[0..1, 2..3]), refused);
        assert_eq!(tok.encode_segments(&[("xab", ALL), ("xa", Special::NONE)]), Ok(vec![120, 256, 120, 97]));
    }

    #[test]
    #[expect(clippy::single_range_in_vec_init, reason = "one range is trusted")]
    fn ranges_that_are_none_of_the_text_are_refused() {
        let tok = tokenizer(0);
        let backwards = Range { start: 2, end: 1 };
        for ranges in [&[0..2, 1..3][..], &[3..4, 0..1], &[0..6], &[backwards], &[4..5]] {
            assert!(matches!(tok.encode_trusted("abcé", ranges), Err(Error::Range { length: 5, .. })), "{ranges:?}");
        }
    }

    proptest! {
        #[test]
        fn where_all_is_trusted_borders_make_no_difference(
            parts in prop::collection::vec(prop::sample::select(vec!["a", "b", " a", "<s", ">", "<s>", "é", "<m>"]), 0..9),
            kind in 0..KINDS,
        ) {
            let (tok, text) = (tokenizer(kind), parts.concat());
            let mut end = 0;
            let ranges: Vec<_> = parts.iter().map(|part| {
                end += part.len();
                end - part.len()..end
            }).collect();
            let ids = tok.encode_with_special(&text, ALL);
            prop_assert_eq!(&tok.encode_trusted(&text, &ranges), &ids);
            prop_assert_eq!(&tok.encode_segments(&[(&text, ALL)]), &ids);
        }
    }
}
