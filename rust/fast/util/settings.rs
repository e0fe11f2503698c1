//! A setting from the environment: how much memory the caches may take.

use crate::support::once::Once;

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
