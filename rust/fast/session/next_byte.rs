//! What the ids that may come next add to a text: what the probability of the next byte is summed up by (`minitok.bytewise`).

use super::edit::Session;
use super::next::token_of;
use crate::error::Result;
use crate::fast::next::{Bits, has, unset};
use crate::fast::util::fallible::push;

/// In place of a byte: the text ends there; and an id that goes another way.
const END: u32 = 256;
const OTHER: u32 = 257;

/// The ids that are a beginning of a text; and all that may come next, each with what it adds after the text.
pub type NextAfter = (Vec<u32>, Vec<u32>, Vec<u32>);

impl Session {
    /// The ids that may come next and are a beginning of `rest`; all that may come next, and for each the byte with which it goes on
    /// after `rest`, 256 if it adds nothing and `rest` is empty, 257 for all others. None where that is not known. `end`: the id with
    /// which the model ends a text, which may come next where the ids are those of their text.
    pub fn next_after(&mut self, rest: &[u8], end: Option<u32>) -> Result<Option<NextAfter>> {
        let Some((bits, silent)) = self.next_and_silent(end)? else { return Ok(None) };
        let (vocab, mut within, mut ids, mut adds) = (&self.codec.core().vocab, Vec::new(), Vec::new(), Vec::new());
        for id in (0..).zip(&bits).flat_map(|(number, &word)| {
            (0..64_u32).filter(move |bit| word >> bit & 1 == 1).map(move |bit| 64 * number + bit)
        }) {
            let token = token_of(vocab, id);
            if rest.starts_with(token) {
                push(&mut within, id)?;
            }
            push(&mut ids, id)?;
            push(&mut adds, token.strip_prefix(rest).and_then(<[u8]>::first).map_or(OTHER, |&byte| byte.into()))?;
        }
        for id in silent {
            push(&mut ids, id)?;
            push(&mut adds, if rest.is_empty() { END } else { OTHER })?;
        }
        Ok(Some((within, ids, adds)))
    }

    /// The ids that may come next; apart from them those that add nothing to the text, special ones and the end.
    fn next_and_silent(&mut self, end: Option<u32>) -> Result<Option<(Bits, Vec<u32>)>> {
        let Some(mut bits) = self.next_ids()? else { return Ok(None) };
        let end_comes = end.is_some() && self.is_encoded()? == Some(true);
        let (mut silent, special) = (Vec::new(), &self.codec.core().preprocessor.special.ids);
        for id in special.iter().map(|&(_, id)| id).chain(end) {
            let comes = has(&bits, id);
            if comes {
                unset(&mut bits, id);
            }
            if comes && Some(id) != end {
                push(&mut silent, id)?;
            }
        }
        if let Some(end) = end.filter(|_| end_comes) {
            push(&mut silent, end)?;
        }
        Ok(Some((bits, silent)))
    }
}
