"""The next byte, from a model over tokens: exact probabilities, given which ids may come next.

A prompt that ends inside a word has ids at its end that the model rarely saw there. The probability of the next *byte*
does not depend on that: it is the sum over all ids that continue the text, each after the ids that would stand before it
(the *covers*).

Let the model be kept to what the tokenizer can write: at each step only ids that may come next count (SPEC L6), and the end
only where the ids are those of their text; the rest is divided by its sum. The result is the probability, under this model,
that a text which begins with the prompt continues with a byte.

By hand, with the merge ``ab`` and the prompt ``a``: either the id ``a`` is next, and then any byte but ``b``; or the id
``ab`` is, which continues with ``b``. The model is called before ``a`` and after it.

Costs: the model is called once for each cover's beginning, two or three times as a rule; besides, some nanoseconds each
time for each id.
"""

from __future__ import annotations

from math import exp, isfinite
from operator import index
from typing import TYPE_CHECKING

from .arguments import MAX_ID
from .extras import np

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    from .tokenizer import Tokenizer

__all__ = ["next_bytes"]


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
    session = tokenizer.session(prompt)
    core = session._core  # noqa: SLF001 - the calls of both backends
    core.keep_stable()
    found = np.zeros(257)
    stack = [(core, prompt.encode()[len(tokenizer.decode_bytes(core.ids(0, core.n_ids))) :], 1.0)]
    while stack:
        node, rest, weight = stack.pop()
        known = node.goes_on(rest, end)
        if known is None:
            raise session._unknown()  # noqa: SLF001
        within, goes_on = known
        if not within and not goes_on:
            continue
        given = np.asarray(logprobs(node.ids(0, node.n_ids).tolist()))
        given = np.ascontiguousarray(given, np.float32 if given.dtype == np.float32 else np.float64)
        sums = node.byte_sums(given, rest, end) if given.ndim == 1 else None
        if sums is None:
            raise ValueError(f"logprobs must return a value for each of {tokenizer.vocab_size} ids, not {given.shape}")
        highest, total, by_byte = sums
        odd = node.byte_sums(np.where(np.isnan(given), 0.0, -np.inf), rest, end) if total == 0 else None
        if not isfinite(total) or (odd and odd[1]):
            raise ValueError("logprobs returned NaN or an infinite value for an id that may come next")
        if total == 0:
            continue
        found += by_byte * (weight / total)
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
