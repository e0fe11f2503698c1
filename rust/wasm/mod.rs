//! The boundary to JavaScript: the crate as a WebAssembly module. Thin, as `python/` is; no algorithm lives here.
//!
//! JavaScript calls exported functions of numbers (`js/engine.js`). What is not a number crosses as bytes: the caller asks for room with
//! [`take`], once for each argument, writes into it, and calls. The function takes its arguments in that order, and returns [`DONE`],
//! [`FAILED`] or [`REFUSED`]; the bytes at [`answer_start`] are then the answer, or the message of the error, until the next call. Text is
//! UTF-8; ids and places are `u32`, little-endian; events of traces are lines of JSON. A list is two arguments: the lengths of what is in
//! it, and all of it end to end. Tokenizers and sessions stay here and go by number.
//!
//! 1. [`tokenizer`]: open, encode, count, decode
//! 2. [`names`]: what names of encodings and models mean, and what may be meant by a name that is not known
//! 3. [`sessions`]: a text that changes, and its ids; [`chunks`]: a text in parts
//! 4. [`inside`]: the pieces of a text, its merges; [`alternatives`]: which alternative of a pattern made a piece
//! 5. [`patterns`]: how a pattern is run, and where two differ
//! 6. [`edits`]: what an edit has encoded again, and which ids stay whatever follows
//! 7. [`conversations`]: ids of conversations
//! 8. [`training`]: count pieces, learn merges
//! 9. [`several_files`]: files that are opened together, or in part
//!
//! Without the feature `files`, there are only the published encodings, at half the size. The pages of the site (`pages/core/core.js`)
//! never ask 2 and 3, so their modules are without: that with the feature `first` shows a text, with 4 alone; that with `pages`, which
//! comes after it, has 5 to 9 and reads files. The module of `make test-pages` has all (`internals`).
//!
//! A module runs on one thread, and has no files, clock or environment; the crate asks for none of them on its way here.

#![expect(clippy::cast_possible_truncation, reason = "on a page numbers of 32 bits count all there is")]
// `no_mangle` names symbols for the page, which `unsafe_code` counts as unsafe; there is no unsafe block in this folder. Only a
// module for the page has these names: in a program, `close` would take the place of the system's.
#![allow(unsafe_code)]
// Elsewhere only the tests call what is here.
#![cfg_attr(not(target_family = "wasm"), allow(dead_code))]

#[cfg(feature = "first")]
mod alternatives;
#[cfg(any(feature = "internals", not(feature = "first")))]
mod chunks;
#[cfg(feature = "pages")]
mod conversations;
#[cfg(feature = "pages")]
mod edits;
#[cfg(feature = "first")]
mod inside;
#[cfg(any(feature = "internals", not(feature = "first")))]
mod names;
#[cfg(feature = "pages")]
mod patterns;
#[cfg(any(feature = "internals", not(feature = "first")))]
mod sessions;
#[cfg(feature = "pages")]
mod several_files;
mod tokenizer;
#[cfg(all(test, feature = "pages"))]
mod tokenizer_tests;
#[cfg(feature = "pages")]
mod training;

use crate::error::{Error, Result};
use crate::fast::util::fallible::{collect, concat, filled, try_collect};
use std::cell::RefCell;

/// What a call returns: the answer is there.
pub const DONE: u32 = 0;
/// What a call returns: the answer is the message of an error.
pub const FAILED: u32 = 1;
/// The same, of a file that is not read.
pub const REFUSED: u32 = 2;
/// Stands for no id and no place.
const NONE: u32 = u32::MAX;

thread_local! {
    static ARGUMENTS: RefCell<Vec<Vec<u8>>> = const { RefCell::new(Vec::new()) };
    static ANSWER: RefCell<Answer> = const { RefCell::new(Answer::Bytes(Vec::new())) };
}

/// What a call answers, where it lies until the next one.
enum Answer {
    Bytes(Vec<u8>),
    Numbers(Vec<u32>),
}

impl From<Vec<u8>> for Answer {
    fn from(bytes: Vec<u8>) -> Answer {
        Answer::Bytes(bytes)
    }
}

impl From<Vec<u32>> for Answer {
    fn from(numbers: Vec<u32>) -> Answer {
        Answer::Numbers(numbers)
    }
}

/// Room for the next argument of the next call; null where there is none, and then the call has no arguments any more.
#[cfg_attr(target_family = "wasm", unsafe(no_mangle))]
pub extern "C" fn take(length: usize) -> *mut u8 {
    let Ok(mut argument) = filled(0, length) else {
        ARGUMENTS.take();
        return std::ptr::null_mut();
    };
    let start = argument.as_mut_ptr();
    ARGUMENTS.with_borrow_mut(|arguments| arguments.push(argument));
    start
}

/// Where the answer of the last call is.
#[cfg_attr(target_family = "wasm", unsafe(no_mangle))]
pub extern "C" fn answer_start() -> *const u8 {
    ANSWER.with_borrow(|answer| match answer {
        Answer::Bytes(bytes) => bytes.as_ptr(),
        Answer::Numbers(numbers) => numbers.as_ptr().cast(), // a module's numbers are little-endian
    })
}

/// How many bytes the answer of the last call has.
#[cfg_attr(target_family = "wasm", unsafe(no_mangle))]
pub extern "C" fn answer_length() -> usize {
    ANSWER.with_borrow(|answer| match answer {
        Answer::Bytes(bytes) => bytes.len(),
        Answer::Numbers(numbers) => size_of_val(&numbers[..]),
    })
}

/// Answers a call: `make` gets its arguments.
fn answer<A: Into<Answer>>(make: impl FnOnce(&mut Arguments) -> Result<A>) -> u32 {
    let mut arguments = Arguments(ARGUMENTS.take().into_iter());
    let (code, told) = match make(&mut arguments) {
        Ok(told) => (DONE, told.into()),
        Err(error) => {
            let code = if matches!(error, Error::Format { .. }) { REFUSED } else { FAILED };
            (code, Answer::Bytes(error.to_string().into_bytes()))
        }
    };
    ANSWER.set(told);
    code
}

/// The arguments of a call that have not been read yet.
struct Arguments(std::vec::IntoIter<Vec<u8>>);

impl Arguments {
    fn bytes(&mut self) -> Result<Vec<u8>> {
        self.0.next().ok_or_else(|| wrong("an argument is missing"))
    }

    fn text(&mut self) -> Result<String> {
        String::from_utf8(self.bytes()?).map_err(|_| wrong("an argument is not UTF-8"))
    }

    fn numbers(&mut self) -> Result<Vec<u32>> {
        let bytes = self.bytes()?;
        let (words, rest) = bytes.as_chunks::<4>();
        if !rest.is_empty() {
            return Err(wrong("an argument is not a list of numbers"));
        }
        collect(words.iter().map(|&word| u32::from_le_bytes(word)))
    }

    /// A list of things of any length: the lengths, and all of it end to end.
    fn byte_lists(&mut self) -> Result<Vec<Vec<u8>>> {
        let (lengths, joined) = (self.numbers()?, self.bytes()?);
        let mut rest = &joined[..];
        let mut next = |&length: &u32| {
            let (one, after) = rest.split_at_checked(length as usize).ok_or_else(|| wrong("a list is cut short"))?;
            rest = after;
            concat(&[one])
        };
        try_collect(lengths.iter().map(&mut next))
    }

    /// A list of texts, as `byte_lists` reads it.
    fn list(&mut self) -> Result<Vec<String>> {
        let text = |one| String::from_utf8(one).map_err(|_| wrong("an argument is not UTF-8"));
        try_collect(self.byte_lists()?.into_iter().map(text))
    }

    /// All that are left, as text.
    #[cfg(feature = "first")]
    fn texts(&mut self) -> Result<Vec<String>> {
        let mut found = Vec::new();
        while self.0.len() > 0 {
            found.push(self.text()?);
        }
        Ok(found)
    }
}

#[cfg(feature = "first")]
fn numbers(numbers: impl IntoIterator<Item = u32>) -> Vec<u8> {
    numbers.into_iter().flat_map(u32::to_le_bytes).collect()
}

/// The other side does not call as it should.
fn wrong(reason: &str) -> Error {
    Error::Vocabulary(format!("the core was called wrongly: {reason}"))
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// Makes a call as a page would: its arguments, then the function; the answer, or the message.
    pub fn call(arguments: &[&[u8]], function: impl FnOnce() -> u32) -> std::result::Result<Vec<u8>, String> {
        give(arguments);
        let code = function();
        let bytes = ANSWER.with_borrow(|answer| match answer {
            Answer::Bytes(bytes) => bytes.clone(),
            Answer::Numbers(found) => numbers(found.iter().copied()),
        });
        if code == DONE { Ok(bytes) } else { Err(String::from_utf8(bytes).unwrap()) }
    }

    /// A page writes into the room that it gets; here the arguments are put in its place.
    pub fn give(arguments: &[&[u8]]) {
        ARGUMENTS.set(arguments.iter().map(|argument| argument.to_vec()).collect());
    }

    #[test]
    fn room_is_what_was_asked_for_and_used_up_by_the_next_call() {
        assert!(!take(3).is_null());
        ARGUMENTS.with_borrow(|arguments| assert_eq!(arguments, &[vec![0; 3]]));
        assert_eq!(answer(Arguments::bytes), DONE);
        assert_eq!(answer_length(), 3);
        assert_eq!(answer(Arguments::bytes), FAILED);
        assert!(answer_length() > 3 && !answer_start().is_null());
    }

    #[test]
    fn where_there_is_no_room_a_call_has_no_arguments() {
        assert!(!take(3).is_null());
        assert!(take(isize::MAX as usize + 1).is_null() && take(usize::MAX).is_null());
        assert_eq!(answer(Arguments::bytes), FAILED);
        assert!(!take(3).is_null());
        assert_eq!(answer(Arguments::bytes), DONE);
    }

    #[test]
    fn lists_are_read_and_what_is_cut_short_is_refused() {
        let read = |arguments: &[&[u8]], read: fn(&mut Arguments) -> Result<String>| {
            call(arguments, || answer(|arguments| Ok(read(arguments)?.into_bytes())))
        };
        let lists = |arguments: &mut Arguments| Ok(format!("{:?}", arguments.list()?));
        assert_eq!(read(&[&numbers([1, 2]), b"abc"], lists).unwrap(), br#"["a", "bc"]"#);
        assert_eq!(read(&[b"", b""], lists).unwrap(), b"[]");
        assert!(read(&[&numbers([1, 3]), b"abc"], lists).unwrap_err().contains("cut short"));
        assert!(read(&[&numbers([1]), b"\xff"], lists).unwrap_err().contains("not UTF-8"));
    }
}
