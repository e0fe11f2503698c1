//! The merging phase of training: distinct pieces with their counts -> merges. Must equal `train` and `extend` of
//! `rust/reference/train.rs`.
//!
//! The mirror keeps a word per piece and rewrites every word that holds the pair merged. Here a merge touches the places
//! where the pair stands and nothing else, so that a corpus of one huge piece costs no more than one of short words. Read in this
//! order:
//!
//! - [`trainer`] the loop: it starts from counts, and takes, counts and merges pairs with the parts below; [`state`] what it keeps;
//! - [`arena`] the corpus as one flat array of symbols, where a token finds its neighbours without links;
//! - [`pairs`] for each pair its places and an upper bound on its count;
//! - [`queue`] the pair of the highest bound, [`tie_break`] which one among equals;
//! - [`start_vocab`] the vocabulary to begin with, [`rare_pairs`] what of its runs can be left out, [`initial_pairs`] the pairs that
//!   it makes of the pieces, [`new_pairs`] the pairs that a merge creates, [`vetoes`] which of them are never merged;
//! - [`parity`] the same for texts of several languages, of which each has its turn, and [`circles`] what a pair is in each;
//! - [`step_function`] a position's weight, that is the count of its piece.
//!
//! One step takes the pair of the highest bound from the queue; if its count may have fallen, counts it anew and puts it
//! back; else joins its places, looks around each of them, and adds the pairs found there.
//!
//! # Why it is exact
//!
//! *Counts only fall.* A pair of which at least one part is made by training arises in the step that makes its younger
//! part, in all its places at once: later steps make other ids. So places only vanish, a count taken once is a bound from
//! then on, and so is the first place of the pair in the corpus. A queue of such bounds yields the best pair: if the
//! highest bound proves exact, every other pair lies below its own bound and so below this count.
//!
//! *Which places still hold* is read from two slots ([`holds`](arena::Arena::holds)). *Whether a count is still exact* is
//! read from two numbers per id ([`is_exact`](pairs::Pairs::is_exact)), or known, because the losses of frequent pairs are
//! booked as they happen ([`new_pairs`]).
//!
//! # What it costs
//!
//! For n bytes of distinct pieces and V merges: the joins cost O(n) in all, since each removes a token; lists hold at most
//! two places for each token joined, and n at the start. A list is walked once when its pair is merged, and once for each
//! time it reaches the top with a bound out of date. Memory: 2 bytes a slot while ids fit into 16 bits, else 4; 4 for each
//! place in a list; 32 for each pair. More than 2^31 slots are refused, as are counts beyond 2^63: nothing wraps.

mod arena;
mod circles;
mod initial_pairs;
mod new_pairs;
mod pairs;
mod parity;
mod queue;
mod rare_pairs;
#[cfg(test)]
pub(crate) mod small_scope;
mod start_vocab;
mod state;
mod step_function;
#[cfg(test)]
mod tests;
mod tie_break;
mod trainer;
mod vetoes;

pub use parity::train_parity;
pub use trainer::{extend, train};
