//! minitok behind the traits of `llm-tokenizer`, which gateways in Rust use: put it where they take an `Arc<dyn Tokenizer>`.
//!
//! Ids and texts are those of `llm-tokenizer`'s own tokenizer of Hugging Face, from the same file: `main.rs` compares them. As there, the
//! special tokens in a text are found. What differs: a stream gives text as soon as it is certain, where theirs waits for the end of a
//! character or behind a U+FFFD; the ids that a post-processor puts around a text are said by the caller ([`Gateway::around`]); and
//! `id_to_token` gives a token as text.

use anyhow::Result;
use llm_tokenizer::traits::{Decoder, Encoder, Encoding, IncrementalDecoder, SpecialTokens, TokenIdType, Tokenizer};
use minitok::{Special, StreamDecoder};
use std::any::Any;
use std::path::Path;

/// How many threads encode a batch.
const THREADS: usize = 8;

pub struct Gateway {
    inner: minitok::Tokenizer,
    special: SpecialTokens,
    /// The ids of special tokens, ascending.
    special_ids: Vec<u32>,
    around: (Vec<u32>, Vec<u32>),
    ends: Vec<u32>,
}

impl Gateway {
    pub fn new(inner: minitok::Tokenizer) -> Gateway {
        let mut special_ids: Vec<u32> = inner.special_tokens().map(|(_, id)| id).collect();
        special_ids.sort_unstable();
        let names = inner.special_tokens().map(|(name, _)| name.to_owned()).collect();
        let special = SpecialTokens { additional_special_tokens: names, ..SpecialTokens::default() };
        Gateway { inner, special, special_ids, around: Default::default(), ends: Vec::new() }
    }

    pub fn from_file(path: impl AsRef<Path>) -> Result<Gateway> {
        Ok(Gateway::new(minitok::Tokenizer::from_file(path)?))
    }

    /// What `add_special_tokens` puts before a text and behind it.
    pub fn around(mut self, before: &[u32], after: &[u32]) -> Gateway {
        self.around = (before.into(), after.into());
        self
    }

    /// The ids at which a completion ends.
    pub fn ends_at(mut self, ids: &[u32]) -> Gateway {
        self.ends = ids.into();
        self
    }

    fn with_around(&self, ids: Vec<u32>, add_special_tokens: bool) -> Encoding {
        let (before, after) = &self.around;
        let is_plain = !add_special_tokens || before.is_empty() && after.is_empty();
        Encoding::Plain(if is_plain { ids } else { [before, &ids, after].map(|part| &part[..]).concat() })
    }

    fn stream(&self, skip_special_tokens: bool) -> StreamDecoder {
        let stream = self.inner.stream_decoder();
        if skip_special_tokens { stream.skip_special() } else { stream }
    }
}

impl Encoder for Gateway {
    fn encode(&self, input: &str, add_special_tokens: bool) -> Result<Encoding> {
        Ok(self.with_around(self.inner.encode_with_special(input, Special::All)?, add_special_tokens))
    }

    fn encode_batch(&self, inputs: &[&str], add_special_tokens: bool) -> Result<Vec<Encoding>> {
        let batch = self.inner.encode_batch(inputs, Special::All, THREADS)?;
        Ok(batch.into_iter().map(|ids| self.with_around(ids, add_special_tokens)).collect())
    }
}

impl Decoder for Gateway {
    /// As there, ids without a token are left out.
    fn decode(&self, token_ids: &[TokenIdType], skip_special_tokens: bool) -> Result<String> {
        let skipped = |id: &u32| skip_special_tokens && self.special_ids.binary_search(id).is_ok();
        let said = |id: &&u32| !skipped(id) && self.inner.token_bytes(**id).is_some();
        Ok(self.inner.decode(&token_ids.iter().filter(said).copied().collect::<Vec<_>>())?)
    }

    fn incremental_decoder(&self, skip_special_tokens: bool) -> Option<Box<dyn IncrementalDecoder>> {
        Some(Box::new(Stream(self.stream(skip_special_tokens))))
    }
}

struct Stream(StreamDecoder);

impl IncrementalDecoder for Stream {
    fn step(&mut self, token_id: TokenIdType) -> Result<String> {
        Ok(self.0.push(token_id)?)
    }

    fn reset(&mut self) {
        // What was held back is forgotten.
        self.0.finish().ok();
    }
}

impl Tokenizer for Gateway {
    fn vocab_size(&self) -> usize {
        self.inner.vocab_size() as usize
    }

    fn get_special_tokens(&self) -> &SpecialTokens {
        &self.special
    }

    fn token_to_id(&self, token: &str) -> Option<TokenIdType> {
        self.inner.token_id(token.as_bytes())
    }

    fn id_to_token(&self, id: TokenIdType) -> Option<String> {
        self.inner.token_bytes(id).map(|token| String::from_utf8_lossy(token).into_owned())
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn eos_token_ids(&self) -> &[TokenIdType] {
        &self.ends
    }
}
