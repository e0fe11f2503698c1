//! Settings from the environment: whether the fast paths are used, and how much memory the caches may take.

use crate::support::once::Once;
use std::sync::atomic::{AtomicBool, Ordering};

fn switch() -> &'static AtomicBool {
    static ENABLED: Once<AtomicBool> = Once::new();
    ENABLED.get_or_make(|| AtomicBool::new(std::env::var_os("MINITOK_FAST").is_none_or(|value| value != "0")))
}

/// The default limit of one thread's cache of pieces in MiB: a million entries. Less on a web page, which keeps several encodings
/// open and gives no memory back.
const CACHE: usize = if cfg!(target_arch = "wasm32") { 8 } else { 40 };

/// The most bytes that one thread's cache of pieces may take. Set `MINITOK_CACHE` to change the limit (MiB, at least 1).
pub fn cache_bytes() -> usize {
    static CACHE_BYTES: Once<usize> = Once::new();
    *CACHE_BYTES.get_or_make(|| {
        let asked = std::env::var("MINITOK_CACHE").ok().and_then(|value| value.parse().ok());
        asked.unwrap_or(CACHE).saturating_mul(1 << 20)
    })
}

/// Whether patterns, codecs and trainings that are made from now on use the fast paths. `MINITOK_FAST=0` in the environment
/// switches them off, so that both can be timed and compared.
pub fn enabled() -> bool {
    switch().load(Ordering::Relaxed)
}

/// Switches the fast paths on or off and returns the previous setting.
pub fn set_enabled(enabled: bool) -> bool {
    switch().swap(enabled, Ordering::Relaxed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_switch_is_on_unless_the_environment_says_otherwise_and_tells_what_it_was() {
        let on = std::env::var("MINITOK_FAST").as_deref() != Ok("0");
        // Other tests run meanwhile, so it stays as it is.
        assert_eq!([enabled(), set_enabled(on), enabled()], [on; 3]);
    }
}
