//! Tokens as text with their ids, and merges of them, as `tokenizer.json` and GPT-2's files have them.
//!
//! By hand: the tokens `a` 0, `b` 1, `ab` 2 and the merge `a b` are three entries and the merge (0, 1) -> 2 of entries. The entry
//! that a merge makes is nearly always the one after the entry that the merge before made, so that is compared first. A side that
//! is not a token is an entry without an id, so that an error can name it.
//!
//! Costs: O(n) for n bytes of tokens and merges; 12 bytes a token and 12 a merge.

use super::decline::Decline::NotMine;
use super::decline::{Decline, Read, answer, only_if};
use crate::error::Result;
use crate::fast::util::fallible::{append, filled, push};
use crate::reference::tokens::check_length;
use foldhash::fast::RandomState;
use foldhash::{HashMap, HashMapExt};
use hashbrown::HashTable;
use std::borrow::Cow;
use std::hash::BuildHasher;

/// The number of no token.
const NONE: u32 = u32::MAX;

/// The tokens of a file, by number in its order, and its merges.
#[derive(Debug, Default)]
pub struct StringTable {
    text: Vec<u8>,
    /// Of each entry, where it begins and its length.
    spans: Vec<(u32, u32)>,
    ids: Vec<u32>,
    numbers: HashTable<u32>,
    seed: RandomState,
    /// The two sides of each merge and what it makes, as numbers.
    merges: Vec<[u32; 3]>,
    joined: Vec<u8>,
}

impl StringTable {
    /// Adds the token that `write` appends to the text; where it declines, or the token is there already, the table is as it was.
    #[inline]
    pub(crate) fn add(&mut self, write: impl FnOnce(&mut Vec<u8>) -> Read<u32>) -> Read<()> {
        let start = self.text.len();
        let added = self.add_behind(start, write);
        if added.is_err() {
            self.text.truncate(start);
        }
        added
    }

    #[inline]
    fn add_behind(&mut self, start: usize, write: impl FnOnce(&mut Vec<u8>) -> Read<u32>) -> Read<()> {
        let id = write(&mut self.text)?;
        let span = span(start, self.text.len())?;
        let StringTable { text, spans, numbers, seed, .. } = self;
        let token = |number: u32| string(text, spans[number as usize]);
        let new = string(text, span);
        let hash = |number: &u32| seed.hash_one(token(*number));
        // `entry` ends the process where there is no memory.
        numbers.try_reserve(1, hash).map_err(|_| Decline::Memory)?;
        let entry = numbers.entry(seed.hash_one(new), |&other| token(other) == new, hash);
        let hashbrown::hash_table::Entry::Vacant(entry) = entry else { return Err(NotMine) };
        entry.insert(number(self.ids.len()));
        push(spans, span)?;
        push(&mut self.ids, id)?;
        Ok(())
    }

    /// Adds a token; false if it is there already.
    pub fn add_text(&mut self, token: &[u8], id: u32) -> Result<bool> {
        let added = answer(self.add(|text| {
            append(text, token)?;
            Ok(id)
        }))?;
        Ok(added.is_some())
    }

    /// The ids of the tokens, by number.
    pub fn ids(&self) -> &[u32] {
        &self.ids
    }

    /// The two sides of each merge and what it makes, as numbers, which may be of no token.
    pub fn merges(&self) -> &[[u32; 3]] {
        &self.merges
    }

    /// A token, or a side of a merge, as it is written.
    #[inline]
    pub fn token(&self, number: u32) -> &[u8] {
        string(&self.text, self.spans[number as usize])
    }

    /// The same as text.
    pub fn text(&self, number: u32) -> Cow<'_, str> {
        String::from_utf8_lossy(self.token(number))
    }

    /// The id of a token, as it is written in the file.
    pub fn id_of(&self, token: &str) -> Option<u32> {
        self.find(token.as_bytes()).map(|number| self.ids[number as usize])
    }

    /// The number of a token.
    #[inline]
    pub fn find(&self, token: &[u8]) -> Option<u32> {
        self.numbers.find(self.seed.hash_one(token), |&number| self.token(number) == token).copied()
    }

    /// Adds a merge of two tokens, written with one space between them.
    #[inline]
    pub(crate) fn merge(&mut self, pair: &[u8]) -> Read<()> {
        let space = pair.iter().position(|&byte| byte == b' ').ok_or(NotMine)?;
        let (left, right) = (&pair[..space], &pair[space + 1..]);
        only_if(!right.contains(&b' '))?;
        self.merge_of(left, right)
    }

    /// Adds a merge of two tokens. All tokens have been added.
    #[inline]
    pub(crate) fn merge_of(&mut self, left: &[u8], right: &[u8]) -> Read<()> {
        let (from, to) = (self.side(left)?, self.side(right)?);
        let guess = self.merges.last().map_or(0, |&[_, _, made]| made.wrapping_add(1));
        let is_guess = (guess as usize) < self.ids.len() && self.token(guess).strip_prefix(left) == Some(right);
        let made = if is_guess { guess } else { self.made(left, right)? };
        push(&mut self.merges, [from, to, made])?;
        Ok(())
    }

    /// The number of a side of a merge; one that is no token gets one of its own.
    #[inline]
    fn side(&mut self, token: &[u8]) -> Read<u32> {
        if let Some(number) = self.find(token) {
            return Ok(number);
        }
        let start = self.text.len();
        append(&mut self.text, token)?;
        push(&mut self.spans, span(start, self.text.len())?)?;
        Ok(number(self.spans.len() - 1))
    }

    /// The number of the token that two texts spell.
    fn made(&mut self, left: &[u8], right: &[u8]) -> Read<u32> {
        self.joined.clear();
        append(&mut self.joined, left)?;
        append(&mut self.joined, right)?;
        Ok(self.find(&self.joined).unwrap_or(NONE))
    }

    /// By number, whether a merge has the token.
    pub fn merged(&self) -> Result<Vec<bool>> {
        self.among(self.merges.as_flattened().iter().copied())
    }

    /// The numbers of the tokens like `<...>` that no merge makes (GPT-2's files).
    pub fn markers(&self) -> Result<impl Iterator<Item = u32>> {
        let made = self.among(self.merges.iter().map(|&[_, _, made]| made))?;
        let is_marker = |token: &str| token.starts_with('<') && token.ends_with('>') && token.chars().nth(2).is_some();
        Ok((0..number(self.ids.len())).filter(move |&number| !made[number as usize] && is_marker(&self.text(number))))
    }

    /// By number, whether a token is among some.
    fn among(&self, numbers: impl Iterator<Item = u32>) -> Result<Vec<bool>> {
        let mut among = filled(false, self.ids.len())?;
        for number in numbers {
            if let Some(is_among) = among.get_mut(number as usize) {
                *is_among = true;
            }
        }
        Ok(among)
    }

    /// The first two of the first tokens that have one id.
    pub fn of_one_id(&self, count: usize) -> Result<Option<[u32; 2]>> {
        let ids = &self.ids[..count];
        let mut met = filled(false, 2 * count)?;
        let mut is_new = |id: u32| met.get_mut(id as usize).is_some_and(|met| !std::mem::replace(met, true));
        if ids.iter().all(|&id| is_new(id)) {
            return Ok(None);
        }
        let mut first = HashMap::new();
        first.try_reserve(count)?;
        let mut rows = ids.iter().zip(0..);
        Ok(rows.find_map(|(id, number)| first.insert(id, number).map(|before| [before, number])))
    }
}

/// Where the text is that stands between two places.
#[inline]
fn span(start: usize, end: usize) -> Read<(u32, u32)> {
    check_length(end).map_err(|_| Decline::Memory)?;
    Ok((number(start), number(end - start)))
}

#[inline]
#[expect(
    clippy::cast_possible_truncation,
    reason = "`check_length` allows 2^31 bytes of tokens, each of which has one at least"
)]
fn number(count: usize) -> u32 {
    count as u32
}

fn string(text: &[u8], (start, length): (u32, u32)) -> &[u8] {
    &text[start as usize..][..length as usize]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A table of tokens whose ids are ten more than their numbers.
    fn table<'t>(tokens: impl IntoIterator<Item = &'t str>) -> StringTable {
        let mut table = StringTable::default();
        for (id, token) in (10..).zip(tokens) {
            assert_eq!(table.add_text(token.as_bytes(), id), Ok(true));
        }
        table
    }

    #[test]
    fn merges_are_of_entries() {
        let mut table = table(["a", "b", "ab", "<s>", "abab"]);
        assert_eq!((table.add_text(b"ab", 7), table.ids().len()), (Ok(false), 5));
        assert_eq!(table.add(|text| append(text, b"x").map_err(Decline::from).and(Err(NotMine))), Err(NotMine));
        for pair in ["a b", "ab ab", "a c", "b a"] {
            assert_eq!(table.merge(pair.as_bytes()), Ok(()), "{pair}");
        }
        assert_eq!(table.merges(), [[0, 1, 2], [2, 2, 4], [0, 5, NONE], [1, 0, NONE]]);
        assert_eq!((table.token(5), table.find(b"c"), table.id_of("abab")), (&b"c"[..], None, Some(14)));
        for pair in ["ab", "a b ", "a  b"] {
            assert_eq!(table.merge(pair.as_bytes()), Err(NotMine), "{pair}");
        }
        assert_eq!(table.merged().unwrap(), [true, true, true, false, true]);
    }

    #[test]
    fn a_marker_is_a_word_in_angle_brackets_that_no_merge_makes() {
        let mut table = table(["<", "s>", "<s>", "</s>", "<é>", "<>", "xs>", "<sx", "x"]);
        table.merge(b"< s>").unwrap();
        assert_eq!(table.markers().unwrap().collect::<Vec<_>>(), [3, 4]);
    }

    #[test]
    fn an_id_is_of_one_token() {
        let mut table = table(["a", "b", "c"]);
        assert_eq!(table.of_one_id(3), Ok(None));
        for (token, id) in [(&b"d"[..], 3_000_000), (b"e", 12), (b"f", 10)] {
            table.add_text(token, id).unwrap();
        }
        assert_eq!([4, 5, 6].map(|count| table.of_one_id(count)), [Ok(None), Ok(Some([2, 4])), Ok(Some([2, 4]))]);
    }
}
