//! Which ids may come next, if all ids are to stay those that the tokenizer gives for some text.
//!
//! A model can choose any id. Only some of them go on with a text as the tokenizer would write it: after `a`, the id `b` is
//! impossible where both are merged. Ids are *viable* if some text has them as its first ids; what may come next is every id with
//! which they stay viable.
//!
//! By hand, with the merges `ab` and `abc`: `b` may not come after `a`, nor `c` after `ab`.
//! Viable is not the same as encoded: with `cl100k`, two spaces are one token, but before a digit they are two; so
//! two ids of a space are viable, and are not the ids of their own text.
//!
//! Invariants: the ids of a text are viable, and so are the first of viable ids. What ends inside a character is viable if some
//! character completes it.
//!
//! Costs, V ids and n bytes: an encoding of the text for each of V ids, for each kind of character that may follow, and for each
//! way to complete a character. `rust/fast/next` answers from tables.
//!
//! Implements SPEC L6.

use crate::error::Result;
use crate::reference::published::codecs::Codec;
use crate::reference::published::preprocess::TokenFinder;
use crate::support::interrupt;
use foldhash::HashSet;

/// White space may be cut off because of what follows it.
pub const SPACES: &str = " \n\r\t\u{a0}";
/// A character of each kind that patterns tell apart; contractions need some letters.
pub const KINDS: &str = "aAsSdDmMtTlLvVeErR\u{17f}\u{e9}\u{c9}\u{1c5}\u{2b0}\u{4e2d}\u{3042}\u{d55c}\u{e01}1\u{2167}\u{b2}\u{301} \
                         \n\r\t\u{a0}'/.-_({\u{200d}\u{1f600}";

/// Returns the ids that may come after viable ids, ascending.
pub fn next_ids(codec: &Codec, finder: &TokenFinder, ids: &[u32]) -> Result<Vec<u32>> {
    let found = finder.early.tokens().iter().filter_map(|(_, id)| *id);
    let mut known: Vec<u32> = codec.vocab.tokens.iter().map(|(id, _)| id).chain(found).collect();
    known.sort_unstable();
    known.dedup();
    let (mut longer, mut next) = ([ids, &[0]].concat(), Vec::new());
    for id in known {
        longer[ids.len()] = id;
        if is_viable(codec, finder, &longer)? {
            next.push(id);
        }
    }
    Ok(next)
}

/// Whether some text has these ids as its first ids.
pub fn is_viable(codec: &Codec, finder: &TokenFinder, ids: &[u32]) -> Result<bool> {
    let (text, kinds) = (codec.decode_bytes(ids)?, kinds(codec));
    for more in continuations(&kinds, &text) {
        interrupt::check()?;
        if codec.encode(&[&text[..], &more].concat(), finder, false)?.starts_with(ids) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// A character of each kind, and those that the pattern names; and a letter after white space.
pub fn kinds(codec: &Codec) -> Vec<Vec<u8>> {
    let mut seen = HashSet::default();
    let chars = KINDS.chars().chain(codec.pattern.source().chars()).filter(|&char| seen.insert(char));
    let spaces = SPACES.chars().map(|space| format!("{space}a"));
    chars.map(String::from).chain(spaces).map(String::into_bytes).collect()
}

/// Returns what is tried after a text: what completes its last character, and after that nothing, or one of `kinds`.
pub fn continuations<'t>(kinds: &'t [Vec<u8>], text: &'t [u8]) -> impl Iterator<Item = Vec<u8>> + 't {
    let cut = text.iter().rposition(|byte| byte & 0xC0 != 0x80).unwrap_or(0);
    let (before, char) = text.split_at(cut);
    let is_whole = is_text(text);
    let missing = if is_whole || !is_text(before) { 0 } else { length_of(char).saturating_sub(char.len()) };
    let mores = std::iter::once(&[][..]).chain(kinds.iter().map(Vec::as_slice));
    mores.flat_map(move |more| {
        let ends = is_whole.then(Vec::new).into_iter().chain(completions(char, missing));
        ends.map(move |end| [&end, more].concat())
    })
}

/// What completes a character that lacks some bytes. The next byte decides whether there is such a character.
pub fn completions(char: &[u8], missing: usize) -> impl Iterator<Item = Vec<u8>> + '_ {
    let behind = missing.saturating_sub(1);
    let is_first = move |&byte: &u8| missing > 0 && is_text(&[char, &[byte], &vec![0x80; behind]].concat());
    (0x80..0xC0).filter(is_first).flat_map(move |first| {
        (0..1_u32 << (6 * behind)).map(move |number| {
            let rest = (0..behind).rev().map(|place| 0x80 | (number >> (6 * place) & 0x3F).to_le_bytes()[0]);
            std::iter::once(first).chain(rest).collect()
        })
    })
}

/// How many bytes a character has that begins with these.
pub fn length_of(char: &[u8]) -> usize {
    1 + usize::from(char[0] >= 0xC0) + usize::from(char[0] >= 0xE0) + usize::from(char[0] >= 0xF0)
}

/// Whether some bytes are UTF-8.
pub fn is_text(data: &[u8]) -> bool {
    std::str::from_utf8(data).is_ok()
}
