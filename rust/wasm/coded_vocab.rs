//! A packed vocabulary (SPEC F4) as the pages fetch it: its pairs are coded by how likely they are, which takes nine tenths of what gzip
//! makes of them. `tools/coded_vocab.py` is the other side.
//!
//! An id is coded as the class of its token, by how the token begins, and its number in that class; the class of a right id is
//! expected by how the left token ends. Each is a number whose bits, the highest first, have chances that follow from the
//! bits before. A bit is coded as in LZMA: a chance is of 2,048 parts, and moves a 32nd of its way to what came.
//!
//! The layout: for each class, how many bits the numbers in it have; the packed vocabulary up to its pairs; the coded bits.
//!
//! Costs: some 44 bits a merge: 0.1 s for 200,000 merges.

use crate::error::Result;
use crate::fast::util::fallible::{concat, filled, push};
use crate::reference::published::packed_vocab::{VocabReader, check_runs, refuse};

/// How many kinds of characters there are, and of classes: a kind, and whether a space stands before the first character.
const KINDS: usize = 72;
const CLASSES: usize = 2 * KINDS;
/// The kind of a byte within a character, and the bits of the number of a class.
const INSIDE: u8 = 6;
const CLASS_BITS: u32 = 8;

/// How a token begins and ends.
#[derive(Clone, Copy, Default)]
struct Shape {
    first: u8,
    last: u8,
    has_space: bool,
    is_space: bool,
}

impl Shape {
    fn of(byte: u8) -> Shape {
        let kind = match byte {
            b'a'..=b'z' => 1,
            b'A'..=b'Z' => 2,
            b'0'..=b'9' => 3,
            b' ' => 5,
            0..0x80 => 4,
            0x80..0xC0 => INSIDE,
            lead => lead - 0xC0 + INSIDE + 1,
        };
        Shape { first: kind, last: kind, has_space: byte == b' ', is_space: byte == b' ' }
    }

    fn join(self, right: Shape) -> Shape {
        Shape {
            first: if self.is_space { right.first } else { self.first },
            last: if right.last == INSIDE { self.last } else { right.last },
            has_space: self.has_space,
            is_space: false,
        }
    }

    fn class(self) -> usize {
        usize::from(self.first) + if self.has_space { KINDS } else { 0 }
    }

    /// What is expected behind it, counted from 1.
    fn context(self) -> usize {
        1 + usize::from(self.last) + if self.has_space { KINDS } else { 0 }
    }
}

/// Reads coded bits.
struct Bits<'d> {
    rest: std::slice::Iter<'d, u8>,
    range: u32,
    place: u32,
}

impl Bits<'_> {
    fn number(&mut self, chances: &mut [u16], count: u32) -> usize {
        let mut node = 1;
        for _ in 0..count {
            node = 2 * node + usize::from(self.bit(&mut chances[node]));
        }
        node - (1 << count)
    }

    fn bit(&mut self, chance: &mut u16) -> bool {
        let bound = (self.range >> 11) * u32::from(*chance);
        let found = self.place >= bound;
        if found {
            self.place -= bound;
            self.range -= bound;
            *chance -= *chance >> 5;
        } else {
            self.range = bound;
            *chance += (2048 - *chance) >> 5;
        }
        if self.range < 1 << 24 {
            self.range <<= 8;
            self.place = self.place << 8 | u32::from(self.rest.next().copied().unwrap_or_default());
        }
        found
    }
}

/// The packed vocabulary.
pub fn packed(coded: &[u8]) -> Result<Vec<u8>> {
    let mut reader = VocabReader { data: coded, at: 0 };
    let n_bits = reader.take(CLASSES as u64)?;
    reader.take(12)?;
    let (n_merges, n_runs, n_extra) = (reader.number()?, reader.number()?, reader.number()?);
    let order = reader.take(256)?;
    let runs = reader.pairs(n_runs)?;
    check_runs(&runs, n_merges)?;
    for (_, length) in reader.pairs(n_extra)? {
        reader.take(length.into())?;
    }
    let (start, stream) = coded[CLASSES..].split_at(reader.at - CLASSES);
    let [0, first @ ..] = stream else { return refuse("its pairs are missing") };
    let Some((place, rest)) = first.split_first_chunk() else { return refuse("its pairs are missing") };
    let mut bits = Bits { rest: rest.iter(), range: u32::MAX, place: u32::from_be_bytes(*place) };

    let end = runs.last().map_or(256, |&(first, count)| first + count) as usize;
    let n_chances: u64 = n_bits.iter().map(|&count| 1 << count.min(32)).sum();
    if end > 8 * coded.len() || n_chances > (2 * end + CLASSES) as u64 {
        return refuse("its pairs are damaged");
    }
    let mut chances_of_classes = filled(1024_u16, (1 + CLASSES) << CLASS_BITS)?;
    let mut chances = [Vec::new(), Vec::new()];
    for side in &mut chances {
        for &count in n_bits {
            side.push(filled(1024_u16, 1_usize << count)?);
        }
    }
    let mut shapes = filled(Shape::default(), end)?;
    let mut members = vec![Vec::new(); CLASSES];
    let mut heads = Vec::new();
    let mut low = filled(0, 2 * n_merges as usize * 14 / 8 + 8)?;
    let mut at = 0;
    for (id, &byte) in (0..).zip(order) {
        shapes[id as usize] = Shape::of(byte);
        push(&mut members[Shape::of(byte).class()], id)?;
    }
    for id in runs.iter().flat_map(|&(first, count)| first..first + count) {
        let mut shape = None;
        for side in &mut chances {
            let context = shape.map_or(0, Shape::context);
            let class = bits.number(&mut chances_of_classes[context << CLASS_BITS..], CLASS_BITS);
            let Some(held) = members.get(class) else { return refuse("its pairs are damaged") };
            let number = bits.number(&mut side[class], n_bits[class].into());
            let Some(&part): Option<&u32> = held.get(number) else { return refuse("its pairs are damaged") };
            let own = shapes[part as usize];
            shape = Some(shape.map_or(own, |left: Shape| left.join(own)));
            let n_low = (u32::BITS - part.leading_zeros()).saturating_sub(5);
            push(&mut heads, (16 * n_low + (part >> n_low)) as u8)?;
            let window = (part & ((1 << n_low) - 1)) << (at % 8);
            for (to, byte) in low[at / 8..].iter_mut().zip(window.to_le_bytes()) {
                *to |= byte;
            }
            at += n_low as usize;
        }
        let shape = shape.unwrap_or_default();
        shapes[id as usize] = shape;
        push(&mut members[shape.class()], id)?;
    }
    concat(&[start, &heads, &low[..at.div_ceil(8)]])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reference::published::packed_vocab::{MAGIC, adler32};

    /// Three merges, (97, 98), (32, 256) and (0xC3, 0xA9), which make `ab`, ` ab` and `é`: their heads, and their low bits. Then what
    /// `coded` of `tools/coded_vocab.py` makes of them.
    const PAIRS: [u8; 8] = [56, 56, 32, 80, 72, 69, 0x09, 0x16];
    const CODED: [u8; 14] = [0, 1, 0, 4, 0x54, 0x43, 0xA4, 0x59, 0x2B, 0x86, 0xD3, 0xA0, 0, 0x13];

    fn plain() -> Vec<u8> {
        let words = |words: &[u32]| words.iter().flat_map(|word| word.to_le_bytes()).collect::<Vec<u8>>();
        let order: Vec<u8> = (0..=255).collect();
        let body = [words(&[3, 1, 0]), order, words(&[256, 3]), PAIRS.to_vec()].concat();
        [&MAGIC[..], &adler32(&body).to_le_bytes(), &body].concat()
    }

    fn coded() -> Vec<u8> {
        let mut sizes = [0_usize; CLASSES];
        for byte in 0..=255 {
            sizes[Shape::of(byte).class()] += 1;
        }
        let (letter, spaced) = (Shape::of(b'a'), Shape::of(b' ').join(Shape::of(b'a')));
        let accented = Shape::of(0xC3).join(Shape::of(0xA9));
        for shape in [letter, spaced, accented] {
            sizes[shape.class()] += 1;
        }
        let bits = sizes.map(|size| (usize::BITS - size.saturating_sub(1).leading_zeros()) as u8);
        [&bits[..], &plain()[..284 + 4], &CODED].concat()
    }

    #[test]
    fn pairs_are_read_back() {
        assert_eq!(packed(&coded()).unwrap(), plain());
    }

    #[test]
    fn what_is_damaged_is_refused_or_fails_its_checksum() {
        let (coded, plain) = (coded(), plain());
        for length in 0..coded.len() - 4 {
            assert_ne!(packed(&coded[..length]).ok().as_ref(), Some(&plain), "{length}");
        }
        for at in 0..coded.len() {
            let mut other = coded.clone();
            other[at] ^= 0x5A;
            let _ = packed(&other);
        }
    }
}
