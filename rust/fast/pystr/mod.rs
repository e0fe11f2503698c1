//! Between UTF-8 and the ways in which Python stores a `str`: one, two or four bytes a character.

/// The bytes of the longest character in UTF-8.
pub(crate) const LONGEST: usize = 4;

pub mod str_to_utf8;
pub mod utf8_to_str;
