//! Byte-pair encoding, the mirror of `python/minitok/reference/`: the same files, the same functions in the same order.
//!
//! Read the files in this order, from the parts to the whole. [`tokens`] is a dict in Python; three files there have no twin here:
//! `basic.py` (text in, text out; short enough to retype), `small.py` (all of it in one file) and `text.py` (what a surrogate becomes).
//!
//! 1. [`pairs`]: count pairs, merge a pair, and what that changes
//! 2. [`pretokenize`]: text -> pieces
//! 3. [`byte_chars`]: bytes as characters, for patterns that cut these
//! 4. [`special`]: text -> segments and special tokens
//! 5. [`vocab`]: ids <-> bytes ([`tokens`]), merges, ranks
//! 6. [`count`]: text -> words with counts
//! 7. [`train`]: words with counts -> merges
//! 8. [`parity`]: words of several languages -> merges that are fair to all
//! 9. [`merging`]: the parts of a piece, of which the pair of lowest rank is merged first
//! 10. [`encode`]: piece -> ids
//! 11. [`dropout`]: piece -> ids at random
//! 12. [`decode`]: ids -> bytes -> text
//! 13. [`codec`]: all of it put together
//! 14. [`trace`]: what training and encoding did, step by step, as data
//! 15. [`session`]: a text that changes, and what that does to its ids
//! 16. [`tails`]: what may follow a text
//! 17. [`graphemes`]: what a reader takes for one character; [`fences`]: lines of Markdown
//! 18. [`borders`]: where a text may end: behind a paragraph, a sentence, a word
//! 19. [`chunk`]: a text in parts of a limited number of tokens
//! 20. [`align`](mod@align): two lists of tokens over one text
//! 21. [`published`]: what published tokenizers do besides

pub mod align;
pub mod borders;
pub mod byte_chars;
pub mod chunk;
pub mod codec;
pub mod count;
pub mod decode;
pub mod dropout;
pub mod encode;
pub mod fences;
pub mod graphemes;
pub mod merging;
pub mod pairs;
pub mod parity;
pub mod pretokenize;
pub mod published;
pub mod session;
pub mod special;
pub mod tails;
pub mod tokens;
pub mod trace;
pub mod train;
pub mod vocab;
