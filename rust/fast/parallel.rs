//! Many documents, or one long one, on several threads. The order of results is that of the input.
//!
//! Threads take items from a list by one atomic counter, the largest items first, so that none is left alone with a large
//! one at the end. They are made for the call and end with it: there is no pool that a fork could lose, and with one
//! thread, or little work, none is made at all. Each thread takes a workspace of its own from the encoder.
//!
//! One long document is cut where `scan::safe_cut` finds that no piece changes (proof there).
//!
//! Costs: some 50 microseconds a thread; so worth it from some hundred kilobytes on.

use super::encoder::{Encoder, Split};
use super::scan::{Grammar, safe_cut};
use crate::error::Result;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Less work than this, in bytes, is not worth another thread.
const WORTH_A_THREAD: usize = 1 << 17;
/// About the size of the parts of a long document.
const PART: usize = 1 << 19;

/// How many threads the machine runs at once.
pub fn available() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

/// Do `work` for every item, on at most so many threads; `size` says how many bytes an item is.
pub fn map<T: Sync, R: Send>(
    items: &[T],
    threads: usize,
    size: impl Fn(&T) -> usize,
    work: impl Fn(&T) -> R + Sync,
) -> Vec<R> {
    let bytes: usize = items.iter().map(&size).sum();
    let threads = threads.min(items.len()).min(bytes / WORTH_A_THREAD);
    if threads <= 1 {
        return items.iter().map(work).collect();
    }
    let mut order: Vec<usize> = (0..items.len()).collect();
    order.sort_by_key(|&item| std::cmp::Reverse(size(&items[item])));
    let next = AtomicUsize::new(0);
    let take = || {
        let mut done = Vec::new();
        while let Some(&item) = order.get(next.fetch_add(1, Ordering::Relaxed)) {
            done.push((item, work(&items[item])));
        }
        done
    };
    let mut results: Vec<(usize, R)> = std::thread::scope(|scope| {
        let others: Vec<_> = (1..threads).map(|_| std::thread::Builder::new().spawn_scoped(scope, take)).collect();
        let mut results = take();
        for other in others.into_iter().flatten() {
            // A thread that could not be made leaves its share to the others; one that panicked takes us with it.
            results.extend(other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        }
        results
    });
    results.sort_unstable_by_key(|&(item, _)| item);
    results.into_iter().map(|(_, result)| result).collect()
}

/// The parts of a long text, whose pieces are those of the whole.
fn parts(grammar: Grammar, text: &[u8]) -> Vec<&[u8]> {
    let mut parts = Vec::new();
    let mut start = 0;
    while text.len() - start > 2 * PART
        && let Some(end) = safe_cut(grammar, text, start + PART)
    {
        parts.push(&text[start..end]);
        start = end;
    }
    parts.push(&text[start..]);
    parts
}

impl Encoder {
    /// Append the ids of a text without special tokens, found by at most so many threads.
    pub fn encode_on(&self, threads: usize, text: &[u8], split: Split, out: &mut Vec<u32>) -> Result<()> {
        let Split::Scan(grammar) = split else { return self.encode(text, split, out) };
        if threads <= 1 || text.len() <= 2 * PART {
            return self.encode(text, split, out);
        }
        let encoded = map(
            &parts(grammar, text),
            threads,
            |part| part.len(),
            |part| {
                let mut ids = Vec::with_capacity(part.len() / 4);
                self.encode(part, split, &mut ids).map(|()| ids)
            },
        );
        for ids in encoded {
            out.extend_from_slice(&ids?);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vocab::Vocab;
    use std::sync::Arc;

    #[test]
    fn results_are_in_order() {
        let items: Vec<usize> = (0..1000).map(|item| item * 7919 % 1000).collect();
        let doubled = map(&items, 3, |&item| item * 1000, |&item| 2 * item);
        assert!(doubled.iter().zip(&items).all(|(double, item)| *double == 2 * item));
    }

    #[test]
    fn a_long_text_in_parts_is_the_whole() {
        let order: Vec<u8> = (0..=255).collect();
        let vocab = Vocab::from_merges(&order, &[(97, 98), (32, 256), (256, 99), (33, 10)]).unwrap();
        let encoder = Encoder::new(Arc::new(vocab));
        let text = b"ab abc!\n\n abab don't  abcab\r\n  x1234 abc!\n".repeat(60_000);
        for grammar in [Grammar::Gpt2, Grammar::Cl100k, Grammar::O200k] {
            assert!(parts(grammar, &text).len() > 3);
            let (mut one, mut many) = (Vec::new(), Vec::new());
            encoder.encode(&text, Split::Scan(grammar), &mut one).unwrap();
            encoder.encode_on(3, &text, Split::Scan(grammar), &mut many).unwrap();
            assert!(one == many);
        }
    }
}
