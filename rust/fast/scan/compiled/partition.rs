//! Classes: characters that no set of the pattern tells apart.
//!
//! A pattern that mentions the sets A and B can only ask "in A?" and "in B?", so at most four kinds of characters behave
//! differently. By hand, for `[a-z]+|[a-f0-9]`:
//!
//! ```text
//! edges     0    '0'  ':'  'a'  'g'  '{'
//! in a-z    no   no   no   yes  yes  no
//! in a-f0-9 no   yes  no   yes  no   no
//! class     0    1    0    2    3    0
//! ```
//!
//! A sweep over the edges of all sets gives the class of each interval: it keeps one bit for each set that the present character
//! is in, the *signature*, and equal signatures are one class. Patterns in use have 3 to 37 classes.
//!
//! The look-up is laid out for UTF-8: the 64 characters that differ in the last byte only share a *row*, and equal rows are stored
//! once. Bytes that belong to no well-formed character count one by one as U+FFFD (SPEC E5).
//!
//! Cost: O(e log e) for e edges, some tens of microseconds; 20 to 40 KB a pattern.

#![expect(
    clippy::cast_possible_truncation,
    reason = "classes are counted up to MAX_CLASSES, and rows are those of all code points"
)]

use crate::reference::published::unicode::CharSet;
use foldhash::{HashMap, HashMapExt, HashSet, HashSetExt};
use std::sync::Arc;

const MAX_SETS: usize = 128;
pub(super) const MAX_CLASSES: usize = 120;

const ROW: usize = 64;
const ROWS: usize = 0x11_0000 / ROW;
/// The class of bytes that are not a character, in the rows of overlong sequences and surrogates.
const ILL_FORMED: u8 = u8::MAX;

/// A set of classes, one bit each; the bit after the last class stands for the edge of the text.
pub(super) type ClassSet = u128;

#[derive(Debug, Clone)]
pub(super) struct Partition {
    /// Where each interval begins, ascending from 0, and its class.
    intervals: Vec<(u32, u8)>,
    /// One character of each class: the first that can be shown in print, or else the first.
    pub(super) examples: Vec<char>,
    /// The classes of each set.
    members: HashMap<Arc<CharSet>, ClassSet>,
}

impl Partition {
    /// The coarsest classes of which each set is a union; None if there are too many.
    pub(super) fn new(sets: &[Arc<CharSet>]) -> Option<Partition> {
        let mut distinct: Vec<&Arc<CharSet>> = Vec::new();
        let mut met = HashSet::new();
        for set in sets {
            if met.insert(Arc::as_ptr(set)) && !distinct.contains(&set) {
                distinct.push(set);
                if distinct.len() > MAX_SETS {
                    return None;
                }
            }
        }
        let mut edges: Vec<(u32, u8)> = Vec::new();
        for (&set, number) in distinct.iter().zip(0..) {
            edges.extend(set.iter().flat_map(|&(first, last)| [(first, number), (last + 1, number)]));
        }
        #[expect(
            clippy::stable_sort_primitive,
            reason = "each set is in order already, which a stable sort makes use of"
        )]
        edges.sort();
        let mut classes: HashMap<u128, u8> = HashMap::new();
        let mut signatures = Vec::new();
        let mut intervals = Vec::new();
        let (mut signature, mut next) = (0_u128, 0);
        let mut start = 0;
        while start < 0x11_0000 {
            while let Some(&(_, set)) = edges.get(next).filter(|&&(at, _)| at == start) {
                signature ^= 1 << set;
                next += 1;
            }
            if (0xD800..0xE000).contains(&start) {
                // No text holds surrogates: they go with what is before them.
                start = edges.get(next).map_or(0xE000, |&(at, _)| at.min(0xE000));
                continue;
            }
            let class = *classes.entry(signature).or_insert_with(|| {
                signatures.push(signature);
                signatures.len().min(MAX_CLASSES + 1) as u8 - 1
            });
            if intervals.last().is_none_or(|&(_, last)| last != class) {
                intervals.push((start, class));
            }
            start = edges.get(next).map_or(0x11_0000, |&(at, _)| at);
        }
        if signatures.len() > MAX_CLASSES {
            return None;
        }
        let classes_of = |number: usize| {
            (signatures.iter().zip(0..)).fold(0, |all, (signature, class)| all | (signature >> number & 1) << class)
        };
        let members = distinct.iter().enumerate().map(|(number, &set)| (Arc::clone(set), classes_of(number))).collect();
        let examples = examples(&intervals, signatures.len());
        Some(Partition { intervals, examples, members })
    }

    pub(super) fn n_classes(&self) -> usize {
        self.examples.len()
    }

    /// The classes of one of the sets that the partition was made of.
    pub(super) fn classes_of(&self, set: &Arc<CharSet>) -> ClassSet {
        self.members[set]
    }

    /// The partition with its classes divided: `finer` has, for each new class, the one that it is part of. It cannot look up characters.
    pub(super) fn refined(&self, finer: &[u8]) -> Partition {
        let examples = finer.iter().map(|&class| self.examples[usize::from(class)]).collect();
        let refine = |&set: &ClassSet| {
            (finer.iter().zip(0..)).fold(0, |all, (&class, number)| all | (set >> class & 1) << number)
        };
        let members = self.members.iter().map(|(chars, set)| (Arc::clone(chars), refine(set))).collect();
        Partition { intervals: Vec::new(), examples, members }
    }

    /// The partition with classes joined: `joined[class]` is the new number of each, without gaps.
    pub(super) fn join(&mut self, joined: &[u8]) {
        for (_, class) in &mut self.intervals {
            *class = joined[usize::from(*class)];
        }
        self.intervals.dedup_by_key(|&mut (_, class)| class);
        let n_classes = joined.iter().max().map_or(0, |&last| usize::from(last) + 1);
        self.examples = examples(&self.intervals, n_classes);
        self.members.clear();
    }
}

fn examples(intervals: &[(u32, u8)], n_classes: usize) -> Vec<char> {
    let mut found: Vec<Option<char>> = vec![None; n_classes];
    let ends = intervals.iter().skip(1).map(|&(start, _)| start).chain([0x11_0000]);
    for (&(start, class), end) in intervals.iter().zip(ends) {
        let slot = &mut found[usize::from(class)];
        let shown = |char: &char| !char.is_control() && *char != '\u{FFFD}';
        if !slot.is_some_and(|char| shown(&char)) {
            let mut chars = (start..end).filter_map(char::from_u32);
            let first = chars.clone().next();
            *slot = chars.by_ref().take(0x80).find(shown).or(*slot).or(first);
        }
    }
    found.into_iter().map(|char| char.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
}

/// The class of each character, in two stages.
#[derive(Debug, Clone)]
pub(super) struct ClassTable {
    /// By byte; that of U+FFFD for bytes that are not ASCII.
    pub(super) ascii: [u8; 256],
    /// The row of a character in `of_rows`, by all of its bytes but the last: of two, three and four bytes.
    two: [u16; 32],
    three: Vec<u16>,
    four: Vec<u16>,
    of_rows: Vec<u8>,
    replacement: u8,
}

impl ClassTable {
    pub(super) fn new(partition: &Partition) -> ClassTable {
        let mut rows = Rows { numbers: HashMap::new(), classes: Vec::new() };
        let ill_formed = rows.number([ILL_FORMED; ROW]);
        let mut uniform: HashMap<u8, u16> = HashMap::new();
        let mut of_row = vec![ill_formed; ROWS];
        let mut at = 0;
        let intervals = &partition.intervals;
        for (row, slot) in of_row.iter_mut().enumerate() {
            let start = (row * ROW) as u32;
            while intervals.get(at + 1).is_some_and(|&(next, _)| next <= start) {
                at += 1;
            }
            let class = intervals[at].1;
            if intervals.get(at + 1).is_none_or(|&(next, _)| next >= start + ROW as u32) {
                *slot = *uniform.entry(class).or_insert_with(|| rows.number([class; ROW]));
                continue;
            }
            let mut classes = [class; ROW];
            for &(next, class) in intervals[at + 1..].iter().take_while(|&&(next, _)| next < start + ROW as u32) {
                classes[(next - start) as usize..].fill(class);
            }
            *slot = rows.number(classes);
        }
        let classes = rows.classes;
        let class_at = |char: usize| classes[usize::from(of_row[char / ROW]) * ROW + char % ROW];
        let replacement = class_at(0xFFFD);
        let mut ascii = [replacement; 256];
        (0..0x80).for_each(|byte| ascii[byte] = class_at(byte));
        let mut two = [ill_formed; 32];
        two[2..].copy_from_slice(&of_row[2..32]);
        let mut three = of_row[..1024].to_vec();
        three[..32].fill(ill_formed);
        three[0xD800 / ROW..0xE000 / ROW].fill(ill_formed);
        let mut four = vec![ill_formed; 8 << 12];
        four[0x1_0000 / ROW..ROWS].copy_from_slice(&of_row[0x1_0000 / ROW..]);
        ClassTable { ascii, two, three, four, of_rows: classes, replacement }
    }

    /// The largest class that a character has.
    pub(super) fn largest(&self) -> usize {
        let rows = self.of_rows.iter().filter(|&&class| class != ILL_FORMED);
        usize::from(rows.chain(&self.ascii).fold(self.replacement, |most, &class| most.max(class)))
    }

    /// The class and the length in bytes of the character at `at`, which is inside the text.
    #[inline]
    pub(super) fn at(&self, text: &[u8], at: usize) -> (usize, usize) {
        let lead = text[at];
        if lead < 0x80 {
            return (usize::from(self.ascii[usize::from(lead)]), 1);
        }
        self.wide(lead, &text[at + 1..])
    }

    #[inline]
    fn wide(&self, lead: u8, rest: &[u8]) -> (usize, usize) {
        let continues = |byte: u8| byte & 0xC0 == 0x80;
        let low = |byte: u8| usize::from(byte & 0x3F);
        let (row, last, length) = match (lead, rest) {
            (0xE0..0xF0, &[second, third, ..]) if continues(second) && continues(third) => {
                (self.three[usize::from(lead & 0x0F) << 6 | low(second)], third, 3)
            }
            (0xC0..0xE0, &[second, ..]) if continues(second) => (self.two[usize::from(lead & 0x1F)], second, 2),
            (0xF0..0xF8, &[second, third, fourth, ..]) if [second, third, fourth].into_iter().all(continues) => {
                (self.four[usize::from(lead & 0x07) << 12 | low(second) << 6 | low(third)], fourth, 4)
            }
            _ => return (usize::from(self.replacement), 1),
        };
        match self.of_rows[usize::from(row) * ROW + low(last)] {
            ILL_FORMED => (usize::from(self.replacement), 1),
            class => (usize::from(class), length),
        }
    }

    /// The classes of the 64 characters that differ from one in the last six bits only.
    pub(super) fn row(&self, char: &[u8]) -> &[u8] {
        let low = |at: usize| usize::from(char[at] & 0x3F);
        let row = match char.len() {
            1 => return &self.ascii[usize::from(char[0] & 0x40)..][..ROW],
            2 => self.two[usize::from(char[0] & 0x1F)],
            3 => self.three[usize::from(char[0] & 0x0F) << 6 | low(1)],
            _ => self.four[usize::from(char[0] & 0x07) << 12 | low(1) << 6 | low(2)],
        };
        &self.of_rows[usize::from(row) * ROW..][..ROW]
    }

    /// The class of the character that ends at `at`, which is positive.
    pub(super) fn before(&self, text: &[u8], at: usize) -> usize {
        self.back(text, at).0
    }

    /// That class, and the length of the character in bytes.
    pub(super) fn back(&self, text: &[u8], at: usize) -> (usize, usize) {
        if text[at - 1] < 0x80 {
            return self.at(text, at - 1);
        }
        // The longest first: the last byte of a character, seen alone, would be ill-formed.
        let ends_here = |&length: &usize| self.at(&text[..at], at - length).1 == length;
        let length = (1..=at.min(4)).rev().find(ends_here).unwrap_or(1);
        self.at(&text[..at], at - length)
    }
}

struct Rows {
    numbers: HashMap<[u8; ROW], u16>,
    classes: Vec<u8>,
}

impl Rows {
    fn number(&mut self, row: [u8; ROW]) -> u16 {
        let next = (self.classes.len() / ROW) as u16;
        let number = *self.numbers.entry(row).or_insert(next);
        if number == next {
            self.classes.extend_from_slice(&row);
        }
        number
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(ranges: &[(u32, u32)]) -> Arc<CharSet> {
        Arc::new(ranges.to_vec())
    }

    #[test]
    fn as_many_classes_as_there_is_room_for() {
        let letters = |n: u32| (0..n).map(|n| set(&[(0x100 + n, 0x100 + n)])).collect::<Vec<_>>();
        let most = MAX_CLASSES as u32;
        // One more class are the characters of none of the sets.
        let sets = letters(most - 1);
        let partition = Partition::new(&sets).unwrap();
        assert_eq!(partition.n_classes(), MAX_CLASSES);
        let classes = ClassTable::new(&partition);
        for (n, set) in sets.iter().enumerate() {
            let text = char::from_u32(0x100 + n as u32).unwrap().to_string();
            assert_eq!(classes.at(text.as_bytes(), 0), (n + 1, 2));
            assert_eq!(partition.classes_of(set), 1 << (n + 1));
        }
        assert_eq!(classes.at(b"a", 0), (0, 1));
        assert!(Partition::new(&letters(most)).is_none());
        // Few classes of many sets.
        let nested = |n: u32| (0..n).map(|n| set(&[(0, n % 64), (1000 + n / 64, 1000 + n / 64)])).collect::<Vec<_>>();
        assert!(Partition::new(&nested(MAX_SETS as u32)).is_some());
        assert!(Partition::new(&nested(MAX_SETS as u32 + 1)).is_none());
    }

    #[test]
    fn an_example_can_be_shown_in_print_if_there_is_one() {
        let examples = |ranges: &[&[(u32, u32)]]| {
            let sets: Vec<_> = ranges.iter().map(|ranges| set(ranges)).collect();
            Partition::new(&sets).unwrap().examples
        };
        assert_eq!(examples(&[]), [' ']);
        // Classes are numbered in the order of their characters: here the controls, `a` to `z`, and what is left.
        assert_eq!(examples(&[&[(0, 0x1F)], &[(0x61, 0x7A)]]), ['\0', ' ', 'a']);
        assert_eq!(examples(&[&[(0, 9), (0x7F, 0x7F), (0x41, 0x43)]]), ['A', ' ']);
        assert_eq!(examples(&[&[(0, 9), (0x7F, 0x7F)]]), ['\0', ' ']);
        assert_eq!(examples(&[&[(0xFFFD, 0xFFFD)]]), [' ', '\u{FFFD}']);
        assert_eq!(examples(&[&[(0xFFFD, 0xFFFE)]]), [' ', '\u{FFFE}']);
    }

    #[test]
    fn what_begins_among_the_surrogates_begins_behind_them() {
        for first in [0xD800, 0xDC00, 0xDFFF, 0xE000] {
            for last in [0xE000, 0xE001, 0xF000, 0x10_FFFF] {
                let sets = [set(&[(first, last)])];
                let partition = Partition::new(&sets).unwrap();
                let classes = ClassTable::new(&partition);
                for char in ['\u{D7FF}', '\u{E000}', '\u{E001}', '\u{E002}', '\u{10FFFF}'] {
                    let text = char.to_string();
                    let inside = (first..=last).contains(&char.into());
                    assert_eq!(classes.at(text.as_bytes(), 0), (usize::from(inside), text.len()), "{char:?}");
                }
            }
        }
    }

    #[test]
    fn bytes_that_are_no_character_count_one_by_one_as_the_replacement_character() {
        let classes = ClassTable::new(&Partition::new(&[set(&[(0xFFFD, 0xFFFD)])]).unwrap());
        let texts: [&[u8]; 12] = [
            b"\x80", b"\xFF\xBF\xBF", b"\xC0\xAF", b"\xC1\xBF", b"\xE0\x80\x80", b"\xE0\x9F\xBF", b"\xED\xA0\x80",
            b"\xED\xBF\xBF", b"\xF0\x8F\xBF\xBF", b"\xF4\x90\x80\x80", b"\xF7\xBF\xBF\xBF", b"\xE6\x97",
        ];
        for text in texts {
            assert_eq!(classes.at(text, 0), (1, 1), "{text:?}");
        }
        for text in ["\u{80}", "\u{7FF}", "\u{800}", "\u{D7FF}", "\u{E000}", "\u{FFFF}", "\u{10000}", "\u{10FFFF}"] {
            assert_eq!(classes.at(text.as_bytes(), 0), (0, text.len()));
        }
    }

    #[test]
    fn the_character_before_a_place_is_the_one_that_ends_there() {
        let sets = [(0x61, 0x7A), (0xE9, 0xE9), (0x65E5, 0x65E5), (0x1_F600, 0x1_F600)].map(|range| set(&[range]));
        let classes = ClassTable::new(&Partition::new(&sets).unwrap());
        for (before, length) in [("a", 1), ("é", 2), ("日", 3), ("😀", 4), ("\0", 1)] {
            for text in [before.to_owned(), format!("é{before}"), format!("x日{before}"), format!("😀{before}")] {
                let expected = classes.at(before.as_bytes(), 0);
                assert_eq!(expected.1, length);
                assert_eq!(classes.before(text.as_bytes(), text.len()), expected.0, "{text:?}");
                // Torn characters count byte by byte.
                if length > 1 {
                    let torn = &text.as_bytes()[..text.len() - 1];
                    assert_eq!(classes.before(torn, torn.len()), classes.at("\u{FFFD}".as_bytes(), 0).0, "{text:?}");
                }
            }
        }
    }
}
