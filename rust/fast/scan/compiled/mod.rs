//! Any split pattern at the speed of a scanner: pattern -> tables -> where pieces end.
//!
//! Must equal `rust/reference/pretokenize.rs`, which runs a regular-expression engine at 15 to 30 MB/s. Here the pattern becomes
//! a machine that reads each character once. Why it is exact: notes/proofs.md, "Compiled split patterns". Read in this order:
//!
//! 1. `partition`: the characters that no set of the pattern tells apart are one *class*.
//! 2. `program`: the pattern as steps. `search`: one attempt to match at one place, as an automaton over classes.
//! 3. `ends`: attempts one after the other, as an automaton that puts out the ends of pieces and never goes back. `ahead`:
//!    look-aheads at more than one character. `machine` puts these parts together.
//! 4. `table`: that automaton packed for running. `char_pairs`: two ASCII characters a step. `twin`: two places of the text at once.
//! 5. `cuts`: where a text may be cut in two. `equal`: do two patterns cut every text alike?
//! 6. `rewind`: the second tier, for patterns whose ends cannot be found without going back. It is linear all the same.
//!
//! `work` bounds the cost of compiling. What no tier takes is left to the engine, and [`Unsupported`] says why (SPEC P6): looking
//! behind at more than one character; looking ahead at more than one where ends need going back, or where the look-ahead itself looks
//! behind or further ahead; an atomic group or a possessive repeat of more than one set, unless nothing comes after it; more than 128
//! sets, 120 classes or some thousand states. Patterns that cut in turn (SPEC P8) run one by one where one knows its ends too late for
//! the next, or the next looks ahead at more than one character.

// What a pattern becomes is bounded by `work`; what is done to a text takes room for a stretch of it at a time.
#![allow(clippy::disallowed_methods, reason = "bounded by the pattern")]

mod ahead;
mod char_pairs;
mod cuts;
mod ends;
mod equal;
mod machine;
mod partition;
mod program;
mod rewind;
mod search;
mod table;
#[cfg(test)]
mod tests;
mod twin;
mod unsupported;
mod work;

use crate::reference::published::regex_tree::Node;
use ahead::Aheads;
pub use equal::difference;
use machine::machine;
use partition::Partition;
use program::sets_of;
pub use rewind::Rewind;
pub(crate) use rewind::RewindCursor;
use search::Search;
pub(crate) use table::Cursor;
pub use table::{PENDING, Scan, Table};
pub use unsupported::Unsupported;
pub use work::Work;

#[derive(Debug)]
pub enum Compiled {
    Table(Table),
    /// With the reason why it is not a table.
    Rewind(Rewind, Unsupported),
}

/// Compiles patterns that cut one after the other, given as trees; at least one.
pub fn compile(steps: &[Node], work: &mut Work) -> Result<Compiled, Unsupported> {
    let mut sets = Vec::new();
    for step in steps {
        sets_of(step, &mut sets);
    }
    let mut partition = Partition::new(&sets).ok_or(Unsupported::Large)?;
    // What later steps look at ends with a piece of the first.
    if let Some(aheads) = steps.first().map(|step| Aheads::new(step, &partition)).transpose()?.flatten() {
        return look_ahead(steps, &partition, &aheads, work);
    }
    let searches = steps.iter().map(|step| Search::new(step, &partition, work)).collect::<Result<Vec<_>, _>>()?;
    match machine(&searches, work) {
        Ok(mut ends) => {
            partition.join(&ends.join_classes());
            Ok(Compiled::Table(Table::new(&partition, &ends)))
        }
        Err(reason) if searches.len() == 1 => {
            let search = searches.into_iter().next().ok_or(reason)?;
            Ok(Compiled::Rewind(Rewind::new(&partition, search), reason))
        }
        Err(reason) => Err(reason),
    }
}

fn look_ahead(
    steps: &[Node],
    partition: &Partition,
    aheads: &Aheads,
    work: &mut Work,
) -> Result<Compiled, Unsupported> {
    let (finer, answers) = (aheads.refine(partition), aheads.answers());
    let mut with = |(number, step)| Search::with(step, &finer, if number == 0 { &answers } else { &[] }, work);
    let searches = steps.iter().enumerate().map(&mut with).collect::<Result<Vec<_>, _>>()?;
    let mut ends = machine(&searches, work)?;
    let joined = ends.join_classes();
    let mut examples = Vec::new();
    for (&class, &example) in joined.iter().zip(&finer.examples) {
        // Classes are numbered in order of appearance.
        if usize::from(class) == examples.len() {
            examples.push(example);
        }
    }
    Ok(Compiled::Table(Table::marked(partition, &ends, aheads.marks(&joined), examples)))
}
