//! Small parts that several folders use.

pub mod settings;

pub(crate) mod cpu;
pub(crate) mod fallible;
pub(crate) mod pool;
pub(crate) mod prefetch;
pub(crate) mod threads;
pub(crate) mod zeroed;
