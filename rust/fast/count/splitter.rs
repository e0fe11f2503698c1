//! How text is cut into documents, into parts and into pieces, on its way to a table (see `corpus_counter.rs`).
//!
//! # Where a text may be cut
//!
//! At `at`, if all of this holds (SPEC T6):
//!
//! 1. a piece ends there whatever follows ([`Tier::cuts`]; a document whose pattern is not compiled stays whole);
//! 2. no special token stands across it, complete or begun: as many bytes as the longest has are known after `at`, and none
//!    of the tokens' occurrences crosses. Then leftmost-longest search finds the same tokens in both halves as in the whole,
//!    since a match never crosses and the search begins anew after each;
//! 3. no separator of documents stands across it: separators are looked for left to right, `at` lies after the last one
//!    found, and as many bytes as a separator has are known after it.

use std::ops::Range;
use std::sync::Arc;

use super::runs::{self, Runs};
use super::table::{BATCH, PieceCounts};
use crate::error::Result;
use crate::fast::passes::first_pass;
use crate::fast::scan::{Scanner, Tier};
use crate::fast::util::fallible::push;
use crate::reference::published::found_tokens::{Finder, SpecialTokens};
use crate::reference::published::patterns::Pattern;
use crate::support::interrupt;
use crate::support::spent::Spent;
use memchr::memmem;

/// The usual size of a part: it stays in the second-level cache.
pub(super) const PART: usize = if cfg!(fuzzing) { 32 } else { 1 << 18 };

/// What the threads share: how text is cut and split.
pub(super) struct Splitter {
    pattern: Pattern,
    scanner: Option<Arc<Tier>>,
    /// Cuts the pieces of the scanner further.
    rest: Option<Box<Pattern>>,
    special: Finder,
    /// Writes pieces as ids, if they shall be.
    pub(super) runs: Option<Box<Runs>>,
}

impl Splitter {
    pub(super) fn new(pattern: Pattern, special: &SpecialTokens) -> Self {
        let (first, rest) = first_pass(&pattern).unzip();
        let scanner = pattern.scanner().cloned().or(first.map(Arc::new));
        Self { pattern, scanner, rest: rest.map(Box::new), special: special.finder_of_all(), runs: None }
    }

    /// Counts documents, or parts of them. What later patterns make of a piece is found once for all places where it stands.
    pub(super) fn count<'t>(&self, mut texts: impl Iterator<Item = &'t [u8]>, pieces: &mut PieceCounts) -> Result<()> {
        let mut add = self.adder();
        let Some(rest) = &self.rest else {
            return texts
                .try_for_each(|text| self.count_one(text, &mut |text, start, ends| add(text, start, ends, 1, pieces)));
        };
        let mut whole = PieceCounts::new();
        texts.try_for_each(|text| {
            self.count_one(text, &mut |text, start, ends| whole.add_block(text, start, ends, 1))
        })?;
        let mut spent = Spent::of(whole.iter().map(|(piece, _)| piece.len()).sum());
        // Pieces come in the order of first appearance, and so do their parts.
        for (piece, n) in whole.iter() {
            rest.split_within(piece, &mut spent, &mut |part| add(part, 0, &[part.len()], n, pieces))?;
            interrupt::check()?;
        }
        Ok(())
    }

    /// Counts pieces as they stand, or as ids: text, where the first begins, where all end, how often, and the table.
    fn adder(&self) -> impl FnMut(&[u8], usize, &[usize], i64, &mut PieceCounts) -> Result<()> {
        let mut buffers = runs::Buffers::default();
        move |text, start, ends, n, pieces| match &self.runs {
            None if let [end] = *ends => pieces.add(&text[start..end], n),
            None => pieces.add_block(text, start, ends, n),
            Some(runs) => runs.add_block(text, start, ends, n, pieces, &mut buffers),
        }
    }

    /// Calls `add` with the pieces of the scanner, or of the pattern, in one document or a part of one.
    fn count_one(&self, text: &[u8], add: &mut impl FnMut(&[u8], usize, &[usize]) -> Result<()>) -> Result<()> {
        self.special.split(text, |start, end, id| {
            if id.is_some() {
                return Ok(());
            }
            let Some(tier) = &self.scanner else {
                return self.pattern.split(&text[start..end], &mut |piece| add(piece, 0, &[piece.len()]));
            };
            let text = &text[start..end];
            let mut scanner = Scanner::of(tier, text);
            let (mut ends, mut start) = (Vec::new(), 0);
            while scanner.next_block(&mut ends, BATCH)? {
                add(text, start, &ends)?;
                start = scanner.position();
                interrupt::check()?;
            }
            Ok(())
        })
    }

    /// Bytes that must be known after a cut.
    pub(super) fn longest_special(&self) -> usize {
        self.special.longest()
    }

    /// The last place at which `text` may be cut so that `after` bytes are left; None if there is no such place.
    pub(super) fn last_cut(&self, text: &[u8], after: usize) -> Option<usize> {
        let tier = self.scanner.as_ref()?;
        let known = text.len().checked_sub(after)?;
        // Whether a place is a cut depends on what is before it and on the one character after it.
        let before = |&cut: &usize| tier.cuts().last(&text[..cut], 0);
        let mut cuts = std::iter::successors(tier.cuts().last(&text[..known], 0), before);
        cuts.find(|&cut| !self.special.crosses(text, cut))
    }
}

/// The documents of a text that holds several. An empty separator separates nothing.
pub(super) fn documents<'t>(text: &'t [u8], separator: Option<&'t [u8]>) -> impl Iterator<Item = &'t [u8]> {
    let separator = separator.filter(|separator| !separator.is_empty());
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let text = rest?;
        let found = separator.and_then(|separator| memmem::find(text, separator).map(|at| (at, at + separator.len())));
        rest = found.map(|(_, after)| &text[after..]);
        Some(&text[..found.map_or(text.len(), |(at, _)| at)])
    })
}

/// Documents in memory, long ones cut; and groups of them that make up the parts.
pub(super) struct MemoryParts<'t> {
    pub texts: Vec<&'t [u8]>,
    pub ranges: Vec<Range<usize>>,
}

pub(super) fn parts_of<'t>(documents: &[&'t [u8]], splitter: &Splitter) -> Result<MemoryParts<'t>> {
    let mut parts = MemoryParts { texts: Vec::new(), ranges: Vec::new() };
    let (mut begun, mut bytes) = (0, 0);
    for &document in documents {
        let mut rest = document;
        while !rest.is_empty() {
            let wanted = rest.len().min(PART);
            let cut = if wanted == rest.len() {
                None
            } else {
                splitter.last_cut(&rest[..wanted], splitter.longest_special())
            };
            let (text, after) = rest.split_at(cut.unwrap_or(rest.len()));
            push(&mut parts.texts, text)?;
            rest = after;
            bytes += text.len();
            if bytes >= PART / 2 {
                push(&mut parts.ranges, begun..parts.texts.len())?;
                (begun, bytes) = (parts.texts.len(), 0);
            }
        }
    }
    if begun < parts.texts.len() {
        push(&mut parts.ranges, begun..parts.texts.len())?;
    }
    Ok(parts)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Error;
    use std::time::Duration;

    fn splitter(pattern: &str, special: &[&str]) -> Splitter {
        let special = special.iter().zip(1000..).map(|(token, id)| ((*token).to_string(), id)).collect();
        Splitter::new(Pattern::new(pattern).expect("a pattern"), &SpecialTokens::new(special).expect("not empty"))
    }

    #[test]
    fn the_last_cut_is_found_however_far_back() {
        let splitter = splitter("gpt2", &["b c", " d"]);
        let tier = splitter.scanner.as_ref().expect("compiled");
        for start in ["", "a", "a b", "a b c", "a d", " a a b c d"] {
            for long in (0..140).chain([511, 512, 513, 577, 4096, 5000]) {
                let text = [start.as_bytes(), &vec![b'x'; long]].concat();
                for after in [0, 1, 4] {
                    let known = &text[..text.len().saturating_sub(after)];
                    let is_cut =
                        |at: &usize| tier.cuts().next(known, *at) == Some(*at) && !splitter.special.crosses(&text, *at);
                    let expected = (1..=start.len().min(known.len())).rev().find(is_cut);
                    assert_eq!(splitter.last_cut(&text, after), expected, "{start:?}, {long} more, {after} after");
                }
            }
        }
        assert_eq!(splitter.last_cut(b"a b", 2), None);
        assert_eq!(splitter.last_cut(b"a b", 4), None);
    }

    #[test]
    fn documents_are_what_stands_between_separators() {
        let texts = ["", "a", "|", "||", "|||", "a|b", "a||b", "|a||", "||||a|||b|"];
        for text in texts {
            for separator in ["|", "||", "a"] {
                let found: Vec<_> = documents(text.as_bytes(), Some(separator.as_bytes())).collect();
                assert!(found.into_iter().eq(text.split(separator).map(str::as_bytes)), "{text} {separator}");
            }
            for nothing in [None, Some(&b""[..])] {
                assert!(documents(text.as_bytes(), nothing).eq([text.as_bytes()]));
            }
        }
    }

    #[test]
    fn documents_in_memory_make_parts_of_about_one_size() {
        let splitter = splitter("gpt2", &["rds wo"]);
        let words: Vec<u8> = b"words of words ".iter().copied().cycle().take(3 * PART + 5).collect();
        let whole = vec![b'x'; PART + 9];
        let documents: Vec<&[u8]> = [&b""[..], b"a short one", &words, b"", &whole, &words[..PART], b"the last"].into();
        let parts = parts_of(&documents, &splitter).expect("few");
        assert!(parts.texts.concat() == documents.concat());
        assert!(parts.texts.iter().all(|text| !text.is_empty() && (text.len() <= PART || *text == &whole[..])));
        // A document that is cut is cut before a word, and not in a special token.
        let cut = |text: &&&[u8]| text.starts_with(b" ");
        assert!(parts.texts.iter().filter(cut).count() >= 3);
        for (before, text) in parts.texts.iter().zip(&parts.texts[1..]).filter(|(_, text)| cut(text)) {
            assert!(text.starts_with(b" of") || text.starts_with(b" words") && before.ends_with(b"of"));
        }
        assert!(parts.ranges.iter().flat_map(Clone::clone).eq(0..parts.texts.len()));
        let size = |range: &Range<usize>| parts.texts[range.clone()].iter().map(|text| text.len()).sum::<usize>();
        let (last, others) = parts.ranges.split_last().expect("parts");
        assert!(others.iter().all(|range| (PART / 2..2 * PART).contains(&size(range))) && size(last) < PART / 2);
        assert!(parts_of(&[], &splitter).expect("none").ranges.is_empty());
        let few = parts_of(&[b"ab", b"", b"c"], &splitter).expect("few");
        assert_eq!((few.ranges.len(), few.ranges[0].clone()), (1, 0..2));
    }

    #[test]
    fn a_long_text_is_stopped_in_the_middle() {
        let splitter = splitter("gpt2", &[]);
        let text: Vec<u8> = b"some words, ".iter().copied().cycle().take(1 << 20).collect();
        let count = |stop: bool| {
            let mut pieces = PieceCounts::new();
            let work = || splitter.count([&text[..]].into_iter(), &mut pieces);
            let done = interrupt::run_every(Duration::ZERO, move || stop, work);
            (done, pieces.iter().map(|(piece, count)| piece.len() as u64 * count.unsigned_abs()).sum::<u64>())
        };
        assert_eq!(count(false), (Ok(()), text.len() as u64));
        let (stopped, counted) = count(true);
        assert_eq!(stopped, Err(Error::Interrupted));
        assert!((1..1 << 17).contains(&counted), "{counted} bytes");
    }

    #[test]
    fn what_comes_of_a_piece_is_counted_as_often_as_the_piece() {
        let splitter = splitter(r"\s?\p{L}+(?#then)\s?[!'<>s]+", &["<s>"]);
        assert!(splitter.rest.is_some(), "of these steps, the second is run by itself");
        let mut pieces = PieceCounts::new();
        splitter.count([&b"its its<s>its"[..], b"", b" its"].into_iter(), &mut pieces).expect("few");
        let expected: [(&[u8], i64); 3] = [(b"it", 2), (b"s", 4), (b" it", 2)];
        assert!(pieces.iter().eq(expected));
        let words: Vec<u8> = (0..100).flat_map(|number| ["w", " "].concat().repeat(number).into_bytes()).collect();
        let many = || splitter.count([&words[..]; 100].into_iter(), &mut pieces);
        assert_eq!(interrupt::run_every(Duration::ZERO, || true, many), Err(Error::Interrupted));
    }
}
