//! Speed only: nothing in this folder changes a result. Each file names the mirror file whose results it must equal.
//!
//! Read in this order, in which a text passes through; each folder's `mod.rs` gives the order of its files.
//!
//! 1. [`codec`]: where a call begins: encoding and decoding put together; [`memory`]: what a codec holds.
//! 2. [`preprocess`]: text -> segments and tokens; [`normal`]: the changes to a text before it is cut; [`pystr`]: between UTF-8 and
//!    the ways in which Python stores a `str`.
//! 3. [`scan`]: segment -> pieces; [`passes`]: patterns that cut in turn; [`described`]: how a pattern is run.
//! 4. [`encode`]: pieces -> ids. The cache of pieces, their keys, merging of short and long pieces, threads.
//! 5. [`decode`]: ids -> bytes; [`spans`]: ids -> where their tokens stand in the text; [`align`]: beside
//!    those of another vocabulary.
//! 6. [`chunk`]: a text in parts; [`session`]: a text that changes; [`pack`]: lines of JSON -> ids.
//! 7. [`count`]: corpus -> distinct pieces with their counts; [`train`]: these counts -> merges.
//! 8. [`vocab`]: a vocabulary with the tables that its codecs share; [`read`]: files -> vocabularies; [`token_bytes`]: merges -> the
//!    bytes of every token; [`adler32`]: its checksum.
//! 9. [`simd`]: loops that are compiled for several sets of instructions; [`util`]: small parts that several folders use.

// Lengths come from outside: memory is asked for (`util/fallible.rs`).
#![cfg_attr(not(test), warn(clippy::disallowed_methods))]

pub mod adler32;
pub mod align;
pub mod chunk;
pub mod codec;
pub mod count;
pub mod decode;
pub mod described;
pub mod encode;
pub mod memory;
pub mod next;
pub mod normal;
pub mod pack;
pub mod passes;
pub mod preprocess;
pub mod pystr;
pub mod read;
pub mod scan;
pub mod session;
pub mod simd;
pub mod spans;
pub mod token_bytes;
pub mod token_search;
pub mod train;
pub mod util;
pub mod vocab;
