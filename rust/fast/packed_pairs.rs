//! Encodes the first short texts from the merges of a packed vocabulary as they are stored, before it is known that tokens and tables
//! are worth their time. Must equal `encode_piece` of `rust/reference/encode.rs` for each piece.
//!
//! Merges stand in the order of their ranks, and what one makes is joined by later ones only. So to make each wherever its two ids are
//! neighbours, from the left, in all pieces at once, is to make the lowest rank first in each piece. By hand, with the merges
//! 0: (a, b) -> X, 1: (a, c) -> Y, 2: (X, c) -> Z and the pieces `abc` and `ac`: the first makes them `X c` and `a c`, the second `X c`
//! and `Y`, the third `Z` and `Y`.
//!
//! Most pairs are passed over by the heads of their ids, of which the text has few; only the others are read as a whole.
//!
//! Invariants: only for vocabularies whose merges make every token, so that no piece has to be looked up as a whole. What is
//! unusual is left to [`unpack`](crate::reference::published::packed_vocab::unpack), and so is the question whether each merge
//! joins earlier tokens.
//!
//! Buys: the first count in Node takes 22 ms with it, and 32 without.
//!
//! Costs: to open one, its checksum. For a text, two bytes are looked up for each merge, a small fraction of what tokens and tables
//! take; one that joins two ids of the text costs O(n).

use crate::error::Result;
use crate::fast::scan::{Grammar, piece_end};
use crate::fast::util::fallible::{extend, push};
use crate::reference::published::packed_vocab::{N_LOW, Parts, bits_at, parts, whole};
use crate::reference::published::preprocess::{Before, Preprocessor, TokenFinder};
use crate::reference::published::vocabs::NO_ID;

/// A packed vocabulary, and where its merges are.
#[derive(Debug)]
pub struct PackedPairs {
    data: Vec<u8>,
    /// Where the heads of the pairs begin, and their low bits.
    heads: usize,
    low: usize,
    /// The first id of each run of merges, and how many there are.
    runs: Vec<(u32, u32)>,
    /// One more than the highest id.
    n_ids: u32,
    byte_ids: [u32; 256],
}

impl PackedPairs {
    /// Takes a packed vocabulary, or only its ids less than `below`. Where that needs more than its merges, it is given back.
    pub fn new(data: Vec<u8>, below: Option<u32>) -> Result<std::result::Result<PackedPairs, Vec<u8>>> {
        let Parts { order, mut runs, extra, heads, low } = parts(&data)?;
        let below = below.unwrap_or(NO_ID);
        let mut byte_ids = [NO_ID; 256];
        for (&byte, id) in order.iter().zip(0..) {
            byte_ids[usize::from(byte)] = id;
        }
        let extra = extra.into_iter().filter(|&(id, _)| id < below);
        let end = runs.last().map_or(256, |&(first, count)| first + count).min(below).max(256);
        let n_ids = extra.clone().map(|(id, _)| id + 1).max().unwrap_or(0).max(end);
        let low = data.len() - low.len();
        let heads = low - heads.len();
        if byte_ids.contains(&NO_ID) || extra.clone().any(|(id, token)| id < end || !token.is_empty()) {
            return Ok(Err(data));
        }
        for (first, count) in &mut runs {
            *count = (*first + *count).min(end).saturating_sub(*first);
        }
        Ok(Ok(PackedPairs { data, heads, low, runs, n_ids, byte_ids }))
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
        self.merge(&mut ids);
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

    /// Merges the ids of all pieces. Must read the pairs as `pairs` of `rust/reference/published/packed_vocab.rs` does.
    fn merge(&self, ids: &mut Vec<u32>) {
        let mut held = Held { heads: N_LOW, ids: [0; 64] };
        for &id in ids.iter() {
            held.add(id);
        }
        let (heads, low) = self.data[self.heads..].split_at(self.low - self.heads);
        let (mut number, mut start) = (0, 0);
        for &(first, count) in &self.runs {
            for id in first..first + count {
                let pair = [heads[2 * number], heads[2 * number + 1]];
                let [left, right] = pair.map(|head| held.heads[usize::from(head)]);
                let n_left = usize::from(left & !HELD);
                if left & right & HELD != 0 {
                    let bits = bits_at(low, start);
                    let (left, right) = (whole(pair[0], bits), whole(pair[1], bits >> n_left));
                    if held.has(left) && held.has(right) && join(ids, left, right, id) {
                        held.add(id);
                    }
                }
                start += n_left + usize::from(right & !HELD);
                number += 1;
            }
        }
    }
}

/// The bit of a head that an id of the text has.
const HELD: u8 = 128;

/// Which ids the text has.
struct Held {
    /// How many low bits an id has, by its head, and `HELD`.
    heads: [u8; 256],
    /// The ids, but for some that the text does not have: a bit for all ids that are alike in their lower twelve bits.
    ids: [u64; 64],
}

impl Held {
    fn add(&mut self, id: u32) {
        let n_low = (u32::BITS - id.leading_zeros()).saturating_sub(5);
        // An id above those that heads can express is in no merge.
        if let Some(head) = self.heads.get_mut((16 * n_low + (id >> n_low)) as usize) {
            *head |= HELD;
        }
        self.ids[(id >> 6 & 63) as usize] |= 1 << (id & 63);
    }

    fn has(&self, id: u32) -> bool {
        self.ids[(id >> 6 & 63) as usize] >> (id & 63) & 1 != 0
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

    /// A packed vocabulary of some merges of lower letters, whose ids have seven bits, and an extra token.
    fn file(merges: &[(u8, u8)], extra: Option<(u32, &[u8])>) -> Vec<u8> {
        let words = [u32::try_from(merges.len()).unwrap(), 1, u32::from(extra.is_some())];
        let mut body: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
        body.extend(0..=255);
        body.extend([256, words[0]].iter().flat_map(|word: &u32| word.to_le_bytes()));
        if let Some((id, token)) = extra {
            body.extend([id, u32::try_from(token.len()).unwrap()].iter().flat_map(|word| word.to_le_bytes()));
            body.extend(token);
        }
        let ids: Vec<u8> = merges.iter().flat_map(|&(left, right)| [left, right]).collect();
        body.extend(ids.iter().map(|id| 32 + id / 4));
        body.extend(ids.chunks(4).map(|ids| ids.iter().rev().fold(0, |bits, id| (bits << 2) | (id % 4))));
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
