//! Where a split pattern cuts a text, and which of its alternatives matches at a place: what `explain/alternatives.py` asks its engine.

use super::{NONE, answer, numbers, wrong};
use crate::error::Result;
use crate::fast::util::fallible::push;
use crate::reference::published::patterns::Pattern;
use crate::reference::published::regexes::parse;
use crate::support::engine::Engine;
use crate::support::spent::Spent;
use foldhash::{HashMap, HashMapExt};
use std::cell::RefCell;
use std::collections::hash_map::Entry;

/// Compiled alternatives are kept up to this many.
const KEPT: usize = 256;

thread_local! {
    static COMPILED: RefCell<HashMap<String, Engine>> = RefCell::new(HashMap::new());
    static PATTERNS: RefCell<HashMap<String, Pattern>> = RefCell::new(HashMap::new());
}

/// Where each piece ends that a pattern makes of a text. The arguments are the text and the pattern.
#[cfg_attr(target_family = "wasm", unsafe(no_mangle))]
pub extern "C" fn pieces() -> u32 {
    answer(|arguments| {
        let (text, source) = (arguments.bytes()?, arguments.text()?);
        PATTERNS.with_borrow_mut(|patterns| {
            if patterns.len() >= KEPT {
                patterns.clear();
            }
            let pattern = match patterns.entry(source) {
                Entry::Occupied(held) => held.into_mut(),
                Entry::Vacant(place) => {
                    let pattern = Pattern::new(place.key())?;
                    place.insert(pattern)
                }
            };
            let (mut ends, mut end) = (Vec::new(), 0);
            pattern.split(&text, &mut |piece| {
                end += piece.len() as u32;
                push(&mut ends, end)
            })?;
            Ok(numbers(ends))
        })
    })
}

/// For each of some places of a text: the number of the first alternative that matches there, and where its match ends.
/// The arguments are the text, the places, and the alternatives.
#[cfg_attr(target_family = "wasm", unsafe(no_mangle))]
pub extern "C" fn first_matches() -> u32 {
    answer(|arguments| {
        let (text, places, sources) = (arguments.bytes()?, arguments.numbers()?, arguments.texts()?);
        let seen = Seen::of(&text);
        COMPILED.with_borrow_mut(|compiled| {
            if compiled.len() + sources.len() > KEPT {
                compiled.clear();
            }
            for source in &sources {
                if !compiled.contains_key(source) {
                    compiled.insert(source.clone(), Engine::new(source, &parse(source)?)?);
                }
            }
            let mut found = Vec::with_capacity(2 * places.len());
            for &place in &places {
                found.extend(first_match(compiled, &sources, &seen, place as usize)?);
            }
            Ok(numbers(found))
        })
    })
}

/// A text as a pattern sees it: U+FFFD for each byte that is not UTF-8.
struct Seen {
    text: String,
    /// Where each such byte stands in the text, in ascending order.
    odd: Vec<usize>,
}

impl Seen {
    /// How much longer U+FFFD is than the byte.
    const MORE: usize = char::REPLACEMENT_CHARACTER.len_utf8() - 1;

    fn of(bytes: &[u8]) -> Seen {
        let mut seen = Seen { text: String::with_capacity(bytes.len()), odd: Vec::new() };
        let mut at = 0;
        for chunk in bytes.utf8_chunks() {
            seen.text.push_str(chunk.valid());
            at += chunk.valid().len();
            for _ in chunk.invalid() {
                seen.text.push(char::REPLACEMENT_CHARACTER);
                seen.odd.push(at);
                at += 1;
            }
        }
        seen
    }

    fn place(&self, place: usize) -> usize {
        place + Seen::MORE * self.odd.partition_point(|&odd| odd < place)
    }

    /// The place in the bytes of one that is seen.
    fn unseen(&self, place: usize) -> usize {
        let (mut low, mut high) = (0, self.odd.len());
        while low < high {
            let middle = usize::midpoint(low, high);
            if self.odd[middle] + Seen::MORE * middle < place { low = middle + 1 } else { high = middle }
        }
        place - Seen::MORE * low
    }
}

fn first_match(compiled: &HashMap<String, Engine>, sources: &[String], seen: &Seen, place: usize) -> Result<[u32; 2]> {
    let at = seen.place(place);
    if !seen.text.is_char_boundary(at) {
        return Err(wrong("a place is inside a character"));
    }
    for (number, source) in sources.iter().enumerate() {
        if let Some(end) = compiled[source].match_at(&seen.text, at, &mut Spent::of(seen.text.len()))? {
            return Ok([number as u32, seen.unseen(end) as u32]);
        }
    }
    Ok([NONE, NONE])
}

#[cfg(test)]
mod tests {
    use super::super::tests::call;
    use super::*;

    #[test]
    fn the_first_that_matches() {
        let places = numbers([0, 1, 4, 5]);
        let arguments: [&[u8]; 5] = [b"I'll 7", &places, br"'(?:[sdmt]|ll)", br" ?\p{L}++", br"\s(?!\S)"];
        let answered = call(&arguments, || first_matches()).unwrap();
        let wanted = [1, 1, 0, 4, NONE, NONE, NONE, NONE];
        assert_eq!(answered, numbers(wanted));
        assert!(call(&[b"a", &numbers([0]), b"("], || first_matches()).is_err());
        assert!(call(&["é".as_bytes(), &numbers([1]), b"a"], || first_matches()).is_err());
    }

    #[test]
    fn bytes_that_are_not_utf_8_are_seen_as_one_character_each() {
        let arguments: [&[u8]; 4] = [b"\xffa\xc3\xc3b", &numbers([0, 1, 2, 4]), br"\x{FFFD}+", br"a.+"];
        let answered = call(&arguments, || first_matches()).unwrap();
        assert_eq!(answered, numbers([0, 1, 1, 5, 0, 4, NONE, NONE]));
    }

    #[test]
    fn pieces_of_any_pattern() {
        assert_eq!(call(&[b"I'll  go", b"gpt2"], || pieces()).unwrap(), numbers([1, 4, 5, 8]));
        assert_eq!(call(&[b"a12", br"\p{N}(?#then)gpt2"], || pieces()).unwrap(), numbers([1, 2, 3]));
        assert!(call(&[b"a", b"("], || pieces()).is_err());
    }
}
