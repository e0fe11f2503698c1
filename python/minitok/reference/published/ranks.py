"""Merges from ranks, and from scores.

tiktoken's files have only ranks: the bytes and the id of each token. Two neighbours may merge whenever their concatenation is
a token, lowest id first. If every token, encoded with only the ranks below its own, becomes exactly two parts, those two
parts are its merge, and both forms give the same ids (proof: notes/proofs.md, "Merges from ranks"). Otherwise every way to
cut a token into two tokens is a merge of that token's rank.

SentencePiece's files have a score for each piece: of all neighbours whose concatenation is a piece, the ones of the highest
score are merged first, leftmost on ties. So the rank of a piece is its position in the order of scores. At most one merge for
each piece is needed: when a piece is made within some text, no merge has crossed its ends, so the merges within it are those
made when it is merged alone, and the last of them is the same.

Pieces of equal score share a rank, and then only the place decides. If all of them are runs of one character (``▁▁▁``), they
get separate ranks, the longest first, and the ids are the same: the leftmost pair is merged first, and then the run that it
began grows before another one begins.

By hand: ``▁▁`` and ``▁▁▁`` of equal score on five ``▁``: (0, 1) is merged, then with what follows it; then the last two:
``▁▁▁ ▁▁``. By the ranks 0 for ``▁▁▁`` and 1 for ``▁▁`` it is the same.

Invariants: ranks ascend; ranks follow the scores.

Costs, V tokens of L bytes or characters: O(V L^2), but O(V L log L) for tokens of more than 256 bytes.

Implements SPEC E2 and S2.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby

from ...errors import VocabularyError
from ..merging import merge_parts
from ..vocab import Merge
from .characters import characters

# From how many bytes on a token is split with a heap.
LONG = 256


def recover_merges(ranks: Mapping[bytes, int]) -> list[Merge] | None:
    """Returns the merge that makes each token, in rank order; None if a token is not made by one merge of lower ranks."""
    merges: list[Merge] = []
    for token, rank in sorted(ranks.items(), key=lambda item: item[1]):
        if len(token) > 1:
            bytes_of_it = [token[i : i + 1] for i in range(len(token))]
            is_long = len(token) > LONG
            parts = split_long(token, bytes_of_it, ranks, rank) if is_long else split_by_ranks(token, ranks, rank)
            if len(parts) != 2 or not ranks.keys() >= set(parts):
                return None
            merges.append(Merge(ranks[parts[0]], ranks[parts[1]], rank, rank))
    return merges


def split_by_ranks(token: bytes, ranks: Mapping[bytes, int], below: int) -> list[bytes]:
    """Encodes a token by the rule of ranks (E2), using only the ranks below a given one."""
    parts = [token[i : i + 1] for i in range(len(token))]
    while len(parts) > 1:
        rank, at = min((ranks.get(parts[i] + parts[i + 1], below), i) for i in range(len(parts) - 1))
        if rank >= below:
            break
        parts[at : at + 2] = [parts[at] + parts[at + 1]]
    return parts


def split_long(token: bytes, first: Sequence[bytes], ranks: Mapping[bytes, int], below: int) -> list[bytes]:
    """What merging makes of a token that begins as some parts, but for the token itself.

    It takes O(L log L) steps, by the heap of ``merging.py``.
    """

    def merge_of(left: bytes, right: bytes) -> tuple[int, bytes] | None:
        # A slice as long as the token is not looked up: hashing it takes a while.
        rank = ranks.get(left + right, below) if len(left) + len(right) < len(token) else below
        return (rank, left + right) if rank < below else None

    return merge_parts(merge_of, first)


def every_split(ranks: Mapping[bytes, int]) -> list[Merge]:
    """Returns every way to cut a token into two tokens, as a merge of the token's rank."""
    merges: list[Merge] = []
    # Few lengths occur where there are long tokens, and no others need be looked up.
    occurs = set(map(len, ranks))
    lengths = sorted(occurs)
    for token, rank in sorted(ranks.items(), key=lambda item: item[1]):
        cuts = (cut for cut in lengths if 0 < cut < len(token) and len(token) - cut in occurs)
        for cut in cuts:
            left, right = ranks.get(token[:cut]), ranks.get(token[cut:])
            if left is not None and right is not None:
                merges.append(Merge(left, right, rank, rank))
    return merges


def merges_from_scores(pieces: Sequence[tuple[bytes, int, float]], ids: Mapping[bytes, int]) -> list[Merge]:
    """The merge that makes each piece (its bytes, its id and its score), in rank order; none for one that never comes about."""
    ranks = rank_by_score(pieces)
    merges: list[Merge] = []
    for piece, rank in ranks.items():
        for char in characters(piece):
            if char not in ids:
                raise VocabularyError(f"the piece {piece!r} holds {char!r}, which is not a piece")
        parts = last_merge(piece, ranks)
        if parts is not None:
            merges.append(Merge(ids[parts[0]], ids[parts[1]], ids[piece], rank))
    return merges


def rank_by_score(pieces: Sequence[tuple[bytes, int, float]]) -> dict[bytes, int]:
    """The rank of each piece (its bytes, its id and its score) that is more than a character.

    >>> rank_by_score([(b"ab", 300, -1.0), (b"bc", 301, -1.0), (b"  ", 302, -2.0), (b"   ", 303, -2.0)])
    {b'ab': 0, b'bc': 0, b'   ': 1, b'  ': 2}
    """
    ranks: dict[bytes, int] = {}
    rank = 0
    made = [(piece, score) for piece, _, score in pieces if len(characters(piece)) > 1]
    made.sort(key=lambda item: (-item[1], -len(item[0]), item[0]))
    for _, group in groupby(made, key=lambda item: item[1]):
        equal = [piece for piece, _ in group]
        step = int(all(is_run(piece) for piece in equal))
        for piece in equal:
            ranks[piece] = rank
            rank += step
        rank += 1 - step
    return ranks


def is_run(piece: bytes) -> bool:
    """Returns whether a piece is a run of one character."""
    return len(set(characters(piece))) == 1


def last_merge(piece: bytes, ranks: Mapping[bytes, int]) -> tuple[bytes, bytes] | None:
    """The two parts that become the piece when it is merged alone; None if it never comes about.

    >>> last_merge(b"abc", {b"bc": 0, b"ab": 1, b"abc": 2})
    (b'a', b'bc')
    """
    parts = characters(piece)
    if len(piece) > LONG:
        parts = split_long(piece, parts, ranks, len(ranks))
        return (parts[0], parts[1]) if len(parts) == 2 else None
    while len(parts) > 1:
        pairs = [
            (ranks[left + right], at) for at, (left, right) in enumerate(zip(parts, parts[1:])) if left + right in ranks
        ]
        if not pairs:
            return None
        _, at = min(pairs)
        if len(parts) == 2:
            return parts[0], parts[1]
        parts[at : at + 2] = [parts[at] + parts[at + 1]]
    return None
