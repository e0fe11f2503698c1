//! Reuses the buffer of a long result.
//!
//! The system clears each new page when it is first touched, which for the ids of ten megabytes of text takes a fifth of the time
//! of encoding. So the largest buffer that was given back is kept for the next text; allocators seldom keep buffers of that size.
//!
//! Cost: up to 64 MiB that a process keeps after its longest text, however many threads it has.

use std::sync::Mutex;

/// In ids. Smaller buffers are not worth keeping, larger ones go back to the system.
pub const LEAST: usize = 1 << 16;
const MOST: usize = 1 << 24;

static SPARE: IdBuffer = IdBuffer::new();

/// An empty vector with room for the ids of about `bytes` bytes of text.
pub(crate) fn room_for(bytes: usize) -> Vec<u32> {
    // More than most texts need; memory that is not used is not touched.
    SPARE.take(bytes).unwrap_or_else(|| {
        let mut ids = Vec::new();
        // Without so much memory there may be enough for the ids: it is asked for as they come.
        let _ = ids.try_reserve_exact(bytes / 4 * 3);
        ids
    })
}

/// Shrinks a buffer that the caller keeps, but for an eighth: a next text that is a little longer then fits it too.
pub fn fit(ids: &mut Vec<u32>) {
    ids.shrink_to(ids.len() / 8 * 9);
}

pub fn give_back(ids: Vec<u32>) {
    SPARE.keep(ids);
}

/// In bytes.
pub fn kept() -> usize {
    SPARE.0.try_lock().map_or(0, |kept| kept.capacity() * size_of::<u32>())
}

pub fn drop_kept() {
    if let Ok(mut kept) = SPARE.0.try_lock() {
        *kept = Vec::new();
    }
}

/// One spare buffer. Callers use `try_lock` and allocate if it is held, which also makes it fork-safe.
struct IdBuffer(Mutex<Vec<u32>>);

impl IdBuffer {
    const fn new() -> IdBuffer {
        IdBuffer(Mutex::new(Vec::new()))
    }

    /// The kept buffer, if its size is about right for `bytes` bytes of text.
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

    #[test]
    fn there_is_room_for_the_ids_of_words() {
        for bytes in [0, 1000, 100_000] {
            let ids = room_for(bytes);
            assert!(ids.is_empty() && ids.capacity() >= bytes / 5, "{} ids of {bytes} bytes", ids.capacity());
        }
    }

    #[test]
    fn what_is_kept_fits_its_ids_but_for_an_eighth() {
        let mut ids = Vec::with_capacity(8000);
        ids.resize(800, 7);
        fit(&mut ids);
        assert!(ids == [7; 800] && (900..1000).contains(&ids.capacity()), "room for {}", ids.capacity());
    }

    #[test]
    fn what_was_given_back_has_room_for_the_next_ids() {
        // Another thread may be holding the buffer, but not each time.
        let is_kept = |_| {
            give_back(Vec::with_capacity(MOST));
            room_for(MOST).capacity() == MOST
        };
        assert!((0..1000).any(is_kept));
    }
}
