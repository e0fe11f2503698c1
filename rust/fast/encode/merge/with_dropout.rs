//! A piece -> ids at random. Must equal `encode_piece_with_dropout` of `rust/reference/more/dropout.rs`.
//!
//! The numbers decide which merge is next, so the cache of pieces does not help. A short piece is merged in a [lane](super::short): the
//! least key is the first candidate; if it is passed over, the least key above it is the next.
//!
//! Costs, a piece of n bytes: O(n^2 / (1 - p)) where a lane holds it, on average; else those of the mirror.

use super::long::merge_heap;
use super::pair_table::PairTable;
use super::short::{WIDE_LANE, merge_drawn};
use crate::error::Result;
use crate::reference::more::dropout::{Draws, encode_piece_with_dropout};
use crate::reference::published::vocabs::Vocab;
use crate::support::interrupt;

/// Appends the ids of a piece. The table has all merges of the vocabulary, which is one of bytes.
pub fn encode_drawn_piece(
    vocab: &Vocab,
    table: &PairTable,
    piece: &[u8],
    draws: &mut Draws,
    out: &mut Vec<u32>,
) -> Result<()> {
    let start = out.len();
    let all_known = if piece.len() <= WIDE_LANE {
        let (alone, mut known) = (std::iter::once((0, piece, draws.clone())), Ok(true));
        merge_drawn(table, alone, |_, symbols, after| {
            *draws = after;
            known = table.append_ids(symbols, out);
        });
        known?
    } else {
        table.append_ids(&merge_heap(table, piece, || draws.passes_over())?, out)?
    };
    // The mirror knows what to do about a byte without a token.
    if all_known {
        return interrupt::check();
    }
    out.truncate(start);
    encode_piece_with_dropout(vocab, piece, draws, out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reference::more::dropout::Dropout;
    use crate::reference::published::vocabs::Alphabet;
    use std::sync::Arc;

    // That ids are the mirror's is tested in `drawn.rs`.
    #[test]
    fn a_byte_without_a_token_is_an_error() {
        let tokens: Vec<_> = (0..=254_u8).map(|byte| (vec![byte], u32::from(byte))).collect();
        let vocab = Arc::new(Vocab::from_tokens(&tokens, &[], false, Alphabet::default()).unwrap());
        let table = PairTable::new(&vocab).unwrap().unwrap();
        let mut draws = Dropout::new(0.5, 0, None, 0).draws(b"");
        assert!(encode_drawn_piece(&vocab, &table, b"a\xFF", &mut draws, &mut Vec::new()).is_err());
    }
}
