//! Compiled patterns against the mirror, which runs a regular-expression engine.

#![allow(clippy::disallowed_types, reason = "tests do not fork")]

use super::partition::Partition;
use super::program::sets_of;
use crate::error::Result;
use crate::fast::scan::tests::{ATOMS, BAD_BYTES, trap};
use crate::fast::scan::{Cuts, Scanner, Tier};
use crate::reference::published::patterns::{Pattern, difference, expressions};
use crate::reference::published::regexes::parse;
use proptest::prelude::*;
use std::collections::HashMap;
use std::sync::LazyLock;

/// A pattern, cut by the engine and by its scanner.
#[derive(Debug)]
pub(super) struct Case {
    pub(super) name: String,
    pub(super) source: String,
    mirror: Pattern,
    /// In passes, where no one machine does all steps.
    passes: Option<Pattern>,
    pub(super) tier: Option<Tier>,
    /// The same table, read a character at a time.
    plain: Option<Tier>,
}

impl Case {
    pub(super) fn new(name: &str, source: &str) -> Case {
        let mirror = Pattern::with(source, false).unwrap();
        let tier = Tier::new(&expressions(source)).unwrap().ok();
        let passes = tier.is_none().then(|| Pattern::with(source, true).unwrap());
        let plain = tier.as_ref().and_then(|tier| match tier {
            Tier::Table(table) => Some(Tier::Table(table.plain())),
            _ => None,
        });
        Case { name: name.into(), source: source.into(), mirror, passes, tier, plain }
    }

    /// Whether both cut the text alike.
    pub(super) fn check(&self, text: &[u8]) {
        let found = match (&self.tier, &self.passes) {
            (Some(tier), _) => scanned(tier, text),
            (None, Some(passes)) => ends_of(passes, text),
            (None, None) => unreachable!(),
        };
        let expected = match all_ends(&self.mirror, text) {
            Ok(expected) => expected,
            // The mirror tries all ways.
            Err(_) if self.source == EXPONENTIAL => return,
            Err(error) => panic!("{error} on {text:?}"),
        };
        assert_eq!(found, expected, "{} on {:?} ({text:?})", self.name, String::from_utf8_lossy(text));
        if let Some(plain) = &self.plain {
            assert_eq!(scanned(plain, text), expected, "{} on {:?}, plainly", self.name, String::from_utf8_lossy(text));
        }
    }
}

pub(super) fn ends_of(pattern: &Pattern, text: &[u8]) -> Vec<usize> {
    all_ends(pattern, text).unwrap()
}

fn all_ends(pattern: &Pattern, text: &[u8]) -> Result<Vec<usize>> {
    let (mut ends, mut end) = (Vec::new(), 0);
    pattern.split(text, &mut |piece| {
        end += piece.len();
        ends.push(end);
        Ok(())
    })?;
    Ok(ends)
}

pub(super) fn scanned(tier: &Tier, text: &[u8]) -> Vec<usize> {
    let (mut all, mut block) = (Vec::new(), Vec::new());
    let mut scanner = Scanner::of(tier, text);
    while scanner.next_block(&mut block, 512).unwrap() {
        assert!(!block.is_empty());
        assert_eq!(scanner.position(), *block.last().unwrap());
        all.extend_from_slice(&block);
    }
    all
}

/// The patterns of `tests/patterns.json`.
pub(super) static IN_USE: LazyLock<Vec<Case>> = LazyLock::new(|| {
    let file: serde_json::Value = serde_json::from_str(include_str!("../../../../tests/patterns.json")).unwrap();
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    let patterns = file["patterns"].as_array().unwrap();
    patterns.iter().map(|case| Case::new(&text(&case["name"]), &text(&case["pattern"]))).collect()
});

/// The ways through it are as many as those of adding up ones and twos to the number of `a`.
const EXPONENTIAL: &str = "(?:aa|a)+b|aab|a";

/// Patterns that are hard for the compiler.
const HARD: &[&str] = &[
    "a*b|a", "(?:a|b)*c|ab|a", EXPONENTIAL, "aaab|b", "abab|a", " ?a|  b", "a{3}|b{2,}c", "(?=b)|ab",
    "a(?=b)|(?=a)|b+", "a??b|a+?c|c", "(?:ab?)*?c", "a?+b|a", "a{1,3}+b|a{2}", "(?>a*)b|a", "(?>ab|a)",
    r"\ba+|b\B|\b.", r"(?<=a)b+|a|(?<!a)c+", r"(?<=^)a|b+$|(?<!^)a+", r"^a|a$|\Aab|\s+(?!\S)", r"(?!a)\w+|a\W?",
    "a(?!b|$)|b", r"(?:(?=[ab])[^b])*c|b", "(?i)k+|[^k]s", "", "a?", "(?:|a)b", r"[a-z&&[^aeiou]]+|[aeiou]{2}",
    r"\p{Han}+|\p{Hiragana}+|[^\p{Han}]", r"\s{30}(?!\S)|\s{7}|\s", "x*y*z*|a", "(?:a+b+)+c|a|b", r"a+(?#then)\b\w",
    r"[ab]+(?#then)a+|(?<=a)b(?#then).", "none(?#then)a+", r"\d+(?#then)(?<!\d)a|\D{2}", "(?=b)", "|a", "a*", "a*b|",
    "(?:a+b|)c?", r"\b", r"\B|$", "^|(?<=b)|ab", "a??|b", "aab|a??", "(?!a)|a+(?!b)", "(?<=a)|a*b|a",
    "(?=a)(?#then)b?", "b*(?#then)(?<=a)|a(?#then)(?=c)", r"(?=(\d{3})+(?!\d))", "(?=ab)|a(?!bc)",
];

pub(super) static ALL_HARD: LazyLock<Vec<Case>> =
    LazyLock::new(|| HARD.iter().filter(|source| !source.is_empty()).map(|source| Case::new(source, source)).collect());

fn every_case() -> impl Iterator<Item = &'static Case> {
    IN_USE.iter().chain(ALL_HARD.iter())
}

/// All texts of up to `most` of these characters.
pub(super) fn texts(alphabet: &[char], most: usize) -> Vec<String> {
    let mut all = vec![String::new()];
    let mut from = 0;
    for _ in 0..most {
        let longer = all[from..].iter().flat_map(|text| alphabet.iter().map(move |char| format!("{text}{char}")));
        let longer: Vec<String> = longer.collect();
        from = all.len();
        all.extend(longer);
    }
    all
}

fn alphabet(source: &str) -> Vec<char> {
    let mut sets = Vec::new();
    for step in expressions(source) {
        sets_of(&parse(step).unwrap(), &mut sets);
    }
    Partition::new(&sets).unwrap().examples
}

#[test]
fn which_tier_each_takes() {
    let mut tiers: HashMap<&str, usize> = HashMap::new();
    for case in IN_USE.iter() {
        let tier = match &case.tier {
            Some(Tier::Table(table)) => {
                let (classes, states) = table.size();
                assert!(classes <= 40 && states <= 40, "{}: {classes} classes, {states} states", case.name);
                "table"
            }
            Some(Tier::Rewind(..)) => "rewind",
            Some(Tier::Masks(_)) => unreachable!(),
            None => "engine",
        };
        *tiers.entry(tier).or_default() += 1;
        println!(
            "{tier:7} {:30} {:?}",
            case.name,
            match &case.tier {
                Some(Tier::Table(table)) => table.size(),
                Some(Tier::Rewind(rewind, _)) => rewind.size(),
                _ => (0, 0),
            }
        );
    }
    println!("{tiers:?}");
    assert!(tiers["table"] >= 38);
}

/// Up to the length at which they are too many.
#[test]
fn all_short_strings_of_classes() {
    let most = if std::env::var_os("MINITOK_LONG_TESTS").is_some() { 2_000_000 } else { 4_000 };
    for case in every_case() {
        let alphabet = alphabet(&case.source);
        let mut texts = vec![String::new()];
        let mut length = 0;
        while !texts.is_empty() && length < 8 {
            for text in &texts {
                case.check(text.as_bytes());
            }
            length += 1;
            if texts.len() * alphabet.len() > most {
                break;
            }
            texts = texts.iter().flat_map(|text| alphabet.iter().map(move |&char| format!("{text}{char}"))).collect();
        }
    }
}

#[test]
fn hard_patterns_on_all_short_texts_of_three_letters() {
    let texts = texts(&['a', 'b', 'c'], 5);
    for case in ALL_HARD.iter() {
        for text in &texts {
            case.check(text.as_bytes());
        }
    }
}

#[test]
fn every_pair_of_atoms() {
    for case in every_case() {
        let mut text = Vec::new();
        for first in ATOMS {
            for second in ATOMS {
                text.clear();
                text.extend_from_slice(first.as_bytes());
                text.extend_from_slice(second.as_bytes());
                case.check(&text);
            }
        }
    }
}

#[test]
fn ill_formed_bytes_everywhere() {
    for case in every_case() {
        for bad in BAD_BYTES {
            for atom in ATOMS {
                case.check(&[bad, atom.as_bytes(), bad].concat());
                case.check(&[atom.as_bytes(), bad, atom.as_bytes(), bad].concat());
            }
        }
    }
}

fn any_case() -> impl Strategy<Value = &'static Case> {
    let n_cases = IN_USE.len() + ALL_HARD.len();
    (0..n_cases).prop_map(|index| every_case().nth(index).unwrap())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn traps(case in any_case(), text in trap()) {
        case.check(&text);
    }

    #[test]
    fn few_letters(case in any_case(), text in "[abc 1\n]{0,40}") {
        case.check(text.as_bytes());
    }

    #[test]
    fn any_bytes(case in any_case(), text in prop::collection::vec(any::<u8>(), 0..200)) {
        case.check(&text);
    }

    #[test]
    fn a_safe_cut_changes_no_piece(case in any_case(), text in trap(), from in 0..100_usize, later in trap()) {
        let Some(tier) = &case.tier else { return Ok(()) };
        let Some(at) = tier.cuts().next(&text, from) else { return Ok(()) };
        prop_assert!(at >= from && at > 0);
        let length = if text[at] < 0x80 { 1 } else { 4 };
        for text in [text.clone(), [&text[..(at + length).min(text.len())], &later].concat()] {
            let (left, right) = text.split_at(at);
            let mut halves = scanned(tier, left);
            halves.extend(scanned(tier, right).iter().map(|end| end + at));
            prop_assert_eq!(halves, scanned(tier, &text), "{} at {} of {:?}", case.name, at, text);
        }
    }
}

#[test]
fn safe_cuts_are_found() {
    let text = "one two é x 日本 y\n1 2".as_bytes();
    let expected: [(&str, &[usize]); 5] = [
        // Before each white space; where a line break ends a piece, after it, too.
        ("gpt2", &[3, 7, 10, 12, 19, 21, 23]),
        ("cl100k", &[3, 7, 10, 12, 19, 21, 22, 23]),
        // White space is never matched, and is a piece of its own.
        ("clip", &[3, 4, 7, 8, 10, 11, 12, 13, 19, 20, 21, 22, 23, 24]),
        // Every character that is not Han is a piece.
        (r"\p{Han}+|\p{Hiragana}+|[^\p{Han}]", &[1, 2, 3, 4, 5, 6, 7, 8, 10, 11, 12, 13, 19, 20, 21, 22, 23, 24]),
        ("(?:|a)b", &[]),
    ];
    for (name, expected) in expected {
        let tier = every_case().find(|case| case.name == name).unwrap().tier.as_ref().unwrap();
        let mut found = Vec::new();
        while let Some(at) = tier.cuts().next(text, found.last().map_or(0, |last| last + 1)) {
            found.push(at);
        }
        assert_eq!(found, expected, "{name}");
        let last = |to: usize| (1..to).rev().find(|at| expected.contains(at));
        let Tier::Table(table) = tier else { panic!("a table") };
        for to in [2, 4, 8, 13, text.len()] {
            assert_eq!(table.last(&text[..to], 0), last(to), "{name} to {to}");
        }
    }
}

#[test]
fn equality_is_what_short_texts_show() {
    let pattern = |name: &str| IN_USE.iter().find(|case| case.name == name).unwrap();
    let equal = [
        ("gpt2", "gpt2, first spelling"),
        ("llama3", "cl100k, first spelling"),
        ("bailing in llama.cpp", "qwen2 in llama.cpp"),
        ("qwen2", "bailing"),
    ];
    for (one, other) in equal {
        assert_eq!(difference(&pattern(one).source, &pattern(other).source).unwrap(), Ok(None), "{one} and {other}");
    }
    for (one, other, text) in
        [("a+", "a", "aa"), (r"\s", r"\s+", "\t\t"), ("ab|a|b", "a|b", "ab"), ("none", "a", "\0a")]
    {
        let found = difference(one, other).unwrap().unwrap().unwrap();
        assert_eq!(found.len(), text.len(), "{one} and {other}: {found:?}");
    }
    let mut n_different = 0;
    for one in every_case() {
        for other in every_case().step_by(3) {
            let Ok(Some(text)) = difference(&one.source, &other.source).unwrap() else { continue };
            assert_ne!(ends_of(&one.mirror, text.as_bytes()), ends_of(&other.mirror, text.as_bytes()), "{text:?}");
            n_different += 1;
            // No shorter text: all of its beginnings and endings are cut alike.
            for (at, _) in text.char_indices().skip(1) {
                for part in [&text[..at], &text[at..]].map(str::as_bytes) {
                    assert_eq!(ends_of(&one.mirror, part), ends_of(&other.mirror, part), "{one:?} {other:?} {text:?}");
                }
            }
        }
    }
    assert!(n_different > 500);
}

/// The time of the test would show anything that is not linear.
#[test]
fn long_runs_cost_linear_time() {
    for case in every_case() {
        let Some(tier) = &case.tier else { continue };
        for atom in ["a", "ab", " ", "\n", "1", "'", "aA", "\u{65E5}", "!"] {
            let text = atom.repeat(100_000 / atom.len());
            assert_eq!(scanned(tier, text.as_bytes()).last(), Some(&text.len()));
        }
    }
}

#[test]
fn a_wrong_table_is_found_out() {
    let case = Case::new("llama3", &IN_USE.iter().find(|case| case.name == "llama3").unwrap().source);
    let Some(tier @ Tier::Table(table)) = &case.tier else { panic!("a table") };
    let mut texts = vec![String::new()];
    for _ in 0..4 {
        texts =
            texts.iter().flat_map(|text| table.examples().iter().map(move |char| format!("{text}{char}"))).collect();
    }
    let right: Vec<_> = texts.iter().map(|text| scanned(tier, text.as_bytes())).collect();
    let (mut n_wrong, mut found) = (0, 0);
    for wrong in table.wrong_tables() {
        let wrong = Tier::Table(wrong);
        n_wrong += 1;
        found += usize::from(texts.iter().zip(&right).any(|(text, right)| scanned(&wrong, text.as_bytes()) != *right));
    }
    println!("{found} of {n_wrong} wrong tables were found out");
    assert!(n_wrong > 100 && found * 10 > n_wrong * 9, "{found} of {n_wrong}");
}

/// Every character whose class could be another than that of its neighbour, and a sample of the others.
#[test]
fn characters_have_their_classes() {
    for case in every_case() {
        let mut sets = Vec::new();
        for step in expressions(&case.source) {
            sets_of(&parse(step).unwrap(), &mut sets);
        }
        let partition = Partition::new(&sets).unwrap();
        let classes = super::partition::ClassTable::new(&partition);
        let classes_of: Vec<_> = sets.iter().map(|set| partition.classes_of(set)).collect();
        let edges = sets.iter().flat_map(|set| set.iter().flat_map(|&(first, last)| [first, last]));
        let near = edges.flat_map(|edge| [edge.saturating_sub(1), edge, edge + 1]);
        for char in near.chain((0..0x11_0000).step_by(211)).filter_map(char::from_u32) {
            let text = char.to_string();
            let (class, length) = classes.at(text.as_bytes(), 0);
            assert_eq!(length, text.len());
            for (set, own) in sets.iter().zip(&classes_of) {
                let member = crate::reference::published::unicode::contains(set, char as u32);
                assert_eq!(own >> class & 1 == 1, member, "{} {char:?}", case.name);
            }
        }
    }
}
