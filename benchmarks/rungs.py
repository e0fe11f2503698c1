"""The rungs of the ladder: the same algorithms, each with one idea more, for growing texts; see ``ladder.py``.

The first three rungs of training are written here to be read and counted, the fourth is the reference, the others are in
Rust. Each gives the same merges. An operation is a place of a word looked at, or a pair compared for the highest count.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from minitok.reference import encode as reference_encode
from minitok.reference import train as reference_train
from minitok.reference.pairs import merge_pair
from minitok.reference.published.vocabs import Vocab

if TYPE_CHECKING:
    from minitok.backend import BackendName

Pair = tuple[int, int]
Pieces = list[bytes]
Merges = list[Pair]

BYTES = Vocab.from_merges(bytes(range(256)), [])


class Tally:
    """How many operations were made."""

    def __init__(self) -> None:
        self.operations = 0

    def __call__(self, number: int) -> None:
        self.operations += number


def train_naive(pieces: Pieces, n_merges: int, tally: Tally) -> Merges:
    """Count every pair of the whole text again for every merge: n places, V times."""
    return recount([list(piece) for piece in pieces], [1] * len(pieces), n_merges, tally)


def train_unique(pieces: Pieces, n_merges: int, tally: Tally) -> Merges:
    """Keep each distinct word once, with its count; still count everything again."""
    words = Counter(pieces)
    return recount([list(word) for word in words], list(words.values()), n_merges, tally)


def recount(words: list[list[int]], frequencies: list[int], n_merges: int, tally: Tally) -> Merges:
    merges: Merges = []
    while len(merges) < n_merges:
        counts: Counter[Pair] = Counter()
        for word, frequency in zip(words, frequencies, strict=True):
            tally(len(word))
            for pair in pairwise(word):
                counts[pair] += frequency
        if not counts:
            break
        tally(len(counts))
        best = min(counts, key=lambda pair: (-counts[pair], pair))
        words = [merge_pair(word, best, 256 + len(merges)) for word in words]
        tally(sum(map(len, words)))
        merges.append(best)
    return merges


def train_incremental(pieces: Pieces, n_merges: int, tally: Tally) -> Merges:
    """Keep the counts, and change them by what a merge changes; look through all pairs for the highest."""
    words = reference_train.Words(dict(Counter(pieces)), BYTES)
    tally(sum(map(len, words.ids)))
    merges: Merges = []
    while len(merges) < n_merges:
        alive = [pair for pair, count in words.counts.items() if count > 0]
        tally(len(words.counts))
        if not alive:
            break
        best = min(alive, key=lambda pair: (-words.counts[pair], pair))
        touched, _ = words.merge(best, 256 + len(merges))
        tally(sum(2 * len(words.ids[index]) + 1 for index in touched))
        merges.append(best)
    return merges


def train_heap(pieces: Pieces, n_merges: int, tally: Tally) -> Merges:
    """The reference: a lazy heap finds the highest count."""

    class CountedQueue(reference_train.Queue):
        def key(self, pair: Pair) -> tuple[object, ...]:
            tally(1)
            return super().key(pair)

    words = reference_train.Words(dict(Counter(pieces)), BYTES)
    tally(sum(map(len, words.ids)))
    queue = CountedQueue(words, reference_train.TrainOptions(n_merges))
    merges: Merges = []
    while len(merges) < n_merges and (pair := queue.pop()):
        touched, created = words.merge(pair, 256 + len(merges))
        tally(sum(2 * len(words.ids[index]) + 1 for index in touched))
        queue.add(created)
        merges.append(pair)
    return merges


def encode_rescan(tokenizer: Any, pieces: Pieces, tally: Tally) -> list[int]:
    """Look at all pairs of a piece again after every merge: quadratic in the length of the piece."""
    vocab = tokenizer.replace(backend="python")._codec.codec.vocab  # noqa: SLF001
    ids: list[int] = []
    for piece in pieces:
        parts = vocab.initial_parts(piece)
        while True:
            tally(len(parts))
            found = [
                (merge[0], at, merge[1]) for at, pair in enumerate(pairwise(parts)) if (merge := vocab.merge_of(*pair))
            ]
            if not found:
                break
            _, at, merged = min(found)
            parts[at : at + 2] = [merged]
        ids += parts
    return ids


def encode_heap(tokenizer: Any, pieces: Pieces, tally: Tally) -> list[int]:
    """The reference: after a merge only its two new pairs are looked at, and a heap finds the lowest rank."""

    class CountedVocab:
        def __init__(self, vocab: Any) -> None:
            self.vocab = vocab

        def __getattr__(self, name: str) -> Any:
            return getattr(self.vocab, name)

        def merge_of(self, left: int, right: int) -> Any:
            tally(1)
            return self.vocab.merge_of(left, right)

    vocab: Any = CountedVocab(tokenizer.replace(backend="python")._codec.codec.vocab)  # noqa: SLF001
    return [token_id for piece in pieces for token_id in reference_encode.encode_piece(vocab, piece)]


TRAIN: dict[str, Callable[[Pieces, int, Tally], Merges]] = {
    "naive": train_naive,
    "unique words": train_unique,
    "incremental counts": train_incremental,
    "heap (reference)": train_heap,
}
# With minitok itself: backend, threads.
RUNS: dict[str, tuple[BackendName, int]] = {
    "Rust fast": ("rust", 1),
    "Rust fast, all cores": ("rust", os.cpu_count() or 1),
}
ENCODE: dict[str, Callable[[Any, Pieces, Tally], list[int]]] = {
    "rescan": encode_rescan,
    "heap (reference)": encode_heap,
}


def is_equal(results: Sequence[object]) -> bool:
    return all(result == results[0] for result in results)
