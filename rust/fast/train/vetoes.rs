//! Which tokens are not made, whatever their counts: those that `TrainOptions::allows` refuses. Lengths are compared elsewhere as well.
//!
//! Costs: nothing without such rules. With them, the bytes of all tokens, and for each new pair those of the token that it would make.

use super::start_vocab::StartVocab;
use crate::error::Result;
use crate::fast::util::fallible::{concat, resize};
use crate::reference::train::TrainOptions;

/// The rules and the tokens by id, where there are rules.
pub(super) struct Vetoes(Option<(TrainOptions, Vec<Vec<u8>>)>);

impl Vetoes {
    pub fn new(options: &TrainOptions, base: &StartVocab) -> Result<Vetoes> {
        if options.max_words.is_none() && options.barred.is_empty() {
            return Ok(Vetoes::none());
        }
        let mut vetoes = Vetoes(Some((options.clone(), Vec::new())));
        base.vocab.tokens.iter().try_for_each(|(id, token)| vetoes.put(id, concat(&[token])?))?;
        Ok(vetoes)
    }

    /// No rule at all.
    pub fn none() -> Vetoes {
        Vetoes(None)
    }

    /// Whether the token of two tokens may be made.
    #[inline]
    pub fn allow(&self, left: u32, right: u32) -> Result<bool> {
        let Some((options, tokens)) = &self.0 else { return Ok(true) };
        Ok(options.allows(&concat(&[&tokens[left as usize], &tokens[right as usize]])?))
    }

    /// A merge has made token `id`.
    pub fn learn(&mut self, id: u32, left: u32, right: u32) -> Result<()> {
        let Some((_, tokens)) = &self.0 else { return Ok(()) };
        self.put(id, concat(&[&tokens[left as usize], &tokens[right as usize]])?)
    }

    fn put(&mut self, id: u32, token: Vec<u8>) -> Result<()> {
        if let Some((_, tokens)) = &mut self.0 {
            let length = tokens.len().max(id as usize + 1);
            resize(tokens, length, Vec::new())?;
            tokens[id as usize] = token;
        }
        Ok(())
    }
}
