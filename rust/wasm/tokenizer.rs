//! Tokenizers: opened from the bytes of a file or by the name of a published encoding; ids of a text, and the text of ids.

use super::{Answer, Arguments, answer, wrong};
use crate::api::encodings::{definition, published};
#[cfg(feature = "files")]
use crate::error::Error;
use crate::error::Result;
use crate::fast::codec::FastCodec;
use crate::fast::util::fallible::collect;
#[cfg(feature = "files")]
use crate::formats::blamed;
use crate::formats::definition::Definition;
#[cfg(feature = "files")]
use crate::formats::detect::{Given, PATTERN_NEEDED, read};
use crate::formats::dump;
use crate::formats::value::Value;
#[cfg(feature = "pages")]
use crate::reference::more::dropout::Dropout;
use crate::reference::published::codecs::{Codec, Refused};
#[cfg(feature = "files")]
use crate::reference::published::names::pattern_named;
use crate::reference::published::preprocess::TokenFinder;
use crate::support::once::Once;
use std::cell::RefCell;
use std::sync::Arc;

/// A tokenizer, and what is made once it has been asked for.
pub struct Tokenizer {
    pub definition: Definition,
    pub core: Arc<Codec>,
    /// The core with its tables.
    codec: Once<Arc<FastCodec>>,
    /// Finds the added tokens; what also finds all special ones.
    added: Arc<TokenFinder>,
    all: Once<Arc<TokenFinder>>,
}

thread_local! {
    static TOKENIZERS: RefCell<Vec<Option<Tokenizer>>> = const { RefCell::new(Vec::new()) };
}

/// Keeps a tokenizer. The answer is its number.
fn keep(tokenizer: Tokenizer) -> Vec<u32> {
    TOKENIZERS.with_borrow_mut(|all| {
        let number = all.iter().position(Option::is_none).unwrap_or(all.len());
        if number == all.len() {
            all.push(None);
        }
        all[number] = Some(tokenizer);
        vec![number as u32]
    })
}

fn whole(number: usize) -> Value {
    Value::Whole(number as i128)
}

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
    answer(|arguments| {
        let (known, data) = (published(&arguments.text()?)?, arguments.bytes()?);
        Ok(keep(Tokenizer::of(definition(known, &data)?)?))
    })
}

/// Opens the bytes of a file of any format: these, how it cuts text (as SPEC P10 takes it), and its name. Both may be empty, and are
/// taken where the file does not say it.
#[cfg(feature = "files")]
#[cfg_attr(target_family = "wasm", unsafe(no_mangle))]
pub extern "C" fn open_file() -> u32 {
    answer(|arguments| {
        let (data, pattern, name) = (arguments.bytes()?, arguments.text()?, arguments.text()?);
        let pattern = given(pattern).as_deref().map(pattern_named).transpose()?;
        let found = match read(&data, &Given::default()) {
            Err(Error::Format { reason, .. }) if reason.starts_with(PATTERN_NEEDED) => {
                read(&data, &Given { pattern, ..Given::default() })
            }
            found => found,
        };
        opened(found, name)
    })
}

/// Keeps the tokenizer of a file, with a name where the file does not say it.
#[cfg(feature = "files")]
pub fn opened(found: Result<Definition>, name: String) -> Result<Vec<u32>> {
    let open = |mut definition: Definition| {
        definition.fields.name = definition.fields.name.or(given(name));
        let tokenizer = Tokenizer::of(definition)?;
        tokenizer.codec()?;
        Ok(keep(tokenizer))
    };
    found.and_then(open).map_err(|error| blamed(error, None))
}

/// What an argument says that may be empty.
#[cfg(feature = "files")]
fn given(text: String) -> Option<String> {
    Some(text).filter(|text| !text.is_empty())
}

/// What a tokenizer is, as an object of JSON: the fields of minitok's own files but tokens and merges, how many merges there are, one
/// more than the highest id, its control tokens, and warnings.
#[cfg_attr(target_family = "wasm", unsafe(no_mangle))]
pub extern "C" fn description(number: u32) -> u32 {
    ask(number, |tokenizer, _| {
        let fields = tokenizer.description().into_iter().map(|(name, value)| (name.to_owned(), value));
        Ok(Value::Object(fields.collect()).json()?.into_bytes())
    })
}

/// The tokenizer as the text of one of minitok's own files.
#[cfg(feature = "pages")]
#[cfg_attr(target_family = "wasm", unsafe(no_mangle))]
pub extern "C" fn dump(number: u32) -> u32 {
    ask(number, |tokenizer, _| Ok(dump::dump(&tokenizer.definition)?.into_bytes()))
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
    ask(number, |tokenizer, arguments| tokenizer.encode(&arguments.bytes()?, tokenizer.search(special)?))
}

/// The ids of a text, made with dropout (SPEC E11).
#[cfg(feature = "pages")]
#[cfg_attr(target_family = "wasm", unsafe(no_mangle))]
pub extern "C" fn encode_with_dropout(number: u32, special: u32, probability: f64, seed: u32) -> u32 {
    ask(number, |tokenizer, arguments| {
        let (text, mut ids) = (arguments.bytes()?, Vec::new());
        let (codec, search) = (tokenizer.codec()?, tokenizer.search(special)?);
        let dropout = Dropout::new(probability, u64::from(seed), None, 0);
        codec.append_with_dropout(&text, search, &dropout, false, &mut ids)?;
        Ok(ids)
    })
}

/// How many ids a text has, as [`encode`] makes them.
#[cfg_attr(target_family = "wasm", unsafe(no_mangle))]
pub extern "C" fn count_ids(number: u32, special: u32) -> u32 {
    ask(number, |tokenizer, arguments| {
        let text = arguments.bytes()?;
        tokenizer.count(&text, tokenizer.search(special)?)
    })
}

/// The ids of a text, or with `counts` how many: the text, and two lists of names, of the special tokens found in it and of those refused.
#[cfg_attr(target_family = "wasm", unsafe(no_mangle))]
pub extern "C" fn encode_allowing(number: u32, counts: u32) -> u32 {
    ask(number, |tokenizer, arguments| {
        let (text, search, refused) =
            (arguments.bytes()?, tokenizer.allowing(arguments)?, tokenizer.refused(arguments)?);
        tokenizer.codec()?.check(&text, &refused, &search, false, None)?;
        if counts == 0 {
            return tokenizer.encode(&text, &search);
        }
        tokenizer.count(&text, &search)
    })
}

#[cfg_attr(target_family = "wasm", unsafe(no_mangle))]
pub extern "C" fn decode(number: u32) -> u32 {
    ask(number, |tokenizer, arguments| tokenizer.core.decode_bytes(&arguments.numbers()?))
}

/// The bytes of each of some ids, end to end.
#[cfg_attr(target_family = "wasm", unsafe(no_mangle))]
pub extern "C" fn token_bytes(number: u32) -> u32 {
    ask(number, |tokenizer, arguments| {
        let (ids, core) = (arguments.numbers()?, &tokenizer.core);
        collect(ids.into_iter().flat_map(|id| core.token_bytes(id).unwrap_or_default()).copied())
    })
}

/// How many bytes each of some ids has.
#[cfg_attr(target_family = "wasm", unsafe(no_mangle))]
pub extern "C" fn lengths(number: u32) -> u32 {
    ask(number, |tokenizer, arguments| {
        let (ids, core) = (arguments.numbers()?, &tokenizer.core);
        let length = |id| core.token_bytes(id).unwrap_or_default().len() as u32;
        collect(ids.into_iter().map(length))
    })
}

impl Tokenizer {
    fn of(definition: Definition) -> Result<Tokenizer> {
        let core = Arc::new(definition.core()?);
        let added = Arc::new(core.finder(Some(&[]))?);
        Ok(Tokenizer { definition, core, codec: Once::new(), added, all: Once::new() })
    }

    pub fn codec(&self) -> Result<&Arc<FastCodec>> {
        if let Some(codec) = self.codec.get() {
            return Ok(codec);
        }
        let made = Arc::new(FastCodec::with_tables(Arc::clone(&self.core), &self.definition.vocab)?);
        Ok(self.codec.get_or_make(|| made))
    }

    fn description(&self) -> Vec<(&'static str, Value)> {
        let Definition { vocab, fields } = &self.definition;
        let core = vocab.core();
        let mut found = dump::head(fields, &core.alphabet);
        let (n_merges, vocab_size) = (core.merges().len(), fields.vocab_size(core.tokens.n_ids()));
        let warnings = fields.warnings.iter().cloned().map(Value::Text).collect();
        let control = fields.control_tokens().into_iter().map(|name| Value::Text(name.to_owned())).collect();
        found.extend([("n_merges", whole(n_merges)), ("vocab_size", whole(vocab_size as usize))]);
        found.extend([("control_tokens", Value::List(control)), ("warnings", Value::List(warnings))]);
        found
    }

    fn encode(&self, text: &[u8], search: &TokenFinder) -> Result<Vec<u32>> {
        self.codec()?.encode(1, text, search, false)
    }

    fn count(&self, text: &[u8], search: &TokenFinder) -> Result<Vec<u32>> {
        Ok(vec![self.codec()?.count(text, search, false)? as u32])
    }

    /// What finds the special tokens of a list of names, and the added ones.
    pub fn allowing(&self, arguments: &mut Arguments) -> Result<TokenFinder> {
        let names = arguments.list()?;
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        self.search_of(&names)
    }

    /// What finds the tokens of a list of names in order to refuse them.
    pub fn refused(&self, arguments: &mut Arguments) -> Result<Refused> {
        let names = arguments.list()?;
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        Ok(self.core.refusing(&names))
    }

    /// What finds the added tokens, or these and all special ones.
    pub fn search(&self, special: u32) -> Result<&Arc<TokenFinder>> {
        if special == 0 || self.all.get().is_some() {
            return Ok(self.all.get().filter(|_| special != 0).unwrap_or(&self.added));
        }
        let names: Vec<&str> = self.definition.fields.found_tokens().map(|(name, _)| name.as_str()).collect();
        let made = Arc::new(self.search_of(&names)?);
        Ok(self.all.get_or_make(|| made))
    }

    fn search_of(&self, names: &[&str]) -> Result<TokenFinder> {
        self.core.finder(Some(names))
    }
}
