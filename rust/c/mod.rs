//! The boundary to C: the crate as a library with the functions of `minitok.h`. Thin, as `python/` is; no algorithm lives here.
//!
//! Every function but those that free answers with a [`Status`], and hands its result out through its last arguments. A pointer comes
//! with a length; null is allowed where the length is 0. Text is UTF-8, ids are `uint32_t`. What is written is at most what the
//! caller says there is room for.
//!
//! What is checked: pointers that are null, or not aligned; lengths that no object has; text that is not UTF-8; names of values; and
//! that a handle is of the kind that a function wants. What cannot be: a pointer to memory that is not the caller's, a length that is
//! more than there is, a handle that was freed.
//!
//! A panic does not cross the border: it becomes [`Panic`](status::Status::Panic). Tokenizers may be used by several threads at once, a stream by
//! one at a time; the message of the last error is that of the calling thread.
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
