//! Text -> segments -> pieces -> ids, and back, with all that files of models ask for.
//!
//! A text is prepared first (`preprocess`). By hand, with the step `lowercase`: `Hi A<s>` with the special token allowed -> the
//! segment `hi a` and the id of `<s>`; then all is as in `codec`.
//!
//! Besides ids, it says where each id stands in the text, which tokens a text must not contain, and where a text may be cut.
//!
//! Invariants: those of `codec`. Where no step changes the text, so are the ids.
//!
//! Costs: those of the parts; O(n log n) in all for n bytes.
//!
//! Implements SPEC E3, E5, E6, E12, N3, S5, S6 and S9.

use crate::error::{Error, Result};
use crate::reference::encode::encode_piece;
use crate::reference::published::found_tokens::{Finder, SpecialTokens};
use crate::reference::published::metaspace::{Metaspace, spaced};
use crate::reference::published::normalize::Normalizer;
use crate::reference::published::patterns::Pattern;
use crate::reference::published::preprocess::{Before, Prepared, Preprocessor, TokenFinder};
use crate::reference::published::streams::{Joining, joined_bytes};
use crate::reference::published::vocabs::{Vocab, show};
use crate::reference::published::words::WordCutter;
use foldhash::{HashMap, HashSet};
use std::sync::Arc;

/// A piece and its place in the text -> its ids, appended.
pub type EncodePiece<'e> = &'e mut dyn FnMut(&[u8], usize, &mut Vec<u32>) -> Result<()>;

/// Tokens that a text must not contain (E12).
#[derive(Debug, Clone, Default)]
pub struct Refused {
    /// Finds their names, which must not stand in the text.
    pub finder: Finder,
    /// By id, the names of those that other text may become: in prepared text, or where merges make them.
    pub ids: HashMap<u32, String>,
}

impl Refused {
    pub fn check_names(&self, text: &[u8]) -> Result<()> {
        match self.finder.find(text).next().transpose()? {
            Some(found) => Err(Error::DisallowedSpecial { token: found.name.into(), position: found.start }),
            None => Ok(()),
        }
    }
}

/// A vocabulary, a split pattern, and what is done to text first: everything that ids depend on.
#[derive(Debug)]
pub struct Codec {
    pub vocab: Arc<Vocab>,
    pub pattern: Pattern,
    pub preprocessor: Preprocessor,
    pub words: Option<WordCutter>,
    /// What the ids of special tokens are decoded to.
    pub names: HashMap<u32, Vec<u8>>,
}

impl Codec {
    pub fn new(
        vocab: Arc<Vocab>,
        pattern: Pattern,
        special: SpecialTokens,
        normalizer: Normalizer,
        metaspace: Option<Metaspace>,
        words: Option<WordCutter>,
    ) -> Result<Codec> {
        let preprocessor = Preprocessor::new(special, normalizer, metaspace);
        let special = &preprocessor.special;
        let known: HashSet<&str> = special.ids.iter().map(|(name, _)| name.as_str()).collect();
        for (name, id) in &special.ids {
            if let Some(token) = vocab.token_bytes(*id)
                && token != name.as_bytes()
                && token != decoded(&preprocessor, name, &known)?
            {
                let token = show(token);
                let reason = format!("the special token '{name}' has the id {id} of the token {token}");
                return Err(Error::Vocabulary(reason));
            }
        }
        let decoded = |(&id, name): (&u32, &String)| Ok((id, decoded(&preprocessor, name, &known)?));
        let names = special.names.iter().map(decoded).collect::<Result<_>>()?;
        Ok(Codec { vocab, pattern, preprocessor, words, names })
    }

    /// Returns what finds these special tokens and the added ones; nothing if it is None.
    pub fn finder(&self, allowed: Option<&[&str]>) -> Result<TokenFinder> {
        let special = &self.preprocessor.special;
        special.check_room()?;
        let wanted = special.wanted(allowed);
        let hidden = if wanted.is_empty() { Vec::new() } else { special.left_alone(&wanted) };
        self.preprocessor.finder(&wanted, &hidden)
    }

    /// Encodes a text. The tokens of the finder are found in it; everything else is text.
    ///
    /// `continues`: the text continues another, so that no space is put before it (S4).
    pub fn encode(&self, text: &[u8], finder: &TokenFinder, continues: bool) -> Result<Vec<u32>> {
        let mut ids = Vec::new();
        let before = if continues { Before::Text } else { Before::Nothing };
        let done = self.preprocessor.segments(text, finder, before, None, &mut |segment| match segment.id {
            None => self.encode_segment(&segment.text.data, &mut ids),
            Some(id) => {
                ids.try_reserve(1)?;
                ids.push(id);
                Ok(())
            }
        });
        done.map_err(|error| with_offset(error, text)).map(|()| ids)
    }

    /// Passes on the ids of a text, each with the place of its token or its piece.
    ///
    /// `encode`: what gives the ids of a piece at a place, if not [`encode_piece`].
    pub fn placed_ids(
        &self,
        text: &[u8],
        finder: &TokenFinder,
        continues: bool,
        mut encode: Option<EncodePiece>,
        emit: &mut dyn FnMut(u32, usize) -> Result<()>,
    ) -> Result<()> {
        let mut ids = Vec::new();
        let before = if continues { Before::Text } else { Before::Nothing };
        let done = self.preprocessor.segments(text, finder, before, None, &mut |segment| match segment.id {
            Some(id) => emit(id, segment.text.start),
            None => self.placed_pieces(&segment.text, &mut |piece, place| {
                ids.clear();
                match &mut encode {
                    None => encode_piece(&self.vocab, piece, &mut ids)?,
                    Some(encode) => encode(piece, place, &mut ids)?,
                }
                ids.iter().try_for_each(|&id| emit(id, place))
            }),
        });
        done.map_err(|error| with_offset(error, text))
    }

    pub fn placed_pieces(&self, segment: &Prepared, emit: &mut dyn FnMut(&[u8], usize) -> Result<()>) -> Result<()> {
        let mut offset = 0;
        self.pieces(&segment.data, &mut |piece| {
            let place = if self.words.is_some() { segment.start + offset } else { segment.origin(offset).0 };
            offset += piece.len();
            emit(piece, place)
        })
    }

    /// Appends the ids of a segment as the preprocessor has made it.
    pub fn encode_segment(&self, segment: &[u8], ids: &mut Vec<u32>) -> Result<()> {
        self.pieces(segment, &mut |piece| encode_piece(&self.vocab, piece, ids))
    }

    pub fn pieces(&self, segment: &[u8], emit: &mut dyn FnMut(&[u8]) -> Result<()>) -> Result<()> {
        if let Some(words) = &self.words {
            return words.pieces(&self.pattern, segment, emit);
        }
        self.pattern.split(segment, &mut |piece| emit(piece))
    }

    /// Returns what finds these tokens in order to refuse them.
    pub fn refusing(&self, names: &[&str]) -> Refused {
        let special = &self.preprocessor.special;
        let names: HashSet<&str> = names.iter().copied().collect();
        let wanted =
            special.ids.iter().filter(|(name, id)| names.contains(name.as_str()) && self.may_become(name, *id));
        let ids = wanted.map(|(name, id)| (*id, name.clone())).collect();
        Refused { finder: special.finder(&names.into_iter().collect::<Vec<_>>()), ids }
    }

    /// Returns whether a text that does not contain the name of a token may have its id.
    ///
    /// The unknown id (S7) is that of any text without a token, and does not count.
    pub fn may_become(&self, name: &str, id: u32) -> bool {
        let (preprocessor, alphabet) = (&self.preprocessor, &self.vocab.alphabet);
        let changes =
            !preprocessor.normalizer.steps().is_empty() || preprocessor.metaspace.is_some() || self.words.is_some();
        if alphabet.symbols.as_ref().is_some_and(|symbols| symbols.unknown == Some(id)) {
            return false;
        }
        if !changes && alphabet.symbols.is_none() && !alphabet.drops_bytes {
            return false;
        }
        preprocessor.special.late.contains(name) || self.vocab.token_bytes(id).is_some()
    }

    /// Fails if the name of a refused token stands in the text, or if the text becomes its id when it is encoded.
    pub fn check(
        &self,
        text: &[u8],
        refused: &Refused,
        finder: &TokenFinder,
        continues: bool,
        encode: Option<EncodePiece>,
    ) -> Result<()> {
        refused.check_names(text)?;
        if refused.ids.is_empty() {
            return Ok(());
        }
        self.placed_ids(text, finder, continues, encode, &mut |id, position| match refused.ids.get(&id) {
            Some(token) => Err(Error::DisallowedSpecial { token: token.clone(), position }),
            None => Ok(()),
        })
    }

    /// Returns the last offset at which a cut changes no id, whatever text follows; 0 if none is known.
    ///
    /// The second part then continues the first (`continues`). No cut is known where text becomes words, where a step of the
    /// normalizer looks further than a character and its marks, where a late token need not be in the text as it is, and where a
    /// token takes white space.
    pub fn safe_cut(&self, text: &[u8], finder: &TokenFinder) -> usize {
        if !self.knows_cuts(finder) {
            return 0;
        }
        let longest = finder.early.longest().max(finder.late.longest());
        let known = &text[..text.len().saturating_sub(longest)];
        let cut = if self.vocab.alphabet.fallback.is_none() || self.pattern.source() != "none" {
            self.pattern.safe_cut(known)
        } else if self.vocab.whole_pieces {
            0 // A part of a text could be a token as a whole.
        } else {
            self.vocab.safe_cut(known)
        };
        if cut > 0 && self.survives_steps(text, cut, finder) { cut } else { 0 }
    }

    /// Returns whether cuts of the pattern can be cuts of the text.
    pub fn knows_cuts(&self, finder: &TokenFinder) -> bool {
        let Preprocessor { normalizer, metaspace, flags, .. } = &self.preprocessor;
        let mut found = finder.early.tokens().iter().chain(finder.late.tokens());
        let changes = !normalizer.steps().is_empty() || metaspace.is_some();
        self.words.is_none()
            && normalizer.is_local()
            && (!changes || finder.late.is_empty())
            && (flags.is_empty() || !found.any(|(_, id)| id.is_some_and(|id| flags.contains_key(&id))))
    }

    /// Returns whether a cut of the pattern is also one of what the steps make of the text.
    ///
    /// No step changes ASCII white space, nor looks across it from ASCII. After a token a segment begins, which may want a space
    /// before it.
    pub fn survives_steps(&self, text: &[u8], cut: usize, finder: &TokenFinder) -> bool {
        let Preprocessor { normalizer, metaspace, .. } = &self.preprocessor;
        let finders = [&finder.early, &finder.late];
        if finders.iter().any(|finder| finder.crosses(text, cut) || (metaspace.is_some() && finder.ends_at(text, cut)))
        {
            return false;
        }
        let around = &text[cut - 1..text.len().min(cut + 1)];
        normalizer.steps().is_empty()
            || (around.is_ascii()
                && around[1..].iter().all(u8::is_ascii_whitespace)
                && normalizer.apply(around).is_ok_and(|same| *same == *around))
    }

    /// Returns the bytes of an id, special tokens included; None if there is no such token.
    pub fn token_bytes(&self, id: u32) -> Option<&[u8]> {
        self.vocab.token_bytes(id).or_else(|| self.names.get(&id).map(Vec::as_slice))
    }

    /// Returns whether decoding drops one space from the start.
    pub fn drops_space(&self) -> bool {
        self.preprocessor.metaspace.is_some_and(Metaspace::drops_space)
    }

    /// Returns how tokens are joined to text; None if they are concatenated.
    pub fn joining(&self) -> Option<&Joining> {
        self.vocab.alphabet.symbols.as_ref()?.joining.as_ref()
    }

    /// Returns the bytes of the ids.
    pub fn decode_bytes(&self, ids: &[u32]) -> Result<Vec<u8>> {
        let mut bytes = joined_bytes(|id| self.token_bytes(id), ids, self.joining())?;
        if self.drops_space() && bytes.first() == Some(&b' ') {
            bytes.remove(0);
        }
        Ok(bytes)
    }
}

/// Returns what a special or an added token is decoded to: a late one as it is found (E10), markers as spaces (S5).
fn decoded(preprocessor: &Preprocessor, name: &str, known: &HashSet<&str>) -> Result<Vec<u8>> {
    let Preprocessor { special, metaspace, .. } = preprocessor;
    let text = if special.late.contains(name) { preprocessor.late_text(name)? } else { name.to_owned() };
    let data =
        if metaspace.is_some_and(Metaspace::has_markers) { spaced(text.as_bytes())? } else { text.as_bytes().into() };
    let is_known = std::str::from_utf8(&data).is_ok_and(|data| known.contains(data));
    Ok(if is_known { text.into_bytes() } else { data.into_owned() })
}

/// Returns the error with its offset in the text.
pub fn with_offset(error: Error, text: &[u8]) -> Error {
    let Error::MissingByte { byte, .. } = error else { return error };
    Error::MissingByte { byte, position: memchr::memchr(byte, text).unwrap_or(0) }
}
