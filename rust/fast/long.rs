//! One long piece -> symbols. Must equal `merge_parts` of `rust/encode.rs`.

use super::pair_table::{NO_PLACE, NO_SYMBOL, PairTable};
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// Merge the parts, which start as the bytes of the piece, until no two neighbours merge.
pub(super) fn merge_long(table: &PairTable, piece: &[u8], out: &mut Vec<u32>) {
    let mut symbols: Vec<u32> = piece.iter().map(|&byte| u32::from(byte)).collect();
    merge_heap(table, &mut symbols);
    out.append(&mut symbols);
}

/// The way of the mirror: a linked list, and a heap of the pairs that merge.
fn merge_heap(table: &PairTable, symbols: &mut Vec<u32>) {
    let end = symbols.len();
    let mut before: Vec<usize> = (0..end).map(|place| place.checked_sub(1).unwrap_or(end)).collect();
    let mut after: Vec<usize> = (1..=end).collect();
    let candidate = |symbols: &[u32], after: &[usize], place: usize| {
        if place == end || after[place] == end {
            return None;
        }
        let rank = table.place(symbols[place], symbols[after[place]]);
        (rank != NO_PLACE).then_some(Reverse((rank, place)))
    };
    let entries: Vec<_> = (0..end).filter_map(|place| candidate(symbols, &after, place)).collect();
    let mut heap = BinaryHeap::from(entries);
    while let Some(Reverse((rank, place))) = heap.pop() {
        let gone = after[place];
        if symbols[place] == NO_SYMBOL || gone == end || table.place(symbols[place], symbols[gone]) != rank {
            continue; // stale
        }
        symbols[place] = table.made(rank);
        symbols[gone] = NO_SYMBOL;
        after[place] = after[gone];
        if after[place] < end {
            before[after[place]] = place;
        }
        for changed in [before[place], place] {
            heap.extend(candidate(symbols, &after, changed));
        }
    }
    symbols.retain(|&symbol| symbol != NO_SYMBOL);
}
