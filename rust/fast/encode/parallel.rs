//! Many documents on several threads. The order of results is that of the input.
//!
//! Threads take items, or groups of small ones, from a list by one atomic counter. With one thread, or little work, none is
//! started. Each thread takes its own workspace from the encoder. One long document is a batch of its parts (`parts.rs`).
//!
//! Where a group's ids go is known once all groups before it are done. So the groups are handed out in order, and each
//! thread encodes into a small buffer, which is copied to its place while it is still in the cache; a group that is done too
//! soon waits, and the thread that closes the gap copies it. While the ids that wait are many, no further group is begun.
//!
//! Costs: the ids, and an eighth of them, or [`WAITING`], that wait; some 50 microseconds a thread, and a copy of the ids; so worth it from some hundred kilobytes on.

#![allow(unsafe_code)]

use super::id_buffer::room_for;
use crate::error::Result;
use crate::fast::util::fallible::{collect, extend, push, room, try_collect};
use crate::fast::util::threads::on_threads;
use crate::support::interrupt;
use crate::support::sync::atomic::{AtomicUsize, Ordering};
use crate::support::sync::{Mutex, MutexGuard, PoisonError, RawMemory, RwLock, pause};
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::atomic::AtomicU64;

/// Less work than this, in bytes, is not worth another thread.
const WORTH_A_THREAD: usize = 1 << 17;
/// About the size of the parts of a long document, in bytes or units, and of groups of short ones.
pub(super) const GROUP: usize = 1 << 18;
/// As many ids may wait for those before them, or an eighth of all, if that is more.
const WAITING: usize = if cfg!(any(test, loom)) { 1 } else { 1 << 22 };
/// The most threads that are made unless the machine has more; each takes memory of its own.
const MOST_THREADS: usize = 256;

/// Ranges of neighbouring items, large enough that taking one costs next to nothing; and the size of all items.
fn groups<T>(items: &[T], size: impl Fn(&T) -> usize) -> Result<(Vec<Range<usize>>, usize)> {
    let mut groups = Vec::new();
    let (mut start, mut bytes, mut all) = (0, 0, 0);
    for (item, content) in items.iter().enumerate() {
        bytes += size(content);
        if bytes >= GROUP || item + 1 == items.len() {
            push(&mut groups, start..item + 1)?;
            all += bytes;
            (start, bytes) = (item + 1, 0);
        }
    }
    Ok((groups, all))
}

/// More threads than this are never made, whatever the caller asks for.
pub fn most_threads() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get).max(MOST_THREADS)
}

/// How many threads that much work is worth.
fn worth(threads: usize, groups: usize, bytes: usize) -> usize {
    if cfg!(target_family = "wasm") {
        return 1; // so that what follows is not compiled
    }
    let wanted = threads.min(groups).min(bytes / WORTH_A_THREAD).max(1);
    // To ask how many there are reads files of the system, which takes longer than some short texts.
    if wanted <= MOST_THREADS { wanted } else { wanted.min(most_threads()) }
}

/// Calls `make` for every item, on at most `threads` threads, and returns the results in the order of the items; `size` says
/// how many bytes an item is.
pub fn map<T: Sync, R: Send>(
    items: &[T],
    threads: usize,
    size: impl Fn(&T) -> usize,
    make: impl Fn(&T) -> Result<R> + Sync,
) -> Result<Vec<R>> {
    let (groups, bytes) = groups(items, size)?;
    let next = AtomicUsize::new(0);
    let work = || {
        let mut done = Vec::new();
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            let Some(group) = groups.get(number) else { return Ok(done) };
            push(&mut done, (number, try_collect(items[group.clone()].iter().map(&make))?))?;
        }
    };
    let done = on_threads(worth(threads, groups.len(), bytes), work, work)?;
    let mut done: Vec<(usize, Vec<R>)> = collect(done.into_iter().flatten())?;
    done.sort_unstable_by_key(|&(number, _)| number);
    let mut results = room(items.len())?;
    for (_, made) in done {
        extend(&mut results, made)?;
    }
    Ok(results)
}

/// The ids of all items, one item after the other, and where each begins: item i has `offsets[i]..offsets[i + 1]`. `size` says
/// about how many bytes an item is; `encode` appends its ids.
pub fn encode_all<T: Sync>(
    items: &[T],
    threads: usize,
    size: impl Fn(&T) -> usize,
    encode: impl Fn(&T, &mut Vec<u32>) -> Result<()> + Sync,
) -> Result<(Vec<u32>, Vec<u64>)> {
    let (groups, bytes) = groups(items, size)?;
    let threads = worth(threads, groups.len(), bytes);
    let mut all = room_for(bytes);
    let mut offsets = room(items.len() + 1)?;
    offsets.push(0);
    if threads == 1 {
        for item in items {
            encode(item, &mut all)?;
            offsets.push(all.len() as u64);
        }
        return Ok((all, offsets));
    }
    let queue = InOrder::new(all, WAITING.max(bytes / 32));
    let next = AtomicUsize::new(0);
    // Where the ids of each item end, in its group.
    let ends: Vec<AtomicU64> = collect(items.iter().map(|_| AtomicU64::new(0)))?;
    let work = || {
        let mut ids = Vec::new();
        loop {
            queue.wait()?;
            let number = next.fetch_add(1, Ordering::Relaxed);
            let Some(group) = groups.get(number) else { return Ok(()) };
            for item in group.clone() {
                encode(&items[item], &mut ids)?;
                ends[item].store(ids.len() as u64, Ordering::Relaxed);
            }
            ids = queue.put(number, ids)?;
        }
    };
    on_threads(threads, work, work)?;
    for group in groups {
        let start = offsets[group.start];
        for end in &ends[group] {
            offsets.push(start + end.load(Ordering::Relaxed));
        }
    }
    Ok((queue.finish(), offsets))
}

/// Numbered lists of ids, put one after the other in the order of their numbers.
pub(super) struct InOrder {
    state: Mutex<State>,
    /// Shared by the threads that copy ids to their places; held alone by the one that moves everything to a larger room.
    moving: RwLock<()>,
    /// The room, as the models of the threads see it.
    room: RawMemory,
    /// When this many ids wait, no further list is begun.
    most_waiting: usize,
}

#[derive(Default)]
struct State {
    /// Where the ids go, and how many have a place there. The vector stays empty until all are written.
    all: Vec<u32>,
    length: usize,
    /// The number of the list that comes next.
    next: usize,
    /// Lists that came before their turn.
    waiting: BTreeMap<usize, Vec<u32>>,
    /// The ids in them.
    ids_waiting: usize,
    /// Buffers to be used again.
    spare: Vec<Vec<u32>>,
}

impl InOrder {
    /// Writes into the room of an empty vector. `most_waiting`: as many ids may wait for lists before theirs, and those of the
    /// lists that were begun meanwhile.
    pub(super) fn new(all: Vec<u32>, most_waiting: usize) -> InOrder {
        InOrder {
            state: Mutex::new(State { all, ..State::default() }),
            moving: RwLock::new(()),
            room: RawMemory::new(),
            most_waiting,
        }
    }

    /// Waits until another list may be begun. Lists are begun in order, so that another thread is at work on the one that those
    /// that wait are waiting for; if it fails, this one is stopped.
    pub(super) fn wait(&self) -> Result<()> {
        while self.state().ids_waiting > self.most_waiting {
            interrupt::check_now()?;
            pause();
        }
        Ok(())
    }

    /// Puts a list in its place and returns an empty buffer.
    pub(super) fn put(&self, number: usize, ids: Vec<u32>) -> Result<Vec<u32>> {
        let mut state = self.state();
        state.ids_waiting += ids.len();
        state.waiting.insert(number, ids);
        let mut ready = collect(std::iter::from_fn(|| state.take_next()))?;
        let length = ready.iter().map(Vec::len).sum();
        let mut place = self.place(&mut state, length)?;
        // Nobody can move the room between the two: for that, the state is needed.
        let copying = self.moving.read();
        drop(state);
        self.room.shared(|| {
            for ids in &ready {
                // SAFETY: `place` gave out as many words as there are, to nobody else, and none of them moves while this copies.
                unsafe {
                    place.copy_from_nonoverlapping(ids.as_ptr(), ids.len());
                    place = place.add(ids.len());
                }
            }
        });
        drop(copying);
        let mut state = self.state();
        state.spare.append(&mut ready);
        let mut buffer = state.spare.pop().unwrap_or_default();
        buffer.clear();
        Ok(buffer)
    }

    /// The place of the next `length` ids.
    fn place(&self, state: &mut State, length: usize) -> Result<*mut u32> {
        let start = state.length;
        if start + length > state.all.capacity() {
            let alone = self.moving.write();
            let reserved = self.room.exclusive(|| {
                // SAFETY: nobody copies any more, so all that was given out is written.
                unsafe { state.all.set_len(start) };
                let reserved = state.all.try_reserve(length);
                // SAFETY: fewer than there are.
                unsafe { state.all.set_len(0) };
                reserved
            });
            drop(alone);
            reserved?;
        }
        state.length += length;
        Ok(state.all.as_mut_ptr().wrapping_add(start))
    }

    /// All lists, when all were put.
    pub(super) fn finish(self) -> Vec<u32> {
        let State { mut all, length, .. } = self.state.into_inner().unwrap_or_else(PoisonError::into_inner);
        // SAFETY: every list that was put has been copied, so all places up to here have been written.
        unsafe { all.set_len(length) };
        all
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// The list whose turn it is, if it has come.
    fn take_next(&mut self) -> Option<Vec<u32>> {
        let ids = self.waiting.remove(&self.next)?;
        self.next += 1;
        self.ids_waiting -= ids.len();
        Some(ids)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_are_in_order() {
        let items: Vec<usize> = (0..1000).map(|item| item * 7919 % 1000).collect();
        let doubled = map(&items, 3, |&item| item * 1000, |&item| Ok(2 * item)).unwrap();
        assert!(doubled.iter().zip(&items).all(|(double, item)| *double == 2 * item));
    }

    #[test]
    fn ids_are_in_order_however_many_they_are() {
        let items: Vec<u32> = (0..300).collect();
        let many = |item: &u32| (*item as usize * 7919 % 50) << 8;
        let encode = |item: &u32, ids: &mut Vec<u32>| {
            ids.extend(std::iter::repeat_n(*item, many(item)));
            Ok(())
        };
        // The room is reckoned by the size, so that it has to grow again and again.
        let (all, offsets) = encode_all(&items, 3, |_| WORTH_A_THREAD / 64, encode).unwrap();
        let wanted: Vec<u32> = items.iter().flat_map(|item| std::iter::repeat_n(*item, many(item))).collect();
        assert!(all == wanted);
        assert!(items.iter().zip(offsets.windows(2)).all(|(item, at)| (at[1] - at[0]) as usize == many(item)));
    }

    #[test]
    fn groups_are_as_large_as_one_and_no_larger_than_they_must_be() {
        let sizes = [GROUP - 1, 1, GROUP, 0, 5, GROUP - 6, 9, 3 * GROUP, 7, 7];
        let (found, all) = groups(&sizes, |&size| size).unwrap();
        assert_eq!((found, all), (vec![0..2, 2..3, 3..7, 7..8, 8..10], sizes.iter().sum()));
        assert_eq!(groups(&[0; 0], |&size| size), Ok((vec![], 0)));
    }

    #[test]
    fn threads_are_no_more_than_the_work_is_worth() {
        let (much, many) = (usize::MAX, usize::MAX);
        assert_eq!([0, 1, 7].map(|threads| worth(threads, many, much)), [1, 1, 7]);
        assert_eq!([0, 1, 3].map(|groups| worth(7, groups, much)), [1, 1, 3]);
        let bytes = [0, WORTH_A_THREAD - 1, WORTH_A_THREAD, 2 * WORTH_A_THREAD - 1, 2 * WORTH_A_THREAD];
        assert_eq!(bytes.map(|bytes| worth(7, many, bytes)), [1, 1, 1, 1, 2]);
        assert_eq!(worth(many, many, much), most_threads());
        assert!(most_threads() >= MOST_THREADS);
    }

    #[test]
    fn work_for_two_threads_is_done_by_two() {
        let (seen, come) = (std::sync::Mutex::new(std::collections::HashSet::new()), std::sync::Condvar::new());
        let here = |&item: &u32, ids: &mut Vec<u32>| {
            let mut seen = seen.lock().unwrap();
            seen.insert(std::thread::current().id());
            come.notify_all();
            let wait = std::time::Duration::from_secs(60);
            drop(come.wait_timeout_while(seen, wait, |seen| seen.len() < 2).unwrap());
            ids.push(item);
            Ok(())
        };
        let (ids, offsets) = encode_all(&[5, 6], 2, |_| GROUP, here).unwrap();
        assert_eq!((ids, offsets, seen.lock().unwrap().len()), (vec![5, 6], vec![0, 1, 2], 2));
    }

    #[test]
    fn little_work_is_done_by_the_caller() {
        let caller = std::thread::current().id();
        let here = |&item: &u32, ids: &mut Vec<u32>| {
            assert_eq!(std::thread::current().id(), caller);
            ids.extend([item; 2]);
            Ok(())
        };
        assert_eq!(encode_all(&[5, 6], 2, |_| 9, here).unwrap(), (vec![5, 5, 6, 6], vec![0, 2, 4]));
        assert_eq!(encode_all(&[], 2, |_| 9, here).unwrap(), (vec![], vec![0]));
    }

    #[test]
    fn few_ids_wait_for_a_slow_group() {
        const GROUPS: usize = 100;
        const IDS: usize = GROUP / 4;
        let (done, met) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let encode = |&item: &usize, ids: &mut Vec<u32>| {
            ids.resize(ids.len() + IDS, item as u32);
            if item == 0 {
                // As long as the other thread begins groups.
                let mut seen = usize::MAX;
                while seen != done.load(Ordering::Relaxed) {
                    seen = done.load(Ordering::Relaxed);
                    std::thread::sleep(std::time::Duration::from_millis(100));
                }
                met.store(seen, Ordering::Relaxed);
            }
            done.fetch_add(1, Ordering::Relaxed);
            Ok(())
        };
        let items: Vec<usize> = (0..GROUPS).collect();
        let (ids, _) = encode_all(&items, 2, |_| GROUP, encode).unwrap();
        assert!(ids.chunks(IDS).enumerate().all(|(item, ids)| ids.iter().all(|&id| id == item as u32)));
        let most = WAITING.max(GROUPS * GROUP / 32) / IDS;
        assert!(met.into_inner() <= most + 1, "of {GROUPS} groups, {most} may wait");
    }

    #[test]
    fn who_waits_for_a_slow_group_is_stopped_if_it_fails() {
        let encode = |&item: &usize, ids: &mut Vec<u32>| {
            ids.resize(ids.len() + (1 << 20), 7);
            std::thread::sleep(std::time::Duration::from_millis(if item == 0 { 100 } else { 0 }));
            if item == 0 { Err(crate::error::Error::Memory) } else { Ok(()) }
        };
        let items: Vec<usize> = (0..9).collect();
        assert_eq!(encode_all(&items, 2, |_| GROUP, encode), Err(crate::error::Error::Memory));
    }

    #[test]
    fn the_room_grows_while_others_copy() {
        const MANY: usize = 1 << 14;
        let expected: Vec<u32> = (0..5).flat_map(|number| vec![number; MANY << number]).collect();
        for _ in 0..10 {
            let (order, begun) = (InOrder::new(Vec::new(), usize::MAX), std::sync::Barrier::new(2));
            std::thread::scope(|scope| {
                scope.spawn(|| {
                    let ids = vec![0; MANY];
                    begun.wait();
                    order.put(0, ids).unwrap();
                });
                let lists: Vec<Vec<u32>> = (1..5).map(|number| vec![number; MANY << number]).collect();
                begun.wait();
                for (number, ids) in (1..).zip(lists) {
                    order.put(number, ids).unwrap();
                }
            });
            assert!(order.finish() == expected);
        }
    }

    #[test]
    fn lists_that_come_too_soon_wait_and_buffers_are_used_again() {
        let order = InOrder::new(Vec::new(), usize::MAX);
        for (number, length) in [(2, 3), (1, 100), (3, 0), (0, 2)] {
            assert!(order.put(number, vec![number as u32; length]).unwrap().is_empty());
        }
        assert!(order.put(4, vec![4]).unwrap().capacity() > 0);
        let expected = [vec![0; 2], vec![1; 100], vec![2; 3], vec![4]].concat();
        assert_eq!(order.finish(), expected);
    }
}
