//! A text that changes, at the cost of the change. Must equal `rust/session.rs`.
//!
//! Read in this order:
//!
//! 1. [`rope`]: the text in chunks with their ids; sums of bytes, characters and ids find a place.
//! 2. [`session`]: an edit encodes the chunks again that it touches.

mod rope;
mod session;

pub use rope::{Size, Unit};
pub use session::Session;
