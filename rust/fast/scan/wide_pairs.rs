//! The places where two characters of three bytes meet, found 64 bytes at a time; for `encode/cut/static_cuts.rs`.
//!
//! Two of them meet at p if a lead of three bytes and two continuations stand at p - 3 and at p. A window of 64 bytes decides its
//! places 3 to 61, so the next begins 59 further on.

use crate::fast::simd::vector::{Ascii, Vectors};
use crate::fast::simd::{Isa, Kernel};
use crate::fast::util::bits::write;
use crate::fast::util::fallible::resize;
use std::ops::Range;

const WINDOW: usize = 64;
/// How many places a window decides.
const STEP: usize = 59;

/// Replaces `places` by the places strictly inside the range at which two characters of three bytes meet, as far as memory allows.
pub(crate) fn find_wide_pairs(text: &[u8], range: Range<usize>, places: &mut Vec<usize>) {
    Isa::fastest().run(Find { text, range, places });
}

pub(super) struct Find<'a> {
    pub(super) text: &'a [u8],
    pub(super) range: Range<usize>,
    pub(super) places: &'a mut Vec<usize>,
}

impl Kernel for Find<'_> {
    type Output = ();

    #[inline(always)]
    fn run<V: Vectors>(self, vectors: V) {
        find(vectors, self.text, self.range, self.places);
    }
}

#[inline(always)]
fn find<V: Vectors>(vectors: V, text: &[u8], range: Range<usize>, places: &mut Vec<usize>) {
    let mut count = 0;
    for start in range.clone().step_by(STEP) {
        let left = &text[start..];
        let meetings = if let Some(window) = left.first_chunk() {
            meetings(&vectors.ascii(window))
        } else if left.is_ascii() {
            0
        } else {
            let mut window = [0; WINDOW];
            window[..left.len()].copy_from_slice(left);
            meetings(&vectors.ascii(&window))
        };
        if meetings == 0 {
            continue;
        }
        if places.len() < count + WINDOW {
            let length = 2 * (count + WINDOW);
            // Without memory for more places, those found so far have to do.
            if resize(places, length, 0).is_err() {
                break;
            }
        }
        write(meetings, start, &mut places[count..]);
        count += meetings.count_ones() as usize;
    }
    places.truncate(count);
    while places.last().is_some_and(|&place| place >= range.end) {
        places.pop();
    }
}

#[inline(always)]
pub(super) fn meetings(masks: &Ascii) -> u64 {
    let whole = masks.from_three & !masks.from_four & masks.continuation >> 1 & masks.continuation >> 2;
    whole & whole << 3
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fast::simd::vector::Portable;

    #[test]
    fn many_places_are_all_found_and_those_of_before_are_gone() {
        let mut places = vec![1, 2, 3];
        for characters in [0, 1, 2, 20, 100, 3000] {
            let text = "日".repeat(characters);
            find(Portable, text.as_bytes(), 0..text.len(), &mut places);
            assert_eq!(places, (3..text.len()).step_by(3).collect::<Vec<_>>(), "{characters}");
        }
        find(Portable, "a日本b日本é日😀本日".as_bytes(), 0..29, &mut places);
        assert_eq!(places, [4, 11, 26]);
        find(Portable, b"abc", 0..3, &mut places);
        assert_eq!(places, [0; 0]);
    }
}
