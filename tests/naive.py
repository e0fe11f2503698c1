"""The textbook: byte-pair encoding in sixty lines, with nothing clever in it.

Nobody's mirror and everybody's oracle: the tests hold every other implementation against this one. It works on a list of
pieces that are already cut, breaks ties by the smallest ids, and reads the whole corpus again for every merge: O(n V) for
n bytes and V merges. ``minitok.reference.basic`` is the same for a reader.

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


def train(pieces: list[bytes], n_merges: int, min_frequency: int = 1) -> list[tuple[int, int]]:
    """The merges, most frequent pair first; merge k makes id 256 + k."""
    words = [list(piece) for piece in pieces]
    merges: list[tuple[int, int]] = []
    while len(merges) < n_merges:
        counts = Counter(pair for word in words for pair in zip(word, word[1:]))
        if not counts:
            break
        best = min(counts, key=lambda pair: (-counts[pair], pair))
        if counts[best] < min_frequency:
            break
        words = [replace(word, best, 256 + len(merges)) for word in words]
        merges.append(best)
    return merges


def replace(word: list[int], pair: tuple[int, int], new_id: int) -> list[int]:
    """The word with the pair replaced from left to right."""
    out: list[int] = []
    for token_id in word:
        out.append(token_id)
        # A new id is never half of the pair it replaces, so looking back at `out` cannot merge twice.
        if tuple(out[-2:]) == pair:
            out[-2:] = [new_id]
    return out


def encode(piece: bytes, merges: list[tuple[int, int]]) -> list[int]:
    """The ids of a piece: each merge in the order of learning, wherever it applies."""
    ids = list(piece)
    for rank, pair in enumerate(merges):
        ids = replace(ids, pair, 256 + rank)
    return ids


def decode(ids: list[int], merges: list[tuple[int, int]]) -> bytes:
    """The bytes of the ids."""
    tokens = [bytes([byte]) for byte in range(256)]
    for left, right in merges:
        tokens.append(tokens[left] + tokens[right])
    return b"".join(tokens[token_id] for token_id in ids)
