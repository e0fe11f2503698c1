//! Text -> where its pieces end. Read in this order:
//!
//! 1. [`split_by`]: what a text is cut by; most often a scanner ([`scan`](crate::fast::scan)).
//! 2. [`byte_cuts`]: vocabularies without a pattern: between bytes that no merge joins.
//! 3. [`between`]: text between tokens that are found in it.
//! 4. [`static_cuts`]: long pieces: where no token stands across.
//! 5. [`ends`]: the proof that the ends of pieces ascend.
//! 6. [`parts`]: a long text in parts, for threads, and for turning a `str` into UTF-8.

pub mod between;
pub(super) mod byte_cuts;
pub mod ends;
pub mod parts;
pub mod split_by;
pub(super) mod static_cuts;
