//! A text with other text in some places: what stays is copied in one go, and nothing at all if nothing changes.
//!
//! A text that would be longer than allowed is not made; its length is still counted, for the message.

use crate::error::Result;

/// How many bytes are copied or looked at between two looks at whether to stop.
pub const PART: usize = if cfg!(any(test, fuzzing)) { 64 } else { 1 << 18 };

/// The valid UTF-8 of a block, and the bytes after each stretch of it that are none. Most blocks are valid as a whole, which is seen
/// many times faster than where they are not.
pub fn valid_parts(block: &[u8]) -> impl Iterator<Item = (&str, &[u8])> {
    let whole = simdutf8::basic::from_utf8(block).ok();
    let broken = if whole.is_some() { &[] } else { block };
    let parts = broken.utf8_chunks().map(|chunk| (chunk.valid(), chunk.invalid()));
    whole.map(|text| (text, &[][..])).into_iter().chain(parts)
}

/// A text that is being changed from left to right.
pub struct Edits<'t> {
    text: &'t [u8],
    made: Vec<u8>,
    /// How much of the text has been taken over or replaced, and how long the result is by then.
    done: usize,
    length: usize,
    most: usize,
}

impl<'t> Edits<'t> {
    /// `most` is how long the result may be.
    pub fn new(text: &'t [u8], most: usize) -> Edits<'t> {
        Edits { text, made: Vec::new(), done: 0, length: 0, most }
    }

    /// Puts other text in the place of a range, which must not begin before the end of the last one.
    pub fn replace(&mut self, start: usize, end: usize, new: &[u8]) -> Result<()> {
        if self.text[start..end] != *new {
            self.insert(start, new)?;
            self.done = end;
        }
        Ok(())
    }

    /// Puts text before a place, which must not be before the end of the last range.
    pub fn insert(&mut self, at: usize, new: &[u8]) -> Result<()> {
        let kept = &self.text[self.done..at];
        self.push(kept)?;
        self.push(new)?;
        self.done = at;
        Ok(())
    }

    fn push(&mut self, bytes: &[u8]) -> Result<()> {
        self.length = self.length.saturating_add(bytes.len());
        if self.length <= self.most {
            self.made.try_reserve(bytes.len())?;
            self.made.extend_from_slice(bytes);
        }
        Ok(())
    }

    /// The text, None if nothing has changed, and its length; it is whole only if that is allowed.
    pub fn finish(mut self) -> Result<(Option<Vec<u8>>, usize)> {
        if self.length == 0 && self.done == 0 {
            return Ok((None, self.text.len()));
        }
        let kept = &self.text[self.done..];
        self.push(kept)?;
        Ok((Some(self.made), self.length))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_replaced_stays() {
        let mut edits = Edits::new(b"abcdef", 8);
        edits.replace(1, 2, b"XY").unwrap();
        edits.replace(2, 3, b"c").unwrap();
        edits.insert(4, b"-").unwrap();
        edits.replace(5, 6, b"").unwrap();
        assert_eq!(edits.finish().unwrap(), (Some(b"aXYcd-e".to_vec()), 7));
        let mut same = Edits::new(b"ab", 8);
        same.replace(0, 1, b"a").unwrap();
        assert_eq!(same.finish().unwrap(), (None, 2));
        let mut gone = Edits::new(b"ab", 8);
        gone.replace(0, 2, b"").unwrap();
        assert_eq!(gone.finish().unwrap(), (Some(Vec::new()), 0));
    }

    #[test]
    fn a_text_that_is_too_long_is_counted_and_not_made() {
        let mut edits = Edits::new(b"aa", 5);
        edits.replace(0, 1, b"xxxx").unwrap();
        edits.replace(1, 2, b"xxxx").unwrap();
        assert_eq!(edits.finish().unwrap(), (Some(b"xxxx".to_vec()), 8));
    }
}
