//! The starts of pieces in a window of 64 bytes, from bit masks. Must equal `scalar.rs`, and so `rust/reference/pretokenize.rs`.
//!
//! Bit i of a mask describes byte i, and every byte of a character that is not ASCII carries the character's class. A window
//! begins where a piece starts, so nothing before it matters, and zeros are shifted in.
//!
//! * *Shifts* compare neighbours: `white & !(white >> 1)` is where white runs end. A run of letters starts a piece unless the
//!   character before it leads that piece: `letter & !(letter << 1) & !(space << 1)`.
//! * *An addition* floods: in `newline + f` the carry runs through the ones from bit f upwards and clears them, so
//!   `newline & !(newline + f)` is the run of line ends that begins at f, for all the runs of the window at once.
//! * *Loops over rare bits* do the rest: contractions, white space before a line end, numbers of more than three digits.
//!
//! The scalar scanner takes a piece where a window cannot decide: after bit 60 (a contraction and a character reach three bytes
//! on), in white space that reaches the window's edge, and at *odd* bits, which the formulas do not cover: ill-formed bytes, marks
//! after punctuation, an upper-case letter after a caseless one, rare Han characters where these are apart.
//!
//! Cost: constant a window, plus a table look-up for each character that is not ASCII. Buys: with the table instead, text that comes
//! again takes 1.12 to 1.27 times as long.

use super::classes::{self, ILL_FORMED, NUMBER, WHITE};
use super::grammar::{Grammar, Words};
use super::scalar::contraction;
use super::wide_pairs;
use crate::fast::simd::vector::{Ascii, Vectors};

/// The bytes a window may look at: 64, and what a last character or contraction needs after them.
pub(super) const REACH: usize = 68;

struct Window {
    upper: u64,
    lower: u64,
    caseless: u64,
    /// Han letters, where they are apart: then they are in no other class.
    han: u64,
    mark: u64,
    number: u64,
    white: u64,
    newline: u64,
    space: u64,
    apostrophe: u64,
    slash: u64,
    continuation: u64,
    /// Where the formulas are not to be trusted.
    odd: u64,
}

/// The starts of pieces in a window that begins at one: bit 0, and all others up to where the window is sure. Adds the places where
/// characters of three bytes meet to `meetings`.
#[inline(always)]
pub(super) fn starts<V: Vectors>(vectors: V, grammar: Grammar, bytes: &[u8; REACH], meetings: &mut u64) -> u64 {
    let ascii = vectors.ascii(bytes.first_chunk().expect("a window is longer than 64 bytes"));
    if ascii.high == 0 {
        decide::<false>(grammar, bytes, narrow(&ascii))
    } else {
        *meetings |= wide_pairs::meetings(&ascii);
        decide_wide(vectors, grammar, bytes, &ascii)
    }
}

#[inline(always)]
fn narrow(ascii: &Ascii) -> Window {
    Window {
        upper: ascii.upper,
        lower: ascii.lower,
        caseless: 0,
        han: 0,
        mark: 0,
        number: ascii.number,
        white: ascii.space | ascii.control_white,
        newline: ascii.newline,
        space: ascii.space,
        apostrophe: ascii.apostrophe,
        slash: ascii.slash,
        continuation: 0,
        odd: 0,
    }
}

#[inline(always)]
fn decide_wide<V: Vectors>(vectors: V, grammar: Grammar, bytes: &[u8; REACH], ascii: &Ascii) -> u64 {
    decide::<true>(grammar, bytes, wide(vectors, grammar, bytes, ascii))
}

/// Adds the characters that are not ASCII: the flags of each are laid down at its first byte; the planes of the 64 flag bytes are
/// the masks, spread over the continuation bytes by carries.
#[inline(always)]
fn wide<V: Vectors>(vectors: V, grammar: Grammar, bytes: &[u8; REACH], ascii: &Ascii) -> Window {
    let continuation = ascii.continuation;
    let leads = ascii.high & !continuation;
    let (mut flags, mut han, mut unsure) = ([0; 64], 0, 0);
    let mut rest = leads;
    while rest != 0 {
        let at = rest.trailing_zeros() as usize % 64;
        rest &= rest - 1;
        let lead = bytes[at];
        flags[at] =
            if lead < 0xF0 { classes::short_flags(lead, bytes[at + 1], bytes[at + 2]) } else { long_flags(bytes, at) };
        if grammar.han_is_apart() {
            let (is_han, is_unsure) = classes::han_letter(lead, bytes[at + 1], flags[at]);
            (han, unsure) = (han | u64::from(is_han) << at, unsure | u64::from(is_unsure) << at);
        }
    }
    let [upper, lower, caseless, mark, number, white, _, ill_formed] = vectors.planes(&flags);
    // A missing continuation byte, or an extra one: its character began at most three bytes before.
    let expected = (leads << 1) | (leads & ascii.from_three) << 2 | (leads & ascii.from_four) << 3;
    let wrong = expected ^ continuation;
    let ill_formed = ill_formed | unsure;
    let odd = if wrong == 0 { ill_formed } else { ill_formed | 1 << wrong.trailing_zeros().saturating_sub(3) };
    let spread = |lead: u64| lead | (continuation & !(continuation.wrapping_add((lead << 1) & continuation)));
    let caseless = caseless & !han;
    let [upper, lower, caseless, han, mark, number, white] =
        [upper, lower, caseless, han, mark, number, white].map(spread);
    let mut all = narrow(ascii);
    all.upper |= upper;
    all.lower |= lower;
    all.caseless = caseless;
    all.han = han;
    all.mark = mark;
    all.number |= number;
    all.white |= white;
    all.continuation = continuation;
    all.odd = odd;
    all
}

#[inline(never)]
fn long_flags(bytes: &[u8; REACH], at: usize) -> u8 {
    let (flags, length) = classes::char_at(bytes, at);
    if length == 4 { flags } else { ILL_FORMED }
}

// The planes are in the order of the flags.
const _: () = assert!(classes::UPPER == 1 && NUMBER == 1 << 4 && WHITE == 1 << 5 && ILL_FORMED == 1 << 7);

#[inline(always)]
fn decide<const WIDE: bool>(grammar: Grammar, bytes: &[u8; REACH], mut all: Window) -> u64 {
    let starts = match grammar.words() {
        Words::Gpt2 => gpt2::<WIDE>(bytes, &all),
        Words::Cl100k => cl100k::<WIDE>(grammar, bytes, &all),
        Words::O200k => o200k::<WIDE>(grammar, bytes, &mut all),
    };
    // White space at the edge may go on: its first character is sure, the others are not.
    let unsure = (!all.white).leading_zeros().saturating_sub(1).clamp(3, 63);
    let sure = starts & (u64::MAX >> unsure);
    if WIDE { sure & (all.odd & all.odd.wrapping_neg()).wrapping_sub(1) } else { sure }
}

#[inline(always)]
fn gpt2<const WIDE: bool>(bytes: &[u8; REACH], all: &Window) -> u64 {
    let letter = all.upper | all.lower | all.caseless;
    let white = all.white;
    let punctuation = !(letter | all.number | white);
    let after_space = all.space << 1;
    let begins = |class: u64| class & !(class << 1);
    let taken = (begins(letter) | begins(all.number) | begins(punctuation)) & !after_space;
    let starts = taken | begins(white) | first_bytes::<WIDE>(white & !(white >> 1), all);
    let mut starts = starts;
    let mut rest = all.apostrophe & taken & (letter >> 1);
    while let Some(at) = next_bit(&mut rest) {
        let length = contraction(bytes[at + 1], bytes[at + 2], false);
        replace(&mut starts, at + 1, at + length, letter);
    }
    starts
}

#[inline(always)]
fn cl100k<const WIDE: bool>(grammar: Grammar, bytes: &[u8; REACH], all: &Window) -> u64 {
    let marks = if grammar.marks_are_letters() { all.mark } else { 0 };
    let letter = all.upper | all.lower | all.caseless | marks;
    let punctuation = !(letter | all.number | all.white);
    let absorbed = flood(all.newline, (punctuation << 1) & all.newline);
    let white = all.white & !absorbed;
    let mark_start = punctuation & !(punctuation << 1) & !(all.space << 1);
    let led = (white & !all.newline) << 1 | after::<WIDE>(mark_start, all);
    let mut starts = mark_start
        | (letter & !(letter << 1) & !led)
        | white_starts::<WIDE>(white, all)
        | number_starts::<WIDE>(grammar, all);
    let mut rest = all.apostrophe & mark_start & (letter >> 1);
    while let Some(at) = next_bit(&mut rest) {
        let length = contraction(bytes[at + 1], bytes[at + 2], true);
        replace(&mut starts, at + 1, at + length, letter);
    }
    starts
}

#[inline(always)]
fn o200k<const WIDE: bool>(grammar: Grammar, bytes: &[u8; REACH], all: &mut Window) -> u64 {
    let uncased = all.caseless | all.mark;
    let letter = all.upper | all.lower | uncased;
    let other = !(letter | all.number | all.white | all.han);
    if WIDE {
        all.odd |= (all.mark & (other << 1)) | (all.upper & (uncased << 1));
    }
    let seeds = (other << 1) & all.newline;
    let absorbed = if !grammar.takes_slashes() || all.slash & (all.newline << 1) == 0 {
        flood(all.newline, seeds)
    } else {
        flood_by_doubling(all.newline | all.slash, seeds)
    };
    let white = all.white & !absorbed;
    let punctuation = other & !absorbed;
    let mark_start = punctuation & !(punctuation << 1) & !(all.space << 1);
    let led = (white & !all.newline) << 1 | after::<WIDE>(mark_start, all);
    let mut starts = mark_start
        | (letter & !(letter << 1) & !led)
        | (all.upper & (all.lower << 1))
        | (all.han & !(all.han << 1))
        | white_starts::<WIDE>(white, all)
        | number_starts::<WIDE>(grammar, all);
    if !grammar.contractions() {
        return starts;
    }
    let mut rest = all.apostrophe & (letter << 1) & (letter >> 1);
    let mut last_end = 0;
    while let Some(at) = next_bit(&mut rest) {
        // A word takes one contraction only: a second one right after it leads a word of its own.
        if at != last_end || at == 0 {
            let length = contraction(bytes[at + 1], bytes[at + 2], true);
            if length > 0 {
                last_end = at + length;
                replace(&mut starts, at, last_end, letter);
            }
        }
    }
    starts
}

/// Takes off the lowest bit.
#[inline(always)]
fn next_bit(mask: &mut u64) -> Option<usize> {
    let bit = mask.trailing_zeros() as usize;
    *mask &= mask.wrapping_sub(1);
    (bit < 64).then_some(bit)
}

/// No starts in `from..to`; a start at `to` if it is one of `allowed`. Nothing if the range is empty or reversed.
#[inline(always)]
fn replace(starts: &mut u64, from: usize, to: usize, allowed: u64) {
    if from < to && to < 64 {
        *starts &= !((1 << to) - (1 << from));
        *starts |= (1 << to) & allowed;
    }
}

/// The parts of the runs of `through` from each seed on, where a run has at most one seed.
#[inline(always)]
fn flood(through: u64, seeds: u64) -> u64 {
    through & !through.wrapping_add(seeds)
}

/// With any number of seeds in a run, in six doublings: runs of 1, 2, 4 ... 32.
fn flood_by_doubling(mut through: u64, seeds: u64) -> u64 {
    let mut flooded = seeds;
    for step in [1, 2, 4, 8, 16, 32] {
        flooded |= through & (flooded << step);
        through &= through << step;
    }
    flooded
}

/// The bit after each of these characters, given by their first bytes; no two of them neighbours.
#[inline(always)]
fn after<const WIDE: bool>(first: u64, all: &Window) -> u64 {
    if WIDE { (first | all.continuation).wrapping_add(first) & !all.continuation } else { first << 1 }
}

/// The first bytes of characters of up to three bytes, given by their last.
#[inline(always)]
fn first_bytes<const WIDE: bool>(last: u64, all: &Window) -> u64 {
    if !WIDE {
        return last;
    }
    let second = (last & all.continuation) >> 1;
    let third = (second & all.continuation) >> 1;
    (last | second | third) & !all.continuation
}

/// The starts in white runs (what punctuation absorbed is not in `white`), for the patterns with `\s*[\r\n]`: a run's
/// first character, what follows its last line end, and its last character if that is not a line end.
#[inline(always)]
fn white_starts<const WIDE: bool>(white: u64, all: &Window) -> u64 {
    let blank = white & !all.newline;
    let mut starts =
        (white & !(white << 1)) | (blank & (all.newline << 1)) | first_bytes::<WIDE>(blank & !(white >> 1), all);
    // Blanks before a line end belong to it, from the start of the run on.
    let mut rest = (blank << 1) & all.newline;
    while let Some(end) = next_bit(&mut rest) {
        let before = !white & ((1 << end) - 1);
        let run = 64 - before.leading_zeros() as usize;
        starts &= !((1_u64 << end) - (1 << run)) | (1 << run);
    }
    starts
}

/// The starts in runs of numbers: every one, or every third.
#[inline(always)]
fn number_starts<const WIDE: bool>(grammar: Grammar, all: &Window) -> u64 {
    let number = all.number;
    if grammar.single_digits() {
        return number & !all.continuation;
    }
    let mut starts = number & !(number << 1);
    if WIDE && number & all.continuation != 0 {
        let (mut rest, mut taken) = (number & !all.continuation, 0);
        let runs = starts;
        while let Some(at) = next_bit(&mut rest) {
            taken = if runs >> at & 1 == 1 { 0 } else { taken + 1 };
            starts |= u64::from(taken % 3 == 0) << at;
        }
        return starts;
    }
    let third = number & (number << 1) & (number << 2);
    let mut next = (starts << 3) & third;
    while next != 0 {
        starts |= next;
        next = (next << 3) & third;
    }
    starts
}

#[cfg(test)]
mod tests;
