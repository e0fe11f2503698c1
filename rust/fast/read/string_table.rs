//! Tokens as text with their ids, and merges of them, as `tokenizer.json` and GPT-2's files have them -> a vocabulary. Must equal
//! `parse` of `formats/huggingface/read.rs`, and what it calls, where it answers.
//!
//! By hand: the tokens `a` 0, `b` 1, `ab` 2 and the merge `a b` are three entries and the merge (0, 1) -> 2 of entries. The entry
//! that a merge makes is nearly always the one behind the entry that the merge before made, so that is compared first.
//!
//! Costs: O(n) for n bytes of tokens and merges; 12 bytes a token and as many a merge beside them.

#![expect(clippy::cast_possible_truncation, reason = "there are 256 bytes")]

use super::decline::Decline::NotMine;
use super::decline::{Decline, Read, answer, only_if};
use super::token_table::{self, HOLES_A_TOKEN, MOST_HOLES, TokenTable};
use crate::error::Result;
use crate::fast::util::fallible::{append, collect, filled, push, room};
use crate::fast::vocab::FastVocab;
use crate::reference::published::byte_chars::CHARS;
use crate::reference::published::characters::add_fallback;
use crate::reference::vocab::{Alphabet, Merge, Vocab, never_in_utf8};
use foldhash::fast::RandomState;
use hashbrown::HashTable;
use std::hash::BuildHasher;

const NO_BYTE: u16 = u16::MAX;

/// The byte of each character of the byte-level notation.
const BYTES: [u16; 0x144] = {
    let mut bytes = [NO_BYTE; 0x144];
    let mut byte = 0;
    while byte < 256 {
        bytes[CHARS[byte] as usize] = byte as u16;
        byte += 1;
    }
    bytes
};

/// The tokens of a file, by number in its order, and its merges.
#[derive(Debug, Default)]
pub struct StringTable {
    text: Vec<u8>,
    /// Of each token, where it begins and its length.
    spans: Vec<(u32, u32)>,
    ids: Vec<u32>,
    numbers: HashTable<u32>,
    seed: RandomState,
    /// The two sides of each merge and what it makes, as numbers.
    merges: Vec<(u32, u32, u32)>,
    joined: Vec<u8>,
}

impl StringTable {
    /// Adds the token that `write` appends to the text, unless it is there already.
    #[inline]
    pub(crate) fn add(&mut self, write: impl FnOnce(&mut Vec<u8>) -> Read<u32>) -> Read<()> {
        let start = self.text.len();
        let id = write(&mut self.text)?;
        let narrow = |number: usize| u32::try_from(number).map_err(|_| NotMine);
        let number = narrow(self.ids.len())?;
        let span = (narrow(start)?, narrow(self.text.len() - start)?);
        let StringTable { text, spans, numbers, seed, .. } = self;
        let token = |number: u32| string(text, spans[number as usize]);
        let new = string(text, span);
        let hash = |number: &u32| seed.hash_one(token(*number));
        // `entry` ends the process where there is no memory.
        numbers.try_reserve(1, hash).map_err(|_| Decline::Memory)?;
        let entry = numbers.entry(seed.hash_one(new), |&other| token(other) == new, hash);
        let hashbrown::hash_table::Entry::Vacant(entry) = entry else { return Err(NotMine) };
        entry.insert(number);
        push(spans, span)?;
        push(&mut self.ids, id)?;
        Ok(())
    }

    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    /// How many tokens there are.
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// The id of a token, as it is written in the file.
    pub fn id_of(&self, token: &str) -> Option<u32> {
        self.find(token.as_bytes()).ok().map(|number| self.ids[number as usize])
    }

    /// Adds a merge of two tokens, written with one space between them.
    #[inline]
    pub(crate) fn merge(&mut self, pair: &[u8]) -> Read<()> {
        let space = pair.iter().position(|&byte| byte == b' ').ok_or(NotMine)?;
        let (left, right) = (&pair[..space], &pair[space + 1..]);
        only_if(!right.contains(&b' '))?;
        self.merge_of(left, right)
    }

    /// Adds a merge of two tokens.
    #[inline]
    pub(super) fn merge_of(&mut self, left: &[u8], right: &[u8]) -> Read<()> {
        let numbers = (self.find(left)?, self.find(right)?);
        let guess = self.merges.last().map_or(0, |&(_, _, made)| made + 1);
        let is_joined = |token: &[u8]| token.strip_prefix(left) == Some(right);
        let made = if self.spans.get(guess as usize).is_some_and(|&span| is_joined(string(&self.text, span))) {
            guess
        } else {
            self.joined.clear();
            append(&mut self.joined, left)?;
            append(&mut self.joined, right)?;
            self.find(&self.joined)?
        };
        push(&mut self.merges, (numbers.0, numbers.1, made))?;
        Ok(())
    }

    #[inline]
    fn find(&self, token: &[u8]) -> Read<u32> {
        let same = |&number: &u32| string(&self.text, self.spans[number as usize]) == token;
        self.numbers.find(self.seed.hash_one(token), same).copied().ok_or(NotMine)
    }

    /// By number, whether a merge has the token.
    fn merged(&self) -> Result<Vec<bool>> {
        let mut merged = filled(false, self.ids.len())?;
        for &(left, right, made) in &self.merges {
            for number in [left, right, made] {
                merged[number as usize] = true;
            }
        }
        Ok(merged)
    }

    /// The tokens like `<...>` that no merge makes, with their ids (GPT-2's files).
    pub fn markers(&self) -> Result<Vec<(&str, u32)>> {
        let mut made = filled(false, self.ids.len())?;
        self.merges.iter().for_each(|&(_, _, number)| made[number as usize] = true);
        let tokens = self.spans.iter().map(|&span| std::str::from_utf8(string(&self.text, span)).unwrap_or_default());
        let rows = tokens.zip(&self.ids).zip(&made).filter(|((token, _), made)| {
            !**made && token.starts_with('<') && token.ends_with('>') && token.chars().nth(2).is_some()
        });
        collect(rows.map(|((token, id), _)| (token, *id)))
    }

    /// By number, whether a token is not one of the vocabulary: it is a special token, no merge has it, and text may not have it
    /// without a merge, as `in_text` of its name says.
    fn special(&self, special: &[(String, u32)], merged: &[bool], in_text: impl Fn(&str) -> bool) -> Result<Vec<bool>> {
        let mut is_special = filled(false, self.ids.len())?;
        for (name, id) in special {
            if in_text(name) {
                continue;
            }
            if let Ok(number) = self.find(name.as_bytes()).map(|number| number as usize) {
                is_special[number] = self.ids[number] == *id && !merged[number];
            }
        }
        Ok(is_special)
    }

    /// The vocabulary of tokens in byte-level notation. `may_drop`: bytes that text may hold may be without a token (SPEC E6).
    pub fn byte_level(
        &self,
        special: &[(String, u32)],
        whole_pieces: bool,
        may_drop: bool,
    ) -> Result<Option<FastVocab>> {
        let in_text = |name: &str| (whole_pieces || is_char(name)) && name.chars().all(|char| CHARS.contains(&char));
        let left_out = self.special(special, &self.merged()?, in_text)?;
        answer(self.tokens(&left_out, byte_level).and_then(|table| {
            let drops_bytes = may_drop && !self.has_bytes(&left_out);
            self.vocabulary(table, whole_pieces, Alphabet { drops_bytes, ..Alphabet::default() })
        }))
    }

    /// Whether each byte that UTF-8 may contain has a token.
    fn has_bytes(&self, left_out: &[bool]) -> bool {
        (0..=255u8).filter(|&byte| !never_in_utf8(byte)).all(|byte| {
            let token = CHARS[usize::from(byte)].to_string();
            self.find(token.as_bytes()).is_ok_and(|number| !left_out[number as usize])
        })
    }

    /// The vocabulary of tokens in characters, with a marker for a space, where `<0xE4>` stands for a byte.
    pub fn characters(&self, special: &[(String, u32)]) -> Result<Option<FastVocab>> {
        answer(self.read_characters(special))
    }

    fn read_characters(&self, special: &[(String, u32)]) -> Read<FastVocab> {
        let merged = self.merged()?;
        let mut left_out = self.special(special, &merged, |name| is_char(name) && name != " ")?;
        let mut fallback = room(256)?;
        for byte in 0..=255u8 {
            let number = self.find(format!("<0x{byte:02X}>").as_bytes())? as usize;
            only_if(!left_out[number] && !merged[number])?;
            left_out[number] = true;
            push(&mut fallback, self.ids[number])?;
        }
        let table = self.tokens(&left_out, spaced)?;
        self.vocabulary(table, false, Alphabet { fallback: Some(fallback), ..Alphabet::default() })
    }

    /// The bytes and ids of the tokens that are not left out.
    fn tokens(&self, left_out: &[bool], write: impl Fn(&[u8], &mut Vec<u8>) -> Read<()>) -> Read<TokenTable> {
        let mut table = TokenTable::default();
        for ((&span, &id), _) in self.spans.iter().zip(&self.ids).zip(left_out).filter(|(_, out)| !**out) {
            table.add(id, |bytes| write(string(&self.text, span), bytes))?;
        }
        Ok(table)
    }

    fn vocabulary(&self, table: TokenTable, whole_pieces: bool, alphabet: Alphabet) -> Read<FastVocab> {
        let most_ids = MOST_HOLES + HOLES_A_TOKEN * self.ids.len();
        let mut tokens = table.into_tokens()?;
        only_if(alphabet.fallback.iter().flatten().all(|&id| id as usize <= most_ids))?;
        let id = |number: u32| self.ids[number as usize];
        let rows = self.merges.iter().zip(0..);
        let merges =
            rows.map(|(&(left, right, made), rank)| Merge { left: id(left), right: id(right), id: id(made), rank });
        let merges = collect(merges)?;
        add_fallback(&mut tokens, alphabet.fallback.as_deref())?;
        let vocab = Vocab::assemble(tokens, merges, whole_pieces, alphabet)?;
        FastVocab::with_tables(vocab)?.ok_or(NotMine)
    }
}

fn string(text: &[u8], (start, length): (u32, u32)) -> &[u8] {
    &text[start as usize..][..length as usize]
}

/// Appends the bytes that characters of the byte-level notation stand for.
pub(crate) fn byte_level(token: &[u8], out: &mut Vec<u8>) -> Read<()> {
    let mut rest = token;
    while let Some((&first, tail)) = rest.split_first() {
        let code = if first < 0x80 {
            rest = tail;
            usize::from(first)
        } else {
            let (&second, tail) = tail.split_first().ok_or(NotMine)?;
            rest = tail;
            usize::from(first).checked_sub(0xC0).ok_or(NotMine)? << 6 | usize::from(second & 0x3F)
        };
        let byte = BYTES.get(code).and_then(|&byte| u8::try_from(byte).ok());
        push(out, byte.ok_or(NotMine)?)?;
    }
    Ok(())
}

/// Appends a token with its markers as spaces, unless it holds a space already.
fn spaced(token: &[u8], out: &mut Vec<u8>) -> Read<()> {
    only_if(!token.contains(&b' '))?;
    token_table::spaced(token, out)
}

/// Whether a name is one character.
fn is_char(name: &str) -> bool {
    name.chars().nth(1).is_none() && !name.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_notation_of_bytes() {
        let bytes = |token: &str| {
            let mut out = Vec::new();
            byte_level(token.as_bytes(), &mut out).ok().map(|()| out)
        };
        assert_eq!(bytes("Ġcaf\u{c3}\u{a9}"), Some(" café".into()));
        assert_eq!(bytes("Ċ\u{100}\u{143}"), Some(vec![b'\n', 0, 0xAD]));
        for token in [" ", "\u{ad}", "\u{144}", "中", "😀", "\u{7f}"] {
            assert_eq!(bytes(token), None, "{token}");
        }
        let all = BYTES.iter().filter(|byte| **byte != NO_BYTE).copied().collect::<std::collections::BTreeSet<_>>();
        assert!(all.iter().copied().eq(0..256));
    }

    #[test]
    fn markers_are_spaces() {
        let mut out = Vec::new();
        spaced("▁a▁▁中".as_bytes(), &mut out).unwrap();
        assert_eq!(out, " a  中".as_bytes());
        assert_eq!(spaced(b"a b", &mut out), Err(NotMine));
    }

    #[test]
    fn merges_are_of_tokens_that_are_there() {
        let mut table = StringTable::default();
        for (id, token) in ["a", "b", "ab", "<s>", "abab"].iter().enumerate() {
            let write = |text: &mut Vec<u8>| {
                text.extend_from_slice(token.as_bytes());
                Ok(id as u32 + 10)
            };
            assert_eq!((table.add(write), table.add(write)), (Ok(()), Err(NotMine)));
        }
        assert!(table.merge(b"a b").is_ok() && table.merge(b"ab ab").is_ok());
        assert_eq!(table.merges, [(0, 1, 2), (2, 2, 4)]);
        for pair in ["ab", "a b ", " a", "b a", "a c", "a  b"] {
            assert_eq!(table.merge(pair.as_bytes()), Err(NotMine), "{pair}");
        }
        assert_eq!(table.markers().unwrap(), [("<s>", 13)]);
        assert_eq!(
            (table.len(), table.id_of("ab"), table.id_of("<s>"), table.id_of("ba")),
            (5, Some(12), Some(13), None)
        );
    }

    /// A table of tokens whose ids are their numbers.
    fn table<'t>(tokens: impl IntoIterator<Item = &'t str>) -> StringTable {
        let mut table = StringTable::default();
        for (id, token) in (0..).zip(tokens) {
            let added = table.add(|text| {
                text.extend_from_slice(token.as_bytes());
                Ok(id)
            });
            added.unwrap();
        }
        table
    }

    #[test]
    fn a_table_is_empty_until_it_has_a_token() {
        assert!(table([]).is_empty() && !table([""]).is_empty());
    }

    #[test]
    fn a_marker_is_a_word_in_angle_brackets_that_no_merge_makes() {
        let mut table = table(["<", "s>", "<s>", "</s>", "<é>", "<>", "xs>", "<sx", "x"]);
        table.merge(b"< s>").unwrap();
        assert_eq!(table.markers().unwrap(), [("</s>", 3), ("<é>", 4)]);
    }

    #[test]
    fn bytes_are_dropped_where_one_that_text_may_hold_has_no_token() {
        let drops = |without: &[u8], special: &[u8], may_drop| {
            let shown: Vec<String> = CHARS.iter().map(char::to_string).collect();
            let table =
                table((0..=255u8).filter(|byte| !without.contains(byte)).map(|byte| &*shown[usize::from(byte)]));
            let special = special.iter().map(|&byte| (shown[usize::from(byte)].clone(), u32::from(byte)));
            let vocab = table.byte_level(&special.collect::<Vec<_>>(), false, may_drop).unwrap()?;
            Some(vocab.core().alphabet.drops_bytes)
        };
        for may_drop in [true, false] {
            assert_eq!(drops(&[], &[], may_drop), Some(false));
            assert_eq!(drops(&[0xC0, 0xF5, 0xFF], &[], may_drop), Some(false));
            assert_eq!(drops(&[0], &[], may_drop), may_drop.then_some(true));
            assert_eq!(drops(b"a", &[], may_drop), may_drop.then_some(true));
            // A special token of one character is a byte all the same.
            assert_eq!(drops(&[], b"a", may_drop), Some(false));
        }
    }

    #[test]
    fn a_special_token_that_a_merge_has_is_of_the_vocabulary() {
        let shown: Vec<String> = CHARS.iter().map(char::to_string).collect();
        let mut table = table(shown.iter().map(String::as_str).chain(["ab", "abc", "cd"]));
        assert!(table.merge(b"a b").is_ok() && table.merge(b"ab c").is_ok());
        let special = [("ab".into(), 256), ("abc".into(), 257), ("cd".into(), 258)];
        let vocab = table.byte_level(&special, false, false).unwrap().unwrap();
        assert_eq!([&b"ab"[..], b"abc", b"cd"].map(|token| vocab.core().token_id(token)), [Some(256), Some(257), None]);
    }

    /// The fallback of each byte, and some more tokens.
    fn characters(more: &[&str]) -> StringTable {
        let bytes: Vec<String> = (0..256).map(|byte| format!("<0x{byte:02X}>")).collect();
        table(bytes.iter().map(String::as_str).chain(more.iter().copied()))
    }

    #[test]
    fn characters_have_the_fallback_of_every_byte() {
        let words = ["a", "b", "▁", "ab", "▁a", "<0x41>a", "<s>"];
        let mut complete = characters(&words);
        assert!(complete.merge("a b".as_bytes()).is_ok() && complete.merge("▁ a".as_bytes()).is_ok());
        let special = [("<s>".to_owned(), 262)];
        let vocab = complete.characters(&special).unwrap().unwrap();
        let core = vocab.core();
        assert_eq!(core.alphabet.fallback, Some((0..256).collect()));
        assert_eq!((core.whole_pieces, core.alphabet.drops_bytes), (false, false));
        assert_eq!(
            [&b"ab"[..], b" a", b"\xFF", b"<s>"].map(|it| core.token_id(it)),
            [Some(259), Some(260), Some(255), None]
        );
        assert_eq!((core.merge_of(256, 257), core.merge_of(258, 256)), (Some((0, 259)), Some((1, 260))));
        // A single character is of the vocabulary, special or not.
        let vocab = complete.characters(&[("▁".into(), 258), ("a".into(), 256), ("<s>".into(), 262)]).unwrap().unwrap();
        assert_eq!([&b" "[..], b"a", b"<s>"].map(|it| vocab.core().token_id(it)), [Some(258), Some(256), None]);
        let odd = table(["中", "a"]);
        assert_eq!(
            odd.special(&[("中".into(), 0), ("a".into(), 1)], &[false; 2], |it| it == "a"),
            Ok(vec![true, false])
        );
        // The name of a byte that is a special token, or a part of another.
        assert!(complete.characters(&[("<0x41>".into(), 65)]).unwrap().is_none());
        assert!(complete.merge(b"<0x41> a").is_ok() && complete.characters(&special).unwrap().is_none());
        assert!(characters(&["a b"]).characters(&[]).unwrap().is_none());
        assert!(table(["<0x00>", "a"]).characters(&[]).unwrap().is_none());
    }

    #[test]
    fn the_fallback_may_be_as_high_as_other_ids() {
        let mut table = characters(&["a", "b"]);
        let most = u32::try_from(MOST_HOLES + HOLES_A_TOKEN * table.ids.len()).unwrap();
        for (id, is_read) in [(most, true), (most + 1, false)] {
            table.ids[0xFF] = id;
            assert_eq!(table.characters(&[]).unwrap().is_some(), is_read, "{id}");
        }
    }
}
