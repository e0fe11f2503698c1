//! Normalizers that only read a text which is in the wanted form already, as most is. Must equal `normalize.rs`.
//!
//! Read in this order.
//!
//! 1. [`classes`]: which characters a normal form may change
//! 2. [`forms`]: a text in a normal form
//! 3. [`edits`]: a text with other text in some places, no longer than allowed
//! 4. [`letters`]: small letters, and spaces around ideographs
//! 5. [`replace`]: other text for the matches of a pattern
//! 6. [`normalizer`]: the steps in turn

mod classes;
mod edits;
mod forms;
mod letters;
pub mod normalizer;
mod replace;
#[cfg(test)]
mod tests;
