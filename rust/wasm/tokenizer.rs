//! Tokenizers: opened from the bytes of a file or by the name of a published encoding; ids of a text, and the text of ids.

use super::{Answer, Arguments, answer, wrong};
use crate::api::encodings::published;
use crate::codec::Codec;
#[cfg(feature = "pages")]
use crate::dropout::Dropout;
use crate::error::{Error, Result};
use crate::fast::codec::FastCodec;
use crate::fast::encode::merge::pair_index::PairIndex;
use crate::fast::pystr::source::Source;
use crate::formats::definition::Definition;
use crate::formats::detect::{Given, PATTERN_NEEDED, read};
use crate::formats::value::Value;
use crate::formats::{blamed, native};
use crate::once::Once;
use crate::preprocess::Search;
use crate::special::Finder;
use std::cell::{Cell, RefCell};
use std::sync::Arc;

/// How many bytes are encoded with an index of the merges, where there is one; more are worth the time that tables take.
const FEW: usize = 1 << 12;

pub struct Tokenizer {
    pub definition: Definition,
    pub core: Arc<Codec>,
    /// The core with its tables, once it has been asked for.
    codec: Once<Arc<FastCodec>>,
    index: Option<PairIndex>,
    /// How many bytes the index may still encode.
    few: Cell<usize>,
    /// Finds the added tokens, and these and all special ones.
    pub searches: [Arc<Search>; 2],
}

thread_local! {
    static TOKENIZERS: RefCell<Vec<Option<Tokenizer>>> = const { RefCell::new(Vec::new()) };
}

/// Keeps a tokenizer. The answer is an object of JSON: the fields of minitok's own files but tokens and merges, how many merges
/// there are, one more than the highest id, the number of the tokenizer, and warnings.
fn keep(definition: Definition) -> Result<Vec<u8>> {
    let (core, index) = (Arc::new(definition.core()?), PairIndex::new(definition.vocab.core())?);
    let names: Vec<&str> = definition.fields.found_tokens().map(|(name, _)| name.as_str()).collect();
    let searches = [Arc::new(core.search(Some(&[]))?), Arc::new(core.search(Some(&names))?)];
    let number = |number: usize| Value::Whole(i64::try_from(number).unwrap_or(i64::MAX));
    let (n_merges, n_vocab) = (definition.vocab.core().merges().len(), definition.n_vocab() as usize);
    let warnings = definition.fields.warnings.iter().cloned().map(Value::Text).collect();
    let mut told = native::head(&definition);
    told.extend([("n_merges", number(n_merges)), ("n_vocab", number(n_vocab)), ("warnings", Value::List(warnings))]);
    let tokenizer = Tokenizer { definition, core, codec: Once::new(), index, few: Cell::new(FEW), searches };
    if tokenizer.index.is_none() {
        tokenizer.codec()?;
    }
    let place = TOKENIZERS.with_borrow_mut(|all| {
        let place = all.iter().position(Option::is_none).unwrap_or(all.len());
        if place == all.len() {
            all.push(None);
        }
        all[place] = Some(tokenizer);
        place
    });
    told.push(("number", number(place)));
    Ok(Value::Object(told.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()).json().into_bytes())
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

/// Opens a published encoding: its name, and its packed vocabulary (SPEC F4).
#[cfg_attr(target_family = "wasm", unsafe(no_mangle))]
pub extern "C" fn open_packed() -> u32 {
    answer(|arguments| keep(published(&arguments.text()?, &arguments.bytes()?)?))
}

/// Opens the bytes of a file of any format: these, how it cuts text, and its name. Both may be empty, and are taken where the file
/// does not say it.
#[cfg_attr(target_family = "wasm", unsafe(no_mangle))]
pub extern "C" fn open_file() -> u32 {
    answer(|arguments| {
        let (data, pattern, name) = (arguments.bytes()?, arguments.text()?, arguments.text()?);
        let given = |text: String| Some(text).filter(|text| !text.is_empty());
        let found = match read(&data, &Given::default()) {
            Err(Error::Format { reason, .. }) if reason == PATTERN_NEEDED => {
                read(&data, &Given { pattern: given(pattern), special_tokens: None })
            }
            found => found,
        };
        let open = |mut definition: Definition| {
            definition.fields.name = definition.fields.name.or(given(name));
            keep(definition)
        };
        found.and_then(open).map_err(|error| blamed(error, None))
    })
}

/// The tokenizer as the text of one of minitok's own files.
#[cfg(feature = "pages")]
#[cfg_attr(target_family = "wasm", unsafe(no_mangle))]
pub extern "C" fn dump(number: u32) -> u32 {
    ask(number, |tokenizer, _| Ok(native::dump(&tokenizer.definition).into_bytes()))
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
    ask(number, |tokenizer, arguments| tokenizer.encode(&arguments.bytes()?, tokenizer.search(special)))
}

/// The ids of a text, made with dropout (SPEC E11).
#[cfg(feature = "pages")]
#[cfg_attr(target_family = "wasm", unsafe(no_mangle))]
pub extern "C" fn encode_with_dropout(number: u32, special: u32, probability: f64, seed: u32) -> u32 {
    ask(number, |tokenizer, arguments| {
        let (text, mut ids) = (arguments.bytes()?, Vec::new());
        let (codec, search) = (tokenizer.codec()?, tokenizer.search(special));
        let dropout = Dropout::new(probability, u64::from(seed), None, 0);
        codec.append_with_dropout(Source::Bytes(&text), search, &dropout, false, &mut ids)?;
        Ok(ids)
    })
}

/// How many ids a text has, as [`encode`] makes them.
#[cfg_attr(target_family = "wasm", unsafe(no_mangle))]
pub extern "C" fn count_ids(number: u32, special: u32) -> u32 {
    ask(number, |tokenizer, arguments| {
        let text = arguments.bytes()?;
        tokenizer.count(&text, tokenizer.search(special))
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
            return tokenizer.encode(&text, &search);
        }
        tokenizer.count(&text, &search)
    })
}

/// The text of ids, as bytes.
#[cfg_attr(target_family = "wasm", unsafe(no_mangle))]
pub extern "C" fn decode(number: u32) -> u32 {
    ask(number, |tokenizer, arguments| tokenizer.core.decode_bytes(&arguments.numbers()?))
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
    /// The core with its tables.
    pub fn codec(&self) -> Result<&Arc<FastCodec>> {
        if let Some(codec) = self.codec.get() {
            return Ok(codec);
        }
        let made = Arc::new(FastCodec::with_tables(Arc::clone(&self.core), &self.definition.vocab)?);
        Ok(self.codec.get_or_make(|| made))
    }

    /// What encodes a text of that many bytes without tables, if these have not been made and it is one of few.
    fn index(&self, bytes: usize) -> Option<&PairIndex> {
        let index = self.index.as_ref().filter(|_| self.codec.get().is_none())?;
        self.few.set(self.few.get().checked_sub(bytes)?);
        Some(index)
    }

    fn encode(&self, text: &[u8], search: &Search) -> Result<Vec<u32>> {
        match self.index(text.len()) {
            Some(index) => index.encode(&self.core, text, search),
            None => self.codec()?.encode(1, Source::Bytes(text), search, false),
        }
    }

    fn count(&self, text: &[u8], search: &Search) -> Result<Vec<u32>> {
        let count = match self.index(text.len()) {
            Some(index) => index.encode(&self.core, text, search)?.len(),
            None => self.codec()?.count(Source::Bytes(text), search, false)?,
        };
        Ok(vec![count as u32])
    }

    /// What finds the special tokens of a list of names, and the added ones.
    pub fn allowing(&self, arguments: &mut Arguments) -> Result<Search> {
        let names = arguments.list()?;
        self.core.search(Some(&names.iter().map(String::as_str).collect::<Vec<_>>()))
    }

    /// What finds the tokens of a list of names in a text that must not contain them.
    pub fn finder(&self, arguments: &mut Arguments) -> Result<Finder> {
        let names = arguments.list()?;
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        Ok(self.core.preprocessor.special.finder(&names))
    }

    pub fn token_bytes(&self, id: u32) -> &[u8] {
        self.core.token_bytes(id).unwrap_or_default()
    }

    pub fn search(&self, special: u32) -> &Search {
        &self.searches[usize::from(special != 0)]
    }
}
