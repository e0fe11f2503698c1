//! Ends of pieces in ascending order, as the type proves: the look-up reads sixteen bytes from where a piece begins, unchecked but
//! for the last pieces of a block. A list from elsewhere is checked; the scanners write ascending ends.

use crate::error::{Error, Result};

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

    /// For ends that a scanner has written, or a list that was checked.
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
