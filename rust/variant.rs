//! What this build of the crate can do. The module for JavaScript comes in two sizes; all other builds can do everything.

/// Whether there are tokenizers other than the published encodings. Where it is false, what only other tokenizers ask for is refused
/// when it is made, so that the compiler leaves out the code behind it.
pub const HAS_FILES: bool = cfg!(any(not(target_family = "wasm"), feature = "files"));
