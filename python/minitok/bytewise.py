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
from typing import TYPE_CHECKING, NamedTuple

from .extras import np

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    from .backend import Codec
    from .tokenizer import Tokenizer

    Floats = npt.NDArray[np.float64]

__all__ = ["next_bytes"]

# The number of the end among the bytes.
END = 256


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
    if end is not None and end < 0:
        raise ValueError(f"end must be an id, not {end}")
    session = tokenizer.session(prompt)
    silent = frozenset([*tokenizer.special_tokens.values(), -1 if end is None else end])
    table = token_table(tokenizer.definition.codec(), tokenizer.vocab_size, silent)
    found = np.zeros(END + 1)
    start = session._first_ids(session.stable)  # noqa: SLF001 - the parts of a session
    stack = [(start, prompt.encode()[len(tokenizer.decode_bytes(start.ids())) :], 1.0)]
    asked = False
    while stack:
        node, rest, weight = stack.pop()
        mask = np.unpackbits(node.next_ids().view(np.uint8), bitorder="little").view(np.bool_)
        ends = [] if end is None or not node._is_canonical() else [end]  # noqa: SLF001
        if end is not None:
            mask[end : end + 1] = False
        longer = table.longer(rest)
        longer = longer[mask[longer]]
        shorter = [i for size in range(1, len(rest) + 1) if (i := table.ids.get(rest[:size])) is not None and mask[i]]
        if not len(longer) and not shorter and (rest or not ends):
            continue
        given = np.asarray(logprobs(node.ids().tolist()), np.float64)
        if given.ndim != 1 or mask[len(given) :].any() or len(given) <= (-1 if end is None else end):
            raise ValueError(f"logprobs must return a value for each of {tokenizer.vocab_size} ids, not {given.shape}")
        share = np.full(len(given), -np.inf)
        np.copyto(share[: len(mask)], given[: len(mask)], where=mask[: len(given)])
        share[ends] = given[ends]
        if (highest := share.max()) == -np.inf:
            continue
        asked = True
        np.exp(share - highest, out=share)  # however small they are, their shares are not 0
        share *= weight / share.sum()
        if rest:
            places = np.fromiter((table.texts[i][len(rest)] for i in longer.tolist()), np.int64)
            found += np.bincount(places, share[longer], END + 1)
        else:
            found += np.bincount(table.firsts[: len(share)], share[: len(table.firsts)], END + 1)
            found[END] += share[[i for i in ends if i >= len(table.firsts)]].sum()
        for token_id in shorter:
            child = node.fork()
            child.append_ids([token_id])
            stack.append((child, rest[len(table.texts[token_id]) :], float(share[token_id])))
    if not asked or found.sum() == 0:
        raise ValueError("the model gives the probability 0 to each id that may come next")
    with np.errstate(divide="ignore"):
        logs: Floats = np.log(found / found.sum())
    return logs


class TokenTable(NamedTuple):
    """The tokens of a vocabulary: their bytes by id, their ids by bytes, both in the order of bytes; and the first bytes."""

    texts: list[bytes]
    ids: dict[bytes, int]
    tokens: list[bytes]
    order: npt.NDArray[np.int64]
    firsts: npt.NDArray[np.int64]

    def longer(self, start: bytes) -> npt.NDArray[np.int64]:
        """Returns the ids of the tokens that begin with some bytes and go on."""
        first = bisect_left(self.tokens, start + b"\0")
        return self.order[first : bisect_left(self.tokens, True, first, key=lambda token: not token.startswith(start))]


@lru_cache(maxsize=1)
def token_table(codec: Codec, size: int, silent: frozenset[int]) -> TokenTable:
    """The tokens of a codec, of which special ones and the end have no bytes; the table of the last one is kept."""
    texts = [(i not in silent and codec.token_bytes(i)) or b"" for i in range(size)]
    ids = {token: i for i, token in enumerate(texts) if token}
    tokens = sorted(ids)
    order = np.array([ids[token] for token in tokens], np.int64)
    firsts = np.array([token[0] if token else END for token in texts], np.int64)
    return TokenTable(texts, ids, tokens, order, firsts)
