//! What counting gives and training takes.

/// Distinct pieces with their counts, by index in order of first appearance.
pub trait Pieces {
    /// How many there are.
    fn len(&self) -> usize;

    /// The bytes and the count of one. Pieces whose count is not positive are passed over.
    fn get(&self, index: u32) -> (&[u8], i64);

    /// Whether there are none.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl Pieces for &[(Vec<u8>, i64)] {
    fn len(&self) -> usize {
        <[_]>::len(self)
    }

    fn get(&self, index: u32) -> (&[u8], i64) {
        let (piece, count) = &self[index as usize];
        (piece, *count)
    }
}

impl<P: Pieces> Pieces for &P {
    fn len(&self) -> usize {
        (**self).len()
    }

    fn get(&self, index: u32) -> (&[u8], i64) {
        (**self).get(index)
    }
}
