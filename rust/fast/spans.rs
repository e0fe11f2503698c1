//! Ids -> where their tokens stand in the text that they spell, in bytes or in characters. Must equal `Codec.spans` of
//! `python/minitok/backend/python.py`.
//!
//! A character begins at every byte that is not a continuation byte, so how many begin in a token is known without the text. A
//! token that begins within a character spans that character, too. By hand: `é!` as the tokens `C3`, `A9`, `!`: one, none and one
//! character begin in them, and the second goes on with one: (0, 1), (0, 1), (1, 2).
//!
//! Costs: two bytes an id of the vocabulary, made when they are first needed; about a nanosecond a token, and what writing the
//! pairs takes.

#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    reason = "the table has sizes that fit its bits; a length is one of a vector of this process"
)]

use crate::error::Result;
use crate::fast::util::fallible::{collect, extend};
use crate::reference::published::codecs::Codec;
use crate::support::once::Once;

/// The sizes of a token: how many bytes it has, in how many of them a character begins, and whether the first does not begin one.
#[derive(Debug, Clone, Copy)]
struct Sizes {
    bytes: i64,
    begun: i64,
    continues: bool,
}

impl Sizes {
    fn of(token: &[u8]) -> Sizes {
        let continues = |byte: &u8| byte & 0xC0 == 0x80;
        let begun = token.iter().filter(|byte| !continues(byte)).count();
        Sizes { bytes: token.len() as i64, begun: begun as i64, continues: token.first().is_some_and(continues) }
    }
}

/// The sizes of all tokens that are not long, by id: seven bits of bytes, eight of characters, one for a first byte that continues one.
#[derive(Debug)]
pub struct SizeTable {
    /// How many ids it has; all others are asked for.
    n_ids: u32,
    sizes: Once<Vec<u16>>,
}

/// Bytes of a token that the table has.
const MOST: usize = 126;
/// In place of sizes: the token is asked for. No token has more characters than bytes.
const ELSEWHERE: u16 = 0x7FFF;
/// The most ids of a table.
const DENSE: u32 = 1 << 21;

impl SizeTable {
    /// For a vocabulary of this many ids; 0 to do without.
    pub fn new(n_ids: u32) -> SizeTable {
        SizeTable { n_ids: n_ids.min(DENSE), sizes: Once::new() }
    }

    /// What gives the number of bytes of each token by its id.
    pub fn lengths<'c>(&'c self, codec: &'c Codec) -> Result<impl Fn(u32) -> usize + 'c> {
        let table = self.made(codec)?;
        Ok(move |id| match table.get(id as usize) {
            Some(&sizes) if sizes != ELSEWHERE => usize::from(sizes & 0x7F),
            _ => codec.token_bytes(id).map_or(0, <[u8]>::len),
        })
    }

    fn made(&self, codec: &Codec) -> Result<&[u16]> {
        if let Some(table) = self.sizes.get() {
            return Ok(table);
        }
        let sizes = |id| match codec.token_bytes(id) {
            Some(token) if token.len() <= MOST => {
                let Sizes { bytes, begun, continues } = Sizes::of(token);
                bytes as u16 | (begun as u16) << 7 | u16::from(continues) << 15
            }
            _ => ELSEWHERE,
        };
        let table = collect((0..self.n_ids).map(sizes))?;
        Ok(self.sizes.get_or_make(|| table))
    }

    /// The bytes of memory that it takes.
    pub(super) fn memory(&self) -> usize {
        self.sizes.get().map_or(0, |table| table.capacity() * size_of::<u16>())
    }

    /// Appends what `keep` makes of the start and the end of each token, and moves the place on. An id without a token has no length.
    pub fn append_spans<T>(
        &self,
        codec: &Codec,
        ids: &[u32],
        place: &mut Place,
        keep: impl Fn([i64; 2]) -> T,
        spans: &mut Vec<T>,
    ) -> Result<()> {
        let table = self.made(codec)?;
        let sizes = |id: u32| match table.get(id as usize) {
            Some(&sizes) if sizes != ELSEWHERE => Sizes {
                bytes: i64::from(sizes & 0x7F),
                begun: i64::from(sizes >> 7 & 0xFF),
                continues: sizes >> 15 == 1,
            },
            _ => Sizes::of(codec.token_bytes(id).unwrap_or_default()),
        };
        let mut at = place.at;
        if place.in_chars {
            let span = |&id| {
                let Sizes { begun, continues, .. } = sizes(id);
                let start = at - i64::from(continues && at > 0);
                at += begun;
                keep([start, at])
            };
            extend(spans, ids.iter().map(span))?;
        } else {
            let span = |&id| {
                let start = at;
                at += sizes(id).bytes;
                keep([start, at])
            };
            extend(spans, ids.iter().map(span))?;
        }
        place.at = at;
        Ok(())
    }
}

/// Where the next token begins, and what is counted.
#[derive(Debug, Clone, Copy)]
pub struct Place {
    pub at: i64,
    pub in_chars: bool,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reference::published::found_tokens::SpecialTokens;
    use crate::reference::published::normalize::Normalizer;
    use crate::reference::published::patterns::Pattern;
    use crate::reference::published::vocabs::{Alphabet, Tokens, Vocab};
    use proptest::prelude::*;
    use std::sync::Arc;

    proptest! {
        #[test]
        fn equals_a_walk_over_the_bytes(
            more in prop::collection::btree_map(256u32..300, prop_oneof![
                prop::collection::vec(any::<u8>(), 2..9), "[a-zé中😀]{40,60}".prop_map(String::into_bytes),
                "[a-z]{124,130}".prop_map(String::into_bytes),
            ], 0..9),
            ids in prop::collection::vec(prop_oneof![0u32..310, any::<u32>()], 0..50),
            cut in 0..50usize,
        ) {
            let mut tokens = Tokens::default();
            (0..=255u8).for_each(|byte| tokens.set(u32::from(byte), &[byte]).unwrap());
            for (&id, token) in &more {
                tokens.set(id, token).unwrap();
            }
            let vocab = Vocab::new(tokens, Vec::new(), false, Alphabet::default()).unwrap();
            let (pattern, special) = (Pattern::new("gpt2").unwrap(), SpecialTokens::new(vec![("<é>".into(), 305)]).unwrap());
            let codec = Codec::new(Arc::new(vocab), pattern, special, Normalizer::default(), None, None).unwrap();
            for (in_chars, n_ids) in [(false, 300), (true, 300), (false, 0), (true, 0), (true, 280)] {
                let table = SizeTable::new(n_ids);
                let (mut expected, mut done) = (Vec::new(), Vec::new());
                for &id in &ids {
                    let token = codec.token_bytes(id).unwrap_or_default();
                    let count = |bytes: &[u8]| bytes.iter().filter(|&&byte| !in_chars || byte & 0xC0 != 0x80).count() as i64;
                    let start = count(&done);
                    let within = in_chars && start > 0 && token.first().is_some_and(|byte| byte & 0xC0 == 0x80);
                    done.extend_from_slice(token);
                    expected.push([start - i64::from(within), count(&done)]);
                }
                let (mut place, mut spans) = (Place { at: 0, in_chars }, Vec::new());
                let (first, second) = ids.split_at(cut.min(ids.len()));
                table.append_spans(&codec, first, &mut place, |span| span, &mut spans).unwrap();
                table.append_spans(&codec, second, &mut place, |span| span, &mut spans).unwrap();
                prop_assert_eq!(spans, expected);
            }
        }
    }
}
