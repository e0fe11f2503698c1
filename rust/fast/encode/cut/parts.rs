//! One long text on several threads: cut into parts, whose ids are found as those of a batch.
//!
//! The text is cut where `Tier::safe_cut` finds that no piece changes (proof there). Texts that are cut by an engine of regular
//! expressions are not cut here.
//!
//! Costs: those of a batch (`parallel.rs`), and a look at some characters around each cut.

use super::split_by::{Spaces, SplitBy};
use crate::error::Result;
use crate::fast::encode::encoder::Encoder;
use crate::fast::encode::parallel::{GROUP, encode_all};
use crate::fast::pystr::source::Source;
use crate::fast::pystr::str_to_utf8::Units;
use crate::fast::util::fallible::{self, collect, push};
use crate::metaspace::MARKER;

/// How many units are searched for a cut at a time.
const WINDOW: usize = 1 << 12;

/// The parts of a long text, whose pieces are those of the whole.
fn parts<'s>(encoder: &Encoder, split: SplitBy, source: Source<'s>) -> Result<Vec<Source<'s>>> {
    Ok(match source {
        Source::Bytes(text) => collect(parts_of_bytes(encoder, split, text)?.into_iter().map(Source::Bytes))?,
        Source::Str(units) => collect(parts_of_units(encoder, split, &units)?.into_iter().map(Source::Str))?,
    })
}

fn parts_of_bytes<'t>(encoder: &Encoder, split: SplitBy, text: &'t [u8]) -> Result<Vec<&'t [u8]>> {
    let mut parts = Vec::new();
    let mut start = 0;
    while text.len() - start > 2 * GROUP
        && let Some(end) = cut(encoder, split, text, start + GROUP)
    {
        push(&mut parts, &text[start..end])?;
        start = end;
    }
    push(&mut parts, &text[start..])?;
    Ok(parts)
}

fn parts_of_units<'s>(encoder: &Encoder, split: SplitBy, units: &Units<'s>) -> Result<Vec<Units<'s>>> {
    let mut parts = Vec::new();
    let (mut start, mut from) = (0, GROUP);
    let mut bytes = Vec::new();
    while units.len() - start > 2 * GROUP && from < units.len() {
        from += usize::from(units.splits_pair(from));
        bytes.clear();
        let window_end = units.transcode(from, WINDOW, &mut bytes)?;
        let Some(cut) = cut(encoder, split, &bytes, 0) else {
            from = window_end;
            continue;
        };
        // Unit by unit to the byte at which to cut.
        bytes.clear();
        let mut end = from;
        while bytes.len() < cut {
            end = units.transcode(end, 1, &mut bytes)?;
        }
        push(&mut parts, units.slice(start, end))?;
        (start, from) = (end, end + GROUP);
    }
    push(&mut parts, units.slice(start, units.len()))?;
    Ok(parts)
}

/// A place to cut, from another on. Not beside a marker, which is yet to become a space.
fn cut(encoder: &Encoder, split: SplitBy, text: &[u8], from: usize) -> Option<usize> {
    let mut at = encoder.text_cut(split, text, from)?;
    while let SplitBy::Characters(_) = split
        && (text[at..].starts_with(MARKER) || text[..at].ends_with(MARKER))
    {
        at = encoder.text_cut(split, text, at + 1)?;
    }
    Some(at)
}

impl Encoder {
    /// Appends the ids of a text without special tokens, found by at most `threads` threads.
    pub fn encode_on(&self, threads: usize, source: Source, split: SplitBy, out: &mut Vec<u32>) -> Result<()> {
        if threads <= 1 || source.len() <= 2 * GROUP || matches!(split, SplitBy::Pattern(_) | SplitBy::Ends(_)) {
            return self.encode(source, split, out);
        }
        let parts: Vec<(usize, Source)> = collect(parts(self, split, source)?.into_iter().enumerate())?;
        let encode = |&(number, part): &(usize, Source), ids: &mut Vec<u32>| match split {
            SplitBy::Characters(spaces) if number > 0 => {
                self.encode(part, SplitBy::Characters(Spaces { prefix: false, ..spaces }), ids)
            }
            _ => self.encode(part, split, ids),
        };
        append(out, encode_all(&parts, threads, |(_, part)| part.len(), encode)?.0)
    }
}

/// Appends ids; where there is nothing yet, without a copy.
fn append(out: &mut Vec<u32>, ids: Vec<u32>) -> Result<()> {
    if out.is_empty() {
        *out = ids;
    } else {
        fallible::append(out, &ids)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fast::scan::{Grammar, Tier};
    use crate::pretokenize::Pattern;
    use crate::vocab::Vocab;
    use std::sync::Arc;

    #[test]
    fn a_long_text_in_parts_is_the_whole() {
        let order: Vec<u8> = (0..=255).collect();
        let vocab = Vocab::from_merges(&order, &[(97, 98), (32, 256), (256, 99), (33, 10)]).unwrap();
        let encoder = Encoder::new(Arc::new(vocab)).unwrap();
        let text = b"ab abc!\n\n abab don't  abcab\r\n  x1234 abc!\n".repeat(60_000);
        for tier in [Grammar::Gpt2, Grammar::Cl100k, Grammar::O200k].map(Tier::Masks) {
            let text = Source::Bytes(&text);
            assert!(parts(&encoder, SplitBy::Scan(&tier), text).unwrap().len() > 3);
            let (mut one, mut many) = (Vec::new(), Vec::new());
            encoder.encode(text, SplitBy::Scan(&tier), &mut one).unwrap();
            encoder.encode_on(3, text, SplitBy::Scan(&tier), &mut many).unwrap();
            assert!(one == many);
        }
    }

    #[test]
    fn a_long_str_in_parts_is_the_whole() {
        let order: Vec<u8> = (0..=255).collect();
        let encoder =
            Encoder::new(Arc::new(Vocab::from_merges(&order, &[(97, 98), (32, 256), (256, 99)]).unwrap())).unwrap();
        let text = "ab abc! é\u{4e2d}\n\n abab don't  abc👍ab\r\n  x1234 abc!\n".repeat(20_000);
        let twos: Vec<u16> = text.encode_utf16().collect();
        let fours: Vec<u32> = text.chars().map(u32::from).collect();
        for tier in [Grammar::Gpt2, Grammar::Cl100k, Grammar::O200k].map(Tier::Masks) {
            let split = SplitBy::Scan(&tier);
            let mut one = vec![7];
            encoder.encode(Source::Bytes(text.as_bytes()), split, &mut one).unwrap();
            for units in [Units::Two(&twos), Units::Four(&fours)] {
                assert!(parts_of_units(&encoder, split, &units).unwrap().len() > 2);
                let mut many = vec![7];
                encoder.encode_on(3, Source::Str(units), split, &mut many).unwrap();
                assert!(one == many);
            }
        }
    }

    #[test]
    fn parts_are_about_as_large_as_a_group() {
        let order: Vec<u8> = (0..=255).collect();
        let encoder = Encoder::new(Arc::new(Vocab::from_merges(&order, &[(97, 98)]).unwrap())).unwrap();
        let (cl100k, none) = (Tier::Masks(Grammar::Cl100k), Spaces::default());
        let (words, solid) = ("words and words\u{2581}".repeat(7 * GROUP / 32), "x".repeat(5 * GROUP / 2));
        let marks = "\u{2581}".repeat(GROUP);
        for split in [SplitBy::Scan(&cl100k), SplitBy::Characters(none)] {
            for text in [&words, &solid, &marks] {
                let units: Vec<u16> = text.encode_utf16().collect();
                let of_units = parts_of_units(&encoder, split, &Units::Two(&units)).unwrap();
                let of_units: Vec<Vec<u8>> = of_units.iter().map(|part| part.utf8().unwrap()).collect();
                let of_bytes: Vec<&[u8]> = parts_of_bytes(&encoder, split, text.as_bytes()).unwrap();
                assert!(of_units.concat() == text.as_bytes() && of_bytes.concat() == text.as_bytes());
                let uncut = text == &marks || text == &solid && matches!(split, SplitBy::Scan(_));
                for lengths in [
                    of_bytes.iter().map(|part| part.len()).collect::<Vec<_>>(),
                    of_units
                        .iter()
                        .map(|part| String::from_utf8(part.clone()).unwrap().encode_utf16().count())
                        .collect(),
                ] {
                    let (last, others) = lengths.split_last().unwrap();
                    assert_eq!(others.is_empty(), uncut, "{lengths:?}");
                    assert!(uncut || (GROUP - 40..=2 * GROUP).contains(last));
                    assert!(others.iter().all(|len| (GROUP..GROUP + 40).contains(len)));
                }
            }
        }
    }

    #[test]
    fn a_surrogate_pair_is_in_one_part() {
        let order: Vec<u8> = (0..=255).collect();
        let encoder = Encoder::new(Arc::new(Vocab::from_merges(&order, &[(0x80, 97)]).unwrap())).unwrap();
        let pattern = Pattern::new(r"\p{L}+|[^\p{L}]").unwrap();
        let split = SplitBy::Scan(pattern.scanner().unwrap());
        for shift in 0..3 {
            // U+1D400 is a letter; a half of it alone is U+FFFD, which is none.
            let text = "b".repeat(shift) + &"\u{1D400}a".repeat(GROUP);
            let twos: Vec<u16> = text.encode_utf16().collect();
            let fours: Vec<u32> = twos.iter().map(|&unit| unit.into()).collect();
            for units in [Units::Two(&twos), Units::Four(&fours)] {
                let parts = parts_of_units(&encoder, split, &units).unwrap();
                assert!(parts.iter().map(|part| part.utf8().unwrap()).collect::<Vec<_>>().concat() == text.as_bytes());
                assert_eq!(parts.len(), 1, "one word is one piece");
            }
        }
    }

    #[test]
    fn no_cut_is_beside_a_marker() {
        let order: Vec<u8> = (0..=255).collect();
        let encoder = Encoder::new(Arc::new(Vocab::from_merges(&order, &[]).unwrap())).unwrap();
        let text = "\u{2581}\u{2581}ab\u{2581}c\u{e9}d".as_bytes();
        let cuts = [7, 12, 14];
        let split = SplitBy::Characters(Spaces::default());
        for from in 0..=text.len() {
            assert_eq!(cut(&encoder, split, text, from), cuts.into_iter().find(|&at| at >= from), "from {from}");
        }
    }

    #[test]
    fn a_text_of_two_groups_is_one_part() {
        let order: Vec<u8> = (0..=255).collect();
        let encoder = Encoder::new(Arc::new(Vocab::from_merges(&order, &[]).unwrap())).unwrap();
        let (tier, text) = (Tier::Masks(Grammar::Cl100k), "words and words ".repeat(GROUP / 8) + "x");
        let units: Vec<u16> = text.encode_utf16().collect();
        for (length, n_parts) in [(2 * GROUP, 1), (2 * GROUP + 1, 2)] {
            assert_eq!(
                parts_of_bytes(&encoder, SplitBy::Scan(&tier), &text.as_bytes()[..length]).unwrap().len(),
                n_parts
            );
            assert_eq!(
                parts_of_units(&encoder, SplitBy::Scan(&tier), &Units::Two(&units[..length])).unwrap().len(),
                n_parts
            );
        }
    }

    #[test]
    fn parts_of_units_end_where_the_text_may_be_cut() {
        let order: Vec<u8> = (0..=255).collect();
        let encoder = Encoder::new(Arc::new(Vocab::from_merges(&order, &[]).unwrap())).unwrap();
        let tier = Tier::Masks(Grammar::Cl100k);
        let words: String = (0..GROUP).map(|number| "x".repeat(1 + number * number % 11) + " ").collect();
        // There is a cut in the second window only.
        let text = "y".repeat(GROUP + WINDOW + WINDOW / 4) + &words;
        let units: Vec<u16> = text.encode_utf16().collect();
        let parts = parts_of_units(&encoder, SplitBy::Scan(&tier), &Units::Two(&units)).unwrap();
        let mut at = 0;
        for part in &parts[..parts.len() - 1] {
            at += part.len();
            assert_eq!(cut(&encoder, SplitBy::Scan(&tier), text.as_bytes(), at), Some(at), "{at} of {}", text.len());
        }
        assert!(parts.len() > 4 && parts[0].len() < GROUP + 2 * WINDOW);
    }
}
