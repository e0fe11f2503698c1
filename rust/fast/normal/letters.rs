//! Small letters, and spaces around ideographs, as `normalize.rs` makes them.
//!
//! Costs: O(n); ASCII is made small many bytes at a time.

use super::edits::{Edits, PART, valid_parts};
use crate::error::Result;
use crate::reference::published::normalize::{IDEOGRAPHS, small_letters};
use crate::reference::published::unicode::contains;
use crate::support::interrupt;
use crate::support::once::Once;

const PAGE: usize = 256;
const RUN: usize = 32;

/// The small form of characters, in pages of the first letter's code; 0 for one that has none, or is of several characters.
struct Small {
    /// Which of `pages` is that of a code, by its upper bits; the first is empty.
    places: Vec<u8>,
    pages: Vec<[u32; PAGE]>,
}

impl Small {
    fn get() -> &'static Small {
        static SMALL: Once<Small> = Once::new();
        SMALL.get_or_make(|| {
            let mut small = Small { places: Vec::new(), pages: vec![[0; PAGE]] };
            let first =
                |utf8: &[u8]| str::from_utf8(utf8).ok().and_then(|text| text.chars().next()).map_or(0, u32::from);
            for (capital, letter) in small_letters() {
                let (code, small_code) = (first(capital), first(letter));
                let (upper, lower) = (code as usize / PAGE, code as usize % PAGE);
                if small.places.len() <= upper {
                    #[allow(clippy::disallowed_methods, reason = "a place for each page of Unicode")]
                    small.places.resize(upper + 1, 0);
                }
                if small.places[upper] == 0 {
                    small.places[upper] = u8::try_from(small.pages.len()).unwrap_or_else(|_| unreachable!("few pages"));
                    small.pages.push([0; PAGE]);
                }
                small.pages[usize::from(small.places[upper])][lower] = small_code;
            }
            small
        })
    }

    fn of(&self, code: u32) -> Option<char> {
        let place = *self.places.get(code as usize / PAGE)?;
        char::from_u32(self.pages[usize::from(place)][code as usize % PAGE]).filter(|&char| char != '\0')
    }
}

/// The text in small letters, None if it is.
pub fn lowercase(text: &[u8]) -> Result<Option<Vec<u8>>> {
    let Some(first) = first_capital(text)? else { return Ok(None) };
    let small = Small::get();
    let mut made = Vec::new();
    made.try_reserve(text.len())?;
    made.extend_from_slice(&text[..first]);
    let mut rest = &text[first..];
    while !rest.is_empty() {
        interrupt::check()?;
        let (block, after) = rest.split_at(block_end(rest));
        rest = after;
        made.try_reserve(block.len())?;
        for (mut valid, invalid) in valid_parts(block) {
            while !valid.is_empty() {
                let (ascii, more) = valid.split_at(ascii_length(valid.as_bytes()));
                let start = made.len();
                made.extend_from_slice(ascii.as_bytes());
                made[start..].make_ascii_lowercase();
                valid = more;
                for char in more.chars().take_while(|char| !char.is_ascii()) {
                    let letter = small.of(char.into()).unwrap_or(char);
                    made.try_reserve(4)?;
                    made.extend_from_slice(letter.encode_utf8(&mut [0; 4]).as_bytes());
                    if char == '\u{130}' {
                        // The only letter whose small form has two characters.
                        made.extend_from_slice("\u{307}".as_bytes());
                    }
                    valid = &valid[char.len_utf8()..];
                }
            }
            made.try_reserve(invalid.len())?;
            made.extend_from_slice(invalid);
        }
    }
    Ok(Some(made))
}

/// Where the first capital letter may be.
fn first_capital(text: &[u8]) -> Result<Option<usize>> {
    let small = Small::get();
    let mut at = 0;
    while at < text.len() {
        interrupt::check()?;
        let block = &text[at..at + block_end(&text[at..])];
        let mut done = 0;
        for (valid, invalid) in valid_parts(block) {
            let mut from = 0;
            while from < valid.len() {
                from += no_capital_length(&valid.as_bytes()[from..]);
                for char in valid[from..].chars() {
                    if small.of(char.into()).is_some() {
                        return Ok(Some(at + done + from));
                    }
                    from += char.len_utf8();
                    if char.is_ascii() {
                        break;
                    }
                }
            }
            done += valid.len() + invalid.len();
        }
        at += block.len();
    }
    Ok(None)
}

/// How long the ASCII is that a text begins with.
fn ascii_length(text: &[u8]) -> usize {
    let runs = text.chunks(RUN).take_while(|run| run.is_ascii()).map(<[u8]>::len).sum::<usize>();
    runs + text[runs..].iter().take_while(|byte| byte.is_ascii()).count()
}

/// How long the ASCII without capitals is that a text begins with.
fn no_capital_length(text: &[u8]) -> usize {
    let plain = |&byte: &u8| byte.is_ascii() && !byte.is_ascii_uppercase();
    let runs = text.chunks(RUN).take_while(|run| run.iter().fold(true, |all, byte| all & plain(byte)));
    let runs = runs.map(<[u8]>::len).sum::<usize>();
    runs + text[runs..].iter().take_while(|byte| plain(byte)).count()
}

/// Where a block of about `PART` bytes ends, at a byte that does not continue a character.
fn block_end(text: &[u8]) -> usize {
    let more = text.get(PART..).and_then(|more| more.iter().position(|byte| byte & 0xC0 != 0x80));
    more.map_or(text.len(), |more| PART + more)
}

/// Puts a space before and after each Chinese character.
pub fn space_ideographs(text: &[u8], edits: &mut Edits) -> Result<()> {
    // The UTF-8 of each begins with one of E3 to E9, EF and F0.
    let is_lead = |byte: &u8| matches!(byte, 0xE3..=0xE9 | 0xEF..=0xF0);
    let leads = text.iter().enumerate().filter(|(_, byte)| is_lead(byte)).map(|(at, _)| at);
    for (count, start) in leads.enumerate() {
        if count.is_multiple_of(RUN) {
            interrupt::check()?;
        }
        let end = start + if text[start] == 0xF0 { 4 } else { 3 };
        let char = text.get(start..end).and_then(|char| str::from_utf8(char).ok()?.chars().next());
        if char.is_some_and(|char| contains(&IDEOGRAPHS, char.into())) {
            edits.insert(start, b" ")?;
            edits.insert(end, b" ")?;
        }
    }
    Ok(())
}
