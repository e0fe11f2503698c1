//! The scanners against the regular expressions they stand for, and against each other.

use super::classes::{self, MARK, NEWLINE, NUMBER, OTHER, UPPER, WHITE};
use super::wide_pairs::Find;
use super::{Cuts, Grammar, Scanner, piece_end};
use crate::fast::simd::vector::{Ascii, Vectors};
use crate::fast::simd::{Isa, Kernel};
use crate::fast::train::small_scope::long_tests;
use crate::reference::published::families::FAMILIES;
use crate::reference::published::patterns::NAMED;
use fancy_regex::Regex;
use proptest::prelude::*;
#[allow(clippy::disallowed_types, reason = "tests do not fork")]
use std::sync::LazyLock;

pub(super) const GRAMMARS: [Grammar; 8] = {
    let mut grammars = [Grammar::Gpt2; 8];
    let mut at = 0;
    while at < grammars.len() {
        grammars[at] = Grammar::ALL[at].1;
        at += 1;
    }
    grammars
};

#[allow(clippy::disallowed_types, reason = "tests do not fork")]
static REGEXES: LazyLock<[Regex; 8]> = LazyLock::new(|| {
    Grammar::ALL.map(|(name, _)| {
        let spelled = NAMED.iter().chain(&FAMILIES).find(|(named, _)| *named == name).unwrap().1;
        Regex::new(spelled).unwrap()
    })
});

/// Bytes as text, each ill-formed byte as one U+FFFD, and where each byte of that text was in the original.
fn readable(bytes: &[u8]) -> (String, Vec<usize>) {
    let (mut text, mut origin) = (String::new(), Vec::new());
    let mut at = 0;
    for chunk in bytes.utf8_chunks() {
        for byte in chunk.valid().bytes().enumerate() {
            origin.push(at + byte.0);
        }
        text.push_str(chunk.valid());
        at += chunk.valid().len();
        for _ in chunk.invalid() {
            text.push('\u{FFFD}');
            origin.extend([at; 3]);
            at += 1;
        }
    }
    origin.push(at);
    (text, origin)
}

/// What the regular expression says; it must leave nothing unmatched.
pub(super) fn oracle(grammar: Grammar, bytes: &[u8]) -> Vec<usize> {
    let (text, origin) = readable(bytes);
    let mut end = 0;
    let mut ends = Vec::new();
    let number = GRAMMARS.iter().position(|&known| known == grammar).unwrap();
    for found in REGEXES[number].find_iter(&text) {
        let found = found.unwrap();
        assert_eq!(found.start(), end, "unmatched text in {text:?}");
        end = found.end();
        ends.push(origin[end]);
    }
    assert_eq!(end, text.len(), "unmatched text at the end of {text:?}");
    ends
}

pub(super) fn scalar(grammar: Grammar, text: &[u8]) -> Vec<usize> {
    let mut ends = Vec::new();
    while ends.last().copied().unwrap_or(0) < text.len() {
        ends.push(piece_end(grammar, text, ends.last().copied().unwrap_or(0)));
    }
    ends
}

fn check(text: &[u8]) {
    for grammar in GRAMMARS {
        assert_eq!(scalar(grammar, text), oracle(grammar, text), "{grammar:?} on {:?}", readable(text).0);
    }
}

#[test]
fn flags_equal_the_unicode_table() {
    let class = |pattern: &str| regex_syntax::parse(pattern).unwrap();
    let questions = [
        (r"[\p{Lu}\p{Lt}]", UPPER),
        (r"\p{Ll}", classes::LOWER),
        (r"[\p{Lm}\p{Lo}]", classes::CASELESS),
        (r"\p{M}", MARK),
        (r"\p{N}", NUMBER),
        (r"\s", WHITE),
        (r"[^\p{L}\p{M}\p{N}\s]", OTHER),
        (r"[\r\n]", NEWLINE),
    ];
    let mut expected = vec![0; 0x11_0000];
    for (pattern, flag) in questions {
        let regex_syntax::hir::HirKind::Class(regex_syntax::hir::Class::Unicode(ranges)) = class(pattern).into_kind()
        else {
            panic!("{pattern} is a class");
        };
        for c in ranges.iter().flat_map(|range| range.start()..=range.end()) {
            expected[c as usize] |= flag;
        }
    }
    expected[0xD800..0xE000].fill(classes::ILL_FORMED);
    for (code_point, &flags) in expected.iter().enumerate() {
        assert_eq!(classes::flags_of(code_point as u32), flags, "U+{code_point:04X}");
        if let Some(c) = char::from_u32(code_point as u32) {
            let text = c.to_string();
            assert_eq!(classes::char_at(text.as_bytes(), 0), (flags, text.len()), "U+{code_point:04X}");
            if let &[lead, second, ..] = text.as_bytes()
                && text.len() < 4
            {
                let third = text.as_bytes().get(2).copied().unwrap_or(0);
                assert_eq!(classes::short_flags(lead, second, third), flags, "U+{code_point:04X}");
            }
        }
    }
}

#[test]
fn ill_formed_bytes_count_one_by_one() {
    for text in ["\u{7FF}", "\u{FFFF}", "\u{10FFFF}", "\u{D7FF}", "\u{E000}"].map(str::as_bytes) {
        for cut in 1..text.len() {
            assert_eq!(classes::char_at(&text[..cut], 0), (OTHER, 1));
            assert_eq!(classes::char_at(&text[cut..], 0), (OTHER, 1));
        }
    }
    let overlong_surrogate_beyond: [&[u8]; 6] =
        [b"\xC1\xBF", b"\xE0\x9F\xBF", b"\xF0\x8F\xBF\xBF", b"\xED\xA0\x80", b"\xED\xBF\xBF", b"\xF4\x90\x80\x80"];
    for text in overlong_surrogate_beyond {
        assert_eq!(classes::char_at(text, 0), (OTHER, 1), "{text:?}");
        if text[0] < 0xF0 {
            let third = text.get(2).copied().unwrap_or(0);
            assert_eq!(classes::short_flags(text[0], text[1], third), classes::ILL_FORMED, "{text:?}");
        }
    }
}

pub(super) const ATOMS: &[&str] = &[
    " ", "  ", "\t", "\n", "\r\n", "\r", "\x0B", "\x1C", "\x1F", "\u{85}", "\u{A0}", "\u{2028}", "\u{3000}",
    "\u{200B}", "'", "''", "'s", "'S", "'t", "'ll", "'LL", "'lL", "'re", "'Ve", "'d", "'\u{17F}", "'l", "'r",
    "\u{2019}s", "a", "bc", "A", "BC", "\u{E9}", "\u{C9}", "\u{1C5}", "\u{2B0}", "\u{AA}", "\u{65E5}\u{672C}",
    "\u{3005}\u{3007}", "\u{2E80}", "\u{16FF0}", "\u{20000}", "\u{5D0}", "\u{430}", "\u{410}", "\u{301}", "\u{93F}",
    "\u{915}", "\u{20DD}", "1", "123", "4567", "\u{663}", "\u{96A}\u{96B}", "\u{2167}", "\u{BD}", "!", "!!", "/", "//",
    "\n/", "/\n", "\u{2014}", "\u{FF01}", "\u{1F600}", "\u{1F468}\u{200D}", "\u{1D400}", "\u{1D7D8}", "\u{E0101}",
    "\u{FFFD}", "\0", "hello", " world", "\u{3042}\u{308A}", "\u{D55C}", "camelCase", "HTMLParser",
];

/// Lone, truncated, overlong, surrogate, beyond the last code point.
pub(super) const BAD_BYTES: &[&[u8]] = &[
    b"\xFF", b"\x80", b"\xC3", b"\xE6\x97", b"\xF0\x9F\x98", b"\xC0\xAF", b"\xED\xA0\x80", b"\xF4\x90\x80\x80", b"\xC5",
];

pub(super) fn trap() -> impl Strategy<Value = Vec<u8>> {
    let atom = prop_oneof![
        20 => proptest::sample::select(ATOMS).prop_map(|atom| atom.as_bytes().to_vec()),
        4 => (proptest::sample::select(ATOMS), 1..70_usize).prop_map(|(atom, n)| atom.repeat(n).into_bytes()),
        2 => any::<char>().prop_map(|c| c.to_string().into_bytes()),
        1 => proptest::sample::select(BAD_BYTES).prop_map(<[u8]>::to_vec),
    ];
    proptest::collection::vec(atom, 0..60).prop_map(|atoms| atoms.concat())
}

/// Of large blocks of one class (Chinese characters, Hangul, private ones), one in sixteen is.
pub(super) fn is_tried(c: char) -> bool {
    let code = c as u32;
    let inside =
        matches!(code, 0x3410..=0x4DA0 | 0x4E10..=0x9FE0 | 0xAC10..=0xD790 | 0xE010..=0xF8F0 | 0x2_0010..=0x3_2390);
    !inside || code.is_multiple_of(16) || long_tests()
}

#[test]
fn every_code_point_alone() {
    for c in char::MIN..=char::MAX {
        let (flags, length) = classes::char_at(c.to_string().as_bytes(), 0);
        // One class, one behaviour: the planes of nothing but unassigned characters need no regular expression.
        if (flags != OTHER || (c as u32) < 0x3000) && is_tried(c) {
            check(c.to_string().as_bytes());
            check(format!("{c}{c}").as_bytes());
            check(format!(" {c}").as_bytes());
        }
        assert!(length > 0);
    }
}

fn check_blocks(text: &[u8], max_pieces: usize) {
    for grammar in GRAMMARS {
        check_blocks_of(grammar, text, max_pieces);
    }
}

pub(super) fn check_blocks_of(grammar: Grammar, text: &[u8], max_pieces: usize) {
    let expected = scalar(grammar, text);
    for isa in Isa::available() {
        let found = blocks(isa, grammar, text, max_pieces);
        assert_eq!(found, expected, "{isa:?} {grammar:?} on {:?}", readable(text).0);
    }
}

/// 64 bytes, read as text and as flags.
struct Read<'b>(&'b [u8; 64]);

impl Kernel for Read<'_> {
    type Output = (Ascii, [u64; 8]);

    fn run<V: Vectors>(self, vectors: V) -> Self::Output {
        (vectors.ascii(self.0), vectors.planes(self.0))
    }
}

pub(super) fn blocks(isa: Isa, grammar: Grammar, text: &[u8], max_pieces: usize) -> Vec<usize> {
    let (mut all, mut block) = (Vec::new(), Vec::new());
    let mut scanner = Scanner::with_isa(grammar, text, isa);
    while scanner.next_block(&mut block, max_pieces).unwrap() {
        assert!(!block.is_empty() && block.len() <= max_pieces);
        assert_eq!(scanner.position(), *block.last().unwrap());
        all.extend_from_slice(&block);
    }
    assert!(block.is_empty());
    all
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn scalar_equals_the_regular_expressions(text in trap()) {
        check(&text);
    }

    #[test]
    fn blocks_are_the_pieces(text in trap(), max_pieces in 1..200_usize) {
        check_blocks(&text, max_pieces);
    }

    #[test]
    fn blocks_are_the_pieces_far_from_the_end(text in trap(), offset in 0..64_usize, filler in "[ -~]{64}") {
        check_blocks(&[&filler.as_bytes()[offset..], &text, filler.as_bytes(), b"and so on"].concat(), 4096);
    }

    #[test]
    fn every_instruction_set_makes_the_same_masks(bytes in any::<[u8; 64]>()) {
        let mask = |question: &dyn Fn(u8) -> bool| (0..64).fold(0, |mask, i| mask | u64::from(question(bytes[i])) << i);
        let ascii = Ascii {
            upper: mask(&|byte| byte.is_ascii_uppercase()),
            lower: mask(&|byte| byte.is_ascii_lowercase()),
            number: mask(&|byte| byte.is_ascii_digit()),
            space: mask(&|byte| byte == b' '),
            control_white: mask(&|byte| (9..=13).contains(&byte)),
            newline: mask(&|byte| byte == b'\r' || byte == b'\n'),
            apostrophe: mask(&|byte| byte == b'\''),
            slash: mask(&|byte| byte == b'/'),
            high: mask(&|byte| byte >= 0x80),
            continuation: mask(&|byte| byte & 0xC0 == 0x80),
            from_three: mask(&|byte| byte >= 0xE0),
            from_four: mask(&|byte| byte >= 0xF0),
        };
        let planes = std::array::from_fn(|k| mask(&|byte| byte >> k & 1 == 1));
        for isa in Isa::available() {
            prop_assert_eq!(isa.run(Read(&bytes)), (ascii, planes), "{:?}", isa);
        }
    }

    #[test]
    fn blocks_of_any_bytes(text in proptest::collection::vec(any::<u8>(), 0..400)) {
        check(&text);
        check_blocks(&text, 4096);
    }

    #[test]
    fn a_safe_cut_changes_no_piece(text in trap(), from in 0..100_usize, later in trap()) {
        for grammar in GRAMMARS {
            let Some(at) = grammar.next(&text, from) else { continue };
            prop_assert!(at >= from && at > 0);
            // Both without and with more text to come.
            for text in [text.clone(), [&text[..=at], &later].concat()] {
                let (left, right) = text.split_at(at);
                let mut halves = scalar(grammar, left);
                halves.extend(scalar(grammar, right).iter().map(|end| end + at));
                prop_assert_eq!(halves, scalar(grammar, &text), "{:?} at {}", grammar, at);
            }
        }
    }
}

#[test]
fn every_safe_cut_is_found() {
    let text = "a, 1 é b!\nc\n d  e\tf".as_bytes();
    for grammar in GRAMMARS {
        let mut found = Vec::new();
        while let Some(at) = grammar.next(text, found.last().map_or(0, |last| last + 1)) {
            found.push(at);
        }
        // Before white space that follows none; before a line break, only after a letter or a number but in GPT-2.
        let before_break: &[usize] = if grammar == Grammar::Gpt2 { &[10, 12] } else { &[12] };
        assert_eq!(found, [&[2, 4, 7], before_break, &[15, 18]].concat(), "{grammar:?}");
    }
}

/// Text of characters of three bytes, among others and among torn ones.
fn wide_text() -> impl Strategy<Value = Vec<u8>> {
    let part = prop_oneof![
        6 => "[\u{800}あ日한ก\u{FFFD}]{1,30}".prop_map(String::into_bytes),
        1 => "[a é👍]{1,9}".prop_map(String::into_bytes),
        1 => prop::collection::vec(0x80u8..=0xFF, 1..4),
    ];
    prop::collection::vec(part, 0..12).prop_map(|parts| parts.concat())
}

proptest! {
    #[test]
    fn where_no_characters_meet_no_place_is_inside_a_piece(
        wide in wide_text(),
        narrow in "[ -~\n]{0,99}",
        last in wide_text(),
        most in 1..200_usize,
    ) {
        let text = [&wide, narrow.as_bytes(), &last].concat();
        let mut places = Vec::new();
        for (grammar, isa) in GRAMMARS.into_iter().flat_map(|grammar| Isa::available().into_iter().map(move |isa| (grammar, isa))) {
            let (mut scanner, mut ends, mut from) = (Scanner::with_isa(grammar, &text, isa), Vec::new(), 0);
            while scanner.next_block(&mut ends, most).unwrap() {
                isa.run(Find { text: &text, range: from..scanner.position(), places: &mut places });
                places.retain(|place| !ends.contains(place));
                prop_assert!(scanner.may_meet() || places.is_empty(), "{:?} {:?} {:?}", grammar, isa, places);
                from = scanner.position();
            }
        }
        let mut scanner = Scanner::new(Grammar::Cl100k, narrow.as_bytes());
        prop_assert!(!scanner.next_block(&mut Vec::new(), most).unwrap() || !scanner.may_meet());
    }

    #[test]
    fn meetings_are_all_there(text in wide_text(), from in 0usize..9, less in 0usize..9) {
        let range = from.min(text.len())..text.len().saturating_sub(less).max(from.min(text.len()));
        let whole = |at: usize| {
            text.get(at..at + 3).is_some_and(|bytes| bytes[0] & 0xF0 == 0xE0 && bytes[1..].iter().all(|byte| byte & 0xC0 == 0x80))
        };
        let expected: Vec<usize> = range.clone().filter(|&at| at >= range.start + 3 && whole(at - 3) && whole(at)).collect();
        for isa in Isa::available() {
            let mut places = vec![1; 3];
            isa.run(Find { text: &text, range: range.clone(), places: &mut places });
            prop_assert_eq!(&places, &expected);
        }
    }
}
