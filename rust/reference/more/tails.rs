//! What may follow a text: which of its ids every continuation keeps, and which tokens may span its end.
//!
//! The last tokens of a text may be others if it goes on: ` key` may be a token alone, and a part of another if `board` follows. A
//! model has rarely seen `key` before `board`. So a cache keeps the *stable* ids, and a program that has a model complete a text drops
//! the other ids and lets the model choose among the *covers*: tokens that begin in the text and end after it.
//!
//! By hand, with the merges `ab` and `abc` and the text `xab`: its ids are `x`, `ab`. If `c` follows, they are
//! `x`, `abc`. So one id is stable, and `abc` covers the end.
//!
//! Let a token t begin at p, before the end, and go on after it with the *rest* r. Two neighbours are *settled* if merging
//! their bytes gives these two again. Within a piece, t can begin at p if and only if it is settled with the last token of
//! the text up to p; if so, following the text with r makes it appear, and no other continuation need be tried. (Where all
//! before p in the piece is a token as a whole piece, it is merged, since the piece goes on.) Only where the pattern splits
//! differently at the end of a text is a character after r tried as well, one of each kind.
//!
//! Invariants: the stable ids are ids of every continuation. For each cover there is a continuation in which it spans the end of
//! the text.
//!
//! Costs, V tokens: O(V log V) once; then an encoding of the text for each kind of character, and up to one more than that for each
//! token that is tried. `fast/session` encodes the last words only.
//!
//! Implements SPEC L3 and L4.

use crate::error::{Error, Result};
use crate::reference::encode::encode_piece;
use crate::reference::merging::merge_parts;
use crate::reference::more::session::common_prefix;
use crate::reference::more::viable::{is_text, kinds, length_of};
use crate::reference::published::codecs::Codec;
use crate::reference::published::preprocess::{Before, TokenFinder};
use crate::reference::published::vocabs::initial_parts;
use crate::support::interrupt;
use foldhash::{HashMap, HashSet};
use std::cell::OnceCell;
use std::ops::Range;

/// Tokens that may span the end of a text: after its first `kept` ids and then `extra`, any one of `ids`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cover {
    /// How many ids of the text stay.
    pub kept: usize,
    /// The ids after them, which stay too.
    pub extra: Vec<u32>,
    /// The tokens that may come then, of which each goes beyond the end of the text.
    pub ids: Vec<u32>,
}

pub type Encode<'t> = dyn Fn(&[u8]) -> Result<Vec<u32>> + 't;

/// The end of a text, and what may follow it.
pub struct Tail<'t> {
    codec: &'t Codec,
    finder: &'t TokenFinder,
    text: &'t [u8],
    /// Gives the ids of a text: the codec, or what has the same ids sooner.
    encoder: &'t Encode<'t>,
    pub ids: Vec<u32>,
    /// What the last segment has become, and the ids before it.
    data: Vec<u8>,
    before: Vec<u32>,
    borders: OnceCell<HashSet<usize>>,
    kinds: OnceCell<Vec<Vec<u8>>>,
}

impl<'t> Tail<'t> {
    /// `continues`: the text continues another, whose ids depend on nothing here.
    pub fn new(
        codec: &'t Codec,
        finder: &'t TokenFinder,
        text: &'t [u8],
        continues: bool,
        encoder: &'t Encode<'t>,
    ) -> Result<Tail<'t>> {
        let (mut before, mut data) = (Vec::new(), Vec::new());
        let start = if continues { Before::Text } else { Before::Nothing };
        codec.preprocessor.segments(text, finder, start, None, &mut |segment| {
            match segment.id {
                None => codec.encode_segment(&data, &mut before)?,
                Some(id) => before.push(id),
            }
            data = if segment.id.is_none() { joined(&[&segment.text.data])? } else { Vec::new() };
            Ok(())
        })?;
        let ids = encoder(text)?;
        let (borders, kinds) = (OnceCell::new(), OnceCell::new());
        Ok(Tail { codec, finder, text, encoder, ids, data, before, borders, kinds })
    }

    /// Returns the ids of the text with more after it.
    fn encode(&self, more: &[u8]) -> Result<Vec<u32>> {
        interrupt::check()?;
        (self.encoder)(&joined(&[self.text, more])?)
    }

    /// Returns how many ids every continuation keeps.
    pub fn stable(&self) -> Result<usize> {
        let mut least = self.ids.len();
        let rests = self.rests_of_names();
        for more in self.kinds().iter().map(Vec::as_slice).chain(rests.iter().map(|(rest, _)| *rest)) {
            least = least.min(self.kept(&self.encode(more)?));
        }
        for place in self.places() {
            let kept = self.kept(&self.ids_before(place)?);
            if kept < least {
                for id in self.tokens_from(place)? {
                    if let Some(ids) = self.ids_under(place, id?)? {
                        least = least.min(self.kept(&ids));
                        break;
                    }
                }
            }
        }
        Ok(least)
    }

    /// Returns the tokens that may stand over the end, in the order of where they begin, then of their bytes.
    pub fn covers(&self) -> Result<Vec<Cover>> {
        let (mut covers, mut numbers) = (Vec::new(), HashMap::default());
        let mut add = |before: Vec<u32>, id: u32| {
            let number = *numbers.entry(before).or_insert_with_key(|before| {
                let kept = self.kept(before);
                covers.push(Cover { kept, extra: before[kept..].to_vec(), ids: Vec::new() });
                covers.len() - 1
            });
            covers[number].ids.push(id);
        };
        for place in self.places() {
            for id in self.tokens_from(place)? {
                let id = id?;
                if let Some(ids) = self.ids_under(place, id)? {
                    add(ids, id);
                }
            }
        }
        for (rest, id) in self.rests_of_names() {
            let mut ids = self.encode(rest)?;
            if let Some(id) = id
                && ids.pop() == Some(id)
            {
                add(ids, id);
            }
        }
        Ok(covers)
    }

    /// How many ids of the text others begin with.
    fn kept(&self, ids: &[u32]) -> usize {
        common_prefix(self.ids.iter(), ids.iter())
    }

    /// The places of the last segment at which a token may begin that goes on after it.
    fn places(&self) -> Range<usize> {
        let length = self.data.len();
        (length + 1).saturating_sub(self.codec.vocab.longest())..length
    }

    /// Returns the tokens that go on after the segment with what it has from a place on, if they can stand there.
    fn tokens_from(&self, place: usize) -> Result<impl Iterator<Item = Result<u32>>> {
        let (vocab, start) = (&self.codec.vocab, &self.data[place..]);
        let token_of = |&id: &u32| vocab.token_bytes(id).unwrap_or_default();
        let first = vocab.sorted_ids().partition_point(|id| token_of(id) < start);
        // Only the first place has no id before it, and that is a border.
        let last = if self.borders()?.contains(&place) { None } else { self.ids_before(place)?.pop() };
        let last = last.and_then(|last| vocab.token_bytes(last));
        let from = vocab.sorted_ids()[first..].iter().take_while(move |id| token_of(id).starts_with(start));
        let longer = from.filter(move |id| token_of(id).len() > start.len());
        Ok(longer.filter_map(move |&id| match last {
            Some(last) => self.settled(last, id).map(|settled| settled.then_some(id)).transpose(),
            None => Some(Ok(id)),
        }))
    }

    /// Returns the ids of the text up to a place of the last segment, where a token ends; it may be inside a character.
    fn ids_before(&self, place: usize) -> Result<Vec<u32>> {
        let mut ids = Vec::new();
        interrupt::append(&mut ids, self.before.iter().copied())?;
        let inside = self.data[place..].iter().take_while(|byte| *byte & 0xC0 == 0x80).count();
        let mut at = 0;
        self.codec.pieces(&self.data[..place + inside], &mut |piece| {
            let held = &piece[..piece.len().min(place.saturating_sub(at))];
            at += piece.len();
            if held.len() == piece.len() {
                return encode_piece(&self.codec.vocab, piece, &mut ids);
            }
            interrupt::append(&mut ids, self.merged(held)?.into_iter())
        })?;
        Ok(ids)
    }

    /// Returns the ids before a token that begins at a place, in a continuation that has it there, if there is one.
    fn ids_under(&self, place: usize, id: u32) -> Result<Option<Vec<u32>>> {
        let rest = &self.codec.vocab.token_bytes(id).unwrap_or_default()[self.data.len() - place..];
        let ends_with = |more: &[u8]| {
            let (mut ids, mut length) = (self.encode(&[rest, more].concat())?, more.len());
            while length > 0 {
                let token = ids.pop().map(|id| self.codec.token_bytes(id).unwrap_or_default());
                let left = token.and_then(|token| length.checked_sub(token.len()));
                let Some(left) = left else { return Ok::<_, Error>(None) };
                length = left;
            }
            Ok((ids.pop() == Some(id)).then_some(ids))
        };
        for more in self.following(rest) {
            if let Some(ids) = ends_with(&more)? {
                return Ok(Some(ids));
            }
        }
        Ok(None)
    }

    /// Returns what is tried after the rest of a token: nothing, and each kind of character; or what completes one.
    fn following(&self, rest: &[u8]) -> Vec<Vec<u8>> {
        if is_text(rest) {
            return std::iter::once(Vec::new()).chain(self.kinds().iter().cloned()).collect();
        }
        let cut = rest.iter().rposition(|byte| byte & 0xC0 != 0x80).unwrap_or(0);
        let (text, char) = rest.split_at(cut);
        let missing = length_of(char).saturating_sub(char.len());
        if missing < 1 || !is_text(text) {
            return Vec::new();
        }
        let ends = (0x80..0xC0).map(|byte| {
            let mut end = vec![0x80; missing];
            end[0] = byte;
            end
        });
        ends.filter(|end| is_text(&[char, end].concat())).collect()
    }

    /// Returns what is missing of each name that is looked for, if the text ends with its beginning.
    fn rests_of_names(&self) -> Vec<(&[u8], Option<u32>)> {
        let mut rests = Vec::new();
        for (name, id) in self.finder.early.tokens() {
            let token = name.as_bytes();
            for length in (1..=self.text.len().min(token.len().saturating_sub(1))).rev() {
                if self.text.ends_with(&token[..length]) {
                    rests.push((&token[length..], *id));
                }
            }
        }
        rests
    }

    /// The places of the last segment at which a piece may begin.
    fn borders(&self) -> Result<&HashSet<usize>> {
        if let Some(borders) = self.borders.get() {
            return Ok(borders);
        }
        let mut found: HashSet<usize> = [0].into_iter().collect();
        for more in std::iter::once(&Vec::new()).chain(self.kinds()) {
            let mut at = 0;
            self.codec.pattern.split(&joined(&[&self.data, more])?, &mut |piece| {
                at += piece.len();
                found.try_reserve(1)?;
                found.insert(at);
                Ok(())
            })?;
        }
        Ok(self.borders.get_or_init(|| found))
    }

    /// A character of each kind, and those that the pattern names.
    fn kinds(&self) -> &[Vec<u8>] {
        self.kinds.get_or_init(|| kinds(self.codec))
    }

    /// Whether merging some bytes and those of a token gives what merging the first alone gives, and the token.
    fn settled(&self, left: &[u8], right: u32) -> Result<bool> {
        let both = [left, self.codec.vocab.token_bytes(right).unwrap_or_default()].concat();
        Ok(self.merged(&both)? == [self.merged(left)?, vec![right]].concat())
    }

    fn merged(&self, bytes: &[u8]) -> Result<Vec<u32>> {
        let vocab = &self.codec.vocab;
        merge_parts(|left, right| vocab.merge_of(left, right), initial_parts(vocab, bytes)?)
    }
}

fn joined(texts: &[&[u8]]) -> Result<Vec<u8>> {
    let mut all = Vec::new();
    for text in texts {
        interrupt::append(&mut all, text.iter().copied())?;
    }
    Ok(all)
}

/// Whether tails are known: pieces spell the text, and no token found in it takes or asks for anything next to it.
pub fn knows_tails(codec: &Codec, finder: &TokenFinder) -> bool {
    let flags = &codec.preprocessor.flags;
    let spells = codec.vocab.alphabet.symbols.is_none() && !codec.vocab.alphabet.drops_bytes;
    let changes = codec.words.is_some() || !codec.preprocessor.normalizer.steps().is_empty() || !finder.late.is_empty();
    let takes = |id: &Option<u32>| id.is_some_and(|id| flags.contains_key(&id));
    spells && !changes && !finder.early.tokens().iter().any(|(_, id)| takes(id))
}
