"""A piece -> ids: lowest rank first, leftmost on ties.

By hand, with the merges 0: (a, b) -> X, 1: (b, c) -> Y, 2: (X, c) -> Z and the piece ``a b c b c``:

* rank 0 stands at place 0: ``X c b c``
* rank 1 stands at place 2: ``X c Y``
* rank 2 stands at place 0: ``Z Y``, and no two neighbours merge any more

Trying the merges in the order of learning gives the same; this only avoids trying those that do not occur. Joining the
longest token from the left does not: it is another algorithm, with other ids.

The naive way looks at all pairs again after every merge. Here the parts form a linked list, so that a merge touches its
two neighbours only, and a heap holds every pair that can merge. A heap entry is *stale* when one of its parts has since
been merged away; it is recognised when it comes up, and dropped.

Invariants: the parts, in list order, always concatenate to the piece; every pair of neighbours that merges has an entry in
the heap.

Costs, n bytes: O(n log n) time, O(n) space, whatever the piece; no recursion.

Implements SPEC E1, E2 and E7.
"""

from __future__ import annotations

from heapq import heapify, heappop, heappush
from typing import NamedTuple

from .vocab import Vocab

GONE = -1


class Candidate(NamedTuple):
    """Two neighbours that merge. Sorted, the one to merge first comes first: lowest rank, then leftmost."""

    rank: int
    place: int
    left: int
    right: int
    id: int


def encode_piece(vocab: Vocab, piece: bytes) -> list[int]:
    """The ids of one piece.

    >>> encode_piece(Vocab.from_merges(bytes(range(256)), [(97, 98), (98, 99), (256, 99)]), b"abcbc")
    [258, 257]
    """
    if vocab.whole_pieces:
        whole = vocab.token_id(piece)
        if whole is not None:
            return [whole]
    return merge_parts(vocab, single_bytes(vocab, piece))


def single_bytes(vocab: Vocab, piece: bytes) -> list[int]:
    """The ids of the bytes of a piece, one by one."""
    return [vocab.ids[piece[i : i + 1]] for i in range(len(piece))]


def merge_parts(vocab: Vocab, ids: list[int]) -> list[int]:
    """Merge the parts until no two neighbours merge."""
    end = len(ids)
    before = list(range(-1, end - 1))  # the place of the part to the left of each; -1 for none
    after = list(range(1, end + 1))  # the place of the part to the right of each; `end` for none

    def candidate(place: int) -> Candidate | None:
        """The heap entry for the part at a place and the one after it, if they merge."""
        if place < 0 or after[place] == end:
            return None
        left, right = ids[place], ids[after[place]]
        merge = vocab.merge_of(left, right)
        return merge and Candidate(merge[0], place, left, right, merge[1])

    heap = [entry for place in range(end) if (entry := candidate(place))]
    heapify(heap)
    while heap:
        _, place, left, right, merged = heappop(heap)
        gone = after[place]
        if ids[place] != left or gone == end or ids[gone] != right:
            continue  # stale
        ids[place], ids[gone] = merged, GONE
        after[place] = after[gone]
        if after[place] < end:
            before[after[place]] = place
        for changed in (before[place], place):
            if entry := candidate(changed):
                heappush(heap, entry)
    return [token_id for token_id in ids if token_id != GONE]
