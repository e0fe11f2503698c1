//! Words with counts -> merges: the training of byte-level BPE.
//!
//! A corpus is cut into pieces, and each distinct one is kept once, with its count (`count.rs`): a *word*. Training then
//! repeats one step: find the pair with the highest count, give it the next id, replace it everywhere.
//!
//! By hand: the words `ab ab abc` (counts: `ab` 2, `abc` 1). Pairs: (a,b) 3, (b,c) 1. Merge 0 is (a,b) -> 256. Now (256,c)
//! has 1 and is the only pair: merge 1 is (256,c) -> 257. Then no pair is left: training stops early and says so.
//!
//! What makes it fast, and still exact (proofs in docs/algorithms.md):
//!
//! * *Counts are kept, not counted again*: a merge changes only the words that hold the pair; the change is added (`pairs.rs`).
//! * *A lazy heap finds the highest count.* Counts change without the heap being updated. But a pair is created only in the
//!   step that makes the newer of its two ids, so after that its count can only fall: an entry is an upper bound. An entry
//!   that comes to the top with an outdated count goes back with the right one; if its count is right, it is the highest.
//!
//! Invariants: after every step, `counts` is what counting all words anew would give, with zeros; every pair that may be
//! merged (T5, T7, T12) has an entry in the queue whose key is at most the pair's true key.
//!
//! `extend` continues from any vocabulary: the words begin as its ids instead of as bytes, and the rest is the same. `train`
//! is `extend` starting from the 256 single bytes. Starting from characters (T11), it trains a vocabulary of these.
//!
//! Costs: w bytes of distinct words, t the words that all merges look at, L the length of a word, P the pairs that
//! ever have a count: O((w + t L) log P) time, O(w + P) space. The heap holds at most one entry for each of the P pairs,
//! of which there are far more than merges; each outdated entry that is put back follows a change of that pair's count.
//! With `first_seen`, making an entry also searches words that hold the pair. When not to use it: one huge word (pattern `none`),
//! where every merge rewrites the whole text; the fast trainer does not.
//!
//! Implements SPEC T1 to T5, T7, T8, and T10 to T12.

#![expect(clippy::cast_possible_truncation, reason = "there are 256 bytes, and the ids of a vocabulary end at 2^31")]

use crate::error::Result;
use crate::reference::encode::encode_piece;
use crate::reference::pairs::{Pair, count_pairs, merge_pair, pair_changes};
use crate::reference::vocab::{InitialParts, Tokens, Vocab};
use foldhash::{HashMap, HashMapExt};
use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap};

/// Which of the pairs with the highest count is merged (T3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TieBreak {
    /// That of the smallest left id, then right id, as in Hugging Face's trainer.
    #[default]
    SmallestIds,
    /// That which was met first in the texts as merged so far, as in minbpe.
    FirstSeen,
    /// That of the greatest bytes, left ones first.
    GreatestBytes,
}

impl TieBreak {
    /// All rules.
    pub const ALL: [TieBreak; 3] = [TieBreak::SmallestIds, TieBreak::FirstSeen, TieBreak::GreatestBytes];

    /// Its name, as in Python and in files.
    pub fn name(self) -> &'static str {
        match self {
            TieBreak::SmallestIds => "smallest_ids",
            TieBreak::FirstSeen => "first_seen",
            TieBreak::GreatestBytes => "greatest_bytes",
        }
    }
}

/// What the merges depend on besides the words. `byte_order[i]` is the byte of id i, for `train` only.
#[derive(Debug, Clone)]
pub struct TrainOptions {
    pub n_merges: usize,
    pub byte_order: [u8; 256],
    pub tie_break: TieBreak,
    pub min_frequency: i64,
    pub max_token_length: Option<usize>,
    pub max_words: Option<usize>,
    pub barred: Vec<Vec<u8>>,
}

impl TrainOptions {
    pub fn new(n_merges: usize) -> TrainOptions {
        let byte_order = std::array::from_fn(|byte| byte as u8);
        TrainOptions {
            n_merges,
            byte_order,
            tie_break: TieBreak::SmallestIds,
            min_frequency: 1,
            max_token_length: None,
            max_words: None,
            barred: Vec::new(),
        }
    }

    /// Returns whether a token may be made: it is not too long, has few words, and holds no barred string (T7, T12).
    pub fn allows(&self, token: &[u8]) -> bool {
        if self.max_token_length.is_some_and(|limit| token.len() > limit) {
            return false;
        }
        let words = || token.split(|&byte| byte == b' ').filter(|word| !word.is_empty()).count();
        if self.max_words.is_some_and(|limit| words() > limit) {
            return false;
        }
        !self.barred.iter().any(|string| memchr::memmem::find(token, string).is_some())
    }
}

/// Why training stopped (T5).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    VocabSize,
    MinFrequency,
}

impl Stop {
    /// Its name, as in Python and in files.
    pub fn name(self) -> &'static str {
        match self {
            Stop::VocabSize => "vocab_size",
            Stop::MinFrequency => "min_frequency",
        }
    }
}

/// The merges in order, the count of each when it was chosen, at how many of them another pair had the same count (`ties`),
/// and why training stopped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trained {
    pub merges: Vec<Pair>,
    pub counts: Vec<i64>,
    pub ties: usize,
    pub stop: Stop,
}

/// The distinct pieces as lists of ids, with the count of every pair and the words that hold it, or once did.
///
/// `n_tokens` is how many tokens all occurrences of the pieces have.
pub(crate) struct Words {
    ids: Vec<Vec<u32>>,
    frequencies: Vec<i64>,
    pub(crate) n_tokens: i64,
    tokens: Tokens,
    pub(crate) counts: HashMap<Pair, i64>,
    holders: HashMap<Pair, BTreeSet<usize>>,
}

impl Words {
    pub(crate) fn new(pieces: &[(Vec<u8>, i64)], vocab: &impl InitialParts) -> Result<Words> {
        let ids = |piece: &[u8]| {
            let mut ids = Vec::new();
            encode_piece(vocab, piece, &mut ids).map(|()| ids)
        };
        let mut words = Words {
            ids: pieces.iter().map(|(piece, _)| ids(piece)).collect::<Result<_>>()?,
            frequencies: pieces.iter().map(|(_, count)| *count).collect(),
            n_tokens: 0,
            tokens: Tokens::clone(&vocab.core().tokens),
            counts: HashMap::new(),
            holders: HashMap::new(),
        };
        for index in 0..words.ids.len() {
            words.n_tokens += words.ids[index].len().cast_signed() as i64 * words.frequencies[index];
            let counted = count_pairs(&words.ids[index]);
            words.add_changes(index, &counted);
        }
        Ok(words)
    }

    /// Adds the changes of one word to the counts, times the number of its occurrences.
    fn add_changes(&mut self, index: usize, changes: &HashMap<Pair, i64>) {
        for (&pair, &change) in changes {
            *self.counts.entry(pair).or_insert(0) += change * self.frequencies[index];
            if change > 0 {
                self.holders.entry(pair).or_default().insert(index);
            }
        }
    }

    /// Replaces the pair everywhere. Returns the words changed and the pairs created, both in order.
    pub(crate) fn merge(&mut self, pair: Pair, new_id: u32) -> Result<(Vec<usize>, BTreeSet<Pair>)> {
        self.tokens.set(new_id, &[self.token(pair.0), self.token(pair.1)].concat())?;
        let holders = self.holders.remove(&pair).unwrap_or_default();
        let touched: Vec<usize> = holders.into_iter().filter(|&index| holds(&self.ids[index], pair)).collect();
        let mut created = BTreeSet::new();
        for &index in &touched {
            let merged = merge_pair(&self.ids[index], pair, new_id);
            let changes = pair_changes(&self.ids[index], &merged);
            self.n_tokens -= (self.ids[index].len() - merged.len()).cast_signed() as i64 * self.frequencies[index];
            self.ids[index] = merged;
            self.add_changes(index, &changes);
            created.extend(changes.into_iter().filter(|&(_, change)| change > 0).map(|(new, _)| new));
        }
        self.counts.remove(&pair);
        Ok((touched, created))
    }

    pub(crate) fn token(&self, id: u32) -> &[u8] {
        self.tokens.get(id).unwrap_or_default()
    }

    /// Returns the first word that holds the pair, and the offset of the pair's first occurrence in it.
    ///
    /// An offset in bytes, not a place among the ids: a place gets smaller when something to its left is merged, and a key of
    /// the queue must not. The offset of an occurrence never changes.
    fn first_seen(&self, pair: Pair) -> (usize, usize) {
        let byte = |index: usize| {
            let mut at = 0;
            for both in self.ids[index].windows(2) {
                if (both[0], both[1]) == pair {
                    return Some(at);
                }
                at += self.token(both[0]).len();
            }
            None
        };
        let holders = self.holders.get(&pair);
        let found = holders.and_then(|holders| holders.iter().find_map(|&index| byte(index).map(|at| (index, at))));
        found.unwrap_or((usize::MAX, usize::MAX))
    }
}

/// Returns whether the word holds the pair.
fn holds(word: &[u32], pair: Pair) -> bool {
    word.windows(2).any(|both| (both[0], both[1]) == pair)
}

/// What pairs are sorted by: the smallest key is merged first. It never gets smaller while the pair has a count.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    SmallestIds(Reverse<i64>, Pair),
    FirstSeen(Reverse<i64>, (usize, usize)),
    GreatestBytes(Reverse<i64>, Reverse<(Vec<u8>, Vec<u8>)>),
}

/// Pairs by descending count, ties by the rule: a heap of entries that may be too early, never too late (T3).
struct Queue<'o> {
    options: &'o TrainOptions,
    heap: BinaryHeap<Reverse<(Key, Pair)>>,
}

impl<'o> Queue<'o> {
    fn new(words: &Words, options: &'o TrainOptions) -> Queue<'o> {
        let mut queue = Queue { options, heap: BinaryHeap::new() };
        queue.add(words, words.counts.keys().copied());
        queue
    }

    /// Returns whether the pair is frequent enough and its token may be made (T5, T7, T12).
    fn mergeable(&self, words: &Words, pair: Pair) -> bool {
        let is_frequent = words.counts.get(&pair).copied().unwrap_or(0) >= self.options.min_frequency;
        is_frequent && self.options.allows(&[words.token(pair.0), words.token(pair.1)].concat())
    }

    fn key(&self, words: &Words, pair: Pair) -> Key {
        let count = Reverse(words.counts.get(&pair).copied().unwrap_or(0));
        match self.options.tie_break {
            TieBreak::SmallestIds => Key::SmallestIds(count, pair),
            TieBreak::FirstSeen => Key::FirstSeen(count, words.first_seen(pair)),
            TieBreak::GreatestBytes => {
                Key::GreatestBytes(count, Reverse((words.token(pair.0).to_vec(), words.token(pair.1).to_vec())))
            }
        }
    }

    /// Returns the pair to merge next and brings it to the top; None if no pair may be merged.
    fn peek(&mut self, words: &Words) -> Option<Pair> {
        while let Some(Reverse((key, pair))) = self.heap.peek() {
            let pair = *pair;
            if !self.mergeable(words, pair) {
                self.heap.pop();
                continue;
            }
            let current = self.key(words, pair);
            if *key == current {
                return Some(pair);
            }
            self.heap.pop();
            self.heap.push(Reverse((current, pair)));
        }
        None
    }

    /// Removes and returns the pair to merge next; None if no pair may be merged.
    fn pop(&mut self, words: &Words) -> Option<Pair> {
        let pair = self.peek(words)?;
        self.heap.pop();
        Some(pair)
    }

    /// Adds the pairs that a merge has just created.
    fn add(&mut self, words: &Words, pairs: impl IntoIterator<Item = Pair>) {
        for pair in pairs {
            if self.mergeable(words, pair) {
                self.heap.push(Reverse((self.key(words, pair), pair)));
            }
        }
    }

    /// Returns all pairs that may be merged, with their counts, in the order of choice. For traces only: it reads every pair.
    fn ranking(&self, words: &Words) -> Vec<(Pair, i64)> {
        let mut pairs: Vec<(Pair, i64)> = words.counts.iter().map(|(&pair, &count)| (pair, count)).collect();
        pairs.retain(|&(pair, _)| self.mergeable(words, pair));
        pairs.sort_by_cached_key(|&(pair, _)| self.key(words, pair));
        pairs
    }
}

/// A merge of a training: which pair was chosen, from which.
pub struct Chosen {
    /// How many merges were made before.
    pub step: usize,
    /// All pairs that could be merged, with their counts, in the order of choice.
    pub ranking: Vec<(Pair, i64)>,
    /// The pair that was merged.
    pub pair: Pair,
    /// The id that it became.
    pub id: u32,
    /// The numbers of the words that it stood in.
    pub words: Vec<usize>,
}

/// Is notified of the progress of a training; returning an error stops it.
pub struct Observer<'m, 't> {
    /// The number of merges made so far.
    pub on_merge: &'m mut dyn FnMut(usize) -> Result<()>,
    pub trace: Option<&'t mut dyn FnMut(Chosen) -> Result<()>>,
}

/// Learns the merges of the pieces.
pub fn train(pieces: &[(Vec<u8>, i64)], options: &TrainOptions, observer: &mut Observer) -> Result<Trained> {
    extend(&Vocab::from_merges(&options.byte_order, &[])?, 256, pieces, options, observer)
}

/// Learns merges on top of a vocabulary; they make the ids from `first_id` on, which are above all existing ones (T10).
pub fn extend(
    vocab: &impl InitialParts,
    first_id: u32,
    pieces: &[(Vec<u8>, i64)],
    options: &TrainOptions,
    observer: &mut Observer,
) -> Result<Trained> {
    let mut words = Words::new(pieces, vocab)?;
    let mut queue = Queue::new(&words, options);
    let mut trained = Trained { merges: Vec::new(), counts: Vec::new(), ties: 0, stop: Stop::VocabSize };
    while trained.merges.len() < options.n_merges {
        let ranking = if observer.trace.is_some() { queue.ranking(&words) } else { Vec::new() };
        let Some(pair) = queue.pop(&words) else {
            trained.stop = Stop::MinFrequency;
            break;
        };
        let step = trained.merges.len();
        let new_id = first_id + step as u32;
        let count = words.counts[&pair];
        trained.counts.push(count);
        trained.ties += usize::from(queue.peek(&words).is_some_and(|second| words.counts[&second] == count));
        let (touched, created) = words.merge(pair, new_id)?;
        queue.add(&words, created);
        if let Some(trace) = &mut observer.trace {
            trace(Chosen { step, ranking, pair, id: new_id, words: touched })?;
        }
        trained.merges.push(pair);
        (observer.on_merge)(trained.merges.len())?;
    }
    Ok(trained)
}
