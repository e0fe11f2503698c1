//! The engine against another one, on patterns in use and on any; its limits.

use super::*;
use crate::fast::train::small_scope::cases;
use crate::reference::published::regex_tree::emit;
use crate::reference::published::regexes::parse;
use fancy_regex::Regex;
use proptest::prelude::*;

/// Where all matches are, from the left, as `pretokenize.rs` looks for them.
fn found(mut search: impl FnMut(usize) -> Option<(usize, usize)>, text: &str) -> Vec<(usize, usize)> {
    let (mut all, mut at) = (Vec::new(), 0);
    while at < text.len() {
        let Some((start, end)) = search(at) else { break };
        all.push((start, end));
        at = end + if start == end { text[end..].chars().next().map_or(1, char::len_utf8) } else { 0 };
    }
    all
}

fn check(pattern: &str, text: &str) {
    let tree = parse(pattern).unwrap();
    let (ours, theirs) = (Engine::new(pattern, &tree).unwrap(), Regex::new(&emit(&tree)).unwrap());
    let mut spent = Spent::of(text.len());
    assert_eq!(
        found(|at| ours.search(text, at, &mut spent).unwrap(), text),
        found(|at| theirs.find_from_pos(text, at).unwrap().map(|span| (span.start(), span.end())), text),
        "{pattern} on {text:?}"
    );
}

/// Patterns of every kind of node, written from a tree of choices.
fn patterns() -> impl Strategy<Value = String> {
    let atoms = vec!["a", "b", "[ab]", "[^a]", r"\p{L}", r"\s", ".", "é", r"\w", "(?i:k)"];
    let one = prop::sample::select(atoms).prop_map(str::to_owned);
    let edges = prop::sample::select(vec!["^", "$", r"\b", r"\B", ""]).prop_map(str::to_owned);
    prop_oneof![4 => one, 1 => edges].prop_recursive(4, 24, 4, |inner| {
        let counts = vec!["*", "+", "?", "{2}", "{0,2}", "{1,3}", "{2,}"];
        let repeat = (prop::sample::select(counts), prop::sample::select(vec!["", "?", "+"]));
        prop_oneof![
            prop::collection::vec(inner.clone(), 1..4).prop_map(|parts| parts.concat()),
            prop::collection::vec(inner.clone(), 2..4).prop_map(|parts| format!("(?:{})", parts.join("|"))),
            (inner.clone(), repeat).prop_map(|(part, (count, mark))| format!("(?:{part}){count}{mark}")),
            (inner, prop::sample::select(vec!["(?>", "(?=", "(?!", "(?<=", "(?<!"]))
                .prop_map(|(part, mark)| format!("{mark}{part})")),
        ]
    })
}

#[test]
fn by_hand() {
    let tree = parse("a*b|a").unwrap();
    let engine = Engine::new("a*b|a", &tree).unwrap();
    let mut spent = Spent::of(3);
    assert_eq!(engine.search("aac", 0, &mut spent), Ok(Some((0, 1))));
    assert_eq!(engine.match_at("aac", 2, &mut spent), Ok(None));
    assert_eq!(engine.search("xaab", 0, &mut spent), Ok(Some((1, 4))));
}

#[test]
fn a_text_has_limits_whatever_the_pattern() {
    for pattern in ["a*b|a", "(?:a*b|a)(?!c)", "(?:a|aa)+$"] {
        let engine = Engine::new(pattern, &parse(pattern).unwrap()).unwrap();
        let text = "a".repeat(100_000) + "x";
        let (mut spent, mut at) = (Spent::of_steps(10_000_000), 0);
        let ended = loop {
            match engine.search(&text, at, &mut spent) {
                Ok(Some((_, end))) => at = end,
                other => break other,
            }
        };
        assert_eq!(ended, Err(Spent::error(pattern)));
    }
    let large = "(?:(?:(?:ab){1000}){1000}){1000}";
    assert!(Engine::new(large, &parse(large).unwrap()).unwrap_err().to_string().contains("too large"));
}

#[test]
fn patterns_in_use_cut_as_another_engine_does() {
    let text = "I'll BE back,  naïve 東京\r\n\r\n 12345 e\u{301}\u{301} 🦀🦀 !?x\u{a0}\u{3000}y   \n";
    for (_, pattern) in
        crate::reference::published::patterns::NAMED.iter().chain(&crate::reference::published::families::FAMILIES)
    {
        for step in crate::reference::published::patterns::expressions(pattern) {
            check(step, text);
        }
    }
}

#[test]
fn what_is_kept_of_a_match_has_a_limit_and_long_matches_stop() {
    let engine = |pattern: &str| Engine::new(pattern, &parse(pattern).unwrap()).unwrap();
    let text = "ab".repeat(CHOICES + 1);
    let mut spent = Spent::of(text.len());
    assert_eq!(engine("(?:ab)+").search(&text, 0, &mut spent), Err(Spent::error("(?:ab)+")));
    let mut spent = Spent::of_steps(usize::MAX);
    let endless = || engine("(?:a|b|ab)+$").search(&(text.clone() + "c"), 0, &mut spent).map(|_| ());
    assert_eq!(interrupt::run_every(std::time::Duration::ZERO, || true, endless), Err(Error::Interrupted));
}

#[test]
fn a_match_is_looked_for_where_one_may_begin() {
    let first = |pattern: &str| {
        let engine = Engine::new(pattern, &parse(pattern).unwrap()).unwrap();
        (0..=255).filter(|&byte: &u8| engine.program.first[usize::from(byte)]).count()
    };
    for (pattern, count) in [("a", 1), ("(?>b*)a|(?=x)c", 3), (r"\bé", 62), (r"a{0,2}[bc]", 3), ("a*", 256), ("$", 256)]
    {
        assert_eq!(first(pattern), count, "{pattern}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(cases(2000)))]
    #[test]
    fn all_ways_through_a_pattern_are_tried_in_the_same_order(pattern in patterns(), text in "[abkKé \u{212a}\n中]{0,12}") {
        if parse(&pattern).is_ok() {
            check(&pattern, &text);
        }
    }
}
