//! Pieces -> merges: an oracle that counts everything anew, the mirror and the fast trainer agree.

use crate::input::Input;
use minitok::fast;
use minitok::reference::train::{Observer, Stop, TieBreak, TrainOptions, Trained, train};
use std::cmp::Reverse;
use std::collections::BTreeMap;

type Seen = BTreeMap<(u32, u32), (i64, (usize, usize))>;

/// SPEC T1 to T7, word for word.
fn oracle(pieces: &[(Vec<u8>, i64)], options: &TrainOptions) -> Trained {
    let mut bytes: Vec<Vec<u8>> = (0..=255).map(|byte| vec![byte]).collect();
    let mut words: Vec<Vec<u32>> =
        pieces.iter().map(|(piece, _)| piece.iter().map(|&byte| byte.into()).collect()).collect();
    let mut trained = Trained { merges: vec![], counts: vec![], ties: 0, stop: Stop::VocabSize };
    while trained.merges.len() < options.n_merges {
        let mut seen = Seen::new();
        for (i, word) in words.iter().enumerate() {
            for (j, pair) in word.windows(2).enumerate() {
                seen.entry((pair[0], pair[1])).or_insert((0, (i, j))).0 += pieces[i].1;
            }
        }
        let token = |id: u32| &bytes[id as usize];
        let length = |(left, right)| token(left).len() + token(right).len();
        seen.retain(|pair, (count, _)| {
            *count >= options.min_frequency && options.max_token_length.is_none_or(|limit| length(*pair) <= limit)
        });
        let best = match options.tie_break {
            TieBreak::SmallestIds => seen.iter().max_by_key(|(pair, (count, _))| (*count, Reverse(**pair))),
            TieBreak::FirstSeen => seen.iter().max_by_key(|(_, (count, first))| (*count, Reverse(*first))),
            TieBreak::GreatestBytes => seen.iter().max_by_key(|((left, right), (count, _))| {
                (*count, token(*left), token(*right), Reverse((*left, *right)))
            }),
        };
        let Some((&(left, right), &(count, _))) = best else {
            return Trained { stop: Stop::MinFrequency, ..trained };
        };
        trained.ties += usize::from(seen.values().filter(|(other, _)| *other == count).count() > 1);
        trained.counts.push(count);
        trained.merges.push((left, right));
        let new = bytes.len() as u32;
        bytes.push([token(left).as_slice(), token(right)].concat());
        for word in &mut words {
            let mut at = 0;
            while at + 1 < word.len() {
                if (word[at], word[at + 1]) == (left, right) {
                    word.splice(at..at + 2, [new]);
                }
                at += 1;
            }
        }
    }
    trained
}

pub fn run(data: &[u8]) {
    let mut input = Input::new(data);
    let mut options = TrainOptions::new(input.below(40));
    options.tie_break = input.pick(&[TieBreak::SmallestIds, TieBreak::FirstSeen, TieBreak::GreatestBytes]);
    options.min_frequency = 1 + input.below(3) as i64;
    options.max_token_length = input.flip().then(|| input.below(9));
    let letters = 1 + input.byte() % 8;
    let mut pieces: BTreeMap<Vec<u8>, i64> = BTreeMap::new();
    for _ in 0..input.below(12) {
        let count = input.pick(&[1, 2, 3, 5, 100, 1 << 40]);
        let piece = input.bytes(60).iter().map(|byte| b'a' + byte % letters).collect();
        pieces.insert(piece, count);
    }
    let pieces: Vec<(Vec<u8>, i64)> = pieces.into_iter().collect();
    let expected = oracle(&pieces, &options);
    let mut observer = Observer { on_merge: &mut |_| Ok(()), trace: None };
    assert_eq!(train(&pieces, &options, &mut observer).as_ref(), Ok(&expected), "the mirror is not the oracle");
    let trained = fast::train::train(&pieces[..], &options, &mut |_| Ok(()));
    assert_eq!(trained.as_ref(), Ok(&expected), "the fast trainer is not the oracle");
}
