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
//! Costs, n bytes: O(n log n) time, O(n) space, for any piece; no recursion.
//!
//! Implements SPEC E1, E2, E6 and E7.

use crate::error::Result;
use crate::reference::merging::merge_parts;
use crate::reference::vocab::InitialParts;
use crate::support::interrupt;

/// Appends the ids of one piece to `out`: those of its bytes, merged; that of the whole piece, where the vocabulary has it so.
pub fn encode_piece(vocab: &impl InitialParts, piece: &[u8], out: &mut Vec<u32>) -> Result<()> {
    let core = vocab.core();
    if core.whole_pieces
        && let Some(whole) = core.token_id(piece)
    {
        out.push(whole);
        return Ok(());
    }
    let merged = merge_parts(|left, right| core.merge_of(left, right), vocab.initial_parts(piece)?)?;
    interrupt::append(out, merged.into_iter())
}
