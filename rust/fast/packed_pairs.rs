//! Encodes the first short texts from the merges of a packed vocabulary as they are stored, before it is known that tokens and tables
//! are worth their time. Must equal `encode_piece` of `rust/reference/encode.rs` for each piece.
//!
//! Merges stand in the order of their ranks, and what one makes is joined by later ones only. So to make each wherever its two ids are
//! neighbours, from the left, in all pieces at once, is to make the lowest rank first in each piece. By hand, with the merges
//! 0: (a, b) -> X, 1: (a, c) -> Y, 2: (X, c) -> Z and the pieces `abc` and `ac`: the first makes them `X c` and `a c`, the second `X c`
//! and `Y`, the third `Z` and `Y`.
//!
//! A pair is read as one number: its two ids, as they lie in the file. By hand, with ids of 10 bits: the pair (116, 104) is
//! 104 * 1024 + 116.
//!
//! Invariants: only for vocabularies whose merges make every token, so that no piece has to be looked up as a whole. What is
//! unusual is left to [`unpack`](crate::reference::published::packed_vocab::unpack), and so is the question whether each merge
//! joins earlier tokens; that the left one is a token at all is seen in each pass.
//!
//! Buys: the first count in Node takes 22 ms with it, and 32 without.
//!
//! Costs: to open one, its checksum. For a text, a bit is tested for each merge, a small fraction of what tokens and tables take; one
//! that joins two ids of the text costs O(n).

use crate::error::{Error, Result};
use crate::fast::scan::{Grammar, piece_end};
use crate::fast::util::fallible::{extend, push};
use crate::reference::published::packed_vocab::{Parts, parts};
use crate::reference::published::preprocess::{Before, Preprocessor, TokenFinder};
use crate::reference::published::vocabs::NO_ID;

/// The most bits of an id: two of them, from any bit of a byte on, lie in eight bytes.
const MOST_BITS: usize = 28;

/// A packed vocabulary, and where its merges are.
#[derive(Debug)]
pub struct PackedPairs {
    data: Vec<u8>,
    /// The bit at which the pairs begin, and how many bits an id has.
    start: usize,
    width: usize,
    /// The first id of each run of merges, and how many there are.
    runs: Vec<(u32, u32)>,
    /// One more than the greatest id of a merge, and than the highest id.
    end: u32,
    n_ids: u32,
    byte_ids: [u32; 256],
}

impl PackedPairs {
    /// Takes a packed vocabulary, or only its ids less than `below`. Where that needs more than its merges, it is given back.
    pub fn new(data: Vec<u8>, below: Option<u32>) -> Result<std::result::Result<PackedPairs, Vec<u8>>> {
        let Parts { order, mut runs, extra, bits, width } = parts(&data)?;
        let below = below.unwrap_or(NO_ID);
        let mut byte_ids = [NO_ID; 256];
        for (&byte, id) in order.iter().zip(0..) {
            byte_ids[usize::from(byte)] = id;
        }
        let extra = extra.into_iter().filter(|&(id, _)| id < below);
        let end = runs.last().map_or(256, |&(first, count)| first + count).min(below).max(256);
        let n_ids = extra.clone().map(|(id, _)| id + 1).max().unwrap_or(0).max(end);
        let start = 8 * (data.len() - bits.len());
        if byte_ids.contains(&NO_ID)
            || width > MOST_BITS
            || end as usize > data.len()
            || extra.clone().any(|(id, token)| id < end || !token.is_empty())
        {
            return Ok(Err(data));
        }
        for (first, count) in &mut runs {
            *count = (*first + *count).min(end).saturating_sub(*first);
        }
        Ok(Ok(PackedPairs { data, start, width, runs, end, n_ids, byte_ids }))
    }

    /// The packed vocabulary.
    pub fn data(&self) -> &[u8] {
        &self.data
    }

    /// How many merges there are, and one more than the highest id.
    pub fn size(&self) -> (usize, u32) {
        (self.runs.iter().map(|&(_, count)| count as usize).sum(), self.n_ids)
    }

    /// The ids of a short text, as `Codec::encode` gives them. `found`: what finds tokens in it, if any are looked for.
    pub fn encode(
        &self,
        grammar: Grammar,
        text: &[u8],
        found: Option<(&Preprocessor, &TokenFinder)>,
    ) -> Result<Vec<u32>> {
        let mut ids = Vec::new();
        // Between pieces stands what is not an id.
        match found {
            None => self.append_bytes(grammar, text, &mut ids)?,
            Some((preprocessor, search)) => {
                preprocessor.segments(text, search, Before::Nothing, None, &mut |segment| match segment.id {
                    Some(id) => extend(&mut ids, [id, NO_ID]),
                    None => self.append_bytes(grammar, &segment.text.data, &mut ids),
                })?;
            }
        }
        self.merge(&mut ids)?;
        ids.retain(|&id| id != NO_ID);
        Ok(ids)
    }

    /// Appends the ids of the bytes of each piece.
    fn append_bytes(&self, grammar: Grammar, text: &[u8], ids: &mut Vec<u32>) -> Result<()> {
        let mut start = 0;
        while start < text.len() {
            let end = piece_end(grammar, text, start);
            extend(ids, text[start..end].iter().map(|&byte| self.byte_ids[usize::from(byte)]))?;
            push(ids, NO_ID)?;
            start = end;
        }
        Ok(())
    }

    /// Merges the ids of all pieces; an error if the largest left id is not that of a token.
    #[expect(clippy::cast_possible_truncation, reason = "an id has 28 bits at most")]
    fn merge(&self, ids: &mut Vec<u32>) -> Result<()> {
        let mut held = Held::default();
        for &id in ids.iter() {
            held.add(id);
        }
        let (mut number, left_bits, mut largest) = (0, (1 << self.width) - 1, 0);
        for &(first, count) in &self.runs {
            for id in first..first + count {
                let pair = self.pair(number);
                let (left, right) = ((pair & left_bits) as u32, (pair >> self.width) as u32);
                number += 1;
                largest = largest.max(left);
                if held.has(left) && held.has(right) && join(ids, left, right, id) {
                    held.add(id);
                }
            }
        }
        if largest < self.end {
            return Ok(());
        }
        Err(Error::Vocabulary(format!("not a packed vocabulary: a merge joins {largest}, which is not a token")))
    }

    /// Reads the pair of a merge: the left id in the lower `width` bits, then the right one. The eight bytes that are read begin with
    /// the byte of its first bit, or are the last of the data. Must equal `pair` of `rust/reference/published/packed_vocab.rs`.
    #[expect(
        clippy::inline_always,
        reason = "a call for each merge takes twice the time, before the module is optimized"
    )]
    #[inline(always)]
    fn pair(&self, number: usize) -> u64 {
        let bit = self.start + 2 * self.width * number;
        let byte = (bit / 8).min(self.data.len().saturating_sub(8));
        let near = self.data.get(byte..).and_then(<[u8]>::first_chunk).map_or(0, |near| u64::from_le_bytes(*near));
        near >> (bit - 8 * byte) & ((1 << (2 * self.width)) - 1)
    }
}

/// Which ids the text has, but for some that it does not have: a bit for all ids that are alike in their lower twelve bits.
struct Held([u64; 64]);

impl Default for Held {
    fn default() -> Held {
        Held([0; 64])
    }
}

impl Held {
    fn add(&mut self, id: u32) {
        self.0[(id >> 6 & 63) as usize] |= 1 << (id & 63);
    }

    #[expect(
        clippy::inline_always,
        reason = "a call for each merge takes twice the time, before the module is optimized"
    )]
    #[inline(always)]
    fn has(&self, id: u32) -> bool {
        self.0[(id >> 6 & 63) as usize] >> (id & 63) & 1 != 0
    }
}

/// Replaces two ids by one wherever they are neighbours, from the left. Returns whether they are anywhere.
#[cold]
fn join(ids: &mut Vec<u32>, left: u32, right: u32, id: u32) -> bool {
    let (mut kept, mut at, length) = (0, 0, ids.len());
    while at < length {
        let joins = ids[at] == left && ids.get(at + 1) == Some(&right);
        ids[kept] = if joins { id } else { ids[at] };
        at += 1 + usize::from(joins);
        kept += 1;
    }
    ids.truncate(kept);
    kept < length
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reference::published::codecs::Codec;
    use crate::reference::published::found_tokens::SpecialTokens;
    use crate::reference::published::normalize::Normalizer;
    use crate::reference::published::packed_vocab::{self, unpack};
    use crate::reference::published::patterns::Pattern;
    use std::sync::Arc;

    const FILES: [(&[u8], Option<u32>, &str); 5] = [
        (include_bytes!("../../python/minitok/encodings/data/o200k.vocab"), None, "o200k"),
        (include_bytes!("../../python/minitok/encodings/data/cl100k.vocab"), None, "cl100k"),
        (include_bytes!("../../python/minitok/encodings/data/p50k.vocab"), None, "gpt2"),
        (include_bytes!("../../python/minitok/encodings/data/p50k.vocab"), Some(50_256), "gpt2"),
        (include_bytes!("../../python/minitok/encodings/data/whisper.vocab"), None, "gpt2"),
    ];
    const PARTS: [&str; 14] = [
        "a", " the", "\n", "123", "na\u{ef}ve", "\u{6771}\u{4eac}", "\u{1f980}", "'s", "  ", "aaa", " antidis", "ing",
        "<s>", "e\u{301}",
    ];

    fn pairs(data: &[u8], below: Option<u32>) -> PackedPairs {
        PackedPairs::new(data.to_vec(), below).unwrap().unwrap()
    }

    #[test]
    fn ids_are_those_of_the_core() {
        for (data, below, pattern) in FILES {
            let (vocab, pairs) = (Arc::new(unpack(data, below).unwrap()), pairs(data, below));
            assert_eq!(pairs.size(), (vocab.merges().len(), vocab.tokens.n_ids()));
            let special = SpecialTokens::new(vec![("<s>".into(), 200_100)]).unwrap();
            let (pattern, grammar) = (Pattern::new(pattern).unwrap(), Grammar::named(pattern).unwrap());
            let core = Codec::new(vocab, pattern, special, Normalizer::default(), None, None).unwrap();
            let mut state = 7_u64;
            let mut under = |count: usize| {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                (state >> 33) as usize % count
            };
            let texts =
                (0..60).map(|_| (0..under(40)).map(|_| PARTS[under(PARTS.len())]).collect::<String>().into_bytes());
            for text in texts.collect::<Vec<_>>().into_iter().chain([b"a\xff\xfe b".to_vec()]) {
                for allowed in [&[][..], &["<s>"]] {
                    let search = core.finder(Some(allowed)).unwrap();
                    let found = (!search.is_empty()).then_some((&core.preprocessor, &search));
                    assert_eq!(pairs.encode(grammar, &text, found), core.encode(&text, &search, false));
                }
            }
        }
    }

    #[test]
    fn a_left_id_that_is_not_a_token_is_seen() {
        let mut data = file(&[(b'a', b'b')], None);
        let last = data.len() - 2;
        data[last] |= 1; // the ninth bit of the left id
        let checksum = packed_vocab::adler32(&data[12..]).to_le_bytes();
        data[8..12].copy_from_slice(&checksum);
        let found = pairs(&data, None).encode(Grammar::named("gpt2").unwrap(), b"ab", None);
        assert!(found.unwrap_err().to_string().contains("joins 353, which is not a token"));
    }

    /// A packed vocabulary of some merges of byte-sized ids, and an extra token.
    fn file(merges: &[(u8, u8)], extra: Option<(u32, &[u8])>) -> Vec<u8> {
        let words = [u32::try_from(merges.len()).unwrap(), 1, u32::from(extra.is_some())];
        let mut body: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
        body.extend(0..=255);
        body.extend([256, words[0]].iter().flat_map(|word: &u32| word.to_le_bytes()));
        if let Some((id, token)) = extra {
            body.extend([id, u32::try_from(token.len()).unwrap()].iter().flat_map(|word| word.to_le_bytes()));
            body.extend(token);
        }
        // Ids of 9 bits.
        let bits = merges.iter().flat_map(|&(left, right)| [left, right]);
        let mut packed = vec![0; (18 * merges.len()).div_ceil(8)];
        for (at, id) in bits.enumerate() {
            let window = u16::from(id) << (9 * at % 8);
            packed[9 * at / 8] |= window.to_le_bytes()[0];
            packed[9 * at / 8 + 1] |= window.to_le_bytes()[1];
        }
        body.extend(packed);
        [&packed_vocab::MAGIC[..], &packed_vocab::adler32(&body).to_le_bytes(), &body].concat()
    }

    #[test]
    fn what_needs_more_than_merges_is_given_back() {
        let merges = [(b'a', b'b'), (b'b', b'c'), (b'a', b'c')];
        let made = pairs(&file(&merges, None), None);
        assert_eq!(made.size(), (3, 259));
        assert_eq!(
            made.encode(Grammar::named("gpt2").unwrap(), b"abcacbb ab", None),
            Ok(vec![256, 99, 258, 98, 98, 32, 256])
        );
        assert_eq!(pairs(&file(&merges, Some((300, b""))), None).size(), (3, 301));
        assert_eq!(pairs(&file(&merges, Some((300, b""))), Some(258)).size(), (2, 258));
        for extra in [(300, &b"x"[..]), (257, b"")] {
            let data = file(&merges, Some(extra));
            assert_eq!(PackedPairs::new(data.clone(), None).unwrap().unwrap_err(), data);
        }
        assert!(PackedPairs::new(b"minitok".to_vec(), None).is_err());
    }
}
