"""The textbook: byte-pair encoding on a page, with nothing clever in it.

Nobody's mirror and everybody's oracle: the tests hold every other implementation against this one. It works on a list of
pieces that are already cut, and reads the whole corpus again for every merge: O(n V) for n bytes and V merges. ``minitok.reference.basic`` is the same for a reader.

>>> merges = train([b"low", b"lower", b"lowest"], 3)
>>> merges
[(108, 111), (256, 119), (257, 101)]
>>> encode(b"lowly", merges)
[257, 108, 121]
>>> decode([257, 108, 121], merges)
b'lowly'
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Pair = tuple[int, int]


# Which of the most frequent pairs, in the order in which they are seen, is merged.
TIES: dict[str, Callable[[list[Pair], list[bytes]], Pair]] = {
    "smallest_ids": lambda tied, _: min(tied),
    "first_seen": lambda tied, _: tied[0],
    "greatest_bytes": lambda tied, tokens: max(tied, key=lambda pair: (tokens[pair[0]], tokens[pair[1]])),
}


def train(
    pieces: list[bytes],
    n_merges: int,
    min_frequency: int = 1,
    tie_break: str = "smallest_ids",
    may_be: Callable[[bytes], bool] = lambda _: True,
    first: Sequence[Pair] = (),
) -> list[Pair]:
    """The merges, most frequent pair first, behind the ``first`` ones; merge k makes id 256 + k, of bytes that ``may_be``."""
    words = [list(piece) for piece in pieces]
    tokens = [bytes([byte]) for byte in range(256)]
    merges: list[Pair] = []

    def merge(pair: Pair) -> None:
        words[:] = [replace(word, pair, len(tokens)) for word in words]
        tokens.append(tokens[pair[0]] + tokens[pair[1]])
        merges.append(pair)

    for pair in first:
        merge(pair)
    while len(merges) < len(first) + n_merges:
        pairs = (pair for word in words for pair in zip(word, word[1:]))
        counts = Counter(pair for pair in pairs if may_be(tokens[pair[0]] + tokens[pair[1]]))
        most = max(counts.values(), default=0)
        if most < max(min_frequency, 1):
            break
        merge(TIES[tie_break]([pair for pair, count in counts.items() if count == most], tokens))
    return merges


def replace(word: list[int], pair: Pair, new_id: int) -> list[int]:
    """The word with the pair replaced from left to right."""
    out: list[int] = []
    for token_id in word:
        out.append(token_id)
        # A new id is never half of the pair it replaces, so looking back at `out` cannot merge twice.
        if tuple(out[-2:]) == pair:
            out[-2:] = [new_id]
    return out


def encode(piece: bytes, merges: list[Pair]) -> list[int]:
    """The ids of a piece: each merge in the order of learning, wherever it applies."""
    ids = list(piece)
    for rank, pair in enumerate(merges):
        ids = replace(ids, pair, 256 + rank)
    return ids


def decode(ids: list[int], merges: list[Pair]) -> bytes:
    """The bytes of the ids."""
    tokens = [bytes([byte]) for byte in range(256)]
    for left, right in merges:
        tokens.append(tokens[left] + tokens[right])
    return b"".join(tokens[token_id] for token_id in ids)
