//! How much memory a codec holds, and how to free what only speeds up later calls.
//!
//! Memory counts if it was requested and written. The allocator may keep more; pages that were never touched take none.
//!
//! Costs: microseconds, and a look at each workspace.

use super::codec::FastCodec;
use crate::fast::decode::Decoder;
use crate::fast::encode::id_buffer;
use crate::reference::published::vocabs::{Merge, Vocab};

/// Bytes, by what they are for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Usage {
    /// The tokens, the merges, and what finds a token by its bytes and a merge by its pair, where that was asked for.
    pub vocabulary: usize,
    /// What encoding and decoding look up; all threads share it.
    pub tables: usize,
    /// The workspaces that no call uses now: each has a cache of pieces, and buffers.
    pub workspaces: usize,
    /// The buffer for the ids of the next long text, which all codecs of the process share.
    pub buffers: usize,
}

impl FastCodec {
    pub fn memory_usage(&self) -> Usage {
        Usage {
            vocabulary: of_vocab(&self.core().vocab),
            tables: self.encoder.tables_memory()
                + self.decoder.get().map_or(0, Decoder::memory)
                + self.sizes.memory()
                + self.next.lock().map_or(0, |next| next.as_ref().map_or(0, |next| next.memory())),
            workspaces: self.encoder.workspaces_memory(),
            buffers: id_buffer::kept(),
        }
    }

    /// Gives back the workspaces that no call uses now, the tables that say which ids may come next, and the buffer for ids.
    pub fn trim(&self) {
        if let Ok(mut next) = self.next.lock() {
            *next = None;
        }
        self.encoder.drop_workspaces();
        id_buffer::drop_kept();
    }
}

fn of_vocab(vocab: &Vocab) -> usize {
    let merges = vocab.merges.get().map_or(0, Vec::capacity);
    let by_pair = vocab.by_pair.get().map_or(0, |by_pair| by_pair.capacity() * size_of::<((u32, u32), (u32, u32))>());
    let by_bytes = vocab.ids.get().map_or(0, |index| index.ids.allocation_size());
    let tokens = vocab.tokens.bytes.capacity() + vocab.tokens.spans.capacity() * size_of::<(u32, u32)>();
    tokens + merges * size_of::<Merge>() + by_pair + by_bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reference::published::codecs::Codec;
    use crate::reference::published::found_tokens::SpecialTokens;
    use crate::reference::published::normalize::Normalizer;
    use crate::reference::published::patterns::Pattern;
    use std::sync::Arc;

    #[test]
    fn what_calls_leave_is_counted_and_given_back() {
        let order: Vec<u8> = (0..=255).collect();
        let vocab = Arc::new(Vocab::from_merges(&order, &[(97, 98)]).unwrap());
        let (pattern, special) = (Pattern::new("gpt2").unwrap(), SpecialTokens::new(Vec::new()).unwrap());
        let codec = Codec::new(vocab, pattern, special, Normalizer::default(), None, None).unwrap();
        let codec = FastCodec::new(codec).unwrap();
        let new = codec.memory_usage();
        assert!(new.vocabulary > 257 && new.tables > 257 * 4 && new.workspaces == 0);
        let search = codec.core().finder(Some(&[])).unwrap();
        let encode = |text: &str| codec.encode(1, text.as_bytes(), &search, false).unwrap();
        assert_eq!(encode("ab"), [256]);
        let short = codec.memory_usage();
        assert!((1 << 16..1 << 20).contains(&short.workspaces), "{short:?}");
        assert!(encode(&"ab ".repeat(1 << 19)).len() > 1 << 19);
        let long = codec.memory_usage();
        assert!(long.workspaces > short.workspaces && long.tables >= short.tables, "{long:?}");
        codec.decoder().unwrap().unwrap();
        assert!(codec.memory_usage().tables > long.tables + 257 * 16);
        codec.trim();
        assert_eq!(codec.memory_usage().workspaces, 0);
        assert_eq!(encode("ab"), [256]);
    }
}
