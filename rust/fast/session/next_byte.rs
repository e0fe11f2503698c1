//! The next byte, from what a model gives for each id.

use super::edit::Session;
use super::next::{token_of, tokens_over};
use crate::error::Result;
use crate::fast::next::sums::{self, Number};
use crate::fast::next::{Bits, has, unset};
use crate::fast::util::fallible::{filled, push};

/// The number of the end, after those of the bytes.
const END: usize = 256;

/// Of the ids that may come next: the highest value, the sum of e^(value - highest), and of those that go on after a text with each
/// byte, or end there.
pub type ByteSums = (f64, f64, Vec<f64>);

impl Session {
    /// The ids that may come next and are a beginning of `rest`, and whether there are others that go on after it; None where that
    /// is not known. `end`: the id with which the model ends a text, which may come next where the ids are those of their text.
    pub fn goes_on(&mut self, rest: &[u8], end: Option<u32>) -> Result<Option<(Vec<u32>, bool)>> {
        let Some((bits, silent)) = self.next_and_silent(end)? else { return Ok(None) };
        let (vocab, mut within) = (&self.codec.core().vocab, Vec::new());
        for start in (1..=rest.len()).map(|length| &rest[..length]) {
            let first = vocab.sorted_ids().partition_point(|&id| token_of(vocab, id) < start);
            let ids = vocab.sorted_ids()[first..].iter().copied().take_while(|&id| token_of(vocab, id) == start);
            ids.filter(|&id| has(&bits, id)).try_for_each(|id| push(&mut within, id))?;
        }
        let ends = rest.is_empty() && !silent.is_empty();
        Ok(Some((within, ends || tokens_over(vocab, rest).iter().any(|&id| has(&bits, id)))))
    }

    /// The sums of the ids that may come next, of the values that a model gives; None where an id has no value.
    pub fn byte_sums<T: Number>(&mut self, values: &[T], rest: &[u8], end: Option<u32>) -> Result<Option<ByteSums>> {
        let (Some((bits, silent)), Some(tables)) = (self.next_and_silent(end)?, self.codec.next_tables()?) else {
            return Ok(None);
        };
        let last = bits.iter().rposition(|word| *word != 0).map(|word| 64 * word + bits[word].ilog2() as usize);
        if silent.iter().map(|&id| id as usize).chain(last).any(|id| id >= values.len()) {
            return Ok(None);
        }
        let (vocab, value) = (&self.codec.core().vocab, |&id: &u32| values[id as usize].into());
        let highest = silent.iter().map(value).fold(sums::highest(&bits, values), f64::max);
        let mut found = filled(0.0, END + 1)?;
        if highest == f64::NEG_INFINITY {
            return Ok(Some((highest, 0.0, found)));
        }
        let of_silent: f64 = silent.iter().map(|id| sums::exp(value(id) - highest)).sum();
        if rest.is_empty() {
            found[..END].copy_from_slice(&sums::by_byte(&bits, values, highest, tables.first_bytes(vocab)?));
            found[END] = of_silent;
            return Ok(Some((highest, found.iter().sum(), found)));
        }
        let mut over = tokens_over(vocab, rest);
        while let Some(&id) = over.first() {
            let byte = token_of(vocab, id)[rest.len()];
            let goes_on = |id: &u32| token_of(vocab, *id)[rest.len()] == byte;
            // Most groups are small: the end is looked for from their beginning.
            let mut end = 1;
            while over.get(end).is_some_and(goes_on) {
                end *= 2;
            }
            let end = end.min(over.len());
            let (ids, others) = over.split_at(end / 2 + over[end / 2..end].partition_point(goes_on));
            found[usize::from(byte)] = sums::of_ids(ids, &bits, values, highest);
            over = others;
        }
        Ok(Some((highest, sums::total(&bits, values, highest) + of_silent, found)))
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
