use super::*;
use crate::fast::scan::Tier;
use crate::reference::more::viable::{KINDS, SPACES};
use crate::reference::published::families::FAMILIES;
use crate::reference::published::patterns::{NAMED, expressions};

/// None where what may come next is not known.
fn machine_of(pattern: &str) -> Option<Machine> {
    match Tier::new(&expressions(pattern)).unwrap() {
        Ok(Tier::Table(table)) if !table.looks_ahead() => Some(Machine::new(table).unwrap()),
        _ => None,
    }
}

fn class_of(machine: &Machine, char: char) -> usize {
    machine.table.class_at(char.to_string().as_bytes(), 0).0
}

/// All that reading any characters leads to.
fn reached(machine: &Machine, first: impl IntoIterator<Item = Run>, at: u8) -> HashSet<Run> {
    let (mut found, mut stack) = (HashSet::default(), first.into_iter().collect::<Vec<_>>());
    while let Some(run) = stack.pop() {
        if !run.has(INSIDE) && found.insert(run) {
            stack.extend((0..machine.n_classes).map(|class| machine.read(run, class, at)));
        }
    }
    found
}

/// The borders up to a token that a text has shown at its end, if the token ends a piece.
fn shown(run: Run) -> Option<u8> {
    (!run.has(INSIDE) && run.has(END)).then(|| run.sure.to_le_bytes()[0])
}

/// What all texts after a token show.
fn shown_by_all(machine: &Machine, run: Run) -> HashSet<u8> {
    let (end, mut all) = (machine.n_classes, vec![machine.read(run, machine.n_classes, END)]);
    for class in 0..end {
        let one = machine.read(run, class, END);
        let more = reached(machine, (0..end).map(|next| machine.read(one, next, BEHIND)), LATER);
        all.extend(more.into_iter().map(|run| machine.read(run, end, LATER)).chain([machine.read(one, end, BEHIND)]));
    }
    all.into_iter().filter_map(shown).collect()
}

/// What the continuations show that the mirror tries.
fn shown_by_mirror(machine: &Machine, run: Run, tried: &[Vec<usize>]) -> HashSet<u8> {
    let read = |classes: &Vec<usize>| {
        let places = [END, BEHIND, LATER];
        let all = classes.iter().copied().chain([machine.n_classes]).zip(places);
        all.fold(run, |run, (class, at)| machine.read(run, class, at))
    };
    tried.iter().map(read).filter_map(shown).collect()
}

/// For each state of each machine, and all that any token can lead to.
#[test]
fn continuations_show_all_borders_of_named_patterns() {
    let mut n_patterns = 0;
    for (pattern, _) in NAMED.iter().chain(&FAMILIES) {
        let Some(machine) = machine_of(pattern) else { continue };
        n_patterns += 1;
        let chars = KINDS.chars().chain(machine.table.examples().iter().copied());
        let mut tried: Vec<Vec<usize>> = chars.map(|char| vec![class_of(&machine, char)]).collect();
        tried.push(Vec::new());
        tried.extend(SPACES.chars().map(|space| vec![class_of(&machine, space), class_of(&machine, 'a')]));
        for row in machine.rows() {
            let firsts: Vec<Run> =
                (0..machine.n_classes).map(|class| machine.read(machine.start(row), class, START)).collect();
            for run in reached(&machine, firsts, INSIDE) {
                let all = shown_by_all(&machine, run);
                let found = Ways::new(&machine, 0, run).unwrap().free;
                assert_eq!(found.into_iter().collect::<HashSet<_>>(), all, "{pattern}");
                assert_eq!(shown_by_mirror(&machine, run, &tried), all, "{pattern}");
            }
        }
    }
    assert!(n_patterns > 5);
}
