//! What the crate offers: a tokenizer, and how one is made. Everything here is named at the root of the crate; see there.
//!
//! 1. [`tokenizer`]: what a program holds.
//! 2. How one is made: [`encodings`]: the published ones; [`load`]: from files; [`train`]: from texts.
//! 3. More ways to encode: [`batch`]: many texts; [`segments`]: of several authors; [`places`]: where tokens are in the text.
//! 4. [`stream`]: ids as they come; [`session`]: a text that changes; [`chunks`]: a text in parts.
//! 5. `chat` (feature `chat`): conversations by a chat template.

#![warn(missing_docs)]

pub mod batch;
#[cfg(feature = "chat")]
pub mod chat;
pub mod chunks;
pub mod encodings;
pub mod load;
pub mod places;
pub mod segments;
pub mod session;
pub mod stream;
pub mod tokenizer;
pub mod train;

#[cfg(test)]
mod tests;
