//! Against an oracle that counts everything anew before each merge.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::ops::ControlFlow;

use proptest::prelude::*;

use super::{Options, Progress, StopReason, TieBreak, Trained, Tuning, train, train_with};
use crate::error::Error;

/// What is known of a pair: its count and where it stands first.
type Seen = HashMap<(u32, u32), (u64, (usize, usize))>;

/// SPEC T1-T7, word for word.
fn oracle(pieces: &[(&[u8], u64)], options: &Options) -> Trained {
    let mut bytes: Vec<Vec<u8>> = vec![Vec::new(); 256];
    for byte in 0..=255_u8 {
        bytes[options.byte_ids[byte as usize] as usize] = vec![byte];
    }
    let id = |&byte: &u8| options.byte_ids[byte as usize];
    let mut words: Vec<Vec<u32>> = pieces.iter().map(|(piece, _)| piece.iter().map(id).collect()).collect();
    let mut merges = Vec::new();
    while merges.len() < options.max_merges {
        let mut seen = Seen::new();
        for (i, word) in words.iter().enumerate() {
            for (j, pair) in word.windows(2).enumerate() {
                let entry = seen.entry((pair[0], pair[1])).or_insert((0, (i, j)));
                entry.0 += pieces[i].1;
                if entry.0 == 0 {
                    seen.remove(&(pair[0], pair[1]));
                }
            }
        }
        let token = |id: u32| &bytes[id as usize];
        let may = |(left, right): (u32, u32)| {
            options.max_token_length.is_none_or(|limit| token(left).len() + token(right).len() <= limit)
        };
        let candidates = seen.iter().filter(|(pair, (count, _))| *count >= options.min_frequency && may(**pair));
        let best = match options.tie_break {
            TieBreak::SmallestIds => candidates.max_by_key(|(pair, (count, _))| (*count, Reverse(**pair))),
            TieBreak::FirstSeen => candidates.max_by_key(|(_, (count, first))| (*count, Reverse(*first))),
            TieBreak::GreatestBytes => candidates
                .max_by_key(|((left, right), (count, _))| (*count, token(*left), token(*right), Reverse((*left, *right)))),
        };
        let Some((&(left, right), _)) = best else {
            return (merges, StopReason::MinFrequency);
        };
        let new = bytes.len() as u32;
        bytes.push([token(left).as_slice(), token(right)].concat());
        merges.push((left, right));
        for word in &mut words {
            let mut i = 0;
            while i + 1 < word.len() {
                if word[i] == left && word[i + 1] == right {
                    word.splice(i..i + 2, [new]);
                }
                i += 1;
            }
        }
    }
    (merges, StopReason::MaxMerges)
}

fn identity() -> [u32; 256] {
    std::array::from_fn(|byte| byte as u32)
}

fn options(max_merges: usize, tie_break: TieBreak) -> Options {
    Options { max_merges, min_frequency: 1, max_token_length: None, tie_break, byte_ids: identity() }
}

const TIES: [TieBreak; 3] = [TieBreak::SmallestIds, TieBreak::FirstSeen, TieBreak::GreatestBytes];

/// Train with every tuning, coarse buckets and small tables included, and check that the counts reported fall.
fn fast(pieces: &[(&[u8], u64)], options: &Options) -> Trained {
    let trained = run(pieces, options, Tuning::default());
    for (mantissa, dense) in [(0, 0), (1, 97), (2, 258)] {
        assert_eq!(run(pieces, options, Tuning { mantissa, dense }), trained);
    }
    trained
}

fn run(pieces: &[(&[u8], u64)], options: &Options, tuning: Tuning) -> Trained {
    let (mut told, mut last) = (Vec::new(), u64::MAX);
    let trained = train_with(pieces, options, tuning, &mut |progress| {
        if let Progress::Merged { index, left, right, count } = progress {
            assert_eq!(index, told.len());
            assert!(count <= last);
            last = count;
            told.push((left, right));
        }
        ControlFlow::Continue(())
    })
    .expect("a small corpus");
    assert_eq!(told, trained.0);
    trained
}

fn check(pieces: &[(&[u8], u64)], options: &Options) {
    assert_eq!(fast(pieces, options), oracle(pieces, options), "{pieces:?} {:?}", options.tie_break);
}

/// Distinct pieces with counts, over an alphabet so small that runs and repeats abound.
fn corpora() -> impl Strategy<Value = Vec<(Vec<u8>, u64)>> {
    let alphabet = prop_oneof![Just(&b"a"[..]), Just(&b"ab"[..]), Just(&b"abc"[..]), Just(&b"\x00\x7f\x80\xffab"[..])];
    alphabet.prop_flat_map(|alphabet| {
        let piece = prop::collection::vec(prop::sample::select(alphabet), 0..24);
        let count = prop_oneof![4 => 0_u64..4, 2 => 1_u64..200, 1 => 1_u64 << 31..1 << 40];
        prop::collection::vec((piece, count), 0..12)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]

    #[test]
    fn equals_the_oracle(
        corpus in corpora(),
        max_merges in 0_usize..60,
        min_frequency in prop_oneof![4 => 1_u64..4, 1 => 1_u64..1 << 33],
        max_token_length in prop::option::weighted(0.3, 0_usize..8),
        tie in prop::sample::select(&TIES[..]),
        turn in 0_u32..256,
        flip in any::<bool>(),
    ) {
        let mut byte_ids: [u32; 256] = std::array::from_fn(|byte| (byte as u32 + turn) % 256);
        if flip {
            byte_ids.reverse();
        }
        let pieces: Vec<_> = corpus.iter().map(|(piece, count)| (piece.as_slice(), *count)).collect();
        let options = Options { max_merges, min_frequency, max_token_length, tie_break: tie, byte_ids };
        check(&pieces, &options);
    }
}

#[test]
fn runs_and_transients() {
    for tie in TIES {
        for length in 0..40 {
            check(&[("a".repeat(length).as_bytes(), 3)], &options(30, tie));
            check(&[("ab".repeat(length).as_bytes(), 1), ("ba".repeat(length / 2).as_bytes(), 1)], &options(30, tie));
            check(&[("aab".repeat(length).as_bytes(), 1), (b"aaaa", 2), (b"aaa", 2)], &options(30, tie));
        }
    }
}

#[test]
fn one_huge_piece() {
    let text: Vec<u8> = (0_u64..3000).map(|i| b'a' + (i * i * 7919 % 10_007 % 6) as u8).collect();
    for tie in TIES {
        check(&[(&text, 1)], &options(400, tie));
    }
}

/// 70,000 bytes that repeat: more merges asked for than 16 bits hold, so that symbols are 32 bits wide.
#[test]
fn both_widths_of_symbols_agree() {
    let text: Vec<u8> = (0_u64..70_000).map(|i| (i * i * 7919 % 10_007 % 251) as u8).collect();
    for tie in TIES {
        let wide = run(&[(&text, 1)], &options(usize::MAX, tie), Tuning::default());
        let narrow = run(&[(&text, 1)], &options(60_000, tie), Tuning::default());
        let n = narrow.0.len();
        assert!(n > 5000);
        assert_eq!(wide.0[..n], narrow.0[..]);
    }
}

#[test]
fn counts_beyond_32_bits() {
    let big = 1_u64 << 40;
    let pieces: [(&[u8], u64); 3] = [(b"abab", big), (b"cd", 2 * big + 1), (b"ef", 2 * big - 1)];
    for tie in TIES {
        check(&pieces, &options(10, tie));
    }
    let (merges, _) = fast(&pieces, &options(3, TieBreak::SmallestIds));
    assert_eq!(merges, [(99, 100), (97, 98), (101, 102)]);
}

#[test]
fn counts_that_would_wrap_are_refused() {
    let pieces: [(&[u8], u64); 2] = [(b"ab", u64::MAX), (b"abc", 1)];
    let refused = train(&pieces[..], &options(1, TieBreak::SmallestIds), &mut |_| ControlFlow::Continue(()));
    assert!(matches!(refused, Err(Error::Training(reason)) if reason.contains("2^64")));
}

#[test]
fn nothing_to_merge() {
    for tie in TIES {
        assert_eq!(fast(&[], &options(5, tie)), (vec![], StopReason::MinFrequency));
        assert_eq!(fast(&[(b"", 7), (b"a", 7)], &options(5, tie)), (vec![], StopReason::MinFrequency));
        assert_eq!(fast(&[(b"ab", 7)], &options(0, tie)), (vec![], StopReason::MaxMerges));
    }
}

#[test]
fn an_observer_stops_the_training() {
    let pieces: [(&[u8], u64); 1] = [(b"abcdefgh", 1)];
    for limit in 0..8 {
        let mut told = 0;
        let stopped = train(&pieces[..], &options(7, TieBreak::SmallestIds), &mut |_| {
            told += 1;
            if told > limit { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        assert_eq!(stopped, Err(Error::Interrupted));
        assert_eq!(told, limit + 1);
    }
}
