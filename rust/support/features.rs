//! What a build leaves out.

use crate::error::Error;

/// Whether this build has tokenizers other than the published encodings, as all have but the smaller module for JavaScript. Where it
/// is false, what only other tokenizers ask for is refused when it is made, so that the code behind it is left out.
pub(crate) const HAS_FILES: bool = cfg!(any(not(target_family = "wasm"), feature = "files"));

/// Whether this build can be asked for dropout, as all can but the modules for JavaScript.
pub(crate) const HAS_DROPOUT: bool = cfg!(any(not(target_family = "wasm"), feature = "pages"));

/// Whether this build scans 64 bytes at once, as all do but the module for pages: without wide instructions that gains little, and its
/// loops, one for each grammar, are much to fetch.
pub(crate) const HAS_MASKS: bool = cfg!(not(all(target_family = "wasm", feature = "first")));

/// Why a pattern is refused where there are no files.
pub(crate) fn not_published(source: &str) -> Error {
    let reason = "this build runs the patterns of the published encodings only".into();
    Error::Pattern { pattern: source.into(), reason }
}
