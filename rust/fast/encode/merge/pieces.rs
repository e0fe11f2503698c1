//! Pieces -> ids, each by the method for its length. Must equal `encode_piece` of `rust/reference/encode.rs`.

use super::long::merge_long;
use super::short::{WIDE_LANE, merge_new};
use crate::error::Result;
use crate::fast::encode::tables::Tables;
use crate::reference::encode::encode_piece;
use std::cell::RefCell;

/// Passes the number and the ids of each piece to `emit`, in no particular order, except pieces that are known when their turn comes.
/// `piece` gives the bytes of a number.
pub fn merge_pieces<'t>(
    tables: &Tables,
    numbers: &[u32],
    piece: impl Fn(u32) -> &'t [u8],
    is_known: impl Fn(u32) -> bool,
    emit: impl FnMut(u32, Result<&[u32]>),
) {
    let out = RefCell::new((emit, Vec::new()));
    let emit = |number, ids: Result<&[u32]>| (out.borrow_mut().0)(number, ids);
    // The mirror handles a byte without a token.
    let emit_slowly = |number| {
        let mut ids = Vec::new();
        let done = encode_piece(tables.vocab(), piece(number), &mut ids);
        emit(number, done.map(|()| &ids[..]));
    };
    let is_new = |number, piece: &[u8]| {
        !is_known(number)
            && tables.whole(piece).is_none_or(|id| {
                emit(number, Ok(&[id]));
                false
            })
    };
    let pieces = || numbers.iter().map(|&number| (number, piece(number)));
    let Some(pairs) = tables.pairs() else {
        return pieces().filter(|&(number, piece)| is_new(number, piece)).for_each(|(number, _)| emit_slowly(number));
    };
    let emit_symbols = |number, symbols: &[u32]| {
        let lacks_byte = {
            let (emit, ids) = &mut *out.borrow_mut();
            ids.clear();
            let done = pairs.append_ids(symbols, ids);
            let lacks_byte = done == Ok(false);
            if !lacks_byte {
                emit(number, done.map(|_| &ids[..]));
            }
            lacks_byte
        };
        if lacks_byte {
            emit_slowly(number);
        }
    };
    let mut symbols = Vec::new();
    for (number, piece) in pieces().filter(|&(number, piece)| piece.len() > WIDE_LANE && is_new(number, piece)) {
        symbols.clear();
        match merge_long(pairs, piece, &mut symbols) {
            Ok(()) => emit_symbols(number, &symbols),
            Err(error) => emit(number, Err(error)),
        }
    }
    merge_new(pairs, pieces().filter(|(_, piece)| piece.len() <= WIDE_LANE), is_new, emit_symbols);
}
