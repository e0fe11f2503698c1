"""What a vocabulary does, in numbers: for ``plots``, or for your own figures.

One training answers every question about size: merges are prefix-nested, so the vocabulary of any smaller size is a prefix of
the largest one (SPEC T9).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ..reference.text import utf8

if TYPE_CHECKING:
    from ..tokenizer import Tokenizer

__all__ = ["bytes_per_token", "merge_counts", "sizes", "token_lengths", "use"]


def sizes(tokenizer: Tokenizer, number: int = 12) -> list[int]:
    """Vocabulary sizes from the bytes alone to all of the tokenizer, evenly spaced on a logarithmic scale of merges.

    >>> from minitok import train
    >>> sizes(train(["low lower lowest"], 264), 4)
    [256, 257, 259, 263]
    """
    n_found = len(set(tokenizer.definition.found_tokens.values()))
    n_merges = len(tokenizer.merges)
    steps = [round(n_merges ** (step / max(1, number - 2))) for step in range(number - 1)] if n_merges else []
    return [256 + n_found + merges for merges in sorted({0, *steps})]


def bytes_per_token(tokenizer: Tokenizer, texts: Iterable[str | bytes], vocab_sizes: Sequence[int]) -> list[float]:
    """Returns the average number of bytes a token holds, for the tokenizer truncated to each size.

    >>> from minitok import train
    >>> bytes_per_token(train(["low low low"], 258), ["low low"], [256, 257, 258])
    [1.0, 1.4, 2.3333333333333335]
    """
    held = [utf8(text) for text in texts]
    n_bytes = sum(map(len, held))
    return [n_bytes / max(1, sum(tokenizer.shrink(size).count_batch(held))) for size in vocab_sizes]


def merge_counts(events: Iterable[Mapping[str, Any]]) -> list[int]:
    """How often each merge's pair occurred when it was chosen, in the order of merging, from a training's trace.

    >>> from minitok import train
    >>> events = []
    >>> tok = train(["low lower lowest"], 259, trace=events.append)
    >>> merge_counts(events)
    [3, 3, 2]
    """
    return [event["count"] for event in events if event["event"] == "train_merge"]


def token_lengths(tokenizer: Tokenizer) -> dict[int, int]:
    """How many tokens there are of each length in bytes; special tokens do not count.

    >>> from minitok import Tokenizer
    >>> token_lengths(Tokenizer([(97, 98), (256, 99)]))
    {1: 256, 2: 1, 3: 1}
    """
    tokens, _, _ = tokenizer.definition.vocabulary()
    return dict(sorted(Counter(map(len, tokens.values())).items()))


def use(tokenizer: Tokenizer, texts: Iterable[str | bytes]) -> dict[int, int]:
    """Returns how often each id occurs in the texts, including those that never do, without special tokens.

    >>> from minitok import Tokenizer
    >>> counts = use(Tokenizer([(97, 98), (98, 99)]), ["abc ab"])
    >>> counts[256], counts[257]
    (2, 0)
    """
    tokens, _, _ = tokenizer.definition.vocabulary()
    counts = dict.fromkeys(sorted(tokens), 0)
    for ids in tokenizer.encode_batch(texts):
        for token_id in ids:
            counts[token_id] += 1
    return counts
