//! Tokenizers: opened from a packed vocabulary, from merges or from tokens; ids of a text, and the text of ids.

use super::{Answer, Arguments, NONE, answer, wrong};
use crate::codec::Codec;
use crate::error::Result;
use crate::fast::codec::FastCodec;
use crate::fast::pystr::source::Source;
use crate::metaspace::Metaspace;
use crate::normalize::{Normalizer, Step};
use crate::packed_vocab;
use crate::preprocess::Search;
use crate::pretokenize::Pattern;
use crate::special::{Finder, SpecialTokens};
use crate::tokens::Tokens;
use crate::vocab::{Alphabet, Merge, Symbols, Vocab};
use crate::words::{END, WordCutter};
use std::cell::RefCell;
use std::sync::Arc;

pub struct Tokenizer {
    pub codec: Arc<FastCodec>,
    /// Finds the added tokens, and these and all special ones.
    pub searches: [Arc<Search>; 2],
}

thread_local! {
    static TOKENIZERS: RefCell<Vec<Option<Tokenizer>>> = const { RefCell::new(Vec::new()) };
}

/// Keeps a tokenizer. The arguments left are the pattern, the ids and the names of the tokens that are found in text, which of
/// these are added, which are late, what they take of the text around them, the steps of the normalizer, and the rules of the
/// space and of words. The answer is its number, and one more than the highest id of its vocabulary.
fn keep(vocab: Vocab, arguments: &mut Arguments) -> Result<Vec<u32>> {
    let pattern = Pattern::new(&arguments.text()?)?;
    let (ids, names) = (arguments.numbers()?, arguments.list()?);
    let (added, late, flags) = (arguments.list()?, arguments.list()?, arguments.groups()?);
    let special = SpecialTokens::new(names.into_iter().zip(ids).collect())?.with(added, late, flags)?;
    let steps = arguments.groups()?.iter().map(|(name, texts)| Step::new(name, texts)).collect::<Result<_>>()?;
    let metaspace = arguments.optional()?.map(|prefix| Metaspace::new(&prefix)).transpose()?;
    let words = match (arguments.optional()?, arguments.optional()?) {
        (None, None) => None,
        (words, end) => {
            Some(WordCutter::new(words.as_deref(), end.map(|end| if end.is_empty() { &[][..] } else { END }))?)
        }
    };
    let n_ids = vocab.tokens.n_ids();
    let codec = Codec::new(Arc::new(vocab), pattern, special, Normalizer::new(steps)?, metaspace, words)?;
    let names: Vec<&str> = codec.preprocessor.special.ids.iter().map(|(name, _)| name.as_str()).collect();
    let searches = [Arc::new(codec.search(Some(&[]))?), Arc::new(codec.search(Some(&names))?)];
    let tokenizer = Tokenizer { codec: Arc::new(FastCodec::new(codec)?), searches };
    TOKENIZERS.with_borrow_mut(|all| {
        let number = all.iter().position(Option::is_none).unwrap_or(all.len());
        if number == all.len() {
            all.push(None);
        }
        all[number] = Some(tokenizer);
        Ok(vec![number as u32, n_ids])
    })
}

/// Answers a call about a tokenizer.
pub fn ask<A: Into<Answer>>(number: u32, make: impl FnOnce(&Tokenizer, &mut Arguments) -> Result<A>) -> u32 {
    answer(|arguments| {
        TOKENIZERS.with_borrow(|all| match all.get(number as usize) {
            Some(Some(tokenizer)) => make(tokenizer, arguments),
            _ => Err(wrong("there is no such tokenizer")),
        })
    })
}

/// Opens a packed vocabulary (SPEC F4), without the ids from `below` on; `u32::MAX` is all of it.
#[cfg_attr(target_family = "wasm", unsafe(no_mangle))]
pub extern "C" fn open_packed(below: u32) -> u32 {
    answer(|arguments| keep(packed_vocab::unpack(&arguments.bytes()?, (below != NONE).then_some(below))?, arguments))
}

/// Opens a byte order and pairs of ids in rank order.
#[cfg_attr(target_family = "wasm", unsafe(no_mangle))]
pub extern "C" fn open_merges() -> u32 {
    answer(|arguments| {
        let (order, pairs) = (arguments.bytes()?, arguments.numbers()?);
        let pairs: Vec<(u32, u32)> = pairs.as_chunks().0.iter().map(|&[left, right]| (left, right)).collect();
        keep(Vocab::from_merges(&order, &pairs)?, arguments)
    })
}

/// Opens tokens (ids, and a list of their bytes), merges (left, right, id, rank) in rank order, and what pieces begin as.
#[cfg_attr(target_family = "wasm", unsafe(no_mangle))]
pub extern "C" fn open_tokens(whole_pieces: u32, drops_bytes: u32) -> u32 {
    answer(|arguments| {
        let mut tokens = Tokens::default();
        for (id, token) in arguments.numbers()?.into_iter().zip(arguments.byte_lists()?) {
            tokens.set(id, &token)?;
        }
        let merges = arguments.numbers()?;
        let merge = |&[left, right, id, rank]: &[u32; 4]| Merge { left, right, id, rank };
        let merges = merges.as_chunks().0.iter().map(merge).collect();
        let fallback = arguments.numbers()?;
        let fallback = (!fallback.is_empty()).then_some(fallback);
        let alphabet = Alphabet { fallback, drops_bytes: drops_bytes != 0, symbols: symbols(arguments)? };
        keep(Vocab::new(tokens, merges, whole_pieces != 0, alphabet)?, arguments)
    })
}

/// What pieces begin as (SPEC S7), if anything is said of it: the unknown id and whether it stands for a run; then a list of the
/// unit, the prefix, the suffix, and, where tokens are joined, the rule and the mark.
fn symbols(arguments: &mut Arguments) -> Result<Option<Symbols>> {
    let (facts, mut parts) = (arguments.numbers()?, arguments.byte_lists()?.into_iter());
    let [unknown, fuses] = facts[..] else { return Ok(None) };
    let mut part = || parts.next();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).map_err(|_| wrong("an argument is not UTF-8"));
    let (Some(unit), Some(prefix), Some(suffix)) = (part(), part(), part()) else {
        return Err(wrong("a part of the symbols is missing"));
    };
    let joining = match (part(), part()) {
        (Some(rule), Some(mark)) => Some((text(rule)?, mark)),
        _ => None,
    };
    let unknown = (unknown != NONE).then_some(unknown);
    Ok(Some(Symbols { unit: text(unit)?, unknown, fuses: fuses != 0, prefix, suffix, joining }))
}

/// Forgets a tokenizer; its number may come again.
#[cfg_attr(target_family = "wasm", unsafe(no_mangle))]
pub extern "C" fn close(number: u32) -> u32 {
    answer(|_| {
        TOKENIZERS.with_borrow_mut(|all| all.get_mut(number as usize).map(Option::take));
        Ok(Vec::<u8>::new())
    })
}

/// The ids of a text; with `special`, its special tokens are found beside the added ones.
#[cfg_attr(target_family = "wasm", unsafe(no_mangle))]
pub extern "C" fn encode(number: u32, special: u32) -> u32 {
    ask(number, |tokenizer, arguments| {
        tokenizer.codec.encode(1, Source::Bytes(&arguments.bytes()?), tokenizer.search(special), false)
    })
}

/// How many ids a text has, as [`encode`] makes them.
#[cfg_attr(target_family = "wasm", unsafe(no_mangle))]
pub extern "C" fn count_ids(number: u32, special: u32) -> u32 {
    ask(number, |tokenizer, arguments| {
        let text = arguments.bytes()?;
        Ok(vec![tokenizer.codec.count(Source::Bytes(&text), tokenizer.search(special), false)? as u32])
    })
}

/// The ids of a text in which some special tokens are found, and which must not contain others: the text, and two lists of names.
/// With `counts`, how many there are.
#[cfg_attr(target_family = "wasm", unsafe(no_mangle))]
pub extern "C" fn encode_allowing(number: u32, counts: u32) -> u32 {
    ask(number, |tokenizer, arguments| {
        let (text, search, disallowed) =
            (arguments.bytes()?, tokenizer.allowing(arguments)?, tokenizer.finder(arguments)?);
        Codec::check(&text, &disallowed)?;
        if counts == 0 {
            return tokenizer.codec.encode(1, Source::Bytes(&text), &search, false);
        }
        Ok(vec![tokenizer.codec.count(Source::Bytes(&text), &search, false)? as u32])
    })
}

/// The text of ids, as bytes.
#[cfg_attr(target_family = "wasm", unsafe(no_mangle))]
pub extern "C" fn decode(number: u32) -> u32 {
    ask(number, |tokenizer, arguments| tokenizer.codec.core().decode_bytes(&arguments.numbers()?))
}

/// The bytes of each of some ids, end to end.
#[cfg_attr(target_family = "wasm", unsafe(no_mangle))]
pub extern "C" fn token_bytes(number: u32) -> u32 {
    ask(number, |tokenizer, arguments| {
        let ids = arguments.numbers()?;
        Ok(ids.into_iter().flat_map(|id| tokenizer.token_bytes(id)).copied().collect::<Vec<u8>>())
    })
}

/// How many bytes each of some ids has.
#[cfg_attr(target_family = "wasm", unsafe(no_mangle))]
pub extern "C" fn lengths(number: u32) -> u32 {
    ask(number, |tokenizer, arguments| {
        Ok(arguments.numbers()?.into_iter().map(|id| tokenizer.token_bytes(id).len() as u32).collect::<Vec<u32>>())
    })
}

impl Tokenizer {
    /// What finds the special tokens of a list of names, and the added ones.
    pub fn allowing(&self, arguments: &mut Arguments) -> Result<Search> {
        let names = arguments.list()?;
        self.codec.core().search(Some(&names.iter().map(String::as_str).collect::<Vec<_>>()))
    }

    /// What finds the tokens of a list of names in a text that must not contain them.
    pub fn finder(&self, arguments: &mut Arguments) -> Result<Finder> {
        let names = arguments.list()?;
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        Ok(self.codec.core().preprocessor.special.finder(&names))
    }

    pub fn token_bytes(&self, id: u32) -> &[u8] {
        self.codec.core().token_bytes(id).unwrap_or_default()
    }

    pub fn search(&self, special: u32) -> &Search {
        &self.searches[usize::from(special != 0)]
    }
}
