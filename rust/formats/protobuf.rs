//! Protocol buffers: fields of a number, a type and a value, one after the other.
//!
//! By hand: `0a 09 0a 02 e2 96 ...`: field 1 of 9 bytes, a message, whose field 1 has 2 bytes.
//!
//! Costs: O(1) a field; nothing is copied.

use super::wrong;
use crate::error::Result;

/// A message: a range of the file, read from its beginning.
pub struct Message<'d> {
    data: &'d [u8],
    pub at: usize,
    end: usize,
}

pub enum Held<'d> {
    Number(u64),
    Bytes(Message<'d>),
    Float(f32),
    /// Eight bytes.
    Long,
}

impl<'d> Message<'d> {
    pub fn new(data: &'d [u8]) -> Message<'d> {
        Message { data, at: 0, end: data.len() }
    }

    /// What is left of it.
    pub fn bytes(&self) -> &'d [u8] {
        &self.data[self.at..self.end]
    }

    /// The next field; none at the end of the message.
    pub fn next_field(&mut self) -> Result<Option<(u64, Held<'d>)>> {
        let start = self.at;
        if start == self.end {
            return Ok(None);
        }
        let key = self.varint()?;
        let value = match key & 7 {
            0 => Held::Number(self.varint()?),
            1 => self.take(8).map(|_| Held::Long)?,
            2 => {
                let length = usize::try_from(self.varint()?).ok();
                let end = length.and_then(|length| self.at.checked_add(length)).filter(|&end| end <= self.end);
                let Some(end) = end else {
                    let limit = self.end;
                    let reason = "reaches beyond its message, which ends at byte";
                    return Err(wrong(format!("the field at byte {start} {reason} {limit}")));
                };
                let at = std::mem::replace(&mut self.at, end);
                Held::Bytes(Message { data: self.data, at, end })
            }
            5 => Held::Float(f32::from_le_bytes(self.take(4)?.try_into().unwrap_or_default())),
            other => return Err(wrong(format!("the field at byte {start} has the unknown type {other}"))),
        };
        Ok(Some((key >> 3, value)))
    }

    fn take(&mut self, length: usize) -> Result<&'d [u8]> {
        let taken =
            self.bytes().get(..length).ok_or_else(|| wrong(format!("the file is truncated at byte {}", self.at)))?;
        self.at += length;
        Ok(taken)
    }

    /// A number of 64 bits, seven in each byte: nine whole ones and, of a negative number, one bit in a tenth.
    fn varint(&mut self) -> Result<u64> {
        let mut number = 0;
        for shift in (0..70).step_by(7) {
            let byte = self.take(1)?[0];
            number |= u64::from(byte & 0x7F) << shift;
            if byte < 0x80 && (shift < 63 || byte == 1) {
                return Ok(number);
            }
        }
        Err(wrong(format!("the number that ends at byte {} is longer than 64 bits", self.at)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers() {
        let number = |data: &[u8]| Message::new(data).varint().ok();
        assert_eq!((number(&[5]), number(&[0x98, 2]), number(&[])), (Some(5), Some(280), None));
        assert_eq!((number(&[0x7F]), number(&[0x80, 1]), number(&[0x81, 1])), (Some(127), Some(128), Some(129)));
        let minus_one = [&[0xFF; 9][..], &[1]].concat();
        assert_eq!((number(&minus_one), number(&[0xFF; 10])), (Some(u64::MAX), None));
        assert_eq!(number(&[&[0xFF; 9][..], &[2]].concat()), None);
        assert_eq!(number(&[&[0xFF; 10][..], &[1]].concat()), None);
    }

    #[test]
    fn a_field_of_each_kind_is_as_long_as_its_kind_says() {
        let data = [
            &[1 << 3, 7, 2 << 3 | 1][..],
            &[1; 8],
            &[3 << 3 | 2, 2, 5, 6, 4 << 3 | 5],
            &1.5_f32.to_le_bytes(),
            &[5 << 3, 9],
        ]
        .concat();
        let mut fields = Message::new(&data);
        let mut next = || fields.next_field().unwrap();
        assert!(matches!(next(), Some((1, Held::Number(7)))) && matches!(next(), Some((2, Held::Long))));
        assert!(matches!(next(), Some((3, Held::Bytes(inner))) if inner.bytes() == [5, 6]));
        assert!(matches!(next(), Some((4, Held::Float(1.5)))));
        assert!(matches!(next(), Some((5, Held::Number(9)))) && next().is_none());
    }
}
