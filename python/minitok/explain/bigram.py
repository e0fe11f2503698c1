"""The smallest language model that closes the loop: prompt, tokens, ids, next id, completion.

A bigram model looks at one token and says how likely each token is to come next. It has a row for each id, and so has the
table of embeddings of a large model, but the rows are different things. A row here is a count: how often each id came next in
a text. An embedding is a vector learnt by gradient descent; it means nothing by itself, and the layers above it compute the
next id. Counts are enough to see what a tokenizer does for a model: with larger tokens, the previous one says more, and the
same text takes fewer steps.

By hand, with the ids ``1 2 1 3 1 2``: after 1 came 2 twice and 3 once, so row 1 is ``{2: 2, 3: 1}``.

A model is measured in bits per byte, not per token, so that tokenizers can be compared: the size of an unseen text when a
perfect coder uses the model's probabilities. A row is mixed with the overall frequencies of ids, as if one more follower had
been seen, so no probability is zero. *Unseen* means unseen by the model: a tokenizer that was trained on the whole text has
seen that part too, which makes its figures a little too good.

Costs: O(n log n) to count n ids; O(row) a step.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING

from ..extras import np
from ..reference.more.dropout import mix

if TYPE_CHECKING:
    import numpy.typing as npt

    from ..tokenizer import Tokenizer

__all__ = ["Bigram", "Step", "bits_by_size"]

# The model does not see the last tenth of the text, which is measured.
UNSEEN = 10


@dataclass(frozen=True)
class Step:
    """One step of a completion: the last id, its most frequent followers with their counts, and the one chosen.

    ``known``: the last id had followers; otherwise the model falls back on the frequency of each id.
    """

    last: int | None
    row: tuple[tuple[int, int], ...]
    total: int
    chosen: int
    known: bool


class Bigram:
    """Counts of what follows what.

    >>> model = Bigram([1, 2, 1, 3, 1, 2], vocab_size=4)
    >>> model.row(1), round(model.probability(1, 2), 3)
    ([(2, 2), (3, 1)], 0.575)
    """

    def __init__(self, ids: Sequence[int] | npt.NDArray[np.uint32], vocab_size: int) -> None:
        held = np.asarray(ids, dtype=np.int64)
        self.vocab_size = vocab_size
        self.n_ids = len(held)
        self.counts = np.bincount(held, minlength=vocab_size)
        # A pair is one number, left * vocab_size + right; so the followers of an id lie side by side.
        self.pairs, self.pair_counts = np.unique(held[:-1] * vocab_size + held[1:], return_counts=True)

    def row(self, last: int | None) -> list[tuple[int, int]]:
        """Returns the ids that came after an id, and their counts, most frequent first; for None, all ids."""
        if last is None:
            followers, counts = np.flatnonzero(self.counts), self.counts[self.counts > 0]
        else:
            start, end = np.searchsorted(self.pairs, [last * self.vocab_size, (last + 1) * self.vocab_size])
            followers, counts = self.pairs[start:end] % self.vocab_size, self.pair_counts[start:end]
        order = np.lexsort((followers, -counts))
        return list(zip(followers[order].tolist(), counts[order].tolist(), strict=True))

    def probability(self, last: int | None, then: int) -> float:
        """Returns how likely an id is after another: its row, with one more follower, which may be any id."""
        alone = (int(self.counts[then]) + 1) / (self.n_ids + self.vocab_size)
        if last is None:
            return alone
        start, end = np.searchsorted(self.pairs, [last * self.vocab_size, (last + 1) * self.vocab_size])
        at = np.searchsorted(self.pairs, last * self.vocab_size + then)
        found = (
            int(self.pair_counts[at]) if start <= at < end and self.pairs[at] == last * self.vocab_size + then else 0
        )
        return (found + alone) / (int(self.pair_counts[start:end].sum()) + 1)

    def complete(self, prompt: Sequence[int], length: int, *, seed: int | None = 0, shown: int = 5) -> list[Step]:
        """Continues a prompt: each step draws an id from the row of the last one, or takes the first if ``seed`` is None.

        >>> [step.chosen for step in Bigram([1, 2, 1, 3, 1, 2], 4).complete([3], 3, seed=None)]
        [1, 2, 1]
        """
        state = seed or 0
        last = prompt[-1] if prompt else None
        steps: list[Step] = []
        for _ in range(length if self.n_ids else 0):
            row = self.row(last)
            known = bool(row) and last is not None
            row = row or self.row(None)
            total = sum(count for _, count in row)
            state = mix(state)
            chosen = drawn(row, 0 if seed is None else state % total)
            steps.append(Step(last, tuple(row[:shown]), total, chosen, known))
            last = chosen
        return steps

    def bits(self, ids: Sequence[int]) -> float:
        """Returns the size of the ids in bits when a perfect coder uses the model.

        >>> round(Bigram([1, 2, 1, 3, 1, 2], 4).bits([1, 2]), 3)
        2.12
        """
        return -sum(math.log2(self.probability(last, then)) for last, then in zip([None, *ids], ids))


def drawn(row: Sequence[tuple[int, int]], place: int) -> int:
    """Returns the follower at a place, where each has as many places as its count.

    >>> [drawn([(7, 2), (9, 1)], place) for place in range(3)]
    [7, 7, 9]
    """
    ends = accumulate(count for _, count in row)
    return next(then for (then, _), end in zip(row, ends) if place < end)


def bits_by_size(tokenizer: Tokenizer, text: bytes, sizes: Sequence[int]) -> list[float]:
    """Returns bits per byte of the last tenth of a text under a model of the rest, for each size of the tokenizer.

    One training answers for every size: merges are prefix-nested (SPEC T9). The tokenizer should not have been trained on the
    last tenth.

    >>> from minitok import train
    >>> text = b"low lower lowest " * 40
    >>> [round(bits, 2) for bits in bits_by_size(train([text], 263), text, [256, 263])]
    [0.34, 0.21]
    """
    cut = whole_characters(text, len(text) - len(text) // UNSEEN)
    found: list[float] = []
    for size in sizes:
        tok = tokenizer if size == tokenizer.vocab_size else tokenizer.shrink(size)
        model = Bigram(tok.encode_to_numpy(text[:cut]), tok.vocab_size)
        found.append(model.bits(tok.encode(text[cut:])) / max(1, len(text) - cut))
    return found


def whole_characters(data: bytes, end: int) -> int:
    """Returns the offset, or the last one before it that does not cut a character."""
    while 0 < end < len(data) and data[end] & 0xC0 == 0x80:
        end -= 1
    return end
