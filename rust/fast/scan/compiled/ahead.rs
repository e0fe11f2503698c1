//! Look-aheads at more than one character, answered for every place of a text before it is cut.
//!
//! `(?=R)` holds at a place if some beginning of what follows is in the language of R (greedy, lazy or possessive makes no
//! difference). So one automaton that reads the text *from its end* knows the answer at every place. Its state is the set of
//! positions of R (`program.rs`) from which R can be matched here. A position that takes a character is in it if the character is
//! of its classes and the position after it was in the set one character later; any other, if one that it leads to is.
//!
//! By hand, `(?=(?:dd)+(?!d))` on `adddd`, from the end: after the last `d` it does not hold; before it a pair is not complete;
//! before the last two it holds; before three it does not; before four it does; before `a` it does not.
//!
//! The class of a character with the answers before it is a finer class. The machine of `ends.rs` is made over these: to it,
//! `(?=R)` asks about the next character only. The text is read twice from its end: once to note the state at the end of each
//! stretch, and once, stretch by stretch from the first, for the classes.
//!
//! Refused within a look-ahead: a question about the character before, and another look-ahead at more than one character.
//! Cost: two look-ups a character more, and a note for each stretch; no cut of the text is known to be safe.

#![expect(clippy::cast_possible_truncation, reason = "states and classes are bounded where they are made")]

use super::partition::{ClassTable, MAX_CLASSES, Partition};
use super::program::{Position, Program, Step};
use super::unsupported::Unsupported;
use crate::reference::published::regex_tree::{LOOKS, Node};
use crate::support::interrupt;
use foldhash::{HashMap, HashMapExt};

/// The most look-aheads of a pattern, and the most steps spent on their automaton: some milliseconds.
const AHEADS: usize = 8;
const WORK: usize = 2_000_000;
/// The length of a stretch in bytes; it ends with a character.
const STRETCH: usize = if cfg!(any(test, fuzzing)) { 16 } else { 4096 };

#[derive(Debug)]
pub(super) struct Aheads<'t> {
    parts: Vec<&'t Node>,
    /// By state and class of the character before: the next state, and the finer class. State 0 is the first.
    cells: Vec<(u32, u8)>,
    n_classes: usize,
    /// By finer class: the class, and whether each look-ahead holds before the character.
    finer: Vec<(u8, Answers)>,
    at_end: Answers,
}

/// One bit for each look-ahead.
type Answers = u8;

impl<'t> Aheads<'t> {
    /// None if no look-ahead asks about more than one character.
    pub(super) fn new(tree: &'t Node, partition: &Partition) -> Result<Option<Aheads<'t>>, Unsupported> {
        let mut program = Program::empty(partition);
        let mut parts = Vec::new();
        far(&program, tree, &mut parts);
        if parts.is_empty() {
            return Ok(None);
        }
        let entries = parts.iter().map(|part| program.add(part, 0)).collect::<Result<Vec<_>, _>>()?;
        let behind = program.steps.iter().any(|step| matches!(step, Step::Behind(..)));
        if behind || parts.len() > AHEADS {
            return Err(Unsupported::LookAhead);
        }
        let n_classes = partition.n_classes();
        let mut aheads = Aheads { parts, cells: Vec::new(), n_classes, finer: Vec::new(), at_end: 0 };
        aheads.determinize(&program.steps, &entries)?;
        Ok(Some(aheads))
    }

    fn determinize(&mut self, steps: &[Step], entries: &[Position]) -> Result<(), Unsupported> {
        let answers = |state: &[bool]| {
            (entries.iter().zip(0..)).fold(0, |all, (&entry, bit)| all | Answers::from(state[entry as usize]) << bit)
        };
        let end = before(steps, &vec![false; steps.len()], self.n_classes);
        self.at_end = answers(&end);
        let mut numbers: HashMap<Vec<bool>, u32> = HashMap::new();
        numbers.insert(end.clone(), 0);
        let mut states = vec![end];
        let mut at = 0;
        while at < states.len() {
            if states.len() * steps.len() * self.n_classes > WORK {
                return Err(Unsupported::LookAhead);
            }
            for class in 0..self.n_classes {
                let state = before(steps, &states[at], class);
                let finer = (class as u8, answers(&state));
                let column = self.finer.iter().position(|&known| known == finer).unwrap_or(self.finer.len());
                if column == self.finer.len() {
                    if column == MAX_CLASSES {
                        return Err(Unsupported::LookAhead);
                    }
                    self.finer.push(finer);
                }
                let next = *numbers.entry(state).or_insert_with_key(|state| {
                    states.push(state.clone());
                    states.len() as u32 - 1
                });
                self.cells.push((next, column as u8));
            }
            at += 1;
        }
        Ok(())
    }

    /// The partition into the finer classes. It cannot look up characters.
    pub(super) fn refine(&self, partition: &Partition) -> Partition {
        partition.refined(&self.finer.iter().map(|&(class, _)| class).collect::<Vec<_>>())
    }

    /// Each look-ahead, and the finer classes before whose characters it holds; the bit after the last one is the end of the text.
    pub(super) fn answers(&self) -> Vec<(&'t Node, u128)> {
        let held = |bit: usize| {
            let all = self.finer.iter().map(|&(_, answers)| answers).chain([self.at_end]).zip(0..);
            all.fold(0, |set, (answers, class)| set | u128::from(answers >> bit & 1) << class)
        };
        self.parts.iter().enumerate().map(|(bit, &part)| (part, held(bit))).collect()
    }

    /// The automaton; `joined` maps each finer class to its number in the machine.
    pub(super) fn marks(&self, joined: &[u8]) -> Marks {
        let cells = self.cells.iter().map(|&(next, class)| next << 8 | u32::from(joined[usize::from(class)])).collect();
        Marks { n_classes: self.n_classes, cells }
    }
}

/// The look-aheads at more than one character that are not within another look-around.
fn far<'t>(program: &Program, node: &'t Node, found: &mut Vec<&'t Node>) {
    match node {
        Node::Group { part, mark: "(?=" | "(?!" } if program.ahead(part).is_none() && !found.contains(&&**part) => {
            found.push(part);
        }
        Node::Group { part, mark } if !LOOKS.contains(mark) => far(program, part, found),
        Node::Repeat { part, .. } => far(program, part, found),
        Node::Sequence(parts) | Node::Choice(parts) => parts.iter().for_each(|part| far(program, part, found)),
        _ => {}
    }
}

/// The positions from which the rest can be matched before a character of the class (`n_classes` is the end of the text), given
/// those after it.
fn before(steps: &[Step], behind: &[bool], class: usize) -> Vec<bool> {
    let mut holds = vec![false; steps.len()];
    let mut changed = true;
    while changed {
        changed = false;
        for (at, step) in steps.iter().enumerate() {
            let now = match step {
                Step::Match => true,
                Step::Take(classes, next) => classes >> class & 1 == 1 && behind[*next as usize],
                Step::Choice(parts) => parts.iter().any(|&part| holds[part as usize]),
                Step::Ahead(classes, next) => classes >> class & 1 == 1 && holds[*next as usize],
                Step::Behind(..) => false,
            };
            changed |= now != holds[at];
            holds[at] = now;
        }
    }
    holds
}

#[derive(Debug, Clone)]
pub(super) struct Marks {
    n_classes: usize,
    /// By state and class: the next state (24 bits), and the class that the machine reads.
    cells: Vec<u32>,
}

/// The ends of the unread stretches, with the state at each; the next one last.
pub(super) type Waiting = Vec<(usize, u32)>;

impl Marks {
    /// The stretches of a text; none if the work was stopped.
    pub(super) fn stretches(&self, classes: &ClassTable, text: &[u8]) -> Waiting {
        let mut waiting = vec![(text.len(), 0)];
        let (mut at, mut state, mut until) = (text.len(), 0, text.len());
        while at > STRETCH {
            let (class, length) = classes.back(text, at);
            state = self.cell(state, class) >> 8;
            at -= length;
            if until - at >= STRETCH {
                waiting.push((at, state));
                until = at;
                if interrupt::stopped() {
                    return Vec::new();
                }
            }
        }
        waiting
    }

    /// The classes of the characters from a place to the end of its stretch, the last one first.
    pub(super) fn classes(&self, classes: &ClassTable, text: &[u8], from: usize, end: (usize, u32)) -> Vec<u8> {
        let (mut at, mut state) = end;
        let mut found = Vec::with_capacity(at - from);
        while at > from {
            let (class, length) = classes.back(text, at);
            let cell = self.cell(state, class);
            found.push((cell & 0xFF) as u8);
            state = cell >> 8;
            at -= length;
        }
        found
    }

    fn cell(&self, state: u32, class: usize) -> u32 {
        self.cells[state as usize * self.n_classes + class]
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{Case, ends_of, texts};
    use super::*;
    use crate::fast::scan::Tier;
    use crate::reference::published::patterns::Pattern;

    /// Look-aheads at what is fixed, repeated, chosen, optional, at the end of the text, negated; several, and next to each other.
    const FAR: &[&str] = &[
        "(?=(?:bb)+(?!b))", "a(?=bc)|b", "a(?!bc)", "(?=a{3}(?!a))|b+", "[ab](?=(?:ab)*c|$)|c+", "(?!ab|ba).",
        "(?=a[^a]+a$)", "(?=ab)|(?=ba)|(?!cc)c", "a(?=b.?c)b|a(?!ab|$)", "(?=(?:a|b)*?c)[ab]",
        "(?=a++b)|(?=(?:a|bc)$)", "(?<=a)(?=bc)|(?<!a)b(?=.{2})", "(?=(?:aa)+(?!a))(?#then)[ab]+|c",
        "(?=ab)(?#then)(?<=a)b|(?=c)", "b(?#then)(?=ab)|c(?#then)(?!ba)a",
    ];

    #[test]
    fn they_hold_where_the_engine_finds_that_they_do() {
        let texts = texts(&['a', 'b', 'c'], 6);
        for pattern in FAR {
            let case = Case::new(pattern, pattern);
            for text in &texts {
                case.check(text.as_bytes());
            }
            // More than a stretch, with characters of every length across its end.
            for part in ["a", "ab", "bb", "aac", "é", "b日a", "c😀ab", "\n"] {
                for end in ["", "a", "bc", "\u{FFFD}a"] {
                    let text = part.repeat(30) + end;
                    case.check(text.as_bytes());
                    case.check(&text.as_bytes()[..text.len().saturating_sub(1)]);
                    case.check(&[text.as_bytes(), b"\xFFab\xE6\x97"].concat());
                }
            }
        }
    }

    #[test]
    fn what_is_compiled_and_what_is_left_to_the_engine() {
        let tier = |pattern: &str| Tier::new(&[pattern]).unwrap();
        for pattern in &FAR[..12] {
            assert!(matches!(tier(pattern), Ok(Tier::Table(_))), "{pattern}");
        }
        let refused = |pattern: &str| tier(pattern).err();
        for pattern in ["a(?=(?<=b)cd)", r"a(?=b\bc)", "a(?=(?!bc)d)", "(?=c[ab]{30}a)"] {
            assert_eq!(refused(pattern), Some(Unsupported::LookAhead), "{pattern}");
        }
        assert_eq!(refused("a(?=(?>ab|a)c)"), Some(Unsupported::Atomic));
        assert_eq!(refused("(?:a*b|a)(?!cd)"), Some(Unsupported::Unbounded));
        let many = |n: usize| (0..n).map(|n| format!("(?=a{})", "b".repeat(n + 1))).collect::<Vec<_>>().join("|");
        assert!(tier(&many(AHEADS)).is_ok());
        assert_eq!(refused(&many(AHEADS + 1)), Some(Unsupported::LookAhead));
    }

    #[test]
    fn digits_in_threes_from_the_right_take_linear_time() {
        let pattern = Pattern::new(r"(?=(\d{3})+(?!\d))").unwrap();
        let text = "7".repeat(1_000_000);
        let ends: Vec<usize> = (1..=1_000_000).filter(|end| end % 3 == 1).collect();
        assert!(ends_of(&pattern, text.as_bytes()) == ends);
        assert!(ends_of(&pattern, &text.as_bytes()[1..]).into_iter().eq((3..1_000_000).step_by(3)));
        assert!(pattern.scanner().unwrap().cuts().next(b"a 1 b", 0).is_none());
    }
}
