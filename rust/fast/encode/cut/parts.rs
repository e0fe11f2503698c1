//! A long text in parts for threads, whose pieces are those of the whole, cut where [`Cuts`] allow. Texts that an engine of regular
//! expressions splits are not cut.
//!
//! Cost: a look at some characters around each cut; where there is none, at all of them, once.

use super::split_by::Spaces;
use crate::error::Result;
use crate::fast::encode::parallel::GROUP;
use crate::fast::scan::Cuts;
use crate::fast::util::fallible::{concat, push};
use crate::reference::published::metaspace::{MARKER, spaced};
use std::borrow::Cow;

pub fn parts<'t>(cuts: &dyn Cuts, text: &'t [u8]) -> Result<Vec<&'t [u8]>> {
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

/// Cuts that are not next to a marker, which is yet to become a space.
pub struct BetweenMarkers<'c>(pub &'c dyn Cuts);

impl Cuts for BetweenMarkers<'_> {
    fn is_cut(&self, text: &[u8], at: usize) -> bool {
        self.0.is_cut(text, at) && !beside_marker(text, at)
    }
}

/// Whether a marker, or its beginning, is on either side of a place of the text.
pub fn beside_marker(text: &[u8], at: usize) -> bool {
    MARKER.starts_with(&text[at..text.len().min(at + MARKER.len())]) || text[..at].ends_with(MARKER)
}

/// Calls `emit` with the parts of the text with its markers as spaces, and the space before it. Only the beginning is copied.
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
    use crate::fast::scan::{Grammar, Tier};
    use crate::reference::published::vocabs::Vocab;

    const CL100K: Tier = Tier::Masks(Grammar::Cl100k);

    fn byte_cuts(merges: &[(u32, u32)]) -> ByteCuts {
        let order: Vec<u8> = (0..=255).collect();
        ByteCuts::new(&Vocab::from_merges(&order, merges).unwrap())
    }

    #[test]
    fn parts_are_about_as_large_as_a_group() {
        let bytes = byte_cuts(&[(97, 98)]);
        let bytes = BetweenMarkers(&bytes);
        let (words, solid) = ("words and words\u{2581}".repeat(7 * GROUP / 32), "x".repeat(5 * GROUP / 2));
        let marks = "\u{2581}".repeat(GROUP);
        for (cuts, is_scan) in [(CL100K.cuts(), true), (&bytes, false)] {
            for text in [&words, &solid, &marks] {
                let found: Vec<&[u8]> = parts(cuts, text.as_bytes()).unwrap();
                assert!(found.concat() == text.as_bytes());
                let uncut = text == &marks || text == &solid && is_scan;
                let lengths: Vec<usize> = found.iter().map(|part| part.len()).collect();
                let (last, others) = lengths.split_last().unwrap();
                assert_eq!(others.is_empty(), uncut, "{lengths:?}");
                assert!(uncut || (GROUP - 40..=2 * GROUP).contains(last));
                assert!(others.iter().all(|len| (GROUP..GROUP + 40).contains(len)));
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
        for (length, n_parts) in [(2 * GROUP, 1), (2 * GROUP + 1, 2)] {
            assert_eq!(parts(CL100K.cuts(), &text.as_bytes()[..length]).unwrap().len(), n_parts);
        }
    }
}
