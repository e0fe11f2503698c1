//! The tokens of published files that are found in text: special, added, late, hidden, and in trusted stretches.
//!
//! *Added* tokens (a run of spaces, an HTML tag) are part of the model's text: they are found in every text. *Late* tokens are
//! found after the others, in prepared text (`preprocess`). Where a token *hides* others and is not allowed itself, no token is
//! found in its text, which stays text (`flags`).
//!
//! In a conversation a program writes the markers, and users write the rest. There, stretches of the text are trusted, and a
//! token is found only where it lies wholly in one of them. By hand, with the stretches 0 to 3 and 6 to 10: `<s><s></s>` is the
//! token `<s>`, the text `<s>`, the token `</s>`.
//!
//! Invariants: those of `special`.
//!
//! Costs: as `special`. Stretches cost nothing more, however many there are.
//!
//! Implements SPEC E3 and E8.

use crate::error::{Error, Result};
use crate::reference::published::flags::Flags;
use crate::reference::special::{self, slices};
pub use crate::reference::special::{Finder, Found};
use foldhash::{HashSet, HashSetExt};
use std::cmp::Reverse;
use std::ops::Deref;

/// A stretch of a text: start and end.
pub type Stretch = (usize, usize);

/// The special and the added tokens of an encoding, in the order given.
#[derive(Debug, Clone)]
pub struct SpecialTokens {
    core: special::SpecialTokens,
    /// Those that are found in every text; the others are special.
    pub added: HashSet<String>,
    /// Those that are found after the others, in prepared text (`preprocess`).
    pub late: HashSet<String>,
    /// What tokens take of the text around them, or ask of it.
    pub flags: Vec<(String, Flags)>,
}

impl Deref for SpecialTokens {
    type Target = special::SpecialTokens;

    fn deref(&self) -> &special::SpecialTokens {
        &self.core
    }
}

impl SpecialTokens {
    pub fn new(ids: Vec<(String, u32)>) -> Result<SpecialTokens> {
        let core = special::SpecialTokens::new(ids)?;
        Ok(SpecialTokens { core, added: HashSet::new(), late: HashSet::new(), flags: Vec::new() })
    }

    /// The same, of which some are added, or late, or have flags.
    pub fn with(
        mut self,
        added: Vec<String>,
        late: Vec<String>,
        flags: Vec<(String, Vec<String>)>,
    ) -> Result<SpecialTokens> {
        let known: HashSet<&str> = self.ids.iter().map(|(name, _)| name.as_str()).collect();
        let flagged: Vec<String> = flags.iter().map(|(name, _)| name.clone()).collect();
        for (what, names) in [("added", &added), ("late", &late), ("flagged", &flagged)] {
            if let Some(name) = names.iter().filter(|name| !known.contains(name.as_str())).min() {
                return Err(Error::Vocabulary(format!("the {what} token '{name}' has no id")));
            }
        }
        self.added = added.into_iter().collect();
        self.late = late.into_iter().collect();
        for (name, names) in flags {
            let own = Flags::new(&name, &names)?;
            if own != Flags::default() {
                self.flags.push((name, own));
            }
        }
        Ok(self)
    }

    /// Returns the tokens to find where these special tokens are allowed: they and the added ones. None: no token at all, not even an added one.
    pub fn wanted(&self, allowed: Option<&[&str]>) -> Vec<&str> {
        let Some(allowed) = allowed else { return Vec::new() };
        let allowed: HashSet<&str> = allowed.iter().copied().collect();
        let names = self.ids.iter().map(|(name, _)| name.as_str());
        names.filter(|name| self.added.contains(*name) || allowed.contains(name)).collect()
    }

    /// Returns the tokens in whose text no token is found, although they are not wanted themselves.
    pub fn left_alone(&self, wanted: &[&str]) -> Vec<&str> {
        let wanted: HashSet<&str> = wanted.iter().copied().collect();
        let names = self.flags.iter().filter(|(name, own)| own.hides && !wanted.contains(name.as_str()));
        names.map(|(name, _)| name.as_str()).collect()
    }
}

impl Finder {
    /// A finder of tokens, and of names that are found, too, and left as text: no token is found in them.
    pub fn left_as_text(tokens: Vec<(String, u32)>, names: Vec<String>) -> Finder {
        let tokens = tokens.into_iter().map(|(name, id)| (name, Some(id)));
        Finder::of(tokens.chain(names.into_iter().map(|name| (name, None))).collect())
    }

    /// As [`find`](Self::find), for tokens wholly in a trusted stretch (in order, without overlap), and for those of `everywhere`.
    pub fn find_trusted<'f>(
        &'f self,
        text: &'f [u8],
        trusted: &'f [Stretch],
        everywhere: &'f Finder,
    ) -> Result<impl Iterator<Item = Result<Found<'f>>>> {
        let mut inside = self.first_trusted(text, 0, trusted)?;
        let mut outside = everywhere.first(text, 0, text.len())?;
        Ok(std::iter::from_fn(move || {
            let found = inside.into_iter().chain(outside).min_by_key(|found| (found.start, Reverse(found.end)))?;
            if inside.is_some_and(|next| next.start < found.end) {
                inside = match self.first_trusted(text, found.end, trusted) {
                    Ok(next) => next,
                    Err(error) => return Some(Err(error)),
                };
            }
            if outside.is_some_and(|next| next.start < found.end) {
                outside = match everywhere.first(text, found.end, text.len()) {
                    Ok(next) => next,
                    Err(error) => return Some(Err(error)),
                };
            }
            Some(Ok(found))
        }))
    }

    pub fn first_trusted(&self, text: &[u8], at: usize, trusted: &[Stretch]) -> Result<Option<Found<'_>>> {
        let passed = trusted.partition_point(|&(_, end)| end <= at);
        for &(start, end) in &trusted[passed..] {
            if let Some(found) = self.first(text, start.max(at), end)? {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    /// As [`split`](Self::split), with the tokens that `find_trusted` finds.
    pub fn split_trusted(
        &self,
        text: &[u8],
        trusted: &[Stretch],
        everywhere: &Finder,
        emit: impl FnMut(usize, usize, Option<u32>) -> Result<()>,
    ) -> Result<()> {
        slices(text, self.find_trusted(text, trusted, everywhere)?, emit)
    }

    /// Whether some token stands right before a place of the text.
    pub fn ends_at(&self, text: &[u8], at: usize) -> bool {
        self.tokens().iter().any(|(name, _)| text[..at].ends_with(name.as_bytes()))
    }
}
