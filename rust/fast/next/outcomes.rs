//! How the pattern may cut the end of a text and a token behind it: for groups of tokens that it cannot tell apart.
//!
//! An outcome is free if the token may end a piece, and bound if the piece goes on. What a bound one goes on with must leave the token as it
//! is: of a small kind of characters, each is tried; of a large one, some always do.

use super::classes::Positions;
use super::tables::{Bits, Group, NextIds, Outcomes, each_border, has, kept, merged, set, split_off_part};
use crate::error::{Error, Result};
use crate::fast::util::fallible::{collect, concat, filled, push, try_collect};
use crate::reference::more::viable::length_of;
use crate::reference::published::codecs::Codec;
use crate::reference::published::vocabs::Vocab;
use crate::support::interrupt;
use foldhash::HashMap;
use std::sync::Arc;

/// From how many characters on a kind is large.
const LARGE: usize = 256;

/// Groups by what the pattern sees of their characters.
#[derive(Default)]
struct Groups {
    numbers: HashMap<Vec<Positions>, usize>,
    groups: Vec<Group>,
}

impl Groups {
    fn add(&mut self, next: &NextIds, before: &str, text: &str, id: u32, is_part: bool) -> Result<()> {
        let seen = next.classes.seen(before.chars().chain(text.chars()), true)?;
        self.numbers.try_reserve(1)?;
        let number = *self.numbers.entry(seen).or_insert(self.groups.len());
        if number == self.groups.len() {
            let mut all = String::new();
            all.try_reserve(before.len() + text.len())?;
            all.push_str(before);
            all.push_str(text);
            push(&mut self.groups, Group { text: all, tokens: Vec::new() })?;
        }
        push(&mut self.groups[number].tokens, (id, is_part))
    }

    /// Adds a token behind a beginning of its text. A part of a character at its end is completed in each way that keeps the token.
    fn add_token(&mut self, next: &NextIds, codec: &Codec, before: &str, rest: &[u8], id: u32) -> Result<()> {
        let Some((text, part)) = split_off_part(rest) else { return Ok(()) };
        if part.is_empty() {
            return self.add(next, before, text, id, false);
        }
        for (char, firsts) in next.completing(codec, part)?.iter() {
            if is_kept(&codec.vocab, id, firsts)? {
                self.add(next, before, &joined(text, *char)?, id, true)?;
            }
        }
        Ok(())
    }
}

impl NextIds {
    pub(super) fn group_tokens(&mut self, codec: &Codec) -> Result<()> {
        let vocab = &codec.vocab;
        let mut groups = Groups::default();
        let is_whole = |id| self.whole.binary_search(&id).is_ok();
        let (mut inner, mut parts) = (Vec::new(), Vec::new());
        for (id, token) in vocab.tokens.iter().filter(|&(id, _)| has(&self.made, id) || is_whole(id)) {
            interrupt::check()?;
            if token[0] & 0xC0 == 0x80 {
                push(&mut inner, id)?;
            } else if vocab.alphabet.fallback.is_some() && std::str::from_utf8(token).is_err() {
                push(&mut parts, id)?;
            } else {
                groups.add_token(self, codec, "", token, id)?;
            }
        }
        (self.groups, self.inner, self.parts) = (groups.groups, inner, parts);
        Ok(())
    }

    /// The tokens that begin inside a character of which a part is there, by what they make of it.
    fn inner_groups(&self, codec: &Codec, part: &[u8]) -> Result<Vec<Group>> {
        let (mut groups, missing) = (Groups::default(), length_of(part).saturating_sub(part.len()));
        for &id in &self.inner {
            let token = codec.vocab.token_bytes(id).unwrap_or_default();
            if token.len() < missing {
                groups.add_inner(self, codec, &concat(&[part, token])?, id)?;
            } else {
                let (end, rest) = token.split_at(missing);
                if let Ok(char) = std::str::from_utf8(&concat(&[part, end])?) {
                    groups.add_token(self, codec, char, rest, id)?;
                }
            }
        }
        Ok(groups.groups)
    }

    /// The outcomes of a tail that ends with a part of a character, or with none.
    pub(super) fn outcomes(&self, codec: &Codec, tail: &str, part: &[u8]) -> Result<Arc<Outcomes>> {
        let key = (self.classes.seen(tail.chars(), false)?, concat(&[part])?);
        kept(&self.states, key, || {
            let inner = if part.is_empty() { None } else { Some(self.inner_groups(codec, part)?) };
            let mut found: HashMap<Vec<usize>, Bits> = HashMap::default();
            for group in inner.as_ref().unwrap_or(&self.groups) {
                interrupt::check()?;
                self.add_outcomes(codec, tail, part.is_empty(), group, &mut found)?;
            }
            let place = |&border: &usize| tail[..border].chars().count();
            let with_numbers = |(borders, bits): (Vec<usize>, Bits)| Ok((collect(borders.iter().map(place))?, bits));
            try_collect::<_, Error>(found.into_iter().map(with_numbers)).map(Outcomes)
        })
    }

    fn add_outcomes(
        &self,
        codec: &Codec,
        tail: &str,
        is_whole: bool,
        group: &Group,
        found: &mut HashMap<Vec<usize>, Bits>,
    ) -> Result<()> {
        let text = concat(&[tail.as_bytes(), group.text.as_bytes()])?;
        let mut free: Vec<Vec<usize>> = Vec::new();
        let mut bound: Vec<(Vec<usize>, usize)> = Vec::new();
        let kinds = self.classes.each_kind().map(|(kind, _)| Some(kind));
        for kind in std::iter::once(None).chain(kinds) {
            let more = kind.map(|kind| self.classes.kinds[kind].members[0].to_string()).unwrap_or_default();
            let (mut borders, mut is_cut, mut is_free) = (Vec::new(), false, false);
            each_border(codec, &concat(&[&text, more.as_bytes()])?, &mut |at| {
                is_cut |= at > tail.len() && at < text.len();
                is_free |= at == text.len();
                if at <= tail.len() { push(&mut borders, at) } else { Ok(()) }
            })?;
            if is_cut {
            } else if is_free && !free.contains(&borders) {
                push(&mut free, borders)?;
            } else if let Some(kind) = kind.filter(|_| !is_free) {
                push(&mut bound, (borders, kind))?;
            }
        }
        bound.retain(|(borders, _)| !free.contains(borders));
        let ends_there = |borders: &[usize]| is_whole && (tail.is_empty() || borders.last() == Some(&tail.len()));
        for &(id, is_part) in &group.tokens {
            let is_made = has(&self.made, id);
            for borders in &free {
                if is_made || (ends_there(borders) && !is_part) {
                    add(found, borders, id, self.made.len())?;
                }
            }
            for (borders, kind) in bound.iter().filter(|_| is_made) {
                if is_part || self.goes_on(&codec.vocab, id, *kind)? {
                    add(found, borders, id, self.made.len())?;
                }
            }
        }
        Ok(())
    }

    /// Whether some character of a kind leaves a token before it as it is.
    fn goes_on(&self, vocab: &Vocab, id: u32, kind: usize) -> Result<bool> {
        let kind = &self.classes.kinds[kind];
        if kind.count >= LARGE {
            return Ok(true);
        }
        let token = vocab.token_bytes(id).unwrap_or_default();
        for char in &kind.members {
            if merged(vocab, &concat(&[token, char.to_string().as_bytes()])?)?[0] == id {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

impl Groups {
    /// Adds a token that goes on with a part of a character and does not complete it.
    fn add_inner(&mut self, next: &NextIds, codec: &Codec, part: &[u8], id: u32) -> Result<()> {
        if split_off_part(part).is_none() {
            return Ok(());
        }
        for (char, firsts) in next.completing(codec, part)?.iter() {
            if is_kept(&codec.vocab, id, firsts)? {
                self.add(next, "", &joined("", *char)?, id, true)?;
            }
        }
        Ok(())
    }
}

fn add(found: &mut HashMap<Vec<usize>, Bits>, borders: &[usize], id: u32, words: usize) -> Result<()> {
    if let Some(bits) = found.get_mut(borders) {
        set(bits, id);
        return Ok(());
    }
    let mut bits = filled(0, words)?;
    set(&mut bits, id);
    found.try_reserve(1)?;
    found.insert(concat(&[borders])?, bits);
    Ok(())
}

/// Whether one of some tokens is settled behind a token.
fn is_kept(vocab: &Vocab, id: u32, firsts: &[u32]) -> Result<bool> {
    let left = vocab.token_bytes(id).unwrap_or_default();
    for &first in firsts {
        if merged(vocab, &concat(&[left, vocab.token_bytes(first).unwrap_or_default()])?)? == [id, first] {
            return Ok(true);
        }
    }
    Ok(false)
}

/// A text with a character behind it.
fn joined(text: &str, char: char) -> Result<String> {
    let mut all = String::new();
    all.try_reserve(text.len() + char.len_utf8())?;
    all.push_str(text);
    all.push(char);
    Ok(all)
}
