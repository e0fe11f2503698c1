"""The next byte, from a model over tokens: exact probabilities, given which ids may come next.

A prompt that ends inside a word has ids at its end that the model rarely saw there. The probability of the next *byte*
does not depend on that: it is the sum over all ids that continue the text, each after the ids that would stand before it
(the *covers*).

Let the model be kept to what the tokenizer can write: at each step only ids that may come next count (SPEC L6), and the end
only where the ids are those of their text; the rest is divided by its sum. The result is the probability, under this model,
that a text which begins with the prompt continues with a byte.

By hand, with the merge ``ab`` and the prompt ``a``: either the id ``a`` is next, and then any byte but ``b``; or the id
``ab`` is, which continues with ``b``. The model is called before ``a`` and after it.

Costs: the model is called once for each cover's beginning, two or three times as a rule; besides, some ten nanoseconds each
time for each id.
"""

from __future__ import annotations

from collections.abc import Callable
from math import exp, inf, isfinite
from operator import index
from typing import TYPE_CHECKING

from .arguments import MAX_ID, check_tokenizer
from .extras import np

if TYPE_CHECKING:
    import numpy.typing as npt

    from .tokenizer import Tokenizer

__all__ = ["next_bytes"]

# What an id adds that goes another way than a text; below are the bytes, and the end (256).
OTHER = 257


def next_bytes(
    tokenizer: Tokenizer, prompt: str, logprobs: Callable[[list[int]], npt.ArrayLike], *, end: int | None = None
) -> npt.NDArray[np.float64]:
    """Returns the logarithm of the probability of each byte that may follow a prompt, and of the end.

    Args:
        tokenizer: The tokenizer of the model.
        prompt: The text so far. Special tokens are not found in it.
        logprobs: The model: ids -> the logarithm of the probability of each id after them. It is called for ids with which
            the prompt begins; all calls share their first ids, so the model's cache for these can be kept.
        end: The id with which the model ends a text, if it does.

    Returns:
        A float64 array of shape (257,): the bytes, and the end as the last one. The probabilities add up to 1, and are exact to
        a relative 1e-12, given the model's.

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
    if end is not None and not 0 <= (end := index(end)) <= MAX_ID:
        raise ValueError(f"end must be an id, not {end}")
    check_tokenizer(tokenizer)
    session = tokenizer.session(prompt)
    core = session._core  # noqa: SLF001 - the calls of both backends
    core.keep_stable()
    found = np.zeros(257)
    stack = [(core, prompt.encode()[len(tokenizer.decode_bytes(core.ids(0, core.n_ids))) :], 1.0)]
    while stack:
        node, rest, weight = stack.pop()
        known = node.next_after(rest, end)
        if known is None:
            raise session._unknown()  # noqa: SLF001
        within, ids, adds = known
        if not within and not (adds < OTHER).any():
            continue
        given = np.asarray(logprobs(node.ids(0, node.n_ids).tolist()), np.float64)
        if given.ndim != 1 or ids.max(initial=0) >= len(given):
            raise ValueError(f"logprobs must return a value for each of {tokenizer.vocab_size} ids, not {given.shape}")
        own = given[ids]
        highest = float(np.fmax.reduce(own, initial=-inf))
        if highest == -inf and not np.isnan(own).any():
            continue
        with np.errstate(invalid="ignore"):
            sums = np.bincount(adds, np.exp(own - highest), minlength=OTHER + 1)
        total = float(sums.sum())
        if not isfinite(total):
            raise ValueError("logprobs returned NaN or an infinite value for an id that may come next")
        found += sums[:OTHER] * (weight / total)
        for token_id in within:
            child = node.fork()
            child.append_ids([token_id])
            share = weight * exp(given[token_id] - highest) / total
            stack.append((child, rest[len(tokenizer.token_bytes(token_id)) :], share))
    if found.sum() == 0:
        raise ValueError("the model gives probability 0 to every id that may come next")
    with np.errstate(divide="ignore"):
        logs: npt.NDArray[np.float64] = np.log(found / found.sum())
    return logs
