//! Pieces with their counts: the result of counting, from which training starts.

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

impl dyn Pieces + '_ {
    /// Each with its count.
    pub fn all(&self) -> impl Iterator<Item = (&[u8], i64)> {
        (0..self.len()).zip(0..).map(|(_, index)| self.get(index))
    }
}

/// Pieces to train on, wherever they lie.
pub struct Corpus<'c> {
    pub pieces: Box<dyn Pieces + 'c>,
    /// They are runs of ids of the vocabulary to train further from (`runs.rs`).
    pub are_runs: bool,
}

impl<'c, P: Pieces + 'c> From<P> for Corpus<'c> {
    fn from(pieces: P) -> Corpus<'c> {
        Corpus { pieces: Box::new(pieces), are_runs: false }
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

impl<P: Pieces + ?Sized> Pieces for &P {
    fn len(&self) -> usize {
        (**self).len()
    }

    fn get(&self, index: u32) -> (&[u8], i64) {
        (**self).get(index)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fast::count::table::PieceCounts;

    fn check<P: Pieces>(pieces: P, expected: &[(Vec<u8>, i64)]) {
        assert_eq!((pieces.len(), pieces.is_empty()), (expected.len(), expected.is_empty()));
        for (index, (piece, count)) in (0..).zip(expected) {
            assert_eq!(pieces.get(index), (&piece[..], *count));
        }
    }

    #[test]
    fn lists_and_tables_give_the_same_pieces() {
        for list in [vec![], vec![(b"a".to_vec(), 3)], vec![(b"bc".to_vec(), 1), (b"".to_vec(), 2)]] {
            let mut table = PieceCounts::new();
            for (piece, count) in &list {
                table.add(piece, *count).expect("few");
            }
            check(&list[..], &list);
            check::<&&[_]>(&&list[..], &list);
            check(&table, &list);
            check(table, &list);
        }
    }
}
