//! One long piece -> symbols, in linear time for all but contrived input. Must equal `merge_parts` of `rust/reference/merging.rs`.
//!
//! **Seams.** Two neighbouring tokens are *settled* if merging the bytes of the two, alone, gives these two again. A list of tokens
//! in which all neighbours are settled is what merging all the bytes gives (proof: notes/proofs.md, "Long pieces in linear
//! time"). So a long piece is cut blindly into chunks of 16 bytes, which are merged side by side (`short.rs`) and joined from left
//! to right: the bytes of the last token on the left and of the first on the right are merged together. If the outermost tokens of
//! the result are the old ones, the seam is settled; if not, the region grows on the side where they differ, doubling each time.
//!
//! **Rounds.** In a long run of one character (or of a few) every chunk would change the one before it. Such a piece has few
//! different pairs, so the lowest rank is merged everywhere in one round over the whole piece, with equal neighbours as a *run*, a
//! symbol and its count ("Runs in a few steps"). By hand, with the merges `aa` and `aab`: `a5 b1` -> `aa2 a1 b1`, done;
//! `a4 b1` -> `aa2 b1` -> `aa1 aab1`. Whether few rounds suffice is estimated from the first bytes; for a piece that is hardly longer,
//! from the number of pairs that the first round merges.
//!
//! **Heap.** Where regions or rounds would take more work than some multiple of the piece, the mirror's algorithm runs.
//!
//! Cost, n bytes: O(n) time as a rule, O(n log n) always; 20 n bytes of space; no recursion.

#![expect(
    clippy::cast_possible_truncation,
    reason = "runs of more than 2^32 bytes are left to the heap; numbers of chunks are below STRETCH"
)]

use super::lane::LANE;
use super::pair_table::{NO_PLACE, NO_SYMBOL, PairTable};
use super::short::{WIDE_LANE, merge_alone, merge_short};
use crate::error::Result;
use crate::fast::util::fallible::{append, filled, resize, room};
use crate::reference::more::dropout::merge_with_dropout;
use crate::support::interrupt;

/// How many bytes show whether a piece is repetitive, and how many rounds they may take.
const SAMPLE: usize = 512;
const SAMPLE_ROUNDS: usize = 16;
/// How many chunks are merged between two checks whether to stop.
const STRETCH: usize = if cfg!(any(test, fuzzing)) { 5 } else { 1 << 14 };
/// The limit of the work on all rounds, or on all regions, as a multiple of the piece.
const PATIENCE: usize = 8;

pub fn merge_long(table: &PairTable, piece: &[u8], out: &mut Vec<u32>) -> Result<()> {
    if piece.len() <= WIDE_LANE {
        merge_alone(table, piece, out);
        return Ok(());
    }
    let repetitive = match piece.get(..SAMPLE) {
        Some(sample) => merge_rounds(table, sample, SAMPLE_ROUNDS * SAMPLE)?.is_some(),
        None => first_round_takes_much(table, piece),
    };
    let mut merged = None;
    if repetitive {
        merged = merge_rounds(table, piece, PATIENCE * piece.len())?;
    }
    if merged.is_none() {
        merged = merge_chunks(table, piece)?;
    }
    let merged = merged.map_or_else(|| merge_heap(table, piece, || false), Ok)?;
    if out.is_empty() {
        *out = merged;
    } else {
        append(out, &merged)?;
    }
    Ok(())
}

/// Whether a quarter of all pairs of bytes have the lowest rank.
fn first_round_takes_much(table: &PairTable, piece: &[u8]) -> bool {
    let places = || piece.windows(2).map(|pair| table.place_of_bytes(pair[0], pair[1]));
    let least = places().min().unwrap_or(NO_PLACE);
    least != NO_PLACE && 4 * places().filter(|&place| place == least).count() >= piece.len()
}

/// Equal neighbours as one.
#[derive(Clone, Copy)]
struct Run {
    symbol: u32,
    count: u32,
    /// The place of the symbol with itself, and with that of the next run.
    inner: u32,
    outer: u32,
}

impl Run {
    fn least(&self) -> u32 {
        if self.count > 1 { self.inner.min(self.outer) } else { self.outer }
    }
}

/// Merges the lowest rank everywhere, from left to right, again and again. None if that takes more than `patience` steps, or if a
/// merge brings up a pair of a rank as low, which would have to go before the rest of the round.
fn merge_rounds(table: &PairTable, piece: &[u8], mut patience: usize) -> Result<Option<Vec<u32>>> {
    if u32::try_from(piece.len()).is_err() {
        return Ok(None);
    }
    let mut runs = runs_of(table, piece)?;
    let mut before = Vec::new();
    loop {
        let mut least = NO_PLACE;
        for stretch in runs.chunks(interrupt::STRETCH) {
            least = stretch.iter().fold(least, |least, run| least.min(run.least()));
            interrupt::check()?;
        }
        if least == NO_PLACE {
            break;
        }
        let Some(left) = patience.checked_sub(runs.len()) else { return Ok(None) };
        patience = left;
        std::mem::swap(&mut runs, &mut before);
        if !merge_round(table, least, &before, &mut runs)? {
            return Ok(None);
        }
    }
    let mut merged = room(runs.iter().map(|run| run.count as usize).sum())?;
    for run in &runs {
        interrupt::append(&mut merged, std::iter::repeat_n(run.symbol, run.count as usize))?;
        interrupt::check()?;
    }
    Ok(Some(merged))
}

fn runs_of(table: &PairTable, piece: &[u8]) -> Result<Vec<Run>> {
    let mut runs: Vec<Run> = Vec::new();
    let mut before = None;
    for stretch in piece.chunks(interrupt::STRETCH) {
        for same in stretch.chunk_by(|left, right| left == right) {
            let (byte, count) = (same[0], same.len() as u32);
            match (runs.last_mut(), before) {
                (Some(last), Some(before)) if before == byte => {
                    last.count += count;
                    continue;
                }
                (Some(last), Some(before)) => last.outer = table.place_of_bytes(before, byte),
                _ => {}
            }
            before = Some(byte);
            runs.try_reserve(1)?;
            let inner = table.place_of_bytes(byte, byte);
            runs.push(Run { symbol: u32::from(byte), count, inner, outer: NO_PLACE });
        }
        interrupt::check()?;
    }
    Ok(runs)
}

/// Merges one rank everywhere; false if that brings up a rank as low.
fn merge_round(table: &PairTable, least: u32, runs: &[Run], out: &mut Vec<Run>) -> Result<bool> {
    out.clear();
    out.try_reserve(runs.len())?;
    let made = table.made(least);
    let made = Run { symbol: made, count: 0, inner: table.place(made, made), outer: NO_PLACE };
    let (mut rises, mut rises_beside, mut left) = (made.inner > least, true, NO_SYMBOL);
    let mut push = |run: Run, count: u32| {
        if count == 0 {
            return;
        }
        if let Some(last) = out.last_mut() {
            if last.symbol == run.symbol {
                last.count += count;
                return;
            }
            // The place of two old neighbours is known.
            if last.symbol == made.symbol || run.symbol == made.symbol {
                last.outer = table.place(last.symbol, run.symbol);
                rises &= last.outer > least;
            }
        }
        out.push(Run { count, ..run });
    };
    // Whether the run before has taken the first of this one.
    let mut taken = 0;
    for run in runs {
        let count = run.count - taken;
        let pairs = if run.inner == least { count / 2 } else { 0 };
        let rest = count - 2 * pairs;
        taken = u32::from(rest > 0 && run.outer == least);
        // What was just made meets the left part of the next pair, until that is merged.
        if pairs + taken > 0 && run.symbol != left {
            left = run.symbol;
            rises_beside &= table.place(made.symbol, left) > least;
        }
        push(made, pairs);
        push(*run, rest - taken);
        push(made, taken);
        interrupt::check()?;
    }
    Ok(rises && rises_beside)
}

/// A chunk merged alone: how many tokens, and which.
type Chunk = (usize, [u32; LANE]);

/// None if the chunks do not settle soon enough.
fn merge_chunks(table: &PairTable, piece: &[u8]) -> Result<Option<Vec<u32>>> {
    let mut merged: Vec<Chunk> = room(piece.len().div_ceil(LANE))?;
    for stretch in piece.chunks(LANE * STRETCH) {
        let first = merged.len();
        resize(&mut merged, first + stretch.len().div_ceil(LANE), (0, [NO_SYMBOL; LANE]))?;
        let numbered = stretch.chunks(LANE).enumerate().map(|(index, chunk)| (index as u32, chunk));
        merge_short(table, numbered, |index, symbols| {
            let (len, place) = &mut merged[first + index as usize];
            *len = symbols.len();
            place[..*len].copy_from_slice(symbols);
        });
        interrupt::check()?;
    }
    let mut patience = PATIENCE * piece.len();
    let mut done: Vec<u32> = room(piece.len() / 2)?;
    let mut region = Vec::new();
    let settled = settled_seams(table, piece, &merged)?;
    for (index, (len, symbols)) in merged.iter().enumerate() {
        done.try_reserve(*len)?;
        if settled[index] && done.last() == merged[index - 1].1[..merged[index - 1].0].last() {
            done.extend_from_slice(&symbols[..*len]);
            continue;
        }
        if !join(table, piece, index * LANE, &mut done, &symbols[..*len], &mut region, &mut patience)? {
            return Ok(None);
        }
        interrupt::check()?;
    }
    Ok(Some(done))
}

/// For each chunk, whether its first token and the last of the chunk before are settled; false also where the two are too long to be
/// merged in a lane.
fn settled_seams(table: &PairTable, piece: &[u8], merged: &[Chunk]) -> Result<Vec<bool>> {
    let mut settled = filled(false, merged.len())?;
    let pair_at = |index: usize| {
        let ((len, before), (_, after)) = (&merged[index - 1], &merged[index]);
        [before[len - 1], after[0]]
    };
    for first in (1..merged.len()).step_by(STRETCH) {
        let regions = (first..merged.len().min(first + STRETCH)).filter_map(|index| {
            let [last, next] = pair_at(index);
            let seam = index * LANE;
            let bytes = &piece[seam - table.length(&[last])..seam + table.length(&[next])];
            (bytes.len() <= LANE).then_some(((index - first) as u32, bytes))
        });
        merge_short(table, regions, |index, symbols| {
            let index = first + index as usize;
            settled[index] = symbols == pair_at(index);
        });
        interrupt::check()?;
    }
    Ok(settled)
}

/// Appends the tokens `right`, which begin at byte `seam`, to `left`, which ends there; false if that takes too much patience.
fn join(
    table: &PairTable,
    piece: &[u8],
    seam: usize,
    left: &mut Vec<u32>,
    right: &[u32],
    region: &mut Vec<u32>,
    patience: &mut usize,
) -> Result<bool> {
    if left.is_empty() {
        append(left, right)?;
        return Ok(true);
    }
    let (mut on_left, mut on_right) = (1, 1);
    loop {
        let old = &left[left.len() - on_left..];
        let bytes = &piece[seam - table.length(old)..seam + table.length(&right[..on_right])];
        let Some(rest) = patience.checked_sub(bytes.len()) else { return Ok(false) };
        *patience = rest;
        region.clear();
        if bytes.len() <= WIDE_LANE {
            merge_alone(table, bytes, region);
        } else {
            append(region, &merge_heap(table, bytes, || false)?)?;
        }
        let left_settled = region[0] == old[0] || on_left == left.len();
        let right_settled = region.last() == right[..on_right].last() || on_right == right.len();
        if left_settled && right_settled {
            left.truncate(left.len() - on_left);
            append(left, region)?;
            append(left, &right[on_right..])?;
            return Ok(true);
        }
        if !left_settled {
            on_left = left.len().min(2 * on_left);
        }
        if !right_settled {
            on_right = right.len().min(2 * on_right);
        }
    }
}

/// By the mirror's algorithm, with the ranks of the table. `passes_over`: whether a merge is passed over.
pub fn merge_heap(table: &PairTable, piece: &[u8], passes_over: impl FnMut() -> bool) -> Result<Vec<u32>> {
    let mut symbols = room(piece.len())?;
    interrupt::append(&mut symbols, piece.iter().map(|&byte| u32::from(byte)))?;
    let merge_of = |left, right| {
        let place = table.place(left, right);
        (place != NO_PLACE).then(|| (place, table.made(place)))
    };
    merge_with_dropout(merge_of, symbols, passes_over)
}

#[cfg(test)]
pub mod tests;
