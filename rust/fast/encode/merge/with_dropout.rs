//! A piece -> ids at random. Must equal `encode_piece_with_dropout` of `rust/reference/more/dropout.rs`.
//!
//! The numbers decide which merge is next, so the cache of pieces does not help. A short piece is merged in two small arrays, as in a
//! [lane](super::short): its symbols, and a key for each pair, the place of its rank and then its position. The least key is the
//! first candidate; if it is passed over, the least key above it is the next.
//!
//! Costs, a piece of n bytes: O(n^2 / (1 - p)) where n is at most [`SHORT`], on average; else those of the mirror.

#![expect(clippy::cast_possible_truncation, reason = "positions are below SHORT")]

use super::long::merge_heap;
use super::pair_table::{NO_PLACE, PairTable};
use crate::error::Result;
use crate::reference::more::dropout::{Draws, encode_piece_with_dropout};
use crate::reference::published::vocabs::{NO_ID, Vocab};
use crate::support::interrupt;

/// The longest piece that is merged in arrays of this length, and the longest in arrays at all.
const FEW: usize = 16;
const SHORT: usize = 1 << POSITION_BITS;
const POSITION_BITS: u32 = 6;
const NONE: u32 = NO_PLACE << POSITION_BITS;

/// Appends the ids of a piece. The table has all merges of the vocabulary, which is one of bytes.
pub fn encode_drawn_piece(
    vocab: &Vocab,
    table: &PairTable,
    piece: &[u8],
    draws: &mut Draws,
    out: &mut Vec<u32>,
) -> Result<()> {
    let all_known = if piece.len() <= FEW {
        append_short::<FEW>(table, piece, draws, out)?
    } else if piece.len() <= SHORT {
        append_short::<SHORT>(table, piece, draws, out)?
    } else {
        table.append_ids(&merge_heap(table, piece, || draws.passes_over())?, out)?
    };
    // The mirror knows what to do about a byte without a token.
    if all_known { interrupt::check() } else { encode_piece_with_dropout(vocab, piece, draws, out) }
}

/// Appends the ids of a piece of at most N bytes; false, and none, where a byte has no id.
fn append_short<const N: usize>(
    table: &PairTable,
    piece: &[u8],
    draws: &mut Draws,
    out: &mut Vec<u32>,
) -> Result<bool> {
    let (mut symbols, mut keys, n) = ([0; N], [NONE; N], piece.len());
    for (symbol, &byte) in symbols.iter_mut().zip(piece) {
        *symbol = u32::from(byte);
    }
    for (at, (key, pair)) in keys.iter_mut().zip(piece.windows(2)).enumerate() {
        *key = key_of(table.place_of_bytes(pair[0], pair[1]), at);
    }
    // Bit p is set while part p stands.
    let mut live = u64::MAX >> (SHORT - n);
    while let Some(key) = next(&keys[..n], draws) {
        let (part, made) = (key as usize % SHORT, table.made(key >> POSITION_BITS));
        let gone = following(live, part);
        live ^= 1 << gone;
        symbols[part % N] = made;
        keys[gone % N] = NONE;
        let before = live & ((1 << part) - 1);
        if before != 0 {
            let before = before.ilog2() as usize;
            keys[before % N] = key_of(table.place(symbols[before % N], made), before);
        }
        let after = following(live, part);
        keys[part % N] = if after < n { key_of(table.place(made, symbols[after % N]), part) } else { NONE };
    }
    let start = out.len();
    out.try_reserve(n)?;
    let mut known = true;
    while live != 0 {
        let id = table.id(symbols[live.trailing_zeros() as usize % N]);
        known &= id != NO_ID;
        out.push(id);
        live &= live - 1;
    }
    if !known {
        out.truncate(start);
    }
    Ok(known)
}

/// The next set bit above one, which is not the highest of all; 64 or more if there is none.
#[inline]
fn following(live: u64, bit: usize) -> usize {
    (live >> bit >> 1).trailing_zeros() as usize + bit + 1
}

/// The key of the merge that is next: the least that is not passed over.
#[inline]
fn next(keys: &[u32], draws: &mut Draws) -> Option<u32> {
    let mut from = 0;
    loop {
        let least = keys.iter().fold(NONE, |least, &key| if key >= from { least.min(key) } else { least });
        if least >= NONE {
            return None;
        }
        if !draws.passes_over() {
            return Some(least);
        }
        from = least + 1;
    }
}

#[inline]
fn key_of(place: u32, at: usize) -> u32 {
    place << POSITION_BITS | at as u32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reference::more::dropout::Dropout;
    use crate::reference::published::vocabs::Alphabet;
    use proptest::prelude::*;
    use std::sync::Arc;

    /// A list of merges: each joins two tokens that there are before it.
    fn merges() -> impl Strategy<Value = Vec<(u32, u32)>> {
        proptest::collection::vec((0..40_u32, 0..40_u32), 0..30).prop_map(|pairs| {
            let mut merges: Vec<(u32, u32)> = Vec::new();
            for (left, right) in pairs {
                let id = |number: u32| if number < 4 { 97 + number } else { 256 + number - 4 };
                let pair = (id(left), id(right));
                if pair.0.max(pair.1) < 256 + merges.len() as u32 && !merges.contains(&pair) {
                    merges.push(pair);
                }
            }
            merges
        })
    }

    proptest! {
        #[test]
        fn the_ids_are_those_of_the_mirror(
            merges in merges(),
            piece in "[a-d]{1,70}",
            probability in 0.0..=1.0,
            seed: u64,
        ) {
            let order: Vec<u8> = (0..=255).collect();
            let vocab = Arc::new(Vocab::from_merges(&order, &merges).unwrap());
            let Some(table) = PairTable::new(&vocab).unwrap() else { return Ok(()) };
            for probability in [probability, 0.0, 0.1, 1.0] {
                let mut draws = Dropout::new(probability, seed, None, 0).draws(piece.as_bytes());
                draws.go_to(0);
                let (mut ids, mut expected, mut same) = (Vec::new(), Vec::new(), draws.clone());
                encode_drawn_piece(&vocab, &table, piece.as_bytes(), &mut draws, &mut ids).unwrap();
                encode_piece_with_dropout(&vocab, piece.as_bytes(), &mut same, &mut expected).unwrap();
                prop_assert_eq!(ids, expected);
                prop_assert_eq!(draws.passes_over(), same.passes_over());
            }
        }
    }

    #[test]
    fn a_byte_without_a_token_is_an_error() {
        let tokens: Vec<_> = (0..=254_u8).map(|byte| (vec![byte], u32::from(byte))).collect();
        let vocab = Arc::new(Vocab::from_tokens(&tokens, &[], false, Alphabet::default()).unwrap());
        let table = PairTable::new(&vocab).unwrap().unwrap();
        let mut draws = Dropout::new(0.5, 0, None, 0).draws(b"");
        assert!(encode_drawn_piece(&vocab, &table, b"a\xFF", &mut draws, &mut Vec::new()).is_err());
    }
}
