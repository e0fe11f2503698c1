//! Scores -> merges of characters and their pair table. Must equal `merges_from_scores` of `rust/reference/published/ranks.rs`
//! where it answers.
//!
//! As in `merges_from_ranks.rs`, the merge of a piece is the last one when its bytes are merged alone, by the table of all shorter
//! pieces; the merges that make characters of bytes come before all others (`hidden_ids.rs`). Pieces that share a rank, and all
//! files that the mirror refuses, are left to the mirror.
//!
//! Cost, V pieces of L bytes: O(V L) look-ups, and sorting.

#![expect(clippy::cast_possible_truncation, reason = "places are fewer than NO_SYMBOL, which is checked")]

use super::merges_from_ranks::{are_distinct, by_length, find_pairs};
use crate::error::Result;
use crate::fast::encode::merge::hidden_ids::HiddenIds;
use crate::fast::encode::merge::pair_slots::{Inserted, NO_SYMBOL};
use crate::fast::encode::merge::pair_table::{PairTable, shorten};
use crate::fast::util::fallible::{append, collect, concat, extend, filled, push, room};
use crate::reference::published::vocabs::{Merge, NO_ID, Vocab};
use foldhash::{HashMap, HashMapExt};
use std::cmp::Ordering;

#[derive(Debug)]
pub struct FromScores {
    pub(in crate::fast::encode) table: PairTable,
    pub merges: Vec<Merge>,
    /// By id, whether merging the token's bytes gives the token.
    pub(in crate::fast::encode) made: Vec<bool>,
}

/// `vocab` has the tokens, the fallback and no merges; `pieces` are ids and scores. None if two pieces share a rank or their bytes, if
/// one holds a character that is not a piece, or if there is no table for them.
pub fn merges_from_scores(vocab: &Vocab, pieces: &[(u32, f64)]) -> Result<Option<FromScores>> {
    let Some(ranked) = ranked(vocab, pieces)? else { return Ok(None) };
    if HiddenIds::are_ambiguous(vocab) {
        return Ok(None);
    }
    let (hidden, first) = HiddenIds::new(vocab)?;
    let mut ids = concat(&[&vocab.byte_ids])?;
    extend(&mut ids, first.iter().map(|merge| merge.id))?;
    let n_first = first.len() as u32;
    append(&mut ids, &ranked)?;
    let n_places = ids.len() - 256;
    if ids.len() >= NO_SYMBOL as usize || vocab.byte_ids.contains(&NO_ID) {
        return Ok(None);
    }
    let tokens = &vocab.tokens;
    let Some(mut table) = PairTable::with_room(n_places, &ids, hidden, tokens)? else { return Ok(None) };
    let mut pairs = filled((NO_SYMBOL, NO_SYMBOL), n_places)?;
    // What the first merges join are bytes and hidden ids, all of which have a symbol by then.
    let mut symbols: HashMap<u32, u32> = HashMap::new();
    symbols.try_reserve(256 + first.len())?;
    for (&id, symbol) in ids[..256 + first.len()].iter().zip(0..) {
        symbols.insert(id, symbol);
    }
    for (pair, merge) in pairs.iter_mut().zip(&first) {
        *pair = (symbols[&merge.left], symbols[&merge.right]);
    }
    let entries = pairs[..first.len()].iter().zip(0..).map(|(&(left, right), place)| (left, right, place));
    if table.insert_all(entries) != Inserted::All {
        return Ok(None);
    }
    let token = |place: u32| tokens.get(ids[256 + place as usize]).unwrap_or_default();
    let sorted = by_length(n_first..n_places as u32, |place| token(place).len())?;
    if find_pairs(&mut table, &mut pairs, &sorted, token)?.is_none() {
        return Ok(None);
    }
    let mut merges = room(ranked.len())?;
    let mut unmade = Vec::new();
    for (&(left, right), place) in pairs.iter().zip(0..) {
        if left == NO_SYMBOL {
            push(&mut unmade, token(place))?;
            continue;
        }
        if let Some(rank) = place.checked_sub(n_first) {
            let [left, right, id] = [left, right, 256 + place].map(|symbol| ids[symbol as usize]);
            merges.push(Merge { left, right, id, rank });
        }
    }
    if !are_distinct(unmade.iter().copied())? {
        return Ok(None);
    }
    let mut made = filled(false, tokens.n_ids() as usize)?;
    for &id in vocab.byte_ids.iter().chain(first.iter().chain(&merges).map(|merge| &merge.id)) {
        // Hidden ids are above those of the tokens.
        if let Some(made) = made.get_mut(id as usize) {
            *made = true;
        }
    }
    table.id_shift = shorten(&mut table.ids);
    Ok(Some(FromScores { table, merges, made }))
}

/// The ids of the pieces of several characters, by rank; None where merges cannot be found from them.
fn ranked(vocab: &Vocab, pieces: &[(u32, f64)]) -> Result<Option<Vec<u32>>> {
    let text = |id: u32| std::str::from_utf8(vocab.tokens.get(id)?).ok();
    let mut known = filled(0u64, 0x11_0000 / 64)?;
    let mut made: Vec<(&str, u32, f64)> = room(pieces.len())?;
    for &(id, score) in pieces {
        let piece = text(id).unwrap_or_default();
        let mut chars = piece.chars();
        let Some(first) = chars.next() else { return Ok(None) };
        let first = first as usize;
        if chars.next().is_some() {
            made.push((piece, id, score));
            continue;
        }
        let (word, bit) = (first / 64, 1 << (first % 64));
        if known[word] & bit != 0 {
            return Ok(None); // It comes twice.
        }
        known[word] |= bit;
    }
    let is_known = |char: char| known[char as usize / 64] >> (char as usize % 64) & 1 != 0;
    if !made.iter().all(|(piece, _, _)| piece.chars().all(is_known)) {
        return Ok(None);
    }
    let equal = |one: f64, other: f64| one.partial_cmp(&other) == Some(Ordering::Equal);
    made.sort_unstable_by(|(one, _, score), (other, _, than)| {
        let by_score = than.partial_cmp(score).unwrap_or(Ordering::Equal);
        by_score.then_with(|| other.len().cmp(&one.len()).then_with(|| one.cmp(other)))
    });
    let shared = made
        .chunk_by(|(_, _, one), (_, _, other)| equal(*one, *other))
        .any(|same| same.len() > 1 && !same.iter().all(|(piece, _, _)| is_run(piece)));
    let ids = collect(made.into_iter().map(|(_, id, _)| id))?;
    Ok(if shared { None } else { Some(ids) })
}

fn is_run(piece: &str) -> bool {
    let mut chars = piece.chars();
    let first = chars.next();
    chars.all(|char| Some(char) == first)
}

#[cfg(test)]
mod tests {
    use super::super::made_by_merges::{made_by_merges, tests::made_by_merging};
    use super::*;
    use crate::reference::published::characters::add_fallback;
    use crate::reference::published::vocabs::{Alphabet, Tokens};
    use proptest::prelude::*;
    use std::sync::Arc;

    proptest! {
        #[test]
        fn equals_the_mirror(
            words in prop::collection::hash_set("[ab]{2,5}|[é中 ]{2,3}|a{63,66}|[é]{30,40}", 0..30),
            scores in prop::collection::vec(-9i8..0, 30),
            spread: bool,
            left_out in 0usize..9,
        ) {
            let chars: Vec<String> = "ab é中".chars().map(String::from).collect();
            let chars = chars.into_iter().enumerate().filter(|(at, _)| *at != left_out).map(|(_, char)| char);
            let fallback: Vec<u32> = (0..256).collect();
            let mut scored: Vec<(Vec<u8>, u32, f64)> = Vec::new();
            for (index, word) in (0u32..).zip(chars.chain(words)) {
                let score = if spread { -f64::from(index) } else { f64::from(scores[index as usize % scores.len()]) };
                scored.push((word.into_bytes(), 300 + index, score));
            }
            let mut tokens = Tokens::default();
            for (piece, id, _) in &scored {
                tokens.set(*id, piece).unwrap();
            }
            add_fallback(&mut tokens, Some(&fallback)).unwrap();
            let alphabet = Alphabet { fallback: Some(fallback.clone()), ..Alphabet::default() };
            let plain = Vocab::assemble(tokens, Vec::new(), false, alphabet).unwrap();
            let pieces: Vec<(u32, f64)> = scored.iter().map(|(_, id, score)| (*id, *score)).collect();
            let found = merges_from_scores(&plain, &pieces).unwrap();
            let mirror = Vocab::from_scores(&scored, fallback);
            if spread && left_out >= 5 {
                prop_assert!(found.is_some());
            }
            if let Some(found) = found {
                let mirror = Arc::new(mirror.unwrap());
                prop_assert_eq!(&found.merges, mirror.merges());
                let table = PairTable::new(&mirror).unwrap().unwrap();
                prop_assert_eq!(&found.made, &made_by_merging(&mirror, &table));
                prop_assert_eq!(&found.made, &made_by_merges(&mirror, &table, u32::MAX).unwrap().by_id);
                for (piece, _, _) in &scored {
                    let [mut one, mut other] = [Vec::new(), Vec::new()];
                    for (table, out) in [(&table, &mut one), (&found.table, &mut other)] {
                        let mut symbols = Vec::new();
                        crate::fast::encode::merge::long::merge_long(table, piece, &mut symbols).unwrap();
                        prop_assert!(table.append_ids(&symbols, out).unwrap());
                    }
                    prop_assert_eq!(one, other);
                }
            }
        }
    }

    /// The tokens 256, 257 ... with the fallback 0 to 255, and scores that fall by `step` from token to token.
    fn vocabulary(words: &[&str], step: f64) -> (Vocab, Vec<(u32, f64)>) {
        let mut tokens = Tokens::default();
        words.iter().zip(256..).for_each(|(word, id)| tokens.set(id, word.as_bytes()).unwrap());
        let fallback: Vec<u32> = (0..256).collect();
        add_fallback(&mut tokens, Some(&fallback)).unwrap();
        let alphabet = Alphabet { fallback: Some(fallback), ..Alphabet::default() };
        let scores = (256..).take(words.len()).map(|id| (id, -step * f64::from(id))).collect();
        (Vocab::assemble(tokens, Vec::new(), false, alphabet).unwrap(), scores)
    }

    #[test]
    fn ids_in_the_order_of_scores_are_their_own_symbols() {
        let (plain, scores) = vocabulary(&["ab", "bc", "abc", "a", "b", "c"], 1.0);
        let table = merges_from_scores(&plain, &scores).unwrap().unwrap().table;
        assert_eq!((table.id_shift, table.ids.len()), (Some(0), 256));
        assert_eq!([97, 98, 256, 258].map(|symbol| table.id(symbol)), [259, 260, 256, 258]);
    }

    #[test]
    fn pieces_may_share_a_score_where_each_is_a_run_and_never_their_bytes() {
        let merges = |words: &[&str], step: f64| {
            let (plain, scores) = vocabulary(words, step);
            merges_from_scores(&plain, &scores).unwrap().map(|found| found.merges.len())
        };
        assert_eq!(merges(&["aaa", "aa", "a"], 0.0), Some(2));
        assert_eq!(merges(&["ab", "aa", "a", "b"], 0.0), None);
        // Neither of pieces that merges make, nor of others.
        assert_eq!([1.0, 0.0].map(|step| merges(&["ab", "ab", "a", "b"], step)), [None, None]);
        assert_eq!(merges(&["abc", "a", "b", "c"], 1.0), Some(0));
        assert_eq!(merges(&["abc", "abc", "a", "b", "c"], 1.0), None);
    }
}
