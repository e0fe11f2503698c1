//! Things that are made when they are first needed.

use std::sync::OnceLock;

/// What is in the cell, made if it is empty. Threads that come at once do the work twice, but none waits for another, which
/// after a fork may not be there any more.
pub(crate) fn made_once<T>(cell: &OnceLock<T>, make: impl Fn() -> T) -> &T {
    if cell.get().is_none() {
        let _ = cell.set(make());
    }
    cell.get_or_init(make)
}
