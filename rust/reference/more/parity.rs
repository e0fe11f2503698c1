//! Words with counts, language by language -> merges that are fair to all of them: parity-aware BPE.
//!
//! Plain training takes the pair that is most frequent in all texts together, so the language with the most text gets the most
//! tokens. Here each step first asks whose turn it is, by default that of the language whose texts have the most tokens by now,
//! and takes the most frequent pair of that language. The merge is made in all languages.
//!
//! By hand: `aabb` ten times in one language and `ccdd` ten times in another. Both have 40 tokens, so the first has the turn: of
//! (a, a), (a, b) and (b, b), each with 10, the greatest is (b, b) -> 256. Now it has 30 tokens, and the other has the turn: (d,
//! d) -> 257. Then (a, 256), (c, 257), (a, 258) and (c, 259). No pair is left, and training stops.
//!
//! What a language needs is read from its development texts, which should say the same in each language; without them, from its
//! training texts: from how much shorter they have become, over a ratio, or from how long they are.
//!
//! The *window* keeps a language from having turn after turn: a share of the last turns is the most that it can have. Turn t is
//! among the last n until turn t + n is over, so the turn from which a language may go on is known, and a turn that nobody may
//! have costs nothing.
//!
//! Invariants: after every step, the counts of each language are what `count_pairs` over its words would give, and `length` is how many
//! tokens they have. A pair arises in all languages in one step, so in each of them its count can only fall, as in `train.rs`.
//!
//! Costs: those of `train.rs` for the texts of all languages together, and O(L log L) for each merge, with L languages. While
//! merges are global, the words of all languages are kept twice. When not to use it: one language.
//!
//! Implements SPEC T14 and T15.

#![expect(
    clippy::cast_possible_truncation,
    reason = "the ids of a vocabulary end at 2^31, and so do the turns that have been taken"
)]
#![expect(clippy::cast_precision_loss, reason = "the rule is in floating-point numbers, and so is the definition")]

use crate::error::Result;
use crate::reference::pairs::Pair;
use crate::reference::published::byte_chars::to_chars;
use crate::reference::published::vocabs::Vocab;
use crate::reference::train::{Stop, TrainOptions, Words};
use foldhash::{HashMap, HashMapExt};
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::rc::Rc;

/// What the merges depend on besides the words and the options of `train`.
///
/// `names` are what the ids of the vocabulary are compared by, instead of GPT-2's characters; `prefix` is what the name of a
/// right token loses in a merge.
#[derive(Debug, Clone)]
pub struct ParityOptions {
    pub global_merges: usize,
    pub ratio: Option<Vec<f64>>,
    pub window: Option<u64>,
    pub alpha: f64,
    pub names: Option<Vec<String>>,
    pub prefix: String,
}

impl Default for ParityOptions {
    fn default() -> ParityOptions {
        ParityOptions { global_merges: 0, ratio: None, window: None, alpha: 2.0, names: None, prefix: String::new() }
    }
}

/// The merges in order, the language whose turn each was and its count there, how many were ties, and why training stopped.
///
/// A global merge is the turn of no language: the number of languages stands for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrainedParity {
    pub merges: Vec<Pair>,
    pub turns: Vec<usize>,
    pub counts: Vec<i64>,
    pub ties: usize,
    pub stop: Stop,
}

type Name = Rc<str>;
type Names = HashMap<u32, Name>;
/// The count of a pair and the names of its sides, of which the greatest come first; and the pair.
type Entry = ((i64, Name, Name), Pair);

/// The words of a language, and its pairs by descending count: a heap of entries that may be too early, never too late.
struct Corpus<'o> {
    words: Words,
    options: &'o TrainOptions,
    heap: BinaryHeap<Entry>,
}

impl<'o> Corpus<'o> {
    fn new(pieces: &[(Vec<u8>, i64)], vocab: &Vocab, names: &Names, options: &'o TrainOptions) -> Result<Corpus<'o>> {
        let mut corpus = Corpus { words: Words::new(pieces, vocab)?, options, heap: BinaryHeap::new() };
        let pairs: Vec<Pair> = corpus.words.counts.keys().copied().collect();
        corpus.add(pairs, names);
        Ok(corpus)
    }

    /// Adds pairs that have just been created.
    fn add(&mut self, pairs: impl IntoIterator<Item = Pair>, names: &Names) {
        for pair in pairs {
            if self.options.allows(&[self.words.token(pair.0), self.words.token(pair.1)].concat()) {
                self.heap.push((self.key(pair, names), pair));
            }
        }
    }

    /// Returns the key of the pair: the greatest is merged first.
    fn key(&self, pair: Pair, names: &Names) -> (i64, Name, Name) {
        let name = |id: u32| Rc::clone(&names[&id]);
        (self.words.counts.get(&pair).copied().unwrap_or(0), name(pair.0), name(pair.1))
    }

    /// Returns the pair to merge next and brings it to the top; None if no pair is frequent enough (T14).
    fn peek(&mut self, names: &Names) -> Option<Pair> {
        while let Some((key, pair)) = self.heap.peek() {
            let pair = *pair;
            if self.words.counts.get(&pair).copied().unwrap_or(0) < self.options.min_frequency {
                self.heap.pop();
                continue;
            }
            let current = self.key(pair, names);
            if *key == current {
                return Some(pair);
            }
            self.heap.pop();
            self.heap.push((current, pair));
        }
        None
    }

    /// Removes and returns the pair to merge next; None if no pair is frequent enough.
    fn pop(&mut self, names: &Names) -> Option<Pair> {
        let pair = self.peek(names)?;
        self.heap.pop();
        Some(pair)
    }

    /// Replaces the pair everywhere.
    fn merge(&mut self, pair: Pair, new_id: u32, names: &Names) -> Result<()> {
        let (_, created) = self.words.merge(pair, new_id)?;
        self.add(created, names);
        Ok(())
    }
}

/// Whose turn it is (T15).
#[derive(Debug)]
pub struct Turns {
    languages: usize,
    window: Option<u64>,
    allowed: u64,
    taken: Vec<Vec<u128>>,
    now: u128,
}

impl Turns {
    pub fn new(languages: usize, options: &ParityOptions) -> Turns {
        let share = options.alpha / languages as f64;
        Turns {
            languages,
            window: options.window,
            allowed: options.window.map_or(0, |window| most_turns(window, share)),
            taken: vec![Vec::new(); languages],
            now: 0,
        }
    }

    /// Returns the language that has the next turn. `order` has those that remain, the neediest first.
    pub fn take(&mut self, order: &[usize]) -> usize {
        if self.window.is_none() {
            return order[0];
        }
        let ready: Vec<u128> = order.iter().map(|&language| self.ready(language)).collect();
        let first = ready.iter().copied().min().unwrap_or(0);
        let language = if first > self.now && order.len() == self.languages {
            order[order.len() - 1]
        } else {
            self.now = self.now.max(first);
            order[ready.iter().position(|&turn| turn <= self.now).unwrap_or(0)]
        };
        self.taken[language].push(self.now);
        self.now += 1;
        language
    }

    /// Returns the first turn at which the language is not over its share.
    fn ready(&self, language: usize) -> u128 {
        let taken = &self.taken[language];
        match self.window {
            Some(window) if taken.len() as u64 > self.allowed => {
                taken[taken.len() - 1 - self.allowed as usize] + u128::from(window) + 1
            }
            _ => 0,
        }
    }
}

/// Returns how many of the last `window` turns a language may have had to be given one more.
pub fn most_turns(window: u64, share: f64) -> u64 {
    #[expect(clippy::cast_sign_loss, reason = "shares are positive")]
    let mut turns = (share.min(1.0) * window as f64) as u64;
    while turns < window && (turns + 1) as f64 / window as f64 <= share {
        turns += 1;
    }
    while turns as f64 / window as f64 > share {
        turns -= 1;
    }
    turns
}

/// Returns languages in the order in which they need a merge (T14); of two that need it alike, the first comes first.
pub fn neediest_first(languages: &[usize], lengths: &[i64], initial: &[i64], ratio: Option<&[f64]>) -> Vec<usize> {
    let mut order = languages.to_vec();
    match ratio {
        None => order.sort_by_key(|&language| Reverse(lengths[language])),
        Some(ratio) => {
            let need = |each: usize| initial[each] as f64 / lengths[each] as f64 / ratio[each];
            order.sort_by(|&one, &other| need(one).total_cmp(&need(other)));
        }
    }
    order
}

pub type Pieces = Vec<(Vec<u8>, i64)>;

/// Learns merges on top of a vocabulary, as `extend` does; `development` is empty, or has as many as `languages`.
pub fn train_parity(
    (vocab, first_id): (&Vocab, u32),
    (languages, development): (&[Pieces], &[Pieces]),
    options: &TrainOptions,
    parity: &ParityOptions,
    on_merge: &mut dyn FnMut(usize) -> Result<()>,
) -> Result<TrainedParity> {
    let everyone = languages.len();
    let mut names: Names = match &parity.names {
        Some(names) => (0..).zip(names.iter().map(|name| Name::from(name.as_str()))).collect(),
        None => vocab.tokens.iter().map(|(id, token)| (id, Name::from(to_chars(token)))).collect(),
    };
    let mut corpora = Vec::new();
    for pieces in languages {
        corpora.push(Corpus::new(pieces, vocab, &names, options)?);
    }
    let mut measured = development.iter().map(|pieces| Words::new(pieces, vocab)).collect::<Result<Vec<Words>>>()?;
    let ratio = if development.is_empty() { parity.ratio.as_deref() } else { None };
    let initial: Vec<i64> = corpora.iter().map(|corpus| corpus.words.n_tokens).collect();
    let mut remaining: Vec<usize> = (0..everyone).filter(|&index| ratio.is_none() || initial[index] > 0).collect();
    if parity.global_merges > 0 {
        corpora.push(Corpus::new(&summed(languages), vocab, &names, options)?);
    }
    let mut turns = Turns::new(everyone, parity);
    let mut trained =
        TrainedParity { merges: Vec::new(), turns: Vec::new(), counts: Vec::new(), ties: 0, stop: Stop::VocabSize };
    while trained.merges.len() < options.n_merges {
        if trained.merges.len() == parity.global_merges {
            corpora.truncate(everyone);
        }
        if remaining.is_empty() {
            trained.stop = Stop::MinFrequency;
            break;
        }
        let turn = if corpora.len() == everyone {
            let lengths = |index: usize| measured.get(index).unwrap_or(&corpora[index].words).n_tokens;
            let lengths: Vec<i64> = (0..everyone).map(lengths).collect();
            turns.take(&neediest_first(&remaining, &lengths, &initial, ratio))
        } else {
            everyone
        };
        let Some(pair) = corpora[turn].pop(&names) else {
            remaining.retain(|&language| turn != language && turn != everyone);
            continue;
        };
        let new_id = first_id + trained.merges.len() as u32;
        let count = corpora[turn].words.counts[&pair];
        trained.turns.push(turn);
        trained.counts.push(count);
        let second = corpora[turn].peek(&names);
        trained.ties += usize::from(second.is_some_and(|second| corpora[turn].words.counts[&second] == count));
        let right = names[&pair.1].strip_prefix(parity.prefix.as_str()).unwrap_or(&names[&pair.1]);
        let name = Name::from([&names[&pair.0], right].concat());
        names.insert(new_id, name);
        for corpus in &mut corpora {
            corpus.merge(pair, new_id, &names)?;
        }
        for words in &mut measured {
            words.merge(pair, new_id)?;
        }
        trained.merges.push(pair);
        on_merge(trained.merges.len())?;
    }
    Ok(trained)
}

/// Returns the counts of all languages together.
fn summed(languages: &[Pieces]) -> Pieces {
    let mut places = HashMap::new();
    let mut counts: Pieces = Vec::new();
    for (piece, count) in languages.iter().flatten() {
        let place = *places.entry(piece).or_insert(counts.len());
        if place == counts.len() {
            counts.push((piece.clone(), 0));
        }
        counts[place].1 += count;
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_language_takes_its_share_of_the_window() {
        let mut turns = Turns::new(2, &ParityOptions { window: Some(4), alpha: 1.0, ..ParityOptions::default() });
        assert_eq!([(); 6].map(|()| turns.take(&[0, 1])), [0, 0, 0, 1, 1, 0]);
        assert_eq!((most_turns(100, 2.0 / 13.0), most_turns(3, 1.0 / 3.0), most_turns(10, 5.0)), (15, 1, 10));
    }
}
