//! Where tokens stand in a text: 64 places at once, by the first two bytes. Must equal the automaton of `rust/reference/special.rs`.
//!
//! The first two bytes of each name are in one of eight sets ([`PairSets`]). A window of the text has a bit for each place whose two
//! bytes are in one: a few places that must be looked at. There, the longest name is found by a binary search. In code, a run of spaces
//! is nearly always such a place, and nothing else is.
//!
//! Of the names in their order, those between a name and a text that begins with it begin with it, too. So the longest name that a text
//! begins with is the last one that is not greater than the text, or that one's *parent*, the longest other name that it begins with, or
//! the parent of this, and so on.
//!
//! Runs of spaces are a *chain*, each of which begins with the one before it: there, the length of what the text has in common with the
//! longest decides.
//!
//! By hand: of `<s>`, `<s>x` and `<s>y`, the last that is not greater than `<s>xy` is `<s>x`: found. For `<s>z` it is `<s>y`, with which
//! the text does not begin; its parent is `<s>`: found.
//!
//! Costs: 64 bytes in some ten instructions where nothing is found; O(log n) comparisons for a place, of n names with its first byte.

#![expect(clippy::cast_possible_truncation, reason = "all names together have fewer than 2^16 bytes")]
// The hot loops are made of one-line helpers that must vanish into them.
#![allow(clippy::inline_always)]

use crate::error::Result;
use crate::fast::simd::vector::{PairSets, Vectors};
use crate::fast::simd::{Isa, Kernel};
use crate::fast::util::fallible::{append, push, room};

/// More bytes of names than these are left to the automaton, and so is a name that is longer: all of it may be compared at each place.
const MOST_BYTES: usize = 1 << 13;
const LONGEST: usize = 1 << 8;
/// A window and the byte after it.
const REACH: usize = 65;
const NO_PARENT: u16 = u16::MAX;

/// Names to find.
#[derive(Debug, Clone)]
pub struct TokenSearch {
    pairs: PairSets,
    /// The bytes of all names, in the order of `names`.
    bytes: Vec<u8>,
    /// In their order.
    names: Vec<Name>,
    /// Where the names begin that begin with each byte, and where all end.
    groups: [u16; 257],
    /// Whether each of the names that begin with a byte begins with the one before it, as runs of spaces do.
    are_chains: [bool; 256],
}

/// A name: where its bytes end, its number, and its parent.
#[derive(Debug, Clone, Copy)]
struct Name {
    start: u16,
    end: u16,
    number: u16,
    parent: u16,
}

/// An occurrence: where it begins and ends, and the number of its name.
pub type Occurrence = (usize, usize, usize);

impl TokenSearch {
    /// Of some names, none of them empty; None for those that are better left to the automaton: none at all, many, or long ones.
    pub fn new<'n>(names: impl Iterator<Item = &'n [u8]> + Clone) -> Result<Option<TokenSearch>> {
        let total: usize = names.clone().map(<[u8]>::len).sum();
        let longest = names.clone().map(<[u8]>::len).max().unwrap_or(0);
        if total == 0 || total > MOST_BYTES || longest > LONGEST || cfg!(target_family = "wasm") {
            return Ok(None);
        }
        let mut sorted: Vec<(&[u8], u16)> = room(names.clone().count())?;
        for entry in names.zip(0..) {
            push(&mut sorted, entry)?;
        }
        sorted.sort_unstable();
        // Of equal ones, the first is found.
        sorted.dedup_by_key(|&mut (name, _)| name);
        let (pairs, bytes, names) = (PairSets::default(), room(total)?, room(sorted.len())?);
        let mut search = TokenSearch { pairs, bytes, names, groups: [0; 257], are_chains: [true; 256] };
        let mut n_pairs = 0;
        for (index, &(name, number)) in sorted.iter().enumerate() {
            let before = index.checked_sub(1).map_or(&[][..], |before| sorted[before].0);
            n_pairs += usize::from(name.get(..2).is_none_or(|pair| !before.starts_with(pair)));
            search.pairs.add(name, n_pairs);
            let start = search.bytes.len() as u16;
            append(&mut search.bytes, name)?;
            let mut parent = index.wrapping_sub(1) as u16;
            while parent != NO_PARENT && !name.starts_with(search.bytes_of(parent)) {
                parent = search.names[usize::from(parent)].parent;
            }
            push(&mut search.names, Name { start, end: search.bytes.len() as u16, number, parent })?;
            search.groups[usize::from(name[0]) + 1] = index as u16 + 1;
            search.are_chains[usize::from(name[0])] &= before.first() != name.first() || name.starts_with(before);
        }
        let mut end = 0;
        for group in &mut search.groups {
            end = end.max(*group);
            *group = end;
        }
        Ok(Some(search))
    }

    fn bytes_of(&self, name: u16) -> &[u8] {
        let Name { start, end, .. } = self.names[usize::from(name)];
        &self.bytes[usize::from(start)..usize::from(end)]
    }

    /// What is found in a text from a place on: leftmost, then longest, without overlap.
    pub fn find<'s>(&'s self, text: &'s [u8], from: usize) -> Occurrences<'s> {
        Occurrences { search: self, text, isa: Isa::fastest(), window: 0, left: 0, next: from }
    }

    /// The longest name that begins at a place.
    #[inline]
    fn longest(&self, text: &[u8], start: usize) -> Option<Occurrence> {
        let first = usize::from(text[start]);
        let [from, to] = [self.groups[first], self.groups[first + 1]];
        if from == to {
            return None;
        }
        let (text, names) = (&text[start..], &self.names[usize::from(from)..usize::from(to)]);
        let above = if self.are_chains[first] {
            let length = common_prefix(self.bytes_of(to - 1), text);
            names.partition_point(|name| usize::from(name.end - name.start) <= length)
        } else {
            names.partition_point(|name| self.bytes[usize::from(name.start)..usize::from(name.end)] <= *text)
        };
        let mut name = if above > 0 { from + above as u16 - 1 } else { NO_PARENT };
        while name != NO_PARENT {
            let bytes = self.bytes_of(name);
            let Name { number, parent, .. } = self.names[usize::from(name)];
            if self.are_chains[first] || text.starts_with(bytes) {
                return Some((start, start + bytes.len(), usize::from(number)));
            }
            name = parent;
        }
        None
    }
}

/// How many first bytes two slices have in common.
#[inline]
fn common_prefix(one: &[u8], other: &[u8]) -> usize {
    let (ones, others) = (one.as_chunks::<8>().0, other.as_chunks::<8>().0);
    for (at, (&one, &other)) in ones.iter().zip(others).enumerate() {
        let differs = u64::from_le_bytes(one) ^ u64::from_le_bytes(other);
        if differs != 0 {
            return 8 * at + differs.trailing_zeros() as usize / 8;
        }
    }
    let done = 8 * ones.len().min(others.len());
    done + one[done..].iter().zip(&other[done..]).take_while(|(one, other)| one == other).count()
}

/// What a search finds in a text.
#[derive(Debug, Clone)]
pub struct Occurrences<'s> {
    search: &'s TokenSearch,
    text: &'s [u8],
    isa: Isa,
    /// Where the window begins whose places are looked at, and those of it that are left.
    window: usize,
    left: u64,
    /// Where the next window begins.
    next: usize,
}

impl Iterator for Occurrences<'_> {
    type Item = Occurrence;

    #[inline]
    fn next(&mut self) -> Option<Occurrence> {
        loop {
            while self.left != 0 {
                let start = self.window + self.left.trailing_zeros() as usize;
                self.left &= self.left - 1;
                if let Some(found) = self.search.longest(self.text, start) {
                    let inside = found.1 - self.window;
                    if inside < 64 {
                        self.left &= u64::MAX << inside;
                    } else {
                        (self.left, self.next) = (0, found.1);
                    }
                    return Some(found);
                }
            }
            if self.next >= self.text.len() {
                return None;
            }
            let Occurrences { search, text, next, .. } = *self;
            (self.window, self.left) = self.isa.run(Look { pairs: &search.pairs, text, from: next });
            self.next = self.window + 64;
        }
    }
}

/// The first window from a place on in which a name may begin, and where in it.
struct Look<'a> {
    pairs: &'a PairSets,
    text: &'a [u8],
    from: usize,
}

impl Kernel for Look<'_> {
    type Output = (usize, u64);

    #[inline(always)]
    fn run<V: Vectors>(self, vectors: V) -> (usize, u64) {
        let Look { pairs, text, mut from } = self;
        while let Some(window) = text.get(from..).and_then(<[u8]>::first_chunk::<REACH>) {
            let places = vectors.pairs(pairs, window);
            if places != 0 {
                return (from, places);
            }
            from += 64;
        }
        let left = text.get(from..).unwrap_or_default();
        let mut window = [0; REACH];
        window[..left.len()].copy_from_slice(left);
        let within = if left.len() < 64 { (1 << left.len()) - 1 } else { u64::MAX };
        (from, vectors.pairs(pairs, &window) & within)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The same, place by place.
    fn slowly(names: &[String], text: &[u8]) -> Vec<Occurrence> {
        let (mut at, mut found) = (0, Vec::new());
        while at < text.len() {
            let longest = (names.iter().enumerate())
                .filter(|(_, name)| text[at..].starts_with(name.as_bytes()))
                .max_by_key(|(number, name)| (name.len(), usize::MAX - number));
            if let Some((number, name)) = longest {
                found.push((at, at + name.len(), number));
                at += name.len();
            } else {
                at += 1;
            }
        }
        found
    }

    fn search(names: &[String]) -> Option<TokenSearch> {
        TokenSearch::new(names.iter().map(String::as_bytes)).unwrap()
    }

    #[test]
    fn by_hand() {
        let names = ["<s>", "<s>x", "<s>y"].map(str::to_owned);
        let found: Vec<_> = search(&names).unwrap().find(b"<s>xy<s>z<s", 0).collect();
        assert_eq!(found, [(0, 4, 1), (5, 8, 0)]);
    }

    #[test]
    fn the_longest_of_a_chain_is_found() {
        let names: Vec<String> = [9, 2, 3, 24, 17].map(|length| " ".repeat(length)).into();
        let search = search(&names).unwrap();
        assert!(search.are_chains[usize::from(b' ')]);
        for length in 0..80 {
            let text = " ".repeat(length) + "a ";
            let found: Vec<_> = search.find(text.as_bytes(), 0).collect();
            assert_eq!(found, slowly(&names, text.as_bytes()), "{length}");
        }
        assert_eq!(common_prefix(b"0123456789abcdefgh", b"0123456789abcdefgi"), 17);
        assert_eq!([common_prefix(b"0123456789", b"01234567"), common_prefix(b"0123", b"x123456789")], [8, 0]);
    }

    #[test]
    fn many_names_and_none_are_left_to_the_automaton() {
        let names = |count: usize, length: usize| vec!["a".repeat(length); count];
        assert!(
            search(&names(32, 256)).is_some() && search(&names(33, 256)).is_none() && search(&names(1, 257)).is_none()
        );
        assert!(search(&[]).is_none());
    }

    proptest! {
        #[test]
        fn the_leftmost_is_found_and_of_those_the_longest(
            names in prop_oneof![
                prop::collection::vec("[ab]{1,5}", 1..6),
                prop::collection::vec("[abc]{1,3}", 1..40),
                prop::collection::vec(" {1,30}|<[|a]{1,3}|\u{e9}a?", 1..40),
            ],
            text in prop_oneof!["[abc]{0,200}", "( {1,40}|[a<|\u{e9}]{1,9}){0,40}"],
            from in 0..9_usize,
        ) {
            let search = search(&names).unwrap();
            let (text, from) = (text.as_bytes(), from.min(text.len()));
            let expected: Vec<_> =
                slowly(&names, &text[from..]).into_iter().map(|(start, end, name)| (from + start, from + end, name)).collect();
            for isa in Isa::available() {
                let found: Vec<_> = Occurrences { isa, ..search.find(text, from) }.collect();
                prop_assert_eq!(&found, &expected, "{:?}", isa);
            }
        }
    }
}
