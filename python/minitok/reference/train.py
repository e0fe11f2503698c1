"""Words with counts -> merges: the training of byte-level BPE.

A corpus is cut into pieces, and each distinct one is kept once, with its count (``count.py``): a *word*. Training then
repeats one step: find the pair with the highest count, give it the next id, replace it everywhere.

By hand: the words ``ab ab abc`` (counts: ``ab`` 2, ``abc`` 1). Pairs: (a,b) 3, (b,c) 1. Merge 0 is (a,b) -> 256. Now
(256,c) has 1 and is the only pair: merge 1 is (256,c) -> 257. Then no pair is left: training stops early and says so.

What makes it fast, and still exact (proofs in docs/algorithms.md):

* *Counts are kept, not counted again*: a merge changes only the words that hold the pair; the change is added (``pairs.py``).
* *A lazy heap finds the highest count.* Counts change without the heap being updated. But a pair is created only in the step
  that makes the newer of its two ids, so after that its count can only fall: an entry is an upper bound. An entry that comes
  to the top with an outdated count goes back with the right one; if its count is right, it is the highest.

Invariants: after every step, ``counts`` is what counting all words anew would give, with zeros; every pair that may be merged
(T5, T7, T12) has an entry in the queue whose key is at most the pair's true key.

``extend`` continues from any vocabulary: the words begin as its ids instead of as bytes, and the rest is the same. ``train``
is ``extend`` starting from the 256 single bytes. Starting from characters (T11), it trains a vocabulary of these.

Costs: w bytes of distinct words, t the words that all merges look at, L the length of a word, P the pairs that ever
have a count: O((w + t L) log P) time, O(w + P) space. The heap holds at most one entry for each of the P pairs,
of which there are far more than merges; each outdated entry that is put back follows a change of that pair's count. With
``first_seen``, making an entry also searches words that hold the pair. When not to use it: one huge word (pattern ``none``),
where every merge rewrites the whole text; the fast trainer does not.

Implements SPEC T1 to T5, T7, T8, and T10 to T12.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from heapq import heapify, heappop, heappush, heapreplace
from typing import NamedTuple

from .encode import encode_piece
from .pairs import Pair, count_pairs, merge_pair, pair_changes
from .vocab import Vocab


@dataclass(frozen=True)
class TrainOptions:
    """What the merges depend on besides the words. ``byte_order[i]`` is the byte of id i, for ``train`` only."""

    n_merges: int
    byte_order: bytes = bytes(range(256))
    tie_break: str = "smallest_ids"
    min_frequency: int = 1
    max_token_length: int | None = None
    max_words: int | None = None
    barred: tuple[bytes, ...] = ()

    def allows(self, token: bytes) -> bool:
        """Returns whether a token may be made: it is not too long, has few words, and holds no barred string (T7, T12).

        >>> options = TrainOptions(n_merges=1, max_words=2, barred=(b": ",))
        >>> [options.allows(token) for token in (b" by the ", b"by the way", b"a: b")]
        [True, False, False]
        """
        if self.max_token_length is not None and len(token) > self.max_token_length:
            return False
        if self.max_words is not None and sum(map(bool, token.split(b" "))) > self.max_words:
            return False
        return not any(string in token for string in self.barred)


@dataclass(frozen=True)
class Trained:
    """The merges in order, the count of each when it was chosen, how many were ties, and why training stopped.

    ``ties`` is the number of merges at which another pair had the same count.

    ``stop`` is ``vocab_size`` or ``min_frequency``.
    """

    merges: list[Pair]
    counts: list[int]
    ties: int
    stop: str


class Words:
    """The distinct pieces as lists of ids, with the count of every pair and the words that hold it, or once did.

    ``n_tokens`` is the number of tokens of the whole corpus.
    """

    def __init__(self, pieces: dict[bytes, int], vocab: Vocab) -> None:
        self.ids = [encode_piece(vocab, piece) for piece in pieces]
        self.frequencies = list(pieces.values())
        self.n_tokens = sum(len(ids) * count for ids, count in zip(self.ids, self.frequencies))
        self.tokens = dict(vocab.tokens)
        self.counts: dict[Pair, int] = {}
        self.holders: dict[Pair, set[int]] = {}
        for index in range(len(self.ids)):
            self.add_changes(index, count_pairs(self.ids[index]))

    def add_changes(self, index: int, changes: dict[Pair, int]) -> None:
        """Adds the changes of one word to the counts, times its count, and notes that it holds the pairs it gained."""
        for pair, change in changes.items():
            self.counts[pair] = self.counts.get(pair, 0) + change * self.frequencies[index]
            if change > 0:
                self.holders.setdefault(pair, set()).add(index)

    def merge(self, pair: Pair, new_id: int) -> tuple[list[int], list[Pair]]:
        """Replaces the pair everywhere. Returns the words changed and the pairs created, both in order."""
        self.tokens[new_id] = self.tokens[pair[0]] + self.tokens[pair[1]]
        touched = [index for index in sorted(self.holders.pop(pair, ())) if holds(self.ids[index], pair)]
        created: set[Pair] = set()
        for index in touched:
            merged = merge_pair(self.ids[index], pair, new_id)
            changes = pair_changes(self.ids[index], merged)
            self.n_tokens -= (len(self.ids[index]) - len(merged)) * self.frequencies[index]
            self.ids[index] = merged
            self.add_changes(index, changes)
            created.update(new for new, change in changes.items() if change > 0 and new_id in new)
        self.counts.pop(pair, None)
        return touched, sorted(created)

    def first_seen(self, pair: Pair) -> tuple[int, int]:
        """Returns the first word that holds the pair, and the offset of the pair's first occurrence in it.

        An offset in bytes, not a place among the ids: a place gets smaller when something to its left is merged, and a key of
        the queue must not. The offset of an occurrence never changes.
        """
        for index in sorted(self.holders[pair]):
            at = 0
            for left, right in zip(self.ids[index], self.ids[index][1:]):
                if (left, right) == pair:
                    return index, at
                at += len(self.tokens[left])
        raise AssertionError("a pair with a count stands in a word")


def holds(word: list[int], pair: Pair) -> bool:
    """Returns whether the word holds the pair."""
    return any(both == pair for both in zip(word, word[1:]))


class Queue:
    """Pairs by descending count, ties by the rule: a heap of entries that may be too early, never too late (T3)."""

    def __init__(self, words: Words, options: TrainOptions) -> None:
        self.words = words
        self.options = options
        self.heap = [(self.key(pair), pair) for pair in words.counts if self.mergeable(pair)]
        heapify(self.heap)

    def mergeable(self, pair: Pair) -> bool:
        """Returns whether the pair is frequent enough and its token may be made (T5, T7, T12)."""
        is_frequent = self.words.counts[pair] >= self.options.min_frequency
        return is_frequent and self.options.allows(self.words.tokens[pair[0]] + self.words.tokens[pair[1]])

    def key(self, pair: Pair) -> tuple[object, ...]:
        """Returns the key of the pair: the smallest is merged first. It never gets smaller while the pair has a count."""
        count = self.words.counts[pair]
        if self.options.tie_break == "first_seen":
            return -count, self.words.first_seen(pair)
        if self.options.tie_break == "greatest_bytes":
            left, right = (descending(self.words.tokens[side]) for side in pair)
            return -count, left, right
        return -count, pair

    def peek(self) -> Pair | None:
        """Returns the pair to merge next and brings it to the top; None if no pair may be merged."""
        while self.heap:
            key, pair = self.heap[0]
            if pair not in self.words.counts or not self.mergeable(pair):
                heappop(self.heap)
            elif key == (current := self.key(pair)):
                return pair
            else:
                heapreplace(self.heap, (current, pair))
        return None

    def pop(self) -> Pair | None:
        """Removes and returns the pair to merge next; None if no pair may be merged."""
        pair = self.peek()
        if pair is not None:
            heappop(self.heap)
        return pair

    def add(self, pairs: list[Pair]) -> None:
        """Adds the pairs that a merge has just created."""
        for pair in pairs:
            if self.mergeable(pair):
                heappush(self.heap, (self.key(pair), pair))

    def ranking(self) -> list[Pair]:
        """Returns all pairs that may be merged, in the order of choice. For traces only: it reads every pair."""
        return sorted((pair for pair in self.words.counts if self.mergeable(pair)), key=self.key)


class Chosen(NamedTuple):
    """A merge of a training: which pair was chosen, from which.

    Attributes:
        step: How many merges were made before.
        ranking: All pairs that could be merged, with their counts, in the order of choice.
        pair: The pair that was merged.
        id: The id that it became.
        words: The numbers of the words that it stood in.
    """

    step: int
    ranking: list[tuple[Pair, int]]
    pair: Pair
    id: int
    words: list[int]


def descending(token: bytes) -> tuple[int, ...]:
    """Returns a key that sorts byte strings in descending order; the end sorts last, since a prefix is less."""
    return (*(255 - byte for byte in token), 256)


def train(
    pieces: dict[bytes, int],
    options: TrainOptions,
    on_merge: Callable[[int], None] | None = None,
    trace: Callable[[Chosen], object] | None = None,
) -> Trained:
    """Learns the merges of the pieces. ``on_merge`` is called with the number of merges made so far, ``trace`` with each merge.

    >>> train({b"ab": 2, b"abc": 1}, TrainOptions(n_merges=9))
    Trained(merges=[(97, 98), (256, 99)], counts=[3, 1], ties=0, stop='min_frequency')
    """
    return extend(Vocab.from_merges(options.byte_order, []), 256, pieces, options, on_merge, trace)


def extend(
    vocab: Vocab,
    first_id: int,
    pieces: dict[bytes, int],
    options: TrainOptions,
    on_merge: Callable[[int], None] | None = None,
    trace: Callable[[Chosen], object] | None = None,
) -> Trained:
    """Learns merges on top of a vocabulary; they make the ids from ``first_id`` on, which are above all existing ones (T10).

    >>> vocab = Vocab.from_merges(bytes(range(256)), [(97, 98)])
    >>> extend(vocab, 300, {b"ab": 2, b"abc": 1}, TrainOptions(n_merges=9))
    Trained(merges=[(256, 99)], counts=[1], ties=0, stop='min_frequency')
    """
    words = Words(pieces, vocab)
    queue = Queue(words, options)
    merges: list[Pair] = []
    counts: list[int] = []
    ties = 0
    while len(merges) < options.n_merges:
        ranking = queue.ranking() if trace else []
        pair = queue.pop()
        if pair is None:
            return Trained(merges, counts, ties, "min_frequency")
        ranked = [(rival, words.counts[rival]) for rival in ranking]
        new_id = first_id + len(merges)
        counts.append(words.counts[pair])
        second = queue.peek()
        ties += second is not None and words.counts[second] == counts[-1]
        touched, created = words.merge(pair, new_id)
        queue.add(created)
        if trace:
            trace(Chosen(len(merges), ranked, pair, new_id, touched))
        merges.append(pair)
        if on_merge:
            on_merge(len(merges))
    return Trained(merges, counts, ties, "vocab_size")
