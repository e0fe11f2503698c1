//! Speed only: nothing in this folder changes a result. Each file names the mirror file that it must equal.

pub mod scan;
