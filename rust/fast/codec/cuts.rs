//! Where a text may be cut, so that the ids of the two sides do not depend on each other.

use super::FastCodec;
use crate::fast::encode::cut::parts::beside_marker;
use crate::fast::scan::{Cuts, Tier};
use crate::reference::published::codecs::Codec;
use crate::reference::published::metaspace::Metaspace;
use crate::reference::published::patterns::expressions;
use crate::reference::published::preprocess::TokenFinder;

/// How many of the scanner's cuts are tried, from the last one back.
const CUTS_TRIED: usize = 16;

impl FastCodec {
    /// As `Codec::safe_cut`, at every place that the scanner of the pattern knows.
    ///
    /// The scanner knows the text as it is. Where spaces are markers, it does not know that a marker becomes a space.
    pub fn safe_cut(&self, text: &[u8], search: &TokenFinder) -> usize {
        let Some(Tier::Table(table)) = self.scanner() else {
            return self.core.safe_cut(text, search);
        };
        if !self.core.knows_cuts(search) {
            return 0;
        }
        let longest = search.early.longest().max(search.late.longest());
        let mut end = text.len();
        for _ in 0..CUTS_TRIED {
            let cut = table.last(&text[..end.saturating_sub(longest)], 0).unwrap_or(0);
            if cut == 0 || self.survives_steps(text, cut, search) {
                return cut;
            }
            // A cut of the first part of a text is one of the text.
            let space = memchr::memrchr3(b' ', b'\n', b'\t', &text[..cut]);
            end = space.map_or(0, |at| (at + 1 + longest).min(end - 1));
        }
        0
    }

    /// Whether [`next_cut`](Self::next_cut) knows cuts.
    pub fn knows_cuts(&self, search: &TokenFinder) -> bool {
        self.cuts().is_some() && self.core.knows_cuts(search)
    }

    /// Whether a text is one piece of bytes, merged by lowest rank alone, in which nothing is found.
    pub fn has_seams(&self, search: &TokenFinder) -> bool {
        let Codec { vocab, pattern, .. } = &*self.core;
        let merges = vocab.alphabet.fallback.is_none() && (!vocab.whole_pieces || vocab.merges_make_all);
        merges && pattern.source() == "none" && search.is_empty() && self.is_spelled()
    }

    /// Whether the tokens of a text in which none is found, one after the other, have the bytes of the text.
    pub fn is_spelled(&self) -> bool {
        let Codec { vocab, preprocessor, words, .. } = &*self.core;
        let same = preprocessor.normalizer.steps().is_empty() && preprocessor.metaspace.is_none() && words.is_none();
        same && vocab.alphabet.symbols.is_none() && !vocab.alphabet.drops_bytes
    }

    /// Whether the same holds of a text in which these are found: then the bytes of its tokens, found ones too, say where each stands.
    pub fn spells(&self, search: &TokenFinder) -> bool {
        let mut found = search.early.tokens().iter().chain(search.late.tokens());
        self.is_spelled()
            && found.all(|(name, id)| id.is_some_and(|id| self.core.token_bytes(id) == Some(name.as_bytes())))
    }

    /// Whether the ids of the two sides of a place do not depend on each other, as far as is known.
    pub fn is_cut(&self, text: &[u8], at: usize, search: &TokenFinder) -> bool {
        self.cuts().is_some_and(|cuts| cuts.is_cut(text, at)) && self.survives_steps(text, at, search)
    }

    /// The first place from `from` on at which the ids of the two sides do not depend on each other. A character on each side, and as
    /// many bytes as the longest token of the search has, decide it.
    pub fn next_cut(&self, text: &[u8], mut from: usize, search: &TokenFinder) -> Option<usize> {
        let cuts = self.cuts()?;
        loop {
            let cut = cuts.next(text, from)?;
            if self.survives_steps(text, cut, search) {
                return Some(cut);
            }
            from = cut + 1;
        }
    }

    /// Whether no token of the search, and no marker that becomes a space, is at a cut.
    fn survives_steps(&self, text: &[u8], cut: usize, search: &TokenFinder) -> bool {
        let markers = self.core.preprocessor.metaspace.is_some_and(Metaspace::has_markers);
        self.core.survives_steps(text, cut, search) && !(markers && beside_marker(text, cut))
    }

    /// What knows where a text can be cut.
    fn cuts(&self) -> Option<&dyn Cuts> {
        if self.core.words.is_some() {
            return None;
        }
        if self.has_no_pattern() {
            return Some(self.encoder.byte_cuts());
        }
        match self.scanner()? {
            Tier::Rewind(..) => None,
            // The table of the same pattern knows more cuts than the masks do: those next to characters other than ASCII.
            Tier::Masks(_) => {
                let table = self.table.get_or_make(|| Tier::new(&expressions(self.core.pattern.source())).ok()?.ok());
                table.as_ref().or(self.scanner()).map(Tier::cuts)
            }
            Tier::Table(_) => self.scanner().map(Tier::cuts),
        }
    }
}
