//! The ids that may come next, from the outcomes of the state of the pattern.

use super::bits::{Bits, has, unset};
use super::open::Open;
use super::run::START;
use super::tables::NextIds;
use crate::error::Result;
use crate::fast::util::fallible::{concat, filled, push};
use crate::reference::more::viable::{continuations, kinds};
use crate::reference::published::codecs::Codec;
use crate::support::interrupt;

impl NextIds {
    /// The ids that may come after a text.
    pub fn next(&self, codec: &Codec, open: &Open) -> Result<Bits> {
        let (mut found, mut after, mut parts) = (Bits::new(), Vec::new(), Vec::new());
        let outcomes = self.outcomes(codec, open.scan.row(), open.part())?;
        for (borders, bits) in &outcomes.0 {
            let of_slot = |slot: u8| if slot == START { open.read } else { open.scan.pending[usize::from(slot)] };
            let cuts = (0..=START).filter(|slot| borders >> slot & 1 == 1).map(of_slot);
            let Some(start) = open.open_part(self, &codec.vocab, cuts) else { continue };
            if start == open.start() + open.text.len() {
                push(&mut after, bits)?;
            } else {
                unite(&mut found, bits)?;
                push(&mut parts, start)?;
            }
        }
        if let Some(last) = open.last().filter(|_| !parts.is_empty()) {
            self.keep_settled(last, &mut found)?;
            for start in parts {
                self.leave_out_pieces(codec, open, start, &mut found)?;
            }
        }
        after.into_iter().try_for_each(|bits| unite(&mut found, bits))?;
        if found.is_empty() { filled(0, self.made.len()) } else { Ok(found) }
    }

    /// Tokens with which the open part of a tail would be a token as a whole piece: they need something after them.
    fn leave_out_pieces(&self, codec: &Codec, open: &Open, start: usize, found: &mut Bits) -> Result<()> {
        for &whole in &self.whole {
            let token = codec.vocab.token_bytes(whole).unwrap_or_default();
            if let Some(rest) = token.strip_prefix(&open.text[start - open.start()..])
                && let Some(id) = codec.vocab.token_id(rest)
                && has(found, id)
                && !by_definition(codec, open, id)?
            {
                unset(found, id);
            }
        }
        Ok(())
    }
}

/// Whether an id may come next by its definition.
fn by_definition(codec: &Codec, open: &Open, id: u32) -> Result<bool> {
    let data = concat(&[&open.text, codec.vocab.token_bytes(id).unwrap_or_default()])?;
    let (wanted, kinds) = (concat(&[&open.ids()?, &[id]])?, kinds(codec));
    for more in continuations(&kinds, &data) {
        interrupt::check()?;
        let mut made = Vec::new();
        codec.encode_segment(&concat(&[&data, &more])?, &mut made)?;
        if made.starts_with(&wanted) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Adds the ids of a set to another, which may not be there yet.
fn unite(found: &mut Bits, bits: &Bits) -> Result<()> {
    if found.is_empty() {
        *found = concat(&[bits])?;
    } else {
        found.iter_mut().zip(bits).for_each(|(found, bits)| *found |= bits);
    }
    Ok(())
}
