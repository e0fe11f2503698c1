//! Between UTF-8 and the ways in which Python stores a `str`: one, two or four bytes a character.

pub mod source;
pub mod str_to_utf8;
pub mod utf8_to_str;
