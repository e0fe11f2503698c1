//! The merges of a packed vocabulary as they lie in it: what encodes the first short texts, before it is known that tokens and tables
//! are worth their time. Must equal `encode_piece` of `rust/reference/encode.rs`.
//!
//! The first text is encoded by one pass over the merges, the next ones by chains through them. Read `merges`, `one_pass`, `chains`.
//!
//! Invariants: only for vocabularies whose merges make every token, so that no piece has to be looked up as a whole. What is
//! unusual is left to [`unpack`](crate::reference::published::packed_vocab::unpack), and so is the question whether each merge joins earlier tokens; that the
//! left one is a token at all is seen in each pass.
//!
//! Costs: to open one, its checksum. A pass over the merges is a small fraction of what tokens and tables take; there are two at the most.

mod chains;
mod merges;
mod one_pass;

use self::chains::Chains;
use self::merges::{MOST_BITS, Merges};
use self::one_pass::merge_all;
use crate::error::Result;
use crate::fast::scan::{Grammar, piece_end};
use crate::fast::util::fallible::{append, collect, extend, push};
use crate::reference::merging::merge_parts;
use crate::reference::published::packed_vocab::{Parts, parts};
use crate::reference::published::preprocess::{Before, Preprocessor, Search};
use crate::reference::vocab::NO_ID;
use crate::support::once::Once;

/// A packed vocabulary, and what has been made of it.
#[derive(Debug)]
pub struct PackedPairs {
    merges: Merges,
    byte_ids: [u32; 256],
    /// One more than the highest id.
    n_ids: u32,
    chains: Once<Chains>,
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
            || width > MOST_BITS
            || end as usize > data.len()
            || extra.clone().any(|(id, token)| id < end || !token.is_empty())
        {
            return Ok(Err(data));
        }
        let length = bits.len();
        let merges = Merges::new(data, length, width, &runs, end)?;
        Ok(Ok(PackedPairs { merges, byte_ids, n_ids, chains: Once::new() }))
    }

    /// The packed vocabulary.
    pub fn data(&self) -> &[u8] {
        &self.merges.data
    }

    /// How many merges there are, and one more than the highest id.
    pub fn size(&self) -> (usize, u32) {
        (self.merges.count as usize, self.n_ids)
    }

    /// The ids of a text in which no token is looked for, as `Codec::encode` gives them.
    pub fn encode(&self, grammar: Grammar, text: &[u8]) -> Result<Vec<u32>> {
        let mut ids = Vec::new();
        self.append(grammar, text, &mut ids)?;
        Ok(ids)
    }

    /// The same, of a text of a few hundred bytes, without chains.
    pub fn encode_first(&self, grammar: Grammar, text: &[u8]) -> Result<Vec<u32>> {
        let mut ids = Vec::new();
        each_piece(grammar, text, &mut |piece| extend(&mut ids, self.bytes(piece).chain([NO_ID])))?;
        merge_all(&self.merges, &mut ids)?;
        ids.retain(|&id| id != NO_ID);
        Ok(ids)
    }

    /// The same, of a text in which tokens are found.
    pub fn encode_segments(
        &self,
        preprocessor: &Preprocessor,
        grammar: Grammar,
        text: &[u8],
        search: &Search,
    ) -> Result<Vec<u32>> {
        let mut ids = Vec::new();
        preprocessor.segments(text, search, Before::Nothing, None, &mut |segment| match segment.id {
            Some(id) => push(&mut ids, id),
            None => self.append(grammar, &segment.text.data, &mut ids),
        })?;
        Ok(ids)
    }

    fn append(&self, grammar: Grammar, text: &[u8], ids: &mut Vec<u32>) -> Result<()> {
        let chains = self.chains()?;
        each_piece(grammar, text, &mut |piece| {
            let bytes = collect(self.bytes(piece))?;
            append(ids, &merge_parts(|left, right| self.merge_of(chains, left, right), bytes)?)
        })
    }

    fn bytes(&self, piece: &[u8]) -> impl ExactSizeIterator<Item = u32> {
        piece.iter().map(|&byte| self.byte_ids[usize::from(byte)])
    }

    /// The rank of a merge, and the id that it makes.
    fn merge_of(&self, chains: &Chains, left: u32, right: u32) -> Option<(u32, u32)> {
        let id = self.merges.id(chains.find(&self.merges, left, right)?);
        Some((id, id))
    }

    fn chains(&self) -> Result<&Chains> {
        if let Some(chains) = self.chains.get() {
            return Ok(chains);
        }
        let chains = Chains::new(&self.merges)?;
        Ok(self.chains.get_or_make(|| chains))
    }
}

/// Passes on the pieces of a text.
fn each_piece(grammar: Grammar, text: &[u8], emit: &mut dyn FnMut(&[u8]) -> Result<()>) -> Result<()> {
    let mut start = 0;
    while start < text.len() {
        let end = piece_end(grammar, text, start);
        emit(&text[start..end])?;
        start = end;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reference::codec::Codec;
    use crate::reference::pretokenize::Pattern;
    use crate::reference::published::normalize::Normalizer;
    use crate::reference::published::packed_vocab::{self, unpack};
    use crate::reference::special::SpecialTokens;
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
            let chains = pairs.chains().unwrap();
            assert_eq!(pairs.size(), (vocab.merges().len(), vocab.tokens.n_ids()));
            for (at, merge) in vocab.merges().iter().enumerate().step_by(97) {
                assert_eq!(pairs.merge_of(chains, merge.left, merge.right), Some((merge.rank, merge.id)));
                let other = &vocab.merges()[at / 2];
                assert_eq!(pairs.merge_of(chains, merge.left, other.right), vocab.merge_of(merge.left, other.right));
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
                    let found = pairs.encode_segments(&core.preprocessor, grammar, text, &search);
                    assert_eq!(found, core.encode(text, &search, false));
                    if search.is_empty() {
                        assert_eq!(
                            [pairs.encode(grammar, text), pairs.encode_first(grammar, text)],
                            [found.clone(), found]
                        );
                    }
                }
            }
        }
    }

    #[test]
    fn a_first_text_has_the_ids_of_any_other() {
        let parts = [
            "a",
            " the",
            "\n",
            "123",
            "na\u{ef}ve",
            "\u{6771}\u{4eac}",
            "\u{1f980}",
            "'s",
            "  ",
            "aaa",
            " antidis",
            "ing",
        ];
        for (data, below, pattern) in FILES {
            let (pairs, grammar) = (pairs(data, below), Grammar::named(pattern).unwrap());
            let mut state = 7_u64;
            let mut under = |count: usize| {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                (state >> 33) as usize % count
            };
            for _ in 0..60 {
                let text: String = (0..under(40)).map(|_| parts[under(parts.len())]).collect();
                let (first, other) =
                    (pairs.encode_first(grammar, text.as_bytes()), pairs.encode(grammar, text.as_bytes()));
                assert_eq!(first, other, "{text:?}");
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
        let (made, grammar) = (pairs(&data, None), Grammar::named("gpt2").unwrap());
        for found in [made.encode(grammar, b"ab"), made.encode_first(grammar, b"ab")] {
            assert!(found.unwrap_err().to_string().contains("joins 353, which is not a token"));
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
        let chains = made.chains().unwrap();
        let asked = [(97, 98), (97, 99), (98, 99), (98, 98), (256, 97)];
        let found = asked.map(|(left, right)| made.merge_of(chains, left, right));
        assert_eq!(found, [Some((256, 256)), Some((258, 258)), Some((257, 257)), None, None]);
        assert_eq!((chains.of_test(), made.size()), ((&[2, 3][..], &[0, 1, 0][..]), (3, 259)));
        assert_eq!(pairs(&file(&merges, Some((300, b""))), None).size(), (3, 301));
        assert_eq!(pairs(&file(&merges, Some((300, b""))), Some(258)).size(), (2, 258));
        for extra in [(300, &b"x"[..]), (257, b"")] {
            let data = file(&merges, Some(extra));
            assert_eq!(PackedPairs::new(data.clone(), None).unwrap().unwrap_err(), data);
        }
        assert!(PackedPairs::new(b"minitok".to_vec(), None).is_err());
    }
}
