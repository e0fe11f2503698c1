//! The automaton that finds tokens: in programs the fastest for their number, on pages the one that takes least code.

use aho_corasick::{BuildError, Input, Match, MatchKind};

#[cfg(not(target_family = "wasm"))]
use aho_corasick::{AhoCorasick, AhoCorasickKind};
#[cfg(target_family = "wasm")]
use aho_corasick::{automaton::Automaton as _, nfa::noncontiguous::NFA};

#[cfg(not(target_family = "wasm"))]
#[derive(Debug, Clone)]
pub struct Automaton(AhoCorasick);

#[cfg(target_family = "wasm")]
#[derive(Debug, Clone)]
pub struct Automaton(std::sync::Arc<NFA>);

impl Automaton {
    /// An automaton of some names; of several at one place, the longest is found. `with_table`: all transitions may stand in a table.
    #[cfg(not(target_family = "wasm"))]
    pub fn new<'n>(names: impl Iterator<Item = &'n String>, with_table: bool) -> Result<Automaton, BuildError> {
        let kind = (!with_table).then_some(AhoCorasickKind::ContiguousNFA);
        AhoCorasick::builder().kind(kind).match_kind(MatchKind::LeftmostLongest).build(names).map(Automaton)
    }

    #[cfg(target_family = "wasm")]
    pub fn new<'n>(names: impl Iterator<Item = &'n String>, _with_table: bool) -> Result<Automaton, BuildError> {
        NFA::builder().match_kind(MatchKind::LeftmostLongest).build(names).map(|found| Automaton(found.into()))
    }

    /// The first occurrence in a range of a text.
    pub fn find(&self, text: &[u8], start: usize, end: usize) -> Option<Match> {
        let input = Input::new(text).range(start..end);
        #[cfg(not(target_family = "wasm"))]
        return self.0.find(input);
        #[cfg(target_family = "wasm")]
        return self.0.try_find(&input).ok().flatten();
    }
}
