//! Text -> segments and the tokens that are found in it as they stand.
//!
//! *Ordinary* tokens are made by merges. *Special* tokens (`<|endoftext|>`) are markers: they are found only where the caller
//! allows them, so that text cannot smuggle one in. A special token has a name, stands for one id, and takes no part in merging.
//! Its occurrences are cut out of the text first; each segment between them is encoded by itself.
//!
//! By hand, with `<s>` and `<s>x` both wanted: in `a<s>xb<s>` the leftmost occurrence begins at 1; of the two tokens there
//! the longer wins. The result: text `a`, token `<s>x`, text `b`, token `<s>`.
//!
//! Invariants: tokens found do not overlap; leftmost first, then longest (E3). An empty token is refused: it would occur everywhere.
//!
//! Costs: O(n) for n bytes of text, for any number of tokens; building the automaton for a set of wanted tokens is linear in their
//! bytes, so keep a [`Finder`] where many texts want the same.
//!
//! Implements SPEC E3 without added tokens, and without the check that a name and its id agree with the vocabulary.

mod automaton;

use crate::error::{Error, Result};
use crate::fast::token_search::TokenSearch;
use crate::support::interrupt;
use automaton::Automaton;
use foldhash::{HashMap, HashMapExt, HashSet};
use memchr::memmem;
use std::hint::black_box;
use std::sync::Arc;

/// How many bytes are searched between two looks at whether to stop.
const STRETCH: usize = if cfg!(test) { 3 } else { 1 << 18 };
/// Of tokens with more bytes together, no table of all transitions is made: for one token it takes the square of its length.
const MOST_BYTES_OF_TABLE: usize = if cfg!(test) { 8 } else { 1 << 12 };

/// How many bytes of memory the maps, the automaton and copies on the way to it take at most, for a token and for a byte of its name.
const ROOM_FOR_TOKEN: usize = 256;
const ROOM_FOR_BYTE: usize = 64;

/// An occurrence of a token.
#[derive(Debug, Clone, Copy)]
pub struct Found<'f> {
    pub start: usize,
    pub end: usize,
    pub name: &'f str,
    /// None for a name that is left as text.
    pub id: Option<u32>,
}

/// The special tokens of an encoding, in the order given.
#[derive(Debug, Clone)]
pub struct SpecialTokens {
    pub ids: Vec<(String, u32)>,
    /// An id may have several names (`o200k_harmony` has one); it is decoded to the first.
    pub names: HashMap<u32, String>,
}

impl SpecialTokens {
    pub fn new(ids: Vec<(String, u32)>) -> Result<SpecialTokens> {
        let mut tokens = SpecialTokens { ids, names: HashMap::new() };
        tokens.check_room()?;
        for (name, id) in &tokens.ids {
            if name.is_empty() {
                return Err(Error::Vocabulary("a special token is empty".into()));
            }
            tokens.names.entry(*id).or_insert_with(|| name.clone());
        }
        Ok(tokens)
    }

    /// Checks that there is memory for maps of all the tokens and for what finds them, which end the process where there is none.
    pub fn check_room(&self) -> Result<()> {
        let mut room: Vec<u8> = Vec::new();
        room.try_reserve_exact(self.ids.iter().map(|(name, _)| ROOM_FOR_TOKEN + ROOM_FOR_BYTE * name.len()).sum())?;
        // Without this, the compiler may drop the allocation as unused.
        black_box(room.as_ptr());
        Ok(())
    }

    /// Returns a finder of the tokens named; names that are not special tokens are ignored.
    pub fn finder(&self, wanted: &[&str]) -> Finder {
        if let Err(error) = self.check_room() {
            return Finder::failing(error);
        }
        let wanted: HashSet<&str> = wanted.iter().copied().collect();
        Finder::new(self.ids.iter().filter(|(name, _)| wanted.contains(name.as_str())).cloned().collect())
    }

    pub fn finder_of_all(&self) -> Finder {
        self.check_room().map_or_else(Finder::failing, |()| Finder::new(self.ids.clone()))
    }
}

/// Which two bytes follow each other in some texts: a bit for each two.
#[derive(Debug, Clone, Default)]
struct PairSet(Vec<u64>);

impl PairSet {
    fn of<'t>(texts: impl Iterator<Item = &'t [u8]>) -> PairSet {
        let mut bits = vec![0; (1 << 16) / 64];
        for pair in texts.flat_map(|text| text.windows(2)) {
            let (word, bit) = PairSet::place(pair[0], pair[1]);
            bits[word] |= bit;
        }
        PairSet(bits)
    }

    fn place(left: u8, right: u8) -> (usize, u64) {
        (usize::from(left) << 2 | usize::from(right >> 6), 1 << (right & 63))
    }

    fn holds(&self, left: u8, right: u8) -> bool {
        let (word, bit) = PairSet::place(left, right);
        self.0.get(word).is_some_and(|bits| bits & bit != 0)
    }
}

/// Finds special tokens in text.
#[derive(Debug, Clone, Default)]
pub struct Finder {
    /// Those without an id are left as text: no token is found in them.
    tokens: Vec<(String, Option<u32>)>,
    /// The length in bytes of the longest token, and of all tokens.
    longest: usize,
    total: usize,
    pairs: PairSet,
    automaton: Option<Result<Automaton>>,
    /// What finds the same sooner, where the names are few.
    quick: Option<Arc<TokenSearch>>,
}

impl Finder {
    pub fn new(tokens: Vec<(String, u32)>) -> Finder {
        Finder::of(tokens.into_iter().map(|(name, id)| (name, Some(id))).collect())
    }

    /// A finder that could not be made: it finds an error.
    fn failing(error: Error) -> Finder {
        Finder { automaton: Some(Err(error)), ..Finder::default() }
    }

    /// The same with names without an id, which are found, too, and left as text: no token is found in them.
    pub fn of(tokens: Vec<(String, Option<u32>)>) -> Finder {
        if tokens.is_empty() {
            return Finder::default();
        }
        let lengths = tokens.iter().map(|(name, _)| name.len());
        let (longest, total) = (lengths.clone().max().unwrap_or(0), lengths.sum());
        let names = tokens.iter().map(|(name, _)| name);
        // Building fails for gigabytes of tokens only. A finder of tokens that it cannot find finds an error.
        let built = Automaton::new(names, total <= MOST_BYTES_OF_TABLE);
        let automaton = built.map_err(|error| Error::Vocabulary(format!("the special tokens: {error}")));
        let pairs = PairSet::of(tokens.iter().map(|(name, _)| name.as_bytes()));
        // Without memory for it, the automaton alone finds them.
        let quick = TokenSearch::new(tokens.iter().map(|(name, _)| name.as_bytes())).ok().flatten().map(Arc::new);
        Finder { tokens, longest, total, pairs, automaton: Some(automaton), quick }
    }

    /// Iterates over the occurrences: leftmost, then longest, without overlap.
    pub fn find<'f>(&'f self, text: &'f [u8]) -> impl Iterator<Item = Result<Found<'f>>> {
        let mut at = 0;
        std::iter::from_fn(move || {
            let found = self.first(text, at, text.len()).transpose()?;
            at = found.as_ref().map_or(text.len(), |found| found.end);
            Some(found)
        })
    }

    /// Returns the first occurrence in a stretch of the text; of several there, the longest.
    pub fn first(&self, text: &[u8], start: usize, end: usize) -> Result<Option<Found<'_>>> {
        let Some(automaton) = &self.automaton else { return Ok(None) };
        interrupt::check()?;
        let automaton = automaton.as_ref().map_err(Error::clone)?;
        let text = &text[..end.min(text.len())];
        let (longest, mut at) = (self.longest(), start);
        while at < text.len() {
            // What begins in this part ends before `end`.
            let next = at.saturating_add(STRETCH).min(text.len());
            let end = next.saturating_add(longest).min(text.len());
            let found = automaton.find(text, at, end).filter(|found| found.start() < next);
            if let Some(found) = found {
                let (name, id) = &self.tokens[found.pattern()];
                return Ok(Some(Found { start: found.start(), end: found.end(), name, id: *id }));
            }
            at = next;
            interrupt::check()?;
        }
        Ok(None)
    }

    /// Passes on the text as segments (start, end, None) and special tokens (start, end, id). No segment is empty.
    pub fn split(&self, text: &[u8], emit: impl FnMut(usize, usize, Option<u32>) -> Result<()>) -> Result<()> {
        slices(text, self.find(text), emit)
    }

    pub fn tokens(&self) -> &[(String, Option<u32>)] {
        &self.tokens
    }

    pub fn quick(&self) -> Option<&TokenSearch> {
        self.quick.as_deref()
    }

    pub fn is_empty(&self) -> bool {
        self.automaton.is_none()
    }

    /// Returns the length in bytes of the longest token; 0 if there is none.
    pub fn longest(&self) -> usize {
        self.longest
    }

    /// Returns whether one of the tokens extends across an offset of the text. Nearly always two bytes show that none does; otherwise
    /// tokens are looked for from each byte before the offset, or each by itself where one is so long that this would take more time.
    pub fn crosses(&self, text: &[u8], at: usize) -> bool {
        let Some(Ok(automaton)) = &self.automaton else { return false };
        if at == 0 || at >= text.len() || !self.pairs.holds(text[at - 1], text[at]) {
            return false;
        }
        if self.longest.saturating_mul(self.longest) <= self.total {
            let (mut from, end) = (at.saturating_sub(self.longest - 1), text.len().min(at + self.longest - 1));
            while let Some(found) = automaton.find(text, from, end) {
                if found.start() >= at {
                    return false;
                }
                if found.end() > at {
                    return true;
                }
                from = found.start() + 1;
            }
            return false;
        }
        self.tokens.iter().any(|(name, _)| {
            let before = name.len() - 1;
            let around = &text[at.saturating_sub(before)..text.len().min(at + before)];
            memmem::find(name.as_bytes(), &text[at - 1..=at]).is_some()
                && memmem::find(around, name.as_bytes()).is_some()
        })
    }
}

/// Passes on the text as occurrences of special tokens and the segments between them.
pub fn slices<'f>(
    text: &[u8],
    occurrences: impl Iterator<Item = Result<Found<'f>>>,
    mut emit: impl FnMut(usize, usize, Option<u32>) -> Result<()>,
) -> Result<()> {
    let mut done = 0;
    for found in occurrences {
        let Found { start, end, id: Some(id), .. } = found? else { continue };
        if done < start {
            emit(done, start, None)?;
        }
        emit(start, end, Some(id))?;
        done = end;
    }
    if done < text.len() {
        emit(done, text.len(), None)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_token_crosses_where_one_begins_before_and_ends_behind(
            names in prop_oneof![
                prop::collection::btree_set("[ab]{1,5}", 1..4),
                prop::collection::btree_set("[abc]{1,3}", 3..12),
            ],
            text in "[abc]{0,12}",
            at in 0usize..14,
        ) {
            let at = at.min(text.len());
            let across = names.iter().any(|name| {
                let (before, end) = (at.saturating_sub(name.len() - 1), text.len().saturating_sub(name.len() - 1));
                (before..at.min(end)).any(|start| text[start..].starts_with(name.as_str()))
            });
            let special = SpecialTokens::new(names.into_iter().zip(256..).collect()).unwrap();
            prop_assert_eq!(special.finder_of_all().crosses(text.as_bytes(), at), across);
        }
    }
}
