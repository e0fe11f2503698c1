//! Speed only: nothing here changes a result. Each file names the mirror file it must equal.

pub mod merge;
