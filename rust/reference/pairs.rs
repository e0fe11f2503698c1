//! Count the pairs of a word, merge one, and say what that changed.
//!
//! A *pair* is two neighbouring ids, a *word* a piece as a list of ids. What training does with a word is built on these three
//! functions. (Encoding merges one place at a time: `merging`.)
//!
//! By hand, the word `a a a b` (ids 1 1 1 2), merging (1, 1) into 3:
//!
//! * counts before: (1,1) twice, since it stands at two places that overlap (T2); (1,2) once
//! * the merge goes from left to right without overlap (T4): `3 1 2`
//! * counts after: (3,1) once, (1,2) once; so the change is (1,1) -2, (3,1) +1
//!
//! Invariants: merging never lengthens a word; its bytes stay the same; the changes add up to minus the number of replacements.
//!
//! Costs, n the length of the word: each O(n) time and space. When not to use it: a text that is one word of a million
//! letters, because every merge then reads all of it again.
//!
//! Implements SPEC T2 and T4.

use foldhash::{HashMap, HashMapExt};

pub type Pair = (u32, u32);

/// Counts at how many places of the word each pair stands, overlapping places included.
pub fn count_pairs(word: &[u32]) -> HashMap<Pair, i64> {
    let mut counts = HashMap::new();
    for pair in word.windows(2) {
        *counts.entry((pair[0], pair[1])).or_insert(0) += 1;
    }
    counts
}

/// Replaces each occurrence of the pair in the word, from left to right and without overlap.
pub fn merge_pair(word: &[u32], pair: Pair, new_id: u32) -> Vec<u32> {
    let (left, right) = pair;
    let mut merged = Vec::with_capacity(word.len());
    let mut at = 0;
    while at < word.len() {
        if word[at] == left && at + 1 < word.len() && word[at + 1] == right {
            merged.push(new_id);
            at += 2;
        } else {
            merged.push(word[at]);
            at += 1;
        }
    }
    merged
}

/// Returns by how much the count of each pair changes in a merge; pairs whose count stays the same are left out.
pub fn pair_changes(before: &[u32], after: &[u32]) -> HashMap<Pair, i64> {
    let mut changes = count_pairs(before);
    for count in changes.values_mut() {
        *count = -*count;
    }
    for (pair, count) in count_pairs(after) {
        *changes.entry(pair).or_insert(0) += count;
    }
    changes.retain(|_, change| *change != 0);
    changes
}
