//! How texts are encoded, and what becomes of their ids.

use crate::error::Result;
use crate::fast::encode::lookup::block_output::BlockOutput;
use crate::fast::util::fallible;
use crate::reference::more::dropout::Dropout;
use crate::reference::published::codecs::Refused;
use crate::reference::published::preprocess::TokenFinder;
use std::borrow::Cow;

/// How texts are encoded.
#[derive(Debug, Clone, Copy)]
pub struct Encoding<'c> {
    /// What is found in them; all else is text.
    pub search: &'c TokenFinder,
    /// They go on from what stood before them (SPEC S4).
    pub continues: bool,
    /// Merges are passed over at random, by one thread.
    pub dropout: Option<&'c Dropout>,
    /// Tokens that the texts must not contain.
    pub refused: Option<&'c Refused>,
    /// The ids that are put before those of each text, and after them.
    pub before: &'c [u32],
    pub after: &'c [u32],
}

impl<'c> Encoding<'c> {
    /// Of texts as they are.
    #[inline]
    pub fn plain(search: &'c TokenFinder, continues: bool) -> Encoding<'c> {
        Encoding { search, continues, dropout: None, refused: None, before: &[], after: &[] }
    }

    /// Whether all that becomes ids is the text.
    #[inline]
    pub fn is_plain(&self) -> bool {
        self.dropout.is_none() && self.refused.is_none() && self.before.is_empty() && self.after.is_empty()
    }
}

/// What becomes of ids: they are appended, or counted.
pub trait Output {
    fn take(&mut self, block: BlockOutput<'_>) -> Result<()>;
    fn take_ids(&mut self, ids: Cow<'_, [u32]>) -> Result<()>;
}

impl Output for Vec<u32> {
    #[inline]
    fn take(&mut self, block: BlockOutput<'_>) -> Result<()> {
        block.append_to(self)
    }

    fn take_ids(&mut self, ids: Cow<'_, [u32]>) -> Result<()> {
        match ids {
            Cow::Owned(ids) if self.is_empty() => *self = ids,
            ids => fallible::append(self, &ids)?,
        }
        Ok(())
    }
}

/// How many ids there were.
pub struct Count(pub usize);

impl Output for Count {
    #[inline]
    fn take(&mut self, block: BlockOutput<'_>) -> Result<()> {
        self.0 += block.count();
        Ok(())
    }

    fn take_ids(&mut self, ids: Cow<'_, [u32]>) -> Result<()> {
        self.0 += ids.len();
        Ok(())
    }
}
