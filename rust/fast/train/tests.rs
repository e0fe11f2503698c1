//! Against an oracle that counts everything anew before each merge.

use std::cell::Cell;
use std::cmp::Reverse;
use std::collections::HashMap;

use proptest::prelude::*;

use super::rare_pairs::PairBounds;
use super::start_vocab::StartVocab;
use super::trainer::{Tuning, extend, train, train_with};
use crate::error::Error;
use crate::fast::count::pieces::Pieces;
use crate::reference::published::vocabs::{Alphabet, Vocab};
use crate::reference::train::{self as mirror, Stop, TieBreak, TrainOptions, Trained};

/// What is known of a pair: its count and where it stands first.
type Seen = HashMap<(u32, u32), (i64, (usize, usize))>;

/// SPEC T1 to T7 and T12, word for word.
pub(super) fn oracle(pieces: &[(Vec<u8>, i64)], options: &TrainOptions) -> Trained {
    let mut bytes: Vec<Vec<u8>> = options.byte_order.iter().map(|&byte| vec![byte]).collect();
    let id = |byte: &u8| options.byte_order.iter().position(|known| known == byte).expect("a permutation") as u32;
    let mut words: Vec<Vec<u32>> = pieces.iter().map(|(piece, _)| piece.iter().map(id).collect()).collect();
    let mut counts = Vec::new();
    let mut merges = Vec::new();
    let mut ties = 0;
    while merges.len() < options.n_merges {
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
            let made = [token(left).as_slice(), token(right)].concat();
            let begins = |at: usize| made[at] != b' ' && (at == 0 || made[at - 1] == b' ');
            let words = (0..made.len()).filter(|&at| begins(at)).count();
            options.max_token_length.is_none_or(|limit| made.len() <= limit)
                && options.max_words.is_none_or(|limit| words <= limit)
                && !options.barred.iter().any(|string| made.windows(string.len()).any(|part| part == string))
        };
        let candidates = seen.iter().filter(|(pair, (count, _))| *count >= options.min_frequency && may(**pair));
        let highest = candidates.clone().map(|(_, (count, _))| *count).max();
        ties += usize::from(candidates.clone().filter(|(_, (count, _))| Some(*count) == highest).count() > 1);
        let best = match options.tie_break {
            TieBreak::SmallestIds => candidates.max_by_key(|(pair, (count, _))| (*count, Reverse(**pair))),
            TieBreak::FirstSeen => candidates.max_by_key(|(_, (count, first))| (*count, Reverse(*first))),
            TieBreak::GreatestBytes => candidates.max_by_key(|((left, right), (count, _))| {
                (*count, token(*left), token(*right), Reverse((*left, *right)))
            }),
        };
        let Some((&(left, right), &(count, _))) = best else {
            return Trained { merges, counts, ties, stop: Stop::MinFrequency };
        };
        counts.push(count);
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
    Trained { merges, counts, ties, stop: Stop::VocabSize }
}

fn options(n_merges: usize, tie_break: TieBreak) -> TrainOptions {
    TrainOptions { tie_break, ..TrainOptions::new(n_merges) }
}

fn pieces(pieces: &[(&[u8], i64)]) -> Vec<(Vec<u8>, i64)> {
    pieces.iter().map(|(piece, count)| (piece.to_vec(), *count)).collect()
}

pub(super) const TIES: [TieBreak; 3] = [TieBreak::SmallestIds, TieBreak::FirstSeen, TieBreak::GreatestBytes];

/// Trains with every tuning, coarse buckets and small tables included.
fn fast(pieces: &[(Vec<u8>, i64)], options: &TrainOptions) -> Trained {
    let trained = run(pieces, options, Tuning::default());
    for (mantissa, dense) in [(0, 0), (1, 97), (2, 258)] {
        assert_eq!(run(pieces, options, Tuning { mantissa, dense }), trained);
    }
    trained
}

fn run(pieces: &[(Vec<u8>, i64)], options: &TrainOptions, tuning: Tuning) -> Trained {
    let mut told = 0;
    let base = StartVocab::new(Vocab::from_merges(&options.byte_order, &[]).expect("bytes").into());
    let trained = train_with(&base, pieces.into(), options, tuning, &mut |merges| {
        assert!(merges == told || merges == told + 1);
        told = merges;
        Ok(())
    })
    .expect("a small corpus");
    assert_eq!(told, trained.merges.len());
    trained
}

fn check(pieces: &[(Vec<u8>, i64)], options: &TrainOptions) {
    let trained = Ok(fast(pieces, options));
    assert!(trained == Ok(oracle(pieces, options)), "not as the oracle, by {:?}", options.tie_break);
    // A training with a trace runs the mirror itself.
    let mut observer = mirror::Observer { on_merge: &mut |_| Ok(()), trace: Some(&mut |_| Ok(())) };
    assert!(trained == mirror::train(pieces, options, &mut observer), "not as the mirror, by {:?}", options.tie_break);
}

/// Distinct pieces with counts, over an alphabet so small that runs and repeats abound.
fn corpora() -> impl Strategy<Value = Vec<(Vec<u8>, i64)>> {
    let alphabet = prop_oneof![
        Just(&b"a"[..]),
        Just(&b"ab"[..]),
        Just(&b"abc"[..]),
        Just(&b"\x00\x7f\x80\xffab"[..]),
        Just(&b"ab : "[..])
    ];
    alphabet.prop_flat_map(|alphabet| {
        let piece = prop::collection::vec(prop::sample::select(alphabet), 0..24);
        let count = prop_oneof![4 => 1_i64..4, 2 => 1_i64..200, 1 => 1_i64 << 31..1 << 40];
        prop::collection::vec((piece, count), 0..12)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(super::small_scope::cases(2000)))]

    #[test]
    fn equals_the_oracle_and_the_mirror(
        corpus in corpora(),
        n_merges in 0_usize..60,
        min_frequency in prop_oneof![4 => 1_i64..4, 1 => 1_i64..1 << 33],
        max_token_length in prop::option::weighted(0.3, 0_usize..8),
        max_words in prop::option::weighted(0.3, 1_usize..4),
        barred in prop::collection::vec("[ab: ]{1,3}", 0..3),
        tie_break in prop::sample::select(&TIES[..]),
        turn in any::<u8>(),
        flip in any::<bool>(),
    ) {
        let mut byte_order: [u8; 256] = std::array::from_fn(|id| (id as u8).wrapping_add(turn));
        if flip {
            byte_order.reverse();
        }
        let vetoes = TrainOptions { max_words, barred: barred.into_iter().map(String::into_bytes).collect(), ..TrainOptions::new(0) };
        check(&corpus, &TrainOptions { n_merges, byte_order, tie_break, min_frequency, max_token_length, ..vetoes });
    }

    #[test]
    fn goes_on_where_a_shorter_training_stopped(
        corpus in corpora(),
        n_merges in 0_usize..40,
        before in 0_usize..40,
        max_token_length in prop::option::weighted(0.3, 0_usize..8),
        tie_break in prop::sample::select(&TIES[..]),
        hole in 0_u32..3,
    ) {
        let options = TrainOptions { n_merges, max_token_length, ..options(n_merges, tie_break) };
        let whole = fast(&corpus, &options);
        let (before, after) = whole.merges.split_at(before.min(whole.merges.len()));
        let vocab = Vocab::from_merges(&options.byte_order, before).expect("learnt");
        let first_id = 256 + before.len() as u32 + hole;
        let rest = TrainOptions { n_merges: n_merges - before.len(), ..options };
        let trained = extend((vocab.clone().into(), first_id), &corpus[..], &rest, &mut |_| Ok(())).expect("small");
        let id = |id: u32| if id < first_id - hole { id } else { id + hole };
        let expected: Vec<_> = after.iter().map(|&(left, right)| (id(left), id(right))).collect();
        prop_assert_eq!((&trained.merges, &trained.counts[..]), (&expected, &whole.counts[before.len()..]));
        let mut observer = mirror::Observer { on_merge: &mut |_| Ok(()), trace: None };
        prop_assert_eq!(Ok(trained), mirror::extend(&vocab, first_id, &corpus, &rest, &mut observer));
        // The recounting is exact for sparse and for dense tables.
        let base = StartVocab::new(vocab.into());
        let coarse = Tuning { mantissa: 0, dense: 0 };
        let again = train_with(&base, (&corpus[..]).into(), &rest, coarse, &mut |_| Ok(())).expect("small");
        prop_assert_eq!(again.counts, &whole.counts[before.len()..]);
    }
}

#[test]
fn runs_and_transients() {
    for tie in TIES {
        for length in 2..40 {
            check(&pieces(&[("a".repeat(length).as_bytes(), 3)]), &options(30, tie));
            let (one, other) = ("ab".repeat(length), "ba".repeat(length / 2));
            check(&pieces(&[(one.as_bytes(), 1), (other.as_bytes(), 1)]), &options(30, tie));
            check(&pieces(&[("aab".repeat(length).as_bytes(), 1), (b"aaaa", 2), (b"aaa", 2)]), &options(30, tie));
        }
    }
}

#[test]
fn one_huge_piece() {
    let text = (0_u64..3000).map(|i| b'a' + (i * i * 7919 % 10_007 % 6) as u8).collect();
    let pieces = [(text, 1)];
    for tie in TIES {
        check(&pieces, &options(400, tie));
    }
}

/// More merges asked for than 16 bits hold, so that symbols are 32 bits wide.
#[test]
fn both_widths_of_symbols_agree() {
    let text: Vec<u8> = (0_u64..70_000).map(|i| (i * i * 7919 % 10_007 % 251) as u8).collect();
    let pieces = [(text, 1)];
    for tie in TIES {
        let wide = run(&pieces, &options(usize::MAX, tie), Tuning::default());
        let narrow = run(&pieces, &options(60_000, tie), Tuning::default());
        assert!(narrow.merges.len() > 5000);
        assert_eq!(wide.merges[..narrow.merges.len()], narrow.merges);
    }
}

#[test]
fn counts_beyond_32_bits() {
    let big = 1 << 40;
    let pieces = pieces(&[(b"abab", big), (b"cd", 2 * big + 1), (b"ef", 2 * big - 1)]);
    for tie in TIES {
        check(&pieces, &options(10, tie));
    }
    let trained = fast(&pieces, &options(3, TieBreak::SmallestIds));
    assert_eq!(trained.merges, [(99, 100), (97, 98), (101, 102)]);
    assert_eq!(trained.counts, [2 * big + 1, 2 * big, 2 * big - 1]);
}

#[test]
fn counts_that_would_wrap_are_refused() {
    let pieces = pieces(&[(b"ab", i64::MAX), (b"abc", 1)]);
    let refused = train(&pieces[..], &options(1, TieBreak::SmallestIds), &mut |_| Ok(()));
    assert!(matches!(refused, Err(Error::Training(reason)) if reason.contains("2^63")));
}

/// Many pieces that are one and the same long text, which takes no memory.
struct Repeated(usize, Vec<u8>, i64);

impl Pieces for Repeated {
    fn len(&self) -> usize {
        self.0
    }

    fn get(&self, _: u32) -> (&[u8], i64) {
        (&self.1, self.2)
    }
}

#[test]
fn a_corpus_that_is_too_large_is_refused() {
    let refusal = |pieces: Repeated| match train(pieces, &options(1, TieBreak::SmallestIds), &mut |_| Ok(())) {
        Err(Error::Training(reason)) => reason,
        other => panic!("{other:?}"),
    };
    assert!(refusal(Repeated(1 << 31, vec![], 1)).contains("pieces"));
    assert!(refusal(Repeated(1 << 17, vec![b'a'; 1 << 14], 1)).contains("bytes"));
    // The counts of all bytes together may be as large as 63 bits allow.
    let most = i64::MAX / 7;
    assert_eq!(most * 7, i64::MAX);
    assert!(refusal(Repeated(1, vec![b'a'; 7], most + 1)).contains("2^63"));
    let trained = train(Repeated(1, b"abcdefg".to_vec(), most), &options(9, TieBreak::FirstSeen), &mut |_| Ok(()));
    assert_eq!(trained.map(|trained| trained.counts), Ok(vec![most; 6]));
}

#[test]
fn pieces_that_do_not_occur_are_passed_over() {
    let corpus = pieces(&[(b"ab", 0), (b"xcd", -1), (b"abcd", 2), (b"cdx", 0), (b"cd", 1), (b"xab", 1), (b"cab", 0)]);
    let mut occurring = corpus.clone();
    occurring.retain(|(_, count)| *count > 0);
    let first = pieces(&[(b"yzab", 0), (b"cdab", 1), (b"yzyz", 1), (b"cdcd", 1)]);
    for (corpus, occurring) in [(&corpus, &occurring), (&first, &first[1..].to_vec())] {
        for tie in TIES {
            assert_eq!(fast(corpus, &options(20, tie)), oracle(occurring, &options(20, tie)));
        }
    }
}

/// Pieces that take no memory any more once the first merge is made.
struct Dropped<'d>(&'d Cell<bool>);

impl Pieces for Dropped<'_> {
    fn len(&self) -> usize {
        1
    }

    fn get(&self, _: u32) -> (&[u8], i64) {
        (b"abcd", 1)
    }
}

impl Drop for Dropped<'_> {
    fn drop(&mut self) {
        self.0.set(true);
    }
}

#[test]
fn pieces_are_dropped_before_the_merges_begin() {
    for tie in TIES {
        let dropped = Cell::new(false);
        let trained = train(Dropped(&dropped), &options(3, tie), &mut |_| {
            assert!(dropped.get());
            Ok(())
        });
        assert_eq!(trained, Ok(oracle(&pieces(&[(b"abcd", 1)]), &options(3, tie))));
    }
}

/// A byte whose id is 256, where else the gap is: its pairs are counted as any others.
#[test]
fn bytes_may_have_any_ids() {
    let corpus = pieces(&[(b"\xff\xfea\xff\xfe", 2), (b"\xff\xff\xff", 1), (b"ab\xff", 3)]);
    for first in [1, 300] {
        let ids: Vec<(Vec<u8>, u32)> = (0..=255_u8).map(|byte| (vec![byte], first + u32::from(byte))).collect();
        let vocab = Vocab::from_tokens(&ids, &[], false, Alphabet::default()).expect("bytes");
        for tie in TIES {
            let trained = extend((vocab.clone().into(), 600), &corpus[..], &options(20, tie), &mut |_| Ok(()));
            let mut observer = mirror::Observer { on_merge: &mut |_| Ok(()), trace: None };
            let expected = mirror::extend(&vocab, 600, &corpus, &options(20, tie), &mut observer);
            assert!(expected.as_ref().is_ok_and(|expected| expected.merges.len() > 5));
            assert_eq!(trained, expected);
        }
    }
}

#[test]
fn nothing_to_merge() {
    for tie in TIES {
        for (corpus, n_merges, stop) in [
            (pieces(&[]), 5, Stop::MinFrequency),
            (pieces(&[(b"", 7), (b"a", 7)]), 5, Stop::MinFrequency),
            (pieces(&[(b"ab", 7)]), 0, Stop::VocabSize),
        ] {
            assert_eq!(
                fast(&corpus, &options(n_merges, tie)),
                Trained { merges: vec![], counts: vec![], ties: 0, stop }
            );
        }
    }
}

#[test]
fn an_error_of_the_observer_stops_the_training() {
    let pieces = pieces(&[(b"abcdefgh", 1)]);
    for limit in 0..7 {
        let mut told = 0;
        let stopped = train(&pieces[..], &options(7, TieBreak::SmallestIds), &mut |_| {
            told += 1;
            if told > limit { Err(Error::Interrupted) } else { Ok(()) }
        });
        assert_eq!(stopped, Err(Error::Interrupted));
        assert_eq!(told, limit + 1);
    }
}

#[test]
fn a_vocabulary_that_drops_bytes_is_refused() {
    let alphabet = Alphabet { drops_bytes: true, ..Alphabet::default() };
    let vocab = Vocab::from_tokens(&[(b"a".to_vec(), 0), (b"b".to_vec(), 1)], &[], false, alphabet).unwrap();
    let pieces = [(b"abcab".to_vec(), 2)];
    for tie_break in [TieBreak::SmallestIds, TieBreak::FirstSeen, TieBreak::GreatestBytes] {
        let options = TrainOptions { tie_break, ..TrainOptions::new(3) };
        let refused = extend((vocab.clone().into(), 2), &pieces[..], &options, &mut |_| Ok(()));
        assert!(matches!(refused, Err(Error::Training(reason)) if reason.contains("cannot be extended")));
    }
}

/// Texts in which merges stand across rare pairs: runs are cut there, and where too few merges are left, it is tried again.
#[test]
fn runs_that_are_cut_give_the_same_merges() {
    let order: Vec<u8> = (0..=255).collect();
    let words =
        (0_u64..9000).map(|i| [&b" a"[..], b" bc", b" d", b" bcd"][(i * i * 7919 % 10_007 % 4) as usize].to_vec());
    let text: Vec<Vec<u8>> = words.collect();
    let corpus: Vec<(Vec<u8>, i64)> = text.chunks(30).zip(1..).map(|(piece, n)| (piece.concat(), 1 + n % 3)).collect();
    let vocab =
        Vocab::from_merges(&order, &[(32, 97), (98, 99), (32, 257), (258, 100), (32, 100)]).expect("well-formed");
    let base = StartVocab::new(vocab.clone().into());
    let runs = base.runs().unwrap().of(corpus.iter().map(|(piece, n)| (&piece[..], *n))).unwrap();
    let bounds = PairBounds::new(&runs, &base).unwrap();
    let mut cut = 0;
    for tie in TIES {
        for n_merges in [1, 5, 20, 60, 200, 100_000] {
            cut += usize::from(bounds.least_for(n_merges) > 1);
            for max_words in [None, Some(3)] {
                let options = TrainOptions { max_words, ..options(n_merges, tie) };
                let trained = extend((vocab.clone().into(), 261), &corpus[..], &options, &mut |_| Ok(()));
                let mut observer = mirror::Observer { on_merge: &mut |_| Ok(()), trace: None };
                assert!(trained == mirror::extend(&vocab, 261, &corpus, &options, &mut observer));
            }
        }
    }
    assert!(cut >= 6);
}
