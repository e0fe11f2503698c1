//! Merges from ranks, and from scores.
//!
//! tiktoken's files have only ranks: each token's bytes and its id. Two neighbours may merge whenever their concatenation is a
//! token, lowest id first. If every token, encoded with the ranks below its own, comes to exactly two parts, those two parts
//! are its merge, and merges and ranks say the same (proof: docs/algorithms.md, "Merges from ranks"). Otherwise every way to
//! cut a token into two tokens is a merge of that token's rank.
//!
//! `SentencePiece`'s files have a score for each piece: of all neighbours whose concatenation is a piece, the ones of the highest
//! score are merged first, leftmost on ties. So a piece's rank is its place in the order of the scores. At most one merge a
//! piece is needed: whenever a piece comes about in some text, no merge has crossed its edges, so within it happened what
//! happens when it is merged alone, and that ends in the same merge.
//!
//! Pieces of equal score share a rank, and then only the place decides. Where all of them are runs of one character (`▁▁▁`), they
//! have ranks of their own, the longest first, and the ids are the same: the leftmost pair is merged first, and from then on
//! the run that it began grows before another one begins.
//!
//! By hand: `▁▁` and `▁▁▁` of equal score on five `▁`: (0, 1) is merged, then with what follows it; then the last two:
//! `▁▁▁ ▁▁`. By the ranks 0 for `▁▁▁` and 1 for `▁▁` it is the same.
//!
//! Invariants: ranks ascend; ranks follow the scores.
//!
//! Costs, V tokens of L bytes or characters: O(V L^2).
//!
//! Implements SPEC E2 and S2.

use crate::characters::characters;
use crate::error::{Error, Result};
use crate::tokens::{Tokens, show};
use foldhash::HashMap;
use std::cmp::Ordering;

/// Two ids, the id they make, and the rank that decides which merge comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Merge {
    pub left: u32,
    pub right: u32,
    pub id: u32,
    pub rank: u32,
}

/// A piece, its id and its score.
pub type Scored = (Vec<u8>, u32, f64);

/// The one merge that makes each token, in rank order; None if some token is not made by one merge of lower ranks.
pub(crate) fn recover_merges(tokens: &Tokens, ranks: &HashMap<&[u8], u32>) -> Option<Vec<Merge>> {
    let mut merges = Vec::with_capacity(ranks.len());
    for (rank, token) in tokens.iter().filter(|(_, token)| token.len() > 1) {
        let &[left, right] = split_by_ranks(token, ranks, rank).as_slice() else { return None };
        merges.push(Merge { left: *ranks.get(left)?, right: *ranks.get(right)?, id: rank, rank });
    }
    Some(merges)
}

/// The token encoded by the rule of ranks (E2), with the ranks below a given one only.
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

/// Every way to cut a token into two tokens, as a merge of the token's rank.
pub(crate) fn every_split(tokens: &Tokens, ranks: &HashMap<&[u8], u32>) -> Vec<Merge> {
    let mut merges = Vec::new();
    for (rank, token) in tokens.iter() {
        for cut in 1..token.len() {
            if let (Some(&left), Some(&right)) = (ranks.get(&token[..cut]), ranks.get(&token[cut..])) {
                merges.push(Merge { left, right, id: rank, rank });
            }
        }
    }
    merges
}

/// The merge that makes each piece, in rank order; none for one that never comes about.
pub(crate) fn merges_from_scores(pieces: &[Scored], ids: &HashMap<&[u8], u32>) -> Result<Vec<Merge>> {
    let ranked = rank_by_score(pieces);
    let ranks: HashMap<&[u8], u32> = ranked.iter().copied().collect();
    let mut merges = Vec::with_capacity(ranked.len());
    for &(piece, rank) in &ranked {
        if let Some(char) = characters(piece).find(|char| !ids.contains_key(char)) {
            let reason = format!("the piece {} holds {}, which is no piece", show(piece), show(char));
            return Err(Error::Vocabulary(reason));
        }
        if let Some((left, right)) = last_merge(piece, &ranks) {
            merges.push(Merge { left: ids[left], right: ids[right], id: ids[piece], rank });
        }
    }
    Ok(merges)
}

/// The pieces that are more than a character, each with its rank, in the order of these.
pub fn rank_by_score(pieces: &[Scored]) -> Vec<(&[u8], u32)> {
    let mut made: Vec<(&[u8], f64)> = pieces
        .iter()
        .map(|(piece, _, score)| (piece.as_slice(), *score))
        .filter(|(piece, _)| characters(piece).nth(1).is_some())
        .collect();
    made.sort_by(|(one, score), (other, than)| {
        than.partial_cmp(score).unwrap_or(Ordering::Equal).then(other.len().cmp(&one.len())).then(one.cmp(other))
    });
    let mut ranks = Vec::with_capacity(made.len());
    let mut rank = 0;
    for equal in made.chunk_by(|(_, score), (_, than)| score.partial_cmp(than) == Some(Ordering::Equal)) {
        let step = u32::from(equal.iter().all(|(piece, _)| is_run(piece)));
        for (piece, _) in equal {
            ranks.push((*piece, rank));
            rank += step;
        }
        rank += 1 - step;
    }
    ranks
}

/// Whether a piece is one character again and again.
fn is_run(piece: &[u8]) -> bool {
    let mut chars = characters(piece);
    let first = chars.next();
    chars.all(|char| Some(char) == first)
}

/// The two parts that become the piece when it is merged alone; None if it never comes about.
pub(crate) fn last_merge<'p>(piece: &'p [u8], ranks: &HashMap<&[u8], u32>) -> Option<(&'p [u8], &'p [u8])> {
    // Part i is the bytes from cuts[i] to cuts[i + 1]; pair i is parts i and i + 1.
    let ends = characters(piece).scan(0, |end, char| {
        *end += char.len();
        Some(*end)
    });
    let mut cuts: Vec<usize> = std::iter::once(0).chain(ends).collect();
    let rank = |cuts: &[usize], at: usize| ranks.get(&piece[cuts[at]..cuts[at + 2]]).copied();
    let mut pairs: Vec<Option<u32>> = (0..cuts.len().saturating_sub(2)).map(|at| rank(&cuts, at)).collect();
    while cuts.len() > 2 {
        let (_, at) = pairs.iter().enumerate().filter_map(|(at, rank)| Some(((*rank)?, at))).min()?;
        if cuts.len() == 3 {
            return Some(piece.split_at(cuts[1]));
        }
        cuts.remove(at + 1);
        pairs.remove(at);
        for changed in [at.wrapping_sub(1), at] {
            if let Some(pair) = pairs.get_mut(changed) {
                *pair = rank(&cuts, changed);
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_hand() {
        let pieces = [(b"ab".to_vec(), 300, -1.0), (b"bc".to_vec(), 301, -1.0)];
        assert_eq!(rank_by_score(&pieces), [(b"ab".as_slice(), 0), (b"bc".as_slice(), 0)]);
        let runs = [(b"  ".to_vec(), 302, -2.0), (b"   ".to_vec(), 303, -2.0)];
        assert_eq!(rank_by_score(&runs), [(b"   ".as_slice(), 0), (b"  ".as_slice(), 1)]);
        let ranks = [(b"bc".as_slice(), 0), (b"ab", 1), (b"abc", 2)].into_iter().collect();
        assert_eq!(last_merge(b"abc", &ranks), Some((b"a".as_slice(), b"bc".as_slice())));
    }
}
