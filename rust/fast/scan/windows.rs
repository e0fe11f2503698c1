//! The loop over windows: from the starts of pieces as bits to their ends as numbers.
//!
//! Each window begins at the last start that the one before was sure of, so no state passes between them; about one piece in
//! fifteen is read twice. What a window cannot decide is left to `scalar.rs`; where several windows in a row cannot, as in binary data,
//! it takes twice as many pieces each time. Must equal that file's `piece_end`, called again and again.

use super::grammar::Grammar;
use super::masks::{self, REACH};
use super::scalar;
use crate::fast::simd::Kernel;
use crate::fast::simd::vector::Vectors;
use crate::fast::util::bits::write;
use crate::support::features::{HAS_FILES, HAS_MASKS};

/// The most pieces left to the scalar scanner at once.
const STRETCH: usize = 32;
/// A window that settled this many bytes was worth its time.
const WORTH: usize = 32;

/// Writes the ends of the pieces from `position` on, moves it to the last one, and returns their number, at least one. `position` is
/// inside the text, and `ends` not empty.
pub(super) struct Fill<'a> {
    pub(super) grammar: Grammar,
    pub(super) text: &'a [u8],
    pub(super) position: &'a mut usize,
    pub(super) ends: &'a mut [usize],
    /// Set if two characters of three bytes may meet inside one of the pieces: `wide_pairs.rs` finds where.
    pub(super) meet: &'a mut bool,
}

impl Kernel for Fill<'_> {
    type Output = usize;

    #[inline(always)]
    fn run<V: Vectors>(self, vectors: V) -> usize {
        let Fill { grammar, text, position, ends, meet } = self;
        // With the grammar known to the compiler, each of them becomes a separate loop.
        match grammar {
            any if !HAS_MASKS => fill_one(vectors, any, text, position, ends, meet),
            Grammar::Gpt2 => fill_one(vectors, Grammar::Gpt2, text, position, ends, meet),
            Grammar::Cl100k => fill_one(vectors, Grammar::Cl100k, text, position, ends, meet),
            Grammar::Llama3 if HAS_FILES => fill_one(vectors, Grammar::Llama3, text, position, ends, meet),
            Grammar::Qwen2 if HAS_FILES => fill_one(vectors, Grammar::Qwen2, text, position, ends, meet),
            Grammar::Qwen35 if HAS_FILES => fill_one(vectors, Grammar::Qwen35, text, position, ends, meet),
            Grammar::Tekken if HAS_FILES => fill_one(vectors, Grammar::Tekken, text, position, ends, meet),
            Grammar::Kimi if HAS_FILES => fill_one(vectors, Grammar::Kimi, text, position, ends, meet),
            // Without files, `Grammar::named` gives no others than these.
            _ => fill_one(vectors, Grammar::O200k, text, position, ends, meet),
        }
    }
}

#[inline(always)]
fn fill_one<V: Vectors>(
    vectors: V,
    grammar: Grammar,
    text: &[u8],
    position: &mut usize,
    ends: &mut [usize],
    meet: &mut bool,
) -> usize {
    let (mut start, mut count, mut meetings) = (*position, 0, 0);
    // A window gives up to 64 ends; a block that has no room for them is full.
    let room = if ends.len() < 64 { 1 } else { 64 };
    let mut stretch = 1;
    while start < text.len() && ends.len() - count >= room {
        if start + 1 == text.len() {
            // One byte is one piece. Before a run of spaces that is a token, it is a line end, as a rule, which no window decides.
            (start, ends[count]) = (text.len(), text.len());
            count += 1;
            break;
        }
        let starts = match text[start..].first_chunk() {
            _ if !HAS_MASKS => 0,
            Some(window) => masks::starts(vectors, grammar, window, &mut meetings),
            None => last_starts(vectors, grammar, &text[start..], &mut meetings),
        } & !1;
        if starts != 0 && write(starts, start, &mut ends[count..]) {
            count += starts.count_ones() as usize;
            let sure = starts.ilog2() as usize;
            start += sure;
            stretch = if sure < WORTH { stretch } else { 1 };
            continue;
        }
        for end in ends[count..].iter_mut().take(stretch) {
            *end = scalar::piece_end(grammar, text, start);
            meetings |= u64::from(!text[start..*end].is_ascii());
            start = *end;
            count += 1;
            if start == text.len() {
                break;
            }
        }
        stretch = STRETCH.min(2 * stretch);
    }
    *position = start;
    *meet |= meetings != 0;
    count
}

/// The starts in what is left of a text, as if spaces followed; its end is one, where a piece ends there for sure. That changes
/// nothing, as `cut.rs` proves: no piece spans a place between a character that is not white and a space, and what ends there
/// ends alike at the end of a text. White space at the end goes on to the edge of the window, which leaves it undecided.
#[inline(always)]
fn last_starts<V: Vectors>(vectors: V, grammar: Grammar, left: &[u8], meetings: &mut u64) -> u64 {
    let mut window = [b' '; REACH];
    window[..left.len()].copy_from_slice(left);
    let within = u64::MAX >> (63 - left.len().min(63));
    masks::starts(vectors, grammar, &window, meetings) & within
}

#[cfg(test)]
mod tests {
    use super::super::tests::GRAMMARS;
    use super::*;
    use crate::fast::simd::vector::Portable;

    #[test]
    fn what_is_left_of_a_text_is_decided_by_one_window() {
        let bits = |places: &[usize]| places.iter().fold(0, |all, at| all | 1 << at);
        for grammar in GRAMMARS {
            let starts = |text: &str| last_starts(Portable, grammar, text.as_bytes(), &mut 0);
            // The end of the text, too, where no white space is before it.
            assert_eq!(starts("one two"), bits(&[0, 3, 7]));
            assert_eq!(starts("a é"), bits(&[0, 1, 4]));
            assert_eq!(starts("x"), bits(&[0, 1]));
            // White space at the end may belong together: only that it begins there is sure.
            assert_eq!(starts("one  "), bits(&[0, 3]));
            // After bit 60 nothing is sure.
            for length in (1..REACH).step_by(2) {
                let text = &"a b c d ".repeat(9)[..length];
                assert_eq!(starts(text), (1..=length.min(60)).step_by(2).fold(1, |all, at| all | 1 << at), "{text}");
            }
        }
    }
}
