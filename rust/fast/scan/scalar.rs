//! The named patterns by hand, one character at a time. Must equal the regular expressions of `rust/reference/pretokenize.rs`.
//!
//! A pattern without look-behind is a function from where a piece starts to where it ends. Each function tries the alternatives
//! of its pattern in their order. None needs backtracking, since what may follow a run is decided while the run is read:
//!
//! * A white run of n characters that ends before a non-white one yields n - 1 (`\s+(?!\S)`), so the last one can lead
//!   the next piece; if it holds a line end (cl100k, o200k), everything up to the last line end (`\s*[\r\n]`).
//! * An o200k word is `[upper or caseless]*` and then `[lower or caseless]+`. Phase one reads uppers, caseless letters
//!   and marks; the first strict lower-case letter begins phase two, where an upper ends the word. If phase one ends
//!   without a lower-case letter, the first alternative still needs one character of the second set: the greedy
//!   prefix gives back its trailing uppers, so the word ends after its last caseless letter or mark. Only where there is
//!   none does the second alternative (all upper case) apply.
//!
//! No character is left unmatched: letters, numbers, white space and all the rest each have a rule that takes one alone.
//!
//! Cost: O(piece + the white run after it); over a whole text O(n), since a run is read at most twice as a piece and once as what
//! follows one.

use super::classes::{CASELESS, LETTER, LOWER, MARK, NEWLINE, NUMBER, OTHER, UPPER, WHITE, char_at, is_han};
use super::grammar::{Grammar, Words};
use crate::support::interrupt;

/// How many characters of a piece are read between two checks whether to stop.
const STRETCH: usize = if cfg!(any(test, fuzzing)) { 3 } else { 1 << 16 };
/// What `[^\s\p{L}\p{N}]` matches.
const PUNCTUATION: u8 = OTHER | MARK;

/// `start` must be less than `text.len()`.
#[inline]
pub fn piece_end(grammar: Grammar, text: &[u8], start: usize) -> usize {
    match grammar.words() {
        Words::Gpt2 => gpt2(text, start),
        Words::Cl100k => cl100k(grammar, text, start),
        Words::O200k => o200k(grammar, text, start),
    }
}

pub(super) fn gpt2(text: &[u8], start: usize) -> usize {
    if text[start] == b'\''
        && let length @ 1.. = suffix(text, start, false)
    {
        return start + length;
    }
    let (mut flags, mut length) = char_at(text, start);
    let mut at = start;
    if text[start] == b' ' {
        let next = char_at(text, start + 1);
        if next.0 & (LETTER | NUMBER | PUNCTUATION) != 0 {
            (at, flags, length) = (start + 1, next.0, next.1);
        }
    }
    for set in [LETTER, NUMBER, PUNCTUATION] {
        if flags & set != 0 {
            return run(text, at + length, set);
        }
    }
    white(text, start, Grammar::Gpt2)
}

#[inline]
pub(super) fn cl100k(grammar: Grammar, text: &[u8], start: usize) -> usize {
    let marks = if grammar.marks_are_letters() { MARK } else { 0 };
    let (letters, punctuation) = (LETTER | marks, PUNCTUATION & !marks);
    if text[start] == b'\''
        && let length @ 1.. = suffix(text, start, true)
    {
        return start + length;
    }
    let (flags, length) = char_at(text, start);
    if flags & letters != 0 {
        return run(text, start + length, letters);
    }
    if flags & NUMBER != 0 {
        return numbers(grammar, text, start);
    }
    let (next, next_length) = char_at(text, start + length);
    if next & letters != 0 && flags & NEWLINE == 0 {
        return run(text, start + length + next_length, letters);
    }
    if flags & punctuation != 0 || (text[start] == b' ' && next & punctuation != 0) {
        let end = run(text, start + length, punctuation);
        return run(text, end, NEWLINE);
    }
    white(text, start, grammar)
}

#[inline]
pub(super) fn o200k(grammar: Grammar, text: &[u8], start: usize) -> usize {
    if grammar.han_is_apart()
        && let end @ 1.. = han(text, start)
    {
        return end;
    }
    let (flags, length) = char_at(text, start);
    if flags & (LETTER | MARK) != 0 {
        return word(grammar, text, start);
    }
    if flags & NUMBER != 0 {
        return numbers(grammar, text, start);
    }
    let (next, _) = cased_char_at(grammar, text, start + length);
    if next & (LETTER | MARK) != 0 && flags & NEWLINE == 0 {
        return word(grammar, text, start + length);
    }
    if flags & OTHER != 0 || (text[start] == b' ' && next & OTHER != 0) {
        let mut end = run(text, start + length, PUNCTUATION);
        while text.get(end).is_some_and(|&byte| is_newline(byte) || (byte == b'/' && grammar.takes_slashes())) {
            end += 1;
        }
        return end;
    }
    white(text, start, grammar)
}

fn is_newline(byte: u8) -> bool {
    matches!(byte, b'\r' | b'\n')
}

/// As [`char_at`], in a word of the grammar: a Han character that is apart is not a letter there, and such a mark is punctuation.
#[inline(always)]
fn cased_char_at(grammar: Grammar, text: &[u8], at: usize) -> (u8, usize) {
    let (flags, length) = char_at(text, at);
    if grammar.han_is_apart() && flags & (CASELESS | MARK) != 0 && is_han(&text[at..at + length]) {
        (if flags & MARK == 0 { 0 } else { OTHER }, length)
    } else {
        (flags, length)
    }
}

/// The end of the run of Han characters at `start`; 0 if there is none.
fn han(text: &[u8], start: usize) -> usize {
    let is_in = |at: usize, length: usize| length > 1 && is_han(&text[at..at + length]);
    let (_, length) = char_at(text, start);
    if is_in(start, length) { run_of(text, start, |_, at, length| is_in(at, length)) } else { 0 }
}

#[inline(always)]
fn run(text: &[u8], mut at: usize, set: u8) -> usize {
    if set & LOWER != 0 {
        at += ascii_letters(text, at, set & UPPER != 0);
    }
    run_of(text, at, |flags, _, _| flags & set != 0)
}

/// The end of the longest run of characters for which this is true of the flags, the start and the length.
#[inline(always)]
fn run_of(text: &[u8], mut at: usize, is_in: impl Fn(u8, usize, usize) -> bool) -> usize {
    loop {
        for _ in 0..STRETCH {
            let (flags, length) = char_at(text, at);
            if !is_in(flags, at, length) {
                return at;
            }
            at += length;
        }
        if stopped() {
            return text.len();
        }
    }
}

/// Whether the work is to stop; then any end will do.
#[cold]
fn stopped() -> bool {
    interrupt::stopped()
}

/// How many of the next eight bytes are ASCII letters (lower case alone, or either). Most words end within them, and one test of a
/// 64-bit word has no branch to mispredict.
#[inline(always)]
fn ascii_letters(text: &[u8], at: usize, upper_too: bool) -> usize {
    const EACH: u64 = 0x0101_0101_0101_0101;
    let Some(&bytes) = text[at..].first_chunk() else { return 0 };
    let word = u64::from_le_bytes(bytes);
    let folded = if upper_too { word | (0x20 * EACH) } else { word } & (0x7F * EACH);
    // The high bit of a byte's sum says whether the byte reaches the bound.
    let from_a = folded + EACH * u64::from(0x80 - b'a');
    let after_z = folded + EACH * u64::from(0x80 - (b'z' + 1));
    let others = !(from_a & !after_z & !word) & (0x80 * EACH);
    others.trailing_zeros() as usize / 8
}

/// `\p{N}{1,3}` or `\p{N}`; the first is known to be there.
fn numbers(grammar: Grammar, text: &[u8], mut at: usize) -> usize {
    for _ in 0..if grammar.single_digits() { 1 } else { 3 } {
        let (flags, length) = char_at(text, at);
        if flags & NUMBER == 0 {
            break;
        }
        at += length;
    }
    at
}

/// The two-phase word of o200k, from the first letter or mark after the optional leading character.
fn word(grammar: Grammar, text: &[u8], at: usize) -> usize {
    let end = cased_word(grammar, text, at);
    if grammar.contractions() { end + suffix(text, end, true) } else { end }
}

fn cased_word(grammar: Grammar, text: &[u8], mut at: usize) -> usize {
    let mut last_caseless = None;
    loop {
        for _ in 0..STRETCH {
            let (flags, length) = cased_char_at(grammar, text, at);
            if flags & LOWER != 0 {
                at += length + ascii_letters(text, at + length, false);
                return run_of(text, at, |_, at, _| {
                    cased_char_at(grammar, text, at).0 & (LOWER | CASELESS | MARK) != 0
                });
            }
            if flags & (UPPER | CASELESS | MARK) == 0 {
                return last_caseless.unwrap_or(at);
            }
            at += length;
            if flags & UPPER == 0 {
                last_caseless = Some(at);
            }
        }
        if stopped() {
            return text.len();
        }
    }
}

/// The length of the contraction at `at` ('s 't 'm 'd 're 've 'll), or 0.
fn suffix(text: &[u8], at: usize, ignore_case: bool) -> usize {
    let &[b'\'', first, ref rest @ ..] = &text[at..] else { return 0 };
    contraction(first, rest.first().copied().unwrap_or(0), ignore_case)
}

/// The length of a contraction with its apostrophe, from the two bytes after that, or 0. The long s (U+017F) is an `s` when case
/// is ignored; no other letter here has such a relative.
#[inline(always)]
pub(super) fn contraction(first: u8, second: u8, ignore_case: bool) -> usize {
    let fold = if ignore_case { 0x20 } else { 0 };
    match (first | fold, second | fold) {
        (b's' | b't' | b'm' | b'd', _) => 2,
        (b'r' | b'v', b'e') | (b'l', b'l') => 3,
        _ if ignore_case && (first, second) == (0xC5, 0xBF) => 3,
        _ => 0,
    }
}

/// The piece at the start of a white run, where no alternative takes its first character as a leading one.
fn white(text: &[u8], start: usize, grammar: Grammar) -> usize {
    let (mut at, mut last, mut after_newline) = (start, start, start);
    'run: loop {
        for _ in 0..STRETCH {
            let (flags, length) = char_at(text, at);
            if flags & WHITE == 0 {
                break 'run;
            }
            last = at;
            at += length;
            if flags & NEWLINE != 0 {
                after_newline = at;
            }
        }
        if stopped() {
            return text.len();
        }
    }
    let at_end = at == text.len();
    match grammar.words() {
        _ if at_end && grammar.whole_tail() => at,
        Words::Cl100k | Words::O200k if after_newline > start => after_newline,
        _ if last > start && !at_end => last,
        _ => at,
    }
}

#[cfg(test)]
mod tests {
    use super::ascii_letters;

    #[test]
    fn the_letters_among_eight_bytes_are_counted_up_to_the_first_other_byte() {
        for (letters, upper_too) in [("azmqbyce", false), ("azAZmQbY", true)] {
            for count in 0..8 {
                for other in 0..=u8::MAX {
                    let mut text = format!("  {letters} ").into_bytes();
                    text[2 + count] = other;
                    let goes_on = other.is_ascii_lowercase() || (upper_too && other.is_ascii_uppercase());
                    let expected = if goes_on { 8 } else { count };
                    assert_eq!(ascii_letters(&text, 2, upper_too), expected, "{text:?}");
                }
            }
            // The rest is read one by one.
            assert_eq!(ascii_letters(letters.as_bytes(), 1, upper_too), 0);
            assert_eq!(ascii_letters(letters.as_bytes(), 8, upper_too), 0);
        }
        assert_eq!(ascii_letters(b"abcdEfgh", 0, false), 4);
    }
}
