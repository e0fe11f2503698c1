//! Small parts that several folders use. The first is everywhere; the others can be read alone:
//!
//! 1. [`fallible`]: vectors that return an error where there is no memory for their length; [`reading`]: streams into these.
//! 2. [`threads`]: work on several threads; [`pool`]: objects that one thread uses at a time.
//! 3. [`settings`]: the environment's limits; [`cpu`]: what this processor can do.
//! 4. [`zeroed`], [`prefetch`]: memory for tables, and its lines before they are needed.
//! 5. [`bits`]: the bits of a mask as places of a text.

pub(crate) mod bits;
pub(crate) mod cpu;
pub(crate) mod fallible;
pub(crate) mod pool;
pub(crate) mod prefetch;
pub(crate) mod reading;
pub(crate) mod settings;
pub(crate) mod threads;
pub(crate) mod zeroed;
