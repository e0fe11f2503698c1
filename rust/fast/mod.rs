//! Speed only: nothing in this folder changes a result. Each file names the mirror file whose results it must equal.
//!
//! Read in this order; each folder's `mod.rs` gives the order of its files.
//!
//! 1. [`scan`]: text -> pieces; [`passes`]: patterns that cut in turn; [`described`]: how a pattern is run.
//! 2. [`encode`]: pieces -> ids. Keys, the cache of pieces, merging of short and long pieces, threads.
//! 3. [`decode`]: ids -> bytes; [`spans`]: ids -> where their tokens stand in the text.
//! 4. [`codec`]: the two put together, and special tokens; [`memory`]: what they hold.
//!    [`session`]: a text that changes.
//! 5. [`count`]: corpus -> distinct pieces with their counts.
//! 6. [`train`]: distinct pieces with their counts -> merges.
//! 7. [`pystr`]: between UTF-8 and the ways in which Python stores a `str`.
//! 8. [`normal`]: what is done to a text before it is cut.
//! 9. [`vocab`]: a vocabulary with the tables that its codecs share; [`read`]: files -> vocabularies.
//! 10. [`pack`]: lines of JSON -> ids.
//! 11. [`token_bytes`]: merges -> the bytes of every token, when a vocabulary is opened; [`adler32`]: its checksum.
//!     [`packed_pairs`]: the first short texts, from the packed vocabulary as it lies.
//! 12. [`simd`]: loops that are compiled for several sets of instructions; [`util`]: settings, prefetching, zeroed memory, a pool.

// Lengths come from outside: memory is asked for (`util/fallible.rs`).
#![cfg_attr(not(test), warn(clippy::disallowed_methods))]

pub mod adler32;
pub mod codec;
pub mod count;
pub mod decode;
pub mod described;
pub mod encode;
pub mod memory;
pub mod normal;
pub mod pack;
pub mod packed_pairs;
pub mod passes;
pub mod preprocess;
pub mod pystr;
pub mod read;
pub mod scan;
pub mod session;
pub mod simd;
pub mod spans;
pub mod token_bytes;
pub mod train;
pub mod util;
pub mod vocab;

pub use util::settings::{enabled, set_enabled};
