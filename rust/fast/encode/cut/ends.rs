//! Where the pieces of a text end: what is read of a text rests on their order.
//!
//! The look-up reads sixteen bytes from where a piece begins, and asks only of the last piece of a block whether they are inside the
//! text. That is enough if the ends ascend, of which this type is the proof: a list from elsewhere is looked at, and what the scanners
//! write ascends as they go through the text.

use crate::error::{Error, Result};

/// The ends of pieces, ascending.
#[derive(Debug, Clone, Copy)]
pub struct Ends<'e>(&'e [usize]);

impl<'e> Ends<'e> {
    /// An error if they do not ascend.
    pub fn new(ends: &'e [usize]) -> Result<Ends<'e>> {
        if !ends.is_sorted() {
            return Err(Error::Vocabulary("the ends of pieces do not ascend".into()));
        }
        Ok(Ends(ends))
    }

    /// Some ends that a scanner has written, or a list that was looked at.
    pub(in crate::fast::encode) fn of_block(ends: &'e [usize]) -> Ends<'e> {
        debug_assert!(ends.is_sorted(), "the ends of pieces ascend");
        Ends(ends)
    }

    #[inline]
    pub fn all(self) -> &'e [usize] {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_that_do_not_ascend_are_refused() {
        for ends in [&[][..], &[0], &[3, 3, 7]] {
            assert_eq!(Ends::new(ends).unwrap().all(), ends);
        }
        for ends in [&[1, 0][..], &[1, usize::MAX, 2]] {
            assert!(matches!(Ends::new(ends), Err(Error::Vocabulary(_))));
        }
    }
}
