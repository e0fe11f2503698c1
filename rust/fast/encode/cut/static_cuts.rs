//! Cuts inside a piece where no token can stand across. Must not change what `encode_piece` of `rust/reference/encode.rs` gives.
//!
//! Chinese, Japanese, Thai or Hindi comes as pieces of many characters, no two alike, so a cache of pieces does not help. But of all
//! pairs of adjacent characters few occur inside a token (16,000 in o200k, 800 in cl100k). Between two others the piece may be
//! cut (proof: notes/proofs.md, "Cuts that no token stands across"), and its parts are looked up by themselves.
//!
//! Only places between two characters of three bytes are considered (`scan/wide_pairs.rs`). A token across such a place holds both
//! characters whole, and then their six bytes are in `pairs`; or it begins or ends inside one of them, and then the two bytes that
//! meet are in `partial`. A place is cut if it is in neither. `pairs` is hashed: if two pairs share a bit, a cut is missed, never
//! made wrongly.
//!
//! A part that is a token is taken whole, which the mirror does not do. That matters only for tokens that merges do not make
//! (`exceptions.rs`). So no place is cut before a character that such a token begins with, nor after one that it ends with: the
//! *edges*, also of one or two bytes within a character. Where the exceptions are not known, the encoder does not cut at all.
//!
//! Cost: 34 KB; one look-up for each such place of a text. Building reads every token once, some milliseconds, and so waits until a
//! text has places enough. Buys: without it, a first pass of many scripts takes 1.27 to 1.42 times as long; text with few wide
//! characters pays 1 to 5 %.

#![expect(clippy::cast_possible_truncation, reason = "bits of a hash, and a number below 64")]

use crate::fast::encode::analysis::exceptions::Exceptions;
use crate::fast::scan::find_wide_pairs;
use crate::reference::published::vocabs::Vocab;
use std::ops::Range;

const LOG_BITS: u32 = 18;
/// How many places must have been found before the tokens are read.
const WORTH: usize = if cfg!(any(test, fuzzing)) { 1 } else { 8192 };
const WIDE: usize = 3;

#[derive(Debug)]
pub struct StaticCuts {
    pairs: Vec<u64>,
    /// For the low six bits of the byte before, those of the byte after.
    partial: [u64; 64],
    edges: Option<Box<Edges>>,
}

/// Characters next to which nothing is cut, by twelve of their bits; so some others are among them.
#[derive(Debug)]
struct Edges {
    first: [u64; 64],
    last: [u64; 64],
}

#[derive(Debug, Default)]
pub struct Cutting {
    places: Vec<usize>,
    merged: Vec<usize>,
    found: usize,
}

impl Cutting {
    /// Finds the places inside the range. True if there are any, and enough so far to be worth the tables.
    pub fn find(&mut self, text: &[u8], range: Range<usize>) -> bool {
        find_wide_pairs(text, range, &mut self.places);
        self.found = self.found.saturating_add(self.places.len());
        !self.places.is_empty() && self.found >= WORTH
    }

    /// Removes the places inside a range, which is a token.
    pub fn leave_out(&mut self, range: Range<usize>) {
        let [from, to] = [range.start + 1, range.end].map(|end| self.places.partition_point(|&place| place < end));
        self.places.drain(from..to.max(from));
    }

    pub fn memory(&self) -> usize {
        (self.places.capacity() + self.merged.capacity()) * size_of::<usize>()
    }

    pub fn shrink_to(&mut self, kept: usize) {
        for places in [&mut self.places, &mut self.merged] {
            places.clear();
            places.shrink_to(kept);
        }
    }
}

impl StaticCuts {
    pub fn new(vocab: &Vocab, exceptions: &Exceptions) -> StaticCuts {
        let edges = Edges::of(exceptions.tokens()).map(Box::new);
        #[allow(clippy::disallowed_methods, reason = "its length is a constant")]
        let pairs = vec![0; 1 << (LOG_BITS - 6)];
        let mut cuts = StaticCuts { pairs, partial: [0; 64], edges };
        for (_, token) in vocab.tokens.iter().filter(|(_, token)| !token.is_ascii()) {
            for at in 1..token.len() {
                if is_tail(token[at - 1]) && is_lead(token[at]) {
                    cuts.add(token, at);
                }
            }
        }
        cuts
    }

    pub fn memory(&self) -> usize {
        size_of_val(&*self.pairs) + size_of_val(self) + self.edges.as_ref().map_or(0, |edges| size_of_val(&**edges))
    }

    fn add(&mut self, token: &[u8], at: usize) {
        match at.checked_sub(WIDE).and_then(|from| token.get(from..at + WIDE)) {
            Some(pair) => {
                let (word, bit) = bit_of(number(pair));
                self.pairs[word] |= 1 << bit;
            }
            None => self.partial[usize::from(token[at - 1] & 63)] |= 1 << (token[at] & 63),
        }
    }

    pub fn first(&self, text: &[u8], range: Range<usize>, cutting: &mut Cutting) -> Option<usize> {
        find_wide_pairs(text, range, &mut cutting.places);
        let is_cut = |&place: &usize| {
            let pair = pair_at(text, place);
            !self.meet(pair) && self.edges.as_ref().is_none_or(|edges| !edges.hold(pair))
        };
        cutting.places.iter().copied().find(is_cut)
    }

    /// Inserts the found places that are cuts among the ends of pieces.
    pub fn cut(&self, text: &[u8], ends: &mut Vec<usize>, cutting: &mut Cutting) {
        let Cutting { places, merged, .. } = cutting;
        match &self.edges {
            None => keep(places, |place| !self.meet(pair_at(text, place))),
            Some(edges) => keep(places, |place| {
                let pair = pair_at(text, place);
                !self.meet(pair) & !edges.hold(pair)
            }),
        }
        merged.clear();
        // Cuts change no id: without memory for them, the pieces stay whole.
        if merged.try_reserve(ends.len() + places.len()).is_err() {
            return;
        }
        merge_sorted(ends, places, merged);
        std::mem::swap(ends, merged);
    }

    /// Whether a token may stand across a place where two such characters meet.
    #[inline]
    fn meet(&self, pair: u64) -> bool {
        let (word, bit) = bit_of(pair);
        let (last, first) = (pair >> (8 * (WIDE - 1)) & 63, pair >> (8 * WIDE) & 63);
        (self.pairs[word] >> bit | self.partial[last as usize] >> first) & 1 != 0
    }
}

impl Edges {
    /// None if no part can be one of the tokens.
    fn of<'t>(tokens: impl Iterator<Item = &'t [u8]>) -> Option<Edges> {
        let mut edges = Edges { first: [0; 64], last: [0; 64] };
        let mut any = false;
        for token in tokens {
            any |= edges.add_short(token);
            for (set, char) in [(&mut edges.first, token.first_chunk()), (&mut edges.last, token.last_chunk())] {
                if let Some(&[0xE0..=0xEF, middle, last]) = char {
                    set[usize::from(middle & 63)] |= 1 << (last & 63);
                    any = true;
                }
            }
        }
        any.then_some(edges)
    }

    /// Adds the characters of which a token is a part; false if there are none. A piece may end or begin inside a character, and with it
    /// the part between there and the cut.
    fn add_short(&mut self, token: &[u8]) -> bool {
        match *token {
            [0xE0..=0xEF] => self.first = [u64::MAX; 64],
            [0xE0..=0xEF, middle] if is_tail(middle) => self.first[usize::from(middle & 63)] = u64::MAX,
            [last] if is_tail(last) => self.last.iter_mut().for_each(|set| *set |= 1 << (last & 63)),
            [middle, last] if is_tail(middle) && is_tail(last) => {
                self.last[usize::from(middle & 63)] |= 1 << (last & 63);
            }
            _ => return false,
        }
        true
    }

    /// Whether the first of two characters is the last of a token, or the second one the first.
    #[inline]
    fn hold(&self, pair: u64) -> bool {
        let at = |byte: usize| (pair >> (8 * byte) & 63) as usize;
        (self.last[at(1)] >> at(2) | self.first[at(WIDE + 1)] >> at(WIDE + 2)) & 1 != 0
    }
}

/// The two characters of three bytes that meet at a place, as one number.
#[inline]
fn pair_at(text: &[u8], place: usize) -> u64 {
    match text[place - WIDE..].first_chunk() {
        Some(bytes) => u64::from_le_bytes(*bytes) & ((1 << (16 * WIDE)) - 1),
        None => number(&text[place - WIDE..place + WIDE]),
    }
}

#[inline]
fn keep(places: &mut Vec<usize>, is_cut: impl Fn(usize) -> bool) {
    // Every place is written, and overwritten if it is not a cut: a branch would be unpredictable.
    let mut kept = 0;
    for index in 0..places.len() {
        let place = places[index];
        places[kept] = place;
        kept += usize::from(is_cut(place));
    }
    places.truncate(kept);
}

/// All numbers of two ascending lists, each once; the last of `ends` is the greatest of all.
fn merge_sorted(ends: &[usize], cuts: &[usize], merged: &mut Vec<usize>) {
    merged.clear();
    #[allow(clippy::disallowed_methods, reason = "the caller has made room")]
    merged.resize(ends.len() + cuts.len(), 0);
    let (mut end, mut cut, mut count) = (0, 0, 0);
    while cut < cuts.len() {
        merged[count] = ends[end].min(cuts[cut]);
        let (is_end, is_cut) = (ends[end] <= cuts[cut], cuts[cut] <= ends[end]);
        (end, cut, count) = (end + usize::from(is_end), cut + usize::from(is_cut), count + 1);
    }
    merged.truncate(count);
    merged.extend_from_slice(&ends[end..]);
}

fn is_tail(byte: u8) -> bool {
    byte & 0xC0 == 0x80
}

fn is_lead(byte: u8) -> bool {
    byte >= 0xC0
}

fn number(bytes: &[u8]) -> u64 {
    bytes.iter().rfold(0, |number, &byte| number << 8 | u64::from(byte))
}

#[inline]
fn bit_of(pair: u64) -> (usize, u32) {
    let hash = pair.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let bit = (hash >> (64 - LOG_BITS)) as usize;
    (bit / 64, (bit % 64) as u32)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reference::published::vocabs::{Alphabet, Tokens};

    #[test]
    fn edges_are_the_characters_that_a_part_could_begin_or_end_with() {
        let edges = |tokens: &[&str]| Edges::of(tokens.iter().map(|token| token.as_bytes()));
        assert!(edges(&[]).is_none() && edges(&["abcd", "\u{e9}a", "a\u{e9}", "\u{10000}"]).is_none());
        let edges = edges(&["中a国", "本"]).unwrap();
        assert!(!edges.hold(pair_at("一一".as_bytes(), WIDE)));
        let held = |text: &str| edges.hold(pair_at(text.as_bytes(), WIDE));
        assert_eq!(["日中", "日本", "本日", "国日", "日国", "中日"].map(held), [true, true, true, true, false, false]);
    }

    #[test]
    fn edges_are_also_characters_of_which_a_token_is_a_part() {
        // 中 is E4 B8 AD, 丮 E4 B8 AE, 国 E5 9B BD.
        let held = |token: &[u8]| {
            let edges = Edges::of([token].into_iter()).unwrap();
            ["一国", "国中", "国丮", "中国"].map(|text| edges.hold(pair_at(text.as_bytes(), WIDE)))
        };
        assert_eq!(held(b"\xE4\xB8"), [false, true, true, false]);
        assert_eq!(held(b"\xE4"), [true; 4]);
        assert_eq!(held(b"\x9B\xBD"), [false, true, true, false]);
        assert_eq!(held(b"\xAD"), [false, false, false, true]);
        assert!(Edges::of([&b""[..], b"a", b"\xC3", b"\xC3\xA9", b"a\xAD", b"\xE4a"].into_iter()).is_none());
    }

    #[test]
    fn pieces_are_cut_where_no_token_stands_across() {
        let mut tokens = Tokens::default();
        let singles = (0..=255u8).map(|byte| vec![byte]);
        for (token, id) in singles.chain(["日本", "中国人"].map(Into::into)).zip(0..) {
            tokens.set(id, &token).unwrap();
        }
        let vocab = Vocab::new(tokens, Vec::new(), true, Alphabet::default()).unwrap();
        // Not in 日本, 国人 and 中国.
        let text = "ab日本日国人中国人本x日日";
        let expected = [8, 11, 17, 26, 33];
        let cuts = StaticCuts::new(&vocab, &Exceptions::default());
        let (mut cutting, mut ends) = (Cutting::default(), vec![11, text.len()]);
        assert!(cutting.find(text.as_bytes(), 0..text.len()));
        cuts.cut(text.as_bytes(), &mut ends, &mut cutting);
        assert_eq!(ends, [&expected[..], &[text.len()]].concat());
        for from in 0..text.len() {
            let found = cuts.first(text.as_bytes(), from..text.len(), &mut cutting);
            assert_eq!(found, expected.into_iter().find(|&at| at >= from + WIDE), "from {from}");
        }
        assert!(!cutting.find(b"ascii and \xC3\xA9 only", 0..22));
    }

    #[test]
    fn lists_are_merged_without_repeats() {
        let mut merged = vec![9; 9];
        merge_sorted(&[3, 6, 7, 20], &[1, 3, 7, 8, 9], &mut merged);
        assert_eq!(merged, [1, 3, 6, 7, 8, 9, 20]);
    }

    #[test]
    fn a_place_between_two_characters_is_a_cut_unless_a_token_holds_both() {
        // Few different bytes, whose last six bits are those of the letters next to them.
        let chars: Vec<[u8; 3]> = [0xE4, 0xE5, 0xE9]
            .iter()
            .flat_map(|&lead| {
                [[0x97, 0x97], [0x97, 0xA5], [0xA5, 0x97], [0xA5, 0xA5]].map(|[one, two]| [lead, one, two])
            })
            .collect();
        let joined = |left: usize, right: usize| (left * 5 + right).is_multiple_of(3);
        let pairs = || (0..chars.len()).flat_map(|left| (0..chars.len()).map(move |right| (left, right)));
        let held = pairs().filter(|&(left, right)| joined(left, right));
        let bytes = (0..=255u8).map(|byte| vec![byte]);
        let mut tokens = Tokens::default();
        let all = bytes
            .chain(chars.iter().map(|char| char.to_vec()))
            .chain(held.map(|(left, right)| [b"We", &chars[left][..], &chars[right], b"We"].concat()))
            .chain([b"\xC3\xA9".to_vec()]);
        for (token, id) in all.zip(0..) {
            tokens.set(id, &token).unwrap();
        }
        let vocab = Vocab::new(tokens, Vec::new(), false, Alphabet::default()).unwrap();
        let cuts = StaticCuts::new(&vocab, &Exceptions::default());
        for (left, right) in pairs() {
            let text = [chars[left], chars[right]].concat();
            let found = cuts.first(&text, 0..6, &mut Cutting::default());
            assert_eq!(found, (!joined(left, right)).then_some(3), "{text:x?}");
        }
    }

    #[test]
    fn nothing_is_cut_where_a_part_of_a_character_belongs_to_a_token() {
        let text = "日本".as_bytes();
        for (from, end) in (0..3).flat_map(|from| (4..=6).map(move |end| (from, end))) {
            let mut tokens = Tokens::default();
            let singles = (0..=255u8).map(|byte| vec![byte]);
            for (token, id) in singles.chain([text[from..end].to_vec()]).zip(0..) {
                tokens.set(id, &token).unwrap();
            }
            let vocab = Vocab::new(tokens, Vec::new(), false, Alphabet::default()).unwrap();
            let cuts = StaticCuts::new(&vocab, &Exceptions::default());
            assert_eq!(cuts.first(text, 0..6, &mut Cutting::default()), None, "{from}..{end}");
        }
    }

    #[test]
    fn the_memory_of_places_is_given_back() {
        let (mut cutting, text) = (Cutting::default(), "日本".repeat(1000));
        assert!(cutting.find("日本".as_bytes(), 0..6) && cutting.places == [3]);
        assert!(cutting.find(text.as_bytes(), 0..6000) && cutting.places.len() == 1999 && cutting.found == 2000);
        cutting.merged.resize(5000, 0);
        cutting.shrink_to(100);
        assert!(cutting.places.is_empty() && cutting.places.capacity() < 200 && cutting.merged.capacity() < 200);
        assert!(!cutting.find(b"ascii", 0..5) && cutting.found == 2000);
    }

    #[test]
    fn pairs_are_spread_over_all_bits() {
        let chars = || (0..40u64).map(|number| 0x80_B8E4 + ((number % 8) << 16) + ((number / 8) << 8));
        let bits: std::collections::BTreeSet<(usize, u32)> =
            chars().flat_map(|left| chars().map(move |right| bit_of(left | right << 24))).collect();
        assert!(bits.iter().all(|&(word, bit)| word < 1 << (LOG_BITS - 6) && bit < 64));
        assert!(bits.len() > 1550, "1,600 pairs have {} bits", bits.len());
    }

    #[test]
    fn the_first_cut_is_the_first_of_all_also_beside_edges() {
        let mut tokens = Tokens::default();
        for (token, id) in (0..=255u8).map(|byte| vec![byte]).chain(["中国".into()]).zip(0..) {
            tokens.set(id, &token).unwrap();
        }
        let vocab = Vocab::new(tokens, Vec::new(), true, Alphabet::default()).unwrap();
        let edges = Edges::of(["日x本".as_bytes()].into_iter()).map(Box::new);
        let cuts = StaticCuts { edges, ..StaticCuts::new(&vocab, &Exceptions::default()) };
        // Not in 中国, not before 日, and not after 本.
        let text = "人中国日人本人人".as_bytes();
        let (mut cutting, mut ends) = (Cutting::default(), vec![text.len()]);
        assert!(cutting.find(text, 0..text.len()));
        cuts.cut(text, &mut ends, &mut cutting);
        assert_eq!(ends, [3, 12, 15, 21, 24]);
        for from in 0..text.len() {
            let next = ends.iter().copied().find(|&end| end >= from + WIDE && end < text.len());
            assert_eq!(cuts.first(text, from..text.len(), &mut cutting), next, "from {from}");
        }
    }
}
