//! The engine of regular expressions: tries the ways through a pattern in order, and goes back where one fails.
//!
//! It runs the trees that `regexes.rs` makes, and answers what the pages ask of a part of a pattern at one place. An engine from
//! elsewhere would be ten times as large: most patterns are compiled (`fast/scan/compiled`) and need none.
//!
//! By hand, `a*b|a` at the start of `aac`: a run of two `a`, then `b` fails; one `a`, `b` fails; none, `b` fails; then the second branch
//! takes the first `a`, and the match is `a`.
//!
//! Invariants: a repeat that has no greatest number repeats at least one character, so every loop advances. The stack holds one entry
//! for each choice not yet tried; a run of one set is one choice, however long it is.
//!
//! Costs: exponential in the worst case, as for any such engine. Each step, and each character of a run, is one of those that a text may
//! spend (`Spent`), so the whole is linear in the text. At most [`STEPS`] steps in a program, and [`CHOICES`] choices at once.

use crate::error::{Error, Result};
use crate::reference::published::regex_tree::{Node, Width, width};
use crate::reference::published::unicode::{CharSet, contains, word};
use crate::support::interrupt;
use crate::support::spent::Spent;
use foldhash::HashMap;
use std::sync::Arc;

/// The most steps of a program: bounded repeats are written out.
const STEPS: usize = 1 << 20;
/// The most choices that are kept: some 100 MB.
const CHOICES: usize = if cfg!(test) { 1 << 16 } else { 1 << 22 };
/// How many steps of one match there are to a look at whether to stop.
const LOOK: u32 = 1 << 10;

/// The number of a step, and of a set.
type Place = usize;
type SetNumber = usize;
/// The step that ends a match, and each part that is matched by itself.
const MATCH: Place = 0;

/// A set of characters, and its ASCII ones as bits.
#[derive(Debug)]
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
#[derive(Debug)]
enum Step {
    Match,
    Take(SetNumber, Place),
    /// Characters of one set, from `bounds.0` to `bounds.1` of them; `mark` as in `regex_tree`.
    Run(SetNumber, Width, &'static str, Place),
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
    /// The edge of a word, whose characters are a set, or, inside, where there is none.
    Edge {
        inside: bool,
        word: SetNumber,
        next: Place,
    },
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
pub struct Engine {
    source: String,
    program: Arc<Program>,
    entry: Place,
}

impl Engine {
    /// Compiles the tree of a pattern.
    pub fn new(source: &str, tree: &Node) -> Result<Engine> {
        let mut writer = Writer { steps: vec![Step::Match], ..Writer::default() };
        let entry = writer.add(tree, MATCH).ok_or_else(|| Error::Pattern {
            pattern: source.into(),
            reason: "the pattern is too large: its repeats are written out".into(),
        })?;
        let mut program = Program { steps: writer.steps, sets: writer.sets, first: [false; 256] };
        if program.note_first(entry, &mut vec![false; program.steps.len()]) {
            program.first = [true; 256];
        }
        Ok(Engine { source: source.into(), program: Arc::new(program), entry })
    }

    /// Returns start and end of the first match at or after an offset.
    pub fn search(&self, text: &str, mut at: usize, spent: &mut Spent) -> Result<Option<(usize, usize)>> {
        let mut choices = Vec::new();
        let may_begin = |place: usize| self.program.first[usize::from(text.as_bytes()[place])];
        while let Some(start) = interrupt::find(at..text.len(), may_begin) {
            if let Some(end) = self.run(self.entry, text, start, spent, &mut choices)? {
                return Ok(Some((start, end)));
            }
            at = start + char_at(text, start).map_or(1, char::len_utf8);
        }
        let end = self.run(self.entry, text, text.len(), spent, &mut choices)?;
        Ok(end.map(|end| (text.len(), end)))
    }

    /// Returns the end of the match that begins at an offset.
    pub fn match_at(&self, text: &str, at: usize, spent: &mut Spent) -> Result<Option<usize>> {
        self.run(self.entry, text, at, spent, &mut Vec::new())
    }

    /// The end of the match of what begins at a step. Parts are nested as deep as groups are, at most; what is in `choices` before
    /// is left there.
    fn run(
        &self,
        entry: Place,
        text: &str,
        start: usize,
        spent: &mut Spent,
        choices: &mut Vec<Choice>,
    ) -> Result<Option<usize>> {
        let Program { steps, sets, .. } = &*self.program;
        let (before, mut until_look) = (choices.len(), LOOK);
        let mut here = Some((entry, start));
        loop {
            until_look -= 1;
            if until_look == 0 {
                interrupt::check()?;
                until_look = LOOK;
            }
            if spent.is_over(1) || choices.len() > CHOICES {
                return Err(Spent::error(&self.source));
            }
            let Some((place, at)) = here else {
                let last = if choices.len() > before { choices.pop() } else { None };
                here = match last {
                    None => return Ok(None),
                    Some(Choice::Go(place, at)) => Some((place, at)),
                    Some(Choice::Less { next, least, at }) => {
                        let shorter = at - char_before(text, at).map_or(0, char::len_utf8);
                        if shorter > least {
                            choices.push(Choice::Less { next, least, at: shorter });
                        }
                        Some((next, shorter))
                    }
                    Some(Choice::More { run, taken, at }) => self.one_more(run, taken, text, at, choices),
                };
                continue;
            };
            here = match &steps[place] {
                Step::Match => {
                    choices.truncate(before);
                    return Ok(Some(at));
                }
                Step::Take(set, next) => {
                    char_at(text, at).filter(|&char| sets[*set].has(char)).map(|char| (*next, at + char.len_utf8()))
                }
                Step::Run(set, bounds, mark, next) => {
                    let most = if *mark == "?" { bounds.0 } else { bounds.1.unwrap_or(usize::MAX) };
                    let (mut end, mut least, mut count) = (at, at, 0);
                    for char in text[at..].chars().take(most).take_while(|&char| sets[*set].has(char)) {
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
                Step::Atomic(part, next) => self.run(*part, text, at, spent, choices)?.map(|end| (*next, end)),
                Step::Look { part, back, negated, next } => {
                    let from = match back {
                        None | Some(0) => Some(at),
                        Some(count) => text[..at].char_indices().rev().nth(count - 1).map(|(from, _)| from),
                    };
                    let found = match from {
                        Some(from) => self.run(*part, text, from, spent, choices)?.is_some(),
                        None => false,
                    };
                    (found != *negated).then_some((*next, at))
                }
                Step::Start(next) => (at == 0).then_some((*next, at)),
                Step::End(next) => (at == text.len()).then_some((*next, at)),
                Step::Edge { inside, word, next } => {
                    let is_word = |char: Option<char>| char.is_some_and(|char| sets[*word].has(char));
                    let is_edge = is_word(char_before(text, at)) != is_word(char_at(text, at));
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
        let Step::Run(set, bounds, _, next) = &self.program.steps[run] else { return None };
        if bounds.1.is_some_and(|most| taken >= most) {
            return None;
        }
        let end = at + char_at(text, at).filter(|&char| self.program.sets[*set].has(char))?.len_utf8();
        choices.push(Choice::More { run, taken: taken + 1, at: end });
        Some((*next, end))
    }
}

fn char_at(text: &str, at: usize) -> Option<char> {
    text[at..].chars().next()
}

fn char_before(text: &str, at: usize) -> Option<char> {
    text[..at].chars().next_back()
}

/// The steps of a pattern.
#[derive(Debug)]
struct Program {
    steps: Vec<Step>,
    sets: Vec<Set>,
    /// With which bytes a match may begin, but for an empty one at the end of the text.
    first: [bool; 256],
}

impl Program {
    /// Notes with which bytes the match of what begins at a step may begin; whether it may match nothing. `seen`: steps that have
    /// been looked at.
    fn note_first(&mut self, entry: Place, seen: &mut [bool]) -> bool {
        let (mut left, mut may_be_empty) = (vec![entry], false);
        while let Some(place) = left.pop() {
            if place != MATCH && std::mem::replace(&mut seen[place], true) {
                continue;
            }
            let set = match self.steps[place] {
                Step::Match => {
                    may_be_empty = true;
                    continue;
                }
                Step::Take(set, _) => set,
                Step::Run(set, (least, _), _, next) => {
                    left.extend((least == 0).then_some(next));
                    set
                }
                Step::Either(first, second) => {
                    left.extend([first, second]);
                    continue;
                }
                Step::Atomic(part, next) => {
                    let goes_on = self.note_first(part, seen);
                    left.extend(goes_on.then_some(next));
                    continue;
                }
                Step::Look { next, .. } | Step::Start(next) | Step::End(next) | Step::Edge { next, .. } => {
                    left.push(next);
                    continue;
                }
            };
            let Set { ascii, chars } = &self.sets[set];
            let beyond = chars.last().is_some_and(|range| range.1 > 127);
            for (byte, first) in self.first.iter_mut().enumerate() {
                *first |= if byte < 128 { ascii >> byte & 1 == 1 } else { beyond && byte >= 0xC2 };
            }
        }
        may_be_empty
    }
}

/// Writes the steps of a pattern, from its end: each part is told what comes next. None where they would be too many.
#[derive(Default)]
struct Writer {
    steps: Vec<Step>,
    sets: Vec<Set>,
    /// The numbers of the sets of a pattern, each of which is kept once, and that of the characters of words.
    numbers: HashMap<*const CharSet, SetNumber>,
    word: Option<SetNumber>,
}

impl Writer {
    fn push(&mut self, step: Step) -> Option<Place> {
        if self.steps.len() == STEPS {
            return None;
        }
        self.steps.push(step);
        Some(self.steps.len() - 1)
    }

    fn set(&mut self, chars: &Arc<CharSet>) -> SetNumber {
        let (sets, numbers) = (&mut self.sets, &mut self.numbers);
        *numbers.entry(Arc::as_ptr(chars)).or_insert_with(|| {
            sets.push(Set::new(chars));
            sets.len() - 1
        })
    }

    fn add(&mut self, node: &Node, next: Place) -> Option<Place> {
        match node {
            Node::Set(chars) => {
                let set = self.set(chars);
                self.push(Step::Take(set, next))
            }
            Node::Sequence(parts) => parts.iter().rev().try_fold(next, |next, part| self.add(part, next)),
            Node::Choice(parts) => {
                let places = parts.iter().map(|part| self.add(part, next)).collect::<Option<Vec<_>>>()?;
                let (&last, rest) = places.split_last()?;
                rest.iter().rev().try_fold(last, |second, &first| self.push(Step::Either(first, second)))
            }
            Node::Repeat { part, bounds, mark } => match set_of(part) {
                Some(chars) => {
                    let set = self.set(chars);
                    self.push(Step::Run(set, *bounds, mark, next))
                }
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
                let number = self.word.unwrap_or_else(|| self.set(&Arc::new(word())));
                self.word = Some(number);
                self.push(Step::Edge { inside: *inside, word: number, next })
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
        for (pattern, count) in
            [("a", 1), ("(?>b*)a|(?=x)c", 3), (r"\bé", 62), (r"a{0,2}[bc]", 3), ("a*", 256), ("$", 256)]
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
}
