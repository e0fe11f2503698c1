//! Byte-pair encoding, the mirror of `python/minitok/reference/`: the same files, the same functions in the same order.
//!
//! Read the files in this order, from the parts to the whole. [`tokens`] is a dict in Python; three files there have no twin here:
//! `basic.py` (text in, text out; short enough to retype), `small.py` (all of it in one file) and `text.py` (what a surrogate becomes).
//!
//! 1. [`pairs`]: count pairs, merge a pair, and what that changes
//! 2. [`pretokenize`]: text -> pieces
//! 3. [`special`]: text -> segments and special tokens
//! 4. [`vocab`]: ids <-> bytes ([`tokens`]), merges, ranks
//! 5. [`merging`]: the parts of a piece, of which the pair of lowest rank is merged first
//! 6. [`encode`]: piece -> ids
//! 7. [`count`]: text -> words with counts
//! 8. [`train`]: words with counts -> merges
//! 9. [`decode`]: ids -> bytes -> text
//! 10. [`codec`]: all of it put together
//!
//! Those files are the core, which names nothing of the other two folders:
//!
//! 11. [`more`]: what else can be done with BPE: dropout, parity, traces, sessions, what may follow, chunks,
//!     two tokenizers over one text
//! 12. [`published`]: what else published tokenizers do; `vocabs` extends `vocab`, and so on

pub mod codec;
pub mod count;
pub mod decode;
pub mod encode;
pub mod merging;
pub mod more;
pub mod pairs;
pub mod pretokenize;
pub mod published;
pub mod special;
pub mod tokens;
pub mod train;
pub mod vocab;
