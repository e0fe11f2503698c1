//! The steps in turn: the same texts and errors as `normalize.rs`.
//!
//! Costs: O(n) for each step; without a copy where nothing changes.

use super::classes::Classes;
use super::edits::Edits;
use super::forms::normal;
use super::letters::{lowercase, space_ideographs};
use super::replace::Matcher;
use crate::error::Result;
use crate::reference::published::normal_forms::Form;
use crate::reference::published::normalize::{Normalizer, Step, most_bytes};
use crate::support::features::HAS_FILES;

/// A normalizer that is prepared for fast work.
#[derive(Debug)]
pub struct FastNormalizer {
    core: Normalizer,
    /// By step; those of replacements.
    matchers: Vec<Option<Matcher>>,
}

impl FastNormalizer {
    pub fn new(core: Normalizer) -> Result<FastNormalizer> {
        let mut matchers = Vec::new();
        if !HAS_FILES {
            return Ok(FastNormalizer { core, matchers });
        }
        for (step, engine) in core.steps().iter().zip(core.patterns()) {
            matchers.push(match (step, engine) {
                (Step::Replace { pattern, .. }, Some(engine)) => Some(Matcher::new(pattern, engine)?),
                _ => None,
            });
        }
        Ok(FastNormalizer { core, matchers })
    }

    pub fn core(&self) -> &Normalizer {
        &self.core
    }

    /// Whether a short text takes microseconds only: no regular expression runs.
    pub fn is_quick(&self) -> bool {
        !self.matchers.iter().any(|matcher| matches!(matcher, Some(Matcher::Engine(_))))
    }

    /// Whether all that it does is to bring text into normal forms.
    pub fn are_forms(&self) -> bool {
        self.forms().count() == self.core.steps().len()
    }

    fn forms(&self) -> impl Iterator<Item = Form> {
        self.core.steps().iter().map_while(|step| if let Step::Form(form) = step { Some(*form) } else { None })
    }

    /// Whether its forms can be made of both sides of a place by themselves, and leave the characters next to it as they are: after an
    /// inert character, before white space.
    pub fn parts_at(&self, text: &[u8], at: usize) -> bool {
        let last = |length: usize| std::str::from_utf8(&text[at.checked_sub(length)?..at]).ok()?.chars().next();
        text[at].is_ascii_whitespace()
            && (1..=4)
                .find_map(last)
                .is_some_and(|char| self.forms().all(|form| Classes::of_form(form).is_inert(char.into())))
    }

    /// The text after all steps as UTF-8, None if nothing changes.
    pub fn apply(&self, text: &[u8]) -> Result<Option<Vec<u8>>> {
        if !HAS_FILES {
            return Ok(None);
        }
        // ASCII is in every form.
        let first = if text.is_ascii() { self.forms().count() } else { 0 };
        if first == self.core.steps().len() {
            return Ok(None);
        }
        let most = most_bytes(text.len());
        let mut made: Option<Vec<u8>> = None;
        for index in first..self.core.steps().len() {
            let before = made.as_deref().unwrap_or(text);
            let (after, length) = self.step(index, before, most)?;
            self.core.check_length(index, length, most)?;
            made = after.or(made);
        }
        Ok(made)
    }

    /// The text after a step, None if it does not change it, and its length; it is whole only if that is allowed.
    fn step(&self, index: usize, text: &[u8], most: usize) -> Result<(Option<Vec<u8>>, usize)> {
        let whole = |made: Option<Vec<u8>>| {
            let length = made.as_ref().map_or(text.len(), Vec::len);
            (made, length)
        };
        let mut edits = Edits::new(text, most);
        match (&self.core.steps()[index], &self.matchers[index]) {
            (Step::Form(form), _) => return Ok(whole(normal(text, *form)?)),
            (Step::Lowercase, _) => return Ok(whole(lowercase(text)?)),
            (Step::SpaceIdeographs, _) => space_ideographs(text, &mut edits)?,
            (Step::Replace { text: new, .. }, Some(matcher)) => matcher.replace(text, new.as_bytes(), &mut edits)?,
            (Step::Prepend(new), _) if !text.is_empty() => edits.insert(0, new.as_bytes())?,
            (Step::Replace { .. }, None) | (Step::Prepend(_), _) => {}
        }
        edits.finish()
    }
}
