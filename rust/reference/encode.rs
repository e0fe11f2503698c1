//! A piece -> ids: lowest rank first, leftmost on ties.
//!
//! By hand, with the merges 0: (a, b) -> X, 1: (b, c) -> Y, 2: (X, c) -> Z and the piece `a b c b c`:
//!
//! * rank 0 stands at place 0: `X c b c`
//! * rank 1 stands at place 2: `X c Y`
//! * rank 2 stands at place 0: `Z Y`, and no two neighbours merge any more
//!
//! Trying each merge in the order of learning gives the same ids; this only avoids trying those that do not occur. Taking the
//! longest token from the left is a different algorithm, with different ids.
//!
//! A piece begins as its bytes or, in a vocabulary of characters, as these ([`characters`]).
//!
//! Costs, n bytes: O(n log n) time, O(n) space, for any piece; no recursion.
//!
//! Implements SPEC E1, E2, E6, E7, S1, S7 and S8.

use crate::error::{Error, Result};
use crate::reference::merging::merge_parts;
use crate::reference::published::characters::{Symbols, characters};
use crate::reference::vocab::{NO_ID, Vocab};
use crate::support::interrupt;

/// Appends the ids of one piece to `out`.
pub fn encode_piece(vocab: &Vocab, piece: &[u8], out: &mut Vec<u32>) -> Result<()> {
    if vocab.whole_pieces
        && let Some(whole) = vocab.token_id(piece)
    {
        out.push(whole);
        return Ok(());
    }
    let merged = merge_parts(|left, right| vocab.merge_of(left, right), first_parts(vocab, piece)?)?;
    interrupt::append(out, merged.into_iter())
}

/// Returns the ids that a piece begins as: of its bytes, its characters or its symbols.
pub fn first_parts(vocab: &Vocab, piece: &[u8]) -> Result<Vec<u32>> {
    match (&vocab.alphabet.symbols, &vocab.alphabet.fallback) {
        (Some(symbols), _) => single_symbols(vocab, symbols, piece),
        (None, None) => single_bytes(vocab, piece),
        (None, Some(fallback)) => single_characters(vocab, fallback, piece),
    }
}

/// Returns the ids of the single bytes of a piece.
pub fn single_bytes(vocab: &Vocab, piece: &[u8]) -> Result<Vec<u32>> {
    let mut ids = Vec::new();
    ids.try_reserve_exact(piece.len())?;
    for &byte in piece {
        interrupt::check()?;
        let id = vocab.byte_ids[byte as usize];
        if id != NO_ID {
            ids.push(id);
        } else if !vocab.alphabet.drops_bytes {
            return Err(Error::MissingByte { byte, position: 0 });
        }
    }
    Ok(ids)
}

/// Returns the ids of the characters of a piece; for one that is not a token, the ids of its bytes.
pub fn single_characters(vocab: &Vocab, fallback: &[u32], piece: &[u8]) -> Result<Vec<u32>> {
    let mut ids = Vec::new();
    ids.try_reserve_exact(piece.len())?;
    for char in characters(piece) {
        interrupt::check()?;
        match vocab.token_id(char) {
            Some(id) => ids.push(id),
            None => ids.extend(char.iter().map(|&byte| fallback[byte as usize])),
        }
    }
    Ok(ids)
}

/// Returns the ids of the symbols of a piece; for one that is not a token, the unknown id, if there is one.
pub fn single_symbols(vocab: &Vocab, symbols: &Symbols, piece: &[u8]) -> Result<Vec<u32>> {
    let mut ids = Vec::new();
    ids.try_reserve_exact(piece.len())?;
    let mut fused = false; // whether the unknown id of the symbol before stands for this one too
    symbols.written(piece, |symbol| {
        interrupt::check()?;
        let known = vocab.token_id(symbol);
        ids.extend(known.or(symbols.unknown.filter(|_| !fused)));
        fused = known.is_none() && symbols.fuses;
        Ok(())
    })?;
    Ok(ids)
}
