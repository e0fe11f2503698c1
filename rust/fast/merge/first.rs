//! The pairs that training starts with: two bytes each, so that two small tables count them without a hash.

use super::STRETCH;
use super::arena::{Arena, Symbol};
use super::births::Births;
use super::pairs::{NONE, Pairs};
use crate::error::Result;

/// The 256 bytes and the gap, which counts as one more.
const SIDE: usize = 257;

fn cell(left: u32, right: u32) -> usize {
    left.min(256) as usize * SIDE + right.min(256) as usize
}

/// Add to `pairs` every pair of bytes that may be merged one day; the indices of the records come back. `working` is
/// called now and then.
pub(super) fn first_pairs<S: Symbol>(
    arena: &Arena<S>,
    pairs: &mut Pairs,
    births: &Births,
    mut working: impl FnMut() -> Result<()>,
) -> Result<Vec<u32>> {
    let last = arena.slots.len() - 1;
    let stretches = || (0..last).step_by(STRETCH).map(|start| start..last.min(start + STRETCH));
    let mut counts = vec![0_u64; SIDE * SIDE];
    let mut places = vec![0_u32; SIDE * SIDE];
    let mut weights = arena.weights.cursor();
    for stretch in stretches() {
        working()?;
        let slots = &arena.slots[stretch.start..=stretch.end];
        for (p, two) in (stretch.start as u32..).zip(slots.windows(2)) {
            let cell = cell(two[0].id(), two[1].id());
            counts[cell] += weights.at(p);
            places[cell] += 1;
        }
    }
    let mut records = Vec::new();
    for left in 0..256 {
        for right in 0..256 {
            let (count, place) = (counts[cell(left, right)], &mut places[cell(left, right)]);
            let positions = std::mem::replace(place, NONE);
            if positions > 0 && births.may_merge(count, 2) {
                let record;
                (record, *place) = pairs.insert(left, right, count, positions, 0);
                records.push(record);
            }
        }
    }
    for other in 0..=256 {
        places[cell(other, 256)] = NONE;
        places[cell(256, other)] = NONE;
    }
    for stretch in stretches() {
        working()?;
        let slots = &arena.slots[stretch.start..=stretch.end];
        for (p, two) in (stretch.start as u32..).zip(slots.windows(2)) {
            let place = &mut places[cell(two[0].id(), two[1].id())];
            if *place != NONE {
                pairs.write(*place, p);
                *place += 1;
            }
        }
    }
    Ok(records)
}
