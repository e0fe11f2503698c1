//! The merges of a packed vocabulary as they lie in it: what encodes the first short texts, before it is known that tokens and tables
//! are worth their time. Must equal `encode_piece` of `rust/encode.rs`.
//!
//! All merges with one left id are a chain, the newest first. By hand, with the merges 0: (a, b), 1: (b, c), 2: (a, c): the chain of
//! `a` is 2, 0, that of `b` is 1, and all others are empty. So (a, b) is looked up by reading the right ids of 2 and 0.
//!
//! Invariants: only for vocabularies whose merges make every token, so that no piece has to be looked up as a whole. What is
//! unusual is left to [`unpack`](crate::packed_vocab::unpack), and so is the question whether each merge joins earlier tokens.
//!
//! Costs: one pass over the merges, a small fraction of what tokens and tables take; then a look-up walks a chain, up to thousands of
//! merges.

use crate::error::Result;
use crate::fast::scan::{Grammar, piece_end};
use crate::fast::util::fallible::{append, collect, push};
use crate::merging::merge_parts;
use crate::packed_vocab::{self, Parts, parts};
use crate::preprocess::{Before, Preprocessor, Search};
use crate::vocab::NO_ID;

/// The end of a chain.
const NONE: u32 = 0;

/// A packed vocabulary, and chains through its merges.
#[derive(Debug)]
pub struct PackedPairs {
    data: Vec<u8>,
    /// Where the pairs begin in it, and how many bits an id has.
    start: usize,
    width: usize,
    /// The first id and the number of the first merge of each run.
    runs: Vec<(u32, u32)>,
    byte_ids: [u32; 256],
    /// The newest merge of each left id, and of each merge the one before it in its chain; the first merge is 1.
    newest: Vec<u32>,
    older: Vec<u32>,
    n_ids: u32,
}

impl PackedPairs {
    /// Takes a packed vocabulary, or only its ids less than `below`. Where that needs more than its merges, it is given back.
    pub fn new(data: Vec<u8>, below: Option<u32>) -> Result<std::result::Result<PackedPairs, Vec<u8>>> {
        let Parts { order, runs, extra, bits, width } = parts(&data)?;
        let below = below.unwrap_or(NO_ID);
        let mut byte_ids = [NO_ID; 256];
        for (&byte, id) in order.iter().zip(0..) {
            byte_ids[usize::from(byte)] = id;
        }
        let extra = extra.into_iter().filter(|&(id, _)| id < below);
        let end = runs.last().map_or(256, |&(first, count)| first + count).min(below).max(256);
        let n_ids = extra.clone().map(|(id, _)| id + 1).max().unwrap_or(0).max(end);
        if byte_ids.contains(&NO_ID)
            || end as usize > data.len()
            || extra.clone().any(|(id, token)| id < end || !token.is_empty())
        {
            return Ok(Err(data));
        }
        let n_merges = runs.iter().map(|&(first, count)| (first + count).min(end).saturating_sub(first)).sum::<u32>();
        #[allow(clippy::disallowed_methods, reason = "not longer than the data; asked for as zeros, it takes no time")]
        let mut newest = vec![NONE; end as usize];
        let Some(older) = link(bits, width, n_merges, &mut newest)? else { return Ok(Err(data)) };
        let mut merges_before = 0;
        let runs = collect(runs.iter().map(|&(first, count)| {
            merges_before += count;
            (first, merges_before - count)
        }))?;
        let start = data.len() - bits.len();
        Ok(Ok(PackedPairs { data, start, width, runs, byte_ids, newest, older, n_ids }))
    }

    /// The packed vocabulary.
    pub fn data(&self) -> &[u8] {
        &self.data
    }

    /// How many merges there are, and one more than the highest id.
    pub fn size(&self) -> (usize, u32) {
        (self.older.len(), self.n_ids)
    }

    /// The ids of a text, as `Codec::encode` gives them.
    pub fn encode(
        &self,
        preprocessor: &Preprocessor,
        grammar: Grammar,
        text: &[u8],
        search: &Search,
    ) -> Result<Vec<u32>> {
        let mut ids = Vec::new();
        preprocessor.segments(text, search, Before::Nothing, None, &mut |segment| {
            if let Some(id) = segment.id {
                return push(&mut ids, id);
            }
            let (text, mut start) = (&segment.text.data[..], 0);
            while start < text.len() {
                let end = piece_end(grammar, text, start);
                append(&mut ids, &self.encode_piece(&text[start..end])?)?;
                start = end;
            }
            Ok(())
        })?;
        Ok(ids)
    }

    fn encode_piece(&self, piece: &[u8]) -> Result<Vec<u32>> {
        let bytes = collect(piece.iter().map(|&byte| self.byte_ids[usize::from(byte)]))?;
        merge_parts(|left, right| self.merge_of(left, right), bytes)
    }

    /// The rank of a merge, and the id that it makes.
    fn merge_of(&self, left: u32, right: u32) -> Option<(u32, u32)> {
        let bits = &self.data[self.start..];
        let mut merge = self.newest[left as usize];
        while merge != NONE {
            let number = merge - 1;
            if pair(bits, 2 * number as usize * self.width, self.width).1 == right {
                let (first, before) = self.runs[self.runs.partition_point(|&(_, start)| start <= number) - 1];
                let id = first + number - before;
                return Some((id, id));
            }
            merge = self.older[number as usize];
        }
        None
    }
}

/// Puts each merge into the chain of its left id. Returns, for each merge, the one before it in its chain; None if a left id is too large.
fn link(bits: &[u8], width: usize, n_merges: u32, newest: &mut [u32]) -> Result<Option<Vec<u32>>> {
    let (mut at, mut all_are_ids) = (0, true);
    let older = collect((1..=n_merges).map(|merge| {
        let (left, _) = pair(bits, at, width);
        at += 2 * width;
        let Some(last) = newest.get_mut(left as usize) else {
            all_are_ids = false;
            return NONE;
        };
        std::mem::replace(last, merge)
    }))?;
    Ok(all_are_ids.then_some(older))
}

/// Reads the two ids of a merge from a bit on; they mostly lie in eight bytes. Must equal `pair` of `rust/packed_vocab.rs`.
#[expect(clippy::inline_always, reason = "a call for each merge takes twice the time, before the module is optimized")]
#[inline(always)]
#[expect(clippy::cast_possible_truncation, reason = "an id has 31 bits at most")]
fn pair(bits: &[u8], start: usize, width: usize) -> (u32, u32) {
    match bits.get(start / 8..).and_then(<[u8]>::first_chunk) {
        Some(&near) if width <= 28 => {
            let both = u64::from_le_bytes(near) >> (start % 8);
            let mask = (1 << width) - 1;
            ((both & mask) as u32, (both >> width & mask) as u32)
        }
        _ => packed_vocab::pair(bits, start / (2 * width), width),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::Codec;
    use crate::normalize::Normalizer;
    use crate::packed_vocab::unpack;
    use crate::pretokenize::Pattern;
    use crate::special::SpecialTokens;
    use std::sync::Arc;

    const FILES: [(&[u8], Option<u32>, &str); 5] = [
        (include_bytes!("../../python/minitok/encodings/data/o200k.vocab"), None, "o200k"),
        (include_bytes!("../../python/minitok/encodings/data/cl100k.vocab"), None, "cl100k"),
        (include_bytes!("../../python/minitok/encodings/data/p50k.vocab"), None, "gpt2"),
        (include_bytes!("../../python/minitok/encodings/data/p50k.vocab"), Some(50_256), "gpt2"),
        (include_bytes!("../../python/minitok/encodings/data/whisper.vocab"), None, "gpt2"),
    ];

    fn pairs(data: &[u8], below: Option<u32>) -> PackedPairs {
        PackedPairs::new(data.to_vec(), below).unwrap().unwrap()
    }

    #[test]
    fn every_merge_of_a_published_vocabulary_is_found_and_nothing_else() {
        for (data, below, _) in FILES {
            let (vocab, pairs) = (unpack(data, below).unwrap(), pairs(data, below));
            assert_eq!(pairs.size(), (vocab.merges().len(), vocab.tokens.n_ids()));
            for (at, merge) in vocab.merges().iter().enumerate().step_by(97) {
                assert_eq!(pairs.merge_of(merge.left, merge.right), Some((merge.rank, merge.id)));
                let other = &vocab.merges()[at / 2];
                assert_eq!(pairs.merge_of(merge.left, other.right), vocab.merge_of(merge.left, other.right));
            }
        }
    }

    #[test]
    fn ids_are_those_of_the_core() {
        for (data, below, pattern) in FILES {
            let (vocab, pairs) = (Arc::new(unpack(data, below).unwrap()), pairs(data, below));
            let special = SpecialTokens::new(vec![("<s>".into(), 200_100)]).unwrap();
            let pattern = Pattern::new(pattern).unwrap();
            let grammar = Grammar::named(pattern.source()).unwrap();
            let core = Codec::new(vocab, pattern, special, Normalizer::default(), None, None).unwrap();
            let texts = [
                "",
                "What's in a name?",
                "naïve 東京 🦀<s>  \r\n\tx",
                "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
                "e\u{301}<s><s>",
            ];
            for text in texts.map(str::as_bytes).into_iter().chain([&b"a\xff\xfe b"[..]]) {
                for allowed in [&[][..], &["<s>"]] {
                    let search = core.search(Some(allowed)).unwrap();
                    let found = pairs.encode(&core.preprocessor, grammar, text, &search);
                    assert_eq!(found, core.encode(text, &search, false));
                }
            }
        }
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
    fn by_hand_and_what_is_left_to_the_mirror() {
        let merges = [(b'a', b'b'), (b'b', b'c'), (b'a', b'c')];
        let made = pairs(&file(&merges, None), None);
        let asked = [(97, 98), (97, 99), (98, 99), (98, 98), (256, 97)].map(|(left, right)| made.merge_of(left, right));
        assert_eq!(asked, [Some((256, 256)), Some((258, 258)), Some((257, 257)), None, None]);
        assert_eq!((made.newest[97], &made.older[..], made.size()), (3, &[0, 0, 1][..], (3, 259)));
        assert_eq!(pairs(&file(&merges, Some((300, b""))), None).size(), (3, 301));
        assert_eq!(pairs(&file(&merges, Some((300, b""))), Some(258)).size(), (2, 258));
        for extra in [(300, &b"x"[..]), (257, b"")] {
            let data = file(&merges, Some(extra));
            assert_eq!(PackedPairs::new(data.clone(), None).unwrap().unwrap_err(), data);
        }
        assert!(PackedPairs::new(b"minitok".to_vec(), None).is_err());
    }
}
