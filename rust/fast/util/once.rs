//! Values that are made when they are first needed.

use std::sync::OnceLock;

/// The value in the cell, made if it is empty. Two threads that call it at the same time both do the work, but neither waits
/// for the other, which after a fork may no longer exist.
pub(crate) fn made_once<T>(cell: &OnceLock<T>, make: impl Fn() -> T) -> &T {
    if cell.get().is_none() {
        let _ = cell.set(make());
    }
    cell.get_or_init(make)
}
