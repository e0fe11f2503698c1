//! Trees -> machine: the parts put together.

use super::ends::Ends;
use super::partition::Partition;
use super::program::sets_of;
use super::search::Search;
use super::unsupported::Unsupported;
use super::work::Work;
use crate::reference::published::regex_tree::Node;

/// The machine of patterns that cut one after the other.
pub(super) fn machine(searches: &[Search], work: &mut Work) -> Result<Ends, Unsupported> {
    let mut all: Option<Ends> = None;
    for search in searches {
        if all.as_ref().is_some_and(|outer| !outer.is_immediate()) {
            return Err(Unsupported::Late);
        }
        all = Some(Ends::new(search, all.as_ref(), work)?);
    }
    all.ok_or(Unsupported::Large)
}

/// The machines of several patterns, each a list of trees, over the same classes; and a character of each class.
pub(super) fn machine_of(patterns: &[&[Node]]) -> Result<(Vec<char>, Vec<Ends>), Unsupported> {
    let mut sets = Vec::new();
    for step in patterns.iter().copied().flatten() {
        sets_of(step, &mut sets);
    }
    let partition = Partition::new(&sets).ok_or(Unsupported::Large)?;
    let mut work = Work::default();
    let machine_of_one = |steps: &&[Node]| {
        let searches = steps.iter().map(|step| Search::new(step, &partition, &mut work));
        let searches = searches.collect::<Result<Vec<_>, _>>()?;
        machine(&searches, &mut work)
    };
    let machines = patterns.iter().map(machine_of_one).collect::<Result<Vec<_>, _>>()?;
    Ok((partition.examples, machines))
}
