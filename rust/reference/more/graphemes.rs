//! What a reader takes for one character, and what characters are: white space, of words, of scripts without spaces.
//!
//! A *grapheme* is a character with what belongs to it: marks, the second letter of a flag, the rest of a syllable of Hangul.
//!
//! By hand: in `e\u{301}\r\na` graphemes end after the accent, after the line feed, and at the end.
//!
//! Costs: O(1) for a place; O(n) for the flags of a text, once.
//!
//! Implements SPEC C3.

use crate::error::Result;
use crate::reference::published::unicode::{CharSet, contains, property_set, union, white_space, word};
use crate::support::interrupt;
use crate::support::once::Once;

// Beside M, what belongs to the character before it; and the signs that join a consonant with the next one.
const JOINED: &str = "\u{200c}\u{200d}\u{e33}\u{eb3}\u{ff9e}\u{ff9f}";
const LINKERS: &str = "\u{94d}\u{9cd}\u{acd}\u{b4d}\u{c4d}\u{d4d}\u{1039}\u{17d2}\u{1a60}\u{a9c0}";

/// The characters before and after a place; line feeds where there is none.
pub fn around(text: &str, place: usize) -> (char, char) {
    let left = text[..place].chars().next_back().unwrap_or('\n');
    (left, text[place..].chars().next().unwrap_or('\n'))
}

/// Whether a character is one of some, none of which is a letter or digit of ASCII, nor a space.
pub fn holds(chars: &str, char: char) -> bool {
    !char.is_ascii_alphanumeric() && char != ' ' && chars.contains(char)
}

/// Returns whether a place is between two graphemes. `flags`: where runs of the letters of flags begin.
pub fn is_grapheme_border(text: &str, place: usize, flags: &[usize]) -> bool {
    let (left, right) = around(text, place);
    if left == '\r' && right == '\n' {
        return false;
    }
    if left == '\r' || left == '\n' || (left.is_ascii() && right.is_ascii()) {
        return true;
    }
    let modifies = matches!(right, '\u{1f3fb}'..='\u{1f3ff}' | '\u{e0020}'..='\u{e007f}');
    if is_mark(right) || holds(JOINED, right) || modifies {
        return false;
    }
    if left == '\u{200d}' {
        return is_space(right) || is_word(right);
    }
    if holds(LINKERS, left) {
        return !is_word(right);
    }
    if is_flag(left) && is_flag(right) {
        let run = flags[flags.partition_point(|&start| start < place) - 1];
        return ((place - run) / left.len_utf8()).is_multiple_of(2);
    }
    !is_syllable(left, right)
}

/// Returns whether two characters are of one syllable of Hangul: a consonant and a vowel, or what may end it after both.
pub fn is_syllable(left: char, right: char) -> bool {
    let begins = |char| matches!(char, '\u{1100}'..='\u{115f}' | '\u{a960}'..='\u{a97c}');
    let last = |char| matches!(char, '\u{11a8}'..='\u{11ff}' | '\u{d7cb}'..='\u{d7fb}');
    let whole = |char| matches!(char, '\u{ac00}'..='\u{d7a3}');
    if begins(left) && (is_vowel(right) || begins(right) || whole(right)) {
        return true;
    }
    if (whole(left) && (u32::from(left) - 0xAC00).is_multiple_of(28)) || is_vowel(left) {
        return is_vowel(right) || last(right);
    }
    (whole(left) || last(left)) && last(right)
}

pub fn is_vowel(char: char) -> bool {
    matches!(char, '\u{1160}'..='\u{11a7}' | '\u{d7b0}'..='\u{d7c6}')
}

/// Returns whether two such characters are a flag.
pub fn is_flag(char: char) -> bool {
    matches!(char, '\u{1f1e6}'..='\u{1f1ff}')
}

/// Returns where runs of the letters of flags begin.
pub fn flag_runs(text: &str) -> Result<Vec<usize>> {
    let (mut found, mut end) = (Vec::new(), None);
    // The first three bytes of all of them.
    for at in memchr::memmem::find_iter(text.as_bytes(), b"\xF0\x9F\x87") {
        interrupt::check()?;
        if text[at..].starts_with(is_flag) {
            if end != Some(at) {
                found.try_reserve(1)?;
                found.push(at);
            }
            end = Some(at + 4);
        }
    }
    Ok(found)
}

pub fn is_space(char: char) -> bool {
    if char.is_ascii() { matches!(char, '\t'..='\r' | ' ') } else { contains(&classes().space, char.into()) }
}

/// Returns whether a character is a letter of ASCII.
pub fn is_letter(char: char) -> bool {
    char.is_ascii_alphabetic()
}

pub fn is_word(char: char) -> bool {
    if char.is_ascii() { char.is_ascii_alphanumeric() || char == '_' } else { contains(&classes().word, char.into()) }
}

pub fn is_lower(char: char) -> bool {
    if char.is_ascii() { char.is_ascii_lowercase() } else { contains(&classes().lower, char.into()) }
}

pub fn is_mark(char: char) -> bool {
    !char.is_ascii() && contains(&classes().mark, char.into())
}

/// Returns whether a character is of a script that is written without spaces.
pub fn is_alone(char: char) -> bool {
    !char.is_ascii() && contains(&classes().unspaced, char.into())
}

/// The scripts that are written without spaces, and the sign that lengthens a vowel of Japanese.
pub fn unspaced() -> CharSet {
    let scripts = ["Han", "Hiragana", "Katakana", "Thai", "Lao", "Myanmar", "Khmer"];
    let chars = scripts.iter().flat_map(|script| property_set(script).unwrap_or_default());
    union(chars.chain([(0x30FC, 0x30FC)]))
}

struct Classes {
    space: CharSet,
    word: CharSet,
    lower: CharSet,
    mark: CharSet,
    unspaced: CharSet,
}

fn classes() -> &'static Classes {
    static CLASSES: Once<Classes> = Once::new();
    CLASSES.get_or_make(|| Classes {
        space: white_space(),
        word: word(),
        lower: property_set("Ll").unwrap_or_default(),
        mark: property_set("M").unwrap_or_default(),
        unspaced: unspaced(),
    })
}
