//! What a call came to, and the message of the last one that failed.

use crate::error::Error;
use std::cell::RefCell;
use std::ffi::{CString, c_char};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// What a call came to; the numbers stay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(i32)]
pub enum Status {
    Ok = 0,
    /// A null pointer, a wrong handle, a length or a value that cannot be.
    Argument = 1,
    /// There is more than there is room for; how much is said.
    TooSmall = 2,
    NotUtf8 = 3,
    /// No such encoding, or not built in.
    UnknownEncoding = 4,
    /// The file is none of a tokenizer, or not one that is read.
    Format = 5,
    UnknownToken = 6,
    Memory = 7,
    /// Any other error; the message says which.
    Other = 8,
    /// A fault of the library.
    Panic = 9,
}

pub struct Failure(pub Status, pub String);

impl From<Error> for Failure {
    fn from(error: Error) -> Failure {
        let status = match error {
            Error::InvalidUtf8 { .. } => Status::NotUtf8,
            Error::UnknownEncoding(_) => Status::UnknownEncoding,
            Error::Format { .. } => Status::Format,
            Error::UnknownToken { .. } => Status::UnknownToken,
            Error::Memory => Status::Memory,
            _ => Status::Other,
        };
        Failure(status, error.to_string())
    }
}

thread_local! {
    static LAST: RefCell<CString> = RefCell::default();
}

/// Runs a call, and keeps the message if it fails.
pub fn answer(call: impl FnOnce() -> std::result::Result<(), Failure>) -> Status {
    let Failure(status, message) = match catch_unwind(AssertUnwindSafe(call)) {
        Ok(Ok(())) => return Status::Ok,
        Ok(Err(failure)) => failure,
        Err(_) => Failure(Status::Panic, "the library panicked; please report it".into()),
    };
    let message = CString::new(message.replace('\0', "\u{fffd}")).unwrap_or_default();
    // A thread that ends has no place for it any more.
    LAST.try_with(|last| last.replace(message)).ok();
    status
}

/// The message of the last call of this thread that failed.
pub fn last() -> *const c_char {
    LAST.try_with(|last| last.borrow().as_ptr()).unwrap_or(c"".as_ptr())
}
