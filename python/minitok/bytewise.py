"""The next byte, from a model over tokens: exact probabilities, given which ids may come next.

A prompt that ends inside a word has ids at its end that the model rarely saw there. The probability of the next *byte*
does not depend on that: it is the sum over all ids that continue the text, each after the ids that would stand before it
(the *covers*).

Let the model be kept to what the tokenizer can write: at each step only ids that may come next count (SPEC L6), and the end
only where the ids are those of their text; the rest is divided by its sum. The result is the probability, under this model,
that a text which begins with the prompt continues with a byte.

By hand, with the merge ``ab`` and the prompt ``a``: either the id ``a`` is next, and then any byte but ``b``; or the id
``ab`` is, which continues with ``b``. The model is called before ``a`` and after it.

Costs: the model is called once for each cover's beginning, two or three times as a rule; besides, about a millisecond each
time, for 200,000 ids.
"""

from __future__ import annotations

from bisect import bisect_left
from functools import lru_cache
from math import exp, isfinite
from operator import index
from typing import TYPE_CHECKING

from .extras import np

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    from .backend import Codec
    from .tokenizer import Tokenizer

    Floats = npt.NDArray[np.float64]

__all__ = ["next_bytes"]

# The numbers of the end among the bytes, and of what is neither.
END, OTHER = 256, 257
# Most ids are of few groups. The sum of a group waits for the one before, so each group has several.
LANES = 4


def next_bytes(
    tokenizer: Tokenizer, prompt: str, logprobs: Callable[[list[int]], npt.ArrayLike], *, end: int | None = None
) -> Floats:
    """Returns the logarithm of the probability of each byte that may follow a prompt, and of the end.

    Args:
        tokenizer: The tokenizer of the model.
        prompt: The text so far. Special tokens are not found in it.
        logprobs: The model: ids -> the logarithm of the probability of each id after them. It is called for ids with which
            the prompt begins; all calls share their first ids, so the model's cache for these can be kept.
        end: The id with which the model ends a text, if it does.

    Returns:
        A float64 array of shape (257,): the bytes, and the end as the last one. The probabilities add up to 1.

    Raises:
        ValueError: It is not known which ids may come next (as for ``Session.next_ids``); the model gives no possible id a
            probability; ``logprobs`` returns fewer values than there are ids; or ``end`` is negative.

    >>> import numpy as np
    >>> from minitok import Tokenizer
    >>> tok = Tokenizer([(97, 98)])
    >>> def uniform(ids):
    ...     return np.full(tok.vocab_size, -np.log(tok.vocab_size))
    >>> found = np.exp(next_bytes(tok, "a", uniform))
    >>> bool(found[98] > found[99]), round(float(found.sum()), 6)
    (True, 1.0)
    """
    if end is not None and (end := index(end)) < 0:
        raise ValueError(f"end must be an id, not {end}")
    session = tokenizer.session(prompt)
    silent = frozenset([*tokenizer.special_tokens.values(), *([] if end is None else [end])])
    table = token_table(tokenizer.definition.codec(), max([tokenizer.vocab_size - 1, *silent]) + 1, silent)
    found = np.zeros(END + 1)
    start = session._first_ids(session.stable)  # noqa: SLF001 - the parts of a session
    stack = [(start, prompt.encode()[len(tokenizer.decode_bytes(start.ids())) :], 1.0)]
    while stack:
        node, rest, weight = stack.pop()
        groups, over = table.over(rest)
        bits = np.zeros(len(over), np.uint64)
        may_come = node.next_ids()
        bits[: len(may_come)] = may_come
        if end is not None:
            is_end = node._is_canonical()  # noqa: SLF001
            bits[end // 64] = bits[end // 64] & ~np.uint64(1 << end % 64) | np.uint64(is_end << end % 64)
        shorter = [i for size in range(1, len(rest) + 1) for i in table.ids.get(rest[:size], ()) if has(bits, i)]
        if not shorter and not (bits & over).any():
            continue
        given = np.ascontiguousarray(logprobs(node.ids().tolist()), np.float64)
        words = np.flatnonzero(bits)
        most = 0 if not len(words) else int(words[-1]) * 64 + int(bits[words[-1]]).bit_length()
        if given.ndim != 1 or len(given) < most:
            raise ValueError(f"logprobs must return a value for each of {tokenizer.vocab_size} ids, not {given.shape}")
        highest, sums = byte_sums(bits, given, groups)
        total = float(sums.sum())
        if not isfinite(total):
            raise ValueError("logprobs returned NaN or an infinite value for an id that may come next")
        if total == 0:
            continue
        found += sums[: END + 1] * (weight / total)
        for token_id in shorter:
            child = node.fork()
            child.append_ids([token_id])
            share = weight * exp(given[token_id] - highest) / total
            stack.append((child, rest[len(table.texts[token_id]) :], share))
    if found.sum() == 0:
        raise ValueError("the model gives probability 0 to every id that may come next")
    with np.errstate(divide="ignore"):
        logs: Floats = np.log(found / found.sum())
    return logs


def has(bits: npt.NDArray[np.uint64], token_id: int) -> bool:
    """Whether an id is in a set."""
    return bool(int(bits[token_id // 64]) >> token_id % 64 & 1)


def byte_sums(bits: npt.NDArray[np.uint64], values: Floats, groups: npt.NDArray[np.uint16]) -> tuple[float, Floats]:
    """Returns the highest value of the ids of a set, and the sums of exp(value - highest), by groups."""
    ids = np.flatnonzero(np.unpackbits(bits.view(np.uint8), bitorder="little").view(np.bool_))
    held = values[ids]
    highest = float(np.fmax.reduce(held, initial=-np.inf))
    if highest == -np.inf:
        return highest, np.zeros(OTHER + 1)
    with np.errstate(invalid="ignore"):
        held -= highest
        np.exp(held, out=held)
    return highest, np.bincount(groups[ids], held, LANES * (OTHER + 1)).reshape(LANES, -1).sum(axis=0)


class TokenTable:
    """The tokens of a codec: their bytes by id, their ids by bytes. ``silent`` ids have no bytes: special ones and the end."""

    def __init__(self, codec: Codec, size: int, silent: frozenset[int]) -> None:
        self.texts = [(i not in silent and codec.token_bytes(i)) or b"" for i in range(size)]
        self.order = sorted(filter(self.texts.__getitem__, range(size)), key=self.texts.__getitem__)
        self.ids: dict[bytes, list[int]] = {}
        for token_id in self.order:
            self.ids.setdefault(self.texts[token_id], []).append(token_id)
        self.over = lru_cache(maxsize=8)(self._over)

    def _over(self, start: bytes) -> tuple[npt.NDArray[np.uint16], npt.NDArray[np.uint64]]:
        """Returns for each id the byte with which it goes on after some bytes, or what else it is; and the set of ids that do.

        The end goes on after nothing. Ids that follow each other are in different lanes.
        """
        groups = np.full(-len(self.texts) % 64 + len(self.texts), OTHER, np.uint16)
        if not start:
            groups[: len(self.texts)] = END
        first = bisect_left(self.order, start + b"\0", key=self.texts.__getitem__)
        last = bisect_left(self.order, True, first, key=lambda i: not self.texts[i].startswith(start))
        ids = self.order[first:last]
        groups[ids] = [self.texts[i][len(start)] for i in ids]
        over = np.packbits(groups < OTHER, bitorder="little").view(np.uint64)
        lanes = np.arange(LANES, dtype=np.uint16) * (OTHER + 1)
        return (groups.reshape(-1, LANES) + lanes).ravel(), over


@lru_cache(maxsize=1)
def token_table(codec: Codec, size: int, silent: frozenset[int]) -> TokenTable:
    """The table of the last codec is kept."""
    return TokenTable(codec, size, silent)
