//! Which ids may come next, as a set of bits, from tables. Must equal `next_ids` of `rust/reference/more/viable.rs`.
//!
//! 1. [`settled`]: which tokens may stand after a token within a piece.
//! 2. [`run`]: what the machine of the pattern makes of a token. [`tree`]: tokens of which it makes the same.
//! 3. [`tables`]: what is known of a vocabulary and its pattern.
//! 4. [`outcomes`]: how the pattern may cut the end of a text and a token after it, and which tokens it may cut so.
//! 5. [`open`]: the end of a text.
//! 6. [`sets`]: the ids that may come next.
//! 7. [`bits`]: sets of ids.
//!
//! The pattern runs as a machine (`rust/fast/scan/compiled/ends.rs`), which says after each character which borders are sure. Let the *tail* be
//! the text after the last sure border. An *outcome* is a set of borders in it that some continuation has, where a token comes next and
//! is not cut. It depends on the state of the machine only. The token may come next if for one of its outcomes the ids of each part of the
//! tail are those of merging it, and the last id and the token are settled, unless there is a border between them.
//!
//! By hand, with `gpt2` and a tail of two spaces: `a` may come after both, with a border between them: ` ` and ` a`. So it must be
//! settled with one space. Another space has no border before it, and must be settled with two.
//!
//! Costs: a set takes some microseconds in a state that was met before, and a millisecond in another. Of the states 64 are kept, with a set of
//! all ids for each outcome, of which most have two.

mod bits;
mod open;
mod outcomes;
mod run;
mod sets;
mod settled;
mod tables;
mod tree;

pub use self::bits::{Bits, has, set, unset};
pub use self::open::Open;
pub use self::tables::NextIds;
