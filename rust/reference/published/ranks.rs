//! Merges from ranks, and from scores.
//!
//! tiktoken's files have only ranks: the bytes and the id of each token. Two neighbours may merge whenever their
//! concatenation is a token, lowest id first. If every token, encoded with only the ranks below its own, becomes exactly two
//! parts, those two parts are its merge, and both forms give the same ids (proof: notes/proofs.md, "Merges from ranks").
//! Otherwise every way to cut a token into two tokens is a merge of that token's rank.
//!
//! `SentencePiece`'s files have a score for each piece: of all neighbours whose concatenation is a piece, the ones of the
//! highest score are merged first, leftmost on ties. So the rank of a piece is its position in the order of scores. At most
//! one merge for each piece is needed: when a piece is made within some text, no merge has crossed its ends, so the merges
//! within it are those made when it is merged alone, and the last of them is the same.
//!
//! Pieces of equal score share a rank, and then only the place decides. If all of them are runs of one character (`▁▁▁`),
//! they get separate ranks, the longest first, and the ids are the same: the leftmost pair is merged first, and then the run
//! that it began grows before another one begins.
//!
//! By hand: `▁▁` and `▁▁▁` of equal score on five `▁`: (0, 1) is merged, then with what follows it; then the last two:
//! `▁▁▁ ▁▁`. By the ranks 0 for `▁▁▁` and 1 for `▁▁` it is the same.
//!
//! Invariants: ranks ascend; ranks follow the scores.
//!
//! Costs, V tokens of L bytes or characters: O(V L^2), but O(V L log L) for tokens of more than 256 bytes.
//!
//! Implements SPEC E2 and S2.

use crate::error::{Error, Result};
use crate::reference::merging::merge_parts;
use crate::reference::published::characters::characters;
use crate::reference::tokens::{Tokens, ids_by_bytes, show};
use crate::reference::vocab::Merge;
use crate::support::interrupt;
use foldhash::HashMap;
use std::cmp::Ordering;

/// From how many bytes on a token is split with a heap.
const LONG: usize = if cfg!(test) { 3 } else { 256 };

/// A piece, its id and its score.
pub type Scored = (Vec<u8>, u32, f64);

/// Returns the merge that makes each token, in rank order; None if a token is not made by one merge of lower ranks.
pub(crate) fn recover_merges(tokens: &Tokens, ranks: &HashMap<&[u8], u32>) -> Result<Option<Vec<Merge>>> {
    let mut merges = Vec::new();
    merges.try_reserve_exact(ranks.len())?;
    for (rank, token) in tokens.iter().filter(|(_, token)| token.len() > 1) {
        interrupt::check()?;
        let bytes = || (0..=token.len()).collect::<Vec<_>>();
        let is_long = token.len() > LONG;
        let parts =
            if is_long { split_long(token, &bytes(), ranks, rank)? } else { split_by_ranks(token, ranks, rank) };
        let &[left, right] = parts.as_slice() else { return Ok(None) };
        let (Some(&left), Some(&right)) = (ranks.get(left), ranks.get(right)) else { return Ok(None) };
        merges.push(Merge { left, right, id: rank, rank });
    }
    Ok(Some(merges))
}

/// Encodes a token by the rule of ranks (E2), using only the ranks below a given one.
fn split_by_ranks<'t>(token: &'t [u8], ranks: &HashMap<&[u8], u32>, below: u32) -> Vec<&'t [u8]> {
    // Part i is the bytes from cuts[i] to cuts[i + 1].
    let mut cuts: Vec<usize> = (0..=token.len()).collect();
    while cuts.len() > 2 {
        let rank = |at: usize| ranks.get(&token[cuts[at]..cuts[at + 2]]).map_or(below, |&rank| rank.min(below));
        let Some((rank, at)) = (0..cuts.len() - 2).map(|at| (rank(at), at)).min() else { break };
        if rank >= below {
            break;
        }
        cuts.remove(at + 1);
    }
    cuts.windows(2).map(|cut| &token[cut[0]..cut[1]]).collect()
}

/// What merging makes of a token that begins as the parts between some offsets, but for the token itself: in O(L log L) steps, by the
/// heap of `merging.rs`.
fn split_long<'t>(token: &'t [u8], cuts: &[usize], ranks: &HashMap<&[u8], u32>, below: u32) -> Result<Vec<&'t [u8]>> {
    let merge_of = |(start, _): (usize, usize), (_, stop): (usize, usize)| {
        // A slice as long as the token is not looked up: hashing it takes a while.
        let rank = if stop - start < token.len() { ranks.get(&token[start..stop]).copied() } else { None };
        rank.filter(|&rank| rank < below).map(|rank| (rank, (start, stop)))
    };
    let parts = merge_parts(merge_of, cuts.windows(2).map(|cut| (cut[0], cut[1])).collect())?;
    Ok(parts.into_iter().map(|(start, stop)| &token[start..stop]).collect())
}

/// Returns every way to cut a token into two tokens, as a merge of the token's rank.
pub(crate) fn every_split(tokens: &Tokens, ranks: &HashMap<&[u8], u32>) -> Result<Vec<Merge>> {
    let longest = tokens.iter().map(|(_, token)| token.len()).max().unwrap_or(0);
    // Few lengths occur where there are long tokens, and no others need be looked up.
    let mut occurs = vec![false; longest + 1];
    tokens.iter().for_each(|(_, token)| occurs[token.len()] = true);
    let mut merges = Vec::new();
    for (rank, token) in tokens.iter() {
        for cut in (1..token.len()).filter(|&cut| occurs[cut] && occurs[token.len() - cut]) {
            interrupt::check()?;
            if let (Some(&left), Some(&right)) = (ranks.get(&token[..cut]), ranks.get(&token[cut..])) {
                merges.push(Merge { left, right, id: rank, rank });
            }
        }
    }
    Ok(merges)
}

/// The merge that makes each piece, in rank order; none for one that never comes about.
pub(crate) fn merges_from_scores(pieces: &[Scored], ids: &HashMap<&[u8], u32>) -> Result<Vec<Merge>> {
    let ranked = rank_by_score(pieces)?;
    let ranks = ids_by_bytes(ranked.iter().copied())?;
    let mut merges = Vec::new();
    merges.try_reserve_exact(ranked.len())?;
    for &(piece, rank) in &ranked {
        interrupt::check()?;
        if let Some(char) = characters(piece).find(|char| !ids.contains_key(char)) {
            let reason = format!("the piece {} holds {}, which is not a piece", show(piece), show(char));
            return Err(Error::Vocabulary(reason));
        }
        if let Some((left, right)) = last_merge(piece, &ranks)? {
            merges.push(Merge { left: ids[left], right: ids[right], id: ids[piece], rank });
        }
    }
    Ok(merges)
}

/// The pieces that are more than a character, each with its rank, in the order of these.
pub fn rank_by_score(pieces: &[Scored]) -> Result<Vec<(&[u8], u32)>> {
    let mut made: Vec<(&[u8], f64)> = Vec::new();
    made.try_reserve_exact(pieces.len())?;
    let scores = pieces.iter().map(|(piece, _, score)| (piece.as_slice(), *score));
    made.extend(scores.filter(|(piece, _)| characters(piece).nth(1).is_some()));
    // Equals are one piece twice; a sort that keeps their order would need memory.
    made.sort_unstable_by(|(one, score), (other, than)| {
        than.partial_cmp(score).unwrap_or(Ordering::Equal).then(other.len().cmp(&one.len())).then(one.cmp(other))
    });
    let mut ranks = Vec::new();
    ranks.try_reserve_exact(made.len())?;
    let mut rank = 0;
    for equal in made.chunk_by(|(_, score), (_, than)| score.partial_cmp(than) == Some(Ordering::Equal)) {
        let step = u32::from(equal.iter().all(|(piece, _)| is_run(piece)));
        for (piece, _) in equal {
            ranks.push((*piece, rank));
            rank += step;
        }
        rank += 1 - step;
    }
    Ok(ranks)
}

/// Returns whether a piece is a run of one character.
fn is_run(piece: &[u8]) -> bool {
    let mut chars = characters(piece);
    let first = chars.next();
    chars.all(|char| Some(char) == first)
}

/// The two parts that become the piece when it is merged alone; None if it never comes about.
pub(crate) fn last_merge<'p>(piece: &'p [u8], ranks: &HashMap<&[u8], u32>) -> Result<Option<(&'p [u8], &'p [u8])>> {
    // Part i is the bytes from cuts[i] to cuts[i + 1]; pair i is parts i and i + 1.
    let ends = characters(piece).scan(0, |end, char| {
        *end += char.len();
        Some(*end)
    });
    let mut cuts: Vec<usize> = std::iter::once(0).chain(ends).collect();
    if piece.len() > LONG {
        let parts = split_long(piece, &cuts, ranks, u32::MAX)?;
        return Ok(if let &[left, right] = parts.as_slice() { Some((left, right)) } else { None });
    }
    let rank = |cuts: &[usize], at: usize| ranks.get(&piece[cuts[at]..cuts[at + 2]]).copied();
    let mut pairs: Vec<Option<u32>> = (0..cuts.len().saturating_sub(2)).map(|at| rank(&cuts, at)).collect();
    while cuts.len() > 2 {
        let best = pairs.iter().enumerate().filter_map(|(at, rank)| Some(((*rank)?, at))).min();
        let Some((_, at)) = best else { return Ok(None) };
        if cuts.len() == 3 {
            return Ok(Some(piece.split_at(cuts[1])));
        }
        cuts.remove(at + 1);
        pairs.remove(at);
        for changed in [at.wrapping_sub(1), at] {
            if let Some(pair) = pairs.get_mut(changed) {
                *pair = rank(&cuts, changed);
            }
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_long_token_is_split_as_a_short_one(
            words in prop::collection::btree_set("[ab]{2,6}", 0..30),
            token in "[ab]{1,40}",
            below in 0u32..300,
        ) {
            let bytes: Vec<Vec<u8>> = (0..=255).map(|byte| vec![byte]).collect();
            let words = words.iter().map(String::as_bytes);
            let ranks: HashMap<&[u8], u32> = bytes.iter().map(Vec::as_slice).chain(words).zip(0..).collect();
            let token = token.as_bytes();
            let bytes: Vec<usize> = (0..=token.len()).collect();
            let (long, short) = (split_long(token, &bytes, &ranks, below).unwrap(), split_by_ranks(token, &ranks, below));
            // The token itself is not made.
            prop_assert!(long == short || (short == [token] && long.len() == 2));
        }
    }

    proptest! {
        #[test]
        fn a_long_piece_has_the_last_merge_of_a_short_one(
            words in prop::collection::vec("[a\u{e9}]{2,6}", 0..30),
            piece in "[a\u{e9}]{2,40}",
        ) {
            let words = words.iter().map(String::as_bytes).chain([piece.as_bytes()]);
            let ranks: HashMap<&[u8], u32> = words.zip(0..).collect();
            let mut parts: Vec<&[u8]> = characters(piece.as_bytes()).collect();
            let start = |parts: &[&[u8]], at: usize| parts[..at].iter().map(|part| part.len()).sum::<usize>();
            while parts.len() > 2 {
                let pair = |at: usize| &piece.as_bytes()[start(&parts, at)..start(&parts, at + 2)];
                let ranked = |at: usize| Some((*ranks.get(pair(at))?, at));
                let Some((_, at)) = (0..parts.len() - 1).filter_map(ranked).min() else { break };
                parts.splice(at..at + 2, [pair(at)]);
            }
            let wanted = if let &[left, right] = parts.as_slice() { Some((left, right)) } else { None };
            prop_assert_eq!(last_merge(piece.as_bytes(), &ranks).unwrap(), wanted);
        }
    }

    #[test]
    fn by_hand() {
        let pieces = [(b"ab".to_vec(), 300, -1.0), (b"bc".to_vec(), 301, -1.0)];
        assert_eq!(rank_by_score(&pieces).unwrap(), [(b"ab".as_slice(), 0), (b"bc".as_slice(), 0)]);
        let runs = [(b"  ".to_vec(), 302, -2.0), (b"   ".to_vec(), 303, -2.0)];
        assert_eq!(rank_by_score(&runs).unwrap(), [(b"   ".as_slice(), 0), (b"  ".as_slice(), 1)]);
        let ranks = [(b"bc".as_slice(), 0), (b"ab", 1), (b"abc", 2)].into_iter().collect();
        assert_eq!(last_merge(b"abc", &ranks).unwrap(), Some((b"a".as_slice(), b"bc".as_slice())));
    }
}
