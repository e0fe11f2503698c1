//! Many documents, or one long one, on several threads. The order of results is that of the input.
//!
//! Threads take items from a list by one atomic counter, the largest items first, so that none is left alone with a large
//! one at the end. They are made for the call and end with it: there is no pool that a fork could lose, and with one
//! thread, or little work, none is made at all. Each thread takes a workspace of its own from the encoder, and writes the ids
//! of all its items into one buffer of its own; the threads then copy them to their places side by side.
//!
//! One long document is cut where `scan::safe_cut` finds that no piece changes (proof there).
//!
//! Costs: some 50 microseconds a thread, and a copy of the ids; so worth it from some hundred kilobytes on.

#![allow(unsafe_code)]

use super::encoder::{Encoder, Split};
use super::huge;
use super::scan::{Grammar, safe_cut};
use super::transcode::Units;
use crate::error::Result;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Less work than this, in bytes, is not worth another thread.
const WORTH_A_THREAD: usize = 1 << 17;
/// About the size of the parts of a long document, in bytes or units.
const PART: usize = 1 << 19;
/// How many units are looked at for a cut.
const WINDOW: usize = 1 << 12;

/// How many threads the machine runs at once.
pub fn available() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

/// Do `work` on so many threads at once, of which the caller's is one; what each of them gives.
fn on_threads<R: Send>(threads: usize, work: impl Fn() -> R + Sync) -> Vec<R> {
    std::thread::scope(|scope| {
        let others: Vec<_> = (1..threads).map(|_| std::thread::Builder::new().spawn_scoped(scope, &work)).collect();
        let mut results = vec![work()];
        for other in others.into_iter().flatten() {
            // A thread that could not be made leaves its share to the others; one that panicked takes us with it.
            results.push(other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        }
        results
    })
}

/// Work that is handed out item by item.
struct Share<'i, T> {
    items: &'i [T],
    order: Vec<usize>,
    next: AtomicUsize,
    threads: usize,
    bytes: usize,
}

impl<'i, T> Share<'i, T> {
    /// For at most so many threads; `size` says how many bytes an item is.
    fn new(items: &'i [T], threads: usize, size: impl Fn(&T) -> usize) -> Share<'i, T> {
        let bytes: usize = items.iter().map(&size).sum();
        let threads = threads.min(items.len()).min(bytes / WORTH_A_THREAD).max(1);
        let mut order: Vec<usize> = (0..items.len()).collect();
        if threads > 1 {
            order.sort_by_key(|&item| std::cmp::Reverse(size(&items[item])));
        }
        Share { items, order, next: AtomicUsize::new(0), threads, bytes }
    }

    /// The next item that nobody has taken, and its number.
    fn take(&self) -> Option<(usize, &'i T)> {
        let &item = self.order.get(self.next.fetch_add(1, Ordering::Relaxed))?;
        Some((item, &self.items[item]))
    }
}

/// Do `work` for every item, on at most so many threads; `size` says how many bytes an item is.
pub fn map<T: Sync, R: Send>(
    items: &[T],
    threads: usize,
    size: impl Fn(&T) -> usize,
    work: impl Fn(&T) -> R + Sync,
) -> Vec<R> {
    let share = Share::new(items, threads, size);
    let done = on_threads(share.threads, || {
        let mut done = Vec::new();
        while let Some((item, content)) = share.take() {
            done.push((item, work(content)));
        }
        done
    });
    let mut results: Vec<(usize, R)> = done.into_iter().flatten().collect();
    results.sort_unstable_by_key(|&(item, _)| item);
    results.into_iter().map(|(_, result)| result).collect()
}

/// The ids of all items, one item after the other, and where each begins: item i has `offsets[i]..offsets[i + 1]`. `encode`
/// appends the ids of an item.
pub fn encode_all<T: Sync>(
    items: &[T],
    threads: usize,
    size: impl Fn(&T) -> usize,
    encode: impl Fn(&T, &mut Vec<u32>) -> Result<()> + Sync,
) -> Result<(Vec<u32>, Vec<u64>)> {
    let share = Share::new(items, threads, size);
    let done = on_threads(share.threads, || {
        let mut ids = huge::with_capacity(share.bytes / share.threads / 2);
        let mut ends = Vec::new();
        while let Some((item, content)) = share.take() {
            encode(content, &mut ids)?;
            ends.push((item, ids.len()));
        }
        Ok((ids, ends))
    });
    let mut done = done.into_iter().collect::<Result<Vec<_>>>()?;
    let mut offsets = vec![0; items.len() + 1];
    for (_, ends) in &done {
        let mut start = 0;
        for &(item, end) in ends {
            offsets[item + 1] = (end - start) as u64;
            start = end;
        }
    }
    for item in 0..items.len() {
        offsets[item + 1] += offsets[item];
    }
    match &mut *done {
        [(ids, _)] => {
            huge::give_back(ids);
            Ok((std::mem::take(ids), offsets))
        }
        done => Ok((join(done, &offsets), offsets)),
    }
}

/// Where threads write, each to places of its own.
struct Target(*mut u32);

// SAFETY: `join` gives no place to two threads.
unsafe impl Sync for Target {}

/// The ids that a thread found, and its items, each with the end of its ids.
type Found = (Vec<u32>, Vec<(usize, usize)>);

/// The ids of all items, copied to where `offsets` wants them.
fn join(done: &[Found], offsets: &[u64]) -> Vec<u32> {
    let total = offsets.last().map_or(0, |&end| end as usize);
    let mut joined: Vec<u32> = huge::with_capacity(total);
    let target = Target(joined.as_mut_ptr());
    let next = AtomicUsize::new(0);
    on_threads(done.len(), || {
        let target = &target;
        while let Some((ids, ends)) = done.get(next.fetch_add(1, Ordering::Relaxed)) {
            let mut start = 0;
            for &(item, end) in ends {
                let part = &ids[start..end];
                // SAFETY: the part is as long as its item's place, the places of items do not overlap and end at `total`,
                // for which there is room; each item is in one thread's list, which is taken once.
                unsafe { target.0.add(offsets[item] as usize).copy_from_nonoverlapping(part.as_ptr(), part.len()) };
                start = end;
            }
        }
    });
    // SAFETY: every item's place has been written.
    unsafe { joined.set_len(total) };
    joined
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

/// The same of a Python str.
fn parts_of_units<'s>(grammar: Grammar, units: &Units<'s>) -> Vec<Units<'s>> {
    let mut parts = Vec::new();
    let (mut start, mut from) = (0, PART);
    let mut bytes = Vec::new();
    while units.len() - start > 2 * PART && from < units.len() {
        bytes.clear();
        let window_end = units.transcode(from, WINDOW, &mut bytes);
        let Some(cut) = safe_cut(grammar, &bytes, 0) else {
            from = window_end;
            continue;
        };
        // Unit by unit to the byte at which to cut.
        bytes.clear();
        let mut end = from;
        while bytes.len() < cut {
            end = units.transcode(end, 1, &mut bytes);
        }
        parts.push(units.slice(start, end));
        (start, from) = (end, end + PART);
    }
    parts.push(units.slice(start, units.len()));
    parts
}

impl Encoder {
    /// Append the ids of a text without special tokens, found by at most so many threads.
    pub fn encode_on(&self, threads: usize, text: &[u8], split: Split, out: &mut Vec<u32>) -> Result<()> {
        match split {
            Split::Scan(grammar) if threads > 1 && text.len() > 2 * PART => {
                let parts = parts(grammar, text);
                append(
                    out,
                    encode_all(&parts, threads, |part| part.len(), |part, ids| self.encode(part, split, ids))?.0,
                );
                Ok(())
            }
            _ => self.encode(text, split, out),
        }
    }

    /// The same of a Python str.
    pub fn encode_units_on(&self, threads: usize, units: Units, split: Split, out: &mut Vec<u32>) -> Result<()> {
        match split {
            Split::Scan(grammar) if threads > 1 && units.len() > 2 * PART => {
                let parts = parts_of_units(grammar, &units);
                append(
                    out,
                    encode_all(&parts, threads, Units::len, |part, ids| self.encode_units(*part, split, ids))?.0,
                );
                Ok(())
            }
            _ => self.encode_units(units, split, out),
        }
    }
}

/// Append ids; where there is nothing yet, without a copy.
fn append(out: &mut Vec<u32>, ids: Vec<u32>) {
    if out.is_empty() {
        *out = ids;
    } else {
        out.extend_from_slice(&ids);
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

    #[test]
    fn a_long_str_in_parts_is_the_whole() {
        let order: Vec<u8> = (0..=255).collect();
        let encoder = Encoder::new(Arc::new(Vocab::from_merges(&order, &[(97, 98), (32, 256), (256, 99)]).unwrap()));
        let text = "ab abc! é\u{4e2d}\n\n abab don't  abc👍ab\r\n  x1234 abc!\n".repeat(40_000);
        let twos: Vec<u16> = text.encode_utf16().collect();
        let fours: Vec<u32> = text.chars().map(u32::from).collect();
        for grammar in [Grammar::Gpt2, Grammar::Cl100k, Grammar::O200k] {
            let split = Split::Scan(grammar);
            let mut one = vec![7];
            encoder.encode(text.as_bytes(), split, &mut one).unwrap();
            for units in [Units::Two(&twos), Units::Four(&fours)] {
                assert!(parts_of_units(grammar, &units).len() > 2);
                let mut many = vec![7];
                encoder.encode_units_on(3, units, split, &mut many).unwrap();
                assert!(one == many);
            }
        }
    }
}
