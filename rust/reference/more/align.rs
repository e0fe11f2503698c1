//! Two lists of tokens that spell one text: the finest spans with the same bytes on both sides.
//!
//! A token is its length in bytes here; a special token, which is not in the text, has none.
//!
//! By hand, with `ab` `c` `d` and `a` `bc` `d`, of the lengths 2 1 1 and 1 2 1: on both sides a token ends after
//! `abc` and after `abcd`, and nowhere else. So the spans are `ab c` with `a bc`, and `d` with `d`.
//!
//! Invariants: the spans cut both lists without gaps. The lengths of the two sides of a span have the same sum, and no span can
//! be cut in two that have. Where both lists have come to the same offset, tokens without bytes there are a span by themselves.
//!
//! Costs: O(n) for n tokens of both.
//!
//! Implements SPEC A1.

#![expect(clippy::cast_possible_wrap, reason = "lists have less than 2^63 tokens")]

use crate::error::Result;
use crate::support::interrupt;

/// Tokens of the left list and tokens of the right list with the same bytes: each from a start up to an end.
pub type Span = [i64; 4];

/// Returns the spans of two lists of lengths; both must have the same sum.
pub fn align(left: &[i64], right: &[i64]) -> Result<Vec<Span>> {
    let mut spans = Vec::new();
    let (mut a, mut b) = (0, 0);
    while a < left.len() || b < right.len() {
        let (start, other) = (a, b);
        while left.get(a) == Some(&0) {
            a += 1;
        }
        while right.get(b) == Some(&0) {
            b += 1;
        }
        if (a, b) == (start, other) {
            // By how many bytes the left side is ahead of the right one.
            let mut ahead = 0;
            while (a, b) == (start, other) || ahead != 0 {
                if ahead <= 0 {
                    (ahead, a) = (ahead + left[a], a + 1);
                } else {
                    (ahead, b) = (ahead - right[b], b + 1);
                }
            }
        }
        if spans.len() == spans.capacity() {
            spans.try_reserve(spans.len().max(1 << 10))?;
            interrupt::check()?;
        }
        spans.push([start, a, other, b].map(|place| place as i64));
    }
    Ok(spans)
}
