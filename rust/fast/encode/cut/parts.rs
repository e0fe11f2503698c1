//! A long text in parts whose pieces are those of the whole.
//!
//! It is cut where what splits it knows that no piece changes ([`Cuts`], proofs there): into few parts for threads, and a Python
//! str into parts that are turned into UTF-8 one after the other. Texts that an engine of regular expressions splits are not cut.
//!
//! Costs: a look at some characters around each cut; where there is none, at all of them, once.

use super::split_by::Spaces;
use crate::error::Result;
use crate::fast::encode::parallel::GROUP;
use crate::fast::normal::normalizer::FastNormalizer;
use crate::fast::pystr::source::Source;
use crate::fast::pystr::str_to_utf8::Units;
use crate::fast::scan::Cuts;
use crate::fast::util::fallible::{append, collect, concat, push};
use crate::reference::published::metaspace::{MARKER, spaced};
use crate::support::interrupt;
use std::borrow::Cow;

/// How many units are searched for a cut at a time.
const WINDOW: usize = 1 << 12;
/// How many units of a Python str are turned into UTF-8 at a time.
pub const CHUNK: usize = 1 << 16;
const MOST_AT_ONCE: usize = 1 << 20;

/// The parts of a text for threads.
pub fn parts<'s>(cuts: &dyn Cuts, source: Source<'s>) -> Result<Vec<Source<'s>>> {
    Ok(match source {
        Source::Bytes(text) => collect(parts_of_bytes(cuts, text)?.into_iter().map(Source::Bytes))?,
        Source::Str(units) => collect(parts_of_units(cuts, &units)?.into_iter().map(Source::Str))?,
    })
}

fn parts_of_bytes<'t>(cuts: &dyn Cuts, text: &'t [u8]) -> Result<Vec<&'t [u8]>> {
    let mut parts = Vec::new();
    let mut start = 0;
    while text.len() - start > 2 * GROUP
        && let Some(end) = cuts.next(text, start + GROUP)
    {
        push(&mut parts, &text[start..end])?;
        start = end;
    }
    push(&mut parts, &text[start..])?;
    Ok(parts)
}

fn parts_of_units<'s>(cuts: &dyn Cuts, units: &Units<'s>) -> Result<Vec<Units<'s>>> {
    let mut parts = Vec::new();
    let (mut start, mut from) = (0, GROUP);
    let mut bytes = Vec::new();
    while units.len() - start > 2 * GROUP && from < units.len() {
        from += usize::from(units.splits_pair(from));
        bytes.clear();
        let window_end = units.transcode(from, WINDOW, &mut bytes)?;
        let Some(cut) = cuts.next(&bytes, 0) else {
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

/// Cuts that are not next to a marker, which is yet to become a space.
pub struct BetweenMarkers<'c>(pub &'c dyn Cuts);

impl Cuts for BetweenMarkers<'_> {
    fn is_cut(&self, text: &[u8], at: usize) -> bool {
        self.0.is_cut(text, at) && !beside_marker(text, at)
    }
}

/// Whether a marker, or the beginning of one, is on either side of a place of the text.
pub fn beside_marker(text: &[u8], at: usize) -> bool {
    MARKER.starts_with(&text[at..text.len().min(at + MARKER.len())]) || text[..at].ends_with(MARKER)
}

/// Calls `emit` with the UTF-8 of the units in parts, and whether a look at the units shows that forms leave it as it is; leaves `part`
/// empty. What becomes of spaces is done to the parts.
pub fn each_utf8(
    cuts: &dyn Cuts,
    units: Units,
    spaces: Spaces,
    forms: Option<&FastNormalizer>,
    part: &mut Vec<u8>,
    mut emit: impl FnMut(&[u8], bool) -> Result<()>,
) -> Result<()> {
    let mut stays = true;
    part.clear();
    if spaces.prefix {
        part.push(b' ');
    }
    // No cut is at or before `searched`, so that each place is looked at once however far apart cuts are.
    let (mut at, mut wanted, mut searched) = (0, CHUNK, 0);
    while at < units.len() {
        let (from, until) = (at, at.saturating_add(wanted).min(units.len()));
        while at < until {
            let new = part.len();
            at = units.transcode(at, MOST_AT_ONCE.min(until - at), part)?;
            if spaces.markers {
                replace_markers(part, new)?;
            }
            interrupt::check()?;
        }
        let new_stay = forms.map_or(Ok(true), |forms| forms.leave(&units.slice(from, at)))?;
        stays &= new_stay;
        if at == units.len() {
            break;
        }
        // The last cut; where there is none, the part grows, by more each time.
        wanted = part.len();
        if let Some(cut) = cuts.last(part, searched) {
            emit(&part[..cut], stays)?;
            part.drain(..cut);
            (wanted, stays) = (CHUNK, new_stay);
        }
        searched = part.len();
    }
    emit(part, stays)?;
    part.clear();
    part.shrink_to(2 * CHUNK);
    Ok(())
}

/// Writes spaces over the markers from a position on.
fn replace_markers(text: &mut Vec<u8>, from: usize) -> Result<()> {
    if let Cow::Owned(spaced) = spaced(&text[from..])? {
        text.truncate(from);
        append(text, &spaced)?;
    }
    Ok(())
}

/// Calls `emit` with the parts of the text with its markers as spaces, and the space before it. Only the beginning is copied for
/// that.
pub fn each_spaced(
    cuts: &dyn Cuts,
    text: &[u8],
    spaces: Spaces,
    mut emit: impl FnMut(&[u8]) -> Result<()>,
) -> Result<()> {
    let text = if spaces.markers { spaced(text)? } else { Cow::Borrowed(text) };
    let mut done = 0;
    if spaces.prefix {
        done = cuts.next(&text, 0).unwrap_or(text.len());
        emit(&concat(&[b" ", &text[..done]])?)?;
    }
    emit(&text[done..])
}

#[cfg(test)]
mod tests {
    use super::super::byte_cuts::ByteCuts;
    use super::*;
    use crate::fast::scan::{Grammar, NoCuts, Tier};
    use crate::reference::published::patterns::Pattern;
    use crate::reference::published::vocabs::Vocab;

    const CL100K: Tier = Tier::Masks(Grammar::Cl100k);

    /// Cuts between characters of a vocabulary of bytes, few of which merge.
    fn byte_cuts(merges: &[(u32, u32)]) -> ByteCuts {
        let order: Vec<u8> = (0..=255).collect();
        ByteCuts::new(&Vocab::from_merges(&order, merges).unwrap())
    }

    fn utf8_parts(cuts: &dyn Cuts, text: &str, spaces: Spaces) -> Vec<Vec<u8>> {
        let units: Vec<u16> = text.encode_utf16().collect();
        let (mut parts, mut buffer) = (Vec::new(), Vec::new());
        let keep = |part: &[u8], _| {
            parts.push(part.to_vec());
            Ok(())
        };
        each_utf8(cuts, Units::Two(&units), spaces, None, &mut buffer, keep).unwrap();
        assert!(buffer.is_empty() && buffer.capacity() <= 2 * CHUNK, "{} bytes are kept", buffer.capacity());
        parts
    }

    #[test]
    fn a_str_is_turned_into_utf8_part_by_part() {
        let bytes = byte_cuts(&[(97, 98)]);
        let text = "a word\u{2581}or two, \u{e9}abc\n".repeat(5 * CHUNK / 20);
        let (plain, spaced) = (Spaces::default(), Spaces { markers: true, prefix: true });
        let with_spaces = format!(" {}", text.replace('\u{2581}', " "));
        let cases: [(&dyn Cuts, Spaces, &String); 3] =
            [(CL100K.cuts(), plain, &text), (&bytes, plain, &text), (&bytes, spaced, &with_spaces)];
        for (cuts, spaces, expected) in cases {
            let parts = utf8_parts(cuts, &text, spaces);
            assert!(parts.concat() == expected.as_bytes());
            assert!(parts.len() > 4 && parts.iter().all(|part| part.len() < 2 * CHUNK));
            let mut end = 0;
            for part in &parts[..parts.len() - 1] {
                end += part.len();
                assert!(cuts.is_cut(expected.as_bytes(), end));
            }
        }
        assert!(utf8_parts(&NoCuts, &text, plain) == [text.as_bytes()]);
        let solid = "a".repeat(3 * CHUNK);
        assert!(utf8_parts(CL100K.cuts(), &solid, plain) == [solid.as_bytes()], "without a safe cut it is one part");
        assert_eq!(utf8_parts(&bytes, "", spaced), [b" "]);
        let parts = utf8_parts(CL100K.cuts(), &[solid, text].concat(), plain);
        assert!(parts.len() > 4 && parts[1..].iter().all(|part| part.len() < 2 * CHUNK));
    }

    #[test]
    fn a_str_is_cut_as_often_as_it_can_be_however_far_apart_cuts_are() {
        for apart in [CHUNK / 2, CHUNK - 7, CHUNK, 5 * CHUNK / 2] {
            let text = ("a".repeat(apart) + " ").repeat(40 * CHUNK / apart);
            let parts = utf8_parts(CL100K.cuts(), &text, Spaces::default());
            assert!(parts.concat() == text.as_bytes());
            let most = 2 * (apart + CHUNK);
            assert!(parts.iter().all(|part| part.len() <= most), "a cut each {apart} bytes");
        }
    }

    #[test]
    fn parts_are_about_as_large_as_a_group() {
        let bytes = byte_cuts(&[(97, 98)]);
        let bytes = BetweenMarkers(&bytes);
        let (words, solid) = ("words and words\u{2581}".repeat(7 * GROUP / 32), "x".repeat(5 * GROUP / 2));
        let marks = "\u{2581}".repeat(GROUP);
        for (cuts, is_scan) in [(CL100K.cuts(), true), (&bytes, false)] {
            for text in [&words, &solid, &marks] {
                let units: Vec<u16> = text.encode_utf16().collect();
                let of_units = parts_of_units(cuts, &Units::Two(&units)).unwrap();
                let of_units: Vec<Vec<u8>> = of_units.iter().map(|part| part.utf8().unwrap()).collect();
                let of_bytes: Vec<&[u8]> = parts_of_bytes(cuts, text.as_bytes()).unwrap();
                assert!(of_units.concat() == text.as_bytes() && of_bytes.concat() == text.as_bytes());
                let uncut = text == &marks || text == &solid && is_scan;
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
        let pattern = Pattern::new(r"\p{L}+|[^\p{L}]").unwrap();
        let cuts = pattern.scanner().unwrap().cuts();
        for shift in 0..3 {
            // U+1D400 is a letter; a half of it alone is U+FFFD, which is none.
            let text = "b".repeat(shift) + &"\u{1D400}a".repeat(GROUP);
            let twos: Vec<u16> = text.encode_utf16().collect();
            let fours: Vec<u32> = twos.iter().map(|&unit| unit.into()).collect();
            for units in [Units::Two(&twos), Units::Four(&fours)] {
                let parts = parts_of_units(cuts, &units).unwrap();
                assert!(parts.iter().map(|part| part.utf8().unwrap()).collect::<Vec<_>>().concat() == text.as_bytes());
                assert_eq!(parts.len(), 1, "one word is one piece");
            }
        }
    }

    #[test]
    fn no_cut_is_beside_a_marker() {
        let bytes = byte_cuts(&[]);
        let text = "\u{2581}\u{2581}ab\u{2581}c\u{e9}d".as_bytes();
        let cuts = [7, 12, 14];
        for from in 0..=text.len() {
            assert_eq!(BetweenMarkers(&bytes).next(text, from), cuts.into_iter().find(|&at| at >= from), "from {from}");
        }
    }

    #[test]
    fn a_text_of_two_groups_is_one_part() {
        let text = "words and words ".repeat(GROUP / 8) + "x";
        let units: Vec<u16> = text.encode_utf16().collect();
        for (length, n_parts) in [(2 * GROUP, 1), (2 * GROUP + 1, 2)] {
            assert_eq!(parts_of_bytes(CL100K.cuts(), &text.as_bytes()[..length]).unwrap().len(), n_parts);
            assert_eq!(parts_of_units(CL100K.cuts(), &Units::Two(&units[..length])).unwrap().len(), n_parts);
        }
    }

    #[test]
    fn parts_of_units_end_where_the_text_may_be_cut() {
        let words: String = (0..GROUP).map(|number| "x".repeat(1 + number * number % 11) + " ").collect();
        // There is a cut in the second window only.
        let text = "y".repeat(GROUP + WINDOW + WINDOW / 4) + &words;
        let units: Vec<u16> = text.encode_utf16().collect();
        let parts = parts_of_units(CL100K.cuts(), &Units::Two(&units)).unwrap();
        let mut at = 0;
        for part in &parts[..parts.len() - 1] {
            at += part.len();
            assert!(CL100K.cuts().is_cut(text.as_bytes(), at), "{at} of {}", text.len());
        }
        assert!(parts.len() > 4 && parts[0].len() < GROUP + 2 * WINDOW);
    }
}
