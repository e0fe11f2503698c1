//! Speed only: nothing in this folder changes a result. Each file names the mirror file that it must equal.

pub mod encoder;
pub mod scan;

mod block;
mod key;
mod long;
mod miss;
mod pair_table;
mod piece_cache;
mod pool;
mod prefetch;
mod values;

#[cfg(test)]
mod encoder_tests;

use std::sync::LazyLock;

/// Whether the fast paths run. `MINITOK_FAST=0` in the environment switches them off, so that both can be compared.
pub fn enabled() -> bool {
    static ENABLED: LazyLock<bool> =
        LazyLock::new(|| std::env::var_os("MINITOK_FAST").is_none_or(|value| value != "0"));
    *ENABLED
}
