//! Reads streams into vectors.
//!
//! Costs: O(n) for n bytes; memory for them, asked for part by part.

use crate::error::Result;
use crate::reference::count::unread;
use crate::support::interrupt;
use std::io::Read;
use std::path::Path;

/// How many bytes are read between two looks at whether to stop.
const PART: usize = 1 << 18;
/// Where memory is full, `read_to_end` reads some bytes first, fewer than these, and appends them infallibly.
const PROBE: usize = 64;

/// Appends up to `wanted` bytes of a file or another stream, of which `path` is for errors. Returns how many: fewer at its end.
pub fn read(source: &mut impl Read, path: &Path, wanted: usize, out: &mut Vec<u8>) -> Result<usize> {
    let (before, mut left) = (out.len(), wanted);
    while left > 0 {
        interrupt::check_now()?;
        let most = PART.min(left);
        out.try_reserve(most + PROBE)?;
        let read = source.by_ref().take(most as u64).read_to_end(out).map_err(|error| unread(path, &error))?;
        left = if read < most { 0 } else { left - most };
    }
    Ok(out.len() - before)
}
