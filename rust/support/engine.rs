//! The engine of regular expressions: tries the ways through a pattern in order, and goes back where one fails.
//!
//! It runs the trees that `regexes.rs` makes, and answers what the pages ask of a part of a pattern at one place. An engine from
//! elsewhere would be ten times as large: most patterns are compiled (`fast/scan/compiled`) and need none.
//!
//! By hand, `a*b|a` at the start of `aac`: a run of two `a`, then `b` fails; one `a`, `b` fails; none, `b` fails; then the second branch
//! takes the first `a`, and the match is `a`.
//!
//! Invariants: a repeat that has no greatest number repeats at least one character, so every loop advances. The stack holds one entry
//! for each choice not yet tried; a run of one set is one choice, however long it is.
//!
//! Costs: exponential in the worst case, as for any such engine. Each step, and each character of a run, is one of those that a text may
//! spend (`Spent`), so the whole is linear in the text. At most [`CHOICES`] choices are kept at once.

use crate::error::{Error, Result};
use crate::reference::published::regex_tree::Node;
use crate::support::interrupt;
use crate::support::spent::Spent;
use program::{Place, Program, Step};
use std::sync::Arc;

mod program;
#[cfg(test)]
mod tests;

/// The most choices that are kept: some 100 MB.
const CHOICES: usize = if cfg!(test) { 1 << 16 } else { 1 << 22 };
/// How many steps of one match there are to a look at whether to stop.
const LOOK: u32 = 1 << 10;

/// What is tried when a way has failed.
enum Choice {
    /// Another step at a place of the text.
    Go(Place, usize),
    /// One character less of a run, down to a place; then this step.
    Less { next: Place, least: usize, at: usize },
    /// One character more of a lazy run: the number of its step, and how many it has.
    More { run: Place, taken: usize, at: usize },
}

/// A pattern, compiled.
#[derive(Debug, Clone)]
pub struct Engine {
    source: String,
    program: Arc<Program>,
}

impl Engine {
    pub fn new(source: &str, tree: &Node) -> Result<Engine> {
        let program = Program::of(tree).ok_or_else(|| Error::Pattern {
            pattern: source.into(),
            reason: "the pattern is too large: its repeats are written out".into(),
        })?;
        Ok(Engine { source: source.into(), program: Arc::new(program) })
    }

    /// Returns start and end of the first match at or after an offset.
    pub fn search(&self, text: &str, mut at: usize, spent: &mut Spent) -> Result<Option<(usize, usize)>> {
        let mut choices = Vec::new();
        let may_begin = |place: usize| self.program.first[usize::from(text.as_bytes()[place])];
        while let Some(start) = interrupt::find(at..text.len(), may_begin) {
            if let Some(end) = self.run(self.program.entry, text, start, spent, &mut choices)? {
                return Ok(Some((start, end)));
            }
            at = start + char_at(text, start).map_or(1, char::len_utf8);
        }
        let end = self.run(self.program.entry, text, text.len(), spent, &mut choices)?;
        Ok(end.map(|end| (text.len(), end)))
    }

    /// Returns the end of the match that begins at an offset.
    pub fn match_at(&self, text: &str, at: usize, spent: &mut Spent) -> Result<Option<usize>> {
        self.run(self.program.entry, text, at, spent, &mut Vec::new())
    }

    /// The end of the match of what begins at a step. Recursion is as deep as groups are nested; what is in `choices` before stays there.
    fn run(
        &self,
        entry: Place,
        text: &str,
        start: usize,
        spent: &mut Spent,
        choices: &mut Vec<Choice>,
    ) -> Result<Option<usize>> {
        let Program { steps, sets, .. } = &*self.program;
        let (before, mut until_look) = (choices.len(), LOOK);
        let mut here = Some((entry, start));
        loop {
            until_look -= 1;
            if until_look == 0 {
                interrupt::check()?;
                until_look = LOOK;
            }
            if spent.is_over(1) || choices.len() > CHOICES {
                return Err(Spent::error(&self.source));
            }
            choices.try_reserve(1)?; // a step keeps one at the most
            let Some((place, at)) = here else {
                let last = if choices.len() > before { choices.pop() } else { None };
                here = match last {
                    None => return Ok(None),
                    Some(Choice::Go(place, at)) => Some((place, at)),
                    Some(Choice::Less { next, least, at }) => {
                        let shorter = at - char_before(text, at).map_or(0, char::len_utf8);
                        if shorter > least {
                            choices.push(Choice::Less { next, least, at: shorter });
                        }
                        Some((next, shorter))
                    }
                    Some(Choice::More { run, taken, at }) => self.one_more(run, taken, text, at, choices),
                };
                continue;
            };
            here = match &steps[place] {
                Step::Match => {
                    choices.truncate(before);
                    return Ok(Some(at));
                }
                Step::Take(set, next) => {
                    char_at(text, at).filter(|&char| sets[*set].has(char)).map(|char| (*next, at + char.len_utf8()))
                }
                Step::Run(set, bounds, mark, next) => {
                    let most = if *mark == "?" { bounds.0 } else { bounds.1.unwrap_or(usize::MAX) };
                    let (mut end, mut least, mut count) = (at, at, 0);
                    for char in text[at..].chars().take(most).take_while(|&char| sets[*set].has(char)) {
                        end += char.len_utf8();
                        count += 1;
                        if count == bounds.0 {
                            least = end;
                        }
                    }
                    if spent.is_over(count) {
                        return Err(Spent::error(&self.source));
                    }
                    if count < bounds.0 {
                        None
                    } else {
                        match *mark {
                            "?" => choices.push(Choice::More { run: place, taken: count, at: end }),
                            "" if end > least => choices.push(Choice::Less { next: *next, least, at: end }),
                            _ => {}
                        }
                        Some((*next, end))
                    }
                }
                Step::Either(first, second) => {
                    choices.push(Choice::Go(*second, at));
                    Some((*first, at))
                }
                Step::Atomic(part, next) => self.run(*part, text, at, spent, choices)?.map(|end| (*next, end)),
                Step::Look { part, back, negated, next } => {
                    let from = match back {
                        None | Some(0) => Some(at),
                        Some(count) => text[..at].char_indices().rev().nth(count - 1).map(|(from, _)| from),
                    };
                    let found = match from {
                        Some(from) => self.run(*part, text, from, spent, choices)?.is_some(),
                        None => false,
                    };
                    (found != *negated).then_some((*next, at))
                }
                Step::Start(next) => (at == 0).then_some((*next, at)),
                Step::End(next) => (at == text.len()).then_some((*next, at)),
                Step::Edge { inside, word, next } => {
                    let is_word = |char: Option<char>| char.is_some_and(|char| sets[*word].has(char));
                    let is_edge = is_word(char_before(text, at)) != is_word(char_at(text, at));
                    (is_edge != *inside).then_some((*next, at))
                }
            };
        }
    }

    /// A lazy run with one character more, if it may have one.
    fn one_more(
        &self,
        run: Place,
        taken: usize,
        text: &str,
        at: usize,
        choices: &mut Vec<Choice>,
    ) -> Option<(Place, usize)> {
        let Step::Run(set, bounds, _, next) = &self.program.steps[run] else { return None };
        if bounds.1.is_some_and(|most| taken >= most) {
            return None;
        }
        let end = at + char_at(text, at).filter(|&char| self.program.sets[*set].has(char))?.len_utf8();
        choices.push(Choice::More { run, taken: taken + 1, at: end });
        Some((*next, end))
    }
}

fn char_at(text: &str, at: usize) -> Option<char> {
    text[at..].chars().next()
}

fn char_before(text: &str, at: usize) -> Option<char> {
    text[..at].chars().next_back()
}
