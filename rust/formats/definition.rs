//! What a tokenizer is, as data: a vocabulary, and all else that ids depend on. Must equal `python/minitok/definition/definition.py`.

use super::Named;
use super::value::Value;
use crate::error::{Error, Result};
use crate::fast::codec::FastCodec;
use crate::fast::vocab::FastVocab;
use crate::reference::published::codecs::Codec;
use crate::reference::published::found_tokens::SpecialTokens;
use crate::reference::published::markers::{Markers, control_tokens, everywhere};
use crate::reference::published::metaspace::Metaspace;
use crate::reference::published::normalize::{Normalizer, Step};
use crate::reference::published::patterns::Pattern;
use crate::reference::published::words::{END, WordCutter};
use crate::support::features::HAS_FILES;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

#[derive(Debug)]
pub struct Definition {
    pub vocab: FastVocab,
    pub fields: Fields,
}

/// Everything but the vocabulary.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Fields {
    pub pattern: String,
    /// The tokens that are found where they are allowed, and those that are found in every text.
    pub special_tokens: Named,
    pub added_tokens: Named,
    /// Those that are found in prepared text (SPEC E10).
    pub late_tokens: BTreeSet<String>,
    /// What they take of the text around them, or ask of it (SPEC E9).
    pub token_flags: BTreeMap<String, BTreeSet<String>>,
    pub normalizer: Vec<Step>,
    /// Where a space is put before the text (SPEC S4).
    pub prefix: Option<String>,
    /// What words are, where all other text is dropped, and how files write the end of one (SPEC N3).
    pub words: Option<String>,
    pub word_end: Option<String>,
    /// No id depends on these: a name, how it was trained, and the chat templates of its model.
    pub name: Option<String>,
    pub trained: Option<Value>,
    pub chat: Option<Value>,
    pub warnings: Vec<String>,
}

impl Fields {
    pub fn new(pattern: impl Into<String>, special_tokens: Named) -> Fields {
        Fields { pattern: pattern.into(), special_tokens, ..Fields::default() }
    }

    /// Takes tokens that are found in text: names, ids, and whether they are added ones. Of equal names the first counts.
    pub fn find_tokens(&mut self, rows: impl IntoIterator<Item = (String, u32, bool)>) {
        let mut seen = BTreeSet::new();
        for (name, id, is_added) in rows {
            if seen.insert(name.clone()) {
                if is_added { &mut self.added_tokens } else { &mut self.special_tokens }.push((name, id));
            }
        }
    }

    /// All tokens that are found in text: the special ones, then the added.
    pub fn found_tokens(&self) -> impl Iterator<Item = &(String, u32)> {
        self.special_tokens.iter().chain(&self.added_tokens)
    }

    /// The names of the special tokens, and of the added tokens that may mark something (SPEC E12).
    pub fn control_tokens(&self) -> Vec<&str> {
        if !HAS_FILES || self.added_tokens.is_empty() {
            return names_of(&self.special_tokens).collect();
        }
        let markers = markers_of(self.chat.as_ref());
        control_tokens(names_of(&self.special_tokens), names_of(&self.added_tokens), &markers)
    }

    /// The names of the tokens that are found in all text of a conversation by these chat templates (SPEC E8).
    pub fn everywhere(&self, chat: Option<&Value>) -> Vec<&str> {
        everywhere(names_of(&self.special_tokens), names_of(&self.added_tokens), &markers_of(chat))
    }

    /// One more than the highest id, with that of the vocabulary.
    pub fn vocab_size(&self, n_ids: u32) -> u32 {
        let found = self.found_tokens().map(|&(_, id)| id.saturating_add(1)).max();
        n_ids.max(found.unwrap_or(0))
    }
}

fn names_of(tokens: &Named) -> impl Iterator<Item = &str> {
    tokens.iter().map(|(name, _)| name.as_str())
}

/// What is known of added tokens that may mark something: from chat templates, and from the tokens that the configuration names.
fn markers_of(chat: Option<&Value>) -> Markers {
    let Some(chat) = chat else { return Markers::default() };
    let texts = |field| {
        let held = chat.get(field).and_then(Value::object).unwrap_or_default();
        held.iter().filter_map(|(_, value)| value.text())
    };
    let listed = chat.get("named").and_then(Value::list).unwrap_or_default().iter().filter_map(Value::text);
    Markers::new(&texts("templates").collect::<Vec<_>>(), &texts("tokens").chain(listed).collect::<Vec<_>>())
}

impl Definition {
    /// What encodes and decodes; a definition that contradicts itself is refused.
    pub fn codec(&self) -> Result<FastCodec> {
        FastCodec::with_tables(self.core()?, &self.vocab)
    }

    /// The same without tables.
    pub fn core(&self) -> Result<Codec> {
        let Fields { pattern, special_tokens, added_tokens, late_tokens, token_flags, normalizer, .. } = &self.fields;
        let specials: BTreeSet<&str> = special_tokens.iter().map(|(name, _)| name.as_str()).collect();
        if let Some((name, _)) = added_tokens.iter().find(|(name, _)| specials.contains(name.as_str())) {
            return Err(Error::Vocabulary(format!("the token '{name}' is both a special and an added one")));
        }
        let flags = token_flags.iter().map(|(name, own)| (name.clone(), own.iter().cloned().collect())).collect();
        let added = added_tokens.iter().map(|(name, _)| name.clone()).collect();
        let special = SpecialTokens::new(self.fields.found_tokens().cloned().collect())?;
        let special = special.with(added, late_tokens.iter().cloned().collect(), flags)?;
        let metaspace = self.fields.prefix.as_deref().map(Metaspace::new).transpose()?;
        let words = match (&self.fields.words, &self.fields.word_end) {
            (None, None) => None,
            (words, end) => {
                let end = end.as_ref().map(|end| if end.is_empty() { &b""[..] } else { END });
                Some(WordCutter::new(words.as_deref(), end)?)
            }
        };
        let (vocab, normalizer) = (Arc::clone(self.vocab.core()), Normalizer::new(normalizer.clone())?);
        Codec::new(vocab, Pattern::new(pattern)?, special, normalizer, metaspace, words)
    }

    pub fn vocab_size(&self) -> u32 {
        self.fields.vocab_size(self.vocab.core().tokens.n_ids())
    }
}
