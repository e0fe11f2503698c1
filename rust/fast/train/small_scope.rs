//! Small cases tried in full: all corpora over two and three letters up to a length, with all options.
//!
//! The oracle, the mirror and the fast trainer with two tunings must agree on each. By default the corpora end at nine and five
//! letters, and all options are tried on the shortest only, which takes seconds. `MINITOK_LONG_TESTS=1` goes up to twelve and
//! seven letters, with all options.

use super::start_vocab::StartVocab;
use super::tests::{TIES, oracle};
use super::trainer::{Tuning, train_with};
use crate::reference::published::vocabs::Vocab;
use crate::reference::train::{self as mirror, TieBreak, TrainOptions};

/// Every text over the letters `a`, `b`, ... of at most `longest` of them, the shortest first.
pub(crate) fn all_texts(letters: u8, longest: usize) -> Vec<Vec<u8>> {
    let mut texts: Vec<Vec<u8>> = vec![vec![]];
    let mut start = 0;
    for _ in 0..longest {
        let end = texts.len();
        for at in start..end {
            for letter in 0..letters {
                let longer = [&texts[at][..], &[b'a' + letter]].concat();
                texts.push(longer);
            }
        }
        start = end;
    }
    texts
}

/// How many random cases are tried, of those of a night's length.
pub(crate) fn cases(at_night: u32) -> u32 {
    if long_tests() { at_night } else { at_night / 2 }
}

pub(crate) fn long_tests() -> bool {
    std::env::var_os("MINITOK_LONG_TESTS").is_some_and(|value| value == "1")
}

struct Trainers {
    vocab: Vocab,
    base: StartVocab,
    trained: usize,
}

impl Trainers {
    fn new() -> Trainers {
        let order: Vec<u8> = (0..=255).collect();
        let vocab = Vocab::from_merges(&order, &[]).expect("bytes");
        Trainers { base: StartVocab::new(vocab.clone().into()), vocab, trained: 0 }
    }

    fn check(&mut self, pieces: &[(Vec<u8>, i64)], options: &TrainOptions) {
        let expected = oracle(pieces, options);
        let mut observer = mirror::Observer { on_merge: &mut |_| Ok(()), trace: None };
        let mirrored = mirror::extend(&self.vocab, 256, pieces, options, &mut observer).expect("a small corpus");
        assert_eq!(mirrored, expected, "{pieces:?} {options:?}");
        // Pairs of `a` in a table of exact counts, the rest beside it; and everything beside it, in coarse buckets.
        for tuning in [Tuning { mantissa: 6, dense: 98 }, Tuning { mantissa: 0, dense: 0 }] {
            let trained =
                train_with(&self.base, pieces.into(), options, tuning, &mut |_| Ok(())).expect("a small corpus");
            assert_eq!(trained, expected, "{pieces:?} {options:?} {tuning:?}");
        }
        self.trained += 1;
    }

    fn check_with_all_options(&mut self, pieces: &[(Vec<u8>, i64)]) {
        for tie_break in TIES {
            for min_frequency in 1..=3 {
                for max_token_length in [None, Some(0), Some(2), Some(3), Some(4)] {
                    for n_merges in [1, 12] {
                        let options = TrainOptions::new(n_merges);
                        self.check(pieces, &TrainOptions { tie_break, min_frequency, max_token_length, ..options });
                    }
                }
            }
        }
    }

    fn check_with_each_tie_break(&mut self, pieces: &[(Vec<u8>, i64)]) {
        for tie_break in TIES {
            self.check(pieces, &TrainOptions { tie_break, ..TrainOptions::new(12) });
        }
    }
}

#[test]
fn every_small_corpus() {
    let mut trainers = Trainers::new();
    let short = [(2, 9, 4), (3, 5, 3)];
    let long = [(2, 12, 12), (3, 7, 7)];
    for (letters, longest, with_all_options) in if long_tests() { long } else { short } {
        for text in all_texts(letters, longest) {
            let few = text.len() <= with_all_options;
            let corpus = [(text, 1)];
            if few {
                trainers.check_with_all_options(&corpus);
            } else {
                trainers.check_with_each_tie_break(&corpus);
            }
        }
    }
    assert!(trainers.trained > 10_000, "{}", trainers.trained);
}

/// Two pieces, of which each may be the more frequent one.
#[test]
fn every_pair_of_small_pieces() {
    let mut trainers = Trainers::new();
    let texts = all_texts(2, if long_tests() { 6 } else { 3 });
    for one in &texts {
        for other in texts.iter().filter(|other| *other != one) {
            for counts in [(1, 1), (1, 2), (3, 1)] {
                trainers.check_with_each_tie_break(&[(one.clone(), counts.0), (other.clone(), counts.1)]);
            }
        }
    }
    assert!(trainers.trained > 1_500, "{}", trainers.trained);
}

/// Letters whose order is not that of their ids: ties by ids and ties by bytes differ.
#[test]
fn every_small_corpus_in_another_byte_order() {
    let byte_order: [u8; 256] = std::array::from_fn(|id| 255 - u8::try_from(id).expect("a byte"));
    let vocab = Vocab::from_merges(&byte_order, &[]).expect("bytes");
    let mut trainers = Trainers { base: StartVocab::new(vocab.clone().into()), vocab, trained: 0 };
    for text in all_texts(2, 6).into_iter().chain(all_texts(3, 4)) {
        let corpus = [(text, 1)];
        for tie_break in [TieBreak::SmallestIds, TieBreak::GreatestBytes] {
            trainers.check(&corpus, &TrainOptions { byte_order, tie_break, ..TrainOptions::new(12) });
        }
    }
}
