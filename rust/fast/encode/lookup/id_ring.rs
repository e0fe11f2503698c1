//! The ids of pieces that are several tokens, and the bytes of long pieces, in a ring.
//!
//! A record is a count and that many ids, and for a long piece its length and its bytes as well. Its name is the *row* it begins
//! at; a row of six words holds the ids of nearly every word.
//!
//! The ring is four segments. New records go to the open one; when it is full, the next one is opened, and what stood there, the
//! oldest quarter, is dropped. Dropping everything at once would make every word new again.
//!
//! Row 0, before the ring, is a dummy record of one id, 0, so that pieces without a record can be read unconditionally.
//!
//! Invariants: a record lies within one segment; at least [`PADDING`] words follow every count. Memory is touched as it is used, and
//! never more than asked for at the start.

#![expect(
    clippy::cast_possible_truncation,
    reason = "rows are counted in the size of a cache, and what is longer than a segment is not added"
)]

pub const ROW: usize = 6;
pub type Row = [u32; ROW];
/// How many words may be read after the count of a record.
pub const PADDING: usize = 4;
const SEGMENTS: usize = 4;

#[derive(Debug)]
pub struct IdRing {
    words: Vec<u32>,
    /// Rows of a segment.
    segment: usize,
    /// The next row, and the end of the open segment.
    next: usize,
    end: usize,
}

impl IdRing {
    /// Row 0 is one of the `rows`. None without memory.
    pub fn new(rows: usize) -> Option<IdRing> {
        let segment = rows.saturating_sub(1) / SEGMENTS;
        let mut words = Vec::new();
        words.try_reserve_exact((1 + segment * SEGMENTS) * ROW).ok()?;
        words.extend_from_slice(&[1, 0, 0, 0, 0, 0]);
        Some(IdRing { words, segment, next: 1, end: 1 + segment })
    }

    /// Adds a record and returns its row; None where the open segment has no room for it.
    pub fn add(&mut self, ids: &[u32], long_piece: Option<&[u8]>) -> Option<u32> {
        let bytes = long_piece.map_or(0, |piece| 1 + piece.len().div_ceil(4));
        let end = self.next + (1 + ids.len() + bytes).div_ceil(ROW);
        if end > self.end {
            return None;
        }
        let (row, start) = (self.next as u32, self.next * ROW);
        self.next = end;
        if self.words.len() < end * ROW {
            #[allow(clippy::disallowed_methods, reason = "there is room for all rows")]
            self.words.resize(end * ROW, 0);
        }
        let (count, rest) = self.words[start..].split_at_mut(1);
        count[0] = ids.len() as u32;
        let (places, rest) = rest.split_at_mut(ids.len());
        places.copy_from_slice(ids);
        if let Some(piece) = long_piece {
            rest[0] = piece.len() as u32;
            for (place, word) in rest[1..].iter_mut().zip(words_of(piece)) {
                *place = word;
            }
        }
        Some(row)
    }

    pub fn is_full(&self) -> bool {
        self.end - self.next < self.segment / 8
    }

    /// Whether the last segment is nearly full: after a few more records, new ones replace old ones.
    pub fn are_full(&self) -> bool {
        self.is_full() && self.end == 1 + SEGMENTS * self.segment
    }

    /// Opens the next segment and returns the rows that are dropped by it; none while the segment was never used.
    pub fn turn(&mut self) -> std::ops::Range<u32> {
        self.next = if self.end == 1 + SEGMENTS * self.segment { 1 } else { self.end };
        self.end = self.next + self.segment;
        let used = self.end.min(self.words.len() / ROW).max(self.next);
        self.next as u32..used as u32
    }

    pub fn rows(&self) -> &[Row] {
        self.words.as_chunks().0
    }
}

pub fn holds(rows: &[Row], row: u32, piece: &[u8]) -> bool {
    let record = rows[row as usize..].as_flattened();
    let bytes = &record[1 + record[0] as usize..];
    bytes[0] as usize == piece.len() && words_of(piece).zip(&bytes[1..]).all(|(word, &other)| word == other)
}

/// The bytes as words, the last one filled up with zeros.
fn words_of(bytes: &[u8]) -> impl Iterator<Item = u32> {
    bytes.chunks(4).map(|chunk| {
        let mut word = [0; 4];
        word[..chunk.len()].copy_from_slice(chunk);
        u32::from_le_bytes(word)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ring_forgets_its_oldest_quarter() {
        let mut records = IdRing::new(17).unwrap();
        let mut turns = 0;
        let mut known = std::collections::BTreeMap::new();
        for piece in 0..100u32 {
            let ids = vec![piece; 1 + piece as usize % 7];
            let bytes = [piece as u8; 15];
            let row = records.add(&ids, Some(&bytes)).unwrap_or_else(|| {
                assert!(!records.are_full() || turns % SEGMENTS == SEGMENTS - 1);
                let gone = records.turn();
                turns += 1;
                assert_eq!(gone.is_empty(), turns < SEGMENTS, "what nothing stood on is not forgotten");
                let before = known.len();
                known.retain(|row, _| !gone.contains(row));
                assert!(before < 8 || known.len() > before / 2);
                records.add(&ids, Some(&bytes)).unwrap()
            });
            assert!(known.insert(row, (ids, bytes)).is_none());
            for (&row, (ids, bytes)) in &known {
                let record = records.rows()[row as usize..].as_flattened();
                assert_eq!(&record[1..=record[0] as usize], ids);
                assert!(holds(records.rows(), row, bytes) && !holds(records.rows(), row, &bytes[1..]));
            }
        }
        assert!(records.add(&[0; 30], None).is_none(), "longer than a segment");
        assert!(records.rows().len() <= 17);
        assert_eq!(records.rows()[0][0], 1);
    }

    #[test]
    fn records_stand_close_together_and_every_row_is_used() {
        let mut ring = IdRing::new(33).unwrap();
        // A count, and ids; or a count, an id or more, a length, and four bytes a word.
        let records = [(vec![7; 5], None, 1), (vec![7; 6], None, 2), (vec![7], Some(12), 1), (vec![7], Some(13), 2)];
        let mut next = 1;
        for (ids, bytes, rows) in records {
            assert_eq!(ring.add(&ids, bytes.map(|count| &[1; 13][..count])), Some(next));
            next += rows;
        }
        assert_eq!((ring.add(&[7; 11], None), ring.add(&[7], None)), (Some(7), None), "the first quarter is full");
        for start in [9, 17, 25, 1] {
            assert_eq!(ring.turn().start, start);
            assert_eq!((ring.add(&[7; 47], None), ring.add(&[7], None)), (Some(start), None));
        }
        assert_eq!(ring.rows().len(), 33);
    }

    #[test]
    fn the_records_are_full_when_the_last_quarter_is() {
        let mut ring = IdRing::new(4 * 80 + 1).unwrap();
        for segment in 0..4 {
            for row in 0..80 {
                assert!(row > 60 || !ring.is_full() && !ring.are_full());
                ring.add(&[7], None).unwrap();
                assert!(segment == 3 || !ring.are_full());
            }
            assert_eq!((ring.is_full(), ring.are_full()), (true, segment == 3));
            ring.turn();
        }
    }
}
