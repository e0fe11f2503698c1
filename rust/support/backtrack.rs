//! One regular expression, run step by step: tries the ways through it in order, and goes back where one fails.
//!
//! Must equal `fancy-regex` on every tree that `regexes.rs` makes. It is a small part of that engine's size, so it is what WebAssembly
//! has in its place (`engine.rs`); and it answers what the pages ask of a part of a pattern at one place.
//!
//! By hand, `a*b|a` at the start of `aac`: a run of two `a`, then `b` fails; one `a`, `b` fails; none, `b` fails; then the second branch
//! takes the first `a`, and the match is `a`.
//!
//! Invariants: a repeat that has no greatest number repeats at least one character, so every loop advances. The stack holds one entry
//! for each choice not yet tried; a run of one set is one choice, however long it is.
//!
//! Costs: exponential in the worst case, as for any such engine. Each step, and each character of a run, is one of those that a text may
//! spend (`Spent`), so the whole is linear in the text. At most [`STEPS`] steps in a program.

use crate::error::{Error, Result};
use crate::reference::published::regex_tree::{Node, Width, width};
use crate::reference::published::unicode::{CharSet, contains, word};
use crate::support::spent::Spent;
use std::sync::Arc;

/// The most steps of a program: bounded repeats are written out.
const STEPS: usize = 1 << 20;

/// The number of a step.
type Place = usize;
/// The step that ends a match, and each part that is matched by itself.
const MATCH: Place = 0;

/// A set of characters, and its ASCII ones as bits.
#[derive(Debug, Clone)]
struct Set {
    ascii: u128,
    chars: Arc<CharSet>,
}

impl Set {
    fn new(chars: &Arc<CharSet>) -> Set {
        let ascii = (0..128).filter(|&char| contains(chars, char)).fold(0, |bits, char| bits | 1 << char);
        Set { ascii, chars: Arc::clone(chars) }
    }

    fn has(&self, char: char) -> bool {
        if char.is_ascii() { self.ascii >> u32::from(char) & 1 == 1 } else { contains(&self.chars, u32::from(char)) }
    }
}

/// A step, and where it leads.
#[derive(Debug, Clone)]
enum Step {
    Match,
    Take(Set, Place),
    /// Characters of one set, from `bounds.0` to `bounds.1` of them; `mark` as in `regex_tree`.
    Run(Set, Width, &'static str, Place),
    /// The first that leads to a match.
    Either(Place, Place),
    /// A part that is matched by itself, and its first match kept.
    Atomic(Place, Place),
    /// Whether a part matches here, or, if `back` says so, at that many characters before.
    Look {
        part: Place,
        back: Option<usize>,
        negated: bool,
        next: Place,
    },
    Start(Place),
    End(Place),
    Edge(bool, Place),
}

/// What is tried when a way has failed.
enum Choice {
    /// Another step at a place of the text.
    Go(Place, usize),
    /// One character less of a run, down to a place; then this step.
    Less { next: Place, least: usize, at: usize },
    /// One character more of a lazy run: the number of its step, and how many it has.
    More { run: Place, taken: usize, at: usize },
}

/// A pattern, compiled.
#[derive(Debug, Clone)]
pub struct Backtracker {
    source: String,
    steps: Arc<[Step]>,
    entry: Place,
    /// The set of `\b`.
    word: Option<Set>,
}

impl Backtracker {
    /// Compiles the tree of a pattern.
    pub fn new(source: &str, tree: &Node) -> Result<Backtracker> {
        let mut program = Program { steps: vec![Step::Match], has_edges: false };
        let entry = program.add(tree, MATCH).ok_or_else(|| Error::Pattern {
            pattern: source.into(),
            reason: "the pattern is too large: its repeats are written out".into(),
        })?;
        let word = program.has_edges.then(|| Set::new(&Arc::new(word())));
        Ok(Backtracker { source: source.into(), steps: program.steps.into(), entry, word })
    }

    /// Returns start and end of the first match at or after an offset.
    pub fn search(&self, text: &str, at: usize, spent: &mut Spent) -> Result<Option<(usize, usize)>> {
        let starts = text[at..].char_indices().map(|(start, _)| at + start).chain([text.len()]);
        for start in starts {
            if let Some(end) = self.match_at(text, start, spent)? {
                return Ok(Some((start, end)));
            }
        }
        Ok(None)
    }

    /// Returns the end of the match that begins at an offset.
    pub fn match_at(&self, text: &str, at: usize, spent: &mut Spent) -> Result<Option<usize>> {
        self.run(self.entry, text, at, spent)
    }

    /// The end of the match of what begins at a step. Parts are nested as deep as groups are, at most.
    fn run(&self, entry: Place, text: &str, start: usize, spent: &mut Spent) -> Result<Option<usize>> {
        let mut choices: Vec<Choice> = Vec::new();
        let mut here = Some((entry, start));
        loop {
            if spent.is_over(1) {
                return Err(Spent::error(&self.source));
            }
            let Some((place, at)) = here else {
                here = match choices.pop() {
                    None => return Ok(None),
                    Some(Choice::Go(place, at)) => Some((place, at)),
                    Some(Choice::Less { next, least, at }) => {
                        let before = at - char_before(text, at).map_or(0, char::len_utf8);
                        if before > least {
                            choices.push(Choice::Less { next, least, at: before });
                        }
                        Some((next, before))
                    }
                    Some(Choice::More { run, taken, at }) => self.one_more(run, taken, text, at, &mut choices),
                };
                continue;
            };
            let next_char = || text[at..].chars().next();
            here = match &self.steps[place] {
                Step::Match => return Ok(Some(at)),
                Step::Take(set, next) => {
                    next_char().filter(|&char| set.has(char)).map(|char| (*next, at + char.len_utf8()))
                }
                Step::Run(set, bounds, mark, next) => {
                    let most = if *mark == "?" { bounds.0 } else { bounds.1.unwrap_or(usize::MAX) };
                    let (mut end, mut least, mut count) = (at, at, 0);
                    for char in text[at..].chars().take(most).take_while(|&char| set.has(char)) {
                        end += char.len_utf8();
                        count += 1;
                        if count == bounds.0 {
                            least = end;
                        }
                    }
                    if spent.is_over(count) {
                        return Err(Spent::error(&self.source));
                    }
                    if count < bounds.0 {
                        None
                    } else {
                        match *mark {
                            "?" => choices.push(Choice::More { run: place, taken: count, at: end }),
                            "" if end > least => choices.push(Choice::Less { next: *next, least, at: end }),
                            _ => {}
                        }
                        Some((*next, end))
                    }
                }
                Step::Either(first, second) => {
                    choices.push(Choice::Go(*second, at));
                    Some((*first, at))
                }
                Step::Atomic(part, next) => self.run(*part, text, at, spent)?.map(|end| (*next, end)),
                Step::Look { part, back, negated, next } => {
                    let from = match back {
                        None | Some(0) => Some(at),
                        Some(count) => text[..at].char_indices().rev().nth(count - 1).map(|(from, _)| from),
                    };
                    let found = match from {
                        Some(from) => self.run(*part, text, from, spent)?.is_some(),
                        None => false,
                    };
                    (found != *negated).then_some((*next, at))
                }
                Step::Start(next) => (at == 0).then_some((*next, at)),
                Step::End(next) => (at == text.len()).then_some((*next, at)),
                Step::Edge(inside, next) => {
                    let is_word =
                        |char: Option<char>| char.zip(self.word.as_ref()).is_some_and(|(char, word)| word.has(char));
                    let is_edge = is_word(char_before(text, at)) != is_word(next_char());
                    (is_edge != *inside).then_some((*next, at))
                }
            };
        }
    }

    /// A lazy run with one character more, if it may have one.
    fn one_more(
        &self,
        run: Place,
        taken: usize,
        text: &str,
        at: usize,
        choices: &mut Vec<Choice>,
    ) -> Option<(Place, usize)> {
        let Step::Run(set, bounds, _, next) = &self.steps[run] else { return None };
        if bounds.1.is_some_and(|most| taken >= most) {
            return None;
        }
        let end = at + text[at..].chars().next().filter(|&char| set.has(char))?.len_utf8();
        choices.push(Choice::More { run, taken: taken + 1, at: end });
        Some((*next, end))
    }
}

fn char_before(text: &str, at: usize) -> Option<char> {
    text[..at].chars().next_back()
}

/// The steps of a pattern, built from its end: each part is told what comes next. None where it would be too large.
struct Program {
    steps: Vec<Step>,
    has_edges: bool,
}

impl Program {
    fn push(&mut self, step: Step) -> Option<Place> {
        if self.steps.len() == STEPS {
            return None;
        }
        self.steps.push(step);
        Some(self.steps.len() - 1)
    }

    fn add(&mut self, node: &Node, next: Place) -> Option<Place> {
        match node {
            Node::Set(chars) => self.push(Step::Take(Set::new(chars), next)),
            Node::Sequence(parts) => parts.iter().rev().try_fold(next, |next, part| self.add(part, next)),
            Node::Choice(parts) => {
                let places = parts.iter().map(|part| self.add(part, next)).collect::<Option<Vec<_>>>()?;
                let (&last, rest) = places.split_last()?;
                rest.iter().rev().try_fold(last, |second, &first| self.push(Step::Either(first, second)))
            }
            Node::Repeat { part, bounds, mark } => match set_of(part) {
                Some(chars) => self.push(Step::Run(Set::new(chars), *bounds, mark, next)),
                None if *mark == "+" => {
                    let part = self.repeat(part, *bounds, "", MATCH)?;
                    self.push(Step::Atomic(part, next))
                }
                None => self.repeat(part, *bounds, mark, next),
            },
            Node::Group { part, mark: "(?:" } => self.add(part, next),
            Node::Group { part, mark: "(?>" } => {
                let part = self.add(part, MATCH)?;
                self.push(Step::Atomic(part, next))
            }
            Node::Group { part, mark } => {
                let back = mark.starts_with("(?<").then(|| width(part).0);
                let part = self.add(part, MATCH)?;
                self.push(Step::Look { part, back, negated: mark.ends_with('!'), next })
            }
            Node::Start => self.push(Step::Start(next)),
            Node::End => self.push(Step::End(next)),
            Node::Edge { inside } => {
                self.has_edges = true;
                self.push(Step::Edge(*inside, next))
            }
        }
    }

    fn repeat(&mut self, part: &Node, (least, most): Width, mark: &str, next: Place) -> Option<Place> {
        let either = |more, exit| if mark == "?" { Step::Either(exit, more) } else { Step::Either(more, exit) };
        let mut begin = next;
        if let Some(most) = most {
            for _ in least..most {
                let more = self.add(part, begin)?;
                begin = self.push(either(more, next))?;
            }
        } else {
            // A loop refers to a step that comes only after it has been built.
            begin = self.push(Step::Match)?;
            let more = self.add(part, begin)?;
            self.steps[begin] = either(more, next);
        }
        (0..least).try_fold(begin, |begin, _| self.add(part, begin))
    }
}

/// The set of a part that is one character of it.
fn set_of(node: &Node) -> Option<&Arc<CharSet>> {
    match node {
        Node::Set(chars) => Some(chars),
        Node::Sequence(parts) if parts.len() == 1 => set_of(&parts[0]),
        Node::Group { part, mark: "(?:" | "(?>" } => set_of(part),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fast::train::small_scope::cases;
    use crate::reference::published::regexes::parse;
    use crate::support::engine::Engine;
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
        let (ours, theirs) = (Backtracker::new(pattern, &tree).unwrap(), Engine::new(pattern, &tree).unwrap());
        let (mut one, mut other) = (Spent::of(text.len()), Spent::of(text.len()));
        assert_eq!(
            found(|at| ours.search(text, at, &mut one).unwrap(), text),
            found(|at| theirs.search(text, at, &mut other).unwrap(), text),
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
        let engine = Backtracker::new("a*b|a", &tree).unwrap();
        let mut spent = Spent::of(3);
        assert_eq!(engine.search("aac", 0, &mut spent), Ok(Some((0, 1))));
        assert_eq!(engine.match_at("aac", 2, &mut spent), Ok(None));
        assert_eq!(engine.search("xaab", 0, &mut spent), Ok(Some((1, 4))));
    }

    #[test]
    fn a_text_has_limits_whatever_the_pattern() {
        for pattern in ["a*b|a", "(?:a*b|a)(?!c)", "(?:a|aa)+$"] {
            let engine = Backtracker::new(pattern, &parse(pattern).unwrap()).unwrap();
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
        assert!(Backtracker::new(large, &parse(large).unwrap()).unwrap_err().to_string().contains("too large"));
    }

    #[test]
    fn patterns_in_use_cut_as_the_engine_does() {
        let text = "I'll BE back,  naïve 東京\r\n\r\n 12345 e\u{301}\u{301} 🦀🦀 !?x\u{a0}\u{3000}y   \n";
        for (_, pattern) in
            crate::reference::published::patterns::NAMED.iter().chain(&crate::reference::published::families::FAMILIES)
        {
            for step in crate::reference::published::patterns::expressions(pattern) {
                check(step, text);
            }
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
}
