//! Two places of a text at once.
//!
//! A step of `char_pairs.rs` waits for the next row. A second stream, at another place of the text, uses that time. It begins at a
//! safe cut (`cuts.rs`), as at the start of a text; the first ends there as at the end of one. By hand: `"one two three four"` is cut
//! before `" three"`; one stream finds 3 and 7, the other 13 and 18.
//!
//! On text that is not ASCII it loses: there the look-up of classes takes the time, and both streams wait for it. So `table.rs` runs
//! two only where both begin with ASCII.
//!
//! Buys: with one stream, text that comes again takes 1.08 to 1.11 times as long.

#![allow(unsafe_code)]

use super::char_pairs::{CharPairs, Stream, ascii_at};
use super::partition::ClassTable;

/// Runs both streams, the first up to its end, the second until then or up to its own.
///
/// # Safety
/// As for [`CharPairs::run`], for both.
pub(super) unsafe fn run(pairs: &CharPairs, classes: &ClassTable, text: &[u8], streams: [(&mut Stream, usize); 2]) {
    let [(first, until_first), (second, until_second)] = streams;
    while first.at + 8 <= until_first && second.at + 8 <= until_second {
        if let (Some(one), Some(other)) = (ascii_at(text, first.at), ascii_at(text, second.at)) {
            // SAFETY: up to the caller.
            unsafe {
                pairs.eight(first, one);
                pairs.eight(second, other);
            }
        } else {
            let (stop_first, stop_second) = (first.at + 8, second.at + 8);
            // SAFETY: up to the caller.
            unsafe {
                pairs.run(classes, text, first, stop_first);
                pairs.run(classes, text, second, stop_second);
            }
        }
    }
    // SAFETY: up to the caller.
    unsafe {
        pairs.run(classes, text, first, until_first);
        pairs.run(classes, text, second, until_second);
    }
}
