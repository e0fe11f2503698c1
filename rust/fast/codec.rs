//! A codec with the fast encoder and decoder. Must equal `Codec` of `rust/codec.rs`, which it holds.
//!
//! Where the fast paths are switched off, everything here is left to the mirror, so that callers need not ask.

use super::decode::Decoder;
use crate::codec::Codec;
use crate::error::Result;
use crate::fast::encode::encoder::{Encoder, Split};
use crate::fast::encode::id_buffer::room_for;
use crate::fast::pystr::source::Source;
use crate::fast::util::once::made_once;
use crate::fast::util::settings::enabled;
use crate::special::Finder;
use std::sync::{Arc, OnceLock};

/// A codec of the mirror, and the tables that give the same results sooner.
#[derive(Debug)]
pub struct FastCodec {
    core: Arc<Codec>,
    /// None where the fast paths are switched off.
    encoder: Option<Encoder>,
    /// Made when it is first needed.
    decoder: OnceLock<Decoder>,
}

impl FastCodec {
    /// Makes the tables of the encoder: some milliseconds for a large vocabulary.
    pub fn new(core: Codec) -> FastCodec {
        let encoder = enabled().then(|| Encoder::new(core.vocab.clone()));
        FastCodec { core: Arc::new(core), encoder, decoder: OnceLock::new() }
    }

    /// The codec of the mirror: for all that is not here.
    pub fn core(&self) -> &Arc<Codec> {
        &self.core
    }

    /// Whether a short text takes microseconds only: the fast encoder is there, and no regular expression runs.
    pub fn is_quick(&self) -> bool {
        self.encoder.is_some() && self.core.pattern.scanner().is_some()
    }

    /// The ids of a text, found by at most `threads` threads. The special tokens that the finder knows are found in it; all
    /// else is text.
    pub fn encode(&self, threads: usize, source: Source, allowed: &Finder) -> Result<Vec<u32>> {
        let mut ids = room_for(if threads > 1 { 0 } else { source.len() });
        self.append(threads, source, allowed, &mut ids)?;
        Ok(ids)
    }

    /// As [`encode`](Self::encode), appended to `ids`.
    pub fn append(&self, threads: usize, source: Source, allowed: &Finder, ids: &mut Vec<u32>) -> Result<()> {
        let Some(encoder) = &self.encoder else {
            ids.extend(self.core.encode(&source.bytes(), allowed)?);
            return Ok(());
        };
        if allowed.is_empty() {
            return encoder.encode_on(threads, source, self.split(), ids);
        }
        let text = source.bytes();
        allowed.split(&text, |start, end, id| {
            match id {
                None => encoder.encode_on(threads, Source::Bytes(&text[start..end]), self.split(), ids)?,
                Some(id) => ids.push(id),
            }
            Ok(())
        })
    }

    /// The number of ids of a text; they are not built.
    pub fn count(&self, source: Source, allowed: &Finder) -> Result<usize> {
        let Some(encoder) = &self.encoder else {
            return self.core.encode(&source.bytes(), allowed).map(|ids| ids.len());
        };
        if allowed.is_empty() {
            return encoder.count(source, self.split());
        }
        let text = source.bytes();
        let mut count = 0;
        allowed.split(&text, |start, end, id| {
            count += if id.is_some() { 1 } else { encoder.count(Source::Bytes(&text[start..end]), self.split())? };
            Ok(())
        })?;
        Ok(count)
    }

    fn split(&self) -> Split<'_> {
        self.core.pattern.scanner().map_or(Split::Pattern(&self.core.pattern), Split::Scan)
    }

    /// The fast decoder; None where the fast paths are switched off.
    pub fn decoder(&self) -> Option<&Decoder> {
        self.encoder.as_ref()?;
        let special = || self.core.special.names.iter().map(|(&id, name)| (id, name.as_bytes()));
        Some(made_once(&self.decoder, || Decoder::new(&self.core.vocab, special())))
    }
}
