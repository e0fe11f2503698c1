//! The patterns that have a scanner: three shapes of words, and what else differs between families of models.
//!
//! | | words | contractions | digits | marks are letters | white space at the end |
//! |---|---|---|---|---|---|
//! | `gpt2` | one class | case matters | all | no | whole |
//! | `cl100k` | after any one character | alone | three | no | whole |
//! | `llama3` | after any one character | alone | three | no | cut after a line end |
//! | `qwen2` | after any one character | alone | one | no | cut after a line end |
//! | `qwen3.5` | after any one character | alone | one | yes | cut after a line end |
//! | `o200k` | capitals, then small letters | part of the word | three | yes | cut after a line end |
//! | `tekken` | capitals, then small letters | none | one | yes | cut after a line end |
//! | `kimi` | as `o200k`, but for Han characters, which are apart | part of the word | three | yes | cut after a line end |

use crate::support::features::HAS_FILES;

/// How many grammars the published encodings have; they come first in [`Grammar::ALL`].
const PUBLISHED: usize = 3;

/// A pattern that has a scanner of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grammar {
    /// The pattern of GPT-2, r50k and p50k.
    Gpt2,
    /// The pattern of GPT-3.5 and GPT-4.
    Cl100k,
    /// The pattern of GPT-4o.
    O200k,
    /// Llama 3, GLM 4.
    Llama3,
    /// Qwen 2, 2.5 and 3.
    Qwen2,
    /// Qwen 3.5.
    Qwen35,
    /// Mistral's models from Nemo on.
    Tekken,
    /// Kimi K2, Moonlight.
    Kimi,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Words {
    Gpt2,
    Cl100k,
    O200k,
}

impl Grammar {
    /// All of them, with the names of their patterns.
    pub const ALL: [(&str, Grammar); 8] = [
        ("gpt2", Grammar::Gpt2),
        ("cl100k", Grammar::Cl100k),
        ("o200k", Grammar::O200k),
        ("llama3", Grammar::Llama3),
        ("qwen2", Grammar::Qwen2),
        ("qwen3.5", Grammar::Qwen35),
        ("tekken", Grammar::Tekken),
        ("kimi", Grammar::Kimi),
    ];

    pub fn named(name: &str) -> Option<Grammar> {
        let known = if HAS_FILES { &Grammar::ALL[..] } else { &Grammar::ALL[..PUBLISHED] };
        known.iter().find(|(grammar, _)| *grammar == name).map(|(_, grammar)| *grammar)
    }

    #[inline]
    pub(super) const fn words(self) -> Words {
        match self {
            Grammar::Gpt2 => Words::Gpt2,
            Grammar::Cl100k | Grammar::Llama3 | Grammar::Qwen2 | Grammar::Qwen35 => Words::Cl100k,
            Grammar::O200k | Grammar::Tekken | Grammar::Kimi => Words::O200k,
        }
    }

    /// `\p{N}` in place of `\p{N}{1,3}`.
    #[inline]
    pub(super) const fn single_digits(self) -> bool {
        matches!(self, Grammar::Qwen2 | Grammar::Qwen35 | Grammar::Tekken)
    }

    /// `[\p{L}\p{M}]+`.
    #[inline]
    pub(super) const fn marks_are_letters(self) -> bool {
        matches!(self, Grammar::Qwen35 | Grammar::O200k | Grammar::Tekken | Grammar::Kimi)
    }

    /// Whether `'s` and the like belong together.
    #[inline]
    pub(super) const fn contractions(self) -> bool {
        !matches!(self, Grammar::Tekken)
    }

    /// Whether a run of Han characters, of any class, is a piece.
    #[inline]
    pub(super) const fn han_is_apart(self) -> bool {
        matches!(self, Grammar::Kimi)
    }

    /// Whether punctuation takes slashes after it: `[\r\n/]*` in place of `[\r\n]*`.
    #[inline]
    pub(super) const fn takes_slashes(self) -> bool {
        matches!(self, Grammar::O200k | Grammar::Tekken)
    }

    /// `\s++$`: white space at the end of a text is one piece, even if it holds a line end.
    #[inline]
    pub(super) const fn whole_tail(self) -> bool {
        matches!(self, Grammar::Gpt2 | Grammar::Cl100k)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_found_by_its_name() {
        for (name, grammar) in Grammar::ALL {
            assert_eq!(Grammar::named(name), Some(grammar));
        }
        for name in ["", "gpt", "gpt22", "clip"] {
            assert_eq!(Grammar::named(name), None);
        }
    }
}
