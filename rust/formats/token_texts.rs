//! Tokens as text with their ids, and merges of them -> a vocabulary (Hugging Face, GPT-2, GGUF).
//!
//! The text of a token is in byte-level notation (a character a byte) or in characters, with or without a marker for a space.

use super::ids::check_holes;
use super::json::Values;
use super::{MAX_ID, quoted, wrong};
use crate::error::{Error, Result};
use crate::fast::read::decline::Decline::NotMine;
use crate::fast::read::decline::{Read, answer};
use crate::fast::read::json::Reader;
use crate::fast::read::string_table::StringTable;
use crate::fast::read::token_table::{TokenTable, spaced};
use crate::fast::util::fallible::{append, concat, push, room};
use crate::fast::vocab::FastVocab;
use crate::reference::published::byte_chars::CHARS;
use crate::reference::published::characters::add_fallback;
use crate::reference::published::vocabs::{Alphabet, Merge, NO_ID, never_in_utf8};
use crate::support::interrupt;
use foldhash::{HashMap, HashMapExt};

const NO_BYTE: u16 = u16::MAX;

/// The byte of each character of the byte-level notation.
const BYTES: [u16; 0x144] = {
    let mut bytes = [NO_BYTE; 0x144];
    let mut byte = 0;
    while byte < 256 {
        bytes[CHARS[byte as usize] as usize] = byte;
        byte += 1;
    }
    bytes
};

/// What is wrong with a token, and how many stand before it.
pub type Refused = Option<(usize, Error)>;

pub fn read_ids(values: &mut Values, table: &mut StringTable) -> Result<Refused> {
    let (mut refused, mut twice) = (None, None);
    let scan = |reader: &mut Reader, table: &mut StringTable| {
        table.add(|text| {
            reader.string(text)?;
            reader.take(b':')?;
            reader.id()
        })
    };
    values.each_item([b'{', b'}'], table, scan, |values, table| {
        let (token, id) = (values.name()?, values.value()?);
        if id.id().is_none() && refused.is_none() {
            let (token, shown) = (quoted(&token), id.shown());
            let reason = format!("the id of {token} is not a whole number from 0 to {MAX_ID}: {shown}");
            refused = Some((table.ids().len(), wrong(reason)));
        }
        if !table.add_text(token.as_bytes(), id.id().unwrap_or(0))? && twice.is_none() {
            twice = Some(token);
        }
        Ok(())
    })?;
    twice.map_or(Ok(refused), |token| Err(wrong(format!("{} appears twice in one object", quoted(&token)))))
}

/// Refuses two tokens of one id, and what was refused after them.
pub fn check_ids(table: &StringTable, refused: Refused) -> Result<()> {
    let count = refused.as_ref().map_or(table.ids().len(), |&(count, _)| count);
    if let Some([first, second]) = table.of_one_id(count)? {
        let (id, first, second) = (table.ids()[first as usize], table.text(first), table.text(second));
        return Err(wrong(format!("id {id} stands for {} and for {}", quoted(&first), quoted(&second))));
    }
    refused.map_or(Ok(()), |(_, error)| Err(error))
}

/// The tokens of a table that are of the vocabulary.
#[derive(Debug)]
pub struct Ids<'t> {
    pub table: &'t StringTable,
    /// By number; `NO_ID` for one that is left out.
    ids: Vec<u32>,
}

impl<'t> Ids<'t> {
    pub fn new(table: &'t StringTable) -> Result<Ids<'t>> {
        Ok(Ids { table, ids: concat(&[table.ids()])? })
    }

    pub fn copy(&self) -> Result<Ids<'t>> {
        Ok(Ids { table: self.table, ids: concat(&[&self.ids])? })
    }

    #[inline]
    fn id(&self, number: u32) -> u32 {
        self.ids.get(number as usize).copied().unwrap_or(NO_ID)
    }

    pub fn get(&self, token: &str) -> Option<u32> {
        let id = self.id(self.table.find(token.as_bytes())?);
        if id == NO_ID { None } else { Some(id) }
    }

    /// The tokens as they are written, and their ids.
    pub fn rows(&self) -> impl Iterator<Item = (&'t [u8], u32)> {
        let table = self.table;
        self.ids.iter().zip(0..).filter(|(id, _)| **id != NO_ID).map(move |(&id, number)| (table.token(number), id))
    }

    /// Leaves a token out, if it has this id, and what it is passes by its number.
    pub fn leave_out(&mut self, token: &str, id: u32, passes: impl FnOnce(usize) -> bool) {
        if let Some(number) = self.table.find(token.as_bytes()).map(|number| number as usize)
            && self.ids[number] == id
            && passes(number)
        {
            self.ids[number] = NO_ID;
        }
    }

    /// Takes a token, though it was left out.
    pub fn take(&mut self, token: &str) {
        if let Some(number) = self.table.find(token.as_bytes()) {
            self.ids[number as usize] = self.table.ids()[number as usize];
        }
    }

    /// Leaves out what is not written as bytes are.
    pub fn leave_out_unwritten(&mut self) -> Result<()> {
        let (table, mut bytes) = (self.table, Vec::new());
        for (id, number) in self.ids.iter_mut().zip(0..) {
            interrupt::check()?;
            bytes.clear();
            if answer(byte_level(table.token(number), &mut bytes))?.is_none() {
                *id = NO_ID;
            }
        }
        Ok(())
    }

    /// Whether a byte that UTF-8 may contain has no token.
    pub fn lacks_bytes(&self) -> bool {
        let lacks = |byte: u8| self.get(CHARS[usize::from(byte)].encode_utf8(&mut [0; 4])).is_none();
        (0..=255).any(|byte| !never_in_utf8(byte) && lacks(byte))
    }

    /// The tokens, which are in byte-level notation, as bytes.
    pub fn in_bytes(&self) -> Result<TokenTable> {
        let mut table = TokenTable::default();
        self.rows().try_for_each(|(token, id)| add_bytes(&mut table, token, id, b""))?;
        Ok(table)
    }

    /// The tokens, which are in characters, as bytes, with markers as spaces if spaces are `marked`.
    pub fn in_characters(&self, marked: bool) -> Result<TokenTable> {
        let (mut table, mut has_space) = (TokenTable::default(), false);
        for (token, id) in self.rows() {
            has_space |= token.contains(&b' ');
            let write = |bytes: &mut Vec<u8>| if marked { spaced(token, bytes) } else { Ok(append(bytes, token)?) };
            answer(table.add(id, write))?;
        }
        if marked && has_space {
            let mut seen = HashMap::new();
            seen.try_reserve(table.len())?;
            for (token, id) in table.rows() {
                if let Some(before) = seen.insert(token, id) {
                    return Err(wrong(format!("the tokens {before} and {id} are the same, if markers are spaces")));
                }
            }
        }
        Ok(table)
    }

    /// The merges. The token of a merge has no prefix within it.
    pub fn merges(&self, prefix: &str) -> Result<Vec<Merge>> {
        self.merges_or(prefix, |rank, token| {
            wrong(format!("merge {rank} uses the token {}, which is not in the vocabulary", quoted(token)))
        })
    }

    /// The same, with an error for a token that is `missing`.
    pub fn merges_or(&self, prefix: &str, missing: impl FnOnce(usize, &str) -> Error) -> Result<Vec<Merge>> {
        let (rows, mut joined) = (self.table.merges(), Vec::new());
        let mut merges = room(rows.len())?;
        for (&[from, to, plain], rank) in rows.iter().zip(0..) {
            let mut made = self.id(plain);
            if !prefix.is_empty() {
                let (right, shown) = (self.table.token(to), self.table.text(to));
                let rest = right.strip_prefix(prefix.as_bytes()).ok_or_else(|| {
                    let (right, prefix) = (quoted(&shown), quoted(prefix));
                    let reason = "which has no continuing_subword_prefix";
                    wrong(format!("merge {rank} uses the token {right}, {reason} {prefix}"))
                })?;
                joined.clear();
                append(&mut joined, self.table.token(from))?;
                append(&mut joined, rest)?;
                made = self.table.find(&joined).map_or(NO_ID, |number| self.id(number));
            }
            let (left, right) = (self.id(from), self.id(to));
            if [left, right, made].contains(&NO_ID) {
                let side = [from, to].into_iter().find(|&side| self.id(side) == NO_ID);
                let both = concat(&[self.table.token(from), &self.table.token(to)[prefix.len()..]])?;
                let token = side.map_or(&both[..], |side| self.table.token(side));
                return Err(missing(rank as usize, &String::from_utf8_lossy(token)));
            }
            merges.push(Merge { left, right, id: made, rank });
        }
        Ok(merges)
    }
}

/// Adds a token in byte-level notation, with some bytes after it.
pub fn add_bytes(table: &mut TokenTable, token: &[u8], id: u32, behind: &[u8]) -> Result<()> {
    let added = table.add(id, |bytes| {
        byte_level(token, bytes)?;
        Ok(append(bytes, behind)?)
    });
    if added.is_err() { Err(unwritten(added, token)) } else { Ok(()) }
}

/// What is wrong with a token that is not written as bytes are.
#[cold]
fn unwritten(declined: Read<()>, token: &[u8]) -> Error {
    if let Err(error) = answer(declined) {
        return error;
    }
    let token = String::from_utf8_lossy(token);
    let is_known = |char: char| byte_level(char.encode_utf8(&mut [0; 4]).as_bytes(), &mut Vec::new()).is_ok();
    let char = token.chars().find(|&char| !is_known(char)).unwrap_or_default();
    let token = quoted(&token);
    Error::Vocabulary(format!("the token {token} is not in byte-level notation: '{char}' stands for no byte"))
}

/// Appends the bytes that characters of the byte-level notation stand for.
fn byte_level(token: &[u8], out: &mut Vec<u8>) -> Read<()> {
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

pub fn of_tokens(
    mut table: TokenTable,
    merges: Vec<Merge>,
    whole_pieces: bool,
    alphabet: Alphabet,
) -> Result<FastVocab> {
    let Some(mut tokens) = answer(table.take_tokens(Some))? else {
        check_holes(table.ids())?;
        return Err(Error::Vocabulary("two tokens have one id".into()));
    };
    if let Some(fallback) = &alphabet.fallback {
        check_holes(table.ids().chain(fallback.iter().copied()))?;
    }
    add_fallback(&mut tokens, alphabet.fallback.as_deref())?;
    FastVocab::of_merges(tokens, merges, whole_pieces, alphabet)
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
        for byte in 0..=255u8 {
            assert_eq!(bytes(&CHARS[usize::from(byte)].to_string()), Some(vec![byte]));
        }
        assert_eq!(bytes("Ġcaf\u{c3}\u{a9}"), Some(" café".into()));
        for token in [" ", "\u{ad}", "\u{144}", "中", "😀", "\u{7f}"] {
            assert_eq!(bytes(token), None, "{token}");
        }
    }

    #[test]
    fn tokens_that_are_left_out() {
        let mut table = StringTable::default();
        for (token, id) in [("a", 5), ("b", 6), ("##b", 7), ("ab", 8), ("a b", 9)] {
            table.add_text(token.as_bytes(), id).unwrap();
        }
        assert!(table.merge(b"a b").is_ok() && table.merge(b"a ##b").is_ok());
        let mut ids = Ids::new(&table).unwrap();
        let told = |ids: &Ids, prefix: &str| ids.merges(prefix).unwrap_err().to_string();
        assert!(told(&ids, "").contains("merge 1 uses the token 'a##b', which is not in"), "{}", told(&ids, ""));
        assert!(told(&ids, "##").contains("merge 0 uses the token 'b', which has no continuing_subword_prefix '##'"));
        ids.leave_out("a", 6, |_| true);
        ids.leave_out("b", 6, |number| number == 1);
        assert_eq!((ids.get("a"), ids.get("b"), ids.rows().count()), (Some(5), None, 4));
        assert!(told(&ids, "").contains("merge 0 uses the token 'b', which is not in the vocabulary"));
        ids.take("b");
        ids.leave_out_unwritten().unwrap();
        assert_eq!((ids.get("b"), ids.get("a b")), (Some(6), None));
        let refused = Ids::new(&table).unwrap().in_bytes().unwrap_err().to_string();
        assert!(refused.contains("the token 'a b' is not in byte-level notation: ' ' stands for no byte"), "{refused}");
    }
}
