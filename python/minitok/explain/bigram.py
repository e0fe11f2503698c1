"""The smallest language model that closes the loop: prompt, tokens, ids, next id, completion.

A bigram model looks at one token and tells how likely each token is to come next: it has a row for each id, as the table of
embeddings of a large model has. A row here is counted, not learnt by gradients: of all places at which the id stands in a
text, what came next? That is enough to see what a tokenizer does for a model: with larger tokens, the one before says more,
and the same text is fewer steps.

By hand, with the ids ``1 2 1 3 1 2``: after 1 came 2 twice and 3 once, so row 1 is ``{2: 2, 3: 1}``.

How good a model is, is measured in bits per byte, not per token, so that tokenizers can be compared: what a perfect coder
would pay for an unseen text under the model's probabilities. For these, a row is mixed with the shares of all ids, as if
one more follower had been seen; so none is zero.

Costs: O(n log n) to count n ids; O(row) a step.
"""

from __future__ import annotations

import math
import random
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from .excerpt import whole_characters

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from ..tokenizer import Tokenizer

__all__ = ["Bigram", "Step", "bits_by_size"]

# A part of the text is kept unseen to measure on.
UNSEEN = 10


@dataclass(frozen=True)
class Step:
    """One step of a completion: the last id, the likeliest followers with their counts, and the one chosen.

    ``known``: the last id had followers; else the model falls back on how frequent each id is.
    """

    last: int | None
    row: tuple[tuple[int, int], ...]
    total: int
    chosen: int
    known: bool


class Bigram:
    """Counts of what follows what.

    >>> model = Bigram([1, 2, 1, 3, 1, 2], n_vocab=4)
    >>> model.row(1), round(model.probability(1, 2), 3)
    ([(2, 2), (3, 1)], 0.575)
    """

    def __init__(self, ids: Sequence[int] | npt.NDArray[np.uint32], n_vocab: int) -> None:
        held = np.asarray(ids, dtype=np.int64)
        self.n_vocab = n_vocab
        self.n_ids = len(held)
        self.counts = np.bincount(held, minlength=n_vocab)
        # A pair is one number, left * n_vocab + right; so the followers of an id lie side by side.
        self.pairs, self.pair_counts = np.unique(held[:-1] * n_vocab + held[1:], return_counts=True)

    def row(self, last: int | None) -> list[tuple[int, int]]:
        """The ids that came after an id, each with how often: the most frequent first. None gives how frequent each id is."""
        if last is None:
            followers, counts = np.flatnonzero(self.counts), self.counts[self.counts > 0]
        else:
            start, end = np.searchsorted(self.pairs, [last * self.n_vocab, (last + 1) * self.n_vocab])
            followers, counts = self.pairs[start:end] % self.n_vocab, self.pair_counts[start:end]
        order = np.lexsort((followers, -counts))
        return list(zip(followers[order].tolist(), counts[order].tolist(), strict=True))

    def probability(self, last: int | None, then: int) -> float:
        """How likely an id is after another: its row, with one follower more, which may be any id."""
        alone = (int(self.counts[then]) + 1) / (self.n_ids + self.n_vocab)
        if last is None:
            return alone
        start, end = np.searchsorted(self.pairs, [last * self.n_vocab, (last + 1) * self.n_vocab])
        at = np.searchsorted(self.pairs, last * self.n_vocab + then)
        found = int(self.pair_counts[at]) if start <= at < end and self.pairs[at] == last * self.n_vocab + then else 0
        return (found + alone) / (int(self.pair_counts[start:end].sum()) + 1)

    def complete(self, prompt: Sequence[int], length: int, *, seed: int | None = 0, shown: int = 5) -> list[Step]:
        """Go on from a prompt: each step draws an id from the row of the last one, or with no seed takes the first.

        >>> [step.chosen for step in Bigram([1, 2, 1, 3, 1, 2], 4).complete([3], 3, seed=None)]
        [1, 2, 1]
        """
        chance = random.Random(seed)  # noqa: S311 - a model's choice, not a secret
        last = prompt[-1] if prompt else None
        steps: list[Step] = []
        for _ in range(length if self.n_ids else 0):
            row = self.row(last)
            known = bool(row) and last is not None
            row = row or self.row(None)
            counts = [count for _, count in row]
            chosen = row[0][0] if seed is None else chance.choices([then for then, _ in row], counts)[0]
            steps.append(Step(last, tuple(row[:shown]), sum(counts), chosen, known))
            last = chosen
        return steps

    def bits(self, ids: Sequence[int]) -> float:
        """What a perfect coder would pay for the ids, in bits.

        >>> round(Bigram([1, 2, 1, 3, 1, 2], 4).bits([1, 2]), 3)
        2.12
        """
        return -sum(math.log2(self.probability(last, then)) for last, then in zip([None, *ids], ids))


def bits_by_size(tokenizer: Tokenizer, text: bytes, sizes: Sequence[int]) -> list[float]:
    """Bits per byte of the last tenth of a text under a model of the rest, with the tokenizer cut to each size.

    One training answers for every size: merges are prefix-nested (SPEC T9).

    >>> from minitok import train
    >>> text = b"low lower lowest " * 40
    >>> [round(bits, 2) for bits in bits_by_size(train([text], 263), text, [256, 263])]
    [0.34, 0.21]
    """
    cut = whole_characters(text, len(text) - len(text) // UNSEEN)
    found: list[float] = []
    for size in sizes:
        tok = tokenizer if size == tokenizer.n_vocab else tokenizer.truncate(size)
        model = Bigram(tok.encode_to_numpy(text[:cut]), tok.n_vocab)
        found.append(model.bits(tok.encode(text[cut:])) / max(1, len(text) - cut))
    return found
