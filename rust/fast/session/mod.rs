//! A text that changes: its ids, at the cost of the change. Must equal `rust/reference/more/session.rs`.
//!
//! Read in this order:
//!
//! 1. [`rope`]: the text in chunks with their ids; sums of bytes, characters and ids find a place.
//! 2. [`edit`]: an edit encodes again the chunks that it touches.
//! 3. [`between`]: what of these is encoded, where tokens spell the text.
//! 4. [`seams`]: chunks of bytes that no pattern cuts: where they may end, and how far an edit reaches.
//! 5. [`reading`]: where a place is, and the ids of a part as a text by itself.
//! 6. [`tail`]: what may follow the text, and which token holds a place.
//! 7. [`next`]: which ids may come next. [`next_byte`]: what each adds to the text.

mod between;
mod edit;
mod next;
mod next_byte;
mod reading;
mod rope;
mod seams;
mod tail;

pub use edit::Session;
pub use next::Appended;
pub use rope::Unit;
