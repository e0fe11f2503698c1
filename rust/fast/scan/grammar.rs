//! The patterns that have a scanner.

/// One of the three patterns that have a scanner of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grammar {
    /// The pattern of GPT-2, r50k and p50k.
    Gpt2,
    /// The pattern of GPT-3.5 and GPT-4.
    Cl100k,
    /// The pattern of GPT-4o.
    O200k,
}

impl Grammar {
    /// The grammar of a named pattern.
    pub fn named(name: &str) -> Option<Grammar> {
        match name {
            "gpt2" => Some(Grammar::Gpt2),
            "cl100k" => Some(Grammar::Cl100k),
            "o200k" => Some(Grammar::O200k),
            _ => None,
        }
    }
}
