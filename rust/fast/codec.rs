//! What `rust/codec.rs` computes, by the fast encoder and decoder. Their tables are made when they are first needed.
//!
//! Where the fast paths are switched off, everything here falls back to the mirror, so that callers need not ask.

use super::decode::Decoder;
use crate::codec::Codec;
use crate::error::Result;
use crate::fast::encode::encoder::{Encoder, Split};
use crate::fast::encode::id_buffer::room_for;
use crate::fast::pystr::str_to_utf8::Units;
use crate::special::Finder;
use std::sync::OnceLock;

/// The tables of a codec.
#[derive(Debug, Default)]
pub struct Tables {
    encoder: OnceLock<Encoder>,
    decoder: OnceLock<Decoder>,
}

/// The fast encoder of a codec, for texts without special tokens.
pub struct Fast<'c> {
    encoder: &'c Encoder,
    split: Split<'c>,
    threads: usize,
}

impl Fast<'_> {
    /// Append the ids of a text.
    pub fn encode(&self, text: &[u8], ids: &mut Vec<u32>) -> Result<()> {
        self.encoder.encode_on(self.threads, text, self.split, ids)
    }
}

impl Codec {
    /// The fast encoder, using at most so many threads; None where it is switched off.
    pub fn fast(&self, threads: usize) -> Option<Fast<'_>> {
        let encoder = self.fast.as_ref()?.encoder.get_or_init(|| Encoder::new(self.vocab.clone()));
        let split = self.pattern.scanner().map_or(Split::Pattern(&self.pattern), Split::Scan);
        Some(Fast { encoder, split, threads })
    }

    /// Make the tables of the encoder now, some milliseconds for a large vocabulary, rather than at the first text.
    pub fn prepare(&self) {
        self.fast(1);
    }

    /// Whether a short text takes microseconds only: the tables are made, and no regular expression of somebody's own runs.
    pub fn is_quick(&self) -> bool {
        let made = self.fast.as_ref().is_some_and(|tables| tables.encoder.get().is_some());
        made && self.pattern.scanner().is_some()
    }

    /// As `encode`, on at most so many threads.
    pub fn encode_on(&self, threads: usize, text: &[u8], allowed: &Finder) -> Result<Vec<u32>> {
        let mut ids = room_for(if threads > 1 { 0 } else { text.len() });
        self.append(threads, text, allowed, &mut ids)?;
        Ok(ids)
    }

    /// Append the ids of a text, found by at most so many threads.
    pub fn append(&self, threads: usize, text: &[u8], allowed: &Finder, ids: &mut Vec<u32>) -> Result<()> {
        let Some(fast) = self.fast(threads) else {
            ids.extend(self.encode(text, allowed)?);
            return Ok(());
        };
        allowed.split(text, |start, end, id| {
            match id {
                None => fast.encode(&text[start..end], ids)?,
                Some(id) => ids.push(id),
            }
            Ok(())
        })
    }

    /// As `encode` without special tokens, of the characters of a Python str, on at most so many threads.
    pub fn encode_units(&self, threads: usize, units: Units) -> Result<Vec<u32>> {
        let mut ids = room_for(if threads > 1 { 0 } else { units.len() });
        self.append_units(threads, units, &mut ids)?;
        Ok(ids)
    }

    /// Append the ids of the characters of a Python str, without special tokens.
    pub fn append_units(&self, threads: usize, units: Units, ids: &mut Vec<u32>) -> Result<()> {
        match self.fast(threads) {
            Some(fast) => fast.encoder.encode_units_on(threads, units, fast.split, ids),
            None => self.append(threads, &units.utf8(), &Finder::default(), ids),
        }
    }

    /// How many ids a text has; they are not built.
    pub fn count(&self, text: &[u8], allowed: &Finder) -> Result<usize> {
        let Some(fast) = self.fast(1) else { return self.encode(text, allowed).map(|ids| ids.len()) };
        let mut count = 0;
        allowed.split(text, |start, end, id| {
            count += if id.is_some() { 1 } else { fast.encoder.count(&text[start..end], fast.split)? };
            Ok(())
        })?;
        Ok(count)
    }

    /// As `count` without special tokens, of the characters of a Python str.
    pub fn count_units(&self, units: Units) -> Result<usize> {
        match self.fast(1) {
            Some(fast) => fast.encoder.count_units(units, fast.split),
            None => self.count(&units.utf8(), &Finder::default()),
        }
    }

    /// The fast decoder; None where it is switched off.
    pub fn decoder(&self) -> Option<&Decoder> {
        let special = self.special.names.iter().map(|(&id, name)| (id, name.as_bytes()));
        Some(self.fast.as_ref()?.decoder.get_or_init(|| Decoder::new(&self.vocab, special)))
    }
}
