//! Why a reader gives no answer.
//!
//! Only a file that is not a reader's goes on to `formats/`. Where memory could not be had, or the work was stopped,
//! that is an error: to read the file again in another way would need more of both.

use crate::error::{Error, Result};
use std::collections::TryReserveError;
use std::result;

/// A reader's answer. Both sides fit into registers, so that a look at each byte may give one.
pub(crate) type Read<T> = result::Result<T, Decline>;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Decline {
    /// The file is left to `formats/`, which either reads it value by value or says what is wrong with it.
    NotMine,
    Memory,
    Interrupted,
}

impl From<Error> for Decline {
    fn from(error: Error) -> Decline {
        match error {
            Error::Memory => Decline::Memory,
            Error::Interrupted => Decline::Interrupted,
            _ => Decline::NotMine,
        }
    }
}

impl From<TryReserveError> for Decline {
    fn from(_: TryReserveError) -> Decline {
        Decline::Memory
    }
}

/// The answer of a reader: None if the file is to be read value by value.
pub(crate) fn answer<T>(read: Read<T>) -> Result<Option<T>> {
    match read {
        Ok(found) => Ok(Some(found)),
        Err(Decline::NotMine) => Ok(None),
        Err(Decline::Memory) => Err(Error::Memory),
        Err(Decline::Interrupted) => Err(Error::Interrupted),
    }
}

/// An answer that is yes only where this is true.
#[inline]
pub(crate) fn only_if(is_mine: bool) -> Read<()> {
    if is_mine { Ok(()) } else { Err(Decline::NotMine) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_not_the_readers_goes_on() {
        let told = |error: Error| answer::<()>(Err(error.into()));
        assert_eq!(told(Error::Vocabulary("x".into())), Ok(None));
        assert_eq!((told(Error::Memory), told(Error::Interrupted)), (Err(Error::Memory), Err(Error::Interrupted)));
        let too_long = Vec::<u8>::new().try_reserve(usize::MAX).unwrap_err();
        assert_eq!(Decline::from(too_long), Decline::Memory);
        assert_eq!((answer(only_if(true)), answer(only_if(false))), (Ok(Some(())), Ok(None)));
    }
}
