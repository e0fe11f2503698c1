//! Which tokens come about by merging their bytes. Must equal asking `merge_parts` of `rust/reference/merging.rs` for each token.
//!
//! A token is made once the parts of its merge are made and nothing else happens at the seam between them (proof: notes/proofs.md,
//! "Which tokens come about, without merging"). Walk backwards: begin with the two parts, and undo the merge that came last, on one
//! side or the other, until two bytes are left. No pair that stands at the seam on the way may merge before the merge that was
//! undone to reach it.
//!
//! By hand, with the merges `a b` 0, `c d` 1, `ab cd` 2: of `abcd`, the seam is ab|cd. The last merge was `c d` (1), before it the
//! seam was ab|c: `ab c` is not a merge. Then `a b` (0) is undone: nor is `b c`. So `abcd` is made. With `b c` merged at 0 and
//! `a b` at 1, b|c merges before `a b` did: `ab` does not come about in `abcd`.
//!
//! That is a proof where ranks rise from part to whole; other tokens are merged. It also gives the one merge by which a token comes
//! about, where a file lists every pair that makes it (Llama 3: 280,147 for 128,000 tokens): a table of these is half as large.
//!
//! Cost: one look-up for each step of a walk; some walks go side by side, so that the waits overlap. Buys: for Llama 3's file, 8 ms
//! instead of the 25 that merging every token takes.

use crate::error::Result;
use crate::fast::encode::merge::hidden_ids::HiddenIds;
use crate::fast::encode::merge::long::merge_long;
use crate::fast::encode::merge::pair_table::{NO_PLACE, PairTable, Probe};
use crate::fast::encode::merge::short::{WIDE_LANE, merge_short};
use crate::fast::util::fallible::{collect, filled, push, room};
use crate::fast::util::prefetch::ahead;
use crate::reference::published::vocabs::{Merge, NO_ID, Tokens, Vocab};
use crate::support::interrupt;
use std::hint::select_unpredictable;

/// How many merges are walked between two checks whether to stop.
const POLLED: usize = 1 << 12;
const SIDE_BY_SIDE: usize = 32;

#[derive(Debug)]
pub struct Made {
    /// By id, whether merging the token's bytes gives the token.
    pub by_id: Vec<bool>,
    /// By id, the number of the merge that it comes about by, where the walk proves it; [`NO_MERGE`] elsewhere.
    last: Vec<u32>,
}

const NO_MERGE: u32 = u32::MAX;

impl Made {
    /// The merges that ever happen, as far as is known: for each token that merges make, the one that it comes about by.
    pub fn needed(&self, merges: &[Merge]) -> Result<Vec<Merge>> {
        let is_needed = |merge: &Merge, number: u32| {
            let last = self.last[merge.id as usize];
            if last == NO_MERGE { self.by_id[merge.id as usize] } else { last == number }
        };
        let all = merges.iter().zip(0..);
        collect(all.filter(|&(merge, number)| is_needed(merge, number)).map(|(merge, _)| *merge))
    }
}

/// Finds out which tokens below the id `end` are made. The others count as not made; so does what is left when the work is stopped.
pub fn made_by_merges(vocab: &Vocab, pairs: &PairTable, end: u32) -> Result<Made> {
    let mut made = proven(vocab, pairs, end)?;
    let asked = vocab.tokens.iter().map(|(id, _)| id).take_while(|&id| id < end);
    let unproven: Vec<u32> = collect(asked.filter(|&id| !made.by_id[id as usize]))?;
    merge_all(&vocab.tokens, pairs, &unproven, |id, whole| made.by_id[id as usize] = whole);
    Ok(made)
}

fn proven(vocab: &Vocab, pairs: &PairTable, end: u32) -> Result<Made> {
    let n_ids = vocab.tokens.n_ids();
    let mut made = Made { by_id: filled(false, n_ids as usize)?, last: filled(NO_MERGE, n_ids as usize)? };
    let symbols = pairs.symbols_of_ids()?;
    let mut origins = filled(Origin::UNKNOWN, pairs.n_symbols())?;
    origins[..256].fill(Origin::BYTE);
    for &id in vocab.byte_ids.iter().filter(|&&id| id != NO_ID) {
        made.by_id[id as usize] = true;
    }
    let (_, first) = HiddenIds::new(vocab)?;
    let first = first.iter().map(|merge| (merge, NO_MERGE));
    let mut walks: Vec<Walk> = room(SIDE_BY_SIDE)?;
    let mut settle = |walks: &mut Vec<Walk>, origins: &mut [Origin]| {
        walk_all(walks, pairs, origins, |walk| {
            if walk.id < end.min(n_ids) {
                (made.by_id[walk.id as usize], made.last[walk.id as usize]) = (true, walk.number);
            }
        });
    };
    let asked =
        first.chain(vocab.merges().iter().zip(0..)).filter(|(merge, number)| merge.id < end || *number == NO_MERGE);
    let parts = |merge: &Merge| [merge.left, merge.right].map(|id| symbols[id as usize]);
    let ask = |(merge, _)| {
        let [left, right] = parts(merge);
        pairs.probe(left, right);
    };
    for (index, (merge, number)) in ahead::<_, SIDE_BY_SIDE>(asked, ask).enumerate() {
        if index % POLLED == 0 && interrupt::stopped() {
            break;
        }
        let ([left, right], symbol) = (parts(merge), symbols[merge.id as usize]);
        // Waits for what is being proven. That is rare: most parts are much older than what is made of them.
        let is_walked = [left, right, symbol].iter().any(|&symbol| origins[symbol as usize].order == Origin::WALKED);
        if is_walked || walks.len() == SIDE_BY_SIDE {
            settle(&mut walks, &mut origins);
        }
        if origins[symbol as usize].order != Origin::UNKNOWN.order {
            continue;
        }
        let order = pairs.place(left, right) + 1;
        if origins[left as usize].order.max(origins[right as usize].order) < order {
            let mut walk = Walk { left, right, undone: 0, probe: Probe::NONE, symbol, id: merge.id, number, order };
            walk.undo(pairs, &origins);
            origins[symbol as usize] = Origin { left, right, order: Origin::WALKED };
            push(&mut walks, walk)?;
        }
    }
    settle(&mut walks, &mut origins);
    Ok(made)
}

#[derive(Debug, Clone, Copy)]
struct Origin {
    left: u32,
    right: u32,
    /// The place of its merge, and one; 0 for a byte, and more than any other while it is not known to be made.
    order: u32,
}

impl Origin {
    const BYTE: Origin = Origin { left: 0, right: 0, order: 0 };
    const UNKNOWN: Origin = Origin { left: 0, right: 0, order: u32::MAX };
    /// The order of a symbol that a walk may prove.
    const WALKED: u32 = u32::MAX - 1;
}

#[derive(Debug)]
struct Walk {
    left: u32,
    right: u32,
    /// Nothing may merge there before this order; 0 for two bytes.
    undone: u32,
    probe: Probe,
    /// What the merge makes, its number, and its own order.
    symbol: u32,
    id: u32,
    number: u32,
    order: u32,
}

impl Walk {
    /// Undoes the last merge next to the seam, and asks for the pair that then stands there; true if there was none.
    #[inline]
    fn undo(&mut self, pairs: &PairTable, origins: &[Origin]) -> bool {
        let (left, right) = (origins[self.left as usize], origins[self.right as usize]);
        let undone = left.order.max(right.order);
        if undone == 0 {
            return true;
        }
        // Of two merges of one rank, the left one came first. Which side it is cannot be predicted.
        let on_the_right = right.order == undone;
        self.left = select_unpredictable(on_the_right, self.left, left.right);
        self.right = select_unpredictable(on_the_right, right.left, self.right);
        self.undone = undone + u32::from(on_the_right);
        self.probe = pairs.probe(self.left, self.right);
        false
    }
}

/// Takes a step of each walk in turn, until all have ended: the waits for the table overlap. Passes those without a merge across the
/// seam to `prove`.
fn walk_all(walks: &mut Vec<Walk>, pairs: &PairTable, origins: &mut [Origin], mut prove: impl FnMut(&Walk)) {
    let mut at = 0;
    while !walks.is_empty() {
        if at >= walks.len() {
            at = 0;
        }
        let walk = &mut walks[at];
        debug_assert!(walk.order <= NO_PLACE);
        let are_bytes = walk.undone == 0;
        let crosses = !are_bytes && pairs.place_at(walk.probe) + 1 < walk.undone;
        if !are_bytes && !crosses && !walk.undo(pairs, origins) {
            at += 1;
            continue;
        }
        origins[walk.symbol as usize].order = if crosses { Origin::UNKNOWN.order } else { walk.order };
        if !crosses {
            prove(walk);
        }
        walks.swap_remove(at);
    }
}

/// Passes each id to `tell`, with whether merging the bytes of its token gives the token.
fn merge_all(tokens: &Tokens, pairs: &PairTable, ids: &[u32], mut tell: impl FnMut(u32, bool)) {
    let mut check = |id: u32, symbols: &[u32]| tell(id, symbols.len() == 1 && pairs.id(symbols[0]) == id);
    let all = || ids.iter().filter_map(|&id| Some((id, tokens.get(id)?))).filter(|(_, token)| !token.is_empty());
    merge_short(pairs, all().filter(|(_, token)| token.len() <= WIDE_LANE), &mut check);
    let mut symbols = Vec::new();
    for (id, token) in all().filter(|(_, token)| token.len() > WIDE_LANE) {
        symbols.clear();
        if merge_long(pairs, token, &mut symbols).is_err() {
            continue; // The work is being stopped, or there is no memory: not known to be made.
        }
        check(id, &symbols);
    }
}

#[cfg(test)]
pub mod tests {
    use super::*;
    use crate::reference::published::vocabs::Alphabet;
    use proptest::prelude::*;
    use std::sync::Arc;

    pub fn made_by_merging(vocab: &Vocab, pairs: &PairTable) -> Vec<bool> {
        let ids: Vec<u32> = vocab.tokens.iter().map(|(id, _)| id).collect();
        let mut made = vec![false; vocab.tokens.n_ids() as usize];
        merge_all(&vocab.tokens, pairs, &ids, |id, whole| made[id as usize] = whole);
        made
    }

    /// The merges of letters, in this order; a repeated pair is left out.
    fn of_merges(merges: &[(&[u8], &[u8])]) -> Vocab {
        let mut tokens: Vec<Vec<u8>> = (0..=255).map(|byte| vec![byte]).collect();
        let mut pairs = Vec::new();
        for (left, right) in merges {
            let id = |part: &[u8]| tokens.iter().position(|token| token == part).map(|id| id as u32);
            if let (Some(left), Some(right)) = (id(left), id(right))
                && !pairs.contains(&(left, right))
            {
                pairs.push((left, right));
                let token = [&tokens[left as usize][..], &tokens[right as usize]].concat();
                if !tokens.contains(&token) {
                    tokens.push(token);
                }
            }
        }
        let tokens: Vec<(Vec<u8>, u32)> = tokens.into_iter().zip(0..).collect();
        Vocab::from_tokens(&tokens, &pairs, false, Alphabet::default()).unwrap()
    }

    #[test]
    fn by_hand() {
        let made = |merges: &[(&[u8], &[u8])], token: &[u8]| {
            let vocab = Arc::new(of_merges(merges));
            let pairs = PairTable::new(&vocab).unwrap().unwrap();
            let id = vocab.token_id(token).unwrap() as usize;
            (
                proven(&vocab, &pairs, u32::MAX).unwrap().by_id[id],
                made_by_merges(&vocab, &pairs, u32::MAX).unwrap().by_id[id],
            )
        };
        assert_eq!(made(&[(b"a", b"b"), (b"c", b"d"), (b"ab", b"cd")], b"abcd"), (true, true));
        assert_eq!(made(&[(b"b", b"c"), (b"a", b"b"), (b"c", b"d"), (b"ab", b"cd")], b"abcd"), (false, false));
        // A run: the pair on the left is the first, so `aa a` is met and `a aa` is not.
        assert_eq!(made(&[(b"a", b"a"), (b"aa", b"a")], b"aaa"), (true, true));
        assert_eq!(made(&[(b"a", b"a"), (b"a", b"aa")], b"aaa"), (false, false));
        // The second way to make a token is the one that happens.
        assert_eq!(made(&[(b"b", b"c"), (b"a", b"b"), (b"ab", b"c"), (b"a", b"bc")], b"abc"), (true, true));
    }

    #[test]
    fn tokens_of_every_length_are_merged() {
        let letters: Vec<u8> = (b'a'..b'a' + 80).collect();
        let merges: Vec<(&[u8], &[u8])> =
            (1..letters.len()).map(|length| (&letters[..length], &letters[length..=length])).collect();
        let vocab = Arc::new(of_merges(&merges));
        let pairs = PairTable::new(&vocab).unwrap().unwrap();
        assert_eq!(made_by_merging(&vocab, &pairs), vec![true; 256 + 79]);
        // Ids from the end on are not asked for; the bytes are made anyway.
        for end in [0, 256, 300] {
            let made = made_by_merges(&vocab, &pairs, end).unwrap().by_id;
            assert!(made.iter().zip(0..).all(|(&made, id)| made == (id < end.max(256))), "{end}");
        }
    }

    #[test]
    fn needed_are_the_merges_that_happen() {
        let needed = |vocab: Vocab| {
            let vocab = Arc::new(vocab);
            let made = made_by_merges(&vocab, &PairTable::new(&vocab).unwrap().unwrap(), u32::MAX).unwrap();
            made.needed(vocab.merges()).unwrap().iter().map(|merge| merge.rank).collect::<Vec<_>>()
        };
        // Of the two ways to make `abc`, the second happens.
        assert_eq!(needed(of_merges(&[(b"b", b"c"), (b"a", b"b"), (b"ab", b"c"), (b"a", b"bc")])), [0, 1, 3]);
        // `abcd` is never made.
        assert_eq!(needed(of_merges(&[(b"b", b"c"), (b"a", b"b"), (b"c", b"d"), (b"ab", b"cd")])), [0, 1, 2]);
        // The merge of the whole ranks before that of its part: it happens, though the walk does not prove it.
        let words = [b"ab".to_vec(), b"abc".to_vec()];
        let tokens: Vec<_> = (0..=255u8).map(|byte| vec![byte]).chain(words).zip(0..).collect();
        let vocab = Vocab::from_tokens(&tokens, &[(256, 99), (97, 98)], false, Alphabet::default()).unwrap();
        assert_eq!(needed(vocab), [0, 1]);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(400))]

        #[test]
        fn equals_merging_every_token(
            merges in prop::collection::vec(("[abc]{1,5}", "[abc]{1,5}"), 0..60), by_length: bool, part in 0u32..100,
        ) {
            let mut merges: Vec<(&[u8], &[u8])> =
                merges.iter().map(|(left, right)| (left.as_bytes(), right.as_bytes())).collect();
            if by_length {
                merges.sort_by_key(|(left, right)| left.len() + right.len());
            }
            let vocab = Arc::new(of_merges(&merges));
            let pairs = PairTable::new(&vocab).unwrap().unwrap();
            let expected = made_by_merging(&vocab, &pairs);
            let end = 256 + part * (vocab.tokens.n_ids() - 256) / 100;
            prop_assert!(proven(&vocab, &pairs, u32::MAX).unwrap().by_id.iter().zip(&expected).all(|(proven, made)| *made || !proven));
            let all = made_by_merges(&vocab, &pairs, u32::MAX).unwrap();
            prop_assert_eq!(&all.by_id, &expected);
            let needed = PairTable::of_merges(&vocab, &all.needed(vocab.merges()).unwrap()).unwrap().unwrap();
            prop_assert_eq!(&made_by_merging(&vocab, &needed), &expected);
            let some = made_by_merges(&vocab, &pairs, end).unwrap().by_id;
            prop_assert_eq!(&some[256..end as usize], &expected[256..end as usize]);
            prop_assert!(!some[end as usize..].contains(&true));
        }
    }
}
