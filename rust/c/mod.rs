//! The boundary to C: the crate as a library with the functions of `minitok.h`, which says what they take and give, and what is checked.
//! Thin, as `python/` is; no algorithm lives here. A panic does not cross the border: it becomes [`Panic`](status::Status::Panic).
//!
//! Costs: some ten nanoseconds a call, a look at each byte of a text, and a copy of the ids or the text.
//!
//! 1. [`calls`]: the functions
//! 2. [`memory`]: what is the caller's
//! 3. [`status`]: what a call came to

// Pointers of the caller are read and written; `no_mangle` names symbols.
#![allow(unsafe_code)]

mod calls;
mod memory;
mod status;
