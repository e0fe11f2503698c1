//! The memory of many ids, used again.
//!
//! New memory is not free: the system clears each page and puts it in its place when it is first touched, which for the ids
//! of ten megabytes of text takes a fifth of the time that finding them takes. So the largest memory that was given back
//! waits for the next text. Allocators do so too, but as a rule not for that much at a time.
//!
//! Costs: up to 64 MiB that a process keeps after its longest text, once, whatever its threads are.

use std::sync::Mutex;

/// Less is not worth it, and more goes back to the system. In ids.
pub const LEAST: usize = 1 << 16;
const MOST: usize = 1 << 24;

static SPARE: IdBuffer = IdBuffer::new();

/// An empty vector with room for the ids of about so many bytes.
pub(crate) fn room_for(bytes: usize) -> Vec<u32> {
    // New room is more than most texts need: what is not used is not touched.
    SPARE.take(bytes).unwrap_or_else(|| Vec::with_capacity(bytes / 4 * 3))
}

/// Of ids that will be kept: give back the room that they do not need, but for an eighth, for a next text that is a little
/// longer.
pub fn fit(ids: &mut Vec<u32>) {
    ids.shrink_to(ids.len() / 8 * 9);
}

/// Keep the memory of ids that nobody needs any more.
pub fn give_back(ids: Vec<u32>) {
    SPARE.keep(ids);
}

/// Memory for one. Never waited for: who finds it locked, be it for ever since a fork came between, does without.
struct IdBuffer(Mutex<Vec<u32>>);

impl IdBuffer {
    const fn new() -> IdBuffer {
        IdBuffer(Mutex::new(Vec::new()))
    }

    /// What was kept, if it is about what so many bytes need.
    fn take(&self, bytes: usize) -> Option<Vec<u32>> {
        let mut kept = self.0.try_lock().ok()?;
        let fits = bytes >= LEAST && (bytes / 5..4 * bytes).contains(&kept.capacity());
        fits.then(|| std::mem::take(&mut *kept))
    }

    fn keep(&self, mut ids: Vec<u32>) {
        if (LEAST..=MOST).contains(&ids.capacity())
            && let Ok(mut kept) = self.0.try_lock()
            && kept.capacity() < ids.capacity()
        {
            ids.clear();
            *kept = ids;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_is_kept_for_texts_that_it_fits() {
        let spare = IdBuffer::new();
        let start = |ids: &[u32]| ids.as_ptr();
        let (small, large) = (vec![7; LEAST], vec![7; 3 * LEAST]);
        let (small_at, large_at) = (start(&small), start(&large));
        for ids in [vec![7; LEAST - 1], Vec::with_capacity(MOST + 1), small] {
            spare.keep(ids);
        }
        assert!(spare.take(LEAST / 4).is_none() && spare.take(6 * LEAST).is_none());
        let taken = spare.take(4 * LEAST).unwrap();
        assert!(taken.is_empty() && start(&taken) == small_at);
        assert!(spare.take(4 * LEAST).is_none(), "it is there once");
        spare.keep(large);
        spare.keep(taken);
        assert_eq!(start(&spare.take(4 * LEAST).unwrap()), large_at);
    }

    #[test]
    fn who_finds_it_locked_does_without() {
        let spare = IdBuffer::new();
        spare.keep(vec![7; LEAST]);
        let kept = spare.0.lock().unwrap();
        assert!(spare.take(LEAST).is_none());
        spare.keep(vec![7; 2 * LEAST]);
        assert_eq!(kept.capacity(), LEAST);
    }
}
