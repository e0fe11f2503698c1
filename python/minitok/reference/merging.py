"""Parts -> merged parts: the two neighbours of the lowest rank first, leftmost on ties.

Parts are ids as a rule (``encode.py``), or byte strings: the parts of a token whose merge is to be found (``ranks.py``). A
function says what merges.

By hand, with the merges 0: (a, b) -> X, 1: (b, c) -> Y and 2: (X, c) -> Z and the parts ``a b c``: the heap holds (a, b) and
(b, c). The first becomes X, and (X, c) is put on the heap. Then (b, c) comes to the top: its b is gone, so it is dropped.

The naive way looks at all pairs again after every merge. Here the parts form a linked list, so that a merge touches only its
two neighbours, and a heap holds every pair that can merge. A heap entry is *stale* if one of its parts has since been merged
away; it is recognised when it comes to the top, and dropped.

Invariants: the parts, in list order, always spell the whole; every pair of neighbours that can merge has an entry in the
heap.

Costs, n parts: O(n log n) time, O(n) space; no recursion.

Implements SPEC E1 and E7.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from heapq import heappop, heappush
from typing import Generic, TypeVar

GONE = -1
Part = TypeVar("Part", int, bytes)
# Rank, place, the two parts and what they make: the order of merging.
Entry = tuple[int, int, Part, Part, Part]


def merge_parts(merge_of: Callable[[Part, Part], tuple[int, Part] | None], parts: Sequence[Part]) -> list[Part]:
    """Merges the parts until no two neighbours can merge.

    ``merge_of`` gives the rank of two neighbours and the part that they make.

    >>> merges = {(97, 98): (0, 256), (256, 99): (1, 257)}
    >>> merge_parts(lambda left, right: merges.get((left, right)), b"abcb")
    [257, 98]
    """
    chain = Chain(merge_of, parts)
    heap: list[Entry[Part]] = []
    for place in range(chain.end):
        push(heap, chain.candidate(place))
    while heap:
        entry = heappop(heap)
        if chain.is_stale(entry):
            continue
        for changed in chain.merge(entry):
            push(heap, chain.candidate(changed))
    return chain.merged()


def push(heap: list[Entry[Part]], entry: Entry[Part] | None) -> None:
    """Puts an entry on a heap, if there is one."""
    if entry:
        heappush(heap, entry)


class Chain(Generic[Part]):
    """Parts as a linked list, of which two neighbours can become one.

    Attributes:
        before: The place of the part to the left of each; -1 for none.
        after: The place of the part to the right of each; ``end`` for none, and ``GONE`` for a part that was merged away.
    """

    def __init__(self, merge_of: Callable[[Part, Part], tuple[int, Part] | None], parts: Sequence[Part]) -> None:
        self.merge_of: Callable[[Part, Part], tuple[int, Part] | None] = merge_of
        self.parts: list[Part] = list(parts)
        self.end = len(self.parts)
        self.before = list(range(-1, self.end - 1))
        self.after = list(range(1, self.end + 1))

    def candidate(self, place: int) -> Entry[Part] | None:
        """Returns the heap entry for the part at a place and the one after it, if they can merge."""
        if place < 0 or self.after[place] == self.end:
            return None
        left, right = self.parts[place], self.parts[self.after[place]]
        merge = self.merge_of(left, right)
        return merge and (merge[0], place, left, right, merge[1])

    def is_stale(self, entry: Entry[Part]) -> bool:
        """Returns whether a part of an entry has been merged away since."""
        _, place, left, right, _ = entry
        following = self.after[place]
        return following in (GONE, self.end) or self.parts[place] != left or self.parts[following] != right

    def merge(self, entry: Entry[Part]) -> tuple[int, int]:
        """Merges the parts of an entry, and returns the places of the two that have a new neighbour to the right."""
        place = entry[1]
        gone = self.after[place]
        self.parts[place] = entry[4]
        self.after[place], self.after[gone] = self.after[gone], GONE
        if self.after[place] < self.end:
            self.before[self.after[place]] = place
        return self.before[place], place

    def merged(self) -> list[Part]:
        """Returns the parts that are left, in order."""
        return [part for part, following in zip(self.parts, self.after) if following != GONE]
