//! Which alternative of a split pattern matches at a place: what `explain/alternatives.py` asks its engine.

use super::{NONE, answer, numbers, wrong};
use crate::error::{Error, Result};
use crate::regexes::translate;
use fancy_regex::{Regex, RegexBuilder};
use foldhash::{HashMap, HashMapExt};
use std::cell::RefCell;

/// How many steps back one search may take, as in `pretokenize.rs`.
const STEP_LIMIT: usize = 100_000_000;
/// Compiled alternatives are kept up to this many.
const KEPT: usize = 256;

thread_local! {
    static COMPILED: RefCell<HashMap<String, Regex>> = RefCell::new(HashMap::new());
}

/// For each of some places of a text: the number of the first alternative that matches there, and where its match ends.
/// The arguments are the text, the places, and the alternatives.
#[cfg_attr(target_family = "wasm", unsafe(no_mangle))]
pub extern "C" fn first_matches() -> u32 {
    answer(|arguments| {
        let (text, places, sources) = (arguments.text()?, arguments.numbers()?, arguments.texts()?);
        COMPILED.with_borrow_mut(|compiled| {
            if compiled.len() + sources.len() > KEPT {
                compiled.clear();
            }
            for source in &sources {
                if !compiled.contains_key(source) {
                    compiled.insert(source.clone(), anchored(source)?);
                }
            }
            let mut found = Vec::with_capacity(2 * places.len());
            for &place in &places {
                found.extend(first_match(compiled, &sources, &text, place as usize)?);
            }
            Ok(numbers(found))
        })
    })
}

fn first_match(compiled: &HashMap<String, Regex>, sources: &[String], text: &str, place: usize) -> Result<[u32; 2]> {
    if !text.is_char_boundary(place) {
        return Err(wrong("a place is inside a character"));
    }
    for (number, source) in sources.iter().enumerate() {
        let found = compiled[source].find_from_pos(text, place).map_err(|_| Error::Pattern {
            pattern: source.clone(),
            reason: "matching the pattern takes too many steps".into(),
        })?;
        if let Some(found) = found {
            return Ok([number as u32, found.end() as u32]);
        }
    }
    Ok([NONE, NONE])
}

/// The alternative, compiled so that it matches only where a search begins.
fn anchored(source: &str) -> Result<Regex> {
    let translated = format!(r"\G(?:{})", translate(source)?);
    RegexBuilder::new(&translated)
        .backtrack_limit(STEP_LIMIT)
        .build()
        .map_err(|error| Error::Pattern { pattern: source.into(), reason: error.to_string() })
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
}
