//! A window knows all starts of pieces, up to where it may not be sure.

use super::super::classes::{CASELESS, MARK, OTHER, UPPER, char_at, han_letter, is_han};
use super::super::tests::{ATOMS, GRAMMARS, scalar};
use super::*;
use crate::fast::simd::vector::Portable;
use proptest::prelude::*;

/// The flags of the character that each byte belongs to; none of a letter that is apart.
fn flags_of_bytes(grammar: Grammar, text: &[u8]) -> Vec<u8> {
    let mut flags = Vec::new();
    while flags.len() < text.len() {
        let at = flags.len();
        let (found, length) = char_at(text, at);
        let is_apart = grammar.han_is_apart() && found & CASELESS != 0 && is_han(&text[at..at + length]);
        let found = if is_apart { 0 } else { found };
        flags.extend(std::iter::repeat_n(found, length));
    }
    flags
}

/// Whether it is a Han character that the formulas do not cover, or looks like one.
fn is_rare_han(text: &[u8], at: usize) -> bool {
    let (flags, length) = char_at(text, at);
    let is_han = is_han(&text[at..at + length]);
    let (is_letter, is_unsure) = if length > 1 { han_letter(text[at], text[at + 1], flags) } else { (false, false) };
    assert_eq!(is_letter, is_han && flags & CASELESS != 0 && !is_unsure);
    assert!(!is_han || is_letter || is_unsure);
    is_unsure
}

/// How many bits of a window of well-formed text are sure.
fn sure(grammar: Grammar, text: &[u8]) -> usize {
    let flags = &flags_of_bytes(grammar, text)[..64];
    let edge = flags.iter().rposition(|flags| flags & WHITE == 0).map_or(0, |last| last + 1);
    let odd = (1..64).find(|&at| {
        let (before, here) = (flags[at - 1], flags[at]);
        (here & MARK != 0 && before & OTHER != 0) || (here & UPPER != 0 && before & (CASELESS | MARK) != 0)
    });
    let odd = odd.filter(|_| grammar.words() == Words::O200k && !text[..64].is_ascii());
    let mut starts = (0..64).filter(|&at| text[at] & 0xC0 != 0x80 && grammar.han_is_apart());
    let odd = [odd, starts.find(|&at| is_rare_han(text, at))].into_iter().flatten().min();
    61.min(edge + 1).min(odd.unwrap_or(64))
}

fn check(text: &[u8]) {
    for grammar in GRAMMARS {
        let starts = starts(Portable, grammar, text.first_chunk().unwrap(), &mut 0);
        let sure = sure(grammar, text);
        let ends = scalar(grammar, text);
        let expected = ends.iter().filter(|&&end| end < sure).fold(u64::from(sure > 0), |all, end| all | 1 << end);
        assert_eq!(starts, expected, "{grammar:?} on {:?}", String::from_utf8_lossy(text));
    }
}

/// Well-formed text longer than a window.
fn window() -> impl Strategy<Value = Vec<u8>> {
    let atoms = prop_oneof![
        6 => proptest::sample::select(ATOMS).prop_map(str::to_owned),
        1 => (proptest::sample::select(ATOMS), 1..40_usize).prop_map(|(atom, n)| atom.repeat(n)),
    ];
    let text = prop_oneof![
        4 => proptest::collection::vec(atoms, 1..30).prop_map(|atoms| atoms.concat()),
        1 => "[ a'sl1\n]{68}",
        1 => "[ a1\n\r/!\t]{68}",
        1 => "[ a1\n\u{3000}\u{663}\u{96A}\u{1D7D8}\u{20000}/!]{68}",
        1 => "[aA\u{301}\u{65E5}\u{E9}\u{1D400}! ']{68}",
    ];
    text.prop_map(|text| (text + &" and so it went on".repeat(4)).into_bytes())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_window_finds_every_start_up_to_where_it_is_sure(text in window()) {
        check(&text);
    }
}

#[test]
fn each_atom_in_each_place_of_a_window() {
    for atom in ATOMS {
        for before in 0..64 {
            let after = " and so it went on".repeat(4);
            check(format!("{}{atom}{after}", &"some words ".repeat(6)[..before]).as_bytes());
        }
    }
}

#[test]
fn runs_of_numbers_in_every_arrangement() {
    for bits in 0..1 << 10 {
        for digit in ["1", "\u{663}"] {
            let number: String = (0..10).map(|at| if bits >> at & 1 == 1 { digit } else { "x" }).collect();
            check((number + &"y".repeat(64)).as_bytes());
        }
    }
}

#[test]
fn a_flood_fills_a_run_from_its_seed_on_and_nothing_else() {
    for from in 0..64 {
        for to in from..64 {
            let run = u64::MAX << from & u64::MAX >> (63 - to);
            // All but the bit after the run may be flooded.
            let through = !(run << 1) | run;
            assert_eq!(flood_by_doubling(through, 1 << from), run, "{from} to {to}");
            assert_eq!(flood_by_doubling(through, run & (0x11 << from)), run, "{from} to {to}");
            assert_eq!(flood(through & run, 1 << from), run, "{from} to {to}");
        }
    }
}

#[test]
fn white_space_at_the_edge_of_a_window_is_left_open() {
    for run in [" ", "\n", "\n ", " \n", "\t\r\n ", "\u{3000}", "\u{A0}\n", "\u{85} "] {
        for before in 0..64 {
            for start in ["x", "é", "1", "!"] {
                let text = start.repeat(before) + &run.repeat(70);
                check(&text.as_bytes()[..text.floor_char_boundary(100)]);
                check((text + "x").as_bytes());
            }
        }
    }
}
