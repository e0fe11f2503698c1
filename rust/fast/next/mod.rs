//! Which ids may come next, as a set of bits, from tables. Must equal `next_ids` of `rust/reference/more/viable.rs`.
//!
//! 1. [`settled`]: which tokens may stand behind a token within a piece.
//! 2. [`classes`]: which characters the pattern cannot tell apart.
//! 3. [`tables`]: what is known of the tokens of a vocabulary.
//! 4. [`outcomes`]: how the pattern may cut the end of a text and a token behind it, and which tokens it may cut so.
//! 5. [`sets`]: the ids that may come next.
//!
//! Let the *tail* be the text behind the last border that every continuation has. An *outcome* is a set of borders in it that some
//! continuation has, where a token comes next and is not cut. The token may come next if for one of its outcomes the ids of each part of the
//! tail are those of merging it, and the last id and the token are settled, unless there is a border between them.
//!
//! By hand, with `gpt2` and a tail of two spaces: `a` may come behind both, with a border between them: ` ` and ` a`. So it must be
//! settled with one space. Another space has no border before it, and must be settled with two.
//!
//! Costs: a text of a kind that was met before takes microseconds, another some ten milliseconds. Some kinds are kept: 64, with a set of all
//! ids for each outcome, of which most have two.

mod classes;
mod outcomes;
mod sets;
mod settled;
mod tables;

pub use self::tables::{Bits, NextIds, has, set};
