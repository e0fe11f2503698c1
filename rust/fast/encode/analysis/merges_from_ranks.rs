//! Ranks -> merges and their pair table, in one pass. Must equal `recover_merges` of `rust/reference/published/ranks.rs` where
//! that finds merges.
//!
//! *One pair a token is enough*, the last pair when its bytes are merged alone; a token that does not come about so is an
//! *exception*, which only a whole piece can be (proof: notes/proofs.md, "One merge a token").
//!
//! Merging a token alone makes only shorter tokens before its last step. So all tokens of one length, the shortest first, are merged
//! side by side (`merge/short.rs`) by the table of all shorter ones. What is left of a token is two parts, its pair, or more, and
//! then it is an exception. Then the pairs of this length join the table.
//!
//! By hand: `ab` 256, `bc` 257, `abc` 258. The tokens of two bytes are their bytes' pairs. `abc` merges to `ab c`, which is its
//! pair. But with `bc` 256 and `abcd` 257, `abcd` merges to `a bc d`: an exception.
//!
//! The mirror finds merges if and only if there is no exception and both parts of each pair have lower ranks than the token (bytes
//! count as lowest); then they are these.
//!
//! Cost, V tokens of L bytes: O(V L) look-ups; a table as in `pair_table.rs`.

#![expect(clippy::cast_possible_truncation, reason = "places are fewer than NO_SYMBOL, which `Names::new` checks")]

use crate::error::Result;
use crate::fast::encode::merge::hidden_ids::HiddenIds;
use crate::fast::encode::merge::long::merge_long;
use crate::fast::encode::merge::pair_slots::{Inserted, NO_PLACE, NO_SYMBOL, PairSlots};
use crate::fast::encode::merge::pair_table::{PairTable, shorten};
use crate::fast::encode::merge::short::{WIDE_LANE, merge_short};
use crate::fast::util::fallible::{filled, push, room};
use crate::reference::published::vocabs::{Merge, NO_ID, Tokens};
use crate::support::interrupt;
use foldhash::{HashSet, HashSetExt};
use std::ops::Range;
use std::sync::Arc;

#[derive(Debug)]
pub struct Recovered {
    pub(in crate::fast::encode) table: PairTable,
    pub merges: Vec<Merge>,
    /// Of the tokens that merges do not make.
    pub exceptions: Vec<u32>,
    /// Whether these are the merges that the mirror recovers.
    pub canonical: bool,
}

/// None if a byte has no token, two tokens have the same bytes, or there is no table for them.
pub fn merges_from_ranks(tokens: &Arc<Tokens>) -> Result<Option<Recovered>> {
    let Some(names) = Names::new(tokens)? else { return Ok(None) };
    let Names { ids, by_length } = names;
    let token = |place: u32| tokens.get(ids[256 + place as usize]).unwrap_or_default();
    let n_places = by_length.len();
    let hidden = HiddenIds::none(tokens.n_ids());
    let Some(mut table) = PairTable::with_room(n_places, &ids, hidden, tokens)? else { return Ok(None) };
    let mut pairs = filled((NO_SYMBOL, NO_SYMBOL), n_places)?;
    if find_pairs(&mut table, &mut pairs, &by_length, token)?.is_none() {
        return Ok(None);
    }
    let (mut merges, mut exceptions) = (room(n_places)?, Vec::new());
    let mut ordered = true;
    for (&(left, right), place) in pairs.iter().zip(0..) {
        let id = ids[256 + place as usize];
        if left == NO_SYMBOL {
            push(&mut exceptions, id)?;
            continue;
        }
        ordered &= left.max(right) < 256 + place;
        merges.push(Merge { left: ids[left as usize], right: ids[right as usize], id, rank: id });
    }
    if !are_distinct(exceptions.iter().filter_map(|&id| tokens.get(id)))? {
        return Ok(None);
    }
    table.id_shift = shorten(&mut table.ids);
    let canonical = exceptions.is_empty() && ordered;
    Ok(Some(Recovered { table, merges, exceptions, canonical }))
}

pub(in crate::fast::encode) fn are_distinct<'t>(tokens: impl Iterator<Item = &'t [u8]>) -> Result<bool> {
    let mut met = HashSet::new();
    for token in tokens {
        met.try_reserve(1)?;
        if !met.insert(token) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Finds the pair of each place, those of the shortest tokens first, and adds it to the table, which may hold pairs of other places.
/// None if two places have one pair, or if there is no table for them.
pub(in crate::fast::encode) fn find_pairs<'t>(
    table: &mut PairTable,
    pairs: &mut [(u32, u32)],
    by_length: &[u32],
    token: impl Fn(u32) -> &'t [u8] + Copy,
) -> Result<Option<()>> {
    let mut symbols = Vec::new();
    for same in by_length.chunk_by(|&one, &other| token(one).len() == token(other).len()) {
        interrupt::check()?;
        let mut take = |place: u32, symbols: &[u32]| {
            if let &[left, right] = symbols {
                pairs[place as usize] = (left, right);
            }
        };
        if token(same[0]).len() <= WIDE_LANE {
            merge_short(table, same.iter().map(|&place| (place, token(place))), &mut take);
        } else {
            for &place in same {
                symbols.clear();
                merge_long(table, token(place), &mut symbols)?;
                take(place, &symbols);
            }
        }
        let entries = same.iter().map(|&place| (pairs[place as usize].0, pairs[place as usize].1, place));
        let entries = entries.filter(|&(left, _, _)| left != NO_SYMBOL);
        if table.insert_all(entries) == Inserted::All {
            continue;
        }
        // Without room, the table is made anew, and larger.
        let entries = pairs.iter().zip(0..).map(|(&(left, right), place)| (left, right, place));
        let entries = entries.filter(|&(left, _, _)| left != NO_SYMBOL);
        let Some(larger) = PairSlots::new(pairs.len(), &entries)? else { return Ok(None) };
        table.slots = larger;
    }
    Ok(Some(()))
}

pub(in crate::fast::encode) fn by_length(places: Range<u32>, length: impl Fn(u32) -> usize) -> Result<Vec<u32>> {
    let longest = places.clone().map(&length).max().unwrap_or(0);
    let mut starts = filled(0u32, longest + 2)?;
    places.clone().for_each(|place| starts[length(place) + 1] += 1);
    let mut sum = 0;
    for start in &mut starts {
        sum += *start;
        *start = sum;
    }
    let mut sorted = filled(0, places.len())?;
    for place in places {
        let start = &mut starts[length(place)];
        sorted[*start as usize] = place;
        *start += 1;
    }
    Ok(sorted)
}

/// The symbols of a vocabulary of ranks: the bytes, then the longer tokens by rank, each with the place of its rank.
struct Names {
    /// The ids of the symbols.
    ids: Vec<u32>,
    /// The places, those of the shortest tokens first.
    by_length: Vec<u32>,
}

impl Names {
    /// None if a byte has no token or two, if the empty token has two ids, or if there are too many tokens.
    fn new(tokens: &Tokens) -> Result<Option<Names>> {
        let mut ids = filled(NO_ID, 256)?;
        let mut empty = 0;
        for (id, token) in tokens.iter() {
            match *token {
                [] => empty += 1,
                [byte] if ids[usize::from(byte)] == NO_ID => ids[usize::from(byte)] = id,
                [_] => return Ok(None),
                _ => push(&mut ids, id)?,
            }
        }
        if empty > 1 || ids[..256].contains(&NO_ID) || ids.len() >= NO_SYMBOL as usize {
            return Ok(None);
        }
        const { assert!(NO_SYMBOL <= NO_PLACE) };
        let length = |place: u32| tokens.get(ids[256 + place as usize]).map_or(0, <[u8]>::len);
        let by_length = by_length(0..(ids.len() - 256) as u32, length)?;
        Ok(Some(Names { ids, by_length }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fast::encode::merge::pair_table::no_bytes;
    use crate::reference::merging::merge_parts;
    use crate::reference::published::ranks::{every_split, recover_merges};
    use crate::reference::published::vocabs::{Alphabet, Vocab};
    use foldhash::HashMap;
    use proptest::prelude::*;

    /// The bytes with the ids 0 to 255, then these words in their order.
    fn vocabulary(words: &[String]) -> Arc<Tokens> {
        let mut tokens = Tokens::default();
        (0..=255u8).for_each(|byte| tokens.set(u32::from(byte), &[byte]).unwrap());
        words.iter().zip(256..).for_each(|(word, id)| tokens.set(id, word.as_bytes()).unwrap());
        Arc::new(tokens)
    }

    proptest! {
        #[test]
        fn merges_are_those_of_the_mirror_or_give_its_ids(
            words in prop::collection::hash_set("[ab]{2,6}|[a-c]{2,3}|[ab]{63,70}", 0..40),
            texts in prop::collection::vec("[a-c]{1,30}", 8),
        ) {
            let words: Vec<String> = words.into_iter().collect();
            let tokens = vocabulary(&words);
            let ranks: HashMap<&[u8], u32> = tokens.iter().map(|(id, token)| (token, id)).collect();
            let found = merges_from_ranks(&tokens).unwrap().unwrap();
            let expected = recover_merges(&tokens, &ranks).unwrap();
            prop_assert_eq!(found.canonical, expected.is_some());
            if let Some(expected) = expected {
                prop_assert_eq!(&found.merges, &expected);
            }
            // By every split, the mirror merges what the one merge a token does, and makes all but the exceptions.
            let all = every_split(&tokens, &ranks).unwrap();
            let mirror = Vocab::new(Tokens::clone(&tokens), all, true, Alphabet::default()).unwrap();
            let few = Vocab::new(Tokens::clone(&tokens), found.merges.clone(), true, Alphabet::default()).unwrap();
            for text in texts.iter().chain(&words) {
                let bytes = || text.bytes().map(u32::from).collect();
                let ids = merge_parts(|left, right| mirror.merge_of(left, right), bytes()).unwrap();
                prop_assert_eq!(&merge_parts(|left, right| few.merge_of(left, right), bytes()).unwrap(), &ids);
                let mut symbols = Vec::new();
                merge_long(&found.table, text.as_bytes(), &mut symbols).unwrap();
                let symbols: Vec<u32> = symbols.iter().map(|&symbol| found.table.id(symbol)).collect();
                prop_assert_eq!(&symbols, &ids);
                if let Some(&id) = ranks.get(text.as_bytes()) {
                    prop_assert_eq!(ids != [id], found.exceptions.contains(&id));
                }
            }
        }
    }

    #[test]
    fn by_hand() {
        let words = |words: &[&str]| words.iter().map(|&word| word.to_owned()).collect::<Vec<_>>();
        let found = merges_from_ranks(&vocabulary(&words(&["ab", "bc", "abc"]))).unwrap().unwrap();
        assert!(found.canonical && found.merges[2] == Merge { left: 256, right: 99, id: 258, rank: 258 });
        let found = merges_from_ranks(&vocabulary(&words(&["bc", "abcd"]))).unwrap().unwrap();
        assert_eq!((found.canonical, found.exceptions), (false, vec![257]));
        // A part that ranks after the whole.
        let found = merges_from_ranks(&vocabulary(&words(&["abc", "ab"]))).unwrap().unwrap();
        assert_eq!((found.canonical, found.merges.len(), found.exceptions), (false, 2, vec![]));
        assert!(merges_from_ranks(&vocabulary(&words(&["ab", "ab"]))).unwrap().is_none());
        assert!(merges_from_ranks(&vocabulary(&words(&["abcd", "abcd"]))).unwrap().is_none());
        assert!(merges_from_ranks(&Arc::new(Tokens::default())).unwrap().is_none());
    }

    #[test]
    fn only_one_token_may_be_empty() {
        let with_empty = |count: u32| {
            let mut tokens = Tokens::clone(&vocabulary(&["ab".to_owned()]));
            (0..count).for_each(|id| tokens.set(300 + id, b"").unwrap());
            merges_from_ranks(&Arc::new(tokens)).unwrap().map(|found| found.merges.len())
        };
        assert_eq!([0, 1, 2].map(with_empty), [Some(1), Some(1), None]);
    }

    #[test]
    fn a_table_that_has_no_room_is_made_anew() {
        // Every part of a word.
        let word: String = (' '..'f').collect();
        let parts = (2..=word.len()).flat_map(|length| (0..=word.len() - length).map(move |at| (at, length)));
        let words: Vec<String> = parts.map(|(at, length)| word[at..at + length].to_owned()).collect();
        let tokens = vocabulary(&words);
        let Recovered { mut table, merges, .. } = merges_from_ranks(&tokens).unwrap().unwrap();
        assert!(table.id_shift == Some(0) && words.len() > 1000 && merges.len() == words.len());
        (table.bytes, table.slots) = (no_bytes().unwrap(), PairSlots::empty(1).unwrap().unwrap());
        let mut pairs = vec![(NO_SYMBOL, NO_SYMBOL); words.len()];
        let sorted: Vec<u32> = (0..words.len() as u32).collect();
        let token = |place: u32| words[place as usize].as_bytes();
        find_pairs(&mut table, &mut pairs, &sorted, token).unwrap().unwrap();
        for (merge, (pair, place)) in merges.iter().zip(pairs.iter().zip(0..)) {
            assert_eq!((merge.left, merge.right), *pair);
            assert_eq!(table.place(pair.0, pair.1), place);
        }
    }
}
