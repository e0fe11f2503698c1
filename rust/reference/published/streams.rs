//! Ids -> text, where tokens are joined by rules, some ids are left out, and a string ends the stream.
//!
//! A vocabulary of symbols may join its tokens in another way than by concatenation (S9): with a space before each, without their
//! prefix, or with a space in place of their suffix. [`Joiner`] does that, token by token.
//!
//! A stream may end at a string: [`StopStrings`] finds it, across tokens (D5). By hand: with the stop string `</s>`, the tokens
//! `a<`, `/b` and `</s>c` are answered by `a`, `</b` and nothing, and `</s>` has been found.
//!
//! Invariants: those of `decode`, for the bytes that the tokens are joined to; what is held back is also a token that may be the
//! last (S9), and what may be the beginning of a stop string (D5).
//!
//! Costs: O(b) for b bytes; with s stop strings, O(s b).
//!
//! Implements SPEC D5, S5 and S9.

use crate::error::Result;
use crate::reference::decode::{self, tokens_of};
use crate::support::interrupt;
use std::borrow::Cow;

/// A rule by which tokens are joined, and its mark (S9).
pub type Joining = (String, Vec<u8>);

/// What a decoder that cleans up replaces in each token, in this order.
const CLEANING: [(&[u8], &[u8]); 11] = [
    (b" .", b"."),
    (b" ?", b"?"),
    (b" !", b"!"),
    (b" ,", b","),
    (b" ' ", b"'"),
    (b" n't", b"n't"),
    (b" 'm", b"'m"),
    (b" do not", b" don't"),
    (b" 's", b"'s"),
    (b" 've", b"'ve"),
    (b" 're", b"'re"),
];

/// Returns the bytes of the tokens, joined by a rule; None: one after the other.
pub fn joined_bytes<'v>(
    token_bytes: impl Fn(u32) -> Option<&'v [u8]>,
    ids: &[u32],
    joining: Option<&Joining>,
) -> Result<Vec<u8>> {
    let Some(joining) = joining else { return decode::decode_bytes(token_bytes, ids) };
    let mut joiner = Joiner::new(joining.clone());
    let mut bytes = Vec::new();
    for token in tokens_of(token_bytes, ids) {
        let token = joiner.push(token?);
        bytes.try_reserve(token.len())?;
        bytes.extend_from_slice(&token);
    }
    bytes.extend(joiner.finish());
    Ok(bytes)
}

/// Joins tokens to text by a rule of S9, one token after the other.
#[derive(Debug, Clone)]
pub struct Joiner {
    rule: String,
    mark: Vec<u8>,
    begun: bool,
    /// A token kept back: if it is the last, its suffix is not a space.
    held: Vec<u8>,
}

impl Joiner {
    pub fn new((rule, mark): Joining) -> Joiner {
        Joiner { rule, mark, begun: false, held: Vec::new() }
    }

    /// Returns the text that is certain now that this token has come.
    pub fn push(&mut self, token: &[u8]) -> Vec<u8> {
        let first = !std::mem::replace(&mut self.begun, true);
        if self.rule == "suffix" {
            let held = std::mem::replace(&mut self.held, token.into());
            return replaced(&held, &self.mark, b" ");
        }
        let rest = token.strip_prefix(&self.mark[..]).filter(|_| self.rule != "spaces");
        let shown = match rest {
            _ if first => token.to_vec(),
            Some(rest) => rest.to_vec(),
            None => [b" ", token].concat(),
        };
        if self.rule == "cleaned_prefix" { cleaned(shown) } else { shown }
    }

    /// Ends the text, and returns the rest of it. Another text may follow.
    pub fn finish(&mut self) -> Vec<u8> {
        self.begun = false;
        let held = std::mem::take(&mut self.held);
        if self.rule == "suffix" { replaced(&held, &self.mark, b"") } else { held }
    }
}

/// Returns a token without the spaces that English does not put before punctuation and contractions.
fn cleaned(mut token: Vec<u8>) -> Vec<u8> {
    for (old, new) in CLEANING {
        if memchr::memmem::find(&token, old).is_some() {
            token = replaced(&token, old, new);
        }
    }
    token
}

/// Returns a text with another in place of each occurrence of a part.
fn replaced(text: &[u8], old: &[u8], new: &[u8]) -> Vec<u8> {
    let (mut bytes, mut done) = (Vec::with_capacity(text.len()), 0);
    for at in memchr::memmem::find_iter(text, old) {
        bytes.extend_from_slice(&text[done..at]);
        bytes.extend_from_slice(new);
        done = at + old.len();
    }
    bytes.extend_from_slice(&text[done..]);
    bytes
}

/// Returns, for each beginning of a string, the length of the longest shorter beginning that it ends with.
fn failure_function(string: &[u8]) -> Vec<usize> {
    let mut found = vec![0; string.len()];
    for end in 1..string.len() {
        found[end] = longer(string, &found, found[end - 1], string[end]);
    }
    found
}

/// Returns how much of a string a text ends with, if it ended with `matched` bytes of it before this byte.
fn longer(string: &[u8], failures: &[usize], mut matched: usize, byte: u8) -> usize {
    while matched > 0 && string[matched] != byte {
        matched = failures[matched - 1];
    }
    matched + usize::from(string[matched] == byte)
}

/// Finds which of some strings ends first in a text that comes in parts, and holds back what may be the beginning of one.
///
/// For each string it knows how much of it the text ends with (Knuth, Morris and Pratt), so no byte is looked at twice. What is
/// held back begins like a string and ends with the text, so it is whole characters.
#[derive(Debug, Clone, Default)]
pub struct StopStrings {
    strings: Vec<String>,
    failures: Vec<Vec<usize>>,
    /// How many bytes of each string the text ends with.
    matched: Vec<usize>,
    pub held: Vec<u8>,
    /// The string that was found.
    pub found: Option<String>,
    /// Whether the text has ended, so that the next part begins another.
    ended: bool,
}

impl StopStrings {
    /// The strings must not be empty.
    pub fn new(strings: &[String]) -> StopStrings {
        let failures = strings.iter().map(|string| failure_function(string.as_bytes())).collect();
        StopStrings { strings: strings.to_vec(), failures, matched: vec![0; strings.len()], ..StopStrings::default() }
    }

    /// Returns the text before the first string, as far as it is certain now that this part has come.
    pub fn push(&mut self, text: String) -> Result<String> {
        if std::mem::take(&mut self.ended) {
            self.found = None;
        }
        if self.found.is_some() || self.strings.is_empty() {
            return Ok(if self.found.is_some() { String::new() } else { text });
        }
        let begun = self.held.len();
        self.held.extend_from_slice(text.as_bytes());
        for place in begun..self.held.len() {
            interrupt::check()?;
            self.step(self.held[place]);
            if let Some(found) = &self.found {
                self.held.truncate(place + 1 - found.len());
                return Ok(self.shown(0));
            }
        }
        Ok(self.shown(self.matched.iter().copied().max().unwrap_or(0)))
    }

    /// Ends the text with a last part, and returns the rest of it. Another text may follow.
    pub fn finish(&mut self, text: String) -> Result<String> {
        let shown = self.push(text)? + &self.shown(0);
        (self.matched, self.ended) = (vec![0; self.strings.len()], true);
        Ok(shown)
    }

    /// Follows one byte. Of strings that end here, the longest is found: it begins first.
    fn step(&mut self, byte: u8) {
        for (number, string) in self.strings.iter().enumerate() {
            let matched = longer(string.as_bytes(), &self.failures[number], self.matched[number], byte);
            self.matched[number] = matched;
            if matched == string.len() && self.found.as_ref().is_none_or(|found| found.len() < matched) {
                self.found = Some(string.clone());
            }
        }
    }

    /// Returns the text that is held, except this many bytes at its end, which stay.
    fn shown(&mut self, kept: usize) -> String {
        let rest = self.held.split_off(self.held.len() - kept);
        String::from_utf8(std::mem::replace(&mut self.held, rest)).unwrap_or_default()
    }
}

/// Turns the bytes of tokens into text as they come, up to a stop string.
#[derive(Debug, Clone, Default)]
pub struct StreamDecoder {
    core: decode::StreamDecoder,
    joiner: Option<Joiner>,
    pub stops: StopStrings,
    drops_space: bool,
    /// Whether any byte has come.
    pub begun: bool,
}

impl StreamDecoder {
    /// As [`decode::StreamDecoder`]. `drops_space`: one space is dropped from the start (S5). `joining`: how tokens are joined; None:
    /// they are concatenated. `stop`: strings that end the stream.
    pub fn new(strict: bool, drops_space: bool, joining: Option<Joining>, stop: &[String]) -> StreamDecoder {
        let (joiner, stops) = (joining.map(Joiner::new), StopStrings::new(stop));
        StreamDecoder { core: decode::StreamDecoder::new(strict), joiner, stops, drops_space, begun: false }
    }

    pub fn held(&self) -> &[u8] {
        &self.core.held
    }

    /// Returns the text that is certain now that this token has come.
    pub fn push(&mut self, token: &[u8]) -> Result<String> {
        self.push_all(&[token])
    }

    /// Returns the text that is certain now that these tokens have come.
    pub fn push_all(&mut self, tokens: &[&[u8]]) -> Result<String> {
        for token in tokens {
            interrupt::check()?;
            self.take(token);
        }
        let text = self.core.emit(false)?;
        self.stops.push(text)
    }

    /// Takes the bytes of a token.
    fn take(&mut self, token: &[u8]) {
        let token = self.joiner.as_mut().map_or(Cow::Borrowed(token), |joiner| joiner.push(token).into());
        let dropped = self.drops_space && !self.begun;
        self.begun |= !token.is_empty();
        let token = &token[..];
        self.core.held.extend_from_slice(token.strip_prefix(b" ").filter(|_| dropped).unwrap_or(token));
    }

    /// Ends the stream: bytes held back can no longer become a character. A new stream may follow.
    pub fn finish(&mut self) -> Result<String> {
        self.begun = false;
        self.core.held.extend(self.joiner.iter_mut().flat_map(Joiner::finish));
        let rest = self.core.emit(true);
        let shown = self.stops.finish(rest.as_ref().map_or_else(|_| String::new(), Clone::clone))?;
        rest.map(|_| shown)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_joined_by_a_rule() {
        let joined = |rule: &str, mark: &str, tokens: &[&str]| {
            let joining = (rule.to_owned(), mark.as_bytes().to_vec());
            let ids: Vec<u32> = (0..).take(tokens.len()).collect();
            let token = |id: u32| tokens.get(id as usize).map(|token| token.as_bytes());
            let whole = joined_bytes(token, &ids, Some(&joining)).unwrap();
            let mut stream = StreamDecoder::new(false, false, Some(joining), &[]);
            for _ in 0..2 {
                let mut text: String = tokens.iter().map(|token| stream.push(token.as_bytes()).unwrap()).collect();
                text += &stream.finish().unwrap();
                assert_eq!(text.as_bytes(), whole);
            }
            String::from_utf8(whole).unwrap()
        };
        assert_eq!(joined("spaces", "", &["a", "##b", ""]), "a ##b ");
        assert_eq!(joined("prefix", "##", &["##a", "##b", "c"]), "##ab c");
        assert_eq!(joined("cleaned_prefix", "##", &["do", "not", ".", "##n't", "x ' y"]), "do not.n't x'y");
        assert_eq!(joined("suffix", "</w>", &["a</w>", "b", "c</w>d</w>"]), "a bcd");
        assert_eq!(joined("suffix", "</w>", &[]), "");
    }

    #[test]
    fn stop_strings_are_found_across_parts() {
        let mut stops = StopStrings::new(&["</s>".to_owned(), "aab".to_owned(), "b".to_owned()]);
        for _ in 0..2 {
            let mut said: Vec<String> =
                ["x<", "/y", "aaa", "bc", "d"].iter().map(|part| stops.push((*part).to_owned()).unwrap()).collect();
            said.push(stops.finish("e".to_owned()).unwrap());
            assert_eq!(said, ["x", "</y", "a", "", "", ""]);
            assert_eq!(stops.found.as_deref(), Some("aab"));
        }
        assert_eq!(stops.push("a</".to_owned()).unwrap(), "a");
        assert_eq!((stops.finish(String::new()).unwrap().as_str(), &stops.found), ("</", &None));
        assert_eq!(stops.push("s>".to_owned()).unwrap(), "s>");
    }
}
