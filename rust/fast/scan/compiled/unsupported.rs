//! What cannot be compiled, by name (SPEC P6).

use std::fmt;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unsupported {
    /// `(?=ab)`: it depends on more than the next character.
    LookAhead,
    /// `(?<=ab)`: it depends on more than the character before.
    LookBehind,
    /// `(?>a|ab)c`: an atomic group of more than a repeated set, with something after it.
    Atomic,
    /// More sets, classes, positions or states than fit in the tables.
    Large,
    /// Ends cannot be found without going back.
    Unbounded,
    /// In a sequence of patterns, the ends of one that is not the last are known too late to run them as one machine.
    Late,
    /// `(?#bytes)`: bytes seen as characters.
    Bytes,
}

impl fmt::Display for Unsupported {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str(match self {
            Unsupported::LookAhead => "it looks ahead at more than one character",
            Unsupported::LookBehind => "it looks behind at more than one character",
            Unsupported::Atomic => "an atomic group, or a possessive repeat, of more than a set",
            Unsupported::Large => "its machine would be too large",
            Unsupported::Unbounded => "its ends cannot be found without going back",
            Unsupported::Late => "the ends of one of its steps are known too late for one machine",
            Unsupported::Bytes => "one of its steps cuts bytes",
        })
    }
}
