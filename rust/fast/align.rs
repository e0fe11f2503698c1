//! Two lists of tokens that spell one text: the finest spans. Must equal `align` of `rust/reference/more/align.rs`.
//!
//! Most tokens have one of the same length beside them, and then they are a span.
//!
//! Costs: some nanoseconds a span, and 32 bytes.

#![expect(clippy::cast_possible_wrap, reason = "lists have less than 2^63 tokens")]

use crate::error::Result;
use crate::fast::util::fallible::{push, room};
use crate::reference::more::align::Span;
use crate::support::interrupt;

/// How many spans are found between two looks at whether to stop.
const STRETCH: usize = 1 << 16;

/// Returns the spans of two lists of lengths; None if their sums differ, or a length is negative.
pub fn align(left: &[i64], right: &[i64]) -> Result<Option<Vec<Span>>> {
    let (mut spans, mut a, mut b) = (room(left.len().min(right.len()))?, 0, 0);
    while a < left.len() || b < right.len() {
        let (start, other) = (a, b);
        // By how many bytes the left side is ahead of the right one.
        let mut ahead: i64 = match (left.get(a), right.get(b)) {
            (Some(&one), Some(&two)) if one > 0 && two > 0 => {
                (a, b) = (a + 1, b + 1);
                one - two
            }
            _ => {
                a += left[a..].iter().take_while(|&&length| length == 0).count();
                b += right[b..].iter().take_while(|&&length| length == 0).count();
                if (a, b) == (start, other) {
                    return Ok(None);
                }
                0
            }
        };
        while ahead != 0 {
            let (lengths, at) = if ahead < 0 { (left, &mut a) } else { (right, &mut b) };
            let Some(&length) = lengths.get(*at).filter(|&&length| length >= 0) else { return Ok(None) };
            ahead += if ahead < 0 { length } else { -length };
            *at += 1;
        }
        push(&mut spans, [start, a, other, b].map(|place| place as i64))?;
        if spans.len().is_multiple_of(STRETCH) {
            interrupt::check()?;
        }
    }
    Ok(Some(spans))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reference::more::align as reference;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn spans_are_those_of_the_mirror(mut left: Vec<u8>, mut right: Vec<u8>) {
            let lengths = |list: &[u8]| -> Vec<i64> { list.iter().map(|length| i64::from(length % 4)).collect() };
            let sum = |list: &[u8]| lengths(list).iter().sum::<i64>();
            while sum(&left) < sum(&right) {
                left.push(1);
            }
            while sum(&right) < sum(&left) {
                right.push(1);
            }
            let (mut left, right) = (lengths(&left), lengths(&right));
            prop_assert_eq!(align(&left, &right), Ok(reference::align(&left, &right).ok()));
            left.push(1);
            prop_assert_eq!(align(&left, &right), Ok(None));
            prop_assert_eq!(align(&right, &left), Ok(None));
        }
    }

    #[test]
    fn lengths_that_no_tokens_have() {
        for (left, right) in
            [(&[-1][..], &[-1][..]), (&[2, -1], &[1]), (&[i64::MAX, 1], &[1, i64::MAX, 1]), (&[1], &[])]
        {
            assert_eq!(align(left, right), Ok(None), "{left:?} {right:?}");
        }
    }
}
